package store

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"

	"threatbench/api"
)

// The single-valued dictionary columns of an event, in stored order.
const (
	numAttacker = iota
	numAttackerCountry
	numTargetCountry
	numIndustry
	numCategory
	numIndicatorType
	numTLP
	numCount
)

// The list columns of an event, in stored order.
const (
	listTags = iota
	listAttack
	listCapec
	listCount
)

// Flags of an event. The numbers are stored.
const (
	flagDeleted       = 1 << iota // only in segments: the row is gone
	flagHasChildren               // parent in a relationship
	flagHasRefs                   // refers to others or is referred to
	flagHasRaw                    // has a raw record, whose id is the event's
	flagEventOpen                 // only in segments: its text isn't in the substring index, and only its row has it for sure
	flagIndicatorOpen             // likewise its indicators
	flagInsightOpen               // likewise its insight
)

// doc is what an event's row holds, dictionary values as numbers.
type doc struct {
	uuid       [16]byte
	date       int64 // ms since 1970
	created    int64
	nums       [numCount]uint32
	killChain  int
	lists      [listCount][]uint32
	event      string
	indicator  string
	insight    string
	releasable string
	more       []typedIndicator // indicators beside the primary one
	source     string           // an api.EventSource as JSON, "" for none
}

type typedIndicator struct {
	kind  uint32 // of the indicator types
	value string
}

const (
	docPlain   = 1
	docDeflate = 2
	// compressFrom is the size from which compressing pays; short documents
	// would only grow.
	compressFrom = 1024
)

// docHead is the length of what is never compressed: the form and the UUID.
const docHead = 1 + 16

// encode is the stored form: how the rest is kept, the UUID, then the fields
// in order, deflated where they are long.
func (d *doc) encode(z *deflater) ([]byte, error) {
	b := make([]byte, 1, 128+len(d.event)+len(d.indicator)+len(d.insight))
	b[0] = docPlain
	b = append(b, d.uuid[:]...)
	b = binary.AppendVarint(b, d.date)
	b = binary.AppendVarint(b, d.created)
	for _, n := range d.nums {
		b = binary.AppendUvarint(b, uint64(n))
	}
	b = binary.AppendVarint(b, int64(d.killChain))
	for _, list := range d.lists {
		b = binary.AppendUvarint(b, uint64(len(list)))
		for _, n := range list {
			b = binary.AppendUvarint(b, uint64(n))
		}
	}
	for _, s := range [...]string{d.event, d.indicator, d.insight, d.releasable} {
		b = appendText(b, s)
	}
	b = binary.AppendUvarint(b, uint64(len(d.more)))
	for _, m := range d.more {
		b = binary.AppendUvarint(b, uint64(m.kind))
		b = appendText(b, m.value)
	}
	if d.source != "" {
		b = appendText(b, d.source)
	}
	if len(b) < compressFrom {
		return b, nil
	}
	return z.deflate(append([]byte{docDeflate}, d.uuid[:]...), b[docHead:])
}

func appendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// decodeDoc reads the stored form; it keeps nothing of b.
func decodeDoc(b []byte) (doc, error) {
	var d doc
	if len(b) < docHead {
		return d, errPacked
	}
	form, rest := b[0], b[docHead:]
	copy(d.uuid[:], b[1:])
	if form == docDeflate {
		plain, err := inflate(rest)
		if err != nil {
			return d, fmt.Errorf("unpacking an event: %w", err)
		}
		rest = plain
	}
	r := byteReader{b: rest}
	d.date = r.varint()
	d.created = r.varint()
	for i := range d.nums {
		d.nums[i] = uint32(r.uvarint())
	}
	d.killChain = int(r.varint())
	for i := range d.lists {
		d.lists[i] = r.numbers()
	}
	d.event, d.indicator, d.insight, d.releasable = r.text(), r.text(), r.text(), r.text()
	for n := r.uvarint(); n > 0 && !r.bad; n-- {
		d.more = append(d.more, typedIndicator{kind: uint32(r.uvarint()), value: r.text()})
	}
	if len(r.b) > 0 && !r.bad { // most events end here
		d.source = r.text()
	}
	if r.bad {
		return d, errPacked
	}
	return d, nil
}

func (r *byteReader) numbers() []uint32 {
	n := int(r.uvarint())
	if n <= 0 || n > len(r.b) {
		r.bad = r.bad || n != 0
		return nil
	}
	out := make([]uint32, n)
	for i := range out {
		out[i] = uint32(r.uvarint())
	}
	return out
}

// deflater compresses with one reused state, which is expensive to make.
type deflater struct{ w *flate.Writer }

// deflate answers head followed by b compressed.
func (z *deflater) deflate(head, b []byte) ([]byte, error) {
	var out bytes.Buffer
	out.Grow(len(b)/2 + 64)
	out.Write(head)
	if z.w == nil {
		w, err := flate.NewWriter(&out, flate.BestSpeed)
		if err != nil {
			return nil, fmt.Errorf("preparing to compress: %w", err)
		}
		z.w = w
	} else {
		z.w.Reset(&out)
	}
	if _, err := z.w.Write(b); err != nil {
		return nil, fmt.Errorf("compressing: %w", err)
	}
	if err := z.w.Close(); err != nil {
		return nil, fmt.Errorf("compressing: %w", err)
	}
	return out.Bytes(), nil
}

func inflate(b []byte) ([]byte, error) {
	return io.ReadAll(flate.NewReader(bytes.NewReader(b)))
}

// Texts longer than these stay out of the packed columns and the substring
// index; what needs them reads the event.
const (
	maxColumnText  = 4096
	maxSortInsight = 256
)

// record is an event as the columns see it.
type record struct {
	id        int64
	dataset   uint32
	flags     int64
	uuid      [16]byte
	date      int64
	created   int64
	nums      [numCount]uint32
	killChain int
	lists     [listCount][]uint32
	texts     [textCount]foldedText   // to sort by
	search    [searchCount]searchText // to search
	keys      []uint64                // of its indicators
}

// The texts of an event that have columns.
const (
	textEvent = iota
	textIndicator
	textInsight
	textCount
)

// foldedText is a text ready for comparison, cut where it is long.
type foldedText struct {
	fold string
	long bool
}

func foldCut(s string, most int) foldedText {
	// Folding can change the number of bytes of a character, at most from 2
	// to 3 or back, so the cut is made on the folded text.
	if len(s) > 4*most {
		s = s[:4*most]
		return foldedText{fold: api.Fold(s)[:most], long: true}
	}
	f := api.Fold(s)
	if len(f) > most {
		return foldedText{fold: f[:most], long: true}
	}
	return foldedText{fold: f}
}

// textOf is one of a document's texts, folded and whole.
func (d *doc) textOf(which int) string {
	return api.Fold([...]string{d.event, d.indicator, d.insight}[which])
}

// hashText is the 32-bit key that indicator lookups scan for. It is stored, so
// it must never change: FNV-1a.
func hashText(fold string) uint32 {
	h := uint32(2166136261)
	for i := range len(fold) {
		h = (h ^ uint32(fold[i])) * 16777619
	}
	return h
}
