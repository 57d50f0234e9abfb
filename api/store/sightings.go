package store

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"threatbench/api"
)

// sighting is one indicator of one dataset, as the dataset's events have it.
type sighting struct {
	id      [16]byte
	dataset uint32
	kind    uint32 // as its first event spells it, like the value
	value   string
	first   int64    // ms, when its first event was made
	last    int64    // and its last
	newest  [2]int64 // ids of its newest events, the newest first
	events  int32
	tags    int32 // a set of tagSets
	sources int32 // a set of sourceSets
	tlp     api.TLP
}

// sightings are all indicators of a selection, the newest first.
type sightings struct {
	list       []sighting
	tagSets    sets // of classes of tags
	sourceSets sets // of places in sources
	sources    []string
}

// maxSightings bounds what one list of indicators holds in memory.
const maxSightings = 1 << 21

// sightingKey names an indicator of a dataset.
type sightingKey struct {
	dataset uint32
	id      [16]byte
}

// sightingMaker gathers sightings, event by event in the order they were made.
type sightingMaker struct {
	v       *readTx
	account string
	out     *sightings
	at      map[sightingKey]int32
	held    []heldSets // of each of out.list
	source  map[string]uint32
	seen    []sightingKey // of one event
	only    *[16]byte     // nil: every indicator
}

func (v *readTx) newSightings(account string) *sightingMaker {
	return &sightingMaker{v: v, account: account, out: &sightings{}, at: map[sightingKey]int32{}, source: map[string]uint32{}}
}

// sightings reads the indicators of the selected events. What a large database
// made of them is kept until something changes.
func (s *Selection) sightings(ctx context.Context) (*sightings, error) {
	key := sightingsKey{s.v.snap.change, s.key}
	d := s.v.d
	if kept := d.sighted.Load(); kept != nil && kept.key == key && s.key != "" {
		return kept.made, nil
	}
	m := s.v.newSightings(s.scope.name)
	for _, h := range s.hits {
		if h.count == 0 {
			continue
		}
		if err := m.readBlock(ctx, h); err != nil {
			return nil, err
		}
	}
	out := m.finish(s.scope)
	if s.key != "" && len(out.list) <= maxKeptSightings {
		d.sighted.Store(&keptSightings{key, out})
	}
	return out, nil
}

// sightingsKey names the sightings of a filter at a change.
type sightingsKey struct {
	change int64
	filter cachedFilter
}

// keptSightings are those that were made last.
type keptSightings struct {
	key  sightingsKey
	made *sightings
}

// maxKeptSightings is up to how many are kept: about 60 MiB.
const maxKeptSightings = 1 << 19

func (m *sightingMaker) readBlock(ctx context.Context, h hit) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := m.v.s.each(ctx, "SELECT id, dataset, doc FROM event WHERE id BETWEEN ? AND ? ORDER BY id",
		[]any{h.block.first, h.block.first + int64(h.block.n) - 1}, func(r *sql.Rows) error {
			var id int64
			var dataset uint32
			var packed sql.RawBytes
			if err := r.Scan(&id, &dataset, &packed); err != nil {
				return err
			}
			if !h.bits.has(int(id - h.block.first)) {
				return nil
			}
			return m.add(id, dataset, packed)
		})
	if err != nil {
		return fmt.Errorf("reading the indicators of segment %d: %w", h.block.index, err)
	}
	return nil
}

// add takes an event in.
func (m *sightingMaker) add(id int64, dataset uint32, packed []byte) error {
	d, err := readSighted(packed)
	if err != nil {
		return fmt.Errorf("event %d: %w", id, err)
	}
	m.seen = m.seen[:0]
	m.take(id, dataset, d, typedIndicator{d.kind, d.value})
	for _, more := range d.more {
		m.take(id, dataset, d, more)
	}
	if len(m.out.list) > maxSightings {
		return api.Errorf(http.StatusBadRequest, "datasetIds: want datasets with at most %d indicators, got more", maxSightings)
	}
	return nil
}

func (m *sightingMaker) take(event int64, dataset uint32, d *sighted, in typedIndicator) {
	if in.value == "" {
		return
	}
	key := sightingKey{dataset, indicatorUUID(m.account, m.v.term(kindIndicatorType, in.kind), in.value)}
	if m.only != nil && key.id != *m.only || slices.Contains(m.seen, key) {
		return
	}
	m.seen = append(m.seen, key)
	at, known := m.at[key]
	if !known {
		at = int32(len(m.out.list))
		m.at[key] = at
		m.held = append(m.held, heldSets{})
		m.out.list = append(m.out.list, sighting{id: key.id, dataset: dataset, kind: in.kind, value: strings.Clone(in.value), first: d.created, last: d.created})
	}
	s := &m.out.list[at]
	s.first, s.last = min(s.first, d.created), max(s.last, d.created)
	s.newest = [2]int64{event, s.newest[0]}
	s.events++
	if tlp, _ := api.ParseTLP(m.v.term(kindTLP, d.tlp)); tlp > s.tlp {
		s.tlp = tlp
	}
	held := &m.held[at]
	for _, n := range m.classes(d.tags) {
		held.tags.add(n)
	}
	if d.source != "" {
		held.sources.add(m.sourceNumber(d.source))
	}
}

