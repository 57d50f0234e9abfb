package store

import (
	"context"
	"slices"
	"strings"

	"threatbench/api"
	"threatbench/api/indicator"
)

// findCondition keeps the events of which each word is somewhere: in the
// event's text, an indicator, the insight, the attacker, a tag, the category,
// the target's industry, a technique, or as one of the countries. Different words may be in
// different places.
type findCondition struct {
	words []*findWord
}

// findWord is one word of it.
type findWord struct {
	fold     string
	named    []namedMatch // where the word names a value of a dictionary
	trigrams []uint32
	left     [halves]candidates // what the index lets through; nil: everything
}

// namedMatch keeps events by the dictionary's numbers in a field's column.
type namedMatch struct {
	field api.Field
	condition
}

func newFindCondition(v *readTx, c api.Condition) *findCondition {
	words := c.Words()
	out := &findCondition{}
	for i, word := range words {
		fold := api.Fold(word)
		w := &findWord{fold: fold, trigrams: trigramsOf(fold, maxTrigrams)}
		for _, field := range [...]api.Field{api.FieldAttacker, api.FieldCategory, api.FieldTags, api.FieldTargetIndustry, api.FieldMitreAttack} {
			w.name(v, field, func(value string) bool { return strings.Contains(value, fold) })
		}
		if countries := countriesOf(words, i); len(countries) > 0 {
			isOne := func(value string) bool {
				known, ok := api.CountryByCode(value)
				return ok && slices.Contains(countries, known.Alpha2)
			}
			w.name(v, api.FieldAttackerCountry, isOne)
			w.name(v, api.FieldTargetCountry, isOne)
		}
		if canonical := indicator.Canonical(word); !strings.Contains(word, " ") && canonical != fold && canonical != "" {
			w.named = append(w.named, namedMatch{api.FieldIndicator, &keyCondition{keys: []uint64{v.s.keyer.key(canonical)}}})
		}
		out.words = append(out.words, w)
	}
	return out
}

// name adds a column, if the word is in some value of its dictionary.
func (w *findWord) name(v *readTx, field api.Field, has func(fold string) bool) {
	col, _ := columnOf(string(field))
	k, _ := columnKind(col)
	folds := v.snap.dicts[k].folds
	match := make([]uint8, len(folds))
	some := false
	for i, fold := range folds {
		if fold != "" && has(fold) {
			match[i], some = 1, true
		}
	}
	switch {
	case !some:
	case col >= colLists:
		w.named = append(w.named, namedMatch{field, &listCondition{col: col, match: match}})
	default:
		w.named = append(w.named, namedMatch{field, &dictCondition{col: col, match: match}})
	}
}

func (c *findCondition) prepare(ctx context.Context, v *readTx, blocks []*block) error {
	for _, w := range c.words {
		for _, n := range w.named {
			if err := n.prepare(ctx, v, blocks); err != nil {
				return err
			}
		}
		w.left = [halves]candidates{}
		if len(w.trigrams) == 0 {
			continue
		}
		w.left = [halves]candidates{v.allCandidates(blocks), v.allCandidates(blocks)}
		if err := v.narrowByTrigrams(ctx, w.trigrams, &w.left); err != nil {
			return err
		}
	}
	return nil
}

// found is what is known of a word in a block.
type found struct {
	named bitset              // where it is
	maybe [searchCount]bitset // where it may be, in a text
}

// any is where the word is, or may be.
func (f *found) any() bitset {
	out := f.named
	for which := range f.maybe {
		out.or(&f.maybe[which])
	}
	return out
}

// look finds out what columns and index know of a word, of the events in in.
func (w *findWord) look(ctx context.Context, v *readTx, b *block, in *bitset) (f found, err error) {
	for _, n := range w.named {
		some := *in
		some.andNot(&f.named)
		if err := n.narrow(ctx, v, b, &some); err != nil {
			return f, err
		}
		f.named.or(&some)
	}
	rest := *in
	rest.andNot(&f.named)
	if rest.empty() {
		return f, nil
	}
	return f, w.lookInTexts(ctx, v, b, &rest, &f.maybe)
}

