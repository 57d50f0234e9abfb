// Package form is the form an event is written in, a new one or one that is
// there: a line for each field of the contract, with completion, what is known
// of a value, and what is wrong with it. It is drawn into a box and sends
// nothing; what it comes to is an async.Change.
package form

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/indicator"
	"threatbench/ui/widget/prompt"
	"threatbench/views"
)

// Model is the form. It isn't safe for use by several goroutines.
type Model struct {
	env      *views.Env
	event    *api.Event // nil: a new one
	catalogs *async.Catalogs
	fields   []*field
	cur, top int
	picking  bool // the arrows go through the completions
	said     string
	rows     int // of fields, as drawn last
	raw      raw
	named    []choice // the techniques
	guessed  string   // the type of the indicator, as far as it was guessed
}

// raw is what is known of the record of an event that is edited.
type raw struct {
	id   string
	read bool
}

// Want is what a key asks for that the form can't do by itself.
type Want int

// What is wanted: nothing, room to write the field's text in, the record of the
// event, or a look at what would be sent.
const (
	Nothing Want = iota
	WantText
	WantRaw
	WantReview
)

// New makes the form of an event, of a new one where e is nil. What it
// completes from is read from c whenever it is needed.
func New(env *views.Env, e *api.Event, c *async.Catalogs) *Model {
	m := &Model{env: env, event: e, catalogs: c}
	m.fields = m.newFields()
	m.enter(0)
	if e == nil {
		m.enter(m.index("category")) // the date is now already
	}
	return m
}

// ID is the event's, "" for a new one.
func (m *Model) ID() string {
	if m.event == nil {
		return ""
	}
	return m.event.UUID
}

// RawOf is where the record of the event lies.
func (m *Model) RawOf() (dataset, id string) { return m.event.DatasetID, m.event.UUID }

// SetRaw takes in the record, which may be edited from now on.
func (m *Model) SetRaw(id, text string) {
	f := m.field("raw.data")
	if f == nil || m.raw.read {
		return
	}
	m.raw = raw{id: id, read: true}
	f.was = text
	f.set(text)
}

// Title is the name of the field with the cursor, Key its key in the contract,
// Text its present text.
func (m *Model) Title() string { return m.fields[m.cur].title }

// Key is the contract's name of the field with the cursor.
func (m *Model) Key() string { return m.fields[m.cur].key }

// Text is what the field with the cursor holds.
func (m *Model) Text() string { return m.fields[m.cur].value() }

// Fixed tells why the field with the cursor can't be changed, "" where it can.
func (m *Model) Fixed() string { return m.fields[m.cur].fixed }

// Said is a word on what was done with what was put in, "" for none.
func (m *Model) Said() string { return m.said }

// Set gives a field a text.
func (m *Model) Set(key, text string) {
	if f := m.field(key); f != nil {
		f.set(text)
		m.follow(f)
		m.judge(f)
	}
}

// Learned says that the catalogues have changed.
func (m *Model) Learned() { m.suggest() }

// Next goes to the field below, Prev to the one above.
func (m *Model) Next() { m.enter(m.cur + 1) }

// Prev goes to the field above.
func (m *Model) Prev() { m.enter(m.cur - 1) }

// Page goes n windows on.
func (m *Model) Page(n int) { m.enter(m.cur + n*max(m.rows-1, 1)) }

// Down goes to the next completion after something was typed, else to the next
// field.
func (m *Model) Down() {
	if m.picking && m.input().Open() {
		m.Pick(1)
		return
	}
	m.Next()
}

// Up goes to the completion before, else to the field above.
func (m *Model) Up() {
	if m.picking && m.input().Chosen() > 0 {
		m.Pick(-1)
		return
	}
	m.Prev()
}

// Pick goes to the next completion, or to the one before.
func (m *Model) Pick(by int) {
	key := tea.KeyPressMsg{Code: tea.KeyDown}
	if by < 0 {
		key.Code = tea.KeyUp
	}
	if m.input().Open() {
		m.picking = true
		m.input().Key(key)
	}
}

// Enter takes the chosen completion, opens a text of several lines, or goes
// on; from the last field to the review.
func (m *Model) Enter() Want {
	f := m.fields[m.cur]
	switch {
	case m.picking && m.input().Chosen() >= 0:
		m.take(m.input().Chosen())
		return Nothing
	case f.fixed == "" && f.several():
		return m.Open()
	case m.cur == len(m.fields)-1:
		m.leave()
		return WantReview
	}
	m.Next()
	return Nothing
}

