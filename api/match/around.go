package match

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	"threatbench/api"
	"threatbench/api/indicator"
)

// around is how much of the text around a word is looked at.
const around = 4096

// behindScheme reports whether :// stands before a place, plainly, in JSON or
// as part of a URL's query.
func (sc *scanner) behindScheme(at int) bool {
	before := sc.text[max(0, at-9):at]
	return bytes.HasSuffix(before, []byte("://")) || bytes.HasSuffix(before, []byte(`:\/\/`)) ||
		len(before) == 9 && bytes.EqualFold(before, []byte("%3a%2f%2f"))
}

// endsURL are the bytes that no URL holds; a backslash may escape a slash.
var endsURL = func() (e [256]bool) {
	for c := range ' ' + 1 {
		e[c] = true
	}
	for _, c := range []byte("\"<>`|^\\\x7f") {
		e[c] = true
	}
	return e
}()

// url takes the URL whose host stands at [from, to), as it is written there or
// with its path elsewhere in the line.
func (sc *scanner) url(from, to int) {
	text := sc.text
	start, end := from, sc.urlEnd(to)
	for start > max(0, from-300) && !endsURL[text[start-1]] && text[start-1] != '/' && text[start-1] != '\'' {
		start-- // to the beginning of user:password@
	}
	user := text[start:from]
	if len(user) > 0 && user[len(user)-1] != '@' {
		user = nil
	}
	body := slices.Concat(user, bytes.ReplaceAll(text[from:end], []byte(`\/`), []byte("/")))
	scheme := sc.scheme(from - len(user))
	u := urlAt{from: from, to: to, end: end, scheme: scheme, schemes: []string{"", "http://", "https://"}}
	if scheme != "" {
		u.schemes = []string{scheme, ""}
	}
	for range 6 { // what belongs to the sentence around it
		if sc.takeURL(&u, body) {
			return
		}
		if len(body) == 0 || !strings.ContainsRune(".,;:!?'*)]}", rune(body[len(body)-1])) {
			break
		}
		body = body[:len(body)-1]
	}
	if i := bytes.IndexAny(body, ",;"); i > 0 && sc.takeURL(&u, body[:i]) {
		return
	}
	if end == to && sc.urlApart(from, to) {
		return
	}
	if u.alone == nil {
		return
	}
	if _, known := sc.lookUp(string(text[from:to])); !known {
		sc.hit(found{at: from, end: to, entry: *u.alone, how: HostAlone, value: sc.lowered(from, to)})
	}
}

// urlAt is a place where a URL may stand.
type urlAt struct {
	from, to, end int
	scheme        string   // that stands there, "" for none
	schemes       []string // to try
	alone         *uint32  // a URL without a path, of which no more than the host stands there
}

// takeURL takes a URL that is known under one of the schemes. What is known
// and no URL is found by itself: the host, the mail address, host:port.
func (sc *scanner) takeURL(u *urlAt, body []byte) bool {
	host := sc.lowered(u.from, u.to)
	for _, scheme := range u.schemes {
		i, ok := sc.lookUp(scheme + string(body))
		if !ok {
			continue
		}
		text := string(sc.set.text(i))
		_, rest, whole := strings.Cut(text, "://")
		switch {
		case !isURL(text, host):
		case whole && u.scheme == "" && !strings.ContainsAny(rest, "/?#"):
			u.alone = &i
		default:
			sc.hit(found{at: u.from, end: u.end, entry: i, how: Exact})
			return true
		}
	}
	return false
}

// scheme is the scheme that stands before a place, with ://, or "".
func (sc *scanner) scheme(at int) string {
	if !sc.behindScheme(at) {
		return ""
	}
	colon := at - 1
	for sc.text[colon] != ':' && sc.text[colon] != '%' {
		colon--
	}
	if sc.text[colon] == '%' {
		colon = at - 9
	}
	start := colon
	for start > max(0, colon-10) && class[sc.text[start-1]]&(letter|hexLetter|digit) != 0 {
		start--
	}
	return strings.ToLower(string(sc.text[start:colon])) + "://"
}

func (sc *scanner) urlEnd(from int) int {
	text := sc.text
	end := from
	for end < min(len(text), from+around) {
		if text[end] == '\\' && end+1 < len(text) && text[end+1] == '/' {
			end += 2
			continue
		}
		if endsURL[text[end]] {
			break
		}
		end++
	}
	return end
}

