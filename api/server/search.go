package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"threatbench/api"
)

// The encodings of search and searchBranches in a query string:
//
//	search=[{"field":"tlp","op":"equals","value":"red"},…]     one JSON list
//	search={"field":…}&search={…}                               repeated
//	search[0][field]=tlp&search[0][op]=equals&search[0][value]=red
//	search.field=tlp&search.op=equals&search.value=red          dotted
//
// The dotted form says nothing of which value belongs to which condition but
// its place: the first field goes with the first op and the first value. Where
// one condition is an `in`, it takes the values that are left over, at its
// place.

// searchOf reads search in whichever encoding came. Two encodings at once are
// refused: which conditions stand first could only be guessed.
func searchOf(p params) ([]api.Condition, error) {
	plain, err := conditionsFromJSON("search", p.plain("search"))
	if err != nil {
		return nil, err
	}
	dotted, err := conditionsByPosition(p)
	if err != nil {
		return nil, err
	}
	indexed, err := conditionsByIndex("search", indexedPairs(p, "search"))
	if err != nil {
		return nil, err
	}
	forms, found := 0, []api.Condition(nil)
	for _, list := range [][]api.Condition{plain, dotted, indexed} {
		if len(list) > 0 {
			forms, found = forms+1, list
		}
	}
	if forms > 1 {
		return nil, bad("search", "one encoding", "several at once")
	}
	return found, nil
}

