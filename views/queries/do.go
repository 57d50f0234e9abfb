package queries

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"threatbench/keymap"
	"threatbench/ui/widget/table"
	"threatbench/views"
)

// Do carries out an action.
func (m *Model) Do(id keymap.ID) (tea.Cmd, bool) {
	for _, try := range []func(keymap.ID) (tea.Cmd, bool){m.doFields, m.doMove, m.doForm, m.doFilter, m.doList, m.doBoth} {
		if cmd, ok := try(id); ok {
			return cmd, true
		}
	}
	return nil, false
}

// doFields carries out what concerns a text field that is open.
func (m *Model) doFields(id keymap.ID) (tea.Cmd, bool) {
	b := m.build
	switch {
	case !m.Typing():
		return nil, false
	case id == keymap.FilterAccept:
		return b.acceptText(), true
	case id == keymap.FilterCancel:
		return b.cancelText(), true
	case id == keymap.PromptAccept:
		return b.acceptValue(), true
	case id == keymap.PromptCancel:
		b.leaveValue()
		return nil, true
	}
	return nil, false
}

func (m *Model) doMove(id keymap.ID) (tea.Cmd, bool) {
	if mo, ok := id.MotionIn(keymap.Queries); ok {
		views.Move(m.list.table, mo)
		return nil, true
	}
	b := m.build
	mo, ok := id.MotionIn(keymap.Builder)
	switch {
	case ok && b.part == partSample:
		views.Move(b.sample, mo)
	case ok:
		b.move(mo.By(1))
	case id == keymap.BuilderLeft:
		b.col = max(b.col-1, 0)
	case id == keymap.BuilderRight:
		b.col = min(b.col+1, colValue)
	default:
		return nil, false
	}
	return nil, true
}

// doForm carries out what changes the rows.
func (m *Model) doForm(id keymap.ID) (tea.Cmd, bool) {
	b := m.build
	switch id {
	case keymap.BuilderEdit:
		if b.part == partSample {
			return m.openEvent(), true
		}
		return b.enter(), true
	case keymap.BuilderAdd:
		return b.add(b.group()), true
	case keymap.BuilderBranch:
		return b.addBranch(), true
	case keymap.BuilderRemove:
		return b.remove(), true
	case keymap.BuilderNegate:
		return b.negate(), true
	case keymap.BuilderMove:
		b.moveRow()
	case keymap.BuilderTime:
		b.chooseTime()
	case keymap.BuilderDatasets:
		return b.askDatasets(), true
	case keymap.BuilderOrder:
		b.chooseOrder()
	default:
		return nil, false
	}
	return nil, true
}

// group is the group of the selected line.
func (b *builder) group() int {
	switch l := b.selected(); l.kind {
	case lineRow, lineAdd:
		return l.branch
	}
	return always
}

func (m *Model) openEvent() tea.Cmd {
	b := m.build
	if i := b.sample.Cursor(); i < len(b.page.Events) {
		e := b.page.Events[i]
		m.env.Host.Mark()
		m.env.Host.OpenID(e.DatasetID, e.UUID)
	}
	return nil
}

// doFilter carries out what concerns the filter as a whole.
func (m *Model) doFilter(id keymap.ID) (tea.Cmd, bool) {
	b := m.build
	switch id {
	case keymap.BuilderText:
		m.building = true
		b.editText()
		b.suggest()
		return b.needCatalogs(), true
	case keymap.BuilderUndo:
		return b.takeBack(), true
	case keymap.BuilderRun:
		return m.run(b.state), true
	case keymap.BuilderSave:
		return b.save(false), true
	case keymap.BuilderSaveAs:
		return b.save(true), true
	case keymap.BuilderLeave:
		m.building = false
		return m.list.load(), true
	}
	return nil, false
}

// run goes to the events of a filter.
func (m *Model) run(s state) tea.Cmd {
	cmd := m.build.keep(s.text)
	m.env.Host.Visit(views.VisitEvents{Filter: s.text, Datasets: s.datasets, OrderBy: s.orderBy, Order: s.order})
	return cmd
}

// doBoth carries out the actions that mean something in the list and in the
// builder.
func (m *Model) doBoth(id keymap.ID) (tea.Cmd, bool) {
	s, name, ok := m.present()
	switch id {
	case keymap.AppRefresh:
		m.env.Async.Forget()
		if m.building {
			return m.build.reload(0), true
		}
		return m.list.ask(), true
	case keymap.AppCopy:
		if ok {
			m.env.Host.Copy("the filter", s.text)
		}
	case keymap.AppCopyMenu:
		if ok {
			m.share(s, name)
		}
	default:
		return nil, false
	}
	return nil, true
}

// present is the filter in hand, and its name.
func (m *Model) present() (s state, name string, ok bool) {
	if !m.building {
		return m.list.present()
	}
	if m.build.saved != nil {
		name = m.build.saved.Name
	}
	return m.build.state, name, true
}

