package ui

import (
	tea "charm.land/bubbletea/v2"

	"threatbench/api/async"
	"threatbench/keymap"
	"threatbench/views"
)

// targets are the events that actions touch: those the view with the focus
// has in hand.
func (m *Model) targets() views.Targets {
	if t, ok := m.view().(views.Targeted); ok {
		return t.Targets()
	}
	return views.Targets{}
}

// acting is how many they are.
func (m *Model) acting() int {
	if t, ok := m.view().(views.Targeted); ok {
		return t.Acting()
	}
	return 0
}

// whyNotAct tells why an action on events can't be done now; is is false for
// any other action.
func (m *Model) whyNotAct(id keymap.ID) (why string, is bool) {
	switch id {
	case keymap.ActUndo:
		return m.whyNoUndo(m.changes.stack.UndoLabel(), "nothing to undo"), true
	case keymap.ActRedo:
		return m.whyNoUndo(m.changes.stack.RedoLabel(), "nothing to redo"), true
	case keymap.ActLastOutcome:
		if m.changes.last == nil {
			return "nothing has been changed in this session", true
		}
		return "", true
	case keymap.AppGraphOf:
		return m.whyNoGraphOf(), true
	case keymap.ActNew:
		return m.whyNoChange(), true
	case keymap.ActNewJSON:
		return m.whyNoEditor(), true
	case keymap.ActInsight, keymap.ActRaw:
		if why := m.whyNoEditor(); why != "" {
			return why, true
		}
		if m.acting() > 1 {
			return "several events are marked: this takes one at a time", true
		}
	case keymap.ActExport, keymap.ActReport:
		if m.acting() == 0 {
			return "no event is selected", true
		}
		return "", true
	case keymap.ActTag, keymap.ActUntag, keymap.ActEdit, keymap.ActEditField, keymap.ActRelate, keymap.ActRefer, keymap.ActUnrefer,
		keymap.ActMove, keymap.ActCopy, keymap.ActDelete:
	default:
		return "", false
	}
	if why := m.whyNoChange(); why != "" {
		return why, true
	}
	if m.acting() == 0 {
		return "no event is selected", true
	}
	return "", true
}

func (m *Model) whyNoUndo(label, none string) string {
	if label == "" {
		return none
	}
	return m.whyNoChange()
}

func (m *Model) whyNoEditor() string {
	if why := m.whyNoChange(); why != "" {
		return why
	}
	if m.options.Edit == nil {
		return "this session can't open an editor"
	}
	return ""
}

// act carries out an action of a change; is is false for any other action.
func (m *Model) act(id keymap.ID) (cmd tea.Cmd, is bool) {
	switch id {
	case keymap.ActNew:
		return m.newForm(), true
	case keymap.ActNewJSON:
		return m.editNew(""), true
	case keymap.ActUndo:
		return m.undo(), true
	case keymap.ActRedo:
		return m.redo(), true
	case keymap.ActLastOutcome:
		m.openOutcome()
		return nil, true
	case keymap.ActLookup:
		m.askIndicators()
		return nil, true
	case keymap.ActImport:
		return m.askImport(), true
	case keymap.AppGraphOf:
		m.graphOf()
		return nil, true
	}
	return m.actOnEvents(id)
}

// actOnEvents carries out an action on the events in hand.
func (m *Model) actOnEvents(id keymap.ID) (cmd tea.Cmd, is bool) {
	do := map[keymap.ID]func(t views.Targets) tea.Cmd{
		keymap.ActTag:       func(t views.Targets) tea.Cmd { return m.askTags(t, false) },
		keymap.ActUntag:     func(t views.Targets) tea.Cmd { return m.askTags(t, true) },
		keymap.ActEdit:      m.editForm,
		keymap.ActEditField: m.askField,
		keymap.ActInsight:   m.editInsight,
		keymap.ActRaw:       m.editRaw,
		keymap.ActRelate:    m.askParent,
		keymap.ActRefer:     func(t views.Targets) tea.Cmd { return m.askReference(t, false) },
		keymap.ActUnrefer:   func(t views.Targets) tea.Cmd { return m.askReference(t, true) },
		keymap.ActMove:      func(t views.Targets) tea.Cmd { return m.askDataset(t, false) },
		keymap.ActCopy:      func(t views.Targets) tea.Cmd { return m.askDataset(t, true) },
		keymap.ActExport:    m.askExport,
		keymap.ActReport:    m.askReport,
		keymap.ActDelete:    func(t views.Targets) tea.Cmd { return m.changeOn(async.DeleteEvents(t.On, t.Known...), t) },
	}[id]
	if do == nil {
		return nil, false
	}
	return do(m.targets()), true
}

// needCatalogs asks for the catalogues when they are first wanted, and runs
// then when they are there.
func (m *Model) needCatalogs(then func() tea.Cmd) tea.Cmd {
	if m.changes.asked {
		if then != nil {
			return then()
		}
		return nil
	}
	m.changes.asked, m.changes.waiting = true, then
	return m.env.Async.Catalogs(async.Slot{View: jobView, Name: "catalogs"})
}

func (m *Model) onCatalogs(f async.CatalogsLoaded) tea.Cmd {
	m.changes.catalogs = f.Catalogs
	if top, ok := m.overlay.Top(); ok {
		if s, ok := top.(interface{ suggest() }); ok {
			s.suggest()
		}
	}
	then := m.changes.waiting
	if then == nil || f.Pending > 0 && len(f.Catalogs.Datasets) == 0 {
		return nil // what waits wants the datasets, and they may still come
	}
	m.changes.waiting = nil
	return then()
}
