package detail

import (
	"strings"
	"testing"

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
		lines, err := markdown(clean.Text(md), 60, st)
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
		lines, err := markdown(clean.Text(md), 40, st)
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
