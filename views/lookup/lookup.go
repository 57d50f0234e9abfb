// Package lookup words what a look-up of indicators found: the lines to choose
// from, the filters that find the events, and the texts and tables to send on.
package lookup

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/indicator"
	"threatbench/api/knowngood"
	"threatbench/api/query"
	"threatbench/views"
)

// Part is some of the results.
type Part int

// The parts, in the order in which they are shown.
const (
	All Part = iota
	Seen
	Related // a host, a parent domain or something below is known
	Unseen
)

// Results are what is known of indicators: those seen first, then those of
// which something beside them is known.
type Results struct {
	parts       [Unseen + 1][]async.Sighting
	notSearched []string
}

// Of puts what was found in order.
func Of(found async.LookedUp) *Results {
	r := &Results{notSearched: found.NotSearched}
	for _, s := range found.Sightings {
		part := Related
		switch tie, _ := s.Tie(); tie {
		case api.Seen:
			part = Seen
		case api.Unseen:
			part = Unseen
		}
		r.parts[part] = append(r.parts[part], s)
	}
	r.parts[All] = slices.Concat(r.parts[1:]...)
	return r
}

// Count is how many indicators are in a part.
func (r *Results) Count(p Part) int { return len(r.parts[p]) }

// PartName is a part in words, with its count.
func (r *Results) PartName(p Part) string {
	return [...]string{"All", "Seen", "Related", "Not seen"}[p] + ": " + views.Plural(r.Count(p), "indicator")
}

// Title is the counts of the parts.
func (r *Results) Title() string {
	return fmt.Sprintf("%s: %s seen, %s related, %s not seen", views.Plural(r.Count(All), "indicator"),
		views.Count(r.Count(Seen)), views.Count(r.Count(Related)), views.Count(r.Count(Unseen)))
}

// Note says where was looked, and what for could not be.
func (r *Results) Note() string {
	if len(r.notSearched) == 0 {
		return "Searched in all datasets"
	}
	return "Exact hits in all datasets. Not searched, since the server has no look-up: " + strings.Join(r.notSearched, "; ")
}

// Items are the lines of the results, in the order of Filter.
func (r *Results) Items(env *views.Env) []views.PickItem {
	out := make([]views.PickItem, r.Count(All))
	for i, s := range r.parts[All] {
		out[i] = item(env, s)
	}
	return out
}

// item is the verdict on an indicator, and the newest event behind it.
func item(env *views.Env, s async.Sighting) views.PickItem {
	tie, known := s.Tie()
	it := views.PickItem{Title: s.Value, On: tie == api.Seen, Lead: Verdict(s)}
	var detail []string
	if tie == api.HostKnown || tie == api.ParentKnown {
		detail = append(detail, known.Value)
	}
	if tie == api.Seen && s.Below != nil {
		detail = append(detail, "below it: "+views.Count(s.Below.Count))
	}
	if len(known.Newest) > 0 {
		last := known.Newest[0]
		detail = append(detail, "last "+env.Date(last.Date), last.Category, last.Attacker)
	}
	if good := env.Good.Find(s.Value); good.Tie != knowngood.None {
		detail = append([]string{good.String()}, detail...)
	}
	it.Detail = strings.TrimSpace(strings.Join(detail, "  "))
	return it
}

// Verdict is what is known of an indicator, in a few words.
func Verdict(s async.Sighting) string {
	tie, known := s.Tie()
	n := views.Plural(known.Count, "event")
	if s.More {
		n = "at least " + n
	}
	switch tie {
	case api.Seen:
		return n
	case api.HostKnown:
		return "host known: " + n
	case api.BelowKnown:
		return "below it: " + n
	case api.ParentKnown:
		return "parent known: " + n
	}
	return "not seen"
}

// Filter finds the events that result i counts; "" where there are none.
func (r *Results) Filter(i int) string {
	s := r.parts[All][i]
	tie, known := s.Tie()
	c := api.Condition{Field: api.FieldIndicator, Op: api.OpEquals, Values: []string{known.Value}}
	switch tie {
	case api.Unseen:
		return ""
	case api.BelowKnown:
		c.Op = belowOp(known.Value)
	}
	return query.FormatCondition(c)
}

// belowOp is the operator that finds what lies below a host, a net or the
// first digits of a hash.
func belowOp(value string) api.Op {
	if indicator.Host(value) != "" {
		return api.OpUnder
	}
	if _, err := api.ParseNet(value); err == nil {
		return api.OpWithin
	}
	return api.OpStartsWith
}

// SeenFilter finds the events of the indicators that were seen, of as many as
// a condition may name.
func (r *Results) SeenFilter() (filter string, named int) {
	c := api.Condition{Field: api.FieldIndicator, Op: api.OpIn}
	for _, s := range r.parts[Seen][:min(r.Count(Seen), api.MaxInValues)] {
		c.Values = append(c.Values, s.Value)
	}
	return query.FormatCondition(c), len(c.Values)
}

// Text is the indicators of a part, one on a line.
func (r *Results) Text(p Part, defanged bool) string {
	var b strings.Builder
	for _, s := range r.parts[p] {
		b.WriteString(spelled(s.Value, defanged) + "\n")
	}
	return b.String()
}

// formula is what a spreadsheet would take for one.
var formula = regexp.MustCompile(`^\s*[=+\-@＝＋－＠]`)

// CSV is a part as a table: the indicator, the verdict, the number of events,
// what is known, and the date, dataset and id of the newest event of it.
func (r *Results) CSV(p Part, defanged bool) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	rows := [][]string{{"indicator", "verdict", "events", "known", "last", "dataset", "event"}}
	for _, s := range r.parts[p] {
		_, known := s.Tie()
		row := []string{spelled(s.Value, defanged), Verdict(s), strconv.Itoa(known.Count), spelled(known.Value, defanged), "", "", ""}
		if len(known.Newest) > 0 {
			last := known.Newest[0]
			row[4], row[5], row[6] = last.Date.String(), last.DatasetID, last.UUID
		}
		for i, cell := range row {
			if formula.MatchString(cell) {
				row[i] = "'" + cell
			}
		}
		rows = append(rows, row)
	}
	if err := w.WriteAll(rows); err != nil {
		return nil, fmt.Errorf("writing a table: %w", err)
	}
	return b.Bytes(), nil
}

func spelled(value string, defanged bool) string {
	if defanged {
		return indicator.Defang(value)
	}
	return value
}
