package query

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"threatbench/api"
	"threatbench/api/attack"
	"threatbench/api/indicator"
)

// What people write who know other languages, where it can mean one thing
// only: spaces around an operator, "is" and "contains" for one, values of
// several words that are a name, quotes of print.

// quotes are the signs that open a quoted text, with those that close it.
var quotes = map[rune]string{'"': `"`, '“': "”“", '„': "“”", '«': "»", '‘': "’", '\'': "'"}

// maxPrinted is how far, in bytes, a quote of print is looked for its end: past
// it no value is as long.
const maxPrinted = 4*api.MaxValueLength + 16

// openQuote is the quote that s begins with, and the bytes before its closing
// one; ok is false where it opens nothing. A quote of print has to be closed at
// the end of a word, since it stands in words, too.
func openQuote(s string) (open, inner, shut int, ok bool) {
	r, n := utf8.DecodeRuneInString(s)
	if r == '"' || quotes[r] == "" {
		return 0, 0, 0, false
	}
	closing := quotes[r]
	for i, c := range s[n:min(len(s), maxPrinted)] {
		if !strings.ContainsRune(closing, c) {
			continue
		}
		after := s[n+i+utf8.RuneLen(c):]
		if i > 0 && (after == "" || spaces(after) > 0 || strings.ContainsAny(after[:1], "),")) {
			return n, i, utf8.RuneLen(c), true
		}
	}
	return 0, 0, 0, false
}

// printed reads a text between quotes of print.
func (s *scanner) printed(kind tokenKind) bool {
	open, inner, shut, ok := openQuote(s.text[s.i:])
	if !ok {
		return false
	}
	s.add(kind, open+inner+shut)
	t := &s.toks[len(s.toks)-1]
	t.raw, t.quoted = t.raw[open:open+inner], true
	return true
}

// wordOperators are words that stand for an operator between a field and a
// value, the longest first.
var wordOperators = []struct{ words, sign string }{
	{"is not in", "!="}, {"is not", "!="}, {"not in", "!="}, {"is in", ":"}, {"is", ":"}, {"equals", "="}, {"contains", "~"}, {"in", ":"},
}

// spaced measures a field and an operator with space between them, such as
// "tlp != red" and "attacker contains heron". The operator is returned as it is
// written tight; op is 0 where there is none.
func spaced(s string, name int) (gap, op int, sign string) {
	if !known(s[:name]) || name == len(s) {
		return 0, 0, ""
	}
	gap = spaces(s[name:])
	rest := s[name+gap:]
	if gap == 0 || rest == "" {
		return 0, 0, ""
	}
	if n := operator(rest); n > 0 {
		if after := rest[n:]; rest[0] != ':' || after != "" && spaces(after) > 0 { // ":x" goes with the word behind it
			return gap, n, rest[:n]
		}
		return 0, 0, ""
	}
	for _, w := range wordOperators {
		after, ok := strings.CutPrefix(rest, w.words)
		n := spaces(after)
		if !ok || n == 0 || n == len(after) {
			continue
		}
		if strings.HasSuffix(w.words, "in") && !inList(s[:name], after[n:]) {
			if f, _ := Lookup(s[:name]); w.words != "in" && kindOf(f) == api.KindCountry {
				return gap, len(w.words), w.sign
			}
			if w.words != "in" {
				return 0, 0, "" // "is in progress": the "is" of it is no operator either
			}
			continue
		}
		return gap, len(w.words), w.sign
	}
	return 0, 0, ""
}

// inList reports whether "in" is followed by what may be meant by it: a list,
// or a net behind a name of the indicator. Elsewhere it is a word.
func inList(name, after string) bool {
	if after[0] == '(' {
		return true
	}
	f, _ := Lookup(name)
	return f == api.FieldIndicator && isNet(after[:run(after, `()"`)])
}

// known reports whether a filter may name a field so.
func known(name string) bool {
	_, ok := Lookup(name)
	_, verb := verbs[strings.ToLower(name)]
	return ok || verb || ownName(name) != ""
}

// valueAhead is the length of the space between an operator and its value; 0
// where no value follows: a term of its own, or nothing.
func valueAhead(s string) int {
	n := spaces(s)
	rest := s[n:]
	if n == 0 || rest == "" || rest[0] == ')' {
		return 0
	}
	w := strings.TrimLeft(rest, "-!+")
	if name, op := condition(w); op > 0 && known(w[:name]) {
		return 0
	}
	switch rest[:run(rest, `()"`)] {
	case "OR", "AND", "NOT":
		return 0
	}
	return n
}

// maxFields is how many conditions are looked at for values of several words:
// more than a query can have.
const maxFields = 2 * (api.MaxBranches + 1) * api.MaxConditions

