package indicator

import (
	"net/netip"
	"strings"
)

// token looks at the run text[from:to] and gives where reading goes on, which
// is behind to where a path, a key or the like begins with the run.
func (s *scanner) token(from, to int, has traits) int {
	if end := s.labelled(from, to, has); end > 0 {
		return end
	}
	if to < len(s.text) && s.text[to] == '\\' {
		if end := s.backslashed(from, to); end > 0 {
			return end
		}
	}
	const shortest = 3
	if to-from < shortest {
		return to
	}
	if has&(dot|colon|slash|at) == 0 {
		s.bare(from, to, has)
		return to
	}
	s.word(from, to)
	return to
}

// bare looks at a run without dots, colons, slashes and at signs.
func (s *scanner) bare(from, to int, has traits) {
	switch n := to - from; {
	case has&numbers == 0 && n < 32:
		if n <= 3 || !s.system(from, to) {
			return
		}
	case s.system(from, to):
	default:
		from, to = s.trim(from, to)
		s.piece(from, to, false)
	}
}

// word looks at a run of characters without spaces: address:port, type:value,
// a/b, or one thing.
func (s *scanner) word(from, to int) {
	start := from
	from, to = s.trim(from, to)
	if from >= to {
		return
	}
	rest := s.text[from:to]
	if s.atQuote(start) || !strings.ContainsAny(rest, ":/") {
		if !s.atQuote(start) && !s.addressRange(from, to) {
			s.piece(from, to, false)
		}
		return
	}
	if s.composed(from, to) {
		return
	}
	head, tail, ok := strings.Cut(rest, ":")
	if ok && tail != "" && s.composed(from+len(head)+1, to) {
		return // type:value, the value holding colons
	}
	if _, scheme := plainScheme(head); ok && scheme && !strings.HasPrefix(tail, "//") && s.defanged(from, to) {
		return // hxxp:name, which is neither
	}
	s.pieces(from, to)
}

// pieces takes the parts of a word that colons and slashes separate. In a path
// names of files look like domains, and in one from the root versions like
// addresses.
func (s *scanner) pieces(from, to int) {
	rooted := s.text[from] == '/'
	if strings.HasPrefix(s.text[from:to], "//") && (from == 0 || s.text[from-1] != ':') {
		from, rooted = from+2, false
	}
	if rooted && s.unixPath(from, to) {
		return
	}
	inPath := rooted
	for at := from; at < to; {
		end := to
		if n := strings.IndexAny(s.text[at:to], ":/"); n >= 0 {
			end = at + n
		}
		if at < end {
			at = end - len(strings.TrimLeft(s.text[at:end], ".-@+%~"))
			if !rooted || !s.isAddress(at, end) {
				s.piece(at, end, inPath)
			}
		}
		inPath = inPath || end < to && s.text[end] == '/'
		at = end + 1
	}
}

func (s *scanner) isAddress(from, to int) bool {
	_, kind := address(s.text[from:to])
	return kind != ""
}

// atQuote tells whether the at sign of an address follows a quote: the rest of
// such an address is no indicator.
func (s *scanner) atQuote(from int) bool {
	return s.text[from] == '@' && from > 0 && (s.text[from-1] == '"' || s.text[from-1] == '\'')
}

// trim takes punctuation off a word's ends.
func (s *scanner) trim(from, to int) (int, int) {
	word := strings.TrimRight(s.text[from:to], ".-:@/+%~")
	to = from + len(word)
	if strings.HasPrefix(word, "_") && strings.HasSuffix(word, "_") && len(word) > 1 {
		word = strings.Trim(word, "_")
		from += strings.Index(s.text[from:to], word)
		to = from + len(word)
	}
	if strings.HasPrefix(word, "::") {
		return from, to
	}
	return to - len(strings.TrimLeft(word, ".-:@+%~")), to
}

// addressRange takes both ends of 192.0.2.1-192.0.2.9, or the first of
// 192.0.2.1-9.
func (s *scanner) addressRange(from, to int) bool {
	first, second, ok := strings.Cut(s.text[from:to], "-")
	if !ok || strings.Count(first, ".") != 3 {
		return false
	}
	if _, kind := address(first); kind != IPv4 {
		return false
	}
	if _, kind := address(second); kind == IPv4 {
		s.piece(from, from+len(first), false)
		s.piece(to-len(second), to, false)
		return true
	}
	if len(second) <= 3 && digits(second) {
		s.piece(from, from+len(first), false)
		return true
	}
	return false
}

// composed takes what holds colons or slashes itself.
func (s *scanner) composed(from, to int) bool {
	if from >= to {
		return false
	}
	text := s.text[from:to]
	value, kind := composedType(text)
	if kind == "" || kind == IPv4 && s.isVersion(from) {
		return false
	}
	s.found(value, kind, from, to)
	return true
}

// composedType reads an IPv6 address, a network, a MAC address with colons and
// an ssdeep hash.
func composedType(text string) (string, Type) {
	if value, ok := macAddress(text); ok {
		return value, MAC
	}
	if value, kind := address(text); kind != "" {
		return value, kind
	}
	if isSSDeep(text) {
		return text, SSDeep
	}
	return "", ""
}

