package store

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/bits"
	"slices"

	"threatbench/api"
)

// scanned is a tag or an indicator whose events are looked for, newest first.
type scanned struct {
	want   int   // ids that found takes
	before int64 // only smaller ids
	found  []int64

	// Of an indicator.
	indicator string // its UUID, "" of a tag
	hash      uint32
	classes   map[uint32]bool // indicator types that are known to be its own
	sample    int64           // an event that has it, of any dataset; 0 until one is found
	sure      map[int64]bool  // of found: those that have it beside their primary one
}

func (s *scanned) open() bool {
	return len(s.found) < s.want || s.indicator != "" && s.sample == 0
}

func (s *scanned) take(id int64) {
	if id < s.before && len(s.found) < s.want {
		s.found = append(s.found, id)
	}
}

// graphScan looks through the columns for several tags and indicators at once.
// It ends as soon as it has enough of each.
type graphScan struct {
	v          *readTx
	account    string
	all        map[uint32]bool // the account's datasets
	scope      map[uint32]bool // those whose events are neighbours
	tags       []*scanned      // at most 64
	masks      []uint64        // by number of a tag: which of tags it is
	indicators map[uint32][]*scanned
	sieve      [1 << 13]bool // by the low bits of a hash: whether some indicator may have it
	scratch    []int64
}

func newGraphScan(v *readTx, sc scope) *graphScan {
	g := &graphScan{v: v, account: sc.name, all: map[uint32]bool{}, scope: sc.datasets, indicators: map[uint32][]*scanned{}}
	for _, d := range sc.all {
		g.all[d.id] = true
	}
	return g
}

func (g *graphScan) addTag(fold string, want int, before int64) *scanned {
	s := &scanned{want: want, before: before}
	folds := g.v.snap.dicts[kindTag].folds
	if g.masks == nil {
		g.masks = make([]uint64, len(folds))
	}
	for num, f := range folds {
		if f == fold {
			g.masks[num] |= 1 << len(g.tags)
		}
	}
	g.tags = append(g.tags, s)
	return s
}

func (g *graphScan) addIndicator(id string, hash uint32, want int, before int64) *scanned {
	s := &scanned{want: want, before: before, indicator: id, hash: hash, classes: map[uint32]bool{}}
	g.indicators[hash] = append(g.indicators[hash], s)
	g.sieve[hash%uint32(len(g.sieve))] = true
	return s
}

// run looks through the blocks, the newest first.
func (g *graphScan) run(ctx context.Context) error {
	for _, b := range slices.Backward(g.v.snap.blocks) {
		tags, indicators := g.openTags(), g.openIndicators()
		if tags == 0 && !indicators {
			return nil
		}
		at := &scannedBlock{graphScan: g, b: b}
		if err := at.tagsOf(ctx, tags); err != nil {
			return fmt.Errorf("looking for tags: %w", err)
		}
		if !indicators {
			continue
		}
		if err := at.indicatorsOf(ctx); err != nil {
			return fmt.Errorf("looking for indicators: %w", err)
		}
	}
	return nil
}

func (g *graphScan) openTags() (open uint64) {
	for i, s := range g.tags {
		if s.open() {
			open |= 1 << i
		}
	}
	return open
}

func (g *graphScan) openIndicators() bool {
	for _, list := range g.indicators {
		if slices.ContainsFunc(list, (*scanned).open) {
			return true
		}
	}
	return false
}

// unpack is all values of a column, valid until the next call.
func (g *graphScan) unpack(c ints) []int64 {
	if len(g.scratch) < c.n {
		g.scratch = make([]int64, max(c.n, blockSize))
	}
	return c.unpack(g.scratch)
}

// scannedBlock is one block of a scan. Which of its events live is found out
// when something in it matches.
type scannedBlock struct {
	*graphScan
	b     *block
	known bool
	live  bitset // of the account
	near  bitset // of the datasets asked for
}

func (at *scannedBlock) marks(ctx context.Context) error {
	if at.known {
		return nil
	}
	at.known = true
	at.live.fill(at.b.n)
	if err := (&filter{datasets: at.all}).live(ctx, at.v, at.b, &at.live); err != nil {
		return err
	}
	at.near = at.live
	if at.near.empty() {
		return nil
	}
	return (&filter{datasets: at.scope}).live(ctx, at.v, at.b, &at.near)
}

