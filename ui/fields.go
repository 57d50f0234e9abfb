package ui

import (
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// editables are the fields that can be changed by themselves, the marking
// first: it is changed most often.
func editables() []api.FieldInfo {
	first, _ := api.FieldOf(api.FieldTLP)
	out := []api.FieldInfo{first}
	for _, f := range api.EventFields() {
		if f.Patch != nil && f.Field != first.Field && f.Field != api.FieldInsight && f.Field != api.FieldCreatedAt {
			out = append(out, f)
		}
	}
	return out
}

// checkOf is what a new value of a field is held against; nil where anything
// may stand.
func checkOf(f api.FieldInfo) func(text string) error {
	switch {
	case f.Kind == api.KindTLP:
		return checkTLP
	case f.Kind == api.KindTime:
		return checkDate
	case f.Kind == api.KindCountry:
		return checkCountry
	case f.Required:
		return notEmpty
	}
	return nil
}

func notEmpty(text string) error {
	if strings.TrimSpace(text) == "" {
		return errors.New("it may not be empty")
	}
	return nil
}

func checkTLP(text string) error {
	if _, ok := api.ParseTLP(text); !ok || strings.TrimSpace(text) == "" {
		return errors.New("write red, amber+strict, amber, green or clear")
	}
	return nil
}

func checkDate(text string) error {
	if _, err := api.ParseTime(strings.TrimSpace(text)); err != nil {
		return errors.New("write it as 2024-03-01T14:03:00Z")
	}
	return nil
}

func checkCountry(text string) error {
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	if _, ok := api.CountryByCode(text); !ok {
		return errors.New("write two or three letters of ISO 3166, as US or USA")
	}
	return nil
}

// askField asks which field to change.
func (m *Model) askField(t views.Targets) tea.Cmd {
	p := views.Pick{Title: "Change which field of " + countAsked(t) + "?"}
	var fields []api.FieldInfo
	for _, f := range editables() {
		if f.Kind == api.KindProse && len(t.On) > 1 {
			continue
		}
		fields = append(fields, f)
		p.Items = append(p.Items, views.PickItem{Title: f.Title, Detail: clip(present(t, f), 40, m.env.Styles.Glyphs.Ellipsis)})
	}
	p.Chosen = func(i int) tea.Cmd { return m.askValue(t, fields[i]) }
	m.overlay.Open(newMenu(m, p))
	return m.needCatalogs(nil)
}

// present is what the events have in a field now, as far as they are at hand.
func present(t views.Targets, f api.FieldInfo) string {
	seen := ""
	for i := range t.Known {
		now := f.Value(&t.Known[i])
		if i > 0 && now != seen {
			return "mixed"
		}
		seen = now
	}
	return views.OneLine(seen)
}

// askValue asks for the new value, and shows before and after.
func (m *Model) askValue(t views.Targets, f api.FieldInfo) tea.Cmd {
	value := present(t, f)
	if len(t.On) > 1 {
		value = ""
	}
	e := views.Entry{Title: f.Title + " of " + countAsked(t), Value: value, Check: checkOf(f)}
	e.Complete = func(text string) []string {
		if text == value {
			text = "" // nothing has been typed yet: every value may be meant
		}
		return views.Complete(text, views.Catalogued(m.changes.catalogs, f.Field))
	}
	e.Accept = func(text string) tea.Cmd {
		text = strings.TrimSpace(text)
		if len(t.On) == 1 && text == value {
			return m.say(toast.Info, "nothing was changed")
		}
		var p api.EventPatch
		*f.Patch(&p) = &text
		c := async.EditEvents(t.On, p, t.Known)
		if text == "" {
			c.Label = "empty the " + f.Title + " of " + count(t)
		} else {
			c.Label = "set the " + f.Title + " of " + count(t) + " to " + clip(views.OneLine(text), 40, m.env.Styles.Glyphs.Ellipsis)
		}
		return m.changeOn(c, t)
	}
	m.overlay.Open(newEntryOf(m, e))
	return nil
}
