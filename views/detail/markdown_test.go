package detail

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"threatbench/api/clean"
	"threatbench/theme"
)

func styles(t testing.TB) *theme.Styles {
	t.Helper()
	st, err := theme.Load("dark", true, false)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func TestMarkdownSmugglesNothing(t *testing.T) {
	st := styles(t)
	for _, md := range []string{
		"&#27;]52;c;aGVsbG8=&#7;", "&#x1b;[2J&#x9b;31m", "a &#x202e;b&#x2066; c", "&lrm;&rlm;&zwj;&shy;&zwnj;", "`&#27;[31m`",
		"[click](https://evil.example/\x1b[31m)", "<b onclick=1>&#8238;</b>", "```\n&#27;]0;title&#7;\n```", "| a |\n|---|\n| &#27;[5m |",
		"![x](javascript:&#27;)", "&#0;&#1;&#127;&#155;",
	} {
		lines, err := markdown(t.Context(), clean.Text(md), 60, st)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			if strings.Contains(l, "\x1b]") || strings.Contains(l, "\u009b") {
				t.Errorf("%q renders a control sequence: %q", md, l)
			}
			if plain := ansi.Strip(l); clean.Line(plain) != plain {
				t.Errorf("%q renders %q", md, plain)
			}
		}
	}
}

func FuzzMarkdown(f *testing.F) {
	f.Add("# a\n\n- b\n\n&#27;[31m [x](http://y) `c`")
	st := styles(f)
	f.Fuzz(func(t *testing.T, md string) {
		lines, err := markdown(context.Background(), clean.Text(md), 40, st)
		if err != nil {
			return
		}
		for _, l := range lines {
			for rest := l; rest != ""; {
				i := strings.IndexByte(rest, 0x1b)
				if i < 0 {
					break
				}
				end := strings.IndexByte(rest[i:], 'm')
				if end < 0 || !strings.HasPrefix(rest[i:], "\x1b[") || strings.Trim(rest[i+2:i+end], "0123456789;:") != "" {
					t.Fatalf("%q renders %q", md, l)
				}
				rest = rest[i+end:]
			}
		}
	})
}

// bombs are small texts that take renderers of Markdown long, or forever.
func bombs() map[string]string {
	return map[string]string{
		"quotes":            strings.Repeat("> ", 100) + "a",
		"tight quotes":      strings.Repeat(">", 60_000),
		"links":             strings.Repeat("[a](", 1<<18),
		"brackets":          strings.Repeat("[", 60_000),
		"images":            strings.Repeat("![", 30_000),
		"lists":             nested("- ", 2_000),
		"numbered":          nested("1. ", 2_000),
		"quotes in lists":   nested("- > ", 500),
		"nested emphasis":   strings.Repeat("*a **b ", 5_000) + strings.Repeat("** *", 5_000),
		"lists on a line":   strings.Repeat("- ", 5_000) + "a",
		"numbers on a line": strings.Repeat("1. ", 5_000) + "a",
		"emphasis":          strings.Repeat("*a ", 20_000),
		"strong":            strings.Repeat("**a", 20_000) + strings.Repeat("**", 20_000),
		"code":              strings.Repeat("`a``b", 12_000),
		"tags":              strings.Repeat("<a b=\"", 9_000),
		"comments":          strings.Repeat("<!--", 16_000),
		"entities":          strings.Repeat("&#x41;", 10_000),
		"table":             strings.Repeat("|a", 10_000) + "\n" + strings.Repeat("|-", 10_000) + "\n" + strings.Repeat("|b", 10_000),
		"many tables":       strings.Repeat("|"+strings.Repeat("a|", 30)+"\n|"+strings.Repeat("-|", 30)+"\n\n", 500),
		"wide, tall table":  strings.Repeat("|a", 500) + "\n" + strings.Repeat("|-", 500) + "\n" + strings.Repeat("|\n", 4_500),
		"long heading":      "|" + strings.Repeat("a", 40_000) + "|\n|-|\n" + strings.Repeat("|b\n", 4_500),
		"tall table":        "|a|b|\n|-|-|\n" + strings.Repeat("|c|d|\n", 10_000),
		"code block":        "```go\n" + strings.Repeat("func f() { /* \" */ }\n", 2_800) + "```",
		"references":        strings.Repeat("[a]: b\n", 9_000),
		"footnotes":         strings.Repeat("[^a]: b\n", 8_000),
		"autolinks":         strings.Repeat("http://a.b ", 5_900),
		"one long word":     strings.Repeat("a", 1<<20),
		"a long line":       strings.Repeat("ab ", 1<<18),
		"headings":          strings.Repeat("# a\n", 16_000),
		"same headings":     strings.Repeat("# a\n", 4_900),
		"paragraphs":        strings.Repeat("a\n\n", 2_400),
		"definitions":       strings.Repeat("a\n: b\n", 2_400),
		"backslashes":       strings.Repeat("\\", 65_000),
	}
}

func nested(item string, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i*2%4_000) + item + "a\n")
		if b.Len() > 60_000 {
			break
		}
	}
	return b.String()
}

