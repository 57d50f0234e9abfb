package views

import (
	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/query"
)

// Holding is a view with a value in hand: what the cursor stands on, or what is
// in the event there.
type Holding interface{ Held() Held }

// Held is what a view has in hand; each may be missing.
type Held struct {
	Attacker  string
	Indicator string
	Tags      []string
	Datasets  []string // where it was counted, as in VisitEvents; none are those searched
}

// HeldOf is what an event holds.
func HeldOf(e *api.Event) Held {
	if e == nil {
		return Held{}
	}
	return Held{Attacker: e.Attacker, Indicator: e.Indicator, Tags: e.Tags}
}

// HeldValue is one value of a field.
func HeldValue(field, value string) Held {
	switch api.Field(field) {
	case api.FieldAttacker:
		return Held{Attacker: value}
	case api.FieldIndicator:
		return Held{Indicator: value}
	case api.FieldTags:
		if value != "" {
			return Held{Tags: []string{value}}
		}
	}
	return Held{}
}

// Way leads from a value to another view.
type Way struct {
	PickItem
	To Visit
}

// Ways lead from what is held to the profile of the attacker and to the graphs
// around the indicator and the tags.
func (h Held) Ways() []Way {
	var out []Way
	add := func(title, value string, to Visit) {
		out = append(out, Way{PickItem{Title: title, Detail: OneLine(value)}, to})
	}
	if h.Attacker != "" {
		add("profile of the attacker", h.Attacker, VisitActor{Name: h.Attacker, Datasets: h.Datasets})
	}
	if h.Indicator != "" {
		add("graph around the indicator", h.Indicator, VisitGraph{Seeds: []api.NodeRef{{Type: api.NodeIndicator, ID: h.Indicator}}})
	}
	for _, t := range h.Tags {
		add("graph around the tag", t, VisitGraph{Seeds: []api.NodeRef{{Type: api.NodeTag, ID: t}}})
	}
	return out
}

// Sharing leads to the events that share a value with an event.
func Sharing(e *api.Event) []Way {
	var out []Way
	add := func(field api.Field, values ...string) {
		for _, v := range values {
			if v == "" {
				continue
			}
			filter := query.FormatCondition(api.Condition{Field: field, Op: api.OpEquals, Values: []string{v}})
			out = append(out, Way{PickItem{Title: "same " + api.TitleOf(field), Detail: OneLine(v)}, VisitEvents{Filter: filter}})
		}
	}
	for _, name := range []api.Field{
		api.FieldIndicator, api.FieldAttacker, api.FieldCategory, api.FieldTargetCountry, api.FieldTargetIndustry, api.FieldAttackerCountry,
	} {
		f, _ := api.FieldOf(name)
		add(name, f.Values(e)...)
	}
	add(api.FieldDate, Day(e.Date))
	add(api.FieldTags, e.Tags...)
	add(api.FieldMitreAttack, e.MitreAttack...)
	return out
}

// PickWay asks which way to go.
func PickWay(ways []Way, visit func(Visit)) Pick {
	p := Pick{Title: "from here to", Chosen: func(i int) tea.Cmd {
		visit(ways[i].To)
		return nil
	}}
	for _, w := range ways {
		p.Items = append(p.Items, w.PickItem)
	}
	return p
}
