package overlay

import "time"

// How long keys are kept from a box that nobody asked for: until none came for
// quiet, but no longer than patience.
const (
	quiet    = 425 * time.Millisecond
	patience = 1500 * time.Millisecond
)

// Stack is the overlays that are open, the last one on top. T is whatever the
// caller holds of an overlay.
type Stack[T any] struct {
	now   func() time.Time
	items []entry[T]
}

type entry[T any] struct {
	value T
	// guarded is set while keys that were meant for something else may still
	// arrive; opened and lastKey tell how long.
	guarded         bool
	opened, lastKey time.Time
}

// NewStack makes an empty stack that reads the time from now.
func NewStack[T any](now func() time.Time) *Stack[T] {
	return &Stack[T]{now: now}
}

// Open puts v on top; a person asked for it, so it takes keys at once.
func (s *Stack[T]) Open(v T) {
	s.items = append(s.items, entry[T]{value: v})
}

// Intrude puts v on top on the program's own account. Somebody may be typing,
// so it takes no key before a pause (see Accepts).
func (s *Stack[T]) Intrude(v T) {
	now := s.now()
	s.items = append(s.items, entry[T]{value: v, guarded: true, opened: now, lastKey: now})
}

// Accepts tells whether the overlay on top takes the key that came just now.
// Ask it once for every key; where it says no, drop the key.
func (s *Stack[T]) Accepts() bool {
	if len(s.items) == 0 {
		return false
	}
	e := &s.items[len(s.items)-1]
	if !e.guarded {
		return true
	}
	now := s.now()
	if now.Sub(e.lastKey) >= quiet || now.Sub(e.opened) >= patience {
		e.guarded = false
		return true
	}
	e.lastKey = now
	return false
}

// Top is the overlay on top.
func (s *Stack[T]) Top() (v T, ok bool) {
	if len(s.items) == 0 {
		return v, false
	}
	return s.items[len(s.items)-1].value, true
}

// Close takes away the overlay on top and returns it.
func (s *Stack[T]) Close() (v T, ok bool) {
	if v, ok = s.Top(); ok {
		s.items[len(s.items)-1] = entry[T]{}
		s.items = s.items[:len(s.items)-1]
	}
	return v, ok
}

// Clear takes all away.
func (s *Stack[T]) Clear() { s.items = nil }

// Len is how many are open.
func (s *Stack[T]) Len() int { return len(s.items) }

// All are the open overlays from the lowest to the one on top.
func (s *Stack[T]) All() []T {
	out := make([]T, len(s.items))
	for i, e := range s.items {
		out[i] = e.value
	}
	return out
}
