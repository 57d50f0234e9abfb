package store

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// The operations of the journal.
const (
	opCreate     = "create"
	opUpdate     = "update"
	opDelete     = "delete"
	opMove       = "move"
	opCopy       = "copy"
	opAddTags    = "add tags"
	opRemoveTags = "remove tags"
	opRefer      = "add references"
	opUnrefer    = "remove references"
	opRaw        = "update raw"
	opRelate     = "relate"
	opUnrelate   = "unrelate"
	opRevert     = "revert"
	opLinks      = "links" // only edges, because of a change to events of another dataset
)

// The kinds of items in the journal's undo parts. The numbers are stored.
const (
	itemEvent     = iota + 1 // an event as it was, or that it wasn't there
	itemRaw                  // a raw record likewise
	itemLink                 // a relationship: whether it was there
	itemReference            // a reference likewise
	itemWait                 // an edge that waits likewise
	itemMade                 // ids of events that were made, where their range has gaps
	itemWhole                // an event whose raw record and edges are all noted by now
)

const (
	undoPartBytes = 256 << 10
	undoPartBits  = 20
	namedEvents   = 10 // whose UUIDs a change's row holds
)

// journal notes what one transaction makes and overwrites, dataset by dataset,
// so that a revert can bring it back.
type journal struct {
	c    *writeTx
	op   string
	logs map[uint32]*changeLog
}

// changeLog is the part of a journal that concerns one dataset: one row of the
// table change.
type changeLog struct {
	id      int64
	parts   int64
	buf     []byte
	made    []int64 // ids, rising
	touched map[int64]bool
	named   []byte // UUIDs
	direct  bool   // it holds more than edges
}

func (c *writeTx) newJournal(op string) *journal {
	return &journal{c: c, op: op, logs: map[uint32]*changeLog{}}
}

func (j *journal) log(dataset uint32) (*changeLog, error) {
	if l := j.logs[dataset]; l != nil {
		return l, nil
	}
	id, err := j.c.journal(dataset, j.op, 0, nil)
	if err != nil {
		return nil, err
	}
	l := &changeLog{id: id, touched: map[int64]bool{}}
	j.logs[dataset] = l
	return l, nil
}

// note adds an item to the logs of some datasets.
func (j *journal) note(datasets []uint32, item []byte) error {
	for _, ds := range datasets {
		l, err := j.log(ds)
		if err != nil {
			return err
		}
		l.direct = l.direct || item[0] == itemEvent || item[0] == itemRaw
		l.buf = append(l.buf, item...)
		if len(l.buf) < undoPartBytes {
			continue
		}
		if err := j.flush(l); err != nil {
			return err
		}
	}
	return nil
}

// touch counts an event among those a change touched.
func (j *journal) touch(datasets []uint32, id int64, uuid [16]byte) error {
	for _, ds := range datasets {
		l, err := j.log(ds)
		if err != nil {
			return err
		}
		if l.touched[id] {
			continue
		}
		l.touched[id] = true
		l.name(uuid)
	}
	return nil
}

// make notes a new event; those of a dataset must come by rising id.
func (j *journal) make(dataset uint32, id int64, uuid [16]byte) error {
	l, err := j.log(dataset)
	if err != nil {
		return err
	}
	l.direct = true
	l.made = append(l.made, id)
	l.touched[id] = true
	l.name(uuid)
	return nil
}

func (l *changeLog) name(uuid [16]byte) {
	if len(l.named) < 16*namedEvents {
		l.named = append(l.named, uuid[:]...)
	}
}

func (j *journal) flush(l *changeLog) error {
	if len(l.buf) == 0 {
		return nil
	}
	packed, err := packRaw(&j.c.z, l.buf)
	if err != nil {
		return err
	}
	if _, err := j.c.s.exec(j.c.ctx, "INSERT INTO undo (id, data) VALUES (?, ?)", l.id<<undoPartBits|l.parts, packed); err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	l.parts++
	l.buf = l.buf[:0]
	return nil
}

