package ui

import (
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/keymap"
	"threatbench/ui/widget/layout"
	"threatbench/ui/widget/overlay"
	"threatbench/ui/widget/text"
	"threatbench/ui/widget/toast"
	"threatbench/views"
	"threatbench/views/form"
)

// draft is what was written in a form that was left before it was sent.
type draft struct {
	At     time.Time
	Event  string            // "" for a new one
	Values map[string]string // by the key of the field
}

const (
	draftsName = "form.drafts"
	maxDrafts  = 5
)

func (m *Model) drafts() []draft {
	var list []draft
	m.env.Memory.Load(draftsName, &list)
	return list
}

// keepDraft remembers what was written on an event in the place of what was
// remembered before; nothing forgets it.
func (m *Model) keepDraft(event string, values map[string]string) tea.Cmd {
	before := m.drafts()
	list := slices.DeleteFunc(slices.Clone(before), func(d draft) bool { return d.Event == event })
	if len(values) > 0 {
		list = slices.Insert(list, 0, draft{m.env.Now(), event, values})
	}
	if len(values) == 0 && len(list) == len(before) {
		return nil
	}
	return m.env.Memory.Save(draftsName, list[:min(len(list), maxDrafts)])
}

// newForm opens the form of a new event.
func (m *Model) newForm() tea.Cmd { return m.openForm(nil) }

// editForm opens the form of the event in hand; of several one field is
// changed at a time.
func (m *Model) editForm(t views.Targets) tea.Cmd {
	if len(t.On) > 1 {
		return m.askField(t)
	}
	e, ok := single(t)
	if !ok {
		return m.say(toast.Info, "the event isn't loaded: move the cursor to it")
	}
	return m.openForm(&e)
}

// openForm opens the form of an event, nil for a new one. Where one was left
// unsent it asks whether to go on with it.
func (m *Model) openForm(e *api.Event) tea.Cmd {
	l := &formLayer{m: m, form: form.New(m.env, e, &m.changes.catalogs)}
	ask := m.needCatalogs(nil)
	list := m.drafts()
	i := slices.IndexFunc(list, func(d draft) bool { return d.Event == l.form.ID() })
	if i < 0 {
		m.overlay.Open(l)
		return ask
	}
	p := views.Pick{
		Title: "This was begun before and not sent",
		Items: []views.PickItem{
			{Title: "Continue", Detail: "left " + m.env.Date(api.TimeOf(list[i].At)) + ": " + gist(list[i].Values)},
			{Title: "Begin anew", Detail: "what was written is dropped"},
		},
		Chosen: func(choice int) tea.Cmd {
			m.overlay.Open(l)
			if choice == 0 {
				l.form.RestoreState(list[i].Values)
				return nil
			}
			return m.keepDraft(l.form.ID(), nil)
		},
	}
	m.overlay.Open(newMenu(m, p))
	return ask
}

// gist names a draft by what says most.
func gist(values map[string]string) string {
	var parts []string
	for _, key := range []string{"category", "indicator", "event"} {
		if v := values[key]; v != "" {
			parts = append(parts, views.OneLine(clip(v, 40, "...")))
		}
	}
	if len(parts) == 0 {
		return views.Count(len(values)) + " fields"
	}
	return strings.Join(parts, ", ")
}

// formLayer is the form of an event over the views.
type formLayer struct {
	m    *Model
	form *form.Model
}

func (l *formLayer) scope() keymap.Scope { return keymap.Form }

func (l *formLayer) do(id keymap.ID) tea.Cmd {
	switch id {
	case keymap.FormNext:
		l.form.Next()
	case keymap.FormPrev:
		l.form.Prev()
	case keymap.FormDown:
		l.form.Down()
	case keymap.FormUp:
		l.form.Up()
	case keymap.FormPageDown:
		l.form.Page(1)
	case keymap.FormPageUp:
		l.form.Page(-1)
	case keymap.FormPick:
		l.form.Pick(1)
	case keymap.FormPickPrev:
		l.form.Pick(-1)
	case keymap.FormRestore:
		l.form.Restore()
		return l.kept()
	case keymap.FormEditor:
		return l.editor()
	case keymap.FormSave:
		return l.review()
	case keymap.FormClose:
		return l.leave()
	case keymap.FormAccept:
		return tea.Batch(l.want(l.form.Enter()), l.kept())
	}
	return nil
}

