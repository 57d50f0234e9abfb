package ui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/knowngood"
	"threatbench/keymap"
	"threatbench/ui/widget/layout"
	"threatbench/ui/widget/overlay"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// changes is what was changed in this session and can be taken back.
type changes struct {
	stack    async.UndoStack
	last     *async.ChangeResult
	catalogs async.Catalogs
	asked    bool
	waiting  func() tea.Cmd // goes on when the catalogues are there
	sample   []api.Event    // events of the last change that are at hand
	resume   resumeEdit     // goes on with the text the last change was of; nil: it was of none

	toldUnguarded bool
}

func changeSlot() async.Slot { return async.Slot{View: jobView, Name: "change"} }

// change asks where a change is large or destroys something, and begins it.
func (m *Model) change(c async.Change, sample []api.Event) tea.Cmd {
	if why := m.whyNoChange(); why != "" {
		return m.say(toast.Info, why)
	}
	m.changes.sample = sample
	if c.Count() <= 1 && !destroys(c.Kind) && loosened(c, sample) == "" {
		return m.begin(c)
	}
	m.askThen(m.question(c, sample, sample), func() tea.Cmd { return m.begin(c) })
	return nil
}

// changeOn changes the events in hand. Where some of them are marked but not in
// the list, it asks in any case and names them.
func (m *Model) changeOn(c async.Change, t views.Targets) tea.Cmd {
	if t.Elsewhere == 0 || m.whyNoChange() != "" {
		return m.change(c, t.Known)
	}
	m.changes.sample = t.Known
	q := m.question(c, nil, slices.Concat(t.Known, t.Absent))
	names := []string{m.env.Styles.Mark.Paint(views.Count(t.Elsewhere) + " marked elsewhere:")}
	names = append(names, m.briefs(t.Absent, t.Elsewhere)...)
	if here := len(t.On) - t.Elsewhere; here > 0 {
		names = append(names, "", views.Count(here)+" in this list:")
		names = append(names, m.briefs(t.Known, here)...)
	}
	q.Details = append(names, q.Details...)
	m.askThen(q, func() tea.Cmd { return m.begin(c) })
	return nil
}

func (m *Model) askThen(q overlay.Question, then func() tea.Cmd) {
	m.overlay.Open(&confirmLayer{m: m, ask: overlay.NewConfirm(m.env.Styles, q), then: then})
}

func destroys(k async.Kind) bool {
	return k == async.KindDelete || k == async.KindRevert
}

func (m *Model) whyNoChange() string {
	switch {
	case m.env.ReadOnly:
		return "Read-only: nothing can be changed"
	case m.job != nil:
		return m.busy()
	}
	return ""
}

// sampleRows is how many of the events a question names.
const sampleRows = 5

// question says exactly what a change will touch: names those of the sample,
// and warns of what is found among those looked at.
func (m *Model) question(c async.Change, sample, looked []api.Event) overlay.Question {
	label := strings.ToUpper(c.Label[:1]) + c.Label[1:]
	q := overlay.Question{Title: "Change", Ask: label + "?", Accept: "Go ahead", Danger: destroys(c.Kind)}
	if q.Danger {
		q.Title, q.Accept = "Careful", label
		if len(label) > 30 {
			q.Accept = "Yes"
		}
	}
	if len(sample) > 0 {
		q.Details = m.briefs(sample, c.Count())
	}
	q.Details = append(q.Details, m.warnings(c, looked)...)
	if n := c.Count(); n > 1 {
		q.Details = append(q.Details, "", m.env.Styles.Faint.Paint("Applies to these "+views.Count(n)+" events, even if the matches change."))
	}
	return q
}

// briefs are the first few of a sample, and how many more there are of n.
func (m *Model) briefs(sample []api.Event, n int) []string {
	var out []string
	for i := range sample[:min(len(sample), sampleRows)] {
		out = append(out, m.brief(&sample[i]))
	}
	if more := n - len(out); more > 0 {
		text := "and " + views.Count(more) + " more"
		if len(out) == 0 {
			text = views.Plural(n, "event") + ", not loaded now"
		}
		out = append(out, m.env.Styles.Faint.Paint(text))
	}
	return out
}

// warnings are what speaks against a change, by the events at hand, each with a
// blank line before it.
func (m *Model) warnings(c async.Change, sample []api.Event) []string {
	var out []string
	for _, text := range []string{loosened(c, sample), m.goodAmong(sample, c.Count())} {
		if text != "" {
			out = append(out, "", m.env.Styles.Warn.Paint(text))
		}
	}
	return out
}

