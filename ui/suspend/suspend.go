// Package suspend notices that the program is asked from outside to stop
// (kill -TSTP), so that the terminal can be given back first.
package suspend

import (
	"os"
	"os/signal"
	"sync/atomic"
)

// Watch holds the signal back until the terminal is given back. Make it with
// New; a nil Watch does nothing.
type Watch struct {
	c       chan os.Signal
	done    chan struct{}
	letting atomic.Bool
}

// New begins to watch; asked is called, on a goroutine of its own, when the
// program is asked to stop and nobody has said Let.
func New(asked func()) *Watch {
	w := &Watch{c: make(chan os.Signal, 1), done: make(chan struct{})}
	if len(asks) > 0 {
		signal.Notify(w.c, asks...)
	}
	go func() {
		for {
			select {
			case <-w.c:
				if w.letting.Load() {
					stop()
				} else {
					asked()
				}
			case <-w.done:
				return
			}
		}
	}()
	return w
}

// Let has the next signal stop the program: it comes from the program itself,
// once the terminal is given back. Go ignores the signal after it was once
// held back, so that it can't be left to the system.
func (w *Watch) Let() {
	if w != nil {
		w.letting.Store(true)
	}
}

// Again holds the signal back again.
func (w *Watch) Again() {
	if w != nil {
		w.letting.Store(false)
	}
}

// Close ends watching. It is called once.
func (w *Watch) Close() {
	if w != nil {
		signal.Stop(w.c)
		close(w.done)
	}
}