// want gives the form what it can't do by itself.
func (l *formLayer) want(w form.Want) tea.Cmd {
	switch w {
	case form.WantText:
		l.openArea()
	case form.WantRaw:
		return l.askRaw(form.WantText)
	case form.WantReview:
		return l.review()
	}
	return nil
}

func (l *formLayer) kept() tea.Cmd { return l.m.keepDraft(l.form.ID(), l.form.Draft()) }

// leave closes the form. What was written is kept.
func (l *formLayer) leave() tea.Cmd {
	if l.form.Back() {
		return nil
	}
	l.m.overlay.Close()
	if l.form.Draft() == nil {
		return l.kept()
	}
	return tea.Batch(l.kept(), l.m.say(toast.Info, "what you wrote is kept: opening the form again offers it"))
}

func (l *formLayer) enter(k tea.KeyPressMsg) tea.Cmd {
	if k.String() == "ctrl+c" {
		return l.leave()
	}
	l.form.Type(k)
	return l.kept()
}

func (l *formLayer) paste(s string) {
	l.form.Paste(s)
	l.m.queue = append(l.m.queue, l.kept())
}

// suggest offers what has come into the catalogues.
func (l *formLayer) suggest() { l.form.Learned() }

// set takes a field's text in that was written elsewhere.
func (l *formLayer) set(key, text string) tea.Cmd {
	l.form.Set(key, strings.TrimRight(text, "\n"))
	return l.kept()
}

// editor opens the field's text in the person's editor.
func (l *formLayer) editor() tea.Cmd {
	switch why := l.m.whyNoEditor(); {
	case why != "":
		return l.m.say(toast.Info, why)
	case l.form.Fixed() != "":
		return nil
	case l.form.Open() == form.WantRaw:
		return l.askRaw(form.Nothing)
	}
	key := l.form.Key()
	name := map[string]string{"insight": "insight.md", "raw.data": "raw.json"}[key]
	if name == "" {
		name = "field.txt"
	}
	return l.m.edit(name, l.form.Text(), func(text string) tea.Cmd { return l.set(key, text) })
}

// askRaw reads the event's record; what was wanted with it follows.
func (l *formLayer) askRaw(then form.Want) tea.Cmd {
	dataset, id := l.form.RawOf()
	l.m.rawFor = func(f async.RawLoaded) tea.Cmd {
		text, err := rawText(f)
		if err != nil {
			return l.m.say(toast.Error, err.Error())
		}
		l.form.SetRaw(f.Raw.ID, text)
		if then == form.WantText {
			return l.want(then)
		}
		return l.editor()
	}
	return l.m.env.Async.Raw(async.Slot{View: jobView, Name: "raw"}, dataset, id, 0, async.Refresh)
}

// review shows what would be sent, or what keeps it from being sent.
func (l *formLayer) review() tea.Cmd {
	if l.form.Check() > 0 {
		return nil
	}
	c, ok := l.form.Change()
	if !ok {
		l.m.overlay.Close()
		return l.m.say(toast.Info, "nothing was changed")
	}
	r := &reviewLayer{form: l, change: c}
	r.body = text.New(l.m.env.Styles)
	l.m.overlay.Open(r)
	return nil
}

const formWidth = 104

func (l *formLayer) size(w, h int) (int, int) {
	return min(w, formWidth), min(h, l.form.Height()+overlay.FrameH)
}

func (l *formLayer) box(w, h int) []string {
	w, h = l.size(w, h)
	title := "New event"
	if id := l.form.ID(); id != "" {
		title = "Edit event " + views.Shown(id[:min(len(id), 8)])
	}
	foot := l.m.hints(keymap.Form, keymap.FormSave, keymap.FormAccept, keymap.FormPick, keymap.FormEditor, keymap.FormRestore, keymap.FormClose)
	return overlay.Box(l.m.env.Styles, title, l.form.Lines(w-overlay.FrameW, h-overlay.FrameH), foot, w, h)
}

