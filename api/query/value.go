package query

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"threatbench/api"
)

// textual tells whether an operator sees a date as text.
func textual(op api.Op) bool {
	return slices.Contains([]api.Op{api.OpLike, api.OpContains, api.OpStartsWith, api.OpEndsWith, api.OpFind}, op)
}

// scalar reads the value of a field that isn't a date: names of kill chain
// stages become numbers, yes and no become true and false.
func (p *parser) scalar(field api.Field, op api.Op, t token, v string) (string, *Error) {
	switch field {
	case api.FieldTLP:
		m, ok := api.ParseTLP(v)
		if !ok && !textual(op) {
			return "", p.fail(t, "%q isn't a TLP marking: write red, amber+strict, amber, green or clear", v)
		}
		if ok && !t.quoted {
			return m.String(), nil
		}
	case api.FieldKillChain:
		n, ok := stage(v)
		if !ok {
			return "", p.fail(t, "%q is no stage of the kill chain: write 0 to 7 or a name such as delivery", v)
		}
		return n, nil
	case api.FieldHasChildren:
		switch low := strings.ToLower(v); low {
		case "yes":
			return "true", nil
		case "no":
			return "false", nil
		default:
			if _, err := strconv.ParseBool(low); err != nil {
				return "", p.fail(t, "%s is true or false", field)
			}
		}
	}
	return v, nil
}

// stage is a kill chain number as it stands, or that of a name.
func stage(v string) (string, bool) {
	if _, err := strconv.Atoi(v); err == nil {
		return v, true
	}
	name := strings.ToLower(strings.NewReplacer("-", " ", "_", " ").Replace(v))
	if name == "c2" || name == "c&c" {
		return "6", true
	}
	for i := range 8 {
		if api.KillChainName(i) == name {
			return strconv.Itoa(i), true
		}
	}
	return "", false
}

// period is a day, a moment or a longer stretch, as values the API reads:
// from and to are included, and equal for a day or a moment.
type period struct {
	from, to string
	ago      bool // a moment counted back from now: "equals" it means since it
	moment   bool // a minute: after it and up to it are meant from its beginning
}

// dates reads a date behind op: as the API does, or relative, or a month, a
// year or a range, for which two conditions may be needed. refused says why
// it can't.
func dates(field api.Field, op api.Op, v string, now time.Time) (conds []api.Condition, refused string) {
	cond := func(op api.Op, v string) api.Condition {
		return api.Condition{Field: field, Op: op, Values: []string{v}}
	}
	if _, err := api.ParseTime(v); err == nil && (isUTC(now) || hasZone(v)) && !(op == api.OpEquals && isMinute(v)) {
		return []api.Condition{cond(op, v)}, ""
	}
	if op == api.OpEquals {
		v = asRange(v)
	}
	if from, to, ok := strings.Cut(v, ".."); ok && op == api.OpEquals {
		return between(cond, from, to, now)
	}
	p, refused := periodOf(v, now)
	if refused != "" {
		return nil, refused
	}
	switch op {
	case api.OpGt, api.OpLte:
		if p.moment {
			return []api.Condition{cond(op, p.from)}, ""
		}
		return []api.Condition{cond(op, p.to)}, ""
	case api.OpGte, api.OpLt:
		return []api.Condition{cond(op, p.from)}, ""
	}
	switch {
	case p.ago:
		return []api.Condition{cond(api.OpGte, p.from)}, ""
	case p.from == p.to:
		return []api.Condition{cond(op, p.from)}, ""
	}
	return []api.Condition{cond(api.OpGte, p.from), cond(api.OpLte, p.to)}, ""
}

// between reads a..b, either end of which may be open.
func between(cond func(api.Op, string) api.Condition, from, to string, now time.Time) (conds []api.Condition, refused string) {
	if from == "" && to == "" {
		return nil, "a range needs at least one end, as in 2024-01-01..2024-02-01"
	}
	if _, clock := clockOf(to); clock {
		if day, _, ok := cutClock(from); ok {
			to = day + " " + to // 09:00..12:00 of one day
		}
	}
	var begin time.Time
	if from != "" {
		p, refused := periodOf(from, now)
		if refused != "" {
			return nil, refused
		}
		conds = append(conds, cond(api.OpGte, p.from))
		begin = edge(p.from)
	}
	if to != "" {
		p, refused := periodOf(to, now)
		if refused != "" {
			return nil, refused
		}
		if end := edge(p.to); !begin.IsZero() && end.Before(begin) {
			return nil, fmt.Sprintf("%s..%s ends before it begins: write %s..%s", from, to, to, from)
		}
		conds = append(conds, cond(api.OpLte, p.to))
	}
	return conds, ""
}

