package views

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/clean"
	"threatbench/api/query"
)

// Saved is a saved query as it is shown and asked.
type Saved struct {
	Text    string        // its filter; "" where there is none or it can't be said
	Query   api.ListQuery // filter, datasets and order; relative dates counted from now
	Problem string        // why it can't be shown as text; "" where it can
}

// The names of what is remembered of saved queries.
const (
	textsName  = "queries.texts"
	lookedName = "queries.looked"
)

// spelt is the text a query was saved from, and what was saved. The API keeps
// moments, not the "-7d" that was meant: as long as what it keeps is what was
// saved, the text is what a person meant.
type spelt struct{ Text, JSON string }

// ReadSaved reads a saved query. What the language can't say is told in
// Problem; Query is then what could be read. Text and Problem are harmless to
// a terminal whatever the query holds; the values in Query are as they were
// saved, since they are asked.
func ReadSaved(q api.SavedQuery, m *Memory, now time.Time) Saved {
	var s Saved
	if err := readQuery(q.QueryJSON, &s.Query); err != nil {
		s.Problem = "its filter can't be read: " + clean.Line(err.Error())
		return s
	}
	if err := s.Query.Validate(); err != nil {
		s.Problem = "its filter can't be shown: " + clean.Line(err.Error())
		return s
	}
	for _, id := range s.Query.Datasets {
		if safe := clean.Line(id); safe != id {
			s.Query.Datasets = nil
			s.Problem = "its filter can't be shown: no dataset is called " + safe
			return s
		}
	}
	s.Text = query.FormatIn(query.Filter{Search: s.Query.Search, Branches: s.Query.Branches}, now)
	texts := map[string]spelt{}
	m.Load(textsName, &texts)
	if t, ok := texts[q.Name]; ok && SameQuery(t.JSON, q.QueryJSON) {
		// Days saved in another zone stay the moments they were there.
		f, err := query.Parse(t.Text, now)
		if err == nil && (query.FormatIn(f, now) == s.Text || VisitQuery{Filter: t.Text}.relative(now)) {
			s.Text, s.Query.Search, s.Query.Branches = t.Text, f.Search, f.Branches
		}
	}
	return s
}

// readQuery reads what of query_json belongs to a filter. Others write a single
// condition, or the datasets as one text, where we write lists.
func readQuery(text string, q *api.ListQuery) error {
	var w struct {
		Search   json.RawMessage   `json:"search"`
		Branches []json.RawMessage `json:"searchBranches"`
		Datasets json.RawMessage   `json:"datasetId"`
		OrderBy  string            `json:"orderBy"`
		Order    string            `json:"order"`
	}
	if err := json.Unmarshal([]byte(text), &w); err != nil {
		return err
	}
	q.OrderBy, q.Order = w.OrderBy, w.Order
	var err error
	if q.Search, err = oneOrMore[api.Condition](w.Search); err != nil {
		return err
	}
	for _, b := range w.Branches {
		branch, err := oneOrMore[api.Condition](b)
		if err != nil {
			return err
		}
		q.Branches = append(q.Branches, branch)
	}
	ids, err := oneOrMore[string](w.Datasets)
	for _, id := range ids {
		q.Datasets = append(q.Datasets, strings.FieldsFunc(id, func(r rune) bool { return r == ',' || r == ' ' })...)
	}
	return err
}

// oneOrMore reads a list, or the one thing that stands for it.
func oneOrMore[T any](b json.RawMessage) ([]T, error) {
	if len(b) == 0 || string(b) == "null" {
		return nil, nil
	}
	if b[0] == '[' {
		var list []T
		err := json.Unmarshal(b, &list)
		return list, err
	}
	var one T
	err := json.Unmarshal(b, &one)
	return []T{one}, err
}

// SameQuery tells whether two texts of query_json hold the same.
func SameQuery(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}

// RememberText keeps the text a query is saved from beside what is saved, so
// that its relative dates stay relative on this machine.
func (m *Memory) RememberText(name, text, saved string) tea.Cmd {
	texts := map[string]spelt{}
	m.Load(textsName, &texts)
	texts[name] = spelt{text, saved}
	return m.Save(textsName, texts)
}

// Looked is when a saved query was used, and up to which moment its events
// have been seen.
type Looked struct{ Used, Seen time.Time }

// LookedAt is what is remembered of a saved query. One never looked at counts
// as seen when it was saved last.
func (m *Memory) LookedAt(q api.SavedQuery) Looked {
	all := map[string]Looked{}
	m.Load(lookedName, &all)
	l := all[fmt.Sprint(q.ID)]
	if l.Seen.Before(q.UpdatedAt.Time) {
		l.Seen = q.UpdatedAt.Time
	}
	return l
}

// SetPresence remembers that the events of a saved query have been seen up to now,
// and used tells whether a person ran it.
func (m *Memory) SetPresence(id int64, now time.Time, used bool) tea.Cmd {
	all := map[string]Looked{}
	m.Load(lookedName, &all)
	l := all[fmt.Sprint(id)]
	l.Seen = now.UTC()
	if used {
		l.Used = now.UTC()
	}
	all[fmt.Sprint(id)] = l
	return m.Save(lookedName, all)
}

// NewSince asks for what of a query the server has learnt of since a moment:
// one event, and the count. It is false where the filter is as long as the API
// allows, so that nothing can be added.
func NewSince(q api.ListQuery, at time.Time) (api.ListQuery, bool) {
	if len(q.Search) >= api.MaxConditions {
		return q, false
	}
	since := api.Condition{Field: api.FieldCreatedAt, Op: api.OpGt, Values: []string{at.UTC().Truncate(time.Second).Format(time.RFC3339)}}
	q.Search = append(q.Search[:len(q.Search):len(q.Search)], since)
	q.Page, q.PageSize = 1, 1
	return q, true
}
