package query

import (
	"slices"
	"strings"
	"time"

	"threatbench/api"
)

// OpNoneOf is what a form calls the exclusion of several values. The API has
// no such operator: it is a condition for each.
const OpNoneOf api.Op = "noneOf"

// except before an operator is what a form calls its opposite, where the API
// has none: "not contains".
const except api.Op = "not "

// Row is a term of a text as a form shows it: field, operator, values.
type Row struct {
	Text       string // as typed
	Branch     int    // the branch of OR it is in; -1 where it holds for all
	Field      api.Field
	Op         api.Op // OpNot or OpNoneOf for what is excluded
	Values     []string
	Conditions []api.Condition // what it means to the API
}

// Value is the first value, "" where there is none.
func (r Row) Value() string {
	if len(r.Values) == 0 {
		return ""
	}
	return r.Values[0]
}

// Rows are the terms of a text, those of the branches behind the others.
// Dates and patterns stand in Values as they were typed, -7d and not the
// moment it means. The error is that of Parse.
func Rows(text string, now time.Time) ([]Row, error) {
	if _, err := Parse(text, now); err != nil {
		return nil, err
	}
	p := parser{text: text, toks: scan(text), now: settled(now)}
	root, err := p.and(0)
	if err != nil {
		return nil, p.place(err)
	}
	simplify(root)
	r := rowing{text: text, sole: soleGroup(root)}
	for _, k := range root.kids {
		r.top(k)
	}
	return append(r.search, r.branches...), nil
}

// rowing walks the tree of a text that has been found right.
type rowing struct {
	text             string
	sole             *node // the group that is a branch by itself
	search, branches []Row
}

func (r *rowing) top(n *node) {
	switch {
	case n == r.sole:
		r.gather(n, 0)
	case n.kind == nodeOr:
		for i, k := range n.kids {
			r.gather(k, i)
		}
	case n.kind == nodeAnd:
		for _, k := range n.kids {
			r.top(k)
		}
	default:
		r.search = append(r.search, r.row(n, -1))
	}
}

func (r *rowing) gather(n *node, branch int) {
	if n.kind == nodeAnd {
		for _, k := range n.kids {
			r.gather(k, branch)
		}
		return
	}
	r.branches = append(r.branches, r.row(n, branch))
}

func (r *rowing) row(n *node, branch int) Row {
	out := Row{Text: r.text[n.pos:n.end], Branch: branch}
	if n.text != "" {
		out.Text = n.text
	}
	for _, l := range n.leaves {
		out.Conditions = append(out.Conditions, l.Condition)
	}
	c := n.leaves[0].Condition
	out.Field, out.Op, out.Values = c.Field, c.Op, c.Values
	if c.Not {
		out.Op = except + c.Op
	}
	if n.kind == nodeWord {
		out.Text = bareWords(c.Value())
		return out
	}
	out.typed(scan(out.Text))
	return out
}

// bareWords writes a search for words so that it can stand anywhere.
func bareWords(words string) string {
	if hasKeyword(words) {
		return "text~~" + quote(words)
	}
	return words
}

// typed takes operator and values from the tokens of the row's text where the
// conditions say less than what was typed.
func (r *Row) typed(toks []token) {
	not := len(toks) > 0 && (toks[0].kind == tokMinus || toks[0].kind == tokNot)
	if not {
		toks = toks[1:]
	}
	if len(toks) < 3 || toks[1].kind != tokOp {
		return // a phrase
	}
	sign, value := toks[1].raw, toks[2]
	if sign == "!=" {
		not, sign = !not, ":"
	}
	switch {
	case value.kind == tokOpen && len(r.Conditions) == 1 && r.Conditions[0].Op == api.OpIn:
		r.Values = r.Conditions[0].Values // as they are meant: countries by their codes
		if not {
			r.Op = OpNoneOf
		}
	case value.kind == tokOpen:
		r.Op, r.Values = api.OpIn, nil
		if not {
			r.Op = OpNoneOf
		}
		for _, t := range toks[3:] {
			if t.kind == tokValue {
				r.Values = append(r.Values, t.literal())
			}
		}
	case isDate(r.Field) && !textual(r.Op):
		r.Values = []string{value.literal()}
		if len(r.Conditions) > 1 {
			r.Op = api.OpEquals // a month, a range
		}
	case r.Op == api.OpLike && sign == "~":
		r.Values = []string{strings.NewReplacer("%", "*", "_", "?").Replace(r.Value())}
	}
}

