package query

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"threatbench/api"
)

// Dates as people say and write them: ranges with "to", days with the month
// first or last, months and quarters by name, "last 7 days".

// asRange writes the ways to say from and to as from..to.
func asRange(v string) string {
	v = strings.ReplaceAll(v, "...", "..")
	inner := v
	if len(v) > 2 && strings.ContainsAny(v[:1], "[{") && strings.ContainsAny(v[len(v)-1:], "]}") {
		inner = v[1 : len(v)-1]
	}
	for _, sign := range []string{" to ", " TO ", " until ", " - "} {
		if from, to, ok := strings.Cut(inner, sign); ok {
			return strings.Trim(strings.TrimSpace(from), "*") + ".." + strings.Trim(strings.TrimSpace(to), "*")
		}
	}
	if day := len(time.DateOnly); len(v) == 2*day+1 && v[day] == '-' && api.IsDay(v[:day]) && api.IsDay(v[day+1:]) {
		return v[:day] + ".." + v[day+1:]
	}
	return v
}

// spokenPeriod reads what periodOf does not know; ok is false where it is no
// date either, refused says what is wrong with one.
func spokenPeriod(v string, now time.Time) (p period, ok bool, refused string) {
	low := strings.Join(strings.Fields(strings.NewReplacer("_", " ", ",", " ").Replace(strings.ToLower(v))), " ")
	if clock, ok := clockOf(low); ok {
		p, refused = timeOfDay("today", clock, now)
		return p, true, refused
	}
	if n, found := strings.CutSuffix(low, "m"); found && strings.TrimLeft(strings.TrimLeft(n, "nowlast -"), "0123456789") == "" && n[0] != '-' && n[0] > '9' {
		return p, true, fmt.Sprintf("%q can be minutes or months: write -%smin or -%smon", v, strings.TrimLeft(n, "nowlast -"), strings.TrimLeft(n, "nowlast -"))
	}
	if t, ok := agoInWords(low, now); ok {
		s := t.UTC().Truncate(time.Second).Format(time.RFC3339)
		return period{from: s, to: s, ago: true}, true, ""
	}
	if name := strings.ReplaceAll(strings.Replace(low, "past ", "last ", 1), " ", "-"); name != low || strings.HasPrefix(low, "last-") {
		name = strings.TrimPrefix(name, "on-")
		if day := strings.TrimPrefix(name, "last-"); isWeekday(day) {
			if name != day {
				now = now.AddDate(0, 0, -1) // last monday is never today
			}
			name = day
		}
		if p, ok := namedPeriod(name, now); ok {
			return p, true, ""
		}
	}
	if from, to, ok := quarterOrWeek(low, calendarDay(now)); ok {
		return days(from, to, now.Location()), true, ""
	}
	if from, to, ok := withMonth(low, calendarDay(now)); ok {
		return days(from, to, now.Location()), true, ""
	}
	return numbersDay(low, now)
}

func isWeekday(v string) bool {
	for d := range 7 {
		if strings.EqualFold(time.Weekday(d).String(), v) {
			return true
		}
	}
	return false
}

// agoInWords reads "last 7 days", "7d", "-90 min", "2 weeks ago", "now-7d".
func agoInWords(low string, now time.Time) (time.Time, bool) {
	v := strings.TrimSuffix(low, " ago")
	for _, lead := range []string{"now-", "now -", "in the last ", "the last ", "last-", "last ", "past-", "past ", "last", "-"} {
		if rest, ok := strings.CutPrefix(v, lead); ok {
			v = rest
			break
		}
	}
	digits := v[:len(v)-len(strings.TrimLeft(v, "0123456789"))]
	unit := strings.Trim(v[len(digits):], " -")
	n, err := strconv.Atoi(digits)
	if err != nil || len(digits) > 5 {
		return time.Time{}, false
	}
	switch strings.TrimSuffix(unit, "s") {
	case "min", "minute":
		return now.Add(-time.Duration(n) * time.Minute), true
	case "h", "hr", "hour":
		return now.Add(-time.Duration(n) * time.Hour), true
	case "d", "day":
		return now.AddDate(0, 0, -n), true
	case "w", "week":
		return now.AddDate(0, 0, -7*n), true
	case "m", "mon", "month":
		return now.AddDate(0, -n, 0), true
	case "y", "year":
		return now.AddDate(-n, 0, 0), true
	}
	return time.Time{}, false
}

