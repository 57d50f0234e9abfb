package indicator

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

func hashType(s string) Type {
	kind := map[int]Type{32: MD5, 40: SHA1, 64: SHA256, 128: SHA512}[len(s)]
	if kind == "" {
		return ""
	}
	letters := false
	for i := range len(s) {
		c := s[i] | 0x20
		digit := s[i] >= '0' && s[i] <= '9'
		if !digit && (c < 'a' || c > 'f') {
			return ""
		}
		letters = letters || !digit
	}
	if !letters {
		return "" // a long number
	}
	return kind
}

// isCVE reads CVE-2024-12345.
func isCVE(s string) bool {
	if len(s) < len("CVE-2024-0001") || len(s) > 20 || !strings.EqualFold(s[:4], "cve-") {
		return false
	}
	return s[8] == '-' && digits(s[4:8]) && digits(s[9:])
}

// isSystem reads AS64500; shorter numbers are other things more often.
func isSystem(s string) bool {
	return len(s) >= 6 && len(s) <= 12 && strings.HasPrefix(s, "AS") && digits(s[2:])
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

func isLocalPart(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsAny(s, ":/@") && !strings.HasPrefix(s, ".") && !strings.HasSuffix(s, ".")
}

// isHost tells whether s can be the host of a URL, with or without port: an
// address or a name with a dot. With a scheme before it, any top-level domain
// is believed.
func isHost(s string) bool {
	if strings.HasPrefix(s, "[") {
		inner, rest, ok := strings.Cut(s[1:], "]")
		_, kind := address(inner)
		return ok && kind == IPv6 && (rest == "" || rest[0] == ':' && digits(rest[1:]))
	}
	name, port, _ := strings.Cut(s, ":")
	if !digits(port) {
		return false
	}
	if _, kind := address(name); kind == IPv4 {
		return true
	}
	labels := strings.Split(strings.TrimSuffix(name, "."), ".")
	return len(labels) > 1 && areLabels(labels) && !digits(labels[len(labels)-1])
}

// isDomain tells whether s is a domain. sure tells that it isn't a file.
func isDomain(s string, sure bool) bool {
	if len(s) > 253 || strings.IndexByte(s, '.') < 1 {
		return false
	}
	labels := strings.Split(s, ".")
	last := labels[len(labels)-1]
	switch {
	case len(labels) < 2 || !areLabels(labels), !isTop(strings.ToLower(last)):
		return false
	case !sure && labels[0] != "www" && isExtension(strings.ToLower(last)):
		return false
	case slices.Contains([]string{"ASP.NET", "VB.NET", "ADO.NET", "ML.NET"}, s):
		return false
	}
	return !beginsSentence(labels[len(labels)-2], last)
}

// beginsSentence tells whether a space is missing behind a full stop: done.In
func beginsSentence(before, last string) bool {
	first, n := utf8.DecodeRuneInString(last)
	return unicode.IsUpper(first) && strings.ToLower(last[n:]) == last[n:] && strings.ToLower(before) == before && !digits(before)
}

// areLabels tells whether all are labels of a name: letters, digits, dashes
// and underscores, no dash at an end.
func areLabels(labels []string) bool {
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return false
		}
		for _, r := range l {
			if r < utf8.RuneSelf && !isWord(byte(r)) && r != '-' && r != '_' {
				return false
			}
			if r >= utf8.RuneSelf && !unicode.In(r, unicode.L, unicode.N, unicode.M) || r == utf8.RuneError {
				return false
			}
		}
	}
	return true
}

// isTop tells whether there is such a top-level domain, or one that is set
// aside for examples or for networks of one's own. It wants lower case.
func isTop(s string) bool {
	switch s {
	case "example", "test", "invalid", "localhost", "local", "onion", "internal", "lan", "corp", "home", "i2p", "bit", "intranet":
		return true
	}
	if len(s) < 2 || s[0] >= '0' && s[0] <= '9' {
		return false
	}
	ascii, err := idna.ToASCII(s)
	if err != nil {
		return false
	}
	_, icann := publicsuffix.PublicSuffix("nobody." + ascii)
	return icann
}

// isExtension tells whether a top-level domain is better known as the end of
// a file's name.
func isExtension(s string) bool {
	switch s {
	case "zip", "mov", "py", "md", "sh", "ps", "so", "cab", "rs", "properties", "prof":
		return true
	}
	return false
}