func (at *scannedBlock) tagsOf(ctx context.Context, open uint64) error {
	if open == 0 {
		return nil
	}
	col, err := at.v.lists(ctx, at.b, colLists+listTags)
	if err != nil {
		return err
	}
	vals, here := at.unpack(col.vals), uint64(0)
	for _, n := range vals {
		here |= at.masks[n]
	}
	if here&open == 0 {
		return nil
	}
	if err := at.marks(ctx); err != nil {
		return err
	}
	for i := at.b.n - 1; i >= 0; i-- {
		if !at.near.has(i) {
			continue
		}
		from, to := col.bounds(i)
		here = 0
		for _, n := range vals[from:to] {
			here |= at.masks[n]
		}
		for here &= open; here != 0; here &= here - 1 {
			at.tags[bits.TrailingZeros64(here)].take(at.b.id(i))
		}
	}
	return nil
}

func (at *scannedBlock) indicatorsOf(ctx context.Context) error {
	col, err := at.v.ints(ctx, at.b, colHash)
	if err != nil {
		return err
	}
	hashes := at.unpack(col)
	for i := len(hashes) - 1; i >= 0; i-- {
		h := uint32(hashes[i])
		if !at.sieve[h%uint32(len(at.sieve))] {
			continue
		}
		for _, s := range at.indicators[h] {
			if err := at.consider(ctx, s, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// consider takes an event whose indicator has the hash of s, if it is s.
func (at *scannedBlock) consider(ctx context.Context, s *scanned, i int) error {
	if err := at.marks(ctx); err != nil || !at.live.has(i) {
		return err
	}
	num, err := at.v.ints(ctx, at.b, colNums+numIndicatorType)
	if err != nil {
		return err
	}
	id := at.b.id(i)
	class := at.v.snap.dicts[kindIndicatorType].class[num.at(i)]
	if !s.classes[class] {
		same, err := at.v.hasIndicator(ctx, at.account, id, s.indicator)
		if err != nil || !same {
			return err
		}
		s.classes[class], s.sample = true, id
	}
	if at.near.has(i) {
		s.take(id)
	}
	return nil
}

// hasIndicator tells whether an event's indicator is the one of a UUID.
func (v *readTx) hasIndicator(ctx context.Context, account string, event int64, id string) (bool, error) {
	var packed []byte
	if err := v.s.queryRow(ctx, "SELECT doc FROM event WHERE id = ?", event).Scan(&packed); err != nil {
		return false, fmt.Errorf("reading event %d: %w", event, err)
	}
	d, err := decodeDoc(packed)
	if err != nil {
		return false, fmt.Errorf("event %d: %w", event, err)
	}
	if d.indicator == "" {
		return false, nil
	}
	u := indicatorUUID(account, v.term(kindIndicatorType, d.nums[numIndicatorType]), d.indicator)
	return uuidText(u[:]) == id, nil
}

// fromStart is a scan's before where it begins at the newest event.
const fromStart = math.MaxInt64

// scanBeside adds to an indicator's events those that have it beside their
// primary one.
func (g *grapher) scanBeside(ctx context.Context, s *seed) error {
	if s.ref.Type != api.NodeIndicator {
		return nil
	}
	s.scan.sure = map[int64]bool{}
	err := g.v.s.beside(ctx, s.scan.hash, fromStart, func(id int64, dataset uint32, d *doc) (bool, error) {
		has := g.v.indicators(g.account, d)
		at := slices.IndexFunc(has, func(n api.GraphNode) bool { return n.Ref() == s.ref })
		if at < 0 || !g.owns(dataset) {
			return true, nil
		}
		if ok, err := g.v.sees(ctx, id); err != nil || !ok {
			return true, err
		}
		if s.node.Label == "" {
			s.node = has[at]
		}
		if g.scope.datasets[dataset] && id < s.scan.before && len(s.scan.sure) < s.scan.want {
			s.scan.sure[id] = true
		}
		return len(s.scan.sure) < s.scan.want, nil
	})
	if err != nil {
		return err
	}
	for id := range s.scan.sure {
		if !slices.Contains(s.scan.found, id) {
			s.scan.found = append(s.scan.found, id)
		}
	}
	slices.SortFunc(s.scan.found, func(a, b int64) int { return cmp.Compare(b, a) })
	s.scan.found = s.scan.found[:min(len(s.scan.found), s.scan.want)]
	return nil
}

// owns tells whether a dataset is the account's.
func (g *grapher) owns(dataset uint32) bool {
	return slices.ContainsFunc(g.scope.all, func(d datasetRow) bool { return d.id == dataset })
}
