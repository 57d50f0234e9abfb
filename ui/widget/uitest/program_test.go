package uitest

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
)

// toy is a program small enough to know by heart: it lists the keys it got,
// has a cursor, a delayed answer and a styled bar.
type toy struct {
	w, h   int
	log    []string
	cursor int
	answer string
	ticks  int
	// ragged makes the view too wide, to see it caught.
	ragged bool
}

type answered string

type ticked struct{}

func (m *toy) Init() tea.Cmd { return nil }

func (m *toy) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = msg.Width, msg.Height
	case tea.KeyPressMsg:
		return m, m.key(msg.String())
	case tea.PasteMsg:
		m.log = append(m.log, "paste "+msg.Content)
	case tea.MouseClickMsg:
		m.log = append(m.log, fmt.Sprintf("click %d,%d %s", msg.X, msg.Y, msg.Button))
	case tea.MouseMotionMsg:
		m.log = append(m.log, fmt.Sprintf("move %d,%d %s", msg.X, msg.Y, msg.Button))
	case tea.MouseReleaseMsg:
		m.log = append(m.log, fmt.Sprintf("release %d,%d", msg.X, msg.Y))
	case tea.MouseWheelMsg:
		m.log = append(m.log, fmt.Sprintf("wheel %s", msg.Button))
	case answered:
		m.answer += string(msg)
	case ticked:
		m.ticks++
		return m, tick()
	}
	return m, nil
}

func tick() tea.Cmd {
	return tea.Tick(100*time.Millisecond, func(time.Time) tea.Msg { return ticked{} })
}

func say(s string) tea.Cmd { return func() tea.Msg { return answered(s) } }

func (m *toy) key(k string) tea.Cmd {
	m.log = append(m.log, k)
	switch k {
	case "j":
		m.cursor++
	case "a":
		return tea.Tick(300*time.Millisecond, func(time.Time) tea.Msg { return answered("after a while") })
	case "t":
		return tick()
	case "c":
		return tea.SetClipboard("192.0.2.1")
	case "q":
		return tea.Quit
	case "m":
		return tea.Batch(say("1"), tea.Batch(say("2"), say("3")), say("4"), say("5"), say("6"), say("7"), say("8"))
	case "!":
		panic("on purpose")
	}
	return nil
}

func (m *toy) View() tea.View {
	lines := make([]string, m.h)
	for y := range lines {
		text := ""
		switch y {
		case 0:
			text = strings.Join(m.log, " ")
		case 1:
			text = fmt.Sprintf("cursor %d %s", m.cursor, m.answer)
		case 2:
			text = "Ünïcode ▌ 日本"
		}
		lines[y] = fit(text, m.w)
		if y == 1 {
			lines[y] = "\x1b[1;38;2;98;181;245m" + lines[y] + "\x1b[m"
		}
		if y == 2 && m.ragged {
			lines[y] += "x"
		}
	}
	v := tea.NewView(strings.Join(lines, "\n"))
	v.AltScreen = true
	v.MouseMode = tea.MouseModeCellMotion
	v.Cursor = tea.NewCursor(min(m.cursor, max(m.w-1, 0)), min(1, max(m.h-1, 0)))
	return v
}

// fit cuts and pads text that may hold the wide characters of line 2.
func fit(text string, w int) string {
	cells := 0
	var b strings.Builder
	for _, r := range text {
		n := 1
		if r >= 0x3000 {
			n = 2
		}
		if cells+n > w {
			break
		}
		b.WriteRune(r)
		cells += n
	}
	return b.String() + strings.Repeat(" ", w-cells)
}

func newToy() tea.Model { return &toy{} }

