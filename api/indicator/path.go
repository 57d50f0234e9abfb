package indicator

import (
	"strings"
	"unicode/utf8"
)

const (
	longestPath  = 400
	longestAgent = 400
)

// labelled takes what only the words before it or its beginning show: a mutex,
// a user agent. It gives where that ends, 0 where there is none.
func (s *scanner) labelled(from, to int, has traits) int {
	text := s.text[from:to]
	switch text[0] {
	case 'M', 'm':
		switch {
		case len(text) > len("Mozilla/") && has&slash != 0 && strings.HasPrefix(text, "Mozilla/"):
			return s.agent(from)
		case len(text) >= 5 && len(text) <= 8 && isMutexWord(text):
			return s.mutex(to, text[len(text)-1] == ':')
		}
	case 'U', 'u':
		if len(text) >= len("useragent") && len(text) <= len("user-agent:") && isAgentLabel(text) {
			return s.labelledAgent(to, strings.HasSuffix(text, ":"))
		}
	}
	return 0
}

func isMutexWord(text string) bool {
	text = strings.TrimSuffix(text, ":")
	return strings.EqualFold(text, "mutex") || strings.EqualFold(text, "mutexes") || strings.EqualFold(text, "mutant")
}

func isAgentLabel(text string) bool {
	text = strings.TrimSuffix(text, ":")
	return strings.EqualFold(text, "user-agent") || strings.EqualFold(text, "useragent") || strings.EqualFold(text, "user_agent")
}

// agent takes a user agent by its grammar: products with versions, and
// comments in brackets.
func (s *scanner) agent(from int) int {
	text := s.text[from:min(len(s.text), from+longestAgent)]
	end := 0
	for end < len(text) {
		next := end
		if end > 0 {
			if text[end] != ' ' {
				break
			}
			next++
		}
		n := agentPart(text[next:])
		if n == 0 {
			break
		}
		end = next + n
	}
	value := strings.TrimRight(text[:end], ".,;: ")
	if len(value) <= len("Mozilla/5.0") {
		return 0
	}
	s.found(value, UserAgent, from, from+len(value))
	return from + len(value)
}

// agentPart is how long the product or comment is that a text begins with.
func agentPart(text string) int {
	if strings.HasPrefix(text, "(") {
		deep := 0
		for i := range len(text) {
			switch text[i] {
			case '(':
				deep++
			case ')':
				if deep--; deep == 0 {
					return i + 1
				}
			case '\n', '\r', '\t', '"':
				return 0
			}
		}
		return 0
	}
	end := strings.IndexFunc(text, func(r rune) bool {
		return r <= ' ' || r >= utf8.RuneSelf || strings.ContainsRune("\"'`<>|()[]{},;\\", r)
	})
	if end < 0 {
		end = len(text)
	}
	word := text[:end]
	product, version, ok := strings.Cut(word, "/")
	if ok && product != "" && version != "" && isLetter(product[0]) || word == "Mobile" || word == "Gecko" || word == "Safari" {
		return end
	}
	return 0
}

// labelledAgent takes the rest of the line behind "User-Agent:".
func (s *scanner) labelledAgent(to int, colon bool) int {
	from := to
	for from < len(s.text) && strings.IndexByte(" \"'=:`", s.text[from]) >= 0 {
		colon = colon || s.text[from] == ':' || s.text[from] == '='
		from++
	}
	if !colon || from >= len(s.text) {
		return 0
	}
	if strings.HasPrefix(s.text[from:], "Mozilla/") {
		return s.agent(from)
	}
	rest := s.text[from:min(len(s.text), from+longestAgent)]
	if end := strings.IndexAny(rest, "\r\n\t\"'`|<>"); end >= 0 {
		rest = rest[:end]
	}
	rest = strings.TrimRight(rest, " .,;")
	if len(rest) < 3 || strings.Contains(rest, "://") || !utf8.ValidString(rest) {
		return 0
	}
	s.found(rest, UserAgent, from, from+len(rest))
	return from + len(rest)
}

// mutex takes the name behind the word, which ends at to: what stands in
// quotes, or what looks like a name.
func (s *scanner) mutex(to int, colon bool) int {
	from := to
	for range 3 { // mutex object named "x"
		for from < len(s.text) && (s.text[from] == ' ' || s.text[from] == ':' || s.text[from] == '=') {
			colon = colon || s.text[from] != ' '
			from++
		}
		n := strings.IndexFunc(s.text[from:min(len(s.text), from+8)], func(r rune) bool { return r >= utf8.RuneSelf || !isLetter(byte(r)) })
		if n < 0 || !mutexFillers[s.text[from:from+n]] {
			break
		}
		from += n
	}
	if from >= len(s.text) {
		return 0
	}
	rest := s.text[from:min(len(s.text), from+200)]
	if quote := strings.IndexByte("\"'`", rest[0]); quote >= 0 {
		end := strings.IndexByte(rest[1:], rest[0])
		if end < 2 || strings.ContainsAny(rest[1:1+end], "\r\n\t") || !utf8.ValidString(rest[1:1+end]) {
			return 0
		}
		s.found(rest[1:1+end], Mutex, from+1, from+1+end)
		return from + end + 2
	}
	if end := strings.IndexAny(rest, " \t\r\n\"'`,;|<>()"); end >= 0 {
		rest = rest[:end]
	}
	rest = strings.TrimRight(rest, ".:!?")
	named := strings.ContainsAny(rest, "0123456789_\\{") || hasUpper(rest) && len(rest) > 1 && hasUpper(rest[1:])
	if len(rest) < 3 || !named && !colon || !utf8.ValidString(rest) || from == to {
		return 0
	}
	s.found(rest, Mutex, from, from+len(rest))
	return from + len(rest)
}

