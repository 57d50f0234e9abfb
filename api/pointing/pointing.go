package pointing

import (
	"cmp"
	"slices"

	"threatbench/api"
	"threatbench/api/query"
)

// Candidate is a condition that all wanted events satisfy, or most where no
// condition holds for all.
type Candidate struct {
	api.Condition
	misses   int  // wanted events that don't satisfy it
	excludes mask // unwanted events that it leaves out
	length   int  // characters of its text
}

// maxCandidates bounds how many conditions are tried.
const maxCandidates = 100

// Candidates are the conditions by which wanted events may be told from
// unwanted ones. Dates come in where nothing else tells them apart.
func Candidates(wanted, unwanted []api.Event) []Candidate {
	c := compare(wanted, unwanted)
	var out []Candidate
	for _, k := range c.order {
		held := c.held[k]
		if held == len(c.wanted) && (len(unwanted) == 0 || !c.excludes(k, false).empty()) {
			out = append(out, candidate(c.conds[k], 0, c.excludes(k, false)))
		}
		if held == 0 && deniable(k) {
			out = append(out, candidate(query.Opposite(c.conds[k]), 0, c.excludes(k, true)))
		}
	}
	out = out[:min(len(out), maxCandidates)]
	if !covers(out, len(unwanted)) {
		out = append(out, c.lists()...)
	}
	if !covers(out, len(unwanted)) || len(out) == 0 {
		out = append(out, c.dates()...)
	}
	return out
}

// Nearly are conditions that hold for some of the wanted events, for where none
// holds for all.
func Nearly(wanted, unwanted []api.Event) []Candidate {
	c := compare(wanted, unwanted)
	var out []Candidate
	for _, k := range c.order {
		if held := c.held[k]; held > 0 && (k.op == api.OpEquals || k.op == api.OpUnder) {
			out = append(out, candidate(c.conds[k], len(c.wanted)-held, c.excludes(k, false)))
		}
	}
	wrong := func(one Candidate) int { return one.misses + len(unwanted) - one.excludes.count() }
	slices.SortStableFunc(out, func(a, b Candidate) int { return cmp.Compare(wrong(a), wrong(b)) })
	return out[:min(len(out), maxCandidates)]
}

// Alone is what is known of a candidate without asking: the marked events that
// it finds wrongly.
func (c Candidate) Alone(unwanted int) Found {
	return Found{Count: -1, Misses: c.misses, Has: unwanted - c.excludes.count()}
}

func candidate(c api.Condition, misses int, excludes mask) Candidate {
	return Candidate{c, misses, excludes, len([]rune(query.FormatCondition(c)))}
}

// covers reports whether all candidates together leave out every unwanted event.
func covers(list []Candidate, unwanted int) bool {
	var all mask
	for i := range list {
		all = all.or(list[i].excludes)
	}
	return all == firstBits(unwanted)
}

// comparison is what the traits of the events have in common.
type comparison struct {
	wanted, unwanted []traits
	held             map[trait]int // wanted events that have it
	conds            map[trait]api.Condition
	order            []trait // those that some event has, the plainest fields first
}

func compare(wanted, unwanted []api.Event) *comparison {
	c := &comparison{held: map[trait]int{}, conds: map[trait]api.Condition{}}
	for i := range wanted {
		c.wanted = append(c.wanted, traitsOf(&wanted[i]))
	}
	for i := range unwanted {
		c.unwanted = append(c.unwanted, traitsOf(&unwanted[i]))
	}
	for _, t := range slices.Concat(c.wanted, c.unwanted) {
		for k, cond := range t.all {
			c.conds[k] = cond
		}
	}
	for _, word := range c.words() {
		k := trait{api.FieldEvent, api.OpContains, word}
		c.conds[k] = api.Condition{Field: k.field, Op: k.op, Values: []string{word}}
	}
	for k := range c.conds {
		for _, t := range c.wanted {
			if t.has(k) {
				c.held[k]++
			}
		}
		c.order = append(c.order, k)
	}
	fields := append(plainFields(), api.FieldIndicator, api.FieldEvent)
	slices.SortFunc(c.order, func(a, b trait) int {
		return cmp.Or(cmp.Compare(slices.Index(fields, a.field), slices.Index(fields, b.field)), cmp.Compare(a.op, b.op), cmp.Compare(a.value, b.value))
	})
	return c
}