// finish completes the rows of the journal.
func (j *journal) finish() error {
	for _, l := range j.logs {
		if err := j.finishLog(l); err != nil {
			return err
		}
	}
	return nil
}

func (j *journal) finishLog(l *changeLog) error {
	var first, last int64
	if n := len(l.made); n > 0 {
		first, last = l.made[0], l.made[n-1]
		if last-first+1 != int64(n) {
			first, last = 0, 0
			l.buf = appendMade(l.buf, l.made)
		}
	}
	if err := j.flush(l); err != nil {
		return err
	}
	op := j.op
	if !l.direct && op != opRelate && op != opUnrelate && op != opRefer && op != opUnrefer && op != opRevert {
		op = opLinks
	}
	count := len(l.touched)
	if n := len(l.made); n > 0 && (op == opCreate || op == opCopy) {
		count = n // not those that were there and got a relationship to one of them
	}
	_, err := j.c.s.exec(j.c.ctx, "UPDATE change SET op = ?, first_id = ?, last_id = ?, count = ?, events = ? WHERE id = ?",
		op, first, last, count, l.named, l.id)
	if err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	return nil
}

// journal notes a change and answers its number; before is what was there of
// a dataset itself, nil where nothing was.
func (c *writeTx) journal(dataset uint32, op string, count int, before []byte) (int64, error) {
	id, err := c.s.insert(c.ctx, "INSERT INTO change (seq, at, account, dataset, actor, op, first_id, last_id, count, before) VALUES (?, ?, ?, ?, ?, ?, 0, 0, ?, ?)",
		c.state.change, c.now, c.account, dataset, c.who.Name, op, count, before)
	if err != nil {
		return 0, fmt.Errorf("writing the journal: %w", err)
	}
	return id, nil
}

// eventRow is an event as the table event holds it.
type eventRow struct {
	id      int64
	dataset uint32
	flags   int64
	packed  []byte // the document as it is stored
	doc     doc
}

// rawRow is a raw record as its table holds it.
type rawRow struct {
	created int64
	source  string
	tlp     string
	data    []byte // packed
}

// wait is an edge that waits for the event it needs.
type wait struct {
	want  [16]byte
	event int64
	kind  int
}

// reference is one event referring to another.
type reference struct{ src, dst int64 }

func appendEventItem(b []byte, id int64, was *eventRow) []byte {
	b = binary.AppendVarint(append(b, itemEvent), id)
	if was == nil {
		return append(b, 0)
	}
	b = binary.AppendUvarint(append(b, 1), uint64(was.dataset))
	return appendText(b, string(was.packed))
}

func appendRawItem(b []byte, id int64, was *rawRow) []byte {
	b = binary.AppendVarint(append(b, itemRaw), id)
	if was == nil {
		return append(b, 0)
	}
	b = binary.AppendVarint(append(b, 1), was.created)
	return appendText(appendText(appendText(b, was.source), was.tlp), string(was.data))
}

func appendLinkItem(b []byte, e edge, was bool) []byte {
	b = binary.AppendVarint(append(b, itemLink), e.parent)
	b = binary.AppendVarint(b, e.child)
	return appendBool(append(b, byte(e.kind)), was)
}

func appendReferenceItem(b []byte, r reference, was bool) []byte {
	b = binary.AppendVarint(append(b, itemReference), r.src)
	return appendBool(binary.AppendVarint(b, r.dst), was)
}

func appendWaitItem(b []byte, w wait, was bool) []byte {
	b = append(append(b, itemWait), w.want[:]...)
	b = binary.AppendVarint(b, w.event)
	return appendBool(append(b, byte(w.kind)), was)
}

func appendMade(b []byte, ids []int64) []byte {
	b = binary.AppendUvarint(append(b, itemMade), uint64(len(ids)))
	last := int64(0)
	for _, id := range ids {
		b = binary.AppendUvarint(b, uint64(id-last))
		last = id
	}
	return b
}

