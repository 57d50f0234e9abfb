package sshd

import "fmt"

// Shares of the sessions there may be: one in keptForOthers is kept for those
// who have none yet, one in keptForAdmins for admins.
const (
	keptForOthers = 10
	keptForAdmins = 20
)

// counted is the same for whose sessions count together: those of a key, and
// those of certificates made out to a name.
func (r Role) counted() string {
	if r.Principal != "" {
		return "principal " + r.Principal
	}
	return r.Fingerprint
}

// room tells why there is no room for another session of a person, nil where
// there is. The caller holds the lock.
func (s *Server) room(who Role) error {
	mine := 0
	for o := range s.sessions {
		if o.who.counted() == who.counted() && !o.ending() {
			mine++
		}
	}
	most := s.conf.MaxSessions
	free, others, admins := most-len(s.sessions), most/keptForOthers, most/keptForAdmins
	if who.Kind == Admin || s.conf.Book.page().roles == nil {
		admins = 0
	}
	switch {
	case mine >= s.conf.PerKey:
		return fmt.Errorf("your key has %d sessions already, as many as it may have", mine)
	case free <= admins:
		return fmt.Errorf("all %d sessions are taken; try again later", most)
	case mine > 0 && free <= admins+others:
		return fmt.Errorf("the last of %d sessions are kept for those who have none; you have %d", most, mine)
	}
	return nil
}

// come counts a person's terminal, whether it has a session or is still being
// asked about one; false where there are too many.
func (s *Server) come(who Role) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.terminals[who.counted()] >= s.conf.PerKey {
		return false
	}
	s.terminals[who.counted()]++
	return true
}

// gone counts a terminal less.
func (s *Server) gone(who Role) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.terminals[who.counted()]--; s.terminals[who.counted()] == 0 {
		delete(s.terminals, who.counted())
	}
}

// ending reports whether the session is over, or will be in a moment.
func (l *session) ending() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended
}

// rush is how many sessions must have ended before memory is given back.
const rush = 8

// giveBack gives memory back to the system once many sessions have ended and
// it has become quiet.
func (s *Server) giveBack() {
	s.mu.Lock()
	n := len(s.sessions)
	free := n == s.before && s.peak-n >= rush
	if free {
		s.peak = n
	}
	s.before = n
	s.mu.Unlock()
	if free {
		s.conf.Free()
	}
}
