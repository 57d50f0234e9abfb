package store

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"threatbench/api"
)

// The three datasets of a limited world; the first two are allowed where
// datasets are limited at all.
var limitDatasets = [...]string{"0190a000-0000-7000-8000-00000000000a", "0190a000-0000-7000-8000-00000000000b", "0190a000-0000-7000-8000-00000000000c"}

// TestLimitIsAsIfTheRestWereNotThere keeps everything in one database and only
// what a limit lets through in another: under the limit, the first answers
// every question as the second does.
func TestLimitIsAsIfTheRestWereNotThere(outer *testing.T) {
	rapid.Check(outer, func(t *rapid.T) {
		w := drawWorld(t, outer.TempDir())
		defer w.close(t)
		w.compareIDs(t)
		for range 4 {
			w.compareQuery(t)
		}
		w.compareCatalogs(t)
		w.changeHidden(t)
		w.compareIDs(t)
		w.compareQuery(t)
	})
}

type limitWorld struct {
	whole, part    *DB
	ctx            context.Context // under the limit
	limit          Limit
	events         []api.CreateEvent
	allowed        map[string]bool
	hidden, inside []string
}

func drawWorld(t *rapid.T, dir string) *limitWorld {
	w := &limitWorld{allowed: map[string]bool{}}
	w.limit.MaxTLP = rapid.SampledFrom([]api.TLP{api.TLPNone, api.TLPClear, api.TLPAmber, api.TLPAmberStrict}).Draw(t, "max")
	if w.limit.MaxTLP == api.TLPNone || rapid.Bool().Draw(t, "some datasets") {
		w.limit.Datasets = []string{"ONE", limitDatasets[1]}
	}
	w.ctx = WithLimit(context.Background(), w.limit)
	w.events = rapid.SliceOfNDistinct(genCreate(), 0, 24, func(e api.CreateEvent) string { return e.UUID }).Draw(t, "events")
	for i := range w.events {
		w.place(t, i)
	}
	var part []api.CreateEvent
	for _, e := range w.events {
		if !w.allowed[e.UUID] {
			continue
		}
		e.Relationships = slices.DeleteFunc(slices.Clone(e.Relationships), func(r api.RelationshipInput) bool { return !w.allowed[r.ParentID] })
		e.References = slices.DeleteFunc(slices.Clone(e.References), func(id string) bool { return !w.allowed[id] })
		part = append(part, e)
	}
	w.whole, w.part = limitDB(t, filepath.Join(dir, "whole.db"), w.events), limitDB(t, filepath.Join(dir, "part.db"), part)
	return w
}

// place puts an event into a dataset and hangs it under earlier ones.
func (w *limitWorld) place(t *rapid.T, i int) {
	e := &w.events[i]
	ds := rapid.IntRange(0, 2).Draw(t, "dataset")
	e.DatasetID = limitDatasets[ds]
	if e.MitreAttack == nil {
		e.MitreAttack = []string{}
	}
	if e.MitreCapec == nil {
		e.MitreCapec = []string{}
	}
	if w.limit.allows(e.TLP) && (ds < 2 || w.limit.Datasets == nil) {
		w.allowed[e.UUID] = true
		w.inside = append(w.inside, e.UUID)
	} else {
		w.hidden = append(w.hidden, e.UUID)
	}
	for range rapid.IntRange(0, 2).Draw(t, "edges") {
		if i == 0 {
			return
		}
		other := w.events[rapid.IntRange(0, i-1).Draw(t, "other")].UUID
		e.Relationships = append(e.Relationships, api.RelationshipInput{ParentID: other, RelationshipType: rapid.SampledFrom(api.RelationshipTypes()).Draw(t, "type")})
		if rapid.Bool().Draw(t, "refers") && !slices.Contains(e.References, other) {
			e.References = append(e.References, other)
		}
	}
}

