package store

import "math/bits"

// blockSize is the most consecutive event ids a segment holds.
const blockSize = 4096

// bitset marks events of one block by their place in it.
type bitset [blockSize / 64]uint64

// fill marks the first n.
func (b *bitset) fill(n int) {
	*b = bitset{}
	for w := range n / 64 {
		b[w] = ^uint64(0)
	}
	if n%64 != 0 {
		b[n/64] = 1<<(n%64) - 1
	}
}

func (b *bitset) set(i int)      { b[i>>6] |= 1 << (i & 63) }
func (b *bitset) has(i int) bool { return b[i>>6]>>(i&63)&1 == 1 }

func (b *bitset) and(o *bitset) {
	for w := range b {
		b[w] &= o[w]
	}
}

func (b *bitset) andNot(o *bitset) {
	for w := range b {
		b[w] &^= o[w]
	}
}

func (b *bitset) or(o *bitset) {
	for w := range b {
		b[w] |= o[w]
	}
}

func (b *bitset) empty() bool {
	for _, w := range b {
		if w != 0 {
			return false
		}
	}
	return true
}

func (b *bitset) count() int {
	n := 0
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

// each calls f with every marked place, rising.
func (b *bitset) each(f func(i int)) {
	for w, word := range b {
		for ; word != 0; word &= word - 1 {
			f(w<<6 | bits.TrailingZeros64(word))
		}
	}
}
