package async

import (
	"context"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/pointing"
	"threatbench/api/query"
)

// pointer makes filters out of marked events, where the server announces that.
type pointer interface {
	Discoverer
	Pointed(ctx context.Context, r api.PointRequest) (api.Pointed, error)
}

// PointedOut are the filters made for marked events.
type PointedOut struct {
	RequestTag
	api.Pointed
	Err error
}

// Point asks for filters that find the wanted events and none of the unwanted
// ones. Known are the events among them that are loaded, by the filter that r is
// within.
func (l *Layer) Point(s Slot, r api.PointRequest, known []api.Event) tea.Cmd {
	ctx, tag := l.begin(s, false)
	r.Within = api.ListQuery{Search: r.Within.Search, Branches: r.Within.Branches, Datasets: r.Within.Datasets}
	over := make(chan struct{})
	work := func() tea.Msg {
		defer close(over)
		defer l.finish(tag)
		out := PointedOut{RequestTag: tag}
		out.Pointed, out.Err = pointed(ctx, l.api, r, known)
		return unless(ctx, out)
	}
	return tea.Batch(work, l.slow(ctx, tag, 0, over))
}

func pointed(ctx context.Context, c API, r api.PointRequest, known []api.Event) (out api.Pointed, err error) {
	if err := r.Validate(); err != nil {
		return out, err
	}
	var can api.Capabilities
	if p, ok := c.(pointer); ok {
		if can, err = p.Capabilities(ctx); err != nil {
			return out, err
		}
		if can.Can(api.CanPoint) {
			return p.Pointed(ctx, r)
		}
	}
	return pointedByCalls(ctx, c, r, can, known)
}

// pointedByCalls makes the filters here, in at most five calls: what events
// aren't loaded is read and looked for within the filter, and what is offered is
// counted.
func pointedByCalls(ctx context.Context, c API, r api.PointRequest, can api.Capabilities, known []api.Event) (out api.Pointed, err error) {
	read, err := missing(ctx, c, r, known)
	if err != nil {
		return out, err
	}
	known = slices.Concat(known, read)
	of := func(ids []string) []api.Event {
		return slices.DeleteFunc(slices.Clone(known), func(e api.Event) bool { return !slices.Contains(ids, e.UUID) })
	}
	wanted, unwanted := of(r.Wanted), of(r.Unwanted)
	out.Gone = len(r.Wanted) + len(r.Unwanted) - len(wanted) - len(unwanted)
	if len(wanted) == 0 {
		return out, nil
	}
	read = slices.DeleteFunc(read, func(e api.Event) bool { return !slices.Contains(r.Wanted, e.UUID) })
	if out.Within, err = allWithin(ctx, c, r.Within, read); err != nil {
		return out, err
	}
	if !out.Within {
		r.Within = api.ListQuery{Datasets: r.Within.Datasets}
	}
	says := func(c pointing.Candidate) bool {
		done, err := query.Compile(api.ListQuery{Search: []api.Condition{c.Condition}}, can)
		return err != nil || len(done.NotSearched) > 0
	}
	uncounted := func([]int) pointing.Found { return pointing.Found{Count: -1} }
	list := slices.DeleteFunc(pointing.Candidates(wanted, unwanted), says)
	if out.Filters = pointing.Choose(list, len(unwanted), 0, uncounted); len(out.Filters) == 0 {
		list = slices.DeleteFunc(pointing.Nearly(wanted, unwanted), says)
		out.Filters = pointing.Nearest(list, func(places []int) pointing.Found {
			return list[places[0]].Alone(len(unwanted))
		})
	}
	for i := range out.Filters {
		q := r.Within
		q.Search, q.PageSize = slices.Concat(q.Search, out.Filters[i].Search), 1
		page, err := c.List(ctx, q)
		if err != nil {
			return out, fmt.Errorf("counting a filter: %w", err)
		}
		out.Filters[i].Count = page.Info.TotalCount
	}
	return out, nil
}

// allWithin reports whether a filter finds all of up to MaxInValues events, in
// one call.
func allWithin(ctx context.Context, c API, q api.ListQuery, events []api.Event) (bool, error) {
	if len(q.Search)+len(q.Branches) == 0 || len(events) == 0 {
		return true, nil
	}
	ids := make([]string, 0, len(events))
	for i := range events {
		ids = append(ids, events[i].UUID)
	}
	q.Search = slices.Concat(q.Search, []api.Condition{{Field: api.FieldUUID, Op: api.OpIn, Values: ids}})
	q.PageSize = len(ids)
	page, err := c.List(ctx, q)
	if err != nil {
		return false, fmt.Errorf("looking for the wanted events in the filter: %w", err)
	}
	return len(page.Events) == len(ids), nil
}

// missing reads the marked events that aren't loaded, as many as one call gives.
func missing(ctx context.Context, c API, r api.PointRequest, known []api.Event) ([]api.Event, error) {
	var ids []string
	for _, id := range slices.Concat(r.Wanted, r.Unwanted) {
		if !slices.ContainsFunc(known, func(e api.Event) bool { return e.UUID == id }) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	ids = ids[:min(len(ids), api.MaxInValues)]
	q := api.ListQuery{Search: []api.Condition{{Field: api.FieldUUID, Op: api.OpIn, Values: ids}}, Datasets: r.Within.Datasets, PageSize: len(ids)}
	page, err := c.List(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("reading the marked events: %w", err)
	}
	return page.Events, nil
}
