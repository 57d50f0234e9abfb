package ui

import (
	"errors"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/indicator"
	"threatbench/ui/widget/toast"
	"threatbench/views"
	"threatbench/views/lookup"
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
			if len(indicator.Values(text)) == 0 {
				if text == "" && m.lookups.last != nil {
					return nil
				}
				return errors.New("no indicator in it")
			}
			return nil
		},
		Note: func(text string, lines int) string {
			if text == "" && m.lookups.last != nil {
				return "empty: the last results again (" + m.lookups.last.Title() + ")"
			}
			return pastedNote(text, lines)
		},
		Accept: func(text string) tea.Cmd {
			if text == "" {
				m.showLookup(m.lookups.last)
				return nil
			}
			return m.lookUp(text)
		},
	}))
}

// pastedNote says how much there is to look up in a text.
func pastedNote(text string, lines int) string {
	note := views.Plural(len(indicator.Values(text)), "indicator")
	switch {
	case lines > 1:
		return note + " in " + views.Count(lines) + " lines pasted"
	case text == "":
		return ""
	}
	return note
}

// lookUp finds the indicators of a text and asks which were seen.
func (m *Model) lookUp(text string) tea.Cmd {
	values := indicator.Values(text)
	if len(values) == 0 {
		return m.say(toast.Info, "no indicator in what was pasted")
	}
	if m.job != nil {
		return m.say(toast.Info, m.busy())
	}
	var warn tea.Cmd
	if n := len(values); n > maxLookedUp {
		warn = m.say(toast.Warn, "looking up the first "+views.Count(maxLookedUp)+" of "+views.Count(n))
		values = values[:maxLookedUp]
	}
	slot := async.Slot{View: jobView, Name: lookupSlot}
	m.beginJob(slot, "looking up "+views.Plural(len(values), "indicator"), 0)
	return tea.Batch(warn, m.env.Async.Lookup(slot, values, nil))
}

// lookedUp is the box of what a look-up found, and where its cursor was.
type lookedUp struct {
	*lookup.Results
	at int
}

// lookups are the last look-up, and the one of which a line is being carried
// out.
type lookups struct{ last, open *lookedUp }

// onLookup shows which indicators were seen, then what is known beside them.
func (m *Model) onLookup(f async.JobDone) tea.Cmd {
	m.job = nil
	found, _ := f.Value.(async.LookedUp)
	n := len(found.Sightings)
	if n == 0 {
		if f.Err != nil {
			return m.say(toast.Error, f.Err.Error())
		}
		return nil
	}
	m.lookups.last = &lookedUp{Results: lookup.Of(found)}
	m.showLookup(m.lookups.last)
	if f.Err != nil {
		return m.say(toast.Warn, fmt.Sprintf("only %s were looked up: %v", views.Plural(n, "indicator"), f.Err))
	}
	return nil
}

// showLookup opens the box. What is chosen in it remembers the box, so that
// going back opens it again.
func (m *Model) showLookup(r *lookedUp) {
	p := views.Pick{Title: r.Title(), Note: r.Note()}
	var acts []func() tea.Cmd
	add := func(it views.PickItem, act func() tea.Cmd) { p.Items, acts = append(p.Items, it), append(acts, act) }
	if n := r.Count(lookup.Seen); n > 1 {
		filter, named := r.SeenFilter()
		title := "All that were seen"
		if n > named {
			title = fmt.Sprintf("The first %d that were seen", named)
		}
		add(views.PickItem{Title: title, Detail: "shows their events"}, m.toEvents(filter))
	}
	add(views.PickItem{Title: "Copy or save", Detail: "plain or defanged, all of them or some"}, func() tea.Cmd { m.askLookupPart(r); return nil })
	first := len(acts)
	for i, it := range r.Items(m.env) {
		add(it, func() tea.Cmd {
			if filter := r.Filter(i); filter != "" {
				return m.toEvents(filter)()
			}
			m.showLookup(r)
			return m.say(toast.Info, it.Title+" was not seen")
		})
	}
	if r.at == 0 && r.Count(lookup.Seen) < 2 {
		r.at = first // there is nothing to show all of
	}
	if p.At = r.at; p.At == 0 {
		p.At = -1 // a check tells what was seen, not what is in force
	}
	p.Chosen = func(i int) tea.Cmd {
		r.at = i
		m.lookups.open = r
		defer func() { m.lookups.open = nil }()
		return acts[i]()
	}
	m.overlay.Open(newMenu(m, p))
}

func (m *Model) toEvents(filter string) func() tea.Cmd {
	return func() tea.Cmd {
		return m.openVisit(views.VisitEvents{Filter: filter, Datasets: []string{api.ScopeAll}})
	}
}

// askLookupPart asks which of the results are to be copied or saved.
func (m *Model) askLookupPart(r *lookedUp) {
	p := views.Pick{Title: "Copy or save which?"}
	var parts []lookup.Part
	for part := lookup.All; part <= lookup.Unseen; part++ {
		if r.Count(part) > 0 {
			parts, p.Items = append(parts, part), append(p.Items, views.PickItem{Title: r.PartName(part)})
		}
	}
	p.Chosen = func(i int) tea.Cmd { m.askLookupForm(r, parts[i]); return nil }
	m.overlay.Open(newMenu(m, p))
}

// askLookupForm asks how; the results are shown again afterwards.
func (m *Model) askLookupForm(r *lookedUp, part lookup.Part) {
	p := views.Pick{Title: r.PartName(part), Items: []views.PickItem{
		{Title: "Copy", Detail: "one on a line"}, {Title: "Copy, defanged"},
		{Title: "Save as a table", Detail: "CSV, with verdicts and the newest event"}, {Title: "Save as a table, defanged"},
	}}
	p.Chosen = func(i int) tea.Cmd {
		defanged := i%2 == 1
		m.showLookup(r)
		if i < 2 {
			m.env.Host.Copy(views.Plural(r.Count(part), "indicator"), r.Text(part, defanged))
			return nil
		}
		table, err := r.CSV(part, defanged)
		if err != nil {
			return m.say(toast.Error, err.Error())
		}
		return m.saveAs("the results", "lookup-"+m.env.Now().In(m.env.Zone).Format("20060102-1504")+".csv", table)
	}
	m.overlay.Open(newMenu(m, p))
}
