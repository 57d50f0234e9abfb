package events

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"threatbench/api"
	"threatbench/api/query"
	"threatbench/ui/widget/layout"
	"threatbench/views"
)

// geometry is where the parts of the view stand, all relative to it.
type geometry struct {
	filter, facets, table, timeline layout.Rect
}

// Sizes below which a part isn't shown: facets would squeeze the table, the
// timeline would leave no rows.
const (
	facetsFrom   = 96
	facetsWidest = 30
	timelineFrom = 12
	scopeFrom    = 110 // where what is searched is always named
)

// place lays the parts out: the filter line on top, facets at the left, the
// timeline under all.
func place(w, h int, facets, timeline bool) geometry {
	r := layout.Rect{W: w, H: h}
	var g geometry
	g.filter, r = r.CutTop(1)
	if timeline && h >= timelineFrom {
		rows := 2
		if h >= 26 {
			rows = 4
		}
		g.timeline, r = r.CutBottom(rows)
	}
	if facets && w >= facetsFrom {
		g.facets, r = r.CutLeft(min(max(w/5, 22), facetsWidest))
	}
	g.table = r
	return g
}

// Draw is the view in exactly h lines of w cells.
func (m *Model) Draw(w, h int, focused bool) []string {
	key := memo{version: m.version, env: m.env.Version, w: w, h: h, focused: focused}
	if m.memo.lines != nil && key.version == m.memo.version && key.env == m.memo.env && key.w == m.memo.w && key.h == m.memo.h && key.focused == m.memo.focused {
		return m.memo.lines
	}
	g := m.geometry
	if g.table.W == 0 || w != g.filter.W {
		m.Resize(w, h)
		g = m.geometry
	}
	m.table.Focus(focused && m.part == partTable)
	lines := layout.Fit([]string{m.filterLine(w)}, w, 1)
	body := m.body(g)
	if g.facets.W > 0 {
		m.facets.quiet = m.err != nil
		body = layout.Join(m.facets.draw(g.facets.W, g.facets.H, focused && m.part == partFacets), body)
	}
	lines = append(lines, body...)
	if g.timeline.H > 0 {
		lines = append(lines, m.timeline.draw(w, g.timeline.H)...)
	}
	key.lines = layout.Fit(lines, w, h)
	m.memo = key
	return key.lines
}

// Resize lays the view out for w×h and asks for the rows that came into view.
func (m *Model) Resize(w, h int) {
	m.geometry = place(w, h, m.showFacets, m.showTimeline)
	m.table.SetSize(m.geometry.table.W, m.geometry.table.H)
	m.changed()
}

// Settle asks for rows that a new size brought into view.
func (m *Model) Settle() tea.Cmd { return m.ensure() }

func (m *Model) body(g geometry) []string {
	if m.rows.length() > 0 {
		return m.table.Lines()
	}
	return layout.Fit(m.empty(g.table.W, g.table.H), g.table.W, g.table.H)
}

// empty says why there are no rows and what to do about it.
func (m *Model) empty(w, h int) []string {
	st := m.env.Styles
	var text []string
	switch {
	case m.err != nil:
		text = append(text, st.Error.Paint("The events could not be loaded."))
		text = append(text, strings.Split(ansi.Wrap(views.Shown(m.err.Error()), max(w-4, 10), " "), "\n")...)
		text = append(text, "", st.Faint.Paint("r tries again"))
	case m.stale && m.slow:
		text = append(text, st.Faint.Paint("loading events"+m.env.Dots()))
	case m.stale:
	case m.text == "":
		text = append(text, m.welcome()...)
	default:
		text = append(text, m.noMatch(w, h)...)
		if len(m.missed) > 0 {
			for _, l := range strings.Split(ansi.Wrap(views.Shown("This server can't look everywhere. "+m.notSearched()), max(w-4, 10), " "), "\n") {
				text = append(text, st.Warn.Paint(l))
			}
		}
	}
	out := make([]string, max((h-len(text))/3, 0), h)
	for _, t := range text {
		out = append(out, "  "+t)
	}
	return out
}

// filterLine is the filter with the counts at its right.
func (m *Model) filterLine(w int) string {
	st := m.env.Styles
	right := m.counts()
	room := max(w-3-ansi.StringWidth(right)-1, 10)
	slash := st.Faint.Paint("/")
	if m.part == partFilter {
		slash = st.AccentStrong.Paint("/")
	}
	if msg := m.filter.Message(); msg != "" && m.filter.Value() != m.text || m.part == partFilter && msg != "" {
		right = st.Error.Paint(m.shortMessage(msg, w))
		room = max(w-3-ansi.StringWidth(right)-1, 10)
	}
	return " " + slash + " " + m.filter.Line(room) + " " + right
}

