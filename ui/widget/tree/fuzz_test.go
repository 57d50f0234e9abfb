package tree

import (
	"encoding/json"
	"strings"
	"testing"

	"threatbench/theme"
)

// FuzzJSON: any bytes at all are drawn exactly, and what is JSON is what the
// standard library says is JSON.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{record, "", "[", `{"a":[1,2,{"b":null}]}`, "\xff\x1b[31m", `"\ud83d\ude00\ud800"`, `[1e5,-0,0.1]`, "[[[[[[]]]]]]", `{"":""}`, "nul", "\ufeff{}"} {
		f.Add([]byte(s), "a")
	}
	st, err := theme.Load("dark", true, false)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte, query string) {
		if len(b) > 1<<16 {
			return
		}
		m := New(st, harmless)
		m.SetJSON(b)
		if valid := json.Valid(b); strings.TrimSpace(string(b)) != "" && valid != (m.Err() == nil) {
			// The standard library stops at a depth of 10,000; we don't.
			if strings.Count(string(b), "[")+strings.Count(string(b), "{") < 10_000 {
				t.Fatalf("json.Valid says %v, we %v", valid, m.Err())
			}
		}
		m.ExpandAll()
		exact(t, m.Lines(30, 6), 30, 6)
		m.Find(query)
		m.Toggle()
		exact(t, m.Lines(17, 5), 17, 5)
		m.End()
		m.Collapse()
		exact(t, m.Lines(3, 2), 3, 2)
		if m.Path(); len(m.nodes) > 0 && !json.Valid([]byte(m.Value())) {
			t.Fatalf("the value %q isn't JSON", m.Value())
		}
	})
}
