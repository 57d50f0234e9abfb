package textmatch

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"threatbench/api"
)

// Condition is one of those that lists of tags and indicators take, on a field
// of what is listed.
type Condition struct {
	Field  string
	op     api.Op
	values []string
}

// MaxConditions is how many of them one list takes.
const MaxConditions = 10

// Parse reads a JSON array of conditions; key names it in messages, known says
// what a field is called here, and names lists the fields. Nothing is none.
func Parse(key, text string, known func(string) (string, bool), names string) ([]Condition, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var list []struct {
		Field string          `json:"field"`
		Op    api.Op          `json:"op"`
		Value json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, refuse(key, fmt.Errorf("want a JSON array of {field, op, value}, got %.80q", text))
	}
	if len(list) > MaxConditions {
		return nil, refuse(key, fmt.Errorf("want at most %d conditions, got %d", MaxConditions, len(list)))
	}
	out := make([]Condition, len(list))
	for i, c := range list {
		at := fmt.Sprintf("%s[%d]", key, i)
		field, ok := known(c.Field)
		if !ok {
			return nil, refuse(at+".field", fmt.Errorf("want one of %s, got %.80q", names, c.Field))
		}
		if !slices.Contains(api.Ops(), c.Op) {
			return nil, refuse(at+".op", fmt.Errorf("want one of %s, got %.80q", spell(api.Ops()), c.Op))
		}
		values, err := scalars(c.Value, c.Op)
		if err != nil {
			return nil, refuse(at+".value", err)
		}
		out[i] = Condition{field, c.Op, values}
	}
	return out, nil
}

// Equality refuses any other operator than equals and in on a field.
func Equality(key, field string, list []Condition) error {
	for i, c := range list {
		if c.Field == field && c.op != api.OpEquals && c.op != api.OpIn {
			return refuse(fmt.Sprintf("%s[%d].op", key, i), fmt.Errorf("want one of equals in for %s, got %.80q", field, c.op))
		}
	}
	return nil
}

func refuse(key string, err error) error {
	return api.Errorf(http.StatusBadRequest, "%s: %s", key, err.Error())
}

func spell(ops []api.Op) string {
	out := make([]string, len(ops))
	for i, op := range ops {
		out[i] = string(op)
	}
	return strings.Join(out, " ")
}

// scalars reads a string, a number, or a list of these.
func scalars(raw json.RawMessage, op api.Op) ([]string, error) {
	raw = bytes.TrimSpace(raw)
	list := []json.RawMessage{raw}
	if len(raw) > 0 && raw[0] == '[' {
		if err := json.Unmarshal(raw, &list); err != nil {
			return nil, err
		}
	}
	n := len(list)
	switch {
	case op == api.OpIn && (n < 1 || n > api.MaxInValues):
		return nil, fmt.Errorf("want 1..%d values, got %d", api.MaxInValues, n)
	case op != api.OpIn && n != 1:
		return nil, fmt.Errorf("want one value, got %d", n)
	}
	out := make([]string, n)
	for i, v := range list {
		var err error
		if out[i], err = scalar(bytes.TrimSpace(v)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func scalar(v json.RawMessage) (string, error) {
	if len(v) == 0 {
		return "", errors.New("required")
	}
	if c := v[0]; c == '-' || c >= '0' && c <= '9' {
		return string(v), nil
	}
	var s string
	if v[0] != '"' || json.Unmarshal(v, &s) != nil {
		return "", fmt.Errorf("want a string or a number, got %.80s", v)
	}
	if n := utf8.RuneCountInString(s); n < 1 || n > api.MaxValueLength {
		return "", fmt.Errorf("want 1..%d characters, got %d", api.MaxValueLength, n)
	}
	return s, nil
}

// Holds asks the condition of the values of its field: some one satisfies it,
// and none equals where it is not. Markings compare by restriction, numbers as
// such.
func (c Condition) Holds(values []string) bool {
	return slices.ContainsFunc(values, c.match()) != (c.op == api.OpNot)
}

func (c Condition) match() func(string) bool {
	order := c.order()
	if order == nil {
		m := Of(c.op, c.values)
		return func(s string) bool { return m(api.Fold(s)) }
	}
	return func(s string) bool {
		return slices.ContainsFunc(c.values, func(want string) bool { return satisfies(c.op, order(s, want)) })
	}
}

// order compares values that aren't compared as texts; nil for those that are.
func (c Condition) order() func(a, b string) int {
	text := []api.Op{api.OpLike, api.OpContains, api.OpStartsWith, api.OpEndsWith, api.OpFind}
	name := c.Field[strings.LastIndex(c.Field, ".")+1:]
	switch {
	case slices.Contains(text, c.op):
		return nil
	case name == "tlp":
		return compareMarkings
	case name == "confidence" || name == "priority":
		return compareNumbers
	}
	return nil
}

func satisfies(op api.Op, c int) bool {
	switch op {
	case api.OpGt:
		return c > 0
	case api.OpGte:
		return c >= 0
	case api.OpLt:
		return c < 0
	case api.OpLte:
		return c <= 0
	}
	return c == 0
}

func compareMarkings(a, b string) int {
	x, okA := api.ParseTLP(a)
	y, okB := api.ParseTLP(b)
	if !okA || !okB {
		return cmp.Compare(api.Fold(a), api.Fold(b))
	}
	return cmp.Compare(x, y)
}

func compareNumbers(a, b string) int {
	x, errA := strconv.ParseFloat(a, 64)
	y, errB := strconv.ParseFloat(b, 64)
	if errA != nil || errB != nil {
		return cmp.Compare(api.Fold(a), api.Fold(b))
	}
	return cmp.Compare(x, y)
}
