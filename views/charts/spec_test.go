package charts

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"threatbench/api"
	"threatbench/api/query"
	"threatbench/ui/widget/chart"
	"threatbench/views"
)

// night is a quarter past three in the night in which clocks went forward in
// Europe, an hour after a quarter to two.
func night() time.Time {
	return time.Date(2026, 3, 29, 3, 15, 0, 0, time.FixedZone("CEST", 2*60*60))
}

func TestRangesAreRead(t *testing.T) {
	for _, c := range []struct{ text, from, until string }{
		{"", "", ""},
		{"1d", "2026-03-29 00:00", "2026-03-30 00:00"},
		{"30d", "2026-02-28 00:00", "2026-03-30 00:00"},
		{"1h", "2026-03-29 01:00", "2026-03-29 02:00"},
		{"24h", "2026-03-28 02:00", "2026-03-29 02:00"},
		{"2026-03-28..2026-03-30", "2026-03-28 00:00", "2026-03-31 00:00"},
		{" 2026-03-28 .. 2026-03-28 ", "2026-03-28 00:00", "2026-03-29 00:00"},
		{"2024-02-29", "2024-02-29 00:00", "2024-03-01 00:00"},
		{"2026-03-29 01:00..2026-03-29 04:30", "2026-03-29 01:00", "2026-03-29 04:30"},
		{"2026-03-29T22:00..2026-03-30", "2026-03-29 22:00", "2026-03-31 00:00"},
	} {
		s, ok := spanOf(c.text, night())
		from, until := "", ""
		if !s.all() {
			from, until = s.from.Format(minutely), s.until.Format(minutely)
		}
		if !ok || from != c.from || until != c.until {
			t.Errorf("%q is from %s until %s, %v", c.text, from, until, ok)
		}
	}
	for _, text := range []string{
		"0d", "-1d", "+3d", "03d", "3.5d", "d", "99999999d", "99999999999999999999h", "30w", "soon", "..", "2026-02-30", "2026-03-02..2026-03-01",
		"2026-03-01 10:00..2026-03-01 10:00", "2026-03-01 10:00", "0000-01-01..2026-01-01", "0001-01-01..9999-12-31", "2026-1-1",
	} {
		if s, ok := spanOf(text, night()); ok {
			t.Errorf("%q is taken for %v", text, s)
		}
	}
}

// A range reads back as it was written; what is before it is as long and ends
// where it begins; as a filter it holds its own moments alone.
func TestRangesHoldTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 60*24*2000).Draw(t, "from")) * time.Minute)
		s := span{from, from.Add(time.Duration(rapid.IntRange(1, 60*24*90).Draw(t, "long")) * time.Minute)}
		if rapid.Bool().Draw(t, "whole") {
			s = span{s.from.Truncate(day), s.until.Truncate(day).Add(day)}
		}
		if again, ok := spanOf(s.String(), time.Now()); !ok || !again.from.Equal(s.from) || !again.until.Equal(s.until) {
			t.Fatalf("%v reads back as %v, %v", s, again, ok)
		}
		if b := s.before(); b.length() != s.length() || !b.until.Equal(s.from) || b.whole() != s.whole() {
			t.Fatalf("%v is compared with %v", s, b)
		}
		text := within("tlp:red date>-7d", s)
		f, err := query.Parse(text, time.Now())
		if err != nil || len(f.Search) != 3 {
			t.Fatalf("%q: %v, %v", text, f.Search, err)
		}
		for _, m := range []struct {
			at     time.Time
			inside bool
		}{{s.from, true}, {s.from.Add(-time.Millisecond), false}, {s.until.Add(-time.Millisecond), true}, {s.until, false}} {
			if got := holds(f.Search[1:], m.at); got != m.inside {
				t.Fatalf("%s holds %v: %v", text, m.at, got)
			}
		}
	})
}

// holds tells whether a moment lies within the bounds of a filter, of whole
// days as the contract reads them.
func holds(bounds []api.Condition, at time.Time) bool {
	for _, c := range bounds {
		t, _ := api.ParseTime(c.Value())
		end := t.Time
		if api.IsDay(c.Value()) {
			end = end.Add(day)
		}
		if c.Op == api.OpGte && at.Before(t.Time) || c.Op == api.OpLt && !at.Before(t.Time) || c.Op == api.OpLte && !at.Before(end) {
			return false
		}
	}
	return true
}

