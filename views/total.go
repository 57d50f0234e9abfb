package views

import "threatbench/api"

// Total is how many there are of something, as far as a server tells.
type Total struct {
	N    int  // -1: nothing is known
	More bool // or more
}

// Unknown is the total of which nothing is known.
func Unknown() Total { return Total{N: -1} }

// TotalOf is how many events there are of those on a page.
func TotalOf(p api.Page) Total {
	before := (max(p.Info.Page, 1) - 1) * p.Info.PerPage
	switch n := len(p.Events); {
	case p.Info.TotalCount >= 0:
		return Total{N: p.Info.TotalCount}
	case n > 0:
		return Total{N: before + n, More: true}
	}
	return Unknown()
}

// String is the total in words: "1,000", "1,000 or more", "?".
func (t Total) String() string {
	switch {
	case t.N < 0:
		return "?"
	case t.More:
		return Count(t.N) + " or more"
	}
	return Count(t.N)
}

// Short is the total where there is little room: "1,000+" for or more.
func (t Total) Short() string {
	if t.N >= 0 && t.More {
		return Count(t.N) + "+"
	}
	return t.String()
}

// CutText says that a list ends after n rows although there may be more.
func CutText(n int, why string) string {
	text := "first " + Count(n) + "; the server gives no more"
	if why == "" {
		return text
	}
	return text + " (" + why + ")"
}
