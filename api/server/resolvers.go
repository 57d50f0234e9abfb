package server

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"threatbench/api"
	"threatbench/api/store"
)

// The types below are what the schema's types are resolved by; exported names
// are the schema's.

type queryResolver struct{ db *store.DB }

type conditionInput struct {
	Field  string
	Op     string
	Value  *string
	Values *[]string
	Not    *bool
}

type eventFilter struct {
	Search         *[]conditionInput
	SearchBranches *[][]conditionInput
	DatasetID      *[]string
}

// Events evaluates the filter once for everything asked below it.
func (q *queryResolver) Events(ctx context.Context, args struct{ Filter *eventFilter }) (*eventSet, error) {
	s, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.spend(costOfSelect); err != nil {
		return nil, err
	}
	query, err := args.Filter.listQuery()
	if err != nil {
		return nil, s.shield(err)
	}
	sel, err := s.open(ctx, q.db, query)
	if err != nil {
		return nil, s.shield(err)
	}
	return &eventSet{session: s, selection: sel}, nil
}

// listQuery is the filter in the contract's form, its limits checked.
func (f *eventFilter) listQuery() (q api.ListQuery, err error) {
	if f == nil {
		return q, nil
	}
	if f.Search != nil {
		if q.Search, err = conditionsOf("search", *f.Search); err != nil {
			return q, err
		}
	}
	if f.SearchBranches != nil {
		for i, b := range *f.SearchBranches {
			branch, err := conditionsOf(fmt.Sprintf("searchBranches[%d]", i), b)
			if err != nil {
				return q, err
			}
			q.Branches = append(q.Branches, branch)
		}
	}
	if f.DatasetID != nil {
		q.Datasets = *f.DatasetID
	}
	return q, q.Validate()
}

func conditionsOf(key string, in []conditionInput) ([]api.Condition, error) {
	out := make([]api.Condition, len(in))
	for i, c := range in {
		out[i] = api.Condition{Field: api.Field(c.Field), Op: api.Op(c.Op), Not: c.Not != nil && *c.Not}
		if c.Value != nil {
			out[i].Values = []string{*c.Value}
		}
		if c.Values == nil {
			continue
		}
		if c.Value != nil {
			return nil, bad(fmt.Sprintf("%s[%d]", key, i), "value or values", "both")
		}
		out[i].Values = *c.Values
	}
	return out, nil
}

// eventSet resolves EventSet. The library resolves fields side by side; a
// selection is read by one of them at a time.
type eventSet struct {
	session   *session
	selection *store.Selection
	mu        sync.Mutex
}

func (e *eventSet) Total() int32 { return int32(e.selection.Total()) }

type groupArgs struct {
	Columns   *[]string
	Bucket    *string
	StartDate *string
	EndDate   *string
	Limit     int32
	Sort      string
}

// groups, group, timeline and point are read field by field by the library.
type (
	groups struct {
		Distinct int32
		Rows     []*group
	}
	group struct {
		Keys  []*string
		Date  *string
		Count int32
	}
	timeline struct {
		Bucket string
		Start  string
		End    string
		Points []*point
	}
	point struct {
		Date  string
		Count int32
	}
)

// GroupBy counts the selection by columns, by time, or both.
func (e *eventSet) GroupBy(ctx context.Context, args groupArgs) (*groups, error) {
	if err := e.session.spend(costOfCount); err != nil {
		return nil, err
	}
	g, err := args.query()
	if err != nil {
		return nil, e.session.shield(err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	found, err := e.selection.GroupBy(ctx, g)
	if err != nil {
		return nil, e.session.shield(err)
	}
	return groupsOf(found, g.Bucket != ""), nil
}

// query is the arguments in the store's form, checked.
func (a groupArgs) query() (g store.GroupQuery, err error) {
	if a.Columns != nil {
		g.Columns = *a.Columns
	}
	if err := checkColumns("columns", api.AggregateColumns(), g.Columns); err != nil {
		return g, err
	}
	g.Bucket = bucketOf(a.Bucket)
	if len(g.Columns) == 0 && g.Bucket == "" {
		return g, bad("groupBy", "columns, a bucket, or both", "neither")
	}
	for key, day := range map[string]*string{"startDate": a.StartDate, "endDate": a.EndDate} {
		if day == nil || *day == "" {
			continue
		}
		if err := checkTime(key, *day); err != nil {
			return g, err
		}
	}
	g.StartDate, g.EndDate = valueOf(a.StartDate), valueOf(a.EndDate)
	if a.Limit < 1 || a.Limit > maxGroupRows {
		return g, bad("limit", fmt.Sprintf("1..%d", maxGroupRows), fmt.Sprint(a.Limit))
	}
	g.Limit = int(a.Limit)
	g.ByKey = strings.HasPrefix(a.Sort, "KEY_")
	g.Asc = strings.HasSuffix(a.Sort, "_ASC")
	return g, nil
}

func valueOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// bucketOf turns the schema's enum into the contract's bucket, "" for none.
func bucketOf(s *string) api.Bucket { return api.Bucket(strings.ToLower(valueOf(s))) }

func groupsOf(found store.Groups, dated bool) *groups {
	out := &groups{Distinct: int32(found.Distinct), Rows: make([]*group, len(found.Rows))}
	for i, r := range found.Rows {
		row := &group{Keys: slices.Clone(r.Keys), Count: int32(r.Count)}
		if row.Keys == nil {
			row.Keys = []*string{}
		}
		if dated {
			date := r.Date.String()
			row.Date = &date
		}
		out.Rows[i] = row
	}
	return out
}

// Timeline counts the selection over time.
func (e *eventSet) Timeline(ctx context.Context, args struct {
	MaxBuckets int32
	Bucket     *string
}) (*timeline, error) {
	if err := e.session.spend(costOfCount); err != nil {
		return nil, err
	}
	if args.MaxBuckets < 1 || args.MaxBuckets > maxTimeBuckets {
		return nil, refused(bad("maxBuckets", fmt.Sprintf("1..%d", maxTimeBuckets), fmt.Sprint(args.MaxBuckets)))
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	found, err := e.selection.Timeline(ctx, int(args.MaxBuckets), bucketOf(args.Bucket))
	if err != nil {
		return nil, e.session.shield(err)
	}
	out := &timeline{Bucket: string(found.Bucket), Start: found.Start.String(), End: found.End.String(), Points: make([]*point, len(found.Points))}
	for i, p := range found.Points {
		out.Points[i] = &point{Date: p.Start.String(), Count: int32(p.Count)}
	}
	return out, nil
}
