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

// Do carries out an action.
func (m *Model) Do(id keymap.ID) (tea.Cmd, bool) {
	for _, try := range []func(keymap.ID) (tea.Cmd, bool){m.doMove, m.doDataset} {
		if cmd, ok := try(id); ok {
			m.changed()
			return cmd, true
		}
	}
	return nil, false
}

// focused is the table that the keys go to.
func (m *Model) focused() *table.Model {
	if m.part == partHistory {
		return m.history
	}
	return m.table
}

func (m *Model) doMove(id keymap.ID) (tea.Cmd, bool) {
	mo, ok := id.MotionIn(keymap.Datasets)
	if !ok {
		return nil, false
	}
	views.Move(m.focused(), mo)
	m.letBe()
	return m.follow(settling), true
}

func (m *Model) doDataset(id keymap.ID) (tea.Cmd, bool) {
	if why := m.Why(id); why != "" {
		m.say(toast.Info, why)
		return nil, true
	}
	if id != keymap.AppCopy {
		m.letBe()
	}
	switch id {
	case keymap.AppRefresh:
		return m.refresh(), true
	case keymap.AppCopy:
		d, _ := m.current()
		m.env.Host.Copy("the dataset's id", d.UUID)
	case keymap.DatasetsOpen:
		m.open()
	case keymap.DatasetsNew:
		m.create()
	case keymap.DatasetsRename:
		m.rename()
	case keymap.DatasetsPublic:
		m.publish()
	case keymap.DatasetsRevert:
		return m.revert(), true
	default:
		return nil, false
	}
	return nil, true
}

// Why tells why an action can't be done now.
func (m *Model) Why(id keymap.ID) string {
	d, ok := m.current()
	switch id {
	case keymap.DatasetsNew, keymap.DatasetsRename, keymap.DatasetsPublic, keymap.DatasetsRevert:
		if m.env.ReadOnly {
			return "read-only: nothing may be changed"
		}
		if id == keymap.DatasetsNew {
			return ""
		}
		if ok && d.DeletedAt != nil {
			return "the dataset was deleted"
		}
	case keymap.DatasetsOpen:
		if _, has := m.entry(); ok && m.part == partHistory && !has {
			return "there is no change to show events of"
		}
	case keymap.AppCopy:
	default:
		return ""
	}
	if !ok {
		return "there is no dataset"
	}
	return ""
}

// open shows the events of the dataset, or of the change under the cursor.
func (m *Model) open() {
	d, _ := m.current()
	to := views.VisitEvents{Datasets: []string{d.UUID}}
	if i, ok := m.entry(); ok && m.part == partHistory {
		e := m.journal.entries[i]
		ids := e.EventIDs[:min(len(e.EventIDs), api.MaxInValues)]
		if len(ids) == 0 {
			m.say(toast.Info, "this change touched no events")
			return
		}
		if len(ids) < e.Count {
			m.say(toast.Info, fmt.Sprintf("the first %s of %s events", views.Count(len(ids)), views.Count(e.Count)))
		}
		to.Filter = query.FormatCondition(api.Condition{Field: api.FieldUUID, Op: api.OpIn, Values: ids})
	}
	m.env.Host.Visit(to)
}

func (m *Model) create() {
	m.env.Host.Enter(views.Entry{
		Title: "name of the new dataset, for this account only",
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
		Title: "new name of " + m.env.Text(d.Name, 40),
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
	items := []views.PickItem{{Title: "no, leave it as it is"}, {Title: "yes, for this account only", Detail: "other accounts lose sight of it"}}
	if public {
		items[1] = views.PickItem{Title: "yes, public", Detail: "every account of the server sees its events"}
	}
	m.env.Host.Ask(views.Pick{Title: "change who sees " + name + "?", Items: items, Chosen: func(i int) tea.Cmd {
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
		return errors.New("there is a dataset of this name")
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