func TestKeysArriveAsNamed(t *testing.T) {
	keys := []string{
		"j", "G", "?", "+", "-", "/", "\\", "{", "}", "[", "]", "=", "<", ">", "é", "日",
		"space", "enter", "tab", "shift+tab", "esc", "backspace", "delete", "insert",
		"up", "down", "left", "right", "home", "end", "pgup", "pgdown", "f1", "f4", "f5", "f12",
		"ctrl+a", "ctrl+b", "ctrl+d", "ctrl+f", "ctrl+g", "ctrl+j", "ctrl+k", "ctrl+n", "ctrl+o", "ctrl+p",
		"ctrl+u", "ctrl+z", "ctrl+space", "ctrl+left", "ctrl+right", "alt+left", "alt+right", "shift+left", "shift+up",
		"alt+x", "alt+enter", "ctrl+i", "ctrl+m", "shift+enter", "ctrl+enter", "ctrl+shift+x", "ctrl+alt+up",
	}
	Run(t, Options{}, newToy, func(p *Program) {
		for _, k := range keys {
			p.Press(k)
		}
		got := p.Model().(*toy).log
		if strings.Join(got, " ") != strings.Join(keys, " ") {
			t.Errorf("sent %q\narrived %q", keys, got)
		}
	})
}

func TestUnknownKey(t *testing.T) {
	for _, k := range []string{"", "nokey", "ctrl+nokey"} {
		if s, err := KeyBytes(k); err == nil {
			t.Errorf("KeyBytes(%q) = %q, want an error", k, s)
		}
	}
}

func TestTypeKeepsEveryKey(t *testing.T) {
	Run(t, Options{}, newToy, func(p *Program) {
		p.Type(strings.Repeat("j", 200))
		if got := p.Model().(*toy).cursor; got != 200 {
			t.Errorf("%d of 200 keys arrived", got)
		}
	})
}

func TestTerminalShowsView(t *testing.T) {
	for _, profile := range []colorprofile.Profile{
		colorprofile.TrueColor, colorprofile.ANSI256, colorprofile.ANSI, colorprofile.Ascii,
	} {
		t.Run(profile.String(), func(t *testing.T) {
			Run(t, Options{Width: 60, Height: 8, Profile: profile}, newToy, func(p *Program) {
				p.Settle()
				p.Check()
				p.Press("j", "j", "enter")
				p.Settle()
				p.Check()
				p.Want("cursor 2", "j j enter", "日本")
				p.WantNot("cursor 3")
				p.Resize(100, 12)
				p.Settle()
				p.Check()
				p.Resize(10, 3)
				p.Settle()
				p.Check()
				p.Golden("toy_small_" + strings.ToLower(profile.String()))
			})
		})
	}
}

func TestVirtualTime(t *testing.T) {
	Run(t, Options{}, newToy, func(p *Program) {
		p.Settle()
		start := time.Now()
		p.Press("a")
		p.Advance(299 * time.Millisecond)
		if p.Model().(*toy).answer != "" {
			t.Error("the answer came before its time")
		}
		p.Advance(time.Millisecond)
		if p.Model().(*toy).answer == "" {
			t.Error("the answer did not come in time")
		}
		if d := time.Since(start); d != 300*time.Millisecond {
			t.Errorf("%v passed, 300ms were let pass", d)
		}
		p.Press("a")
		p.Settle()
		p.Want("after a while")
	})
}

func TestBytesAndIdle(t *testing.T) {
	Run(t, Options{Width: 120, Height: 40}, newToy, func(p *Program) {
		p.Settle()
		if n := p.Bytes(); n < 50 {
			t.Errorf("the first frame took %d bytes", n)
		}
		p.Press("j")
		p.Settle()
		if n := p.Bytes(); n == 0 || n > 200 {
			t.Errorf("one key took %d bytes", n)
		}
		p.Advance(time.Minute)
		if out := p.Output(); len(out) != 0 {
			t.Errorf("an idle minute wrote %q", out)
		}
	})
}

