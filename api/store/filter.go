package store

import (
	"context"
	"strconv"
	"strings"

	"threatbench/api"
)

// condition narrows a block's events to those that satisfy it.
type condition interface {
	// prepare does once what serves all the blocks named.
	prepare(ctx context.Context, v *readTx, blocks []*block) error
	// narrow clears from in what doesn't match.
	narrow(ctx context.Context, v *readTx, b *block, in *bitset) error
}

// loose is a condition that can be narrowed cheaply first: what loosen leaves
// may match, what it clears doesn't.
type loose interface {
	condition
	loosen(ctx context.Context, v *readTx, b *block, in *bitset) error
}

// filter is a compiled list query: search AND (branch OR branch…), each of
// them a conjunction.
type filter struct {
	account  int64
	datasets map[uint32]bool
	search   []condition
	branches [][]condition
	loosely  bool // keep all that may match, without reading texts
}

// compile makes a filter for a view's dictionaries. The query is valid.
func compile(v *readTx, account int64, datasets map[uint32]bool, q api.ListQuery) *filter {
	f := &filter{account: account, datasets: datasets, search: v.compileAll(account, q.Search)}
	for _, branch := range q.Branches {
		f.branches = append(f.branches, v.compileAll(account, branch))
	}
	return f
}

// compileAll puts the cheap conditions first, so that texts are only read for
// what is left.
func (v *readTx) compileAll(account int64, conds []api.Condition) []condition {
	var cheap, dear []condition
	for _, c := range conds {
		if made := v.compile(account, c); isText(made) {
			dear = append(dear, made)
		} else {
			cheap = append(cheap, made)
		}
	}
	return append(cheap, dear...)
}

func isText(c condition) bool {
	_, ok := c.(loose)
	return ok
}

func (v *readTx) compile(account int64, c api.Condition) condition {
	if c.Not {
		c.Not = false
		return &opposite{v.compile(account, c)}
	}
	if c.Op == api.OpNone || hasOne(c) {
		return compileNone(c)
	}
	switch c.Field {
	case api.FieldText:
		return newFindCondition(v, c)
	case api.FieldEvent:
		return newTextCondition(searchEvent, c)
	case api.FieldIndicator:
		return compileIndicator(v.s.keyer, c)
	case api.FieldUUID:
		return newUUIDCondition(account, c)
	case api.FieldDate:
		return newDateCondition(colDate, c)
	case api.FieldCreatedAt:
		return newDateCondition(colCreated, c)
	case api.FieldKillChain:
		return numberCondition(c)
	case api.FieldHasChildren:
		made := childrenCondition(c)
		if !v.limit.none() {
			return &limitedChildren{with: made.match[flagHasChildren] == 1, without: made.match[0] == 1}
		}
		return made
	}
	col, _ := columnOf(string(c.Field))
	k, _ := columnKind(col)
	match, negate := dictMatch(k, v.snap.dicts[k], c)
	if col >= colLists {
		return &listCondition{col: col, match: match, negate: negate}
	}
	if negate {
		for i := range match {
			match[i] ^= 1
		}
	}
	return &dictCondition{col: col, match: match}
}

// dictMatch marks the numbers whose value satisfies the condition, OpNot being
// answered by its opposite.
func dictMatch(k kind, d dict, c api.Condition) (match []uint8, negate bool) {
	match = make([]uint8, len(d.values))
	m := matchText(c.Op, c.Values)
	if c.Op == api.OpUnder {
		m = matchTechnique(c.Value())
	}
	if k == kindTLP {
		if byMeaning := matchTLP(c); byMeaning != nil {
			m = byMeaning
		}
	}
	for i, fold := range d.folds {
		if m(fold) {
			match[i] = 1
		}
	}
	return match, c.Op == api.OpNot
}

// matchTLP compares markings by restriction; nil for the text operators.
func matchTLP(c api.Condition) textMatch {
	if !compares(c.Op) {
		return nil
	}
	want := make([]int64, len(c.Values))
	for i, s := range c.Values {
		t, _ := api.ParseTLP(s)
		want[i] = int64(t)
	}
	m := matchNumber(c.Op, want)
	return func(fold string) bool {
		t, _ := api.ParseTLP(fold)
		return m(int64(t))
	}
}

// compares tells the operators that compare values from those that look into
// texts.
func compares(op api.Op) bool {
	switch op {
	case api.OpEquals, api.OpNot, api.OpGt, api.OpGte, api.OpLt, api.OpLte, api.OpIn:
		return true
	}
	return false
}

