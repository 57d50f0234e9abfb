package actor

import (
	"strings"

	"threatbench/api"
	"threatbench/ui/widget/chart"
	"threatbench/ui/widget/layout"
	"threatbench/ui/widget/text"
	"threatbench/views"
)

// histHeight is how many lines the activity over time gets.
func (m *Model) histHeight() int {
	switch {
	case m.p == nil || m.p.sum == nil || len(m.p.sum.Timeline.Points) == 0 || m.h < 12:
		return 0
	case m.h < 30:
		return 3
	}
	return 5
}

// headHeight is the title, the facts, the activity, and a line between.
func (m *Model) headHeight() int { return 3 + m.histHeight() }

// Draw is the view in exactly h lines of w cells.
func (m *Model) Draw(w, h int, focused bool) []string {
	old := m.memo
	if old.lines != nil && old.version == m.version && old.env == m.env.Version && old.w == w && old.h == h && old.focused == focused {
		return old.lines
	}
	if w != m.w || h != m.h {
		m.Resize(w, h)
	}
	lines := m.head(w)
	if note := m.note(w); note != nil {
		lines = append(lines, note...)
	} else {
		lines = append(lines, m.lines(m.offset, w, m.room(), focused)...)
	}
	m.memo = memo{version: m.version, env: m.env.Version, w: w, h: h, focused: focused, lines: layout.Fit(lines, w, h)}
	return m.memo.lines
}

func (m *Model) head(w int) []string {
	st := m.env.Styles
	if m.p == nil {
		return nil
	}
	title := " " + st.TitleFocus.Paint(m.env.Text(m.p.name, w/2))
	facts := m.facts()
	if m.slow {
		facts = append(facts, "counting"+m.env.Dots())
	}
	lines := []string{title + "  " + st.Faint.Paint(m.scope()), " " + text.FitStyled(strings.Join(facts, st.Faint.Paint("  "+st.Glyphs.Bullet+"  ")), w-1, &st.Glyphs)}
	if n := m.histHeight(); n > 0 {
		lines = append(lines, m.hist.Lines(w, n)...)
	}
	return append(lines, "")
}

// scope says what is searched.
func (m *Model) scope() string {
	switch d := m.p.datasets; {
	case len(d) == 0:
		return "attacker, in the default dataset"
	case len(d) == 1 && d[0] == api.ScopeAll:
		return "attacker, in all datasets"
	default:
		names := make([]string, len(d))
		for i, id := range d {
			names[i] = m.env.Text(m.datasetName(id), 30)
		}
		return "attacker, in " + strings.Join(names, ", ")
	}
}

// facts are the actor in a few words.
func (m *Model) facts() []string {
	st := m.env.Styles
	var out []string
	if n := m.total(); n.N >= 0 {
		out = append(out, st.Strong.Paint(n.String())+" "+plural(n.N, "event", "events"))
	}
	if m.p.sum == nil || m.p.sum.Unfiltered {
		return out
	}
	if t := m.p.sum.Timeline; !t.Start.IsZero() {
		out = append(out, "first "+m.env.Date(t.Start), "last "+m.env.Date(t.End))
	}
	if top, _ := m.p.facet("attackerCountry"); len(top) > 0 {
		out = append(out, "from "+m.env.Text(views.ColumnValue("attackerCountry", top[0].Value), 30))
	}
	if _, n := m.p.facet("mitreAttack"); n > 0 {
		out = append(out, views.Count(n)+" "+plural(n, "technique", "techniques"))
	}
	if _, n := m.p.facet("targetCountry"); n > 0 {
		out = append(out, views.Count(n)+" target "+plural(n, "country", "countries"))
	}
	return out
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// total is how many events the actor has.
func (m *Model) total() views.Total {
	if s := m.p.sum; s != nil && !s.Unfiltered {
		return views.Total{N: s.Total}
	}
	return m.p.total
}

func indented(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = " " + l
	}
	return out
}

// note stands in place of the body where there is nothing to list, nil where
// there is.
func (m *Model) note(w int) []string {
	st := m.env.Styles
	if m.p == nil {
		return []string{"", " " + st.Text.Paint("No actor has been chosen."), " " + st.Faint.Paint("/ asks for a name; a a on an event shows its attacker")}
	}
	for _, err := range m.p.errs {
		if err != nil && len(m.body.spots) == 0 {
			return indented(m.env.Failed("The profile", err, w))
		}
	}
	switch {
	case len(m.body.spots) > 0:
		return nil
	case m.total().N == 0:
		return []string{" " + st.Text.Paint("No event here names this attacker."), " " + st.Faint.Paint("/ asks for another name; the datasets are those the events are searched in")}
	case m.p.sum != nil && m.p.sum.Unfiltered && m.p.newest != nil:
		return []string{" " + st.Text.Paint("This server counts whole datasets only.")}
	}
	return []string{""}
}

// draw is one line of the body.
func (m *Model) draw(it item, w int, focused bool) string {
	st := m.env.Styles
	switch {
	case it.title != "":
		return " " + st.Title.Paint(it.title)
	case it.note != "":
		return " " + st.Faint.Paint(it.note)
	case it.spot < 0:
		return ""
	}
	gutter, pen := " ", st.Text
	if it.spot == m.cursor {
		gutter = st.CursorBlur.Paint(st.Glyphs.Cursor)
		if focused {
			gutter, pen = st.Cursor.Paint(st.Glyphs.Cursor), st.Strong
		}
	}
	s := m.body.spots[it.spot]
	if s.column == "" {
		return gutter + m.eventLine(&m.p.newest[s.event], w-1)
	}
	const meter = 6
	count := views.Count(s.value.Count)
	room := max(w-1-1-len(count)-1-meter-1, 1)
	name := text.Fit(m.env.Text(m.value(s.column, s.value.Value), room), room, st.Glyphs.Ellipsis)
	if s.column == "tlp" && pen == st.Text {
		pen = m.env.TLP(s.value.Value)
	}
	return gutter + pen.Paint(name) + " " + st.Faint.Paint(count) + " " + chart.Meter(st, s.value.Count, s.most, meter) + " "
}

// eventLine is an event in a line of w cells.
func (m *Model) eventLine(e *api.Event, w int) string {
	st := m.env.Styles
	category := text.Fit(m.env.Text(e.Category, 22), 22, st.Glyphs.Ellipsis)
	head := st.Faint.Paint(text.Fit(m.env.Date(e.Date), 12, st.Glyphs.Ellipsis)) + "  " + m.env.TLP(e.TLP).Paint(text.Fit(views.ShortTLP(views.OneLine(e.TLP)), 6, st.Glyphs.Ellipsis)) + "  " + category + "  "
	rest := e.Event
	if e.Indicator != "" {
		rest = e.Indicator + "  " + e.Event
	}
	return head + m.env.Text(rest, max(w-12-2-6-2-22-2, 1))
}
