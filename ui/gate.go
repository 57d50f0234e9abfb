package ui

import (
	"io"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
)

// gate is what a hosted program is typed at through. The library's reader of
// keys waits for ever to hand over a key that comes as the program ends, and
// holds all of the program's memory meanwhile; in a process that goes on, that
// adds up. So a program ends only after its reader has: the gate shuts, a last
// sequence goes through it, and when that arrives nothing is left to hand over.
type gate struct {
	in   io.Reader
	shut chan struct{}
	once sync.Once

	mu      sync.Mutex
	buf     []byte
	pending chan read // the read under way, nil without one
	said    int       // bytes of lastWords

	drained bool // nothing comes any more; the program's alone
}

type read struct {
	n   int
	err error
}

const (
	// lastWords ends a control string and a paste, wherever the reader is, and
	// is told as the end of a paste.
	lastWords = "\x1b\\\x1b[201~"

	// patience is how long the program waits for them: the reader may have
	// ended already.
	patience = 300 * time.Millisecond
)

func newGate(in io.Reader) *gate {
	return &gate{in: in, shut: make(chan struct{}), buf: make([]byte, 4096)}
}

// close shuts the gate.
func (g *gate) close() { g.once.Do(func() { close(g.shut) }) }

func (g *gate) closed() bool {
	select {
	case <-g.shut:
		return true
	default:
		return false
	}
}

// Read reads what is typed; once the gate is shut its last words, then io.EOF.
func (g *gate) Read(p []byte) (int, error) {
	if g.closed() {
		return g.last(p)
	}
	select {
	case <-g.shut:
		return g.last(p)
	case r := <-g.next(len(p)):
		g.mu.Lock()
		defer g.mu.Unlock()
		g.pending = nil
		return copy(p, g.buf[:r.n]), r.err
	}
}

// next is the read under way, begun if there is none.
func (g *gate) next(most int) <-chan read {
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

func (g *gate) last(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := copy(p, lastWords[g.said:])
	g.said += n
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Messages of a program that ends.
type (
	leaving struct{} // the gate is shut
	left    struct{} // its last words should have come by now
)

// pass puts off the end of the program until nothing is left to be handed over,
// and drops what is typed after it was to end.
func (g *gate) pass(msg tea.Msg) tea.Msg {
	switch msg.(type) {
	case tea.QuitMsg:
		if g.drained {
			return msg
		}
		if g.closed() {
			return nil
		}
		g.close()
		return leaving{}
	case tea.PasteEndMsg, left:
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
