package indicator

import (
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
	last  int // where the last hit ends
}

// traits of a run of characters without spaces, gathered while it is read.
type traits uint16

const (
	letters traits = 1 << iota
	numbers
	dot
	colon
	slash
	at
	dash
	underscore
	percent
	other // + and ~
	foreign
)

var traitOf = func() (t [utf8.RuneSelf]traits) {
	for c := range t {
		switch b := byte(c); {
		case isLetter(b):
			t[c] = letters
		case isDigit(b):
			t[c] = numbers
		}
	}
	t['.'], t[':'], t['/'], t['@'], t['-'], t['_'], t['%'], t['+'], t['~'] = dot, colon, slash, at, dash, underscore, percent, other, other
	return t
}()

// all gives every indicator to take, from left to right.
func (s *scanner) all() {
	text := s.text
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf && traitOf[c] == 0 {
			i++
			continue
		}
		from := i
		end, has := s.runEnd(from)
		if i = end; i == from { // a sign beyond ASCII
			_, n := utf8.DecodeRuneInString(text[i:])
			i += n
			continue
		}
		if has&(colon|slash) == colon|slash {
			if end, ok := s.firstURL(from, i); ok {
				i = end
				continue
			}
		}
		i = s.token(from, i, has)
	}
}

// runEnd is where the run ends that begins at from, and what it is made of. A
// change from ASCII to a script without spaces, or back, ends it.
func (s *scanner) runEnd(from int) (int, traits) {
	text := s.text
	var has traits
	unspaced := false
	i := from
	for i < len(text) {
		c := text[i]
		if c < utf8.RuneSelf {
			t := traitOf[c]
			if t == 0 || unspaced && t <= numbers {
				return i, has
			}
			unspaced = false
			has |= t
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError || !unicode.In(r, unicode.L, unicode.N, unicode.M) {
			return i, has
		}
		if isUnspaced(r) {
			if i > from && isASCIIWordAt(text, i-1) {
				return i, has
			}
			unspaced = true
		}
		has |= foreign
		i += n
	}
	return i, has
}

// isUnspaced tells whether a letter is of a script that puts no spaces between
// words, or joins words to foreign ones without.
func isUnspaced(r rune) bool {
	switch {
	case r < 0x0e00:
		return false
	case r <= 0x109f, r >= 0x1100 && r <= 0x11ff, r >= 0x1780 && r <= 0x17ff:
		return true
	}
	return r >= 0x2e80 && r <= 0xd7ff || r >= 0xf900 && r <= 0xfaff || r >= 0x20000
}

// firstURL takes the first URL whose scheme ends in text[from:to], with what
// stands before it; end is where it ends.
func (s *scanner) firstURL(from, to int) (end int, ok bool) {
	for at := from; ; {
		i := strings.Index(s.text[at:to], "://")
		if i < 0 {
			return 0, false
		}
		i += at
		start := schemeStart(s.text, i, s.last)
		value, end, ok := s.url(start, i)
		if !ok {
			at = i + 3
			continue
		}
		if start > from {
			s.token(from, start, ^traits(0))
		}
		s.found(value, URL, start, end)
		return end, true
	}
}

func (s *scanner) found(value string, kind Type, from, to int) {
	s.last = to
	s.take(hit{value, kind, from, to})
}

// url reads the URL whose scheme is [start, colon).
func (s *scanner) url(start, colon int) (value string, end int, ok bool) {
	scheme, ok := plainScheme(s.text[start:colon])
	if !ok {
		return "", 0, false
	}
	from := colon + 3
	for from < len(s.text) && s.text[from] == '/' && from < colon+5 {
		from++ // hxxp:///
	}
	authority := s.text[from:s.authorityEnd(from)]
	host := authority[strings.LastIndexByte(authority, '@')+1:]
	end = from + len(authority)
	if !isHost(host) && !s.isShortHost(host, end) {
		return "", 0, false
	}
	if strings.HasPrefix(s.text[end:], "./") {
		authority, host, end = authority+".", host+".", end+1
	}
	if end < len(s.text) && strings.IndexByte("/?#", s.text[end]) >= 0 {
		end = s.pathEnd(start, end, isASCII(host))
	}
	user := authority[:len(authority)-len(host)]
	return scheme + "://" + user + strings.ToLower(host) + s.text[from+len(authority):end], end, true
}

// isShortHost tells whether a host without a dot is one of somebody's own
// network; a path or a port must follow, and the machine itself is none.
func (s *scanner) isShortHost(host string, end int) bool {
	name, port, ported := strings.Cut(host, ":")
	if len(name) < 2 || strings.EqualFold(name, "localhost") || !digits(port) || !isLetter(name[0]) {
		return false
	}
	if !ported && (end >= len(s.text) || s.text[end] != '/') {
		return false
	}
	for i := range len(name) {
		if !isLetterOrDigit(name[i]) && name[i] != '-' && name[i] != '_' {
			return false
		}
	}
	return !strings.HasPrefix(s.text[end:], "://")
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// authorityEnd is where host and port end that begin at from.
func (s *scanner) authorityEnd(from int) int {
	const longest = 300
	rest := s.text[from:min(len(s.text), from+longest)]
	ascii := false
	end := strings.IndexFunc(rest, func(r rune) bool {
		if r < utf8.RuneSelf {
			ascii = ascii || isLetter(byte(r)) || isDigit(byte(r))
			return endsAuthority[r]
		}
		return ascii && isUnspaced(r) && !strings.ContainsRune(rest, '@') && lastIsASCII(rest, r) || endsURL(r)
	})
	if end < 0 {
		end = len(rest)
	}
	return from + len(strings.TrimRight(rest[:end], ".:!_"))
}

// lastIsASCII tells whether an ASCII letter or digit stands before the first r
// of a text.
func lastIsASCII(text string, r rune) bool {
	i := strings.IndexRune(text, r)
	return i > 0 && isASCIIWordAt(text, i-1)
}

var endsAuthority = func() [256]bool {
	set := byteSet("/?#,;\"'<>`|(){}\\^*")
	for c := range ' ' + 1 {
		set[c] = true
	}
	set[0x7f] = true
	return set
}()

// endsURL tells whether a character cannot stand in a URL.
func endsURL(r rune) bool {
	if r < utf8.RuneSelf {
		return endsPath[r]
	}
	return r == utf8.RuneError || !unicode.In(r, unicode.L, unicode.N, unicode.M)
}

var endsPath = func() [256]bool {
	set := byteSet("\"<>`|^\\")
	for c := range ' ' + 1 {
		set[c] = true
	}
	set[0x7f] = true
	return set
}()

// pathEnd is where the URL that starts at start ends; its path begins at from.
// A letter of a script without spaces ends it where the host has none.
func (s *scanner) pathEnd(start, from int, ascii bool) int {
	if from >= s.run {
		s.run = len(s.text)
		if n := strings.IndexFunc(s.text[from:], func(r rune) bool { return endsURL(r) || ascii && isUnspaced(r) }); n >= 0 {
			s.run = from + n
		}
	}
	end := s.cut(start, from, s.run)
	return from + len(trimURL(s.text[from:end]))
}

// cut is where in [from, end) something else begins: another URL that was set
// right behind this one, the next column of a table, a bracket that was opened
// before it; end where nothing does.
func (s *scanner) cut(start, from, end int) int {
	open, columns := 0, false
	for i := from; i < end; i++ {
		switch s.text[i] {
		case '(', '[', '{':
			open++
		case ')', ']', '}':
			if open--; open < 0 {
				return i
			}
		case ',', ';':
			if !columns && s.isColumnEnd(start, i, end) {
				return i
			}
			columns = true
		case ':':
			if at := s.gluedURL(from, i); at > 0 {
				return at
			}
		}
	}
	return end
}

// gluedURL is where the scheme of a URL begins that was set behind another
// without a space; colon is where it ends, 0 is none.
func (s *scanner) gluedURL(from, colon int) int {
	if !strings.HasPrefix(s.text[colon:], "://") {
		return 0
	}
	start := schemeStart(s.text, colon, from)
	if scheme, ok := plainScheme(s.text[start:colon]); ok && start > from+1 && strings.HasPrefix(scheme, "http") && isWord(s.text[start-1]) {
		return start
	}
	return 0
}

// trimURL takes off what belongs to the sentence around a URL: punctuation and
// brackets that were opened before it.
func trimURL(s string) string {
	var surplus [256]int
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

func closer(open byte) byte {
	switch open {
	case '(':
		return ')'
	case '[':
		return ']'
	case '{':
		return '}'
	case '<':
		return '>'
	}
	return open
}

// isColumnEnd tells whether the first comma or semicolon of a URL ends it in a
// line of columns, rather than being its own: where one stands right before the
// URL, or where what follows looks like a column or a command.
func (s *scanner) isColumnEnd(start, cut, end int) bool {
	const pieces = 16
	if start > 0 && strings.IndexByte(",;", s.text[start-1]) >= 0 {
		return true
	}
	rest := s.text[cut+1 : min(end, cut+1+pieces*maxColumn)]
	if word, _, _ := strings.Cut(rest, ";"); commands[word] && (end >= len(s.text) || s.text[end] == ' ') {
		return true
	}
	for range pieces {
		piece, more, any := strings.Cut(rest, s.text[cut:cut+1])
		if looksLikeColumn(piece) {
			return true
		}
		if !any {
			break
		}
		rest = more
	}
	return false
}

// commands are words of a shell that follow a semicolon behind a URL.
var commands = wordSet("wget curl sh bash chmod rm cd busybox tftp ftpget nohup sudo python perl cat echo done exit")

const maxColumn = 300

func looksLikeColumn(s string) bool {
	if len(s) > maxColumn {
		return false
	}
	if len(s) >= 10 && s[4] == '-' && s[7] == '-' && digits(s[:4]+s[5:7]+s[8:10]) {
		return true // a date
	}
	if i := strings.Index(s, "://"); i > 0 {
		_, ok := plainScheme(s[:i])
		return ok
	}
	return isSingle(s)
}

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		set[w] = true
	}
	return set
}
