package demo

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"threatbench/api"
)

func storyEnd() time.Time { return time.Date(2026, 11, 22, 14, 5, 0, 0, time.UTC) }

func told(s *Story, size int) (events []api.CreateEvent, datasets map[string]string) {
	datasets = map[string]string{}
	for b := range s.Batches(size) {
		for _, e := range b.Events {
			datasets[e.UUID] = b.Dataset
		}
		events = append(events, b.Events...)
	}
	return events, datasets
}

func TestSameSeedTellsTheSame(t *testing.T) {
	a, _ := told(Generate(7, 3000, storyEnd()), 500)
	b, _ := told(Generate(7, 3000, storyEnd()), 500)
	c, _ := told(Generate(8, 3000, storyEnd()), 500)
	if !bytes.Equal(encode(t, a), encode(t, b)) {
		t.Error("the same seed told two stories")
	}
	if bytes.Equal(encode(t, a), encode(t, c)) {
		t.Error("two seeds told one story")
	}
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("encoding: %v", err)
	}
	return b
}

func TestLengthAndDates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 400).Draw(t, "n")
		s := Generate(rapid.Uint64().Draw(t, "seed"), n, storyEnd())
		events, _ := told(s, rapid.IntRange(1, 90).Draw(t, "size"))
		if len(events) != n || s.Len() != n {
			t.Fatalf("%d events, want %d", len(events), n)
		}
		var newest time.Time
		for _, e := range events {
			at, err := api.ParseTime(e.Date)
			if err != nil || at.After(storyEnd()) || at.Before(storyEnd().AddDate(0, -19, 0)) {
				t.Fatalf("date %s: %v", e.Date, err)
			}
			if learnt, err := api.ParseTime(e.CreatedAt); err != nil || learnt.Before(at.Time) || learnt.After(storyEnd()) {
				t.Fatalf("created %s, happened %s: %v", e.CreatedAt, e.Date, err)
			}
			if at.After(newest) {
				newest = at.Time
			}
		}
		if n > 0 && storyEnd().Sub(newest) > 10*time.Minute {
			t.Fatalf("the newest event is %v old", storyEnd().Sub(newest))
		}
	})
}

func TestParentsComeFirst(t *testing.T) {
	for _, size := range []int{1, 50, 10_000} {
		at := map[string]string{}
		for b := range Generate(1, 4000, storyEnd()).Batches(size) {
			for _, e := range b.Events {
				for _, rel := range e.Relationships {
					if at[rel.ParentID] != b.Dataset {
						t.Fatalf("%s hangs under %s of dataset %q, want an earlier event of %q", e.UUID, rel.ParentID, at[rel.ParentID], b.Dataset)
					}
					if !slices.Contains([]string{"related_to", "caused_by", "attributed_to"}, rel.RelationshipType) {
						t.Fatalf("relationship %q", rel.RelationshipType)
					}
				}
				for _, ref := range e.References {
					if at[ref] == "" {
						t.Fatalf("%s refers to %s, which isn't told yet", e.UUID, ref)
					}
				}
				if at[e.UUID] != "" {
					t.Fatalf("%s twice", e.UUID)
				}
				at[e.UUID] = b.Dataset
			}
		}
	}
}

func TestEventsAreWellFormed(t *testing.T) {
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	technique := regexp.MustCompile(`^T\d{4}(\.\d{3})?$`)
	pattern := regexp.MustCompile(`^CAPEC-\d+$`)
	for seed := range uint64(4) {
		events, _ := told(Generate(seed, 6000, storyEnd()), 1000)
		for _, e := range events {
			if !uuid.MatchString(e.UUID) {
				t.Fatalf("uuid %q", e.UUID)
			}
			if _, ok := api.ParseTLP(e.TLP); !ok {
				t.Fatalf("tlp %q", e.TLP)
			}
			if n := utf8.RuneCountInString(e.Event); n < 60 || n > 160 {
				t.Errorf("%d characters: %s", n, e.Event)
			}
			if e.Category == "" || e.KillChain == nil || *e.KillChain < 0 || *e.KillChain > 7 || len(e.TargetCountry) != 2 || e.TargetIndustry == "" {
				t.Fatalf("incomplete: %+v", e)
			}
			if !json.Valid(e.Raw.Data) || len(e.Raw.Data) < 20 {
				t.Fatalf("raw record of a %s: %s", e.Category, e.Raw.Data)
			}
			for _, m := range e.MitreAttack {
				if !technique.MatchString(m) {
					t.Fatalf("technique %q", m)
				}
			}
			for _, m := range e.MitreCapec {
				if !pattern.MatchString(m) {
					t.Fatalf("pattern %q", m)
				}
			}
			if strings.ContainsAny(e.Event, "{}") || strings.Contains(e.Event, "  ") {
				t.Fatalf("text %q", e.Event)
			}
		}
	}
}

