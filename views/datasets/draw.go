package datasets

import (
	"strings"

	"threatbench/api"
	"threatbench/keymap"
	"threatbench/ui/widget/layout"
	"threatbench/ui/widget/table"
	"threatbench/views"
)

// geometry is where the parts of the view stand.
type geometry struct {
	listHead, list, historyHead, history layout.Rect
}

// place shares the window: the list takes what its datasets need, at most
// half.
func (m *Model) place(w, h int) geometry {
	var g geometry
	r := layout.Rect{W: w, H: h}
	need := 2 + max(len(m.list), 3)
	top, rest := r.CutTop(min(need, h/2))
	g.listHead, g.list = top.CutTop(1)
	_, rest = rest.CutTop(min(1, max(h-12, 0)))
	g.historyHead, g.history = rest.CutTop(1)
	m.table.SetSize(w, g.list.H)
	m.history.SetSize(w, g.history.H)
	return g
}

// Draw is the view in exactly h lines of w cells.
func (m *Model) Draw(w, h int, focused bool) []string {
	old := m.memo
	if old.lines != nil && old.version == m.version && old.env == m.env.Version && old.w == w && old.h == h && old.focused == focused {
		return old.lines
	}
	m.geo = m.place(w, h)
	g := m.geo
	lines := layout.Stack(
		[]string{layout.Line(m.env.Head("Datasets", m.listNote(), focused && m.part == partList), w)},
		views.Body(m.table, g.list.W, g.list.H, focused && m.part == partList, m.noList(g.list.W)),
		layout.Fit(nil, w, g.historyHead.Y-g.list.Y-g.list.H),
		[]string{layout.Line(m.env.Head(m.historyTitle(), m.historyNote(), focused && m.part == partHistory), w)},
		views.Body(m.history, g.history.W, g.history.H, focused && m.part == partHistory, m.noHistory(g.history.W)),
	)
	m.memo = memo{version: m.version, env: m.env.Version, w: w, h: h, focused: focused, lines: layout.Fit(lines, w, h)}
	return m.memo.lines
}

func (m *Model) listNote() string {
	switch {
	case m.asking != nil:
		return "checking what the revert changes" + m.env.Dots()
	case m.err != nil && m.got:
		return "Couldn't refresh: " + m.env.Text(m.err.Error(), 200)
	case !m.got:
		return ""
	}
	note := views.Count(len(m.list))
	for _, d := range m.list {
		if c := m.counts[d.UUID]; c != nil && c.err != nil {
			return note + ", some counts failed: " + m.env.Text(c.err.Error(), 200)
		}
	}
	return note + m.transferNote()
}

// transferNote says where events are moved between datasets.
func (m *Model) transferNote() string {
	label := keymap.KeyLabel
	if m.env.ASCII {
		label = keymap.KeyLabelASCII
	}
	var keys []string
	for _, h := range m.env.Keys.Hints([]keymap.Scope{keymap.Events, keymap.Global}, keymap.ActMove, keymap.ActCopy) {
		keys = append(keys, label(h.Keys)+" "+h.Text)
	}
	if len(keys) == 0 {
		return ""
	}
	return "; in Events: " + strings.Join(keys, ", ")
}

func (m *Model) historyTitle() string {
	if d, ok := m.current(); ok {
		return "History of " + m.env.Text(d.Name, 40)
	}
	return "History"
}

func (m *Model) historyNote() string {
	j := &m.journal
	switch n := len(j.entries); {
	case m.none || n == 0:
		return ""
	case j.err != nil:
		return "Couldn't load more: " + m.env.Text(j.err.Error(), 200)
	case j.slow:
		return "loading" + m.env.Dots()
	case n < j.total:
		return "the newest " + views.Count(n) + " of " + views.Count(j.total) + " changes"
	default:
		return views.Plural(n, "change")
	}
}

func (m *Model) noList(w int) []string {
	st := m.env.Styles
	switch {
	case len(m.list) > 0:
		return nil
	case m.err != nil:
		return m.env.Failed("The datasets", m.err, w)
	case m.got:
		return []string{st.Text.Paint("There are no datasets."), st.Faint.Paint("n creates one")}
	case m.slow:
		return []string{st.Faint.Paint("loading datasets" + m.env.Dots())}
	}
	return []string{""}
}

