package interchange

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"threatbench/api"
)

// Chosen is a source of exactly these events of another, whatever matches a
// filter: an export of it ignores the filter it is given. Events that are gone
// are left out. They come by date.
func Chosen(src Source, ids []string) Source {
	c := &chosen{Source: src, ids: ids}
	if p, ok := src.(ParentSource); ok {
		return struct {
			*chosen
			ParentSource
		}{c, p}
	}
	return c
}

// chosen hands out the events of ids, a page of them for a call; its cursors
// are places in that list.
type chosen struct {
	Source
	ids    []string
	sorted bool
	desc   bool
}

// List gives the next of the events. Only the cursor of q counts, and at first
// its order by date.
func (c *chosen) List(ctx context.Context, q api.ListQuery) (api.Page, error) {
	at := 0
	if q.Cursor != "" {
		n, err := strconv.Atoi(q.Cursor)
		if err != nil {
			return api.Page{}, fmt.Errorf("cursor %q is no place in the list: %w", q.Cursor, err)
		}
		at = n
	} else if desc := q.Order == "desc"; desc != c.desc {
		c.desc, c.sorted = desc, false
	}
	if err := c.sort(ctx); err != nil {
		return api.Page{}, err
	}
	end := min(at+api.MaxInValues, len(c.ids))
	page := api.Page{Info: api.ResultInfo{TotalCount: len(c.ids)}}
	var err error
	if page.Events, err = c.read(ctx, c.ids[min(at, end):end]); err != nil {
		return api.Page{}, err
	}
	slices.SortFunc(page.Events, func(a, b api.Event) int { return c.compare(a.Date.Time, b.Date.Time, a.UUID, b.UUID) })
	if end < len(c.ids) {
		page.Info.Cursor = strconv.Itoa(end)
	}
	return page, nil
}

// compare orders two events by their dates, those of one moment by their ids.
func (c *chosen) compare(a, b time.Time, idA, idB string) int {
	n := cmp.Or(a.Compare(b), cmp.Compare(idA, idB))
	if c.desc {
		return -n
	}
	return n
}

// sort puts the ids in the order of their events' dates, and drops those that
// are gone.
func (c *chosen) sort(ctx context.Context) error {
	if c.sorted {
		return nil
	}
	type dated struct {
		id string
		at time.Time
	}
	var all []dated
	for part := range slices.Chunk(c.ids, api.MaxInValues) {
		events, err := c.read(ctx, part)
		if err != nil {
			return err
		}
		for i := range events {
			all = append(all, dated{events[i].UUID, events[i].Date.Time})
		}
	}
	slices.SortFunc(all, func(a, b dated) int { return c.compare(a.at, b.at, a.id, b.id) })
	c.ids, c.sorted = make([]string, len(all)), true
	for i, d := range all {
		c.ids[i] = d.id
	}
	return nil
}

// read reads some of the events, in any order.
func (c *chosen) read(ctx context.Context, ids []string) ([]api.Event, error) {
	events, err := eventsByID(ctx, c.Source, ids)
	if err != nil {
		return nil, fmt.Errorf("reading the chosen events: %w", err)
	}
	return events, nil
}

// byID is a Source that reads events by their ids, whatever its own list is.
type byID interface {
	byID(ctx context.Context, ids []string) ([]api.Event, error)
}

func (c *chosen) byID(ctx context.Context, ids []string) ([]api.Event, error) {
	return c.read(ctx, ids)
}

// eventsByID reads events by their ids, in any order, api.MaxInValues at most.
func eventsByID(ctx context.Context, src Source, ids []string) ([]api.Event, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	if s, ok := src.(byID); ok {
		return s.byID(ctx, ids)
	}
	page, err := src.List(ctx, api.ListQuery{
		Search:   []api.Condition{{Field: api.FieldUUID, Op: api.OpIn, Values: ids}},
		Datasets: []string{api.ScopeAll}, PageSize: api.MaxInValues,
	})
	if err != nil {
		return nil, err
	}
	return slices.Clone(page.Events), nil
}
