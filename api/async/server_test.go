package async

import (
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"threatbench/api"
	"threatbench/api/client"
	"threatbench/api/server"
	"threatbench/api/store"
)

// lab is a layer over our own server with one dataset of n events and an
// empty one.
type lab struct {
	*Layer
	c           *client.Client
	full, empty api.Dataset
}

func newLab(t *testing.T, n int) lab {
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
	h, err := server.New(db, server.Config{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(client.Config{BaseURL: "http://local/client/v4", Account: "0123456789abcdef0123456789abcdef", Transport: server.Mount(h)})
	if err != nil {
		t.Fatal(err)
	}
	l := lab{Layer: New(t.Context(), c, Options{}), c: c}
	t.Cleanup(l.Close)
	for _, d := range []*api.Dataset{&l.full, &l.empty} {
		if *d, err = c.CreateDataset(t.Context(), fmt.Sprintf("set %p", d), false); err != nil {
			t.Fatal(err)
		}
	}
	in := api.BulkCreate{DatasetID: l.full.UUID, PreserveUUID: true}
	for i := range n {
		in.Data = append(in.Data, api.CreateEvent{
			UUID: fmt.Sprintf("00000000-0000-4000-8000-%012d", i), Date: time.Date(2024, 1, 1, i, 0, 0, 0, time.UTC).Format(time.RFC3339),
			Event: fmt.Sprintf("sighting %d", i), Category: "Phishing", Attacker: []string{"ALPHA", "BETA", ""}[i%3], TLP: "amber",
			Tags: [][]string{nil, {"C2", "x"}}[i%2], Raw: api.RawInput{Data: []byte(fmt.Sprintf(`{"line":%d}`, i))},
		})
	}
	if res, err := c.CreateBulk(t.Context(), in); err != nil || res.CreatedEventsCount != n {
		t.Fatalf("%+v, %v", res, err)
	}
	return l
}

// state is every event of both datasets, by id.
func (l lab) state(t *testing.T) map[string]api.Event {
	t.Helper()
	p, err := l.c.List(t.Context(), api.ListQuery{Datasets: []string{l.full.UUID, l.empty.UUID}, PageSize: 1000})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]api.Event{}
	for _, e := range p.Events {
		slices.Sort(e.Tags)
		out[e.UUID] = e
	}
	return out
}

func (l lab) targets(from, to int) (out []Target) {
	for i := from; i < to; i++ {
		out = append(out, Target{Dataset: l.full.UUID, ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", i)})
	}
	return out
}

// Every change against our own server: confirmed by it, and taken back to the
// very events there were.
func TestChangesAgainstOurServer(t *testing.T) {
	l := newLab(t, 240)
	for _, c := range []Change{
		TagEvents(l.targets(0, 150), []string{"c2", "fresh"}),
		UntagEvents(l.targets(0, 150), []string{"X"}),
		EditEvents(l.targets(0, 150), api.EventPatch{Attacker: ptr("DELTA"), TLP: ptr("red"), Insight: ptr("new")}, nil),
		EditEvents(l.targets(3, 5), api.EventPatch{Date: ptr("2020-02-02T00:00:00Z")}, nil),
		EditEvents(l.targets(0, 3), api.EventPatch{TargetCountry: ptr("DE"), Indicator: ptr("evil.example"), IndicatorType: ptr("domain")}, nil),
		ReferTo(l.targets(0, 3), ids(l.targets(10, 12))),
		RelateEvents(l.targets(0, 1)[0], l.targets(5, 9), api.CausedBy),
		MoveEvents(l.targets(0, 150), l.empty, true),
		CopyEvents(l.targets(0, 150), l.empty, true),
		DeleteEvents(l.targets(0, 150)),
		CreateEvents(api.CreateEvent{
			DatasetID: l.full.UUID, Date: "2024-05-01", Event: "new", Category: "Phishing", TLP: "amber", Raw: api.RawInput{Data: []byte(`{}`)},
		}),
	} {
		t.Run(c.Label, func(t *testing.T) {
			before := l.state(t)
			res := carryOut(t, l.Layer, c)
			if c.Kind == KindDelete && res.Undo == nil {
				t.Fatalf("can't be taken back: %s", res.NoUndo)
			}
			whole(t, res)
			if same(before, l.state(t)) {
				t.Error("nothing changed")
			}
			whole(t, carryOut(t, l.Layer, *res.Undo))
			after := l.state(t)
			for id, e := range before {
				if !reflect.DeepEqual(after[id], e) {
					t.Fatalf("taken back, it is\n%+v\nand was\n%+v", after[id], e)
				}
			}
			if len(after) != len(before) {
				t.Errorf("%d events, there were %d", len(after), len(before))
			}
		})
	}
}

func same(a, b map[string]api.Event) bool {
	return maps.EqualFunc(a, b, func(x, y api.Event) bool { return reflect.DeepEqual(x, y) })
}

// An event may have kill chain and techniques of its own, as imported ones do:
// taking a change of its category back brings them back too, and not what the
// old category says.
func TestUndoOfACategoryRestoresTheEventsOwnTechniques(t *testing.T) {
	l := newLab(t, 2)
	in := api.BulkCreate{DatasetID: l.full.UUID, PreserveUUID: true}
	for i, own := range []api.CreateEvent{
		{KillChain: ptr(7), MitreAttack: []string{"T1486"}, MitreCapec: []string{"CAPEC-163"}},
		{KillChain: ptr(0), MitreAttack: []string{}, MitreCapec: []string{}},
	} {
		own.UUID, own.Date, own.Event = fmt.Sprintf("00000000-0000-4000-8000-%012d", 2+i), "2024-01-01T00:00:00Z", "of its own"
		own.Category, own.TLP, own.Raw = "Phishing", "amber", api.RawInput{Data: []byte(`{}`)}
		in.Data = append(in.Data, own)
	}
	if res, err := l.c.CreateBulk(t.Context(), in); err != nil || res.CreatedEventsCount != 2 {
		t.Fatalf("%+v, %v", res, err)
	}
	before := l.state(t)
	var u UndoStack
	res := carryOut(t, l.Layer, EditEvents(l.targets(0, 4), api.EventPatch{Category: ptr("Scanning")}, nil))
	whole(t, res)
	after := l.state(t)
	if reflect.DeepEqual(before, after) {
		t.Fatal("nothing changed")
	}
	for range 2 {
		u.Add(res)
		undo, _ := u.Undo()
		res = carryOut(t, l.Layer, undo)
		whole(t, res)
		if now := l.state(t); !reflect.DeepEqual(now, before) {
			t.Errorf("taken back: %+v\nwant %+v", now, before)
		}
		u.Add(res)
		redo, _ := u.Redo()
		res = carryOut(t, l.Layer, redo)
		whole(t, res)
		if now := l.state(t); !reflect.DeepEqual(now, after) {
			t.Errorf("done again: %+v\nwant %+v", now, after)
		}
	}
}
