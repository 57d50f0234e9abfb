package guard_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/client"
	"threatbench/api/demo"
	"threatbench/api/server"
	"threatbench/api/store"
	"threatbench/cli/guard"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// world is a server that knows nothing of roles, and beside it one that does.
type world struct {
	t        *testing.T
	whole    async.Client // as the account's token sees it
	handler  http.Handler
	events   []api.Event // all of them
	datasets []api.Dataset
}

const account = "acc"

func newWorld(t *testing.T) *world {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "events.db"), store.Options{Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	h, err := server.New(db, server.Config{Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, handler: h}
	w.whole = w.client(h)
	for batch := range demo.Generate(1, 500, noon).Batches(500) {
		d, err := db.CreateDataset(t.Context(), store.Actor{}, account, api.Dataset{Name: fmt.Sprint("set ", len(w.datasets))})
		if err != nil {
			t.Fatal(err)
		}
		w.datasets = append(w.datasets, d)
		if _, err := db.Create(t.Context(), store.Actor{}, account, api.BulkCreate{DatasetID: d.UUID, Data: batch.Events, PreserveUUID: true}); err != nil {
			t.Fatal(err)
		}
	}
	p, err := w.whole.List(t.Context(), api.ListQuery{Datasets: []string{api.ScopeAll}, PageSize: 1000})
	if err != nil || len(p.Events) < 500 || len(w.datasets) < 2 {
		t.Fatalf("%d events in %d datasets: %v", len(p.Events), len(w.datasets), err)
	}
	w.events = p.Events
	return w
}

func (w *world) client(h http.Handler) *client.Client {
	w.t.Helper()
	c, err := client.New(client.Config{BaseURL: "http://x.invalid" + server.BasePath, Account: account, Retries: -1, Transport: server.Mount(h)})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// knowing is the same account on the server that keeps the limit itself.
func (w *world) knowing(r guard.Rights) async.Client {
	return w.client(server.As(w.handler, server.Grant{
		Account: account, Permission: server.PermTriage, Name: "bo", Limit: &store.Limit{Datasets: r.Datasets, MaxTLP: r.MaxTLP},
	}))
}

func (w *world) guarded(r guard.Rights) *guard.API {
	return guard.New(w.whole, r, func() time.Time { return noon })
}

func (w *world) limits() map[string]guard.Rights {
	return map[string]guard.Rights{
		"by TLP":     {Kind: guard.Triage, MaxTLP: api.TLPGreen},
		"by dataset": {Kind: guard.Triage, Datasets: []string{strings.ToUpper(w.datasets[0].Name)}},
		"by both":    {Kind: guard.Triage, MaxTLP: api.TLPAmber, Datasets: []string{w.datasets[1].UUID}},
	}
}

// sees tells whether an event is within rights, said in another way than the
// guard does.
func (w *world) sees(r guard.Rights, e *api.Event) bool {
	tlp, known := api.ParseTLP(e.TLP)
	if r.MaxTLP != api.TLPNone && (!known || tlp > r.MaxTLP) {
		return false
	}
	for _, d := range w.datasets {
		if d.UUID == e.DatasetID && len(r.Datasets) > 0 {
			return strings.EqualFold(r.Datasets[0], d.UUID) || strings.EqualFold(r.Datasets[0], d.Name)
		}
	}
	return true
}

func conditions(t *rapid.T) []api.Condition {
	some := []api.Condition{
		{Field: api.FieldTLP, Op: api.OpNot, Values: []string{"green"}}, {Field: api.FieldTLP, Op: api.OpEquals, Values: []string{"red"}},
		{Field: api.FieldCategory, Op: api.OpContains, Values: []string{"i"}}, {Field: api.FieldAttacker, Op: api.OpNot, Values: []string{"HOLLOWMAGPIE"}},
		{Field: api.FieldDate, Op: api.OpGte, Values: []string{"2025-06-01T00:00:00Z"}}, {Field: api.FieldEvent, Op: api.OpFind, Values: []string{"the"}},
	}
	return rapid.SliceOfN(rapid.SampledFrom(some), 0, 3).Draw(t, "conditions")
}

// TestAnswersAreThoseOfAServerThatKnowsTheRole asks a server that knows nothing
// of roles through the guard, and one that keeps the limit itself: pages,
// totals, facets and timelines are the same.
func TestAnswersAreThoseOfAServerThatKnowsTheRole(outer *testing.T) {
	w := newWorld(outer)
	for name, r := range w.limits() {
		g, want := w.guarded(r), w.knowing(r)
		rapid.Check(outer, func(t *rapid.T) {
			q := api.ListQuery{Search: conditions(t), PageSize: rapid.IntRange(1, 60).Draw(t, "size"), Page: rapid.IntRange(1, 3).Draw(t, "page"), Datasets: []string{api.ScopeAll}}
			if rapid.Bool().Draw(t, "branches") {
				q.Branches = [][]api.Condition{{{Field: api.FieldTLP, Op: api.OpEquals, Values: []string{"amber"}}}, {{Field: api.FieldTargetCountry, Op: api.OpEquals, Values: []string{"US"}}}}
			}
			got, err := g.List(outer.Context(), q)
			wanted, err2 := want.List(outer.Context(), q)
			if err != nil || err2 != nil || got.Info.TotalCount != wanted.Info.TotalCount || !slices.Equal(idsOf(got.Events), idsOf(wanted.Events)) {
				t.Fatalf("%s: %+v, want %+v: %v, %v", name, got.Info, wanted.Info, err, err2)
			}
			s := api.SummaryQuery{Filter: q, Facets: []string{"attacker", "tlp", "category"}, MaxBuckets: 20}
			s.Filter.Page, s.Filter.PageSize = 0, 0
			a, err := g.Summary(outer.Context(), s)
			b, err2 := want.Summary(outer.Context(), s)
			if err != nil || err2 != nil || !reflect.DeepEqual(a, b) {
				t.Fatalf("%s: summary %+v, want %+v: %v, %v", name, a, b, err, err2)
			}
		})
	}
}

func idsOf(events []api.Event) (ids []string) {
	for _, e := range events {
		ids = append(ids, e.UUID)
	}
	return ids
}

// TestNothingHiddenIsReached goes at every event by its id, page by page, and
// by everything else there is.
func TestNothingHiddenIsReached(t *testing.T) {
	w := newWorld(t)
	for name, r := range w.limits() {
		g, within, seen := w.guarded(r), 0, 0
		for i := range w.events {
			e := &w.events[i]
			is := w.sees(r, e)
			if is {
				within++
			}
			for _, dataset := range []string{"", e.DatasetID} {
				got, err := g.Event(t.Context(), dataset, e.UUID)
				if (err == nil) != is || err != nil && api.StatusOf(err) != http.StatusNotFound {
					t.Fatalf("%s: event marked %q: %v", name, e.TLP, err)
				}
				if got.NumReferences+got.NumReferenced+len(got.References)+len(got.Referenced) > 0 || got.HasChildren {
					t.Fatalf("%s: an event tells what hangs on it: %+v", name, got)
				}
			}
			if i%7 != 0 {
				continue
			}
			fresh := w.guarded(r) // that has seen nothing
			if _, err := fresh.Raw(t.Context(), e.DatasetID, e.UUID); err == nil && !is || err != nil && is && api.StatusOf(err) != http.StatusForbidden {
				t.Fatalf("%s: raw record of an event marked %q: %v", name, e.TLP, err)
			}
			if _, err := fresh.RawByID(t.Context(), e.UUID, e.RawID); err == nil && !is {
				t.Fatalf("%s: raw record by id of an event marked %q", name, e.TLP)
			}
		}
		for q := (api.ListQuery{PageSize: 50, Datasets: []string{api.ScopeAll}}); ; {
			p, err := g.List(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for i := range p.Events {
				if !w.sees(r, &p.Events[i]) {
					t.Fatalf("%s: lists %+v", name, p.Events[i])
				}
			}
			if seen += len(p.Events); p.Info.Cursor == "" || len(p.Events) == 0 {
				break
			}
			q = api.ListQuery{Cursor: p.Info.Cursor, PageSize: 50}
		}
		if seen != within || within == 0 || within == len(w.events) {
			t.Errorf("%s: %d events, want %d of %d", name, seen, within, len(w.events))
		}
		open, err := w.whole.List(t.Context(), api.ListQuery{PageSize: 1, Datasets: []string{api.ScopeAll}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.List(t.Context(), api.ListQuery{Cursor: open.Info.Cursor}); api.StatusOf(err) != http.StatusBadRequest {
			t.Errorf("%s: a cursor of the whole account is taken: %v", name, err)
		}
	}
}

// TestWhatCannotBeNarrowedIsRefused calls all the rest, by its name, so that
// what a client learns to do tomorrow has to be thought about.
func TestWhatCannotBeNarrowedIsRefused(t *testing.T) {
	w := newWorld(t)
	ctx, id := context.Background(), w.events[0].UUID
	calls := map[string]func(c async.Client) error{
		"Graph": func(c async.Client) error {
			_, err := c.Graph(ctx, api.GraphQuery{Seeds: []api.NodeRef{{Type: api.NodeEvent, ID: id}}})
			return err
		},
		"Related": func(c async.Client) error { _, err := c.Related(ctx, id, api.RelatedQuery{}); return err },
		"Query":   func(c async.Client) error { _, err := c.Query(ctx, "{ events { total } }", nil); return err },
		"History": func(c async.Client) error { _, err := c.History(ctx, api.HistoryQuery{}); return err },
		"Preview": func(c async.Client) error {
			_, err := c.RevertPreview(ctx, w.datasets[0].UUID, api.Revert{})
			return err
		},
		"Alerts":      func(c async.Client) error { _, err := c.Alerts(ctx); return err },
		"Alert":       func(c async.Client) error { _, err := c.Alert(ctx, 1); return err },
		"Inbox":       func(c async.Client) error { _, err := c.Inbox(ctx, api.InboxQuery{}); return err },
		"TestAlert":   func(c async.Client) error { _, err := c.TestAlert(ctx, 1, 1); return err },
		"CreateQuery": func(c async.Client) error { _, err := c.CreateSavedQuery(ctx, api.NewSavedQuery{}); return err },
		"UpdateQuery": func(c async.Client) error { _, err := c.UpdateSavedQuery(ctx, 1, api.SavedQueryPatch{}); return err },
		"DeleteQuery": func(c async.Client) error { return c.DeleteSavedQuery(ctx, 1) },
		"CreateAlert": func(c async.Client) error { _, err := c.CreateAlert(ctx, api.NewAlert{}); return err },
		"UpdateAlert": func(c async.Client) error { _, err := c.UpdateAlert(ctx, 1, api.AlertPatch{}); return err },
		"DeleteAlert": func(c async.Client) error { return c.DeleteAlert(ctx, 1) },
		"MarkRead":    func(c async.Client) error { return c.MarkRead(ctx, []int64{1}, true) },
		"AddRefs":     func(c async.Client) error { return c.AddReferences(ctx, id, []string{id}) },
		"RemoveRefs":  func(c async.Client) error { return c.RemoveReferences(ctx, id, []string{id}) },
		"Relate":      func(c async.Client) error { _, err := c.Relate(ctx, api.RelateEvents{}); return err },
		"Unrelate":    func(c async.Client) error { _, err := c.Unrelate(ctx, api.RelateEvents{}); return err },
		"UpdateRaw":   func(c async.Client) error { _, err := c.UpdateRaw(ctx, id, "1", api.RawPatch{}); return err },
		"Delete":      func(c async.Client) error { _, err := c.Delete(ctx, w.datasets[0].UUID, []string{id}); return err },
		"Move": func(c async.Client) error {
			_, err := c.Move(ctx, w.datasets[0].UUID, w.datasets[1].UUID, []string{id}, true)
			return err
		},
		"Copy": func(c async.Client) error {
			_, err := c.Copy(ctx, w.datasets[0].UUID, w.datasets[1].UUID, []string{id}, true)
			return err
		},
		"Revert":        func(c async.Client) error { _, err := c.Revert(ctx, w.datasets[0].UUID, api.Revert{}); return err },
		"CreateDataset": func(c async.Client) error { _, err := c.CreateDataset(ctx, "x", false); return err },
		"UpdateDataset": func(c async.Client) error {
			_, err := c.UpdateDataset(ctx, w.datasets[0].UUID, api.DatasetPatch{})
			return err
		},
		"order": func(c async.Client) error {
			_, err := c.List(ctx, api.ListQuery{OrderBy: "numReferences"})
			return err
		},
		"children": func(c async.Client) error {
			_, err := c.List(ctx, api.ListQuery{Search: []api.Condition{{Field: api.FieldHasChildren, Op: api.OpEquals, Values: []string{"true"}}}})
			return err
		},
	}
	for what, call := range calls {
		for name, r := range w.limits() {
			r.Kind = guard.Admin
			if err := call(w.guarded(r)); api.StatusOf(err) != http.StatusForbidden {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
	}
	if _, err := w.guarded(guard.Rights{MaxTLP: api.TLPGreen}).Aggregate(ctx, api.AggregateQuery{AggregateBy: []string{"attacker"}}); api.StatusOf(err) != http.StatusForbidden {
		t.Errorf("aggregates by TLP: %v", err)
	}
	r := w.limits()["by dataset"]
	got, err := w.guarded(r).Aggregate(ctx, api.AggregateQuery{AggregateBy: []string{"attacker"}, Datasets: []string{api.ScopeAll}})
	want, err2 := w.knowing(r).Aggregate(ctx, api.AggregateQuery{AggregateBy: []string{"attacker"}, Datasets: []string{api.ScopeAll}})
	if err != nil || err2 != nil || got.Total != want.Total {
		t.Errorf("aggregates by dataset: %d, want %d: %v, %v", got.Total, want.Total, err, err2)
	}
	for name, r := range w.limits() {
		for _, read := range []func(context.Context) ([]string, error){w.guarded(r).Attackers, w.guarded(r).TargetIndustries, w.guarded(r).IndicatorTypes} {
			if list, err := read(ctx); err != nil || len(list) > 0 {
				t.Errorf("%s: a catalogue of everybody's values: %v %v", name, list, err)
			}
		}
		ds, err := w.guarded(r).Datasets(ctx)
		if err != nil || len(r.Datasets) > 0 && len(ds) != 1 {
			t.Errorf("%s: datasets %v: %v", name, ds, err)
		}
	}
}

func TestSavedQueriesOfTheAccount(t *testing.T) {
	w := newWorld(t)
	for name, datasets := range map[string]string{"all": `["all"]`, "first": `["` + w.datasets[0].UUID + `"]`, "second": `["` + w.datasets[1].UUID + `"]`} {
		if _, err := w.whole.CreateSavedQuery(t.Context(), api.NewSavedQuery{Name: name, QueryJSON: `{"datasetId":` + datasets + `}`}); err != nil {
			t.Fatal(err)
		}
	}
	for limit, want := range map[string]string{"by TLP": "all first second", "by dataset": "all first", "by both": "all second"} {
		g := w.guarded(w.limits()[limit])
		list, err := g.SavedQueries(t.Context())
		var names []string
		for _, q := range list {
			names = append(names, q.Name)
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); err != nil || got != want {
			t.Errorf("%s: %q, want %q: %v", limit, got, want, err)
		}
	}
}

// TestChangesKeepToTheRights lets a limited role change what it sees, and
// nobody more than their role.
func TestChangesKeepToTheRights(t *testing.T) {
	w := newWorld(t)
	r := guard.Rights{Kind: guard.Triage, MaxTLP: api.TLPGreen}
	var in, out api.Event
	for _, e := range w.events {
		if w.sees(r, &e) && in.UUID == "" {
			in = e
		}
		if !w.sees(r, &e) && out.UUID == "" {
			out = e
		}
	}
	g, text := w.guarded(r), "changed"
	patch := api.EventPatch{Event: &text}
	if _, err := g.Update(t.Context(), in.DatasetID, in.UUID, patch); err != nil {
		t.Error(err)
	}
	if err := g.AddTags(t.Context(), in.UUID, []string{"x"}); err != nil {
		t.Error(err)
	}
	for what, err := range map[string]error{
		"update": second(g.Update(t.Context(), out.DatasetID, out.UUID, patch)), "tag": g.AddTags(t.Context(), out.UUID, []string{"x"}), "untag": g.RemoveTags(t.Context(), out.UUID, []string{"x"}),
	} {
		if api.StatusOf(err) != http.StatusNotFound {
			t.Errorf("%s of a hidden event: %v", what, err)
		}
	}
	res, err := g.UpdateMany(t.Context(), api.ScopeAll, []string{in.UUID, out.UUID}, patch)
	if err == nil && (res.UpdatedCount != 1 || res.FailedCount != 1 || res.Failures[0].EventID != out.UUID) {
		t.Errorf("%+v", res)
	}
	e, err := w.whole.Event(t.Context(), out.DatasetID, out.UUID)
	if err != nil || e.Event == text || slices.Contains(e.Tags, "x") {
		t.Errorf("a hidden event was changed: %+v %v", e, err)
	}
	fresh := api.CreateEvent{Date: "2026-03-01T00:00:00Z", Category: "Phishing", Event: "new", TLP: "red", Raw: api.RawInput{Data: json.RawMessage(`{}`)}, DatasetID: w.datasets[0].UUID}
	if _, err := g.Create(t.Context(), fresh); api.StatusOf(err) != http.StatusForbidden {
		t.Errorf("made what it can't see: %v", err)
	}
	for kind, want := range map[guard.Kind]int{guard.Read: 403, guard.Triage: 403, guard.Admin: 0} {
		c := w.guarded(guard.Rights{Kind: kind})
		_, err := c.CreateDataset(t.Context(), fmt.Sprint("by ", kind), false)
		if got := statusOf(err); got != want {
			t.Errorf("kind %d makes a dataset: %v", kind, err)
		}
		if err := c.AddTags(t.Context(), in.UUID, []string{"y"}); (err == nil) != (kind != guard.Read) {
			t.Errorf("kind %d tags: %v", kind, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func statusOf(err error) int {
	if err == nil {
		return 0
	}
	return api.StatusOf(err)
}

// liar is a server that doesn't do what it is asked.
type liar struct {
	async.Client
}

func (l *liar) List(ctx context.Context, q api.ListQuery) (api.Page, error) {
	q.Search, q.Datasets = nil, []string{api.ScopeAll}
	return l.Client.List(ctx, q)
}

// restOnly is a server that counts whole datasets only.
type restOnly struct {
	async.Client
	asked int
}

func (r *restOnly) Summary(ctx context.Context, q api.SummaryQuery) (api.Summary, error) {
	r.asked++
	q.Filter.Search, q.Filter.Branches = nil, nil
	s, err := r.Client.Summary(ctx, q)
	s.Unfiltered = true
	return s, err
}

func (r *restOnly) Groups(ctx context.Context, q api.GroupQuery) (api.Groups, error) {
	q.Filter.Search, q.Filter.Branches = nil, nil
	g, err := r.Client.Groups(ctx, q)
	g.Unfiltered = true
	return g, err
}

// unmarked is a server whose events carry no marking that is known.
type unmarked struct{ async.Client }

func (u unmarked) Event(ctx context.Context, dataset, id string) (api.Event, error) {
	e, err := u.Client.Event(ctx, dataset, id)
	e.TLP = "for friends"
	return e, err
}

func TestUnknownMarkingCountsAsRed(t *testing.T) {
	w := newWorld(t)
	for most, want := range map[api.TLP]int{api.TLPAmberStrict: http.StatusNotFound, api.TLPRed: 0} {
		g := guard.New(unmarked{w.whole}, guard.Rights{MaxTLP: most}, time.Now)
		if _, err := g.Event(t.Context(), "", w.events[0].UUID); statusOf(err) != want {
			t.Errorf("up to %s: %v", most, err)
		}
	}
}

// TestServersThatDontFilter shows that what wasn't narrowed isn't believed.
func TestServersThatDontFilter(t *testing.T) {
	w := newWorld(t)
	for name, r := range w.limits() {
		g := guard.New(&liar{Client: w.whole}, r, time.Now)
		if p, err := g.List(t.Context(), api.ListQuery{PageSize: 200}); api.StatusOf(err) != http.StatusForbidden || len(p.Events) > 0 || p.Info.TotalCount != 0 {
			t.Errorf("%s: %+v %v", name, p.Info, err)
		}
	}
	rest, r := &restOnly{Client: w.whole}, guard.Rights{MaxTLP: api.TLPGreen}
	g, q := guard.New(rest, r, time.Now), api.SummaryQuery{Filter: api.ListQuery{Datasets: []string{api.ScopeAll}}, Facets: []string{"attacker"}, MaxBuckets: 10}
	want := 0
	for i := range w.events {
		if w.sees(r, &w.events[i]) {
			want++
		}
	}
	for range 2 {
		s, err := g.Summary(t.Context(), q)
		if err != nil || s.Total != want || len(s.Facets) != 1 || len(s.Facets[0].Top) != 0 || len(s.Timeline.Points) != 0 {
			t.Errorf("summary %+v, want a total of %d and no more: %v", s, want, err)
		}
	}
	if rest.asked != 1 {
		t.Errorf("asked %d times for counts it can't use", rest.asked)
	}
	if _, err := g.Groups(t.Context(), api.GroupQuery{Columns: []string{"attacker"}}); api.StatusOf(err) != http.StatusForbidden {
		t.Errorf("groups: %v", err)
	}
	byDataset, err := guard.New(rest, w.limits()["by dataset"], time.Now).Summary(t.Context(), q)
	if err != nil || len(byDataset.Facets[0].Top) == 0 {
		t.Errorf("whole datasets that may be seen whole aren't counted: %v", err)
	}
}
