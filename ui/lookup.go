package ui

import (
	"errors"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/indicator"
	"threatbench/api/query"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// lookupSlot is where indicators are looked up from.
const lookupSlot = "lookup"

// maxLookedUp bounds what one paste may cost in calls: a call takes a hundred.
const maxLookedUp = 10_000

// askIndicators asks for a text whose indicators are looked up. A text pasted
// into the list does the same.
func (m *Model) askIndicators() {
	m.overlay.Open(newEntryOf(m, views.Entry{
		Title: "look up indicators: paste a list or any text, defanged or not",
		Check: func(text string) error {
			if len(indicator.Find(text)) == 0 {
				return errors.New("no indicator in it")
			}
			return nil
		},
		Accept: m.lookUp,
	}))
}

// lookUp finds the indicators of a text and asks which were seen.
func (m *Model) lookUp(text string) tea.Cmd {
	found := indicator.Find(text)
	if len(found) == 0 {
		return m.say(toast.Info, "no indicator in what was pasted")
	}
	if m.job != nil {
		return m.say(toast.Info, "something is under way: esc cancels it")
	}
	var warn tea.Cmd
	if len(found) > maxLookedUp {
		warn = m.say(toast.Warn, "looking up the first "+views.Count(maxLookedUp)+" of "+views.Count(len(found)))
		found = found[:maxLookedUp]
	}
	values := make([]string, len(found))
	for i, f := range found {
		values[i] = f.Value
	}
	slot := async.Slot{View: jobView, Name: lookupSlot}
	m.beginJob(slot, "looking up "+views.Count(len(values))+" indicators")
	return tea.Batch(warn, m.env.Async.Lookup(slot, values, m.events.Selection().Query.Datasets))
}

// onLookup shows which indicators were seen, the hits first.
func (m *Model) onLookup(f async.JobDone) tea.Cmd {
	m.job = nil
	all, _ := f.Value.([]async.Sighting)
	if len(all) == 0 {
		if f.Err != nil {
			return m.say(toast.Error, f.Err.Error())
		}
		return nil
	}
	var hits, misses []async.Sighting
	for _, s := range all {
		if s.Count > 0 {
			hits = append(hits, s)
		} else {
			misses = append(misses, s)
		}
	}
	p := views.Pick{Title: fmt.Sprintf("%s indicators: %s seen, %s not", views.Count(len(all)), views.Count(len(hits)), views.Count(len(misses)))}
	var visits []string
	add := func(it views.PickItem, filter string) {
		p.Items, visits = append(p.Items, it), append(visits, filter)
	}
	if n := len(hits); n > 1 {
		shown := hits[:min(n, api.MaxInValues)]
		title := "All that were seen"
		if n > len(shown) {
			title = fmt.Sprintf("The first %d that were seen", len(shown))
		}
		add(views.PickItem{Title: title, Detail: "enter shows their events"}, indicatorsFilter(shown...))
	}
	for _, s := range hits {
		add(views.PickItem{Title: s.Value, Detail: m.sighting(s), On: true}, indicatorsFilter(s))
	}
	for _, s := range misses {
		add(views.PickItem{Title: s.Value, Detail: "not seen"}, "")
	}
	p.Chosen = func(i int) tea.Cmd {
		if visits[i] == "" {
			return m.say(toast.Info, p.Items[i].Title+" was not seen")
		}
		return m.openVisit(views.VisitEvents{Filter: visits[i]})
	}
	m.overlay.Open(newMenu(m, p))
	if f.Err != nil {
		return m.say(toast.Warn, fmt.Sprintf("only %s were looked up: %v", views.Count(len(all)), f.Err))
	}
	return nil
}

func (m *Model) sighting(s async.Sighting) string {
	n := views.Count(s.Count)
	if s.More {
		n = "at least " + n
	}
	word := " events"
	if s.Count == 1 {
		word = " event"
	}
	return strings.Join([]string{n + word, "last " + m.env.Date(s.Last.Date), s.Last.Category, s.Last.Attacker}, "  ")
}

func indicatorsFilter(list ...async.Sighting) string {
	c := api.Condition{Field: api.FieldIndicator, Op: api.OpIn}
	for _, s := range list {
		c.Values = append(c.Values, s.Value)
	}
	if len(c.Values) == 1 {
		c.Op = api.OpEquals
	}
	return query.FormatCondition(c)
}
