// Package clean neutralises hostile text. Every string that came from outside
// passes it once, at the client's boundary, before its width is ever measured:
// what a terminal would obey becomes visible, harmless text.
//
// What it writes:
//   - control characters as their pictures (␛, ␇, ⏎), C1 controls and other
//     code points that steer, reorder or hide text as ⟨U+202E⟩, bytes that are
//     not UTF-8 as ⟨FF⟩;
//   - the first variation selector behind a character, the joiner between two
//     pictographs and a skin tone not at all: nobody misses them, and with
//     them terminals disagree about the width. A second selector in a row is
//     how text is smuggled, so it is shown;
//   - regional indicators (flags) as their letters: ⟨UA⟩;
//   - at most four combining marks on a character, then how many more there
//     were: ⟨+37⟩. Marks with nothing to stand on get a dotted circle.
//
// Both functions are idempotent, and text without any of this is returned as
// it is, without copying.
package clean

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many combining marks one character keeps. Real scripts
// stack three or four.
const maxMarks = 4

// Line makes s harmless on one line: line breaks become ⏎ and tabs a space.
func Line(s string) string { return neutral(s, false) }

// Text makes s harmless and keeps its line breaks; CRLF and CR become LF and a
// tab becomes four spaces.
func Text(s string) string { return neutral(s, true) }

func neutral(s string, lines bool) string {
	i := asciiPrefix(s, lines)
	if i == len(s) {
		return s
	}
	w := writer{src: s, asIs: i, lines: lines}
	if i > 0 && s[i-1] != '\n' {
		w.last = rune(s[i-1])
	}
	for i < len(s) {
		i += w.take(i)
	}
	return w.finish()
}

// asciiPrefix is the length of the printable ASCII text that s begins with.
func asciiPrefix(s string, lines bool) int {
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < 0x20 && (!lines || c != '\n')) || c >= 0x7f {
			return i
		}
	}
	return len(s)
}

// writer copies a text and replaces as it goes. Until the first replacement it
// copies nothing and only counts what may stay.
type writer struct {
	src      string
	asIs     int // bytes of src that stay as they are, while out is unused
	out      strings.Builder
	changed  bool
	lines    bool
	last     rune // what was written last; 0 at the start of a line
	marks    int  // combining marks since the last character
	surplus  int  // marks left out, not yet reported
	selector bool // a variation selector was left out since the last character
}

// take handles what stands at s[i] and tells how many bytes that was.
func (w *writer) take(i int) int {
	c := w.src[i]
	if c >= 0x20 && c < 0x7f {
		w.keep(rune(c), 1)
		return 1
	}
	r, n := utf8.DecodeRuneInString(w.src[i:])
	switch {
	case r < 0x20 || r == 0x7f:
		return w.control(i, c)
	case r == utf8.RuneError && n == 1:
		w.note(i, hex(uint32(c), 2))
	case isSelector(r):
		w.variation(i, r)
	case isRegional(r):
		return w.flag(i)
	case isSkinTone(r) && unicode.Is(unicode.So, w.last):
		w.change(i)
	case r == zwj && w.joins(i+n):
		w.change(i)
	case unsafeRune(r), isSkinTone(r):
		w.note(i, hex(uint32(r), 4))
	case isMark(r):
		w.mark(i, r, n)
	default:
		w.keep(r, n)
	}
	return n
}

// control replaces a control character; a CR before an LF vanishes where
// lines are kept.
func (w *writer) control(i int, c byte) int {
	switch {
	case w.lines && c == '\n':
		w.keep('\n', 1)
	case w.lines && c == '\r':
		if strings.HasPrefix(w.src[i+1:], "\n") {
			w.flush()
			w.change(i)
			return 1
		}
		w.note(i, "\n")
	case w.lines && c == '\t':
		w.note(i, "    ")
	case c == '\n':
		w.note(i, "⏎")
	case c == '\t':
		w.note(i, " ")
	case c == 0x7f:
		w.note(i, "␡")
	default:
		w.note(i, string('␀'+rune(c)))
	}
	return 1
}

// variation leaves out the first selector behind a character.
func (w *writer) variation(i int, r rune) {
	if w.last == 0 || w.selector {
		w.note(i, hex(uint32(r), 4))
		return
	}
	w.selector = true
	w.change(i)
}

// flag writes a run of regional indicators as letters.
func (w *writer) flag(i int) int {
	letters := []byte{}
	end := i
	for end < len(w.src) {
		r, n := utf8.DecodeRuneInString(w.src[end:])
		if !isRegional(r) {
			break
		}
		letters = append(letters, byte('A'+r-firstRegional))
		end += n
	}
	w.note(i, "⟨"+string(letters)+"⟩")
	return end - i
}

// joins tells whether the joiner that ends at i stands between pictographs.
func (w *writer) joins(i int) bool {
	next, _ := utf8.DecodeRuneInString(w.src[i:])
	return unicode.Is(unicode.So, w.last) && unicode.Is(unicode.So, next) && !isRegional(next)
}

// mark keeps a combining mark while there are few.
func (w *writer) mark(i int, r rune, n int) {
	if w.last == 0 {
		w.note(i, "◌")
	}
	if w.marks == maxMarks {
		w.change(i)
		w.surplus++
		return
	}
	w.marks++
	w.copy(r, n)
}

// keep copies a harmless character.
func (w *writer) keep(r rune, n int) {
	w.flush()
	w.copy(r, n)
	w.marks, w.selector, w.last = 0, false, r
	if r == '\n' {
		w.last = 0
	}
}

func (w *writer) copy(r rune, n int) {
	if !w.changed {
		w.asIs += n
		return
	}
	w.out.WriteRune(r)
}

// note writes text of ours in place of what stood at src[i].
func (w *writer) note(i int, text string) {
	w.flush()
	w.change(i)
	w.out.WriteString(text)
	w.marks, w.selector = 0, false
	w.last, _ = utf8.DecodeLastRuneInString(text)
	if w.last == '\n' {
		w.last = 0
	}
}

// flush reports the marks that were left out.
func (w *writer) flush() {
	if w.surplus == 0 {
		return
	}
	n := w.surplus
	w.surplus = 0
	w.note(0, "⟨+"+strconv.Itoa(n)+"⟩") // src[:0]: the copy has begun when the first was left out
}

// change makes sure that what is written from here on is a copy; src[:i] is
// what stays.
func (w *writer) change(i int) {
	if w.changed {
		return
	}
	w.changed = true
	w.out.Grow(len(w.src) + 16)
	w.out.WriteString(w.src[:i])
}

func (w *writer) finish() string {
	w.flush()
	if !w.changed {
		return w.src
	}
	return w.out.String()
}
