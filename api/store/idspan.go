package store

import (
	"cmp"
	"slices"
)

// idSpan is consecutive ids of events, both ends included.
type idSpan struct{ first, last int64 }

// idSpans are ids in rising order, none twice.
type idSpans []idSpan

// add adds consecutive ids, none of which may be there yet. Ids that rise, as
// those of events made one after another do, take no room of their own.
func (s *idSpans) add(first, last int64) {
	list := *s
	if n := len(list); n > 0 && list[n-1].last+1 == first {
		list[n-1].last = last
		return
	}
	at, _ := list.find(first)
	*s = slices.Insert(list, at, idSpan{first, last})
}

func (s idSpans) has(id int64) bool {
	_, ok := s.find(id)
	return ok
}

// find is the span that holds an id, or where one that begins there belongs.
func (s idSpans) find(id int64) (int, bool) {
	return slices.BinarySearchFunc(s, id, func(span idSpan, id int64) int {
		if span.first <= id && id <= span.last {
			return 0
		}
		return cmp.Compare(span.first, id)
	})
}
