package async

import (
	"context"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
)

// Explainer tells what each condition of a filter does, where the server
// announces that.
type Explainer interface {
	Discoverer
	Explain(ctx context.Context, q api.ListQuery) (api.Explanation, error)
}

// CanExplain is the path of explanations among a server's capabilities.
const CanExplain = "POST /events/explain"

// MaxExplainCalls is how many calls an explanation may take where the server
// has none of its own.
const MaxExplainCalls = 4

// Explained is why a filter finds what it finds. Where the server has no
// explanations of its own and Asked is false, it is empty: Explain again with
// calls says what Calls would cost.
type Explained struct {
	RequestTag
	Query       api.ListQuery
	Explanation api.Explanation
	Own         bool // the server told it itself, in one call
	Asked       bool // it was asked
	Err         error
}

// Explain asks why a filter finds what it finds; Explained answers. Of a server
// without explanations of its own nothing is asked but with calls.
func (l *Layer) Explain(s Slot, q api.ListQuery, calls bool) tea.Cmd {
	ctx, tag := l.begin(s, false)
	q = api.ListQuery{Search: q.Search, Branches: q.Branches, Datasets: q.Datasets}
	over := make(chan struct{})
	work := func() tea.Msg {
		defer close(over)
		defer l.finish(tag)
		out := Explained{RequestTag: tag, Query: q}
		out.Explanation, out.Own, out.Err = explainOwn(ctx, l.api, q)
		out.Asked = out.Own
		if !out.Own && out.Err == nil && calls {
			out.Asked = true
			out.Explanation, out.Err = explainByCalls(ctx, l.api, q)
		}
		return unless(ctx, out)
	}
	return tea.Batch(work, l.slow(ctx, tag, 0, over))
}

// explainOwn asks the server itself, if it announces explanations.
func explainOwn(ctx context.Context, c API, q api.ListQuery) (x api.Explanation, own bool, err error) {
	e, ok := c.(Explainer)
	if !ok {
		return x, false, nil
	}
	can, err := e.Capabilities(ctx)
	if err != nil || !can.Can(CanExplain) {
		return x, false, err
	}
	x, err = e.Explain(ctx, q)
	return x, true, err
}

// explainByCalls counts what is found without each of the first conditions.
func explainByCalls(ctx context.Context, c API, q api.ListQuery) (x api.Explanation, err error) {
	for i, cond := range q.Search[:min(len(q.Search), MaxExplainCalls)] {
		less := q
		less.Search, less.PageSize = slices.Delete(slices.Clone(q.Search), i, i+1), 1
		page, err := c.List(ctx, less)
		if err != nil {
			return x, fmt.Errorf("explaining a filter: %w", err)
		}
		n := page.Info.TotalCount
		if n < 0 {
			n = len(page.Events)
		}
		x.Conditions = append(x.Conditions, api.ConditionExplanation{Branch: -1, Index: i, Condition: cond, Without: n, AtMost: page.Info.TotalCount < 0})
	}
	return x, nil
}
