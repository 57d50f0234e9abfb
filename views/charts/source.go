package charts

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/query"
	"threatbench/ui/widget/prompt"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// own gives the spec a filter of its own.
func (s *Spec) own(filter string, datasets []string) {
	s.Own, s.Saved, s.Filter, s.Datasets = true, nil, filter, datasets
}

// typeFilter asks for a filter, with the completions of the events' line.
func (m *Model) typeFilter() tea.Cmd {
	m.env.Host.Enter(views.Entry{
		Title: "count events that match", Value: m.card.spec.Filter,
		Suggest: func(text string, pos int) []prompt.Suggestion {
			return views.Suggestions(query.Complete(text, pos, m.values))
		},
		Spans: func(text string) []prompt.Span { return views.FilterSpans(m.env.Styles, text) },
		Check: func(text string) error {
			_, err := query.Parse(strings.TrimSpace(text), m.env.Now())
			return err
		},
		Accept: m.setFilter,
	})
	return m.env.Async.Catalogs(async.Slot{View: View, Name: "catalogs"})
}

// values completes a field's value from what the chart shows and from the
// catalogues.
func (m *Model) values(field api.Field, prefix string) []string {
	var pool []string
	for _, g := range m.card.got {
		cols := m.card.asked.columns()
		for _, r := range g.Rows[:min(len(g.Rows), maxOffered)] {
			for i, k := range r.Keys {
				if i < len(cols) && cols[i] == string(field) {
					pool = append(pool, k)
				}
			}
		}
	}
	return views.Matching(append(pool, views.Catalogued(m.catalogs, field)...), prefix)
}

// maxOffered is how many of the chart's values completion looks at.
const maxOffered = 500

// setFilter gives the chart a filter of its own.
func (m *Model) setFilter(text string) tea.Cmd {
	if text = strings.TrimSpace(text); text == m.card.spec.Filter && m.card.spec.Own {
		return nil
	}
	m.env.Host.Mark()
	m.card.spec.own(text, m.card.spec.Datasets)
	return m.reload()
}

func savedSlot() async.Slot { return async.Slot{View: View, Name: "saved"} }

// needSaved asks for the saved queries where a chart is of one.
func (m *Model) needSaved() tea.Cmd {
	for _, c := range m.cards() {
		if c.spec.Saved != nil {
			return m.env.Async.SavedQueries(savedSlot())
		}
	}
	return nil
}

// wantSaved asks for the saved queries, to choose one.
func (m *Model) wantSaved() tea.Cmd {
	m.savedWanted = true
	return m.env.Async.SavedQueries(savedSlot())
}

// onSaved takes the saved queries: charts of one follow it.
func (m *Model) onSaved(f async.QueriesLoaded) tea.Cmd {
	wanted := m.savedWanted
	m.savedWanted = false
	if f.Err != nil {
		if wanted {
			m.env.Host.Say(toast.Error, "the saved queries could not be loaded: "+f.Err.Error())
		}
		return nil
	}
	m.saved = f.Value
	if wanted {
		m.chooseSaved()
	}
	var cmds []tea.Cmd
	for _, c := range m.cards() {
		if c.spec.Saved == nil {
			continue
		}
		was := c.gone
		changed := c.renew(m.saved)
		if changed && (c != m.card || m.started) {
			cmds = append(cmds, c.load())
		}
		if changed || was != c.gone {
			m.changed()
		}
	}
	return tea.Batch(cmds...)
}

// renew takes over what the chart's query says now; true where that is another
// filter or other datasets.
func (c *card) renew(list []api.SavedQuery) bool {
	c.gone = true
	for _, q := range list {
		if q.ID != c.spec.Saved.ID {
			continue
		}
		s := views.ReadSaved(q, c.env.Memory, c.env.Now())
		if s.Problem != "" {
			return false
		}
		c.gone = false
		return c.spec.follow(q, s)
	}
	return false
}

// follow makes the spec one of a saved query; true where what is counted
// changes.
func (s *Spec) follow(q api.SavedQuery, as views.Saved) bool {
	filter, datasets := s.Filter, strings.Join(s.Datasets, " ")
	s.Own, s.Filter, s.Datasets = true, as.Text, as.Query.Datasets
	s.Saved = &source{ID: q.ID, Name: q.Name}
	return filter != s.Filter || datasets != strings.Join(s.Datasets, " ")
}

// chooseSaved offers the saved queries.
func (m *Model) chooseSaved() {
	var list []api.SavedQuery
	var read []views.Saved
	p := views.Pick{Title: "count a saved query"}
	for _, q := range m.saved {
		s := views.ReadSaved(q, m.env.Memory, m.env.Now())
		if s.Problem != "" {
			continue // a chart is of a text
		}
		now := m.card.spec.Saved
		list, read = append(list, q), append(read, s)
		p.Items = append(p.Items, views.PickItem{Title: q.Name, Detail: s.Text, On: now != nil && now.ID == q.ID})
	}
	p.Chosen = func(i int) tea.Cmd {
		m.env.Host.Mark()
		m.card.spec.follow(list[i], read[i])
		m.card.gone = false
		return m.reload()
	}
	m.env.Host.Ask(p)
}
