package interchange

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	"threatbench/api"
	"threatbench/api/interchange/table"
)

// isDocument tells one JSON document, a list or an object over several lines,
// from JSON Lines.
func isDocument(head []byte) bool {
	if head[0] == '[' {
		return true
	}
	first, _, more := bytes.Cut(head, []byte("\n"))
	first = bytes.TrimSpace(first)
	return more && bytes.IndexByte([]byte("{[,:"), first[len(first)-1]) >= 0
}

// readJSON takes the events of a JSON document: the elements of a list, or
// objects one behind the other.
func (im *importer) readJSON(f *file, take func(b []byte, at place) error) error {
	j := &jsonReader{in: f.Reader, most: im.o.MaxLine, line: 1}
	for {
		c, err := j.peek()
		switch {
		case errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			err = f.broken(err)
		case c == '[':
			err = j.array(func() error { return im.takeValue(j, take) })
		default:
			err = im.takeValue(j, take)
		}
		if errors.Is(err, errJSON) || errors.Is(err, errCut) {
			im.count()
			im.reject(place{line: j.line}, err.Error())
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// takeValue gives the next value of a document to take.
func (im *importer) takeValue(j *jsonReader, take func(b []byte, at place) error) error {
	if im.ctx.Err() != nil {
		return context.Cause(im.ctx)
	}
	if _, err := j.peek(); err != nil {
		return j.ended(err)
	}
	at := place{line: j.line}
	b, err := j.value()
	if err != nil && !errors.Is(err, errLong) {
		return err
	}
	if err != nil {
		im.count()
		im.reject(at, err.Error())
		return nil
	}
	return take(bytes.Clone(b), at)
}

// unknownObject says what an object is that has nothing of an event; "" for
// one that has.
func unknownObject(b []byte) string {
	const most = 8
	j := json.NewDecoder(bytes.NewReader(b))
	if t, err := j.Token(); err != nil || t != json.Delim('{') {
		return ""
	}
	var keys []string
	for j.More() {
		t, err := j.Token()
		key, ok := t.(string)
		if err != nil || !ok {
			return ""
		}
		switch key {
		case "event", "date", "category", "tlp", "raw", "indicator":
			return ""
		}
		if keys = append(keys, fmt.Sprintf("%.40q", key)); len(keys) > most {
			keys[most] = "…"
			break
		}
		var skip json.RawMessage
		if j.Decode(&skip) != nil {
			return ""
		}
	}
	if len(keys) == 0 {
		return "an empty object"
	}
	return "an object with the keys " + strings.Join(keys, ", ") + ": neither an event of JSON Lines nor MISP nor STIX"
}

// mendLine reads a line in which something is of another kind than it should
// be: a text where a list belongs is a list of one, a number where a text
// belongs its digits; what can't be meant so is left out. wrong is what is
// wrong first.
func mendLine(b []byte, wrong error) (line, error) {
	const most = 16
	fields := decoded[map[string]json.RawMessage](b)
	var mended, lost []string
	for range most {
		var kind *json.UnmarshalTypeError
		if !errors.As(wrong, &kind) || len(fields) == 0 {
			return line{}, wrong
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(kind.Field, "CreateEvent."), ".")
		key := keyOf(fields, name)
		if key == "" {
			return line{}, wrong
		}
		if value := mendValue(key, fields[key], kind); value != nil {
			mended = append(mended, plainJSONError(wrong).Error())
			fields[key] = value
		} else {
			lost = append(lost, plainJSONError(wrong).Error())
			delete(fields, key)
		}
		again, err := json.Marshal(fields)
		if err != nil {
			return line{}, wrong
		}
		var l line
		if wrong = json.Unmarshal(again, &l); wrong == nil {
			l.mended, l.lost = mended, lost
			return l, nil
		}
	}
	return line{}, wrong
}

// keyOf finds a field as Go's reader does: whatever its capitals are.
func keyOf(fields map[string]json.RawMessage, name string) string {
	for key := range fields {
		if strings.EqualFold(key, name) {
			return key
		}
	}
	return ""
}

// mendValue is what a value of a wrong kind can be meant as; nil where nothing.
func mendValue(key string, value json.RawMessage, wrong *json.UnmarshalTypeError) json.RawMessage {
	text := decoded[word](value)
	out := func(v any) json.RawMessage {
		b, err := json.Marshal(v)
		if err != nil || bytes.Equal(b, value) {
			return nil
		}
		return b
	}
	switch {
	case strings.EqualFold(key, "killChain"):
		if stage, err := readStage(string(text)); err == nil {
			return out(stage)
		}
		return nil
	case strings.EqualFold(key, "raw"):
		return out(map[string]json.RawMessage{"data": value})
	case strings.EqualFold(key, "indicators") && value[0] != '{':
		return out(textIndicators(decoded[many[word]](value)))
	case value[0] == '{':
		if strings.EqualFold(key, "tlp") { // unreadable, and so red
			return out(string(value))
		}
		return nil
	case value[0] == '[' && wrong.Type.Kind() == reflect.String: // a list, or something in one
		list := decoded[many[word]](value)
		if wrong.Field != "" && listKeys[strings.ToLower(key)] {
			return out(list)
		}
		return out(strings.Join(plainWords(list), ", "))
	case value[0] == '[':
		return nil
	case wrong.Type.Kind() == reflect.Slice && listKeys[strings.ToLower(key)]:
		return out(table.List(string(text)))
	case wrong.Type.Kind() == reflect.String:
		return out(text)
	}
	return nil
}

// textIndicators are indicators that a line has as plain texts.
func textIndicators(list []word) []api.IndicatorInput {
	var l line
	for _, w := range list {
		l.addIndicators(table.Values(string(w), "", ""))
	}
	if len(l.Indicators) == 0 && l.Indicator != "" {
		return []api.IndicatorInput{{Value: l.Indicator, IndicatorType: l.IndicatorType}}
	}
	return l.Indicators
}

// listKeys are the fields of a line that are lists of texts.
var listKeys = map[string]bool{"tags": true, "mitreattack": true, "mitrecapec": true, "references": true}

// word is a JSON value of any simple kind as text; null and what isn't simple
// are "".
type word string

// UnmarshalJSON never fails: a wrong kind is no reason to lose an object.
func (w *word) UnmarshalJSON(b []byte) error {
	var s string
	switch {
	case json.Unmarshal(b, &s) == nil:
		*w = word(s)
	case len(b) > 0 && b[0] != '{' && b[0] != '[':
		*w = word(b)
	}
	return nil
}

func (w word) yes() bool { return w == "true" || w == "1" }

// many is a list of values, or a single one where a list belongs, or an object
// whose values they are with numbers as keys, as PHP writes lists with gaps.
type many[T any] []T

// UnmarshalJSON never fails: an element of a wrong kind is left out.
func (m *many[T]) UnmarshalJSON(b []byte) error {
	*m = nil
	var list []json.RawMessage
	switch {
	case len(b) == 0 || string(b) == "null":
		return nil
	case json.Unmarshal(b, &list) == nil:
	case b[0] == '{' && isNumbered(b):
		fields := decoded[map[string]json.RawMessage](b)
		for _, key := range slices.Sorted(maps.Keys(fields)) {
			list = append(list, fields[key])
		}
	default:
		list = []json.RawMessage{b}
	}
	for _, raw := range list {
		var v T
		if json.Unmarshal(raw, &v) == nil {
			*m = append(*m, v)
		}
	}
	return nil
}

// texts is a list of texts, or a single one where a list belongs.
type texts []string

// UnmarshalJSON never fails.
func (t *texts) UnmarshalJSON(b []byte) error {
	*t = nil
	for _, w := range decoded[many[word]](b) {
		*t = append(*t, string(w))
	}
	return nil
}

// isNumbered tells whether all keys of an object are numbers.
func isNumbered(b []byte) bool {
	fields := decoded[map[string]json.RawMessage](b)
	for key := range fields {
		for _, c := range key {
			if c < '0' || c > '9' {
				return false
			}
		}
	}
	return len(fields) > 0
}

// either is an object whose fields may be missing altogether: of any other
// kind it is empty.
type either[T any] struct{ is T }

// UnmarshalJSON never fails.
func (e *either[T]) UnmarshalJSON(b []byte) error {
	e.is = decoded[T](b)
	return nil
}

// decoded reads what it can; what is of a wrong kind stays empty.
func decoded[T any](b []byte) T {
	var v T
	_ = json.Unmarshal(b, &v) // as the comment says
	return v
}