// quarterOrWeek reads q4, 2026-q4, q4 2026 and 2026-w48 of ISO 8601.
func quarterOrWeek(low string, today time.Time) (from, to time.Time, ok bool) {
	year, part := today.Year(), low
	if fields := strings.FieldsFunc(low, func(r rune) bool { return r == ' ' || r == '-' }); len(fields) == 2 {
		if len(fields[0]) != 4 {
			fields[0], fields[1] = fields[1], fields[0]
		}
		y, err := strconv.Atoi(fields[0])
		if err != nil || len(fields[0]) != 4 {
			return from, to, false
		}
		year, part = y, fields[1]
	}
	if len(part) < 2 {
		return from, to, false
	}
	n, err := strconv.Atoi(part[1:])
	switch {
	case err != nil:
	case part[0] == 'q' && n >= 1 && n <= 4:
		from = time.Date(year, time.Month(3*n-2), 1, 0, 0, 0, 0, time.UTC)
		if part == low && from.After(today) {
			from = from.AddDate(-1, 0, 0)
		}
		return from, from.AddDate(0, 3, -1), true
	case part[0] == 'w' && part != low && n >= 1 && n <= 53:
		fourth := time.Date(year, 1, 4, 0, 0, 0, 0, time.UTC) // always in week 1
		from = fourth.AddDate(0, 0, -(int(fourth.Weekday())+6)%7+7*(n-1))
		if y, w := from.ISOWeek(); y == year && w == n {
			return from, from.AddDate(0, 0, 6), true
		}
	}
	return from, to, false
}

// withMonth reads a month by name, with or without a day and a year.
func withMonth(low string, today time.Time) (from, to time.Time, ok bool) {
	var month time.Month
	day, year := 0, 0
	fields := strings.FieldsFunc(low, func(r rune) bool { return r == ' ' || r == '-' || r == '/' })
	if len(fields) > 3 {
		return from, to, false
	}
	for _, f := range fields {
		n, err := strconv.Atoi(strings.TrimRight(f, "stndrh"))
		switch m := monthNamed(f); {
		case m != 0 && month == 0:
			month = m
		case err == nil && len(f) == 4 && year == 0 && n > 31:
			year = n
		case err == nil && n >= 1 && n <= 31 && day == 0:
			day = n
		default:
			return from, to, false
		}
	}
	if month == 0 {
		return from, to, false
	}
	open := year == 0
	if open {
		year = today.Year()
	}
	from = time.Date(year, month, max(day, 1), 0, 0, 0, 0, time.UTC)
	if open && from.After(today) {
		from = time.Date(year-1, month, max(day, 1), 0, 0, 0, 0, time.UTC)
	}
	if day == 0 {
		return from, from.AddDate(0, 1, -1), true
	}
	return from, from, from.Month() == month
}

func monthNamed(v string) time.Month {
	if len(v) < 3 {
		return 0
	}
	for m := time.January; m <= time.December; m++ {
		if name := strings.ToLower(m.String()); v == name || v == name[:3] || v == "sept" && m == time.September {
			return m
		}
	}
	return 0
}

// numbersDay reads 28.11.2026, 2026/11/28, 20261128, and with slashes or dashes
// the order that only one reading allows.
func numbersDay(low string, now time.Time) (p period, ok bool, refused string) {
	if len(low) == 8 {
		if t, err := time.Parse("20060102", low); err == nil {
			return days(t, t, now.Location()), true, ""
		}
	}
	parts := strings.FieldsFunc(low, func(r rune) bool { return r == '.' || r == '/' || r == '-' })
	if len(parts) != 3 || strings.Trim(low, "0123456789./-") != "" {
		return p, false, ""
	}
	n := make([]int, 3)
	for i, part := range parts {
		var err error
		if n[i], err = strconv.Atoi(part); err != nil {
			return p, false, ""
		}
	}
	y, m, d := n[0], n[1], n[2]
	if len(parts[0]) != 4 {
		if len(parts[2]) != 4 {
			return p, false, ""
		}
		y, m, d = n[2], n[1], n[0]
		switch {
		case strings.Contains(low, ".") || n[0] > 12:
		case n[1] > 12:
			m, d = n[0], n[1]
		case n[0] != n[1]:
			return p, true, fmt.Sprintf("%s can be two days: write %04d-%02d-%02d or %04d-%02d-%02d", low, y, n[1], n[0], y, n[0], n[1])
		}
	}
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if y < 1 || t.Month() != time.Month(m) || t.Day() != d {
		return p, false, ""
	}
	return days(t, t, now.Location()), true, ""
}
