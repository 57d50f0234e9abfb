package ui

import (
	"io"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
)

// inputDrain is what a hosted program is typed at through. The library's reader of
// keys waits for ever to hand over a key that comes as the program ends, and
// holds all of the program's memory meanwhile; in a process that goes on, that
// adds up. So a program ends only after its reader has: the drain closes, a last
// sequence goes through it, and when that arrives nothing is left to hand over.
type inputDrain struct {
	in   io.Reader
	shut chan struct{}
	once sync.Once

	mu      sync.Mutex
	buf     []byte
	pending chan read // the read under way, nil without one
	sent    int       // bytes of drainSequence

	drained bool // nothing comes any more; the program's alone
}

type read struct {
	n   int
	err error
}

const (
	// drainSequence ends a control string and a paste, wherever the reader is, and
	// is told as the end of a paste.
	drainSequence = "\x1b\\\x1b[201~"

	// drainTimeout is how long the program waits for them: the reader may have
	// ended already.
	drainTimeout = 300 * time.Millisecond
)

func newInputDrain(in io.Reader) *inputDrain {
	return &inputDrain{in: in, shut: make(chan struct{}), buf: make([]byte, 4096)}
}

// close stops what is typed from coming through.
func (g *inputDrain) close() { g.once.Do(func() { close(g.shut) }) }

func (g *inputDrain) closed() bool {
	select {
	case <-g.shut:
		return true
	default:
		return false
	}
}

// Read reads what is typed; once the drain is closed the drain sequence, then io.EOF.
func (g *inputDrain) Read(p []byte) (int, error) {
	if g.closed() {
		return g.drainRead(p)
	}
	select {
	case <-g.shut:
		return g.drainRead(p)
	case r := <-g.next(len(p)):
		g.mu.Lock()
		defer g.mu.Unlock()
		g.pending = nil
		return copy(p, g.buf[:r.n]), r.err
	}
}

// next is the read under way, begun if there is none.
func (g *inputDrain) next(most int) <-chan read {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pending == nil {
		done, into := make(chan read, 1), g.buf[:min(most, len(g.buf))]
		g.pending = done
		go func() {
			n, err := g.in.Read(into)
			done <- read{n, err}
		}()
	}
	return g.pending
}

func (g *inputDrain) drainRead(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := copy(p, drainSequence[g.sent:])
	g.sent += n
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Messages of a program that ends.
type (
	draining struct{} // the drain is closed
	drained  struct{} // the drain sequence should have come by now
)

// filter puts off the end of the program until nothing is left to be handed over,
// and drops what is typed after it was to end.
func (g *inputDrain) filter(msg tea.Msg) tea.Msg {
	switch msg.(type) {
	case tea.QuitMsg:
		if g.drained {
			return msg
		}
		if g.closed() {
			return nil
		}
		g.close()
		return draining{}
	case tea.PasteEndMsg, drained:
		if g.closed() {
			g.drained = true
			return tea.QuitMsg{}
		}
	case tea.KeyMsg, tea.MouseMsg, tea.PasteMsg:
		if g.closed() {
			return nil
		}
	}
	return msg
}
