package sshd

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// connLimiter is a listener that lets in only so many strangers at once:
// connections that haven't shown a key yet, in all and from one address.
// Others are closed at once, so that a flood of them costs those who are
// inside nothing.
type connLimiter struct {
	net.Listener
	grace      time.Duration // from connecting to a session, and from the last session to the end
	stall      time.Duration // how long a write to the network may take
	most       int           // strangers in all
	mostOfOne  int           // strangers from one address
	turnedAway func(from net.Addr)

	mu        sync.Mutex
	strangers map[string]int // by address
	total     int
}

// Accept returns the next connection there is room for, as a *conn.
func (l *connLimiter) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if g := l.admit(c); g != nil {
			return g, nil
		}
		l.turnedAway(c.RemoteAddr())
		_ = c.Close() // a stranger who isn't let in
	}
}

func (l *connLimiter) admit(c net.Conn) *conn {
	host := hostOf(c.RemoteAddr())
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.total >= l.most || l.strangers[host] >= l.mostOfOne {
		return nil
	}
	if l.strangers == nil {
		l.strangers = map[string]int{}
	}
	l.strangers[host]++
	l.total++
	g := &conn{Conn: c, limiter: l, host: host, stranger: true}
	g.mu.Lock() // the timer may be over before it is kept
	defer g.mu.Unlock()
	g.timer = time.AfterFunc(l.grace, func() { _ = g.Close() })
	return g
}

// known takes a connection off the strangers: it has logged in, or is gone.
func (l *connLimiter) known(host string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if l.strangers[host]--; l.strangers[host] <= 0 {
		delete(l.strangers, host)
	}
}

func hostOf(a net.Addr) string {
	host, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return host
}

// conn is one connection. It is closed when it holds no session for longer
// than the limiter's grace.
type conn struct {
	net.Conn
	limiter *connLimiter
	host    string
	inVain  atomic.Int64

	mu       sync.Mutex
	stranger bool
	sessions int
	timer    *time.Timer
}

// enter counts a session of the connection; false where it has too many.
func (c *conn) enter() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sessions >= sessionsPerConnection {
		return false
	}
	c.sessions++
	c.timer.Stop()
	c.meet()
	return true
}

// refused counts what the connection asked for in vain.
func (c *conn) refused() int64 {
	if c == nil {
		return mostRefusals + 1
	}
	return c.inVain.Add(1)
}

// leave counts a session less.
func (c *conn) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sessions--; c.sessions == 0 {
		c.timer.Reset(c.limiter.grace)
	}
}

// meet takes the connection off those that have not logged in, once. The caller holds the lock.
func (c *conn) meet() {
	if c.stranger {
		c.stranger = false
		c.limiter.known(c.host)
	}
}

// Write gives up on a peer that takes nothing for too long.
func (c *conn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.limiter.stall)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// Close ends the connection.
func (c *conn) Close() error {
	c.mu.Lock()
	c.timer.Stop()
	c.meet()
	c.mu.Unlock()
	return c.Conn.Close()
}
