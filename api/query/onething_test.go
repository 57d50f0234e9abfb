package query_test

import (
	"testing"

	"threatbench/api"
	"threatbench/api/query"
)

// TestSaysOneThing: texts that read as two things are read as one, the whole.
func TestSaysOneThing(t *testing.T) {
	for _, tt := range []struct{ text, same string }{
		{"date:nov 5, 2026", "date:2026-11-05"},
		{"date:nov, 2026", "date:2026-11"},
		{"tlp!=red, amber", "-tlp:(red OR amber)"},
		{"attacker is not HERON, MAGPIE", "-attacker:(HERON OR MAGPIE)"},
		{"indicator:/a|203.0.113.1|.b/", `indicator:"/a|203.0.113.1|.b/"`},
		{"target is in ukraine", "target:UA"},
		{"target is not in ukraine", "-target:UA"},
	} {
		got, err := query.Parse(tt.text, now)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		want, err := query.Parse(tt.same, now)
		if err != nil {
			t.Fatalf("%s: %v", tt.same, err)
		}
		if g, w := query.Format(got), query.Format(want); g != w {
			t.Errorf("%s is read as %s, want %s", tt.text, g, w)
		}
	}
	for _, word := range []string{"indian", "african", "southern"} {
		if c := api.CountriesNamed(word); len(c) == 1 {
			t.Errorf("%s is %s", word, c[0].Name)
		}
	}
	if c := api.CountriesNamed("sahara"); len(c) != 1 {
		t.Errorf("sahara is %v", c)
	}
}
