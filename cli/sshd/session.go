package sshd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/ssh"

	"threatbench/api/clean"
)

// Why a session was ended from this side.
var (
	errIdle        = errors.New("nothing was typed for too long")
	errRoleChanged = errors.New("the role has changed: connect again")
	errDrained     = errors.New("the server ends")
	errStalled     = errors.New("the terminal takes nothing")
	errForgotten   = errors.New("nobody came back to it")
	errReplaced    = errors.New("a new workbench was begun")
)

// Notice is sent to a workbench to be shown to the person at it.
type Notice struct{ Text string }

// Away is sent to a workbench whose terminal is gone; see Session.Back.
type Away struct{}

// session is one workbench, or one command, from its beginning to its end. A
// workbench may live on while its link is cut.
type session struct {
	server  *Server
	who     Role
	begun   time.Time
	ctx     context.Context
	cancel  context.CancelCauseFunc
	link    *link
	done    chan struct{} // closed when it has ended
	err     error         // why; set before done
	warned  atomic.Bool   // that the certificate runs out
	typedAt atomic.Int64  // when a key was last pressed, in nanoseconds of Unix time

	mu    sync.Mutex
	claim claim         // what its person came with last
	at    string        // the address of the terminal it has, or had
	send  func(tea.Msg) // nil until the program runs
	idle  *time.Timer
	close func()        // breaks the connection of the terminal, nil while cut
	visit *visit        // the terminal it has, or had
	back  chan struct{} // closed when a terminal comes back; nil while there is one
	rest  chan struct{} // closed when the workbench has let go of the terminal that is gone
	since time.Time     // when the link was cut
	ended bool
}

func (s *Server) newSession(who Role, v *visit) *session {
	l := &session{server: s, who: who, claim: claimOf(v.Context()), at: v.RemoteAddr().String(), begun: s.conf.Now(), done: make(chan struct{})}
	l.ctx, l.cancel = context.WithCancelCause(context.Background())
	l.link = &link{wait: s.conf.Stall, stall: func() { l.hangUp(errStalled) }, input: l.typed}
	l.idle = time.AfterFunc(s.conf.Idle, l.overdue)
	return l
}

// admit counts a session among those there are, unless there are too many.
func (s *Server) admit(l *session) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ending {
		return errDrained
	}
	if err := s.room(l.who); err != nil {
		return err
	}
	s.sessions[l] = true
	s.peak = max(s.peak, len(s.sessions))
	s.running.Add(1)
	return nil
}

// forget takes a session off those there are.
func (s *Server) forget(l *session) {
	l.idle.Stop()
	l.cancel(nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.sessions[l] {
		return
	}
	delete(s.sessions, l)
	if s.left[l.who.person()] == l {
		delete(s.left, l.who.person())
	}
	s.running.Done()
}

// typed puts off the end for idleness.
func (l *session) typed() {
	l.typedAt.Store(l.server.conf.Now().UnixNano())
	l.idle.Reset(l.server.conf.Idle)
}

// active is when a key was last pressed.
func (l *session) active() time.Time { return time.Unix(0, l.typedAt.Load()) }

// overdue ends a session at which nobody is.
func (l *session) overdue() {
	if l.away() {
		l.end(errForgotten)
		return
	}
	l.end(errIdle)
}

// from is where its person is, or was last.
func (l *session) from() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.at
}

// started keeps the way to the program.
func (l *session) started(send func(tea.Msg)) {
	l.mu.Lock()
	l.send = send
	l.mu.Unlock()
	if t := l.server.conf.Book.Troubles(); len(t) > 0 {
		l.sayTroubles(t)
	}
}

// holds is what its person came with last.
func (l *session) holds() claim {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.claim
}

// tell sends the program messages, in their order, if it runs. It may have to
// wait until they are taken, so it doesn't here.
func (l *session) tell(msgs ...tea.Msg) {
	l.mu.Lock()
	send := l.send
	l.mu.Unlock()
	if send == nil {
		return
	}
	go func() {
		for _, m := range msgs {
			send(m)
		}
	}()
}

// note adds to the audit log what was done in this session.
func (l *session) note(e Entry) {
	e.Who, e.From = l.who.Name, l.from()
	l.server.audit(e)
}

