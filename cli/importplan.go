package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"threatbench/api/clean"
	"threatbench/api/interchange"
	"threatbench/api/interchange/table"
	"threatbench/cli/files"
)

// useMapping takes over a saved mapping; what the command line says goes
// before it.
func (f importFlags) useMapping(o *interchange.ImportOptions) error {
	if f.mapping == "" {
		return nil
	}
	m, err := readMapping(f.mapping)
	if err != nil {
		return err
	}
	o.Columns, o.DateOrder = m.Columns, cmp.Or(o.DateOrder, string(m.DateOrder))
	return nil
}

func readMapping(path string) (table.Mapping, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return table.Mapping{}, fmt.Errorf("reading the mapping: %w", err)
	}
	m, err := table.ReadMapping(b)
	if err != nil {
		return m, fmt.Errorf("reading the mapping %s: %w", path, err)
	}
	return m, nil
}

// saveMapping writes what the columns of a table were taken for.
func (f importFlags) saveMapping(ctx context.Context, r interchange.Report) error {
	if f.save == "" {
		return nil
	}
	m, err := r.Mapping(f.dateOrder)
	if err != nil {
		return err
	}
	b, err := m.Encode()
	if err != nil {
		return err
	}
	err = files.Write(ctx, f.save, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
	if err != nil {
		return fmt.Errorf("writing the mapping: %w", err)
	}
	return nil
}

// showPlan tells what a file is and what would come in. tlp is the marking of events without one.
func (a *app) showPlan(name, tlp string, r interchange.Report) {
	say := func(format string, args ...any) {
		fmt.Fprintln(a.io.Out, clean.Line(fmt.Sprintf(format, args...))) // a closed pipe is the reader's choice
	}
	say("%s: %s, %s", name, cmp.Or(string(r.Format), "several forms"), counted(r.Lines, r.Format.Unit()))
	for _, c := range r.Columns {
		field := cmp.Or(c.Field, "kept in the raw record")
		if c.Field == "-" {
			field = "left out"
		}
		if c.Type != "" && c.Field == "indicator" {
			field += " (" + c.Type + ")"
		}
		say("  column %s: %s: %s", c.Name, field, clip(strings.Join(c.Samples, " | ")))
	}
	for _, part := range []struct {
		title string
		n     map[string]int
	}{{"types", r.Types}, {"TLP", r.TLPs}} {
		if len(part.n) > 0 {
			say("  %s: %s", part.title, tallied(part.n))
		}
	}
	if r.Unmarked > 0 {
		say("  no marking: %s, TLP %s (--tlp says another)", counted(r.Unmarked, "event"), tlp)
	}
	if r.Unsure {
		say("  would come in: %s; can't tell what is there already", counted(r.Created, "event"))
		return
	}
	say("  would come in: %s created, %s updated; %s there already, %s edited here since", counted(r.Created, "event"), grouped(r.Updated), grouped(r.Skipped), grouped(r.Edited()))
}

// clip shortens the samples of a column.
func clip(s string) string {
	const most = 100
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// tallied lists counts, the largest first.
func tallied(n map[string]int) string {
	keys := slices.SortedFunc(maps.Keys(n), func(a, b string) int { return cmp.Or(cmp.Compare(n[b], n[a]), cmp.Compare(a, b)) })
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = fmt.Sprintf("%s %s", k, grouped(n[k]))
	}
	return strings.Join(parts, ", ")
}
