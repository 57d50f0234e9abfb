package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"threatbench/api"
)

// List answers a page of events. The order is date, newest first, unless the
// query names another; ties go by UUID in the same direction. A walk by cursor
// gives every event exactly once, also while others are being created.
func (d *DB) List(ctx context.Context, account string, q api.ListQuery) (api.Page, error) {
	return d.ListWith(ctx, account, q, ListOptions{})
}

// ListOptions says what a page comes with.
type ListOptions struct {
	Matches    bool // where the words and indicators asked for stand
	TotalLater bool // the total may be left out (-1) where counting would take longer than the page
}

// ListWith is List with options.
func (d *DB) ListWith(ctx context.Context, account string, q api.ListQuery, opts ListOptions) (api.Page, error) {
	if err := q.Validate(); err != nil {
		return api.Page{}, err
	}
	c := cursor{Account: account, Query: q, Page: max(q.Page, 1)}
	var after *position
	if q.Cursor != "" {
		var err error
		if c, err = d.unseal(account, q.Cursor); err != nil {
			return api.Page{}, err
		}
		after = &c.At
		if q.PageSize > 0 {
			c.Query.PageSize = q.PageSize
		}
	}
	c.Query.Cursor, c.Query.Page = "", 0
	if c.Query.PageSize == 0 {
		c.Query.PageSize = api.DefaultPageSize
	}
	v, err := d.readTx(ctx)
	if err != nil {
		return api.Page{}, err
	}
	defer v.close()
	page, err := v.page(ctx, c, after, opts.TotalLater)
	if err != nil || !opts.Matches {
		return page, err
	}
	page.Info.Matches = map[string][]api.Match{}
	for i := range page.Events {
		if m := matchesOf(c.Query, &page.Events[i]); len(m) > 0 {
			page.Info.Matches[page.Events[i].UUID] = m
		}
	}
	return page, nil
}

// page reads the page that a cursor stands before.
func (v *readTx) page(ctx context.Context, c cursor, after *position, totalLater bool) (api.Page, error) {
	if err := v.limit.orders(c.Query.OrderBy); err != nil {
		return api.Page{}, err
	}
	size, skip := c.Query.PageSize, 0
	if after == nil {
		skip = (c.Page - 1) * size
	}
	o := orderOf(c.Query)
	// One more than the page tells whether there is a next one.
	s, entries, err := v.entries(ctx, c, o, after, skip+size+1, totalLater)
	if err != nil {
		return api.Page{}, err
	}
	entries = entries[min(skip, len(entries)):]
	more := len(entries) > size
	if more {
		entries = entries[:size]
	}
	info := api.ResultInfo{Count: len(entries), Page: c.Page, PerPage: size, TotalCount: s.total}
	if s.total >= 0 {
		info.TotalPages = (s.total + size - 1) / size
	}
	if more {
		if info.Cursor, err = s.cursorAfter(ctx, c, o, entries[len(entries)-1]); err != nil {
			return api.Page{}, err
		}
	}
	events, err := s.events(ctx, entries)
	return api.Page{Events: events, Info: info}, err
}

// entries finds the first k events of a list after a position. The selection's
// total is -1 where it wasn't counted.
func (v *readTx) entries(ctx context.Context, c cursor, o order, after *position, k int, totalLater bool) (*Selection, []entry, error) {
	if totalLater {
		s, found, ok, err := v.ahead(ctx, c.Account, c.Query, o, after, k)
		if err != nil {
			return nil, nil, err
		}
		if ok {
			s.total = -1
			return s, found, nil
		}
	}
	s, err := v.selectEvents(ctx, c.Account, c.Query)
	if err != nil {
		return nil, nil, err
	}
	found, err := s.first(ctx, o, after, k)
	return s, found, err
}

// first finds the first k selected events of an order after a position.
func (s *Selection) first(ctx context.Context, o order, after *position, k int) ([]entry, error) {
	k = min(k, s.total)
	if k == 0 {
		return nil, nil
	}
	if o.kind == sortText {
		return s.firstByText(ctx, o, after, k)
	}
	return s.firstByKey(ctx, o, after, k)
}

func (s *Selection) cursorAfter(ctx context.Context, c cursor, o order, e entry) (string, error) {
	c.Page++
	var err error
	if c.At, err = s.positionAny(ctx, o, e); err != nil {
		return "", err
	}
	return s.v.d.seal(c)
}

