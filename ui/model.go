// Package ui is the frame of the workbench: one Bubble Tea model that owns the
// window, gives keys, mouse and results to the views, and draws what stands
// around them. A key becomes an action here; views never see keys.
package ui

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"threatbench/api/async"
	"threatbench/keymap"
	"threatbench/ui/suspend"
	"threatbench/ui/widget/overlay"
	"threatbench/ui/widget/toast"
	"threatbench/views"
	"threatbench/views/detail"
	"threatbench/views/events"
)

// screen is a numbered view.
type screen int

const (
	screenEvents screen = 1
	screenDetail screen = 2
)

// pane is what can have the focus on the events screen.
type pane int

const (
	paneEvents pane = iota
	paneDetail
)

// Model is the root model. It is used through a pointer: Update changes it.
type Model struct {
	options Options
	env     *views.Env
	events  *events.Model
	detail  *detail.Model
	tabs    []tab // the other views

	w, h    int
	screen  screen
	focus   pane
	split   split
	dark    bool
	colors  colorprofile.Profile // what the terminal can show
	themeID string
	mouse   bool

	toasts   *toast.Model
	overlay  *overlay.Stack[layer]
	jump     *jump      // nil but while labels are shown
	pending  *sequence  // nil but while keys of a sequence are pressed
	past     []location // where back goes, the newest last
	future   []location
	recent   []string // actions run from the palette, the newest first
	imports  imports
	queue    []tea.Cmd
	job      *job
	lookups  lookups
	changes  changes
	sent     *formLayer                    // whose change is under way
	rawFor   func(async.RawLoaded) tea.Cmd // who asked for the raw record, nil for the editor
	press    press
	peers    []views.Peer   // who else is on
	presence views.Presence // what the others were told is looked at
	away     bool           // the terminal is gone: another one may come

	grace grace      // after a text field has closed
	saved savedState // what this session began with

	kill         context.CancelFunc
	terminal     terminal
	stops        *suspend.Watch                                  // nil likewise in a hosted program
	input        *inputDrain                                     // nil in a program that has its process to itself
	exec         func(tea.ExecCommand, tea.ExecCallback) tea.Cmd // tea.Exec but in tests
	crash        *crash
	guarded      int  // lines the last guard before the terminal had to change
	lossReported bool // that what should be remembered can't be written down
}

// New makes the root model of a session whose requests end with ctx.
func New(ctx context.Context, o Options) *Model {
	o = o.withDefaults()
	m := &Model{options: o, screen: screenEvents, dark: true, colors: colorprofile.TrueColor, themeID: o.Theme, mouse: !o.NoMouse, kill: func() {}, exec: tea.Exec}
	st, err := o.Themes.Load(m.themeID, m.dark, o.ASCII)
	if err != nil {
		o.Warnings = append(o.Warnings, err.Error())
		m.options.Warnings = o.Warnings
		m.themeID = "auto"
		st, _ = o.Themes.Load(m.themeID, m.dark, o.ASCII)
	}
	zone := time.Local
	if o.UTC {
		zone = time.UTC
	}
	m.env = &views.Env{
		Async: async.New(ctx, o.API, async.Options{Audit: o.Audit}), Styles: st, Keys: o.Keys, Host: host{m},
		Zone: zone, ASCII: o.ASCII, Accessible: o.Accessible, ReadOnly: o.ReadOnly, Good: o.Good,
	}
	m.env.Now = func() time.Time { return o.Now().In(m.env.Zone) }
	m.env.Memory = views.NewMemory(o.Memory, m.env.Async)
	m.toasts = toast.New(st, o.Now)
	m.overlay = overlay.NewStack[layer](o.Now)
	m.split = newSplit()
	m.events = events.New(m.env, events.Options{Filter: o.Query, Columns: o.Columns, Datasets: o.Datasets})
	m.detail = detail.New(m.env)
	m.tabs = newTabs(m.env)
	m.events.SetEmpty(m.startLines)
	m.restoreState()
	return m
}

