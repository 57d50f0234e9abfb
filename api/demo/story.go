// Package demo tells a believable, made-up story in threat events: actors,
// campaigns, waves and incidents over the last eighteen months.
//
// It is deterministic: the same seed, number and moment give the same bytes.
// Every address, domain and hash is of a range reserved for examples or made
// from the seed, so nothing in it points at a real host or person.
package demo

import (
	"iter"
	"time"

	"threatbench/api"
)

// Batch is events of one dataset, oldest first. A parent is always in an
// earlier batch than its children, or earlier in the same one.
type Batch struct {
	Dataset string // its name
	Events  []api.CreateEvent
}

// Story is a made-up history of n events that ends minutes before now.
type Story struct {
	seed uint64
	n    int
	now  time.Time
}

// Generate plans a story of n events. Planning costs nothing; the events are
// made as Batches hands them out.
func Generate(seed uint64, n int, now time.Time) *Story {
	return &Story{seed: seed, n: max(n, 0), now: now.UTC()}
}

// Len is how many events the story has.
func (s *Story) Len() int { return s.n }

// Datasets names the datasets that the events are in, the default one first.
func (s *Story) Datasets() []string {
	return []string{api.DefaultDataset, ddosDataset, probingDataset}
}

// Batches hands out the whole story from its beginning, oldest events first,
// at most size of them at a time; only what was not handed out yet is in
// memory. Each call starts anew.
func (s *Story) Batches(size int) iter.Seq[Batch] {
	size = max(size, 1)
	return func(yield func(Batch) bool) {
		t := newTeller(s)
		pending := map[string][]api.CreateEvent{}
		for t.more() {
			dataset, event := t.next()
			list := pending[dataset]
			if list == nil {
				list = make([]api.CreateEvent, 0, min(size, s.n))
			}
			list = append(list, event)
			if len(list) < size {
				pending[dataset] = list
				continue
			}
			pending[dataset] = nil
			if !yield(Batch{dataset, list}) {
				return
			}
		}
		for _, dataset := range s.Datasets() {
			if list := pending[dataset]; len(list) > 0 && !yield(Batch{dataset, list}) {
				return
			}
		}
	}
}
