package charts

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// chooseKind offers the kinds of charts.
func (m *Model) chooseKind() {
	var items []views.PickItem
	for _, k := range kinds() {
		title, about := k.title()
		items = append(items, views.PickItem{Title: title, Detail: about, On: k == m.card.spec.Kind})
	}
	m.env.Host.Ask(views.Pick{Title: "chart", Items: items, Chosen: func(i int) tea.Cmd {
		if kinds()[i] == m.card.spec.Kind {
			return nil
		}
		m.env.Host.Mark()
		m.card.spec = m.card.spec.become(kinds()[i])
		m.card.plot = nil
		return m.reload()
	}})
}

// become is the spec as another kind of chart, with columns that suit it.
func (s Spec) become(k Kind) Spec {
	s.Kind, s.Split = k, ""
	switch k {
	case Bars, Heat:
		if s.By == "killChain" || s.By == "mitreAttack" || s.By == "attackerCountry" {
			s.By = "attacker"
		}
	case Flow:
		s.By, s.Split = "attackerCountry", "targetCountry"
	}
	return s.sound()
}

// chooseColumn offers the columns, and none where one may be missing.
func (m *Model) chooseColumn(title, now string, none bool, set func(string)) {
	cols := slices.Clone(api.AggregateColumns())
	var items []views.PickItem
	if none {
		cols = append([]string{""}, cols...)
	}
	for _, col := range cols {
		name := columnName(col)
		if col == "" {
			name = "nothing"
		}
		items = append(items, views.PickItem{Title: name, On: col == now})
	}
	m.env.Host.Ask(views.Pick{Title: title, Items: items, Chosen: func(i int) tea.Cmd {
		if cols[i] == now {
			return nil
		}
		m.env.Host.Mark()
		set(cols[i])
		return m.reload()
	}})
}

// chooseRange offers ranges of time, and any two dates.
func (m *Model) chooseRange() {
	ranges := []string{"", "24h", "1d", "7d", "30d", "90d", "365d"}
	now := m.card.spec.Range
	var items []views.PickItem
	for _, r := range ranges {
		d, _ := spanOf(r, m.env.Now())
		detail := ""
		if !d.all() {
			detail = between(d.String())
		}
		items = append(items, views.PickItem{Title: rangeName(r), Detail: detail, On: r == now})
	}
	items = append(items, views.PickItem{Title: "two dates", Detail: "typed as 2026-01-01..2026-01-31, also with hours", On: !slices.Contains(ranges, now)})
	m.env.Host.Ask(views.Pick{Title: "time range", Items: items, Chosen: func(i int) tea.Cmd {
		if i < len(ranges) {
			return m.setRange(ranges[i])
		}
		m.env.Host.Prompt("from..to, or the last 45d", now, m.typedRange)
		return nil
	}})
}

func (m *Model) typedRange(text string) tea.Cmd {
	text = strings.TrimSpace(text)
	if _, ok := spanOf(text, m.env.Now()); !ok {
		m.env.Host.Say(toast.Error, "a time range is written 2026-01-01..2026-01-31, 2026-01-01 10:00..2026-01-01 12:00, 45d or 36h")
		return nil
	}
	return m.setRange(text)
}

// chooseDatasets offers scopes and datasets; any number can be on.
func (m *Model) chooseDatasets() {
	type choice struct{ title, id string }
	choices := []choice{{"all datasets", api.ScopeAll}}
	for _, d := range m.datasets {
		if d.DeletedAt == nil {
			choices = append(choices, choice{d.Name, d.UUID})
		}
	}
	s := &m.card.spec
	items := func() []views.PickItem {
		out := make([]views.PickItem, len(choices))
		for i, c := range choices {
			out[i] = views.PickItem{Title: c.title, On: slices.Contains(s.Datasets, c.id)}
		}
		return out
	}
	m.env.Host.Mark()
	m.env.Host.Ask(views.Pick{
		Title: "count in", Items: items(), Toggles: items,
		Chosen: func(i int) tea.Cmd {
			s.own(s.Filter, toggled(s.Datasets, choices[i].id))
			return m.reload()
		},
		Reset: func() { s.own(s.Filter, nil) },
	})
}

// toggled is a choice of datasets with one more or one less; a scope stands
// alone.
func toggled(list []string, id string) []string {
	if slices.Contains(list, id) {
		return slices.DeleteFunc(slices.Clone(list), func(d string) bool { return d == id })
	}
	if api.IsScope(id) {
		return []string{id}
	}
	list = slices.DeleteFunc(slices.Clone(list), api.IsScope)
	return append(list, id)
}