func (w *findWord) lookInTexts(ctx context.Context, v *readTx, b *block, rest *bitset, maybe *[searchCount]bitset) error {
	if len(w.trigrams) == 0 || b.tail != nil {
		*maybe = [searchCount]bitset{*rest, *rest, *rest}
		return nil
	}
	flags, err := v.ints(ctx, b, colFlags)
	if err != nil {
		return err
	}
	for which := range maybe {
		maybe[which] = scanNumbers(flags, flagTable(openFlag(which)))
		if left := w.left[halfOf(which)]; left.has(b.index) {
			maybe[which].or(left[b.index])
		}
		maybe[which].and(rest)
	}
	return nil
}

// lookAll is what is known of all words; in keeps the events that may have
// them.
func (c *findCondition) lookAll(ctx context.Context, v *readTx, b *block, in *bitset) ([]found, error) {
	out := make([]found, len(c.words))
	for i, w := range c.words {
		if in.empty() {
			return nil, nil
		}
		var err error
		if out[i], err = w.look(ctx, v, b, in); err != nil {
			return nil, err
		}
		some := out[i].any()
		in.and(&some)
	}
	return out, nil
}

func (c *findCondition) loosen(ctx context.Context, v *readTx, b *block, in *bitset) error {
	_, err := c.lookAll(ctx, v, b, in)
	return err
}

func (c *findCondition) narrow(ctx context.Context, v *readTx, b *block, in *bitset) error {
	all, err := c.lookAll(ctx, v, b, in)
	if err != nil || in.empty() {
		return err
	}
	// The indicators' column is the shortest, the event's the longest.
	for _, which := range [...]int{searchIndicators, searchInsight, searchEvent} {
		if err := c.readTexts(ctx, v, b, which, in, all); err != nil {
			return err
		}
	}
	for i := range all {
		in.and(&all[i].named)
	}
	return nil
}

// readTexts looks into one text of the events that may have a word there that
// they are not known to have, and adds to named those that do.
func (c *findCondition) readTexts(ctx context.Context, v *readTx, b *block, which int, in *bitset, all []found) error {
	var todo bitset
	for i := range all {
		some := all[i].maybe[which]
		some.andNot(&all[i].named)
		todo.or(&some)
	}
	todo.and(in)
	if todo.empty() {
		return nil
	}
	return v.eachText(ctx, b, which, &todo, func(i int, text string) {
		for at, w := range c.words {
			if all[at].maybe[which].has(i) && !all[at].named.has(i) && strings.Contains(text, w.fold) {
				all[at].named.set(i)
			}
		}
	})
}

// leastNameBeginning is how many letters of a country's name find it.
const leastNameBeginning = 4

// countriesOf are the countries, by alpha-2 code, that the word at i means: by
// a code in capitals, by the name or its beginning, or as a word of a name, or
// of another name in use, that stands whole among the words.
func countriesOf(words []string, i int) []string {
	all := nameWords(strings.Join(words, " "))
	word, fold := words[i], strings.Join(nameWords(words[i]), " ")
	whole := false // its name stands among the words
	var out, partly []string
	for _, c := range api.Countries() {
		name := nameWords(c.Name)
		code := word == c.Alpha2 || word == c.Alpha3 || fold == api.Fold(c.Alpha3) && strings.HasPrefix(api.Fold(c.Name), fold) // ukr
		begins := len([]rune(fold)) >= leastNameBeginning && strings.HasPrefix(strings.Join(name, " "), fold)
		stands := standsIn(all, name, fold) || otherNameStandsIn(all, c.OtherNames(), fold)
		whole = whole || stands
		switch {
		case code || begins || stands:
			out = append(out, c.Alpha2)
		case c.Has(fold):
			partly = append(partly, c.Alpha2)
		}
	}
	if whole {
		return out
	}
	return append(out, partly...)
}

// standsIn reports whether a name stands whole among all words, and the word is
// one of it.
func standsIn(all, name []string, word string) bool {
	return slices.Contains(name, word) && containsRun(all, name)
}

// otherNameStandsIn is standsIn of the other names of a country, but for those
// as short as a word that means something else.
func otherNameStandsIn(all, names []string, word string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		return len(name) >= leastNameBeginning && (name == word || standsIn(all, nameWords(name), word))
	})
}

// nameWords are the words of a country's name, without case; "&" is "and".
func nameWords(name string) []string {
	return strings.Fields(strings.ReplaceAll(api.Fold(name), "&", "and"))
}

// containsRun reports whether one list stands within another, in one piece.
func containsRun(all, run []string) bool {
	for from := range len(all) - len(run) + 1 {
		if slices.Equal(all[from:from+len(run)], run) {
			return true
		}
	}
	return false
}
