package match

import (
	"bytes"
	"net/netip"
	"slices"

	"threatbench/api/indicator"
)

// The classes of bytes. A word is a run of bytes of inWord.
const (
	letter uint8 = 1 << iota
	hexLetter
	digit
	dot
	sign // a dot or a dash, which end no word
	high
	special // something else may begin here

	inWord = letter | hexLetter | digit | dot | sign | high
)

var class = func() (c [256]uint8) {
	for i := range c {
		switch b := byte(i); {
		case b >= '0' && b <= '9':
			c[i] = digit
		case b|0x20 >= 'a' && b|0x20 <= 'f':
			c[i] = hexLetter
		case b|0x20 >= 'a' && b|0x20 <= 'z':
			c[i] = letter
		case b >= 0x80:
			c[i] = high
		}
	}
	c['.'], c['-'], c['_'] = dot|sign, sign, sign
	for _, b := range []byte("%:[({\\") {
		c[b] = special
	}
	return c
}()

var lower = func() (l [256]byte) {
	for i := range l {
		l[i] = byte(i)
		if i >= 'A' && i <= 'Z' {
			l[i] |= 0x20
		}
	}
	return l
}()

// How an indicator was found.
type How uint8

// The ways.
const (
	Exact     How = iota // the value itself
	InURL                // it is the host of a URL
	Parent               // it is a domain above the host that stands there
	Net                  // it is a net around the address that stands there
	Apart                // a URL whose host and path stand in different places of the line
	HostAlone            // a URL without a path, of which the host stands there and no scheme
)

// String is the way in words.
func (h How) String() string {
	return [...]string{"exact", "host of a URL", "parent domain", "network", "URL in parts", "host of a known URL"}[h]
}

// found is a place in a text where an indicator stands.
type found struct {
	at, end  int
	entry    uint32
	how      How
	defanged bool
	value    string // that stands there, "" for the indicator itself
}

// longestWord is how long a word may be that is looked at: longer ones are no
// indicator.
const longestWord = 4096

// scanner finds the indicators in one piece of text.
type scanner struct {
	set      *Set
	text     []byte
	hits     []found
	colonEnd int   // up to where runs with colons were looked at
	defanged []int // places where something is written defanged
	within   bool  // the text was refanged
}

// scan finds what begins in text[from:to]; the text around it is looked at,
// but nothing is taken from it. The finds come in the order of their places.
func (s *Set) scan(text []byte, from, to int, sc *scanner) []found {
	*sc = scanner{set: s, text: text, hits: sc.hits[:0], defanged: sc.defanged[:0]}
	sc.all(from, to)
	if len(sc.defanged) > 0 {
		sc.refang()
	}
	return sc.hits
}

func (sc *scanner) all(from, to int) {
	text := sc.text
	i := from
	for from > 0 && i < to && class[text[i-1]]&inWord != 0 && class[text[i]]&inWord != 0 {
		i++ // in the middle of a word
	}
	short := &sc.set.short
	for i < to {
		c := class[text[i]]
		if c == 0 {
			i++
			continue
		}
		if c == special {
			i = sc.special(i)
			continue
		}
		start := i
		has := c
		for i++; i < len(text); i++ {
			c = class[text[i]]
			if c&inWord == 0 {
				break
			}
			has |= c
		}
		if has&(dot|high) == 0 {
			if n := i - start; n >= shortest && short[lower[text[start]]] != 0 || n == len("dot") || n == sizeOfMAC || start > 0 && text[start-1] == '\\' {
				sc.bare(start, i)
			}
			continue
		}
		if i-start <= longestWord {
			sc.dotted(start, i, has)
		}
	}
}

// bare looks at a word without a dot.
func (sc *scanner) bare(from, to int) {
	text := sc.text
	if to-from == len("dot") && lower[text[from]] == 'd' && lower[text[from+1]] == 'o' && lower[text[from+2]] == 't' {
		sc.defang(from)
		return
	}
	from, to = trimStart(text, from, to), trimEnd(text, from, to)
	from, again := sc.unescape(from, to)
	sc.probeBare(from, to)
	if again {
		sc.probeBare(from+1, to)
	}
}

func (sc *scanner) probeBare(from, to int) {
	n := to - from
	if n < shortest || sc.set.short[lower[sc.text[from]]]&(1<<min(n, 63)) == 0 {
		if n == sizeOfMAC && sc.set.colons && sc.text[from+2] == '-' {
			sc.mac(from, to)
		}
		return
	}
	h := seed
	for i := to - 1; i >= from; i-- {
		h = step(h, lower[sc.text[i]])
	}
	if h = finish(h); sc.set.bloom.may(h) {
		sc.whole(h, from, to)
	}
	if n == sizeOfMAC && sc.set.colons && sc.text[from+2] == '-' {
		sc.mac(from, to)
	}
}

