// Package pointing makes filters out of events that are wanted and events that
// are not: the shortest ones that hold for all of the first and for none of the
// second.
package pointing

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"threatbench/api"
	"threatbench/api/indicator"
)

// trait is something an event has that a condition can ask for. Values are
// compared without case.
type trait struct {
	field api.Field
	op    api.Op
	value string
}

// traits are those of one event, each with the condition that asks for it.
type traits struct {
	event *api.Event
	text  string // its description without case
	all   map[trait]api.Condition
}

func traitsOf(e *api.Event) traits {
	t := traits{event: e, text: api.Fold(e.Event), all: map[trait]api.Condition{}}
	for _, f := range plainFields() {
		for _, v := range valuesOf(e, f) {
			t.add(f, api.OpEquals, v)
		}
	}
	for _, id := range e.MitreAttack {
		if parent, _, sub := strings.Cut(id, "."); sub {
			t.add(api.FieldMitreAttack, api.OpUnder, parent)
		} else {
			t.add(api.FieldMitreAttack, api.OpUnder, id)
		}
	}
	for _, m := range e.AllIndicators() {
		t.indicator(m.Value)
	}
	for _, f := range nullable() {
		if len(valuesOf(e, f)) > 0 {
			t.all[trait{field: f, op: api.OpLike}] = api.Condition{Field: f, Op: api.OpLike, Values: []string{"_%"}}
		} else {
			t.all[trait{field: f, op: api.OpNone}] = api.Condition{Field: f, Op: api.OpNone}
		}
	}
	t.bounds()
	return t
}

func (t traits) add(f api.Field, op api.Op, v string) {
	t.all[trait{f, op, api.Fold(v)}] = api.Condition{Field: f, Op: op, Values: []string{v}}
}

// indicator adds an indicator, the domains above its host, and its nets.
func (t traits) indicator(value string) {
	canonical := indicator.Canonical(value)
	t.add(api.FieldIndicator, api.OpEquals, canonical)
	host := indicator.Host(canonical)
	if a, err := netip.ParseAddr(host); err == nil {
		for _, bits := range []int{24, 16} {
			if a.Is4() {
				t.add(api.FieldIndicator, api.OpWithin, netip.PrefixFrom(a, bits).Masked().String())
			}
		}
		return
	}
	for strings.Contains(host, ".") {
		t.add(api.FieldIndicator, api.OpUnder, host)
		_, host, _ = strings.Cut(host, ".")
	}
}

// bounds adds what is at least and at most, of the fields that have an order.
func (t traits) bounds() {
	for n := 1; n <= 7; n++ {
		if t.event.KillChain >= n {
			t.add(api.FieldKillChain, api.OpGte, strconv.Itoa(n))
		} else {
			t.add(api.FieldKillChain, api.OpLte, strconv.Itoa(n-1))
		}
	}
	m, ok := api.ParseTLP(t.event.TLP)
	if !ok {
		return
	}
	for _, bound := range []api.TLP{api.TLPGreen, api.TLPAmber, api.TLPAmberStrict} {
		if m >= bound {
			t.add(api.FieldTLP, api.OpGte, bound.String())
		}
		if m <= bound {
			t.add(api.FieldTLP, api.OpLte, bound.String())
		}
	}
}

// plainFields are the fields whose values are asked for as they stand.
func plainFields() []api.Field {
	return []api.Field{
		api.FieldAttacker, api.FieldAttackerCountry, api.FieldTargetCountry, api.FieldTargetIndustry, api.FieldCategory, api.FieldTLP,
		api.FieldKillChain, api.FieldIndicatorType, api.FieldTags, api.FieldMitreAttack, api.FieldMitreCapec,
	}
}

// nullable are the fields of which having a value, or none, says something.
func nullable() []api.Field {
	return []api.Field{
		api.FieldAttacker, api.FieldAttackerCountry, api.FieldTargetCountry, api.FieldTargetIndustry, api.FieldIndicator, api.FieldTags, api.FieldMitreAttack, api.FieldMitreCapec,
	}
}

// valuesOf are the values of a field, as a condition has them.
func valuesOf(e *api.Event, f api.Field) []string {
	if m, ok := api.ParseTLP(e.TLP); ok && f == api.FieldTLP {
		return []string{m.String()}
	}
	info, _ := api.FieldOf(f)
	return info.Values(e)
}

const (
	leastWord    = 5        // characters of a word that says something
	maxWords     = 200      // words of a description that are tried
	maxWordsText = 16 << 20 // bytes of all descriptions together, past which no words are
)

// wordsOf are the first words of a folded description that may say something.
func wordsOf(text string) []string {
	var out []string
	seen := map[string]bool{"https": true} // of a link: it tells nothing
	for w := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if utf8.RuneCountInString(w) < leastWord || seen[w] {
			continue
		}
		seen[w] = true
		if out = append(out, w); len(out) == maxWords {
			break
		}
	}
	return out
}

// has reports whether an event has what a trait asks for.
func (t traits) has(k trait) bool {
	if k.field == api.FieldEvent {
		return strings.Contains(t.text, k.value)
	}
	_, ok := t.all[k]
	return ok
}
