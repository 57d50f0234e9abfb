package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/keymap"
	"threatbench/ui/widget/palette"
	"threatbench/ui/widget/toast"
	"threatbench/views"
	"threatbench/views/events"
)

// verb is an order of the palette that takes what is typed after it.
type verb struct {
	name   string
	about  string
	offers func(m *Model) []string // what may come next; nil where anything may
	free   bool                    // what isn't offered is taken, too
	do     func(m *Model, rest string) tea.Cmd
}

// orderPrefix tells an order from an action in the palette.
const orderPrefix = "order "

// verbs are the orders, by name.
func verbs() []verb {
	return []verb{
		{"sort", "orders the list by this column; again reverses", func(*Model) []string { return events.ColumnIDs() }, false, (*Model).sortBy},
		{"theme", "changes the colours", func(m *Model) []string { return m.options.Themes.Names() }, false, (*Model).takeTheme},
		{"goto", "goes to a date, to its first event in the list's order: 2026-03, 2026-03-01, -7d", nil, true, func(m *Model, date string) tea.Cmd { return m.events.GoTo(date) }},
		{"dataset", "searches in it", (*Model).datasetNames, false, (*Model).searchIn},
		{"columns", "shows these columns alone; usual, or some with spaces between", func(*Model) []string { return append([]string{"usual"}, events.ColumnIDs()...) }, true, (*Model).showColumns},
		{"actor", "opens the profile of an attacker", nil, true, func(m *Model, name string) tea.Cmd {
			return m.openVisit(views.VisitActor{Name: name, Datasets: m.subject().Datasets})
		}},
		{"open", "opens the event with this id, or the one whose id begins so: d8a23c25", nil, true, (*Model).openByID},
	}
}

func verbNames() []string {
	var names []string
	for _, v := range verbs() {
		names = append(names, v.name)
	}
	return names
}

// otherNames are words people look for an action by that it doesn't use.
var otherNames = map[keymap.ID]string{
	"app.copy_menu": "share link url yank", "app.export": "share download save", "app.report": "share write up", "app.import": "load read open file bring in",
	"app.relate": "link connect parent child", "app.refer": "link reference", "charts.compare": "difference previous period",
	"app.help": "bind keys shortcuts keymap", "app.theme": "font colors colours dark light", "app.undo": "revert", "app.quit": "exit",
}

// verbOf is the order that a query begins with, and what comes after it. bare
// is one that nothing comes after, not even a space.
func verbOf(query string) (v verb, rest string, bare, ok bool) {
	name, rest, spaced := strings.Cut(strings.TrimLeft(query, " "), " ")
	i := slices.IndexFunc(verbs(), func(v verb) bool { return strings.EqualFold(v.name, name) })
	if i < 0 {
		return verb{}, "", false, false
	}
	return verbs()[i], strings.TrimSpace(rest), !spaced, true
}

// suggestOrders puts the orders before the actions while one is typed.
func (l *paletteLayer) suggestOrders() tea.Cmd {
	v, rest, bare, ok := verbOf(l.list.Query())
	if !ok {
		if l.orders {
			l.list.SetItems(l.m.commands())
		}
		l.orders = false
		return nil
	}
	first := !l.orders
	l.orders = true
	items := []palette.Item{v.unsaid()}
	if !bare {
		items = l.m.orderItems(v, rest)
	}
	l.list.SetItems(append(items, l.m.commands()...))
	l.list.Home()
	if first && v.name == "dataset" {
		return l.m.needCatalogs(nil)
	}
	return nil
}

// unsaid is an order that says nothing yet of what it takes: to choose it
// writes its name, after which that is typed.
func (v verb) unsaid() palette.Item {
	return palette.Item{ID: orderPrefix + v.name + " ", Title: v.name + " …", Detail: v.about, First: true}
}

// complete writes an order's name into the entry, or says what the order
// takes where its name stands there already.
func (l *paletteLayer) complete(name string) tea.Cmd {
	v, _, bare, _ := verbOf(l.list.Query())
	if !bare {
		return l.m.say(toast.Info, v.name+" "+v.about)
	}
	l.list.SetQuery(name)
	return l.suggestOrders()
}

func (m *Model) orderItems(v verb, rest string) []palette.Item {
	var offered []string
	if v.offers != nil {
		offered = v.offers(m)
	}
	all := len(offered)
	offered = slices.DeleteFunc(offered, func(o string) bool { return !strings.Contains(strings.ToLower(o), strings.ToLower(rest)) })
	if rest != "" && v.free && !slices.ContainsFunc(offered, func(o string) bool { return strings.EqualFold(o, rest) }) {
		offered = append([]string{rest}, offered...)
	}
	switch {
	case len(offered) == 0 && all > 0:
		return []palette.Item{{ID: orderPrefix, Title: v.name + " " + rest, Disabled: "there is none of that name", First: true}}
	case len(offered) == 0:
		return []palette.Item{v.unsaid()}
	}
	items := make([]palette.Item, len(offered))
	for i, o := range offered {
		items[i] = palette.Item{ID: orderPrefix + v.name + " " + o, Title: v.name + " " + o, Detail: v.about, First: true}
	}
	return items
}

