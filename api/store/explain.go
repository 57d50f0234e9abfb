package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"threatbench/api"
)

// Explain says what each condition of a filter does: what the filter finds
// without it, what it finds alone, and which values it may have meant where it
// finds nothing.
func (d *DB) Explain(ctx context.Context, account string, q api.ListQuery) (api.Explanation, error) {
	plain := api.ListQuery{Search: q.Search, Branches: q.Branches, Datasets: q.Datasets}
	all, err := d.Select(ctx, account, api.ListQuery{Datasets: q.Datasets})
	if err != nil {
		return api.Explanation{}, err
	}
	defer all.Close()
	if err := plain.Validate(); err != nil {
		return api.Explanation{}, err
	}
	if err := refuseAnalyticsBranches(all.scope, plain); err != nil {
		return api.Explanation{}, err
	}
	x := &explainer{s: all, q: plain}
	if err := x.run(ctx); err != nil {
		return api.Explanation{}, fmt.Errorf("explaining a filter: %w", err)
	}
	if x.out.Total == 0 {
		if x.out.Datasets, err = all.elsewhere(ctx, account, plain); err != nil {
			return api.Explanation{}, err
		}
	}
	return x.out, nil
}

// explainer counts a filter's conditions in turn.
type explainer struct {
	s     *Selection // all events of the scope
	q     api.ListQuery
	out   api.Explanation
	parts []*part
}

// part is one condition of a filter's search, or all of its branches.
type part struct {
	condition
	at       int // in out.Conditions; -1 for the branches
	branches *branchesCondition
	without  []hit // what the other parts leave
}

// branchesCondition is a filter's branches as one condition: OR of ANDs.
type branchesCondition struct{ branches [][]condition }

