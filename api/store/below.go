package store

import (
	"cmp"
	"context"
	"encoding/binary"
	"hash/maphash"
	"slices"
	"strings"

	"threatbench/api"
	"threatbench/api/indicator"
)

// What lies below an indicator is what it is the beginning of: of a domain its
// sub-domains, of a host its URLs, mail addresses and ports, of a net the
// addresses and nets in it, of the first digits of a hash the hashes. A few
// values are looked for one by one, as a filter does. For more than that each
// segment's indicators are put in the order of what they lie below, once for
// as long as the segment stays as it is.

// fewBelow is up to how many values are looked for one by one.
const fewBelow = 8

// A beginning of a hash has at least as many digits as nobody hits by chance,
// and fewer than the shortest hash.
const (
	leastDigits = 8
	mostDigits  = 31
)

// belowAsk is a value and what was found below it.
type belowAsk struct {
	canonical string
	net       span   // of a net or of the beginning of a hash
	host      uint64 // the hash of a host, where net has no kind
	exact     []int64
	found     api.Known
	newest    []datedID
}

type datedID struct{ date, id int64 }

// newBelowAsk is nil for a value that nothing can lie below.
func newBelowAsk(canonical string) *belowAsk {
	ask := &belowAsk{canonical: canonical, found: api.Known{Value: canonical}}
	switch {
	case indicator.Host(canonical) == canonical && canonical != "":
		ask.host = hostHash(canonical)
	case isDigits(canonical) && len(canonical) >= leastDigits && len(canonical) <= mostDigits:
		ask.net = digitSpan(canonical)
	default:
		net, err := api.ParseNet(canonical)
		if err != nil {
			return nil
		}
		ask.net = netSpan(net.Addr().AsSlice(), net.Bits())
	}
	return ask
}

func (a *belowAsk) newestIDs() []int64 {
	ids := make([]int64, len(a.newest))
	for i, e := range a.newest {
		ids[i] = e.id
	}
	return ids
}

// condition finds what lies below a value, and the value itself.
func (a *belowAsk) condition() condition {
	c := api.Condition{Field: api.FieldIndicator, Values: []string{a.canonical}}
	switch a.net.kind {
	case noSpan:
		return newUnderCondition(c)
	case digits:
		t := &textCondition{which: searchIndicators}
		t.match = matchForms(func(form string) bool { return strings.HasPrefix(form, a.canonical) && isDigits(form) })
		t.narrowBy([]string{a.canonical})
		return t
	}
	return newWithinCondition(c)
}

// take counts events of a block, but those that have the value itself and
// those that aren't selected.
func (a *belowAsk) take(ctx context.Context, s *Selection, at int, found *bitset) error {
	b := s.hits[at].block
	found.and(s.hits[at].bits)
	from, _ := slices.BinarySearch(a.exact, b.first)
	for _, id := range a.exact[from:] {
		if id >= b.first+int64(b.n) {
			break
		}
		found[(id-b.first)>>6] &^= 1 << ((id - b.first) & 63)
	}
	if found.empty() {
		return nil
	}
	dates, err := s.v.ints(ctx, b, colDate)
	if err != nil {
		return err
	}
	a.found.Count += found.count()
	found.each(func(i int) { a.keepNewest(datedID{dates.at(i), b.id(i)}) })
	return nil
}

func (a *belowAsk) keepNewest(e datedID) {
	newer := func(x, y datedID) int { return cmp.Or(cmp.Compare(y.date, x.date), cmp.Compare(y.id, x.id)) }
	if n := len(a.newest); n == maxNewest && newer(a.newest[n-1], e) < 0 {
		return
	}
	at, _ := slices.BinarySearchFunc(a.newest, e, newer)
	a.newest = slices.Insert(a.newest, at, e)
	a.newest = a.newest[:min(len(a.newest), maxNewest)]
}

// findBelow finds what lies below canonical values.
func (l *lookup) findBelow(ctx context.Context, values []string) error {
	l.below = map[string]*belowAsk{}
	for _, v := range values {
		if _, done := l.below[v]; done {
			continue
		}
		l.below[v] = newBelowAsk(v)
		if ask := l.below[v]; ask != nil {
			ask.exact = slices.Sorted(slices.Values(l.events[l.keys[v]]))
			l.asks = append(l.asks, ask)
		}
	}
	look := l.belowTogether
	if len(l.asks) <= fewBelow {
		look = l.belowOneByOne
	}
	return look(ctx, l.asks)
}

