package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Time is a moment as the contract writes it: RFC 3339 in UTC, milliseconds
// kept. The zero Time stands for "unknown" and is written as "".
type Time struct{ time.Time }

// TimeOf is t in UTC, cut to the millisecond the contract keeps.
func TimeOf(t time.Time) Time { return Time{t.UTC().Truncate(time.Millisecond)} }

// timeLayout is RFC 3339 with milliseconds where there are any.
const timeLayout = "2006-01-02T15:04:05.999Z07:00"

// String is the RFC 3339 form, "" for an unknown moment.
func (t Time) String() string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timeLayout)
}

// MarshalJSON writes the RFC 3339 form.
func (t Time) MarshalJSON() ([]byte, error) { return json.Marshal(t.String()) }

// UnmarshalJSON reads RFC 3339, dates without a zone (taken as UTC), bare
// days and epoch numbers, also in quotes; what cannot be read as a date becomes the zero Time.
func (t *Time) UnmarshalJSON(b []byte) error {
	b = bytes.TrimSpace(b)
	*t = Time{}
	if len(b) == 0 || bytes.Equal(b, []byte("null")) {
		return nil
	}
	var s flexString
	if err := s.UnmarshalJSON(b); err != nil {
		return err
	}
	// A short number in quotes is a year or a compact day, not an epoch.
	if n, err := strconv.ParseInt(string(s), 10, 64); err == nil && (b[0] != '"' || len(s) >= 9) {
		*t = epoch(n)
		return nil
	}
	if p, err := ParseTime(string(s)); err == nil {
		*t = p
	}
	return nil
}

// epoch reads seconds or, past the year 5138 in seconds, milliseconds.
func epoch(n int64) Time {
	t := TimeOf(time.Unix(n, 0))
	if n > 99_999_999_999 || n < -99_999_999_999 {
		t = TimeOf(time.UnixMilli(n))
	}
	if !t.written() {
		return Time{}
	}
	return t
}

// written tells whether the moment has a form in RFC 3339, whose years have
// four digits.
func (t Time) written() bool { return t.Year() >= 0 && t.Year() <= 9999 }

var readLayouts = []string{
	time.RFC3339Nano,
	"2006-01-02T15:04:05.999999999Z0700",
	"2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999",
	"2006-01-02T15:04Z07:00",
	"2006-01-02T15:04",
	"2006-01-02 15:04",
	time.DateOnly,
}

// ParseTime reads a date as the contract allows it on writing: RFC 3339, the
// same without a zone (UTC), or a bare day (its start).
func ParseTime(s string) (Time, error) {
	s = strings.TrimSpace(s)
	for _, layout := range readLayouts {
		if t, err := time.ParseInLocation(layout, s, time.UTC); err == nil && TimeOf(t).written() {
			return TimeOf(t), nil
		}
	}
	return Time{}, fmt.Errorf("%q is not a date: write 2006-01-02 or 2006-01-02T15:04:05Z", s)
}

// StartOfDay is the first moment of a day in a zone. Where clocks are changed
// at midnight, it may have none or two: then it is the first moment after it,
// or the first of both.
func StartOfDay(y int, m time.Month, d int, zone *time.Location) time.Time {
	t := time.Date(y, m, d, 0, 0, 0, 0, zone)
	wanted := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	if wall := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC); wall.Before(wanted) {
		_, t = t.ZoneBounds()
		return t
	}
	changed, _ := t.ZoneBounds()
	if changed.IsZero() {
		return t
	}
	_, now := t.Zone()
	_, before := changed.Add(-1).Zone()
	if first := t.Add(time.Duration(now-before) * time.Second); first.Before(changed) && first.Before(t) {
		return first
	}
	return t
}

// IsDay tells whether s is a bare day, which a filter takes as the whole UTC
// day instead of a moment.
func IsDay(s string) bool {
	_, err := time.Parse(time.DateOnly, strings.TrimSpace(s))
	return err == nil
}