// more adds to an unquoted value the words behind it that make it the name of
// one thing: a time of day, "last week", "south korea", "valid accounts".
func (s *scanner) more(name string) {
	last := &s.toks[len(s.toks)-1]
	field, ok := Lookup(name)
	if v, verb := verbs[strings.ToLower(name)]; verb {
		field, ok = v.field, v.field != ""
	}
	if s.fields++; !ok || last.kind != tokValue || last.quoted || s.fields > maxFields {
		return
	}
	end := s.i
	if sign := s.toks[len(s.toks)-2].raw; (sign == ":" || sign == "=" || sign == "!=") && kindOf(field) != api.KindProse {
		for strings.HasSuffix(s.text[last.pos:end], ",") { // a:x, y
			gap := spaces(s.text[end:])
			w := run(s.text[end+gap:], `()"`)
			if _, op := condition(s.text[end+gap:]); w == 0 || op > 0 {
				break
			}
			end += gap + w
		}
	}
	for at, words := end, 0; words < 5; words++ {
		gap := spaces(s.text[at:])
		w := run(s.text[at+gap:], `()"`)
		if gap == 0 || w == 0 {
			break
		}
		at += gap + w
		if oneThing(field, s.text[last.pos:at]) {
			end = at
		}
	}
	s.i, last.end = end, end
	last.raw = s.text[last.pos:end]
}

// oneThing reports whether a text of several words is one value of a field.
func oneThing(field api.Field, v string) bool {
	fold := api.Fold(strings.Join(strings.Fields(v), " "))
	switch kindOf(field) {
	case api.KindTime:
		_, refused := dates(field, api.OpEquals, v, clock())
		return refused == ""
	case api.KindStage:
		_, ok := stage(v)
		return ok
	case api.KindCountry:
		c := api.CountriesNamed(v)
		return len(c) == 1 && (api.Fold(c[0].Name) == fold || slices.Contains(c[0].OtherNames(), fold))
	case api.KindTechnique:
		return techniqueNames()[fold]
	}
	return false
}

// techniqueNames are the names of all techniques, folded.
var techniqueNames = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for t := range attack.Techniques() {
		out[api.Fold(t.Name)] = true
	}
	return out
})

// verb is a name that says more than a field.
type verb struct {
	field api.Field // "" where the value names the field
	op    string
}

// verbs are names that people give to a condition instead of a field.
var verbs = map[string]verb{
	"since": {api.FieldDate, ">="}, "after": {api.FieldDate, ">"}, "before": {api.FieldDate, "<"}, "until": {api.FieldDate, "<="},
	"last": {api.FieldDate, ">="},
	"has":  {"", "*"}, "exists": {"", "*"}, "_exists_": {"", "*"}, "missing": {"", "none"}, "without": {"", "none"}, "no": {"", "none"}, "hasnot": {"", "none"},
}

// said reads what stands behind a verb.
func (p *parser) said(v verb, name, op, t token) (*node, *Error) {
	if sign := strings.TrimPrefix(op.raw, ":"); sign != "" && sign != "=" {
		return nil, p.fail(op, "%s: takes a value, as in %s:%s", name.raw, name.raw, map[bool]string{true: "2024-03-01", false: "attacker"}[v.field != ""])
	}
	value, err := p.valueOf(t)
	if err != nil {
		return nil, err
	}
	if v.field != "" {
		if name.raw[0]|0x20 == 'l' && !strings.HasPrefix(value, "-") {
			value = "last " + value
		}
		return p.date(v.field, map[string]api.Op{">=": api.OpGte, ">": api.OpGt, "<": api.OpLt, "<=": api.OpLte}[v.op], name, t, value)
	}
	field, ok := Lookup(value)
	if !ok {
		return nil, p.fail(t, "there is no field %s; %s:attacker finds events by whether they have one", value, name.raw)
	}
	c, err := p.hasOne(field, t)
	if v.op == "none" {
		c, err = p.hasNone(field, t)
	}
	return p.one(c, name, t), err
}

// several parts an unquoted value at its commas and semicolons, where the parts
// are values of their own: a:x,y is a:(x OR y).
func several(field api.Field, v string) []string {
	if kindOf(field) == api.KindProse || !strings.ContainsAny(v, ",;") || strings.HasPrefix(v, "(") {
		return nil
	}
	parts := strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ';' || unicode.IsSpace(r) })
	if len(parts) == 0 {
		return nil
	}
	if field == api.FieldIndicator && slices.ContainsFunc(parts, func(v string) bool { return !standsAlone(v) }) {
		return nil
	}
	return parts
}