func (l *session) say(text string) { l.tell(Notice{text}) }

// endWithin is how long a program may take to end by itself.
const endWithin = time.Second

// end asks the program to leave, so that it restores the terminal; one that
// doesn't is cut off, and then its connection. Only the first call counts.
func (l *session) end(why error) {
	l.mu.Lock()
	if l.ended {
		l.mu.Unlock()
		return
	}
	l.ended = true
	if l.err == nil {
		l.err = why
	}
	away := l.back != nil
	l.mu.Unlock()
	if away {
		l.cancel(why)
		return
	}
	l.tell(tea.QuitMsg{})
	time.AfterFunc(endWithin, func() { l.cancel(why) })
	time.AfterFunc(2*endWithin, func() {
		select {
		case <-l.done:
		default:
			l.hangUp(why)
		}
	})
}

// because keeps the first reason there was to end.
func (l *session) because(why error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = why
	}
}

// reason is why the session was ended from this side, nil where it wasn't.
func (l *session) reason() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// hangUp breaks the terminal's connection.
func (l *session) hangUp(why error) {
	l.mu.Lock()
	closing := l.close
	l.mu.Unlock()
	if errors.Is(why, errStalled) {
		l.server.audit(Entry{What: "session", Who: l.who.Name, From: l.from(), Outcome: "hung up", Note: why.Error()})
	}
	if closing != nil {
		closing()
	}
}

// away reports whether the session has no terminal.
func (l *session) away() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.back != nil
}

// workbench is the middleware that serves a session.
func (s *Server) workbench(ssh.Handler) ssh.Handler {
	return func(sess ssh.Session) {
		v, ok := sess.(*visit)
		if !ok {
			return
		}
		defer s.survive(v)
		status := s.receive(v)
		_ = v.Exit(status) // whoever came may be gone
	}
}

// survive keeps a panic inside its session.
func (s *Server) survive(v *visit) {
	if p := recover(); p != nil {
		s.conf.Log.Error("a session panicked", slog.Any("panic", fmt.Sprintf("%T", p)), slog.String("stack", string(debug.Stack())))
		_ = v.Exit(1)
	}
}

// receive serves a session and returns its exit status.
func (s *Server) receive(v *visit) int {
	who, err := s.conf.Book.vouch(claimOf(v.Context()), s.conf.Now())
	if err != nil {
		return s.sorry(v, err.Error())
	}
	if !s.come(who) {
		s.audit(Entry{What: "session", Who: who.Name, From: v.RemoteAddr().String(), Key: who.Fingerprint, Outcome: "refused", Note: "too many terminals of one key"})
		return s.sorry(v, fmt.Sprintf("your key has %d terminals already, as many as it may have", s.conf.PerKey))
	}
	defer s.gone(who)
	stop := s.stayAwake(v)
	defer stop()
	if v.RawCommand() != "" {
		return s.command(v, who)
	}
	if _, _, pty := v.Pty(); !pty {
		return s.sorry(v, "the workbench needs a terminal: ssh -t, or a command such as: events --query TEXT --json")
	}
	if !mayHaveTerminal(v.PublicKey()) {
		return s.sorry(v, "the certificate allows no terminal; commands such as this one it does: events --query TEXT --json")
	}
	if l := s.leftBy(who); l != nil {
		return s.resume(v, l)
	}
	return s.begin(v, who)
}

// sorry says why there is no session.
func (s *Server) sorry(v *visit, why string) int {
	fmt.Fprintf(v.Stderr(), "threatbench: %s\r\n", clean.Line(why)) // said as far as can be
	return 1
}

// stayAwake asks a silent client now and then whether it is still there, and
// hangs up on one that doesn't answer.
func (s *Server) stayAwake(v *visit) (stop func()) {
	ctx, cancel := context.WithCancel(v.channel.ctx)
	go func() {
		tick := time.NewTicker(s.conf.Alive)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			lost := time.AfterFunc(3*s.conf.Alive, func() { _ = v.conn.Close() })
			_, _, err := v.conn.SendRequest("keepalive@openssh.com", true, nil)
			lost.Stop()
			if err != nil {
				return
			}
		}
	}()
	return cancel
}

