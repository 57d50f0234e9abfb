package views

import (
	"strconv"
	"time"

	"threatbench/api"
	"threatbench/api/attack"
	"threatbench/ui/widget/chart"
)

// ColumnValue is a value of one of api.AggregateColumns as a person reads it:
// a country, a stage of the kill chain, a technique or an attack pattern with
// its name, "(none)" for events without one.
func ColumnValue(column, value string) string {
	if value == "" {
		return "(none)"
	}
	name := ""
	switch column {
	case "attackerCountry", "targetCountry":
		if c, ok := api.CountryByCode(value); ok && c.Name != value {
			name = c.Name
		}
	case "killChain":
		if i, err := strconv.Atoi(value); err == nil {
			name = api.KillChainName(i)
		}
	case "mitreAttack":
		name = attack.Name(value)
	case "mitreCapec":
		name = attack.Pattern(value)
	}
	if name == "" {
		return value
	}
	return value + " " + name
}

// ShortTLP writes a marking in at most six letters, so that the strict form of
// amber isn't cut to look like the plain one.
func ShortTLP(s string) string {
	if t, _ := api.ParseTLP(s); t == api.TLPAmberStrict {
		return "amber+"
	}
	return s
}

// Day is the day of a moment in the zone that is shown, "" where it is unknown.
func (e *Env) Day(t api.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(e.Zone).Format(time.DateOnly)
}

// StepStarts lists every step of a timeline from its first event to its last,
// empty ones too, at most a few thousand.
func StepStarts(d api.Timeline) []time.Time {
	if len(d.Points) == 0 {
		return nil
	}
	const most = 5000
	var out []time.Time
	last := d.Points[len(d.Points)-1].Start.UTC()
	for s := d.Points[0].Start.UTC(); !s.After(last) && len(out) < most; s = NextStep(d.Bucket, s) {
		out = append(out, s)
	}
	return out
}

// NextStep is the start of the step after the one that starts at s.
func NextStep(b api.Bucket, s time.Time) time.Time {
	switch b {
	case api.BucketMinute:
		return s.Add(time.Minute)
	case api.BucketHour:
		return s.Add(time.Hour)
	case api.BucketWeek:
		return s.AddDate(0, 0, 7)
	case api.BucketMonth:
		return s.AddDate(0, 1, 0)
	case api.BucketYear:
		return s.AddDate(1, 0, 0)
	}
	return s.AddDate(0, 0, 1)
}

// StepLabel names the step that starts at s.
func StepLabel(b api.Bucket, s time.Time) string {
	switch b {
	case api.BucketMinute, api.BucketHour:
		return s.Format("02 Jan 15:04")
	case api.BucketMonth:
		return s.Format("Jan 2006")
	case api.BucketYear:
		return s.Format("2006")
	}
	return s.Format("02 Jan 06")
}

// InUTC tells whether the zone that is shown is UTC, the machine's own zone by
// that name too. One that has its time in winter alone isn't.
func (e *Env) InUTC() bool {
	name, off := e.Now().In(e.Zone).Zone()
	return e.Zone == time.UTC || name == "UTC" && off == 0
}

// TimelineSteps are the steps of a timeline with their counts, as StepStarts
// lists them. Servers count by steps of UTC: minutes and hours are named in the
// zone that is shown, longer steps say so where that is another one.
func (e *Env) TimelineSteps(d api.Timeline) []chart.Step {
	zone, note := time.UTC, ""
	switch {
	case e.InUTC():
	case d.Bucket == api.BucketMinute || d.Bucket == api.BucketHour:
		zone = e.Zone
	default:
		note = " UTC"
	}
	starts := StepStarts(d)
	at := map[int64]int{}
	for _, p := range d.Points {
		at[p.Start.Unix()] += p.Count
	}
	steps := make([]chart.Step, len(starts))
	for i, s := range starts {
		steps[i] = chart.Step{Label: StepLabel(d.Bucket, s.In(zone)) + note, Count: at[s.Unix()]}
	}
	return steps
}

// ZoneName is what a time zone is called at a moment: "UTC", "CET", or its
// distance where it has no name of its own, "UTC+05:45".
func ZoneName(zone *time.Location, at time.Time) string {
	name := at.In(zone).Format("MST")
	if name[0] != '+' && name[0] != '-' {
		return name
	}
	return "UTC" + at.In(zone).Format("-07:00")
}
