package store

import (
	"encoding/binary"
	"errors"
	"math"
)

var errPacked = errors.New("a packed column is damaged")

// ints is a packed column of whole numbers: value = base + step*stored, each
// stored in width bytes (0: all are the base). It is read in place.
type ints struct {
	n     int
	width int
	base  int64
	step  int64
	data  []byte
}

// at is the value at place i.
func (c ints) at(i int) int64 { return c.base + c.step*int64(c.stored(i)) }

func (c ints) stored(i int) uint64 {
	switch c.width {
	case 1:
		return uint64(c.data[i])
	case 2:
		return uint64(binary.LittleEndian.Uint16(c.data[2*i:]))
	case 4:
		return uint64(binary.LittleEndian.Uint32(c.data[4*i:]))
	case 8:
		return binary.LittleEndian.Uint64(c.data[8*i:])
	}
	return 0
}

// unpack writes all values to dst, which must be long enough, and answers the
// part it filled. Loops over many values are faster over its result.
func (c ints) unpack(dst []int64) []int64 {
	dst = dst[:c.n]
	switch c.width {
	case 1:
		for i, s := range c.data[:len(dst)] {
			dst[i] = c.base + c.step*int64(s)
		}
	case 2:
		for i := range dst {
			dst[i] = c.base + c.step*int64(binary.LittleEndian.Uint16(c.data[2*i:]))
		}
	case 4:
		for i := range dst {
			dst[i] = c.base + c.step*int64(binary.LittleEndian.Uint32(c.data[4*i:]))
		}
	default:
		for i := range dst {
			dst[i] = c.at(i)
		}
	}
	return dst
}

// packNumbers packs dictionary numbers: the stored values are the numbers
// themselves, so that a scan can look them up in a table.
func packNumbers(vals []int64) []byte {
	lo, hi := bounds(vals)
	if lo == hi {
		return packAs(vals, lo, 1, 0)
	}
	return packAs(vals, 0, 1, widthOf(uint64(hi)))
}

// packSpread packs any values by their distance from the least, in the largest
// step that divides all distances (dates are often whole seconds or minutes).
func packSpread(vals []int64) []byte {
	lo, hi := bounds(vals)
	var step uint64
	for _, v := range vals {
		step = gcd(uint64(v-lo), step)
		if step == 1 {
			break
		}
	}
	if step == 0 {
		return packAs(vals, lo, 1, 0)
	}
	if step > math.MaxInt64 {
		step = 1
	}
	return packAs(vals, lo, int64(step), widthOf(uint64(hi-lo)/step))
}

