// Package tag is what is known of a tag beside its value: which fields there
// are, what each takes, how a change is laid over what is there, what a role
// may see of it, and what filters ask of it. No I/O.
package tag

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"threatbench/api"
)

// Record is a tag as the server keeps it. Fields holds the facts by the names
// that the contract answers them under; its values are valid JSON.
type Record struct {
	UUID         string
	Value        string
	CategoryUUID string // "" for none
	CategoryName string
	Fields       Fields
	Version      int
	Created      api.Time // zero where nobody noted it
	Updated      api.Time
}

// Fields are facts of a tag by their names.
type Fields map[string]json.RawMessage

// MarshalJSON writes the tag flat, in the form of the contract.
func (r Record) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	put := func(key string, v any) error {
		text, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("writing %s: %w", key, err)
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:", key)
		b.Write(text)
		return nil
	}
	err := put("uuid", r.UUID)
	if err == nil {
		err = put("value", r.Value)
	}
	if err == nil && r.CategoryUUID != "" {
		if err = put("categoryUuid", r.CategoryUUID); err == nil && r.CategoryName != "" {
			err = put("categoryName", r.CategoryName)
		}
	}
	for _, key := range r.Fields.names() {
		if err == nil {
			err = put(key, r.Fields[key])
		}
	}
	if err == nil {
		err = put("version", r.Version)
	}
	if err == nil && !r.Created.IsZero() {
		err = put("createdAt", r.Created)
	}
	if err == nil && !r.Updated.IsZero() {
		err = put("updatedAt", r.Updated)
	}
	b.WriteByte('}')
	return b.Bytes(), err
}

func (f Fields) names() []string {
	out := make([]string, 0, len(f))
	for key := range f {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}

// Input is what a caller says of a tag: a JSON object with keys of the contract;
// others are overlooked.
type Input map[string]json.RawMessage

// maxFields is up to how many bytes the facts of one tag take.
const maxFields = 256 << 10

// Value is the value that the input has; nil where it names none.
func (in Input) Value() (*string, error) {
	raw, there := in["value"]
	if !there {
		return nil, nil
	}
	var s string
	if err := text(raw, &s, api.MaxName); err != nil {
		return nil, refuse("value", err)
	}
	if s = strings.TrimSpace(s); s == "" {
		return nil, refuse("value", fmt.Errorf("want 1..%d characters, got %q", api.MaxName, s))
	}
	return &s, nil
}

// Category is the category's UUID that the input has: nil where it names none,
// "" for null, which stands for none where a tag is changed.
func (in Input) Category(change bool) (*string, error) {
	raw, there := in["categoryUuid"]
	if !there {
		return nil, nil
	}
	none := ""
	if change && isNull(raw) {
		return &none, nil
	}
	if err := text(raw, &none, api.MaxName); err != nil {
		return nil, refuse("categoryUuid", err)
	}
	return &none, nil
}

// Apply lays the input over facts, which it leaves alone, and answers the new
// ones; a 400 *api.Error names the field that takes something else.
func (in Input) Apply(old Fields) (Fields, error) {
	out := make(Fields, len(old)+len(in))
	for key, v := range old {
		out[key] = v
	}
	for _, f := range fields() {
		raw, there := in[f.name]
		if !there {
			continue
		}
		if err := f.set(out, f.name, raw); err != nil {
			return nil, refuse(f.name, err)
		}
	}
	size := 0
	for key, v := range out {
		size += len(key) + len(v)
	}
	if size > maxFields {
		return nil, refuse("tag", fmt.Errorf("want at most %d bytes of facts, got %d", maxFields, size))
	}
	return out, nil
}

// refuse is a 400 that names the field.
func refuse(key string, err error) error {
	return api.Errorf(http.StatusBadRequest, "%s: %s", key, err.Error())
}

// Within is the tag as somebody may see it who sees markings that allowed lets
// through: facts marked above are left out, and all of them where the tag is.
func (r Record) Within(allowed func(marking string) bool) Record {
	if tlp, there := r.Fields["tlp"]; there && !within(map[string]any{"tlp": decoded(tlp)}, allowed) {
		r.Fields, r.Created, r.Updated = nil, api.Time{}, api.Time{}
		return r
	}
	out := make(Fields, len(r.Fields))
	for key, v := range r.Fields {
		base, _ := strings.CutSuffix(key, annotated)
		if note, there := r.Fields[base+annotated]; there && !within(decoded(note), allowed) {
			continue
		}
		if kept, left := cut(decoded(v), allowed); left {
			out[key] = mustJSON(kept)
		}
	}
	r.Fields = out
	return r
}

// decoded is a value of JSON once for all its depth, its numbers as they are
// written; nil where it is none.
func decoded(raw json.RawMessage) (v any) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil
	}
	return v
}

// within reports whether a value, what lies in it aside, may be seen. A marking
// that is no text is one that nobody knows; null is none.
func within(v any, allowed func(string) bool) bool {
	object, _ := v.(map[string]any)
	for key, tlp := range object {
		if !strings.EqualFold(key, "tlp") || tlp == nil {
			continue
		}
		if marking, readable := tlp.(string); !readable && !allowed("unreadable") || readable && !allowed(marking) {
			return false
		}
	}
	return true
}

// cut leaves out of a value, at any depth, what carries a marking above, and
// reports whether something is left. It changes the value.
func cut(v any, allowed func(string) bool) (any, bool) {
	if !within(v, allowed) {
		return nil, false
	}
	switch v := v.(type) {
	case []any:
		kept := make([]any, 0, len(v))
		for _, item := range v {
			if item, left := cut(item, allowed); left {
				kept = append(kept, item)
			}
		}
		return kept, len(kept) > 0 || len(v) == 0
	case map[string]any:
		had := len(v)
		for key, item := range v {
			if kept, left := cut(item, allowed); left {
				v[key] = kept
			} else {
				delete(v, key)
			}
		}
		return v, len(v) > 0 || had == 0
	}
	return v, true
}

// mustJSON encodes what was decoded from JSON.
func mustJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		return json.RawMessage("null")
	}
	return b
}
