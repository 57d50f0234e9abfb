package query

import (
	"time"

	"threatbench/api"
)

// Parse reads a text. Its error is an *Error: the first thing that is wrong.
// Relative dates resolve against now, to absolute moments in UTC.
func Parse(text string, now time.Time) (Filter, error) { return Filter{}, nil }

// Format writes the canonical text: Parse(Format(f)) is f for every filter
// the API accepts.
func Format(f Filter) string { return "" }

// Highlight cuts a text into its tokens, in order and without overlap. It
// never fails: what cannot be read is KindError.
func Highlight(text string) []Span { return nil }

// Complete suggests what could stand at the cursor (a byte offset): fields,
// operators, values. A nil values supplies none.
func Complete(text string, cursor int, values Values) []Suggestion { return nil }

// And adds a condition to a text and leaves the person's spelling of the rest
// alone. What it contradicts or repeats among the top-level terms is replaced.
func And(text string, c api.Condition) string { return text }

// Without removes the i-th top-level term (see Terms); a negative i counts
// from the end, -1 being the last. An i out of range changes nothing.
func Without(text string, i int) string { return text }

// Terms finds the top-level terms of any text, in order; a whole OR of
// branches is one term.
func Terms(text string) []Span { return nil }