// matchNumber compares; OpNot asks for equality, as in matchText.
func matchNumber(op api.Op, want []int64) func(int64) bool {
	switch op {
	case api.OpGt:
		return func(n int64) bool { return n > want[0] }
	case api.OpGte:
		return func(n int64) bool { return n >= want[0] }
	case api.OpLt:
		return func(n int64) bool { return n < want[0] }
	case api.OpLte:
		return func(n int64) bool { return n <= want[0] }
	}
	return func(n int64) bool {
		for _, w := range want {
			if n == w {
				return true
			}
		}
		return false
	}
}

// maxKillChain bounds what validation lets in, and so the match table.
const maxKillChain = api.MaxKillChain

func numberCondition(c api.Condition) condition {
	want := make([]int64, len(c.Values))
	for i, s := range c.Values {
		n, err := strconv.Atoi(s)
		if err != nil {
			n = -1 // validated before: nothing has this stage
		}
		want[i] = int64(n)
	}
	m := matchNumber(c.Op, want)
	match := make([]uint8, maxKillChain+1)
	for i := range match {
		if m(int64(i)) != (c.Op == api.OpNot) {
			match[i] = 1
		}
	}
	return &dictCondition{col: colKillChain, match: match}
}

// childrenCondition compares with false before true.
func childrenCondition(c api.Condition) *dictCondition {
	want := make([]int64, len(c.Values))
	for i, s := range c.Values {
		if yes, err := strconv.ParseBool(strings.ToLower(s)); err != nil {
			want[i] = -1 // validated before: nothing is this
		} else if yes {
			want[i] = 1
		}
	}
	m := matchNumber(c.Op, want)
	match := make([]uint8, 256)
	for flags := range match {
		if m(int64(min(flags&flagHasChildren, 1))) != (c.Op == api.OpNot) {
			match[flags] = 1
		}
	}
	return &dictCondition{col: colFlags, match: match}
}

// block narrows in, which holds all of the block's places, to what matches.
func (f *filter) block(ctx context.Context, v *readTx, b *block, in *bitset) error {
	if err := f.live(ctx, v, b, in); err != nil || in.empty() {
		return err
	}
	if err := f.narrowAll(ctx, v, b, f.search, in); err != nil {
		return err
	}
	return f.narrowBranches(ctx, v, b, in)
}

// narrowBranches keeps what satisfies one branch at least, if there are any.
func (f *filter) narrowBranches(ctx context.Context, v *readTx, b *block, in *bitset) error {
	if len(f.branches) == 0 || in.empty() {
		return nil
	}
	var out bitset
	for _, branch := range f.branches {
		some := *in
		some.andNot(&out)
		if err := f.narrowAll(ctx, v, b, branch, &some); err != nil {
			return err
		}
		out.or(&some)
	}
	*in = out
	return nil
}

func (f *filter) narrowAll(ctx context.Context, v *readTx, b *block, conds []condition, in *bitset) error {
	if !f.loosely {
		return narrowAll(ctx, v, b, conds, in)
	}
	for _, c := range conds {
		if in.empty() {
			return nil
		}
		narrow := c.narrow
		if l, ok := c.(loose); ok {
			narrow = l.loosen
		}
		if err := narrow(ctx, v, b, in); err != nil {
			return err
		}
	}
	return nil
}

func narrowAll(ctx context.Context, v *readTx, b *block, conds []condition, in *bitset) error {
	for _, c := range conds {
		if in.empty() {
			return nil
		}
		if err := c.narrow(ctx, v, b, in); err != nil {
			return err
		}
	}
	return nil
}

// live keeps what isn't deleted, belongs to the datasets asked for, and may be
// seen.
func (f *filter) live(ctx context.Context, v *readTx, b *block, in *bitset) error {
	if err := f.there(ctx, v, b, in); err != nil {
		return err
	}
	return v.narrowTLP(ctx, b, in)
}

// there keeps what isn't deleted and belongs to the datasets asked for.
func (f *filter) there(ctx context.Context, v *readTx, b *block, in *bitset) error {
	some, all := false, true
	for _, d := range b.meta.datasets {
		if f.datasets[d] {
			some = true
		} else {
			all = false
		}
	}
	if !some {
		*in = bitset{}
		return nil
	}
	if b.meta.deleted {
		if err := dropDeleted(ctx, v, b, in); err != nil {
			return err
		}
	}
	if all {
		return nil
	}
	match := make([]uint8, b.meta.datasets[len(b.meta.datasets)-1]+1)
	for d := range f.datasets {
		if int(d) < len(match) {
			match[d] = 1
		}
	}
	return (&dictCondition{col: colDataset, match: match}).narrow(ctx, v, b, in)
}

func dropDeleted(ctx context.Context, v *readTx, b *block, in *bitset) error {
	match := make([]uint8, 256)
	for flags := range match {
		if flags&flagDeleted == 0 {
			match[flags] = 1
		}
	}
	return (&dictCondition{col: colFlags, match: match}).narrow(ctx, v, b, in)
}
