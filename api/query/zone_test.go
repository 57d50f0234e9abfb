package query_test

import (
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"threatbench/api"
	"threatbench/api/query"
)

// TestDaysOfZonesThatChangeTheirClocks asks for days in zones that change their clocks, lie
// three quarters of an hour off, or left a day out of their calendar.
func TestDaysOfZonesThatChangeTheirClocks(t *testing.T) {
	for _, c := range []struct {
		zone, now, text string
		want            string
	}{
		{"Asia/Kathmandu", "2026-11-02T00:00:00Z", "date:2026-11-01", "date>=2026-10-31T18:15:00Z date<=2026-11-01T18:14:59.999Z"},
		{"Asia/Kathmandu", "2026-11-01T19:00:00Z", "date:today", "date>=2026-11-01T18:15:00Z date<=2026-11-02T18:14:59.999Z"},
		{"Asia/Kathmandu", "2026-11-01T19:00:00Z", "date>yesterday", "date>2026-11-01T18:14:59.999Z"},
		{"Asia/Kathmandu", "2026-11-01T19:00:00Z", "date:2026-10", "date>=2026-09-30T18:15:00Z date<=2026-10-31T18:14:59.999Z"},
		{"Asia/Kathmandu", "2026-11-01T19:00:00Z", `date>="2026-11-01 09:00"`, "date>=2026-11-01T03:15:00Z"},
		{"Asia/Kathmandu", "2026-11-01T19:00:00Z", "date:2026-11-01Z", "date:2026-11-01"},
		{"Asia/Kathmandu", "2026-11-01T19:00:00Z", "date<=2026-11-01Z date>=2026-10-01Z", "date<=2026-11-01 date>=2026-10-01"},
		{"America/New_York", "2026-11-01T12:00:00Z", "date:2026-11-01", "date>=2026-11-01T04:00:00Z date<=2026-11-02T04:59:59.999Z"}, // 25 hours
		{"America/New_York", "2026-11-01T12:00:00Z", "date:2026-03-08", "date>=2026-03-08T05:00:00Z date<=2026-03-09T03:59:59.999Z"}, // 23 hours
		{"America/New_York", "2026-03-09T02:00:00Z", "date:today", "date>=2026-03-08T05:00:00Z date<=2026-03-09T03:59:59.999Z"},
		{"America/New_York", "2026-03-08T16:00:00Z", "date>-1d", "date>2026-03-07T17:00:00Z"}, // noon to noon, 23 hours
		{"America/New_York", "2026-11-02T16:00:00Z", "date:last-week", "date>=2026-10-26T04:00:00Z date<=2026-11-02T04:59:59.999Z"},
		{"Pacific/Apia", "2012-01-01T00:00:00Z", "date:2011-12-29", "date>=2011-12-29T10:00:00Z date<=2011-12-30T09:59:59.999Z"},
		{"Pacific/Apia", "2012-01-01T00:00:00Z", "date:2011-12-31", "date>=2011-12-30T10:00:00Z date<=2011-12-31T09:59:59.999Z"},
		{"Pacific/Apia", "2026-11-01T12:00:00Z", "date:today", "date>=2026-11-01T11:00:00Z date<=2026-11-02T10:59:59.999Z"},
		{"America/Sao_Paulo", "2018-11-05T12:00:00Z", "date:2018-11-04", "date>=2018-11-04T03:00:00Z date<=2018-11-05T01:59:59.999Z"}, // without a midnight
		{"America/Havana", "2026-11-05T12:00:00Z", "date:2026-11-01", "date>=2026-11-01T04:00:00Z date<=2026-11-02T04:59:59.999Z"},    // with two
		{"America/Santiago", "2026-09-09T12:00:00Z", "date:last-week", "date>=2026-08-31T04:00:00Z date<=2026-09-07T02:59:59.999Z"},   // ends with a day without a midnight
		{"America/Santiago", "2026-09-09T12:00:00Z", "date:2026-w36", "date>=2026-08-31T04:00:00Z date<=2026-09-07T02:59:59.999Z"},
		{"America/Santiago", "2026-09-09T12:00:00Z", `date:"6 sep 2026"`, "date>=2026-09-06T04:00:00Z date<=2026-09-07T02:59:59.999Z"},
		{"America/Santiago", "2026-09-09T12:00:00Z", "date:20260906", "date>=2026-09-06T04:00:00Z date<=2026-09-07T02:59:59.999Z"},
		{"America/Santiago", "2026-09-09T12:00:00Z", "date:sunday", "date>=2026-09-06T04:00:00Z date<=2026-09-07T02:59:59.999Z"},
		{"America/Asuncion", "2023-11-09T12:00:00Z", "date:2023-10", "date>=2023-10-01T04:00:00Z date<=2023-11-01T02:59:59.999Z"}, // begins with one
		{"UTC", "2026-11-01T19:00:00Z", "date:today", "date:2026-11-01"},
		{"UTC", "2026-11-01T19:00:00Z", "date:2026-11-01Z", "date:2026-11-01"},
	} {
		now := in(t, c.zone, c.now)
		f, err := query.Parse(c.text, now)
		if err != nil {
			t.Errorf("%s in %s: %v", c.text, c.zone, err)
			continue
		}
		if got := query.Format(f); got != c.want {
			t.Errorf("%s in %s\n is %s\nnot %s", c.text, c.zone, got, c.want)
		}
		if again, err := query.Parse(query.FormatIn(f, now), now); err != nil || query.Format(again) != c.want {
			t.Errorf("%s in %s is read back as %q, %v", c.text, c.zone, query.Format(again), err)
		}
	}
}

