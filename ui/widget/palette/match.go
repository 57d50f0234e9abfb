package palette

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sahilm/fuzzy"

	"threatbench/ui/widget/text"
)

// hit is an item that matches, with the bytes of its title that did.
type hit struct {
	item  int
	score int
	lit   []int // offsets in the title, growing
}

// elsewhere is the score of a word found only beside the title: below any
// title that matches.
const elsewhere = -10_000

// otherName is the score of a word that an item is called elsewhere and that
// stands in no title: it is surely meant, and letters strewn over a title are not.
const otherName = 1_000

// titles are the items' titles as the matcher wants them.
type titles []Item

func (t titles) String(i int) string { return t[i].Title }
func (t titles) Len() int            { return len(t) }

// match works out the list for what is typed, and chooses its first row.
func (m *Model) match() {
	m.cur, m.top = 0, 0
	words := strings.Fields(m.input.Value())
	if len(words) == 0 {
		m.hits = m.unfiltered()
		return
	}
	m.hits = m.everything()
	for _, w := range words {
		m.hits = m.narrow(m.hits, w)
	}
	for i := range m.hits {
		slices.Sort(m.hits[i].lit)
	}
	slices.SortStableFunc(m.hits, func(a, b hit) int {
		return cmp.Or(m.items[a.item].rank()-m.items[b.item].rank(), b.score-a.score)
	})
}

// rank puts what can't be run now below all that can, however well it matches.
func (it *Item) rank() int {
	switch {
	case it.First:
		return 0
	case it.Disabled == "":
		return 1
	}
	return 2
}

func (m *Model) everything() []hit {
	hits := make([]hit, len(m.items))
	for i := range hits {
		hits[i].item = i
	}
	return hits
}

// unfiltered is all items, those used last on top.
func (m *Model) unfiltered() []hit {
	rank := make(map[string]int, len(m.recent))
	for i, id := range m.recent {
		if _, twice := rank[id]; !twice {
			rank[id] = len(m.recent) - i
		}
	}
	hits := m.everything()
	slices.SortStableFunc(hits, func(a, b hit) int {
		return rank[m.items[b.item].ID] - rank[m.items[a.item].ID]
	})
	return hits
}

// narrow keeps the hits that match one more word: letter by letter in the
// title, or as a piece of the id, the detail, the keys or its other names.
func (m *Model) narrow(hits []hit, word string) []hit {
	inTitle := make(map[int]fuzzy.Match)
	for _, f := range fuzzy.FindFromNoSort(word, titles(m.items)) {
		inTitle[f.Index] = f
	}
	folded := text.Fold(word)
	titled := slices.ContainsFunc(m.items, func(it Item) bool { at, _ := text.IndexFold(it.Title, folded); return at >= 0 })
	kept := hits[:0]
	for _, h := range hits {
		if !titled && slices.ContainsFunc(strings.Fields(m.items[h.item].Words), func(s string) bool { return s == folded }) {
			h.score += otherName
		} else if f, ok := inTitle[h.item]; ok {
			h.score += f.Score + whole(m.items[h.item].Title, folded)
			h.lit = append(h.lit, f.MatchedIndexes...)
		} else if beside(&m.items[h.item], folded) {
			h.score += elsewhere
		} else {
			continue
		}
		kept = append(kept, h)
	}
	return kept
}

// Letters in a row say more than letters apart, most of all where they begin
// a word: "sor" means Sort, not Start of a time range.
const (
	together = 100
	begins   = 100
)

func whole(title, word string) int {
	at, _ := text.IndexFold(title, word)
	switch {
	case at < 0:
		return 0
	case at == 0 || title[at-1] == ' ':
		return together + begins
	}
	return together
}

func beside(it *Item, word string) bool {
	for _, s := range [...]string{it.ID, it.Keys, it.Detail, it.Words} {
		if start, _ := text.IndexFold(s, word); start >= 0 {
			return true
		}
	}
	return false
}
