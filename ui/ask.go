package ui

import (
	"errors"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/uuid"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// count words the events of an action.
func count(t views.Targets) string {
	if len(t.On) == 1 {
		return "the event"
	}
	return views.Count(len(t.On)) + " events"
}

// countAsked words them in a question, with those that are out of sight.
func countAsked(t views.Targets) string {
	switch t.Elsewhere {
	case 0:
		return count(t)
	case len(t.On):
		return count(t) + " marked elsewhere"
	}
	return count(t) + " (" + views.Count(t.Elsewhere) + " marked elsewhere)"
}

// askTags asks for tags to put on events, or to take off.
func (m *Model) askTags(t views.Targets, off bool) tea.Cmd {
	title := "tag " + countAsked(t) + " with  (several with commas)"
	if off {
		title = "take which tags off " + countAsked(t) + "?  (several with commas)"
	}
	m.overlay.Open(newEntryOf(m, views.Entry{
		Title:    title,
		Complete: func(text string) []string { return completeList(text, m.tagsFor(t, off)) },
		Check: func(text string) error {
			if len(listed(text)) == 0 {
				return errors.New("name at least one tag")
			}
			return nil
		},
		Accept: func(text string) tea.Cmd {
			if off {
				return m.changeOn(async.UntagEvents(t.On, listed(text)), t)
			}
			return m.changeOn(async.TagEvents(t.On, listed(text)), t)
		},
	}))
	return m.needCatalogs(nil)
}

// tagsFor are the tags that may be meant: those of the events where some are
// to go, else all.
func (m *Model) tagsFor(t views.Targets, off bool) []string {
	var names []string
	if off && len(t.Known) == len(t.On) {
		for _, e := range t.Known {
			names = append(names, e.Tags...)
		}
		slices.Sort(names)
		return slices.Compact(names)
	}
	for _, tag := range m.changes.catalogs.Tags {
		names = append(names, tag.Value)
	}
	return names
}

// listed is a list written with commas.
func listed(text string) []string {
	var out []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// completeList completes the last item of a list written with commas.
func completeList(text string, names []string) []string {
	i := strings.LastIndexByte(text, ',') + 1
	head := text[:i]
	if head != "" {
		head += " "
	}
	out := views.Complete(strings.TrimSpace(text[i:]), names)
	for k := range out {
		out[k] = head + out[k]
	}
	return out
}

// askParent asks under which event to hang the events, and how they are
// related.
func (m *Model) askParent(t views.Targets) tea.Cmd {
	m.overlay.Open(newEntryOf(m, views.Entry{
		Title: "hang " + countAsked(t) + " under which event?  (its id)", Value: m.otherThan(t), Check: checkID,
		Accept: func(id string) tea.Cmd {
			kinds := api.RelationshipTypes()
			p := views.Pick{Title: "How are they related?", Chosen: func(i int) tea.Cmd {
				return m.changeOn(async.RelateEvents(async.Target{ID: strings.TrimSpace(id)}, t.On, kinds[i]), t)
			}}
			for _, k := range kinds {
				p.Items = append(p.Items, views.PickItem{Title: k})
			}
			m.overlay.Open(newMenu(m, p))
			return nil
		},
	}))
	return nil
}

// otherThan is the id of the selected event where it isn't one of those to be
// related.
func (m *Model) otherThan(t views.Targets) string {
	e := m.events.Current()
	if e == nil || slices.ContainsFunc(t.On, func(x async.Target) bool { return x.ID == e.UUID }) {
		return ""
	}
	return e.UUID
}

func checkID(text string) error {
	if _, err := uuid.Parse(strings.TrimSpace(text)); err != nil {
		return errors.New("write the id of an event: Y copies it")
	}
	return nil
}

func (m *Model) askReference(t views.Targets, off bool) tea.Cmd {
	title := "make " + countAsked(t) + " refer to which event?  (its id)"
	if off {
		title = "end the reference of " + countAsked(t) + " to which event?  (its id)"
	}
	e := views.Entry{Title: title, Value: m.otherThan(t), Check: checkID, Accept: func(id string) tea.Cmd {
		ids := []string{strings.TrimSpace(id)}
		if off {
			return m.changeOn(async.UnreferTo(t.On, ids), t)
		}
		return m.changeOn(async.ReferTo(t.On, ids), t)
	}}
	if off && len(t.Known) == 1 {
		refs := t.Known[0].References
		e.Value = ""
		e.Complete = func(text string) []string { return views.Complete(text, refs) }
	}
	m.overlay.Open(newEntryOf(m, e))
	return nil
}

// askDataset asks where to move or copy events, and whether their raw records
// come along.
func (m *Model) askDataset(t views.Targets, copying bool) tea.Cmd {
	return m.needCatalogs(func() tea.Cmd {
		verb := "Move "
		if copying {
			verb = "Copy "
		}
		p := views.Pick{Title: verb + countAsked(t) + " to which dataset?"}
		var choices []api.Dataset
		for _, d := range m.changes.catalogs.Datasets {
			if d.DeletedAt == nil {
				choices = append(choices, d)
				p.Items = append(p.Items, views.PickItem{Title: d.Name})
			}
		}
		if len(choices) == 0 {
			return m.say(toast.Info, "the server names no datasets")
		}
		p.Chosen = func(i int) tea.Cmd { return m.askRaw(t, choices[i], copying) }
		m.overlay.Open(newMenu(m, p))
		return nil
	})
}

func (m *Model) askRaw(t views.Targets, to api.Dataset, copying bool) tea.Cmd {
	p := views.Pick{Title: "And their raw records?", Items: []views.PickItem{
		{Title: "Take them along"}, {Title: "Leave them out", Detail: "they are then no longer read with the events"},
	}}
	p.Chosen = func(i int) tea.Cmd {
		if copying {
			return m.changeOn(async.CopyEvents(t.On, to, i == 0), t)
		}
		return m.changeOn(async.MoveEvents(t.On, to, i == 0), t)
	}
	m.overlay.Open(newMenu(m, p))
	return nil
}

// clip cuts a text to w cells.
func clip(s string, w int, tail string) string { return ansi.Truncate(s, w, tail) }
