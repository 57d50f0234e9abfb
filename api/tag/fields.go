package tag

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"threatbench/api"
)

// annotated is what follows the name of a fact where the answer has it with
// its marking.
const annotated = "_annotated"

// field is one fact that a tag may have: set reads it from what came.
type field struct {
	name string
	set  func(out Fields, key string, raw json.RawMessage) error
}

// maxNote is the length of a tag's longer texts, in characters.
const maxNote = 20_000

func fields() []field {
	return []field{
		{"description", setText(maxNote)},
		{"internalDescription", setText(maxNote)},
		{"lastSeen", setText(api.MaxName)},
		{"dateOfDiscovery", setDay},
		{"tlp", setTLP},
		{"confidence", setConfidence},
		{"actorCategory", setNoted(true, setText(api.MaxName))},
		{"attributionOrganization", setNoted(true, setText(api.MaxName))},
		{"motive", setNoted(true, setText(api.MaxName))},
		{"opsecLevel", setNoted(true, setText(api.MaxName))},
		{"originCountryISO", setNoted(true, setText(api.MaxName))},
		{"sophisticationLevel", setNoted(true, setText(api.MaxName))},
		{"activeDuration", setNoted(false, setText(api.MaxName))},
		{"priority", setNoted(false, setNumber)},
		{"aliases", setAliases},
		{"internalAliases", setAliases},
		{"aliasGroupNames", setTexts},
		{"aliasGroupNamesInternal", setTexts},
		{"externalReferenceLinks", setTexts},
		{"externalReferences", setReferences},
		{"properties", setProperties},
	}
}

func isNull(raw json.RawMessage) bool { return bytes.Equal(bytes.TrimSpace(raw), []byte("null")) }

// jsonKind is what a JSON value is, for a message.
func jsonKind(raw json.RawMessage) string {
	switch raw = bytes.TrimSpace(raw); {
	case len(raw) == 0 || isNull(raw):
		return "null"
	case raw[0] == '"':
		return "a string"
	case raw[0] == '{':
		return "an object"
	case raw[0] == '[':
		return "a list"
	case raw[0] == 't' || raw[0] == 'f':
		return "a boolean"
	}
	return "a number"
}

// text reads a string of a length.
func text(raw json.RawMessage, into *string, most int) error {
	if jsonKind(raw) != "a string" {
		return fmt.Errorf("want a string, got %s", jsonKind(raw))
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return err
	}
	if n := utf8.RuneCountInString(*into); n > most {
		return fmt.Errorf("want at most %d characters, got %d", most, n)
	}
	return nil
}

// setText keeps a text; an empty one takes the fact away.
func setText(most int) func(Fields, string, json.RawMessage) error {
	return func(out Fields, key string, raw json.RawMessage) error {
		var s string
		if err := text(raw, &s, most); err != nil {
			return err
		}
		if s == "" {
			delete(out, key)
			return nil
		}
		out[key] = mustJSON(s)
		return nil
	}
}

func setDay(out Fields, key string, raw json.RawMessage) error {
	var s string
	if err := text(raw, &s, api.MaxName); err != nil {
		return err
	}
	if _, err := time.Parse(time.DateOnly, s); err != nil && s != "" {
		return fmt.Errorf("want a day such as 2024-01-31, got %q", s)
	}
	return setText(api.MaxName)(out, key, raw)
}

// marking reads a TLP marking; purple, which isn't one of FIRST's, is read as
// the strictest.
func marking(raw json.RawMessage) (string, error) {
	var s string
	if err := text(raw, &s, api.MaxName); err != nil {
		return "", err
	}
	if strings.EqualFold(strings.TrimSpace(s), "purple") {
		return api.TLPRed.String(), nil
	}
	if _, known := api.ParseTLP(s); !known {
		return "", fmt.Errorf("want red, amber+strict, amber, green, clear or purple, got %q", s)
	}
	return s, nil
}

func setTLP(out Fields, key string, raw json.RawMessage) error {
	s, err := marking(raw)
	if err == nil {
		out[key] = mustJSON(s)
	}
	return err
}