// Open asks for room to write the field's text in.
func (m *Model) Open() Want {
	f := m.fields[m.cur]
	switch {
	case f.fixed != "":
		return Nothing
	case f.key == "raw.data" && m.event != nil && !m.raw.read:
		return WantRaw
	}
	return WantText
}

// take puts a completion into the field, and goes on where that makes it whole.
func (m *Model) take(i int) {
	f := m.fields[m.cur]
	f.input.Accept(i)
	m.edited()
	if !f.list {
		m.Next()
	}
}

// Back closes the list of completions; false where it wasn't gone through.
func (m *Model) Back() bool {
	was := m.picking
	m.picking = false
	if was {
		m.suggest()
	}
	return was
}

// Restore gives the field the value it had in the beginning.
func (m *Model) Restore() {
	f := m.fields[m.cur]
	f.set(f.was)
	m.picking = false
	m.follow(f)
	m.judge(f)
	m.suggest()
}

// Type edits the field with the cursor.
func (m *Model) Type(k tea.KeyPressMsg) {
	f := m.fields[m.cur]
	if f.fixed != "" || f.several() {
		return
	}
	if changed, _ := f.input.Key(k); changed {
		m.picking = true
		m.edited()
	}
}

// edited takes in that the field with the cursor has another text.
func (m *Model) edited() {
	f := m.fields[m.cur]
	m.said, f.err = "", ""
	m.follow(f)
	m.suggest()
}

// Paste puts a text into the field. Of several indicators the first is the
// event's, the others go where a new event has room for them.
func (m *Model) Paste(text string) {
	f := m.fields[m.cur]
	switch {
	case f.fixed != "":
		return
	case m.unread(f):
		m.said = "the record isn't read yet: enter does that"
		return
	case f.key == "indicator" || f.key == "indicators":
		if m.pasteIndicators(f, text) {
			return
		}
	}
	if f.several() {
		f.set(join(f.value(), text))
		m.judge(f)
		return
	}
	f.input.Paste(text)
	m.edited()
}

func join(a, b string) string {
	if a = strings.TrimRight(a, "\n"); a == "" {
		return strings.Trim(b, "\r\n")
	}
	return a + "\n" + strings.Trim(b, "\r\n")
}

// pasteIndicators takes the indicators of a text; false where there is none.
func (m *Model) pasteIndicators(f *field, text string) bool {
	found := indicator.Find(text)
	if len(found) == 0 {
		return false
	}
	first, more := m.field("indicator"), m.field("indicators")
	if len(found) == 1 && f == first {
		f.set(found[0].Value)
		m.edited()
		return true
	}
	rest := found
	if f == first || first.value() == "" {
		first.set(found[0].Value)
		m.follow(first)
		rest = found[1:]
	}
	if more == nil {
		m.said = "an event has one indicator: the first of " + views.Count(len(found)) + " was taken"
		m.suggest()
		return true
	}
	lines := []string{more.value()}
	for _, x := range rest {
		lines = append(lines, x.Value+"  "+m.typeNamed(string(x.Type)))
	}
	more.set(strings.Trim(strings.Join(lines, "\n"), "\n"))
	m.judge(more)
	m.said = views.Count(len(found)) + " indicators were taken; more indicators holds all but the first"
	m.suggest()
	return true
}

// follow guesses what follows from a field: the type of an indicator.
func (m *Model) follow(f *field) {
	kind := m.field("indicatorType")
	if f.key != "indicator" || kind == nil {
		return
	}
	if now := kind.value(); now == "" || api.Fold(now) == api.Fold(m.guessed) {
		m.guessed = m.guess(f.value())
		kind.set(m.guessed)
	}
}

// guess is the type of an indicator as the catalogue names it, "" where it is
// none.
func (m *Model) guess(value string) string {
	found, ok := indicator.TypeOf(value)
	if !ok {
		return ""
	}
	return m.typeNamed(string(found.Type))
}

// typeNamed is the catalogue's spelling of a type.
func (m *Model) typeNamed(name string) string {
	for _, n := range m.catalogs.IndicatorTypes {
		if api.Fold(n) == api.Fold(name) {
			return n
		}
	}
	return name
}

// enter puts the cursor into the i-th field.
func (m *Model) enter(i int) {
	i = min(max(i, 0), len(m.fields)-1)
	m.leave()
	if i != m.cur {
		m.said = ""
	}
	m.cur, m.picking = i, false
	f := m.fields[i]
	if f.fixed == "" && !f.several() {
		f.input.Focus()
		f.input.SetPos(len(f.input.Value()))
	}
	m.suggest()
}

