package ui

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/uuid"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/keymap"
	"threatbench/ui/widget/toast"
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

// whyNotAct tells why an action on events can't be done now; is is false for
// any other action.
func (m *Model) whyNotAct(id keymap.ID) (why string, is bool) {
	switch id {
	case keymap.ActUndo:
		return m.whyNoUndo(m.changes.undo, "there is nothing to take back"), true
	case keymap.ActRedo:
		return m.whyNoUndo(m.changes.redo, "nothing was taken back"), true
	case keymap.ActLastOutcome:
		if m.changes.last == nil {
			return "nothing has been changed in this session", true
		}
		return "", true
	case keymap.ActNew:
		return m.whyNoEditor(), true
	case keymap.ActInsight, keymap.ActRaw:
		if why := m.whyNoEditor(); why != "" {
			return why, true
		}
		if len(m.targets().On) > 1 {
			return "several events are marked: this takes one at a time", true
		}
	case keymap.ActTag, keymap.ActUntag, keymap.ActEdit, keymap.ActRelate, keymap.ActRefer, keymap.ActUnrefer,
		keymap.ActMove, keymap.ActCopy, keymap.ActDelete:
	default:
		return "", false
	}
	if why := m.whyNoChange(); why != "" {
		return why, true
	}
	if len(m.targets().On) == 0 {
		return "no event is selected", true
	}
	return "", true
}