// No text takes rendering longer than its bound, and each is shown: rendered,
// or as it was written.
func TestEveryMarkdownEnds(t *testing.T) {
	st := styles(t)
	for name, md := range bombs() {
		start := time.Now()
		lines, err := markdown(t.Context(), clean.Text(md), 80, st)
		took := time.Since(start)
		if err != nil || len(lines) == 0 {
			t.Errorf("%s: %d lines, %v", name, len(lines), err)
		}
		if took > time.Minute { // without the bounds none of them ends; a loaded machine under the race detector is slow
			t.Errorf("%s took %s", name, took)
		}
		t.Logf("%-18s %6d lines %s", name, len(lines), took.Round(time.Millisecond))
	}
	for _, name := range []string{"quotes", "links", "lists on a line"} {
		lines, _ := markdown(t.Context(), clean.Text(bombs()[name]), 80, st)
		if !strings.Contains(ansi.Strip(lines[0]), "as it was written") {
			t.Errorf("%s: %q doesn't say that it wasn't rendered", name, lines[0])
		}
	}
}

// Rendering ends when nobody waits for it.
func TestRenderingStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := markdown(ctx, "# a", 80, styles(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("it goes on: %v", err)
	}
	// The reporter of the end is asked between nodes, too.
	ctx, cancel = context.WithCancel(t.Context())
	stop := stopper{ctx: ctx}
	cancel()
	defer func() {
		var s stopped
		if p, ok := recover().(error); !ok || !errors.As(p, &s) {
			t.Errorf("parsing goes on: %v", p)
		}
	}()
	stop.Open(nil, nil, nil)
}

// What an analyst writes is rendered.
func TestOrdinaryMarkdownIsRendered(t *testing.T) {
	md := "# Report\n\n" + strings.Repeat("- **a** [link](http://b.example) `code`\n  - > quote\n    - deeper\n", 100) + "\n```json\n{\"a\": 1}\n```\n\n| a | b |\n|---|---|\n| c | d |\n"
	lines, err := markdown(t.Context(), md, 80, styles(t))
	if err != nil || strings.Contains(ansi.Strip(lines[0]), "as it was written") || !strings.Contains(ansi.Strip(lines[0]), "Report") {
		t.Errorf("%v: %q", err, lines[0])
	}
}

// A table loses nothing at any width: one that doesn't fit comes row by row.
func TestTablesLoseNothing(t *testing.T) {
	row := func(cell string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "| %s%d ", cell, i)
		}
		return b.String() + "|\n"
	}
	of := func(n int, heading, cell string) string {
		return "before\n\n" + row(heading, n) + strings.Repeat("|---", n) + "|\n" + row(cell, n) + row(cell+"again", n) + "\nafter"
	}
	long := "https://c2.example/" + strings.Repeat("long/", 30)
	for _, tt := range []struct {
		name, md string
		unrolled string   // a line of it row by row, none where it is a table
		kept     []string // without the spaces that wrapping makes of it
	}{
		{"20 columns", of(20, "heading", "value"), "heading19: valueagain19", []string{"heading0:value0", "heading19:value19"}},
		{"60 columns of numbers", of(60, "", ""), "59: again59", []string{"0:0", "59:59"}},
		{"long headings", of(6, "First seen in the wild ", "x"), "First seen in the wild 5: x5", nil},
		{"emphasis and code", of(20, "**bold** `code` ", "*b* `d` "), "bold code 3: b d 3", nil},
		{"empty cells", "|" + strings.Repeat("heading|", 15) + "\n" + strings.Repeat("|-", 15) + "|\n| |b|\n", "heading: b", nil},
		{"headings alone", row("heading", 15) + strings.Repeat("|-", 15) + "|\n", "heading14:", []string{"heading0:", "heading7:"}},
		{"a long link", of(2, "h", "[text]("+long+") "), "", []string{"h0:text" + long + "0", "after"}},
		{"in a quote", "> " + strings.ReplaceAll(of(20, "heading", "value"), "\n", "\n> "), "heading19: valueagain19", nil},
		{"one that fits", of(5, "heading", "value"), "", []string{"heading4", "value4", "valueagain4", "┼"}},
		{"prose that wraps", "|type|note|\n|-|-|\n|ip|" + strings.Repeat("word ", 40) + "end|\n", "", []string{"type│note", "word", "end", "┼"}},
	} {
		lines, err := markdown(t.Context(), tt.md, 80, styles(t))
		if err != nil {
			t.Fatal(err)
		}
		out := ansi.Strip(strings.Join(lines, "\n"))
		flat := strings.Join(strings.Fields(out), "")
		if strings.Contains(out, "…") || !strings.Contains(out, tt.unrolled) || strings.Contains(out, "┼") && tt.unrolled != "" {
			t.Errorf("%s is cut, or not row by row:\n%s", tt.name, out)
		}
		for _, k := range tt.kept {
			if !strings.Contains(flat, k) {
				t.Errorf("%s loses %q:\n%s", tt.name, k, out)
			}
		}
	}
}
