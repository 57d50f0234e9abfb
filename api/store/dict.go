package store

import (
	"slices"
	"strings"
	"sync"

	"threatbench/api"
)

// kind tells the dictionaries apart. The numbers are stored: never renumber.
type kind int

const (
	kindAttacker kind = iota
	kindCountry
	kindIndustry
	kindCategory
	kindIndicatorType
	kindTLP
	kindTag
	kindAttack
	kindCapec
	kinds int = iota
)

// dict is a dictionary as it was at one moment. Entry 0 is the empty text.
// The slices only ever grow at their end, so that snapshots share them.
type dict struct {
	values   []string
	folds    []string
	class    []uint32 // the first number of the same meaning: same fold, for TLP same marking
	variants bool     // some class has several members
}

// classText is what two terms must have in common to be one class.
func classText(k kind, value string) string {
	if k == kindTLP {
		if t, ok := api.ParseTLP(value); ok {
			return t.String()
		}
	}
	return api.Fold(value)
}

// dictionaries is the growing master the snapshots are cut from; whoever
// extends it holds the database's snapshot lock.
type dictionaries struct {
	cur     [kinds]dict
	classOf [kinds]map[string]uint32
	numbers [kinds]map[string]uint32 // by value
	last    int64                    // the highest term id seen
}

func newDictionaries() *dictionaries {
	d := &dictionaries{}
	for k := range kinds {
		d.classOf[k], d.numbers[k] = map[string]uint32{}, map[string]uint32{}
		d.add(kind(k), "")
	}
	return d
}

func (d *dictionaries) add(k kind, value string) {
	c := &d.cur[k]
	num := uint32(len(c.values))
	text := classText(k, value)
	class, known := d.classOf[k][text]
	if !known {
		class = num
		d.classOf[k][text] = num
	}
	c.variants = c.variants || known
	d.numbers[k][value] = num
	c.values = append(c.values, value)
	c.folds = append(c.folds, api.Fold(value))
	c.class = append(c.class, class)
}

// rankCache keeps the sort ranks of dictionaries, which cost a sort to make.
type rankCache struct {
	mu    sync.Mutex
	ranks map[rankKey][]uint32
}

type rankKey struct {
	k      kind
	alpha3 bool
}

// of answers, per number, the place of its value in the order without case
// (for TLP by restriction; with alpha3, by the countries' alpha-3 codes).
// Values of one sort text share a rank.
func (c *rankCache) of(k kind, alpha3 bool, d dict) []uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := rankKey{k, alpha3}
	if r := c.ranks[key]; len(r) == len(d.values) {
		return r
	}
	if c.ranks == nil {
		c.ranks = map[rankKey][]uint32{}
	}
	r := makeRanks(sortTexts(k, alpha3, d))
	// An older snapshot's ranks never replace a newer one's.
	if len(r) > len(c.ranks[key]) {
		c.ranks[key] = r
	}
	return r
}

// sortTexts are the texts the values of a dictionary sort by.
func sortTexts(k kind, alpha3 bool, d dict) []string {
	if k != kindTLP && !alpha3 {
		return d.folds
	}
	out := make([]string, len(d.values))
	for i, v := range d.values {
		out[i] = sortTextBy(k, alpha3, v)
	}
	return out
}

func sortTextBy(k kind, alpha3 bool, value string) string {
	switch {
	case alpha3:
		return api.Fold(alpha3Of(value))
	case k == kindTLP:
		t, _ := api.ParseTLP(value)
		return string(rune('0' + int(t)))
	}
	return api.Fold(value)
}

func makeRanks(texts []string) []uint32 {
	order := make([]uint32, len(texts))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int { return strings.Compare(texts[a], texts[b]) })
	ranks := make([]uint32, len(texts))
	rank := uint32(0)
	for i, num := range order {
		if i > 0 && texts[num] != texts[order[i-1]] {
			rank++
		}
		ranks[num] = rank
	}
	return ranks
}

func alpha3Of(alpha2 string) string {
	if c, ok := api.CountryByCode(alpha2); ok {
		return c.Alpha3
	}
	return ""
}
