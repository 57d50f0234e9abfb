package alerts

import (
	"testing"
	"time"

	"threatbench/api"
)

func TestFirings(t *testing.T) {
	noon := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) api.Event { return api.Event{CreatedAt: api.TimeOf(noon.Add(d))} }
	events := []api.Event{at(0), at(300 * time.Millisecond), at(time.Hour), at(11 * time.Hour), at(13 * time.Hour), {Date: api.TimeOf(noon.AddDate(0, 0, -3))}}
	if n := firings(api.Immediate, events); n != 5 {
		t.Errorf("at once: %d firings, want one for each moment of arrival", n)
	}
	if n := firings(api.Daily, events); n != 3 {
		t.Errorf("daily: %d firings, want one for each day", n)
	}
	for n, want := range map[int]string{0: "0 times", 1: "once", 1200: "1,200 times"} {
		if got := times(n, false); got != want {
			t.Errorf("%d is said as %q", n, got)
		}
	}
	if got := times(3, true); got != "at least 3 times" {
		t.Errorf("%q", got)
	}
}

func TestIntervalsAreSaid(t *testing.T) {
	for n, want := range map[int]string{1: "every minute", 5: "every 5 minutes", 60: "every hour", 240: "every 4 hours"} {
		if got := every(n); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
}
