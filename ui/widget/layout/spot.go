package layout

// Spot is a cell of a block where a jump label can stand: what a click there
// would do is what the label does.
type Spot struct{ X, Y int }

// In turns spots counted from r's top left into ones on the screen, as Local
// does the other way round.
func (r Rect) In(spots []Spot) []Spot {
	for i := range spots {
		spots[i].X += r.X
		spots[i].Y += r.Y
	}
	return spots
}

// Scan finds the things drawn in w by h cells, each at its first cell in the
// order of reading. hit tells which of them lies at a cell, false for none.
func Scan[K comparable](w, h int, hit func(x, y int) (K, bool)) []Spot {
	var out []Spot
	seen := map[K]bool{}
	for y := range h {
		for x := range w {
			if k, ok := hit(x, y); ok && !seen[k] {
				seen[k] = true
				out = append(out, Spot{x, y})
			}
		}
	}
	return out
}