// loosened says how many of a change's events get a less strict marking. Only
// those of the sample can be looked at, which is said where there are more.
func loosened(c async.Change, sample []api.Event) string {
	hits := 0
	for i := range sample {
		if c.Loosens(sample[i]) {
			hits++
		}
	}
	text := "This loosens the TLP of " + views.Count(hits)
	switch n := c.Count(); {
	case hits == 0 && len(sample) < n && c.Loosens(api.Event{TLP: api.TLPRed.String()}):
		return "It may loosen a TLP: not all events were looked at"
	case hits == 0:
		return ""
	case n == 1:
		return text + " event: more people may see it"
	case len(sample) >= n:
		return text + " of these " + views.Count(n) + ": more people may see them"
	}
	return text + " of the " + views.Count(len(sample)) + " at hand; the others were not looked at"
}

// goodAmong names the indicators of a change's events that are known to be
// harmless or hold something that is: what is done to bad ones may not be meant
// for them. Only the events of the sample can be looked at, which is said where
// the change has more.
func (m *Model) goodAmong(sample []api.Event, n int) string {
	const few = 3
	if m.env.Good == nil {
		return ""
	}
	var named []string
	hits := 0
	for i := range sample {
		for _, indicator := range sample[i].AllIndicators() {
			f := m.env.Good.Find(indicator.Value)
			if !f.Spared() {
				continue
			}
			if hits++; hits <= few {
				named = append(named, views.Shown(indicator.Value)+" ("+goodWord(f)+")")
			}
		}
	}
	if hits > few {
		named = append(named, views.Count(hits-few)+" more")
	}
	among, all := "them", len(sample) >= n
	if !all {
		among = views.Count(len(sample)) + " of them, the others were not looked at"
	}
	switch {
	case hits > 0:
		return "Known good among " + among + ": " + strings.Join(named, ", ")
	case !all && len(sample) > 0:
		return "None known good among " + among
	}
	return ""
}

// goodWord is the list that knows a value, or something inside the value.
func goodWord(f knowngood.Found) string {
	if f.Harmless() {
		return f.List.Name
	}
	return "holds " + f.Of + ", " + f.List.Name
}

// brief is an event in one line of a question.
func (m *Model) brief(e *api.Event) string {
	what := e.Indicator
	if what == "" {
		what = e.Event
	}
	line := views.OneLine(fmt.Sprintf("%s  %s  %s", m.env.Date(e.Date), e.Category, what))
	return clip(views.Shown(line), 58, m.env.Styles.Glyphs.Ellipsis)
}

// begin runs a change.
func (m *Model) begin(c async.Change) tea.Cmd {
	m.changes.resume = nil
	m.beginJob(changeSlot(), c.Label, c.Count())
	return m.env.Async.Do(changeSlot(), c)
}

// onChange takes in what became of a change: what takes it back is kept,
// the views learn of it, and what was not done is shown.
func (m *Model) onChange(r async.ChangeResult) tea.Cmd {
	if !errors.Is(r.Err, async.ErrBusy) {
		m.job = nil
	}
	m.changes.last = &r
	m.changes.stack.Add(r)
	if brings(r.Change.Kind) {
		m.changes.asked = false // what was just named is to be offered, too
	}
	cmds := []tea.Cmd{m.sayResult(r)}
	if len(r.Done)+len(r.Unknown)+len(r.Made)+len(r.Conflicts) > 0 {
		for _, v := range m.all() {
			if i, ok := v.(views.Informed); ok {
				cmds = append(cmds, i.Changed(r))
			}
		}
	}
	cmds = append(cmds, m.notDone(r), m.sayUnguarded(r))
	return tea.Batch(append(cmds, m.formDone(r))...)
}

// all are the views there are.
func (m *Model) all() []views.View {
	list := []views.View{m.events, m.detail}
	for _, s := range m.tabs {
		list = append(list, s.view)
	}
	return list
}

// undo takes the last change back. One that can't be taken back is said once
// and then stands no more in the way of the ones before it.
func (m *Model) undo() tea.Cmd {
	u := &m.changes.stack
	if why := u.Blocked(); why != "" {
		label := u.UndoLabel()
		u.Pass()
		return m.say(toast.Warn, "Can't undo: "+label+": "+why)
	}
	c, _ := u.Undo()
	return m.begin(c)
}