// words are those of the shortest description of the wanted events: a word that
// all of them have is among them. There are none where the descriptions are too
// long to be looked through.
func (c *comparison) words() []string {
	total := 0
	for _, t := range slices.Concat(c.wanted, c.unwanted) {
		total += len(t.text)
	}
	if len(c.wanted) == 0 || total > maxWordsText {
		return nil
	}
	return wordsOf(slices.MinFunc(c.wanted, func(a, b traits) int { return cmp.Compare(len(a.text), len(b.text)) }).text)
}

// excludes are the unwanted events that the condition of a trait leaves out, or
// its opposite.
func (c *comparison) excludes(k trait, opposite bool) (m mask) {
	for i, t := range c.unwanted {
		if t.has(k) == opposite {
			m.set(i)
		}
	}
	return m
}

// deniable reports whether the opposite of a trait is worth asking for.
func deniable(k trait) bool {
	return k.op == api.OpEquals && k.field != api.FieldIndicator || k.op == api.OpUnder && k.field == api.FieldMitreAttack
}

// maxListed is how many values a list may have that is made of wanted events.
const maxListed = 4

// lists are the conditions that a field has one of a few values, where the
// wanted events have each several times.
func (c *comparison) lists() []Candidate {
	var out []Candidate
	for _, f := range plainFields() {
		var values []string
		whole := true
		for _, t := range c.wanted {
			of := valuesOf(t.event, f)
			if len(of) != 1 {
				whole = false
				break
			}
			if !slices.ContainsFunc(values, func(v string) bool { return api.Fold(v) == api.Fold(of[0]) }) {
				values = append(values, of[0])
			}
		}
		if !whole || len(values) < 2 || len(values) > maxListed || len(c.wanted) < 2*len(values) {
			continue
		}
		var excludes mask
		for i, t := range c.unwanted {
			if !slices.ContainsFunc(values, func(v string) bool { return t.has(trait{f, api.OpEquals, api.Fold(v)}) }) {
				excludes.set(i)
			}
		}
		if len(c.unwanted) > 0 && !excludes.empty() {
			out = append(out, candidate(api.Condition{Field: f, Op: api.OpIn, Values: values}, 0, excludes))
		}
	}
	return out
}

// dates are the bounds of the wanted events' dates.
func (c *comparison) dates() []Candidate {
	if len(c.wanted) == 0 {
		return nil
	}
	from, to := c.wanted[0].event.Date, c.wanted[0].event.Date
	for _, t := range c.wanted {
		if t.event.Date.Before(from.Time) {
			from = t.event.Date
		}
		if t.event.Date.After(to.Time) {
			to = t.event.Date
		}
	}
	var before, after mask
	for i, t := range c.unwanted {
		if t.event.Date.Before(from.Time) {
			before.set(i)
		}
		if t.event.Date.After(to.Time) {
			after.set(i)
		}
	}
	return []Candidate{
		candidate(api.Condition{Field: api.FieldDate, Op: api.OpGte, Values: []string{from.String()}}, 0, before),
		candidate(api.Condition{Field: api.FieldDate, Op: api.OpLte, Values: []string{to.String()}}, 0, after),
	}
}

// mask marks some of up to api.MaxPointed events.
type mask [(api.MaxPointed + 63) / 64]uint64

func (m *mask) set(i int) { m[i/64] |= 1 << (i % 64) }

func (m mask) or(o mask) mask {
	for i := range m {
		m[i] |= o[i]
	}
	return m
}

func (m mask) empty() bool { return m == mask{} }

// firstBits marks the first n events.
func firstBits(n int) (m mask) {
	for i := range n {
		m.set(i)
	}
	return m
}