// Why tells why an action can't be done now.
func (m *Model) Why(id keymap.ID) string {
	b := m.build
	switch id {
	case keymap.BuilderRemove, keymap.BuilderNegate, keymap.BuilderMove:
		if !m.building || b.selected().kind != lineRow {
			return "no condition is selected"
		}
		r := b.rows[b.selected().row]
		if id == keymap.BuilderNegate && opposite(r) == "" {
			return "the API can exclude whole values only"
		}
	case keymap.BuilderAdd:
		return b.full(b.group())
	case keymap.BuilderBranch:
		return b.full(branches(b.rows))
	case keymap.BuilderUndo:
		if len(b.undo) == 0 {
			return "nothing was changed here"
		}
	case keymap.BuilderSave:
		if b.saved != nil && b.same(b.opened) {
			return "it is saved as it stands"
		}
		return m.whyNotSave()
	case keymap.BuilderSaveAs:
		return m.whyNotSave()
	}
	return m.list.why(id)
}

func (m *Model) whyNotSave() string {
	switch {
	case m.env.ReadOnly:
		return "read-only: nothing may be changed"
	case m.list.unsupported:
		return "this server keeps no queries; y copies the filter, Y shares it"
	}
	return ""
}

// Click puts the cursor where the pointer is; a second click changes it.
func (m *Model) Click(x, y int, double bool) tea.Cmd {
	if !m.building {
		return m.list.click(m, x, y, double)
	}
	b := m.build
	g := b.geo
	switch {
	case g.text.Contains(x, y):
		return m.clickText(x)
	case g.sample.Contains(x, y):
		return m.clickSample(x-g.sample.X, y-g.sample.Y, double)
	case g.form.Contains(x, y):
		return m.clickForm(x-g.form.X, y-g.form.Y)
	}
	return nil
}

func (m *Model) clickText(x int) tea.Cmd {
	b := m.build
	if b.part == partValue {
		b.leaveValue()
	}
	var cmd tea.Cmd
	if b.part != partText {
		cmd, _ = m.doFilter(keymap.BuilderText)
	}
	b.line.Click(max(x-3, 0), b.textRoom(b.geo.text.W))
	b.suggest()
	return cmd
}

// settle leaves an open text field as enter would, or as esc where it is
// wrong.
func (m *Model) settle() tea.Cmd {
	b := m.build
	switch b.part {
	case partText:
		if cmd := b.acceptText(); b.part == partForm {
			return cmd
		}
		return b.cancelText()
	case partValue:
		b.leaveValue()
	}
	return nil
}

func (m *Model) clickSample(x, y int, double bool) tea.Cmd {
	cmd := m.settle()
	b := m.build
	b.part = partSample
	if h := b.sample.Hit(x, y); h.Kind == table.Row {
		b.sample.MoveTo(h.Row)
		if double {
			return m.openEvent()
		}
	}
	return cmd
}

func (m *Model) clickForm(x, y int) tea.Cmd {
	b := m.build
	if b.part == partValue && y == b.cursor-b.offset {
		b.input.Click(max(x-indent-fieldWidth-opWidth, 0), b.inputRoom())
		return nil
	}
	cmd := m.settle()
	b.part = partForm
	all := b.lines()
	i := b.offset + y
	if i >= len(all) || !all[i].selectable() {
		return cmd
	}
	col := colField
	if x >= indent+fieldWidth+opWidth {
		col = colValue
	} else if x >= indent+fieldWidth {
		col = colOp
	}
	again := i == b.cursor && (all[i].kind != lineRow || col == b.col)
	b.cursor = i
	if all[i].kind == lineRow {
		b.col = col
	}
	if again || all[i].kind == lineAdd || all[i].kind == lineOr {
		return tea.Batch(cmd, b.enter())
	}
	return cmd
}

// Drag does nothing here.
func (m *Model) Drag(int, int, bool) tea.Cmd { return nil }

// Wheel scrolls what is under the pointer.
func (m *Model) Wheel(x, y, by int) tea.Cmd {
	switch {
	case !m.building:
		m.list.table.ScrollBy(by)
	case m.build.geo.sample.Contains(x, y):
		m.build.sample.ScrollBy(by)
	case !m.Typing():
		m.build.move(by)
	}
	return nil
}

// share offers the forms in which a filter can be handed on.
func (m *Model) share(s state, name string) {
	type form struct{ title, what, text string }
	text, err := queryJSON(s, m.env.Now())
	if err != nil {
		return
	}
	forms := []form{
		{"text", "the filter", s.text},
		{"JSON", "the query as JSON", text},
		{"curl", "the call as curl", curl(text)},
		{"command", "the command", "threatbench events --query " + shellQuote(s.text) + " --json"},
	}
	items := make([]views.PickItem, len(forms))
	for i, f := range forms {
		items[i] = views.PickItem{Title: fmt.Sprintf("%-8s", f.title), Detail: views.OneLine(f.text)}
	}
	title := "share the filter"
	if name != "" {
		title = "share " + views.Shown(views.OneLine(name))
	}
	m.env.Host.Ask(views.Pick{Title: title, Items: items, Chosen: func(i int) tea.Cmd {
		m.env.Host.Copy(forms[i].what, forms[i].text)
		return nil
	}})
}