func (c *branchesCondition) prepare(ctx context.Context, v *readTx, blocks []*block) error {
	for _, branch := range c.branches {
		for _, cond := range branch {
			if err := cond.prepare(ctx, v, blocks); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *branchesCondition) narrow(ctx context.Context, v *readTx, b *block, in *bitset) error {
	return (&filter{branches: c.branches}).narrowBranches(ctx, v, b, in)
}

func (x *explainer) run(ctx context.Context) error {
	v := x.s.v
	x.out.Conditions = []api.ConditionExplanation{}
	for i, c := range x.q.Search {
		x.parts = append(x.parts, &part{condition: v.compile(x.s.scope.account, c), at: i})
		x.out.Conditions = append(x.out.Conditions, api.ConditionExplanation{Branch: -1, Index: i, Condition: c})
	}
	if len(x.q.Branches) > 0 {
		all := &branchesCondition{}
		for b, branch := range x.q.Branches {
			var made []condition
			for i, c := range branch {
				made = append(made, v.compile(x.s.scope.account, c))
				x.out.Conditions = append(x.out.Conditions, api.ConditionExplanation{Branch: b, Index: i, Condition: c})
			}
			all.branches = append(all.branches, made)
		}
		x.parts = append(x.parts, &part{condition: all, at: -1, branches: all})
	}
	blocks := make([]*block, 0, len(x.s.hits))
	for _, h := range x.s.hits {
		if h.count > 0 {
			blocks = append(blocks, h.block)
		}
	}
	for _, p := range x.parts {
		if err := p.prepare(ctx, v, blocks); err != nil {
			return err
		}
	}
	ordered := slices.Clone(x.parts)
	slices.SortStableFunc(ordered, func(a, b *part) int { return cmp.Compare(cost(a.condition), cost(b.condition)) })
	for _, h := range x.s.hits {
		if h.count == 0 {
			continue
		}
		if err := x.block(ctx, h, ordered); err != nil {
			return err
		}
	}
	return x.near(ctx)
}

// cost orders conditions: those that read texts come last.
func cost(c condition) int {
	switch c.(type) {
	case loose:
		return 2
	case *branchesCondition:
		return 1
	}
	return 0
}

// block counts one block. Events that fail one part only are kept apart by
// that part; those that fail two are of no use to anybody.
func (x *explainer) block(ctx context.Context, h hit, ordered []*part) error {
	v := x.s.v
	if err := ctx.Err(); err != nil {
		return err
	}
	pass := *h.bits // fail none so far
	fails := make([]bitset, len(ordered))
	for j, p := range ordered {
		in := pass
		for i := range j {
			in.or(&fails[i])
		}
		if err := p.narrow(ctx, v, h.block, &in); err != nil {
			return err
		}
		fails[j] = pass
		fails[j].andNot(&in)
		pass.and(&in)
		for i := range j {
			fails[i].and(&in)
		}
	}
	x.out.Total += pass.count()
	for j, p := range ordered {
		without := pass
		without.or(&fails[j])
		p.without = append(p.without, hit{block: h.block, bits: &without, count: without.count()})
		if p.at >= 0 {
			x.out.Conditions[p.at].Without += without.count()
			if err := x.alone(ctx, h, p.condition, p.at); err != nil {
				return err
			}
			continue
		}
		if err := x.inBranches(ctx, h, p.branches, &without); err != nil {
			return err
		}
	}
	return x.fields(ctx, h.block, &pass)
}

// maxAlone is how many candidates of a block are compared to say what a
// condition on texts finds alone; past it the index's answer is a bound.
const maxAlone = 24

func (x *explainer) alone(ctx context.Context, h hit, c condition, at int) error {
	in, out := *h.bits, &x.out.Conditions[at]
	narrow := c.narrow
	if l, ok := c.(loose); ok {
		if err := l.loosen(ctx, x.s.v, h.block, &in); err != nil {
			return err
		}
		if h.block.tail == nil && in.count() > maxAlone {
			out.AtMost = true
			out.Alone += in.count()
			return nil
		}
	}
	if err := narrow(ctx, x.s.v, h.block, &in); err != nil {
		return err
	}
	out.Alone += in.count()
	return nil
}

// inBranches counts the conditions of branches; in is what the search leaves.
func (x *explainer) inBranches(ctx context.Context, h hit, c *branchesCondition, in *bitset) error {
	v := x.s.v
	whole := make([]bitset, len(c.branches))
	for b, branch := range c.branches {
		whole[b] = *in
		if err := narrowAll(ctx, v, h.block, branch, &whole[b]); err != nil {
			return err
		}
	}
	at := len(x.q.Search)
	for b, branch := range c.branches {
		var others bitset
		for o := range whole {
			if o != b {
				others.or(&whole[o])
			}
		}
		for i := range branch {
			some := others
			if len(branch) > 1 {
				left := *in
				if err := narrowAll(ctx, v, h.block, slices.Delete(slices.Clone(branch), i, i+1), &left); err != nil {
					return err
				}
				some.or(&left)
			}
			x.out.Conditions[at].Without += some.count()
			if err := x.alone(ctx, h, branch[i], at); err != nil {
				return err
			}
			at++
		}
	}
	return nil
}

// fields counts where the words of the search stand, among what the filter
// finds.
func (x *explainer) fields(ctx context.Context, b *block, pass *bitset) error {
	for _, p := range x.parts {
		find, ok := p.condition.(*findCondition)
		if !ok || pass.empty() {
			continue
		}
		where, err := find.fields(ctx, x.s.v, b, pass)
		if err != nil {
			return err
		}
		for field, n := range where {
			addFieldHits(&x.out.Conditions[p.at].Fields, field, n)
		}
	}
	return nil
}

func addFieldHits(list *[]api.FieldHits, field api.Field, n int) {
	if n == 0 {
		return
	}
	i := slices.IndexFunc(*list, func(h api.FieldHits) bool { return h.Field == field })
	if i < 0 {
		*list = append(*list, api.FieldHits{Field: field})
		i = len(*list) - 1
	}
	(*list)[i].Count += n
}

// fields counts, of the events in pass, in how many some word stands in each
// field.
func (c *findCondition) fields(ctx context.Context, v *readTx, b *block, pass *bitset) (map[api.Field]int, error) {
	hits := map[api.Field]*bitset{}
	mark := func(field api.Field) *bitset {
		if hits[field] == nil {
			hits[field] = &bitset{}
		}
		return hits[field]
	}
	var maybe [searchCount]bitset
	for _, w := range c.words {
		for _, n := range w.named {
			some := *pass
			if err := n.narrow(ctx, v, b, &some); err != nil {
				return nil, err
			}
			mark(n.field).or(&some)
		}
		var here [searchCount]bitset
		if err := w.lookInTexts(ctx, v, b, pass, &here); err != nil {
			return nil, err
		}
		for which := range here {
			maybe[which].or(&here[which])
		}
	}
	for which, field := range [...]api.Field{searchEvent: api.FieldEvent, searchIndicators: api.FieldIndicator, searchInsight: fieldInsight} {
		if maybe[which].empty() {
			continue
		}
		err := v.eachText(ctx, b, which, &maybe[which], func(i int, text string) {
			if slices.ContainsFunc(c.words, func(w *findWord) bool { return strings.Contains(text, w.fold) }) {
				mark(field).set(i)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	out := map[api.Field]int{}
	for field, bits := range hits {
		out[field] = bits.count()
	}
	return out, nil
}

// fieldInsight names the insight, which no condition can ask for by itself.
const fieldInsight api.Field = "insight"

// elsewhere counts what a filter finds in the datasets that weren't asked.
func (s *Selection) elsewhere(ctx context.Context, account string, q api.ListQuery) ([]api.DatasetCount, error) {
	q.Datasets = nil
	for _, d := range s.scope.all {
		if !s.scope.datasets[d.id] && d.DeletedAt == nil && (len(q.Branches) == 0 || !d.IsAnalytics) {
			q.Datasets = append(q.Datasets, d.UUID)
		}
	}
	if len(q.Datasets) == 0 {
		return nil, nil
	}
	other, err := s.v.selectEvents(ctx, account, q)
	if err != nil {
		return nil, err
	}
	groups, err := other.GroupBy(ctx, GroupQuery{Columns: []string{"datasetId"}})
	if err != nil {
		return nil, err
	}
	var out []api.DatasetCount
	for _, g := range groups.Rows {
		for _, d := range s.scope.all {
			if g.Keys[0] != nil && d.UUID == *g.Keys[0] {
				out = append(out, api.DatasetCount{UUID: d.UUID, Name: d.Name, Count: g.Count})
			}
		}
	}
	return out, nil
}

// near finds what the conditions of the search that find nothing at all may
// have meant.
func (x *explainer) near(ctx context.Context) error {
	for _, p := range x.parts {
		if p.at < 0 || x.out.Conditions[p.at].Alone > 0 {
			continue
		}
		c := &x.out.Conditions[p.at]
		if slices.Contains([]api.Op{api.OpNot, api.OpNone, api.OpGt, api.OpGte, api.OpLt, api.OpLte}, c.Condition.Op) {
			continue
		}
		var err error
		if c.Near, err = x.nearOf(ctx, p, c.Condition); err != nil {
			return err
		}
	}
	return nil
}

// maxNear is how many near values are told.
const maxNear = 5

func (x *explainer) nearOf(ctx context.Context, p *part, c api.Condition) ([]api.NearValue, error) {
	rest := &Selection{v: x.s.v, scope: x.s.scope, hits: p.without}
	var out []api.NearValue
	for _, value := range c.Values {
		of := map[api.Field]func(context.Context, string) ([]api.NearValue, error){api.FieldIndicator: rest.nearIndicators, api.FieldText: rest.nearWords}
		if c.Field == api.FieldText && c.Op == api.OpContains { // a phrase: its words, wherever they stand
			if err := rest.nearCondition(ctx, &out, api.Condition{Field: c.Field, Op: api.OpFind, Values: c.Values}); err != nil {
				return nil, err
			}
		}
		if near := of[c.Field]; near != nil {
			more, err := near(ctx, value)
			if err != nil {
				return nil, err
			}
			out = append(out, more...)
		}
		for _, field := range nearFields() {
			more, err := rest.nearValues(ctx, c.Field, field, value)
			if err != nil {
				return nil, err
			}
			out = append(out, more...)
		}
	}
	slices.SortStableFunc(out, func(a, b api.NearValue) int {
		return cmp.Or(cmp.Compare(boolInt(a.Field != c.Field), boolInt(b.Field != c.Field)), cmp.Compare(b.Count, a.Count))
	})
	return out[:min(len(out), maxNear)], nil
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