// TestNotADayIsAllButThatDay counts the hours a day of 25 hours leaves out.
func TestNotADayIsAllButThatDay(t *testing.T) {
	now := in(t, "America/New_York", "2026-11-03T12:00:00Z")
	for _, text := range []string{"-date:2026-11-01", "date!=2026-11-01"} {
		f, err := query.Parse(text, now)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := query.Format(f), "(date<2026-11-01T04:00:00Z) OR (date>2026-11-02T04:59:59.999Z)"; got != want {
			t.Errorf("%s is %s, not %s", text, got, want)
		}
	}
}

func TestADayThatNeverWasIsRefused(t *testing.T) {
	now := in(t, "Pacific/Apia", "2012-01-05T00:00:00Z")
	if _, err := query.Parse("date:2011-12-30", now); err == nil || err.Error() == "" {
		t.Errorf("2011-12-30 in Apia: %v, want a refusal", err)
	}
}

// TestDaysInUTCAreReadBack writes filters of the API, whose days are those of
// UTC, for a reader elsewhere.
func TestDaysInUTCAreReadBack(t *testing.T) {
	now := in(t, "Asia/Kathmandu", "2026-11-01T19:00:00Z")
	day := func(op api.Op, v ...string) api.Condition {
		return api.Condition{Field: api.FieldDate, Op: op, Values: v}
	}
	for _, conds := range [][]api.Condition{
		{day(api.OpEquals, "2026-11-01")}, {day(api.OpNot, "2026-11-01")}, {day(api.OpIn, "2026-11-01", "2026-11-02")},
		{day(api.OpGt, "2026-11-01"), day(api.OpLte, "2026-11-05")}, {day(api.OpStartsWith, "2026-11")},
		{day(api.OpEquals, "2026-11-01T10:00:00Z")},
	} {
		text := query.FormatIn(query.Filter{Search: conds}, now)
		f, err := query.Parse(text, now)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if !slices.EqualFunc(f.Search, conds, func(a, b api.Condition) bool { return a.Op == b.Op && slices.Equal(a.Values, b.Values) }) {
			t.Errorf("%s reads as %v, not %v", text, f.Search, conds)
		}
	}
}

func in(t *testing.T, zone, now string) time.Time {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, now)
	if err != nil {
		t.Fatal(err)
	}
	return at.In(loc)
}
