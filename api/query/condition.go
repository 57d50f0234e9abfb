package query

import (
	"cmp"
	"slices"
	"strings"

	"threatbench/api"
	"threatbench/api/indicator"
)

// condition reads a field's operator and value.
func (p *parser) condition(name token) (*node, *Error) {
	op := p.next()
	field, ok := Lookup(name.raw)
	if own := ownName(name.raw); own != "" {
		field, ok = own, true
	}
	said, verb := verbs[strings.ToLower(name.raw)]
	if !ok && !verb {
		return nil, p.unknownField(name, op)
	}
	if p.i == len(p.toks) || !p.toks[p.i].glued || p.peek() != tokOpen && p.peek() != tokValue {
		return nil, p.fail(op, "%s%s needs a value right behind it", name.raw, op.raw)
	}
	not := op.raw == "!="
	if not {
		op.raw = ":"
	}
	var n *node
	var err *Error
	switch {
	case verb && !ok && p.peek() == tokValue:
		n, err = p.said(said, name, op, p.next())
	case verb && !ok:
		return nil, p.fail(op, "%s takes one value", name.raw)
	case p.peek() == tokOpen:
		n, err = p.values(name, field, op)
	default:
		n, err = p.single(name, field, op, p.next())
	}
	if err != nil {
		return nil, err
	}
	if not {
		n.pos, n.end = name.pos, p.toks[p.i-1].end
		n = negate(n)
	}
	return n, nil
}

// ownName is the field that a name stands for which is no field of the
// contract's: the dataset, and all that an event says.
func ownName(name string) api.Field {
	switch strings.ToLower(name) {
	case "dataset", "datasets", "ds", "datasetid":
		return api.FieldDataset
	case string(api.FieldText):
		return api.FieldText
	}
	return ""
}

func (p *parser) unknownField(name, op token) *Error {
	value := ""
	if p.i < len(p.toks) && p.peek() == tokValue {
		value = p.text[p.toks[p.i].pos:p.toks[p.i].end]
	}
	if f, ok := unfiltered(name.raw); ok {
		return p.fail(name, "%s can't be searched by itself; words look there, too: write %s alone", f.Title, cmp.Or(value, "a word"))
	}
	if near := nearest(name.raw); near != "" {
		return p.fail(name, "there is no field %s; did you mean %s? write %s%s%s, or quote it to search for it", name.raw, near, near, op.raw, value)
	}
	if before, ok := p.before(name); ok && known(before.raw+name.raw) {
		return failAt(before.pos, name.end, "a field is written as one word: write %s%s%s%s", before.raw, name.raw, op.raw, value)
	}
	return p.fail(name, "there is no field %s; quote it to search for it", name.raw)
}

// before is the word in front of a token.
func (p *parser) before(t token) (token, bool) {
	i := slices.IndexFunc(p.toks, func(o token) bool { return o.pos == t.pos })
	if i < 1 || p.toks[i-1].kind != tokWord {
		return token{}, false
	}
	return p.toks[i-1], true
}

// single reads field, operator and one value. A part of a date such as a month
// becomes two conditions.
func (p *parser) single(name token, field api.Field, op, t token) (*node, *Error) {
	sign := strings.TrimPrefix(op.raw, ":")
	if field == api.FieldDataset || field == api.FieldText {
		return p.own(name, field, op, t)
	}
	if sign == "" || sign == "=" && !t.quoted {
		if parts := several(field, t.raw); parts != nil && !t.quoted && !t.listed && !oneThing(field, t.raw) {
			return p.parted(name, field, op, t, parts)
		}
		return p.meant(name, field, t)
	}
	v, err := p.valueOf(t)
	if err != nil {
		return nil, err
	}
	o, v, err := p.operation(field, op, t, v)
	if err != nil {
		return nil, err
	}
	if o == api.OpWithin || o == api.OpUnder {
		return p.one(api.Condition{Field: field, Op: o, Values: []string{v}}, name, t), nil
	}
	if !slices.Contains(api.OpsFor(field), o) {
		return nil, p.fail(op, "%s takes %s", field, operatorsOf(field))
	}
	if isDate(field) && !textual(o) && sign != "=" {
		return p.date(field, o, name, t, v)
	}
	if isDate(field) && !textual(o) {
		if _, err := api.ParseTime(v); err != nil {
			return nil, p.fail(t, "%q is no moment: write 2024-03-01T10:00:00Z", v)
		}
		return p.one(api.Condition{Field: field, Op: o, Values: []string{v}}, name, t), nil
	}
	if v, err = p.scalar(field, o, t, v); err != nil {
		return nil, err
	}
	return p.one(api.Condition{Field: field, Op: o, Values: []string{v}}, name, t), nil
}

