package ui_test

import (
	"testing"
	"time"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/ui"
	"threatbench/ui/widget/uitest"
	"threatbench/views"
)

// peers are others as a test wants them.
type peers struct {
	list []views.Peer
	seen []views.Presence
}

func (m *peers) Peers() []views.Peer { return m.list }

func (m *peers) SetPresence(s views.Presence) { m.seen = append(m.seen, s) }

// elsewhere is somebody who looks at the fake's event number i of the list.
func peerAt(id uint64, name string, e api.Event) views.Peer {
	return views.Peer{
		ID: id, Name: name, Since: noon.Add(-2 * time.Hour), Active: noon.Add(-5 * time.Minute),
		Presence: views.Presence{View: "Detail", Dataset: e.DatasetID, Event: e.UUID, Title: views.EventTitle(&e)},
	}
}

func withPeers(t *testing.T, o uitest.Options, script func(p *uitest.Program, f *fake, others *peers, list []api.Event)) {
	t.Helper()
	f, others := newFake(400), &peers{}
	workbenchWith(t, ui.Options{API: f, Team: others}, o, func(p *uitest.Program) {
		script(p, f, others, f.matching(api.ListQuery{}))
	})
}

func TestOthersAreShownAndFollowed(t *testing.T) {
	t.Parallel()
	withPeers(t, usual(), func(p *uitest.Program, _ *fake, others *peers, list []api.Event) {
		p.WantNot("1 on")
		press(p, "W")
		p.Want("Nobody else is on")
		others.list = []views.Peer{peerAt(1, "bo", list[2]), peerAt(2, "cy", list[0]), {ID: 3, Name: "di", Since: noon, Elsewhere: true}}
		p.Send(views.TeamNews{})
		p.Settle()
		p.Want("4 on", "▹", "cy here too")
		p.Check()
		press(p, "W")
		p.Want("Who else is on", "bo", "on since 10:00", "idle 5m", "elsewhere")
		p.Golden("team-120x40")
		press(p, "enter")
		p.Want("bo here too")
		press(p, "alt+left")
		p.Want("1 of 400")
	})
}

// What is told costs nothing on the line where nothing to be seen has changed.
func TestUnseenNewsCostsNoBytes(t *testing.T) {
	t.Parallel()
	withPeers(t, usual(), func(p *uitest.Program, _ *fake, others *peers, list []api.Event) {
		others.list = []views.Peer{peerAt(1, "bo", list[300])}
		p.Send(views.TeamNews{})
		p.Settle()
		p.Bytes()
		others.list = []views.Peer{peerAt(1, "bo", list[301])}
		p.Send(views.TeamNews{Changes: []views.TeamChange{{Who: "bo", Kind: async.KindTag, At: noon, On: async.Targets(list[200:300])}}})
		p.Settle()
		if n := p.Bytes(); n != 0 {
			t.Errorf("news of what isn't on the screen cost %d bytes", n)
		}
	})
}

// What somebody else changed is said, and shown when it is asked for; nothing
// moves before.
func TestChangesOfOthersAreNoted(t *testing.T) {
	t.Parallel()
	withPeers(t, usual(), func(p *uitest.Program, f *fake, _ *peers, list []api.Event) {
		press(p, "space")
		asked := len(f.asked())
		f.mu.Lock()
		for i := range f.events {
			if f.events[i].UUID == list[1].UUID {
				f.events[i].Tags = []string{"seen-by-bo"}
			}
		}
		f.mu.Unlock()
		tell := func(c views.TeamChange) {
			p.Send(views.TeamNews{Changes: []views.TeamChange{c}})
			p.Settle()
		}
		tell(views.TeamChange{Who: "bo", Kind: async.KindTag, At: noon, On: async.Targets(list[1:2])})
		p.Want("bo tagged 1 of these: r shows it", "bo tagged this at 12:00:00: r shows it", "2 of 400")
		p.WantNot("seen-by-bo")
		if n := len(f.asked()); n != asked {
			t.Errorf("%d calls for what nobody asked for", n-asked)
		}
		press(p, "r")
		p.WantNot("r shows it")
		p.Want("seen-by-bo", "2 of 400")
		tell(views.TeamChange{Who: "bo", Kind: async.KindDelete, At: noon, On: async.Targets(list[:1])})
		p.Want("bo deleted 1 of your marks")
		press(p, "enter", "r")
		p.Check()
	})
}

func TestOthersAreToldWhereOneIs(t *testing.T) {
	t.Parallel()
	withPeers(t, usual(), func(p *uitest.Program, _ *fake, others *peers, list []api.Event) {
		press(p, "j", "enter", "7")
		want := []views.Presence{peerAt(0, "", list[0]).Presence, peerAt(0, "", list[1]).Presence, peerAt(0, "", list[1]).Presence, {View: "Datasets"}}
		want[0].View, want[1].View = "Events", "Events"
		got := others.seen
		for len(got) > 0 && got[0].Event == "" {
			got = got[1:] // before there was a list
		}
		if len(got) != len(want) {
			t.Fatalf("told %+v", got)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("told %+v, want %+v", got[i], want[i])
			}
		}
	})
}
