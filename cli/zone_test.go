package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"threatbench/api"
)

func TestZoneOfACommand(t *testing.T) {
	at := time.Date(2026, 11, 1, 19, 0, 0, 0, time.UTC)
	a := newApp(Streams{Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}, nil)
	a.now = func() time.Time { return at }
	for zone, want := range map[string]string{
		"UTC": "2026-11-01T19:00:00Z", "utc": "2026-11-01T19:00:00Z",
		"Asia/Kathmandu": "2026-11-02T00:45:00+05:45", "America/New_York": "2026-11-01T14:00:00-05:00",
	} {
		now, err := a.nowIn(zone)
		if err != nil {
			t.Errorf("%s: %v", zone, err)
			continue
		}
		if got := dateIn(api.TimeOf(at), now.Location()); got != want {
			t.Errorf("%s writes %s, not %s", zone, got, want)
		}
	}
	for _, zone := range []string{"", "Atlantis", "../etc", "+05:45"} {
		if _, err := a.nowIn(zone); err == nil || !strings.Contains(err.Error(), "--zone") {
			t.Errorf("%q: %v, want a refusal that names --zone", zone, err)
		}
	}
	q, err := a.listQuery("date:today", "Asia/Kathmandu")
	if err != nil || q.Search[0].Value() != "2026-11-01T18:15:00Z" {
		t.Errorf("today in Kathmandu begins at %v (%v)", q.Search, err)
	}
}
