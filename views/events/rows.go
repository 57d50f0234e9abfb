package events

import (
	"slices"
	"sort"

	"threatbench/api"
)

// pageSize is how many rows one request brings: a few screens, so that
// scrolling stays ahead of the reader without fetching what nobody looks at.
const pageSize = 200

// maxChunks bounds what stays loaded; the chunks farthest from the cursor go
// first.
const maxChunks = 60

// chunk is a run of loaded rows.
type chunk struct {
	start  int
	events []api.Event
	next   string // cursor that goes on after the last row, "" where none is known
}

func (c chunk) end() int { return c.start + len(c.events) }

// rows is a list of any length of which parts are loaded: chunks that never
// overlap, in order.
type rows struct {
	chunks []chunk
	total  int    // rows in all; -1 until the server has said
	open   bool   // the server doesn't tell the total and has more
	short  bool   // its pages hold fewer rows than are asked for
	cut    string // why it gives no more although it may have more
	anchor *anchor
}

// length is how many rows the table shows.
func (r *rows) length() int {
	if r.total >= 0 {
		return r.total
	}
	n := 0
	for _, c := range r.chunks {
		n = max(n, c.end())
	}
	if r.open {
		n++
	}
	return n
}

// known is how many rows there are at least.
func (r *rows) known() int {
	n := r.length()
	if r.open {
		n--
	}
	return n
}

// at is row i, nil where it isn't loaded.
func (r *rows) at(i int) *api.Event {
	k := sort.Search(len(r.chunks), func(k int) bool { return r.chunks[k].end() > i })
	if k == len(r.chunks) || i < r.chunks[k].start || i < 0 {
		return nil
	}
	return &r.chunks[k].events[i-r.chunks[k].start]
}

// put adds loaded rows; where they overlap what is there, the new ones win.
func (r *rows) put(start int, events []api.Event, next string) {
	if start < 0 {
		cut := min(-start, len(events))
		start, events = 0, events[cut:]
	}
	if len(events) == 0 {
		return
	}
	end := start + len(events)
	kept := r.chunks[:0:0]
	for _, c := range r.chunks {
		if c.start < start {
			head := c
			if c.end() > start {
				head.events, head.next = c.events[:start-c.start], ""
			}
			kept = append(kept, head)
		}
		if c.end() > end {
			tail := c
			if c.start < end {
				tail.start, tail.events = end, c.events[end-c.start:]
			}
			kept = append(kept, tail)
		}
	}
	kept = append(kept, chunk{start, events, next})
	slices.SortFunc(kept, func(a, b chunk) int { return a.start - b.start })
	r.chunks = kept
}

// trim drops the chunks farthest from row i until maxChunks are left.
func (r *rows) trim(i int) {
	distance := func(c chunk) int {
		switch {
		case i < c.start:
			return c.start - i
		case i >= c.end():
			return i - c.end() + 1
		}
		return 0
	}
	for len(r.chunks) > maxChunks {
		far := 0
		for k := range r.chunks {
			if distance(r.chunks[k]) > distance(r.chunks[far]) {
				far = k
			}
		}
		r.chunks = slices.Delete(r.chunks, far, far+1)
	}
}

// want is a request for rows that aren't loaded.
type want struct {
	start    int // the row its first event will be
	reversed bool
	anchored bool // asked for by a date of its own: its total isn't the list's
	query    api.ListQuery
}

// missing is the first row of from..to that isn't loaded, ok false where all
// of them are.
func (r *rows) missing(from, to int) (i int, ok bool) {
	for i = max(from, 0); i < min(to, r.length()); i++ {
		if r.at(i) == nil {
			return i, true
		}
	}
	return 0, false
}

// anchor is a row whose place is known by its date: how to ask for the rows
// from there on, and for those before it in the reversed order.
type anchor struct {
	row           int
	after, before api.ListQuery
}

// maxGap is how many pages may be fetched one after the other to reach a row
// that can't be asked for directly.
const maxGap = 10

