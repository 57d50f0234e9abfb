package sshd

import (
	"io"
	"sync"
	"time"
)

// link is a session's line as the program behind it sees it: it can be cut and
// joined to another terminal without the program's knowing. While it is cut,
// reading ends at once and what is written is dropped.
type link struct {
	stall func()        // called when the terminal takes nothing for wait
	wait  time.Duration // how long one write may take
	input func()        // called when something was typed

	mu   sync.Mutex
	line io.ReadWriter // nil while cut
}

// join connects a terminal.
func (l *link) join(line io.ReadWriter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.line = line
}

// cut lets go of the terminal.
func (l *link) cut() { l.join(nil) }

func (l *link) now() io.ReadWriter {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.line
}

// Read reads what is typed; io.EOF when the terminal is gone.
func (l *link) Read(p []byte) (int, error) {
	line := l.now()
	if line == nil {
		return 0, io.EOF
	}
	n, err := line.Read(p)
	if n > 0 {
		l.input()
	}
	if err != nil {
		err = io.EOF // however a line breaks, the program need not care
	}
	return n, err
}

// Write draws. It never fails: a program whose terminal is gone is told so by
// its context.
func (l *link) Write(p []byte) (int, error) {
	line := l.now()
	if line == nil {
		return len(p), nil
	}
	watch := time.AfterFunc(l.wait, l.stall)
	defer watch.Stop()
	_, _ = line.Write(p)
	return len(p), nil
}
