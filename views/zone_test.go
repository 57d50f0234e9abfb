package views

import (
	"testing"
	"time"
	_ "time/tzdata"

	"threatbench/api"
)

func kathmandu(t *testing.T) *Env {
	zone, err := time.LoadLocation("Asia/Kathmandu")
	if err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	return &Env{Zone: zone, Now: func() time.Time { return noon.In(zone) }}
}

// What is handed on means the same in every zone; what doesn't depend on one
// stays as it was written.
func TestPortableFiltersSayTheirMoments(t *testing.T) {
	e := kathmandu(t)
	for text, want := range map[string]string{
		"":                       "",
		"date>-7d tlp:red":       "date>-7d tlp:red",
		"date:2026-11-01Z":       "date:2026-11-01Z",
		"date>2026-11-01T10:00Z": "date>2026-11-01T10:00Z",
		"tlp:red (":              "tlp:red (",
		"date:2026-11-01":        "date>=2026-10-31T18:15:00Z date<=2026-11-01T18:14:59.999Z",
	} {
		if got := e.Portable(text); got != want {
			t.Errorf("%q is handed on as %q, want %q", text, got, want)
		}
	}
	now := e.Now().UTC()
	e.Zone, e.Now = time.UTC, func() time.Time { return now }
	if got := e.Portable("date:2026-11-01"); got != "date:2026-11-01" {
		t.Errorf("of UTC: %q", got)
	}
}

// Hours are named in the zone that is shown, days as those of UTC.
func TestTimelineStepsNameTheirZone(t *testing.T) {
	start := time.Date(2026, 11, 1, 20, 0, 0, 0, time.UTC)
	for bucket, want := range map[api.Bucket]string{api.BucketHour: "02 Nov 01:45", api.BucketDay: "01 Nov 26 UTC", api.BucketYear: "2026 UTC"} {
		d := api.Timeline{Bucket: bucket, Points: []api.Point{{Start: api.TimeOf(start), Count: 3}}}
		steps := kathmandu(t).TimelineSteps(d)
		if len(steps) != 1 || steps[0].Label != want || steps[0].Count != 3 {
			t.Errorf("%s: %+v, want %s", bucket, steps, want)
		}
	}
}
