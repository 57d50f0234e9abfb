package async

import (
	"context"
	"errors"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/indicator"
)

// Sighting is what is known of one indicator that was looked up. Only a server
// that announces look-ups tells more than Exact.
type Sighting struct {
	api.Lookup
	More bool // and there may be more exact hits than were counted

	cut  string // why the server gave no more events although it may have more
	rows int    // of those it gave
}

// count takes another event in; they come newest first.
func (s *Sighting) count(e api.Event) {
	if s.Exact.Count == 0 {
		s.Exact.Newest = []api.KnownEvent{{UUID: e.UUID, DatasetID: e.DatasetID, Date: e.Date, Category: e.Category, Attacker: e.Attacker}}
	}
	s.Exact.Count++
}

// indicatorsOf is every indicator of an event in its canonical form.
func indicatorsOf(e api.Event) map[string]bool {
	all := map[string]bool{indicator.Canonical(e.Indicator): true}
	for _, i := range e.Indicators {
		all[indicator.Canonical(i.Value)] = true
	}
	return all
}

// LookedUp is what a look-up found, in the order of the values, as far as it
// came, and in words what the server can't look for.
type LookedUp struct {
	Cut  string // why the server gave no more events of some although it may have more, "" where it gave all
	Rows int    // events it gave of those

	Sightings   []Sighting
	NotSearched []string
}

// plainLookups is what a server of the plain contract can't look for.
var plainLookups = []string{"hosts, parent domains and what lies below", "indicators beside the first of an event"}

// A server of the plain contract is asked for the events of so many values at
// a time, each of which may be asked for in two spellings; of them so many
// pages are counted.
const (
	valuesPerList = api.MaxInValues / 2
	lookupPages   = 10
	lookupPage    = 1000
)

// MaxCounted is how many events of some indicators are counted where the
// server doesn't count them itself.
const MaxCounted = lookupPages * lookupPage

// lookupChunk is how many indicators one call of a server's own look-up takes
// here: few enough that the progress is seen.
const lookupChunk = 500

// Lookup is LookUp as a job. JobDone ends it; its Value is a LookedUp.
func (l *Layer) Lookup(s Slot, values, datasets []string) tea.Cmd {
	return l.Run(s, func(ctx context.Context, report Report) (any, error) {
		return LookUp(ctx, l.api, values, datasets, report)
	})
}

// LookUp asks what is known of indicators: the server itself where it announces
// look-ups, else for their events. Datasets are ids, or none for all.
func LookUp(ctx context.Context, c API, values, datasets []string, report Report) (out LookedUp, err error) {
	look, size, err := lookupWay(ctx, c, datasets)
	if err != nil {
		return out, fmt.Errorf("looking up indicators: %w", err)
	}
	if size == valuesPerList {
		out.NotSearched = plainLookups
	}
	for chunk := range slices.Chunk(values, size) {
		seen, err := look(ctx, chunk)
		if err != nil {
			return out, fmt.Errorf("looking up indicators: %w", err)
		}
		out.Sightings = append(out.Sightings, seen...)
		if seen[0].cut != "" {
			out.Cut, out.Rows = seen[0].cut, seen[0].rows
		}
		report(int64(len(out.Sightings)), int64(len(values)), "")
	}
	return out, nil
}

// lookupWay is how to look up so many indicators at once.
func lookupWay(ctx context.Context, c API, datasets []string) (look func(context.Context, []string) ([]Sighting, error), size int, err error) {
	own, ok := c.(Discoverer)
	if ok {
		can, err := own.Capabilities(ctx)
		if err != nil {
			return nil, 0, err
		}
		ok = can.Can(api.CanLookup)
	}
	if !ok {
		return func(ctx context.Context, values []string) ([]Sighting, error) {
			return lookupEvents(ctx, c, values, datasets)
		}, valuesPerList, nil
	}
	return func(ctx context.Context, values []string) ([]Sighting, error) {
		found, err := own.LookupIndicators(ctx, api.LookupRequest{Indicators: values, Datasets: datasets})
		out := make([]Sighting, len(found))
		for i := range found {
			out[i].Lookup = found[i]
		}
		return out, err
	}, lookupChunk, nil
}

// lookupEvents counts the events of indicators, in the order of the values.
func lookupEvents(ctx context.Context, c API, values, datasets []string) ([]Sighting, error) {
	if len(datasets) == 0 {
		datasets = []string{api.ScopeAll}
	}
	out := make([]Sighting, len(values))
	at := make(map[string]int, len(values))
	for i, v := range values {
		canonical := indicator.Canonical(v)
		out[i].Lookup = api.Lookup{Value: v, Canonical: canonical, Exact: api.Known{Value: canonical}}
		at[canonical] = i
	}
	q := api.ListQuery{
		Search:   []api.Condition{{Field: api.FieldIndicator, Op: api.OpIn, Values: values}},
		Datasets: datasets, Page: 1, PageSize: lookupPage,
	}
	rows := 0
	for range lookupPages {
		page, err := c.List(ctx, q)
		if err != nil {
			return nil, err
		}
		rows += len(page.Events)
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
				out[i].cut, out[i].rows = page.Info.Cut, rows
			}
			return sameValues(out, at), nil
		}
		q = api.ListQuery{Cursor: page.Info.Cursor, PageSize: lookupPage}
	}
	return lookupUnseen(ctx, c, sameValues(out, at), datasets)
}

// lookupUnseen asks again for what wasn't seen among the pages that were
// counted: those that were seen may have filled them. Any of these may have
// more events than were counted.
func lookupUnseen(ctx context.Context, c API, out []Sighting, datasets []string) ([]Sighting, error) {
	var unseen []string
	var places []int
	for i := range out {
		if out[i].Exact.Count == 0 {
			unseen, places = append(unseen, out[i].Value), append(places, i)
		} else {
			out[i].More = true
		}
	}
	if len(unseen) == 0 {
		return out, nil
	}
	if len(unseen) == len(out) {
		return nil, errors.New("the server answers with events that have none of the indicators")
	}
	again, err := lookupEvents(ctx, c, unseen, datasets)
	if err != nil {
		return nil, err
	}
	for k, i := range places {
		out[i] = again[k]
	}
	return out, nil
}

// sameValues tells of each spelling of an indicator what one of them was told.
func sameValues(out []Sighting, at map[string]int) []Sighting {
	for i := range out {
		value := out[i].Value
		out[i].Lookup = out[at[out[i].Canonical]].Lookup
		out[i].Value = value
	}
	return out
}
