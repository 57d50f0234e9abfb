package async

import (
	"context"
	"testing"

	"threatbench/api"
)

// counted hides what our own server can, and counts the lists that are asked
// for.
type counted struct {
	API
	lists int
}

func (c *counted) List(ctx context.Context, q api.ListQuery) (api.Page, error) {
	c.lists++
	return c.API.List(ctx, q)
}

// pointRequest marks two events of BETA as wanted, and the others around them as
// unwanted.
func pointRequest(l lab, search ...api.Condition) api.PointRequest {
	id := func(n string) string { return "00000000-0000-4000-8000-00000000000" + n }
	return api.PointRequest{
		Wanted: []string{id("1"), id("4")}, Unwanted: []string{id("0"), id("2"), id("3")},
		Within: api.ListQuery{Search: search, Datasets: []string{l.full.UUID}},
	}
}

// TestFiltersForMarkedEvents asks our own server, and makes the same filter with
// one that knows the contract alone, in as many calls as are promised.
func TestFiltersForMarkedEvents(t *testing.T) {
	l := newLab(t, 9)
	amber := api.Condition{Field: api.FieldTLP, Op: api.OpEquals, Values: []string{"amber"}}
	alpha := api.Condition{Field: api.FieldAttacker, Op: api.OpEquals, Values: []string{"ALPHA"}}
	for name, within := range map[string][]api.Condition{"alone": nil, "within": {amber}, "outside": {alpha}} {
		plain := &counted{API: l.c}
		for kind, c := range map[string]API{"own": l.c, "plain": plain} {
			out, err := pointed(t.Context(), c, pointRequest(l, within...), nil)
			if err != nil {
				t.Fatalf("%s, %s: %v", name, kind, err)
			}
			if out.Within == (name == "outside") || out.Gone != 0 || len(out.Filters) == 0 {
				t.Errorf("%s, %s: %+v", name, kind, out)
				continue
			}
			f := out.Filters[0]
			if len(f.Search) != 1 || f.Search[0].Field != api.FieldAttacker || f.Search[0].Value() != "BETA" || f.Count != 3 || f.Misses+f.Has != 0 {
				t.Errorf("%s, %s: offers %+v", name, kind, f)
			}
		}
		if plain.lists > 5 {
			t.Errorf("%s: %d calls, at most 5 are promised", name, plain.lists)
		}
	}
}

// TestFiltersMissWhatIsGone counts marked events that are no longer there, and
// says where no filter holds for all.
func TestFiltersMissWhatIsGone(t *testing.T) {
	l := newLab(t, 9)
	for kind, c := range map[string]API{"own": l.c, "plain": &counted{API: l.c}} {
		r := pointRequest(l)
		r.Unwanted = append(r.Unwanted, "00000000-0000-4000-8000-999999999999")
		out, err := pointed(t.Context(), c, r, nil)
		if err != nil || out.Gone != 1 || len(out.Filters) == 0 {
			t.Errorf("%s: %+v, %v", kind, out, err)
		}
		r = pointRequest(l)
		r.Wanted = nil
		if _, err := pointed(t.Context(), c, r, nil); err == nil {
			t.Errorf("%s: nothing wanted was taken", kind)
		}
	}
}