// piece takes text[from:to], which holds neither colons nor slashes. inPath
// tells that it is a part of a path, where a name with a dot is a file's.
func (s *scanner) piece(from, to int, inPath bool) {
	const longest = 400
	if from >= to || to-from > longest {
		return
	}
	text := s.text[from:to]
	if value, kind := simpleType(text); kind != "" {
		s.found(value, s.refine(kind, from), from, to)
		return
	}
	if strings.IndexByte(text, '@') >= 0 {
		s.mail(from, to)
		return
	}
	if strings.IndexByte(text, '.') > 0 {
		value, kind := address(text)
		switch {
		case kind == IPv4 && s.isVersion(from):
			return
		case kind != "":
			s.found(value, kind, from, to)
			return
		case !inPath && s.domain(from, to):
			return
		}
	}
	s.hashes(from, to)
}

// mail takes a mail address.
func (s *scanner) mail(from, to int) {
	local, host, _ := strings.Cut(s.text[from:to], "@")
	if isLocalPart(local) && (parseName(host).valid(true)) {
		s.found(local+"@"+strings.ToLower(host), Email, from, to)
	}
}

// simpleType tells what a value is that holds neither dots, colons nor
// slashes, by its own form alone.
func simpleType(s string) (string, Type) {
	if kind := hashType(s); kind != "" {
		return strings.ToLower(s), kind
	}
	switch n := len(s); {
	case n < 6:
	case isCVE(s):
		return strings.ToUpper(s), CVE
	case isSystem(s):
		return "AS" + strings.TrimLeft(s, "ASNasn"), ASN
	case n == 17 || n == 14:
		if value, ok := macAddress(s); ok {
			return value, MAC
		}
	case n == 36 && isJA4(s):
		return strings.ToLower(s), JA4
	case n >= 26:
		return s, walletType(s)
	}
	return "", ""
}

// isSingle tells whether a text is one indicator by its own form.
func isSingle(s string) bool {
	if _, kind := simpleType(s); kind != "" {
		return true
	}
	if _, kind := composedType(s); kind != "" {
		return true
	}
	if local, host, ok := strings.Cut(s, "@"); ok {
		return isLocalPart(local) && parseName(host).valid(true)
	}
	n := parseName(s)
	return n.valid(false) && !n.isFileEnding()
}

// isCVE reads CVE-2024-12345.
func isCVE(s string) bool {
	if len(s) < len("CVE-2024-0001") || len(s) > 20 || !strings.EqualFold(s[:4], "cve-") {
		return false
	}
	return s[8] == '-' && digits(s[4:8]) && digits(s[9:])
}

// isSystem reads AS64500 and ASN64500; shorter numbers are other things more
// often, and in small letters all but long ones.
func isSystem(s string) bool {
	if s[0] != 'A' && s[0] != 'a' || len(s) < 6 || len(s) > 13 {
		return false
	}
	number := strings.TrimPrefix(strings.TrimPrefix(s[1:], "S"), "N")
	if s[0] == 'a' {
		number = strings.TrimPrefix(strings.TrimPrefix(s[1:], "s"), "n")
		return s[1] == 's' && len(number) >= 5 && digits(number)
	}
	return s[1] == 'S' && len(number) >= 4 && len(number) <= 10 && digits(number)
}

// system takes AS 64500, AS: 64500 and the like, where the number stands apart.
func (s *scanner) system(from, to int) bool {
	text := s.text[from:to]
	if len(text) < 4 || len(text) > 10 || !digits(text) {
		return false
	}
	label, gap := s.wordBefore(from)
	switch {
	case label == "ASN", label == "asn", label == "AS" && (len(text) >= 5 || gap != " "):
		start := strings.LastIndex(s.text[:from], label)
		s.found("AS"+text, ASN, start, to)
		return true
	}
	return false
}

func digits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}

func isLocalPart(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsAny(s, ":/@") && s[0] != '.' && s[len(s)-1] != '.'
}

// address reads an IP address or a network.
func address(s string) (string, Type) {
	if len(s) < 3 || strings.IndexByte("0123456789abcdefABCDEF:", s[0]) < 0 {
		return "", ""
	}
	if len(s) > 60 || isLetter(s[0]) && strings.IndexByte(s, ':') < 0 {
		return "", ""
	}
	if strings.IndexByte(s, '/') > 0 {
		p, err := netip.ParsePrefix(s)
		if err != nil || !plausible(p.Addr(), s) {
			return "", ""
		}
		return strings.ToLower(s), CIDR
	}
	if strings.IndexByte(s, ':') < 0 && strings.Count(s, ".") != 3 {
		return "", ""
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

// defanged tells whether something in [from, to) was defanged.
func (s *scanner) defanged(from, to int) bool {
	for s.next > 0 && s.edits[s.next-1].at >= from {
		s.next--
	}
	for s.next < len(s.edits) && s.edits[s.next].at < from {
		s.next++
	}
	for i := s.next; i < len(s.edits) && s.edits[i].at < to; i++ {
		if s.edits[i].fang {
			return true
		}
	}
	return false
}

// ported tells whether a port or a path follows, which no file name has.
func (s *scanner) ported(to int) bool {
	return to+1 < len(s.text) && (s.text[to] == ':' && isDigit(s.text[to+1]) || s.text[to] == '/' && isWord(s.text[to+1]))
}
