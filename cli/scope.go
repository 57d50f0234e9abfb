package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/query"
	"threatbench/views"
)

// within narrows a query to the datasets that --dataset names, by name or id;
// none and all mean all of them. What the filter says of datasets itself is
// resolved too.
func (a *app) within(ctx context.Context, pl *place, q api.ListQuery, names []string) (api.ListQuery, error) {
	if len(names) == 0 || len(names) == 1 && api.IsScope(names[0]) {
		if len(names) == 1 {
			q.Datasets = names
		}
		if !query.HasDataset(q) {
			return q, nil
		}
		names = nil
	}
	known, err := pl.client().Datasets(ctx)
	if err != nil {
		return q, err
	}
	if len(names) > 0 {
		if q.Datasets, err = query.DatasetIDs(names, known); err != nil {
			return q, usagef("--dataset: %w", err)
		}
	}
	if q, err = query.InDatasets(q, known); err != nil {
		return q, usagef("--query: %w", err)
	}
	return q, nil
}

// notSearched is the error of an answer that is a part, because the server
// can't look everywhere; nil where it could.
func notSearched(missed []string) error {
	if len(missed) == 0 {
		return nil
	}
	return partialError{fmt.Errorf("not searched: %s", strings.Join(missed, ", "))}
}

// explainer is a client that can say what each condition of a filter does.
type explainer interface {
	Capabilities(ctx context.Context) (api.Capabilities, error)
	Explain(ctx context.Context, q api.ListQuery) (api.Explanation, error)
}

// maxExplainCalls is how many questions one empty answer may cost where the
// server can't explain it in one.
const maxExplainCalls = 4

// explainNothing says on the standard error why a filter finds nothing: what
// it finds without each of its conditions.
func (a *app) explainNothing(ctx context.Context, pl *place, q api.ListQuery) {
	if len(q.Search)+len(q.Branches) == 0 {
		a.note("no event found")
		return
	}
	if x, ok := pl.client().(explainer); ok {
		if can, err := x.Capabilities(ctx); err == nil && can.Can("POST /events/explain") {
			if e, err := x.Explain(ctx, q); err == nil {
				a.noteExplanation(e)
				return
			}
		}
	}
	lines := []string{"no event found"}
	for i, c := range q.Search {
		if i == maxExplainCalls {
			lines = append(lines, fmt.Sprintf("%d conditions more were not tried", len(q.Search)-i))
			break
		}
		if n, ok := countOf(ctx, pl.client(), q, i); ok {
			lines = append(lines, fmt.Sprintf("without %s: %s", query.FormatCondition(c), n))
		}
	}
	a.note("%s", strings.Join(lines, "; "))
}

// countOf counts what a query finds without one of its conditions.
func countOf(ctx context.Context, cl async.Client, q api.ListQuery, without int) (string, bool) {
	q.Search = slices.Delete(slices.Clone(q.Search), without, without+1)
	q.PageSize = 1
	page, err := cl.List(ctx, q)
	return views.TotalOf(page).String(), err == nil
}

func (a *app) noteExplanation(e api.Explanation) {
	lines := []string{"no event found"}
	for _, c := range e.Conditions {
		line := fmt.Sprintf("without %s: %d", query.FormatCondition(c.Condition), c.Without)
		var near []string
		for _, n := range c.Near {
			near = append(near, fmt.Sprintf("%s: %d", query.FormatCondition(n.Condition()), n.Count))
		}
		if len(near) > 0 {
			line += " (near it " + strings.Join(near, ", ") + ")"
		}
		lines = append(lines, line)
	}
	for _, d := range e.Datasets {
		lines = append(lines, fmt.Sprintf("in the dataset %q, which isn't searched: %d", d.Name, d.Count))
	}
	a.note("%s", strings.Join(lines, "; "))
}
