package ui

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// editInsight opens the event's insight in the editor.
func (m *Model) editInsight(t views.Targets) tea.Cmd {
	e, ok := single(t)
	if !ok {
		return m.say(toast.Info, "the event isn't loaded: move the cursor to it")
	}
	return m.editInsightText(e, e.Insight)
}

// editInsightText opens a text that is to become an event's insight.
func (m *Model) editInsightText(e api.Event, text string) tea.Cmd {
	return m.edit("insight.md", text, func(text string) tea.Cmd {
		text = strings.TrimRight(text, "\n")
		if text == e.Insight {
			return m.say(toast.Info, "nothing was changed")
		}
		return m.changeText(async.EditShown(e, api.EventPatch{Insight: &text}), []api.Event{e}, func(r async.ChangeResult) tea.Cmd {
			if r.Moved != nil {
				return m.editInsightText(*r.Moved, text)
			}
			return m.editInsightText(e, text)
		})
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
	m.rawFor = nil
	return m.env.Async.Raw(async.Slot{View: jobView, Name: "raw"}, e.DatasetID, e.UUID, 0, async.Refresh)
}

// onRaw gives a record to the form that asked for it, or to the editor.
func (m *Model) onRaw(f async.RawLoaded) tea.Cmd {
	if then := m.rawFor; then != nil {
		m.rawFor = nil
		return then(f)
	}
	text, err := rawText(f)
	if err != nil {
		return m.say(toast.Error, err.Error())
	}
	return m.editRawText(async.Target{Dataset: f.Dataset, ID: f.ID}, f.Raw.ID, text, text)
}

// rawText is a record as a person edits it.
func rawText(f async.RawLoaded) (string, error) {
	if f.Err != nil {
		return "", f.Err
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(f.Raw.Data); err != nil {
		return "", fmt.Errorf("the raw record is no JSON: %w", err)
	}
	return strings.TrimRight(b.String(), "\n"), nil
}

// editRawText lets a person edit JSON until it is some, or until they give up.
func (m *Model) editRawText(on async.Target, rawID, before, text string) tea.Cmd {
	return m.edit("raw.json", text, func(text string) tea.Cmd {
		text = strings.TrimRight(text, "\n")
		if text == before {
			return m.say(toast.Info, "nothing was changed")
		}
		if err := checkJSON(text, new(json.RawMessage)); err != nil {
			return m.again("The raw data is no JSON", err.Error(), func() tea.Cmd { return m.editRawText(on, rawID, before, text) })
		}
		c := async.EditRaw(on, rawID, api.RawPatch{Data: json.RawMessage(text)}, json.RawMessage(before))
		return m.changeText(c, nil, func(r async.ChangeResult) tea.Cmd {
			if len(r.Conflicts) > 0 {
				return m.editRawText(on, rawID, r.Conflicts[0].Fields[0].Now, text)
			}
			return m.editRawText(on, rawID, before, text)
		})
	})
}

// again asks whether to go back into the editor.
func (m *Model) again(title, why string, edit func() tea.Cmd) tea.Cmd {
	m.overlay.Open(newMenu(m, views.Pick{
		Title: title + ": " + clip(views.OneLine(why), 120, "..."),
		Items: []views.PickItem{{Title: "Keep editing"}, {Title: "Drop it"}},
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
			return m.again("The event can't be created", err.Error(), func() tea.Cmd { return m.editNew(text) })
		}
		return m.changeText(async.CreateEvents(in), nil, func(async.ChangeResult) tea.Cmd { return m.editNew(text) })
	})
}
