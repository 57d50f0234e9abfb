package store

import (
	"fmt"
	"slices"
)

// rowDiff is an event that changed in place, as the columns see it. Of a
// removed one, now holds the id and flagDeleted only.
type rowDiff struct {
	old    *record // nil: what the columns hold is unknown
	now    record
	texts  [textCount]bool   // that may differ
	search [searchCount]bool // likewise
}

func (a *rowDiff) gone() bool { return a.now.flags&flagDeleted != 0 }

// maxOpen is how many events of a segment may have texts that its columns and
// the substring index don't know; past it the segment is written anew.
const maxOpen = 64

const openMask = flagEventOpen | flagIndicatorOpen | flagInsightOpen

// rewrite brings the columns in line with rows that are written already.
func (c *writeTx) rewrite(list []rowDiff) error {
	bySegment := map[int][]rowDiff{}
	for _, a := range list {
		b, i := c.state.segment.of(a.now.id)
		if b < c.state.sealed {
			bySegment[b] = append(bySegment[b], a)
			continue
		}
		c.tail[i] = a.now
		c.rewrote = true
	}
	for index, list := range bySegment {
		w := segmentWriter{c: c, index: index, list: list, recs: map[int]*record{}}
		if err := w.run(); err != nil {
			return fmt.Errorf("rewriting segment %d: %w", index, err)
		}
	}
	return nil
}

// reseal writes a sealed segment anew from its rows.
func (c *writeTx) reseal(index int) error {
	recs, err := readRecords(c.ctx, c.s, nil, c.state.segment.first(index), int(c.state.segment))
	if err != nil {
		return err
	}
	for bucket := range trigramBuckets {
		if _, err := c.s.exec(c.ctx, "DELETE FROM gram WHERE id = ?", int64(bucket)<<32|int64(index)); err != nil {
			return err
		}
	}
	return c.seal(index, recs)
}

// segmentWriter rewrites those columns of a sealed segment that changed. A
// changed text is neither put into its column nor into the substring index:
// the event is marked open, and searches read its row.
type segmentWriter struct {
	c     *writeTx
	index int
	list  []rowDiff
	flags []int64         // of the whole segment, as they are to be
	recs  map[int]*record // read for comparing, by place
}

func (w *segmentWriter) run() error {
	if err := w.mark(); err != nil {
		return err
	}
	crowded, err := w.crowded()
	if err != nil {
		return err
	}
	if crowded {
		return w.c.reseal(w.index)
	}
	if err := w.put(colFlags, packNumbers(w.flags)); err != nil {
		return err
	}
	for col := range colTexts {
		if col == colFlags || !w.changes(col) {
			continue
		}
		if err := w.column(col); err != nil {
			return err
		}
	}
	if w.changes(colKeys) {
		if err := w.keys(); err != nil {
			return err
		}
	}
	for which := range textCount {
		if err := w.order(which); err != nil {
			return err
		}
	}
	return w.measure()
}

func (w *segmentWriter) put(col int, data []byte) error {
	return w.c.putColumn(w.c.meta(w.index), w.index, col, data)
}

func (w *segmentWriter) place(a *rowDiff) int {
	_, i := w.c.state.segment.of(a.now.id)
	return i
}

// stored reads the packed form of a column.
func (w *segmentWriter) stored(col int) ([]byte, error) {
	var data []byte
	err := w.c.s.queryRow(w.c.ctx, "SELECT data FROM segcol WHERE id = ?", w.index*columnsPerSegment+col).Scan(&data)
	return data, err
}

// numbers reads a column of numbers.
func (w *segmentWriter) numbers(col int) ([]int64, error) {
	data, err := w.stored(col)
	if err != nil {
		return nil, err
	}
	c, _, err := readInts(data)
	if err != nil || c.n != int(w.c.state.segment) {
		return nil, errPacked
	}
	return c.unpack(make([]int64, c.n)), nil
}

// mark works out the flags.
func (w *segmentWriter) mark() error {
	var err error
	if w.flags, err = w.numbers(colFlags); err != nil {
		return err
	}
	for at := range w.list {
		a := &w.list[at]
		i := w.place(a)
		w.flags[i] = w.flags[i]&openMask | a.now.flags
		if a.gone() {
			continue
		}
		w.flags[i] |= openFlags(&a.now)
		for which, changed := range a.search {
			if changed {
				w.flags[i] |= openFlag(which)
			}
		}
	}
	return nil
}

// crowded tells whether too many texts are open that needn't be.
func (w *segmentWriter) crowded() (bool, error) {
	for which := range searchCount {
		var open bitset
		for i, f := range w.flags {
			if f&openFlag(which) != 0 && f&flagDeleted == 0 {
				open.set(i)
			}
		}
		if open.count() <= maxOpen {
			continue
		}
		data, err := w.stored(searchColumn(which))
		if err != nil {
			return false, err
		}
		col, err := readTexts(data)
		if err != nil {
			return false, err
		}
		n := 0
		open.each(func(i int) {
			if !col.long.has(i) {
				n++
			}
		})
		if n > maxOpen {
			return true, nil
		}
	}
	return false, nil
}

// changes tells whether a column may have to be rewritten.
func (w *segmentWriter) changes(col int) bool {
	return slices.ContainsFunc(w.list, func(a rowDiff) bool { return !a.gone() && a.differs(col) })
}

