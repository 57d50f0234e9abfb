package client

import (
	"slices"
	"time"

	"threatbench/api"
)

// timelineOf puts counts per UTC day into the narrowest bucket that makes at
// most maxBuckets steps between the first and the last day.
func timelineOf(days map[time.Time]int, maxBuckets int) api.Timeline {
	if len(days) == 0 || maxBuckets <= 0 {
		return api.Timeline{}
	}
	order := make([]time.Time, 0, len(days))
	for d := range days {
		order = append(order, d)
	}
	slices.SortFunc(order, time.Time.Compare)
	first, last := order[0], order[len(order)-1]
	bucket := bucketFor(first, last, maxBuckets)
	t := api.Timeline{Bucket: bucket, Start: api.TimeOf(first), End: api.TimeOf(last)}
	for _, d := range order {
		start := api.TimeOf(startOf(d, bucket))
		if n := len(t.Points); n > 0 && t.Points[n-1].Start.Equal(start.Time) {
			t.Points[n-1].Count += days[d]
			continue
		}
		t.Points = append(t.Points, api.Point{Start: start, Count: days[d]})
	}
	return t
}

// bucketFor is the narrowest bucket that fits; years where none does.
func bucketFor(first, last time.Time, most int) api.Bucket {
	days := int(last.Sub(first)/(24*time.Hour)) + 1
	months := (last.Year()-first.Year())*12 + int(last.Month()) - int(first.Month()) + 1
	switch {
	case days <= most:
		return api.BucketDay
	case days/7+2 <= most:
		return api.BucketWeek
	case months <= most:
		return api.BucketMonth
	}
	return api.BucketYear
}

// startOf is the start of the bucket a day lies in; weeks start on Monday.
func startOf(d time.Time, b api.Bucket) time.Time {
	d = d.UTC()
	y, m, day := d.Date()
	switch b {
	case api.BucketWeek:
		day -= (int(d.Weekday()) + 6) % 7
	case api.BucketMonth:
		day = 1
	case api.BucketYear:
		m, day = time.January, 1
	}
	return time.Date(y, m, day, 0, 0, 0, 0, time.UTC)
}
