package client

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"net/http"
	"slices"
	"strings"

	"threatbench/api"
)

// Why a list ends before its end.
const (
	cutRepeats = "it gives the same rows again"
	cutOffset  = "the API reaches no further than 100,000 rows without a cursor"
)

// walkMark begins the cursors that the client makes itself.
const walkMark = "threatbench-page:"

// walk is where a list stands that is read by page numbers, since its server
// gives no cursor. It is the whole state, so that a cursor made of it works
// for as long as the program runs.
type walk struct {
	Query api.ListQuery `json:"q"`           // of the page to be asked for
	Rows  int           `json:"n"`           // that came before it, each counted once
	Pages []uint64      `json:"p,omitempty"` // the sums of the pages before it
	Last  []uint64      `json:"l,omitempty"` // the rows of the page before it
}

func isWalk(cursor string) bool { return strings.HasPrefix(cursor, walkMark) }

func (w walk) cursor() string {
	b, err := json.Marshal(w)
	if err != nil {
		panic(err) // texts and numbers can always be written
	}
	return walkMark + base64.RawURLEncoding.EncodeToString(b)
}

func readWalk(cursor string) (w walk, err error) {
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(cursor, walkMark))
	if err == nil {
		err = json.Unmarshal(b, &w)
	}
	if err != nil || w.Query.Page < 2 || w.Query.PageSize < 1 {
		return w, api.Errorf(http.StatusBadRequest, "cursor: not one that this program made")
	}
	return w, nil
}

// walkOn reads the page that one of our own cursors leads to.
func (c *Client) walkOn(ctx context.Context, cursor string) (api.Page, error) {
	w, err := readWalk(cursor)
	if err != nil {
		return api.Page{}, err
	}
	p, err := c.listPage(ctx, w.Query)
	if refusesPage(err) {
		return w.end(fmt.Sprintf("it refuses page %d: %v", w.Query.Page, err)), nil
	}
	if err != nil {
		return api.Page{}, err
	}
	w.follow(&p)
	return p, nil
}

// refusesPage reports whether an error means that this page can't be had,
// rather than that something went wrong on the way.
func refusesPage(err error) bool {
	status := api.StatusOf(err)
	switch status {
	case http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusConflict, http.StatusTooManyRequests:
		return false
	}
	return status >= 400 && status < 500
}

// end is the page that says that the server gives no more.
func (w walk) end(why string) api.Page {
	return api.Page{
		Events: []api.Event{},
		Info:   api.ResultInfo{Page: w.Query.Page, PerPage: w.Query.PageSize, TotalCount: -1, Cut: why},
	}
}

// follow looks at the page that was asked for. Rows that came before are taken
// out of it; where more may come, its cursor leads there.
func (w walk) follow(p *api.Page) {
	if p.Info.Cursor != "" {
		return // the server knows how to go on
	}
	n := len(p.Events)
	rows := hashesOf(p.Events)
	sum := sumOf(rows)
	w.dropKnown(p, rows)
	if n > 0 && (len(p.Events) == 0 || slices.Contains(w.Pages, sum)) {
		*p = w.end(cutRepeats)
		return
	}
	first := max(w.Query.Page, 1)
	size := w.pageSize(p.Info, n)
	reached := (first-1)*size + n
	if n > 0 && p.Info.TotalCount < reached {
		p.Info.TotalCount = -1
	}
	w.Rows += len(p.Events)
	switch {
	case !w.mayHaveMore(p.Info, n, reached):
		w.close(p, first, reached)
	case first*size > api.MaxPageOffset:
		p.Info.Cut = cutOffset
	default:
		w.Query.Page, w.Query.PageSize = first+1, size
		w.Pages, w.Last = append(w.Pages[:len(w.Pages):len(w.Pages)], sum), rows
		p.Info.Cursor = w.cursor()
	}
}

// dropKnown takes out the rows that the page before had: the list moved
// between the two calls.
func (w walk) dropKnown(p *api.Page, rows []uint64) {
	if len(w.Last) == 0 {
		return
	}
	before := make(map[uint64]bool, len(w.Last))
	for _, h := range w.Last {
		before[h] = true
	}
	kept := p.Events[:0:0]
	for i, e := range p.Events {
		if !before[rows[i]] {
			kept = append(kept, e)
		}
	}
	p.Events = kept
}

// pageSize is how many rows a page of this server holds: servers may hold
// fewer than were asked for.
func (w walk) pageSize(info api.ResultInfo, n int) int {
	asked := pageSize(w.Query)
	switch {
	case info.PerPage >= n && info.PerPage > 0 && info.PerPage < asked:
		return info.PerPage
	case n > 0 && n < asked && max(w.Query.Page, 1) == 1 && (roundCap(n) || info.TotalCount > n):
		return n
	}
	return asked
}

// mayHaveMore reports whether rows may follow a page of n rows that reaches to
// the row given. A full page is never the end unless the server says so.
func (w walk) mayHaveMore(info api.ResultInfo, n, reached int) bool {
	switch {
	case n == 0:
		return false
	case info.TotalCount >= 0:
		return info.TotalCount > reached
	case info.HasMore || info.TotalPages > max(w.Query.Page, 1):
		return true
	}
	return n >= w.pageSize(info, n)
}

// roundCap reports whether a first page of n rows, fewer than were asked for,
// looks as if the server had cut it there: one call more tells.
func roundCap(n int) bool { return n >= 50 && n%50 == 0 }

// close sets the total where a page that is the last tells it, and says where
// less came than the server has counted.
func (w walk) close(p *api.Page, page, reached int) {
	switch {
	case len(w.Pages) > 0 && p.Info.TotalCount > w.Rows:
		p.Info.Cut = fmt.Sprintf("it counts %d and its pages end", p.Info.TotalCount)
	case p.Info.TotalCount >= 0:
	case len(w.Pages) > 0:
		p.Info.TotalCount = w.Rows
	case page == 1 || len(p.Events) > 0:
		p.Info.TotalCount = reached
	}
}

var hashSeed = maphash.MakeSeed()

// hashesOf is a number for each row: its id, or what it says where it has none.
func hashesOf(events []api.Event) []uint64 {
	out := make([]uint64, len(events))
	for i, e := range events {
		key := e.UUID
		if key == "" {
			key = strings.Join([]string{e.Date.String(), e.Category, e.Attacker, e.Indicator, e.Event}, "\x00")
		}
		out[i] = maphash.String(hashSeed, key)
	}
	return out
}

// sumOf is the same for the same rows in any order.
func sumOf(rows []uint64) uint64 {
	var sum uint64
	for _, h := range rows {
		sum += h
	}
	return sum
}
