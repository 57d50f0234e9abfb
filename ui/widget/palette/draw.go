package palette

import (
	"fmt"
	"strings"

	"threatbench/ui/widget/layout"
	"threatbench/ui/widget/text"
)

// Lines draws the entry and below it the list: exactly h lines of exactly w
// cells.
func (m *Model) Lines(w, h int) []string {
	w, h = max(w, 0), max(h, 0)
	m.h = max(h-1, 0)
	m.follow()
	out := make([]string, 0, h)
	if h > 0 {
		out = append(out, m.entry(w))
	}
	for i := m.top; len(out) < h; i++ {
		switch {
		case i < len(m.hits):
			out = append(out, m.row(i, w))
		case i == 0:
			out = append(out, m.fit(m.st.Faint.Paint(" Nothing matches."), w))
		default:
			out = append(out, layout.Blank(w))
		}
	}
	return out
}

func (m *Model) fit(s string, w int) string {
	return text.FitStyled(s, w, &m.st.Glyphs)
}

// entry is the line with the prompt, what was typed, and the count.
func (m *Model) entry(w int) string {
	count := fmt.Sprintf("%d of %d", len(m.hits), len(m.items))
	room := w - layout.Width(m.prompt) - layout.Width(count) - 2
	if room < 8 {
		count, room = "", w-layout.Width(m.prompt)
	}
	if room < 1 {
		return m.fit(m.prompt, w)
	}
	typed := m.input.Value()
	if typed == "" {
		typed = m.st.Faint.Paint(text.Fit(m.hint, room, m.st.Glyphs.Ellipsis))
	} else {
		from, _ := m.column(room)
		typed = m.st.Strong.Paint(layout.Cut(m.draw(typed), from, from+room))
	}
	line := m.st.Accent.Paint(m.prompt) + typed
	if count != "" {
		line += "  " + m.st.Faint.Paint(count)
	}
	return m.fit(line, w)
}

// draw is typed text in characters whose width terminals agree on.
func (m *Model) draw(s string) string {
	if m.st.Glyphs.ASCII {
		return layout.ASCII(s)
	}
	return layout.NormalizeWidth(s)
}

// column is where the entry's cursor stands: the first cell of the text that is
// in sight, and the cursor's cell counted from there.
func (m *Model) column(room int) (from, x int) {
	typed := []rune(m.input.Value())
	at := layout.Width(m.draw(string(typed[:min(m.input.Position(), len(typed))])))
	from = max(0, at-room+1)
	return from, at - from
}

// Cursor is the cell where the terminal's cursor belongs in a palette w cells
// wide.
func (m *Model) Cursor(w int) (x, y int) {
	prompt := layout.Width(m.prompt)
	count := len(fmt.Sprintf("%d of %d", len(m.hits), len(m.items)))
	room := w - prompt - count - 2
	if room < 8 {
		room = w - prompt
	}
	if room < 1 {
		return max(w-1, 0), 0
	}
	_, x = m.column(room)
	return prompt + x, 0
}

// Hit chooses the item on line y of the drawing and tells whether there is one.
func (m *Model) Hit(y int) bool {
	if i := m.top + y - 1; y > 0 && y <= m.h && i < len(m.hits) {
		m.cur = i
		return true
	}
	return false
}

// row is an item: its title, the detail or the reason it is disabled, and on
// the right its keys.
func (m *Model) row(i, w int) string {
	it := &m.items[m.hits[i].item]
	front := "  "
	if i == m.cur {
		front = m.st.Cursor.Paint(m.st.Glyphs.Cursor) + " "
	}
	keys := it.Keys
	room := w - 2 - layout.Width(keys) - 2
	if room < 12 {
		keys, room = "", w-2
	}
	var b strings.Builder
	b.WriteString(front)
	b.WriteString(m.title(it, m.hits[i].lit, i == m.cur))
	said := it.Detail
	if it.Disabled != "" {
		said = "not now: " + it.Disabled
	}
	if said != "" {
		b.WriteString("  ")
		b.WriteString(m.st.Faint.Paint(said))
	}
	line := m.fit(b.String(), room+2)
	if keys == "" {
		return m.fit(line, w)
	}
	return line + " " + m.fit(m.st.Key.Paint(keys), layout.Width(keys)) + " "
}

// title is the title with the letters that match in their own style.
func (m *Model) title(it *Item, lit []int, chosen bool) string {
	pen := m.st.Text
	switch {
	case it.Disabled != "":
		pen = m.st.Faint
	case chosen:
		pen = m.st.Strong
	}
	if len(lit) == 0 {
		return pen.Paint(it.Title)
	}
	var b strings.Builder
	from, on := 0, pen
	for at := range it.Title { // a new run wherever the pen changes
		now := pen
		for len(lit) > 0 && lit[0] < at {
			lit = lit[1:]
		}
		if len(lit) > 0 && lit[0] == at {
			now = m.st.Match
		}
		if now != on {
			b.WriteString(on.Paint(it.Title[from:at]))
			from, on = at, now
		}
	}
	b.WriteString(on.Paint(it.Title[from:]))
	return b.String()
}
