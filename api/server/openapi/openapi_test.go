package openapi

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

type part struct {
	Name string `json:"name"`
}

type whole struct {
	N     int            `json:"n"`
	Parts []part         `json:"parts"`
	Maybe *part          `json:"maybe"`
	More  string         `json:"more,omitempty"`
	Any   map[string]int `json:"any,omitempty"`
	Not   string         `json:"-"`
}

func TestCheckFindsWhatIsWrong(t *testing.T) {
	types := NewTypes(nil)
	s, err := types.Of(whole{})
	if err != nil {
		t.Fatal(err)
	}
	d := &Document{Components: Components{Schemas: types.Components}}
	for text, want := range map[string][]string{
		`{"n":1,"parts":[{"name":"a"}],"maybe":null}`:                        nil,
		`{"n":1,"parts":[],"maybe":{"name":""},"more":"x","any":{"a":1}}`:    nil,
		`{"n":1.5,"parts":[],"maybe":null}`:                                  {".n: want integer"},
		`{"n":1,"parts":null,"maybe":null}`:                                  {".parts: want array"},
		`{"n":1,"parts":[{}],"maybe":null}`:                                  {".parts[0].name: is missing"},
		`{"n":1,"parts":[{"name":"a","x":1}],"maybe":null,"any":{"a":true}}`: {".any.a: want integer", ".parts[0].x: isn't described"},
		`{"n":1,"parts":[],"maybe":{"name":1}}`:                              {".maybe.name: want string"},
		`[]`:                                                                 {": want object"},
	} {
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		got := d.Check(s, v)
		slices.Sort(got)
		if len(got) != len(want) {
			t.Errorf("%s: %q, want %q", text, got, want)
			continue
		}
		for i := range want {
			if !strings.HasPrefix(got[i], want[i]) {
				t.Errorf("%s: %q, want %q", text, got[i], want[i])
			}
		}
	}
}

func TestTypesThatCantBeDescribedAreNamed(t *testing.T) {
	if _, err := NewTypes(nil).Of(struct{ C chan int }{}); err == nil || !strings.Contains(err.Error(), "chan int") {
		t.Errorf("got %v", err)
	}
}
