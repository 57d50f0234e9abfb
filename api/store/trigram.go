package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// The substring index: for every sealed segment, which of its events contain
// which three bytes in a row, without case, in their prose (the event's text
// and its insight) and in their indicators. It only narrows; what is left is
// compared with the texts themselves.
//
// A key is prose or indicators, and three bytes. Keys are spread over
// trigramBuckets buckets by their bytes, each a blob per segment, ordered by
// bucket: a search reads a few buckets from end to end and nothing else.

const (
	trigramBucketBits = 10
	trigramBuckets    = 1 << trigramBucketBits
)

// The halves of the substring index.
const (
	halfProse = iota
	halfIndicators
	halves
)

// halfOf is the half of the index that a searched text is in.
func halfOf(which int) int {
	if which == searchIndicators {
		return halfIndicators
	}
	return halfProse
}

// trigram is three bytes as a number.
func trigram(b0, b1, b2 byte) uint32 { return uint32(b0)<<16 | uint32(b1)<<8 | uint32(b2) }

func trigramKey(half int, tri uint32) uint32 { return uint32(half)<<24 | tri }

func trigramBucket(tri uint32) int { return int(tri * 0x9E3779B1 >> (32 - trigramBucketBits)) }

// trigramsOf are the trigrams to look up for a text: at most most of them,
// spread over it.
func trigramsOf(literal string, most int) []uint32 {
	n := len(literal) - 2
	if n <= 0 {
		return nil
	}
	count := min(n, most)
	var out []uint32
	for i := range count {
		at := i * (n - 1) / max(count-1, 1)
		if tri := trigram(literal[at], literal[at+1], literal[at+2]); !slices.Contains(out, tri) {
			out = append(out, tri)
		}
	}
	return out
}

// maxTrigramPairs bounds the memory of building an index: texts with more
// three-byte runs than that are gone through several times.
const maxTrigramPairs = 1 << 19

// buildTrigrams indexes a segment's records: one blob per bucket. Events whose
// text is cut are left out; their records' flags say so.
func buildTrigrams(recs []record) [trigramBuckets][]byte {
	total := 0
	for i := range recs {
		for which := range searchCount {
			total += max(len(recs[i].search[which].fold), len(recs[i].search[which].trigrams))
		}
	}
	var out [trigramBuckets][]byte
	passes := min(total/maxTrigramPairs+1, trigramBuckets)
	pairs := make([]uint64, 0, min(total, maxTrigramPairs+maxTrigramPairs/4))
	scratch := make([]uint64, 0, cap(pairs))
	for pass := range passes {
		pairs = trigramPairs(recs, passes, pass, pairs[:0])
		if cap(scratch) < len(pairs) {
			scratch = make([]uint64, len(pairs))
		}
		sortPairs(pairs, scratch[:len(pairs)])
		pairs = slices.Compact(pairs)
		writeBuckets(pairs, &out)
	}
	return out
}

// A pair is bucket, key and place, from the top: sorted, it is the order the
// blobs are written in.
const (
	pairPlaceBits = 12
	pairKeyBits   = 25
)

func trigramPairs(recs []record, passes, pass int, pairs []uint64) []uint64 {
	for i := range recs {
		for which := range searchCount {
			half := halfOf(which)
			add := func(tri uint32) {
				if bucket := trigramBucket(tri); bucket%passes == pass {
					pairs = append(pairs, uint64(bucket)<<(pairKeyBits+pairPlaceBits)|uint64(trigramKey(half, tri))<<pairPlaceBits|uint64(i))
				}
			}
			t := &recs[i].search[which]
			switch {
			case t.trigrams != nil:
				for _, tri := range t.trigrams {
					add(tri)
				}
			case !t.long:
				for at := 0; at+3 <= len(t.fold); at++ {
					add(trigram(t.fold[at], t.fold[at+1], t.fold[at+2]))
				}
			}
		}
	}
	return pairs
}

// sortPairs sorts by bucket and key, keeping the order of places, which rise
// already: a radix sort, three passes over 12 bits each.
func sortPairs(pairs, scratch []uint64) {
	const digit = 12
	from, to := pairs, scratch
	for shift := pairPlaceBits; shift < pairPlaceBits+3*digit; shift += digit {
		var start [1 << digit]int
		for _, p := range from {
			start[p>>shift&(1<<digit-1)]++
		}
		sum := 0
		for i, n := range start {
			start[i] = sum
			sum += n
		}
		for _, p := range from {
			d := p >> shift & (1<<digit - 1)
			to[start[d]] = p
			start[d]++
		}
		from, to = to, from
	}
	copy(pairs, from)
}

