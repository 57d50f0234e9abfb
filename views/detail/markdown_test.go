package detail

import (
	"context"
	"errors"
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
		"lists on a line":   strings.Repeat("- ", 5_000) + "a",
		"numbers on a line": strings.Repeat("1. ", 5_000) + "a",
		"emphasis":          strings.Repeat("*a ", 20_000),
		"strong":            strings.Repeat("**a", 20_000) + strings.Repeat("**", 20_000),
		"code":              strings.Repeat("`a``b", 12_000),
		"tags":              strings.Repeat("<a b=\"", 9_000),
		"comments":          strings.Repeat("<!--", 16_000),
		"entities":          strings.Repeat("&#x41;", 10_000),
		"table":             strings.Repeat("|a", 10_000) + "\n" + strings.Repeat("|-", 10_000) + "\n" + strings.Repeat("|b", 10_000),
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
	stop := stopper{ctx}
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
