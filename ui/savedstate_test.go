package ui_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// notes is a memory that outlives a program.
type notes struct {
	mu     sync.Mutex
	values map[string]json.RawMessage
}

func (n *notes) Get(name string) (json.RawMessage, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	v, ok := n.values[name]
	return v, ok
}

func (n *notes) Put(name string, v json.RawMessage) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.values[name] = v
}

func (n *notes) Flush() error { return nil }

// What a person arranged is there again in the next session: filter, marks,
// place, columns and their widths, order, panes, theme, time zone.
func TestASessionIsTakenUp(t *testing.T) {
	t.Parallel()
	n := &notes{values: map[string]json.RawMessage{}}
	f := newFake(400)
	o := ui.Options{API: f, Memory: n}
	var before string
	workbenchWith(t, o, usual(), func(p *uitest.Program) {
		enter(p, "/-tlp:red")
		press(p, "enter", "space", "j", "space", "}", "}", "f", "s", "S", "T", "Z", "j", "j")
		p.Advance(10 * time.Second) // the toasts are gone
		p.Settle()
		before = p.View().Content
		ui.SaveState(p.Model().(*ui.Model))
	})
	workbenchWith(t, o, usual(), func(p *uitest.Program) {
		p.Settle()
		p.Want("-tlp:red", "2 marked")
		if after := p.View().Content; body(after) != body(before) {
			t.Errorf("taken up as\n%s\nwant\n%s", after, before)
		}
	})
	o.Query = "tlp:red"
	workbenchWith(t, o, usual(), func(p *uitest.Program) {
		p.Settle()
		p.Want("/ tlp:red")
		p.WantNot("-tlp:red")
		press(p, "X", "5")
		ui.SaveState(p.Model().(*ui.Model))
	})
	o.Query = "" // what was asked for once hasn't replaced what was saved
	workbenchWith(t, o, usual(), func(p *uitest.Program) {
		p.Settle()
		p.Want("/ -tlp:red", "2 marked")
		if after := p.View().Content; body(after) != body(before) {
			t.Errorf("taken up as\n%s\nwant\n%s", after, before)
		}
	})
}

// A query asked for in the very first session leaves no filter behind.
func TestAFirstQueryIsNotSaved(t *testing.T) {
	t.Parallel()
	o := ui.Options{API: newFake(400), Memory: &notes{values: map[string]json.RawMessage{}}, Query: "tlp:red"}
	workbenchWith(t, o, usual(), func(p *uitest.Program) {
		p.Want("/ tlp:red")
		ui.SaveState(p.Model().(*ui.Model))
	})
	o.Query = ""
	workbenchWith(t, o, usual(), func(p *uitest.Program) {
		p.Want("1 of 400", "DATE ▾")
		p.WantNot("tlp:red")
	})
}

// body is a screen without its top and bottom lines, which tell of requests
// and of the last key.
func body(content string) string {
	lines := strings.Split(content, "\n")
	return strings.Join(lines[1:len(lines)-1], "\n")
}
