package query

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind int

const (
	tokWord tokenKind = iota
	tokPhrase
	tokMinus
	tokField
	tokOp
	tokValue
	tokOpen
	tokClose
	tokComma
	tokOr
	tokAnd
	tokNot
)

// token is a piece of the text. Values and phrases keep their quotes in
// [pos, end); raw is what stands between them.
type token struct {
	kind     tokenKind
	pos, end int
	raw      string
	quoted   bool
	unclosed bool // a quote that never closes
	glued    bool // no space before it
	listed   bool // inside the parentheses of a value list
}

// scanner cuts any text into tokens; it never fails.
type scanner struct {
	text string
	i    int
	toks []token
	list bool // inside field:( … )

	fields int // conditions so far
}

func scan(text string) []token {
	s := scanner{text: text}
	for s.step() {
	}
	return s.toks
}

// step reads what stands at the scanner's place; false at the end.
func (s *scanner) step() bool {
	start := s.i
	s.i += spaces(s.text[s.i:])
	if s.i == len(s.text) {
		return false
	}
	n := len(s.toks)
	if s.list {
		s.listItem()
	} else {
		s.term()
	}
	s.toks[n].glued = start > 0 && start == s.toks[n].pos
	return true
}

func (s *scanner) add(kind tokenKind, n int) {
	s.toks = append(s.toks, token{kind: kind, pos: s.i, end: s.i + n, raw: s.text[s.i : s.i+n], listed: s.list})
	s.i += n
}

func (s *scanner) term() {
	rest := s.text[s.i:]
	switch rest[0] {
	case '(':
		s.add(tokOpen, 1)
		return
	case ')':
		s.add(tokClose, 1)
		return
	case '"':
		s.quoted(tokPhrase)
		return
	case '-', '!':
		s.add(tokMinus, 1)
		return
	case '+': // "must", which all terms do
		if len(rest) > 1 && (letter(rest[1]) || rest[1] == '"' || rest[1] == '(') {
			n := len(s.toks)
			s.i++
			s.term()
			s.toks[n].pos--
			return
		}
	}
	if s.printed(tokPhrase) || s.fieldTerm(rest) {
		return
	}
	n := run(rest, `()"`)
	switch rest[:n] {
	case "OR":
		s.add(tokOr, n)
	case "AND":
		s.add(tokAnd, n)
	case "NOT":
		s.add(tokNot, n)
	default:
		s.add(tokWord, n)
	}
}

// fieldTerm reads a field, its operator and its value.
func (s *scanner) fieldTerm(rest string) bool {
	name, op := condition(rest)
	gap, sign := 0, ""
	if name > 0 && op == 0 {
		gap, op, sign = spaced(rest, name)
	}
	if op == 0 {
		return false
	}
	s.add(tokField, name)
	s.i += gap
	s.add(tokOp, op)
	t := &s.toks[len(s.toks)-1]
	t.glued = true
	if sign != "" {
		t.raw = sign
	}
	if same := map[string]string{"==": "=", ":=": "=", "<>": "!=", ":!=": "!=", "=~": "~"}[t.raw]; same != "" {
		t.raw = same
	}
	if known(rest[:name]) {
		s.i += valueAhead(s.text[s.i:])
	}
	s.value()
	s.more(rest[:name])
	return true
}

// value reads what stands right behind an operator, which may be nothing.
func (s *scanner) value() {
	rest := s.text[s.i:]
	if rest == "" || spaces(rest) > 0 {
		return
	}
	n := len(s.toks)
	switch rest[0] {
	case '(':
		s.list = true
		s.add(tokOpen, 1)
	case '"':
		s.quoted(tokValue)
	default:
		if s.printed(tokValue) {
			break
		}
		if w := run(rest, `()"`); w > 0 {
			s.add(tokValue, w)
		}
	}
	if n < len(s.toks) {
		s.toks[n].glued = true
	}
}

func (s *scanner) listItem() {
	rest := s.text[s.i:]
	switch rest[0] {
	case ')':
		s.add(tokClose, 1)
		s.list = false
		return
	case '(':
		s.add(tokOpen, 1)
		return
	case ',':
		s.add(tokComma, 1)
		return
	case '"':
		s.quoted(tokValue)
		return
	}
	if s.printed(tokValue) {
		return
	}
	n := run(rest, `(),"`)
	if strings.EqualFold(rest[:n], "or") {
		s.add(tokOr, n)
		return
	}
	s.add(tokValue, n)
}

