package stix

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"threatbench/api"
)

// written is what a Writer makes of events and of the edges in which they are
// the child, by id.
func written(t interface{ Fatal(...any) }, events []api.Event, edges []Edge) map[string]anyObject {
	var b bytes.Buffer
	w := NewWriter(&b)
	for _, e := range events {
		var own []Edge
		for _, edge := range edges {
			if edge.Child == e.UUID {
				own = append(own, edge)
			}
		}
		if err := w.Event(e, own); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var out struct {
		Objects []anyObject `json:"objects"`
	}
	if err := json.Unmarshal(b.Bytes(), &out); err != nil {
		t.Fatal(err)
	}
	return byID(t, out.Objects)
}

func byID(t interface{ Fatal(...any) }, list []anyObject) map[string]anyObject {
	out := map[string]anyObject{}
	for _, o := range list {
		id := o["id"].(string)
		if out[id] != nil {
			t.Fatal("twice: ", id)
		}
		out[id] = o
	}
	return out
}

// TestWriterAgreesWithABundle holds that events written one by one, in any
// order, give the objects of a bundle made at once: each once, with the
// strictest marking of all that use it.
func TestWriterAgreesWithABundle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := rapid.SliceOfN(rapid.Custom(drawEvent), 0, 6).Draw(t, "events")
		for i := range events {
			events[i].UUID = fmt.Sprintf("3f0f6c9e-58a9-4d0f-9c39-4a8f6f3e9b%02d", i)
			events[i].Attacker = rapid.SampledFrom([]string{"", "BEAR", "KITTEN"}).Draw(t, "attacker")
			events[i].TLP = rapid.SampledFrom([]string{"", "clear", "green", "amber", "amber+strict", "red"}).Draw(t, "tlp")
			if events[i].IndicatorType == "domain" {
				events[i].Indicator = "x.example"
			}
			if len(events[i].References) > 0 {
				events[i].References[0] = events[rapid.IntRange(0, i).Draw(t, "referred")].UUID
			}
		}
		var edges []Edge
		for range rapid.IntRange(0, 6).Draw(t, "edges") {
			if len(events) > 1 {
				pair := rapid.Permutation(events).Draw(t, "pair")
				edges = append(edges, Edge{pair[0].UUID, pair[1].UUID, rapid.SampledFrom(api.RelationshipTypes()).Draw(t, "type")})
			}
		}
		want := byID(t, bundleOf(t, events, edges))
		got := written(t, rapid.Permutation(events).Draw(t, "order"), edges)
		if a, b := slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)); !slices.Equal(a, b) {
			t.Fatalf("wrote\n%s\nwant\n%s", strings.Join(a, "\n"), strings.Join(b, "\n"))
		}
		for id, o := range got {
			for _, ref := range refsOf(o) {
				if got[ref] == nil && !strings.HasPrefix(ref, "incident--") {
					t.Fatalf("%s refers to %s, which isn't there", id, ref)
				}
			}
		}
		for id, o := range want {
			if !reflect.DeepEqual(got[id], o) {
				t.Fatalf("wrote %v\nwant %v", got[id], o)
			}
		}
	})
}

// refsOf are the ids that an object refers to.
func refsOf(o anyObject) (out []string) {
	for key, v := range o {
		switch v := v.(type) {
		case string:
			if strings.HasSuffix(key, "_ref") {
				out = append(out, v)
			}
		case []any:
			for _, ref := range v {
				if s, ok := ref.(string); ok && strings.HasSuffix(key, "_refs") {
					out = append(out, s)
				}
			}
		}
	}
	return out
}

// TestWriterMarksStrictlyInAnyOrder holds that a green event doesn't open what
// a red one that comes later brings as well, nor the tie between them.
func TestWriterMarksStrictlyInAnyOrder(t *testing.T) {
	green, red := full(), full()
	green.TLP, red.TLP, red.UUID = "green", "red", "3f0f6c9e-58a9-4d0f-9c39-4a8f6f3e9b19"
	for _, events := range [][]api.Event{{green, red}, {red, green}} {
		for _, edge := range []Edge{{green.UUID, red.UUID, "caused_by"}, {red.UUID, green.UUID, "caused_by"}} {
			found := 0
			for id, o := range written(t, events, []Edge{edge}) {
				if o["type"] != "domain-name" && o["type"] != "intrusion-set" && o["relationship_type"] != "originates-from" && o["relationship_type"] != "caused-by" {
					continue
				}
				found++
				if refs := o["object_marking_refs"]; !reflect.DeepEqual(refs, []any{markingID(api.TLPRed)}) {
					t.Errorf("%s is marked %v", id, refs)
				}
			}
			if found != 4 {
				t.Errorf("%d of 4 found", found)
			}
		}
	}
}

// TestWriterForgets holds that a Writer keeps nothing of the events it wrote.
func TestWriterForgets(t *testing.T) {
	w := NewWriter(&bytes.Buffer{})
	w.most = 100
	for i := range 500 {
		e := full()
		e.UUID, e.Indicator, e.References = fmt.Sprintf("3f0f6c9e-58a9-4d0f-9c39-%012d", i), fmt.Sprintf("h%d.example", i), nil
		if err := w.Event(e, nil); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.waits) > w.most || len(w.b.seen) > 100 || len(w.b.out) > 0 || w.b.strictest != nil {
		t.Errorf("%d, %d, %d objects are remembered", len(w.waits), len(w.b.seen), len(w.b.out))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}
