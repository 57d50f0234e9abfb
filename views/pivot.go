package views

import (
	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/query"
)

// SubjectHolder is a view with a value in hand: what the cursor stands on, or what is
// in the event there.
type SubjectHolder interface{ Subject() Subject }

// Subject is what a view has in hand; each may be missing.
type Subject struct {
	Attacker  string
	Indicator string
	Tags      []string
	Datasets  []string // where it was counted, as in VisitEvents; none are those searched
}

// SubjectOf is what an event holds.
func SubjectOf(e *api.Event) Subject {
	if e == nil {
		return Subject{}
	}
	return Subject{Attacker: e.Attacker, Indicator: e.Indicator, Tags: e.Tags}
}

// SubjectOfValue is one value of a field.
func SubjectOfValue(field, value string) Subject {
	switch api.Field(field) {
	case api.FieldAttacker:
		return Subject{Attacker: value}
	case api.FieldIndicator:
		return Subject{Indicator: value}
	case api.FieldTags:
		if value != "" {
			return Subject{Tags: []string{value}}
		}
	}
	return Subject{}
}

// PivotTarget leads from a value to another view.
type PivotTarget struct {
	PickItem
	To Visit
}

// PivotTargets lead from the subject to the profile of its attacker and to the graphs
// around its indicator and tags.
func (h Subject) PivotTargets() []PivotTarget {
	var out []PivotTarget
	add := func(title, value string, to Visit) {
		out = append(out, PivotTarget{PickItem{Title: title, Detail: OneLine(value)}, to})
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

// PivotsOfEvent leads to the events that share a value with an event.
func (env *Env) PivotsOfEvent(e *api.Event) []PivotTarget {
	var out []PivotTarget
	add := func(field api.Field, values ...string) {
		for _, v := range values {
			if v == "" {
				continue
			}
			filter := query.FormatCondition(api.Condition{Field: field, Op: api.OpEquals, Values: []string{v}})
			out = append(out, PivotTarget{PickItem{Title: "same " + api.TitleOf(field), Detail: OneLine(v)}, VisitEvents{Filter: filter}})
		}
	}
	for _, name := range []api.Field{
		api.FieldIndicator, api.FieldAttacker, api.FieldCategory, api.FieldTargetCountry, api.FieldTargetIndustry, api.FieldAttackerCountry,
	} {
		f, _ := api.FieldOf(name)
		add(name, f.Values(e)...)
	}
	add(api.FieldDate, env.Day(e.Date))
	add(api.FieldTags, e.Tags...)
	add(api.FieldMitreAttack, e.MitreAttack...)
	return out
}

// PickPivot asks which way to go.
func PickPivot(ways []PivotTarget, visit func(Visit)) Pick {
	p := Pick{Title: "Pivot to", Chosen: func(i int) tea.Cmd {
		visit(ways[i].To)
		return nil
	}}
	for _, w := range ways {
		p.Items = append(p.Items, w.PickItem)
	}
	return p
}
