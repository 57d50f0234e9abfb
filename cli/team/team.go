// Package team lets the workbenches that one process shows of a profile know
// of each other: who is on, which event they look at, what they have changed.
// Nobody learns more of an event than they may see.
package team

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/views"
)

// How news travels. Whoever runs through a list isn't followed row by row, and
// nobody is told more than once a second.
const (
	settle = 300 * time.Millisecond
	pause  = 700 * time.Millisecond
	askFor = 5 * time.Second // how long it may take to find out what somebody may see
	holds  = time.Minute     // how long an answer to that holds
)

// Hub is the workbenches of one profile. It is safe for concurrent use.
type Hub struct {
	now func() time.Time

	mu      sync.Mutex
	last    uint64
	members map[uint64]*Member
}

// New makes a Hub with nobody on it; nil means time.Now.
func New(now func() time.Time) *Hub {
	if now == nil {
		now = time.Now
	}
	return &Hub{now: now, members: map[uint64]*Member{}}
}

// Person is who sits at a workbench.
type Person struct {
	Name string
	// Active is when they last pressed a key; nil tells nothing of it.
	Active func() time.Time
	// Event reads an event as they may see it; an error means that they may
	// not. Nil means that they see everything.
	Event func(ctx context.Context, dataset, id string) (api.Event, error)
}

// Member is one workbench on a Hub. It is the views.Team of that workbench.
type Member struct {
	hub   *Hub
	id    uint64
	who   Person
	since time.Time
	wake  chan struct{} // holds one: something may be new
	leave context.CancelFunc
	ctx   context.Context
	told  sync.WaitGroup

	// Under the hub's lock:
	send     func(tea.Msg)
	presence views.Presence
	peers    []views.Peer
	changes  []views.TeamChange

	allowed map[views.Presence]verdict // what of the others' events may be seen; the teller's alone
}

// verdict is whether an event may be seen, and how it is called then.
type verdict struct {
	ok    bool
	title string
	at    time.Time
}

// Join puts a workbench on the hub. It learns of nothing before Tell is called
// and has to Leave.
func (h *Hub) Join(p Person) *Member {
	m := &Member{hub: h, who: p, since: h.now(), wake: make(chan struct{}, 1), allowed: map[views.Presence]verdict{}}
	m.ctx, m.leave = context.WithCancel(context.Background())
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last++
	m.id = h.last
	h.members[m.id] = m
	h.wakeOthers(m)
	return m
}

// Tell begins to send the workbench its news, or goes on by another way.
// Sending may wait until a message is taken.
func (m *Member) Tell(send func(tea.Msg)) {
	m.hub.mu.Lock()
	defer m.hub.mu.Unlock()
	if m.send == nil {
		m.told.Go(m.tell)
	}
	m.send = send
	m.nudge()
}

// Leave takes the workbench off the hub and waits until nothing is sent to it
// any more. Its program must have ended, so that no sending waits.
func (m *Member) Leave() {
	m.hub.mu.Lock()
	delete(m.hub.members, m.id)
	m.hub.wakeOthers(m)
	m.hub.mu.Unlock()
	m.leave()
	m.told.Wait()
}

// wakeOthers has everybody else look whether something is new to them. The
// caller holds the lock.
func (h *Hub) wakeOthers(m *Member) {
	for _, o := range h.members {
		if o != m {
			o.nudge()
		}
	}
}

func (m *Member) nudge() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// SetPresence tells the others what is looked at here.
func (m *Member) SetPresence(s views.Presence) {
	m.hub.mu.Lock()
	defer m.hub.mu.Unlock()
	if s == m.presence {
		return
	}
	m.presence = s
	m.hub.wakeOthers(m)
}

// Changed tells the others what was changed here.
func (m *Member) Changed(r async.ChangeResult) {
	on := slices.Concat(r.Done, r.Unknown, r.Made)
	if len(on) == 0 {
		return
	}
	c := views.TeamChange{Who: m.who.Name, Kind: r.Change.Kind, At: m.hub.now(), On: on}
	m.hub.mu.Lock()
	defer m.hub.mu.Unlock()
	for _, o := range m.hub.members {
		if o != m {
			o.changes = append(o.changes, c)
			o.nudge()
		}
	}
}

// Peers are the others as the workbench was told of them last, and how long
// ago each of them pressed a key.
func (m *Member) Peers() []views.Peer {
	m.hub.mu.Lock()
	defer m.hub.mu.Unlock()
	out := slices.Clone(m.peers)
	for i := range out {
		if o := m.hub.members[out[i].ID]; o != nil && o.who.Active != nil {
			out[i].Active = o.who.Active()
		}
	}
	return out
}

// tell sends news until the workbench leaves.
func (m *Member) tell() {
	for {
		select {
		case <-m.ctx.Done():
			return
		case <-m.wake:
		}
		if !m.rest(settle) {
			return
		}
		if send, news, is := m.news(); is {
			send(news)
			if !m.rest(pause) {
				return
			}
		}
	}
}

// rest waits; false where the workbench has left.
func (m *Member) rest(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-m.ctx.Done():
		return false
	}
}

// news is what the workbench doesn't know yet; is is false where that is
// nothing.
func (m *Member) news() (send func(tea.Msg), news views.TeamNews, is bool) {
	m.hub.mu.Lock()
	news.Changes, m.changes = m.changes, nil
	var now []views.Peer
	for _, o := range m.hub.members {
		if o != m {
			now = append(now, views.Peer{ID: o.id, Name: o.who.Name, Since: o.since, Presence: o.presence})
		}
	}
	m.hub.mu.Unlock()
	slices.SortFunc(now, func(a, b views.Peer) int { return cmp.Compare(a.ID, b.ID) })
	if len(news.Changes) > 0 {
		clear(m.allowed) // they may have been moved, or marked otherwise
	}
	m.filter(now)
	m.hub.mu.Lock()
	defer m.hub.mu.Unlock()
	is = len(news.Changes) > 0 || !slices.Equal(now, m.peers)
	m.peers = now
	return m.send, news, is
}

// filter takes out of what others look at what the workbench's person may not
// see, and calls the rest as they would see it.
func (m *Member) filter(list []views.Peer) {
	if m.who.Event == nil {
		return
	}
	seen := make(map[views.Presence]verdict, len(list))
	for i := range list {
		s := list[i].Presence
		if s.Event == "" {
			continue
		}
		v, known := m.allowed[s]
		if !known || m.hub.now().Sub(v.at) > holds {
			v = m.judge(s)
		}
		seen[s] = v
		list[i].Presence.Title = v.title
		if !v.ok {
			list[i].Presence, list[i].Elsewhere = views.Presence{}, true
		}
	}
	m.allowed = seen
}

func (m *Member) judge(s views.Presence) verdict {
	ctx, cancel := context.WithTimeout(m.ctx, askFor)
	defer cancel()
	e, err := m.who.Event(ctx, s.Dataset, s.Event)
	if err != nil {
		return verdict{at: m.hub.now()}
	}
	return verdict{ok: true, title: views.EventTitle(&e), at: m.hub.now()}
}
