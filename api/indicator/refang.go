package indicator

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// maySpoil marks the bytes at which something may have to be undone.
var maySpoil = byteSet("[({<|.\\:&%/@\xc2\xe2\xe3\xef")

func byteSet(chars string) (set [256]bool) {
	for i := range len(chars) {
		set[chars[i]] = true
	}
	return set
}

// refanger writes a text plainly: brackets around dots, at signs and colons
// are undone, characters nobody sees are taken out, those of other widths and
// those that HTML or JSON write in their own way are put as usual. Schemes
// stay as they are.
type refanger struct {
	text    string
	words   bool // the text has words for dots: " dot ", " DOT "
	out     strings.Builder
	edits   []edit
	done    int // text[:done] is in out
	slashes int // up to here backslashes are slashes of a URL
}

// refang undoes what keeps an indicator from being read, and tells what it
// replaced.
func refang(s string) (string, []edit) {
	r := refanger{text: s, words: hasDotWords(s)}
	for i := 0; i < len(s); {
		c := s[i]
		if !maySpoil[c] && (!r.words || c != ' ' && c != '-' && c != '_') {
			i++
			continue
		}
		with, n, fang := r.undo(i)
		if n == 0 {
			i++
			continue
		}
		i = r.replace(i, i+n, with, fang)
	}
	if r.done == 0 {
		return s, nil
	}
	r.out.WriteString(s[r.done:])
	return r.out.String(), r.edits
}

func hasDotWords(s string) bool {
	return strings.Contains(s, " dot ") || strings.Contains(s, " DOT ") || strings.Contains(s, "-dot-") || strings.Contains(s, "_dot_") ||
		strings.Contains(s, " [at] ") || strings.Contains(s, " AT ")
}

// replace puts with for text[from:to] and gives where to go on. Single spaces
// around a dot in brackets go with them.
func (r *refanger) replace(from, to int, with string, fang bool) int {
	s := r.text
	if fang && from > r.done && s[from-1] == ' ' && to < len(s) && s[to] == ' ' && isWordAt(s, from-2) && isWordAt(s, to+1) {
		from, to = from-1, to+1
	}
	r.out.WriteString(s[r.done:from])
	r.edits = append(r.edits, edit{at: r.out.Len(), n: len(with), from: from, to: to, fang: fang})
	r.out.WriteString(with)
	r.done = to
	return to
}

// undo tells what stands for text[i:i+n] in plain writing; n is 0 where it is
// plain already. fang tells that it was defanged on purpose.
func (r *refanger) undo(i int) (with string, n int, fang bool) {
	s := r.text
	switch s[i] {
	case '[', '(', '{', '<', '|':
		with, n = bracketed(s, i)
		return with, n, true
	case '.':
		with, n = r.dot(i)
		return with, n, true
	case '\\':
		return r.backslash(i)
	case ':':
		with, n = r.colon(i)
		return with, n, true
	case '/':
		with, n = missingColon(s, i)
		return with, n, true
	case '@':
		with, n = spacedAt(s, i)
		return with, n, true
	case '&':
		with, n = entity(s, i)
		return with, n, false
	case '%':
		with, n = r.percent(i)
		return with, n, true
	case ' ', '-', '_':
		with, n = dotWord(s, i)
		return with, n, true
	}
	with, n = odd(s, i)
	return with, n, false
}

// dot reads the half bracket .] and a dot with spaces around it.
func (r *refanger) dot(i int) (with string, n int) {
	s := r.text
	if i+1 >= len(s) {
		return "", 0
	}
	if (s[i+1] == ']' || s[i+1] == ')' || s[i+1] == '}') && isWordAt(s, i-1) && isWordAt(s, i+2) {
		return ".", 2
	}
	if s[i+1] == ' ' && i >= 2 && s[i-1] == ' ' && isWordAt(s, i-2) && isWordAt(s, i+2) && joins(s, i-1, i+2) {
		return ".", 1
	}
	return "", 0
}

// spacedAt reads the at sign of name @ host . com
func spacedAt(s string, i int) (with string, n int) {
	if i < 2 || i+2 >= len(s) || s[i-1] != ' ' || s[i+1] != ' ' || !isWord(s[i-2]) || !isWord(s[i+2]) {
		return "", 0
	}
	end := i + 2
	for end < len(s) && (isWord(s[end]) || s[end] == '-') {
		end++
	}
	if strings.HasPrefix(s[end:], " . ") {
		return "@", 1
	}
	return "", 0
}