// shortMessage is what is wrong with the filter, in the room that its text
// leaves on a line of w cells.
func (m *Model) shortMessage(msg string, w int) string {
	room := w - 3 - ansi.StringWidth(m.filter.Value()) - 3
	return ansi.Truncate(msg, max(room, w/2, 20), m.env.Styles.Glyphs.Ellipsis)
}

// counts is "loaded/total", marks, and how sure they are.
func (m *Model) counts() string {
	st := m.env.Styles
	var parts []string
	switch {
	case query.HasDataset(api.ListQuery{Search: m.parsed.Search}): // the filter says it
	case !slices.Equal(m.dataset, m.home):
		parts = append(parts, st.Accent.Paint("in "+views.Shown(m.datasetName())))
	case m.geometry.filter.W >= scopeFrom:
		parts = append(parts, st.Faint.Paint("in "+views.Shown(m.datasetName())))
	}
	if len(m.missed) > 0 {
		const most = 40 // the rest stands where there are no rows, and on the command line
		parts = append(parts, st.Warn.Paint(ansi.Truncate(views.Shown(m.notSearched()), most, st.Glyphs.Ellipsis)))
	}
	if m.note != "" {
		parts = append(parts, st.Accent.Paint(views.Shown(m.note)))
	}
	if news := m.newsNote(); news != "" {
		parts = append(parts, news)
	}
	if n := m.marks.len(); n > 0 {
		text := views.Count(n) + " marked"
		switch away := m.elsewhere(); {
		case away > 0 && m.rows.partial():
			text += ", up to " + views.Count(away) + " elsewhere"
		case away == n:
			text += " elsewhere"
		case away > 0:
			text += ", " + views.Count(away) + " elsewhere"
		}
		parts = append(parts, st.Mark.Paint(text))
	}
	if n := len(m.unwanted); n > 0 {
		parts = append(parts, st.Warn.Paint(views.Count(n)+" unwanted"))
	}
	switch {
	case m.err != nil:
		parts = append(parts, st.Error.Paint(ansi.Truncate(views.Shown(m.err.Error()), 50, st.Glyphs.Ellipsis)))
	case !m.loadedOnce:
	case m.rows.cut != "":
		parts = append(parts, st.Warn.Paint(views.CutText(m.rows.length(), "")))
	case m.rows.total < 0:
		parts = append(parts, st.Faint.Paint(views.Total{N: m.rows.known(), More: m.rows.open}.String()))
	case m.rows.total > 0:
		parts = append(parts, st.Strong.Paint(views.Count(m.table.Cursor()+1))+st.Faint.Paint(" of ")+st.Strong.Paint(views.Count(m.rows.total)))
	default:
		parts = append(parts, st.Faint.Paint("0 events"))
	}
	if m.behind() {
		parts = append(parts, st.Warn.Paint("of the previous filter"))
	}
	if m.stale && m.slow {
		parts = append(parts, st.Warn.Paint("loading"+m.env.Dots()))
	}
	return strings.Join(parts, st.Faint.Paint("  "))
}

// notSearched names what the server could not look at.
func (m *Model) notSearched() string { return "not searched: " + strings.Join(m.missed, ", ") }

// datasetName names what is searched.
func (m *Model) datasetName() string {
	switch {
	case len(m.dataset) == 0:
		return "the default dataset"
	case m.dataset[0] == api.ScopeAll:
		return "all datasets"
	}
	for _, d := range m.catalogs.Datasets {
		if d.UUID == m.dataset[0] {
			return d.Name
		}
	}
	return m.dataset[0]
}

// CursorXY is where the real cursor belongs.
func (m *Model) CursorXY() (x, y int, ok bool) {
	g := m.geometry
	switch m.part {
	case partFilter:
		right := ansi.StringWidth(m.counts())
		if msg := m.filter.Message(); msg != "" {
			right = ansi.StringWidth(m.shortMessage(msg, g.filter.W))
		}
		return 3 + m.filter.Cursor(max(g.filter.W-3-right-1, 10)), 0, true
	case partFacets:
		return g.facets.X, g.facets.Y + m.facets.cursor - m.facets.offset, g.facets.W > 0
	}
	if m.rows.length() == 0 {
		return 0, 0, false
	}
	x, y = m.table.CursorXY()
	return g.table.X + x, g.table.Y + y, true
}

// Popup is the filter's completions and where they belong.
func (m *Model) Popup() (lines []string, x, y int) {
	if m.part != partFilter || !m.filter.Open() {
		return nil, 0, 0
	}
	g := m.geometry
	lines, x = m.filter.Popup(max(g.filter.W-6, 20), max(g.table.H-1, 3))
	return lines, x + 3, 1
}

// Title names the view's state for the history and the window's title.
func (m *Model) Title() string {
	if m.text == "" {
		return "all events"
	}
	return m.text
}
