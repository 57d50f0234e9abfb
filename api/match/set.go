// Package match finds known indicators in logs of any form: hosts and the
// parents of hosts, addresses and the nets they lie in, URLs, hashes, mail
// addresses and any other value, written plainly or defanged. A text is read
// once, whatever the number of indicators: each word of it is hashed from its
// end, so that one pass asks for the word and for every domain above it.
package match

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/google/uuid"

	"threatbench/api"
	"threatbench/api/indicator"
)

// Event is what a hit tells of an event that has the indicator.
type Event struct {
	UUID     string    `json:"uuid"`
	Dataset  string    `json:"datasetId"`
	Date     time.Time `json:"date"`
	Attacker string    `json:"attacker"`
	Category string    `json:"category"`
	Campaign string    `json:"campaign,omitempty"` // a tag that names one, see CampaignOf
	TLP      string    `json:"tlp"`                // as sent
}

// storedEvent is an Event in little room; texts are numbers of Builder.texts.
type storedEvent struct {
	id                                    [16]byte
	date                                  int64
	dataset, attacker, category, campaign uint32
	tlp                                   uint32
}

// entry is one indicator in its canonical form.
type entry struct {
	at, end uint32 // its text, in Set.bytes
	first   uint32 // its newest link, an index of Set.links and one; 0 is none
	next    uint32 // the next entry with the same anchor and one
	anchor  uint32 // where the anchor begins in the text
	host    bool   // what lies below it is found too
}

// link leads from an indicator to one of its events.
type link struct{ event, next uint32 }

// Set is the indicators that are looked for. It doesn't change and may be used
// by any number of goroutines.
type Set struct {
	bytes   []byte
	entries []entry
	links   []link
	events  []storedEvent
	texts   []string
	odd     map[uint32]string // ids of events that are no UUIDs

	exact   table // entries by their text
	anchors table // the first entry of those with an anchor
	hosts   table // hosts of URLs and mail addresses; what they are is in urls and mails
	bloom   bloom
	short   [256]uint64 // lengths of words without a dot, by their first letter
	nets    map[netip.Prefix]uint32
	bits4   []int // lengths of the IPv4 nets, longest first
	bits6   []int
	near    [1 << 10]uint64 // which of the first 16 bits of an address any net has
	colons  bool            // addresses or other values with colons are looked for

	unsearchable int
	described    int
	leftOut      int
}

// Len is the number of indicators, Events that of the events they are from.
func (s *Set) Len() int { return len(s.entries) }

// Events is the number of events that have an indicator.
func (s *Set) Events() int { return len(s.events) }

// Unsearchable is the number of indicators that can't be looked for: too short,
// or without a word to find them by.
func (s *Set) Unsearchable() int { return s.unsearchable }

// Described is the number of values left out since they only describe an
// indicator: a text, a port, a comment.
func (s *Set) Described() int { return s.described }

// LeftOut is the number of indicators left out by Builder.Without.
func (s *Set) LeftOut() int { return s.leftOut }

func (s *Set) text(i uint32) []byte {
	e := &s.entries[i]
	return s.bytes[e.at:e.end]
}

// eventsOf gives the events of an indicator to take, newest added first, until
// it returns false.
func (s *Set) eventsOf(i uint32, take func(*storedEvent, uint32) bool) {
	for at := s.entries[i].first; at != 0; at = s.links[at-1].next {
		l := s.links[at-1]
		if !take(&s.events[l.event], l.event) {
			return
		}
	}
}

func (s *Set) event(e *storedEvent, i uint32) Event {
	id, ok := s.odd[i]
	if !ok {
		id = uuid.UUID(e.id).String()
	}
	return Event{
		UUID: id, Dataset: s.texts[e.dataset], Date: time.Unix(e.date, 0).UTC(), Attacker: s.texts[e.attacker],
		Category: s.texts[e.category], Campaign: s.texts[e.campaign], TLP: s.texts[e.tlp],
	}
}

// Builder gathers indicators. The zero value is not ready: see NewBuilder.
type Builder struct {
	set    Set
	byText map[string]uint32 // of texts
	words  []uint32          // entries that are found by a word of theirs
	skip   func(canonical string) bool
	skips  map[uint64]bool // hashes of what was left out
}

// NewBuilder begins an empty set.
func NewBuilder() *Builder {
	b := &Builder{byText: map[string]uint32{"": 0}}
	b.set.texts = []string{""}
	b.set.odd = map[uint32]string{}
	b.set.nets = map[netip.Prefix]uint32{}
	return b
}

