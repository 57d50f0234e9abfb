package store

import (
	"context"
	"sync"
	"testing"

	"threatbench/api"
)

// TestOpenedAtOnce opens a place where there is nothing from several sides at
// once: one makes the tables, the others wait for it, and all of them see one
// database.
func TestOpenedAtOnce(t *testing.T) {
	for range 2 {
		at := place(t)
		var opened [6]*DB
		var wg sync.WaitGroup
		start := make(chan struct{})
		for i := range opened {
			wg.Go(func() {
				<-start
				d, err := Open(context.Background(), at, Options{})
				if err != nil {
					t.Errorf("opening %d: %v", i, err)
					return
				}
				opened[i] = d
			})
		}
		close(start)
		wg.Wait()
		for _, d := range opened {
			if d != nil {
				t.Cleanup(func() { _ = d.Close() })
			}
		}
		if t.Failed() {
			return
		}
		made := 0
		for i, d := range opened {
			if d.home.Made() {
				made++
			}
			if d.ID() != opened[0].ID() {
				t.Errorf("opening %d is of another database", i)
			}
			create(t, d, plain(nil))
		}
		if made != 1 {
			t.Errorf("%d openings made the tables, want 1", made)
		}
		if got := listed(t, opened[0], api.ListQuery{}).Info.TotalCount; got != len(opened) {
			t.Errorf("%d events, want %d", got, len(opened))
		}
	}
}
