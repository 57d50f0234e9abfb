package store

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"threatbench/api"
	"threatbench/api/demo"
	"threatbench/api/query"
)

// pointedDB is a database of made-up events that nothing was tuned on, and the
// events in it.
func pointedDB(t *testing.T, seed uint64, n int) (*DB, []api.Event) {
	t.Helper()
	d := openNew(t)
	for b := range demo.Generate(seed, n, time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)).Batches(500) {
		for i := range b.Events {
			b.Events[i].DatasetID, b.Events[i].Relationships, b.Events[i].References = "", nil, nil
		}
		create(t, d, b.Events...)
	}
	return d, everyEvent(t, d, api.ListQuery{Datasets: []string{"all"}})
}

// everyEvent is all events of a query.
func everyEvent(t *testing.T, d *DB, q api.ListQuery) []api.Event {
	t.Helper()
	var all []api.Event
	for q.PageSize = 1000; ; q = (api.ListQuery{Cursor: q.Cursor}) {
		page, err := d.List(context.Background(), testAccount, q)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Events...)
		if q.Cursor = page.Info.Cursor; q.Cursor == "" {
			return all
		}
	}
}

// asker makes questions that somebody may have in mind.
type asker struct {
	r   *rand.Rand
	all []api.Event
}

// one is a condition about a random event.
func (a *asker) one() api.Condition {
	for {
		e := &a.all[a.r.IntN(len(a.all))]
		term := func(f api.Field, op api.Op, v string) api.Condition {
			return api.Condition{Field: f, Op: op, Values: []string{v}}
		}
		var c api.Condition
		switch a.r.IntN(10) {
		case 0, 1:
			c = term(api.FieldAttacker, api.OpEquals, e.Attacker)
		case 2:
			c = term(api.FieldTargetCountry, api.OpEquals, e.TargetCountry)
		case 3:
			c = term(api.FieldCategory, api.OpEquals, e.Category)
		case 4:
			c = term(api.FieldTLP, api.OpEquals, e.TLP)
		case 5:
			c = term(api.FieldTargetIndustry, api.OpEquals, e.TargetIndustry)
		case 6:
			c = term(api.FieldIndicatorType, api.OpEquals, e.IndicatorType)
		case 7:
			if len(e.Tags) > 0 {
				c = term(api.FieldTags, api.OpEquals, e.Tags[a.r.IntN(len(e.Tags))])
			}
		case 8:
			if len(e.MitreAttack) > 0 {
				parent, _, _ := strings.Cut(e.MitreAttack[0], ".")
				c = term(api.FieldMitreAttack, api.OpUnder, parent)
			}
		case 9:
			c = term(api.FieldTLP, api.OpGte, "amber")
		}
		if c.Value() != "" {
			return c
		}
	}
}

// question is one condition, two, or one with an exception.
func (a *asker) question() []api.Condition {
	switch a.r.IntN(3) {
	case 0:
		return []api.Condition{a.one()}
	case 1:
		return []api.Condition{a.one(), a.one()}
	}
	return []api.Condition{a.one(), query.Opposite(a.one())}
}

// marks are up to n events that a person would mark: some that are wanted, and
// of the others those that one condition alone keeps from being wanted.
func (a *asker) marks(t *testing.T, d *DB, asked []api.Condition, n int) (wanted, unwanted, finds []string) {
	t.Helper()
	ids := func(search []api.Condition) []string {
		var out []string
		for _, e := range everyEvent(t, d, api.ListQuery{Search: search, Datasets: []string{"all"}}) {
			out = append(out, e.UUID)
		}
		return out
	}
	some := func(from []string) []string {
		from = slices.Clone(from)
		a.r.Shuffle(len(from), func(i, j int) { from[i], from[j] = from[j], from[i] })
		return from[:min(len(from), n)]
	}
	finds = ids(asked)
	for i := range asked {
		near := slices.Clone(asked)
		near[i] = query.Opposite(near[i])
		unwanted = append(unwanted, some(ids(near))...)
	}
	return some(finds), unwanted, finds
}

// TestFiltersByPointing asks a hundred questions over events that nothing was
// tuned on: of ninety the filter is among the three that are offered, which F
// opens, at most two steps down reach, and enter takes.
func TestFiltersByPointing(t *testing.T) {
	d, all := pointedDB(t, 20261130, 4000)
	a := &asker{r: rand.New(rand.NewPCG(11, 30)), all: all}
	const questions, marked = 100, 5
	hits := 0
	for asked := 0; asked < questions; {
		search := a.question()
		wanted, unwanted, finds := a.marks(t, d, search, marked)
		if len(finds) < 2*marked || len(finds) > len(all)*9/10 || len(unwanted) == 0 {
			continue
		}
		asked++
		out, err := d.Pointed(context.Background(), testAccount, api.PointRequest{Wanted: wanted, Unwanted: unwanted, Within: api.ListQuery{Datasets: []string{"all"}}})
		if err != nil {
			t.Fatal(err)
		}
		if a.offered(t, d, out, finds) {
			hits++
		} else {
			t.Logf("%s (%d): offered %s", query.Format(query.Filter{Search: search}), len(finds), offers(out))
		}
	}
	t.Logf("%d of %d", hits, questions)
	if hits < questions*9/10 {
		t.Errorf("%d of %d questions are among the filters offered, want 90", hits, questions)
	}
}

func (a *asker) offered(t *testing.T, d *DB, out api.Pointed, finds []string) bool {
	t.Helper()
	slices.Sort(finds)
	for _, f := range out.Filters {
		var got []string
		for _, e := range everyEvent(t, d, api.ListQuery{Search: f.Search, Datasets: []string{"all"}}) {
			got = append(got, e.UUID)
		}
		if len(got) != f.Count {
			t.Errorf("%v finds %d, said %d", f.Search, len(got), f.Count)
		}
		slices.Sort(got)
		if slices.Equal(got, finds) {
			return true
		}
	}
	return false
}

func offers(p api.Pointed) string {
	var out []string
	for _, f := range p.Filters {
		out = append(out, query.Format(query.Filter{Search: f.Search})+" ("+strconv.Itoa(f.Count)+")")
	}
	return strings.Join(out, " · ")
}
