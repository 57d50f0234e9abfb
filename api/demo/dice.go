package demo

import "math/rand/v2"

// dice are the story's only source of chance.
type dice struct{ pcg *rand.PCG }

func newDice(seed, stream uint64) dice { return dice{rand.NewPCG(seed, stream)} }

// n is a number in [0, below); below is at least 1.
func (d dice) n(below int) int {
	return int((d.pcg.Uint64() >> 32) * uint64(below) >> 32)
}

// between is a number in [low, high].
func (d dice) between(low, high int) int { return low + d.n(high-low+1) }

// unit is a number in [0, 1).
func (d dice) unit() float64 { return float64(d.pcg.Uint64()>>11) / (1 << 53) }

// chance is true in percent of 100 cases.
func (d dice) chance(percent int) bool { return d.n(100) < percent }

func pick[T any](d dice, list []T) T { return list[d.n(len(list))] }

const hexDigits = "0123456789abcdef"

// appendHex appends digits hexadecimal digits.
func (d dice) appendHex(b []byte, digits int) []byte {
	for digits > 0 {
		v := d.pcg.Uint64()
		for range min(digits, 16) {
			b = append(b, hexDigits[v&15])
			v >>= 4
		}
		digits -= 16
	}
	return b
}

// uuid is a version 4 UUID.
func (d dice) uuid() string {
	var b [36]byte
	d.appendHex(b[:0], 36)
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	b[14] = '4'
	b[19] = "89ab"[b[19]&3]
	return string(b[:])
}
