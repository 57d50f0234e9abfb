package api_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"threatbench/api"
)

// TestFieldsAreAllInTheTable holds the table against the event's own fields.
func TestFieldsAreAllInTheTable(t *testing.T) {
	numbers := []string{"referencesIds", "referencedIds", "indicators", "source"} // the same as the UUIDs beside them; objects
	typ := reflect.TypeFor[api.Event]()
	keys := map[string]bool{}
	for i := range typ.NumField() {
		key, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		keys[key] = true
		if _, ok := api.FieldOf(api.Field(key)); !ok && !slices.Contains(numbers, key) {
			t.Errorf("%s is not in the table of the fields", key)
		}
	}
	seen := map[string]string{}
	for _, f := range api.EventFields() {
		if !keys[string(f.Field)] {
			t.Errorf("%s: no event has such a field", f.Field)
		}
		for _, name := range append([]string{strings.ToLower(f.Title), strings.ToLower(string(f.Field))}, strings.Fields(f.Aliases)...) {
			if other := seen[name]; other != "" && other != string(f.Field) {
				t.Errorf("%s is called %q, and so is %s", f.Field, name, other)
			}
			seen[name] = string(f.Field)
		}
	}
}

// TestFieldsAreReadAsTheyAreWritten gives each field a value where a create
// takes it, and reads it back from the event with the same name in JSON.
func TestFieldsAreReadAsTheyAreWritten(t *testing.T) {
	for _, f := range api.EventFields() {
		var e api.Event
		switch {
		case f.Text != nil:
			*f.Text(&e) = "x"
		case f.List != nil:
			*f.List(&e) = []string{"x"}
		default:
			continue
		}
		if got := f.Values(&e); !slices.Equal(got, []string{"x"}) {
			t.Errorf("%s: written x, read %q", f.Field, got)
		}
		if got := jsonKey(reflect.ValueOf(e)); got != string(f.Field) {
			t.Errorf("%s is read from %s", f.Field, got)
		}
		if f.Create != nil {
			var c api.CreateEvent
			*f.Create(&c) = "x"
			if got := jsonKey(reflect.ValueOf(c)); got != string(f.Field) {
				t.Errorf("%s is created as %s", f.Field, got)
			}
		}
		if f.Patch != nil {
			var p api.EventPatch
			x := "x"
			*f.Patch(&p) = &x
			if got := jsonKey(reflect.ValueOf(p)); got != string(f.Field) {
				t.Errorf("%s is patched as %s", f.Field, got)
			}
		}
	}
}

// jsonKey is the key of the one field that isn't zero.
func jsonKey(v reflect.Value) string {
	for i := range v.NumField() {
		if !v.Field(i).IsZero() {
			key, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			return key
		}
	}
	return ""
}
