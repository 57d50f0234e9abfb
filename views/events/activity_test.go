package events

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"threatbench/api"
	"threatbench/api/query"
	"threatbench/ui/widget/table"
)

func TestActivityAddsUpByValueAndStep(t *testing.T) {
	env := testEnv(t)
	a := &activity{}
	from := day(1).Time
	a.frame(from, from.AddDate(0, 0, 12), nil)
	a.pending["attacker"] = []string{"Heron", "HERON", "quiet"}
	a.receive("attacker", []api.Group{
		{Keys: []string{"HERON"}, Date: day(1), Count: 1},
		{Keys: []string{"heron"}, Date: day(1), Count: 1},
		{Keys: []string{"heron"}, Date: api.TimeOf(from.AddDate(0, 0, -2)), Count: 2}, // a week that begins before
		{Keys: []string{"heron"}, Date: day(12), Count: 1_000_000_000_000},
		{Keys: []string{"heron"}, Date: day(29), Count: 3},
		{Keys: []string{"heron"}, Count: 9}, // without a date
		{Keys: []string{"stranger"}, Date: day(2), Count: 9},
	})
	for _, c := range []struct{ value, want string }{
		{"Heron", "▁          █"}, {"HERON", "▁          █"}, {"quiet", "            "}, {"stranger", ""}, {"", ""},
	} {
		if got := a.text(env.Styles, "attacker", c.value); got != c.want {
			t.Errorf("%q is drawn %q, want %q", c.value, got, c.want)
		}
	}
	if len(a.pending) != 0 {
		t.Errorf("still asked for: %v", a.pending)
	}
	a.frame(from, from.AddDate(0, 0, 12), nil)
	if a.text(env.Styles, "attacker", "Heron") == "" {
		t.Error("the same stretch of time has forgotten what it knew")
	}
	a.frame(from, from.AddDate(0, 0, 13), nil)
	if a.text(env.Styles, "attacker", "Heron") != "" {
		t.Error("another stretch of time shows the old counts")
	}
}

// Whatever the stretch of time: the first moment is in the first cell, the last
// in the last, and one call brings all.
func TestActivityStepsCoverTheirStretch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := &activity{}
		days := rapid.IntRange(1, 365*30).Draw(t, "days")
		a.frame(day(1).Time, day(1).AddDate(0, 0, days), nil)
		if first, last := a.step(a.from), a.step(a.until.Add(-1)); first != 0 || last != activitySteps-1 {
			t.Fatalf("from cell %d to %d", first, last)
		}
		values := rapid.IntRange(1, api.MaxInValues).Draw(t, "values")
		long := map[api.Bucket]time.Duration{api.BucketHour: time.Hour, api.BucketDay: oneDay, api.BucketWeek: 7 * oneDay, api.BucketMonth: 30 * oneDay}
		if b := a.bucket(values); b != api.BucketMonth && int(a.until.Sub(a.from)/long[b])*values > maxActivityRows {
			t.Fatalf("%d values by %s over %d days are too many rows", values, b, days)
		}
	})
}

func TestActivityIsOfTheFiltersDates(t *testing.T) {
	env := testEnv(t)
	for _, c := range []struct{ filter, from, until string }{
		{"", "2025-12-21", "2026-03-15"},
		{"attacker:x", "2025-12-21", "2026-03-15"},
		{"date>=2026-03-01", "2026-03-01", "2026-03-15"},
		{"date<=2026-03-01", "2025-12-08", "2026-03-02"},
		{"date:2026-03-01", "2026-03-01", "2026-03-02"},
		{"date:2026-02", "2026-02-01", "2026-03-01"},
		{"date>=2026-03-01T10:00:00Z date<2026-03-01T12:00:00Z", "2026-03-01", "2026-03-02"},
		{"date>=2027-01-01", "2025-12-21", "2026-03-15"}, // nothing lies there
	} {
		f, err := query.Parse(c.filter, env.Now())
		if err != nil {
			t.Fatalf("%s: %v", c.filter, err)
		}
		m := &Model{env: env, parsed: f}
		from, until := m.activitySpan()
		if from.Format(time.DateOnly) != c.from || until.Format(time.DateOnly) != c.until {
			t.Errorf("%q: from %v to %v, want %s to %s", c.filter, from, until, c.from, c.until)
		}
	}
}

// A row with an activity in sight costs no more than its cells.
func TestActivityCellsAllocateNothing(t *testing.T) {
	env := testEnv(t)
	m := &Model{env: env}
	m.activity.frame(day(1).Time, day(13).Time, nil)
	m.activity.pending["attacker"] = []string{"Heron"}
	m.activity.receive("attacker", []api.Group{{Keys: []string{"Heron"}, Date: day(2), Count: 3}})
	m.rows.put(0, []api.Event{{Attacker: "Heron"}}, "")
	for _, c := range columns() {
		if c.counted == "attacker" {
			m.cols = append(m.cols, c)
		}
	}
	cells := make([]table.Cell, 1)
	source{m}.Row(0, cells)
	if n := testing.AllocsPerRun(100, func() { source{m}.Row(0, cells) }); n != 0 || cells[0].Text != " █          " {
		t.Errorf("%v allocations for %q", n, cells[0].Text)
	}
}
