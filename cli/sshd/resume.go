package sshd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// comeBack is Session.Back.
func (l *session) comeBack(ctx context.Context) (env []string, width, height int, ok bool) {
	l.mu.Lock()
	back := l.back
	if l.rest != nil {
		close(l.rest)
		l.rest = nil
	}
	l.mu.Unlock()
	if back != nil {
		select {
		case <-back:
		case <-ctx.Done():
			return nil, 0, 0, false
		}
	}
	l.mu.Lock()
	v := l.visit
	l.mu.Unlock()
	width, height = v.channel.size()
	return v.channel.environ(), width, height, true
}

// atRest is closed when the workbench has let go of the terminal that is gone,
// nil where it has.
func (l *session) atRest() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rest
}

// rested waits until the workbench has let go of the terminal that is gone:
// what it does to that must not reach the next one.
func (l *session) rested(ctx context.Context) bool {
	rest := l.atRest()
	if rest == nil {
		return true
	}
	select {
	case <-rest:
		return true
	case <-l.done:
	case <-ctx.Done():
	}
	return false
}

// leftBy finds the workbench a person left behind, nil where there is none.
func (s *Server) leftBy(who Role) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.left[who.person()]
}

// resume offers a workbench that was left behind, and goes on with it or
// begins a new one.
func (s *Server) resume(v *visit, l *session) int {
	answer, err := s.offer(v, l)
	if err != nil || answer == leaveIt {
		return 1
	}
	who, err := s.conf.Book.vouch(claimOf(v.Context()), s.conf.Now()) // the answer may have taken its time
	if err != nil {
		return s.sorry(v, err.Error())
	}
	if answer == beginAnew || !who.same(l.who) {
		if s.takeBack(l) {
			l.end(errReplaced)
		}
		return s.begin(v, who)
	}
	if !l.rested(v.channel.ctx) && v.channel.ctx.Err() != nil {
		return 1 // gone again, and the workbench still there for the next time
	}
	if !s.takeBack(l) { // its time was over, or another terminal took it
		return s.begin(v, who)
	}
	l.mu.Lock()
	back := l.back
	l.back = nil
	l.mu.Unlock()
	l.attach(v)
	close(back)
	s.audit(Entry{What: "session", Who: l.who.Name, From: l.from(), Key: l.who.Fingerprint, Outcome: "resumed", Note: who.as(v.User())})
	l.say("back where you left")
	return s.accompany(v, l)
}

// takeBack takes a workbench from those that wait; false where it doesn't any
// more.
func (s *Server) takeBack(l *session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left[l.who.person()] != l {
		return false
	}
	delete(s.left, l.who.person())
	return true
}

// answer is what a person says to the offer.
type answer int

const (
	goOn answer = iota
	beginAnew
	leaveIt
)

// offer asks whether to go on with a workbench. It is plain text, so that it
// takes one line of any terminal.
func (s *Server) offer(v *visit, l *session) (answer, error) {
	l.mu.Lock()
	ago := s.conf.Now().Sub(l.since).Round(time.Second)
	l.mu.Unlock()
	fmt.Fprintf(v, "Your workbench is still open, left %s ago.  enter goes on with it, n begins a new one, q leaves. ", ago) // read below
	patience := time.AfterFunc(s.conf.Idle, func() { _ = v.Close() })
	defer patience.Stop()
	var key [1]byte
	for {
		if _, err := io.ReadFull(v, key[:]); err != nil {
			return leaveIt, err
		}
		fmt.Fprint(v, "\r\x1b[K") // the next read tells
		switch key[0] {
		case '\r', '\n', 'y', 'r', ' ':
			return goOn, nil
		case 'n':
			return beginAnew, nil
		case 'q', 0x03, 0x04, 0x1b:
			return leaveIt, nil
		}
	}
}

// usedWrongly is the exit status of a command that makes no sense.
const usedWrongly = 2

// command runs one command and returns its exit status.
func (s *Server) command(v *visit, who Role) int {
	words, err := splitWords(v.RawCommand())
	if err != nil {
		s.audit(Entry{What: "command", Who: who.Name, From: v.RemoteAddr().String(), Key: who.Fingerprint, Outcome: "refused", Note: clip(v.RawCommand())})
		s.sorry(v, err.Error())
		return usedWrongly
	}
	l := s.newSession(who, v)
	if err := s.admit(l); err != nil {
		l.idle.Stop()
		return s.sorry(v, err.Error())
	}
	defer s.forget(l)
	defer close(l.done)
	l.attach(v)
	stop := context.AfterFunc(v.channel.ctx, func() { l.cancel(errors.New("the client is gone")) })
	defer stop()
	out := &lineCounter{w: l.link}
	one := &Session{
		Who: who, From: l.from(), Command: words, Env: v.channel.environ(), In: v, Out: out, Err: v.Stderr(), Started: l.started, Note: l.note,
	}
	status := s.run(l, one)
	outcome := "done"
	if status != 0 {
		outcome = "failed"
	}
	s.audit(Entry{What: "command", Who: who.Name, From: l.from(), Key: who.Fingerprint, Outcome: outcome, Note: clip(v.RawCommand()), Count: out.lines})
	return status
}

// lineCounter counts the lines that pass: the commands write one for each
// event.
type lineCounter struct {
	w     io.Writer
	lines int
}

func (c *lineCounter) Write(p []byte) (int, error) {
	c.lines += bytes.Count(p, []byte("\n"))
	return c.w.Write(p)
}

// run runs a command; a panic is a failure.
func (s *Server) run(l *session, one *Session) (status int) {
	defer func() {
		if p := recover(); p != nil {
			s.conf.Log.Error("a command panicked", slog.String("panic", fmt.Sprintf("%T", p)))
			status = 1
		}
	}()
	return s.conf.Exec(l.ctx, one)
}
