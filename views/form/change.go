package form

import (
	"encoding/json"
	"slices"
	"strings"

	"threatbench/api"
	"threatbench/api/async"
)

// Change is what the form comes to: the making of an event, or the changes of
// one, of what differs alone. It is false where nothing does.
func (m *Model) Change() (async.Change, bool) {
	if m.event == nil {
		return async.CreateEvents(m.create()), true
	}
	on := []async.Target{{Dataset: m.event.DatasetID, ID: m.event.UUID}}
	var parts []async.Change
	if p := m.patch(); p != (api.EventPatch{}) {
		parts = append(parts, async.EditShown(*m.event, p))
	}
	gone, come := m.differences("tags")
	if len(gone) > 0 {
		parts = append(parts, async.UntagEvents(on, gone))
	}
	if len(come) > 0 {
		parts = append(parts, async.TagEvents(on, come))
	}
	gone, come = m.differences("references")
	if len(gone) > 0 {
		parts = append(parts, async.UnreferTo(on, gone))
	}
	if len(come) > 0 {
		parts = append(parts, async.ReferTo(on, come))
	}
	if f := m.field("raw.data"); f != nil && m.raw.read && f.changed() {
		parts = append(parts, async.EditRaw(on[0], m.raw.id, api.RawPatch{Data: json.RawMessage(f.value())}, json.RawMessage(f.was)))
	}
	switch len(parts) {
	case 0:
		return async.Change{}, false
	case 1:
		return parts[0], true
	}
	return async.Together(async.KindEdit, "change "+m.changedTitles()+" of 1 event", parts...), true
}

// changedTitles names some of what differs.
func (m *Model) changedTitles() string {
	var out []string
	for _, f := range m.fields {
		if f.changed() {
			out = append(out, f.title)
		}
	}
	last := out[len(out)-1]
	if out = out[:len(out)-1]; len(out) > 2 {
		out, last = out[:2], "more"
	}
	return strings.Join(out, ", ") + " and " + last
}

// patch holds the fields of the event that differ.
func (m *Model) patch() api.EventPatch {
	var p api.EventPatch
	for _, f := range m.fields {
		if f.patch != nil && f.changed() {
			value := m.sent(f)
			f.patch(&p, &value)
		}
	}
	return p
}

// sent is a field's value as the contract wants it.
func (m *Model) sent(f *field) string {
	text := f.value()
	switch f.key {
	case "attackerCountry", "targetCountry":
		if c, ok := api.CountryByCode(text); ok {
			return c.Alpha2
		}
	case "date":
		if t, err := api.ParseTime(text); err == nil {
			return t.String()
		}
	case "datasetId":
		id, _ := m.datasetOf(text)
		return id
	}
	return text
}

// differences are what a list has lost and what it has got.
func (m *Model) differences(key string) (gone, come []string) {
	f := m.field(key)
	was, now := listed(f.was), f.items()
	for _, v := range was {
		if !slices.Contains(now, v) {
			gone = append(gone, v)
		}
	}
	for _, v := range now {
		if !slices.Contains(was, v) {
			come = append(come, v)
		}
	}
	return gone, come
}

// create is the body that makes the event.
func (m *Model) create() api.CreateEvent {
	text := func(key string) string { return m.sent(m.field(key)) }
	in := api.CreateEvent{
		Date: text("date"), Category: text("category"), Event: text("event"), TLP: text("tlp"),
		Attacker: text("attacker"), AttackerCountry: text("attackerCountry"),
		TargetCountry: text("targetCountry"), TargetIndustry: text("targetIndustry"),
		Indicator: text("indicator"), IndicatorType: text("indicatorType"),
		Indicators: m.indicators(text("indicators")), Tags: m.field("tags").items(),
		MitreAttack: m.field("mitreAttack").items(), MitreCapec: m.field("mitreCapec").items(),
		References: m.field("references").items(), Insight: text("insight"), DatasetID: text("datasetId"),
		Raw: api.RawInput{Data: json.RawMessage(text("raw.data")), Source: text("raw.source"), TLP: text("raw.tlp")},
	}
	if n, ok := stageOf(text("killChain")); ok && text("killChain") != "" {
		in.KillChain = &n
	}
	return in
}
