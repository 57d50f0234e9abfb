package views

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api/async"
	"threatbench/api/clean"
)

// Store keeps small values under names from one session to the next. Get and
// Put touch memory only; Flush writes down what was put. All three are safe
// for concurrent use.
type Store interface {
	Get(name string) (value json.RawMessage, ok bool)
	Put(name string, value json.RawMessage)
	Flush() error
}

// MemoryView names the writing down of the memory in the slots of requests.
const MemoryView = "memory"

// savePause is how long changes are collected before they are written down.
const savePause = 2 * time.Second

// Memory is what a session remembers for the next one of the same profile:
// when a query was last looked at, which layout a person chose. Names are
// "view.thing", so that views don't meet: "queries.seen".
type Memory struct {
	store Store
	layer *async.Layer
}

// NewMemory remembers in s, written down by commands of l; a nil s remembers
// until the session ends.
func NewMemory(s Store, l *async.Layer) *Memory {
	if s == nil {
		s = &forgetful{values: map[string]json.RawMessage{}}
	}
	return &Memory{s, l}
}

// Load reads what was saved under a name into v, a pointer. It is false, and v
// as it was, where nothing is there or it is of another shape. It does no I/O.
func (m *Memory) Load(name string, v any) bool {
	raw, ok := m.store.Get(name)
	if !ok {
		return false
	}
	into := reflect.New(reflect.TypeOf(v).Elem()) // v stays whole when half of the text fits it
	if clean.Unmarshal(raw, into.Interface()) != nil {
		return false
	}
	reflect.ValueOf(v).Elem().Set(into.Elem())
	return true
}

// Save remembers v, which must be writable as JSON, under a name from now on.
// The command writes it down after a while, together with what else is saved
// until then; what the end of the session overtakes is written by its Flush.
func (m *Memory) Save(name string, v any) tea.Cmd {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("remembering %s: %v", name, err)) // a mistake in the program: v is of a type JSON can't hold
	}
	m.store.Put(name, raw)
	store := m.store
	return m.layer.Run(async.Slot{View: MemoryView, Name: "save"}, func(ctx context.Context, _ async.Report) (any, error) {
		t := time.NewTimer(savePause)
		defer t.Stop()
		select {
		case <-t.C:
			return nil, store.Flush()
		case <-ctx.Done(): // a later Save writes this down too
			return nil, nil
		}
	})
}

// Flush writes down at once what was saved. It is for the end of a session.
func (m *Memory) Flush() error { return m.store.Flush() }

// forgetful is a Store that lasts as long as the session.
type forgetful struct {
	mu     sync.Mutex
	values map[string]json.RawMessage
}

func (f *forgetful) Get(name string) (json.RawMessage, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	v, ok := f.values[name]
	return v, ok
}

func (f *forgetful) Put(name string, v json.RawMessage) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.values[name] = v
}

func (f *forgetful) Flush() error { return nil }