// begin starts a workbench on a terminal.
func (s *Server) begin(v *visit, who Role) int {
	l := s.newSession(who, v)
	if err := s.admit(l); err != nil {
		l.idle.Stop()
		s.audit(Entry{What: "session", Who: who.Name, From: l.from(), Outcome: "refused", Note: err.Error()})
		return s.sorry(v, err.Error())
	}
	s.audit(Entry{What: "session", Who: who.Name, From: l.from(), Key: who.Fingerprint, Outcome: "begun", Note: who.as(v.User())})
	w, h := v.channel.size()
	l.attach(v)
	one := &Session{
		Who: who, From: l.from(), Env: v.channel.environ(), Width: w, Height: h,
		In: l.link, Out: l.link, Err: l.link, Started: l.started, Note: l.note, Active: l.active, Back: l.comeBack,
	}
	go s.live(l, one)
	return s.accompany(v, l)
}

// live runs a workbench to its end.
func (s *Server) live(l *session, one *Session) {
	defer s.forget(l)
	defer close(l.done)
	err := s.guarded(l, one)
	outcome, note := "left", ""
	if why := l.reason(); why != nil {
		outcome, note = "ended", why.Error()
	} else if err != nil {
		outcome, note = "failed", short(err.Error())
		l.because(err)
	}
	s.audit(Entry{What: "session", Who: l.who.Name, From: l.from(), Outcome: outcome, Note: note, Took: s.conf.Now().Sub(l.begun).Round(time.Millisecond).String()})
}

// guarded runs a workbench; a panic is its error.
func (s *Server) guarded(l *session, one *Session) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.conf.Log.Error("a workbench panicked", slog.String("panic", fmt.Sprintf("%T", p)), slog.String("stack", string(debug.Stack())))
			err = errors.New("the workbench crashed; the others go on")
		}
	}()
	return s.conf.Show(l.ctx, one)
}

// attach gives the session a terminal.
func (l *session) attach(v *visit) {
	l.mu.Lock()
	l.close = func() { _ = v.conn.Close() } // nothing is left to say to it
	l.at, l.visit, l.claim = v.RemoteAddr().String(), v, claimOf(v.Context())
	l.mu.Unlock()
	l.warned.Store(false)
	l.link.join(v)
	l.typed()
}

// accompany serves the terminal of a workbench until that ends or the terminal
// is gone; in the latter case the workbench waits for its owner to come back.
func (s *Server) accompany(v *visit, l *session) int {
	settle := time.NewTimer(0)
	settle.Stop()
	defer settle.Stop()
	for {
		select {
		case <-l.done:
			return s.farewell(v, l)
		case <-v.channel.ctx.Done():
			s.leave(l)
			return 1
		case <-v.channel.resized:
			settle.Reset(settleSize)
		case <-settle.C:
			w, h := v.channel.size()
			l.tell(tea.WindowSizeMsg{Width: w, Height: h})
		}
	}
}

// settleSize is how long a window's size must hold still before it is drawn.
const settleSize = 30 * time.Millisecond

// farewell says why the session ended, where its owner didn't end it.
func (s *Server) farewell(v *visit, l *session) int {
	if err := l.reason(); err != nil {
		return s.sorry(v, "session ended: "+err.Error())
	}
	return 0
}

// leave keeps a workbench whose terminal is gone.
func (s *Server) leave(l *session) {
	l.link.cut()
	l.mu.Lock()
	l.close, l.since = nil, s.conf.Now()
	l.back, l.rest = make(chan struct{}), make(chan struct{})
	l.mu.Unlock()
	s.mu.Lock()
	old := s.left[l.who.person()]
	keep := s.sessions[l] && !s.ending
	if keep {
		s.left[l.who.person()] = l
	}
	s.mu.Unlock()
	if !keep {
		l.end(errDrained)
		return
	}
	if old != nil && old != l {
		old.end(errReplaced)
	}
	l.idle.Reset(s.conf.Keep)
	s.audit(Entry{What: "session", Who: l.who.Name, From: l.from(), Outcome: "link dropped"})
	l.tell(Away{})
}