// known takes a value where it is known in its canonical form.
func (sc *scanner) known(value string, from, to int, how How) bool {
	i, ok := sc.lookUp(value)
	if ok {
		sc.hit(found{at: from, end: to, entry: i, how: how})
	}
	return ok
}

// lookUp finds the entry of a value in any spelling.
func (sc *scanner) lookUp(value string) (entry uint32, ok bool) {
	canonical := indicator.Canonical(value)
	return sc.set.exact.find(hash([]byte(canonical)), func(i uint32) bool { return string(sc.set.text(i)) == canonical })
}

// urlApart takes a URL whose path is a field of its own in the line, as in the
// logs of Zeek and Suricata.
func (sc *scanner) urlApart(from, to int) bool {
	const most = 16
	begin, end := sc.line(from)
	line := sc.text[begin:end]
	host := string(sc.text[from:to])
	for i, n := 0, 0; i < len(line) && n < most; i++ {
		at := bytes.IndexByte(line[i:], '/')
		if at < 0 {
			return false
		}
		i += at
		begins := i
		if begins > 0 && line[begins-1] == '\\' {
			begins--
		}
		if begins > 0 && bytes.IndexByte([]byte(" \t\"'=,;|"), line[begins-1]) < 0 {
			continue
		}
		stop := sc.urlEnd(begin+i) - begin
		path := strings.ReplaceAll(string(line[i:min(stop, len(line))]), `\/`, "/")
		n++
		if sc.known("http://"+host+path, from, to, Apart) || sc.known("https://"+host+path, from, to, Apart) {
			return true
		}
		i = max(i, stop-1)
	}
	return false
}

// line is the line around a place, or what of it is near.
func (sc *scanner) line(at int) (from, to int) {
	from, to = max(0, at-around), min(len(sc.text), at+around)
	if i := bytes.LastIndexByte(sc.text[from:at], '\n'); i >= 0 {
		from += i + 1
	}
	if i := bytes.IndexByte(sc.text[at:to], '\n'); i >= 0 {
		to = at + i
	}
	return from, to
}

// mail takes the mail address whose domain stands at [from, to).
func (sc *scanner) mail(from, to int) {
	text := sc.text
	if from == 0 || text[from-1] != '@' {
		return
	}
	start := from - 1
	for start > max(0, from-80) && (class[text[start-1]]&inWord != 0 || bytes.IndexByte([]byte("+~!#$&'*/?^`"), text[start-1]) >= 0) {
		start--
	}
	for ; start < from-1; start++ {
		if sc.known(string(text[start:to]), start, to, Exact) {
			return
		}
		if class[text[start]]&(letter|hexLetter|digit|high) != 0 {
			return
		}
	}
}

// colonRun looks at hexadecimal digits and colons: an IPv6 address, or a MAC
// address.
func (sc *scanner) colonRun(i int) {
	const longest = 46
	text := sc.text
	isRun := func(c byte) bool { return class[c]&(digit|hexLetter|dot) != 0 || c == ':' }
	from, to, colons := i, i, 0
	for from > max(0, i-longest) && isRun(text[from-1]) {
		from--
	}
	for to < min(len(text), i+longest) && isRun(text[to]) {
		if text[to] == ':' {
			colons++
		}
		to++
	}
	sc.colonEnd = to
	if colons < 2 || from > 0 && class[text[from-1]]&inWord != 0 || to < len(text) && class[text[to]]&(letter|high) != 0 {
		return
	}
	end := to
	for end > from && (text[end-1] == '.' || text[end-1] == ':' && (end < 2 || text[end-2] != ':')) {
		end--
	}
	run := text[from:end]
	if colons == 5 && len(run) == sizeOfMAC {
		sc.mac(from, end)
		return
	}
	if colons < 7 && !bytes.Contains(run, []byte("::")) && !bytes.ContainsRune(run, '.') {
		return
	}
	a, err := netip.ParseAddr(string(run))
	if err != nil || a.Is4In6() { // the IPv4 part is a word of its own
		return
	}
	if sc.known(a.String(), from, end, Exact) {
		return
	}
	sc.inNet(a, sc.set.bits6, from, end)
}

func (sc *scanner) mac(from, to int) {
	if m := plainMAC(string(sc.text[from:to])); m != "" {
		sc.known(m, from, to, Exact)
	}
}