func TestMouseAndPaste(t *testing.T) {
	Run(t, Options{}, newToy, func(p *Program) {
		p.Settle()
		p.Click(4, 1)
		p.ClickOn("日本")
		p.RightClick(0, 0)
		p.Drag(0, 5, 10, 5)
		p.Wheel(3, 3, 1)
		p.Wheel(3, 3, -2)
		p.Paste("a\tpaste j")
		want := "click 4,1 left release 4,1 click 10,2 left release 10,2 click 0,0 right release 0,0 " +
			"click 0,5 left move 5,5 left move 10,5 left release 10,5 wheel wheeldown wheel wheelup wheel wheelup paste a\tpaste j"
		if got := strings.Join(p.Model().(*toy).log, " "); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
}

func TestClipboard(t *testing.T) {
	Run(t, Options{}, newToy, func(p *Program) {
		p.Press("c")
		p.Settle()
		if got := p.Copied(); len(got) != 1 || got[0] != "192.0.2.1" {
			t.Errorf("copied %q", got)
		}
	})
}

func TestQuitLeavesTheTerminalAsItWas(t *testing.T) {
	Run(t, Options{}, newToy, func(p *Program) {
		p.Settle()
		p.Press("q")
		p.Settle()
		if ended, err := p.Ended(); !ended || err != nil {
			t.Errorf("ended %v, error %v", ended, err)
		}
		out := string(p.Output())
		for _, seq := range []string{"\x1b[?1049l", "\x1b[?25h", "\x1b[?2004l"} {
			if !strings.Contains(out, seq) {
				t.Errorf("%q was not sent at the end", seq)
			}
		}
	})
}

func TestAnswers(t *testing.T) {
	Run(t, Options{Answers: true}, newToy, func(p *Program) {
		p.Settle()
		p.Check()
		p.Press("j")
		p.Settle()
		p.Check()
		p.Want("cursor 1")
	})
}

// fake catches what a helper would report.
type fake struct {
	testing.TB
	said []string
}

func (f *fake) Helper()                   {}
func (f *fake) Cleanup(func())            {}
func (f *fake) Error(args ...any)         { f.said = append(f.said, fmt.Sprint(args...)) }
func (f *fake) Errorf(s string, a ...any) { f.said = append(f.said, fmt.Sprintf(s, a...)) }
func (f *fake) Fatalf(s string, a ...any) { f.said = append(f.said, fmt.Sprintf(s, a...)); panic(f) }

// failing runs script and gives what it reported.
func failing(t *testing.T, m tea.Model, script func(p *Program)) []string {
	f := &fake{TB: t}
	synctest.Test(t, func(t *testing.T) {
		p := Start(f, m, Options{Width: 40, Height: 6})
		defer p.Stop()
		defer func() {
			if r := recover(); r != nil && r != any(f) {
				panic(r)
			}
		}()
		script(p)
	})
	return f.said
}

func TestCheckCatchesRaggedViews(t *testing.T) {
	said := failing(t, &toy{ragged: true}, func(p *Program) { p.Settle(); p.Check() })
	if len(said) == 0 || !strings.Contains(said[0], "line 2 is 41 cells wide, 40 are due") {
		t.Errorf("said %q", said)
	}
}

func TestCheckCatchesATerminalThatDiffers(t *testing.T) {
	said := failing(t, newToy(), func(p *Program) {
		p.Settle()
		_, _ = p.term.Write([]byte("\x1b[3;1Hvandal"))
		p.Check()
	})
	if len(said) == 0 || !strings.Contains(said[0], "does not show the view") {
		t.Errorf("said %q", said)
	}
}

func TestWantReports(t *testing.T) {
	said := failing(t, newToy(), func(p *Program) {
		p.Settle()
		p.Want("nowhere")
		p.WantNot("cursor")
	})
	if len(said) != 2 {
		t.Errorf("said %q", said)
	}
}

func TestRestlessProgram(t *testing.T) {
	said := failing(t, newToy(), func(p *Program) {
		p.Press("t")
		p.Settle()
	})
	if len(said) != 1 || !strings.Contains(said[0], "does not come to rest") {
		t.Errorf("said %q", said)
	}
}

func TestPanicIsReported(t *testing.T) {
	said := failing(t, newToy(), func(p *Program) {
		p.Settle()
		p.Press("!")
		p.Settle()
	})
	if len(said) != 1 || !strings.Contains(said[0], "panicked") {
		t.Errorf("said %q", said)
	}
}

// What is asked at once is answered in the same order every time.
func TestCommandsInTurn(t *testing.T) {
	for range 20 {
		Run(t, Options{InTurn: true}, func() tea.Model { return &toy{} }, func(p *Program) {
			p.Press("m", "m")
			p.Settle()
			if got, want := p.Model().(*toy).answer, "1456781456782323"; got != want {
				t.Fatalf("answers came as %s, want %s", got, want)
			}
		})
	}
}