func (m *Model) noHistory(w int) []string {
	st, j := m.env.Styles, &m.journal
	switch {
	case len(j.entries) > 0:
		return nil
	case m.none:
		return []string{
			st.Text.Paint("This server keeps no history of changes."),
			st.Faint.Paint("R may still revert a dataset to a time, if the server can."),
		}
	case j.err != nil:
		return m.env.Failed("The history", j.err, w)
	case j.slow:
		return []string{st.Faint.Paint("loading the history" + m.env.Dots())}
	case j.page > 0 && !j.loading:
		return []string{st.Text.Paint("Nothing has been changed yet."), st.Faint.Paint("Every change of its events is listed here.")}
	}
	return []string{""}
}

// datasetRows are the datasets as rows.
type datasetRows struct{ m *Model }

func (r datasetRows) Len() int        { return len(r.m.list) }
func (r datasetRows) Marked(int) bool { return false }

func (r datasetRows) Row(i int, cells []table.Cell) bool {
	st, d := r.m.env.Styles, r.m.list[i]
	pen := st.Text
	if d.DeletedAt != nil {
		pen = st.Faint
	}
	cells[0] = table.Cell{Text: views.OneLine(d.Name), Pen: pen}
	cells[1] = r.m.countCell(d)
	cells[2] = table.Cell{Text: "account", Pen: pen}
	if d.IsPublic {
		cells[2].Text = "public"
	}
	cells[3] = table.Cell{Text: strings.ReplaceAll(views.OneLine(d.IndicatorWriteMode), "_", " "), Pen: pen}
	cells[4] = table.Cell{Text: "events", Pen: st.Faint}
	if d.IsAnalytics {
		cells[4] = table.Cell{Text: "analytics", Pen: pen}
	}
	cells[5] = table.Cell{Text: views.OneLine(d.UUID), Pen: st.Faint}
	return true
}

func (m *Model) countCell(d api.Dataset) table.Cell {
	st := m.env.Styles
	c := m.counts[d.UUID]
	switch {
	case d.DeletedAt != nil:
		return table.Cell{Text: "deleted", Pen: st.Faint}
	case c != nil && c.err != nil:
		return table.Cell{Text: "failed", Pen: st.Error}
	case c == nil || !c.known:
		return table.Cell{Text: strings.TrimSpace(m.env.Dots()), Pen: st.Faint}
	}
	return table.Cell{Text: c.n.Short(), Pen: st.Text}
}

// historyRows are the changes of a dataset as rows.
type historyRows struct{ m *Model }

func (r historyRows) Len() int        { return len(r.m.journal.entries) }
func (r historyRows) Marked(int) bool { return false }

func (r historyRows) Row(i int, cells []table.Cell) bool {
	st, e := r.m.env.Styles, r.m.journal.entries[i]
	cells[0] = table.Cell{Text: r.m.stamp(e.At), Pen: st.Text}
	cells[1] = table.Cell{Text: views.OneLine(e.Actor), Pen: st.Text}
	cells[2] = table.Cell{Text: views.OneLine(e.Operation), Pen: st.Text}
	cells[3] = table.Cell{Text: views.Count(e.Count), Pen: st.Text}
	var ids []string
	for _, id := range e.EventIDs {
		ids = append(ids, short(views.OneLine(id)))
	}
	cells[4] = table.Cell{Text: strings.Join(ids, " "), Pen: st.Faint}
	return true
}

// short is the beginning of an id, enough to know it by.
func short(id string) string {
	if r := []rune(id); len(r) > 8 {
		return string(r[:8])
	}
	return id
}

// stamp is a moment to the second.
func (m *Model) stamp(t api.Time) string {
	if t.IsZero() {
		return m.env.Dash()
	}
	at, now := t.In(m.env.Zone), m.env.Now().In(m.env.Zone)
	switch {
	case at.Year() == now.Year() && at.YearDay() == now.YearDay():
		return "today " + at.Format("15:04:05")
	case at.Year() == now.Year():
		return at.Format("02 Jan 15:04:05")
	}
	return at.Format("2006-01-02 15:04")
}

// CursorXY is where the real cursor belongs.
func (m *Model) CursorXY() (x, y int, ok bool) {
	t, at := m.table, m.geo.list
	if m.part == partHistory {
		t, at = m.history, m.geo.history
	}
	x, y = t.CursorXY()
	if x < 0 {
		return 0, max(at.Y-1, 0), true
	}
	return at.X + x, at.Y + y, true
}
