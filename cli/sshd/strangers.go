package sshd

import (
	"net/netip"
	"sync"
	"time"
)

// What strangers may write: so many entries in a span of time, and beyond those
// sums, of so many networks.
const (
	tallySpan     = 10 * time.Minute
	tallyEntries  = 20
	tallyNetworks = 32
)

// tally keeps what strangers did, so that they can't fill the log: the first
// few entries of a span of time as they are, the others summed by network and
// outcome when it is over. It is safe for concurrent use.
type tally struct {
	mu    sync.Mutex
	since time.Time // the span's beginning
	left  int       // entries that may still be written in it
	sums  map[summed]int
}

// summed is what is added up.
type summed struct{ network, outcome string }

// take gives what is to be written now that e has happened.
func (t *tally) take(e Entry, now time.Time) []Entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := t.over(now, false)
	if t.left > 0 {
		t.left--
		return append(out, e)
	}
	key := summed{networkOf(e.From), e.Outcome}
	if _, known := t.sums[key]; !known && len(t.sums) >= tallyNetworks {
		key.network = "others"
	}
	t.sums[key] += max(e.Count, 1)
	return out
}

// due gives the sums of a span that is over, or of one that isn't where the
// server ends.
func (t *tally) due(now time.Time, ending bool) []Entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.over(now, ending)
}

func (t *tally) over(now time.Time, ending bool) []Entry {
	if now.Sub(t.since) < tallySpan && !ending {
		return nil
	}
	var out []Entry
	for key, n := range t.sums {
		out = append(out, Entry{
			What: "login", From: key.network, Outcome: key.outcome, Count: n,
			Note: "more of them since " + t.since.UTC().Format(time.DateTime) + ", summed",
		})
	}
	t.since, t.left, t.sums = now, tallyEntries, map[summed]int{}
	return out
}

// networkOf is the network of an address: 24 bits of it, of IPv6 48.
func networkOf(from string) string {
	if at, err := netip.ParseAddrPort(from); err == nil {
		return network(at.Addr()).String()
	}
	return "unknown"
}

// network is the part of an address that one owner has, as a rule.
func network(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 24
	if a.Is6() {
		bits = 48
	}
	p, _ := a.Prefix(bits) // there are so many bits
	return p
}

// stranger notes what somebody did who isn't inside: in a log of its own, so
// that it displaces nothing of what members did.
func (s *Server) stranger(e Entry) {
	e.At = s.conf.Now().UTC()
	s.writeStrangers(s.strangers.take(e, e.At))
}

func (s *Server) writeStrangers(entries []Entry) {
	for _, e := range entries {
		if e.At.IsZero() {
			e.At = s.conf.Now().UTC()
		}
		s.write(e, (*Audit).WriteStranger)
	}
}
