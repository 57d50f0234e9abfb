package alerts

import (
	"fmt"
	"time"

	"threatbench/api"
	"threatbench/theme"
	"threatbench/ui/widget/layout"
	"threatbench/ui/widget/table"
	"threatbench/ui/widget/text"
	"threatbench/views"
)

// geometry is where the parts of the view stand.
type geometry struct {
	inboxHead, inbox, alertsHead, alerts layout.Rect
}

func (m *Model) place(w, h int) geometry {
	r := layout.Rect{W: w, H: h}
	var g geometry
	if m.lacking {
		g.alertsHead, r = r.CutTop(min(6, h))
		g.inboxHead, g.inbox = r.CutTop(1)
		return g
	}
	top, rest := r.CutTop(h / 2)
	g.inboxHead, g.inbox = top.CutTop(1)
	g.alertsHead, g.alerts = rest.CutTop(1)
	return g
}

// Draw is the view in exactly h lines of w cells.
func (m *Model) Draw(w, h int, focused bool) []string {
	m.geo = m.place(w, h)
	g := m.geo
	if m.lacking {
		return layout.Stack(
			layout.Fit(m.lackingLines(w), w, g.alertsHead.H),
			[]string{layout.Line(m.env.Head("Watched queries", m.watchedNote(), focused), w)},
			views.Body(m.inbox, g.inbox.W, g.inbox.H, focused, m.noWatched(g.inbox.W)),
		)
	}
	return layout.Stack(
		[]string{layout.Line(m.env.Head("Inbox", m.inboxNote(), focused && m.part == partInbox), w)},
		views.Body(m.inbox, g.inbox.W, g.inbox.H, focused && m.part == partInbox, m.noEntries(g.inbox.W)),
		[]string{layout.Line(m.env.Head("Alerts", m.alertsNote(), focused && m.part == partAlerts), w)},
		views.Body(m.alerts, g.alerts.W, g.alerts.H, focused && m.part == partAlerts, m.noAlerts(g.alerts.W)),
	)
}

func (m *Model) lackingLines(w int) []string {
	st := m.env.Styles
	state := "watching " + every(m.watch.Minutes) + ": " + m.cost(m.watch.Minutes)
	pen := st.Good
	if m.watch.Off {
		state, pen = "watching is off", st.Warn
	}
	if !m.watch.at.IsZero() {
		state += "; last look " + m.env.Date(api.TimeOf(m.watch.at))
	}
	return []string{
		" " + st.Strong.Paint("This server has no alerts."),
		" " + st.Text.Paint(cut(st, "The workbench looks for new events of the saved queries itself, while it runs.", w-2)),
		" " + pen.Paint(cut(st, state, w-2)),
		" " + st.Key.Paint("w") + st.Hint.Paint(" on or off   ") + st.Key.Paint("i") + st.Hint.Paint(" how often   ") + st.Key.Paint("r") + st.Hint.Paint(" look now"),
	}
}

func cut(st *theme.Styles, s string, w int) string { return text.Cut(s, max(w, 0), st.Glyphs.Ellipsis) }

func (m *Model) watchedNote() string {
	n := len(m.watched())
	if n < len(m.queries) {
		return fmt.Sprintf("the first %d of %s", n, views.Count(len(m.queries)))
	}
	return ""
}

func (m *Model) inboxNote() string {
	note := ""
	switch n := len(m.entries); {
	case m.inboxErr != nil && n > 0:
		return "could not be asked for again: " + m.env.Text(m.inboxErr.Error(), 200)
	case m.total > n:
		note = fmt.Sprintf("the newest %s of %s", views.Count(n), views.Count(m.total))
	case n > 0:
		note = views.Count(n)
	}
	if b := m.Badge(); b != "" {
		note += ", " + b + " unread"
	}
	return note
}

func (m *Model) alertsNote() string {
	switch {
	case m.testing != nil:
		return "trying" + m.env.Dots()
	case m.err != nil && len(m.list) > 0:
		return "could not be asked for again: " + m.env.Text(m.err.Error(), 200)
	case len(m.list) > 0:
		return views.Count(len(m.list))
	}
	return ""
}

func (m *Model) noEntries(w int) []string {
	st := m.env.Styles
	switch {
	case len(m.entries) > 0:
		return nil
	case m.inboxErr != nil:
		return m.env.Failed("The inbox", m.inboxErr, w)
	case !m.gotInbox:
		return []string{""}
	}
	return []string{st.Text.Paint("Nothing has fired yet."), st.Faint.Paint("An alert puts an entry here when events arrive that match its query.")}
}