// leave checks the field with the cursor and tidies it.
func (m *Model) leave() {
	f := m.fields[m.cur]
	if f.key == "indicator" {
		if found, ok := indicator.TypeOf(f.value()); ok && indicator.Refang(f.value()) != f.value() {
			f.set(found.Value)
			m.follow(f)
		}
	}
	f.input.Blur()
	f.input.SetPos(0)
	m.judge(f)
}

func (m *Model) input() *prompt.Model { return m.fields[m.cur].input }

func (m *Model) index(key string) int {
	for i, f := range m.fields {
		if f.key == key {
			return i
		}
	}
	return -1
}

func (m *Model) field(key string) *field {
	if i := m.index(key); i >= 0 {
		return m.fields[i]
	}
	return nil
}

// suggest offers what the text of the field may be meant to become.
func (m *Model) suggest() {
	f := m.fields[m.cur]
	if f.choices == nil || f.fixed != "" || f.several() {
		return
	}
	text := f.value()
	if !m.picking && text == f.was && !f.list {
		text = "" // nothing has been typed yet: every value may be meant
	}
	f.input.SetSuggestions(f.complete(text, f.choices(m.catalogs)))
}

// Check judges every field and tells how many are wrong; the cursor goes to the
// first of them.
func (m *Model) Check() (wrong int) {
	m.leave()
	for i := len(m.fields) - 1; i >= 0; i-- {
		if m.judge(m.fields[i]); m.fields[i].err != "" {
			wrong++
			m.enterWrong(i)
		}
	}
	return wrong
}

func (m *Model) enterWrong(i int) {
	why := m.fields[i].err
	m.enter(i)
	m.fields[i].err = why
}

// Refused shows what the server has against what was sent: at the field it
// names, where it begins with one's key.
func (m *Model) Refused(why string) {
	m.said = why
	for i, f := range m.fields {
		if strings.HasPrefix(why, f.key+":") || strings.Contains(why, " "+f.key+":") {
			m.enter(i)
			f.err = why
			m.said = ""
			return
		}
	}
}

// Moved takes in how the event is now that somebody changed it meanwhile. What
// was written here stays, beside what it would replace; where nothing was
// written the form follows. Lists stay as they are: of them what was added and
// taken out is sent, which takes nothing from others.
func (m *Model) Moved(now api.Event) {
	fresh := New(m.env, &now, m.catalogs)
	m.event = fresh.event
	var titles []string
	first := -1
	for i, f := range m.fields {
		g := fresh.field(f.key)
		if g == nil || f.key == "raw.data" || g.was == f.was || f.list && f.changed() {
			continue
		}
		if !f.changed() {
			f.set(g.was)
		} else if f.value() != g.was {
			f.moved = "changed meanwhile: it was " + orNone(f.was) + " when it was opened here"
			if titles = append(titles, f.title); first < 0 {
				first = i
			}
		}
		f.was = g.was
	}
	if first < 0 {
		m.said = "not sent: somebody changed the event meanwhile; the form shows it as it is now"
		return
	}
	m.enter(first)
	m.said = "not sent: somebody changed " + strings.Join(titles, ", ") + " meanwhile; saving shows both before it asks"
}

func (m *Model) judge(f *field) {
	if f.fixed == "" {
		f.err = m.wrong(f)
	}
}

// maxKept bounds a draft, in bytes.
const maxKept = 1 << 20

// Draft is what a person wrote, by the key of the field; nil where it is
// nothing or too much to keep.
func (m *Model) Draft() map[string]string {
	out, size := map[string]string{}, 0
	for _, f := range m.fields {
		if f.changed() {
			out[f.key] = f.value()
			size += len(f.value())
		}
	}
	if len(out) == 0 || size > maxKept {
		return nil
	}
	return out
}

// RestoreState puts a draft into the form. The record of an event that is edited is
// not part of it: it may have changed since.
func (m *Model) RestoreState(draft map[string]string) {
	for _, f := range m.fields {
		text, ok := draft[f.key]
		if !ok || f.fixed != "" || f.key == "raw.data" && m.event != nil {
			continue
		}
		f.set(text)
		m.judge(f)
	}
	m.guessed = m.guess(m.field("indicator").value())
	m.enter(m.cur)
}
