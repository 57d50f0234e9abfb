package queries

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"threatbench/keymap"
	"threatbench/ui/widget/table"
	"threatbench/views"
)

func (m *Model) moveInList(by keymap.Motion) tea.Cmd {
	views.Move(m.list.table, by)
	return nil
}

// moveInBuilder moves in the form, or in the sample of events.
func (m *Model) moveInBuilder(by keymap.Motion) tea.Cmd {
	if m.build.part == partSample {
		views.Move(m.build.sample, by)
		return nil
	}
	m.build.move(by.By(1))
	return nil
}

// changeSelected changes what is under the cursor; in the sample it opens the
// event.
func (m *Model) changeSelected() tea.Cmd {
	if m.build.part == partSample {
		return m.openEvent()
	}
	return m.build.enter()
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

// editText puts the focus on the filter as a line of text.
func (m *Model) editText() tea.Cmd {
	m.building = true
	m.build.editText()
	m.build.suggest()
	return m.build.needCatalogs()
}

// leave returns to the list.
func (m *Model) leave() tea.Cmd {
	m.building = false
	return m.list.load()
}

// run goes to the events of a filter.
func (m *Model) run(s state) tea.Cmd {
	cmd := m.build.keep(s.text)
	m.env.Host.Visit(views.VisitEvents{Filter: s.text, Datasets: s.datasets, OrderBy: s.orderBy, Order: s.order})
	return cmd
}

func (m *Model) refresh() tea.Cmd {
	m.env.Async.Forget()
	if m.building {
		return m.build.reload(0)
	}
	return m.list.ask()
}

func (m *Model) copy() {
	if s, _, ok := m.present(); ok {
		m.env.Host.Copy("filter", s.text)
	}
}

func (m *Model) copyAs() {
	if s, name, ok := m.present(); ok {
		m.share(s, name)
	}
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
		cmd = m.editText()
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
	text, err := s.shared().JSON(m.env.Now())
	if err != nil {
		return
	}
	written := m.env.Portable(s.text)
	forms := []form{
		{"text", "the filter", written},
		{"JSON", "the query as JSON", text},
		{"curl", "the call as curl", curl(text)},
		{"command", "the command", "threatbench events --query " + shellQuote(written) + " --limit 0 --json"},
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
