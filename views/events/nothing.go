package events

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/query"
	"threatbench/views"
)

// Where a filter finds nothing: what was searched, what each condition leaves
// out, and the ways that lead to something.

// explainSlot is the request for what the conditions leave out.
const explainSlot = "explain"

// way is a change of the filter, or of what is searched, that finds something.
type way struct {
	title, finds string
	take         func() tea.Cmd
}

// explain asks why nothing matches; with calls also a server that has to be
// asked for it piece by piece.
func (m *Model) explain(calls bool) tea.Cmd {
	m.explained = nil
	if len(m.parsed.Search)+len(m.parsed.Branches) == 0 {
		return nil
	}
	return m.env.Async.Explain(m.slot(explainSlot), m.query(), calls)
}

func (m *Model) onExplained(f async.Explained) tea.Cmd {
	m.explained = &f
	if f.Asked && !f.Own && f.Err == nil {
		m.chooseWay()
	}
	return nil
}

// nothing reports whether the filter in force finds nothing.
func (m *Model) nothing() bool {
	return m.loadedOnce && m.err == nil && !m.stale && m.rows.length() == 0 && m.text != ""
}

// ways are the changes that find something, those of the filter first.
func (m *Model) ways() []way {
	if m.explained == nil || !m.nothing() {
		return nil
	}
	var out []way
	for _, c := range m.explained.Explanation.Conditions {
		if c.Branch >= 0 {
			continue // of an OR the builder takes it out
		}
		said := query.FormatCondition(c.Condition)
		if c.Without > 0 {
			out = append(out, way{"without " + said, views.Total{N: c.Without, More: c.AtMost && !m.explained.Own}.String(), m.replacing(c.Condition)})
		}
		for _, n := range c.Near {
			out = append(out, way{query.FormatCondition(n.Condition()) + " for " + said, views.Count(n.Count), m.replacing(c.Condition, n.Condition())})
		}
	}
	for _, d := range m.explained.Explanation.Datasets {
		out = append(out, way{"search the dataset " + d.Name, views.Count(d.Count), func() tea.Cmd {
			m.env.Host.Mark()
			m.dataset = []string{d.UUID}
			return m.reload(0)
		}})
	}
	return out
}

// replacing puts other conditions, or none, in the place of one.
func (m *Model) replacing(c api.Condition, with ...api.Condition) func() tea.Cmd {
	return func() tea.Cmd {
		m.env.Host.Mark()
		return m.apply(query.Replace(m.text, m.env.Now(), c, with...))
	}
}

// chooseWay offers the ways.
func (m *Model) chooseWay() {
	ways := m.ways()
	if len(ways) == 0 {
		return
	}
	items := make([]views.PickItem, len(ways))
	for i, w := range ways {
		items[i] = views.PickItem{Title: views.Shown(w.title), Detail: w.finds}
	}
	m.env.Host.Ask(views.Pick{Title: "What would find something", Items: items, At: -1, Chosen: func(i int) tea.Cmd { return ways[i].take() }})
}

// openOrWiden opens the selected event; where nothing matches, it offers what
// would find something.
func (m *Model) openOrWiden() tea.Cmd {
	switch {
	case !m.nothing():
		m.open()
	case m.explained == nil:
	case !m.explained.Asked:
		return m.explain(true)
	default:
		m.chooseWay()
	}
	return nil
}

// nothingToOpen tells why enter does nothing.
func (m *Model) nothingToOpen() string {
	if m.nothing() && m.explained != nil && (len(m.ways()) > 0 || !m.explained.Asked && len(m.parsed.Search) > 0) {
		return ""
	}
	return m.noEvent()
}

// noMatch says that nothing matches, where it was looked for and what would
// find something.
func (m *Model) noMatch(w, h int) []string {
	st := m.env.Styles
	text := []string{st.Strong.Paint("No events match."), st.Faint.Paint(ansi.Truncate(views.Shown("Searched "+m.scopeText()+"."), max(w-4, 10), st.Glyphs.Ellipsis)), ""}
	ways, most := m.ways(), max(h-8, 1)
	for i, way := range ways {
		if i == most {
			text = append(text, st.Faint.Paint(fmt.Sprintf("%d more", len(ways)-i)))
			break
		}
		room := max(w-4-ansi.StringWidth(way.finds)-2, 10)
		text = append(text, ansi.Truncate(views.Shown(way.title), room, st.Glyphs.Ellipsis)+"  "+st.Strong.Paint(way.finds))
	}
	key := func(k, does string) string { return st.Key.Paint(k) + st.Hint.Paint(does) }
	switch x := m.explained; {
	case x == nil:
	case x.Err != nil:
		text = append(text, st.Warn.Paint(ansi.Truncate("What each condition leaves out is not known: "+views.Shown(x.Err.Error()), max(w-4, 10), st.Glyphs.Ellipsis)))
	case len(ways) > 0:
		text = append(text, "", key("enter", " takes one of these"))
	case !x.Asked && len(m.parsed.Search) > 0:
		n := min(len(m.parsed.Search), async.MaxExplainCalls)
		text = append(text, key("enter", fmt.Sprintf(" asks the server what each condition leaves out (%s)", views.Plural(n, "call"))))
	case x.Asked && len(x.Explanation.Conditions) < len(m.parsed.Search):
		text = append(text, st.Faint.Paint(fmt.Sprintf("Leaving out one of the first %d conditions finds nothing either.", len(x.Explanation.Conditions))))
	case x.Asked:
		text = append(text, st.Faint.Paint("Leaving out one condition finds nothing either."))
	}
	return append(text, key("esc", " clears the filter   ")+key("backspace", " removes its last condition"))
}

// scopeText says what is searched: datasets and times.
func (m *Model) scopeText() string {
	parts := []string{m.datasetName()}
	for _, c := range m.parsed.Search {
		if c.Field == api.FieldDataset {
			parts = []string{query.FormatCondition(c)}
		}
	}
	when := "all times"
	var times []string
	for _, c := range m.parsed.Search {
		if c.Field == api.FieldDate {
			times = append(times, query.FormatCondition(c))
		}
	}
	if len(times) > 0 {
		when = strings.Join(times, " ")
	}
	return strings.Join(append(parts, when), ", ")
}
