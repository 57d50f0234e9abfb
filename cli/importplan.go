package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"threatbench/api/clean"
	"threatbench/api/interchange"
	"threatbench/cli/files"
)

// mapping is a mapping of a table's columns as it is saved.
type mapping struct {
	Columns   map[string]string `json:"columns"` // fields by the columns' names; "-" leaves one out
	DateOrder string            `json:"dateOrder,omitempty"`
}

// useMapping takes over a saved mapping; what the command line says goes
// before it.
func (f importFlags) useMapping(o *interchange.ImportOptions) error {
	if f.mapping == "" {
		return nil
	}
	b, err := os.ReadFile(f.mapping)
	if err != nil {
		return fmt.Errorf("reading the mapping: %w", err)
	}
	var m mapping
	if err := clean.Unmarshal(b, &m); err != nil {
		return fmt.Errorf("reading the mapping %s: %w", f.mapping, err)
	}
	if m.DateOrder != "" && !slices.Contains(interchange.DateOrders(), m.DateOrder) {
		return fmt.Errorf("the mapping %s: dateOrder %q: want one of %s", f.mapping, m.DateOrder, strings.Join(interchange.DateOrders(), ", "))
	}
	o.Columns, o.DateOrder = m.Columns, cmp.Or(o.DateOrder, m.DateOrder)
	return nil
}

// saveMapping writes what the columns of a table were taken for.
func (f importFlags) saveMapping(ctx context.Context, r interchange.Report) error {
	if f.save == "" {
		return nil
	}
	if len(r.Columns) == 0 {
		return fmt.Errorf("there is no mapping to save: the file is no table, but %s", r.Format)
	}
	m := mapping{Columns: map[string]string{}, DateOrder: f.dateOrder}
	for _, c := range r.Columns {
		switch {
		case c.Field == "indicator" && c.Type != "":
			m.Columns[c.Name] = c.Type
		case c.Field != "":
			m.Columns[c.Name] = c.Field
		}
	}
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the mapping: %w", err)
	}
	err = files.Write(ctx, f.save, func(w io.Writer) error {
		_, err := w.Write(append(b, '\n'))
		return err
	})
	if err != nil {
		return fmt.Errorf("writing the mapping: %w", err)
	}
	return nil
}

// showPlan tells what a file is and what would come in.
func (a *app) showPlan(name string, r interchange.Report) {
	say := func(format string, args ...any) {
		fmt.Fprintln(a.io.Out, clean.Line(fmt.Sprintf(format, args...))) // a closed pipe is the reader's choice
	}
	say("%s: %s, %s", name, cmp.Or(string(r.Format), "several forms"), counted(r.Lines, unit(r.Format)))
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