// several takes an indicator of several words where it stands around the one
// it is found by, which begins at a place.
func (sc *scanner) several(i uint32, at int) {
	text := sc.set.text(i)
	anchor := int(sc.set.entries[i].anchor)
	from, ok := backwards(text[:anchor], sc.text, at)
	if !ok {
		return
	}
	to, ok := forwards(text[anchor:], sc.text, at)
	if !ok || glued(sc.text, from-1, text[0]) || glued(sc.text, to, text[len(text)-1]) {
		return
	}
	sc.hit(found{at: from, end: to, entry: i})
}

// glued reports whether the byte at a place goes on with a word that ends with
// a value's end.
func glued(text []byte, at int, end byte) bool {
	const wordy = letter | hexLetter | digit | high
	return at >= 0 && at < len(text) && class[end]&wordy != 0 && class[text[at]]&wordy != 0
}

// forwards reads a folded value in a text from a place on. In JSON backslashes
// are doubled and slashes may have one before them.
func forwards(value, text []byte, at int) (end int, ok bool) {
	for len(value) > 0 {
		if at >= len(text) {
			return 0, false
		}
		c := value[0]
		switch {
		case c >= utf8.RuneSelf:
			a, n := utf8.DecodeRune(value)
			b, m := utf8.DecodeRune(text[at:])
			if a != b && api.Fold(string(b)) != string(a) {
				return 0, false
			}
			value, at = value[n:], at+m
			continue
		case text[at] == '\\' && at+1 < len(text) && (c == '/' || c == '"') && text[at+1] == c:
			at++
		case lower[text[at]] != c:
			return 0, false
		case c == '\\' && at+1 < len(text) && text[at+1] == '\\' && (len(value) == 1 || value[1] != '\\'):
			at++
		}
		value, at = value[1:], at+1
	}
	return at, true
}

// backwards reads a folded value in a text that ends before a place.
func backwards(value, text []byte, at int) (from int, ok bool) {
	for len(value) > 0 {
		if at <= 0 {
			return 0, false
		}
		c := value[len(value)-1]
		if c >= utf8.RuneSelf {
			a, n := utf8.DecodeLastRune(value)
			b, m := utf8.DecodeLastRune(text[:at])
			if a != b && api.Fold(string(b)) != string(a) {
				return 0, false
			}
			value, at = value[:len(value)-n], at-m
			continue
		}
		if lower[text[at-1]] != c {
			return 0, false
		}
		value, at = value[:len(value)-1], at-1
		if (c == '/' || c == '"' || c == '\\' && (len(value) == 0 || value[len(value)-1] != '\\')) && at > 0 && text[at-1] == '\\' {
			at--
		}
	}
	return at, true
}

// defang notes a place where something is written defanged.
func (sc *scanner) defang(at int) {
	if n := len(sc.defanged); !sc.within && (n == 0 || at > sc.defanged[n-1]) {
		sc.defanged = append(sc.defanged, at)
	}
}

// refang looks once more at the lines where something is defanged, as they
// would be without that.
func (sc *scanner) refang() {
	byPlace := func(a, b found) int { return a.at - b.at }
	slices.SortStableFunc(sc.hits, byPlace)
	plain := sc.hits
	done := 0
	for _, at := range sc.defanged {
		if at < done {
			continue
		}
		from, to := sc.line(at)
		from, done = max(from, done), to
		if from >= to {
			continue
		}
		line := bytes.ReplaceAll(sc.text[from:to], []byte("%2e"), []byte("."))
		line = bytes.ReplaceAll(line, []byte("%2E"), []byte("."))
		inner := scanner{set: sc.set, text: []byte(indicator.Refang(string(line))), within: true}
		inner.all(0, len(inner.text))
		for _, f := range inner.hits {
			if !among(plain, f, from, to) {
				f.at, f.end = at, at+1
				sc.hits = append(sc.hits, f)
			}
		}
	}
	slices.SortStableFunc(sc.hits, byPlace)
}

// among reports whether the same was found in a part of the text; the finds
// are in the order of their places.
func among(list []found, same found, from, to int) bool {
	i, _ := slices.BinarySearchFunc(list, from, func(f found, at int) int { return f.at - at })
	for ; i < len(list) && list[i].at < to; i++ {
		if list[i].entry == same.entry && list[i].value == same.value {
			return true
		}
	}
	return false
}
