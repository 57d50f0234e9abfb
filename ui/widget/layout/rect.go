// Package layout divides the screen into rectangles and joins blocks of drawn
// lines. Everything here is a pure function of its arguments.
//
// A block is a []string whose lines are all the same number of cells wide;
// lines may carry styles (SGR sequences) and hyperlinks, closed by their end.
package layout

import "math"

// Rect is an area of the screen in cells; X and Y count from the top left. It
// is comparable, so "did the layout change" is !=.
type Rect struct{ X, Y, W, H int }

// Empty tells whether no cell lies in r.
func (r Rect) Empty() bool { return r.W <= 0 || r.H <= 0 }

// Contains tells whether the cell at x, y lies in r.
func (r Rect) Contains(x, y int) bool {
	return x >= r.X && x < r.X+r.W && y >= r.Y && y < r.Y+r.H
}

// Local turns a place on the screen into one counted from r's top left.
func (r Rect) Local(x, y int) (int, int) { return x - r.X, y - r.Y }

// CutTop takes n rows off the top; n is held within 0 and r.H.
func (r Rect) CutTop(n int) (top, rest Rect) {
	n = min(max(n, 0), max(r.H, 0))
	return Rect{r.X, r.Y, r.W, n}, Rect{r.X, r.Y + n, r.W, r.H - n}
}

// CutBottom takes n rows off the bottom; n is held within 0 and r.H.
func (r Rect) CutBottom(n int) (bottom, rest Rect) {
	n = min(max(n, 0), max(r.H, 0))
	return Rect{r.X, r.Y + r.H - n, r.W, n}, Rect{r.X, r.Y, r.W, r.H - n}
}

// CutLeft takes n columns off the left; n is held within 0 and r.W.
func (r Rect) CutLeft(n int) (left, rest Rect) {
	n = min(max(n, 0), max(r.W, 0))
	return Rect{r.X, r.Y, n, r.H}, Rect{r.X + n, r.Y, r.W - n, r.H}
}

// CutRight takes n columns off the right; n is held within 0 and r.W.
func (r Rect) CutRight(n int) (right, rest Rect) {
	n = min(max(n, 0), max(r.W, 0))
	return Rect{r.X + r.W - n, r.Y, n, r.H}, Rect{r.X, r.Y, r.W - n, r.H}
}

// SplitX parts r into a left share (0 to 1 of the width) and the rest. Both
// keep their least width while there is room for both; when there is not, the
// left part gives way first.
func (r Rect) SplitX(share float64, minLeft, minRight int) (left, right Rect) {
	return r.CutLeft(part(r.W, share, minLeft, minRight))
}

// SplitY parts r into an upper share (0 to 1 of the height) and the rest, by
// the same rule as SplitX.
func (r Rect) SplitY(share float64, minTop, minBottom int) (top, bottom Rect) {
	return r.CutTop(part(r.H, share, minTop, minBottom))
}

func part(total int, share float64, minFirst, minSecond int) int {
	if math.IsNaN(share) {
		share = 0.5
	}
	n := int(math.Round(float64(total) * min(max(share, 0), 1)))
	n = max(n, minFirst)
	n = min(n, total-max(minSecond, 0))
	return min(max(n, 0), max(total, 0))
}

// Inset takes dx columns off both sides and dy rows off top and bottom.
func (r Rect) Inset(dx, dy int) Rect {
	dx = min(max(dx, 0), max(r.W, 0)/2)
	dy = min(max(dy, 0), max(r.H, 0)/2)
	return Rect{r.X + dx, r.Y + dy, r.W - 2*dx, r.H - 2*dy}
}

// Centre is a rectangle of w by h cells in the middle of r, made smaller where
// r is smaller.
func (r Rect) Centre(w, h int) Rect {
	w = min(max(w, 0), max(r.W, 0))
	h = min(max(h, 0), max(r.H, 0))
	return Rect{r.X + (r.W-w)/2, r.Y + (r.H-h)/2, w, h}
}
