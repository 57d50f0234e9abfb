package indicator

import (
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"
)

// scanner finds indicators in refanged text.
type scanner struct {
	text  string
	edits []edit
	take  func(hit)
	next  int // edits[next:] begin at or after the place last looked at
	run   int // where the run of characters without spaces ends that was last looked at
}

// all gives every indicator to take, from left to right.
func (s *scanner) all(take func(hit)) {
	s.take = take
	done := 0
	for at := 0; ; {
		i := strings.Index(s.text[at:], "://")
		if i < 0 {
			break
		}
		i += at
		start := max(schemeStart(s.text, i), done)
		value, end, ok := s.url(start, i)
		if !ok {
			at = i + 3
			continue
		}
		s.words(done, start)
		take(hit{value, URL, start, end})
		at, done = end, end
	}
	s.words(done, len(s.text))
}

// url reads the URL whose scheme is [start, colon).
func (s *scanner) url(start, colon int) (value string, end int, ok bool) {
	scheme, ok := plainScheme(s.text[start:colon])
	if !ok {
		return "", 0, false
	}
	from := colon + 3
	authority := s.text[from:s.authorityEnd(from)]
	host := authority[strings.LastIndexByte(authority, '@')+1:]
	if !isHost(host) {
		return "", 0, false
	}
	end = from + len(authority)
	if end < len(s.text) && strings.IndexByte("/?#", s.text[end]) >= 0 {
		end = s.pathEnd(start, end)
	}
	user := authority[:len(authority)-len(host)]
	return scheme + "://" + user + strings.ToLower(host) + s.text[from+len(authority):end], end, true
}

// authorityEnd is where host and port end that begin at from.
func (s *scanner) authorityEnd(from int) int {
	const longest = 300
	rest := s.text[from:min(len(s.text), from+longest)]
	end := strings.IndexFunc(rest, func(r rune) bool {
		return strings.ContainsRune("/?#,;\"'<>`|(){}\\^*", r) || endsURL(r)
	})
	if end < 0 {
		end = len(rest)
	}
	return from + len(strings.TrimRight(rest[:end], ".:!_"))
}

// endsURL tells whether a character cannot stand in a URL.
func endsURL(r rune) bool {
	if r < utf8.RuneSelf {
		return r <= ' ' || r == 0x7f || strings.ContainsRune("\"<>`|^", r)
	}
	return !unicode.In(r, unicode.L, unicode.N, unicode.M)
}

// pathEnd is where the URL that starts at start ends; its path begins at from.
func (s *scanner) pathEnd(start, from int) int {
	if from >= s.run {
		s.run = len(s.text)
		if n := strings.IndexFunc(s.text[from:], endsURL); n >= 0 {
			s.run = from + n
		}
	}
	end := s.run
	if cut := s.column(start, from, end); cut > 0 {
		end = cut
	}
	return from + len(trimURL(s.text[from:end]))
}

// trimURL takes off what belongs to the sentence around a URL: punctuation and
// brackets that were opened before it.
func trimURL(s string) string {
	surplus := map[byte]int{}
	for i := range len(s) {
		switch s[i] {
		case '(', '[', '{':
			surplus[closer(s[i])]--
		case ')', ']', '}':
			surplus[s[i]]++
		}
	}
	for s != "" {
		last := s[len(s)-1]
		switch {
		case strings.IndexByte(".,;:!?'*", last) >= 0:
		case surplus[last] > 0:
			surplus[last]--
		default:
			return s
		}
		s = s[:len(s)-1]
	}
	return s
}

func closer(open byte) byte { return map[byte]byte{'(': ')', '[': ']', '{': '}'}[open] }

