package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"threatbench/api/clean"
	"threatbench/api/knowngood"
	"threatbench/api/match"
	"threatbench/cli/profile"
)

func (a *app) knownGoodCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "known-good [value]…",
		Short: "Tell which values are known to be harmless, and by which lists",
		Long: "Tells of each value whether it is on a list of harmless values: it itself, a domain or a net that it lies in, something within it, or its host. " +
			"Without a value it shows the lists: those that come with the program, and the files that the configuration names under [known_good] " +
			"(warning lists of MISP, texts or tables of domains, addresses, nets, URLs and hashes). " +
			"What is on a list is marked in the workbench, in look-ups and in matches, and left out of block lists.\n\n" +
			"Exit codes: 0 a value is known good, 1 none is, 2 used wrongly, 3 a list could not be read.",
		Example: "threatbench known-good\nthreatbench known-good 8.8.8.8 cdn.example.com",
		Args:    cobra.ArbitraryArgs,
	}
	cmd.RunE = a.runSearch(func([]string) error { return nil }, func(_ context.Context, args []string) error { return a.tellKnownGood(args, asJSON) })
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON, one value or list a line")
	return cmd
}

func (a *app) tellKnownGood(args []string, asJSON bool) error {
	good, problems := a.knownGood()
	var err error
	w := bufio.NewWriter(a.io.Out)
	found := len(args) == 0
	if found {
		err = a.writeLists(w, good, asJSON)
	}
	for _, value := range args {
		f := good.Find(value)
		found = found || f.Tie != knowngood.None
		if asJSON {
			err = errors.Join(err, writeJSONLine(w, struct {
				Value     string    `json:"value"`
				KnownGood *goodMark `json:"knownGood,omitempty"`
			}{value, markOf(f)}))
			continue
		}
		source := ""
		if f.List != nil {
			source = f.List.Source
		}
		err = errors.Join(err, writeCells(w, value, cmp.Or(f.String(), "not on any list"), source))
	}
	if err = errors.Join(err, w.Flush()); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	if err := a.unread(problems); err != nil {
		return err
	}
	if !found {
		return quietError{errors.New("none is on a list")}
	}
	return nil
}

// writeLists shows the lists of a set.
func (a *app) writeLists(w *bufio.Writer, good *knowngood.Set, asJSON bool) error {
	for _, l := range good.Lists() {
		var err error
		if asJSON {
			err = writeJSONLine(w, struct {
				Name    string   `json:"name"`
				Source  string   `json:"source"`
				Entries int      `json:"entries"`
				Age     string   `json:"age,omitempty"`
				LeftOut []string `json:"leftOut,omitempty"`
			}{l.Name, l.Source, l.Len, l.Age(a.now()), l.Left})
		} else {
			err = writeCells(w, l.Name, counted(l.Len, "value"), cmp.Or(l.Age(a.now()), "-"), l.Source)
		}
		if err != nil {
			return err
		}
		for _, left := range l.Left {
			a.note("%s: left out: %s", l.Name, left)
		}
	}
	return nil
}

// unread says which lists could not be read; the answer is a part then.
func (a *app) unread(problems []string) error {
	if len(problems) == 0 {
		return nil
	}
	for _, p := range problems {
		a.note("%s", p)
	}
	return partialError{errors.New("not every list of known-good values was read")}
}

// knownGood are the lists that hold, with what could not be read of them.
func (a *app) knownGood() (*knowngood.Set, []string) {
	if a.good != nil {
		return a.good, a.amiss
	}
	c, warnings, err := a.settings()
	good, problems := loadKnownGood(c.KnownGood)
	if err != nil {
		problems = append(problems, clean.Line(err.Error()))
	}
	return good, append(problems, ofKnownGood(warnings)...)
}

// ofKnownGood are the warnings of a configuration that concern its lists.
func ofKnownGood(warnings []string) (out []string) {
	for _, w := range warnings {
		if strings.Contains(w, "known_good") {
			out = append(out, w)
		}
	}
	return out
}

// loadKnownGood reads the lists that a configuration names beside those that
// come with the program.
func loadKnownGood(k profile.KnownGood) (*knowngood.Set, []string) {
	lists := knowngood.Certain(k.Without...)
	var problems []string
	for _, pattern := range k.Files {
		files, err := filepath.Glob(pattern)
		if err == nil && len(files) == 0 {
			err = os.ErrNotExist
		}
		if err != nil {
			problems = append(problems, fmt.Sprintf("list of known-good values %s: %s", clean.Line(pattern), plainReason(err)))
		}
		for _, file := range files {
			l, err := readKnownGood(file)
			if err != nil {
				problems = append(problems, fmt.Sprintf("list of known-good values %s: %s", clean.Line(file), plainReason(err)))
				continue
			}
			lists = append(lists, l)
		}
	}
	return knowngood.NewSet(lists...), problems
}

// plainReason is an error without the name of the file, which stands before it.
func plainReason(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	if errors.Is(err, os.ErrNotExist) {
		return "there is no such file"
	}
	return clean.Line(err.Error())
}

func readKnownGood(file string) (*knowngood.List, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("that is no file")
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close() // read only
	l, err := knowngood.Read(strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)), f, info.ModTime())
	if err == nil {
		l.Source = clean.Line(file)
	}
	return l, err
}

// goodMark is a list that a value is on, as JSON; nil is none.
type goodMark struct {
	List string `json:"list"`
	How  string `json:"how"`   // same, below, above or host
	Of   string `json:"value"` // the listed one
}

func markOf(f knowngood.Found) *goodMark {
	if f.Tie == knowngood.None {
		return nil
	}
	return &goodMark{f.List.Name, f.Tie.String(), f.Of}
}

// marker tells of values, many of them alike, whether they are known good, and
// counts.
type marker struct {
	set   *knowngood.Set
	known map[string]knowngood.Found
	hits  int
	left  int      // hits left out
	names []string // of the lists
}

func newMarker(set *knowngood.Set) *marker {
	return &marker{set: set, known: map[string]knowngood.Found{}}
}

func (m *marker) find(value string) knowngood.Found {
	const most = 100_000 // values kept
	f, ok := m.known[value]
	if !ok {
		f = m.set.Find(value)
		if len(m.known) < most {
			m.known[value] = f
		}
	}
	return f
}

// ofHit tells what is known of a hit: of its indicator, or where that isn't
// harmless, of what stands in the log.
func (m *marker) ofHit(h match.Hit) (f knowngood.Found, value string) {
	f, value = m.find(h.Indicator), h.Indicator
	if there := m.find(h.Value); !f.Harmless() && there.Harmless() {
		f, value = there, h.Value
	}
	return f, value
}

// take counts a hit, unless what is harmless is to be left out.
func (m *marker) take(h match.Hit, without bool) (taken bool) {
	f, _ := m.ofHit(h)
	if !f.Harmless() {
		return true
	}
	if without {
		m.left++
	} else {
		m.hits++
	}
	if !slices.Contains(m.names, f.List.Name) {
		m.names = append(m.names, f.List.Name)
	}
	return !without
}
