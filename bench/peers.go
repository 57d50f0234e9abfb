package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"threatbench/api"
)

// measurePeers times other programs on the same events, written as CSV, where
// they are installed.
func measurePeers(ctx context.Context, db string, n int, t *table) error {
	csv := strings.TrimSuffix(db, ".db") + ".csv"
	if err := writeCSV(ctx, db, csv); err != nil {
		return err
	}
	first, err := os.ReadFile(csv)
	if err != nil {
		return fmt.Errorf("reading the events back: %w", err)
	}
	line := strings.SplitN(string(first[:min(len(first), 4096)]), "\n", 3)[1]
	mark := strings.SplitN(line, ",", 2)[0] // the first event's date: it is on the screen when the events are
	for _, p := range []struct {
		name string
		args []string
		down string
	}{
		{"less", []string{"-S", csv}, "j"},
		{"lnav", []string{csv}, "j"},
		{"vd", []string{csv}, "j"},
		{"sh", []string{"-c", "fzf --no-sort < " + csv}, "\x1b[A"},
	} {
		tool := p.name
		if tool == "sh" {
			tool = "fzf"
		}
		if _, err := exec.LookPath(tool); err != nil {
			t.rows = append(t.rows, [5]string{"peer", tool + " is not installed"})
			continue
		}
		if err := measurePeer(ctx, tool, p.name, p.args, p.down, mark, t); err != nil {
			t.rows = append(t.rows, [5]string{"peer", tool + " could not be measured: " + strings.SplitN(err.Error(), "\n", 2)[0]})
		}
	}
	return measureCounts(ctx, csv, t)
}

func measurePeer(ctx context.Context, tool, name string, args []string, down, mark string, t *table) error {
	var list []time.Duration
	for range 3 {
		start := time.Now()
		s, err := open(ctx, name, args...)
		if err != nil {
			return err
		}
		at, err := s.until(mark[:10], slow)
		s.close()
		if err != nil {
			return err
		}
		list = append(list, at.Sub(start))
	}
	t.took("peer", tool+": start to first events", quantile(list, 0.5), 0)
	s, err := open(ctx, name, args...)
	if err != nil {
		return err
	}
	defer s.close()
	if _, err := s.until(mark[:10], slow); err != nil {
		return err
	}
	s.quiet(time.Second)
	r, err := repeat(s, down, 15)
	if err != nil {
		return err
	}
	t.took("peer", tool+": key to painted, p50", quantile(r.times, 0.5), 0)
	t.count("peer", tool+": one step down", r.bytes(), "bytes", 0)
	if tool != "fzf" { // it runs behind a shell, whose memory this would be
		t.count("peer", tool+": most memory", s.memory(), "MiB", 0)
	}
	return nil
}

// measureCounts times counting by a column with a program for that.
func measureCounts(ctx context.Context, csv string, t *table) error {
	if !isInstalled("sqlite3") {
		t.rows = append(t.rows, [5]string{"peer", "sqlite3 is not installed"})
		return nil
	}
	start := time.Now()
	out, err := exec.CommandContext(ctx, "sqlite3", ":memory:", ".mode csv", ".import "+csv+" e", "select attacker, count(*) from e group by 1").CombinedOutput()
	if err != nil {
		return fmt.Errorf("counting with sqlite3: %w\n%s", err, out)
	}
	t.took("peer", "sqlite3: read the CSV and count by attacker", time.Since(start), 0)
	return nil
}

// writeCSV writes the columns of the table, once.
func writeCSV(ctx context.Context, db, path string) (err error) {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	c, done, err := connect(ctx, db)
	if err != nil {
		return err
	}
	defer func() { _ = done() }() // only read
	f, err := os.CreateTemp(filepath.Dir(path), "csv-")
	if err != nil {
		return fmt.Errorf("writing the events as CSV: %w", err)
	}
	defer os.Remove(f.Name()) // renamed where all went well
	fmt.Fprintln(f, "date,tlp,attacker,category,indicator,target,event")
	q := api.ListQuery{Datasets: []string{api.ScopeAll}, PageSize: 5000}
	for {
		p, err := c.List(ctx, q)
		if err != nil {
			return fmt.Errorf("reading events: %w", err)
		}
		for _, e := range p.Events {
			fmt.Fprintf(f, "%s,%s,%s,%s,%s,%s,%q\n", e.Date, e.TLP, e.Attacker, e.Category, e.Indicator, e.TargetCountry, strings.ReplaceAll(e.Event, ",", ";"))
		}
		if p.Info.Cursor == "" {
			break
		}
		q = api.ListQuery{Cursor: p.Info.Cursor, PageSize: 5000}
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("writing the events as CSV: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("keeping the CSV: %w", err)
	}
	return nil
}