// order carries out an order with what it takes.
func (m *Model) order(text string) tea.Cmd {
	v, rest, _, ok := verbOf(text)
	if !ok {
		return nil
	}
	var cmd tea.Cmd
	if slices.Contains([]string{"sort", "goto", "dataset", "columns"}, v.name) {
		cmd = m.show(screenEvents, paneEvents)
	}
	return tea.Batch(cmd, v.do(m, rest), m.drain())
}

// shortestID is how many characters of an id are enough to look for it.
const shortestID = 8

// beginsID tells whether a text is an event's id or the beginning of one.
func beginsID(s string) bool {
	const form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
	if len(s) < shortestID || len(s) > len(form) {
		return false
	}
	for i := range len(s) {
		if hex := strings.IndexByte("0123456789abcdef", s[i]) >= 0; form[i] == '-' && s[i] != '-' || form[i] == 'x' && !hex {
			return false
		}
	}
	return true
}

// wholeID is how long a whole id is.
const wholeID = 36

// openByID opens the event with an id, or the only one whose id begins so.
func (m *Model) openByID(text string) tea.Cmd {
	id := strings.ToLower(text)
	switch {
	case !beginsID(id):
		return m.say(toast.Error, fmt.Sprintf("%q is no id of an event: it is like d8a23c25-6f1e-4c0b-9a57-3e2b8c1d0f64, or its first 8 characters or more", views.OneLine(text)))
	case len(id) == wholeID:
		return tea.Batch(m.detail.Fetch("", id), m.openDetail())
	}
	source := m.options.API
	return m.env.Async.Run(async.Slot{View: jobView, Name: openSlot}, func(ctx context.Context, _ async.Report) (any, error) {
		page, err := source.List(ctx, api.ListQuery{
			Search:   []api.Condition{{Field: api.FieldUUID, Op: api.OpStartsWith, Values: []string{id}}},
			Datasets: []string{api.ScopeAll}, Page: 1, PageSize: 2,
		})
		return begun{id, page.Events}, err
	})
}

// openSlot is where the beginning of an id is looked for.
const openSlot = "open"

// begun are the first events whose ids begin alike.
type begun struct {
	id     string
	events []api.Event
}

// onBegun opens the event that was looked for by the beginning of its id.
func (m *Model) onBegun(f async.JobDone) tea.Cmd {
	found, _ := f.Value.(begun)
	other := func(e api.Event) bool { return !strings.HasPrefix(strings.ToLower(e.UUID), found.id) }
	switch {
	case f.Err != nil:
		return m.say(toast.Error, "looking for an id by its beginning: "+f.Err.Error()+"; give the whole id")
	case slices.ContainsFunc(found.events, other):
		return m.say(toast.Warn, "this server doesn't look for the beginning of an id: give the whole one")
	case len(found.events) == 0:
		return m.say(toast.Warn, "no event's id begins with "+found.id)
	case len(found.events) > 1:
		return m.say(toast.Warn, "several events' ids begin with "+found.id+": give more of it")
	}
	return tea.Batch(m.detail.Show(&found.events[0]), m.openDetail())
}

func (m *Model) sortBy(column string) tea.Cmd {
	cmd, ok := m.events.SortBy(column)
	if !ok {
		return m.say(toast.Info, "The server doesn't order by "+column)
	}
	return cmd
}

func (m *Model) takeTheme(name string) tea.Cmd {
	m.themeID = name
	return m.restyle()
}

func (m *Model) showColumns(names string) tea.Cmd {
	ids := strings.FieldsFunc(strings.ToLower(names), func(r rune) bool { return r == ' ' || r == ',' })
	if strings.EqualFold(names, "usual") {
		return m.events.ShowOnly(nil)
	}
	for _, id := range ids {
		if !slices.Contains(events.ColumnIDs(), id) {
			return m.say(toast.Error, fmt.Sprintf("There is no column %q: %s", id, strings.Join(events.ColumnIDs(), ", ")))
		}
	}
	return m.events.ShowOnly(ids)
}

// datasetNames are the datasets that can be searched, as far as they are known.
func (m *Model) datasetNames() []string {
	names := []string{"default", "all"}
	for _, d := range m.changes.catalogs.Datasets {
		if d.DeletedAt == nil {
			names = append(names, d.Name)
		}
	}
	return names
}

func (m *Model) searchIn(name string) tea.Cmd {
	for _, d := range m.changes.catalogs.Datasets {
		if d.DeletedAt == nil && d.Name == name {
			return m.events.SearchIn([]string{d.UUID})
		}
	}
	if name == "all" {
		return m.events.SearchIn([]string{api.ScopeAll})
	}
	return m.events.SearchIn(nil)
}

// suggest offers datasets that came after their order was typed.
func (l *paletteLayer) suggest() { l.suggestOrders() }
