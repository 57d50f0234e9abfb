package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"threatbench/api"
)

// Create makes the events of b. Each is checked by itself: the refused ones
// are reported by index and the rest is made, all in one transaction. With
// PreserveUUID, events whose UUID the account has already, or that came
// earlier in the request, are skipped and counted.
//
// A relationship or reference to an event that isn't there yet waits for it:
// it comes into being when an event of that UUID is created in the account.
func (d *DB) Create(ctx context.Context, who Actor, account string, b api.BulkCreate) (api.BulkResult, error) {
	batch := newBatch(b)
	err := d.write(ctx, who, account, func(c *writeTx) error { return batch.run(c) })
	if err != nil {
		return api.BulkResult{}, err
	}
	return batch.res, nil
}

// batch is a bulk create on its way.
type batch struct {
	req   api.BulkCreate
	items []*item // nil where refused
	res   api.BulkResult
	byKey map[[16]byte]*item // the events of this request that will be there

	journal   *journal
	importing *importRun // nil: no part of an import
}

// item is one event of a batch.
type item struct {
	checked
	index   int
	id      int64
	exists  bool // there already
	twin    bool // it came earlier in the request
	hash    [hashSize]byte
	dataset datasetRow
	doc     doc
	flags   int64
}

// edge is a relationship between event ids.
type edge struct {
	parent, child int64
	kind          int
}

func newBatch(b api.BulkCreate) *batch {
	t := &batch{req: b, items: make([]*item, len(b.Data)), byKey: map[[16]byte]*item{}}
	for i, in := range b.Data {
		c, err := check(in, len(b.Data), i, b.PreserveUUID)
		if err != nil {
			t.refuse(i, err)
			continue
		}
		t.items[i] = &item{checked: c, index: i}
	}
	return t
}

func (t *batch) refuse(index int, err error) {
	t.items[index] = nil
	t.report(index, err)
}

func (t *batch) report(index int, err error) {
	t.res.ErrorCount++
	t.res.Errors = append(t.res.Errors, api.ItemError{EventIndex: index, Error: err.Error()})
}

func (t *batch) run(c *writeTx) error {
	t.journal = c.newJournal(opCreate)
	if _, err := c.dataset(t.req.DatasetID); err != nil {
		return err
	}
	if err := t.beginImport(c); err != nil {
		return err
	}
	if err := t.identify(c); err != nil {
		return err
	}
	if err := t.describe(c); err != nil {
		return err
	}
	if err := t.link(c); err != nil {
		return err
	}
	if err := t.insert(c); err != nil {
		return err
	}
	if err := t.finish(); err != nil {
		return err
	}
	return t.importThem(c)
}

// identify gives every event its dataset, its UUID and its id, and finds those
// that exist.
func (t *batch) identify(c *writeTx) error {
	there, err := c.s.lookupAll(c.ctx, c.account, t.named())
	if err != nil {
		return err
	}
	for i, it := range t.items {
		if it == nil {
			continue
		}
		id := it.in.DatasetID
		if id == "" {
			id = t.req.DatasetID
		}
		if it.dataset, err = c.dataset(id); err != nil {
			t.refuse(i, err)
			continue
		}
		if err := t.identifyOne(c, it, there); err != nil {
			return err
		}
	}
	return nil
}

// named are the UUIDs that events of the request come with.
func (t *batch) named() [][16]byte {
	var out [][16]byte
	for _, it := range t.items {
		if it != nil && it.uuid != ([16]byte{}) {
			out = append(out, it.uuid)
		}
	}
	return out
}

func (t *batch) identifyOne(c *writeTx, it *item, there map[[16]byte]int64) (err error) {
	if it.uuid == ([16]byte{}) {
		if it.uuid, err = newUUID(); err != nil {
			return err
		}
	} else {
		if twin := t.byKey[it.uuid]; twin != nil {
			it.id, it.exists, it.twin = twin.id, true, true
			t.res.SkippedEventsCount++
			return nil
		}
		if at, ok := there[it.uuid]; ok {
			it.id, it.exists = at, true
			t.res.SkippedEventsCount++
			return nil
		}
	}
	if t.isRevoked(it) {
		t.refuse(it.index, errors.New(reasonRevoked))
		return nil
	}
	it.id = c.state.next
	c.state.next++
	t.byKey[it.uuid] = it
	return nil
}

// describe makes the documents: values become dictionary numbers.
func (t *batch) describe(c *writeTx) error {
	cats := newCategories(c)
	tags := map[string]bool{}
	for _, it := range t.items {
		if it == nil || it.exists {
			continue
		}
		if err := it.describe(c, cats); err != nil {
			return fmt.Errorf("event %d of the request: %w", it.index, err)
		}
		for _, tag := range it.in.Tags {
			if tags[tag] {
				continue
			}
			tags[tag] = true
			made, err := c.tag(tag)
			if err != nil {
				return err
			}
			if made {
				t.res.CreatedTagsCount++
			}
		}
	}
	return nil
}

