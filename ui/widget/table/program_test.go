package table

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"threatbench/ui/widget/uitest"
)

// screen is a program that shows a table and nothing else.
type screen struct{ m *Model }

// do is a message that does something to the table.
type do func(m *Model)

func (s *screen) Init() tea.Cmd { return nil }

func (s *screen) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case do:
		msg(s.m)
	case tea.WindowSizeMsg:
		s.m.SetSize(msg.Width, msg.Height)
	}
	return s, nil
}

func (s *screen) View() tea.View {
	v := tea.NewView(strings.Join(s.m.Lines(), "\n"))
	v.AltScreen = true
	if x, y := s.m.CursorXY(); x >= 0 {
		v.Cursor = tea.NewCursor(x, y)
	}
	return v
}

// inProgram runs a real program around m.
func inProgram(t *testing.T, m *Model, script func(p *uitest.Program)) {
	t.Helper()
	o := uitest.Options{Width: m.w, Height: m.h}
	uitest.Run(t, o, func() tea.Model { return &screen{m} }, func(p *uitest.Program) {
		p.Settle()
		script(p)
	})
}

func TestBytesPerKey(t *testing.T) {
	for _, n := range []int{100, 1_000, 100_000, 1_000_000} {
		m, _ := eventTable(t, n, 120, 40)
		inProgram(t, m, func(p *uitest.Program) {
			sent(p, func(m *Model) { m.MoveTo(5) })
			worst(t, p, n, "cursor down in view", 140, 20, func(m *Model) { m.MoveBy(1) })
			sent(p, func(m *Model) { m.MoveTo(38) })
			worst(t, p, n, "one line", 240, 30, func(m *Model) { m.MoveBy(1) })
			worst(t, p, n, "wheel", 240, 10, func(m *Model) { m.ScrollBy(1) })
			sent(p, func(m *Model) { m.Home() })
			worst(t, p, n, "page", 4600, 4, func(m *Model) { m.Page(1) })
			worst(t, p, n, "nothing", 0, 1, func(m *Model) { m.Invalidate() })
			worst(t, p, n, "next column", 140, 3, func(m *Model) { m.Right() })
		})
	}
}

// sent is what doing f sends to the terminal.
func sent(p *uitest.Program, f do) string {
	p.Output()
	p.Send(f)
	p.Settle()
	return string(p.Output())
}

// worst does a thing some times and holds its dearest time against a budget in
// bytes.
func worst(t *testing.T, p *uitest.Program, n int, name string, budget, times int, f do) {
	t.Helper()
	most := ""
	for range times {
		if got := sent(p, f); len(got) > len(most) {
			most = got
		}
	}
	t.Logf("%d rows, %s: %d bytes", n, name, len(most))
	if len(most) > budget {
		t.Errorf("%d rows, %s: %d bytes, budget %d:\n%.1000q", n, name, len(most), budget, most)
	}
}

// What a terminal shows is what was drawn, also where rows hold wide runes.
func TestTerminalShowsTheDrawing(t *testing.T) {
	for name, source := range map[string]func(e *events) Source{
		"plain": func(e *events) Source { return e },
		"wide":  func(e *events) Source { return wide{e} },
	} {
		t.Run(name, func(t *testing.T) {
			m, src := eventTable(t, 1000, 100, 24)
			m.SetSource(source(src))
			inProgram(t, m, func(p *uitest.Program) {
				for _, f := range []do{
					func(m *Model) { m.MoveBy(1) }, func(m *Model) { m.Page(1) }, func(m *Model) { m.MoveBy(30) },
					func(m *Model) { m.ScrollBy(-3) }, func(m *Model) { m.Right() }, func(*Model) { src.marks[40] = true },
					func(m *Model) { m.End() }, func(m *Model) { m.ResizeColumn(2, 5) }, func(m *Model) { m.Focus(false) },
				} {
					sent(p, f)
					p.Check()
				}
			})
		})
	}
}

func TestGolden(t *testing.T) {
	for _, c := range []struct {
		name, theme string
		ascii       bool
		w, h        int
	}{
		{"80x12", "dark", false, 80, 12},
		{"120x12", "dark", false, 120, 12},
		{"80x12-ascii", "mono", true, 80, 12},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, src := eventTable(t, 500, c.w, c.h)
			src.marks[2], src.marks[4] = true, true
			src.absent = func(i int) bool { return i == 7 }
			m.SetStyles(styles(t, c.theme, c.ascii))
			m.MoveTo(4)
			m.Right()
			m.Right()
			uitest.Golden(t, c.name, strings.Join(m.Lines(), "\n"))
		})
	}
}