func bounds(vals []int64) (lo, hi int64) {
	if len(vals) == 0 {
		return 0, 0
	}
	lo, hi = vals[0], vals[0]
	for _, v := range vals {
		lo, hi = min(lo, v), max(hi, v)
	}
	return lo, hi
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func widthOf(most uint64) int {
	switch {
	case most <= math.MaxUint8:
		return 1
	case most <= math.MaxUint16:
		return 2
	case most <= math.MaxUint32:
		return 4
	}
	return 8
}

func packAs(vals []int64, base, step int64, width int) []byte {
	out := make([]byte, 0, 24+width*len(vals))
	out = append(out, byte(width))
	out = binary.AppendUvarint(out, uint64(len(vals)))
	out = binary.AppendVarint(out, base)
	out = binary.AppendVarint(out, step)
	for _, v := range vals {
		s := uint64(v-base) / uint64(step)
		switch width {
		case 1:
			out = append(out, byte(s))
		case 2:
			out = binary.LittleEndian.AppendUint16(out, uint16(s))
		case 4:
			out = binary.LittleEndian.AppendUint32(out, uint32(s))
		case 8:
			out = binary.LittleEndian.AppendUint64(out, s)
		}
	}
	return out
}

// readInts reads a packed column and answers what follows it.
func readInts(b []byte) (c ints, rest []byte, err error) {
	r := byteReader{b: b}
	c.width = int(r.byte())
	c.n = int(r.uvarint())
	c.base = r.varint()
	c.step = r.varint()
	if r.bad || c.n < 0 || c.n > maxPacked || c.width > 8 {
		return ints{}, nil, errPacked
	}
	c.data = r.take(c.n * c.width)
	if r.bad {
		return ints{}, nil, errPacked
	}
	return c, r.b, nil
}

// maxPacked is more values than any column holds: each event of a segment with
// all the list elements it may have.
const maxPacked = blockSize * maxListItems

// endsWithin tells whether the ends of a segment's runs rise and stay within
// what they divide.
func (c ints) endsWithin(total int) bool {
	if c.n > blockSize {
		return false
	}
	last := int64(0)
	for i := range c.n {
		end := c.at(i)
		if end < last || end > int64(total) {
			return false
		}
		last = end
	}
	return true
}

// lists is a packed column of lists of dictionary numbers.
type lists struct {
	ends ints // where the list at i ends; it begins where the one before ends
	vals ints
}

func (c lists) bounds(i int) (from, to int) {
	if i > 0 {
		from = int(c.ends.at(i - 1))
	}
	return from, int(c.ends.at(i))
}

func packLists(vals [][]uint32) []byte {
	ends := make([]int64, len(vals))
	var all []int64
	for i, list := range vals {
		for _, v := range list {
			all = append(all, int64(v))
		}
		ends[i] = int64(len(all))
	}
	return append(packNumbers(ends), packNumbers(all)...)
}

func readLists(b []byte) (c lists, err error) {
	if c.ends, b, err = readInts(b); err != nil {
		return c, err
	}
	if c.vals, _, err = readInts(b); err != nil {
		return c, err
	}
	if !c.ends.endsWithin(c.vals.n) {
		return lists{}, errPacked
	}
	return c, nil
}

// texts is a packed column of folded texts. Those that were too long to keep
// here are marked, and are to be read from their events.
type texts struct {
	ends ints
	long bitset
	data []byte
}

func (c *texts) at(i int) (text []byte, complete bool) {
	from := int64(0)
	if i > 0 {
		from = c.ends.at(i - 1)
	}
	return c.data[from:c.ends.at(i)], !c.long.has(i)
}

func packTexts(vals []string, long []bool) []byte {
	ends := make([]int64, len(vals))
	var marked []int64
	total := 0
	for i, s := range vals {
		total += len(s)
		ends[i] = int64(total)
		if long[i] {
			marked = append(marked, int64(i))
		}
	}
	out := append(packNumbers(ends), packNumbers(marked)...)
	out = append(make([]byte, 0, len(out)+total), out...)
	for _, s := range vals {
		out = append(out, s...)
	}
	return out
}

func readTexts(b []byte) (*texts, error) {
	c := &texts{}
	var err error
	if c.ends, b, err = readInts(b); err != nil {
		return nil, err
	}
	var marked ints
	if marked, b, err = readInts(b); err != nil {
		return nil, err
	}
	for i := range marked.n {
		place := marked.at(i)
		if place < 0 || place >= blockSize {
			return nil, errPacked
		}
		c.long.set(int(place))
	}
	c.data = b
	if !c.ends.endsWithin(len(b)) {
		return nil, errPacked
	}
	return c, nil
}

// byteReader reads the varints and runs that packed forms are made of; a read
// past the end sets bad and gives zeros.
type byteReader struct {
	b   []byte
	bad bool
}

func (r *byteReader) byte() byte {
	if len(r.b) == 0 {
		r.bad = true
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

func (r *byteReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *byteReader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *byteReader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.bad = true
		return nil
	}
	v := r.b[:n:n]
	r.b = r.b[n:]
	return v
}

func (r *byteReader) text() string { return string(r.take(int(r.uvarint()))) }