func (it *item) describe(c *writeTx, cats *categories) error {
	in := &it.in
	primary, more := indicators(in)
	cat, err := cats.of(in)
	if err != nil {
		return err
	}
	it.doc = doc{
		uuid: it.uuid, date: it.date, created: it.created, killChain: cat.KillChain,
		event: in.Event, indicator: primary.Value, insight: in.Insight, source: it.source,
	}
	if it.doc.created == 0 {
		it.doc.created = c.now
	}
	for num, f := range [numCount]struct {
		k     kind
		value string
	}{
		numAttacker:        {kindAttacker, in.Attacker},
		numAttackerCountry: {kindCountry, country(in.AttackerCountry)},
		numTargetCountry:   {kindCountry, country(in.TargetCountry)},
		numIndustry:        {kindIndustry, in.TargetIndustry},
		numCategory:        {kindCategory, in.Category},
		numIndicatorType:   {kindIndicatorType, primary.IndicatorType},
		numTLP:             {kindTLP, strings.TrimSpace(in.TLP)},
	} {
		if it.doc.nums[num], err = c.number(f.k, f.value); err != nil {
			return err
		}
	}
	for which, f := range [listCount]struct {
		k    kind
		list []string
	}{{kindTag, in.Tags}, {kindAttack, cat.MitreAttack}, {kindCapec, cat.MitreCapec}} {
		if it.doc.lists[which], err = c.numbers(f.k, f.list); err != nil {
			return err
		}
	}
	for _, m := range more {
		k, err := c.number(kindIndicatorType, m.IndicatorType)
		if err != nil {
			return err
		}
		it.doc.more = append(it.doc.more, typedIndicator{kind: k, value: m.Value})
	}
	it.flags = flagHasRaw
	it.hash = contentOf(in, it.date, cat)
	return nil
}

// indicators are the primary indicator, which is the first listed where none
// is named, and the others.
func indicators(in *api.CreateEvent) (primary api.IndicatorInput, more []api.IndicatorInput) {
	primary = api.IndicatorInput{Value: in.Indicator, IndicatorType: in.IndicatorType}
	more = in.Indicators
	if primary.Value == "" && len(more) > 0 {
		primary, more = more[0], more[1:]
		if primary.IndicatorType == "" {
			primary.IndicatorType = in.IndicatorType
		}
		return primary, more
	}
	if len(more) > 0 && more[0].Value == primary.Value {
		primary.IndicatorType = cmp.Or(primary.IndicatorType, more[0].IndicatorType)
		if kind := more[0].IndicatorType; kind == "" || api.Fold(kind) == api.Fold(primary.IndicatorType) {
			more = more[1:]
		}
	}
	return primary, more
}

func (c *writeTx) numbers(k kind, values []string) ([]uint32, error) {
	if len(values) == 0 {
		return nil, nil
	}
	out := make([]uint32, len(values))
	for i, v := range values {
		n, err := c.number(k, v)
		if err != nil {
			return nil, err
		}
		out[i] = n
	}
	return out, nil
}

// insert writes the rows and the columns.
func (t *batch) insert(c *writeTx) error {
	fresh := t.fresh()
	rows := &rowWriter{c: c}
	for _, it := range fresh {
		if err := rows.add(it); err != nil {
			return err
		}
	}
	if err := rows.flush(); err != nil {
		return err
	}
	for _, it := range fresh {
		if err := c.appendRecord(c.s.keyer.record(it.id, it.dataset.id, it.flags, &it.doc)); err != nil {
			return err
		}
	}
	return nil
}

func (t *batch) fresh() []*item {
	var out []*item
	for _, it := range t.items {
		if it != nil && !it.exists {
			out = append(out, it)
		}
	}
	return out
}

// rowsPerInsert is how many rows one statement writes.
const rowsPerInsert = 32

// rowWriter writes event and raw rows many at a time.
type rowWriter struct {
	c      *writeTx
	events []any
	raws   []any
}

func (w *rowWriter) add(it *item) error {
	packed, err := it.doc.encode(&w.c.z)
	if err != nil {
		return err
	}
	data, err := packRaw(&w.c.z, it.in.Raw.Data)
	if err != nil {
		return err
	}
	tlp := it.in.Raw.TLP
	if tlp == "" {
		tlp = it.in.TLP
	}
	w.events = append(w.events, it.id, ukey(w.c.account, it.uuid), it.dataset.id, it.flags, packed)
	w.raws = append(w.raws, it.id, it.doc.created, it.in.Raw.Source, tlp, data)
	if err := w.c.s.indexIndicators(w.c.ctx, it.id, nil, it.doc.more); err != nil {
		return err
	}
	if len(w.events) == rowsPerInsert*5 {
		return w.flush()
	}
	return nil
}

func (w *rowWriter) flush() error {
	if len(w.events) == 0 {
		return nil
	}
	n := len(w.events) / 5
	if _, err := w.c.s.exec(w.c.ctx, "INSERT INTO event (id, ukey, dataset, flags, doc) VALUES "+tuples(n), w.events...); err != nil {
		return fmt.Errorf("writing events: %w", err)
	}
	if _, err := w.c.s.exec(w.c.ctx, "INSERT INTO raw (event, created, source, tlp, data) VALUES "+tuples(n), w.raws...); err != nil {
		return fmt.Errorf("writing raw records: %w", err)
	}
	w.events, w.raws = w.events[:0], w.raws[:0]
	return nil
}

// tuples is n five-tuples of parameters.
func tuples(n int) string {
	const one = "(?,?,?,?,?)"
	return one + strings.Repeat(","+one, n-1)
}

// finish writes the journal and the counts.
func (t *batch) finish() error {
	for _, it := range t.fresh() {
		if err := t.journal.make(it.dataset.id, it.id, it.uuid); err != nil {
			return err
		}
		n := len(it.doc.more)
		if it.doc.indicator != "" {
			n++
		}
		t.res.CreatedIndicatorsCount += n
		t.res.CreatedEventsCount++
		if t.req.IncludeCreatedEvents {
			t.res.CreatedEvents = append(t.res.CreatedEvents, api.CreatedEvent{EventIndex: it.index, UUID: uuidText(it.uuid[:]), ShardID: it.dataset.UUID})
		}
	}
	t.res.QueuedIndicatorsCount = t.res.CreatedIndicatorsCount
	if err := t.journal.finish(); err != nil {
		return err
	}
	u, err := newUUID()
	if err != nil {
		return err
	}
	t.res.RequestID = uuidText(u[:])
	return nil
}
