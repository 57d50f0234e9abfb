package ui

import (
	"slices"
	"sync"

	tea "charm.land/bubbletea/v2"

	"threatbench/api/async"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// resumable is the Model of a session that may go from terminal to terminal, each
// served by a program of its own. Its commands belong to none of them: what
// comes of one reaches the program there is then, or waits for the next.
type resumable struct {
	*Model
	outbox  *outbox
	started bool
}

// Init starts the session, once; on a later terminal it asks what that is like.
func (c *resumable) Init() tea.Cmd {
	if !c.started {
		c.started = true
		c.outbox.run(c.Model.Init())
	} else if c.themeID == "" || c.themeID == "auto" {
		c.outbox.run(tea.RequestBackgroundColor)
	}
	return nil
}

// Update takes a message, one from the outbox only once.
func (c *resumable) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if l, is := msg.(queuedMsg); is {
		if !c.outbox.taken(l) {
			return c, nil
		}
		msg = l.msg
	}
	_, cmd := c.Model.Update(msg)
	c.outbox.run(cmd)
	return c, nil
}

// queuedMsg is a message that must arrive.
type queuedMsg struct {
	n   uint64
	msg tea.Msg
}

// outbox runs a session's commands and brings it messages. A program that ends
// drops what is sent to it, so a queued message is kept until the session has taken it.
type outbox struct {
	mu     sync.Mutex
	last   uint64
	unread map[uint64]queuedMsg
	later  []tea.Msg     // what came while there was no program
	send   func(tea.Msg) // nil while there is none
}

func newOutbox() *outbox { return &outbox{unread: map[uint64]queuedMsg{}} }

// open sends what waits to a program that begins, and what comes from now on.
func (b *outbox) open(send func(tea.Msg)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.send = send
	var waiting []queuedMsg
	for _, l := range b.unread {
		waiting = append(waiting, l)
	}
	slices.SortFunc(waiting, func(x, y queuedMsg) int { return int(x.n) - int(y.n) })
	later := b.later
	b.later = nil
	go func() {
		for _, l := range waiting {
			send(l)
		}
		for _, msg := range later {
			send(msg)
		}
	}()
}

// close is for when the program has ended.
func (b *outbox) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.send = nil
}

// taken reports whether a queued message is new to the session, which has it now.
func (b *outbox) taken(l queuedMsg) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, is := b.unread[l.n]
	delete(b.unread, l.n)
	return is
}

// deliver brings a message to the session. It may wait until that takes it, or
// its program ends.
func (b *outbox) deliver(msg tea.Msg) {
	b.mu.Lock()
	if news, is := msg.(views.TeamNews); is && b.send == nil && b.add(news) {
		b.mu.Unlock()
		return
	}
	if mustArrive(msg) {
		b.last++
		l := queuedMsg{b.last, msg}
		b.unread[l.n] = l
		msg = l
	} else if b.send == nil {
		b.later = append(b.later, msg)
	}
	send := b.send
	b.mu.Unlock()
	if send != nil {
		send(msg)
	}
}

// maxNews is how many changes of others are kept for a session that is away.
const maxNews = 200

// add puts news to those that wait already, so that hours of them take no
// room; false where none wait. The caller holds the lock.
func (b *outbox) add(news views.TeamNews) bool {
	for n, l := range b.unread {
		if old, is := l.msg.(views.TeamNews); is {
			all := slices.Concat(old.Changes, news.Changes)
			b.unread[n] = queuedMsg{n, views.TeamNews{Changes: all[max(len(all)-maxNews, 0):]}}
			return true
		}
	}
	return false
}

// mustArrive tells a message that the session waits for from one that concerns
// a terminal: those are the program's own to handle.
func mustArrive(msg tea.Msg) bool {
	switch msg.(type) {
	case async.Result, toast.Expired, views.TeamNews, Notice, Away, failed:
		return true
	}
	return false
}

// failed is a panic of a command.
type failed struct{ value any }

// run runs a command, and those it consists of, each beside the others.
func (b *outbox) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	go func() {
		defer func() {
			if p := recover(); p != nil {
				b.deliver(failed{p})
			}
		}()
		switch msg := cmd().(type) {
		case nil:
		case tea.BatchMsg:
			for _, c := range msg {
				b.run(c)
			}
		default:
			b.deliver(msg)
		}
	}()
}
