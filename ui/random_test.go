package ui_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// monkey uses the workbench at random: keys, text, mouse, pastes, windows of
// any size, a server that fails or is slow. The same seed does the same.
type monkey struct {
	r    *rand.Rand
	p    *uitest.Program
	f    *fake
	w, h int
	done []string
}

// step does one thing and remembers it.
func (m *monkey) step() {
	switch n := m.r.IntN(100); {
	case n < 62:
		m.note("key %s", m.key())
	case n < 70:
		m.text()
	case n < 78:
		x, y := m.r.IntN(m.w), m.r.IntN(m.h)
		m.note("click %d %d", x, y)
		if m.mouse() {
			m.p.Click(x, y)
		}
	case n < 82:
		x, y, by := m.r.IntN(m.w), m.r.IntN(m.h), m.r.IntN(7)-3
		m.note("wheel %d %d %d", x, y, by)
		if m.mouse() {
			m.p.Wheel(x, y, by)
		}
	case n < 86:
		x, y, u, v := m.r.IntN(m.w), m.r.IntN(m.h), m.r.IntN(m.w), m.r.IntN(m.h)
		m.note("drag %d %d %d %d", x, y, u, v)
		if m.mouse() {
			m.p.Drag(x, y, u, v)
		}
	case n < 92:
		m.resize()
	case n < 94:
		m.f.fail(pick(m.r, []error{nil, nil, errors.New("the server answered 502 Bad Gateway")}))
		m.note("server")
	case n < 96:
		d := time.Duration(m.r.IntN(6000)) * time.Millisecond
		m.note("wait %v", d)
		m.p.Advance(d)
	default:
		m.note("nothing")
	}
}

// rest waits until a frame has passed in which nothing came.
func (m *monkey) rest() {
	for range 50 {
		before := m.p.Messages()
		m.p.Advance(110 * time.Millisecond)
		if m.p.Messages() == before {
			return
		}
	}
}

func (m *monkey) note(format string, args ...any) {
	m.done = append(m.done, fmt.Sprintf(format, args...))
}

func (m *monkey) mouse() bool { return m.p.View().MouseMode != 0 }

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func (m *monkey) key() string {
	k := pick(m.r, []string{
		"j", "k", "down", "up", "pgdown", "pgup", "ctrl+d", "ctrl+u", "g", "G", "home", "end", "h", "l", "left", "right", "enter", "enter", "esc", "esc",
		"/", ":", "ctrl+p", "?", "L", "tab", "shift+tab", "space", "V", "X", "ctrl+a", "s", "S", "C", "+", "-", "p", "c", "d", "[", "]", "=", "backspace",
		"R", "i", "o", "e", "n", "N", "J", "K", "P", "z", `\`, ">", "<", "v", "f", "H", "T", "Z", "M", "1", "2", "alt+left", "alt+right", "r", "m",
		"{", "}", "(", ")", "y", "Y", "ctrl+g", "ctrl+w", "ctrl+e", "delete", "f5",
		"a n", "a n", "a e", "a E", "ctrl+s", "ctrl+n", "ctrl+o", "ctrl+r", "y", "8", "a", "'", "'", "alt+j", "' d", "' a", "' F",
	})
	m.p.Press(strings.Fields(k)...)
	return k
}

func (m *monkey) text() {
	s := pick(m.r, []string{
		"tlp:red", "attacker:H", "date>-30d ", "(tlp:red OR tlp:green)", "-category:Phishing", "\"free words\"", "tag:", "date>soon", "日本語 e\u0301", "2026-03-01", " ", "~*[",
	})
	m.note("type %q", s)
	if m.r.IntN(3) == 0 {
		m.p.Paste(s)
		return
	}
	m.p.Type(s)
}

func (m *monkey) resize() {
	sizes := [][2]int{{10, 3}, {40, 10}, {80, 24}, {120, 40}, {300, 100}, {97, 13}, {41, 11}, {39, 60}, {170, 9}, {1, 1}}
	s := pick(m.r, sizes)
	if m.r.IntN(2) == 0 {
		s = [2]int{20 + m.r.IntN(200), 5 + m.r.IntN(60)}
	}
	m.w, m.h = s[0], s[1]
	m.note("window %dx%d", m.w, m.h)
	m.p.Resize(m.w, m.h)
}

// Whatever is done in whatever order: no panic, every line exact, and the
// terminal shows what the view holds. The walks are the same each time, unless
// MONKEY_STEPS makes them longer and MONKEY_SEED others, as make fuzz does.
func TestRandomUseKeepsScreenAndViewEqual(t *testing.T) {
	t.Parallel()
	steps, _ := strconv.Atoi(os.Getenv("MONKEY_STEPS"))
	first, _ := strconv.ParseUint(os.Getenv("MONKEY_SEED"), 10, 64)
	if steps == 0 {
		steps = 60
	}
	for seed := first; seed < first+8; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			walk(t, seed, steps)
		})
	}
}

func walk(t *testing.T, seed uint64, steps int) {
	r := rand.New(rand.NewPCG(seed, 1))
	f := linked(250)
	if seed%2 == 1 {
		for _, text := range hostileTexts(t) {
			f.hostile(text)
		}
	}
	if seed%4 == 3 {
		f.delay = 200 * time.Millisecond
	}
	o := uitest.Options{Width: 120, Height: 40, FPS: 20, Profile: profiles[seed%2].profile, InTurn: true}
	workbenchWith(t, ui.Options{API: f}, o, func(p *uitest.Program) {
		m := &monkey{r: r, p: p, f: f, w: o.Width, h: o.Height}
		for range steps {
			m.step()
			m.rest()
			p.Check()
			if crash := ui.Crash(p.Model().(*ui.Model)); crash != "" || t.Failed() {
				t.Fatalf("seed %d, after %s: %s", seed, strings.Join(m.done[max(0, len(m.done)-40):], ", "), crash)
			}
			if ended, _ := p.Ended(); ended {
				t.Fatalf("it has ended after %v", m.done)
			}
		}
	})
}
