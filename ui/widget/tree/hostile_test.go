package tree

import (
	"strings"
	"testing"
	"time"

	"threatbench/api/clean"
)

// Records of the greatest size and of any nesting are shown at once, and
// each step through them is, too.
func TestHostileRecordsEnd(t *testing.T) {
	const size = 16 << 20
	for name, src := range map[string]string{
		"brackets":        strings.Repeat("[", size),
		"deep":            strings.Repeat("[", 290_000) + strings.Repeat("]", 290_000),
		"deep objects":    strings.Repeat(`{"a":`, 290_000) + "1" + strings.Repeat("}", 290_000),
		"many":            "[" + strings.Repeat("1,", 299_000) + "1]",
		"one string":      `"` + strings.Repeat("x", size-2) + `"`,
		"escapes":         `"` + strings.Repeat(`\u001b`, size/6-1) + `"`,
		"lines in one":    `"` + strings.Repeat(`\n`, size/2-1) + `"`,
		"one key":         `{"` + strings.Repeat("k", size-20) + `":1}`,
		"no JSON":         strings.Repeat("x", size),
		"wide":            strings.Repeat("漢", size/3),
		"broken":          strings.Repeat("\xff", size),
		"escape, no JSON": strings.Repeat("\x1b[31m", size/5),
	} {
		m := New(styles(t, "dark", false), clean.Line)
		for what, step := range map[string]func(){
			"opening": func() { m.SetJSON([]byte(src)) }, "folding": func() { m.Toggle(); m.Toggle() }, "unfolding": m.ExpandAll, "the end": m.End,
			"searching": func() { m.Find("x"); m.Next() }, "the path": func() { m.Path() },
		} {
			start := time.Now()
			step()
			m.Lines(80, 24)
			m.Lines(120, 40)
			if took := time.Since(start); took > 10*time.Second { // 0.3 s at most; 14 s to 40 s without the bounds
				t.Errorf("%s: %s took %s", name, what, took)
			}
		}
	}
}

// What isn't drawn is said, and still there to copy.
func TestLongTextSaysWhatIsLeftOut(t *testing.T) {
	m := New(styles(t, "dark", false), clean.Line)
	src := strings.Repeat("漢字 in a log\n", 300_000)
	m.SetJSON([]byte(src))
	m.Lines(120, 5)
	m.End()
	if got := strings.Join(m.Lines(120, 5), "\n"); !strings.Contains(got, "KiB more aren't drawn") {
		t.Errorf("the end doesn't say what is left out:\n%s", got)
	}
	if m.Value() != src {
		t.Error("what is copied is cut")
	}
	m.SetJSON([]byte(`{"a":"` + strings.Repeat("x ", 200_000) + `"}`))
	m.Down()
	m.Toggle()
	m.Lines(120, 5)
	m.End()
	if got := strings.Join(m.Lines(120, 5), "\n"); !strings.Contains(got, "KiB more aren't drawn") {
		t.Errorf("an opened text doesn't say what is left out:\n%s", got)
	}
	if first, rest := upTo("a漢", 2); first != "a" || rest != "漢" {
		t.Errorf("%q, %q", first, rest)
	}
}
