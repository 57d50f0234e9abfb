package server

import (
	"strconv"
	"unicode/utf8"

	"threatbench/api"
)

// appendEvents appends a JSON array of events.
func appendEvents(b []byte, list []api.Event) []byte {
	const typical = 1024 // bytes of an event, so that a page grows the buffer rarely
	if free := cap(b) - len(b); free < typical*len(list) {
		grown := make([]byte, len(b), len(b)+typical*(len(list)+1))
		copy(grown, b)
		b = grown
	}
	b = append(b, '[')
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendEvent(b, &list[i])
	}
	return append(b, ']')
}

// appendEvent appends an event as JSON: every field that isn't optional, lists
// as [] where empty. It writes what json.Marshal would read back as the same
// event, about ten times faster; a property test holds the two together.
func appendEvent(b []byte, e *api.Event) []byte {
	b = appendText(b, `{"uuid":`, e.UUID)
	b = appendTime(b, `,"date":`, e.Date)
	b = appendTime(b, `,"createdAt":`, e.CreatedAt)
	b = appendText(b, `,"event":`, e.Event)
	b = appendText(b, `,"category":`, e.Category)
	b = appendText(b, `,"attacker":`, e.Attacker)
	b = appendText(b, `,"attackerCountry":`, e.AttackerCountry)
	b = appendText(b, `,"attackerCountryAlpha3":`, e.AttackerCountryAlpha3)
	b = appendText(b, `,"targetCountry":`, e.TargetCountry)
	b = appendText(b, `,"targetCountryAlpha3":`, e.TargetCountryAlpha3)
	b = appendText(b, `,"targetIndustry":`, e.TargetIndustry)
	b = appendText(b, `,"indicator":`, e.Indicator)
	b = appendText(b, `,"indicatorType":`, e.IndicatorType)
	b = appendInt(b, `,"indicatorTypeId":`, e.IndicatorTypeID)
	b = appendIndicators(b, e.Indicators)
	b = appendInt(b, `,"killChain":`, int64(e.KillChain))
	b = appendTexts(b, `,"mitreAttack":`, e.MitreAttack)
	b = appendTexts(b, `,"mitreCapec":`, e.MitreCapec)
	b = appendText(b, `,"tlp":`, e.TLP)
	b = appendTexts(b, `,"tags":`, e.Tags)
	if e.Insight != "" {
		b = appendText(b, `,"insight":`, e.Insight)
	}
	b = appendText(b, `,"rawId":`, e.RawID)
	b = strconv.AppendBool(append(b, `,"hasChildren":`...), e.HasChildren)
	b = appendTexts(b, `,"references":`, e.References)
	b = appendTexts(b, `,"referenced":`, e.Referenced)
	b = appendInts(b, `,"referencesIds":`, e.ReferencesIDs)
	b = appendInts(b, `,"referencedIds":`, e.ReferencedIDs)
	b = appendInt(b, `,"numReferences":`, int64(e.NumReferences))
	b = appendInt(b, `,"numReferenced":`, int64(e.NumReferenced))
	b = appendText(b, `,"datasetId":`, e.DatasetID)
	if e.ReleasabilityID != "" {
		b = appendText(b, `,"releasabilityId":`, e.ReleasabilityID)
	}
	if e.Source != nil {
		b = appendSource(b, e.Source)
	}
	return append(b, '}')
}

func appendSource(b []byte, s *api.EventSource) []byte {
	b = appendText(b, `,"source":{"system":`, s.System)
	b = appendText(b, `,"resourceType":`, s.ResourceType)
	b = appendText(b, `,"resourceId":`, s.ResourceID)
	if s.Title != nil {
		b = appendText(b, `,"title":`, *s.Title)
	}
	return append(b, '}')
}

// appendIndicators appends the list of an event's indicators where there is
// one.
func appendIndicators(b []byte, list []api.IndicatorInput) []byte {
	if len(list) == 0 {
		return b
	}
	b = append(b, `,"indicators":[`...)
	for i, in := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, `{"value":`, in.Value)
		b = append(appendText(b, `,"indicatorType":`, in.IndicatorType), '}')
	}
	return append(b, ']')
}

func appendText(b []byte, key, s string) []byte { return appendString(append(b, key...), s) }

func appendInt(b []byte, key string, n int64) []byte {
	return strconv.AppendInt(append(b, key...), n, 10)
}

// appendTime writes the moment in the contract's form.
func appendTime(b []byte, key string, t api.Time) []byte {
	b = append(append(b, key...), '"')
	if !t.IsZero() {
		b = t.UTC().AppendFormat(b, "2006-01-02T15:04:05.999Z07:00")
	}
	return append(b, '"')
}

func appendTexts(b []byte, key string, list []string) []byte {
	b = append(append(b, key...), '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, s)
	}
	return append(b, ']')
}

func appendInts(b []byte, key string, list []int64) []byte {
	b = append(append(b, key...), '[')
	for i, n := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, n, 10)
	}
	return append(b, ']')
}

const hexDigits = "0123456789abcdef"

// appendString appends a JSON string. Runs of plain characters are copied
// whole; invalid UTF-8 becomes the replacement character.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		ch := s[i]
		if ch >= ' ' && ch != '"' && ch != '\\' && ch < utf8.RuneSelf {
			i++
			continue
		}
		size := 1
		if ch >= utf8.RuneSelf {
			var r rune
			if r, size = utf8.DecodeRuneInString(s[i:]); r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		b = appendEscape(append(b, s[start:i]...), ch)
		i += size
		start = i
	}
	return append(append(b, s[start:]...), '"')
}

// appendEscape appends the escape of a byte that cannot stand in a string.
func appendEscape(b []byte, ch byte) []byte {
	switch {
	case ch == '"' || ch == '\\':
		return append(b, '\\', ch)
	case ch == '\n':
		return append(b, `\n`...)
	case ch == '\r':
		return append(b, `\r`...)
	case ch == '\t':
		return append(b, `\t`...)
	case ch < ' ':
		return append(b, '\\', 'u', '0', '0', hexDigits[ch>>4], hexDigits[ch&15])
	}
	return append(b, `\ufffd`...)
}
