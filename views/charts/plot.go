package charts

import (
	"threatbench/theme"
)

// plot is a picture of counts: a widget, and what its parts mean.
type plot interface {
	draw(w, h int) []string
	// move goes by cells or bars; page by screens; end to the first or last.
	move(dx, dy int)
	page(n int)
	end(last bool)
	// hit puts the cursor where the pointer is; false where nothing is.
	hit(x, y int) bool
	// at is where the terminal's cursor belongs.
	at() (x, y int)
	// note tells what is under the cursor, with its number.
	note() string
	// picked is what is under the cursor.
	picked() picked
	// table is the numbers, a header first.
	table() [][]string
	restyle(st *theme.Styles)
}

// picked is the part of a chart that was chosen: values of columns, or a
// stretch of time.
type picked struct {
	pairs []pair
	span  span // zero where the part has no range of time
}

type pair struct{ col, value string }

func (p picked) none() bool { return len(p.pairs) == 0 && p.span.all() }
