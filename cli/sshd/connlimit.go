package sshd

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// connLimiter is a listener that lets in only so many strangers at once:
// connections that haven't shown a key yet, in all and from one address.
// Others are closed at once, so that a flood of them costs those who are
// inside nothing, and so are those of whom there are most, so that a flood
// doesn't keep out who comes from elsewhere.
type connLimiter struct {
	net.Listener
	grace      time.Duration // from connecting to a session, and from the last session to the end
	stall      time.Duration // how long a write to the network may take
	most       int           // strangers in all
	mostOfOne  int           // strangers from one address
	turnedAway func(from net.Addr)

	mu        sync.Mutex
	strangers map[*conn]bool
	members   map[string]bool // networks that somebody has logged in from, mostMembers at most
}

// What is asked of a stranger where every network has a place, and what is kept
// of those who logged in.
const (
	spoken      = 512 // bytes: more than a greeting, less than a key exchange
	toSpeak     = 10  // a tenth of the grace is enough for the key exchange
	toLogIn     = 3   // a third of it for the rest
	mostMembers = 4096
)

// Accept returns the next connection there is room for, as a *conn.
func (l *connLimiter) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		g, out := l.admit(c)
		if out != nil {
			l.turnedAway(out.RemoteAddr())
			_ = out.Close() // a stranger who makes room
		}
		if g != nil {
			return g, nil
		}
		l.turnedAway(c.RemoteAddr())
		_ = c.Close() // a stranger who isn't let in
	}
}

// admit takes a connection in, nil where there is no room. out is one that has
// to make room.
func (l *connLimiter) admit(c net.Conn) (g, out *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.strangers == nil {
		l.strangers = map[*conn]bool{}
	}
	g = &conn{Conn: c, limiter: l, host: hostOf(c.RemoteAddr()), network: networkOf(c.RemoteAddr().String()), since: time.Now(), stranger: true}
	out, fits := l.makeRoom(g)
	if !fits {
		return nil, nil
	}
	delete(l.strangers, out)
	l.strangers[g] = true
	g.mu.Lock() // the timer may be over before it is kept
	defer g.mu.Unlock()
	g.timer = time.AfterFunc(l.grace, func() { _ = g.Close() })
	return g, out
}

// makeRoom finds who has to go for a newcomer: nobody while there is room, else
// the oldest of the network that has most, and within the newcomer's own the
// oldest of the address that has most. Where all have as many,
// whoever comes from a network that somebody has logged in from takes the place
// of one who doesn't, and those who connect and say nothing go before those who
// exchange keys. Where that finds nobody, and where an address has all it may
// have, one goes only after it has had time to log in.
func (l *connLimiter) makeRoom(g *conn) (out *conn, fits bool) {
	networks, hosts := map[string]int{}, map[string]int{}
	for o := range l.strangers {
		networks[o.network]++
		if o.network == g.network {
			hosts[o.host]++
		}
	}
	host := hosts[g.host]
	if host >= l.mostOfOne {
		out = l.oldest(func(o *conn) bool { return o.host == g.host })
		return out, l.hadTime(out)
	}
	if len(l.strangers) < l.most {
		return nil, true
	}
	if name, n := most(networks); n > networks[g.network]+1 {
		return l.oldest(func(o *conn) bool { return o.network == name }), true
	}
	if name, n := most(hosts); n > host+1 {
		return l.oldest(func(o *conn) bool { return o.network == g.network && o.host == name }), true
	}
	if l.members[g.network] {
		if out = l.oldest(func(o *conn) bool { return !l.members[o.network] }); out != nil {
			return out, true
		}
	}
	if out = l.oldest(l.dawdles); out != nil {
		return out, true
	}
	out = l.oldest(func(*conn) bool { return true })
	return out, l.hadTime(out)
}

func (l *connLimiter) hadTime(c *conn) bool {
	return c != nil && time.Since(c.since) > l.grace/toLogIn
}

// dawdles reports whether a stranger has had time to exchange keys and hasn't.
func (l *connLimiter) dawdles(c *conn) bool {
	return c.heard.Load() < spoken && time.Since(c.since) > l.grace/toSpeak
}

// remember keeps that somebody has logged in from a network.
func (l *connLimiter) remember(network string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.members == nil {
		l.members = map[string]bool{}
	}
	for old := range l.members {
		if len(l.members) < mostMembers {
			break
		}
		delete(l.members, old) // whichever
	}
	l.members[network] = true
}

func (l *connLimiter) oldest(among func(*conn) bool) (out *conn) {
	for o := range l.strangers {
		if among(o) && (out == nil || o.since.Before(out.since)) {
			out = o
		}
	}
	return out
}

// most is what there is most of.
func most(of map[string]int) (name string, n int) {
	for k, v := range of {
		if v > n {
			name, n = k, v
		}
	}
	return name, n
}

// known takes a connection off the strangers: it has logged in, or is gone.
func (l *connLimiter) known(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.strangers, c)
}

// hostOf is the address of a connection; of IPv6 its first half, since all of
// that is one customer's.
func hostOf(a net.Addr) string {
	at, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return a.String()
	}
	ip := at.Addr().Unmap().WithZone("")
	if ip.Is6() {
		p, _ := ip.Prefix(64) // there are so many bits
		return p.String()
	}
	return ip.String()
}

// conn is one connection. It is closed when it holds no session for longer
// than the limiter's grace.
type conn struct {
	net.Conn
	limiter *connLimiter
	host    string
	network string
	since   time.Time
	inVain  atomic.Int64
	heard   atomic.Int64 // bytes it has sent

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
	if c.stranger {
		c.limiter.remember(c.network)
	}
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
		c.limiter.known(c)
	}
}

// Read counts what has come.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.heard.Add(int64(n))
	return n, err
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
