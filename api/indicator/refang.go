package indicator

import "strings"

// refang undoes brackets around dots, at signs and colons, and tells what it
// replaced. Schemes stay as they are.
func refang(s string) (string, []edit) {
	var b strings.Builder
	var edits []edit
	done := 0
	for i := 0; i < len(s); i++ {
		with, n := fang(s, i)
		if n == 0 {
			continue
		}
		from, to := i, i+n
		if from > done && s[from-1] == ' ' && to < len(s) && s[to] == ' ' && with != "" && isWordAt(s, from-2) && isWordAt(s, to+1) {
			from, to = from-1, to+1
		}
		b.WriteString(s[done:from])
		edits = append(edits, edit{at: b.Len(), n: len(with), from: from, to: to})
		b.WriteString(with)
		done = to
		i = to - 1
	}
	if done == 0 {
		return s, nil
	}
	b.WriteString(s[done:])
	return b.String(), edits
}

// fang tells what stands defanged at s[i]: how it is written plainly and how
// many bytes it takes; 0 where nothing does.
func fang(s string, i int) (with string, n int) {
	switch s[i] {
	case '[', '(', '{':
		return bracketed(s, i)
	case '.':
		if i+1 < len(s) && (s[i+1] == ']' || s[i+1] == ')') && isWordAt(s, i-1) && isWordAt(s, i+2) {
			return ".", 2
		}
	case '\\':
		if i+1 < len(s) && s[i+1] == '.' && isWordAt(s, i-1) && isWordAt(s, i+2) {
			return ".", 2
		}
	case ':':
		if strings.HasPrefix(s[i:], `:\\`) && i > 0 && strings.IndexByte("psPS", s[i-1]) >= 0 {
			return "://", 3
		}
	}
	return "", 0
}

// bracketed reads [.], (dot), {at}, [:], [://] and the half [.
func bracketed(s string, i int) (with string, n int) {
	const longest = 8
	end := strings.IndexByte(s[i:min(len(s), i+longest)], closer(s[i]))
	if end > 0 {
		switch strings.ToLower(strings.TrimSpace(s[i+1 : i+end])) {
		case ".", "dot":
			return ".", end + 1
		case "@", "at":
			return "@", end + 1
		case ":":
			return ":", end + 1
		case "://":
			return "://", end + 1
		case "/":
			return "/", end + 1
		}
	}
	if s[i] == '[' && strings.HasPrefix(s[i+1:], ".") && isWordAt(s, i-1) && isWordAt(s, i+2) {
		return ".", 2
	}
	return "", 0
}

func isWordAt(s string, i int) bool { return i >= 0 && i < len(s) && isWord(s[i]) }

// isWord tells whether c can be within a name; bytes beyond ASCII can.
func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80
}

// plainSchemes writes hxxp:// and its like plainly.
func plainSchemes(s string) string {
	var b strings.Builder
	for {
		i := strings.Index(s, "://")
		if i < 0 {
			break
		}
		start := schemeStart(s, i)
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

// schemeStart is where the scheme that ends at s[i] begins.
func schemeStart(s string, i int) int {
	const longest = 8
	from := i
	for from > 0 && i-from < longest && (isLetter(s[from-1]) || s[from-1] == '*' || s[from-1] == '_') {
		from--
	}
	return from
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// plainScheme is a scheme as it ought to be written; ok is false for one that
// isn't known.
func plainScheme(s string) (string, bool) {
	s = strings.ToLower(s)
	switch s {
	case "http", "hxxp", "hxtp", "htxp", "h**p", "h__p", "httx", "meow":
		return "http", true
	case "https", "hxxps", "hxtps", "htxps", "h**ps", "h__ps", "httxs", "meows":
		return "https", true
	case "ftp", "fxp", "f*p", "fxxp":
		return "ftp", true
	case "ftps", "sftp", "ws", "wss", "tcp", "udp", "ssh", "telnet", "smb", "ldap", "ldaps", "rdp", "irc", "tftp", "socks", "ssl", "tls":
		return s, true
	}
	return "", false
}
