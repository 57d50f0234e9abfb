// Package foreign is a server for tests that speaks the events contract as
// other servers do: with pages, totals and optional parts in the ways that a
// client must survive. Nothing but tests uses it.
package foreign

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"threatbench/api"
)

// Paging is how a server gives pages of a list.
type Paging int

// The ways of giving pages.
const (
	Bare         Paging = iota // a bare array
	NullInfo                   // result_info is null
	NoCount                    // result_info tells page and per_page
	MinusOne                   // count and total_count are -1
	Inexact                    // total_count is 1 too low for a page, and said not to be exact
	Total                      // total_count is right, without a cursor
	IgnoresPage                // every page is the first
	RepeatsLast                // past the end the last page comes again
	RepeatsFirst               // past the cap the first page comes again
	RefusesPage                // page 2 is a 400
	EndsEarly                  // page 3 is empty, though total_count says otherwise
)

// PagesOn reports whether all events can be had from a server of this way.
func (p Paging) PagesOn() bool { return p < IgnoresPage }

// Dataset is the only dataset there is.
const Dataset = "5a6d3c1e-0000-4000-8000-000000000001"

// Server answers for one account. Set its fields before the first request.
type Server struct {
	Rows   int
	Cap    int // most rows of a page; 0 means no cap
	Paging Paging
	// Answer, where it isn't nil, has the first word: it reports whether it
	// answered. The path is what follows the account part.
	Answer func(w http.ResponseWriter, r *http.Request, path string) bool

	mu    sync.Mutex
	calls []string
}

// Calls are the paths asked for so far, with their methods.
func (s *Server) Calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.calls...)
}

// ID is the UUID of event i.
func ID(i int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", i) }

// Event is event i as it is sent.
func Event(i int) map[string]any {
	return map[string]any{
		"uuid": ID(i), "date": fmt.Sprintf("2024-05-%02dT%02d:%02d:00Z", 1+i/1440%28, i/60%24, i%60), "event": fmt.Sprintf("sighting %d", i),
		"category": "Malware", "attacker": "TESTADDER", "tlp": "green", "indicator": "host.example", "indicatorType": "domain",
		"tags": []string{"one"}, "datasetId": Dataset,
	}
}

// ServeHTTP answers a call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, path, _ := strings.Cut(r.URL.Path, "/cloudforce-one")
	s.mu.Lock()
	s.calls = append(s.calls, r.Method+" "+path)
	s.mu.Unlock()
	if s.Answer != nil && s.Answer(w, r, path) {
		return
	}
	switch {
	case path == "/events" && (r.Method == http.MethodGet || r.Method == http.MethodPost):
		s.list(w, r)
	case path == "/events/dataset":
		Write(w, http.StatusOK, []map[string]any{{"uuid": Dataset, "name": "Foreign"}})
	case strings.HasPrefix(path, "/events/dataset/"+Dataset+"/events/"):
		s.event(w, strings.TrimPrefix(path, "/events/dataset/"+Dataset+"/events/"))
	default:
		s.event(w, strings.TrimPrefix(path, "/events/")) // an unknown path looks like a missing event
	}
}

func (s *Server) event(w http.ResponseWriter, id string) {
	for i := range s.Rows {
		if ID(i) == id {
			Write(w, http.StatusOK, Event(i))
			return
		}
	}
	Fail(w, http.StatusNotFound, "event not found: "+id)
}

func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	q, err := readQuery(r)
	if err != nil {
		Fail(w, http.StatusBadRequest, err.Error())
		return
	}
	page, size := max(q.Page, 1), q.PageSize
	if size <= 0 {
		size = api.DefaultPageSize
	}
	if s.Cap > 0 {
		size = min(size, s.Cap)
	}
	rows := s.rows(page, size)
	if s.Paging == RefusesPage && page > 1 {
		Fail(w, http.StatusBadRequest, "page: not supported")
		return
	}
	events := make([]map[string]any, 0, len(rows))
	for _, i := range rows {
		events = append(events, Event(i))
	}
	s.send(w, events, page, size)
}

// rows are the events on a page.
func (s *Server) rows(page, size int) []int {
	last := max((s.Rows+size-1)/size, 1)
	switch {
	case s.Paging == IgnoresPage, s.Paging == RepeatsFirst && page > 2:
		page = 1
	case s.Paging == RepeatsLast:
		page = min(page, last)
	case s.Paging == EndsEarly && page > 2:
		return nil
	}
	var out []int
	for i := (page - 1) * size; i < min(page*size, s.Rows); i++ {
		out = append(out, i)
	}
	return out
}

func (s *Server) send(w http.ResponseWriter, events []map[string]any, page, size int) {
	info := map[string]any{"page": page, "per_page": size}
	switch s.Paging {
	case Bare, IgnoresPage, RepeatsLast, RepeatsFirst, RefusesPage:
		Write(w, http.StatusOK, events)
		return
	case NullInfo:
		info = nil
	case MinusOne:
		info = map[string]any{"count": -1, "total_count": -1}
	case Inexact:
		info = map[string]any{"count": len(events), "total_count": len(events) - 1, "total_count_is_exact": false, "cursor": nil}
	case Total, EndsEarly:
		info["total_count"] = s.Rows
	}
	Write(w, http.StatusOK, map[string]any{"success": true, "errors": []any{}, "messages": []any{}, "result": events, "result_info": info})
}

func readQuery(r *http.Request) (api.ListQuery, error) {
	var q api.ListQuery
	if r.Method == http.MethodPost {
		err := json.NewDecoder(r.Body).Decode(&q)
		return q, err
	}
	v := r.URL.Query()
	for key, into := range map[string]*int{"page": &q.Page, "pageSize": &q.PageSize} {
		if v.Get(key) == "" {
			continue
		}
		n, err := strconv.Atoi(v.Get(key))
		if err != nil {
			return q, fmt.Errorf("%s: %w", key, err)
		}
		*into = n
	}
	return q, nil
}

// Write answers with a value as JSON, bare.
func Write(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // tests answer with what can be written
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b) // nobody is left to tell
}

// Fail answers with the platform's form of a failure.
func Fail(w http.ResponseWriter, status int, message string) {
	Write(w, status, map[string]any{"success": false, "errors": []map[string]any{{"code": status, "message": message}}, "messages": []any{}, "result": map[string]any{}})
}