// Add takes in every indicator of an event, and the parts of those that are
// made of several. Give the oldest event first.
func (b *Builder) Add(e *api.Event) {
	all := e.AllIndicators()
	if len(all) == 0 {
		return
	}
	at := uint32(len(b.set.events))
	s := storedEvent{
		date: e.Date.Unix(), dataset: b.number(e.DatasetID), attacker: b.number(e.Attacker), category: b.number(e.Category),
		campaign: b.number(CampaignOf(e.Tags)), tlp: b.number(e.TLP),
	}
	if id, err := uuid.Parse(e.UUID); err == nil && id.String() == e.UUID {
		s.id = id
	} else {
		b.set.odd[at] = e.UUID
	}
	b.set.events = append(b.set.events, s)
	for _, i := range all {
		b.add(i.Value, i.IndicatorType, at)
		types := indicator.ParseTypes(i.IndicatorType)
		for n, part := range indicator.Parts(i.Value) {
			kind := ""
			if n < len(types) {
				kind = string(types[n])
			}
			b.add(part, kind, at)
		}
	}
}

// Without leaves out the indicators that skip tells, given canonically.
func (b *Builder) Without(skip func(canonical string) bool) {
	b.skip, b.skips = skip, map[uint64]bool{}
}

func (b *Builder) number(text string) uint32 {
	n, ok := b.byText[text]
	if !ok {
		n = uint32(len(b.set.texts))
		b.set.texts = append(b.set.texts, text)
		b.byText[text] = n
	}
	return n
}

func (b *Builder) add(value, kind string, event uint32) {
	canonical := indicator.Canonical(value)
	if canonical == "" {
		return
	}
	if _, typed := indicator.TypeOf(canonical); !typed && describes(kind) {
		b.set.described++
		return
	}
	if mac := plainMAC(canonical); mac != "" {
		canonical = mac
	}
	s := &b.set
	if b.skip != nil && b.skip(canonical) {
		b.skips[hash([]byte(canonical))] = true
		return
	}
	h := hash([]byte(canonical))
	i, known := s.exact.find(h, func(i uint32) bool { return string(s.text(i)) == canonical })
	if !known {
		i = uint32(len(s.entries))
		at := uint32(len(s.bytes))
		s.bytes = append(s.bytes, canonical...)
		s.entries = append(s.entries, entry{at: at, end: uint32(len(s.bytes))})
		s.exact.put(h, i)
		b.sort(i, canonical, kind)
	}
	first := s.entries[i].first
	if first != 0 && s.links[first-1].event == event {
		return
	}
	s.links = append(s.links, link{event, first})
	s.entries[i].first = uint32(len(s.links))
}

// Set ends the gathering. The builder is of no more use.
func (b *Builder) Set() *Set {
	s := &b.set
	b.byText, s.leftOut = nil, len(b.skips)
	b.anchor()
	s.bloom = newBloom(len(s.entries) + s.hosts.n)
	for i := range s.entries {
		text := s.text(uint32(i))
		if isWord(text) {
			s.bloom.add(hash(text))
			s.known(text)
		}
	}
	s.hosts.each(func(h uint64) { s.bloom.add(h) })
	s.anchors.each(func(h uint64) { s.bloom.add(h) })
	for p := range s.nets {
		list := &s.bits4
		if p.Addr().Is6() {
			list = &s.bits6
			s.colons = true
		} else {
			s.approach(p)
		}
		if !slices.Contains(*list, p.Bits()) {
			*list = append(*list, p.Bits())
		}
	}
	longest := func(a, b int) int { return cmp.Compare(b, a) }
	slices.SortFunc(s.bits4, longest)
	slices.SortFunc(s.bits6, longest)
	return s
}

// known notes the length of a word without a dot.
func (s *Set) known(word []byte) {
	if slices.Contains(word, '.') {
		return
	}
	s.short[word[0]] |= 1 << min(len(word), 63)
}

// approach marks the first 16 bits of the addresses of a net.
func (s *Set) approach(p netip.Prefix) {
	a := p.Addr().As4()
	from := int(a[0])<<8 | int(a[1])
	for n := from; n < from+1<<max(16-p.Bits(), 0); n++ {
		s.near[n>>6] |= 1 << (n & 63)
	}
}
