package query

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"threatbench/api"
)

// maxDepth bounds how deep parentheses may nest.
const maxDepth = 20

// maxText bounds a filter in bytes: far more than the API takes of conditions,
// and little enough to be read between two frames.
const maxText = 64 << 10

// unread refuses what isn't read at all.
func unread(text string) error {
	if len(text) <= maxText {
		return nil
	}
	return &Error{Pos: 0, End: len(text), Msg: fmt.Sprintf("a filter of %d bytes; at most %d are read. A list of indicators is looked up: threatbench lookup", len(text), maxText)}
}

// leaf is a condition and where it stands.
type leaf struct {
	api.Condition
	pos, end int
}

type nodeKind int

const (
	nodeLeaf nodeKind = iota // conditions of one term, AND-ed
	nodeWord                 // bare words
	nodeAnd                  // a group in parentheses, or the whole text
	nodeOr
)

type node struct {
	kind     nodeKind
	pos, end int
	leaves   []leaf
	kids     []*node
	text     string // how it is written, where that isn't [pos, end)
}

// Parse reads a text. Its error is an *Error: the first thing that is wrong.
// Relative dates resolve against now, to absolute moments; days are those of
// its zone, but for 2024-03-01Z, which is the day in UTC.
func Parse(text string, now time.Time) (Filter, error) {
	if err := unread(text); err != nil {
		return Filter{}, err
	}
	p := parser{text: text, toks: scan(text), now: settled(now)}
	root, err := p.and(0)
	if err == nil && p.i < len(p.toks) {
		err = p.fail(p.toks[p.i], "this closes nothing; quote it to search for it")
	}
	if err != nil {
		return Filter{}, p.place(err)
	}
	f, err := lower(root)
	if err != nil {
		return Filter{}, p.place(err)
	}
	own := slices.DeleteFunc(slices.Clone(f.Search), func(c api.Condition) bool { return c.Field == api.FieldDataset })
	if err := (api.ListQuery{Search: own, Branches: f.Branches}).Validate(); err != nil {
		return Filter{}, p.place(&Error{Pos: 0, End: len(text), Msg: err.Error()})
	}
	return f, nil
}

// settled is now with UTC as its zone where the machine's own zone is UTC under
// another name: a day can then be asked for as the API has it.
func settled(now time.Time) time.Time {
	if name, off := now.Zone(); name == "UTC" && off == 0 {
		return now.UTC()
	}
	return now
}

type parser struct {
	text string
	toks []token
	i    int
	now  time.Time
}

// place adds the column to an error.
func (p *parser) place(err *Error) error {
	err.Column = utf8.RuneCountInString(p.text[:err.Pos]) + 1
	return err
}

func (p *parser) fail(t token, format string, args ...any) *Error {
	return failAt(t.pos, t.end, format, args...)
}

func failAt(pos, end int, format string, args ...any) *Error {
	return &Error{Pos: pos, End: end, Msg: fmt.Sprintf(format, args...)}
}

// peek is the next token's kind; -1 at the end.
func (p *parser) peek() tokenKind {
	if p.i == len(p.toks) {
		return -1
	}
	return p.toks[p.i].kind
}

func (p *parser) next() token {
	p.i++
	return p.toks[p.i-1]
}

