package indicator

import (
	"strings"
)

// hashType tells a hash by its length.
func hashType(s string) Type {
	var kind Type
	switch len(s) {
	case 32:
		kind = MD5
	case 40:
		kind = SHA1
	case 64:
		kind = SHA256
	case 128:
		kind = SHA512
	default:
		return ""
	}
	if !isHex(s) || digits(s) || strings.Count(s, s[:1]) == len(s) { // a long number, or filling
		return ""
	}
	return kind
}

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; !isDigit(s[i]) && (c < 'a' || c > 'f') {
			return false
		}
	}
	return s != ""
}

// hashes takes the hashes in a word, such as HASH.exe, HASH_dump.bin, 0xHASH.
func (s *scanner) hashes(from, to int) {
	const shortest = 32
	if to-from < shortest {
		return
	}
	text := s.text
	for i := from; i < to; {
		start := i
		for i < to && wordBytes[text[i]] {
			i++
		}
		if i-start >= shortest {
			s.hash(start, i)
		}
		i++
	}
}

// hash takes text[from:to] where it is a hash.
func (s *scanner) hash(from, to int) {
	text := s.text[from:to]
	if len(text) > 2 && text[0] == '0' && text[1]|0x20 == 'x' {
		if walletType(text) != "" {
			s.found(text, Ethereum, from, to)
			return
		}
		if len(text) == 42 && hasUpper(text[2:]) && hasLower(text[2:]) {
			return // an address of Ethereum with a wrong checksum
		}
		from, text = from+2, text[2:]
	}
	kind := hashType(text)
	if kind == "" && digits(text) {
		kind = s.saidHash(from, len(text))
	}
	if kind != "" {
		s.found(strings.ToLower(text), s.refine(kind, from), from, to)
	}
}

// saidHash is what the word before says that a long number is.
func (s *scanner) saidHash(from, n int) Type {
	word, _ := s.wordBefore(from)
	kind := Type(strings.ToLower(word))
	if kind == MD5 && n == 32 || kind == SHA1 && n == 40 || kind == SHA256 && n == 64 {
		return kind
	}
	return ""
}

// refine tells other hashes from an MD5 by the words before it.
func (s *scanner) refine(kind Type, from int) Type {
	if kind != MD5 {
		return kind
	}
	const longest, words = 48, 4
	text := strings.ToLower(s.lineBefore(from, longest))
	for range words {
		text = strings.TrimRight(text, " \t:=\"'`*|>#([-._")
		start := strings.LastIndexFunc(text, func(r rune) bool { return !isHintRune(r) })
		switch text[start+1:] {
		case "imphash", "imph":
			return Imphash
		case "ja3", "ja3s":
			return JA3
		case "hash", "fingerprint", "fingerprints", "digest", "value", "md5", "is", "of", "the", "client", "server", "tls", "ssl", "full":
		default:
			return kind
		}
		text = text[:start+1]
	}
	return kind
}

// isJA4 reads t13d1516h2_8daaf6152771_e5627efa2ab1
func isJA4(s string) bool {
	if len(s) != 36 || s[10] != '_' || s[23] != '_' || !isHex(s[11:23]) || !isHex(s[24:]) {
		return false
	}
	return strings.IndexByte("tqd", s[0]) >= 0 && isLetterOrDigit(s[1]) && isLetterOrDigit(s[2]) && (s[3] == 'd' || s[3] == 'i') && digits(s[4:8])
}

func isLetterOrDigit(c byte) bool { return isLetter(c) || isDigit(c) }

// isSSDeep reads 96:s4Ud1Lj96tHHlZDrwciQmA:sF1LjEtHHlZDrJzrhuyZvHYm8tKp
func isSSDeep(s string) bool {
	size, rest, ok := strings.Cut(s, ":")
	if !ok || len(size) > 10 || !digits(size) || len(s) < 20 || len(s) > 160 {
		return false
	}
	first, second, ok := strings.Cut(rest, ":")
	if !ok || len(first) < 6 || len(second) < 3 || len(first) > 64 || len(second) > 64 {
		return false
	}
	block := 0
	for i := range len(size) {
		block = block*10 + int(size[i]-'0')
	}
	for block > 3 && block%2 == 0 {
		block /= 2
	}
	return block == 3 && isBase64(first) && isBase64(second)
}

func isBase64(s string) bool {
	for i := range len(s) {
		if !isLetterOrDigit(s[i]) && s[i] != '+' && s[i] != '/' {
			return false
		}
	}
	return true
}

// macAddress reads 00:1A:2B:3C:4D:5E, with dashes, and 001a.2b3c.4d5e; value
// is in small letters with colons.
func macAddress(s string) (value string, ok bool) {
	group, sep := 2, byte(0)
	switch len(s) {
	case 17:
		sep = s[2]
	case 14:
		group, sep = 4, s[4]
	}
	if sep != ':' && sep != '-' && (sep != '.' || group != 4) {
		return "", false
	}
	var plain [12]byte
	n := 0
	for i := range len(s) {
		if i%(group+1) == group {
			if s[i] != sep {
				return "", false
			}
			continue
		}
		if !isHex(s[i : i+1]) {
			return "", false
		}
		plain[n] = s[i]
		n++
	}
	var b strings.Builder
	for i := 0; i < len(plain); i += 2 {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(strings.ToLower(string(plain[i : i+2])))
	}
	return b.String(), true
}
