package store

import (
	"context"
	"fmt"
	"slices"

	"threatbench/api"
	"threatbench/api/pointing"
)

// Pointed makes filters that find the wanted events and none of the unwanted
// ones: within the filter asked for, where that finds all that are wanted.
func (d *DB) Pointed(ctx context.Context, account string, r api.PointRequest) (api.Pointed, error) {
	if err := r.Validate(); err != nil {
		return api.Pointed{}, err
	}
	wanted, err := d.marked(ctx, account, r.Wanted, r.Within.Datasets)
	if err != nil {
		return api.Pointed{}, err
	}
	unwanted, err := d.marked(ctx, account, r.Unwanted, r.Within.Datasets)
	if err != nil {
		return api.Pointed{}, err
	}
	out := api.Pointed{Within: true, Filters: []api.PointedFilter{}, Gone: len(r.Wanted) + len(r.Unwanted) - len(wanted) - len(unwanted)}
	if len(wanted) == 0 {
		return out, nil
	}
	p, err := d.pointer(ctx, account, r.Within, wanted, unwanted)
	if err != nil {
		return out, err
	}
	if p.wanted.total < len(wanted) {
		out.Within = false
		p.s.Close()
		if p, err = d.pointer(ctx, account, api.ListQuery{Datasets: r.Within.Datasets}, wanted, unwanted); err != nil {
			return out, err
		}
	}
	defer p.s.Close()
	inside, err := p.inside(ctx, unwanted)
	if err != nil {
		return out, err
	}
	list := pointing.Candidates(wanted, inside)
	if err := p.prepare(ctx, list); err != nil {
		return out, err
	}
	if out.Filters = pointing.Choose(list, len(inside), p.s.total, p.judge); len(out.Filters) > 0 {
		return out, nil
	}
	list = pointing.Nearly(wanted, inside)
	if err := p.prepare(ctx, list); err != nil {
		return out, err
	}
	out.Filters = append([]api.PointedFilter{}, pointing.Nearest(list, p.judge)...)
	return out, nil
}

// marked reads the events of some ids, as far as they are there.
func (d *DB) marked(ctx context.Context, account string, ids, datasets []string) ([]api.Event, error) {
	var out []api.Event
	for some := range slices.Chunk(slices.Compact(slices.Sorted(slices.Values(ids))), api.MaxInValues) {
		q := api.ListQuery{Search: []api.Condition{{Field: api.FieldUUID, Op: api.OpIn, Values: some}}, Datasets: datasets, PageSize: len(some)}
		page, err := d.List(ctx, account, q)
		if err != nil {
			return nil, fmt.Errorf("reading the marked events: %w", err)
		}
		out = append(out, page.Events...)
	}
	return out, nil
}

// pointer counts candidates among the events of a filter.
type pointer struct {
	s                *Selection
	wanted, unwanted *Selection  // those of the marked events that the filter finds
	found            [][]*bitset // of each candidate, for each of the selection's hits
}

func (d *DB) pointer(ctx context.Context, account string, q api.ListQuery, wanted, unwanted []api.Event) (*pointer, error) {
	s, err := d.Select(ctx, account, q)
	if err != nil {
		return nil, err
	}
	p := &pointer{s: s}
	if p.wanted, err = p.only(ctx, wanted); err == nil {
		p.unwanted, err = p.only(ctx, unwanted)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return p, nil
}

// only keeps the selected events that are among some.
func (p *pointer) only(ctx context.Context, events []api.Event) (*Selection, error) {
	c := api.Condition{Field: api.FieldUUID, Op: api.OpIn}
	for i := range events {
		c.Values = append(c.Values, events[i].UUID)
	}
	made := newUUIDCondition(p.s.scope.account, c)
	if err := made.prepare(ctx, p.s.v, p.blocks()); err != nil {
		return nil, err
	}
	out := &Selection{v: p.s.v, scope: p.s.scope, hits: make([]hit, len(p.s.hits))}
	for i, h := range p.s.hits {
		out.hits[i].block = h.block
		if h.count == 0 || len(events) == 0 {
			continue
		}
		in := *h.bits
		if err := made.narrow(ctx, p.s.v, h.block, &in); err != nil {
			return nil, err
		}
		out.hits[i].bits, out.hits[i].count = &in, in.count()
		out.total += out.hits[i].count
	}
	return out, nil
}

// inside are the events that the filter finds.
func (p *pointer) inside(ctx context.Context, events []api.Event) ([]api.Event, error) {
	if p.unwanted.total == len(events) {
		return events, nil
	}
	var out []api.Event
	for i := range events {
		one, err := p.only(ctx, events[i:i+1])
		if err != nil {
			return nil, err
		}
		if one.total > 0 {
			out = append(out, events[i])
		}
	}
	return out, nil
}

func (p *pointer) blocks() []*block {
	var out []*block
	for _, h := range p.s.hits {
		if h.count > 0 {
			out = append(out, h.block)
		}
	}
	return out
}

// prepare finds what each candidate leaves of the selection.
func (p *pointer) prepare(ctx context.Context, list []pointing.Candidate) error {
	p.found = make([][]*bitset, len(list))
	blocks := p.blocks()
	for i, c := range list {
		made := p.s.v.compile(p.s.scope.account, c.Condition)
		if err := made.prepare(ctx, p.s.v, blocks); err != nil {
			return err
		}
		p.found[i] = make([]*bitset, len(p.s.hits))
		for j, h := range p.s.hits {
			if h.count == 0 {
				continue
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			in := *h.bits
			if err := made.narrow(ctx, p.s.v, h.block, &in); err != nil {
				return err
			}
			p.found[i][j] = &in
		}
	}
	return nil
}

// judge tells what candidates find together.
func (p *pointer) judge(places []int) pointing.Found {
	var out pointing.Found
	const prime = 1099511628211 // of FNV-1a
	same := uint64(14695981039346656037)
	for j := range p.s.hits {
		if p.found[places[0]][j] == nil {
			continue
		}
		in := *p.found[places[0]][j]
		for _, at := range places[1:] {
			in.and(p.found[at][j])
		}
		out.Count += in.count()
		for _, w := range in {
			same = (same ^ w) * prime
			same ^= same >> 29
		}
		if marked := p.wanted.hits[j]; marked.count > 0 {
			marked := *marked.bits
			marked.andNot(&in)
			out.Misses += marked.count()
		}
		if marked := p.unwanted.hits[j]; marked.count > 0 {
			marked := *marked.bits
			marked.and(&in)
			out.Has += marked.count()
		}
	}
	out.Same = same | 1
	return out
}
