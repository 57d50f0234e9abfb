package match

import (
	"hash/maphash"
	"math/bits"
)

// seed makes the hashes of one process nobody else's, so that no log can be
// written that makes them meet.
var seed = maphash.Bytes(maphash.MakeSeed(), []byte("indicators")) | 1

const prime = 0x9e3779b97f4a7c15

// step takes one more byte, from the end of a word to its beginning, into a
// hash that began as seed.
func step(h uint64, c byte) uint64 { return (h ^ uint64(c)) * prime }

// finish spreads a hash over all its bits.
func finish(h uint64) uint64 {
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	return h ^ h>>32
}

// hash is the finished hash of a text.
func hash(text []byte) uint64 {
	h := seed
	for i := len(text) - 1; i >= 0; i-- {
		h = step(h, text[i])
	}
	return finish(h)
}

// table leads from hashes to numbers. It is open and at most half full.
type table struct {
	hashes []uint64 // 0 is an empty place
	values []uint32
	n      int
}

func (t *table) at(h uint64) int { return int(h >> (64 - bits.Len(uint(len(t.hashes)-1)))) }

// find gives the value that belongs to a hash and is the one sought.
func (t *table) find(h uint64, is func(uint32) bool) (uint32, bool) {
	if t.n == 0 {
		return 0, false
	}
	mask := len(t.hashes) - 1
	for i := t.at(h); t.hashes[i] != 0; i = (i + 1) & mask {
		if t.hashes[i] == h|1 && is(t.values[i]) {
			return t.values[i], true
		}
	}
	return 0, false
}

// put adds a value.
func (t *table) put(h uint64, v uint32) {
	if 2*(t.n+1) > len(t.hashes) {
		t.grow()
	}
	mask := len(t.hashes) - 1
	i := t.at(h)
	for t.hashes[i] != 0 {
		i = (i + 1) & mask
	}
	t.hashes[i], t.values[i] = h|1, v
	t.n++
}

func (t *table) grow() {
	old := *t
	size := max(2*len(old.hashes), 1<<10)
	t.hashes, t.values, t.n = make([]uint64, size), make([]uint32, size), 0
	for i, h := range old.hashes {
		if h != 0 {
			t.put(h, old.values[i])
		}
	}
}

// each gives every hash, its last bit set.
func (t *table) each(take func(h uint64)) {
	for _, h := range t.hashes {
		if h != 0 {
			take(h)
		}
	}
}

// bloom rules out most words that aren't known, in little memory. The last bit
// of a hash doesn't count.
type bloom struct {
	bits  []uint64
	shift int
}

func newBloom(n int) bloom {
	size := bits.Len(uint(max(16*n, 1<<12) - 1))
	return bloom{make([]uint64, 1<<(size-6)), 64 - size}
}

func (b *bloom) add(h uint64) {
	i := h >> b.shift
	b.bits[i>>6] |= 1 << (i & 63)
}

func (b *bloom) may(h uint64) bool {
	i := h >> b.shift
	return b.bits[i>>6]&(1<<(i&63)) != 0
}