// column finds the comma or semicolon that ends a URL in a line of columns; 0
// where commas seem to be the URL's own. They separate columns where one stands
// right before the URL, or where what follows one looks like a column.
func (s *scanner) column(start, from, end int) int {
	const pieces = 16
	cut := strings.IndexAny(s.text[from:end], ",;")
	if cut < 0 {
		return 0
	}
	if start > 0 && strings.IndexByte(",;", s.text[start-1]) >= 0 {
		return from + cut
	}
	rest := s.text[from+cut+1 : min(end, from+cut+1+pieces*maxColumn)]
	for range pieces {
		piece, more, any := strings.Cut(rest, s.text[from+cut:from+cut+1])
		if looksLikeColumn(piece) {
			return from + cut
		}
		if !any {
			break
		}
		rest = more
	}
	return 0
}

const maxColumn = 300

func looksLikeColumn(s string) bool {
	if len(s) > maxColumn {
		return false
	}
	if len(s) >= 10 && s[4] == '-' && s[7] == '-' && strings.Trim(s[:4]+s[5:7]+s[8:10], "0123456789") == "" {
		return true // a date
	}
	if i := strings.Index(s, "://"); i > 0 {
		_, ok := plainScheme(s[:i])
		return ok
	}
	_, kind := classify(s, false)
	return kind != ""
}

// words looks for indicators other than URLs in text[from:to].
func (s *scanner) words(from, to int) {
	for from < to {
		r, n := utf8.DecodeRuneInString(s.text[from:to])
		if !inWord(r) {
			from += n
			continue
		}
		end := from
		for end < to {
			r, n := utf8.DecodeRuneInString(s.text[end:to])
			if !inWord(r) {
				break
			}
			end += n
		}
		s.word(from, end)
		from = end
	}
}

// inWord tells whether a character may stand within an indicator.
func inWord(r rune) bool {
	if r < utf8.RuneSelf {
		return isWord(byte(r)) || strings.ContainsRune(".-_:@/+%~", r)
	}
	return r != utf8.RuneError && unicode.In(r, unicode.L, unicode.N, unicode.M)
}

// word looks at a run of characters without spaces: address:port, type:value,
// a/b, or one thing.
func (s *scanner) word(from, to int) {
	from, to = s.trim(from, to)
	if s.whole(from, to) {
		return
	}
	rest := s.text[from:to]
	if head, tail, ok := strings.Cut(rest, ":"); ok && s.whole(from+len(head)+1, to) && tail != "" {
		return // type:value, the value holding colons
	}
	inPath := false
	for at := from; at < to; {
		end := at + strings.IndexAny(s.text[at:to], ":/")
		if end < at {
			end = to
		}
		s.part(at, end, inPath, s.text[from] == '/')
		inPath = inPath || end < to && s.text[end] == '/'
		at = end + 1
	}
}

// trim takes punctuation off a word's ends.
func (s *scanner) trim(from, to int) (int, int) {
	word := strings.TrimRight(s.text[from:to], ".-:@/+%~")
	to = from + len(word)
	if strings.HasPrefix(word, "_") && strings.HasSuffix(word, "_") && len(word) > 1 {
		word, from, to = word[1:len(word)-1], from+1, to-1
	}
	if strings.HasPrefix(word, "::") {
		return from, to
	}
	return to - len(strings.TrimLeft(word, ".-:@+%~")), to
}

// whole takes a word that is one indicator as it stands.
func (s *scanner) whole(from, to int) bool {
	return s.classified(from, to, nil)
}

// part takes one piece of a word that was cut at colons and slashes. In a path
// names of files look like domains, and in one from the root versions like
// addresses.
func (s *scanner) part(from, to int, inPath, fromRoot bool) {
	s.classified(s.trimmed(from, to), to, func(kind Type) bool {
		return !inPath || kind != Domain && (kind != IPv4 || !fromRoot)
	})
}

func (s *scanner) trimmed(from, to int) int {
	return to - len(strings.TrimLeft(s.text[from:to], ".-@+%~"))
}

