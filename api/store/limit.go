package store

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"slices"

	"threatbench/api"
)

// Limit is the part of an account that somebody may see. What lies outside is,
// for them, not there: not listed, counted, related, read by id or changed.
type Limit struct {
	Datasets []string // names or UUIDs; none means all
	MaxTLP   api.TLP  // TLPNone means everything; an event without a known marking counts as red

	deleted bool // the account has deleted datasets, which nobody may see
}

// none tells whether the limit lets everything through.
func (l *Limit) none() bool { return l.ofRole() == nil && (l == nil || !l.deleted) }

// ofRole is the limit but for datasets that were deleted: nil where the caller
// may see all that is there.
func (l *Limit) ofRole() *Limit {
	if l == nil || len(l.Datasets) == 0 && l.MaxTLP == api.TLPNone {
		return nil
	}
	return l
}

// holds tells whether a dataset is within the limit.
func (l *Limit) holds(d *datasetRow) bool {
	return l.none() || len(l.Datasets) == 0 || slices.ContainsFunc(l.Datasets, func(want string) bool {
		want = api.Fold(want)
		return want == d.UUID || want == api.Fold(d.Name)
	})
}

// allows tells whether a marking is within the limit.
func (l *Limit) allows(marking string) bool {
	t, known := api.ParseTLP(marking)
	if !known {
		t = api.TLPRed
	}
	return l.none() || l.MaxTLP == api.TLPNone || t <= l.MaxTLP
}

type limitKey struct{}

// WithLimit is a context in which a DB shows and changes no more than the
// limit. It travels with the context rather than as an argument, so that no
// operation, of today or later, is reached around it.
func WithLimit(ctx context.Context, l Limit) context.Context {
	if l.none() {
		return ctx
	}
	return context.WithValue(ctx, limitKey{}, &l)
}

func limitOf(ctx context.Context) *Limit {
	l, _ := ctx.Value(limitKey{}).(*Limit)
	return l
}

// within keeps the datasets that the view's limit holds, and remembers them.
// Deleted ones are outside of every limit.
func (v *readTx) within(all []datasetRow) []datasetRow {
	if gone := func(d datasetRow) bool { return d.DeletedAt != nil }; slices.ContainsFunc(all, gone) {
		l := Limit{deleted: true}
		if v.limit != nil {
			l.Datasets, l.MaxTLP = v.limit.Datasets, v.limit.MaxTLP
		}
		v.limit = &l
		all = slices.DeleteFunc(all, gone)
	}
	if v.limit.none() {
		return all
	}
	all = slices.DeleteFunc(all, func(d datasetRow) bool { return !v.limit.holds(&d) })
	v.mine = make(map[uint32]bool, len(all))
	for _, d := range all {
		v.mine[d.id] = true
	}
	return all
}

// narrowTLP clears from in what is marked above the view's limit.
func (v *readTx) narrowTLP(ctx context.Context, b *block, in *bitset) error {
	if v.limit.none() || v.limit.MaxTLP == api.TLPNone || in.empty() {
		return nil
	}
	values := v.snap.dicts[kindTLP].values
	match := make([]uint8, len(values))
	for i, marking := range values {
		if v.limit.allows(marking) {
			match[i] = 1
		}
	}
	return (&dictCondition{col: colNums + numTLP, match: match}).narrow(ctx, v, b, in)
}

// sees tells whether an event lies within the view's limit. One that the
// view's own transaction has made does.
func (v *readTx) sees(ctx context.Context, id int64) (bool, error) {
	if v.limit.none() || id >= v.snap.next {
		return true, nil
	}
	if id <= 0 { // what was looked for and isn't there
		return false, nil
	}
	at, i := v.snap.segment.of(id)
	if at >= len(v.snap.blocks) || i >= v.snap.blocks[at].n {
		return false, nil
	}
	in := v.seen[at]
	if in == nil {
		b := v.snap.blocks[at]
		in = &bitset{}
		in.fill(b.n)
		if err := (&filter{datasets: v.mine}).live(ctx, v, b, in); err != nil {
			return false, fmt.Errorf("finding what may be seen: %w", err)
		}
		if v.seen == nil {
			v.seen = map[int]*bitset{}
		}
		v.seen[at] = in
	}
	return in.has(i), nil
}

// parentsAmong are those of the ids that have a child within the view's limit.
func (v *readTx) parentsAmong(ctx context.Context, ids []int64) (map[int64]bool, error) {
	type pair struct{ parent, child int64 }
	var pairs []pair
	err := v.s.eachByIDs(ctx, "SELECT parent, child FROM relationship WHERE parent", ids, func(r *sql.Rows) error {
		var p pair
		err := r.Scan(&p.parent, &p.child)
		pairs = append(pairs, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the children that may be seen: %w", err)
	}
	out := map[int64]bool{}
	for _, p := range pairs {
		if out[p.parent] {
			continue
		}
		if out[p.parent], err = v.sees(ctx, p.child); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// withChildren marks the events of a block that have a child within the view's
// limit.
func (v *readTx) withChildren(ctx context.Context, b *block) (out bitset, err error) {
	col, err := v.ints(ctx, b, colFlags)
	if err != nil {
		return out, err
	}
	var ids []int64
	for i := range b.n {
		if col.at(i)&flagHasChildren != 0 {
			ids = append(ids, b.id(i))
		}
	}
	parents, err := v.parentsAmong(ctx, ids)
	if err != nil {
		return out, err
	}
	for i := range b.n {
		if parents[b.id(i)] {
			out.set(i)
		}
	}
	return out, nil
}

// limitedChildren is a condition on hasChildren under a limit: with and without
// tell whether events that have a child, or none, are kept.
type limitedChildren struct {
	noPrepare
	with, without bool
}

func (c *limitedChildren) narrow(ctx context.Context, v *readTx, b *block, in *bitset) error {
	have, err := v.withChildren(ctx, b)
	if err != nil {
		return err
	}
	if !c.with {
		in.andNot(&have)
	}
	if !c.without {
		in.and(&have)
	}
	return nil
}

// orders refuses an order that tells of events outside the limit: by what hangs
// on an event, whatever may be seen of it.
func (l *Limit) orders(field string) error {
	if l.ofRole() == nil || !slices.Contains([]string{"hasChildren", "numReferences", "numReferenced"}, field) {
		return nil
	}
	return api.Errorf(http.StatusForbidden, "orderBy: %s is not for a role that sees a part of the events", field)
}

// asksChildren tells whether a query has a condition on hasChildren. Under a
// limit its result isn't kept: it depends on other blocks than its own.
func asksChildren(q api.ListQuery) bool {
	for _, c := range slices.Concat(append([][]api.Condition{q.Search}, q.Branches...)...) {
		if c.Field == api.FieldHasChildren {
			return true
		}
	}
	return false
}
