package store

import (
	"encoding/binary"
	"slices"
	"strings"
	"sync"

	"threatbench/api/indicator"
)

// The columns. The numbers are stored: never renumber.
const (
	colDate = iota
	colCreated
	colDataset
	colFlags
	colKillChain
	colNums    // numCount columns, in the order of doc.nums
	colLists   = colNums + numCount
	colUUID    = colLists + listCount
	colHash    = colUUID + 1 // of the folded indicator
	colTexts   = colHash + 1 // event and indicators, as they are searched
	colOrders  = colTexts + 2
	colInsight = colOrders + textCount // the insight, as it is searched
	colKeys    = colInsight + 1        // of the indicators
	colCount   = colKeys + 1
)

// columnsPerSegment spaces the ids of segcol.
const columnsPerSegment = 64

// block is a run of consecutive event ids: a sealed segment, whose columns are
// in the database, or the tail past the last one, whose columns are made from
// the rows. Blocks are immutable.
type block struct {
	index int
	first int64 // the id at place 0
	n     int   // places in use
	meta  *segMeta
	tail  *tail // nil in a sealed one
}

func (b *block) id(i int) int64 { return b.first + int64(i) }

// segmentSize is how many events the segments of a database hold.
type segmentSize int64

// of is the block an id lies in, and its place there.
func (n segmentSize) of(id int64) (b, i int) {
	return int((id - 1) / int64(n)), int((id - 1) % int64(n))
}

// first is the id at place 0 of a block.
func (n segmentSize) first(index int) int64 { return int64(index)*int64(n) + 1 }

// segMeta tells what a block holds without reading its columns.
type segMeta struct {
	versions [colCount]int64 // change number that wrote the column
	datasets []uint32        // that occur, rising
	dates    [2]int64        // least and greatest date
	created  [2]int64
	deleted  bool // some event is deleted
	format   int  // segmentFormat when it was sealed
}

// segmentFormat tells in which form segments are sealed. Segments of another
// are sealed anew when the database is opened. It changes with the columns,
// with the substring index and with the canonical form of indicators.
const segmentFormat = 100 + indicator.CanonicalVersion

func (m *segMeta) encode() []byte {
	var b []byte
	b = binary.AppendUvarint(b, colCount)
	for _, v := range m.versions {
		b = binary.AppendVarint(b, v)
	}
	b = binary.AppendUvarint(b, uint64(len(m.datasets)))
	for _, d := range m.datasets {
		b = binary.AppendUvarint(b, uint64(d))
	}
	for _, v := range [...]int64{m.dates[0], m.dates[1], m.created[0], m.created[1]} {
		b = binary.AppendVarint(b, v)
	}
	deleted := byte(0)
	if m.deleted {
		deleted = 1
	}
	return binary.AppendUvarint(append(b, deleted), uint64(m.format))
}

func decodeMeta(b []byte) (*segMeta, error) {
	r := byteReader{b: b}
	m := &segMeta{}
	n := r.uvarint()
	if n > colCount {
		return nil, errPacked
	}
	for i := range n {
		m.versions[i] = r.varint()
	}
	m.datasets = r.numbers()
	for _, p := range [...]*int64{&m.dates[0], &m.dates[1], &m.created[0], &m.created[1]} {
		*p = r.varint()
	}
	m.deleted = r.byte() == 1
	if r.bad {
		return nil, errPacked
	}
	if len(r.b) > 0 { // older segments end here
		m.format = int(r.uvarint())
	}
	if r.bad {
		return nil, errPacked
	}
	return m, nil
}

// metaOf describes records; the versions are left at zero.
func metaOf(recs []record) *segMeta {
	m := &segMeta{}
	for i := range recs {
		r := &recs[i]
		if r.flags&flagDeleted != 0 {
			m.deleted = true
			continue
		}
		if len(m.datasets) == 0 {
			m.dates, m.created = [2]int64{r.date, r.date}, [2]int64{r.created, r.created}
		}
		m.dates = [2]int64{min(m.dates[0], r.date), max(m.dates[1], r.date)}
		m.created = [2]int64{min(m.created[0], r.created), max(m.created[1], r.created)}
		if at, ok := slices.BinarySearch(m.datasets, r.dataset); !ok {
			m.datasets = slices.Insert(m.datasets, at, r.dataset)
		}
	}
	return m
}