func (l *lookup) belowOneByOne(ctx context.Context, asks []*belowAsk) error {
	for _, ask := range asks {
		c := ask.condition()
		if err := c.prepare(ctx, l.s.v, l.s.v.snap.blocks); err != nil {
			return err
		}
		for at, h := range l.s.hits {
			if h.count == 0 {
				continue
			}
			found := *h.bits
			if err := c.narrow(ctx, l.s.v, h.block, &found); err != nil {
				return err
			}
			if err := ask.take(ctx, l.s, at, &found); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *lookup) belowTogether(ctx context.Context, asks []*belowAsk) error {
	var found bitset
	for at, h := range l.s.hits {
		if err := ctx.Err(); err != nil {
			return err
		}
		if h.count == 0 {
			continue
		}
		x, err := l.s.v.belowIndex(ctx, h.block)
		if err != nil {
			return err
		}
		for _, ask := range asks {
			if !x.find(ask, &found) {
				continue
			}
			if err := ask.take(ctx, l.s, at, &found); err != nil {
				return err
			}
		}
	}
	return nil
}

// belowIndex is what the events of a block lie below.
type belowIndex struct {
	hosts []uint64 // the hash of a host or a domain, with the place in its last bits
	spans []span   // addresses, nets and hashes
}

// belowKey names the index of a block in the cache. A block never changes.
type belowKey struct{ block *block }

func (v *readTx) belowIndex(ctx context.Context, b *block) (*belowIndex, error) {
	if b.tail == nil {
		if x, ok := v.d.cache.get(belowKey{b}); ok {
			return x.(*belowIndex), nil
		}
	}
	var in bitset
	in.fill(b.n)
	if b.meta.deleted {
		if err := dropDeleted(ctx, v, b, &in); err != nil {
			return nil, err
		}
	}
	x := &belowIndex{}
	if err := v.eachText(ctx, b, searchIndicators, &in, x.add); err != nil {
		return nil, err
	}
	slices.Sort(x.hosts)
	x.hosts = slices.Clip(slices.Compact(x.hosts))
	slices.SortFunc(x.spans, compareSpans)
	x.spans = slices.Clip(x.spans)
	if b.tail == nil {
		v.d.cache.put(belowKey{b}, x, int64(8*cap(x.hosts)+24*cap(x.spans)))
	}
	return x, nil
}

// add takes the forms of the indicators of the event at a place.
func (x *belowIndex) add(place int, forms string) {
	for form := range strings.SplitSeq(forms, formEnd) {
		if isDigits(form) && len(form) > leastDigits {
			x.addSpan(place, digitSpan(form))
			continue
		}
		if net, ok := indicator.Net(form); ok {
			x.addSpan(place, netSpan(net.Addr().AsSlice(), net.Bits()))
		}
		for _, host := range aboveOf(form) {
			x.hosts = append(x.hosts, hostHash(host)|uint64(place))
		}
	}
}

func (x *belowIndex) addSpan(place int, s span) {
	s.place = uint16(place) //nolint:gosec // less than blockSize
	x.spans = append(x.spans, s)
}

// find marks the places of what lies below a value; false where nothing does.
func (x *belowIndex) find(ask *belowAsk, out *bitset) bool {
	if ask.net.kind != noSpan {
		return x.findSpan(ask.net, out)
	}
	from, _ := slices.BinarySearch(x.hosts, ask.host)
	some := false
	for _, h := range x.hosts[from:] {
		if h&^placeBits != ask.host {
			break
		}
		if !some {
			*out, some = bitset{}, true
		}
		out.set(int(h & placeBits))
	}
	return some
}

func (x *belowIndex) findSpan(net span, out *bitset) bool {
	from, _ := slices.BinarySearchFunc(x.spans, net, compareSpans)
	some := false
	for _, s := range x.spans[from:] {
		if !net.begins(s) {
			break
		}
		if s.bits < net.bits {
			continue
		}
		if !some {
			*out, some = bitset{}, true
		}
		out.set(int(s.place))
	}
	return some
}

// placeBits are those of a place in a block.
const placeBits = blockSize - 1

// hostSeed salts the hashes, so that nobody can make two hosts share one.
var hostSeed = maphash.MakeSeed()

func hostHash(host string) uint64 { return maphash.String(hostSeed, host) &^ placeBits }

// spanKind tells apart what spans are of.
type spanKind uint8

const (
	noSpan spanKind = iota
	ipv4
	ipv6
	digits
)

// span is everything that begins with some bits: a net, an address, a hash.
type span struct {
	high, low uint64 // the bits, then zeros
	place     uint16
	bits      uint8
	kind      spanKind
}

func compareSpans(a, b span) int {
	return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.high, b.high), cmp.Compare(a.low, b.low))
}

// begins reports whether the bits of s begin with those of n.
func (n span) begins(s span) bool {
	if n.kind != s.kind {
		return false
	}
	if n.bits <= 64 {
		return (n.high^s.high)>>(64-n.bits) == 0
	}
	return n.high == s.high && (n.low^s.low)>>(128-n.bits) == 0
}

func netSpan(address []byte, bits int) span {
	var all [16]byte
	kind := ipv6
	if len(address) == 4 {
		kind = ipv4
	}
	copy(all[:], address)
	return span{high: binary.BigEndian.Uint64(all[:]), low: binary.BigEndian.Uint64(all[8:]), bits: uint8(bits), kind: kind} //nolint:gosec // 0..128
}

// digitSpan is of a hash as far as its first 32 digits.
func digitSpan(hash string) span {
	s := span{kind: digits}
	n := min(len(hash), 32)
	for i := range n {
		d := uint64(hash[i] - '0')
		if hash[i] >= 'a' {
			d = uint64(hash[i]-'a') + 10
		}
		if i < 16 {
			s.high |= d << (60 - 4*i)
		} else {
			s.low |= d << (124 - 4*i)
		}
	}
	s.bits = uint8(4 * n) //nolint:gosec // 128 at most
	return s
}

// isDigits reports whether a canonical form has hexadecimal digits only.
func isDigits(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return s != ""
}