// conditionsFromJSON reads values that are each a JSON list of conditions or
// one condition.
func conditionsFromJSON(key string, values []string) ([]api.Condition, error) {
	var out []api.Condition
	for _, v := range values {
		list, err := jsonConditions(key, json.RawMessage(v))
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// jsonConditions reads one condition or a list of them.
func jsonConditions(key string, b json.RawMessage) ([]api.Condition, error) {
	if absent(b) {
		return nil, nil
	}
	b = bytes.TrimSpace(b)
	if b[0] == '{' {
		b = append(append([]byte{'['}, b...), ']')
	}
	var list []api.Condition
	if err := json.Unmarshal(b, &list); err != nil {
		return nil, badCondition(key, err)
	}
	return list, nil
}

func badCondition(key string, err error) error {
	return api.Errorf(http.StatusBadRequest, "%s: want a JSON list of conditions {field, op, value}: %v", key, err)
}

// jsonBranches reads a list of lists of conditions; a list of conditions alone
// is one branch.
func jsonBranches(key string, b json.RawMessage) ([][]api.Condition, error) {
	if absent(b) {
		return nil, nil
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return nil, api.Errorf(http.StatusBadRequest, "%s: want a JSON list of lists of conditions: %v", key, err)
	}
	if len(raw) > 0 && bytes.HasPrefix(bytes.TrimSpace(raw[0]), []byte("{")) {
		branch, err := jsonConditions(key, b)
		return [][]api.Condition{branch}, err
	}
	out := make([][]api.Condition, len(raw))
	for i, r := range raw {
		branch, err := jsonConditions(fmt.Sprintf("%s[%d]", key, i), r)
		if err != nil {
			return nil, err
		}
		out[i] = branch
	}
	return out, nil
}

// conditionsByPosition reads the dotted form, and brackets without an index.
func conditionsByPosition(p params) ([]api.Condition, error) {
	fields := positional(p, "field")
	ops := positional(p, "op")
	values := positional(p, "value")
	if len(fields)+len(ops)+len(values) == 0 {
		return nil, nil
	}
	if len(fields) != len(ops) {
		return nil, bad("search", "as many search.field as search.op", fmt.Sprintf("%d and %d", len(fields), len(ops)))
	}
	surplus := len(values) - len(fields)
	if surplus < 0 {
		return nil, bad("search", "a search.value for every search.field", fmt.Sprintf("%d and %d", len(values), len(fields)))
	}
	if surplus > 0 {
		if err := surplusHasOneTaker(ops); err != nil {
			return nil, err
		}
	}
	out := make([]api.Condition, len(fields))
	for i := range fields {
		n := 1
		if ops[i] == string(api.OpIn) {
			n += surplus
		}
		out[i] = api.Condition{Field: api.Field(fields[i]), Op: api.Op(ops[i]), Values: values[:n:n]}
		values = values[n:]
		if n > 1 {
			surplus = 0
		}
	}
	return out, nil
}

// positional gathers search.name, search[name] and search[][name].
func positional(p params, name string) []string {
	out := slices.Clone(p["search."+name])
	out = append(out, p["search."+name+"[]"]...)
	out = append(out, p["search["+name+"]"]...)
	return append(out, p["search[]["+name+"]"]...)
}

func surplusHasOneTaker(ops []string) error {
	takers := 0
	for _, op := range ops {
		if op == string(api.OpIn) {
			takers++
		}
	}
	switch takers {
	case 1:
		return nil
	case 0:
		return bad("search", "one search.value per condition", "more, and no `in` to take them")
	}
	return bad("search", "one `in` where values are left over: which takes them is ambiguous; send search as one JSON list instead", fmt.Sprintf("%d", takers))
}

// pair is one key[…]=value of a bracketed form, its inner path cut apart.
type pair struct {
	path   []string
	values []string
}

// indexedPairs gathers the pairs of key whose inner path starts with a number,
// sorted by their paths: 2 before 10.
func indexedPairs(p params, key string) []pair {
	var out []pair
	for k, values := range p {
		inner, ok := strings.CutPrefix(k, key)
		if !ok || inner == "" || (inner[0] != '[' && inner[0] != '.') {
			continue
		}
		path := strings.FieldsFunc(inner, func(r rune) bool { return r == '[' || r == ']' || r == '.' })
		if len(path) > 0 && isIndex(path[0]) {
			out = append(out, pair{path, values})
		}
	}
	slices.SortFunc(out, func(a, b pair) int { return slices.CompareFunc(a.path, b.path, compareSegment) })
	return out
}

func isIndex(s string) bool {
	_, err := strconv.ParseUint(s, 10, 16)
	return err == nil
}

// compareSegment orders indexes as numbers and before names.
func compareSegment(a, b string) int {
	x, errA := strconv.ParseUint(a, 10, 16)
	y, errB := strconv.ParseUint(b, 10, 16)
	switch {
	case errA == nil && errB == nil:
		return int(x) - int(y)
	case errA == nil:
		return -1
	case errB == nil:
		return 1
	}
	return strings.Compare(a, b)
}

// conditionsByIndex builds conditions from sorted pairs index, name[, index].
func conditionsByIndex(key string, pairs []pair) ([]api.Condition, error) {
	var out []api.Condition
	last := ""
	for _, pr := range pairs {
		if len(pr.path) == 1 {
			list, err := conditionsFromJSON(key+"["+pr.path[0]+"]", pr.values)
			if err != nil {
				return nil, err
			}
			out, last = append(out, list...), ""
			continue
		}
		if pr.path[0] != last {
			out, last = append(out, api.Condition{}), pr.path[0]
		}
		if err := setPart(&out[len(out)-1], key+"["+pr.path[0]+"]", pr.path[1], pr.values); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// setPart sets field, op or value of a condition; other names are overlooked.
func setPart(c *api.Condition, key, name string, values []string) error {
	if (name == "field" || name == "op") && len(values) != 1 {
		return bad(key+"."+name, "one value", fmt.Sprintf("%d values", len(values)))
	}
	switch name {
	case "field":
		c.Field = api.Field(values[0])
	case "op":
		c.Op = api.Op(values[0])
	case "value":
		c.Values = append(c.Values, values...)
	}
	return nil
}

// branchesOf reads searchBranches: JSON, or bracketed with two indexes. The
// dotted form says nothing of where a branch ends, so it is refused.
func branchesOf(p params) ([][]api.Condition, error) {
	for k := range p {
		if strings.HasPrefix(k, "searchBranches.") && !isIndex(strings.SplitN(k, ".", 3)[1]) {
			return nil, bad("searchBranches", "one JSON list of lists: the dotted form doesn't tell where a branch ends", k)
		}
	}
	var out [][]api.Condition
	for _, v := range p.plain("searchBranches") {
		list, err := jsonBranches("searchBranches", json.RawMessage(v))
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return branchesByIndex(out, indexedPairs(p, "searchBranches"))
}

// plain is the values of key itself and of key[].
func (p params) plain(key string) []string {
	return append(slices.Clone(p[key]), p[key+"[]"]...)
}

// branchesByIndex appends the branches that sorted pairs index, index, name
// describe; a pair of one index alone holds a branch as JSON.
func branchesByIndex(out [][]api.Condition, pairs []pair) ([][]api.Condition, error) {
	for len(pairs) > 0 {
		branch := pairs[0].path[0]
		n := 1
		for n < len(pairs) && pairs[n].path[0] == branch {
			n++
		}
		conditions, err := oneBranch("searchBranches["+branch+"]", pairs[:n])
		if err != nil {
			return nil, err
		}
		out = append(out, conditions)
		pairs = pairs[n:]
	}
	return out, nil
}

func oneBranch(key string, pairs []pair) ([]api.Condition, error) {
	var asJSON []string
	var inner []pair
	for _, pr := range pairs {
		switch {
		case len(pr.path) == 1:
			asJSON = append(asJSON, pr.values...)
		case isIndex(pr.path[1]):
			inner = append(inner, pair{pr.path[1:], pr.values})
		default:
			return nil, bad(key, "searchBranches[branch][condition][field]", strings.Join(pr.path, "."))
		}
	}
	list, err := conditionsFromJSON(key, asJSON)
	if err != nil {
		return nil, err
	}
	more, err := conditionsByIndex(key, inner)
	return append(list, more...), err
}
