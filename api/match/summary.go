package match

import (
	"cmp"
	"slices"
	"time"

	"threatbench/api"
)

// maxEvents is how many events of an indicator a hit names.
const maxEvents = 10

// Of tells the events of a hit's indicator: how many there are, the last added
// of them, their attackers, each once, and their strictest marking.
type Of struct {
	Count     int
	Newest    []Event // the last added first, maxEvents at most
	Attackers []string
	Campaigns []string
	TLP       string // the strictest; of an event without a marking that is known, red
}

// About tells what is known of a hit's indicator.
func (s *Set) About(h Hit) Of {
	var out Of
	strictest := api.TLPNone
	s.eventsOf(h.entry, func(e *storedEvent, i uint32) bool {
		if out.Count++; len(out.Newest) < maxEvents {
			out.Newest = append(out.Newest, s.event(e, i))
		}
		addOnce(&out.Attackers, s.texts[e.attacker])
		addOnce(&out.Campaigns, s.texts[e.campaign])
		t, known := api.ParseTLP(s.texts[e.tlp])
		if !known {
			t = api.TLPRed
		}
		strictest = max(strictest, t)
		return true
	})
	out.TLP = strictest.String()
	return out
}

func addOnce(list *[]string, v string) {
	const most = 100
	if v != "" && len(*list) < most && !slices.Contains(*list, v) {
		*list = append(*list, v)
	}
}

// Sum is what was hit of one attacker, campaign or indicator.
type Sum struct {
	Name       string    `json:"name"` // "" is none
	Hits       int64     `json:"hits"`
	Indicators int       `json:"indicators"`
	First      time.Time `json:"first,omitzero"` // of the times that the lines tell
	Last       time.Time `json:"last,omitzero"`
}

func (s *Sum) take(o Sum) {
	s.Hits += o.Hits
	s.Indicators++
	if !o.First.IsZero() && (s.First.IsZero() || o.First.Before(s.First)) {
		s.First = o.First
	}
	if o.Last.After(s.Last) {
		s.Last = o.Last
	}
}

// Summary is what was hit, the most frequent first.
type Summary struct {
	Hits       int64     `json:"hits"`
	Indicators int       `json:"indicators"` // different ones
	First      time.Time `json:"first,omitzero"`
	Last       time.Time `json:"last,omitzero"`
	Timeless   int64     `json:"timeless,omitempty"` // hits on lines that tell no time
	Guessed    int64     `json:"guessedTimes,omitempty"`
	Attackers  []Sum     `json:"attackers"`
	Campaigns  []Sum     `json:"campaigns"`
	Top        []Sum     `json:"topIndicators"` // 100 at most
}

// Tally counts hits. The zero value counts nothing yet.
type Tally struct {
	set                     *Set
	by                      map[uint32]*Sum
	hits, timeless, guessed int64
}

// NewTally counts hits of a set.
func NewTally(s *Set) *Tally { return &Tally{set: s, by: map[uint32]*Sum{}} }

// Take counts a hit.
func (t *Tally) Take(h Hit) {
	t.hits++
	sum := t.by[h.entry]
	if sum == nil {
		sum = &Sum{Name: h.Indicator}
		t.by[h.entry] = sum
	}
	sum.Hits++
	if h.Time.IsZero() {
		t.timeless++
		return
	}
	if h.Guessed {
		t.guessed++
	}
	if sum.First.IsZero() || h.Time.Before(sum.First) {
		sum.First = h.Time
	}
	if h.Time.After(sum.Last) {
		sum.Last = h.Time
	}
}

// Summary sums up what was counted.
func (t *Tally) Summary() Summary {
	const most = 100
	out := Summary{Hits: t.hits, Timeless: t.timeless, Guessed: t.guessed}
	attackers, campaigns := map[string]*Sum{}, map[string]*Sum{}
	var all Sum
	for i, sum := range t.by {
		all.take(*sum)
		of := t.set.About(Hit{entry: i})
		by(attackers, of.Attackers, *sum)
		if len(of.Campaigns) > 0 {
			by(campaigns, of.Campaigns, *sum)
		}
		sum.Indicators = 1
		out.Top = append(out.Top, *sum)
	}
	out.Indicators, out.First, out.Last = all.Indicators, all.First, all.Last
	out.Attackers, out.Campaigns = sorted(attackers), sorted(campaigns)
	slices.SortFunc(out.Top, moreHits)
	out.Top = out.Top[:min(len(out.Top), most)]
	return out
}

func by(m map[string]*Sum, names []string, sum Sum) {
	if len(names) == 0 {
		names = []string{""}
	}
	for _, n := range names {
		if m[n] == nil {
			m[n] = &Sum{Name: n}
		}
		m[n].take(sum)
	}
}

func sorted(m map[string]*Sum) []Sum {
	out := make([]Sum, 0, len(m))
	for _, s := range m {
		out = append(out, *s)
	}
	slices.SortFunc(out, moreHits)
	return out
}

func moreHits(a, b Sum) int { return cmp.Or(cmp.Compare(b.Hits, a.Hits), cmp.Compare(a.Name, b.Name)) }