// Init loads the events and asks the terminal for its background.
func (m *Model) Init() tea.Cmd {
	cmds := []tea.Cmd{m.restyle(), m.events.Init(), m.arrive()}
	if m.themeID == "" || m.themeID == "auto" {
		cmds = append(cmds, tea.RequestBackgroundColor)
	}
	for _, s := range m.tabs {
		if v, ok := s.view.(views.Starter); ok {
			cmds = append(cmds, v.Start())
		}
	}
	for _, w := range m.options.Warnings {
		_, cmd := m.toasts.Push(toast.Warn, w)
		cmds = append(cmds, cmd)
	}
	return tea.Batch(append(cmds, m.drain())...)
}

// Update takes a message. It never blocks and never does I/O.
func (m *Model) Update(msg tea.Msg) (model tea.Model, cmd tea.Cmd) {
	defer func() {
		if p := recover(); p != nil {
			m.caught(p)
			model, cmd = m, nil
		}
	}()
	text, inList := m.textField(), m.inList()
	cmd = m.update(msg)
	m.afterText(text, msg)
	if !inList && m.inList() {
		cmd = tea.Batch(cmd, m.previewSelected())
	}
	m.sharePresence()
	return m, tea.Batch(cmd, m.drain())
}

func (m *Model) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return m.key(msg)
	case tea.PasteMsg:
		return m.paste(msg.Content)
	case tea.MouseMsg:
		return m.pointer(msg)
	case tea.WindowSizeMsg:
		m.jump = nil
		m.w, m.h = msg.Width, msg.Height
		return m.relayout()
	case tea.ColorProfileMsg:
		m.colors = msg.Profile
		return m.restyle()
	case tea.BackgroundColorMsg:
		return m.background(msg.IsDark())
	case tea.EnvMsg:
		return m.onTerminal(msg)
	case draining:
		return tea.Tick(drainTimeout, func(time.Time) tea.Msg { return drained{} })
	case edited:
		return m.onEdited(msg)
	case views.TeamNews:
		return m.onTeam(msg)
	case failed:
		panic(msg.value)
	case Away:
		m.away = true
		return tea.Quit
	case Notice:
		return m.say(toast.Warn, msg.Text)
	case toast.Expired:
		m.toasts.Update(msg)
	case async.Result:
		return m.receive(msg)
	}
	return nil
}

// receive hands a result to the view that asked for it; what has been
// superseded is dropped.
func (m *Model) receive(f async.Result) tea.Cmd {
	next := async.Next(f) // what follows a part of an answer, wanted or not
	if d, is := f.(async.ChangeDone); is {
		return tea.Batch(next, m.onChange(d.Result))
	}
	if !m.env.Async.Current(f.Tag()) {
		return next
	}
	switch f.Tag().Slot.View {
	case events.View:
		return tea.Batch(next, m.events.Receive(f))
	case detail.View:
		return tea.Batch(next, m.detail.Receive(f))
	case jobView:
		return tea.Batch(next, m.onJob(f))
	case views.MemoryView:
		return tea.Batch(next, m.onSaved(f))
	}
	if s := m.tabNamed(f.Tag().Slot.View); s != nil {
		return tea.Batch(next, s.view.Receive(f))
	}
	return next
}

// view is the view with the focus.
func (m *Model) view() views.View {
	if s := m.currentTab(); s != nil {
		return s.view
	}
	if m.screen == screenDetail || m.focus == paneDetail {
		return m.detail
	}
	return m.events
}

