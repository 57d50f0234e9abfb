package layout

import "strings"

// Blank is n spaces.
func Blank(n int) string {
	const spaces = "                                                                                                                                "
	if n <= 0 {
		return ""
	}
	if n <= len(spaces) {
		return spaces[:n]
	}
	return strings.Repeat(" ", n)
}

// Join puts blocks side by side. A block with fewer lines than the tallest is
// filled up with blank lines of its own width (that of its first line).
func Join(blocks ...[]string) []string {
	height := 0
	for _, b := range blocks {
		height = max(height, len(b))
	}
	widths := make([]int, len(blocks))
	for i, b := range blocks {
		if len(b) > 0 && len(b) < height {
			widths[i] = Width(b[0])
		}
	}
	out := make([]string, height)
	var sb strings.Builder
	for y := range out {
		sb.Reset()
		sb.Grow(lineBytes(blocks, y))
		for i, b := range blocks {
			if y < len(b) {
				sb.WriteString(b[y])
				continue
			}
			sb.WriteString(Blank(widths[i]))
		}
		out[y] = sb.String()
	}
	return out
}

func lineBytes(blocks [][]string, y int) int {
	n := 0
	for _, b := range blocks {
		if y < len(b) {
			n += len(b[y])
		}
	}
	return n
}

// Stack puts blocks one under the other.
func Stack(blocks ...[]string) []string {
	n := 0
	for _, b := range blocks {
		n += len(b)
	}
	out := make([]string, 0, n)
	for _, b := range blocks {
		out = append(out, b...)
	}
	return out
}

// Fit makes exactly h lines of exactly w cells: what is too long is cut, what
// is too short is filled with spaces.
func Fit(lines []string, w, h int) []string {
	w, h = max(w, 0), max(h, 0)
	out := make([]string, h)
	for y := range out {
		if y < len(lines) {
			out[y] = Line(lines[y], w)
			continue
		}
		out[y] = Blank(w)
	}
	return out
}

// Line makes s exactly w cells wide.
func Line(s string, w int) string {
	n := Width(s)
	switch {
	case n == w:
		return s
	case n < w:
		return s + Blank(w-n)
	}
	return Cut(s, 0, w)
}

// Overlay lays box over base with its top left corner at x, y; what sticks out
// of base is cut off. Styles of base continue behind the box, and a wide rune
// cut in half leaves a space. base itself is not changed.
func Overlay(base, box []string, x, y int) []string {
	out := make([]string, len(base))
	copy(out, base)
	for i, line := range box {
		row := y + i
		if row < 0 || row >= len(out) {
			continue
		}
		out[row] = splice(out[row], line, x)
	}
	return out
}

func splice(base, line string, x int) string {
	bw, lw := Width(base), Width(line)
	from, to := max(x, 0), min(x+lw, bw)
	if from >= to {
		return base
	}
	if from != x || to != x+lw {
		line = Cut(line, from-x, to-x)
	}
	return Cut(base, 0, from) + line + Cut(base, to, bw)
}
