package charts

import (
	"strconv"
	"strings"
	"time"

	"threatbench/api"
	"threatbench/api/query"
)

const day = 24 * time.Hour

// span is a stretch of time in UTC, from its start up to, not including, its
// end; zero for all time. Steps of time are the API's, which are UTC too, so
// that no day has 23 or 25 hours.
type span struct{ from, until time.Time }

func (s span) all() bool { return s.from.IsZero() }

// whole tells whether it is of whole days, which is all that servers without
// GraphQL can count.
func (s span) whole() bool {
	return s.from.Equal(s.from.Truncate(day)) && s.until.Equal(s.until.Truncate(day))
}

func (s span) length() time.Duration { return s.until.Sub(s.from) }

// before is the stretch of the same length that ends where this one begins.
func (s span) before() span { return span{s.from.Add(-s.length()), s.from} }

// clip is what of the span lies within another.
func (s span) clip(to span) span {
	if to.all() {
		return s
	}
	if s.from.Before(to.from) {
		s.from = to.from
	}
	if s.until.After(to.until) {
		s.until = to.until
	}
	return s
}

// minutely is a moment within a range, as it is typed and saved.
const minutely = "2006-01-02 15:04"

// String is the span as spanOf reads it; of whole days the last is named.
func (s span) String() string {
	if s.whole() {
		return s.from.Format(time.DateOnly) + ".." + s.until.Add(-day).Format(time.DateOnly)
	}
	return s.from.Format(minutely) + ".." + s.until.Format(minutely)
}

// maxDays is how long a range may be: what a time.Duration holds, nearly.
const maxDays = 100_000

// spanOf reads a range: "" for all time; "30d" or "24h" for so many days or
// hours up to the present one; "2026-01-01..2026-01-31" for days, both
// included; "2026-01-01 10:00..2026-01-01 12:00" for what lies between.
func spanOf(text string, now time.Time) (span, bool) {
	now = now.UTC()
	if text == "" {
		return span{}, true
	}
	if n, ok := counted(text, "d"); ok && n <= maxDays {
		end := now.Truncate(day).Add(day)
		return span{end.AddDate(0, 0, -n), end}, true
	}
	if n, ok := counted(text, "h"); ok && n <= 24*maxDays {
		end := now.Truncate(time.Hour).Add(time.Hour)
		return span{end.Add(-time.Duration(n) * time.Hour), end}, true
	}
	a, b, ok := strings.Cut(text, "..")
	if !ok {
		b = a
	}
	from, _, ok1 := end(a)
	until, wholeDay, ok2 := end(b)
	if wholeDay {
		until = until.Add(day)
	}
	if !ok1 || !ok2 || !until.After(from) || until.AddDate(0, 0, -maxDays).After(from) {
		return span{}, false
	}
	return span{from, until}, true
}

// counted reads "30d": a number above 0 and its unit.
func counted(text, unit string) (int, bool) {
	digits, ok := strings.CutSuffix(text, unit)
	n, err := strconv.Atoi(digits)
	return n, ok && err == nil && n > 0 && strconv.Itoa(n) == digits
}

// end reads an end of a range, a day or a moment.
func end(text string) (at time.Time, wholeDay, ok bool) {
	text = strings.TrimSpace(text)
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t, true, t.Year() > 0
	}
	for _, form := range []string{minutely, "2006-01-02T15:04"} {
		if t, err := time.Parse(form, text); err == nil {
			return t, false, t.Year() > 0
		}
	}
	return time.Time{}, false, false
}

// within is a filter narrowed to a stretch of time, whose days are those of UTC
// in whichever zone the filter is read.
func within(text string, s span) string {
	from, to, last := s.from.Format(time.DateOnly)+"Z", s.until.Add(-day).Format(time.DateOnly)+"Z", api.OpLte
	if !s.whole() {
		from, to, last = s.from.Format(time.RFC3339), s.until.Format(time.RFC3339), api.OpLt
	}
	text = query.And(text, api.Condition{Field: api.FieldDate, Op: api.OpGte, Values: []string{from}})
	return query.And(text, api.Condition{Field: api.FieldDate, Op: last, Values: []string{to}})
}

// rangeName writes a range for people.
func rangeName(r string) string {
	if n, ok := counted(r, "h"); ok {
		return "last " + strconv.Itoa(n) + " hours"
	}
	switch n, ok := counted(r, "d"); {
	case r == "":
		return "all time"
	case ok && n == 1:
		return "today"
	case ok:
		return "last " + strconv.Itoa(n) + " days"
	}
	return between(r)
}

// between writes two ends for people; a day that both share stands once.
func between(r string) string {
	a, b, two := strings.Cut(r, "..")
	if !two || a == b {
		return a
	}
	if d, _, timed := strings.Cut(a, " "); timed {
		b = strings.TrimPrefix(b, d+" ")
	}
	return a + " to " + b
}