// key finds the action of a key: the topmost overlay's, the focused view's, or
// a global one. Text fields take what is text.
func (m *Model) key(k tea.KeyPressMsg) tea.Cmd {
	name := k.String()
	if m.jump != nil {
		return m.jumpKey(k)
	}
	if m.cancels(name) {
		m.cancelJob()
		return nil
	}
	if m.grace.drops(k, time.Now()) {
		return m.ignored()
	}
	if top, ok := m.overlay.Top(); ok {
		if !m.overlay.Accepts() {
			return nil // the box has just opened by itself: this key wasn't meant for it
		}
		if m.jumps(k, types(top)) {
			return m.beginJump()
		}
		return m.keyInLayer(top, k)
	}
	if name == "esc" && !m.leaves() && m.toasts.Dismiss() {
		return nil
	}
	if t, ok := m.view().(views.TextInput); ok && t.Typing() {
		if m.jumps(k, true) {
			return m.beginJump()
		}
		if cmd, handled := t.Key(k); handled {
			return cmd
		}
		if a, match := m.env.Keys.Resolve(m.view().Scopes(), nil, name); match == keymap.Full {
			return m.do(a.ID)
		}
		if name == "ctrl+c" {
			return m.do(keymap.AppQuit)
		}
		return nil
	}
	return m.resolve(m.scopes(), name)
}

// leaves tells whether esc means something to the part with the focus: a
// message in the corner takes it only where it doesn't.
func (m *Model) leaves() bool {
	if t, ok := m.view().(views.TextInput); ok && t.Typing() || m.pending != nil {
		return true
	}
	a, match := m.env.Keys.Resolve(m.scopes(), nil, "esc")
	return match == keymap.Full && m.why(a.ID) == ""
}

// resolve finds the action of a key, or of the sequence it completes.
func (m *Model) resolve(scopes []keymap.Scope, name string) tea.Cmd {
	var before []string
	if m.pending != nil {
		before = m.pending.keys
	}
	a, match := m.env.Keys.Resolve(scopes, before, name)
	switch {
	case match == keymap.Prefix:
		m.beginSequence(scopes, name)
	case match == keymap.Full:
		m.pending = nil
		return m.do(a.ID)
	case m.pending != nil:
		return m.endSequence(name)
	}
	return nil
}

// scopes are the scopes keys are looked up in, innermost first.
func (m *Model) scopes() []keymap.Scope {
	s := m.view().Scopes()
	if m.starting() {
		s = append([]keymap.Scope{keymap.Start}, s...)
	}
	return append(s, keymap.Global)
}

// do carries out an action: the focused view's if it knows it, else the
// frame's. One that can't be done now says why.
func (m *Model) do(id keymap.ID) tea.Cmd {
	if why := m.why(id); why != "" {
		return m.say(toast.Info, why)
	}
	if cmd, ok := m.view().Do(id); ok {
		return cmd
	}
	return m.doFrame(id)
}

// why tells why an action can't be done now, "" when it can.
func (m *Model) why(id keymap.ID) string {
	switch id {
	case keymap.AppSuspend:
		if m.options.Hosted {
			return "there is no shell to go to"
		}
		if !suspend.Possible() {
			return "no shell stands behind this terminal that could bring it back"
		}
	case keymap.AppCancel:
		if m.job == nil {
			return "nothing is under way"
		}
	case keymap.AppTeam:
		return m.whyNoTeam()
	case keymap.AppBack:
		if len(m.past) == 0 {
			return "there is nothing to go back to"
		}
	case keymap.AppForward:
		if len(m.future) == 0 {
			return "there is nothing to go forward to"
		}
	case keymap.AppView2, keymap.AppCopyMenu:
		if m.detail.Event() == nil && (id == keymap.AppView2 || m.currentTab() == nil) {
			return "no event is selected"
		}
	case keymap.StartImport, keymap.StartDemo, keymap.ActImport:
		return m.whyNotJob(id)
	}
	if why, is := m.whyNotAct(id); is {
		return why
	}
	if n, ok := numbered(id); ok {
		if m.tabAt(n) == nil {
			return "there is no such view"
		}
		return ""
	}
	return m.view().DisabledReason(id)
}