// confidence reads a whole number of 1 to 10.
func confidence(raw json.RawMessage) (int, error) {
	var x float64
	if jsonKind(raw) != "a number" {
		return 0, fmt.Errorf("want 1..10, got %s", jsonKind(raw))
	}
	if err := json.Unmarshal(raw, &x); err != nil {
		return 0, err
	}
	if x != float64(int(x)) || x < 1 || x > 10 {
		return 0, fmt.Errorf("want a whole number of 1..10, got %s", bytes.TrimSpace(raw))
	}
	return int(x), nil
}

func setConfidence(out Fields, key string, raw json.RawMessage) error {
	n, err := confidence(raw)
	if err == nil {
		out[key] = mustJSON(n)
	}
	return err
}

func setNumber(out Fields, key string, raw json.RawMessage) error {
	if jsonKind(raw) != "a number" {
		return fmt.Errorf("want a number, got %s", jsonKind(raw))
	}
	out[key] = bytes.TrimSpace(raw)
	return nil
}

// note is a value with what is known of it.
type note struct {
	Value      json.RawMessage `json:"value"`
	Confidence json.RawMessage `json:"confidence,omitempty"`
	TLP        json.RawMessage `json:"tlp,omitempty"`
}

// check reads confidence and marking; null is none.
func (n *note) check(withConfidence bool) error {
	if n.Value == nil {
		return errors.New("want {value, …}, got no value")
	}
	if isNull(n.Confidence) || !withConfidence {
		n.Confidence = nil
	}
	if isNull(n.TLP) {
		n.TLP = nil
	}
	if n.Confidence != nil {
		c, err := confidence(n.Confidence)
		if err != nil {
			return fmt.Errorf("confidence: %w", err)
		}
		n.Confidence = mustJSON(c)
	}
	if n.TLP != nil {
		s, err := marking(n.TLP)
		if err != nil {
			return fmt.Errorf("tlp: %w", err)
		}
		n.TLP = mustJSON(s)
	}
	return nil
}

// setNoted keeps a value that comes bare or as {value, confidence?, tlp?}; the
// latter is answered beside it.
func setNoted(withConfidence bool, bare func(Fields, string, json.RawMessage) error) func(Fields, string, json.RawMessage) error {
	return func(out Fields, key string, raw json.RawMessage) error {
		if jsonKind(raw) != "an object" {
			delete(out, key+annotated)
			return bare(out, key, raw)
		}
		var n note
		if err := json.Unmarshal(raw, &n); err != nil {
			return err
		}
		if err := n.check(withConfidence); err != nil {
			return err
		}
		if err := bare(out, key, n.Value); err != nil {
			return err
		}
		delete(out, key+annotated)
		if out[key] != nil {
			out[key+annotated] = mustJSON(n)
		}
		return nil
	}
}

// items reads a list of a bounded length.
func items(raw json.RawMessage) ([]json.RawMessage, error) {
	if jsonKind(raw) != "a list" {
		return nil, fmt.Errorf("want a list, got %s", jsonKind(raw))
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, err
	}
	if len(list) > api.MaxListItems {
		return nil, fmt.Errorf("want at most %d, got %d", api.MaxListItems, len(list))
	}
	return list, nil
}

// setList keeps a list of what each reads of its items; an empty one takes the
// fact away.
func setList[T any](each func(json.RawMessage) (T, error)) func(Fields, string, json.RawMessage) error {
	return func(out Fields, key string, raw json.RawMessage) error {
		list, err := items(raw)
		if err != nil {
			return err
		}
		kept := make([]T, len(list))
		for i, item := range list {
			if kept[i], err = each(item); err != nil {
				return fmt.Errorf("[%d]: %w", i, err)
			}
		}
		if len(kept) == 0 {
			delete(out, key)
			return nil
		}
		out[key] = mustJSON(kept)
		return nil
	}
}

func setTexts(out Fields, key string, raw json.RawMessage) error {
	return setList(func(item json.RawMessage) (s string, err error) { return s, text(item, &s, api.MaxName) })(out, key, raw)
}

func setAliases(out Fields, key string, raw json.RawMessage) error {
	return setList(func(item json.RawMessage) (n note, err error) {
		if jsonKind(item) != "an object" {
			return n, fmt.Errorf("want {value, confidence?, tlp?}, got %s", jsonKind(item))
		}
		if err = json.Unmarshal(item, &n); err != nil {
			return n, err
		}
		if err = n.check(true); err != nil {
			return n, err
		}
		var s string
		return n, text(n.Value, &s, api.MaxName)
	})(out, key, raw)
}