// unescape steps over what belongs to an escape such as \n or \u003d before a
// word; again tells that the word may begin a character later.
func (sc *scanner) unescape(from, to int) (start int, again bool) {
	if from == 0 || sc.text[from-1] != '\\' {
		return from, false
	}
	switch sc.text[from] {
	case 'n', 'r', 't':
		return from, true
	case 'u':
		if to-from > 5 && isHex(sc.text[from+1:from+5]) {
			return from + 5, false
		}
	}
	return from, false
}

func isHex(b []byte) bool {
	for _, c := range b {
		if class[c]&(digit|hexLetter) == 0 {
			return false
		}
	}
	return true
}

// dotted looks at a word with a dot: a host, an address, a name of a file.
func (sc *scanner) dotted(from, to int, has uint8) {
	text := sc.text
	if has&high != 0 {
		sc.foreign(from, to)
		return
	}
	from, to = trimStart(text, from, to), trimEnd(text, from, to)
	from, again := sc.unescape(from, to)
	if to-from < shortest {
		return
	}
	if has&(letter|hexLetter) == 0 {
		sc.numbers(from, to)
		return
	}
	first := bytes.IndexByte(text[from:to], '.')
	switch first { // a file that is called by its hash
	case 32, 40, 64, 128:
		sc.probeBare(from, from+first)
	case -1:
		sc.probeBare(from, to)
		return
	}
	sc.host(text[from:to], from, to, false)
	if again {
		sc.host(text[from+1:to], from+1, to, true)
	}
}

// host looks for a word and for what is behind each dot of it, the longest
// first. whole tells that the ends were looked for already.
func (sc *scanner) host(word []byte, from, to int, whole bool) {
	const most = 64
	var ends [most]uint64
	var places [most]int
	n := 0
	h := seed
	for i := len(word) - 1; i > 0; i-- {
		c := word[i]
		if c == '.' && n < most-1 {
			if f := finish(h); n > 0 && sc.set.bloom.may(f) || n == 0 {
				ends[n], places[n] = f, i+1
				n++
			}
		}
		h = step(h, lower[c])
	}
	h = finish(step(h, lower[word[0]]))
	if sc.set.bloom.may(h) && sc.whole(h, from, to) || whole {
		return
	}
	for n--; n > 0; n-- {
		if sc.parent(ends[n], word[places[n]:], from, to) {
			return
		}
	}
}

// parent takes a domain above a host.
func (sc *scanner) parent(h uint64, domain []byte, from, to int) bool {
	i, ok := sc.set.exact.find(h, func(i uint32) bool { return sc.set.entries[i].host && sc.same(i, domain) })
	if ok {
		sc.hit(found{at: from, end: to, entry: i, how: Parent, value: sc.lowered(from, to)})
	}
	return ok
}

// lowered is what stands at a place, in small letters.
func (sc *scanner) lowered(from, to int) string { return string(bytes.ToLower(sc.text[from:to])) }

// same reports whether an entry's text is a word, whatever its case.
func (sc *scanner) same(i uint32, word []byte) bool {
	text := sc.set.text(i)
	if len(text) != len(word) {
		return false
	}
	for k, c := range word {
		if lower[c] != text[k] {
			return false
		}
	}
	return true
}

// whole takes what a word is, begins or is the host of; it reports whether it
// is known itself.
func (sc *scanner) whole(h uint64, from, to int) bool {
	s := sc.set
	word := sc.text[from:to]
	i, exact := s.exact.find(h, func(i uint32) bool { return sc.same(i, word) })
	if exact {
		how := Exact
		if s.entries[i].host && sc.behindScheme(from) {
			how = InURL
		}
		sc.hit(found{at: from, end: to, entry: i, how: how})
	}
	if s.hosts.n > 0 {
		if _, ok := s.hosts.find(h, func(v uint32) bool { return v == ofURL }); ok {
			sc.url(from, to)
		}
		if _, ok := s.hosts.find(h, func(v uint32) bool { return v == ofMail }); ok {
			sc.mail(from, to)
		}
	}
	if first, ok := s.anchors.find(h, func(i uint32) bool { return bytes.EqualFold(s.anchorOf(i), word) }); ok {
		for i := first + 1; i != 0; i = s.entries[i-1].next {
			sc.several(i-1, from)
		}
	}
	return exact
}