// edge is the moment an end of a range stands for, the zero time where it is
// none: an end that is a day is compared by its beginning.
func edge(v string) time.Time {
	t, err := api.ParseTime(v)
	if err != nil {
		return time.Time{}
	}
	return t.Time
}

// periodOf reads a day, a stretch of days or a moment. Days are those of the
// zone of now.
func periodOf(v string, now time.Time) (p period, refused string) {
	if day, ok := utcDay(v); ok {
		return period{from: day, to: day}, ""
	}
	if t, err := api.ParseTime(v); err == nil {
		return momentOf(v, t, now)
	}
	if t, err := time.Parse("2006-01", v); err == nil {
		return days(t, t.AddDate(0, 1, -1), now.Location()), ""
	}
	if t, err := time.Parse("2006", v); err == nil && t.Year() > 0 {
		return days(t, t.AddDate(1, 0, -1), now.Location()), ""
	}
	if day, clock, ok := cutClock(v); ok {
		return timeOfDay(day, clock, now)
	}
	if t, ok := ago(v, now); ok {
		if t.Year() < 1 {
			return period{}, fmt.Sprintf("%s is too long ago", v)
		}
		s := t.UTC().Truncate(time.Second).Format(time.RFC3339)
		return period{from: s, to: s, ago: true}, ""
	}
	if p, ok := namedPeriod(strings.ToLower(v), now); ok {
		return p, ""
	}
	if p, ok, refused := spokenPeriod(v, now); ok {
		return p, refused
	}
	return period{}, fmt.Sprintf("%q isn't a date: write 2024-03-01, 2024-03, 2024-01-01..2024-02-01, -7d (h d w m y), today or monday", v)
}

// namedPeriod reads the names of days and of stretches of days.
func namedPeriod(low string, now time.Time) (period, bool) {
	today, zone := calendarDay(now), now.Location()
	switch low {
	case "now":
		s := now.UTC().Truncate(time.Second).Format(time.RFC3339)
		return period{from: s, to: s}, true
	case "today":
		return days(today, today, zone), true
	case "yesterday":
		return days(today.AddDate(0, 0, -1), today.AddDate(0, 0, -1), zone), true
	case "this-week", "this-month", "this-year":
		return days(beginning(low, today), today, zone), true
	case "last-week":
		from := beginning("this-week", today).AddDate(0, 0, -7)
		return days(from, from.AddDate(0, 0, 6), zone), true
	case "last-month":
		from := beginning("this-month", today).AddDate(0, -1, 0)
		return days(from, from.AddDate(0, 1, -1), zone), true
	case "last-year":
		from := beginning("this-year", today).AddDate(-1, 0, 0)
		return days(from, from.AddDate(1, 0, -1), zone), true
	}
	for back := range 7 {
		if d := today.AddDate(0, 0, -back); strings.ToLower(d.Weekday().String()) == low {
			return days(d, d, zone), true
		}
	}
	return period{}, false
}

// beginning is the first day of this week (a Monday), month or year.
func beginning(of string, today time.Time) time.Time {
	y, m, d := today.Date()
	switch of {
	case "this-week":
		return time.Date(y, m, d-(int(today.Weekday())+6)%7, 0, 0, 0, 0, time.UTC)
	case "this-month":
		return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
	}
	return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC)
}