func (a *rowDiff) differs(col int) bool {
	switch {
	case a.old == nil:
		return true
	case col == colUUID:
		return a.old.uuid != a.now.uuid
	case col == colKeys:
		return !slices.Equal(a.old.keys, a.now.keys)
	case col >= colLists && col < colUUID:
		return !slices.Equal(a.old.lists[col-colLists], a.now.lists[col-colLists])
	}
	return a.old.number(col) != a.now.number(col)
}

func (w *segmentWriter) column(col int) error {
	switch {
	case col == colUUID:
		return w.uuids()
	case col >= colLists && col < colUUID:
		return w.lists(col)
	}
	vals, err := w.numbers(col)
	if err != nil {
		return err
	}
	for at := range w.list {
		if a := &w.list[at]; !a.gone() {
			vals[w.place(a)] = a.now.number(col)
		}
	}
	return w.put(col, packNumeric(vals, col))
}

func (w *segmentWriter) uuids() error {
	data, err := w.stored(colUUID)
	if err != nil {
		return err
	}
	if len(data) != 16*int(w.c.state.segment) {
		return errPacked
	}
	for at := range w.list {
		if a := &w.list[at]; !a.gone() {
			copy(data[16*w.place(a):], a.now.uuid[:])
		}
	}
	return w.put(colUUID, data)
}

func (w *segmentWriter) keys() error {
	data, err := w.stored(colKeys)
	if err != nil {
		return err
	}
	c, err := readKeys(data)
	if err != nil || c.ends.n != int(w.c.state.segment) {
		return errPacked
	}
	recs := make([]record, c.ends.n)
	for i := range recs {
		recs[i].keys = c.at(i)
	}
	for at := range w.list {
		if a := &w.list[at]; !a.gone() {
			recs[w.place(a)].keys = a.now.keys
		}
	}
	return w.put(colKeys, packKeys(recs))
}

func (w *segmentWriter) lists(col int) error {
	data, err := w.stored(col)
	if err != nil {
		return err
	}
	c, err := readLists(data)
	if err != nil || c.ends.n != int(w.c.state.segment) {
		return errPacked
	}
	vals := make([][]uint32, c.ends.n)
	for i := range vals {
		from, to := c.bounds(i)
		for at := from; at < to; at++ {
			vals[i] = append(vals[i], uint32(c.vals.at(at)))
		}
	}
	for at := range w.list {
		if a := &w.list[at]; !a.gone() {
			vals[w.place(a)] = a.now.lists[col-colLists]
		}
	}
	return w.put(col, packLists(vals))
}

// order moves events whose text changed to their new places in a text order.
// Removed events come last in it; nobody asks for them.
func (w *segmentWriter) order(which int) error {
	moved := map[int64]*record{}
	for at := range w.list {
		if a := &w.list[at]; a.texts[which] && !a.gone() {
			moved[int64(w.place(a))] = &a.now
		}
	}
	if len(moved) == 0 {
		return nil
	}
	places, err := w.numbers(colOrders + which)
	if err != nil {
		return err
	}
	var walk, gone []int64
	for _, place := range places {
		switch {
		case place < 0 || int(place) >= len(w.flags):
			return errPacked
		case moved[place] != nil:
		case w.flags[place]&flagDeleted != 0:
			gone = append(gone, place)
		default:
			walk = append(walk, place)
		}
	}
	for place, rec := range moved {
		w.recs[int(place)] = rec
	}
	for place, rec := range moved {
		at, err := w.find(walk, rec, which)
		if err != nil {
			return err
		}
		walk = slices.Insert(walk, at, place)
	}
	return w.put(colOrders+which, packNumbers(append(walk, gone...)))
}

// find is where a record belongs among sorted places.
func (w *segmentWriter) find(walk []int64, rec *record, which int) (int, error) {
	full := func(id int64, which int) (string, error) { return w.c.s.fullText(w.c.ctx, id, which) }
	var failed error
	at, _ := slices.BinarySearchFunc(walk, rec, func(place int64, rec *record) int {
		if failed != nil {
			return 0
		}
		var there *record
		if there, failed = w.record(int(place)); failed != nil {
			return 0
		}
		var c int
		c, failed = compareTexts(there, rec, which, full)
		return c
	})
	return at, failed
}

// record reads an event of the segment.
func (w *segmentWriter) record(place int) (*record, error) {
	if r := w.recs[place]; r != nil {
		return r, nil
	}
	id := w.c.state.segment.first(w.index) + int64(place)
	r, err := w.c.s.row(w.c.ctx, id)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, fmt.Errorf("event %d: %w", id, errVanished)
	}
	rec := w.c.s.keyer.record(id, r.dataset, r.flags, &r.doc)
	w.recs[place] = &rec
	return &rec, nil
}

// measure describes the segment anew where its datasets or dates may have
// changed.
func (w *segmentWriter) measure() error {
	same := !slices.ContainsFunc(w.list, func(a rowDiff) bool {
		return a.gone() || a.differs(colDate) || a.differs(colCreated) || a.differs(colDataset)
	})
	if same {
		return nil
	}
	recs := make([]record, len(w.flags))
	for _, col := range [...]int{colDate, colCreated, colDataset} {
		vals, err := w.numbers(col)
		if err != nil {
			return err
		}
		for i, v := range vals {
			switch col {
			case colDate:
				recs[i].date = v
			case colCreated:
				recs[i].created = v
			case colDataset:
				recs[i].dataset = uint32(v)
			}
		}
	}
	for i, f := range w.flags {
		recs[i].flags = f
	}
	is, meta := metaOf(recs), w.c.meta(w.index)
	meta.datasets, meta.dates, meta.created, meta.deleted = is.datasets, is.dates, is.created, is.deleted
	return nil
}
