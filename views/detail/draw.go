package detail

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"threatbench/api"
	"threatbench/theme"
	"threatbench/ui/widget/layout"
	"threatbench/views"
)

// compactUpTo is the height up to which only the gist of the event is shown.
const compactUpTo = 5

var tabTitles = [tabs]string{"Overview", "Insight", "Raw", "Relations"}

// Draw is the view in exactly h lines of w cells: a title line, and the part
// shown below it.
func (m *Model) Draw(w, h int, focused bool) []string {
	key := memo{version: m.version, env: m.env.Version, w: w, h: h, focused: focused}
	if m.memo.lines != nil && m.memo.version == key.version && m.memo.env == key.env && m.memo.w == w && m.memo.h == h && m.memo.focused == focused {
		return m.memo.lines
	}
	m.rows = max(h-1, 0)
	body := m.body(w, h-1, focused) // first: the title tells where one is in it
	key.lines = layout.Fit(append([]string{m.title(w, focused)}, body...), w, h)
	m.memo = key
	return key.lines
}

func (m *Model) body(w, h int, focused bool) []string {
	switch {
	case h <= 0:
		return nil
	case m.wanted != "" && m.slow:
		return m.say(w, h, m.env.Styles.Faint, "loading the event"+m.env.Dots())
	case m.event == nil && m.err != nil:
		return m.say(w, h, m.env.Styles.Error, m.err.Error())
	case m.event == nil:
		return m.say(w, h, m.env.Styles.Faint, "No event is selected.")
	case h < compactUpTo && !focused:
		return layout.Fit(m.gist(), w, h)
	}
	switch m.tab {
	case Insight:
		return m.drawInsight(w, h)
	case Raw:
		return m.drawRaw(w, h)
	case Relations:
		return m.related.draw(w, h, focused)
	}
	m.layOverview(w)
	return m.overview.Lines(w, h)
}

func (m *Model) say(w, h int, pen theme.Pen, text string) []string {
	lines := []string{}
	for _, l := range strings.Split(ansi.Wrap(views.Shown(text), max(w-4, 8), " "), "\n") {
		lines = append(lines, "  "+pen.Paint(l))
	}
	return layout.Fit(lines, w, h)
}

// title is the line over the view: the parts, the one shown in words of its
// own, and where one is in it.
func (m *Model) title(w int, focused bool) string {
	st := m.env.Styles
	var b strings.Builder
	b.WriteString(st.Border.Paint(strings.Repeat(st.Glyphs.HLine, 2)))
	for t := Overview; t < tabs; t++ {
		name := tabTitles[t]
		if n := m.count(t); n != "" {
			name += " " + n
		}
		switch {
		case t == m.tab && focused:
			b.WriteString(" " + st.TitleFocus.Paint(name) + " ")
		case t == m.tab:
			b.WriteString(" " + st.Title.Paint(name) + " ")
		default:
			b.WriteString(" " + st.Faint.Paint(name) + " ")
		}
	}
	right := m.position()
	if right != "" {
		right = " " + st.Faint.Paint(right) + " "
	}
	if s := m.beside(); s != "" {
		room := w - ansi.StringWidth(b.String()) - ansi.StringWidth(right) - 3
		right = " " + st.Accent.Paint(ansi.Truncate(views.Shown(s), max(room, 0), st.Glyphs.Ellipsis)) + " " + right
	}
	rule := w - ansi.StringWidth(b.String()) - ansi.StringWidth(right)
	if rule > 0 {
		b.WriteString(st.Border.Paint(strings.Repeat(st.Glyphs.HLine, rule)))
	}
	return b.String() + right
}

// count is what stands behind a part's name.
func (m *Model) count(t Tab) string {
	switch {
	case m.event == nil:
	case t == Insight && m.event.Insight != "":
		return m.env.Styles.Glyphs.Insight
	case t == Relations && len(m.related.links) > 0:
		return views.Count(len(m.related.links))
	}
	return ""
}

