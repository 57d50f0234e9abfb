package interchange

import (
	"bufio"
	"bytes"
	"encoding/json"
	"strconv"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"threatbench/api"
	"threatbench/api/clean"
	"threatbench/api/stix"
)

// appendLine writes one event as a line, its keys always in the same order.
func appendLine(b []byte, e *api.Event, raw api.Raw, parents []api.RelationshipInput, dataset string) []byte {
	b = append(b, `{"id":`...)
	b = appendString(b, e.UUID)
	b = appendText(b, "date", e.Date.String())
	b = appendText(b, "createdAt", e.CreatedAt.String())
	b = appendText(b, "event", e.Event)
	b = appendText(b, "category", e.Category)
	b = appendText(b, "attacker", e.Attacker)
	b = appendText(b, "attackerCountry", e.AttackerCountry)
	b = appendText(b, "indicator", e.Indicator)
	b = appendText(b, "indicatorType", e.IndicatorType)
	b = appendIndicators(b, e.Indicators)
	b = append(b, `,"killChain":`...)
	b = strconv.AppendInt(b, int64(e.KillChain), 10)
	b = appendList(b, "mitreAttack", e.MitreAttack)
	b = appendList(b, "mitreCapec", e.MitreCapec)
	b = appendText(b, "targetCountry", e.TargetCountry)
	b = appendText(b, "targetIndustry", e.TargetIndustry)
	b = appendText(b, "tlp", e.TLP)
	b = appendList(b, "tags", e.Tags)
	b = appendText(b, "insight", e.Insight)
	b = append(b, `,"raw":{"data":`...)
	b = appendJSON(b, raw.Data)
	b = appendText(b, "source", raw.Source)
	b = appendText(b, "tlp", raw.TLP)
	b = append(b, `},"relationships":[`...)
	for i, p := range parents {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"parentId":`...)
		b = appendString(b, p.ParentID)
		b = appendText(b, "relationshipType", p.RelationshipType)
		b = append(b, '}')
	}
	b = append(b, ']')
	b = appendList(b, "references", e.References)
	b = appendText(b, "dataset", dataset)
	return append(b, '}', '\n')
}

// appendIndicators writes all indicators of an event that has several.
func appendIndicators(b []byte, list []api.IndicatorInput) []byte {
	if len(list) == 0 {
		return b
	}
	b = append(b, `,"indicators":[`...)
	for i, in := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"value":`...)
		b = appendString(b, in.Value)
		b = append(appendText(b, "indicatorType", in.IndicatorType), '}')
	}
	return append(b, ']')
}

func appendText(b []byte, key, value string) []byte {
	b = append(b, ',', '"')
	b = append(b, key...)
	b = append(b, '"', ':')
	return appendString(b, value)
}

func appendList(b []byte, key string, list []string) []byte {
	b = append(b, ',', '"')
	b = append(b, key...)
	b = append(b, `":[`...)
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, s)
	}
	return append(b, ']')
}

// appendString writes s as a JSON string in which nothing is left that steers
// a terminal, reorders text or hides; invalid UTF-8 becomes U+FFFD.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			b = appendASCII(b, c)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if shown(r) && (r != utf8.RuneError || n > 1) {
			b = append(b, s[i:i+n]...)
		} else {
			b = appendEscaped(b, r)
		}
		i += n
	}
	return append(b, '"')
}

func appendASCII(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	if c < 0x20 || c == 0x7f {
		return appendEscaped(b, rune(c))
	}
	return append(b, c)
}

// shown tells whether a rune beyond ASCII is plainly visible by itself.
func shown(r rune) bool {
	switch r {
	case 0x115f, 0x1160, 0x2800, 0x3164, 0xffa0: // blanks that count as letters or symbols
		return false
	}
	return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S)
}

func appendEscaped(b []byte, r rune) []byte {
	if r > 0xffff {
		high, low := utf16.EncodeRune(r)
		return appendEscaped(appendEscaped(b, high), low)
	}
	const digits = "0123456789abcdef"
	return append(b, '\\', 'u', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
}

// appendJSON writes a raw record on one line, its strings in appendString's
// form and all else as it is: keys keep their order, numbers their digits.
func appendJSON(b []byte, data json.RawMessage) []byte {
	var compact bytes.Buffer
	if err := json.Compact(&compact, data); err != nil || compact.Len() == 0 {
		return append(b, `{}`...)
	}
	for rest := compact.Bytes(); len(rest) > 0; {
		start := bytes.IndexByte(rest, '"')
		if start < 0 {
			return append(b, rest...)
		}
		b = append(b, rest[:start]...)
		end := start + clean.LiteralEnd(rest[start:])
		b = appendLiteral(b, rest[start:end])
		rest = rest[end:]
	}
	return b
}

func appendLiteral(b, literal []byte) []byte {
	var s string
	if err := json.Unmarshal(literal, &s); err != nil {
		return append(b, literal...)
	}
	return appendString(b, s)
}

// bundleEncoder writes a STIX bundle.
type bundleEncoder struct{ w *stix.Writer }

func (b *bundleEncoder) begin(w *bufio.Writer) error {
	b.w = stix.NewWriter(w)
	return nil
}

func (b *bundleEncoder) event(_ *bufio.Writer, x exported) error {
	edges := make([]stix.Edge, len(x.parents))
	for i, p := range x.parents {
		edges[i] = stix.Edge{Parent: p.ParentID, Child: x.event.UUID, Type: p.RelationshipType}
	}
	return b.w.Event(*x.event, edges)
}

func (b *bundleEncoder) end(*bufio.Writer, ExportReport) error { return b.w.Close() }

// Close lets go of what an export that failed has put aside.
func (b *bundleEncoder) Close() error {
	if b.w == nil {
		return nil
	}
	return b.w.Discard()
}
