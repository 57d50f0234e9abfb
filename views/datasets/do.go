package datasets

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/query"
	"threatbench/keymap"
	"threatbench/ui/widget/table"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// focused is the table that the keys go to.
func (m *Model) focused() *table.Model {
	if m.part == partHistory {
		return m.history
	}
	return m.table
}

// move moves the cursor of the part with the focus.
func (m *Model) move(by keymap.Motion) tea.Cmd {
	views.Move(m.focused(), by)
	return m.follow(settling)
}

func (m *Model) copy() {
	d, _ := m.current()
	m.env.Host.Copy("dataset id", d.UUID)
}

// open shows the events of the dataset, or of the change under the cursor.
func (m *Model) open() {
	d, _ := m.current()
	to := views.VisitEvents{Datasets: []string{d.UUID}}
	if i, ok := m.entry(); ok && m.part == partHistory {
		e := m.journal.entries[i]
		ids := e.EventIDs[:min(len(e.EventIDs), api.MaxInValues)]
		if len(ids) == 0 {
			m.say(toast.Info, "This change touched no events")
			return
		}
		if len(ids) < e.Count {
			m.say(toast.Info, fmt.Sprintf("Showing the first %s of %s events", views.Count(len(ids)), views.Count(e.Count)))
		}
		to.Filter = query.FormatCondition(api.Condition{Field: api.FieldUUID, Op: api.OpIn, Values: ids})
	}
	m.env.Host.Visit(to)
}

func (m *Model) create() {
	m.env.Host.Enter(views.Entry{
		Title: "Name of the new dataset (this account only)",
		Check: func(s string) error { return m.checkName(s, "") },
		Accept: func(s string) tea.Cmd {
			m.env.Host.Change(async.AddDataset(strings.TrimSpace(s), false), nil)
			return nil
		},
	})
}

func (m *Model) rename() {
	d, _ := m.current()
	m.env.Host.Enter(views.Entry{
		Title: "New name of " + m.env.Text(d.Name, 40),
		Value: views.OneLine(d.Name),
		Check: func(s string) error { return m.checkName(s, d.UUID) },
		Accept: func(s string) tea.Cmd {
			name := strings.TrimSpace(s)
			if name == d.Name {
				return nil
			}
			d.Name = m.env.Text(d.Name, 40)
			m.env.Host.Change(async.ChangeDataset(d, api.DatasetPatch{Name: &name}), nil)
			return nil
		},
	})
}

// publish asks before a dataset is shown to every account, or to this one only.
func (m *Model) publish() {
	d, _ := m.current()
	name, public := m.env.Text(d.Name, 40), !d.IsPublic
	title := "Make " + name + " private?"
	items := []views.PickItem{{Title: "Cancel"}, {Title: "Make private", Detail: "other accounts no longer see it"}}
	if public {
		title = "Make " + name + " public?"
		items[1] = views.PickItem{Title: "Make public", Detail: "every account on the server sees its events"}
	}
	m.env.Host.Ask(views.Pick{Title: title, Items: items, Chosen: func(i int) tea.Cmd {
		if i == 0 {
			return nil
		}
		d.Name = name
		m.env.Host.Change(async.ChangeDataset(d, api.DatasetPatch{IsPublic: &public}), nil)
		return nil
	}})
}

// checkName refuses a name that says nothing, or is that of a dataset other
// than the one being named.
func (m *Model) checkName(s, own string) error {
	name := strings.TrimSpace(s)
	if name == "" {
		return errors.New("a dataset needs a name")
	}
	if slices.ContainsFunc(m.list, func(d api.Dataset) bool { return d.Name == name && d.UUID != own && d.DeletedAt == nil }) {
		return errors.New("a dataset with this name already exists")
	}
	return nil
}

// Click selects what is under the pointer; twice shows its events.
func (m *Model) Click(x, y int, double bool) tea.Cmd {
	m.changed()
	g := m.geo
	to, t, at := partList, m.table, g.list
	if y >= g.historyHead.Y {
		to, t, at = partHistory, m.history, g.history
	}
	if to == partHistory && m.none {
		return nil
	}
	m.part = to
	hit := t.Hit(at.Local(x, y))
	switch hit.Kind {
	case table.Row, table.Scrollbar:
		m.letBe()
		t.MoveTo(hit.Row)
	default:
		return nil
	}
	if double && hit.Kind == table.Row {
		m.open()
		return nil
	}
	return m.follow(settling)
}

// Drag moves along the scroll bar.
func (m *Model) Drag(x, y int, _ bool) tea.Cmd {
	at := m.geo.list
	if m.part == partHistory {
		at = m.geo.history
	}
	if hit := m.focused().Hit(at.Local(x, y)); hit.Kind == table.Scrollbar {
		m.changed()
		m.focused().MoveTo(hit.Row)
		return m.follow(settling)
	}
	return nil
}

// Wheel scrolls the part under the pointer.
func (m *Model) Wheel(_, y, by int) tea.Cmd {
	m.changed()
	t := m.table
	if y >= m.geo.historyHead.Y {
		t = m.history
	}
	t.ScrollBy(by)
	return m.follow(settling)
}
