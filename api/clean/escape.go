package clean

import (
	"strings"
	"unicode/utf8"
)

// Escape writes s with esc(r) in place of every character r that Line would
// not leave as it is, so that text may be shown and still says the same to
// whoever undoes esc. Bytes that are not UTF-8 stay. Harmless text is returned
// without copying.
func Escape(s string, esc func(r rune) string) string {
	var b strings.Builder
	kept, marks := 0, 0 // s[:kept] is written
	for i := asciiPrefix(s, false); i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if isMark(r) {
			marks++
		} else {
			marks = 0
		}
		if harmful(r) && (r != utf8.RuneError || n > 1) || marks > maxMarks {
			b.WriteString(s[kept:i])
			b.WriteString(esc(r))
			kept = i + n
		}
		i += n
	}
	if kept == 0 {
		return s
	}
	b.WriteString(s[kept:])
	return b.String()
}

// harmful reports whether Line replaces r, or leaves it out, wherever it
// stands.
func harmful(r rune) bool {
	if r < utf8.RuneSelf {
		return r < 0x20 || r == 0x7f
	}
	return isSelector(r) || isRegional(r) || isSkinTone(r) || unsafeRune(r)
}