func appendWhole(b []byte, id int64) []byte { return binary.AppendVarint(append(b, itemWhole), id) }

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// undoReader holds how a dataset was at a moment, as far as it changed since. A nil
// event or raw record wasn't there.
type undoReader struct {
	made   idSpans // that weren't there; they are in none of the maps of events and raw records
	events map[int64]*eventRow
	raws   map[int64]*rawRow
	links  map[edge]bool
	refs   map[reference]bool
	waits  map[wait]bool
	whole  map[int64]bool // whose raw record and edges are known: others came while it was elsewhere
}

func newUndoReader() *undoReader {
	return &undoReader{
		events: map[int64]*eventRow{}, raws: map[int64]*rawRow{},
		links: map[edge]bool{}, refs: map[reference]bool{}, waits: map[wait]bool{}, whole: map[int64]bool{},
	}
}

// keep writes down what was first there under a key.
func keep[K comparable, V any](m map[K]V, key K, was V) {
	if _, known := m[key]; !known {
		m[key] = was
	}
}

// read takes in the items of an undo part. Parts must come in the order they
// were written.
func (p *undoReader) read(packed []byte) error {
	data, err := unpackRaw(packed)
	if err != nil {
		return err
	}
	r := byteReader{b: data}
	for len(r.b) > 0 && !r.bad {
		if err := p.readItem(&r); err != nil {
			return err
		}
	}
	if r.bad {
		return errPacked
	}
	return nil
}

func (p *undoReader) readItem(r *byteReader) error {
	switch r.byte() {
	case itemEvent:
		return p.readEvent(r)
	case itemRaw:
		id := r.varint()
		var was *rawRow
		if r.byte() == 1 {
			was = &rawRow{created: r.varint(), source: r.text(), tlp: r.text(), data: []byte(r.text())}
		}
		if !p.made.has(id) {
			keep(p.raws, id, was)
		}
	case itemLink:
		e := edge{parent: r.varint(), child: r.varint(), kind: int(r.byte())}
		if was := p.was(r, e.parent, e.child); !p.made.has(e.parent) || !p.made.has(e.child) {
			keep(p.links, e, was)
		}
	case itemReference:
		ref := reference{src: r.varint(), dst: r.varint()}
		if was := p.was(r, ref.src, ref.dst); !p.made.has(ref.src) || !p.made.has(ref.dst) {
			keep(p.refs, ref, was)
		}
	case itemWait:
		w := wait{}
		copy(w.want[:], r.take(len(w.want)))
		w.event, w.kind = r.varint(), int(r.byte())
		if was := p.was(r, w.event); !p.made.has(w.event) {
			keep(p.waits, w, was)
		}
	case itemMade:
		id := int64(0)
		for n := r.uvarint(); n > 0 && !r.bad; n-- {
			id += int64(r.uvarint())
			p.made.add(id, id)
		}
	case itemWhole:
		if id := r.varint(); !p.made.has(id) {
			p.whole[id] = true
			keep(p.raws, id, nil) // a raw record would have been noted before this
		}
	default:
		return errPacked
	}
	return nil
}

// was reads whether an edge was there. One that shows up only after all edges
// of an end were noted wasn't.
func (p *undoReader) was(r *byteReader, ends ...int64) bool {
	there := r.byte() == 1
	for _, id := range ends {
		there = there && !p.whole[id]
	}
	return there
}

func (p *undoReader) readEvent(r *byteReader) error {
	was := &eventRow{id: r.varint()}
	id := was.id
	if r.byte() == 1 {
		was.dataset = uint32(r.uvarint())
		was.packed = slices.Clone(r.take(int(r.uvarint())))
	} else {
		was = nil
	}
	if !p.made.has(id) {
		keep(p.events, id, was)
	}
	return nil
}
