package query

import (
	"slices"
	"strings"

	"threatbench/api"
)

// condition reads a field's operator and value.
func (p *parser) condition(name token, not bool) (*node, *Error) {
	field, ok := Lookup(name.raw)
	op := p.next()
	if !ok {
		return nil, p.unknownField(name)
	}
	if op.raw == "!=" {
		not, op.raw = !not, ":"
	}
	if p.i == len(p.toks) || !p.toks[p.i].glued || p.peek() != tokOpen && p.peek() != tokValue {
		return nil, p.fail(op, "%s%s needs a value right behind it", name.raw, op.raw)
	}
	if p.peek() == tokOpen {
		return p.values(field, op, not)
	}
	t := p.next()
	conds, err := p.single(field, op, t)
	if err != nil {
		return nil, err
	}
	if not {
		if conds, err = p.negate(conds, name, t); err != nil {
			return nil, err
		}
	}
	return p.leaves(conds, name.pos, t.end), nil
}

func (p *parser) leaves(conds []api.Condition, pos, end int) *node {
	n := &node{}
	for _, c := range conds {
		n.leaves = append(n.leaves, leaf{c, pos, end})
	}
	return n
}

func (p *parser) unknownField(name token) *Error {
	if near := nearest(name.raw); near != "" {
		return p.fail(name, "there is no field %s; did you mean %s? quote it to search for it", name.raw, near)
	}
	return p.fail(name, "there is no field %s; quote it to search for it", name.raw)
}

// single reads field, operator and one value. A part of a date such as a month
// becomes two conditions.
func (p *parser) single(field api.Field, op, t token) ([]api.Condition, *Error) {
	v, err := p.valueOf(t)
	if err != nil {
		return nil, err
	}
	o, v, err := p.operation(op, t, v)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(api.OpsFor(field), o) {
		return nil, p.fail(op, "%s takes %s", field, operatorsOf(field))
	}
	if isDate(field) && !textual(o) {
		conds, msg := dates(field, o, v, p.now)
		if msg != "" {
			return nil, p.fail(t, "%s", msg)
		}
		return conds, nil
	}
	if v, err = p.scalar(field, o, t, v); err != nil {
		return nil, err
	}
	return []api.Condition{{Field: field, Op: o, Values: []string{v}}}, nil
}

// operation is the operator a sign stands for, and the value it takes.
func (p *parser) operation(op, t token, v string) (api.Op, string, *Error) {
	switch strings.TrimPrefix(op.raw, ":") {
	case "", "=":
		return api.OpEquals, v, nil
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
	o, v, msg := wildcard(t)
	if msg != "" {
		return "", "", p.fail(t, "%s", msg)
	}
	return o, v, nil
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
func wildcard(t token) (op api.Op, value, refused string) {
	parts := pattern(t)
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

// negate turns what was read into its opposite, where one condition can say it.
func (p *parser) negate(conds []api.Condition, name, t token) ([]api.Condition, *Error) {
	if len(conds) != 1 {
		return nil, failAt(name.pos, t.end, "a whole period can't be excluded: write (date<start) OR (date>end)")
	}
	c := conds[0]
	opposite := map[api.Op]api.Op{
		api.OpEquals: api.OpNot, api.OpNot: api.OpEquals,
		api.OpGt: api.OpLte, api.OpGte: api.OpLt, api.OpLt: api.OpGte, api.OpLte: api.OpGt,
	}[c.Op]
	switch {
	case opposite == "":
		return nil, failAt(name.pos, t.end, "the API can exclude whole values only, as in -%s:value", name.raw)
	case isList(c.Field) && c.Op != api.OpEquals && c.Op != api.OpNot:
		return nil, failAt(name.pos, t.end, "an event has several %s: a comparison of them can't be excluded", c.Field)
	}
	c.Op = opposite
	return []api.Condition{c}, nil
}

// values reads (a OR b, c) behind a field: one of them, or, excluded, none.
func (p *parser) values(field api.Field, op token, not bool) (*node, *Error) {
	open := p.next()
	if op.raw != ":" && op.raw != "=" {
		return nil, p.fail(op, "only : takes several values, as in %s:(a OR b)", field)
	}
	in := api.Condition{Field: field, Op: api.OpIn}
	n := &node{}
	for want := true; ; want = !want {
		if p.i == len(p.toks) {
			return nil, p.fail(open, "this parenthesis is not closed")
		}
		t := p.next()
		switch {
		case want && t.kind == tokValue:
			v, err := p.member(field, t, len(in.Values), not)
			if err != nil {
				return nil, err
			}
			in.Values = append(in.Values, v)
			n.leaves = append(n.leaves, leaf{api.Condition{Field: field, Op: api.OpNot, Values: []string{v}}, t.pos, t.end})
		case want && t.kind == tokClose && len(in.Values) == 0:
			return nil, failAt(open.pos, t.end, "%s:() needs at least one value", field)
		case want:
			return nil, p.fail(t, "a value is missing here")
		case t.kind == tokClose:
			if !not {
				n.leaves = []leaf{{in, open.pos, t.end}}
			}
			return n, nil
		case t.kind != tokComma && t.kind != tokOr:
			return nil, p.fail(t, "write OR or a comma between values; put a value with spaces in quotes")
		}
	}
}

// member reads the n-th value of a list.
func (p *parser) member(field api.Field, t token, n int, not bool) (string, *Error) {
	if n == api.MaxInValues && !not {
		return "", p.fail(t, "the API takes at most %d values in one list", api.MaxInValues)
	}
	v, err := p.valueOf(t)
	if err != nil {
		return "", err
	}
	if !isDate(field) {
		return p.scalar(field, api.OpIn, t, v)
	}
	conds, msg := dates(field, api.OpEquals, v, p.now)
	switch {
	case msg != "":
		return "", p.fail(t, "%s", msg)
	case len(conds) != 1 || conds[0].Op != api.OpEquals:
		return "", p.fail(t, "a list takes days and moments only: write %s:%s by itself", field, v)
	}
	return conds[0].Value(), nil
}
