package async

import (
	"slices"
	"testing"

	"threatbench/api"
)

// An indicator is seen wherever it stands among an event's indicators, and
// however it is spelled.
func TestLookupSeesEveryIndicator(t *testing.T) {
	l := newLab(t, 1)
	in := api.BulkCreate{DatasetID: l.full.UUID, Data: []api.CreateEvent{{
		Date: "2024-01-01", Event: "a file", Category: "Malware Sample", TLP: "green", Raw: api.RawInput{Data: []byte(`{}`)},
		Indicators: []api.IndicatorInput{
			{Value: "8b1a9953c4611296a827abf8c47804d7", IndicatorType: "md5"},
			{Value: "host.six.example", IndicatorType: "domain"},
		},
	}}}
	if res, err := l.c.CreateBulk(t.Context(), in); err != nil || res.CreatedEventsCount != 1 {
		t.Fatalf("%+v, %v", res, err)
	}
	values := []string{"8B1A9953C4611296A827ABF8C47804D7", "HOST.six.example.", "six.example"}
	got, err := lookupEvents(t.Context(), l.c, values, []string{l.full.UUID})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{1, 1, 0} {
		if got[i].Value != values[i] || got[i].Exact.Count != want {
			t.Errorf("%s: %d events, want %d", values[i], got[i].Exact.Count, want)
		}
	}
	if got[1].Exact.Newest[0].Category != "Malware Sample" {
		t.Errorf("the newest event is %+v", got[1].Exact.Newest)
	}
}

// A server that announces look-ups is asked that way, and tells hosts, parents
// and what lies below. No dataset means all of them.
func TestLookupAsksTheServersOwn(t *testing.T) {
	l := newLab(t, 1)
	event := func(dataset, indicator string) {
		in := api.CreateEvent{
			DatasetID: dataset, Date: "2024-01-01", Event: "a host", Category: "Phishing", Attacker: "HERON", TLP: "green",
			Raw: api.RawInput{Data: []byte(`{}`)}, Indicator: indicator, IndicatorType: "domain",
		}
		if _, err := l.c.Create(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	event(l.full.UUID, "known.example")
	event(l.full.UUID, "https://m.pz8.in/")
	event("", "default.example")
	values := []string{"operator@known.example", "foo.known.example", "m.pz8.in", "default.example", "known.example", "nothing.example"}
	ask := func(c API, datasets ...string) (ties []api.Tie, out LookedUp) {
		out, err := LookUp(t.Context(), c, values, datasets, func(int64, int64, string) {})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range out.Sightings {
			tie, _ := s.Tie()
			ties = append(ties, tie)
		}
		return ties, out
	}
	ties, out := ask(l.c, l.full.UUID)
	if !slices.Equal(ties, []api.Tie{api.HostKnown, api.ParentKnown, api.BelowKnown, api.Unseen, api.Seen, api.Unseen}) || len(out.NotSearched) > 0 {
		t.Errorf("%v, without %v", ties, out.NotSearched)
	}
	if last := out.Sightings[4].Exact.Newest[0]; last.Category != "Phishing" || last.Attacker != "HERON" {
		t.Errorf("%+v", last)
	}
	if ties, _ := ask(l.c); ties[3] != api.Seen || ties[4] != api.Seen {
		t.Errorf("in all datasets: %v", ties)
	}
	ties, out = ask(struct{ API }{l.c})
	if !slices.Equal(ties, []api.Tie{api.Unseen, api.Unseen, api.Unseen, api.Seen, api.Seen, api.Unseen}) || len(out.NotSearched) == 0 {
		t.Errorf("by the plain contract: %v, without %v", ties, out.NotSearched)
	}
}
