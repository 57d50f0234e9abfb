package keymap

import "strings"

// Motion is a movement in a list or a text: down where positive, up where
// negative. Ends goes to the first line or the last.
type Motion struct{ Lines, Pages, Halves, Ends int }

// motions are the movements by how their actions are named, whatever the scope.
func motions(name string) (m Motion, ok bool) {
	switch name {
	case "up":
		return Motion{Lines: -1}, true
	case "down":
		return Motion{Lines: 1}, true
	case "page_up":
		return Motion{Pages: -1}, true
	case "page_down":
		return Motion{Pages: 1}, true
	case "half_up":
		return Motion{Halves: -1}, true
	case "half_down":
		return Motion{Halves: 1}, true
	case "first", "home":
		return Motion{Ends: -1}, true
	case "last":
		return Motion{Ends: 1}, true
	}
	return Motion{}, false
}

// MotionIn is the movement that an action of a scope means; ok is false for an
// action of another scope, and for one that doesn't move.
func (id ID) MotionIn(s Scope) (m Motion, ok bool) {
	scope, name, _ := strings.Cut(string(id), ".")
	if scope != string(s) {
		return Motion{}, false
	}
	return motions(name)
}

// By is the movement in lines where so many rows are in sight; an end is
// farther away than any list is long.
func (m Motion) By(rows int) int {
	const far = 1 << 30
	return m.Lines + m.Pages*max(rows-1, 1) + m.Halves*max(rows/2, 1) + m.Ends*far
}