// classified takes text[from:to] where it is an indicator that want likes.
func (s *scanner) classified(from, to int, want func(Type) bool) bool {
	const longest = 400
	if from >= to || to-from > longest {
		return false
	}
	value, kind := classify(s.text[from:to], s.defanged(from, to) || s.ported(to))
	switch {
	case kind == "", want != nil && !want(kind):
		return false
	case kind == Domain && s.afterBackslash(from), kind == IPv4 && s.isVersion(from):
		return false
	}
	s.take(hit{value, kind, from, to})
	return true
}

// defanged tells whether something in [from, to) was refanged.
func (s *scanner) defanged(from, to int) bool {
	for s.next > 0 && s.edits[s.next-1].at >= from {
		s.next--
	}
	for s.next < len(s.edits) && s.edits[s.next].at < from {
		s.next++
	}
	return s.next < len(s.edits) && s.edits[s.next].at < to
}

// ported tells whether a port or a path follows, which no file name has.
func (s *scanner) ported(to int) bool {
	return to+1 < len(s.text) && (s.text[to] == ':' && s.text[to+1] >= '0' && s.text[to+1] <= '9' || s.text[to] == '/' && isWord(s.text[to+1]))
}

// afterBackslash tells whether a Windows path goes on here; \\ begins the name
// of a server.
func (s *scanner) afterBackslash(from int) bool {
	before := s.text[:from]
	return strings.HasSuffix(before, `\`) && !strings.HasSuffix(before, `\\`)
}

// isVersion tells whether the word before says that a version follows.
func (s *scanner) isVersion(from int) bool {
	const longest = 16
	start := max(0, from-longest)
	for start < from && !utf8.RuneStart(s.text[start]) {
		start++
	}
	words := strings.FieldsFunc(s.text[start:from], func(r rune) bool {
		return r == ' ' || r == '\t' || r == '\n' || r == '=' || r == ':' || r == '/' || r == '"'
	})
	if len(words) == 0 {
		return false
	}
	switch strings.ToLower(strings.Trim(words[len(words)-1], ".,(")) {
	case "version", "versions", "ver", "v", "release", "build", "firmware", "chrome", "edg", "safari", "opr":
		return true
	}
	return false
}

// classify tells what a single value is; "" where it is nothing. sure tells
// that it cannot be the name of a file.
func classify(s string, sure bool) (value string, kind Type) {
	if kind := hashType(s); kind != "" {
		return strings.ToLower(s), kind
	}
	if isCVE(s) {
		return strings.ToUpper(s), CVE
	}
	if isSystem(s) {
		return s, ASN
	}
	if value, kind := address(s); kind != "" {
		return value, kind
	}
	if local, host, ok := strings.Cut(s, "@"); ok {
		if _, prefix, found := strings.Cut(local, ":"); found {
			local = prefix // mailto:
		}
		if isLocalPart(local) && isDomain(host, true) {
			return local + "@" + strings.ToLower(host), Email
		}
		return "", ""
	}
	if isDomain(s, sure) {
		return strings.ToLower(s), Domain
	}
	return "", ""
}

// address reads an IP address or a network.
func address(s string) (string, Type) {
	if s == "" || strings.IndexByte("0123456789abcdefABCDEF:", s[0]) < 0 {
		return "", ""
	}
	if strings.IndexByte(s, '/') > 0 {
		p, err := netip.ParsePrefix(s)
		if err != nil || !plausible(p.Addr(), s) {
			return "", ""
		}
		return strings.ToLower(s), CIDR
	}
	a, err := netip.ParseAddr(s)
	if err != nil || !plausible(a, s) {
		return "", ""
	}
	if a.Is4() {
		return s, IPv4
	}
	return a.WithZone("").String(), IPv6
}

// plausible tells addresses from other things with colons, such as a::b.
func plausible(a netip.Addr, s string) bool {
	if a.Is4() {
		return true
	}
	return !a.IsUnspecified() && strings.ContainsAny(s, "0123456789")
}
