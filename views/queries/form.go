package queries

import (
	"slices"
	"strings"

	"threatbench/api"
	"threatbench/api/query"
)

// kind is what a line of the form is.
type kind int

const (
	lineDatasets kind = iota
	lineOrder
	lineTitle  // of what always holds
	lineBranch // the title of a branch
	lineRow
	lineAdd // adds a condition to its group
	lineOr  // adds a branch
	lineGap
)

// line is a line of the form. Row is an index into the rows, and branch -1
// for what always holds.
type line struct {
	kind   kind
	row    int
	branch int
}

func (l line) selectable() bool {
	return l.kind != lineTitle && l.kind != lineBranch && l.kind != lineGap
}

// always is the branch of the conditions that hold whatever the others do.
const always = -1

// lines lays rows out; a branch that is being begun has no row yet.
func lines(rows []query.Row, begun int) []line {
	out := []line{{kind: lineDatasets}, {kind: lineOrder}, {kind: lineGap}, {kind: lineTitle, branch: always}}
	out = append(out, group(rows, always)...)
	n := max(branches(rows), begun+1)
	for b := range n {
		out = append(out, line{kind: lineGap}, line{kind: lineBranch, branch: b})
		out = append(out, group(rows, b)...)
	}
	return append(out, line{kind: lineGap}, line{kind: lineOr, branch: n})
}

func group(rows []query.Row, branch int) []line {
	var out []line
	for i, r := range rows {
		if r.Branch == branch {
			out = append(out, line{kind: lineRow, row: i, branch: branch})
		}
	}
	return append(out, line{kind: lineAdd, branch: branch})
}

// branches is how many branches of OR there are.
func branches(rows []query.Row) int {
	n := 0
	for _, r := range rows {
		n = max(n, r.Branch+1)
	}
	return n
}

// conditions is how many conditions a group takes of the API.
func conditions(rows []query.Row, branch int) int {
	n := 0
	for _, r := range rows {
		if r.Branch == branch {
			n += len(r.Conditions)
		}
	}
	return n
}

// opposite is the operator that excludes what op asks for, or the reverse;
// "" where one condition can't say it.
func opposite(r query.Row) api.Op {
	o := map[api.Op]api.Op{
		api.OpEquals: api.OpNot, api.OpNot: api.OpEquals, api.OpIn: query.OpNoneOf, query.OpNoneOf: api.OpIn,
		api.OpGt: api.OpLte, api.OpLte: api.OpGt, api.OpGte: api.OpLt, api.OpLt: api.OpGte,
	}[r.Op]
	several := r.Field == api.FieldTags || r.Field == api.FieldMitreAttack || r.Field == api.FieldMitreCapec
	if several && !slices.Contains([]api.Op{api.OpEquals, api.OpNot, api.OpIn, query.OpNoneOf}, r.Op) {
		return ""
	}
	return o
}

// many tells whether an operator takes several values.
func many(op api.Op) bool { return op == api.OpIn || op == query.OpNoneOf }

// words names an operator on a field.
func words(field api.Field, op api.Op) string {
	switch field {
	case api.FieldDate, api.FieldCreatedAt:
		if w := map[api.Op]string{api.OpGte: "since", api.OpLte: "until", api.OpGt: "after", api.OpLt: "before"}[op]; w != "" {
			return w
		}
	case api.FieldKillChain, api.FieldTLP:
		if w := map[api.Op]string{api.OpGte: "at least", api.OpLte: "at most", api.OpGt: "above", api.OpLt: "below"}[op]; w != "" {
			return w
		}
	}
	return map[api.Op]string{
		api.OpEquals: "is", api.OpNot: "is not", api.OpIn: "is one of", query.OpNoneOf: "is none of",
		api.OpContains: "contains", api.OpFind: "has words", api.OpStartsWith: "begins with", api.OpEndsWith: "ends with",
		api.OpLike: "matches", api.OpGte: "from (A-Z)", api.OpGt: "after (A-Z)", api.OpLte: "up to (A-Z)", api.OpLt: "before (A-Z)",
	}[op]
}

// joinValues writes the values of a list for editing: a, "b, c".
func joinValues(values []string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = v
		if strings.ContainsAny(v, `,"\`) || strings.TrimSpace(v) != v {
			out[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v) + `"`
		}
	}
	return strings.Join(out, ", ")
}

// splitValues reads what joinValues writes, and what a person types. last is
// where the last value begins.
func splitValues(text string) (values []string, last int) {
	var b strings.Builder
	quoted, was := false, false
	end := func() {
		v := b.String()
		if !was {
			v = strings.TrimSpace(v)
		}
		if v != "" {
			values = append(values, v)
		}
		b.Reset()
		was = false
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quoted && c == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		case quoted && c == '"':
			quoted = false
		case quoted:
			b.WriteByte(c)
		case c == '"' && strings.TrimSpace(b.String()) == "":
			b.Reset()
			quoted, was = true, true
		case c == ',':
			end()
			last = i + 1
		case was && c == ' ': // behind the closing quote
		default:
			b.WriteByte(c)
		}
	}
	end()
	for last < len(text) && text[last] == ' ' {
		last++
	}
	return values, last
}

// A preset is a usual stretch of time.
type preset struct{ title, value string }

func presets() []preset {
	return []preset{
		{"last 24 hours", ">=-24h"}, {"last 7 days", ">=-7d"}, {"last 30 days", ">=-30d"}, {"today", ":today"}, {"since Monday", ">=monday"},
		{"this month", ">=this-month"}, {"last month", ":last-month"}, {"this year", ">=this-year"}, {"last 12 months", ">=-1y"},
	}
}
