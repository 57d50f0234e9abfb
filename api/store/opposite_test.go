package store

import (
	"testing"

	"threatbench/api"
)

// TestOppositesPartTheEvents holds every kind of condition against its
// opposite: each event is found by one of the two, and by one alone.
func TestOppositesPartTheEvents(t *testing.T) {
	d := openAt(t, t.TempDir()+"/events.db", Options{segment: 8})
	var list []api.CreateEvent
	for _, e := range searched() {
		list = append(list, e)
	}
	create(t, d, list...)
	for _, c := range []api.Condition{
		{Field: api.FieldText, Op: api.OpFind, Values: []string{"e"}},
		{Field: api.FieldTags, Op: api.OpStartsWith, Values: []string{"o"}},
		{Field: api.FieldTags, Op: api.OpIn, Values: []string{"op-willow-tide", "c2"}},
		{Field: api.FieldEvent, Op: api.OpContains, Values: []string{"a"}},
		{Field: api.FieldIndicator, Op: api.OpWithin, Values: []string{"198.51.100.0/24"}},
		{Field: api.FieldIndicator, Op: api.OpUnder, Values: []string{"example"}},
		{Field: api.FieldMitreAttack, Op: api.OpUnder, Values: []string{"T1566"}},
		{Field: api.FieldAttacker, Op: api.OpNone},
		{Field: api.FieldDate, Op: api.OpGte, Values: []string{"2024-01-01"}},
	} {
		found := map[string]int{}
		some := 0
		for _, not := range []bool{false, true} {
			c.Not = not
			page := listed(t, d, api.ListQuery{Search: []api.Condition{c}, PageSize: 1000})
			for _, e := range page.Events {
				found[e.UUID]++
			}
			if !not {
				some = len(page.Events)
			}
		}
		if len(found) != len(list) {
			t.Errorf("%v and its opposite find %d of %d events (%d the one)", c, len(found), len(list), some)
		}
		for id, n := range found {
			if n > 1 {
				t.Errorf("%v and its opposite both find %s", c, id)
			}
		}
	}
}
