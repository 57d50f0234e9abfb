package sshd

import (
	"net"
	"sync"
	"time"
)

// door is a listener that lets in only so many strangers at once: connections
// that haven't shown a key yet, in all and from one address. Others are closed
// at once, so that a flood of them costs those who are inside nothing.
type door struct {
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

// Accept returns the next connection there is room for, as a *guest.
func (d *door) Accept() (net.Conn, error) {
	for {
		c, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if g := d.admit(c); g != nil {
			return g, nil
		}
		d.turnedAway(c.RemoteAddr())
		_ = c.Close() // a stranger who isn't let in
	}
}

func (d *door) admit(c net.Conn) *guest {
	host := hostOf(c.RemoteAddr())
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.total >= d.most || d.strangers[host] >= d.mostOfOne {
		return nil
	}
	if d.strangers == nil {
		d.strangers = map[string]int{}
	}
	d.strangers[host]++
	d.total++
	g := &guest{Conn: c, door: d, host: host, stranger: true}
	g.mu.Lock() // the timer may be over before it is kept
	defer g.mu.Unlock()
	g.timer = time.AfterFunc(d.grace, func() { _ = g.Close() })
	return g
}

// known takes a guest off the strangers.
func (d *door) known(host string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.total--
	if d.strangers[host]--; d.strangers[host] <= 0 {
		delete(d.strangers, host)
	}
}

func hostOf(a net.Addr) string {
	host, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return host
}

// guest is one connection. It is closed when it holds no session for longer
// than the door's grace.
type guest struct {
	net.Conn
	door *door
	host string

	mu       sync.Mutex
	stranger bool
	sessions int
	timer    *time.Timer
}

// enter counts a session of the connection; false where it has too many.
func (g *guest) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.sessions >= sessionsPerConnection {
		return false
	}
	g.sessions++
	g.timer.Stop()
	g.meet()
	return true
}

// leave counts a session less.
func (g *guest) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.sessions--; g.sessions == 0 {
		g.timer.Reset(g.door.grace)
	}
}

// meet makes a stranger known, once. The caller holds the lock.
func (g *guest) meet() {
	if g.stranger {
		g.stranger = false
		g.door.known(g.host)
	}
}

// Write gives up on a peer that takes nothing for too long.
func (g *guest) Write(p []byte) (int, error) {
	if err := g.SetWriteDeadline(time.Now().Add(g.door.stall)); err != nil {
		return 0, err
	}
	return g.Conn.Write(p)
}

// Close ends the connection.
func (g *guest) Close() error {
	g.mu.Lock()
	g.timer.Stop()
	g.meet()
	g.mu.Unlock()
	return g.Conn.Close()
}