// and reads terms up to the end or a closing parenthesis.
func (p *parser) and(depth int) (*node, *Error) {
	n := &node{kind: nodeAnd}
	for p.i < len(p.toks) && p.peek() != tokClose {
		var err *Error
		p.smallKeyword(n)
		switch p.peek() {
		case tokAnd:
			err = p.conjunction(n)
		case tokOr:
			err = p.or(n, depth)
		default:
			var t *node
			if t, err = p.term(depth); err == nil {
				n.kids = append(n.kids, t)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	if len(n.kids) > 0 {
		n.pos, n.end = n.kids[0].pos, n.kids[len(n.kids)-1].end
	}
	return n, p.joinWords(n)
}

// smallKeyword makes an operator of or, and, not in small letters where they
// can't be words: beside a condition, and or between two words.
func (p *parser) smallKeyword(n *node) {
	t := &p.toks[p.i]
	if t.kind != tokWord || p.i+1 == len(p.toks) {
		return
	}
	next := p.toks[p.i+1].kind
	condition := next == tokField || next == tokOpen || next == tokMinus || next == tokNot
	word := next == tokWord || next == tokPhrase
	before := len(n.kids) > 0
	words := before && n.kids[len(n.kids)-1].kind == nodeWord
	switch strings.ToLower(t.raw) {
	case "not":
		if condition {
			t.kind = tokNot
		}
	case "or":
		if before && (condition && !words || condition != word && !p.amongWords(n)) {
			t.kind = tokOr
		}
	case "and":
		if before && (condition || word) {
			t.kind = tokAnd
		}
	}
}

// amongWords reports whether more than one word stands on a side of an or,
// which then could mean all of them.
func (p *parser) amongWords(n *node) bool {
	isWord := func(i int) bool { return i >= 0 && i < len(n.kids) && n.kids[i].kind == nodeWord }
	after := p.i+2 < len(p.toks) && p.toks[p.i+2].kind == tokWord && !slices.Contains([]string{"or", "and"}, strings.ToLower(p.toks[p.i+2].raw))
	return isWord(len(n.kids)-1) && isWord(len(n.kids)-2) || after
}

// conjunction reads AND, which says what is meant anyway.
func (p *parser) conjunction(n *node) *Error {
	t := p.next()
	if k := p.peek(); len(n.kids) == 0 || k == -1 || k == tokClose || k == tokOr || k == tokAnd {
		return p.fail(t, "AND needs a term on either side; quote it to search for the word")
	}
	return nil
}

// or reads OR and the terms that follow; the term before it becomes its first.
func (p *parser) or(n *node, depth int) *Error {
	if len(n.kids) == 0 {
		return p.fail(p.next(), "OR needs a term on its left; quote it to search for the word")
	}
	last := len(n.kids) - 1
	chain := &node{kind: nodeOr, pos: n.kids[last].pos, kids: []*node{n.kids[last]}}
	for p.peek() == tokOr {
		t := p.next()
		if k := p.peek(); k == -1 || k == tokClose || k == tokOr || k == tokAnd {
			return p.fail(t, "OR needs a term on its right; quote it to search for the word")
		}
		term, err := p.term(depth)
		if err != nil {
			return err
		}
		if err := p.forgotten(chain.kids[len(chain.kids)-1], term); err != nil {
			return err
		}
		chain.kids = append(chain.kids, term)
		chain.end = term.end
		if p.peek() == tokWord && strings.EqualFold(p.toks[p.i].raw, "or") {
			p.smallKeyword(&node{kids: chain.kids})
		}
	}
	n.kids[last] = chain
	return nil
}

// forgotten refuses target:UA OR PL: behind OR stands a value of the field
// before it, which alone is a word that may stand anywhere.
func (p *parser) forgotten(before, after *node) *Error {
	if before.kind != nodeLeaf || len(before.leaves) == 0 || after.kind != nodeWord || before.text != "" {
		return nil
	}
	if last := before.leaves[len(before.leaves)-1]; last.Field != before.leaves[0].Field {
		return nil
	}
	c, word := before.leaves[0].Condition, after.leaves[0].Value()
	same := false
	switch kindOf(c.Field) {
	case api.KindTLP:
		_, same = api.ParseTLP(word)
	case api.KindCountry:
		same = len(api.CountriesNamed(word)) == 1
	case api.KindTechnique:
		_, same = techniqueID(word)
	case api.KindIndicator:
		same = standsAlone(word)
	case api.KindStage:
		_, same = stage(word)
	case api.KindTime:
		_, refused := dates(c.Field, api.OpEquals, word, p.now)
		same = refused == ""
	}
	if !same {
		return nil
	}
	said := p.text[before.pos:before.end]
	name, op := condition(said)
	first := strings.TrimSpace(said[min(name+op, len(said)):])
	return failAt(after.pos, after.end, "several values are %s:(%s OR %s); a word anywhere is text:%s", said[:name], first, word, word)
}

func (p *parser) term(depth int) (*node, *Error) {
	t := p.next()
	if t.glued && p.i > 1 && p.toks[p.i-2].kind != tokOpen {
		return nil, p.fail(t, "a space is missing here; or put the whole value in quotes")
	}
	n, err := p.body(t, depth)
	if err != nil {
		return nil, err
	}
	n.pos, n.end = t.pos, p.toks[p.i-1].end
	return n, nil
}

func (p *parser) body(t token, depth int) (*node, *Error) {
	switch t.kind {
	case tokOpen:
		return p.group(t, depth)
	case tokWord:
		return p.word(t)
	case tokPhrase:
		return p.phrase(t)
	case tokMinus, tokNot:
		return p.negated(t, depth)
	case tokField:
		return p.condition(t)
	}
	return nil, p.fail(t, "a term is missing here")
}

func (p *parser) phrase(t token) (*node, *Error) {
	v, err := p.valueOf(t)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(v) == "" {
		return nil, p.fail(t, "nothing but spaces stands between these quotes")
	}
	c := findWords(v)
	if strings.IndexFunc(v, unicode.IsSpace) >= 0 {
		c = api.Condition{Field: api.FieldText, Op: api.OpContains, Values: []string{v}}
	}
	return &node{leaves: []leaf{{c, t.pos, t.end}}}, nil
}

func (p *parser) group(open token, depth int) (*node, *Error) {
	if depth == maxDepth {
		return nil, p.fail(open, "parentheses nest deeper than %d", maxDepth)
	}
	n, err := p.and(depth + 1)
	if err != nil {
		return nil, err
	}
	if p.peek() != tokClose {
		return nil, p.fail(open, "this parenthesis is not closed")
	}
	if shut := p.next(); len(n.kids) == 0 {
		return nil, failAt(open.pos, shut.end, "nothing stands between these parentheses")
	}
	return n, nil
}

// negated reads what follows a minus, an exclamation mark or NOT: a condition,
// a word or a group, of which the opposite is meant.
func (p *parser) negated(sign token, depth int) (*node, *Error) {
	glued := sign.kind == tokNot || p.i < len(p.toks) && p.toks[p.i].glued
	if k := p.peek(); !glued || k == -1 || k == tokMinus || k == tokNot || k == tokClose || k == tokOr || k == tokAnd {
		return nil, p.fail(sign, "%s needs a condition right behind it, as in -tag:phishing; quote it to search for it", sign.raw)
	}
	t := p.next()
	n, err := p.body(t, depth)
	if err != nil {
		return nil, err
	}
	n.pos, n.end = sign.pos, p.toks[p.i-1].end
	return negate(n), nil
}

// joinWords makes one condition of the words that stand in one group, and
// refuses what was probably meant as an operator.
func (p *parser) joinWords(n *node) *Error {
	var words *leaf
	end := 0
	kept := make([]*node, 0, len(n.kids))
	for i, k := range n.kids {
		if k.kind != nodeWord {
			kept = append(kept, k)
			continue
		}
		if err := keyword(n.kids, i); err != nil {
			return err
		}
		if words == nil {
			words = &k.leaves[0]
			kept = append(kept, k)
		} else {
			words.Values = []string{words.Value() + " " + k.leaves[0].Value()}
		}
		end = k.end
		if err := tooLong(k.pos, k.end, words.Value()); err != nil {
			return err
		}
	}
	if words != nil {
		if err := p.timeInWords(strings.Fields(words.Value()), words.pos, end); err != nil {
			return err
		}
	}
	n.kids = kept
	return nil
}

// keyword refuses the words or, and, not in small letters beside a condition.
func keyword(kids []*node, i int) *Error {
	alone := (i == 0 || kids[i-1].kind == nodeWord) && (i == len(kids)-1 || kids[i+1].kind == nodeWord)
	k := kids[i]
	w := k.leaves[0].Value()
	if between := i > 0 && i < len(kids)-1; alone && !(between && strings.EqualFold(w, "or")) {
		return nil
	}
	switch strings.ToLower(w) {
	case "or":
		return failAt(k.pos, k.end, "write OR in capitals between terms; quote %q to search for the word", w)
	case "and":
		return failAt(k.pos, k.end, "terms are AND-ed anyway: leave it out; quote %q to search for the word", w)
	case "not":
		return failAt(k.pos, k.end, "write -field:value or NOT field:value to exclude; quote %q to search for the word", w)
	}
	return nil
}

func tooLong(pos, end int, v string) *Error {
	if n := utf8.RuneCountInString(v); n > api.MaxValueLength {
		return failAt(pos, end, "%d characters; the API takes at most %d", n, api.MaxValueLength)
	}
	return nil
}

// valueOf is the text of a value or phrase within the API's limits.
func (p *parser) valueOf(t token) (string, *Error) {
	if t.unclosed {
		return "", p.fail(t, "this quote is not closed")
	}
	v := t.literal()
	if v == "" {
		return "", p.fail(t, "the value is empty; the API takes 1 to %d characters; events without one are field:none", api.MaxValueLength)
	}
	return v, tooLong(t.pos, t.end, v)
}
