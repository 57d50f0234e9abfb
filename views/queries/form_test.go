package queries

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"threatbench/api"
	"threatbench/api/query"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

func TestValuesReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom([]string{"a", "b c", "d,e", `"`, `\`, ", ", " x "}), rapid.StringN(1, 9, -1)), 1, 6).Draw(t, "values")
		text := joinValues(values)
		if got, _ := splitValues(text); !slices.Equal(got, values) {
			t.Fatalf("%q is written %s and read %q", values, text, got)
		}
	})
}

func TestSplitValues(t *testing.T) {
	for text, want := range map[string]struct {
		values []string
		last   int
	}{
		"":           {nil, 0},
		"a":          {[]string{"a"}, 0},
		"a, b c ,":   {[]string{"a", "b c"}, 8},
		`"a, b", c`:  {[]string{"a, b", "c"}, 8},
		`a"b`:        {[]string{`a"b`}, 0},
		`"open, end`: {[]string{"open, end"}, 0},
	} {
		values, last := splitValues(text)
		if !slices.Equal(values, want.values) || last != want.last {
			t.Errorf("%q: %q %d, want %q %d", text, values, last, want.values, want.last)
		}
	}
}

func TestPresetsAreDates(t *testing.T) {
	for _, p := range presets() {
		if _, err := query.Parse("date"+p.value, noon); err != nil {
			t.Errorf("%s: %v", p.title, err)
		}
	}
}

// Every operator of every field has a name of its own on that field.
func TestOperatorsHaveNames(t *testing.T) {
	for _, f := range api.Fields() {
		seen := map[string]bool{}
		for _, o := range query.OpsOf(f) {
			w := words(f, o)
			if w == "" || seen[w] || len(w) > opWidth-1 {
				t.Errorf("%s %s is called %q", f, o, w)
			}
			seen[w] = true
		}
	}
}

func TestOppositesGoBack(t *testing.T) {
	for _, text := range []string{"tlp:red", "-tag:a", "tag:(a, b)", "-tag:(a, b)", "date>2024-01-01", "date<=-7d", "killChain>=3"} {
		rows, err := query.Rows(text, noon)
		if err != nil || len(rows) != 1 {
			t.Fatal(text, err)
		}
		o := opposite(rows[0])
		if _, err := query.Spell(rows[0].Field, o, rows[0].Values, noon); err != nil {
			t.Errorf("the opposite of %s, %s: %v", text, o, err)
		}
		if back := opposite(query.Row{Field: rows[0].Field, Op: o}); back != rows[0].Op {
			t.Errorf("the opposite of the opposite of %s is %s", text, back)
		}
	}
}