// joins tells whether what stands before text[:before] and from after on can
// be parts of one name: both are numbers, or the second is a common top-level
// domain.
func joins(s string, before, after int) bool {
	end := after
	for end < len(s) && isWord(s[end]) {
		end++
	}
	next := s[after:end]
	if isDigit(s[before-1]) && len(next) <= 3 && digits(next) {
		return true
	}
	if end+2 < len(s) && s[end] == ' ' && s[end+1] == '.' {
		return len(next) > 1
	}
	switch next {
	case "com", "net", "org", "info", "biz", "ru", "cn", "top", "xyz", "onion":
		return true
	}
	return false
}

// backslash reads \. and the backslashes that JSON puts before slashes, and
// those that stand for the slashes of a URL.
func (r *refanger) backslash(i int) (with string, n int, fang bool) {
	s := r.text
	if i+1 >= len(s) {
		return "", 0, false
	}
	switch {
	case i < r.slashes:
		return "/", 1, true
	case s[i+1] == '.' && isWordAt(s, i-1) && isWordAt(s, i+2):
		return ".", 2, true
	case s[i+1] == '/' && i > 0 && (s[i-1] == ':' || s[i-1] == '/' || isWord(s[i-1])):
		return "/", 2, false
	case s[i+1] == 'u' && i+6 <= len(s):
		code, err := strconv.ParseUint(s[i+2:i+6], 16, 16)
		if err == nil && code > ' ' && code < 0x7f && code != '\\' {
			return string(rune(code)), 6, false
		}
	}
	return "", 0, false
}

// colon reads :\\ behind a scheme, whose backslashes are slashes.
func (r *refanger) colon(i int) (with string, n int) {
	s := r.text
	if strings.HasPrefix(s[i:], `:\\`) && i > 0 && strings.IndexByte("psPS", s[i-1]) >= 0 {
		if i >= r.slashes {
			r.slashes = addressEnd(s, i)
		}
		return "://", 3
	}
	return "", 0
}

// missingColon reads hxxp//, which nothing else is.
func missingColon(s string, i int) (with string, n int) {
	if strings.HasPrefix(s[i:], "//") && i >= 4 && (strings.EqualFold(s[i-4:i], "hxxp") || i >= 5 && strings.EqualFold(s[i-5:i], "hxxps")) {
		return "://", 2
	}
	return "", 0
}

// percent reads %3A%2F%2F behind a scheme that begins a word, and %2F in the
// rest of that word.
func (r *refanger) percent(i int) (with string, n int) {
	s := r.text
	const mark = "%3a%2f%2f"
	if i < r.slashes && len(s) >= i+3 && strings.EqualFold(s[i:i+3], "%2f") {
		return "/", 3
	}
	if len(s) < i+len(mark) || !strings.EqualFold(s[i:i+len(mark)], mark) {
		return "", 0
	}
	start := schemeStart(s, i, 0)
	if _, ok := plainScheme(s[start:i]); !ok || start > 0 && strings.IndexByte("=&?/%", s[start-1]) >= 0 {
		return "", 0
	}
	if i >= r.slashes {
		r.slashes = addressEnd(s, i)
	}
	return "://", len(mark)
}

// addressEnd is where the URL ends at the latest that goes on at from.
func addressEnd(s string, from int) int {
	for from < len(s) && s[from] > ' ' && strings.IndexByte("\"'<>&?", s[from]) < 0 {
		from++
	}
	return from
}

// bracketed reads [.], (dot), {at}, [:], [://], [http] and the half [.
func bracketed(s string, i int) (with string, n int) {
	const longest = 9
	if end := strings.IndexByte(s[i+1:min(len(s), i+longest)], closer(s[i])); end > 0 {
		word, rest := s[i+1:i+1+end], s[i+end+2:]
		with = bracketedWord(word, s[i])
		if with == "" && s[i] == '[' {
			with = bracketedScheme(s[:i], word, rest)
		}
		if with != "" {
			return with, end + 2
		}
	}
	switch {
	case (s[i] == '[' || s[i] == '(') && strings.HasPrefix(s[i+1:], ".") && isWordAt(s, i-1) && isWordAt(s, i+2):
		return ".", 2
	case s[i] == '[' && i >= 3 && s[i-3:i] == "://":
		return hostInBrackets(s, i)
	}
	return "", 0
}

