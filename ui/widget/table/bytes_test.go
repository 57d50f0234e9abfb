package table

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
)

// screen is a program that shows a table and nothing else.
type screen struct{ m *Model }

type do func(m *Model)

func (s *screen) Init() tea.Cmd { return nil }

func (s *screen) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if f, ok := msg.(do); ok {
		f(s.m)
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

// wire counts what is sent to the terminal.
type wire struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.Write(p)
}

func (w *wire) take() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.buf.Reset()
	return w.buf.String()
}

// running is a program under way in virtual time.
type running struct {
	p   *tea.Program
	out *wire
}

// bytes is what doing f sends to the terminal.
func (r running) bytes(f do) string {
	r.p.Send(f)
	<-time.After(time.Second) // virtual: lets the renderer's tick pass
	synctest.Wait()
	return r.out.take()
}

// inProgram runs a real program around m and hands it to test.
func inProgram(t *testing.T, m *Model, test func(r running)) {
	synctest.Test(t, func(t *testing.T) {
		in, feed := io.Pipe()
		out := &wire{}
		p := tea.NewProgram(&screen{m},
			tea.WithInput(in), tea.WithOutput(out), tea.WithoutSignalHandler(),
			tea.WithEnvironment([]string{"TERM=xterm-256color"}),
			tea.WithColorProfile(colorprofile.TrueColor),
			tea.WithWindowSize(m.w, m.h))
		done := make(chan error, 1)
		go func() {
			_, err := p.Run()
			done <- err
		}()
		r := running{p, out}
		r.bytes(func(*Model) {})
		test(r)
		p.Quit()
		if err := <-done; err != nil {
			t.Errorf("running the program: %v", err)
		}
		if err := feed.Close(); err != nil {
			t.Errorf("closing the input: %v", err)
		}
	})
}

func TestBytesPerKey(t *testing.T) {
	for _, n := range []int{100, 1_000, 100_000, 1_000_000} {
		m, _ := eventTable(t, n, 120, 40)
		inProgram(t, m, func(r running) {
			r.bytes(func(m *Model) { m.MoveTo(5) })
			worst(t, r, n, "cursor down in view", 140, 20, func(m *Model) { m.MoveBy(1) })
			r.bytes(func(m *Model) { m.MoveTo(38) })
			worst(t, r, n, "one line", 240, 30, func(m *Model) { m.MoveBy(1) })
			worst(t, r, n, "wheel", 240, 10, func(m *Model) { m.ScrollBy(1) })
			r.bytes(func(m *Model) { m.Home() })
			worst(t, r, n, "page", 4600, 4, func(m *Model) { m.Page(1) })
			worst(t, r, n, "nothing", 0, 1, func(m *Model) { m.Invalidate() })
			worst(t, r, n, "next column", 240, 3, func(m *Model) { m.Right() })
		})
	}
}

// worst does a thing some times and holds its dearest time against a budget.
func worst(t *testing.T, r running, n int, name string, budget, times int, f do) {
	t.Helper()
	most := ""
	for range times {
		if got := r.bytes(f); len(got) > len(most) {
			most = got
		}
	}
	t.Logf("%d rows, %s: %d bytes", n, name, len(most))
	if len(most) > budget {
		t.Errorf("%d rows, %s: %d bytes, budget %d:\n%.1000q", n, name, len(most), budget, most)
	}
}
