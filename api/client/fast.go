package client

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"threatbench/api"
)

// fastEvents reads a list of events, bare or enveloped, in one pass and
// without copying: the strings share the memory of one copy of the body. It
// understands what a correct server sends; at anything else, be it merely
// unusual, it gives up (ok is false) and the tolerant decoding of package api
// has the word. A fuzz test holds the two to the same result.
//
// It exists because pages of events are what the workbench waits for: the
// tolerant way costs a dozen times as much.
func fastEvents(body []byte) (events []api.Event, info *api.ResultInfo, ok bool) {
	r := &reader{s: string(body)}
	if r.peek() == '[' {
		events = r.events()
	} else {
		events, info = r.envelope()
	}
	r.peek()
	if r.failed || r.i != len(r.s) {
		return nil, nil, false
	}
	return events, info, true
}

// reader walks over JSON text. Once failed it stays so, and what it returns
// means nothing.
type reader struct {
	s      string
	i      int
	failed bool
}

// fail gives up; i goes to the end so that every loop ends.
func (r *reader) fail() {
	r.failed = true
	r.i = len(r.s)
}

// peek skips white space and returns the next byte, 0 at the end.
func (r *reader) peek() byte {
	for ; r.i < len(r.s); r.i++ {
		switch c := r.s[r.i]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

func (r *reader) expect(c byte) {
	if r.peek() != c {
		r.fail()
		return
	}
	r.i++
}

// take consumes a literal such as true.
func (r *reader) take(word string) bool {
	if r.peek() == 0 || !strings.HasPrefix(r.s[r.i:], word) {
		return false
	}
	r.i += len(word)
	return true
}

// more is asked before every member of a list or object that closes with end;
// it consumes the comma or the end.
func (r *reader) more(end byte, first bool) bool {
	c := r.peek()
	switch {
	case c == end:
		r.i++
		return false
	case first && c != 0:
		return true
	case c == ',':
		r.i++
		if r.peek() == end {
			r.fail() // a comma before the end
		}
		return !r.failed
	}
	r.fail()
	return false
}

func (r *reader) key() string {
	k := r.text()
	r.expect(':')
	return k
}

// text reads a string.
func (r *reader) text() string {
	r.expect('"')
	start := r.i
	plain := true
	for ; r.i < len(r.s); r.i++ {
		switch c := r.s[r.i]; {
		case c == '"':
			r.i++
			return r.unquoted(r.s[start:r.i-1], plain)
		case c == '\\':
			plain = false
			r.i++
		case c < ' ':
			r.fail()
			return ""
		}
	}
	r.fail()
	return ""
}

// unquoted is what stands between the quotes of a string. Escapes and broken
// UTF-8 are left to encoding/json, which knows what they become.
func (r *reader) unquoted(inner string, plain bool) string {
	if plain && utf8.ValidString(inner) {
		return inner
	}
	var s string
	if err := json.Unmarshal([]byte(`"`+inner+`"`), &s); err != nil {
		r.fail()
	}
	return s
}

// optional reads a string; null is "".
func (r *reader) optional() string {
	if r.peek() == 'n' && r.take("null") {
		return ""
	}
	return r.text()
}

// integer reads a whole number without fraction or exponent; null is 0.
func (r *reader) integer() int64 {
	c := r.peek()
	if c == 'n' && r.take("null") {
		return 0
	}
	start := r.i
	if c == '-' {
		r.i++
	}
	digits := r.i
	for r.i < len(r.s) && r.s[r.i] >= '0' && r.s[r.i] <= '9' {
		r.i++
	}
	n, err := strconv.ParseInt(r.s[start:r.i], 10, 64)
	if err != nil || r.s[digits] == '0' && r.i > digits+1 {
		r.fail()
	}
	return n
}

func (r *reader) boolean() bool {
	switch r.peek() {
	case 't':
		if r.take("true") {
			return true
		}
	case 'f':
		if r.take("false") {
			return false
		}
	}
	r.fail()
	return false
}

// moment reads a date; one that cannot be read is unknown.
func (r *reader) moment() api.Time {
	t, err := api.ParseTime(r.optional())
	if err != nil {
		return api.Time{}
	}
	return t
}

// texts reads a list of strings, without the empty ones; it is never nil.
func (r *reader) texts() []string {
	out := []string{}
	if r.peek() == 'n' && r.take("null") {
		return out
	}
	r.expect('[')
	for first := true; r.more(']', first); first = false {
		if s := r.text(); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// integers reads a list of whole numbers; it is never nil.
func (r *reader) integers() []int64 {
	out := []int64{}
	if r.peek() == 'n' && r.take("null") {
		return out
	}
	r.expect('[')
	for first := true; r.more(']', first); first = false {
		out = append(out, r.integer())
	}
	return out
}

// raw is the text of any value, checked to be valid.
func (r *reader) raw() string {
	r.peek()
	start, depth := r.i, 0
	for r.i < len(r.s) {
		switch c := r.s[r.i]; c {
		case '"':
			r.text()
			continue
		case '[', '{':
			depth++
		case ']', '}':
			if depth == 0 {
				return r.valid(start)
			}
			depth--
		case ',':
			if depth == 0 {
				return r.valid(start)
			}
		}
		r.i++
	}
	return r.valid(start)
}

func (r *reader) valid(start int) string {
	if r.failed || !json.Valid([]byte(r.s[start:r.i])) {
		r.fail()
		return ""
	}
	return r.s[start:r.i]
}