// standsAlone reports whether a text is an indicator by itself. Of a URL with a
// comma the part behind it isn't.
func standsAlone(v string) bool { return isNet(v) || typed(v) || beginsHash(v) }

// typed reports whether a text has the form of an indicator.
func typed(v string) bool { _, ok := indicator.TypeOf(v); return ok }

// colons reports whether s begins with a word that holds colons and is no
// condition: an IPv6 address, a net or a MAC address.
func colons(s string) bool {
	w := s[:run(s, `()"`)]
	if strings.Count(w, ":") < 2 {
		return false
	}
	if _, err := netip.ParseAddr(w); err == nil || isNet(w) {
		return true
	}
	_, err := net.ParseMAC(w)
	return err == nil
}

// tidy takes off a bare word what belongs to the sentence around it, and writes
// an indicator as events have it.
func tidy(v string) string {
	v = strings.TrimRightFunc(v, func(r rune) bool { return r == ',' || r == ';' })
	if rest := strings.TrimPrefix(v, "#"); rest != "" {
		v = rest
	}
	if rest, ok := strings.CutPrefix(v, "mailto:"); ok && rest != "" {
		v = rest
	}
	if a, err := netip.ParseAddr(v); err == nil {
		return a.String()
	}
	if bare := strings.TrimSuffix(v, "."); bare != v && typed(bare) && strings.IndexFunc(bare, unicode.IsLetter) >= 0 {
		return bare
	}
	return v
}

// spanOfAddresses refuses first-last, which the API has no way to say, and
// names the net around it.
func spanOfAddresses(v string) (around string, ok bool) {
	for _, sign := range []string{"..", "-"} {
		a, b, cut := strings.Cut(v, sign)
		first, err := netip.ParseAddr(a)
		last, err2 := netip.ParseAddr(strings.TrimPrefix(b, "."))
		if !cut || err != nil || err2 != nil || first.BitLen() != last.BitLen() {
			continue
		}
		for bits := first.BitLen(); bits >= 0; bits-- {
			if p := netip.PrefixFrom(first, bits).Masked(); p.Contains(last) {
				return p.String(), true
			}
		}
	}
	return "", false
}

// expression reports whether a value is meant as a regular expression.
func expression(v string) bool {
	return len(v) > 2 && v[0] == '/' && v[len(v)-1] == '/' && strings.ContainsAny(v[1:len(v)-1], `.*+?[\^$`)
}

// isID reports whether a word has the form of an event's id.
func isID(v string) bool {
	const form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
	if len(v) != len(form) {
		return false
	}
	for i := range len(v) {
		if hex := strings.IndexByte("0123456789abcdef", v[i]|0x20) >= 0; form[i] == '-' && v[i] != '-' || form[i] == 'x' && !hex {
			return false
		}
	}
	return true
}

// timeInWords refuses words that say when: "phishing last 7 days", "between
// 2026-11-20 and 2026-11-28". Searched for as words they would find nothing.
func (p *parser) timeInWords(words []string, pos, end int) *Error {
	instead := ""
	for i, w := range words {
		rest := words[i+1:]
		switch strings.ToLower(w) {
		case "last", "past":
			instead = lately(rest)
		case "between", "from":
			if rest = without(rest, "to"); len(rest) > 1 && p.isTime(rest[0]) && p.isTime(rest[1]) {
				instead = "date:" + rest[0] + ".." + rest[1]
			}
		}
		if instead != "" {
			return failAt(pos, end, "a time is a condition: write %s; quote it to search for the words", instead)
		}
	}
	return nil
}

// lately is the condition that stands for the words behind "last"; "" where they
// say no time.
func lately(words []string) string {
	units := map[string]string{"minute": "min", "min": "min", "hour": "h", "day": "d", "week": "w", "month": "mon", "year": "y"}
	if len(words) == 0 {
		return ""
	}
	if unit := strings.ToLower(words[0]); unit == "week" || unit == "month" || unit == "year" {
		return "date:last-" + unit
	}
	if len(words) == 1 || strings.Trim(words[0], "0123456789") != "" {
		return ""
	}
	unit := units[strings.TrimSuffix(strings.ToLower(words[1]), "s")]
	if unit == "" {
		return ""
	}
	return "date>-" + words[0] + unit
}

// isTime reports whether a word says a day or a moment in figures.
func (p *parser) isTime(v string) bool {
	if v == "" || v[0] < '0' || v[0] > '9' || strings.Trim(v, "0123456789") == "" {
		return false
	}
	_, refused := dates(api.FieldDate, api.OpEquals, v, p.now)
	return refused == ""
}

func without(words []string, w string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(v string) bool { return strings.EqualFold(v, w) })
}
