package sshd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

const (
	lookAgain  = 250 * time.Millisecond // before sessions are ended: a file may be being written
	warnBefore = 5 * time.Minute        // the end of a certificate
)

// watch reads the files again and ends the sessions of those who may no
// longer, or otherwise.
func (s *Server) watch(ctx context.Context) {
	tick := time.NewTicker(s.conf.Reread)
	defer tick.Stop()
	s.report(nil)
	defer func() { s.writeStrangers(s.strangers.due(s.conf.Now(), true)) }()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if n := s.away.Swap(0); n > 0 {
			s.stranger(Entry{What: "login", Outcome: "turned away", Count: int(n), Note: "too many connections at once"})
		}
		s.writeStrangers(s.strangers.due(s.conf.Now(), false))
		s.reread()
		if len(s.doomed()) > 0 && s.pause(ctx, min(lookAgain, s.conf.Reread)) {
			s.reread()
			for l, why := range s.doomed() {
				l.end(why)
			}
		}
		s.warn()
		s.giveBack()
	}
}

// pause waits; false where the server ends.
func (s *Server) pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// reread reads the files again and says what has become wrong with them.
func (s *Server) reread() {
	s.reading.Lock()
	defer s.reading.Unlock()
	before := s.conf.Book.Troubles()
	if s.conf.Book.Refresh() {
		s.report(before)
	}
}

// report says in the log, the audit log and on the screens of admins what is
// wrong with the files that wasn't before, and when nothing is any more.
func (s *Server) report(before []string) {
	now := s.conf.Book.Troubles()
	for _, t := range now {
		if slices.Contains(before, t) {
			continue
		}
		s.conf.Log.Error("the files of who may come in", slog.String("error", t))
		s.audit(Entry{What: "files", Outcome: "wrong", Note: t})
	}
	if len(now) == 0 && len(before) > 0 {
		s.audit(Entry{What: "files", Outcome: "in order"})
	}
	if !slices.Equal(now, before) {
		for _, l := range s.all() {
			l.sayTroubles(now)
		}
	}
}

// sayTroubles tells an admin what is wrong with the files.
func (l *session) sayTroubles(troubles []string) {
	switch {
	case l.who.Kind != Admin:
	case len(troubles) == 0:
		l.say("the files of who may come in are in order again")
	case len(troubles) == 1:
		l.say(troubles[0])
	default:
		l.say(fmt.Sprintf("%s (and %d more: the log has them)", troubles[0], len(troubles)-1))
	}
}

// all are the sessions there are.
func (s *Server) all() []*session {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]*session, 0, len(s.sessions))
	for l := range s.sessions {
		out = append(out, l)
	}
	return out
}

// doomed are the sessions that nothing vouches for any more as they are, and
// why. A workbench that was left may wait for its owner to come with a new
// certificate.
func (s *Server) doomed() map[*session]error {
	out := map[*session]error{}
	for _, l := range s.all() {
		now, err := s.conf.Book.vouch(l.holds(), s.conf.Now())
		switch {
		case errors.Is(err, errExpired) && l.away():
		case errors.Is(err, errExpired), errors.Is(err, errBlind):
			out[l] = err
		case err != nil:
			out[l] = errRevoked
		case !now.same(l.who):
			out[l] = errRoleChanged
		}
	}
	return out
}

// warn tells those whose certificate is about to run out.
func (s *Server) warn() {
	for _, l := range s.all() {
		end, ends := runsOut(l.holds().key)
		left := end.Sub(s.conf.Now())
		if ends && left < warnBefore && l.warned.CompareAndSwap(false, true) {
			l.say(fmt.Sprintf("your certificate runs out in %s, and this session with it", left.Round(time.Second)))
		}
	}
}
