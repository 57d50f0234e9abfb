package store

import (
	"context"
	"math"
	"net/http"
	"slices"
	"time"

	"threatbench/api"
)

func buckets() []api.Bucket {
	return []api.Bucket{api.BucketMinute, api.BucketHour, api.BucketDay, api.BucketWeek, api.BucketMonth, api.BucketYear}
}

func knownBucket(b api.Bucket) bool { return slices.Contains(buckets(), b) }

// bucketStart answers the function from a moment to the start of its step, in
// ms and in UTC; weeks start on Monday.
func bucketStart(b api.Bucket) func(ms int64) int64 {
	const minute = int64(time.Minute / time.Millisecond)
	switch b {
	case api.BucketMinute:
		return func(ms int64) int64 { return floor(ms, minute, 0) }
	case api.BucketHour:
		return func(ms int64) int64 { return floor(ms, 60*minute, 0) }
	case api.BucketWeek:
		// 1970-01-01 was a Thursday: Mondays lie four days after it.
		return func(ms int64) int64 { return floor(ms, 7*dayMillis, 4*dayMillis) }
	case api.BucketMonth:
		return calendarStart(func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC) },
			func(t time.Time) time.Time { return t.AddDate(0, 1, 0) })
	case api.BucketYear:
		return calendarStart(func(t time.Time) time.Time { return time.Date(t.Year(), 1, 1, 0, 0, 0, 0, time.UTC) },
			func(t time.Time) time.Time { return t.AddDate(1, 0, 0) })
	}
	return func(ms int64) int64 { return floor(ms, dayMillis, 0) }
}

// floor is the greatest multiple of step, counted from origin, up to ms.
func floor(ms, step, origin int64) int64 {
	rest := (ms - origin) % step
	if rest < 0 {
		rest += step
	}
	return ms - rest
}

// calendarStart remembers the last step, since neighbours mostly share it.
func calendarStart(start func(time.Time) time.Time, next func(time.Time) time.Time) func(int64) int64 {
	from, to := int64(1), int64(0)
	return func(ms int64) int64 {
		if from <= ms && ms < to {
			return from
		}
		t := start(time.UnixMilli(ms).UTC())
		from, to = t.UnixMilli(), next(t).UnixMilli()
		return from
	}
}

// steps is about how many steps of a bucket a span covers.
func steps(b api.Bucket, from, to int64) int64 {
	start := bucketStart(b)
	span := start(to) - start(from)
	const minute = int64(time.Minute / time.Millisecond)
	switch b {
	case api.BucketMinute:
		return span/minute + 1
	case api.BucketHour:
		return span/(60*minute) + 1
	case api.BucketDay:
		return span/dayMillis + 1
	case api.BucketWeek:
		return span/(7*dayMillis) + 1
	}
	a, z := time.UnixMilli(from).UTC(), time.UnixMilli(to).UTC()
	years := int64(z.Year() - a.Year())
	if b == api.BucketYear {
		return years + 1
	}
	return 12*years + int64(z.Month()-a.Month()) + 1
}

// Timeline counts the selection over time. Bucket "" picks the smallest of
// which at most maxBuckets span the selection, and years where none does.
// Steps without an event are left out.
func (s *Selection) Timeline(ctx context.Context, maxBuckets int, b api.Bucket) (api.Timeline, error) {
	if b != "" && !knownBucket(b) {
		return api.Timeline{}, api.Errorf(http.StatusBadRequest, "bucket: want minute, hour, day, week, month or year, got %q", short(string(b)))
	}
	from, to, err := s.span(ctx)
	if err != nil {
		return api.Timeline{}, err
	}
	out := api.Timeline{Bucket: b, Points: []api.Point{}}
	if b == "" {
		out.Bucket = fittingBucket(maxBuckets, from, to)
	}
	if s.total == 0 {
		return out, nil
	}
	out.Start, out.End = timeOf(from), timeOf(to)
	counts, err := s.overTime(ctx, out.Bucket)
	if err != nil {
		return api.Timeline{}, err
	}
	for at, n := range counts {
		out.Points = append(out.Points, api.Point{Start: timeOf(at), Count: n})
	}
	slices.SortFunc(out.Points, func(a, b api.Point) int { return a.Start.Compare(b.Start.Time) })
	return out, nil
}

func fittingBucket(most int, from, to int64) api.Bucket {
	for _, b := range buckets() {
		if steps(b, from, to) <= int64(most) {
			return b
		}
	}
	return api.BucketYear
}

// span is the first and the last moment of the selection.
func (s *Selection) span(ctx context.Context) (from, to int64, err error) {
	if s.total == 0 {
		return 0, 0, nil
	}
	from, to = math.MaxInt64, math.MinInt64
	for _, h := range s.hits {
		if h.count == 0 || h.block.meta.dates[0] >= from && h.block.meta.dates[1] <= to {
			continue
		}
		col, err := s.v.ints(ctx, h.block, colDate)
		if err != nil {
			return 0, 0, err
		}
		h.bits.each(func(i int) {
			v := col.at(i)
			from, to = min(from, v), max(to, v)
		})
	}
	return from, to, nil
}

func (s *Selection) overTime(ctx context.Context, b api.Bucket) (map[int64]int, error) {
	counts := map[int64]int{}
	start := bucketStart(b)
	for _, h := range s.hits {
		if h.count == 0 {
			continue
		}
		col, err := s.v.ints(ctx, h.block, colDate)
		if err != nil {
			return nil, err
		}
		last, n := start(h.block.meta.dates[0]), 0
		h.bits.each(func(i int) {
			if at := start(col.at(i)); at != last {
				counts[last] += n
				last, n = at, 0
			}
			n++
		})
		counts[last] += n
	}
	for at, n := range counts {
		if n == 0 {
			delete(counts, at)
		}
	}
	return counts, nil
}
