package ui_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

func programWith(o ui.Options) func() tea.Model { return func() tea.Model { return model(o) } }

// longFake is n events, one a minute, newest first, made when asked for.
func longFake(n int) *lazy { return &lazy{fake: &fake{}, n: n} }

type lazy struct {
	*fake
	n int
}

func at(i int) time.Time { return noon.Add(-time.Duration(i) * time.Minute) }

func dayOfRow(i int) string { return at(i).Format(time.DateOnly) }

func (l *lazy) event(i int) api.Event {
	return api.Event{UUID: fmt.Sprintf("%08d", l.n-i), Date: api.TimeOf(at(i)), Event: fmt.Sprintf("event %d", i), Category: fmt.Sprintf("event %d", i), TLP: "green"}
}

// rowsOf is the rows [from, to) that a query's dates leave.
func (l *lazy) rowsOf(q api.ListQuery) (from, to int) {
	from, to = 0, l.n
	for _, c := range q.Search {
		t, _ := api.ParseTime(c.Value())
		first := int(noon.Sub(t.Time) / time.Minute) // the newest row not after t
		if noon.Sub(t.Time)%time.Minute > 0 {
			first++
		}
		switch c.Op {
		case api.OpLte:
			from = max(from, first)
		case api.OpGt:
			to = min(to, first)
		}
	}
	return from, to
}

func (l *lazy) List(ctx context.Context, q api.ListQuery) (api.Page, error) {
	if err := l.openVisit(ctx); err != nil {
		return api.Page{}, err
	}
	l.mu.Lock()
	l.lists = append(l.lists, q)
	l.mu.Unlock()
	from, to := l.rowsOf(q)
	total, start := to-from, 0
	if q.Cursor != "" {
		fmt.Sscan(q.Cursor, &start) // made below
	} else {
		start = from + (max(q.Page, 1)-1)*q.PageSize
	}
	p := api.Page{Info: api.ResultInfo{TotalCount: total}}
	for i := start; i < min(start+q.PageSize, to); i++ {
		k := i
		if q.Order == "asc" {
			k = to - 1 - (i - from)
		}
		p.Events = append(p.Events, l.event(k))
	}
	if end := start + q.PageSize; end < to {
		p.Info.Cursor = fmt.Sprint(end)
	}
	return p, nil
}

func (l *lazy) Summary(ctx context.Context, _ api.SummaryQuery) (api.Summary, error) {
	return api.Summary{Total: l.n}, l.openVisit(ctx)
}

// Bytes that a key costs over a slow link, at 120x40 in true colour.
func TestByteBudgets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, key string
		before    []string
		most      int
	}{
		{"cursor down, list alone", "j", []string{"v", "f", "H"}, 140},
		{"one-line scroll, list alone", "j", []string{"v", "f", "H", "pgdown"}, 240},
		{"page, list alone", "pgdown", []string{"v", "f", "H"}, 5000}, // nine tenths of it is text
		{"column to the right", "l", nil, 140},
		{"mark", "space", []string{"v"}, 260},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := usual()
			o.FPS = 120
			workbench(t, newFake(3000), o, func(p *uitest.Program) {
				press(p, c.before...)
				for i := range 12 {
					p.Bytes()
					p.Press(c.key)
					p.Settle()
					if n := p.Bytes(); n > c.most {
						t.Fatalf("press %d costs %d bytes, the budget is %d", i+1, n, c.most)
					}
				}
			})
		})
	}
}

func TestNothingIsSentWhereNothingChanges(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(300), usual(), func(p *uitest.Program) {
		p.Bytes()
		p.Send(struct{}{})
		p.Settle()
		if n := p.Bytes(); n != 0 {
			t.Errorf("a message that changes nothing costs %d bytes", n)
		}
		p.Advance(10 * time.Minute)
		if n := p.Bytes(); n != 0 {
			t.Errorf("ten idle minutes cost %d bytes", n)
		}
	})
}

