package ui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api/async"
	"threatbench/theme"
	"threatbench/views"
)

// sharePresence tells the others what is looked at here, where that has changed.
func (m *Model) sharePresence() {
	if m.options.Team == nil {
		return
	}
	s := views.Presence{View: "Events"}
	switch seat := m.currentTab(); {
	case seat != nil:
		s.View = seat.title
	case m.view() == views.View(m.detail):
		s.View = "Detail"
	}
	if e := m.detail.Event(); e != nil && m.currentTab() == nil {
		s.Dataset, s.Event = e.DatasetID, e.UUID
		if s == m.presenceWithout() {
			return
		}
		s.Title = views.EventTitle(e)
	}
	if s != m.presence {
		m.presence = s
		m.options.Team.SetPresence(s)
	}
}

// presenceWithout is what was looked at last, without the event's name: making
// that for every message would cost something.
func (m *Model) presenceWithout() views.Presence {
	s := m.presence
	s.Title = ""
	return s
}

// onTeam takes in what the others are at, and what they have changed. What
// is on the screen stays as it is until it is asked for anew.
func (m *Model) onTeam(n views.TeamNews) tea.Cmd {
	m.peers = m.options.Team.Peers()
	for _, c := range n.Changes {
		m.env.Async.Outdated(c.Kind)
		if brings(c.Kind) {
			m.changes.asked = false
		}
	}
	for _, v := range m.all() {
		o, ok := v.(views.PresenceListener)
		if !ok {
			continue
		}
		o.Peers(m.peers)
		for _, c := range n.Changes {
			o.Outdated(c)
		}
	}
	for _, l := range m.overlay.All() {
		if t, ok := l.(*teamLayer); ok {
			t.renew()
		}
	}
	return nil
}

// brings tells whether a change may bring a name that is to be offered, too.
func brings(k async.Kind) bool {
	switch k {
	case async.KindDataset, async.KindTag, async.KindEdit, async.KindCreate:
		return true
	}
	return false
}

// teamMark is how many are on, "" where that is only the person here.
func (m *Model) teamMark(st *theme.Styles) string {
	if len(m.peers) == 0 {
		return ""
	}
	return st.Accent.Paint(views.Count(len(m.peers)+1) + " on")
}

// whyNoTeam tells why there is nobody to show.
func (m *Model) whyNoTeam() string {
	switch {
	case m.options.Team == nil:
		return "others come over SSH only"
	case len(m.peers) == 0:
		return "nobody else is on"
	}
	return ""
}

// teamLayer lists who else is on, and follows what they do.
type teamLayer struct {
	*menuLayer
	list []views.Peer
}

// openTeam lists who else is on; choosing one goes to the event they look at.
func (m *Model) openTeam() {
	l := &teamLayer{list: m.options.Team.Peers()}
	l.menuLayer = newMenu(m, views.Pick{Title: "Who else is on", Items: m.peerItems(l.list), Chosen: func(i int) tea.Cmd { return m.follow(l.list[i]) }})
	m.overlay.Open(l)
}

// renew lists those who are on now. The cursor stays on its person.
func (l *teamLayer) renew() {
	var on uint64
	if i, ok := l.chosen(); ok {
		on = l.list[i].ID
	}
	l.list = l.m.options.Team.Peers()
	l.pick.Items = l.m.peerItems(l.list)
	l.match()
	for k, i := range l.shown {
		if l.list[i].ID == on {
			l.cur = k
		}
	}
}

func (m *Model) peerItems(list []views.Peer) []views.PickItem {
	items := make([]views.PickItem, len(list))
	for i, o := range list {
		items[i] = views.PickItem{Title: o.Name, Detail: m.whereabouts(o)}
	}
	return items
}

// whereabouts is what somebody is at, since when they are on, and how long
// they have pressed no key.
func (m *Model) whereabouts(o views.Peer) string {
	parts := []string{o.Presence.View}
	switch {
	case o.Elsewhere:
		parts[0] = "elsewhere"
	case o.Presence.View == "":
		parts[0] = "just came"
	case o.Presence.Event != "":
		parts = append(parts, clip(views.Shown(o.Presence.Title), 24, m.env.Styles.Glyphs.Ellipsis))
	}
	parts = append(parts, "on since "+o.Since.In(m.env.Zone).Format("15:04"))
	if idle := m.env.Now().Sub(o.Active); !o.Active.IsZero() && idle >= time.Minute {
		parts = append(parts, "idle "+strings.TrimSuffix(idle.Truncate(time.Minute).String(), "0s"))
	}
	return strings.Join(parts, "  ")
}

// follow goes to the event that somebody looks at.
func (m *Model) follow(o views.Peer) tea.Cmd {
	if o.Presence.Event == "" {
		return nil
	}
	m.mark()
	return tea.Batch(m.detail.Fetch(o.Presence.Dataset, o.Presence.Event), m.openDetail())
}