// reference is where more can be read.
type reference struct {
	URL         string  `json:"url"`
	Description *string `json:"description,omitempty"`
}

func setReferences(out Fields, key string, raw json.RawMessage) error {
	return setList(func(item json.RawMessage) (r reference, err error) {
		if jsonKind(item) != "an object" {
			return r, fmt.Errorf("want {url, description?}, got %s", jsonKind(item))
		}
		if err = json.Unmarshal(item, &r); err != nil {
			return r, err
		}
		if strings.TrimSpace(r.URL) == "" || len(r.URL) > maxNote {
			return r, fmt.Errorf("url: want 1..%d characters, got %d", maxNote, len(r.URL))
		}
		return r, nil
	})(out, key, raw)
}

// setProperties lays a map over the one that is there, key by key; null takes
// a key away.
func setProperties(out Fields, key string, raw json.RawMessage) error {
	if jsonKind(raw) != "an object" {
		return fmt.Errorf("want a map, got %s", jsonKind(raw))
	}
	var more map[string]json.RawMessage
	if err := json.Unmarshal(raw, &more); err != nil {
		return err
	}
	all := map[string]json.RawMessage{}
	if old := out[key]; old != nil {
		if err := json.Unmarshal(old, &all); err != nil {
			return err
		}
	}
	for name, v := range more {
		all[name] = v
		if isNull(v) {
			delete(all, name)
		}
	}
	delete(out, key)
	if len(all) > 0 {
		out[key] = mustJSON(all)
	}
	return nil
}

// CheckForm reads the field definitions of a tag category; the answer is what
// is kept, nil for none.
func CheckForm(raw json.RawMessage) (json.RawMessage, error) {
	if len(raw) == 0 || isNull(raw) {
		return nil, nil
	}
	list, err := items(raw)
	if err != nil {
		return nil, refuse("schema", err)
	}
	if len(raw) > maxFields {
		return nil, refuse("schema", fmt.Errorf("want at most %d bytes, got %d", maxFields, len(raw)))
	}
	for i, item := range list {
		if err := checkDefinition(item, 0); err != nil {
			return nil, refuse(fmt.Sprintf("schema[%d]", i), err)
		}
	}
	var tight bytes.Buffer
	err = json.Compact(&tight, raw)
	return tight.Bytes(), err
}

// definition is a field definition as far as its values are bound.
type definition struct {
	Key         string                     `json:"key"`
	Kind        string                     `json:"kind"`
	Enforcement string                     `json:"enforcement"`
	Format      string                     `json:"format"`
	Element     json.RawMessage            `json:"element"`
	Properties  map[string]json.RawMessage `json:"properties"`
}

const maxDefinitionDepth = 8

func checkDefinition(raw json.RawMessage, depth int) error {
	var d definition
	if jsonKind(raw) != "an object" {
		return fmt.Errorf("want {key, kind, …}, got %s", jsonKind(raw))
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		return err
	}
	if depth > maxDefinitionDepth {
		return fmt.Errorf("want at most %d definitions inside each other, got more", maxDefinitionDepth)
	}
	if depth == 0 && strings.TrimSpace(d.Key) == "" {
		return errors.New("key: required")
	}
	for _, c := range []struct {
		key, got string
		want     []string
		required bool
	}{
		{"kind", d.Kind, []string{"string", "number", "enum", "date", "array", "object"}, true},
		{"enforcement", d.Enforcement, []string{"error", "warn", "off"}, false},
		{"format", d.Format, []string{"date", "url", "duration", "country"}, false},
	} {
		if (c.required || c.got != "") && !slices.Contains(c.want, c.got) {
			return fmt.Errorf("%s: want %s, got %q", c.key, strings.Join(c.want, ", "), c.got)
		}
	}
	if len(d.Element) > 0 && !isNull(d.Element) {
		if err := checkDefinition(d.Element, depth+1); err != nil {
			return fmt.Errorf("element: %w", err)
		}
	}
	for name, p := range d.Properties {
		if err := checkDefinition(p, depth+1); err != nil {
			return fmt.Errorf("properties.%s: %w", name, err)
		}
	}
	return nil
}