func TestEveryAddressIsReserved(t *testing.T) {
	ip := regexp.MustCompile(`\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b`)
	ip6 := regexp.MustCompile(`\b2001:[0-9a-f:]+`)
	host := regexp.MustCompile(`(?i)\b[a-z0-9-]+(?:\.[a-z0-9-]+)+\b`)
	events, _ := told(Generate(3, 20_000, storyEnd()), 1000)
	seen := map[string]bool{}
	for _, e := range events {
		text := e.Event + " " + e.Indicator + " " + string(e.Raw.Data) + " " + e.Insight
		for _, found := range ip.FindAllString(text, -1) {
			checkAddress(t, found)
			seen["ip"] = true
		}
		for _, found := range ip6.FindAllString(text, -1) {
			checkAddress(t, strings.TrimRight(found, ":"))
			seen["ip6"] = true
		}
		switch e.IndicatorType {
		case "domain", "url", "email":
			for _, found := range host.FindAllString(strings.Split(strings.TrimPrefix(e.Indicator, "https://"), "/")[0], -1) {
				checkHost(t, found)
				seen[e.IndicatorType] = true
			}
		}
	}
	for _, kind := range []string{"ip", "ip6", "domain", "url", "email"} {
		if !seen[kind] {
			t.Errorf("no %s in twenty thousand events", kind)
		}
	}
}

func checkAddress(t *testing.T, s string) {
	t.Helper()
	a, err := netip.ParseAddr(s)
	if err != nil {
		t.Fatalf("address %q: %v", s, err)
	}
	for _, net := range []string{"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"} {
		if netip.MustParsePrefix(net).Contains(a) {
			return
		}
	}
	t.Errorf("%s is no documentation address", s)
}

func checkHost(t *testing.T, s string) {
	t.Helper()
	for _, end := range []string{".example", ".example.com", ".example.net", ".example.org"} {
		if strings.HasSuffix(s, end) {
			return
		}
	}
	if !slices.Contains([]string{"no-reply", "it.support", "m.keller", "a.novak"}, s) {
		t.Errorf("%s is no example domain", s)
	}
}

func TestTheStoryIsRich(t *testing.T) {
	events, datasets := told(Generate(1, 10_000, storyEnd()), 1000)
	count := map[string]map[string]int{"attacker": {}, "category": {}, "type": {}, "tlp": {}, "dataset": {}, "country": {}}
	children, insights := map[string]int{}, 0
	for _, e := range events {
		count["attacker"][e.Attacker]++
		count["category"][e.Category]++
		count["type"][e.IndicatorType]++
		count["tlp"][e.TLP]++
		count["country"][e.TargetCountry]++
		count["dataset"][datasets[e.UUID]]++
		if e.Insight != "" {
			insights++
		}
		for _, rel := range e.Relationships {
			children[rel.ParentID]++
		}
	}
	for column, least := range map[string]int{"attacker": 25, "category": 22, "type": 7, "tlp": 5, "dataset": 3, "country": 30} {
		if len(count[column]) < least {
			t.Errorf("%d values of %s, want %d: %v", len(count[column]), column, least, count[column])
		}
	}
	if insights < 150 || len(children) < 400 {
		t.Errorf("%d insights, %d parents", insights, len(children))
	}
	t.Logf("%v; %d insights, %d parents", count, insights, len(children))
}

func BenchmarkStory(b *testing.B) {
	for b.Loop() {
		for batch := range Generate(1, 10_000, storyEnd()).Batches(1000) {
			_ = batch
		}
	}
	b.ReportMetric(10_000*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