func (m *Model) doFrame(id keymap.ID) tea.Cmd {
	switch id {
	case keymap.AppQuit:
		return m.quit()
	case keymap.AppCancel:
		m.cancelJob()
	case keymap.AppSuspend:
		return tea.Suspend
	case keymap.AppHelp:
		m.openHelp()
	case keymap.AppPalette:
		m.openPalette()
	case keymap.AppJump:
		return m.beginJump()
	case keymap.AppLog:
		m.openLog()
	case keymap.AppTeam:
		m.openTeam()
	case keymap.AppActor:
		return m.showActor()
	case keymap.AppView1:
		m.events.Focus()
		return m.show(screenEvents, paneEvents)
	case keymap.AppView2:
		m.mark()
		return m.show(screenDetail, paneDetail)
	case keymap.AppBack:
		return m.back()
	case keymap.AppForward:
		return m.forward()
	case keymap.AppTheme:
		return m.nextTheme()
	case keymap.AppTimeZone:
		return tea.Batch(m.switchZone(), m.sayZone())
	case keymap.AppMouse:
		m.mouse = !m.mouse
		return m.say(toast.Info, "mouse "+onOff(m.mouse))
	case keymap.AppCopyMenu:
		cmd, _ := m.detail.Do(id)
		return cmd
	default:
		return m.doPanes(id)
	}
	return nil
}

func (m *Model) doPanes(id keymap.ID) tea.Cmd {
	if cmd, is := m.act(id); is {
		return cmd
	}
	if n, ok := numbered(id); ok {
		if id == keymap.AppView8 && !m.tabAt(n).visible() {
			return m.showActor()
		}
		return m.showTab(m.tabAt(n))
	}
	switch id {
	case keymap.AppNextPane:
		return m.moveFocus(1)
	case keymap.AppPrevPane:
		return m.moveFocus(-1)
	case keymap.AppZoom:
		m.split.zoomed = !m.split.zoomed
	case keymap.AppGrow:
		m.split.grow(0.08, m.focus == paneDetail)
	case keymap.AppShrink:
		m.split.grow(-0.08, m.focus == paneDetail)
	case keymap.AppTurn:
		m.split.turn(m.w)
	case events.PreviewAction:
		m.split.hidden = !m.split.hidden
		m.focus = paneEvents
	case detail.CloseAction:
		return m.closeDetail()
	case keymap.StartImport, keymap.StartDemo, keymap.StartConnect:
		return m.start(id)
	default:
		return nil
	}
	return m.relayout()
}

// show goes to a screen and a pane of it.
func (m *Model) show(s screen, p pane) tea.Cmd {
	m.screen, m.focus = s, p
	if s == screenEvents && p == paneDetail {
		m.split.hidden = false
	}
	return m.relayout()
}

// moveFocus goes to the next part, within the view first.
func (m *Model) moveFocus(by int) tea.Cmd {
	if s := m.currentTab(); s != nil {
		return m.moveWithin(s, by)
	}
	if m.screen == screenDetail {
		return nil
	}
	if m.focus == paneEvents && m.events.MoveFocus(by) {
		return nil
	}
	if m.focus == paneEvents && !m.split.hidden {
		m.focus = paneDetail
	} else {
		m.focus = paneEvents
		m.events.EnterFrom(by)
	}
	return m.relayout()
}

// moveWithin goes to the next part of a view that has the window to itself,
// past the last one to the first.
func (m *Model) moveWithin(s *tab, by int) tea.Cmd {
	if p, ok := s.view.(views.PaneMover); ok && !p.MoveFocus(by) {
		p.EnterFrom(by)
	}
	return m.relayout()
}

func (m *Model) say(kind toast.Kind, text string) tea.Cmd {
	_, cmd := m.toasts.Push(kind, views.Sentence(views.Shown(strings.TrimSpace(text))))
	return cmd
}