func (m *Model) whyNoUndo(stack []taken, none string) string {
	if len(stack) == 0 {
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

// act carries out an action on the events in hand; is is false for any other
// action.
func (m *Model) act(id keymap.ID) (cmd tea.Cmd, is bool) {
	t := m.targets()
	switch id {
	case keymap.ActTag:
		return m.askTags(t, false), true
	case keymap.ActUntag:
		return m.askTags(t, true), true
	case keymap.ActEdit:
		return m.askField(t), true
	case keymap.ActInsight:
		return m.editInsight(t), true
	case keymap.ActRaw:
		return m.editRaw(t), true
	case keymap.ActRelate:
		m.askParent(t)
		return nil, true
	case keymap.ActRefer, keymap.ActUnrefer:
		m.askReference(t, id == keymap.ActUnrefer)
		return nil, true
	case keymap.ActMove, keymap.ActCopy:
		return m.askDataset(t, id == keymap.ActCopy), true
	case keymap.ActDelete:
		return m.change(async.DeleteEvents(t.On), t.Known), true
	case keymap.ActNew:
		return m.editNew(""), true
	case keymap.ActUndo:
		return m.undo(&m.changes.undo), true
	case keymap.ActRedo:
		return m.undo(&m.changes.redo), true
	case keymap.ActLastOutcome:
		m.openOutcome()
		return nil, true
	case keymap.ActLookup:
		m.askIndicators()
		return nil, true
	}
	return nil, false
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

func (m *Model) learnCatalogs(f async.CatalogsLoaded) tea.Cmd {
	m.changes.catalogs = f.Catalogs
	if top, ok := m.overlay.Top(); ok {
		if e, ok := top.(*entryLayer); ok {
			e.suggest()
		}
	}
	then := m.changes.waiting
	m.changes.waiting = nil
	if then == nil {
		return nil
	}
	return then()
}

// count words the events of an action.
func count(t views.Targets) string {
	if len(t.On) == 1 {
		return "the event"
	}
	return views.Count(len(t.On)) + " events"
}

// askTags asks for tags to put on events, or to take off.
func (m *Model) askTags(t views.Targets, off bool) tea.Cmd {
	title := "tag " + count(t) + " with  (several with commas)"
	if off {
		title = "take which tags off " + count(t) + "?  (several with commas)"
	}
	m.overlay.Open(newEntryOf(m, views.Entry{
		Title:    title,
		Complete: func(text string) []string { return completeList(text, m.tagsFor(t, off)) },
		Check: func(text string) error {
			if len(listed(text)) == 0 {
				return errors.New("name at least one tag")
			}
			return nil
		},
		Accept: func(text string) tea.Cmd {
			if off {
				return m.change(async.UntagEvents(t.On, listed(text)), t.Known)
			}
			return m.change(async.TagEvents(t.On, listed(text)), t.Known)
		},
	}))
	return m.needCatalogs(nil)
}

// tagsFor are the tags that may be meant: those of the events where some are
// to go, else all.
func (m *Model) tagsFor(t views.Targets, off bool) []string {
	var names []string
	if off && len(t.Known) == len(t.On) {
		for _, e := range t.Known {
			names = append(names, e.Tags...)
		}
		slices.Sort(names)
		return slices.Compact(names)
	}
	for _, tag := range m.changes.catalogs.Tags {
		names = append(names, tag.Value)
	}
	return names
}

// listed is a list written with commas.
func listed(text string) []string {
	var out []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// completeList completes the last item of a list written with commas.
func completeList(text string, names []string) []string {
	i := strings.LastIndexByte(text, ',') + 1
	head := text[:i]
	if head != "" {
		head += " "
	}
	out := complete(strings.TrimSpace(text[i:]), names)
	for k := range out {
		out[k] = head + out[k]
	}
	return out
}

// mostOffered is how many completions are worth listing.
const mostOffered = 50

// complete are the names that begin with a text, then those that hold it.
func complete(text string, names []string) []string {
	fold := api.Fold(text)
	var begin, hold []string
	for _, n := range names {
		switch f := api.Fold(n); {
		case f == fold:
		case strings.HasPrefix(f, fold):
			begin = append(begin, n)
		case strings.Contains(f, fold):
			hold = append(hold, n)
		}
	}
	out := append(begin, hold...)
	return out[:min(len(out), mostOffered)]
}

// editable is a field that can be changed.
type editable struct {
	title string
	now   func(e *api.Event) string
	set   func(p *api.EventPatch, value *string)
	names func(c *async.Catalogs) []string
	check func(text string) error
	one   bool // takes one event at a time
}

func editables() []editable {
	return []editable{
		{title: "TLP", now: func(e *api.Event) string { return e.TLP }, set: func(p *api.EventPatch, v *string) { p.TLP = v },
			names: func(*async.Catalogs) []string { return []string{"clear", "green", "amber", "amber+strict", "red"} }, check: checkTLP},
		{title: "category", now: func(e *api.Event) string { return e.Category }, set: func(p *api.EventPatch, v *string) { p.Category = v },
			names: func(c *async.Catalogs) []string { return categoryNames(c) }, check: notEmpty},
		{title: "attacker", now: func(e *api.Event) string { return e.Attacker }, set: func(p *api.EventPatch, v *string) { p.Attacker = v },
			names: func(c *async.Catalogs) []string { return c.Attackers }},
		{title: "attacker country", now: func(e *api.Event) string { return e.AttackerCountry }, set: func(p *api.EventPatch, v *string) { p.AttackerCountry = v },
			names: countryNames, check: checkCountry},
		{title: "target country", now: func(e *api.Event) string { return e.TargetCountry }, set: func(p *api.EventPatch, v *string) { p.TargetCountry = v },
			names: countryNames, check: checkCountry},
		{title: "target industry", now: func(e *api.Event) string { return e.TargetIndustry }, set: func(p *api.EventPatch, v *string) { p.TargetIndustry = v },
			names: func(c *async.Catalogs) []string { return c.TargetIndustries }},
		{title: "indicator", now: func(e *api.Event) string { return e.Indicator }, set: func(p *api.EventPatch, v *string) { p.Indicator = v }},
		{title: "indicator type", now: func(e *api.Event) string { return e.IndicatorType }, set: func(p *api.EventPatch, v *string) { p.IndicatorType = v },
			names: func(c *async.Catalogs) []string { return c.IndicatorTypes }},
		{title: "date", now: func(e *api.Event) string { return e.Date.String() }, set: func(p *api.EventPatch, v *string) { p.Date = v }, check: checkDate},
		{title: "description", now: func(e *api.Event) string { return e.Event }, set: func(p *api.EventPatch, v *string) { p.Event = v }, check: notEmpty, one: true},
	}
}

func categoryNames(c *async.Catalogs) []string {
	out := make([]string, len(c.Categories))
	for i, cat := range c.Categories {
		out[i] = cat.Name
	}
	return out
}

func countryNames(c *async.Catalogs) []string {
	out := make([]string, len(c.Countries))
	for i, country := range c.Countries {
		out[i] = country.Alpha2
	}
	return out
}

func notEmpty(text string) error {
	if strings.TrimSpace(text) == "" {
		return errors.New("it may not be empty")
	}
	return nil
}

func checkTLP(text string) error {
	if _, ok := api.ParseTLP(text); !ok || strings.TrimSpace(text) == "" {
		return errors.New("write red, amber+strict, amber, green or clear")
	}
	return nil
}

func checkDate(text string) error {
	if _, err := api.ParseTime(strings.TrimSpace(text)); err != nil {
		return errors.New("write it as 2024-03-01T14:03:00Z")
	}
	return nil
}

func checkCountry(text string) error {
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	if _, ok := api.CountryByCode(text); !ok {
		return errors.New("write two or three letters of ISO 3166, as US or USA")
	}
	return nil
}

// askField asks which field to change.
func (m *Model) askField(t views.Targets) tea.Cmd {
	p := views.Pick{Title: "Change which field of " + count(t) + "?"}
	var fields []editable
	for _, f := range editables() {
		if f.one && len(t.On) > 1 {
			continue
		}
		fields = append(fields, f)
		p.Items = append(p.Items, views.PickItem{Title: f.title, Detail: clip(present(t, f), 40, m.env.Styles.Glyphs.Ellipsis)})
	}
	p.Chosen = func(i int) tea.Cmd { return m.askValue(t, fields[i]) }
	m.overlay.Open(newMenu(m, p))
	return m.needCatalogs(nil)
}

// present is what the events have in a field now, as far as they are at hand.
func present(t views.Targets, f editable) string {
	seen := ""
	for i := range t.Known {
		now := f.now(&t.Known[i])
		if i > 0 && now != seen {
			return "several values"
		}
		seen = now
	}
	return views.OneLine(seen)
}

// askValue asks for the new value, and shows before and after.
func (m *Model) askValue(t views.Targets, f editable) tea.Cmd {
	value := present(t, f)
	if len(t.On) > 1 {
		value = ""
	}
	e := views.Entry{Title: f.title + " of " + count(t), Value: value, Check: f.check}
	if f.names != nil {
		e.Complete = func(text string) []string {
			if text == value {
				text = "" // nothing has been typed yet: every value may be meant
			}
			return complete(text, f.names(&m.changes.catalogs))
		}
	}
	e.Accept = func(text string) tea.Cmd {
		text = strings.TrimSpace(text)
		if len(t.On) == 1 && text == value {
			return m.say(toast.Info, "nothing was changed")
		}
		var p api.EventPatch
		f.set(&p, &text)
		c := async.EditEvents(t.On, p)
		if text == "" {
			c.Label = "empty the " + f.title + " of " + count(t)
		} else {
			c.Label = "set the " + f.title + " of " + count(t) + " to " + clip(views.OneLine(text), 40, m.env.Styles.Glyphs.Ellipsis)
		}
		return m.change(c, t.Known)
	}
	m.overlay.Open(newEntryOf(m, e))
	return nil
}

// askParent asks under which event to hang the events, and how they are
// related.
func (m *Model) askParent(t views.Targets) {
	m.overlay.Open(newEntryOf(m, views.Entry{
		Title: "hang " + count(t) + " under which event?  (its id)", Value: m.otherThan(t), Check: checkID,
		Accept: func(id string) tea.Cmd {
			kinds := api.RelationshipTypes()
			p := views.Pick{Title: "How are they related?", Chosen: func(i int) tea.Cmd {
				return m.change(async.RelateEvents(async.Target{ID: strings.TrimSpace(id)}, t.On, kinds[i]), t.Known)
			}}
			for _, k := range kinds {
				p.Items = append(p.Items, views.PickItem{Title: k})
			}
			m.overlay.Open(newMenu(m, p))
			return nil
		},
	}))
}

// otherThan is the id of the selected event where it isn't one of those to be
// related.
func (m *Model) otherThan(t views.Targets) string {
	e := m.events.Current()
	if e == nil || slices.ContainsFunc(t.On, func(x async.Target) bool { return x.ID == e.UUID }) {
		return ""
	}
	return e.UUID
}

func checkID(text string) error {
	if _, err := uuid.Parse(strings.TrimSpace(text)); err != nil {
		return errors.New("write the id of an event: Y copies it")
	}
	return nil
}

func (m *Model) askReference(t views.Targets, off bool) {
	title := "make " + count(t) + " refer to which event?  (its id)"
	if off {
		title = "end the reference of " + count(t) + " to which event?  (its id)"
	}
	e := views.Entry{Title: title, Value: m.otherThan(t), Check: checkID, Accept: func(id string) tea.Cmd {
		ids := []string{strings.TrimSpace(id)}
		if off {
			return m.change(async.UnreferTo(t.On, ids), t.Known)
		}
		return m.change(async.ReferTo(t.On, ids), t.Known)
	}}
	if off && len(t.Known) == 1 {
		refs := t.Known[0].References
		e.Value = ""
		e.Complete = func(text string) []string { return complete(text, refs) }
	}
	m.overlay.Open(newEntryOf(m, e))
}

// askDataset asks where to move or copy events, and whether their raw records
// come along.
func (m *Model) askDataset(t views.Targets, copying bool) tea.Cmd {
	return m.needCatalogs(func() tea.Cmd {
		verb := "Move "
		if copying {
			verb = "Copy "
		}
		p := views.Pick{Title: verb + count(t) + " to which dataset?"}
		var choices []api.Dataset
		for _, d := range m.changes.catalogs.Datasets {
			if d.DeletedAt == nil {
				choices = append(choices, d)
				p.Items = append(p.Items, views.PickItem{Title: d.Name})
			}
		}
		if len(choices) == 0 {
			return m.say(toast.Info, "the server names no datasets")
		}
		p.Chosen = func(i int) tea.Cmd { return m.askRaw(t, choices[i], copying) }
		m.overlay.Open(newMenu(m, p))
		return nil
	})
}

func (m *Model) askRaw(t views.Targets, to api.Dataset, copying bool) tea.Cmd {
	p := views.Pick{Title: "And their raw records?", Items: []views.PickItem{
		{Title: "Take them along"}, {Title: "Leave them out", Detail: "they are then no longer read with the events"},
	}}
	p.Chosen = func(i int) tea.Cmd {
		if copying {
			return m.change(async.CopyEvents(t.On, to, i == 0), t.Known)
		}
		return m.change(async.MoveEvents(t.On, to, i == 0), t.Known)
	}
	m.overlay.Open(newMenu(m, p))
	return nil
}

// editInsight opens the event's insight in the editor.
func (m *Model) editInsight(t views.Targets) tea.Cmd {
	e, ok := single(t)
	if !ok {
		return m.say(toast.Info, "the event isn't loaded: move the cursor to it")
	}
	return m.edit("insight.md", e.Insight, func(text string) tea.Cmd {
		text = strings.TrimRight(text, "\n")
		if text == e.Insight {
			return m.say(toast.Info, "nothing was changed")
		}
		return m.change(async.EditEvents(t.On, api.EventPatch{Insight: &text}), t.Known)
	})
}

func single(t views.Targets) (api.Event, bool) {
	if len(t.Known) != 1 || len(t.On) != 1 {
		return api.Event{}, false
	}
	return t.Known[0], true
}

// editRaw reads the event's raw record and opens it in the editor.
func (m *Model) editRaw(t views.Targets) tea.Cmd {
	e, ok := single(t)
	switch {
	case !ok:
		return m.say(toast.Info, "the event isn't loaded: move the cursor to it")
	case e.RawID == "":
		return m.say(toast.Info, "the event has no raw record")
	}
	return m.env.Async.Raw(async.Slot{View: jobView, Name: "raw"}, e.DatasetID, e.UUID, 0, async.Refresh)
}

func (m *Model) learnRaw(f async.RawLoaded) tea.Cmd {
	if f.Err != nil {
		return m.say(toast.Error, f.Err.Error())
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(f.Raw.Data); err != nil {
		return m.say(toast.Error, "the raw record is no JSON: "+err.Error())
	}
	return m.editRawText(async.Target{Dataset: f.Dataset, ID: f.ID}, f.Raw.ID, b.String(), b.String())
}

// editRawText lets a person edit JSON until it is some, or until they give up.
func (m *Model) editRawText(on async.Target, rawID, before, text string) tea.Cmd {
	return m.edit("raw.json", text, func(text string) tea.Cmd {
		if text == before {
			return m.say(toast.Info, "nothing was changed")
		}
		if err := checkJSON(text, new(json.RawMessage)); err != nil {
			return m.again("The raw data is no JSON", err, func() tea.Cmd { return m.editRawText(on, rawID, before, text) })
		}
		return m.change(async.EditRaw(on, rawID, api.RawPatch{Data: json.RawMessage(text)}), nil)
	})
}

// again asks whether to go back into the editor.
func (m *Model) again(title string, err error, edit func() tea.Cmd) tea.Cmd {
	m.overlay.Open(newMenu(m, views.Pick{
		Title: title + ": " + clip(err.Error(), 120, "..."),
		Items: []views.PickItem{{Title: "Go on editing"}, {Title: "Drop it"}},
		Chosen: func(i int) tea.Cmd {
			if i == 0 {
				return edit()
			}
			return nil
		},
	}))
	return nil
}

// checkJSON reads a text as JSON of v's shape and tells the line of a mistake.
func checkJSON(text string, v any) error {
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil && d.More() {
		err = errors.New("something follows the value")
	}
	if err == nil {
		return nil
	}
	at := d.InputOffset()
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		at = syntax.Offset
	}
	line := strings.Count(text[:min(int(at), len(text))], "\n") + 1
	return fmt.Errorf("line %d: %w", line, err)
}

// newEvent is what a new event begins as in the editor.
func (m *Model) newEvent() string {
	return fmt.Sprintf(`{
  "date": %q,
  "category": "",
  "event": "",
  "tlp": "amber",
  "attacker": "",
  "attackerCountry": "",
  "targetCountry": "",
  "targetIndustry": "",
  "indicator": "",
  "indicatorType": "",
  "tags": [],
  "insight": "",
  "raw": {"data": {}, "source": ""}
}
`, api.TimeOf(m.env.Now()).String())
}

// editNew lets a person write a new event and creates it.
func (m *Model) editNew(text string) tea.Cmd {
	blank := m.newEvent()
	if text == "" {
		text = blank
	}
	return m.edit("event.json", text, func(text string) tea.Cmd {
		var in api.CreateEvent
		err := checkJSON(text, &in)
		switch {
		case text == blank:
			return m.say(toast.Info, "nothing was written: no event is created")
		case err == nil && (strings.TrimSpace(in.Event) == "" || strings.TrimSpace(in.Category) == ""):
			err = errors.New("event and category may not be empty")
		}
		if err != nil {
			return m.again("The event can't be created", err, func() tea.Cmd { return m.editNew(text) })
		}
		return m.change(async.CreateEvents(in), nil)
	})
}

// clip cuts a text to w cells.
func clip(s string, w int, tail string) string { return ansi.Truncate(s, w, tail) }