// Update and View never call the API: calls happen in commands alone.
func TestNoCallsOnTheEventLoop(t *testing.T) {
	f := newFake(300)
	m := model(ui.Options{API: f})
	m.Update(tea.WindowSizeMsg{Width: 120, Height: 40})
	pump(m, m.Init(), 0)
	keys := []string{"j", "G", "g", "s", "S", "l", "+", "-", "r", "enter", "R", "i", "e", "esc", "p", "enter", "c", "enter", "/", "a", "tab", "enter", "2", "1", "d", "ctrl+a"}
	for _, k := range keys {
		before := f.calls.Load()
		_, cmd := m.Update(keyPress(k))
		m.View()
		if n := f.calls.Load() - before; n != 0 {
			t.Fatalf("%s: %d calls within Update or View", k, n)
		}
		pump(m, cmd, 0)
	}
	if f.calls.Load() < 10 {
		t.Fatalf("only %d calls were made at all", f.calls.Load())
	}
}

func keyPress(name string) tea.KeyPressMsg {
	special := map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab}
	if c, ok := special[name]; ok {
		return tea.KeyPressMsg{Code: c}
	}
	if rest, ok := strings.CutPrefix(name, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: []rune(rest)[0], Mod: tea.ModCtrl}
	}
	return tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
}

// pump runs commands and hands their messages to the model, as Bubble Tea
// does, depth first; what takes longer than a moment is left alone.
func pump(m tea.Model, cmd tea.Cmd, depth int) {
	if cmd == nil || depth > 20 {
		return
	}
	got := make(chan tea.Msg, 1)
	go func() { got <- cmd() }()
	select {
	case msg := <-got:
		if list, ok := msg.(tea.BatchMsg); ok {
			for _, c := range list {
				pump(m, c, depth+1)
			}
			return
		}
		if msg != nil {
			_, next := m.Update(msg)
			pump(m, next, depth+1)
		}
	case <-time.After(200 * time.Millisecond):
	}
}

func TestResizeStorm(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(300), usual(), func(p *uitest.Program) {
		for i := range 200 {
			p.Send(tea.WindowSizeMsg{Width: 1 + i*7%320, Height: 1 + i*3%110})
		}
		p.Resize(120, 40)
		p.Settle()
		p.Check()
		p.Want("1 of 300")
	})
}

func TestCrashRestoresAndTellsNoSecret(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var out strings.Builder
	calls := 0
	o := ui.Options{
		API: newFake(10), Version: "test", StateDir: dir, In: strings.NewReader(""), Out: &out, Width: 80, Height: 24, Env: []string{"TERM=xterm-256color"},
		Now: func() time.Time {
			if calls++; calls > 5 {
				panic("the secret is 12345")
			}
			return noon
		},
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	err := ui.Run(ctx, o)
	if err == nil || !strings.Contains(err.Error(), dir) || strings.Contains(err.Error(), "12345") {
		t.Fatalf("the error is %v", err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(files) != 1 {
		t.Fatalf("%d crash files", len(files))
	}
	b, _ := os.ReadFile(files[0])
	if info, _ := os.Stat(files[0]); info.Mode().Perm() != 0o600 {
		t.Errorf("the crash file may be read by others: %v", info.Mode())
	}
	if strings.Contains(string(b), "12345") || !strings.Contains(string(b), "goroutine") {
		t.Errorf("the crash file is\n%s", b)
	}
	if on, off := strings.LastIndex(out.String(), "\x1b[?1049h"), strings.LastIndex(out.String(), "\x1b[?1049l"); off < on {
		t.Error("the terminal is not restored")
	}
}

func TestViewAllocates(t *testing.T) {
	for _, columns := range [][]string{nil, {"date", "attacker-activity", "category", "category-activity", "target-activity"}} {
		m := model(ui.Options{API: longFake(100_000), Columns: columns})
		m.Update(tea.WindowSizeMsg{Width: 120, Height: 40})
		pump(m, m.Init(), 0)
		down := keyPress("j")
		n := testing.AllocsPerRun(50, func() {
			m.Update(down)
			m.View()
		})
		if n > 1000 {
			t.Errorf("with the columns %v a key and its View make %.0f allocations", columns, n)
		}
	}
}

func BenchmarkViewAfterAKey(b *testing.B) {
	m := model(ui.Options{API: longFake(100_000)})
	m.Update(tea.WindowSizeMsg{Width: 120, Height: 40})
	pump(m, m.Init(), 0)
	keys := []tea.KeyPressMsg{keyPress("j"), keyPress("k")}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m.Update(keys[i%2])
		m.View()
	}
}
