package query

import (
	"strings"
	"testing"
	"time"

	"threatbench/api"
)

// No filter takes reading, colouring or completing long, at the greatest
// length that is read.
func TestEveryFilterEnds(t *testing.T) {
	for _, s := range []string{
		"(", ")", "a or ", "a OR ", "not ", "NOT (", "-(", "not not a ", "tag:a* ", "*a", "tag:*a*", "tag:(a,", "tag:(a OR ", `"`, `\"`, "“a ", "‘ ", "„a ", "„a“ ",
		"date>-1d ", "date:a b c ", "target:ua OR pl ", "target:a b c d e ", "technique:a b c d e ", "tag contains ", "in (", "e:(a)(b)", "a(.)", "-(tag:a tag:b) ", ":", "http://", "T1566 ", "\u202e", "\xff", "漢",
	} {
		text := strings.Repeat(s, maxText/len(s))
		start := time.Now()
		f, err := Parse(text, clock())
		if err == nil {
			_, err = Compile(api.ListQuery{Search: f.Search, Branches: f.Branches}, api.Capabilities{})
			t.Logf("%q is read: %d conditions, %d branches, %v", s, len(f.Search), len(f.Branches), err)
		}
		Highlight(text)
		Terms(text)
		Complete(text, len(text), nil)
		Complete(text, len(text)/2, nil)
		if took := time.Since(start); took > 20*time.Second { // 0.1 to 2 s; minutes without the bounds
			t.Errorf("%q, %d times: %s", s, maxText/len(s), took)
		}
	}
	deep := strings.Repeat("(", 32_000) + "a" + strings.Repeat(")", 32_000)
	if _, err := Parse(deep, clock()); err == nil || !strings.Contains(err.Error(), "nest deeper") {
		t.Errorf("32,000 parentheses: %v", err)
	}
}

// The tables behind names are the fields' own.
func TestLookupReadsEveryName(t *testing.T) {
	for _, f := range Fields() {
		for _, name := range append(called(f), strings.ToUpper(string(f.Field))) {
			if got, ok := Lookup(name); !ok || got != f.Field {
				t.Errorf("%s: %q, %v; want %q", name, got, ok, f.Field)
			}
		}
	}
	if f, ok := Lookup("nothing"); ok {
		t.Errorf("nothing is %q", f)
	}
}
