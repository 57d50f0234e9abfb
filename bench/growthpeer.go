package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// largestPeer is the largest database that sqlite3 gets beside ours.
const largestPeer = 1_000_000

// peerSchema is what somebody would make who has sqlite3 alone: rows, an index
// a column that is asked for, and both kinds of FTS5 over the texts.
const peerSchema = `
CREATE TABLE event (uuid TEXT, date TEXT, event TEXT, category TEXT, attacker TEXT, attackerCountry TEXT, targetCountry TEXT, targetIndustry TEXT, tlp TEXT, indicator TEXT, indicatorType TEXT, insight TEXT);
.mode csv
.import %s event
CREATE UNIQUE INDEX by_uuid ON event (uuid);
CREATE INDEX by_date ON event (date);
CREATE INDEX by_attacker ON event (attacker, date);
CREATE INDEX by_indicator ON event (indicator, date);
.timer on
CREATE VIRTUAL TABLE grams USING fts5 (event, indicator, attacker, insight, content='event', tokenize='trigram', detail='none');
INSERT INTO grams (grams) VALUES ('rebuild');
CREATE VIRTUAL TABLE words USING fts5 (event, indicator, attacker, insight, content='event', detail='none');
INSERT INTO words (words) VALUES ('rebuild');
`

// growthPeer asks sqlite3 the same of the same events, where it is installed.
func growthPeer(ctx context.Context, g growthRun) error {
	if g.n > largestPeer || !isInstalled("sqlite3") {
		return nil
	}
	path := strings.TrimSuffix(g.db, ".db") + ".sqlite"
	if _, err := os.Stat(path); err != nil {
		if err := g.makePeer(ctx, path); err != nil {
			return err
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("measuring the peer's database: %w", err)
	}
	g.size("sqlite3: bytes an event, without raw records", "B", "", float64(info.Size())/float64(g.n))
	h := g.hard
	page := "SELECT e.rowid, e.* FROM event e WHERE %s ORDER BY date DESC LIMIT 100;"
	word := func(w string) string {
		return fmt.Sprintf(page, "e.rowid IN (SELECT rowid FROM words WHERE words MATCH '"+w+"')")
	}
	part := func(w string) string {
		return fmt.Sprintf(page, "e.rowid IN (SELECT rowid FROM grams WHERE event LIKE '%"+w+"%')")
	}
	for _, q := range []struct {
		what string
		sql  func(i int) string
	}{
		{"newest 100", func(int) string { return fmt.Sprintf(page, "1") }},
		{"newest 100, a frequent attacker, count", func(i int) string {
			return fmt.Sprintf("SELECT count(*) FROM event WHERE attacker = '%s'; "+page, h.attackers[i], "attacker = '"+h.attackers[i]+"'")
		}},
		{"indicator equals, newest 100", func(i int) string { return fmt.Sprintf(page, "indicator = '"+h.event(i*g.n/10).Indicator+"'") }},
		{"a word (1 in 1,000), first page, FTS5 words", func(i int) string { return word(h.words[1000+7*i]) }},
		{"a frequent word (1 in 100), first page, FTS5 words", func(i int) string { return word(h.words[100+7*i]) }},
		{"a word (1 in 1,000), first page, FTS5 trigram", func(i int) string { return part(h.words[1000+7*i]) }},
		{"a frequent word (1 in 100), first page, FTS5 trigram", func(i int) string { return part(h.words[100+7*i]) }},
		{"group by attacker and target", func(int) string {
			return "SELECT attacker, targetCountry, count(*) FROM event GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 1000;"
		}},
	} {
		if err := g.peerTimes(ctx, path, "sqlite3: "+q.what, q.sql); err != nil {
			return err
		}
	}
	return nil
}

func isInstalled(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil
}

func (g growthRun) makePeer(ctx context.Context, path string) (err error) {
	rows := path + ".csv"
	defer func() {
		if e := os.Remove(rows); e != nil && !errors.Is(e, os.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}()
	if err := g.writeRows(rows); err != nil {
		return err
	}
	if err := os.Remove(path + ".new"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("removing half a database: %w", err)
	}
	out, err := runPeer(ctx, path+".new", fmt.Sprintf(peerSchema, rows))
	if err != nil {
		return err
	}
	if took := realTimes(out); len(took) == 4 {
		g.size("sqlite3: building FTS5 trigram, detail none", "µs an event", "", took[1]*1e6/float64(g.n))
		g.size("sqlite3: building FTS5 words, detail none", "µs an event", "", took[3]*1e6/float64(g.n))
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("keeping the peer's database: %w", err)
	}
	return nil
}

func (g growthRun) writeRows(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("writing rows for sqlite3: %w", err)
	}
	w := bufio.NewWriter(f)
	rows := csv.NewWriter(w)
	for i := range g.n {
		e := g.hard.event(i)
		err = errors.Join(err, rows.Write([]string{
			e.UUID, e.Date, e.Event, e.Category, e.Attacker, e.AttackerCountry, e.TargetCountry, e.TargetIndustry, e.TLP, e.Indicator, e.IndicatorType, e.Insight,
		}))
	}
	rows.Flush()
	if err := errors.Join(err, rows.Error(), w.Flush(), f.Close()); err != nil {
		return fmt.Errorf("writing rows for sqlite3: %w", err)
	}
	return nil
}

// peerTimes is the median of several questions that one sqlite3 answers.
func (g growthRun) peerTimes(ctx context.Context, path, what string, sql func(i int) string) error {
	const calls = 9
	var median []float64
	for i := range calls + 1 {
		// One process a question, after a question that warms its cache.
		out, err := runPeer(ctx, path, ".output /dev/null\nSELECT count(*) FROM sqlite_schema;\n"+sql((i+1)%(calls+1))+"\n.output stdout\n.timer on\n.output /dev/null\n"+sql(i)+"\n")
		if err != nil {
			return err
		}
		sum := 0.0
		for _, t := range realTimes(out) {
			sum += t
		}
		median = append(median, sum*1000)
	}
	slices.Sort(median)
	g.size(what, "ms", "", median[len(median)/2])
	return nil
}

func runPeer(ctx context.Context, path, script string) (string, error) {
	cmd := exec.CommandContext(ctx, "sqlite3", path)
	cmd.Stdin = strings.NewReader(script)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("running sqlite3: %w\n%s", err, out)
	}
	return string(out), nil
}

// realTimes reads the seconds that sqlite3's timer printed.
func realTimes(out string) (list []float64) {
	for line := range strings.Lines(out) {
		f := strings.Fields(line)
		if len(f) < 4 || f[0] != "Run" || f[1] != "Time:" {
			continue
		}
		if v, err := strconv.ParseFloat(f[3], 64); err == nil {
			list = append(list, v)
		}
	}
	return list
}