// wantFor tells how to get row i: by page number near the start, by a page of
// the reversed order near the end, from the anchor or by the cursor of rows
// shortly before it in between. ok is false where there is no way.
func (r *rows) wantFor(i int, base api.ListQuery) (w want, ok bool) {
	base.PageSize = pageSize
	if r.total < 0 || r.short { // where a page begins is for the server to say
		if w, ok = r.onward(i); ok || r.short {
			return w, ok
		}
	}
	page := i / pageSize
	if page*pageSize <= api.MaxPageOffset {
		base.Page = page + 1
		return want{start: page * pageSize, query: base}, true
	}
	if r.total >= 0 && r.total-1-i <= api.MaxPageOffset {
		page = (r.total - 1 - i) / pageSize
		base.Page, base.Order = page+1, reverse(base.Order)
		return want{start: r.total - (page+1)*pageSize, reversed: true, query: base}, true
	}
	if w, ok = r.fromAnchor(i); ok {
		return w, true
	}
	return r.onward(i)
}

// fromAnchor asks by a page counted from the anchor.
func (r *rows) fromAnchor(i int) (want, bool) {
	a := r.anchor
	switch {
	case a == nil:
		return want{}, false
	case i >= a.row && i-a.row <= api.MaxPageOffset:
		q, page := a.after, (i-a.row)/pageSize
		q.Page, q.PageSize = page+1, pageSize
		return want{start: a.row + page*pageSize, anchored: true, query: q}, true
	case i < a.row && a.row-1-i <= api.MaxPageOffset:
		q, page := a.before, (a.row-1-i)/pageSize
		q.Page, q.PageSize, q.Order = page+1, pageSize, reverse(q.Order)
		return want{start: a.row - (page+1)*pageSize, reversed: true, anchored: true, query: q}, true
	}
	return want{}, false
}

// onward goes on from the nearest loaded rows before i that have a cursor,
// unless too many pages lie between.
func (r *rows) onward(i int) (want, bool) {
	for k := len(r.chunks) - 1; k >= 0; k-- {
		c := r.chunks[k]
		if c.end() <= i && c.next != "" {
			return want{start: c.end(), query: api.ListQuery{Cursor: c.next, PageSize: pageSize}}, i-c.end() <= maxGap*pageSize
		}
	}
	return want{}, false
}

// take puts the answer to w among the rows.
func (r *rows) take(w want, p api.Page) {
	events, next := p.Events, p.Info.Cursor
	if w.reversed {
		events, next = slices.Clone(events), ""
		slices.Reverse(events)
		w.start += max(0, pageSize-len(events))
	}
	cut := p.Info.Cut
	if r.repeated(w, events) {
		events, next, cut = nil, "", "it gives the same rows again"
	}
	r.put(w.start, events, next)
	if p.Info.TotalCount >= 0 && !w.anchored && (r.total < 0 || w.query.Cursor == "") {
		r.total = p.Info.TotalCount
	}
	r.short = r.short || next != "" && len(p.Events) < pageSize && w.start == 0
	r.open = r.total < 0 && next != ""
	if cut == "" && next == "" && !w.reversed && !w.anchored && len(events) < pageSize && w.start+len(events) < r.total {
		cut = "it counts more than its pages hold"
	}
	if r.cut = cut; cut != "" {
		r.total, r.open = -1, false
	}
}

// repeated reports whether a page holds the first rows once more, at another
// place: its server knows no pages.
func (r *rows) repeated(w want, events []api.Event) bool {
	if len(r.chunks) == 0 || len(events) == 0 || events[0].UUID == "" || w.reversed || w.anchored {
		return false
	}
	first := r.chunks[0]
	return first.start == 0 && w.start > 0 && len(first.events) >= len(events) &&
		first.events[0].UUID == events[0].UUID && first.events[len(events)-1].UUID == events[len(events)-1].UUID
}

func reverse(order string) string {
	if order == "asc" {
		return "desc"
	}
	return "asc"
}

// partial tells whether some of the rows aren't loaded.
func (r *rows) partial() bool {
	n := 0
	for _, c := range r.chunks {
		n += len(c.events)
	}
	return n < r.length()
}

// each gives every event that is loaded.
func (r *rows) each(f func(e *api.Event)) {
	for _, c := range r.chunks {
		for i := range c.events {
			f(&c.events[i])
		}
	}
}
