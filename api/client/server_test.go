package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"threatbench/api"
	"threatbench/api/server"
	"threatbench/api/store"
)

// mounted is a client of our own server over a new database.
func mounted(t testing.TB, conf server.Config) *Client {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "events.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	h, err := server.New(db, conf)
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(Config{BaseURL: "http://local/client/v4", Account: "0123456789abcdef0123456789abcdef", Transport: server.Mount(h)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// story is n events of three attackers, one an hour, the first the oldest.
func story(n int) []api.CreateEvent {
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	out := make([]api.CreateEvent, n)
	for i := range out {
		out[i] = api.CreateEvent{
			UUID: fmt.Sprintf("00000000-0000-4000-8000-%012d", i), Date: start.Add(time.Duration(i) * time.Hour).Format(time.RFC3339),
			Event: fmt.Sprintf("sighting %d", i), Category: "Phishing", Attacker: []string{"ALPHA", "BETA", "GAMMA"}[i%3],
			TLP: "amber", Tags: []string{"c2", "evil\x1b[31m"}, Raw: api.RawInput{Data: []byte(fmt.Sprintf(`{"line":%d}`, i))},
		}
	}
	return out
}

// The whole way through our own server, in both answer styles.
func TestAgainstOurServer(t *testing.T) {
	for _, style := range []server.Style{server.Enveloped, server.Bare} {
		t.Run(string(style), func(t *testing.T) {
			c := mounted(t, server.Config{ResponseStyle: style})
			d, err := c.CreateDataset(t.Context(), "mine", false)
			if err != nil {
				t.Fatal(err)
			}
			res, err := c.CreateBulk(t.Context(), api.BulkCreate{DatasetID: d.UUID, Data: story(90), PreserveUUID: true})
			if err != nil || res.CreatedEventsCount != 90 {
				t.Fatalf("%+v, %v", res, err)
			}
			t.Run("list", func(t *testing.T) { listEverything(t, c, d.UUID) })
			t.Run("filter", func(t *testing.T) { filterOne(t, c, d.UUID) })
			t.Run("detail", func(t *testing.T) { readDetail(t, c, d.UUID) })
			t.Run("summary", func(t *testing.T) { sumUp(t, c, d.UUID) })
			t.Run("catalogues", func(t *testing.T) { readCatalogs(t, c, d) })
			t.Run("relations", func(t *testing.T) { relateAndWalk(t, c, d.UUID) })
			t.Run("changed catalogues", func(t *testing.T) { changeCatalogs(t, c, d.UUID) })
			t.Run("changes", func(t *testing.T) { changeEvents(t, c, d.UUID) })
			t.Run("transfers and history", func(t *testing.T) { transferAndRevert(t, c, d.UUID) })
			t.Run("queries and alerts", func(t *testing.T) { saveAndAlert(t, c, d.UUID) })
			t.Run("missing", func(t *testing.T) {
				_, err := c.Event(t.Context(), d.UUID, "00000000-0000-4000-8000-ffffffffffff")
				var e *api.Error
				if !errors.As(err, &e) || e.Status != 404 {
					t.Errorf("%v", err)
				}
			})
		})
	}
}

func listEverything(t *testing.T, c *Client, dataset string) {
	q := api.ListQuery{Datasets: []string{dataset}, PageSize: 40}
	var seen []string
	for range 3 {
		p, err := c.List(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if p.Info.TotalCount != 90 {
			t.Errorf("total %d", p.Info.TotalCount)
		}
		for _, e := range p.Events {
			seen = append(seen, e.Event)
		}
		q = api.ListQuery{Cursor: p.Info.Cursor, PageSize: 40}
	}
	if len(seen) != 90 || seen[0] != "sighting 89" || seen[89] != "sighting 0" || q.Cursor != "" {
		t.Errorf("%d events by cursor, first %v", len(seen), seen[:1])
	}
}

func filterOne(t *testing.T, c *Client, dataset string) {
	long := api.Condition{Field: api.FieldEvent, Op: api.OpIn, Values: []string{"Sighting 7"}}
	for i := range 99 {
		long.Values = append(long.Values, fmt.Sprintf("%080d", i)) // past what a URL holds
	}
	for _, cond := range []api.Condition{
		{Field: api.FieldEvent, Op: api.OpEquals, Values: []string{"sighting 7"}}, long,
	} {
		p, err := c.List(t.Context(), api.ListQuery{Datasets: []string{dataset}, Search: []api.Condition{cond}})
		if err != nil || len(p.Events) != 1 || p.Events[0].Event != "sighting 7" || p.Info.TotalCount != 1 {
			t.Errorf("%d values: %+v, %v", len(cond.Values), p.Info, err)
		}
	}
}

func readDetail(t *testing.T, c *Client, dataset string) {
	const id = "00000000-0000-4000-8000-000000000007"
	for _, ds := range []string{dataset, ""} {
		e, err := c.Event(t.Context(), ds, id)
		if err != nil || e.Event != "sighting 7" || !slices.Contains(e.Tags, "evil␛[31m") {
			t.Errorf("dataset %q: %+v, %v", ds, e, err)
		}
		r, err := c.Raw(t.Context(), ds, id)
		if err != nil || string(r.Data) != `{"line":7}` {
			t.Errorf("dataset %q: %+v, %v", ds, r, err)
		}
	}
}

func sumUp(t *testing.T, c *Client, dataset string) {
	q := api.SummaryQuery{
		Filter: api.ListQuery{
			Datasets: []string{dataset},
			Search:   []api.Condition{{Field: api.FieldAttacker, Op: api.OpIn, Values: []string{"alpha", "beta"}}},
			Branches: [][]api.Condition{{{Field: api.FieldTLP, Op: api.OpEquals, Values: []string{"amber"}}}},
		},
		Facets: []string{"attacker", "tags", "killChain"}, FacetLimit: 1, MaxBuckets: 20,
	}
	before := c.Stats().Calls
	s, err := c.Summary(t.Context(), q)
	if err != nil || s.Total != 60 || s.Unfiltered || c.Stats().Calls != before+1 {
		t.Fatalf("%+v, %v", s, err)
	}
	if f := s.Facets[0]; f.Distinct != 2 || len(f.Top) != 1 || f.Top[0] != (api.Count{Value: "ALPHA", Count: 30}) {
		t.Errorf("%+v", f)
	}
	n := 0
	for _, p := range s.Timeline.Points {
		n += p.Count
	}
	if n != 60 || len(s.Timeline.Points) > 20 || s.Timeline.Bucket != api.BucketDay {
		t.Errorf("%+v", s.Timeline)
	}
	// What a server without GraphQL would be asked gives the same numbers for
	// whole datasets.
	q.Filter.Search, q.Filter.Branches = nil, nil
	byGraph, err := c.Summary(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	byREST, err := c.restSummary(t.Context(), q)
	if err != nil || byREST.Total != byGraph.Total || byREST.Facets[0].Top[0] != byGraph.Facets[0].Top[0] || len(byREST.Timeline.Points) != len(byGraph.Timeline.Points) {
		t.Errorf("REST %+v\nGraphQL %+v\n%v", byREST, byGraph, err)
	}
}

func readCatalogs(t *testing.T, c *Client, d api.Dataset) {
	ctx := t.Context()
	datasets, err := c.Datasets(ctx)
	if err != nil || !slices.ContainsFunc(datasets, func(x api.Dataset) bool { return x.UUID == d.UUID && x.Name == "mine" }) {
		t.Errorf("datasets: %+v, %v", datasets, err)
	}
	countries, err := c.Countries(ctx)
	if err != nil || !slices.Contains(countries, api.Country{Alpha2: "UA", Alpha3: "UKR", Name: "Ukraine"}) {
		t.Errorf("countries: %d, %v", len(countries), err)
	}
	attackers, err := c.Attackers(ctx)
	if err != nil || !slices.Contains(attackers, "ALPHA") {
		t.Errorf("attackers: %v, %v", attackers, err)
	}
	tags, err := c.Tags(ctx)
	if err != nil || !slices.ContainsFunc(tags, func(x api.Tag) bool { return x.Value == "c2" }) {
		t.Errorf("tags: %v, %v", tags, err)
	}
	categories, err := c.Categories(ctx)
	if err != nil || len(categories) == 0 {
		t.Errorf("categories: %v, %v", categories, err)
	}
	if _, err := c.IndicatorTypes(ctx); err != nil {
		t.Errorf("indicator types: %v", err)
	}
	if _, err := c.TargetIndustries(ctx); err != nil {
		t.Errorf("industries: %v", err)
	}
}

// BenchmarkOurServer is what a page of 200 events costs, from the call through
// server and store to neutralised events.
func BenchmarkOurServer(b *testing.B) {
	c := mounted(b, server.Config{})
	d, err := c.CreateDataset(b.Context(), "mine", false)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := c.CreateBulk(b.Context(), api.BulkCreate{DatasetID: d.UUID, Data: story(2000)}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		p, err := c.List(b.Context(), api.ListQuery{Datasets: []string{d.UUID}, PageSize: 200})
		if err != nil || len(p.Events) != 200 {
			b.Fatal(err)
		}
	}
}

func relateAndWalk(t *testing.T, c *Client, dataset string) {
	id := func(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }
	in := api.RelateEvents{ParentID: id(1), ChildIDs: []string{id(2), id(3), id(999)}, RelationshipType: api.CausedBy, DatasetID: dataset}
	res, err := c.Relate(t.Context(), in)
	if err != nil || len(res.Relationships) != 2 || len(res.Errors) != 1 || res.Errors[0].ChildID != id(999) {
		t.Fatalf("%+v, %v", res, err)
	}
	p, err := c.Related(t.Context(), id(1), api.RelatedQuery{DatasetID: dataset, Direction: api.Descendants, MaxDepth: 1, RelationshipTypes: []string{api.CausedBy}})
	if err != nil || len(p.Events) != 2 {
		t.Errorf("%d events, %v", len(p.Events), err)
	}
	g, err := c.Graph(t.Context(), api.GraphQuery{Seeds: []api.NodeRef{{Type: api.NodeEvent, ID: id(2)}}, RelationshipTypes: []string{api.CausedBy}})
	if err != nil || len(g.Edges) != 1 || g.Edges[0].SourceID != id(1) || g.Edges[0].TargetID != id(2) || len(g.Nodes) != 2 || g.Nodes[0].Event == nil {
		t.Errorf("%+v, %v", g, err)
	}
	_, err = c.Graph(t.Context(), api.GraphQuery{Seeds: []api.NodeRef{{Type: api.NodeEvent, ID: id(999)}}})
	if errors.Is(err, api.ErrUnsupported) {
		t.Errorf("an unknown seed was taken for a missing feature: %v", err)
	}
	e, err := c.Event(t.Context(), dataset, id(5))
	if err != nil {
		t.Fatal(err)
	}
	if raw, err := c.RawByID(t.Context(), e.UUID, e.RawID); err != nil || string(raw.Data) != `{"line":5}` {
		t.Errorf("%s, %v", raw.Data, err)
	}
}

func changeCatalogs(t *testing.T, c *Client, dataset string) {
	d, err := c.UpdateDataset(t.Context(), dataset, api.DatasetPatch{Name: ptr("renamed")})
	if err != nil || d.Name != "renamed" {
		t.Errorf("%+v, %v", d, err)
	}
	if d, err = c.Dataset(t.Context(), dataset); err != nil || d.Name != "renamed" || d.IsPublic {
		t.Errorf("%+v, %v", d, err)
	}
	tag, err := c.CreateTag(t.Context(), "fresh")
	if err != nil || tag.Value != "fresh" || tag.UUID == "" {
		t.Errorf("%+v, %v", tag, err)
	}
}

func changeEvents(t *testing.T, c *Client, dataset string) {
	id := func(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }
	e, err := c.Update(t.Context(), dataset, id(20), api.EventPatch{Attacker: ptr("DELTA"), Date: ptr("2024-06-01T00:00:00Z")})
	if err != nil || e.Attacker != "DELTA" || e.Date.String() != "2024-06-01T00:00:00Z" {
		t.Errorf("%+v, %v", e, err)
	}
	res, err := c.UpdateMany(t.Context(), dataset, []string{id(21), id(22), id(999)}, api.EventPatch{TLP: ptr("red")})
	if err != nil || res.UpdatedCount != 2 || res.FailedCount != 1 || res.Failures[0].EventID != id(999) {
		t.Errorf("%+v, %v", res, err)
	}
	if err := c.AddTags(t.Context(), id(20), []string{"one", "C2"}); err != nil {
		t.Error(err)
	}
	if err := c.RemoveTags(t.Context(), id(20), []string{"ONE", "none"}); err != nil {
		t.Error(err)
	}
	if err := c.AddReferences(t.Context(), id(20), []string{id(21), id(22)}); err != nil {
		t.Error(err)
	}
	if err := c.RemoveReferences(t.Context(), id(20), []string{id(22)}); err != nil {
		t.Error(err)
	}
	e, err = c.Event(t.Context(), dataset, id(20))
	if err != nil || slices.Contains(e.Tags, "one") || !slices.Contains(e.Tags, "c2") || !slices.Equal(e.References, []string{id(21)}) {
		t.Errorf("%+v, %v", e, err)
	}
	if raw, err := c.UpdateRaw(t.Context(), e.UUID, e.RawID, api.RawPatch{Data: []byte(`{"new":1}`)}); err != nil || string(raw.Data) != `{"new":1}` {
		t.Errorf("%s, %v", raw.Data, err)
	}
	un, err := c.Unrelate(t.Context(), api.RelateEvents{ParentID: id(1), ChildIDs: []string{id(2)}, RelationshipType: api.CausedBy, DatasetID: dataset})
	if err != nil || un.RelationshipsRemoved != 1 {
		t.Errorf("%+v, %v", un, err)
	}
	if n, err := c.Delete(t.Context(), dataset, []string{id(88), id(89), id(999)}); n != 2 || err != nil {
		t.Errorf("%d deleted, %v", n, err)
	}
}

func saveAndAlert(t *testing.T, c *Client, dataset string) {
	q, err := c.CreateSavedQuery(t.Context(), api.NewSavedQuery{Name: "mine", QueryJSON: `{"datasetId":["` + dataset + `"]}`})
	if err != nil || q.ID == 0 || q.Name != "mine" {
		t.Fatalf("%+v, %v", q, err)
	}
	if _, err := c.CreateSavedQuery(t.Context(), api.NewSavedQuery{Name: "mine", QueryJSON: `{}`}); !isStatus(err, 409) || errors.Is(err, api.ErrUnsure) {
		t.Errorf("a name that is taken: %v", err)
	}
	if q, err = c.UpdateSavedQuery(t.Context(), q.ID, api.SavedQueryPatch{Name: ptr("ours")}); err != nil || q.Name != "ours" {
		t.Errorf("%+v, %v", q, err)
	}
	if list, err := c.SavedQueries(t.Context()); err != nil || len(list) != 1 || list[0].Name != "ours" || list[0].QueryJSON == "" {
		t.Errorf("%+v, %v", list, err)
	}
	if res, err := c.TestAlert(t.Context(), q.ID, 7); err != nil || res.QueryID != q.ID || res.Count == 0 {
		t.Errorf("%+v, %v", res, err)
	}
	a, err := c.CreateAlert(t.Context(), api.NewAlert{QueryID: q.ID, Frequency: api.Daily})
	if err != nil || a.QueryID != q.ID || !a.Enabled {
		t.Fatalf("%+v, %v", a, err)
	}
	if a, err = c.UpdateAlert(t.Context(), a.ID, api.AlertPatch{Enabled: ptr(false)}); err != nil || a.Enabled {
		t.Errorf("%+v, %v", a, err)
	}
	if list, err := c.Alerts(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
	if a, err = c.Alert(t.Context(), a.ID); err != nil || a.Frequency != api.Daily {
		t.Errorf("%+v, %v", a, err)
	}
	if in, err := c.Inbox(t.Context(), api.InboxQuery{UnreadOnly: true}); err != nil || len(in.Notifications) != 0 {
		t.Errorf("%+v, %v", in, err)
	}
	if err := c.MarkRead(t.Context(), nil, true); err != nil {
		t.Error(err)
	}
	if err := c.DeleteAlert(t.Context(), a.ID); err != nil {
		t.Error(err)
	}
	if err := c.DeleteSavedQuery(t.Context(), q.ID); err != nil {
		t.Error(err)
	}
	if _, err := c.SavedQuery(t.Context(), q.ID); !isStatus(err, 404) || errors.Is(err, api.ErrUnsupported) {
		t.Errorf("a deleted query: %v", err)
	}
}

func transferAndRevert(t *testing.T, c *Client, dataset string) {
	id := func(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }
	other, err := c.CreateDataset(t.Context(), "other", false)
	if err != nil {
		t.Fatal(err)
	}
	if res, err := c.Copy(t.Context(), dataset, other.UUID, []string{id(30), id(999), id(31)}, true); err != nil || res.Copied != 2 || len(res.InsertFailures) != 1 || res.InsertFailures[0].Index != 1 {
		t.Errorf("%+v, %v", res, err)
	}
	mark, err := c.History(t.Context(), api.HistoryQuery{Dataset: other.UUID, PageSize: 1})
	if err != nil || len(mark.Entries) != 1 || mark.Entries[0].Bookmark == "" || mark.Entries[0].Count != 2 {
		t.Fatalf("%+v, %v", mark, err)
	}
	if res, err := c.Move(t.Context(), dataset, other.UUID, []string{id(32)}, true); err != nil || res.Moved != 1 {
		t.Errorf("%+v, %v", res, err)
	}
	if e, err := c.Event(t.Context(), other.UUID, id(32)); err != nil || e.UUID != id(32) {
		t.Errorf("%+v, %v", e, err)
	}
	back := api.Revert{Bookmark: mark.Entries[0].Bookmark}
	if p, err := c.RevertPreview(t.Context(), other.UUID, back); err != nil || p.Deleted != 1 || p.Created != 0 {
		t.Errorf("%+v, %v", p, err)
	}
	res, err := c.Revert(t.Context(), other.UUID, back)
	if err != nil || res.UndoBookmark == "" {
		t.Fatalf("%+v, %v", res, err)
	}
	if _, err := c.Event(t.Context(), other.UUID, id(32)); !isStatus(err, 404) {
		t.Errorf("the revert left it: %v", err)
	}
	if _, err := c.Revert(t.Context(), other.UUID, api.Revert{Bookmark: res.UndoBookmark}); err != nil {
		t.Error(err)
	}
	if _, err := c.Event(t.Context(), other.UUID, id(32)); err != nil {
		t.Errorf("taken back, it is not there again: %v", err)
	}
	if _, err := c.History(t.Context(), api.HistoryQuery{Dataset: "00000000-0000-4000-8000-00000000dead"}); !isStatus(err, 404) || errors.Is(err, api.ErrUnsupported) {
		t.Errorf("a dataset that isn't there: %v", err)
	}
}

// TestObjectsOfOurServer walks through pages of objects, up to the last.
func TestObjectsOfOurServer(t *testing.T) {
	c := mounted(t, server.Config{})
	if _, err := c.CreateBulk(t.Context(), api.BulkCreate{Data: story(5), PreserveUUID: true}); err != nil {
		t.Fatal(err)
	}
	for format, list := range map[string]func(context.Context, api.ListQuery, func(json.RawMessage) error) (api.ResultInfo, error){"stix2": c.ListSTIX, "taxii": c.ListTAXII} {
		var types []string
		q := api.ListQuery{PageSize: 2}
		pages := 0
		for ; pages < 9; pages++ {
			info, err := list(t.Context(), q, typesOf(&types))
			if err != nil {
				t.Fatal(err)
			}
			if q = (api.ListQuery{Cursor: info.Cursor, PageSize: 2}); q.Cursor == "" {
				break
			}
		}
		incidents := len(slices.DeleteFunc(types, func(s string) bool { return s != "incident" }))
		if incidents != 5 || pages != 2 {
			t.Errorf("%s: %d incidents on %d pages", format, incidents, pages+1)
		}
	}
}