func TestDatesOfAFilterAreTold(t *testing.T) {
	for text, want := range map[string]bool{"": false, "tlp:red createdAt>-7d": false, "tlp:red date>-7d": true, "date:today": true} {
		if got := (Spec{Filter: text}).dated(night()); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestRangeNames(t *testing.T) {
	for text, want := range map[string]string{
		"": "all time", "1d": "today", "30d": "last 30 days", "24h": "last 24 hours", "2026-03-01..2026-03-01": "2026-03-01",
		"2026-03-01..2026-03-31": "2026-03-01 to 2026-03-31", "2026-03-01 10:00..2026-03-01 12:00": "2026-03-01 10:00 to 12:00",
		"2026-03-01 22:00..2026-03-02 02:00": "2026-03-01 22:00 to 2026-03-02 02:00",
	} {
		if got := rangeName(text); got != want {
			t.Errorf("%q is called %q, want %q", text, got, want)
		}
	}
}

// What comes from a file may hold anything: it becomes a spec that can be drawn,
// saved and named, and stays what it is from then on.
func TestAnySpecBecomesSound(t *testing.T) {
	column := rapid.OneOf(rapid.SampledFrom(append(api.AggregateColumns(), "", "nonsense")), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		s := Spec{
			Kind: Kind(rapid.OneOf(rapid.SampledFrom([]string{"bars", "time", "heatmap", "flow", "attack", "killchain"}), rapid.String()).Draw(t, "kind")),
			By:   column.Draw(t, "by"), Split: column.Draw(t, "split"), Top: rapid.IntRange(-5, 5000).Draw(t, "top"),
			Mode:  chart.Mode(rapid.IntRange(-3, 9).Draw(t, "mode")),
			Range: rapid.OneOf(rapid.SampledFrom([]string{"", "30d", "24h", "2026-01-01..2026-02-01"}), rapid.String()).Draw(t, "range"),
		}.sound()
		if !reflect.DeepEqual(s, s.sound()) {
			t.Fatalf("%+v becomes %+v", s, s.sound())
		}
		if !slices.Contains(kinds(), s.Kind) || !slices.Contains(s.modes(), s.Mode) || s.Top < 1 || s.title() == "" || s.name() == "" {
			t.Fatalf("%+v", s)
		}
		for _, col := range s.columns() {
			if col != "" && !slices.Contains(api.AggregateColumns(), col) {
				t.Fatalf("counts by %q: %+v", col, s)
			}
		}
		if slices.Contains([]Kind{Heat, Flow, Chain}, s.Kind) && (s.Split == "" || s.Split == s.By) {
			t.Fatalf("crosses %q with %q", s.By, s.Split)
		}
		for _, k := range kinds() {
			if to := s.become(k); to.Kind != k || !reflect.DeepEqual(to, to.sound()) {
				t.Fatalf("%+v becomes %+v", s, to)
			}
		}
		raw, err := json.Marshal(s)
		var again Spec
		if err != nil || json.Unmarshal(raw, &again) != nil || !reflect.DeepEqual(s, again) {
			t.Fatalf("%s: %+v, %v", raw, again, err)
		}
	})
}

func TestBucketsThatFit(t *testing.T) {
	at := func(s string) time.Time {
		t.Helper()
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, c := range []struct {
		from, to string
		most     int
		want     api.Bucket
	}{
		{"2026-03-01", "2026-03-01", 1, api.BucketDay}, {"2026-03-01", "2026-03-31", 31, api.BucketDay}, {"2026-03-01", "2026-03-31", 30, api.BucketWeek},
		{"2025-01-01", "2026-01-01", 60, api.BucketWeek}, {"2020-01-01", "2026-01-01", 80, api.BucketMonth}, {"1970-01-01", "2026-01-01", 100, api.BucketYear},
	} {
		if got := fitting(at(c.from), at(c.to), c.most); got != c.want {
			t.Errorf("%s to %s in %d steps is by %s, want %s", c.from, c.to, c.most, got, c.want)
		}
	}
}

// Steps follow each other without gap or overlap, also where clocks change, and
// each holds the moments from its start up to the next.
func TestStepsAreContiguous(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := night().Add(time.Duration(rapid.IntRange(-60*24*4000, 60*24*4000).Draw(t, "minutes")) * time.Minute)
		b := rapid.SampledFrom([]api.Bucket{api.BucketHour, api.BucketDay, api.BucketWeek, api.BucketMonth, api.BucketYear}).Draw(t, "bucket")
		s := startOf(at, b)
		n := views.NextStep(b, s)
		if s.After(at) || !n.After(at) || !startOf(n, b).Equal(n) || !startOf(n.Add(-1), b).Equal(s) || views.StepLabel(b, s) == "" {
			t.Fatalf("%v by %s lies in %v to %v", at, b, s, n)
		}
		if b == api.BucketWeek && s.Weekday() != time.Monday {
			t.Fatalf("a week begins on %v", s.Weekday())
		}
		if b == api.BucketDay && n.Sub(s) != day {
			t.Fatalf("%v has %v", s, n.Sub(s))
		}
	})
}

func TestNarrowing(t *testing.T) {
	in := []string{"all"}
	for _, c := range []struct {
		col, value string
		exclude    bool
		want, why  string
	}{
		{"attacker", "HERON", false, "tlp:red attacker:HERON", ""},
		{"attacker", `a "b" OR c`, true, `tlp:red -attacker:"a \"b\" OR c"`, ""},
		{"tlp", "red", false, "tlp:red", ""},
		{"mitreAttack", "T1" + separator + "T2", false, "tlp:red mitreAttack:(\"T1\" OR \"T2\")", ""},
		{"mitreAttack", "T1" + separator + "T2", true, "", "one by one"},
		{"attacker", "", false, "tlp:red attacker:none", ""},
		{"datasetId", "d1", true, "", "leave a dataset out"},
	} {
		got, _, why := narrow("tlp:red", in, c.col, c.value, c.exclude)
		if c.why == "" && got != c.want || !strings.Contains(why, c.why) || c.why == "" && why != "" {
			t.Errorf("%s %q: %q, %q", c.col, c.value, got, why)
		}
	}
	if text, datasets, why := narrow("tlp:red", in, "datasetId", "d1", false); text != "tlp:red" || !slices.Equal(datasets, []string{"d1"}) || why != "" {
		t.Errorf("a dataset: %q, %v, %q", text, datasets, why)
	}
}

func TestChosenDatasets(t *testing.T) {
	for _, c := range []struct{ have, add, want string }{
		{"", "d1", "d1"}, {"d1", "d2", "d1 d2"}, {"d1 d2", "d1", "d2"}, {"d1 d2", "all", "all"}, {"all", "d1", "d1"}, {"all", "all", ""},
	} {
		if got := toggled(strings.Fields(c.have), c.add); strings.Join(got, " ") != c.want {
			t.Errorf("%q and %q are %v, want %q", c.have, c.add, got, c.want)
		}
	}
}
