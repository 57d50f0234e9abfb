package async

import (
	"context"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/indicator"
)

// Sighting is what is known of one indicator that was looked up.
type Sighting struct {
	Value string
	Count int       // events that have it among their indicators
	More  bool      // and there may be more than were counted
	Last  api.Event // the newest of them, where Count isn't 0
}

// count takes another event in; they come newest first.
func (s *Sighting) count(e api.Event) {
	if s.Count == 0 {
		s.Last = e
	}
	s.Count++
}

// indicatorsOf is every indicator of an event in its canonical form.
func indicatorsOf(e api.Event) map[string]bool {
	all := map[string]bool{indicator.Canonical(e.Indicator): true}
	for _, i := range e.Indicators {
		all[indicator.Canonical(i.Value)] = true
	}
	return all
}

// lookupPages bounds how many pages of hits are counted for a hundred values.
const (
	lookupPages = 10
	lookupPage  = 1000
)

// Lookup asks for the events of indicators, a hundred to a call. JobDone ends
// it; its Value is a []Sighting in the order of the values, as far as it came.
// Datasets are as in api.ListQuery.
func (l *Layer) Lookup(s Slot, values, datasets []string) tea.Cmd {
	return l.Run(s, func(ctx context.Context, report Report) (any, error) {
		var all []Sighting
		for chunk := range slices.Chunk(values, api.MaxInValues) {
			seen, err := l.lookup(ctx, chunk, datasets)
			if err != nil {
				return all, fmt.Errorf("looking up indicators: %w", err)
			}
			all = append(all, seen...)
			report(int64(len(all)), int64(len(values)), "")
		}
		return all, nil
	})
}

func (l *Layer) lookup(ctx context.Context, values, datasets []string) ([]Sighting, error) {
	out := make([]Sighting, len(values))
	at := make(map[string]int, len(values))
	for i, v := range values {
		out[i].Value = v
		at[indicator.Canonical(v)] = i
	}
	q := api.ListQuery{
		Search:   []api.Condition{{Field: api.FieldIndicator, Op: api.OpIn, Values: values}},
		Datasets: datasets, Page: 1, PageSize: lookupPage,
	}
	for range lookupPages {
		page, err := l.api.List(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, e := range page.Events {
			for v := range indicatorsOf(e) {
				if i, is := at[v]; is {
					out[i].count(e)
				}
			}
		}
		if page.Info.Cursor == "" || len(page.Events) == 0 {
			for i := range out {
				out[i].More = page.Info.Cut != ""
			}
			return out, nil
		}
		q = api.ListQuery{Cursor: page.Info.Cursor, PageSize: lookupPage}
	}
	for i := range out {
		out[i].More = true // past the last page any of them may have more
	}
	return out, nil
}
