package indicator

import (
	"bytes"
	"crypto/sha256"
	"math/big"
	"strings"

	"golang.org/x/crypto/sha3"
)

// walletType tells the address of a wallet by its form and its checksum.
func walletType(s string) Type {
	switch n := len(s); {
	case n >= 26 && n <= 35 && (s[0] == '1' || s[0] == '3'):
		if isBase58Check(s) {
			return Bitcoin
		}
	case n >= 42 && n <= 62 && strings.EqualFold(s[:3], "bc1"):
		if isSegwit(s) {
			return Bitcoin
		}
	case n == 42 && s[0] == '0' && s[1]|0x20 == 'x':
		if isEthereum(s[2:]) {
			return Ethereum
		}
	case n == 95 || n == 106:
		if isMonero(s) {
			return Monero
		}
	}
	return ""
}

const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// base58Number reads digits of base 58; ok is false where one is none.
func base58Number(s string) (n *big.Int, ok bool) {
	n = new(big.Int)
	radix := big.NewInt(int64(len(base58)))
	for i := range len(s) {
		digit := strings.IndexByte(base58, s[i])
		if digit < 0 {
			return nil, false
		}
		n.Mul(n, radix)
		n.Add(n, big.NewInt(int64(digit)))
	}
	return n, true
}

// isBase58Check checks an address of Bitcoin of the older forms: a version, 20
// bytes and 4 of a checksum.
func isBase58Check(s string) bool {
	const size, check = 25, 4
	n, ok := base58Number(s)
	if !ok || n.BitLen() > 8*size {
		return false
	}
	b := n.FillBytes(make([]byte, size))
	if b[0] != 0 && b[0] != 5 {
		return false
	}
	first := sha256.Sum256(b[:size-check])
	second := sha256.Sum256(first[:])
	return bytes.Equal(second[:check], b[size-check:])
}

// isSegwit checks an address of Bitcoin that begins with bc1: a checksum of
// Bech32 for version 0, of Bech32m for later ones.
func isSegwit(s string) bool {
	const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	const plain, modified = 1, 0x2bc830a3
	if hasUpper(s) && hasLower(s) {
		return false
	}
	s = strings.ToLower(s)
	sum := uint32(1)
	for _, v := range []byte{3, 3, 0, 2, 3} { // "bc", as the checksum takes it
		sum = bech32Step(sum, uint32(v))
	}
	for i := len("bc1"); i < len(s); i++ {
		v := strings.IndexByte(alphabet, s[i])
		if v < 0 {
			return false
		}
		sum = bech32Step(sum, uint32(v))
	}
	if s[3] == 'q' {
		return sum == plain
	}
	return sum == modified
}

func bech32Step(sum, v uint32) uint32 {
	top := sum >> 25
	sum = sum&0x1ffffff<<5 ^ v
	for i, generator := range [...]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
		if top>>i&1 == 1 {
			sum ^= generator
		}
	}
	return sum
}

// isEthereum checks the 40 digits of an address of Ethereum, whose capitals
// are a checksum where both kinds of letters are there.
func isEthereum(digits string) bool {
	if !isHex(digits) {
		return false
	}
	if !hasUpper(digits) || !hasLower(digits) {
		return strings.Trim(digits, "0") != ""
	}
	lower := strings.ToLower(digits)
	sum := keccak([]byte(lower))
	for i := range len(lower) {
		nibble := sum[i/2] >> 4
		if i%2 == 1 {
			nibble = sum[i/2] & 15
		}
		if isLetter(lower[i]) && (nibble >= 8) != (digits[i] != lower[i]) {
			return false
		}
	}
	return true
}

func keccak(b []byte) []byte {
	h := sha3.NewLegacyKeccak256()
	h.Write(b) // a hash takes everything
	return h.Sum(nil)
}

// isMonero checks an address of Monero: blocks of 11 digits of base 58 that
// are 8 bytes each, and a checksum of 4 bytes at the end.
func isMonero(s string) bool {
	const block, size, check = 11, 8, 4
	if s[0] != '4' && s[0] != '8' {
		return false
	}
	var b []byte
	for len(s) > 0 {
		part := s[:min(block, len(s))]
		s = s[len(part):]
		n, ok := base58Number(part)
		width := size
		if len(part) < block {
			width = len(part) * 5 / 7 // 7 digits are 5 bytes
		}
		if !ok || n.BitLen() > 8*width {
			return false
		}
		b = append(b, n.FillBytes(make([]byte, width))...)
	}
	return bytes.Equal(keccak(b[:len(b)-check])[:check], b[len(b)-check:])
}