// numbers looks at digits and dots: an address, or one with its port.
func (sc *scanner) numbers(from, to int) {
	text := sc.text
	dots := 0
	for i := from; i < to; i++ {
		if text[i] != '.' {
			continue
		}
		if dots++; dots == 4 { // as tcpdump writes 192.0.2.1.443
			to = i
		}
	}
	h := seed
	for i := to - 1; i >= from; i-- {
		h = step(h, text[i])
	}
	if h = finish(h); sc.set.bloom.may(h) && sc.whole(h, from, to) || dots < 3 || len(sc.set.bits4) == 0 {
		return
	}
	var a [4]byte
	part, n := 0, 0
	for _, c := range text[from:to] {
		switch {
		case c == '.' && part < 256 && n < 3:
			a[n], part = byte(part), 0
			n++
		case c == '.' || c == '-' || part > 255:
			return
		default:
			part = 10*part + int(c-'0')
		}
	}
	if n != 3 || part > 255 {
		return
	}
	a[3] = byte(part)
	if top := int(a[0])<<8 | int(a[1]); sc.set.near[top>>6]&(1<<(top&63)) != 0 {
		sc.inNet(netip.AddrFrom4(a), sc.set.bits4, from, to)
	}
}

// inNet takes the narrowest net around an address.
func (sc *scanner) inNet(a netip.Addr, lengths []int, from, to int) {
	for _, n := range lengths {
		p, err := a.Prefix(n)
		if err != nil {
			continue
		}
		if i, ok := sc.set.nets[p]; ok {
			sc.hit(found{at: from, end: to, entry: i, how: Net, value: a.String()})
			return
		}
	}
}

// foreign looks at a word with letters beyond ASCII, which may be a host.
func (sc *scanner) foreign(from, to int) {
	const most = 300
	if to-from > most || to-from < shortest {
		return
	}
	word := []byte(indicator.Canonical(string(sc.text[from:to])))
	if !isWord(word) || !slices.Contains(word, '.') {
		return
	}
	inner := scanner{set: sc.set, text: word}
	inner.all(0, len(word))
	for _, f := range inner.hits {
		f.at, f.end = from, to
		sc.hit(f)
	}
}

func (sc *scanner) hit(f found) {
	f.defanged = sc.within
	sc.hits = append(sc.hits, f)
}

// special looks at a sign that something may begin with, and gives where
// reading goes on.
func (sc *scanner) special(i int) int {
	text := sc.text
	if i+2 >= len(text) {
		return i + 1
	}
	switch text[i] {
	case '%':
		return sc.percent(i)
	case ':':
		if sc.set.colons && i >= sc.colonEnd {
			sc.colonRun(i)
		}
	case '\\':
		if text[i+1] == '.' && class[text[i+2]]&inWord != 0 && i > 0 && class[text[i-1]]&inWord != 0 {
			sc.defang(i)
		}
	default:
		if i > 0 && sc.isBracketed(i) {
			sc.defang(i)
		}
	}
	return i + 1
}

// isBracketed reports whether brackets hold what is written so to defang it.
func (sc *scanner) isBracketed(i int) bool {
	text := sc.text
	next := lower[text[i+1]]
	switch next {
	case '.', ':', '/', '@':
		return true
	case 'd', 'a', 'p', 'h':
	default:
		return false
	}
	const longest = 9
	end := bytes.IndexByte(text[i+1:min(len(text), i+longest)], closer(text[i]))
	if end < 0 {
		return false
	}
	switch string(bytes.ToLower(text[i+1 : i+1+end])) {
	case "dot", "d0t", "at", "punkt", "point", "punto", "http", "https":
		return true
	}
	return false
}

func closer(open byte) byte {
	switch open {
	case '(':
		return ')'
	case '{':
		return '}'
	}
	return ']'
}

// percent steps over a character that is written as %2F, so that its digits
// are no part of the word behind it.
func (sc *scanner) percent(i int) int {
	a, b := sc.text[i+1], sc.text[i+2]
	if class[a]&(digit|hexLetter) == 0 || class[b]&(digit|hexLetter) == 0 {
		return i + 1
	}
	switch c := hexValue(a)<<4 | hexValue(b); {
	case c == '.':
		sc.defang(i)
		return i + 3
	case class[c]&(inWord|high) == 0 || c == '-' || c == '_':
		return i + 3
	}
	return i + 1
}

func hexValue(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return (c | 0x20 - 'a') + 10
}