func limitDB(t *rapid.T, path string, events []api.CreateEvent) *DB {
	d, err := Open(context.Background(), path, Options{segment: 8})
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"one", "two", "three"} {
		if _, err := d.CreateDataset(context.Background(), Actor{}, testAccount, api.Dataset{UUID: limitDatasets[i], Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	if len(events) == 0 {
		return d
	}
	res, err := d.Create(context.Background(), Actor{}, testAccount, api.BulkCreate{Data: events, PreserveUUID: true})
	if err != nil || len(res.Errors) > 0 {
		t.Fatalf("%v %v", err, res.Errors)
	}
	return d
}

func (w *limitWorld) close(t *rapid.T) {
	if err := errors.Join(w.whole.Close(), w.part.Close()); err != nil {
		t.Fatal(err)
	}
}

// bare leaves out of an event what numbers a database gives.
func bare(e api.Event) api.Event {
	if e.RawID != "" {
		e.RawID = "there"
	}
	slices.Sort(e.References)
	slices.Sort(e.Referenced)
	e.ReferencesIDs, e.ReferencedIDs, e.IndicatorTypeID = nil, nil, 0
	return e
}

func bareAll(events []api.Event) []api.Event {
	out := make([]api.Event, len(events))
	for i, e := range events {
		out[i] = bare(e)
	}
	return out
}

// same compares two answers.
func same[T any](t *rapid.T, what string, got T, gotErr error, want T, wantErr error) {
	t.Helper()
	if gotErr != nil || wantErr != nil {
		if gotErr == nil || wantErr == nil || gotErr.Error() != wantErr.Error() {
			t.Fatalf("%s: %v, want %v", what, gotErr, wantErr)
		}
		return
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s:\n%+v, want\n%+v", what, got, want)
	}
}

func missing(err error) bool {
	var known *api.Error
	return errors.As(err, &known) && known.Status == http.StatusNotFound
}

func (w *limitWorld) compareIDs(t *rapid.T) {
	for _, id := range w.hidden {
		_, event := w.whole.Event(w.ctx, testAccount, "", id)
		_, raw := w.whole.Raw(w.ctx, testAccount, "", id)
		_, related := w.whole.Related(w.ctx, testAccount, id, api.RelatedQuery{})
		_, graph := w.whole.Graph(w.ctx, testAccount, api.GraphQuery{Seeds: []api.NodeRef{{Type: api.NodeEvent, ID: id}}})
		if parents, err := w.whole.Parents(w.ctx, testAccount, []string{id}); err != nil || len(parents) > 0 {
			t.Fatalf("parents of a hidden event: %v, %v", parents, err)
		}
		for what, err := range map[string]error{"event": event, "raw": raw, "related": related, "graph": graph} {
			if !missing(err) {
				t.Fatalf("%s of a hidden event: %v", what, err)
			}
		}
	}
	for _, id := range w.inside {
		got, gotErr := w.whole.Event(w.ctx, testAccount, "", id)
		want, wantErr := w.part.Event(context.Background(), testAccount, "", id)
		same(t, "event", bare(got), gotErr, bare(want), wantErr)
		for _, q := range []api.RelatedQuery{{}, {Direction: api.Descendants, MaxDepth: 2, IncludeParent: true}} {
			got, gotErr := w.whole.Related(w.ctx, testAccount, id, q)
			want, wantErr := w.part.Related(context.Background(), testAccount, id, q)
			got.Events, want.Events = bareAll(got.Events), bareAll(want.Events)
			same(t, "related", got, gotErr, want, wantErr)
		}
		parents, gotErr := w.whole.Parents(w.ctx, testAccount, []string{id})
		wantParents, wantErr := w.part.Parents(context.Background(), testAccount, []string{id})
		same(t, "parents", parents, gotErr, wantParents, wantErr)
		w.compareGraph(t, id)
	}
}

func (w *limitWorld) compareGraph(t *rapid.T, id string) {
	q := api.GraphQuery{Seeds: []api.NodeRef{{Type: api.NodeEvent, ID: id}}}
	got, gotErr := w.whole.Graph(w.ctx, testAccount, q)
	want, wantErr := w.part.Graph(context.Background(), testAccount, q)
	same(t, "graph", bareGraph(got), gotErr, bareGraph(want), wantErr)
	for _, n := range got.Nodes {
		if n.Type != api.NodeIndicator {
			continue
		}
		q := api.GraphQuery{Seeds: []api.NodeRef{n.Ref()}}
		got, gotErr := w.whole.Graph(w.ctx, testAccount, q)
		want, wantErr := w.part.Graph(context.Background(), testAccount, q)
		same(t, "graph of an indicator", bareGraph(got), gotErr, bareGraph(want), wantErr)
	}
}

// bareGraph is a graph's edges and nodes with tags by their values, whose ids
// differ.
func bareGraph(g api.Graph) [][]string {
	name := map[string]string{}
	var out [][]string
	for _, n := range g.Nodes {
		label := n.Label
		if n.Type == api.NodeTag {
			label = api.Fold(label)
		}
		name[n.ID] = n.Type + " " + label
		out = append(out, []string{name[n.ID]})
	}
	for _, e := range g.Edges {
		out = append(out, []string{name[e.SourceID], e.RelationshipType, name[e.TargetID]})
	}
	return out
}

func (w *limitWorld) compareQuery(t *rapid.T) {
	var m model
	q := genQuery(&m).Draw(t, "query")
	if err := w.limit.orders(q.OrderBy); err != nil {
		_, got := w.whole.List(w.ctx, testAccount, q)
		same(t, "refused order", 0, got, 0, err)
		q.OrderBy = ""
	}
	if q.OrderBy == "indicatorTypeId" {
		q.OrderBy = "" // numbers that a database gives
	}
	q.Datasets = rapid.SampledFrom([][]string{{api.ScopeAll}, {limitDatasets[0]}, nil, {limitDatasets[1], limitDatasets[0]}}).Draw(t, "in")
	for page := 0; page < 3; page++ {
		got, gotErr := w.whole.List(w.ctx, testAccount, q)
		want, wantErr := w.part.List(context.Background(), testAccount, q)
		next := got.Info.Cursor
		if (next == "") != (want.Info.Cursor == "") {
			t.Fatalf("cursor %q, want %q", next, want.Info.Cursor)
		}
		wantNext := want.Info.Cursor
		got.Info.Cursor, want.Info.Cursor = "", ""
		got.Events, want.Events = bareAll(got.Events), bareAll(want.Events)
		same(t, "page", got, gotErr, want, wantErr)
		if next == "" || wantNext == "" {
			break
		}
		// The next page by number: a cursor belongs to its database.
		q.Page = max(q.Page, 1) + 1
	}
	q.Page, q.PageSize, q.OrderBy, q.Order = 0, 0, "", ""
	got, gotErr := w.whole.Select(w.ctx, testAccount, q)
	want, wantErr := w.part.Select(context.Background(), testAccount, q)
	if gotErr != nil || wantErr != nil {
		same(t, "selection", 0, gotErr, 0, wantErr)
		return
	}
	defer got.Close()
	defer want.Close()
	columns := rapid.SliceOfNDistinct(rapid.SampledFrom(api.AggregateColumns()), 1, 3, rapid.ID).Draw(t, "columns")
	groups, gotErr := got.GroupBy(w.ctx, GroupQuery{Columns: columns})
	wantGroups, wantErr := want.GroupBy(context.Background(), GroupQuery{Columns: columns})
	same(t, "groups", groups, gotErr, wantGroups, wantErr)
	line, gotErr := got.Timeline(w.ctx, 50, "")
	wantLine, wantErr := want.Timeline(context.Background(), 50, "")
	same(t, "timeline", line, gotErr, wantLine, wantErr)
	all, gotErr := w.whole.Aggregate(w.ctx, testAccount, api.AggregateQuery{AggregateBy: columns, Datasets: q.Datasets})
	wantAll, wantErr := w.part.Aggregate(context.Background(), testAccount, api.AggregateQuery{AggregateBy: columns, Datasets: q.Datasets})
	same(t, "aggregate", all, gotErr, wantAll, wantErr)
}

func (w *limitWorld) compareCatalogs(t *rapid.T) {
	for name, list := range map[string]func(*DB, context.Context) ([]string, error){
		"attackers":  func(d *DB, ctx context.Context) ([]string, error) { return d.Attackers(ctx, testAccount, nil) },
		"industries": func(d *DB, ctx context.Context) ([]string, error) { return d.TargetIndustries(ctx, testAccount, nil) },
		"types":      func(d *DB, ctx context.Context) ([]string, error) { return d.IndicatorTypes(ctx, testAccount, nil) },
		"categories": func(d *DB, ctx context.Context) (out []string, err error) {
			list, err := d.Categories(ctx, testAccount, nil)
			for _, c := range list {
				out = append(out, api.Fold(c.Name))
			}
			return out, err
		},
		"tags": func(d *DB, ctx context.Context) (out []string, err error) {
			list, err := d.Tags(ctx, testAccount, nil)
			for _, c := range list {
				out = append(out, api.Fold(c.Value))
			}
			return out, err
		},
	} {
		got, gotErr := list(w.whole, w.ctx)
		want, wantErr := list(w.part, context.Background())
		same(t, name, got, gotErr, want, wantErr)
	}
	list, err := w.whole.Datasets(w.ctx, testAccount)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range list {
		if w.limit.Datasets != nil && d.Name != "one" && d.Name != "two" {
			t.Fatalf("dataset %s is shown", d.Name)
		}
	}
	if _, err := w.whole.Dataset(w.ctx, testAccount, limitDatasets[2]); w.limit.Datasets != nil && !missing(err) {
		t.Fatalf("a hidden dataset is read: %v", err)
	}
}

// changeHidden tries to change what is hidden; nothing of it may happen.
func (w *limitWorld) changeHidden(t *rapid.T) {
	who := Actor{Name: "limited"}
	text := "changed"
	for _, id := range w.hidden {
		_, update := w.whole.Update(w.ctx, who, testAccount, "", id, api.EventPatch{Event: &text})
		tags := w.whole.AddTags(w.ctx, who, testAccount, id, []string{"mine"})
		for what, err := range map[string]error{"update": update, "tags": tags} {
			if !missing(err) {
				t.Fatalf("%s of a hidden event: %v", what, err)
			}
		}
		e, err := w.whole.Event(context.Background(), testAccount, "", id)
		if err != nil || e.Event == text {
			t.Fatalf("a hidden event was changed: %v %v", e.Event, err)
		}
		if n, err := w.whole.Delete(w.ctx, who, testAccount, e.DatasetID, []string{id}); err == nil && n > 0 {
			t.Fatal("a hidden event was deleted")
		}
		if len(w.inside) == 0 {
			continue
		}
		n, refused, err := w.whole.Relate(w.ctx, who, testAccount, []Edge{{Parent: id, Child: w.inside[0], Type: "related_to"}})
		if err != nil || n != 0 || len(refused) != 1 {
			t.Fatalf("a hidden event was related: %d %v %v", n, refused, err)
		}
	}
}

// A copy under a limit takes along what may be seen, and nothing that hangs on
// hidden events; moving keeps that, and doesn't count it.
func TestTransferUnderALimit(t *testing.T) {
	d := openNew(t)
	for i, name := range []string{"one", "two"} {
		if _, err := d.CreateDataset(t.Context(), Actor{}, testAccount, api.Dataset{UUID: limitDatasets[i], Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	const hidden, open, target = "0190a000-0000-7000-8000-000000000001", "0190a000-0000-7000-8000-000000000002", "0190a000-0000-7000-8000-000000000003"
	under := func(id, tlp string, parents ...string) api.CreateEvent {
		return plain(func(e *api.CreateEvent) {
			e.UUID, e.TLP, e.DatasetID, e.References = id, tlp, limitDatasets[0], parents
			for _, p := range parents {
				e.Relationships = append(e.Relationships, api.RelationshipInput{ParentID: p, RelationshipType: api.RelatedTo})
			}
		})
	}
	bulk(t, d, testAccount, api.BulkCreate{PreserveUUID: true, Data: []api.CreateEvent{under(hidden, "red"), under(open, "green"), under(target, "green", hidden, open)}})
	ctx := WithLimit(t.Context(), Limit{MaxTLP: api.TLPAmber})
	res, err := d.Copy(ctx, Actor{}, testAccount, Transfer{From: limitDatasets[0], To: limitDatasets[1], EventIDs: []string{target}})
	if err != nil || res.Copied != 1 || res.RelationshipsCopied != 1 {
		t.Fatalf("got %+v, %v", res, err)
	}
	page := listed(t, d, api.ListQuery{Datasets: []string{limitDatasets[1]}})
	if len(page.Events) != 1 || !slices.Equal(page.Events[0].References, []string{open}) {
		t.Errorf("the copy refers to %+v", page.Events)
	}
	parents, err := d.Parents(t.Context(), testAccount, []string{page.Events[0].UUID})
	if list := parents[page.Events[0].UUID]; err != nil || len(list) != 1 || list[0].ParentID != open {
		t.Errorf("the copy hangs under %+v, %v", parents, err)
	}
	moved, err := d.Move(ctx, Actor{}, testAccount, Transfer{From: limitDatasets[0], To: limitDatasets[1], EventIDs: []string{target}})
	if err != nil || moved.Moved != 1 || moved.RelationshipsCopied != 1 {
		t.Errorf("got %+v, %v", moved, err)
	}
	if list, err := d.Parents(t.Context(), testAccount, []string{target}); err != nil || len(list[target]) != 2 {
		t.Errorf("moving lost a relationship: %+v, %v", list, err)
	}
}

// TestRawRecordAboveALimitIsNotThere holds that somebody limited reads and
// changes an event's raw record no more where that is marked above the limit.
func TestRawRecordAboveALimitIsNotThere(t *testing.T) {
	d, _ := changeable(t)
	in := plain(nil)
	in.TLP, in.Raw = "green", api.RawInput{Data: json.RawMessage(`{"names":"others"}`), TLP: "red"}
	id := create(t, d, in).CreatedEvents[0].UUID
	within := WithLimit(context.Background(), Limit{MaxTLP: api.TLPGreen})
	whole, err := d.Raw(context.Background(), testAccount, "", id)
	if err != nil {
		t.Fatal(err)
	}
	source := "changed"
	_, byEvent := d.Raw(within, testAccount, "", id)
	_, byID := d.RawByID(within, testAccount, id, whole.ID)
	_, change := d.UpdateRaw(within, Actor{}, testAccount, id, whole.ID, api.RawPatch{Source: &source})
	for what, err := range map[string]error{"by its event": byEvent, "by its id": byID, "changed": change} {
		if !missing(err) {
			t.Errorf("%s: %v, want a 404", what, err)
		}
	}
	if _, err := d.Event(within, testAccount, "", id); err != nil {
		t.Errorf("its event: %v", err)
	}
	if now, err := d.Raw(context.Background(), testAccount, "", id); err != nil || now.Source == source {
		t.Errorf("the record is %+v, %v", now, err)
	}
}
