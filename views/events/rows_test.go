package events

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"threatbench/api"
)

// served answers a want as a server with n events would, in either order.
func served(n int, w want) api.Page {
	q := w.query
	start, total := 0, n
	if q.Cursor != "" {
		if _, err := fmt.Sscan(q.Cursor, &start); err != nil {
			panic(err)
		}
	} else {
		start = (q.Page - 1) * q.PageSize
	}
	p := api.Page{Info: api.ResultInfo{TotalCount: total}}
	for i := start; i < min(start+q.PageSize, n); i++ {
		row := i
		if q.Order == "asc" {
			row = n - 1 - i
		}
		p.Events = append(p.Events, api.Event{UUID: fmt.Sprint(row)})
	}
	if start+q.PageSize < n {
		p.Info.Cursor = fmt.Sprint(start + q.PageSize)
	}
	return p
}

// Whatever is looked at in whatever order, a row that is loaded is the right
// one, chunks never overlap, and what is asked for is what was missing.
func TestRowsAreTheRightOnes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.OneOf(rapid.IntRange(1, 900), rapid.IntRange(199_000, 260_000)).Draw(t, "events")
		var r rows
		r.total = -1
		base := api.ListQuery{Order: "desc"}
		first, _ := r.wantFor(0, base)
		r.take(first, served(n, first))
		for range rapid.IntRange(1, 30).Draw(t, "looks") {
			i := rapid.IntRange(0, n-1).Draw(t, "row")
			w, ok := r.wantFor(i, base)
			if !ok {
				continue // the middle of a long list, reached by a date only
			}
			if w.query.Cursor == "" && (w.query.Page-1)*w.query.PageSize > api.MaxPageOffset {
				t.Fatalf("row %d of %d: page %d is beyond what the API gives", i, n, w.query.Page)
			}
			r.take(w, served(n, w))
			if w.query.Cursor == "" && r.at(i) == nil {
				t.Fatalf("row %d of %d isn't there after %+v", i, n, w)
			}
			checkRows(t, &r, n)
		}
		r.trim(rapid.IntRange(0, n-1).Draw(t, "cursor"))
		if len(r.chunks) > maxChunks {
			t.Fatalf("%d chunks are kept", len(r.chunks))
		}
	})
}

func checkRows(t interface{ Fatalf(string, ...any) }, r *rows, n int) {
	end := 0
	for _, c := range r.chunks {
		if c.start < end || c.end() > n {
			t.Fatalf("a chunk from %d to %d after one to %d, of %d", c.start, c.end(), end, n)
		}
		end = c.end()
		for k := range c.events {
			if got := c.events[k].UUID; got != fmt.Sprint(c.start+k) {
				t.Fatalf("row %d is event %s", c.start+k, got)
			}
		}
	}
}

func TestRowsFromAnAnchor(t *testing.T) {
	var r rows
	r.total = 1_000_000
	if _, ok := r.wantFor(500_000, api.ListQuery{}); ok {
		t.Fatal("the middle of a long list can be asked for by number")
	}
	r.anchor = &anchor{row: 500_000, after: api.ListQuery{Order: "desc"}, before: api.ListQuery{Order: "desc"}}
	for _, c := range []struct {
		row, start, page int
		order            string
	}{
		{500_000, 500_000, 1, "desc"}, {500_199, 500_000, 1, "desc"}, {500_200, 500_200, 2, "desc"},
		{499_999, 499_800, 1, "asc"}, {499_799, 499_600, 2, "asc"},
	} {
		w, ok := r.wantFor(c.row, api.ListQuery{})
		if !ok || w.start != c.start || w.query.Page != c.page || w.query.Order != c.order || !w.anchored {
			t.Errorf("row %d: %+v, %v", c.row, w, ok)
		}
	}
}

func TestUnknownTotal(t *testing.T) {
	r := rows{total: -1}
	w, _ := r.wantFor(0, api.ListQuery{})
	p := served(1000, w)
	p.Info.TotalCount = -1
	r.take(w, p)
	if got := r.length(); got != pageSize+1 {
		t.Errorf("%d rows are shown of a list with %d loaded and more to come", got, pageSize)
	}
}

// A server that counts more than it gives, or knows no pages, ends the list
// where its rows end, and is not asked again and again.
func TestRowsEndWhereTheServerGivesNoMore(t *testing.T) {
	for name, answer := range map[string]func(w want) api.Page{
		"the same rows": func(w want) api.Page {
			p := served(2500, want{query: api.ListQuery{Page: 1, PageSize: w.query.PageSize}})
			p.Info.Cursor = ""
			return p
		},
		"no rows past the second page": func(w want) api.Page {
			p := served(2500, w)
			if p.Info.Cursor = ""; w.query.Page > 2 {
				p.Events = nil
			}
			return p
		},
	} {
		var r rows
		r.total = -1
		asked := 0
		for i := 0; i < r.length() || i == 0; i++ {
			if r.at(i) != nil {
				continue
			}
			w, ok := r.wantFor(i, api.ListQuery{})
			if asked++; !ok || asked > 5 {
				t.Fatalf("%s: asked %d times for row %d of %d", name, asked, i, r.length())
			}
			r.take(w, answer(w))
		}
		if r.cut == "" || r.length() > 400 {
			t.Errorf("%s: %d rows, cut %q", name, r.length(), r.cut)
		}
	}
}

// A server may hold its pages shorter than they are asked for.
func TestRowsOfShortPagesFollowTheCursor(t *testing.T) {
	r := rows{total: -1}
	q := api.ListQuery{}
	for i := 0; r.length() == 0 || i < r.length(); i++ {
		if r.at(i) != nil {
			continue
		}
		w, ok := r.wantFor(i, q)
		if !ok {
			t.Fatalf("no way to row %d of %d", i, r.length())
		}
		w.query.PageSize = 50
		r.take(w, served(170, w))
	}
	if r.length() != 170 || r.cut != "" {
		t.Errorf("%d rows, cut %q", r.length(), r.cut)
	}
	checkRows(t, &r, 170)
}
