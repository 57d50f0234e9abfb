package events

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/query"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// Filters by pointing: events are marked as wanted and as unwanted, and the
// shortest filters that tell them apart are offered, each shown while the cursor
// is on it.

const pointSlot = "point"

// unwant turns the mark of an unwanted event and goes to the next.
func (m *Model) unwant() tea.Cmd {
	e := m.Current()
	if e == nil {
		return nil
	}
	m.marks.remove(e.UUID)
	if m.unwanted[e.UUID] {
		delete(m.unwanted, e.UUID)
	} else {
		m.unwanted[e.UUID] = true
	}
	m.table.Invalidate()
	m.table.MoveBy(1)
	return m.moved()
}

// Unwanted reports whether row i is marked as unwanted.
func (s source) Unwanted(i int) bool {
	e := s.m.rows.at(i)
	return e != nil && s.m.unwanted[e.UUID]
}

// point asks for filters that find the wanted events, or the selected one, and
// none of the unwanted ones.
func (m *Model) point() tea.Cmd {
	r := api.PointRequest{Wanted: m.marks.ids(), Unwanted: slices.Sorted(maps.Keys(m.unwanted)), Within: m.query()}
	if e := m.Current(); len(r.Wanted) == 0 && e != nil && !m.unwanted[e.UUID] {
		r.Wanted = []string{e.UUID}
	}
	if len(r.Wanted) == 0 {
		m.env.Host.Say(toast.Info, "Mark events that are wanted, too, with space")
		return nil
	}
	for _, n := range []int{len(r.Wanted), len(r.Unwanted)} {
		if n > api.MaxPointed {
			m.env.Host.Say(toast.Warn, fmt.Sprintf("%s events are marked: a filter is made for %d at most", views.Count(n), api.MaxPointed))
			return nil
		}
	}
	m.pointedAt, m.pointedBy = len(r.Wanted), m.text
	var known []api.Event
	_, loading := m.pending["first"] // the rows may be those of another filter
	m.rows.each(func(e *api.Event) {
		if loading {
			return
		}
		if slices.Contains(r.Wanted, e.UUID) || slices.Contains(r.Unwanted, e.UUID) {
			known = append(known, *e)
		}
	})
	return m.env.Async.Point(m.slot(pointSlot), r, known)
}

// onPointed offers the filters, the first of which is shown at once.
func (m *Model) onPointed(f async.PointedOut) tea.Cmd {
	switch {
	case f.Err != nil:
		m.env.Host.Say(toast.Error, "No filter could be made: "+f.Err.Error())
		return nil
	case m.text != m.pointedBy:
		m.env.Host.Say(toast.Info, "The filter changed meanwhile: ask again")
		return nil
	case len(f.Filters) == 0:
		m.env.Host.Say(toast.Info, "These events have nothing in common that the unwanted ones don't have")
		return nil
	}
	before, base := m.text, ""
	if f.Within {
		base = m.text
	}
	texts := make([]string, len(f.Filters))
	items := make([]views.PickItem, len(f.Filters))
	for i, one := range f.Filters {
		texts[i] = base
		search := query.InZone(one.Search, m.env.Now())
		for _, c := range search {
			texts[i] = query.And(texts[i], c)
		}
		items[i] = views.PickItem{Title: query.Format(query.Filter{Search: search}), Detail: m.outcome(one)}
	}
	show := func(i int) tea.Cmd { return m.apply(texts[i]) }
	m.env.Host.Ask(views.Pick{
		Title: "Filter for " + views.Plural(m.pointedAt, "wanted event") + m.unwantedText(), Items: items, At: -1, Note: m.pointNote(f),
		Previews: show,
		Left:     func() tea.Cmd { return m.apply(before) },
		Chosen: func(i int) tea.Cmd {
			if err := m.parse(before); err != nil { // back returns to what was in force
				m.showError(err)
			}
			m.env.Host.Mark()
			m.shown, m.shownKey = "", "" // what is on the screen may be of another one
			return m.apply(texts[i])
		},
	})
	return show(0)
}

func (m *Model) unwantedText() string {
	if len(m.unwanted) == 0 {
		return ""
	}
	return " and none of " + views.Count(len(m.unwanted)) + " unwanted"
}

// outcome words what a filter finds.
func (m *Model) outcome(f api.PointedFilter) string {
	parts := []string{"? events"}
	if f.Count >= 0 {
		parts[0] = views.Plural(f.Count, "event")
	}
	if f.Misses > 0 {
		parts = append(parts, fmt.Sprintf("misses %s wanted", views.Count(f.Misses)))
	}
	if f.Has > 0 {
		parts = append(parts, fmt.Sprintf("has %s unwanted", views.Count(f.Has)))
	}
	return strings.Join(parts, ", ")
}

func (m *Model) pointNote(f async.PointedOut) string {
	var says []string
	if f.Filters[0].Misses+f.Filters[0].Has > 0 {
		says = append(says, "No filter holds for all: these come nearest.")
	}
	switch {
	case f.Within && m.text != "":
		says = append(says, "Added to the present filter.")
	case !f.Within:
		says = append(says, "In the place of the present filter, which a wanted event lies outside of.")
	}
	if f.Gone > 0 {
		says = append(says, views.Plural(f.Gone, "marked event")+" left out: not there, or not read.")
	}
	return strings.Join(says, " ")
}