// classes are the tags without what differs in case only.
func (m *sightingMaker) classes(tags []uint32) []uint32 {
	class := m.v.snap.dicts[kindTag].class
	for i, n := range tags {
		if int(n) < len(class) {
			tags[i] = class[n]
		}
	}
	return tags
}

func (m *sightingMaker) sourceNumber(source string) uint32 {
	n, known := m.source[source]
	if !known {
		n = uint32(len(m.out.sources))
		m.source[source] = n
		m.out.sources = append(m.out.sources, source)
	}
	return n
}

// finish gives each its sets, and puts the newest first; those of one moment
// come by UUID, then dataset.
func (m *sightingMaker) finish(sc scope) *sightings {
	names := map[uint32]string{}
	for _, d := range sc.all {
		names[d.id] = d.UUID
	}
	for i := range m.held {
		s, held := &m.out.list[i], &m.held[i]
		s.tags, s.sources = m.out.tagSets.number(held.tags), m.out.sourceSets.number(held.sources)
		*held = heldSets{}
	}
	slices.SortFunc(m.out.list, func(a, b sighting) int {
		return cmp.Or(cmp.Compare(b.first, a.first), bytes.Compare(a.id[:], b.id[:]), strings.Compare(names[a.dataset], names[b.dataset]))
	})
	m.out.tagSets.forget()
	m.out.sourceSets.forget()
	return m.out
}

// sighted is what of an event concerns its indicators.
type sighted struct {
	created int64
	kind    uint32
	tlp     uint32
	tags    []uint32
	value   string
	more    []typedIndicator
	source  string
}

// readSighted reads the stored form of an event, the texts left out.
func readSighted(b []byte) (*sighted, error) {
	if len(b) < docHead {
		return nil, errPacked
	}
	form, rest := b[0], b[docHead:]
	if form == docDeflate {
		plain, err := inflate(rest)
		if err != nil {
			return nil, fmt.Errorf("unpacking an event: %w", err)
		}
		rest = plain
	}
	r := byteReader{b: rest}
	skip := func() { r.take(int(r.uvarint())) }
	d := &sighted{}
	_ = r.varint() // the date
	d.created = r.varint()
	var nums [numCount]uint32
	for i := range nums {
		nums[i] = uint32(r.uvarint())
	}
	d.kind, d.tlp = nums[numIndicatorType], nums[numTLP]
	_ = r.varint() // the stage
	for i := range listCount {
		if list := r.numbers(); i == listTags {
			d.tags = list
		}
	}
	skip() // event
	d.value = r.text()
	skip() // insight
	skip() // releasable
	for n := r.uvarint(); n > 0 && !r.bad; n-- {
		d.more = append(d.more, typedIndicator{kind: uint32(r.uvarint()), value: r.text()})
	}
	if len(r.b) > 0 && !r.bad {
		d.source = r.text()
	}
	if r.bad {
		return nil, errPacked
	}
	return d, nil
}

// heldSets are those of a sighting while it is gathered.
type heldSets struct{ tags, sources growing }

// growing is a set that numbers are added to one by one. A long one holds some
// of them more than once, but no more than twice as many as it has.
type growing []uint32

// fewNumbers is up to how many are looked through for each that is added.
const fewNumbers = 32

func (g *growing) add(n uint32) {
	if slices.Contains((*g)[:min(len(*g), fewNumbers)], n) {
		return
	}
	if len(*g) >= fewNumbers && len(*g) == cap(*g) {
		g.tidy()
		*g = slices.Grow(*g, max(len(*g), 1))
	}
	*g = append(*g, n)
}

// tidy puts the numbers in order, each once.
func (g *growing) tidy() {
	slices.Sort(*g)
	*g = slices.Compact(*g)
}

// sets are sets of numbers, each kept once; 0 is the empty one. Most indicators
// share theirs with many others.
type sets struct {
	list  [][]uint32
	known map[string]int32
}

func (s *sets) at(n int32) []uint32 {
	if n == 0 {
		return nil
	}
	return s.list[n-1]
}

// number is that of a set, which it takes in where there is none like it.
func (s *sets) number(all growing) int32 {
	if len(all) == 0 {
		return 0
	}
	all.tidy()
	key := make([]byte, 0, 4*len(all))
	for _, m := range all {
		key = binary.AppendUvarint(key, uint64(m))
	}
	if at, known := s.known[string(key)]; known {
		return at
	}
	if s.known == nil {
		s.known = map[string]int32{}
	}
	s.list = append(s.list, slices.Clone(all))
	s.known[string(key)] = int32(len(s.list))
	return int32(len(s.list))
}

// forget drops what only adding needs.
func (s *sets) forget() { s.known = nil }