// quoted reads a quoted run; a backslash keeps the next byte from closing it.
func (s *scanner) quoted(kind tokenKind) {
	rest := s.text[s.i:]
	end := 1
	for end < len(rest) && rest[end] != '"' {
		if rest[end] == '\\' && end+1 < len(rest) && escapable(rest[end+1]) {
			end++
		}
		end++
	}
	closed := end < len(rest)
	if closed {
		end++
	}
	s.add(kind, end)
	t := &s.toks[len(s.toks)-1]
	t.quoted, t.unclosed = true, !closed
	t.raw = t.raw[1:]
	if closed {
		t.raw = t.raw[:len(t.raw)-1]
	}
}

// escapable tells whether a backslash before c, between quotes, makes c plain.
func escapable(c byte) bool { return c == '"' || c == '\\' || c == '*' || c == '?' }

// escaped reads the escape that s, between quotes, begins with, and its length:
// a backslash before a sign of the language, or \u{1f4a9} for a character by
// its code point. It is 0 where s begins with anything else.
func escaped(s string) (r rune, n int) {
	if len(s) < 2 || s[0] != '\\' {
		return 0, 0
	}
	if escapable(s[1]) {
		return rune(s[1]), 2
	}
	digits, ok := strings.CutPrefix(s[1:], "u{")
	if !ok {
		return 0, 0
	}
	digits, _, ok = strings.Cut(digits, "}")
	v, err := strconv.ParseUint(digits, 16, 21)
	if !ok || err != nil || !utf8.ValidRune(rune(v)) {
		return 0, 0
	}
	return rune(v), len(`\u{}`) + len(digits)
}

// literal is the text a token stands for.
func (t token) literal() string {
	if !t.quoted || !strings.Contains(t.raw, `\`) {
		return t.raw
	}
	var b strings.Builder
	for i := 0; i < len(t.raw); i++ {
		if r, n := escaped(t.raw[i:]); n > 0 {
			b.WriteRune(r)
			i += n - 1
			continue
		}
		b.WriteByte(t.raw[i])
	}
	return b.String()
}

// condition measures a field name and the operator behind it; op is 0 where
// the text begins otherwise. A scheme such as https:// is no field.
func condition(s string) (name, op int) {
	for name < len(s) && (letter(s[name]) || s[name] == '_' || name > 0 && s[name] >= '0' && s[name] <= '9') {
		name++
	}
	if name == 0 {
		return 0, 0
	}
	op = operator(s[name:])
	if strings.HasPrefix(s[name:], "://") || colons(s) || strings.HasPrefix(s[name:], `:\`) && name == 1 || strings.EqualFold(s[:name], "mailto") {
		return 0, 0
	}
	return name, op
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// operator is the length of the operator that s begins with, the longest one.
func operator(s string) int {
	for _, op := range [...]string{":>=", ":<=", ":!=", ":>", ":<", ":=", "<<", "<>", "~~", "~=", ">=", "<=", "!=", "==", "=~", "~", ">", "<", ":", "="} {
		if strings.HasPrefix(s, op) {
			return len(op)
		}
	}
	return 0
}

// fanged is the length of a sign in parentheses that makes an indicator
// harmless, which belongs to the word around it; 0 where there is none.
func fanged(s string) int {
	if s[0] != '(' {
		return 0
	}
	for _, sign := range []string{"(.)", "(dot)", "(@)", "(at)", "(:)"} {
		if len(s) > len(sign) && strings.EqualFold(s[:len(sign)], sign) && !unicode.IsSpace(rune(s[len(sign)])) && s[len(sign)] != ')' {
			return len(sign)
		}
	}
	return 0
}

// spaces is the length of the white space that s begins with.
func spaces(s string) int {
	for i, r := range s {
		if !unicode.IsSpace(r) {
			return i
		}
	}
	return len(s)
}

// run is the length of the text before white space or one of the stops.
func run(s, stops string) int {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if d := fanged(s[i:]); d > 0 && i > 0 {
			i += d
			continue
		}
		if unicode.IsSpace(r) || strings.ContainsRune(stops, r) {
			return i
		}
		i += n
	}
	return len(s)
}
