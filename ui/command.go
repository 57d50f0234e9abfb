package ui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/keymap"
	"threatbench/ui/widget/layout"
	"threatbench/ui/widget/overlay"
	"threatbench/ui/widget/palette"
	"threatbench/ui/widget/toast"
	"threatbench/views/detail"
)

// paletteLayer finds any action by its name and runs it.
type paletteLayer struct {
	m      *Model
	list   *palette.Model
	orders bool // orders with what they take are offered, too
}

// maxRecent is how many of the last run actions the empty palette shows
// first.
const maxRecent = 8

func (m *Model) openPalette() {
	p := palette.New(m.env.Styles)
	p.SetPrompt(": ", "an action, or: "+strings.Join(verbNames(), ", "))
	p.SetItems(m.commands())
	p.SetRecent(m.recent)
	m.overlay.Open(&paletteLayer{m: m, list: p})
}

// commands are the actions the palette offers: those of the frame and of the
// views, with their keys, and why one can't be done now.
func (m *Model) commands() []palette.Item {
	var out []palette.Item
	scopes := []keymap.Scope{keymap.Events, keymap.Facets, keymap.Detail, keymap.Tree}
	for _, s := range m.tabs {
		scopes = append(scopes, s.scopes...)
	}
	for _, s := range append(scopes, keymap.Start, keymap.Global) {
		for _, a := range m.env.Keys.In(s) {
			out = append(out, palette.Item{ID: string(a.ID), Title: a.Title, Detail: a.Help, Keys: m.helpKeys(a), Disabled: m.whyAt(s, a.ID), Words: otherNames[a.ID]})
		}
	}
	return out
}

// whyAt is why an action of a scope can't be done now, asked of the view it
// belongs to.
func (m *Model) whyAt(s keymap.Scope, id keymap.ID) string {
	switch s {
	case keymap.Events, keymap.Facets:
		return m.events.DisabledReason(id)
	case keymap.Detail, keymap.Tree:
		return m.detail.DisabledReason(id)
	}
	if seat := m.tabOfScope(s); seat != nil {
		return seat.view.DisabledReason(id)
	}
	return m.why(id)
}

// run carries out an action chosen by name: the view it belongs to gets the
// focus first.
func (m *Model) run(id keymap.ID) tea.Cmd {
	a, ok := m.env.Keys.Action(id)
	if !ok {
		return nil
	}
	if why := m.whyAt(a.Scope, id); why != "" {
		return m.say(toast.Info, why)
	}
	var cmd tea.Cmd
	switch a.Scope {
	case keymap.Events, keymap.Facets:
		cmd = m.show(screenEvents, paneEvents)
	case keymap.Detail, keymap.Tree:
		if m.screen != screenDetail && id != detail.CloseAction {
			cmd = m.show(screenEvents, paneDetail)
		}
	default:
		if s := m.tabOfScope(a.Scope); s != nil {
			cmd = m.showTab(s)
		}
	}
	m.recent = slices.Insert(slices.DeleteFunc(m.recent, func(r string) bool { return r == string(id) }), 0, string(id))
	m.recent = m.recent[:min(len(m.recent), maxRecent)]
	return tea.Batch(cmd, m.do(id))
}

func (l *paletteLayer) scope() keymap.Scope { return keymap.Palette }

func (l *paletteLayer) do(id keymap.ID) tea.Cmd {
	switch id {
	case keymap.PaletteUp:
		l.list.Up()
	case keymap.PaletteDown:
		l.list.Down()
	case keymap.PalettePageUp:
		l.list.Page(-1)
	case keymap.PalettePageDown:
		l.list.Page(1)
	case keymap.PaletteCancel:
		l.m.overlay.Close()
	case keymap.PaletteAccept:
		return l.accept()
	}
	return nil
}

func (l *paletteLayer) accept() tea.Cmd {
	it, ok := l.list.Selected()
	if !ok {
		return nil
	}
	if it.Disabled != "" {
		return l.m.say(toast.Info, it.Title+": "+it.Disabled)
	}
	order, is := strings.CutPrefix(it.ID, orderPrefix)
	if is && strings.HasSuffix(order, " ") {
		return l.complete(order)
	}
	l.m.overlay.Close()
	if is {
		return l.m.order(order)
	}
	return l.m.run(keymap.ID(it.ID))
}

func (l *paletteLayer) enter(k tea.KeyPressMsg) tea.Cmd {
	if k.String() == "ctrl+c" {
		l.m.overlay.Close()
		return nil
	}
	return tea.Batch(l.list.Update(k), l.suggestOrders())
}

func (l *paletteLayer) paste(s string) {
	l.list.SetQuery(l.list.Query() + s)
	l.suggestOrders()
}

func (l *paletteLayer) size(w, h int) (int, int) { return min(w, 84), min(h, 20) }

func (l *paletteLayer) box(w, h int) []string {
	w, h = l.size(w, h)
	foot := l.m.hints(keymap.Palette, keymap.PaletteAccept, keymap.PaletteCancel)
	return overlay.Box(l.m.env.Styles, "Commands", l.list.Lines(w-overlay.FrameW, h-overlay.FrameH), foot, w, h)
}

func (l *paletteLayer) at(w, h int) (x, y int) {
	w, _ = l.size(w, h)
	x, y = l.list.Cursor(w - overlay.FrameW)
	return x + 2, y + 1
}

// click runs the action under the mouse.
func (l *paletteLayer) click(_, y, w, h int, _ bool) tea.Cmd {
	l.box(w, h) // what is drawn is what is clicked on
	if !l.list.Hit(y - 1) {
		return nil
	}
	return l.accept()
}

func (l *paletteLayer) wheel(by int) {
	if by > 0 {
		l.list.Down()
		return
	}
	l.list.Up()
}

// spots are the actions in sight.
func (l *paletteLayer) spots(w, h int) []layout.Spot {
	_, h = l.size(w, h)
	matching, _ := l.list.Len()
	var out []layout.Spot
	for y := range min(matching, h-overlay.FrameH-1) {
		out = append(out, layout.Spot{X: 1, Y: 2 + y})
	}
	return out
}
