package ui_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/ui"
	"threatbench/views"
)

// line is a terminal's line that can be looked at; nothing is typed on it.
type line struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (*line) Read([]byte) (int, error) { return 0, io.EOF }

func (l *line) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(p)
}

// take is what was drawn since the last time.
func (l *line) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.out.String()
	l.out.Reset()
	return s
}

// hosted is a session that goes from terminal to terminal.
type hosted struct {
	line
	send func(tea.Msg)
	back chan ui.Terminal
	end  chan error
}

func host(ctx context.Context, f *fake, team views.Team) *hosted {
	h := &hosted{back: make(chan ui.Terminal), end: make(chan error, 1)}
	profile := colorprofile.TrueColor
	o := ui.Options{
		API: f, Profile: "demo", Team: team, Now: func() time.Time { return noon }, Hosted: true, In: &h.line, Out: &h.line, Width: 120, Height: 40,
		Env: []string{"TERM=xterm-256color", "SSH_CONNECTION=x"}, Profiles: &profile, Started: func(send func(tea.Msg)) { h.send = send },
		Back: func(ctx context.Context) (ui.Terminal, bool) {
			select {
			case t, ok := <-h.back:
				return t, ok
			case <-ctx.Done():
				return ui.Terminal{}, false
			}
		},
	}
	go func() { h.end <- ui.Run(ctx, o) }()
	return h
}

// The link is cut while the first page is on its way. The session goes on at a
// terminal of another kind, size and colour, with the page that came meanwhile
// and the news of that time.
func TestSessionGoesOnAtAnotherTerminal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, others := newFake(400), &peers{}
		f.delay = time.Second
		h := host(t.Context(), f, others)
		time.Sleep(500 * time.Millisecond)
		if first := h.take(); !strings.Contains(first, "\x1b[?1049h") || strings.Contains(first, "1 of") {
			t.Fatalf("the first terminal shows %q", first)
		}
		h.send(ui.Away{})
		time.Sleep(time.Minute)
		calls := f.calls.Load()
		if last := h.take(); !strings.Contains(last, "\x1b[?1049l") || strings.Contains(last, "ATTACKER ") {
			t.Errorf("after it was cut the first terminal shows %q", last)
		}
		others.list = []views.Peer{peerAt(1, "bo", f.events[0])}
		for range 1000 {
			h.send(views.TeamNews{})
		}
		list := f.matching(api.ListQuery{})
		h.send(views.TeamNews{Changes: []views.TeamChange{{Who: "bo", Kind: async.KindTag, At: noon, On: async.Targets(list[:1])}}})
		h.send(tea.WindowSizeMsg{Width: 100, Height: 30})
		profile := colorprofile.ANSI
		h.back <- ui.Terminal{Env: []string{"TERM=linux"}, Profile: &profile, Width: 100, Height: 30}
		time.Sleep(2 * time.Second)
		second := h.take()
		for _, want := range []string{"\x1b[?1049h", "CATEGORY", "2 on", "bo tagged"} {
			if !strings.Contains(second, want) {
				t.Errorf("the second terminal lacks %q: %q", want, second)
			}
		}
		if strings.Contains(second, "38;2;") || strings.Contains(second, "38;5;") {
			t.Error("a terminal of 16 colours is sent more")
		}
		if n := f.calls.Load(); n != calls {
			t.Errorf("coming back made %d calls", n-calls)
		}
		h.send(tea.QuitMsg{})
		if err := <-h.end; err != nil {
			t.Error(err)
		}
	})
}

// Links that drop again and again, with the next terminal there at once.
func TestSessionOutlivesManyTerminals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake(400)
		h := host(t.Context(), f, nil)
		synctest.Wait()
		for i := range 30 {
			h.send(ui.Away{})
			h.back <- ui.Terminal{Env: []string{"TERM=xterm"}, Width: 80 + i, Height: 24}
		}
		time.Sleep(time.Second)
		if seen := h.take(); !strings.Contains(seen, "CATEGORY") {
			t.Errorf("the last terminal shows %q", seen)
		}
		h.send(ui.Away{})
		time.Sleep(time.Second)
		close(h.back)
		if err := <-h.end; err != nil {
			t.Error(err)
		}
	})
}