// tail is the events past the last sealed segment. Its columns are packed when
// they are first asked for.
type tail struct {
	recs []record // by place; a deleted one has only its id and flagDeleted
	mu   sync.Mutex
	cols [colCount][]byte
}

func (t *tail) column(c int, full fullText) ([]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cols[c] != nil {
		return t.cols[c], nil
	}
	b, err := packColumn(t.recs, c, full)
	if err == nil {
		t.cols[c] = b
	}
	return b, err
}

// fullText reads one text of an event, folded and whole.
type fullText func(id int64, which int) (string, error)

// packColumn makes one column of consecutive records.
func packColumn(recs []record, c int, full fullText) ([]byte, error) {
	switch {
	case c >= colLists && c < colUUID:
		vals := make([][]uint32, len(recs))
		for i := range recs {
			vals[i] = recs[i].lists[c-colLists]
		}
		return packLists(vals), nil
	case c == colUUID:
		return packUUIDs(recs), nil
	case c == colKeys:
		return packKeys(recs), nil
	case c == colInsight:
		return packTextColumn(recs, searchInsight), nil
	case c == colTexts+searchEvent || c == colTexts+searchIndicators:
		return packTextColumn(recs, c-colTexts), nil
	case c >= colOrders:
		return packOrder(recs, c-colOrders, full)
	}
	vals := make([]int64, len(recs))
	for i := range recs {
		vals[i] = recs[i].number(c)
	}
	return packNumeric(vals, c), nil
}

// number is a record's value in a column of numbers.
func (r *record) number(col int) int64 {
	switch col {
	case colDate:
		return r.date
	case colCreated:
		return r.created
	case colDataset:
		return int64(r.dataset)
	case colFlags:
		return r.flags
	case colKillChain:
		return int64(r.killChain)
	case colHash:
		return int64(r.hash())
	}
	return int64(r.nums[col-colNums])
}

// packNumeric packs a column of numbers the way its readers expect.
func packNumeric(vals []int64, col int) []byte {
	if col == colDate || col == colCreated {
		return packSpread(vals)
	}
	return packNumbers(vals)
}

// hash is the indicator's key; that of a long one is made of its beginning.
func (r *record) hash() uint32 { return hashText(r.texts[textIndicator].fold) }

func packUUIDs(recs []record) []byte {
	out := make([]byte, 0, 16*len(recs))
	for i := range recs {
		out = append(out, recs[i].uuid[:]...)
	}
	return out
}

func packTextColumn(recs []record, which int) []byte {
	vals := make([]string, len(recs))
	long := make([]bool, len(recs))
	for i := range recs {
		if t := &recs[i].search[which]; t.long {
			long[i] = true
		} else {
			vals[i] = t.fold
		}
	}
	return packTexts(vals, long)
}

// packOrder is the places sorted by a text, then by UUID.
func packOrder(recs []record, which int, full fullText) ([]byte, error) {
	order := make([]int64, len(recs))
	for i := range order {
		order[i] = int64(i)
	}
	var failed error
	slices.SortFunc(order, func(a, b int64) int {
		c, err := compareTexts(&recs[a], &recs[b], which, full)
		if err != nil {
			failed = err
		}
		return c
	})
	if failed != nil {
		return nil, failed
	}
	return packNumbers(order), nil
}

func compareTexts(a, b *record, which int, full fullText) (int, error) {
	ta, tb := a.texts[which], b.texts[which]
	c := strings.Compare(ta.fold, tb.fold)
	if c == 0 && ta.long != tb.long {
		// The cut one goes on where the other ends.
		if ta.long {
			return 1, nil
		}
		return -1, nil
	}
	if c == 0 && ta.long {
		fa, err := full(a.id, which)
		if err != nil {
			return 0, err
		}
		fb, err := full(b.id, which)
		if err != nil {
			return 0, err
		}
		c = strings.Compare(fa, fb)
	}
	if c != 0 {
		return c, nil
	}
	return slices.Compare(a.uuid[:], b.uuid[:]), nil
}
