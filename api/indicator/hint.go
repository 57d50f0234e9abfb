package indicator

import (
	"strings"
	"unicode/utf8"
)

// hint is what the words before a name say of it.
type hint int

const (
	noHint hint = iota
	netHint
	fileHint
)

var (
	netWords = wordSet(`domain domains host hosts hostname hostnames c2 c2s c&c cnc server servers fqdn fqdns dns resolves resolve resolved resolving site sites
		website websites url urls nameserver nameservers connects connect connected contacts contacted beacon beacons beaconing query queried queries lookup
		sinkhole sinkholed registered infrastructure redirects redirected subdomain subdomains whois ping visits visited browses http https`)
	fileWords = wordSet(`file files script scripts filename filenames named called archive archives attachment attachments executes executed execute executing runs
		run ran running saved save drops drop dropped opens opened payload source module modules function method class library document documents readme perl
		python python3 bash sh zsh chmod import package calls loads loaded unzip copied copies writes wrote written renamed binary executable installer program
		code launches launched video image folder path extracts extracted`)
)

// hint is what the nearest word says that stands before a place in its line
// and is known to name hosts or files.
func (s *scanner) hint(from int) hint {
	const longest = 80
	text := s.lineBefore(from, longest)
	for text != "" {
		end := strings.LastIndexFunc(text, isHintRune)
		if end < 0 {
			return noHint
		}
		_, n := utf8.DecodeRuneInString(text[end:])
		start := strings.LastIndexFunc(text[:end], func(r rune) bool { return !isHintRune(r) })
		_, width := utf8.DecodeRuneInString(text[max(start, 0):])
		if start < 0 {
			start, width = 0, 0
		}
		word := strings.ToLower(text[start+width : end+n])
		switch {
		case netWords[word]:
			return netHint
		case fileWords[word]:
			return fileHint
		}
		text = text[:start]
	}
	return noHint
}

func isHintRune(r rune) bool {
	return r >= utf8.RuneSelf || isLetter(byte(r)) || isDigit(byte(r)) || r == '&'
}

// lineBefore is what stands before a place in its line, at most so many bytes.
func (s *scanner) lineBefore(from, longest int) string {
	start := max(0, from-longest)
	for start < from && !utf8.RuneStart(s.text[start]) {
		start++
	}
	text := s.text[start:from]
	if i := strings.LastIndexAny(text, "\r\n"); i >= 0 {
		text = text[i+1:]
	}
	return text
}

// wordBefore is the word before a place, as written, and what stands between.
func (s *scanner) wordBefore(from int) (word, gap string) {
	const longest = 24
	text := s.lineBefore(from, longest)
	word = strings.TrimRight(text, " \t:=\"'`*|>#([-._")
	gap = text[len(word):]
	start := strings.LastIndexFunc(word, func(r rune) bool {
		return r < utf8.RuneSelf && !isLetter(byte(r)) && !isDigit(byte(r)) && r != '§'
	})
	return word[start+1:], gap
}

// versionWords say that a version, or the number of a section, follows.
var versionWords = wordSet(`version versions ver v vers release rel build firmware fw section sections sec chapter clause step figure table annex appendix para
	paragraph requirement control item chrome chromium edg edge safari opr opera firefox explorer reader acrobat flash player openssl java jre jdk office kernel
	assembly sdk driver patch hotfix update revision rev upgraded updated fileversion productversion assemblyversion nginx apache openvpn asterisk oracle exim`)

// isVersion tells whether the word before says that a version follows.
func (s *scanner) isVersion(from int) bool {
	word, gap := s.wordBefore(from)
	if strings.HasSuffix(word, "§") {
		return true
	}
	if gap == "" && from > 0 && s.text[from-1] == '/' {
		word, _ = s.wordBefore(from - 1)
		if word != "" && hasUpper(word[:1]) && hasLower(word) {
			return true // Name/1.2.3.4
		}
	}
	return versionWords[strings.ToLower(word)]
}
