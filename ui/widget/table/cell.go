package table

import (
	"strings"

	"threatbench/ui/widget/layout"
)

// leastBesideTail is how much of a text must remain for its tail to stay too.
const leastBesideTail = 3

// cell writes c in exactly w cells.
func (m *Model) cell(b *strings.Builder, c Cell, right bool, w int) {
	text, tail := m.readable(c.Text), m.readable(c.Tail)
	room, cut := w, false
	if tail != "" {
		room = w - layout.Width(tail) - 1
		if room < min(layout.Width(text), leastBesideTail) {
			room, tail, cut = w, "", true
		}
	} else if tail = note(c.Notes, w-layout.Width(text)); tail != "" {
		room = w - layout.Width(tail) - 1
	}
	text, n := fit(text, room, m.st.Glyphs.Ellipsis, cut)
	pad := room - n
	if right {
		b.WriteString(layout.Blank(pad))
		pad = 0
	}
	if c.Pen.IsPlain() {
		b.WriteString(text)
	} else {
		b.WriteString(c.Pen.Paint(text))
	}
	if tail != "" {
		b.WriteByte(' ')
		b.WriteString(tail)
	}
	b.WriteString(layout.Blank(pad))
}

// note is the longest remark that fits with a blank before it, "" for none.
func note(notes []string, room int) string {
	for _, n := range notes {
		if layout.Width(n) < room {
			return n
		}
	}
	return ""
}

// readable makes s equally wide on every terminal, and ASCII where the glyphs
// are.
func (m *Model) readable(s string) string {
	if ascii(s) {
		return s
	}
	if m.st.Glyphs.ASCII {
		return layout.ASCII(s)
	}
	return layout.NormalizeWidth(s)
}

func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// fit cuts s to at most w cells, ellipsis included, and gives its width. cut
// says that something is missing already, so that the ellipsis stands in any
// case. The ellipsis is one cell.
func fit(s string, w int, ellipsis string, cut bool) (string, int) {
	if w <= 0 {
		return "", 0
	}
	n := layout.Width(s)
	switch {
	case n <= w && !cut:
		return s, n
	case n < w:
		return s + ellipsis, n + 1
	}
	return layout.Cut(s, 0, w-1) + ellipsis, w
}