// redo does again what was taken back last.
func (m *Model) redo() tea.Cmd {
	c, _ := m.changes.stack.Redo()
	return m.begin(c)
}

// undone says of a change that takes another back, or makes it again, that it
// is one.
var undone = map[async.Way]string{async.Undoing: "undo: ", async.Redoing: "redo: "}

// sayResult sums a change up in a toast, with the way back where there is one.
func (m *Model) sayResult(r async.ChangeResult) tea.Cmd {
	kind, text := toast.Good, pastTense(r.Change.Label)
	switch r.Change.Way {
	case async.Undoing:
		text = "Undone: " + r.Change.Label
	case async.Redoing:
		text = "Redone: " + r.Change.Label
	}
	parts := outcomeParts(r)
	if len(r.Failed)+len(r.Unknown)+len(r.NotBegun) > 0 || r.Err != nil {
		kind, text = toast.Warn, "Not all done: "+undone[r.Change.Way]+r.Change.Label
		if r.Err != nil || len(r.NotBegun) > 0 {
			text = "Stopped: " + undone[r.Change.Way] + r.Change.Label
		}
	}
	if len(r.Done) == 0 && len(r.Failed)+len(r.Unknown)+len(r.NotBegun) > 0 {
		kind, text = toast.Error, "Couldn't "+undone[r.Change.Way]+r.Change.Label
		if len(r.Failed) == 1 {
			parts = []string{firstReason(r)}
		}
	}
	if r.Err != nil && !errors.Is(r.Err, context.Canceled) {
		parts = append(parts, r.Err.Error())
	}
	if len(parts) > 0 {
		text += " (" + strings.Join(parts, ", ") + ")"
	}
	hint := ""
	if r.Undo != nil && r.Change.Way != async.Undoing {
		for _, h := range m.env.Keys.Hints(m.scopes(), keymap.ActUndo) {
			hint = m.keyLabel(h.Keys) + " to undo"
		}
	}
	_, cmd := m.toasts.PushAction(kind, text, hint)
	return cmd
}

// firstReason is why the one thing was not done; of a conflict a box shows the
// values.
func firstReason(r async.ChangeResult) string {
	if len(r.Conflicts) > 0 {
		return "somebody changed it meanwhile"
	}
	return r.Failed[0].Reason
}

// pastTense says that a change was made, by the label that says what it does:
// "tag 2 events with c2" becomes "Tagged 2 events with c2".
func pastTense(label string) string {
	verb, rest, _ := strings.Cut(label, " ")
	past, ok := map[string]string{
		"tag": "Tagged", "make": "Made", "end": "Ended", "set": "Set", "empty": "Emptied", "copy": "Copied",
	}[verb]
	if !ok && verb != "" {
		past = strings.ToUpper(verb[:1]) + strings.TrimSuffix(verb[1:], "e") + "ed"
	}
	return strings.TrimSpace(past + " " + rest)
}

// outcomeParts are the numbers of a change that are worth a word.
func outcomeParts(r async.ChangeResult) []string {
	var parts []string
	add := func(n int, what string) {
		if n > 0 {
			parts = append(parts, views.Count(n)+" "+what)
		}
	}
	if len(r.Unchanged)+len(r.Failed)+len(r.Unknown)+len(r.NotBegun) > 0 {
		add(len(r.Done), "done")
	}
	add(len(r.Unchanged), "were so already")
	add(len(r.Failed), "refused")
	add(len(r.Unknown), "unknown")
	add(len(r.NotBegun), "left")
	add(len(r.Doubtful), "read otherwise since")
	return parts
}

