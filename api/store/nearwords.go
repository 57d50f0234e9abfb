package store

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"threatbench/api"
	"threatbench/api/attack"
	"threatbench/api/indicator"
)

// maxLeftOut is how many words of a search are left out in turn.
const maxLeftOut = 6

// maxNamedTechniques is how many techniques a text may name.
const maxNamedTechniques = 16

// nearWords is what words that stand nowhere may have meant: fewer of them, an
// actor, tag or technique of nearly that name, the host of an address, a day.
func (s *Selection) nearWords(ctx context.Context, text string) ([]api.NearValue, error) {
	words := strings.Fields(text)
	var out []api.NearValue
	for i := range words {
		if len(words) < 2 || i == maxLeftOut {
			break
		}
		fewer := strings.Join(slices.Delete(slices.Clone(words), i, i+1), " ")
		if err := s.nearCondition(ctx, &out, api.Condition{Field: api.FieldText, Op: api.OpFind, Values: []string{fewer}}); err != nil {
			return nil, err
		}
	}
	for _, field := range []api.Field{api.FieldAttacker, api.FieldTags, api.FieldCategory, api.FieldTargetIndustry} {
		more, err := s.nearValues(ctx, field, field, text)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	techniques, err := s.nearTechniques(ctx, text)
	if err != nil {
		return nil, err
	}
	out = append(out, techniques...)
	for _, word := range words[:min(len(words), maxLeftOut)] {
		if api.IsDay(word) {
			if err := s.nearCondition(ctx, &out, api.Condition{Field: api.FieldDate, Op: api.OpEquals, Values: []string{word}}); err != nil {
				return nil, err
			}
		}
		if indicator.Host(indicator.Canonical(word)) == "" {
			continue
		}
		more, err := s.nearIndicators(ctx, word)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

// nearTechniques are the techniques whose names hold a text, the shortest names
// first; spaces and hyphens don't count.
func (s *Selection) nearTechniques(ctx context.Context, text string) ([]api.NearValue, error) {
	want := squeeze(api.Fold(text))
	if len(want) < leastNameBeginning {
		return nil, nil
	}
	var named []attack.Technique
	for t := range attack.Techniques() {
		if strings.Contains(squeeze(api.Fold(t.Name)), want) {
			named = append(named, t)
		}
	}
	slices.SortStableFunc(named, func(a, b attack.Technique) int { return cmp.Compare(len(a.Name), len(b.Name)) })
	var out []api.NearValue
	for _, t := range named[:min(len(named), maxNamedTechniques)] {
		op := api.OpUnder
		if t.Parent() != "" { // a sub-technique has none below it
			op = api.OpEquals
		}
		if err := s.nearCondition(ctx, &out, api.Condition{Field: api.FieldMitreAttack, Op: op, Values: []string{t.ID}}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// nearCondition adds a condition to what is near, if it finds something.
func (s *Selection) nearCondition(ctx context.Context, out *[]api.NearValue, c api.Condition) error {
	made := s.v.compile(s.scope.account, c)
	blocks := make([]*block, 0, len(s.hits))
	for _, h := range s.hits {
		if h.count > 0 {
			blocks = append(blocks, h.block)
		}
	}
	if err := made.prepare(ctx, s.v, blocks); err != nil {
		return err
	}
	left, err := s.narrowed(ctx, made)
	if err != nil || left.total == 0 {
		return err
	}
	n := api.NearValue{Field: c.Field, Value: c.Value(), Count: left.total}
	if n.Condition().Op != c.Op {
		n.Op = c.Op
	}
	*out = append(*out, n)
	return nil
}
