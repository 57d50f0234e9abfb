package store

import (
	"context"
	"strings"

	"threatbench/api"
	"threatbench/api/indicator"
)

// nearFields are the fields whose values are offered.
func nearFields() []api.Field {
	return []api.Field{
		api.FieldAttacker, api.FieldAttackerCountry, api.FieldTargetCountry, api.FieldTargetIndustry, api.FieldCategory,
		api.FieldIndicatorType, api.FieldTags, api.FieldMitreAttack,
	}
}

// nearValues are values of a field like the one asked for; of another field
// than the condition's, only the same value.
func (s *Selection) nearValues(ctx context.Context, asked, field api.Field, value string) ([]api.NearValue, error) {
	col, _ := columnOf(string(field))
	k, _ := columnKind(col)
	dict := s.v.snap.dicts[k]
	want := api.Fold(strings.TrimSpace(value))
	some := false
	match := make([]uint8, len(dict.folds))
	for i, fold := range dict.folds {
		if i == 0 {
			continue
		}
		if field == asked && isNear(k, fold, want) || field != asked && fold == want {
			match[i], some = 1, true
		}
	}
	if !some {
		return nil, nil
	}
	var c condition = &dictCondition{col: col, match: match}
	if col >= colLists {
		c = &listCondition{col: col, match: match}
	}
	left, err := s.narrowed(ctx, c)
	if err != nil {
		return nil, err
	}
	groups, err := left.GroupBy(ctx, GroupQuery{Columns: []string{string(field)}})
	if err != nil {
		return nil, err
	}
	var out []api.NearValue
	for _, g := range groups.Rows {
		if g.Keys[0] == nil {
			continue
		}
		fold := api.Fold(*g.Keys[0])
		if field == asked && !isNear(k, fold, want) || field != asked && fold != want {
			continue // another element of a list
		}
		out = append(out, api.NearValue{Field: field, Value: *g.Keys[0], Count: g.Count})
		if len(out) == maxNear {
			break
		}
	}
	return out, nil
}

// narrowed is what a condition leaves of the selection.
func (s *Selection) narrowed(ctx context.Context, c condition) (*Selection, error) {
	left := &Selection{v: s.v, scope: s.scope}
	for _, h := range s.hits {
		if h.count == 0 {
			continue
		}
		bits := *h.bits
		if err := c.narrow(ctx, s.v, h.block, &bits); err != nil {
			return nil, err
		}
		if n := bits.count(); n > 0 {
			left.hits = append(left.hits, hit{block: h.block, bits: &bits, count: n})
			left.total += n
		}
	}
	return left, nil
}

// isNear reports whether somebody who asked for want may have meant a value;
// both are without case.
func isNear(k kind, value, want string) bool {
	if value == want {
		return true
	}
	if k == kindCountry {
		known, ok := api.CountryByCode(value)
		if !ok {
			return false
		}
		name := api.Fold(known.Name)
		return api.Fold(known.Alpha3) == want || len(want) >= leastNameBeginning && strings.Contains(name, want) || distance(name, want, 2) <= 2
	}
	if k == kindIndicatorType && want != "" && strings.HasPrefix(value, want) { // ip is ipv4 elsewhere
		return true
	}
	if len(want) < 3 {
		return false
	}
	if strings.Contains(value, want) || len(value) >= leastNameBeginning && strings.Contains(want, value) {
		return true
	}
	if squeeze(value) == squeeze(want) {
		return true
	}
	most := 1 + len(want)/6
	return distance(value, want, most) <= most
}

// squeeze leaves letters and digits only.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -_./:'\"()", r) {
			return -1
		}
		return r
	}, s)
}

// distance is how many letters must be put in, left out or changed to make one
// text of the other; past most it is most+1.
func distance(a, b string, most int) int {
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) > most || len(y)-len(x) > most {
		return most + 1
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(x); i++ {
		last, least := row[0], i
		row[0] = i
		for j := 1; j <= len(y); j++ {
			step := last
			if x[i-1] != y[j-1] {
				step++
			}
			last = row[j]
			row[j] = min(step, row[j]+1, row[j-1]+1)
			least = min(least, row[j])
		}
		if least > most {
			return most + 1
		}
	}
	return row[len(y)]
}

// nearIndicators are the host of an indicator and the domains above it, where
// events have them, else what events have of and below the host.
func (s *Selection) nearIndicators(ctx context.Context, value string) ([]api.NearValue, error) {
	var out []api.NearValue
	for _, name := range aboveOf(indicator.Canonical(value)) {
		c := &keyCondition{keys: []uint64{s.v.s.keyer.key(name)}}
		if err := c.prepare(ctx, s.v, nil); err != nil {
			return nil, err
		}
		left, err := s.narrowed(ctx, c)
		if err != nil {
			return nil, err
		}
		if n := left.total; n > 0 {
			out = append(out, api.NearValue{Field: api.FieldIndicator, Value: name, Count: n})
		}
	}
	host := indicator.Host(indicator.Canonical(value))
	if _, isNet := indicator.Net(host); host == "" || isNet || len(out) > 0 {
		return out, nil
	}
	err := s.nearCondition(ctx, &out, api.Condition{Field: api.FieldIndicator, Op: api.OpUnder, Values: []string{host}})
	return out, err
}