// bracketedScheme is the scheme in [http]://, or the s in http[s]://, where
// before and rest stand around the brackets.
func bracketedScheme(before, word, rest string) string {
	if scheme, ok := plainScheme(word); ok && (strings.HasPrefix(rest, "://") || strings.HasPrefix(rest, "[")) {
		return scheme
	}
	if strings.EqualFold(word, "s") && len(before) > 2 && before[len(before)-1]|0x20 == 'p' {
		return "s"
	}
	return ""
}

// hostInBrackets reads the name in http://[name]/, which isn't an IPv6
// address.
func hostInBrackets(s string, i int) (with string, n int) {
	const longest = 253
	end := strings.IndexByte(s[i:min(len(s), i+longest)], ']')
	if end < 2 {
		return "", 0
	}
	name := s[i+1 : i+end]
	if strings.IndexByte(name, '.') > 0 && !strings.ContainsAny(name, ":[ \"'<>\n") {
		return name, end + 1
	}
	return "", 0
}

// bracketedWord is what a word in brackets stands for.
func bracketedWord(word string, open byte) string {
	word = strings.ToLower(strings.TrimSpace(word))
	switch word {
	case ".":
		return "."
	case "dot", "d0t", "punkt", "point", "punto":
		if open != '|' {
			return "."
		}
	case "@", "at":
		if open != '|' {
			return "@"
		}
	case ":", "::", "://", "/", ":/", "//":
		if open == '[' || open == '(' && word != "/" {
			return word
		}
	}
	return ""
}

func isWordAt(s string, i int) bool { return i >= 0 && i < len(s) && isWord(s[i]) }

// isWord tells whether c can be within a name; bytes beyond ASCII can.
func isWord(c byte) bool { return wordBytes[c] }

var wordBytes = func() (set [256]bool) {
	for c := range 256 {
		b := byte(c)
		set[c] = b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b >= 0x80
	}
	return set
}()

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// dotWord reads " DOT ", "-dot-", " AT "; and " dot " between numbers or
// behind an at sign that was in brackets.
func dotWord(s string, i int) (with string, n int) {
	if i+4 >= len(s) || !isWordAt(s, i-1) {
		return "", 0
	}
	if s[i+3] == s[i] && s[i] == ' ' && s[i+1:i+3] == "AT" && isWordAt(s, i+4) && strings.Contains(s[i+4:min(len(s), i+80)], " DOT ") {
		return "@", 4
	}
	if s[i+4] != s[i] || !isWordAt(s, i+5) {
		return "", 0
	}
	switch word := s[i+1 : i+4]; {
	case s[i] == ' ' && word == "DOT", s[i] == '-' && word == "dot" && joins(s, i, i+5), s[i] == '_' && word == "dot" && joins(s, i, i+5):
		return ".", 5
	case s[i] == ' ' && word == "dot" && joins(s, i, i+5) && (isDigit(s[i-1]) || strings.Contains(s[max(0, i-60):i], "at]")):
		return ".", 5
	}
	return "", 0
}

// entity reads what HTML writes otherwise: &amp; &#46; &#x2e;
func entity(s string, i int) (with string, n int) {
	const longest = 9
	end := strings.IndexByte(s[i:min(len(s), i+longest)], ';')
	if end < 3 {
		return "", 0
	}
	name := s[i+1 : i+end]
	if with, ok := namedEntities[name]; ok {
		return with, end + 1
	}
	if name[0] != '#' {
		return "", 0
	}
	base, number := 10, name[1:]
	if number[0] == 'x' || number[0] == 'X' {
		base, number = 16, number[1:]
	}
	code, err := strconv.ParseUint(number, base, 16)
	if err != nil || code < ' ' || code >= 0x7f {
		return "", 0
	}
	return string(rune(code)), end + 1
}