func (m *Model) position() string {
	if m.event == nil {
		return ""
	}
	switch m.tab {
	case Raw:
		if m.rawFor == m.event.UUID {
			return views.Shown(m.tree.Path())
		}
	case Insight:
		if m.rendered.id == m.event.UUID {
			return m.insight.Position()
		}
	case Overview:
		if m.laid.id == m.event.UUID {
			return m.overview.Position()
		}
	}
	return ""
}

func (m *Model) drawInsight(w, h int) []string {
	st := m.env.Styles
	switch {
	case m.event.Insight == "":
		return m.say(w, h, st.Faint, "No insight has been written about this event.")
	case m.rendered.id != m.event.UUID:
		return layout.Fit(nil, w, h)
	}
	return m.insight.Lines(w, h)
}

func (m *Model) drawRaw(w, h int) []string {
	st := m.env.Styles
	switch {
	case m.err != nil:
		return m.say(w, h, st.Error, m.err.Error())
	case m.rawFor != m.event.UUID && m.slow:
		return m.say(w, h, st.Faint, "loading the raw record"+m.env.Dots())
	case m.rawFor != m.event.UUID:
		return layout.Fit(nil, w, h)
	}
	if m.raw.Source == "" && m.raw.TLP == "" {
		return m.tree.Lines(w, h)
	}
	source, tlp := layout.NormalizeWidth(orDash(m.env, m.raw.Source)), layout.NormalizeWidth(orDash(m.env, m.raw.TLP))
	about := " " + st.Faint.Paint("source ") + source + st.Faint.Paint("   tlp ") + m.env.TLP(m.raw.TLP).Paint(tlp) +
		st.Faint.Paint("   recorded ") + m.env.LongDate(m.raw.Created)
	return append(layout.Fit([]string{about}, w, 1), m.tree.Lines(w, h-1)...)
}

func orDash(env *views.Env, s string) string {
	if s == "" {
		return env.Dash()
	}
	return s
}

// gist is the event in three lines.
func (m *Model) gist() []string {
	e, st := m.event, m.env.Styles
	dot := st.Faint.Paint(" " + st.Glyphs.Bullet + " ")
	var who []string
	who = append(who, st.Strong.Paint(orDash(m.env, e.Category)))
	if route := m.route(); route != "" {
		who = append(who, route)
	}
	if e.TLP != "" {
		who = append(who, m.env.TLP(e.TLP).Paint(e.TLP))
	}
	if e.KillChain > 0 {
		who = append(who, st.Faint.Paint("kill chain ")+fmt.Sprintf("%d %s", e.KillChain, api.KillChainName(e.KillChain)))
	}
	var how []string
	for _, s := range []string{e.Indicator, strings.Join(e.MitreAttack, " "), strings.Join(e.Tags, ", ")} {
		if s != "" {
			how = append(how, s)
		}
	}
	if n := e.NumReferences + e.NumReferenced; n > 0 {
		how = append(how, fmt.Sprintf("%d references", n))
	}
	lines := []string{" " + strings.Join(who, dot), " " + views.OneLine(e.Event), " " + st.Faint.Paint(strings.Join(how, "   "))}
	for i, l := range lines {
		lines[i] = views.Shown(l)
	}
	return lines
}

// route is "attacker (origin) → target, industry".
func (m *Model) route() string {
	e := m.event
	from := e.Attacker
	if e.AttackerCountry != "" {
		if from != "" {
			from += " "
		}
		from += "(" + e.AttackerCountry + ")"
	}
	var to []string
	for _, s := range []string{e.TargetCountry, e.TargetIndustry} {
		if s != "" {
			to = append(to, s)
		}
	}
	if len(to) == 0 {
		return from
	}
	return strings.TrimSpace(from + " " + m.env.Styles.Glyphs.Arrow + " " + strings.Join(to, ", "))
}
