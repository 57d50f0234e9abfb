package ui

import (
	"context"
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/api/async"
	"threatbench/keymap"
	"threatbench/ui/widget/toast"
)

// jobView names the frame in the slots of its own requests.
const jobView = "ui"

func (m *Model) jobSlot() async.Slot { return async.Slot{View: jobView, Name: "job"} }

// starting tells whether the database is empty, so that the first-start screen
// is shown.
func (m *Model) starting() bool {
	return m.screen == screenEvents && m.focus == paneEvents && m.events.Blank() && m.options.Imports != nil
}

// startLines is the first-start screen: what can be done with an empty
// database.
func (m *Model) startLines() []string {
	st := m.env.Styles
	if m.options.Imports == nil {
		return []string{st.Strong.Paint("No events yet."), "", st.Faint.Paint("This dataset is empty; d chooses another one.")}
	}
	out := []string{st.Strong.Paint("Welcome. This database holds no events yet."), ""}
	for _, h := range m.env.Keys.Hints([]keymap.Scope{keymap.Start}, keymap.StartImport, keymap.StartDemo, keymap.StartConnect) {
		out = append(out, "  "+st.Key.Paint(m.keyLabel(h.Keys))+"  "+st.Text.Paint(h.Action.Title)+"  "+st.Faint.Paint(h.Action.Help))
	}
	return append(out, "", st.Faint.Paint("?  shows every key    q  leaves"))
}

func (m *Model) whyNotJob(id keymap.ID) string {
	switch {
	case m.job != nil:
		return m.busy()
	case m.env.ReadOnly:
		return "Read-only: nothing can be changed"
	case (id == keymap.StartImport || id == keymap.ActImport) && m.options.Imports == nil, id == keymap.StartDemo && m.options.Demo == nil:
		return "this profile is a remote account: import there from the command line"
	}
	return ""
}

// start carries out what the first-start screen offers.
func (m *Model) start(id keymap.ID) tea.Cmd {
	switch id {
	case keymap.StartImport:
		return m.askImport()
	case keymap.StartDemo:
		return m.startJob("loading the demo", m.options.Demo)
	case keymap.StartConnect:
		m.openText("Connect an account", strings.Split(m.options.Connect, "\n"))
	}
	return nil
}

// startJob starts a job.
func (m *Model) startJob(label string, work Job) tea.Cmd {
	m.beginJob(m.jobSlot(), label, 0)
	return m.env.Async.Run(m.jobSlot(), func(ctx context.Context, report func(int64, int64, string)) (any, error) {
		return work(ctx, report)
	})
}

// onJob follows the job: its progress, and its end.
func (m *Model) onJob(f async.Result) tea.Cmd {
	switch f := f.(type) {
	case async.CatalogsLoaded:
		return m.onCatalogs(f)
	case async.RawLoaded:
		return m.onRaw(f)
	case async.Progress:
		if m.job != nil {
			s := &m.job.state
			s.Done, s.Total, s.Note = f.Done, f.Total, f.Note
			s.Rate = m.job.meter.Add(f.Done, m.env.Now())
		}
		return nil
	case async.JobDone:
		switch f.Slot.Name {
		case saveSlot:
			return m.onWritten(f)
		case exportSlot:
			return m.onExport(f)
		case openSlot:
			return m.onBegun(f)
		case lookupSlot:
			return m.onLookup(f)
		}
		if cmd, is := m.onImports(f); is {
			return cmd
		}
		m.job = nil
		return tea.Batch(m.jobEnded(f), m.events.Reload())
	}
	return nil
}

func (m *Model) jobEnded(f async.JobDone) tea.Cmd {
	summary, _ := f.Value.(string)
	switch {
	case errors.Is(f.Err, context.Canceled):
		return m.say(toast.Warn, "cancelled: "+summary)
	case f.Err != nil:
		return m.say(toast.Error, f.Err.Error())
	}
	return m.say(toast.Good, summary)
}