var namedEntities = map[string]string{
	"amp": "&", "lt": "<", "gt": ">", "quot": `"`, "apos": "'", "nbsp": " ", "period": ".", "colon": ":", "sol": "/", "commat": "@",
	"lpar": "(", "rpar": ")", "lsqb": "[", "rsqb": "]", "lbrack": "[", "rbrack": "]", "num": "#", "quest": "?", "equals": "=", "shy": "",
	"ZeroWidthSpace": "", "hyphen": "-", "dash": "-", "lowbar": "_", "percnt": "%", "comma": ",", "semi": ";",
}

// odd reads a character beyond ASCII: those nobody sees are taken out, dots,
// hyphens and letters of other widths are written as usual.
func odd(s string, i int) (with string, n int) {
	c, n := utf8.DecodeRuneInString(s[i:])
	switch {
	case c == 0xad, c >= 0x200b && c <= 0x200f, c >= 0x202a && c <= 0x202e, c >= 0x2060 && c <= 0x2069, c == 0xfeff:
		return "", n
	case c == 0x3002 || c == 0xff61 || c == 0xff0e:
		if isASCIIWordAt(s, i-1) && isASCIIWordAt(s, i+n) || c == 0xff0e {
			return ".", n
		}
	case c == 0xb7 || c == 0x2022 || c == 0x2219 || c == 0x22c5 || c == 0x30fb:
		if isASCIIWordAt(s, i-1) && isASCIIWordAt(s, i+n) {
			return ".", n
		}
	case c == 0x2024:
		return ".", n
	case c >= 0xff01 && c <= 0xff5e:
		return string(c - 0xff01 + '!'), n
	case c == 0x2010 || c == 0x2011 || c == 0x2012:
		return "-", n
	case c == 0x2013 || c == 0x2014 || c == 0x2212:
		if withinCVE(s, i) {
			return "-", n
		}
	}
	return "", 0
}

func isASCIIWordAt(s string, i int) bool {
	return i >= 0 && i < len(s) && s[i] < utf8.RuneSelf && isWord(s[i])
}

// withinCVE tells whether the long dash at s[i] stands in CVE–2024–30001.
func withinCVE(s string, i int) bool {
	if i >= 3 && strings.EqualFold(s[i-3:i], "cve") {
		return true
	}
	return i >= 8 && digits(s[i-4:i]) && strings.Contains(strings.ToLower(s[max(0, i-12):i-4]), "cve")
}

// plainSchemes writes hxxp:// and its like plainly.
func plainSchemes(s string) string {
	var b strings.Builder
	for {
		i := strings.Index(s, "://")
		if i < 0 {
			break
		}
		start := schemeStart(s, i, 0)
		if scheme, ok := plainScheme(s[start:i]); ok {
			b.WriteString(s[:start])
			b.WriteString(scheme)
		} else {
			b.WriteString(s[:i])
		}
		b.WriteString("://")
		s = s[i+3:]
	}
	if b.Len() == 0 {
		return s
	}
	return b.String() + s
}

// schemeStart is where the scheme that ends at s[i] begins, at done at the
// earliest.
func schemeStart(s string, i, done int) int {
	const longest = 8
	from := i
	for from > done && i-from < longest && (isLetter(s[from-1]) || s[from-1] == '*' || s[from-1] == '_' || s[from-1] == '0') {
		from--
	}
	return from
}

// plainScheme is a scheme as it ought to be written; ok is false for one that
// isn't known.
func plainScheme(s string) (string, bool) {
	switch s {
	case "http", "https":
		return s, true
	}
	s = strings.ToLower(s)
	switch s {
	case "meow", "hxp", "ttp", "httx":
		return "http", true
	case "meows", "hxps", "ttps", "httxs":
		return "https", true
	case "ftp", "fxp", "f*p", "fxxp":
		return "ftp", true
	case "ftps", "sftp", "ws", "wss", "tcp", "udp", "ssh", "telnet", "smb", "ldap", "ldaps", "rdp", "irc", "tftp", "socks", "socks4", "socks5", "ssl", "tls", "rtsp", "vnc", "dns", "rmi", "mqtt", "stratum":
		return s, true
	}
	secure := strings.HasSuffix(s, "s") && len(s) == len("https")
	if len(s) == len("http") || secure {
		if s[0] == 'h' && s[3] == 'p' && strings.Trim(s[1:3], "tx*_0") == "" {
			if secure {
				return "https", true
			}
			return "http", true
		}
	}
	return "", false
}
