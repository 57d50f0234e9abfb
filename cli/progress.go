package cli

import (
	"cmp"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/term"

	"threatbench/api/clean"
	"threatbench/api/client"
)

const (
	barEvery  = 100 * time.Millisecond
	lineEvery = 10 * time.Second
	barWidth  = 30

	noticeAfter = 2 * time.Second // without a byte, before it is said what is waited for
)

// meter shows on a stream how far long work is: one line drawn over and over
// on a terminal, a plain line now and then anywhere else.
type meter struct {
	w        io.Writer
	label    string
	unit     string // of what is counted; "" means events
	now      func() time.Time
	start    time.Time
	last     time.Time
	terminal bool
	ascii    bool
	drawn    bool
	mu       sync.Mutex // what is waited for is told by another goroutine
}

// waiting is how a command treats a server that is silent.
type waiting struct {
	limit  time.Duration // 0 means that it waits on
	notice time.Duration

	mu    sync.Mutex
	meter *meter // what is drawn meanwhile; nil means nothing
}

// through has told what is waited for without spoiling what m draws.
func (w *waiting) through(m *meter) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.meter = m
}

// say tells which server is waited for. It names no path and no query.
func (w *waiting) say(a *app, base string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := "waiting for " + serverOf(base) + " …"
	if a.flags.ascii {
		text = "waiting for " + serverOf(base) + " ..."
	}
	if w.meter != nil {
		w.meter.line(text)
		return
	}
	a.note("%s", text)
}

// serverOf is the scheme and host of a base URL.
func serverOf(base string) string {
	u, err := url.Parse(cmp.Or(base, client.DefaultBaseURL))
	if err != nil {
		return "the server"
	}
	return u.Scheme + "://" + u.Host
}

func (a *app) meter(label string) *meter {
	now := a.now()
	return &meter{w: a.io.Err, label: clean.Line(label), now: a.now, start: now, last: now, terminal: a.tty(a.io.Err), ascii: a.flags.ascii}
}

// show tells of done of total (0: unknown) and of the events so far.
func (m *meter) show(done, total int64, events int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	every := lineEvery
	if m.terminal {
		every = barEvery
	}
	if now.Sub(m.last) < every {
		return
	}
	m.last = now
	rate := int(float64(events) / max(now.Sub(m.start).Seconds(), 0.001))
	text := fmt.Sprintf("%s %ss, %s a second", grouped(events), cmp.Or(m.unit, "event"), grouped(rate))
	part := 0.0
	if total > 0 {
		part = min(float64(done)/float64(total), 1)
		text = fmt.Sprintf("%3.0f%%  %s", part*100, text)
	}
	if !m.terminal {
		m.say("%s: %s\n", m.label, strings.TrimSpace(text))
		return
	}
	line := m.label + "  " + text + "  ctrl+c cancels"
	if total > 0 {
		line = m.label + "  " + m.bar(part) + " " + text + "  ctrl+c cancels"
	}
	m.drawn = true
	m.say("\r\x1b[K%s", fit(line, m.width()))
}

// line writes a line of its own in place of what is drawn.
func (m *meter) line(text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.drawn {
		m.say("\r\x1b[K")
	}
	m.say("%s\n", clean.Line(text))
}

func (m *meter) say(format string, args ...any) {
	fmt.Fprintf(m.w, format, args...) // progress that can't be shown is no failure
}

func (m *meter) bar(part float64) string {
	full, empty := "█", "░"
	if m.ascii {
		full, empty = "#", "."
	}
	n := int(part * barWidth)
	return strings.Repeat(full, n) + strings.Repeat(empty, barWidth-n)
}

func (m *meter) width() int {
	if f, ok := m.w.(interface{ Fd() uintptr }); ok {
		if width, _, err := term.GetSize(f.Fd()); err == nil {
			return width
		}
	}
	return 80
}

// fit cuts a line of single-width characters.
func fit(line string, width int) string {
	if r := []rune(line); len(r) >= width && width > 1 {
		return string(r[:width-1])
	}
	return line
}

// clear takes the drawn line away.
func (m *meter) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.drawn {
		m.say("\r\x1b[K")
	}
}

// grouped is a number with its thousands set apart.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// counted is a number with its word: one event, 2,000 events.
func counted(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return grouped(n) + " " + word + "s"
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
