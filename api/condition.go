package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Op compares a field with a value.
type Op string

// The operators. Text comparison ignores case for every one of them.
const (
	OpEquals     Op = "equals"
	OpNot        Op = "not"
	OpGt         Op = "gt"
	OpGte        Op = "gte"
	OpLt         Op = "lt"
	OpLte        Op = "lte"
	OpLike       Op = "like"     // SQL LIKE: % any run, _ any one character
	OpContains   Op = "contains" // literal substring
	OpStartsWith Op = "startsWith"
	OpEndsWith   Op = "endsWith"
	OpFind       Op = "find" // every word, in any order, anywhere
	OpIn         Op = "in"   // one of 1..100 values
)

// Ops lists every operator.
func Ops() []Op {
	return []Op{OpEquals, OpNot, OpGt, OpGte, OpLt, OpLte, OpLike, OpContains, OpStartsWith, OpEndsWith, OpFind, OpIn}
}

// Condition is one comparison. Values holds one value, or 1..100 for OpIn;
// numbers and booleans are kept in their text form.
type Condition struct {
	Field  Field
	Op     Op
	Values []string
	Not    bool // turned into its opposite: of a list no element satisfies it (ours)
}

// Value is the first value, "" where there is none.
func (c Condition) Value() string {
	if len(c.Values) == 0 {
		return ""
	}
	return c.Values[0]
}

// typed is a value as JSON sends it: a number for killChain, a boolean for
// hasChildren, a string for the rest.
func (c Condition) typed(v string) any {
	switch c.Field {
	case FieldKillChain:
		if n, err := strconv.Atoi(v); err == nil {
			return n
		}
	case FieldHasChildren:
		if b, err := strconv.ParseBool(strings.ToLower(v)); err == nil {
			return b
		}
	}
	return v
}

// MarshalJSON writes {field, op, value}, value being a list for OpIn and
// missing for OpNone, and not where the condition is turned.
func (c Condition) MarshalJSON() ([]byte, error) {
	var value any = c.typed(c.Value())
	if c.Op == OpIn {
		list := make([]any, len(c.Values))
		for i, v := range c.Values {
			list[i] = c.typed(v)
		}
		value = list
	}
	if c.Op == OpNone {
		value = nil
	}
	return json.Marshal(struct {
		Field Field `json:"field"`
		Op    Op    `json:"op"`
		Value any   `json:"value,omitempty"`
		Not   bool  `json:"not,omitempty"`
	}{c.Field, c.Op, value, c.Not})
}

// UnmarshalJSON reads {field, op, value}; the value may be a string, a number,
// a boolean or a list of these. Whether it suits the field is for Validate.
func (c *Condition) UnmarshalJSON(b []byte) error {
	var w struct {
		Field Field           `json:"field"`
		Op    Op              `json:"op"`
		Value json.RawMessage `json:"value"`
		Not   flexBool        `json:"not"`
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return fmt.Errorf("a condition is {field, op, value}: %w", err)
	}
	values, err := scalarList(w.Value)
	if err != nil {
		return fmt.Errorf("value of %s: %w", w.Field, err)
	}
	*c = Condition{Field: w.Field, Op: w.Op, Values: values, Not: bool(w.Not)}
	return nil
}

func scalarList(b json.RawMessage) ([]string, error) {
	b = bytes.TrimSpace(b)
	if len(b) == 0 || bytes.Equal(b, []byte("null")) {
		return nil, nil
	}
	if b[0] != '[' {
		s, err := scalar(b)
		return []string{s}, err
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return nil, err
	}
	out := make([]string, len(raw))
	for i, r := range raw {
		s, err := scalar(r)
		if err != nil {
			return nil, err
		}
		out[i] = s
	}
	return out, nil
}

func scalar(b json.RawMessage) (string, error) {
	b = bytes.TrimSpace(b)
	if len(b) > 0 && (b[0] == '{' || b[0] == '[' || b[0] == 'n') {
		return "", fmt.Errorf("want a string, a number or a boolean, got %.40s", b)
	}
	var s flexString
	err := s.UnmarshalJSON(b)
	return string(s), err
}

// validate checks one condition; key names its place, e.g. search[2].
func (c Condition) validate(key string) error {
	if c.Own() {
		return c.validateOwn(key)
	}
	if !slices.Contains(Fields(), c.Field) {
		return badKey(key+".field", "one of "+join(Fields()), string(c.Field))
	}
	if !slices.Contains(OpsFor(c.Field), c.Op) {
		return badKey(key+".op", fmt.Sprintf("one of %s for %s", join(OpsFor(c.Field)), c.Field), string(c.Op))
	}
	switch n := len(c.Values); {
	case c.Op == OpIn && (n < 1 || n > MaxInValues):
		return badKey(key+".value", fmt.Sprintf("1..%d values", MaxInValues), strconv.Itoa(n))
	case c.Op != OpIn && n != 1:
		return badKey(key+".value", "one value", strconv.Itoa(n))
	}
	for _, v := range c.Values {
		if err := c.validateValue(key+".value", v); err != nil {
			return err
		}
	}
	return nil
}

func (c Condition) validateValue(key, v string) error {
	if n := utf8.RuneCountInString(v); n < 1 || n > MaxValueLength {
		return badKey(key, fmt.Sprintf("1..%d characters", MaxValueLength), strconv.Itoa(n))
	}
	switch c.Field {
	case FieldKillChain:
		if _, err := strconv.Atoi(v); err != nil {
			return badKey(key, "a number for killChain", v)
		}
	case FieldHasChildren:
		if _, err := strconv.ParseBool(strings.ToLower(v)); err != nil {
			return badKey(key, "true, false, 1 or 0 for hasChildren", v)
		}
	case FieldDate, FieldCreatedAt:
		if _, err := ParseTime(v); err != nil && !textOp(c.Op) {
			return badKey(key, "RFC 3339 or YYYY-MM-DD", v)
		}
	case FieldTLP:
		if _, ok := ParseTLP(v); !ok && !textOp(c.Op) {
			return badKey(key, "red, amber+strict, amber, green or clear", v)
		}
	}
	return nil
}

// textOp tells whether op works on a field's text form.
func textOp(op Op) bool {
	return slices.Contains([]Op{OpLike, OpContains, OpStartsWith, OpEndsWith, OpFind}, op)
}

func join[T ~string](list []T) string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return strings.Join(out, " ")
}
