package ui_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"threatbench/api"
	"threatbench/api/clean"
	"threatbench/ui"
	"threatbench/ui/widget/uitest"
	"threatbench/views"
)

// hostileTexts goes through the hostile files in the order of their names: what
// one text leaves behind in the terminal's reader meets the same next one in
// every run.
func hostileTexts(t *testing.T) iter.Seq2[string, string] {
	t.Helper()
	files, err := filepath.Glob("../testdata/hostile/*.txt")
	if err != nil || len(files) < 20 {
		t.Fatalf("no hostile corpus: %v", err)
	}
	return func(yield func(string, string) bool) {
		for _, path := range files {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !yield(filepath.Base(path), string(b)) {
				return
			}
		}
	}
}

// kinds sorts what a program wrote into kinds of control: a sequence by what
// comes before and after its numbers, a character by itself. Commands to the
// terminal that carry text count with that text.
func kinds(out []byte) map[string]int {
	got := map[string]int{}
	var state byte
	for len(out) > 0 {
		seq, width, n, next := ansi.DecodeSequence(out, state, nil)
		switch s := string(seq); {
		case width > 0 || s >= " " && !strings.ContainsFunc(s, unicode.IsControl): // text, marks that join it included
		case strings.HasPrefix(s, "\x1b[") && strings.HasSuffix(s, "h"), strings.HasPrefix(s, "\x1b[") && strings.HasSuffix(s, "l"):
			got[s]++ // modes each for itself
		case strings.HasPrefix(s, "\x1b["):
			got["CSI "+strings.Trim(s[2:], "0123456789;:")]++
		default:
			got[s]++
		}
		out, state = out[n:], next
	}
	return got
}

// renderers reports whether a kind of control is one that Bubble Tea's renderer
// draws with: moves, erasures, shifts, styles, and wrapping switched off for
// the last column.
func renderers(kind string) bool {
	if final, ok := strings.CutPrefix(kind, "CSI "); ok {
		return len(final) == 1 && strings.Contains("ABCDGHIJKLMPSTXZ@`abdmr", final)
	}
	return slices.Contains([]string{"\r", "\n", "\b", "\t", "\x1bM", "\x1b[?7h", "\x1b[?7l"}, kind)
}

// tour looks at everything an event can be looked at with.
func tour(p *uitest.Program, events int) {
	for range events {
		press(p, "enter", "o", "i", "G", "g", "R", "+", "G", "P", "e", "esc", "j")
	}
	press(p, "C", "G", "space", "k", "space", "esc", "shift+tab", "j", "m", "G", "esc", "p", "j", "esc", "+", "esc", "backspace", "?", "esc", "L", "esc", "v", "f", "z", "z", "f", "v", "s")
}

// Whatever stands in an event, the terminal gets no other kind of command than
// it gets for harmless events, and shows what the view holds.
func TestHostileEventsSendNoCommands(t *testing.T) {
	t.Parallel()
	count := len(maps.Collect(hostileTexts(t)))
	for _, c := range profiles {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := uitest.Options{Width: 120, Height: 40, Profile: c.profile, FPS: 20}
			run := func(f *fake) map[string]int {
				got := map[string]int{}
				workbenchWith(t, ui.Options{API: f, ASCII: c.ascii}, o, func(p *uitest.Program) {
					tour(p, count)
					p.Check()
					got = kinds(p.Output())
					if title := p.View().WindowTitle; title != "threatbench demo" {
						t.Errorf("the window is called %q", title)
					}
					if copied := p.Copied(); slices.ContainsFunc(copied, func(s string) bool { return !strings.HasPrefix(s, "$") }) {
						t.Errorf("copied %q, want paths alone", copied)
					}
				})
				return got
			}
			plain := run(newFake(count))
			hostile := &fake{raws: map[string]json.RawMessage{}}
			for _, text := range hostileTexts(t) {
				hostile.hostile(text)
			}
			for kind, n := range run(hostile) {
				if strings.HasPrefix(kind, "\x1b]52;c;") { // the paths copied on the tour
					continue
				}
				if plain[kind] == 0 && !renderers(kind) {
					t.Errorf("%d times %q, never sent for harmless events", n, kind)
				}
			}
		})
	}
}

// Each hostile text alone, at sizes where it is cut in other places: the
// terminal shows what the view holds after every key.
func TestHostileTextsAtEverySize(t *testing.T) {
	t.Parallel()
	for name, text := range hostileTexts(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{raws: map[string]json.RawMessage{}}
			f.hostile(text)
			workbench(t, f, uitest.Options{Width: 80, Height: 24, FPS: 20}, func(p *uitest.Program) {
				press(p, "enter", "z")
				for _, w := range []int{40, 97} {
					p.Resize(w, 18)
					for _, k := range []string{"o", "i", "R", "e", "esc", "enter"} {
						p.Press(k)
						p.Advance(200 * time.Millisecond)
						p.Check()
					}
				}
			})
		})
	}
}