func (l *formLayer) at(w, h int) (x, y int) {
	w, h = l.size(w, h)
	x, y = l.form.Cursor(w-overlay.FrameW, h-overlay.FrameH)
	return x + 2, y + 1
}

func (l *formLayer) click(x, y, w, h int, double bool) tea.Cmd {
	w, h = l.size(w, h)
	return tea.Batch(l.want(l.form.Click(x-2, y-1, w-overlay.FrameW, h-overlay.FrameH, double)), l.kept())
}

func (l *formLayer) wheel(by int) {
	if by > 0 {
		l.form.Next()
		return
	}
	l.form.Prev()
}

// reviewLayer shows what a form comes to, before it is sent.
type reviewLayer struct {
	form   *formLayer
	change async.Change
	body   *text.Model
	w      int // that the body was made for
}

func (l *reviewLayer) scope() keymap.Scope { return keymap.Review }

func (l *reviewLayer) do(id keymap.ID) tea.Cmd {
	if scrolled(l.body, keymap.Review, id) {
		return nil
	}
	switch id {
	case keymap.ReviewBack:
		l.form.m.overlay.Close()
	case keymap.ReviewSend:
		return l.send()
	}
	return nil
}

// send begins the change; should it fail, the form comes back as it was.
func (l *reviewLayer) send() tea.Cmd {
	m := l.form.m
	if why := m.whyNoChange(); why != "" {
		return m.say(toast.Info, why)
	}
	m.overlay.Close()
	m.overlay.Close()
	m.sent = l.form
	return m.begin(l.change)
}

func (l *reviewLayer) size(w, h int) (int, int) {
	w = min(w, formWidth)
	if l.w != w {
		l.w = w
		l.body.SetLines(l.form.form.Review(w - overlay.FrameW))
	}
	return w, min(h, l.body.Len()+overlay.FrameH)
}

func (l *reviewLayer) box(w, h int) []string {
	w, h = l.size(w, h)
	m := l.form.m
	title := "Create this event?"
	if l.form.form.ID() != "" {
		title = "Save these changes?"
	}
	foot := m.hints(keymap.Review, keymap.ReviewSend, keymap.ReviewBack)
	if l.body.Len() > h-overlay.FrameH {
		foot = m.hints(keymap.Review, keymap.ReviewSend, keymap.ReviewBack, keymap.ReviewDown) + "  " + m.env.Styles.Faint.Paint(l.body.Position())
	}
	return overlay.Box(m.env.Styles, title, l.body.Lines(w-overlay.FrameW, h-overlay.FrameH), foot, w, h)
}

func (l *reviewLayer) wheel(by int) { l.body.Scroll(by) }

// formDone takes in what became of what a form sent. Refused or not sent, the
// form comes back with the reason; done, its draft is forgotten.
func (m *Model) formDone(r async.ChangeResult) tea.Cmd {
	l := m.sent
	if l == nil || r.Change.Way != async.Forward {
		return nil
	}
	m.sent = nil
	switch {
	case r.Moved != nil:
		l.form.Moved(*r.Moved)
		m.overlay.Open(l)
		return nil
	case len(r.Done) == 0 && len(r.Unknown) == 0 && len(r.Unchanged) == 0:
		if len(r.Failed) > 0 {
			l.form.Refused(r.Failed[0].Reason)
		} else if r.Err != nil {
			l.form.Refused("not sent: " + r.Err.Error())
		}
		m.overlay.Open(l)
		return nil
	case len(r.Failed)+len(r.Unknown)+len(r.NotBegun) > 0:
		return nil // the outcome is shown, and the draft stays
	}
	cmd := m.keepDraft(l.form.ID(), nil)
	if len(r.Made) == 1 {
		m.mark()
		cmd = tea.Batch(cmd, m.detail.Fetch(r.Made[0].Dataset, r.Made[0].ID), m.openDetail())
	}
	return cmd
}

// spots are the fields in sight and the values offered.
func (l *formLayer) spots(w, h int) []layout.Spot {
	w, h = l.size(w, h)
	return layout.Rect{X: 2, Y: 1}.In(l.form.Spots(w-overlay.FrameW, h-overlay.FrameH))
}
