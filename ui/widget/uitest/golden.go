package uitest

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// A test binary knows its flags before any test runs, so this one is registered
// here, once for all packages that import this one.
var update = flag.Bool("update", false, "write golden files instead of comparing with them")

// Updating reports whether the test was run with -update.
func Updating() bool { return *update }

// Golden compares content, the lines of a view or widget, with
// testdata/golden/NAME.golden of the package under test, or writes that file
// when the test runs with -update. The file holds the plain text, then each
// style that occurs (as true colour, 16 colours and no colour show it), then
// where on each line it stands. name may hold slashes.
func Golden(t testing.TB, name, content string) {
	t.Helper()
	lines := strings.Split(content, "\n")
	w := 0
	for _, l := range lines {
		w = max(w, ansi.StringWidth(l))
	}
	compare(t, name, render(content, w, len(lines),
		colorprofile.TrueColor, colorprofile.ANSI, colorprofile.Ascii))
}

// Golden checks the program (see Check) and compares its view with a golden
// file, with the styles as the program's terminal shows them.
func (p *Program) Golden(name string) {
	p.t.Helper()
	p.Check()
	compare(p.t, name, render(p.View().Content, p.opts.Width, p.opts.Height, p.opts.Profile))
}

func compare(t testing.TB, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", filepath.FromSlash(name)+".golden")
	if Updating() {
		if err := writeGolden(path, got); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("no golden file (run the test with -update and look at what it writes): %v", err)
	}
	if diff := firstDifference(string(want), got); diff != "" {
		t.Errorf("%s: %s\n--- now\n%s", path, diff, got)
	}
}

func writeGolden(path, content string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("making the folder of a golden file: %w", err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		return fmt.Errorf("writing a golden file: %w", err)
	}
	return nil
}

func firstDifference(want, got string) string {
	if want == got {
		return ""
	}
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return fmt.Sprintf("line %d was\n%s\nand is\n%s", i+1, w[i], g[i])
		}
	}
	return fmt.Sprintf("%d lines were there, %d are", len(w), len(g))
}

// render writes a screen for people: text, legend, runs.
func render(content string, w, h int, profiles ...colorprofile.Profile) string {
	screens := make([]*Screen, len(profiles))
	for i, p := range profiles {
		screens[i] = Decode(content, w, h, p)
	}
	text := screens[0]
	var b strings.Builder
	fmt.Fprintf(&b, "%dx%d\n%s", w, h, text)
	legend := newLegend(profiles)
	runs := legend.runs(screens)
	legend.write(&b)
	b.WriteString("-- where\n")
	b.WriteString(runs)
	return b.String()
}

// legend gives each style a short name in order of appearance.
type legend struct {
	profiles []colorprofile.Profile
	names    map[string]string
	order    []string
}

func newLegend(profiles []colorprofile.Profile) *legend {
	return &legend{profiles: profiles, names: map[string]string{}}
}

// describe is the look of one cell in all profiles, "" where it is plain.
func describe(screens []*Screen, x, y int) string {
	looks := make([]string, len(screens))
	plain := true
	for i, s := range screens {
		c := s.At(x, y)
		if c.Text == " " {
			c.Style = c.Style.blank()
		}
		plain = plain && c.Style == Style{}
		looks[i] = c.Style.String()
	}
	if plain {
		return ""
	}
	return strings.Join(looks, " | ")
}

func (l *legend) name(look string) string {
	if n, ok := l.names[look]; ok {
		return n
	}
	i := len(l.order)
	n := string(rune('a' + i%26))
	if i >= 26 {
		n = string(rune('a'+(i/26-1)%26)) + n
	}
	l.names[look] = n
	l.order = append(l.order, look)
	return n
}

// runs lists, line by line, the first and last column of each style.
func (l *legend) runs(screens []*Screen) string {
	var b strings.Builder
	for y := range screens[0].Height {
		var parts []string
		for x := 0; x < screens[0].Width; {
			look, end := describe(screens, x, y), x+1
			for end < screens[0].Width && describe(screens, end, y) == look {
				end++
			}
			if look != "" {
				parts = append(parts, fmt.Sprintf("%d-%d %s", x, end-1, l.name(look)))
			}
			x = end
		}
		if len(parts) > 0 {
			fmt.Fprintf(&b, "%d: %s\n", y, strings.Join(parts, ", "))
		}
	}
	return b.String()
}

func (l *legend) write(b *strings.Builder) {
	names := make([]string, len(l.profiles))
	for i, p := range l.profiles {
		names[i] = p.String()
	}
	fmt.Fprintf(b, "-- styles: %s\n", strings.Join(names, " | "))
	for _, look := range l.order {
		fmt.Fprintf(b, "%s = %s\n", l.names[look], look)
	}
}
