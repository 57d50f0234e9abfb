// Package query is the filter language: one line of text for a person, and
// the conditions of a list query for the API, in both directions.
//
//	attacker:FLYINGYETI date>=-30d -tlp:red tag:(phishing OR c2) indicator~*.example "free words"
//
// Terms are AND-ed. What a term may be:
//
//	field:value           equals (also field=value)
//	-field:value          not (also field!=value)
//	field>v >= < <=       compares
//	field~part            contains; with * or ? in the part a pattern
//	field~~"some words"   every word, in any order
//	field~="100%_"        SQL LIKE as it stands
//	field:(a OR b, c)     one of several values
//	date:2024-03, date:a..b, date>-7d, date:today, date:this-month
//	word                  anywhere in the event: every word
//	"a phrase"            anywhere in the event, as it stands
//	-term, !term, NOT t   its opposite, of a group too
//	field:a*  field:*     unquoted: begins with a; has a value; field:none has none
//	ip:198.51.100.0/24    in a net; domain:example.org a domain and all below it
//	target:germany        countries and techniques by name; T1566 with its sub-techniques
//	dataset:name          where to look, outside of OR
//	(a:1 b:2) OR (c:3)    branches; OR binds the two terms beside it
package query

import (
	"fmt"
	"time"

	"threatbench/api"
)

// Filter is what a line of text means: the conditions that all hold, and the
// branches of which at least one holds whole.
type Filter struct {
	Search   []api.Condition
	Branches [][]api.Condition
}

// Error says what is wrong with a text, and where: the byte offsets
// [Pos, End) and the column in characters, from 1.
type Error struct {
	Pos, End int
	Column   int
	Msg      string
}

// Error is the message with its column.
func (e *Error) Error() string { return fmt.Sprintf("column %d: %s", e.Column, e.Msg) }

// Kind is what a span of text is, for colouring.
type Kind int

// The kinds of spans.
const (
	KindWord     Kind = iota // a bare word, searched for anywhere in the event
	KindPhrase               // a quoted phrase, the same
	KindField                // the name of a field
	KindOperator             // what follows a field, and the - before it
	KindValue                // a value
	KindKeyword              // OR and AND
	KindParen                // parentheses and the commas of a value list
	KindError                // an unknown field, an unclosed quote
	KindTerm                 // a whole top-level term, from Terms
)

// Span is a piece of the text: bytes [Pos, End).
type Span struct {
	Pos, End int
	Kind     Kind
}

// Suggestion is one way to complete the text: Text replaces text[From:To].
type Suggestion struct {
	Text   string
	Label  string // what the list shows
	Detail string // a few words beside it
	From   int
	To     int
}

// Values supplies the values of a field that begin with, or hold, prefix;
// the likeliest first. Case does not matter.
type Values func(field api.Field, prefix string) []string

// clock is the fixed moment that relative dates resolve against where only
// the shape of a text matters.
func clock() time.Time { return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) }