// date reads a date behind an operator.
func (p *parser) date(field api.Field, op api.Op, name, t token, v string) (*node, *Error) {
	conds, msg := dates(field, op, v, p.now)
	if msg != "" {
		return nil, p.fail(t, "%s", msg)
	}
	n := &node{}
	for _, c := range conds {
		n.leaves = append(n.leaves, leaf{c, name.pos, t.end})
	}
	return n, nil
}

// own reads a value of the dataset or of all that an event says.
func (p *parser) own(name token, field api.Field, op, t token) (*node, *Error) {
	v, err := p.valueOf(t)
	if err != nil {
		return nil, err
	}
	sign := strings.TrimPrefix(op.raw, ":")
	if field == api.FieldText {
		if sign != "" && sign != "~~" && sign != "~" && sign != "=" {
			return nil, p.fail(op, "text takes words, as in text:word")
		}
		return p.anywhere(sign, name, t, v)
	}
	if sign != "" && sign != "=" {
		return nil, p.fail(op, "a dataset is dataset:name, several are dataset:(A OR B)")
	}
	return p.one(api.Condition{Field: field, Op: api.OpEquals, Values: []string{v}}, name, t), nil
}

// anywhere reads what is looked for in all that an event says: words, or with ~ a
// phrase. A star at an end of an unquoted word says nothing new.
func (p *parser) anywhere(sign string, name, t token, v string) (*node, *Error) {
	if !t.quoted {
		v = strings.Trim(v, "*")
	}
	switch {
	case strings.TrimSpace(v) == "":
		return nil, p.fail(t, "this matches everything; leave it out")
	case !t.quoted && strings.Contains(v, "*"):
		return nil, p.fail(t, "words are found anywhere, without *: write %s, or a field as in indicator:%s", strings.ReplaceAll(v, "*", " "), t.raw)
	}
	c := findWords(v)
	if sign == "~" {
		c.Op = api.OpContains
	}
	return p.one(c, name, t), nil
}

// operation is the operator a sign stands for, and the value it takes.
func (p *parser) operation(field api.Field, op, t token, v string) (api.Op, string, *Error) {
	switch strings.TrimPrefix(op.raw, ":") {
	case "=":
		return api.OpEquals, v, nil
	case "<<":
		return p.inside(field, op, v)
	case ">":
		return api.OpGt, v, nil
	case ">=":
		return api.OpGte, v, nil
	case "<":
		return api.OpLt, v, nil
	case "<=":
		return api.OpLte, v, nil
	case "~~":
		return api.OpFind, v, nil
	case "~=":
		return api.OpLike, v, nil
	}
	if field == api.FieldIndicator && !t.quoted {
		t.raw = indicator.Refang(t.raw)
	}
	o, v, msg := wildcard(pattern(t))
	if msg != "" {
		return "", "", p.fail(t, "%s", msg)
	}
	return o, v, nil
}

// inside reads << which says in full what ip:NET, domain:X and technique:T mean.
func (p *parser) inside(field api.Field, op token, v string) (api.Op, string, *Error) {
	name := p.toks[p.i-3].raw
	switch {
	case field == api.FieldMitreAttack, field == api.FieldIndicator && below(name):
		return api.OpUnder, v, nil
	case field == api.FieldIndicator:
		if _, err := api.ParseNet(v); err != nil {
			return "", "", p.fail(p.toks[p.i-1], "%q is no net: write 198.51.100.0/24; all below a domain is domain:%s", v, v)
		}
		return api.OpWithin, v, nil
	}
	return "", "", p.fail(op, "<< is for ip, domain and technique")
}

// part is a byte of a pattern: plain, or a wildcard.
type part struct {
	c    byte
	wild bool
}

// pattern reads the bytes of a value; between quotes a backslash makes a
// wildcard plain. A run of stars is one star.
func pattern(t token) []part {
	var out []part
	for i := 0; i < len(t.raw); i++ {
		p := part{t.raw[i], t.raw[i] == '*' || t.raw[i] == '?'}
		if r, n := escaped(t.raw[i:]); t.quoted && n > 0 {
			for _, c := range []byte(string(r)) {
				out = append(out, part{c: c})
			}
			i += n - 1
			continue
		}
		if star := (part{'*', true}); p == star && len(out) > 0 && out[len(out)-1] == star {
			continue
		}
		out = append(out, p)
	}
	return out
}

// wildcard compiles a value with * and ?: to the plain operators where they
// say the same, to LIKE where they don't.
func wildcard(parts []part) (op api.Op, value, refused string) {
	star := part{'*', true}
	lead := parts[0] == star
	trail := parts[len(parts)-1] == star
	inner := parts
	if lead {
		inner = inner[1:]
	}
	if trail && len(inner) > 0 {
		inner = inner[:len(inner)-1]
	}
	switch {
	case len(inner) == 0:
		return "", "", "this matches everything; leave it out"
	case slices.ContainsFunc(inner, func(p part) bool { return p.wild }):
		return like(parts)
	case lead && !trail:
		return api.OpEndsWith, literal(inner), ""
	case trail && !lead:
		return api.OpStartsWith, literal(inner), ""
	}
	return api.OpContains, literal(inner), ""
}