func (m *Model) noAlerts(w int) []string {
	st := m.env.Styles
	switch {
	case len(m.list) > 0:
		return nil
	case m.err != nil:
		return m.env.Failed("The alerts", m.err, w)
	case !m.loaded && m.slow:
		return []string{st.Faint.Paint("loading" + m.env.Dots())}
	case !m.loaded:
		return []string{""}
	case len(m.queries) == 0 && m.queryOK:
		return []string{st.Text.Paint("No alerts, and no saved queries to be alerted by."), st.Faint.Paint("4 goes to the queries: build one and save it first.")}
	}
	return []string{st.Text.Paint("No alerts."), st.Key.Paint("n") + st.Hint.Paint(" chooses a saved query to be alerted by")}
}

func (m *Model) noWatched(w int) []string {
	st := m.env.Styles
	switch {
	case len(m.queries) > 0:
		return nil
	case m.noQueries:
		return []string{st.Text.Paint("This server keeps no queries, so there is nothing to watch.")}
	case m.queriesErr != nil:
		return m.env.Failed("The saved queries", m.queriesErr, w)
	case m.queryOK:
		return []string{st.Text.Paint("No saved queries to watch."), st.Faint.Paint("4 goes to the queries: build one and save it.")}
	}
	return []string{""}
}

// CursorXY is where the real cursor belongs.
func (m *Model) CursorXY() (x, y int, ok bool) {
	at, t, n := m.geo.inbox, m.inbox, (inboxRows{m}).Len()
	if m.part == partAlerts {
		at, t, n = m.geo.alerts, m.alerts, len(m.list)
	}
	x, y = t.CursorXY()
	return at.X + x, at.Y + y, n > 0 && y >= 0
}

// alertRows shows the alerts to their table.
type alertRows struct{ m *Model }

func (r alertRows) Len() int { return len(r.m.list) }

func (r alertRows) Row(i int, cells []table.Cell) bool {
	a, st := r.m.list[i], r.m.env.Styles
	cells[0].Text = r.m.name(a.QueryID)
	cells[1] = table.Cell{Text: "on", Pen: st.Good}
	if !a.Enabled {
		cells[1] = table.Cell{Text: "paused", Pen: st.Warn}
	}
	if a.DisabledReason != "" {
		cells[0].Text += "  " + views.OneLine(a.DisabledReason)
	}
	cells[2].Text = views.OneLine(a.Frequency)
	if a.Frequency == api.Immediate {
		cells[2].Text = "at once"
	}
	cells[3].Text = views.OneLine(a.NotificationType)
	sent := api.Time{}
	if a.LastSentAt != nil {
		sent = *a.LastSentAt
	}
	cells[4].Text = r.m.env.Date(sent)
	cells[5] = table.Cell{Text: views.OneLine(a.UserEmail), Pen: st.Faint}
	return true
}

func (r alertRows) Marked(int) bool { return false }

// inboxRows shows the inbox to its table, or the watched queries.
type inboxRows struct{ m *Model }

func (r inboxRows) Len() int {
	if r.m.lacking {
		return len(r.m.watched())
	}
	return len(r.m.entries)
}

func (r inboxRows) Row(i int, cells []table.Cell) bool {
	if r.m.lacking {
		return r.watched(i, cells)
	}
	e, st := r.m.entries[i], r.m.env.Styles
	pen := st.Text
	if !e.Read {
		pen = st.Strong
		cells[0] = table.Cell{Text: "new", Pen: st.AccentStrong}
	}
	cells[1] = table.Cell{Text: r.m.env.Date(e.At), Pen: pen}
	cells[2] = table.Cell{Text: views.OneLine(e.QueryName), Pen: pen}
	cells[3] = table.Cell{Text: views.Count(e.Count), Pen: pen}
	return true
}

func (r inboxRows) watched(i int, cells []table.Cell) bool {
	q, st := r.m.watched()[i], r.m.env.Styles
	n, known := r.m.watch.news[q.ID]
	cells[1].Text = r.m.env.Date(api.TimeOf(r.m.env.Memory.LookedAt(q).Seen.Truncate(time.Second)))
	cells[2].Text = views.OneLine(q.Name)
	switch {
	case !known:
	case n.N < 0:
		cells[3] = table.Cell{Text: n.Short(), Pen: st.Faint}
	case n.N == 0:
		cells[3] = table.Cell{Text: "0", Pen: st.Faint}
	default:
		cells[0] = table.Cell{Text: "new", Pen: st.AccentStrong}
		cells[3] = table.Cell{Text: n.Short(), Pen: st.Strong}
	}
	return true
}

func (r inboxRows) Marked(int) bool { return false }
