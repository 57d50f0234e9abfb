package ui

import (
	"encoding/base64"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/keymap"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// host is what the views may ask of the frame. The commands that come of it
// wait in a queue until the view has returned.
type host struct{ m *Model }

func (h host) ask(f func() tea.Cmd) { h.m.queue = append(h.m.queue, f()) }

func (h host) Preview(e *api.Event) {
	if h.m.screen == screenEvents && h.m.focus != paneDetail {
		h.ask(func() tea.Cmd { return h.m.detail.Show(e) })
	}
}

func (h host) Open(e api.Event) {
	h.ask(func() tea.Cmd { return tea.Batch(h.m.detail.Show(&e), h.m.openDetail()) })
}

func (h host) OpenID(dataset, id string) {
	h.ask(func() tea.Cmd { return tea.Batch(h.m.detail.Fetch(dataset, id), h.m.openDetail()) })
}

func (h host) Filter(field api.Field, value string, exclude bool) {
	h.ask(func() tea.Cmd {
		return tea.Batch(h.m.show(screenEvents, paneEvents), h.m.events.Filter(field, value, exclude))
	})
}

func (h host) Step(n int) {
	id := keymap.ID("events.down")
	if n < 0 {
		id = "events.up"
	}
	h.ask(func() tea.Cmd {
		cmd, _ := h.m.events.Do(id)
		return tea.Batch(cmd, h.m.detail.Show(h.m.events.Current()))
	})
}

func (h host) Say(kind toast.Kind, text string) {
	h.ask(func() tea.Cmd { return h.m.say(kind, text) })
}

// copyLimit is how much text most terminals take by OSC 52, encoded.
const copyLimit = 74_994

func (h host) Copy(what, text string) {
	h.ask(func() tea.Cmd {
		if n := base64.StdEncoding.EncodedLen(len(text)); n > copyLimit {
			warn := h.m.say(toast.Warn, "too long for the terminal's clipboard: "+what+" has "+views.Count(len(text))+" bytes")
			return tea.Batch(warn, h.m.saveAs(what, "threatbench.txt", []byte(text)))
		}
		return tea.Batch(h.m.terminal.copyOut(text), h.m.say(toast.Good, "copied "+what))
	})
}

func (h host) SaveAs(what, name string, data []byte) {
	h.ask(func() tea.Cmd { return h.m.saveAs(what, name, data) })
}

func (h host) Ask(p views.Pick) {
	h.ask(func() tea.Cmd {
		if len(p.Items) == 0 {
			return h.m.say(toast.Info, "nothing to choose from: "+p.Title)
		}
		h.m.overlay.Open(newMenu(h.m, p))
		return nil
	})
}

func (h host) Prompt(title, value string, accept func(string) tea.Cmd) {
	h.ask(func() tea.Cmd { h.m.overlay.Open(newEntry(h.m, title, value, accept)); return nil })
}

func (h host) Enter(e views.Entry) {
	h.ask(func() tea.Cmd { h.m.overlay.Open(newEntryOf(h.m, e)); return nil })
}

func (h host) Change(c async.Change, sample []api.Event) {
	h.ask(func() tea.Cmd { return h.m.change(c, sample) })
}

func (h host) Mark() { h.m.mark() }

func (h host) Visit(v views.Visit) { h.ask(func() tea.Cmd { return h.m.openVisit(v) }) }

func (h host) Selection() views.Selection { return h.m.events.Selection() }

// openDetail moves the focus to the detail beside the list, or from a view that
// has the window to itself to the detail's own screen.
func (m *Model) openDetail() tea.Cmd {
	if m.currentTab() != nil {
		return m.show(screenDetail, paneDetail)
	}
	if m.screen == screenDetail {
		return nil
	}
	return m.show(screenEvents, paneDetail)
}

// drain is what the views have asked for since the last time.
func (m *Model) drain() tea.Cmd {
	var cmds []tea.Cmd
	for len(m.queue) > 0 {
		cmds, m.queue = append(cmds, m.queue...), nil
	}
	return tea.Batch(cmds...)
}