// literal is the text of parts without a wildcard.
func literal(parts []part) string {
	b := make([]byte, len(parts))
	for i, p := range parts {
		b[i] = p.c
	}
	return string(b)
}

// like writes a pattern the way SQL does, which cannot say a plain % or _.
func like(parts []part) (op api.Op, value, refused string) {
	b := []byte(literal(parts))
	for i, p := range parts {
		switch {
		case p.wild && p.c == '*':
			b[i] = '%'
		case p.wild:
			b[i] = '_'
		case p.c == '%' || p.c == '_':
			return "", "", "a pattern with * or ? inside can't hold a plain % or _: the API has no way to say that"
		}
	}
	return api.OpLike, string(b), ""
}

// values reads (a OR b, c) behind a field: one of them.
func (p *parser) values(name token, field api.Field, op token) (*node, *Error) {
	open := p.next()
	if op.raw != ":" && op.raw != "=" || field == api.FieldText {
		return nil, p.fail(op, "only : takes several values, as in %s:(a OR b)", field)
	}
	l := listing{in: api.Condition{Field: field, Op: api.OpIn}}
	for want := true; ; want = !want {
		if p.i == len(p.toks) {
			return nil, p.fail(open, "this parenthesis is not closed")
		}
		t := p.next()
		switch {
		case want && t.kind == tokValue:
			if err := p.member(&l, name, field, op, t); err != nil {
				return nil, err
			}
		case want && t.kind == tokClose && len(l.kids) == 0:
			return nil, failAt(open.pos, t.end, "%s:() needs at least one value", field)
		case want:
			return nil, p.fail(t, "a value is missing here")
		case t.kind == tokClose:
			return l.node(open.pos, t.end)
		case t.kind != tokComma && t.kind != tokOr:
			return nil, p.fail(t, "write OR or a comma between values; put a value with spaces in quotes")
		}
	}
}

// parted reads a value as a list: a:x,y is a:(x OR y).
func (p *parser) parted(name token, field api.Field, op, t token, parts []string) (*node, *Error) {
	l := listing{in: api.Condition{Field: field, Op: api.OpIn}}
	at := t.pos
	for _, part := range parts {
		at += strings.Index(p.text[at:t.end], part)
		one := token{kind: tokValue, pos: at, end: at + len(part), raw: part, listed: true}
		if err := p.member(&l, name, field, op, one); err != nil {
			return nil, err
		}
		at = one.end
	}
	return l.node(t.pos, t.end)
}

// listing is a list of values as it is read: plain ones make one condition,
// others such as wildcards a condition each.
type listing struct {
	in    api.Condition
	kids  []*node
	mixed bool
}

// member reads the next value of a list.
func (p *parser) member(l *listing, name token, field api.Field, op, t token) *Error {
	n, err := p.single(name, field, op, t)
	if err != nil {
		return err
	}
	n.pos, n.end = t.pos, t.end
	n.text = name.raw + op.raw + p.text[t.pos:t.end]
	for i := range n.leaves {
		n.leaves[i].pos, n.leaves[i].end = t.pos, t.end
	}
	l.kids = append(l.kids, n)
	c := n.leaves[0].Condition
	if c.Op == api.OpUnder && field == api.FieldMitreAttack {
		c.Op, c.Values = api.OpIn, withChildren(c.Values)
	}
	if len(n.leaves) > 1 || c.Not || c.Op != api.OpEquals && c.Op != api.OpIn {
		l.mixed = true
		return nil
	}
	l.in.Values = append(l.in.Values, c.Values...)
	return nil
}

// node is the term that the list makes.
func (l *listing) node(pos, end int) (*node, *Error) {
	if l.mixed {
		if len(l.kids) > api.MaxBranches {
			return nil, failAt(l.kids[api.MaxBranches].pos, l.kids[api.MaxBranches].end, "the API takes at most %d branches of OR", api.MaxBranches)
		}
		return &node{kind: nodeOr, kids: l.kids}, nil
	}
	most := api.MaxInValues
	if l.in.Field == api.FieldDataset {
		most = api.MaxDatasets
	}
	if len(l.in.Values) > most {
		at := l.kids[min(most, len(l.kids)-1)]
		return nil, failAt(at.pos, at.end, "the API takes at most %d values in one list", most)
	}
	return &node{leaves: []leaf{{l.in, pos, end}}}, nil
}