var mutexFillers = wordSet("named name called object is value names")

// backslashed takes the path or the key of the registry that begins with the
// run text[from:to] and goes on with the backslash behind it. It gives where
// that ends, 0 where there is none.
func (s *scanner) backslashed(from, to int) int {
	head := s.text[from:to]
	if i := strings.LastIndexByte(strings.TrimSuffix(head, ":"), ':'); i >= 0 {
		from, head = from+i+1, head[i+1:] // path:C:
	}
	if strings.HasPrefix(head, "/") || strings.HasPrefix(head, "-") {
		return 0
	}
	switch {
	case hives[strings.TrimSuffix(head, ":")]:
		return s.registryKey(from, to)
	case len(head) == 2 && isLetter(head[0]) && head[1] == ':', len(head) > 3 && head[0] == '%' && head[len(head)-1] == '%':
		return s.windowsPath(from, to, from)
	case from >= 2 && s.text[from-2:from] == `\\`:
		return s.share(from, to)
	}
	return 0
}

var hives = wordSet(`HKLM HKCU HKCR HKU HKCC HKEY_LOCAL_MACHINE HKEY_CURRENT_USER HKEY_CLASSES_ROOT HKEY_USERS HKEY_CURRENT_CONFIG
	hklm hkcu hkcr hkcc hkey_local_machine hkey_current_user hkey_users`)

// registryKey takes a key of the registry.
func (s *scanner) registryKey(from, to int) int {
	end := s.backslashEnd(from, to)
	value := strings.TrimSuffix(s.text[from:to], ":") + single(s.text[to:end])
	if end-to < 3 || len(value) > longestPath || !utf8.ValidString(value) {
		return 0
	}
	s.found(value, RegKey, from, end)
	return end
}

// windowsPath takes a path of Windows that starts at start, and the hashes in
// it.
func (s *scanner) windowsPath(from, to, start int) int {
	end := s.backslashEnd(start, to)
	value := s.text[from:to] + single(s.text[to:end])
	if end-to < 2 || len(value) > longestPath || !utf8.ValidString(value) {
		return 0
	}
	s.found(value, FilePath, from, end)
	s.hashes(to, end)
	return max(end, to)
}

// share takes \\host\share\file, and the host where it is an indicator.
func (s *scanner) share(from, to int) int {
	start := from - 2
	for start > 0 && s.text[start-1] == '\\' {
		start--
	}
	end := s.backslashEnd(start, to)
	value := `\\` + s.text[from:to] + single(s.text[to:end])
	if end-to >= 2 && len(value) <= longestPath && utf8.ValidString(value) {
		s.found(value, FilePath, start, end)
	}
	s.piece(from, to, false)
	s.hashes(to, end)
	return max(end, to)
}

// single writes the doubled backslashes of an escaped path as single ones.
func single(s string) string {
	if strings.Contains(s, `\\`) {
		return strings.ReplaceAll(s, `\\`, `\`)
	}
	return s
}

// backslashEnd is where a path or a key ends that begins at start; from is
// where its first backslash stands. In quotes it reaches to the quote, else to
// the first space that doesn't belong to a folder such as "Program Files".
func (s *scanner) backslashEnd(start, from int) int {
	text := s.text
	limit := min(len(text), from+longestPath)
	if start > 0 {
		if quote := text[start-1]; quote == '"' || quote == '\'' || quote == '`' {
			if n := strings.IndexByte(text[from:limit], quote); n >= 0 && !strings.ContainsAny(text[from:from+n], "\r\n\t|<>*?") {
				return from + len(strings.TrimRight(text[from:from+n], " \\"))
			}
		}
	}
	end := from
	for end < limit && text[end] == '\\' {
		for end < limit && text[end] == '\\' {
			end++
		}
		end = segmentEnd(text[:limit], end)
	}
	return from + len(strings.TrimRight(text[from:end], `.,;:!?)]}'\ `))
}

// segmentEnd is where the part of a path ends that begins at from: with spaces
// in it only where a backslash follows and each word looks like a name's.
func segmentEnd(text string, from int) int {
	end := wordEnd(text, from)
	for i := end; i < len(text) && text[i] == ' '; {
		next := i + 1
		if next >= len(text) || !isUpperOrDigit(text[next]) && text[next] != '(' {
			break
		}
		i = wordEnd(text, next)
		if i < len(text) && text[i] == '\\' {
			return i
		}
	}
	return end
}

func isUpperOrDigit(c byte) bool { return c >= 'A' && c <= 'Z' || isDigit(c) }

func wordEnd(text string, from int) int {
	n := strings.IndexFunc(text[from:], func(r rune) bool {
		return r <= ' ' || strings.ContainsRune("\\\"'`<>|*?,;:=[]", r) || r >= utf8.RuneSelf && endsURL(r)
	})
	if n < 0 {
		return len(text)
	}
	return from + n
}

// roots are the folders at the root of Unix systems and of Android.
var roots = wordSet(`tmp etc usr var bin sbin opt home root dev proc sys lib lib64 mnt run boot data system storage sdcard Users Library Applications private
	Volumes srv vendor`)

// unixPath takes a path from the root, and the hashes in it.
func (s *scanner) unixPath(from, to int) bool {
	text := s.text[from:to]
	if i := strings.IndexByte(text, ':'); i >= 0 {
		text = text[:i]
	}
	first, rest, ok := strings.Cut(text[1:], "/")
	if !ok || rest == "" || !roots[first] || len(text) > longestPath {
		return false
	}
	if word, gap := s.wordBefore(from); gap == " " && (word == "GET" || word == "POST" || word == "HEAD" || word == "PUT") {
		return false
	}
	s.found(text, FilePath, from, from+len(text))
	s.hashes(from, to)
	return true
}