// openOutcome offers what can be done after a change that didn't go through
// whole.
func (m *Model) openOutcome() {
	r := m.changes.last
	type choice struct {
		item views.PickItem
		run  func() tea.Cmd
	}
	list := []choice{{views.PickItem{Title: "Close", Detail: "leaves it as it is"}, func() tea.Cmd { return nil }}}
	if n := len(r.Conflicts); n > 0 {
		list = append(list, choice{views.PickItem{Title: "Show what was changed meanwhile", Detail: views.Count(n) + ", then asks"}, func() tea.Cmd {
			m.askConflicts(*r)
			return nil
		}})
	}
	if m.changes.resume != nil && len(r.Done) == 0 {
		list = append(list, choice{views.PickItem{Title: "Go on editing what you wrote"}, func() tea.Cmd { return m.changes.resume(*r) }})
	}
	if c, ok := r.Retry(); ok {
		list = append(list, choice{views.PickItem{Title: "Try the refused again", Detail: views.Count(c.Count())}, func() tea.Cmd { return m.begin(c) }})
	}
	if c, ok := r.Rest(); ok {
		list = append(list, choice{views.PickItem{Title: "Continue with the remaining " + views.Count(c.Count())}, func() tea.Cmd { return m.begin(c) }})
	}
	if left := leftOver(*r); len(left) > 0 {
		list = append(list, choice{views.PickItem{Title: "Mark what wasn't done", Detail: views.Count(len(left))}, func() tea.Cmd {
			m.events.MarkThese(left, false)
			return m.show(screenEvents, paneEvents)
		}})
	}
	list = append(list, choice{views.PickItem{Title: "Show the list", Detail: "what was done, what not, and why"}, func() tea.Cmd {
		m.openText("Outcome", m.outcomeLines(*r))
		return nil
	}})
	p := views.Pick{Title: "Outcome of: " + r.Change.Label, Chosen: func(i int) tea.Cmd { return list[i].run() }}
	for _, c := range list {
		p.Items = append(p.Items, c.item)
	}
	m.overlay.Open(newMenu(m, p))
}

// leftOver are the ids that a change was to touch and didn't, or not surely.
func leftOver(r async.ChangeResult) []string {
	var ids []string
	for _, f := range r.Failed {
		ids = append(ids, f.ID)
	}
	for _, list := range [][]async.Target{r.Unknown, r.NotBegun} {
		for _, t := range list {
			ids = append(ids, t.ID)
		}
	}
	return ids
}

// outcomeLines lists what became of each target.
func (m *Model) outcomeLines(r async.ChangeResult) []string {
	st := m.env.Styles
	lines := []string{st.Strong.Paint(r.Change.Label), ""}
	if r.Err != nil {
		lines = append(lines, st.Error.Paint(r.Err.Error()), "")
	}
	if r.NoUndo != "" {
		lines = append(lines, st.Faint.Paint("Can't be undone: "+r.NoUndo), "")
	}
	for _, f := range r.Failed {
		lines = append(lines, st.Error.Paint("refused    ")+f.ID+"  "+f.Reason)
	}
	for _, c := range r.Conflicts {
		lines = append(lines, "")
		lines = append(lines, m.conflictLines(c, r.Change)...)
	}
	if r.Unguarded {
		lines = append(lines, "", st.Faint.Paint(unguardedNote))
	}
	for _, part := range []struct {
		word string
		list []async.Target
	}{{"unknown    ", r.Unknown}, {"left       ", r.NotBegun}, {"doubtful   ", r.Doubtful}, {"unchanged  ", r.Unchanged}, {"done       ", r.Done}, {"made       ", r.Made}} {
		for _, t := range part.list {
			lines = append(lines, st.Faint.Paint(part.word)+t.ID)
		}
	}
	return lines
}

// confirmLayer asks before a change.
type confirmLayer struct {
	m    *Model
	ask  *overlay.Confirm
	then func() tea.Cmd

	otherwise func() tea.Cmd // where the answer is no; nil does nothing
}

func (l *confirmLayer) scope() keymap.Scope { return keymap.Confirm }

func (l *confirmLayer) do(id keymap.ID) tea.Cmd {
	answer := overlay.Pending
	switch id {
	case keymap.ConfirmLeft:
		l.ask.Left()
	case keymap.ConfirmRight:
		l.ask.Right()
	case keymap.ConfirmAccept:
		answer = l.ask.Enter()
	case keymap.ConfirmYes:
		answer = l.ask.Yes()
	case keymap.ConfirmNo:
		answer = l.ask.No()
	}
	return l.settle(answer)
}

func (l *confirmLayer) settle(answer overlay.Answer) tea.Cmd {
	if answer == overlay.Pending {
		return nil
	}
	l.m.overlay.Close()
	switch {
	case answer == overlay.Accepted:
		return l.then()
	case l.otherwise != nil:
		return l.otherwise()
	}
	return nil
}

func (l *confirmLayer) click(x, y, _, _ int, _ bool) tea.Cmd { return l.settle(l.ask.Click(x, y)) }

func (l *confirmLayer) wheel(by int) { l.ask.Scroll(by) }

func (l *confirmLayer) box(w, h int) []string {
	w, h = l.ask.Size(w, h)
	return l.ask.Lines(w, h)
}

// spots are the answers.
func (l *confirmLayer) spots(w, h int) []layout.Spot {
	l.box(w, h) // the answers stand where they are drawn
	return l.ask.Spots()
}