func (s *Selection) positionAny(ctx context.Context, o order, e entry) (position, error) {
	srt := newSorter(ctx, s.v, o)
	if o.kind != sortText {
		return s.positionOf(ctx, srt, e)
	}
	b := s.v.snap.blocks[e.block]
	p := position{UUID: slices.Clone(srt.uuid(e)), Event: b.id(int(e.place))}
	if srt.err != nil {
		return p, srt.err
	}
	text, err := s.v.sortTextOf(ctx, b, int(e.place), o.text)
	if len(text) > cursorText {
		p.Cut = true
		text = strings.ToValidUTF8(text[:cursorText], "")
	}
	p.Text = text
	return p, err
}

// events reads the events of entries, in their order.
func (s *Selection) events(ctx context.Context, entries []entry) ([]api.Event, error) {
	ids := make([]int64, len(entries))
	for i, e := range entries {
		ids[i] = s.v.snap.blocks[e.block].id(int(e.place))
	}
	return s.v.readEvents(ctx, s.scope, ids)
}

// Event reads one event; dataset "" means anywhere in the account. A 404
// *api.Error where there is none.
func (d *DB) Event(ctx context.Context, account, dataset, id string) (api.Event, error) {
	v, err := d.readTx(ctx)
	if err != nil {
		return api.Event{}, err
	}
	defer v.close()
	at, sc, err := v.find(ctx, account, dataset, id)
	if err != nil {
		return api.Event{}, err
	}
	events, err := v.readEvents(ctx, sc, []int64{at})
	if err != nil {
		return api.Event{}, err
	}
	return events[0], nil
}

// EventVersion is Event with the event's version: a text that is another one
// after every change of the event, its raw record and what is tied to it, and
// under every other limit (WithLimit).
func (d *DB) EventVersion(ctx context.Context, account, dataset, id string) (api.Event, string, error) {
	v, err := d.readTx(ctx)
	if err != nil {
		return api.Event{}, "", err
	}
	defer v.close()
	at, sc, err := v.find(ctx, account, dataset, id)
	if err != nil {
		return api.Event{}, "", err
	}
	return v.version(ctx, sc, at)
}

// version reads an event and its version. That is a keyed hash of what the
// view shows: what lies outside its limit doesn't tell by it.
func (v *readTx) version(ctx context.Context, sc scope, id int64) (api.Event, string, error) {
	events, err := v.readEvents(ctx, sc, []int64{id})
	if err != nil {
		return api.Event{}, "", err
	}
	raw, err := v.s.rawRow(ctx, id)
	if err != nil {
		return api.Event{}, "", err
	}
	shown := struct {
		Account string
		Limit   *Limit
		Event   *api.Event
		Raw     []any
	}{sc.name, v.limit.ofRole(), &events[0], nil}
	if raw != nil {
		sum := sha256.Sum256(raw.data)
		shown.Raw = []any{raw.created, raw.source, raw.tlp, sum[:]}
	}
	b, err := json.Marshal(shown)
	if err != nil {
		return api.Event{}, "", fmt.Errorf("working out the version of event %d: %w", id, err)
	}
	return events[0], hex.EncodeToString(v.d.signature(append([]byte("version\x00"), b...))), nil
}

// find resolves an event's UUID within a dataset, "" meaning the account.
func (v *readTx) find(ctx context.Context, account, dataset, id string) (int64, scope, error) {
	in := []string{api.ScopeAll}
	if dataset != "" {
		in = []string{dataset}
	}
	sc, err := v.scope(ctx, account, in)
	if err != nil {
		return 0, sc, err
	}
	missing := api.Errorf(http.StatusNotFound, "no event %q", short(id))
	u, err := uuid.Parse(id)
	if err != nil {
		return 0, sc, missing
	}
	at, ds, err := v.s.lookup(ctx, sc.account, u)
	if err != nil {
		return 0, sc, err
	}
	if at == 0 || !sc.datasets[ds] {
		return 0, sc, missing
	}
	if ok, err := v.sees(ctx, at); err != nil || !ok {
		return 0, sc, errors.Join(err, missing)
	}
	return at, sc, nil
}

var errVanished = errors.New("an event is in a segment but not in its table")

// checkAll tells whether every id was found.
func checkAll(ids []int64, found map[int64]int) error {
	for _, id := range ids {
		if _, ok := found[id]; !ok {
			return fmt.Errorf("event %d: %w", id, errVanished)
		}
	}
	return nil
}
