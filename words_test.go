package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"threatbench/keymap"
)

// notSaid are phrases that made people stumble, with what is said instead.
var notSaid = map[string]string{
	"in hand":               "selected",
	"takes it back":         "to undo",
	"not all done:":         "Stopped: …, n left",
	"branch of OR":          "OR group",
	"HOLD":                  "MATCH ALL",
	"learnt of":             "received",
	"whom it hit":           "target country",
	"chosen by hand":        "selected manually",
	"several values\"":      "mixed",
	"is no date":            "isn't a date",
	"is no marking":         "isn't a TLP marking",
	"by their TLP?":         "Highest TLP to include",
	"Marked at most":        "Highest marking",
	"none: to the":          "empty = clipboard",
	"out of reach":          "can't be reached",
	"LAST TOLD":             "LAST FIRED",
	"from here to":          "Pivot to",
	"nothing hangs":         "nothing to fold",
	"Take tags off":         "Remove tags",
	"there is nothing to t": "Nothing to …",
}

// TestTextsArePlain reads every text of the parts that are drawn or printed:
// none has a phrase people stumbled over.
func TestTextsArePlain(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "git", "ls-files", "ui", "views", "keymap", "cli", "api/query", "api/field.go", "api/interchange").Output()
	if err != nil {
		t.Skipf("no list of files: %v", err)
	}
	files, texts := token.NewFileSet(), 0
	for name := range strings.FieldsSeq(string(out)) {
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			texts++
			for phrase, instead := range notSaid {
				if strings.Contains(text, phrase) {
					t.Errorf("%s: %q says %q; say %q", files.Position(lit.Pos()), text, phrase, instead)
				}
			}
			return true
		})
	}
	if texts < 1000 {
		t.Errorf("only %d texts were read", texts)
	}
}

// TestTitlesHaveOneStyle: the title of an action begins with a capital and has
// no full stop, its help is a sentence, and both fit where they are drawn.
func TestTitlesHaveOneStyle(t *testing.T) {
	for _, a := range keymap.Actions() {
		if a.Title == "" || strings.ToUpper(a.Title[:1]) != a.Title[:1] || strings.HasSuffix(a.Title, ".") || len(a.Title) > 40 {
			t.Errorf("%s: the title is %q", a.ID, a.Title)
		}
		if !strings.HasSuffix(a.Help, ".") || strings.ToUpper(a.Help[:1]) != a.Help[:1] || len(a.Help) > 160 {
			t.Errorf("%s: the help is %q", a.ID, a.Help)
		}
		if strings.HasSuffix(a.Short, ".") || len(a.Short) > 24 {
			t.Errorf("%s: the hint is %q", a.ID, a.Short)
		}
	}
}
