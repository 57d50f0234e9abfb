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

// editable is a field that can be changed.
type editable struct {
	title string
	now   func(e *api.Event) string
	set   func(p *api.EventPatch, value *string)
	names func(c *async.Catalogs) []string
	check func(text string) error
	one   bool // takes one event at a time
}

func editables() []editable {
	return []editable{
		{title: "TLP", now: func(e *api.Event) string { return e.TLP }, set: func(p *api.EventPatch, v *string) { p.TLP = v },
			names: func(*async.Catalogs) []string { return []string{"clear", "green", "amber", "amber+strict", "red"} }, check: checkTLP},
		{title: "category", now: func(e *api.Event) string { return e.Category }, set: func(p *api.EventPatch, v *string) { p.Category = v },
			names: func(c *async.Catalogs) []string { return categoryNames(c) }, check: notEmpty},
		{title: "attacker", now: func(e *api.Event) string { return e.Attacker }, set: func(p *api.EventPatch, v *string) { p.Attacker = v },
			names: func(c *async.Catalogs) []string { return c.Attackers }},
		{title: "attacker country", now: func(e *api.Event) string { return e.AttackerCountry }, set: func(p *api.EventPatch, v *string) { p.AttackerCountry = v },
			names: countryNames, check: checkCountry},
		{title: "target country", now: func(e *api.Event) string { return e.TargetCountry }, set: func(p *api.EventPatch, v *string) { p.TargetCountry = v },
			names: countryNames, check: checkCountry},
		{title: "target industry", now: func(e *api.Event) string { return e.TargetIndustry }, set: func(p *api.EventPatch, v *string) { p.TargetIndustry = v },
			names: func(c *async.Catalogs) []string { return c.TargetIndustries }},
		{title: "indicator", now: func(e *api.Event) string { return e.Indicator }, set: func(p *api.EventPatch, v *string) { p.Indicator = v }},
		{title: "indicator type", now: func(e *api.Event) string { return e.IndicatorType }, set: func(p *api.EventPatch, v *string) { p.IndicatorType = v },
			names: func(c *async.Catalogs) []string { return c.IndicatorTypes }},
		{title: "date", now: func(e *api.Event) string { return e.Date.String() }, set: func(p *api.EventPatch, v *string) { p.Date = v }, check: checkDate},
		{title: "description", now: func(e *api.Event) string { return e.Event }, set: func(p *api.EventPatch, v *string) { p.Event = v }, check: notEmpty, one: true},
	}
}

func categoryNames(c *async.Catalogs) []string {
	out := make([]string, len(c.Categories))
	for i, cat := range c.Categories {
		out[i] = cat.Name
	}
	return out
}

func countryNames(c *async.Catalogs) []string {
	out := make([]string, len(c.Countries))
	for i, country := range c.Countries {
		out[i] = country.Alpha2
	}
	return out
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
	p := views.Pick{Title: "Change which field of " + count(t) + "?"}
	var fields []editable
	for _, f := range editables() {
		if f.one && len(t.On) > 1 {
			continue
		}
		fields = append(fields, f)
		p.Items = append(p.Items, views.PickItem{Title: f.title, Detail: clip(present(t, f), 40, m.env.Styles.Glyphs.Ellipsis)})
	}
	p.Chosen = func(i int) tea.Cmd { return m.askValue(t, fields[i]) }
	m.overlay.Open(newMenu(m, p))
	return m.needCatalogs(nil)
}

// present is what the events have in a field now, as far as they are at hand.
func present(t views.Targets, f editable) string {
	seen := ""
	for i := range t.Known {
		now := f.now(&t.Known[i])
		if i > 0 && now != seen {
			return "several values"
		}
		seen = now
	}
	return views.OneLine(seen)
}

// askValue asks for the new value, and shows before and after.
func (m *Model) askValue(t views.Targets, f editable) tea.Cmd {
	value := present(t, f)
	if len(t.On) > 1 {
		value = ""
	}
	e := views.Entry{Title: f.title + " of " + count(t), Value: value, Check: f.check}
	if f.names != nil {
		e.Complete = func(text string) []string {
			if text == value {
				text = "" // nothing has been typed yet: every value may be meant
			}
			return views.Complete(text, f.names(&m.changes.catalogs))
		}
	}
	e.Accept = func(text string) tea.Cmd {
		text = strings.TrimSpace(text)
		if len(t.On) == 1 && text == value {
			return m.say(toast.Info, "nothing was changed")
		}
		var p api.EventPatch
		f.set(&p, &text)
		c := async.EditEvents(t.On, p)
		if text == "" {
			c.Label = "empty the " + f.title + " of " + count(t)
		} else {
			c.Label = "set the " + f.title + " of " + count(t) + " to " + clip(views.OneLine(text), 40, m.env.Styles.Glyphs.Ellipsis)
		}
		return m.change(c, t.Known)
	}
	m.overlay.Open(newEntryOf(m, e))
	return nil
}