// writeBuckets writes each key as its distance from the one before, and its
// places as distances too, or as a bitmap where that is shorter.
func writeBuckets(pairs []uint64, out *[trigramBuckets][]byte) {
	var run []byte
	lastBucket, lastKey := -1, uint32(0)
	for len(pairs) > 0 {
		group := pairs[0] >> pairPlaceBits
		n := 1
		for n < len(pairs) && pairs[n]>>pairPlaceBits == group {
			n++
		}
		bucket, key := int(group>>pairKeyBits), uint32(group&(1<<pairKeyBits-1))
		if bucket != lastBucket {
			lastBucket, lastKey = bucket, 0
		}
		run = packPlaces(run[:0], pairs[:n])
		b := binary.AppendUvarint(out[bucket], uint64(key-lastKey))
		b = binary.AppendUvarint(b, uint64(len(run)))
		out[bucket] = append(b, run...)
		lastKey = key
		pairs = pairs[n:]
	}
}

const bitmapBytes = blockSize / 8

func packPlaces(run []byte, pairs []uint64) []byte {
	last := 0
	for _, p := range pairs {
		place := int(p & (blockSize - 1))
		run = binary.AppendUvarint(run, uint64(place-last))
		last = place
	}
	if len(run) < bitmapBytes {
		return run
	}
	var bits bitset
	for _, p := range pairs {
		bits.set(int(p & (blockSize - 1)))
	}
	run = run[:0]
	for _, w := range bits {
		run = binary.LittleEndian.AppendUint64(run, w)
	}
	return run
}

// findTrigram marks the places that a bucket has under a key.
func findTrigram(bucket []byte, key uint32, out *bitset) error {
	*out = bitset{}
	at := uint32(0)
	r := byteReader{b: bucket}
	for len(r.b) > 0 {
		at += uint32(r.uvarint())
		run := r.take(int(r.uvarint()))
		if r.bad || at > key {
			break
		}
		if at == key {
			return readPlaces(run, out)
		}
	}
	if r.bad {
		return errPacked
	}
	return nil
}

func readPlaces(run []byte, out *bitset) error {
	if len(run) == bitmapBytes {
		for i := range out {
			out[i] = binary.LittleEndian.Uint64(run[8*i:])
		}
		return nil
	}
	r := byteReader{b: run}
	place := uint64(0)
	for len(r.b) > 0 {
		place += r.uvarint()
		if r.bad || place >= blockSize {
			return errPacked
		}
		out.set(int(place))
	}
	return nil
}

// candidates are the places that the index lets through, by sealed segment;
// nil where there is none.
type candidates []*bitset

func (c candidates) has(seg int) bool { return c != nil && c[seg] != nil }

// allCandidates lets everything through in the sealed segments among blocks.
func (v *readTx) allCandidates(blocks []*block) candidates {
	out := make(candidates, v.snap.sealed)
	for _, b := range blocks {
		if b.tail == nil {
			out[b.index] = &bitset{}
			out[b.index].fill(b.n)
		}
	}
	return out
}

// narrowByTrigrams narrows each half's candidates to the places that have all
// of the trigrams in that half. A half whose candidates are nil is left alone.
func (v *readTx) narrowByTrigrams(ctx context.Context, trigrams []uint32, left *[halves]candidates) error {
	for _, tri := range trigrams {
		if err := v.narrowByTrigram(ctx, tri, left); err != nil {
			return fmt.Errorf("searching the substring index: %w", err)
		}
	}
	return nil
}

func (v *readTx) narrowByTrigram(ctx context.Context, tri uint32, left *[halves]candidates) error {
	var open []int // segments with a candidate
	for seg := range v.snap.sealed {
		if left[halfProse].has(seg) || left[halfIndicators].has(seg) {
			open = append(open, seg)
		}
	}
	// Reading a bucket from end to end beats single reads unless few
	// segments are left.
	if len(open)*8 < v.snap.sealed {
		return v.narrowSingly(ctx, tri, open, left)
	}
	from := int64(trigramBucket(tri)) << 32
	seen := make([]bool, v.snap.sealed)
	err := v.s.each(ctx, "SELECT id, data FROM gram WHERE id >= ? AND id < ?", []any{from, from + int64(v.snap.sealed)}, func(r *sql.Rows) error {
		var id int64
		var data sql.RawBytes
		if err := r.Scan(&id, &data); err != nil {
			return err
		}
		seg := int(id - from)
		seen[seg] = true
		return narrowBucket(data, seg, tri, left)
	})
	if err != nil {
		return err
	}
	for seg, there := range seen {
		if there {
			continue
		}
		for _, c := range left {
			if c != nil {
				c[seg] = nil
			}
		}
	}
	return nil
}

func (v *readTx) narrowSingly(ctx context.Context, tri uint32, open []int, left *[halves]candidates) error {
	for _, seg := range open {
		var data []byte
		err := v.s.queryRow(ctx, "SELECT data FROM gram WHERE id = ?", int64(trigramBucket(tri))<<32|int64(seg)).Scan(&data)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err := narrowBucket(data, seg, tri, left); err != nil {
			return err
		}
	}
	return nil
}

func narrowBucket(data []byte, seg int, tri uint32, left *[halves]candidates) error {
	for half, c := range left {
		if !c.has(seg) {
			continue
		}
		var found bitset
		if err := findTrigram(data, trigramKey(half, tri), &found); err != nil {
			return err
		}
		c[seg].and(&found)
		if c[seg].empty() {
			c[seg] = nil
		}
	}
	return nil
}
