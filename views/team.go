package views

import (
	"time"

	"threatbench/api"
	"threatbench/api/async"
)

// Team is the people at the other workbenches of the same profile, where one
// process serves several. Its methods do no I/O and return at once.
type Team interface {
	// Peers are the others, those who came first before.
	Peers() []Peer
	// SetPresence tells the others what is looked at here.
	SetPresence(s Presence)
}

// Presence is what somebody looks at: a view by its title, and the event shown
// there; Event "" is none.
type Presence struct {
	View           string
	Dataset, Event string
	Title          string // names the event in a line
}

// Peer is somebody at another workbench. Of an event that isn't for the person
// here nothing is known but that it is Elsewhere.
type Peer struct {
	ID        uint64 // of the workbench
	Name      string
	Since     time.Time
	Active    time.Time // when they last pressed a key
	Presence  Presence
	Elsewhere bool
}

// TeamNews is the message that the others are no longer what Peers said
// before, or that they have changed events.
type TeamNews struct{ Changes []TeamChange }

// TeamChange is a change of data at another workbench.
type TeamChange struct {
	Who  string
	Kind async.Kind
	At   time.Time
	On   []async.Target // what was changed, or may have been
}

// PresenceListener is a view that shows what the others do. Peers tells it who they
// are now; Outdated what they changed, and it shows a note where that is on
// its screen.
type PresenceListener interface {
	Peers(list []Peer)
	Outdated(c TeamChange)
}

// EventTitle names an event in a line: its indicator, else what it says.
func EventTitle(e *api.Event) string {
	if e.Indicator != "" {
		return OneLine(e.Indicator)
	}
	return OneLine(e.Event)
}

// Did says what a change of others did.
func (c TeamChange) Did() string {
	switch c.Kind {
	case async.KindTag, async.KindUntag:
		return c.Who + " tagged"
	case async.KindDelete:
		return c.Who + " deleted"
	case async.KindMove:
		return c.Who + " moved"
	case async.KindRelate, async.KindUnrelate, async.KindReference, async.KindUnreference:
		return c.Who + " related"
	}
	return c.Who + " changed"
}
