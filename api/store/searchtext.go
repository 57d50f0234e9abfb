package store

import (
	"context"
	"fmt"
	"slices"

	"threatbench/api"
)

// The texts of an event that are searched. The numbers are stored.
const (
	searchEvent      = iota
	searchIndicators // all of them, see indicatorForms
	searchInsight
	searchCount
)

// searchColumn is the column of one of them.
func searchColumn(which int) int {
	if which == searchInsight {
		return colInsight
	}
	return colTexts + which
}

// openFlag marks the events of whose text only the row knows for sure: it
// changed since its segment was sealed, or is too long for the index.
func openFlag(which int) int64 {
	return [...]int64{searchEvent: flagEventOpen, searchIndicators: flagIndicatorOpen, searchInsight: flagInsightOpen}[which]
}

// maxIndexedText is the longest text that the substring index takes.
const maxIndexedText = 64 << 10

// searchText is a text as it is searched. Of a long one, fold is the
// beginning, and trigrams has all its runs of three bytes, each once; both are
// nil where it is too long for the index.
type searchText struct {
	foldedText
	trigrams []uint32
}

func newSearchText(fold string) searchText {
	if len(fold) <= maxColumnText {
		return searchText{foldedText: foldedText{fold: fold}}
	}
	t := searchText{foldedText: foldedText{fold: fold[:maxColumnText], long: true}}
	if len(fold) > maxIndexedText {
		return t
	}
	t.trigrams = make([]uint32, 0, len(fold)-2)
	for at := 0; at+3 <= len(fold); at++ {
		t.trigrams = append(t.trigrams, trigram(fold[at], fold[at+1], fold[at+2]))
	}
	slices.Sort(t.trigrams)
	t.trigrams = slices.Clip(slices.Compact(t.trigrams))
	return t
}

// indexed reports whether the substring index knows the text.
func (t *searchText) indexed() bool { return !t.long || t.trigrams != nil }

// record is an event as the columns see it.
func (k *keyMaker) record(id int64, dataset uint32, flags int64, d *doc) record {
	r := record{
		id: id, dataset: dataset, flags: flags, uuid: d.uuid, date: d.date, created: d.created,
		nums: d.nums, killChain: d.killChain, lists: d.lists,
		texts: [textCount]foldedText{
			foldCut(d.event, maxColumnText),
			foldCut(d.indicator, maxColumnText),
			foldCut(d.insight, maxSortInsight),
		},
	}
	r.search[searchEvent] = searchOf(d.event, r.texts[textEvent])
	r.search[searchInsight] = searchOf(d.insight, r.texts[textInsight])
	var indicators string
	indicators, r.keys = k.indicatorForms(d)
	r.search[searchIndicators] = newSearchText(indicators)
	return r
}

// searchOf is a text as it is searched, of which cut may be the whole.
func searchOf(text string, cut foldedText) searchText {
	if !cut.long {
		return searchText{foldedText: cut}
	}
	return newSearchText(api.Fold(text))
}

// searchTextOf is one of a document's searched texts, whole.
func (k *keyMaker) searchTextOf(d *doc, which int) string {
	switch which {
	case searchEvent:
		return api.Fold(d.event)
	case searchInsight:
		return api.Fold(d.insight)
	}
	text, _ := k.indicatorForms(d)
	return text
}

// docOf reads an event's document.
func (s *session) docOf(ctx context.Context, id int64) (doc, error) {
	var packed []byte
	if err := s.queryRow(ctx, "SELECT doc FROM event WHERE id = ?", id).Scan(&packed); err != nil {
		return doc{}, fmt.Errorf("reading event %d: %w", id, err)
	}
	d, err := decodeDoc(packed)
	if err != nil {
		err = fmt.Errorf("event %d: %w", id, err)
	}
	return d, err
}

// wholeText reads one of an event's searched texts.
func (s *session) wholeText(ctx context.Context, id int64, which int) (string, error) {
	d, err := s.docOf(ctx, id)
	return s.keyer.searchTextOf(&d, which), err
}
