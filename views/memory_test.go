package views

import (
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api/async"
)

// counted is a store that counts its writings.
type counted struct {
	forgetful
	flushes int
	err     error
}

func (c *counted) Flush() error {
	c.flushes++
	return c.err
}

func memory(t *testing.T, s Store) *Memory {
	layer := async.New(t.Context(), nil, async.Options{})
	t.Cleanup(layer.Close)
	return NewMemory(s, layer)
}

// end runs a command until its job is done.
func end(cmd tea.Cmd) async.JobDone {
	done, _ := cmd().(async.JobDone)
	return done
}

func TestMemoryRemembersAtOnce(t *testing.T) {
	m := memory(t, nil)
	var seen map[string]int
	if m.Load("queries.seen", &seen) || seen != nil {
		t.Errorf("nothing was saved, and there is %v", seen)
	}
	m.Save("queries.seen", map[string]int{"a": 1})
	if !m.Load("queries.seen", &seen) || seen["a"] != 1 {
		t.Errorf("%v", seen)
	}
	m.Save("queries.seen", []any{1, "x"})
	if m.Load("queries.seen", &seen) || seen["a"] != 1 || len(seen) != 1 {
		t.Errorf("another shape changed the value: %v", seen)
	}
	list := []int{7}
	if m.Load("queries.seen", &list); len(list) != 1 || list[0] != 7 {
		t.Errorf("half of another shape was taken: %v", list)
	}
	if err := m.Flush(); err != nil {
		t.Error(err)
	}
}

// Many changes shortly after each other are one writing.
func TestMemoryIsWrittenOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &counted{forgetful: forgetful{values: map[string]json.RawMessage{}}, err: errors.New("disk full")}
		m := memory(t, store)
		ends := make(chan async.JobDone, 3)
		for i := range 3 {
			cmd := m.Save("x", i)
			go func() { ends <- end(cmd) }()
			time.Sleep(savePause / 2)
			synctest.Wait()
		}
		time.Sleep(savePause)
		synctest.Wait()
		failed := 0
		for range 3 {
			if d := <-ends; d.Err != nil {
				failed++
			}
		}
		if store.flushes != 1 || failed != 1 {
			t.Errorf("%d writings, %d said to have failed: want one of each", store.flushes, failed)
		}
	})
}
