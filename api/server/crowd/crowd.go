// Package crowd bounds the connections of a listening HTTP server that ask for
// nothing: those that were opened and haven't sent the head of a request whole,
// and those kept open after one. However many hold such connections, a request
// gets through.
package crowd

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"sync"
)

// limiter holds the connections of one server that wait.
type limiter struct {
	most int

	mu      sync.Mutex
	turn    uint64
	waiting map[net.Conn]place
}

// place is since when a connection waits, and for whom.
type place struct {
	turn    uint64
	network netip.Prefix
}

// Limit lets no more than most connections of a server wait at a time. It takes
// the server's ConnState and ConnContext, and wraps its handler; the server
// hasn't begun to serve.
func Limit(s *http.Server, most int) {
	l := &limiter{most: max(most, 1), waiting: map[net.Conn]place{}}
	next := s.Handler
	s.ConnState = l.state
	s.ConnContext = func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) }
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(connKey{}).(net.Conn); ok {
			l.asked(c)
		}
		next.ServeHTTP(w, r)
	})
}

type connKey struct{}

// state takes note of what a connection does now. Where too many wait, the
// longest of the network that has most of them is closed: the newcomer may be
// about to ask.
func (l *limiter) state(c net.Conn, s http.ConnState) {
	switch s {
	case http.StateNew, http.StateIdle:
		if out := l.wait(c); out != nil {
			_ = out.Close() // nobody waits for what it says
		}
	case http.StateActive: // a byte has come: it waits on until the head is whole
	default:
		l.asked(c)
	}
}

// asked takes a connection off those that wait.
func (l *limiter) asked(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.waiting, c)
}

func (l *limiter) wait(c net.Conn) net.Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out net.Conn
	if len(l.waiting) >= l.most {
		out = l.longest()
		delete(l.waiting, out)
	}
	l.turn++
	l.waiting[c] = place{l.turn, networkOf(c.RemoteAddr())}
	return out
}

// longest is who has waited longest of the network that has most.
func (l *limiter) longest() (out net.Conn) {
	count := map[netip.Prefix]int{}
	most := 0
	for _, p := range l.waiting {
		count[p.network]++
		most = max(most, count[p.network])
	}
	var since uint64
	for c, p := range l.waiting {
		if count[p.network] == most && (out == nil || p.turn < since) {
			out, since = c, p.turn
		}
	}
	return out
}

// networkOf is the part of an address that one owner has, as a rule: 24 bits,
// of IPv6 48; the zero Prefix where it is no address.
func networkOf(a net.Addr) netip.Prefix {
	at, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Prefix{}
	}
	ip := at.Addr().Unmap().WithZone("")
	bits := 24
	if ip.Is6() {
		bits = 48
	}
	p, _ := ip.Prefix(bits) // there are so many bits
	return p
}