// FromRows writes rows as one text: first what holds for all, then the
// branches in the order of their numbers. Each row keeps its own spelling.
func FromRows(rows []Row) string {
	var search []string
	branches := map[int][]string{}
	for _, r := range rows {
		if r.Branch < 0 {
			search = append(search, r.Text)
		} else {
			branches[r.Branch] = append(branches[r.Branch], r.Text)
		}
	}
	var groups []string
	for b := range api.MaxBranches + 1 { // one too many is for Parse to refuse
		if len(branches[b]) > 0 {
			groups = append(groups, "("+strings.Join(branches[b], " ")+")")
		}
	}
	if len(groups) > 0 {
		search = append(search, strings.Join(groups, " OR "))
	}
	return strings.Join(search, " ")
}

// Spell makes a row of what a form holds. Its error says what of it the
// language or the API doesn't take.
func Spell(field api.Field, op api.Op, values []string, now time.Time) (Row, error) {
	rows, err := Rows(spellRow(field, op, values), now)
	if err != nil {
		return Row{}, err
	}
	if len(rows) != 1 {
		return Row{}, &Error{Msg: "this is not one condition", Column: 1}
	}
	return rows[0], nil
}

func spellRow(field api.Field, op api.Op, values []string) string {
	c := api.Condition{Field: field, Op: op, Values: values}
	signs := map[api.Op]string{
		api.OpEquals: ":", api.OpNot: ":", api.OpGt: ">", api.OpGte: ">=", api.OpLt: "<", api.OpLte: "<=",
	}
	switch {
	case op == OpNoneOf:
		c.Op = api.OpIn
		return "-" + FormatCondition(c)
	case strings.HasPrefix(string(op), string(except)):
		return "-" + spellRow(field, op[len(except):], values)
	case op == api.OpNone:
		return FormatCondition(api.Condition{Field: field, Op: op})
	case op == api.OpLike && strings.ContainsAny(c.Value(), "*?"):
		c.Values = []string{strings.NewReplacer("*", "%", "?", "_").Replace(c.Value())}
	case isDate(field) && (op == api.OpEquals || op == api.OpNot) && isMinute(c.Value()):
		return term(c, false) // the moment, not the whole minute
	case signs[op] != "" && isDate(field):
		minus := ""
		if op == api.OpNot {
			minus = "-"
		}
		return minus + string(field) + signs[op] + spellDate(c.Value())
	}
	if n, ok := stage(c.Value()); ok && field == api.FieldKillChain && len(values) == 1 {
		c.Values = []string{n}
	}
	return term(c, false)
}

// spellDate quotes a date only where it has to be.
func spellDate(v string) string {
	if v == "" || strings.ContainsAny(v, ` "(),`) {
		return quote(v)
	}
	return v
}

// OpsOf lists the operators a form offers for a field, the likeliest first.
func OpsOf(field api.Field) []api.Op {
	order := []api.Op{
		api.OpEquals, api.OpNot, api.OpIn, OpNoneOf, api.OpContains, api.OpFind, api.OpStartsWith, api.OpEndsWith, api.OpLike,
		api.OpGte, api.OpGt, api.OpLte, api.OpLt,
	}
	if isDate(field) {
		order = []api.Op{
			api.OpGte, api.OpLte, api.OpGt, api.OpLt, api.OpEquals, api.OpNot, api.OpIn, OpNoneOf,
			api.OpContains, api.OpFind, api.OpStartsWith, api.OpEndsWith, api.OpLike,
		}
	}
	takes := api.OpsFor(field)
	return slices.DeleteFunc(order, func(o api.Op) bool { return o != OpNoneOf && !slices.Contains(takes, o) })
}