// calendarDay is the day of a moment in its zone, as its beginning in UTC: days
// are counted there, where none is missing or has no midnight.
func calendarDay(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// days is the stretch from one calendar day to another, both whole, in a zone.
func days(from, to time.Time, zone *time.Location) period {
	if zone == time.UTC {
		return period{from: from.Format(time.DateOnly), to: to.Format(time.DateOnly)}
	}
	y, m, d := from.Date()
	start := api.StartOfDay(y, m, d, zone)
	y, m, d = to.Date()
	end := api.StartOfDay(y, m, d+1, zone).Add(-time.Millisecond)
	return period{from: toMillis(start), to: toMillis(end)}
}

// utcDay reads 2024-03-01Z, a day that is one in UTC whatever the zone of now.
func utcDay(v string) (day string, ok bool) {
	day, ok = strings.CutSuffix(v, "Z")
	return day, ok && api.IsDay(day)
}

// toMillis writes a moment to the millisecond, in UTC.
func toMillis(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999Z07:00") }

func isUTC(t time.Time) bool { _, off := t.Zone(); return off == 0 && t.Location() == time.UTC }

// hasZone reports whether a moment says its zone itself.
func hasZone(v string) bool {
	v = strings.TrimSpace(v)
	if i := strings.IndexByte(v, ':'); i > 0 {
		return strings.ContainsAny(v[i:], "Zz+-")
	}
	return false
}

// isMinute reports whether a moment is written to the minute.
func isMinute(v string) bool {
	v = strings.TrimSpace(v)
	return len(v) == len("2006-01-02 15:04") && v[len(v)-3] == ':'
}

// momentOf is a day or a moment that the API reads; without a zone of its own
// it is in that of now.
func momentOf(v string, t api.Time, now time.Time) (p period, refused string) {
	switch {
	case api.IsDay(v) && isUTC(now):
		return period{from: v, to: v}, ""
	case api.IsDay(v):
		y, m, d := t.UTC().Date()
		noon := time.Date(y, m, d, 12, 0, 0, 0, now.Location())
		if noon.Day() != d {
			return p, fmt.Sprintf("there was no %s in %s: its calendar left it out", v, now.Location())
		}
		return days(noon, noon, now.Location()), ""
	}
	if !hasZone(v) && !isUTC(now) {
		u := t.UTC()
		t = api.TimeOf(time.Date(u.Year(), u.Month(), u.Day(), u.Hour(), u.Minute(), u.Second(), u.Nanosecond(), now.Location()))
		v = toMillis(t.Time)
	}
	if isMinute(v) || !hasZone(v) && !isUTC(now) {
		return period{from: toMillis(t.Time), to: toMillis(t.Add(time.Minute - time.Millisecond)), moment: true}, ""
	}
	return period{from: v, to: v}, ""
}

// cutClock parts a day from the time of day behind it.
func cutClock(v string) (day string, clock time.Duration, ok bool) {
	i := strings.LastIndexAny(v, " T")
	if i < 1 {
		return "", 0, false
	}
	clock, ok = clockOf(v[i+1:])
	return strings.TrimSpace(v[:i]), clock, ok
}

// clockOf reads a time of day, 9:00 or 09:00:30.
func clockOf(v string) (time.Duration, bool) {
	for _, layout := range []string{"15:04", "15:04:05", "3pm", "3:04pm"} {
		if t, err := time.Parse(layout, v); err == nil {
			return t.Sub(t.Truncate(24 * time.Hour)), true
		}
	}
	return 0, false
}

// timeOfDay is a minute of a day.
func timeOfDay(day string, clock time.Duration, now time.Time) (period, string) {
	p, refused := periodOf(day, now.UTC().In(now.Location()))
	if refused != "" {
		return p, refused
	}
	t, err := api.ParseTime(p.from)
	if err != nil {
		return p, fmt.Sprintf("%q is no day", day)
	}
	y, m, d := t.In(now.Location()).Date()
	at := time.Date(y, m, d, int(clock.Hours()), int(clock.Minutes())%60, int(clock.Seconds())%60, 0, now.Location())
	return period{from: toMillis(at), to: toMillis(at.Add(time.Minute - time.Millisecond)), moment: true}, ""
}

// ago reads -7d: a number of hours, days, weeks, months or years before now.
func ago(v string, now time.Time) (time.Time, bool) {
	if len(v) < 3 || len(v) > 7 || v[0] != '-' || v[1] == '-' || v[1] == '+' {
		return time.Time{}, false
	}
	n, err := strconv.Atoi(v[1 : len(v)-1])
	if err != nil {
		return time.Time{}, false
	}
	switch v[len(v)-1] | 0x20 {
	case 'h':
		return now.Add(-time.Duration(n) * time.Hour), true
	case 'd':
		return now.AddDate(0, 0, -n), true
	case 'w':
		return now.AddDate(0, 0, -7*n), true
	case 'm':
		return now.AddDate(0, -n, 0), true
	case 'y':
		return now.AddDate(-n, 0, 0), true
	}
	return time.Time{}, false
}