// In ASCII the workbench itself draws with nothing but ASCII.
func TestASCIIStaysASCII(t *testing.T) {
	t.Parallel()
	f := linked(40)
	o := usual()
	o.Profile = colorprofile.Ascii
	workbenchWith(t, ui.Options{API: f, ASCII: true}, o, func(p *uitest.Program) {
		for _, k := range []string{"enter", "o", "i", "R", "e", "esc", "?", "esc", ":", "esc", "/", "a", "t", "esc", "esc", "C", "esc", "p", "esc", "c", "esc", "d", "esc", "L", "esc", "space", "s", "M", "T", "shift+tab", "esc", `\`, "Y", "esc", "ctrl+g", "esc"} {
			p.Press(k)
			p.Advance(250 * time.Millisecond)
			if err := p.Screen().ASCII(); err != nil {
				t.Errorf("after %s: %v", k, err)
			}
		}
	})
}

// What is pasted is text and nothing else.
func TestHostilePastes(t *testing.T) {
	t.Parallel()
	const evil = "\x1b]52;c;aGFoYQ==\a\x1b]0;owned\a\x1b[2J\x1b[31m\u009b5m\u202eabc\r\nnext"
	f := newFake(20)
	workbench(t, f, usual(), func(p *uitest.Program) {
		for _, key := range []string{"/", ":", "ctrl+g"} {
			press(p, key)
			p.Paste(evil)
			p.Settle()
			p.Check()
			p.Paste(strings.Repeat(evil, 1<<20/len(evil)))
			p.Settle()
			p.Check()
			press(p, "esc", "esc", "esc")
		}
		if n := len(p.Copied()); n != 0 {
			t.Errorf("%q is on the clipboard", p.Copied())
		}
		if title := p.View().WindowTitle; title != "threatbench demo" {
			t.Errorf("the window is called %q", title)
		}
	})
}

// A column, tag or dataset with a name of any length keeps every line exact.
func TestEndlessNames(t *testing.T) {
	t.Parallel()
	f := newFake(10)
	for i := range 3 {
		long := strings.Repeat(fmt.Sprintf("very long name %d ", i), 4000)
		f.add(api.CreateEvent{
			UUID: fmt.Sprint("long-", i), Date: noon.Format(time.RFC3339), Event: long, Category: long, Attacker: long, Indicator: long,
			TargetCountry: long, TargetIndustry: long, TLP: long, Tags: slices.Repeat([]string{long}, 80), Insight: long,
		})
	}
	workbench(t, f, usual(), func(p *uitest.Program) {
		tour(p, 4)
		p.Check()
		p.Resize(40, 10)
		p.Settle()
		p.Check()
	})
}

// Whatever a view offers to choose from or asks for, the box that shows it
// makes it harmless.
func TestBoxesShowNothingHostile(t *testing.T) {
	t.Parallel()
	m := model(ui.Options{API: newFake(1)})
	for name, text := range hostileTexts(t) {
		long := strings.Repeat(text, 200)
		boxes := map[string][]string{
			"menu":  ui.MenuBox(m, views.Pick{Title: text, Items: []views.PickItem{{Title: text, Detail: long}, {Title: long, On: true}}}, 80, 24),
			"entry": ui.EntryBox(m, views.Entry{Title: text, Complete: func(string) []string { return []string{text, long} }}, 80, 24),
		}
		for box, lines := range boxes {
			for _, l := range lines {
				plain := ansi.Strip(l)
				if clean.Line(plain) != plain || ansi.StringWidth(l) > 80 || ansi.StringWidth(l) != ansi.StringWidthWc(l) {
					t.Errorf("%s in a %s: %q", name, box, l)
				}
			}
		}
	}
}

// What a server says of a failure is text in every view: the lines stay exact,
// and as wide for the terminal as for us.
func TestHostileFailures(t *testing.T) {
	t.Parallel()
	for name, text := range hostileTexts(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := linked(20)
			workbench(t, f, uitest.Options{Width: 100, Height: 30, FPS: 20}, func(p *uitest.Program) {
				f.fail(errors.New(clean.Line(text)))
				for _, k := range []string{"r", "s", "enter", "R", "e", "esc", "ctrl+r", "r", "1", "2", "3", "4", "r", "5", "r", "6", "r", "7", "r", "1", "a", "l", "esc", "L"} {
					press(p, k)
					p.Check()
				}
			})
		})
	}
}
