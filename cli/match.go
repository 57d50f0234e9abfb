package cli

import (
	"bufio"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"threatbench/api"
	"threatbench/api/clean"
	"threatbench/api/knowngood"
	"threatbench/api/match"
)

type matchFlags struct {
	timeout  time.Duration
	zone     string
	query    string
	maxTLP   string
	json     bool
	csv      bool
	summary  bool
	noGood   bool // indicators known to be good are not looked for
	datasets []string
}

func (a *app) matchCommand() *cobra.Command {
	var f matchFlags
	cmd := &cobra.Command{
		Use:   "match FILE…",
		Short: "Find known indicators in logs",
		Long: "Searches logs for every known indicator: text and JSON Lines of any kind, plain, gzip, zstd or bzip2, files, folders, or - for the standard input, which may go on (tail -f). " +
			"Found are the values themselves, plain or defanged, hosts in URLs, what lies below a known domain and addresses within a known network. " +
			"Each hit is a line: place, time that the line tells, indicator, how it was found, attackers, strictest TLP, newest event, the line. " +
			"The summary, by attacker and campaign, with first and last, comes at the end on the standard error; with --summary it is all that is written. " +
			"--query, --dataset and --max-tlp narrow the events whose indicators are looked for.\n\n" +
			"Exit codes: 0 something was found, 1 nothing was, 2 it failed or was used wrongly, 3 answered in part.",
		Example: strings.Join([]string{
			"threatbench match /var/log/squid/access.log",
			"threatbench match --query 'date>-90d' --summary logs/",
			"zcat proxy.*.gz | threatbench match --json - | jq -r .indicator | sort | uniq -c",
			"tail -F access.log | threatbench match -",
		}, "\n"),
		Args: cobra.ArbitraryArgs,
	}
	check := func(args []string) error {
		switch {
		case len(args) == 0:
			return usagef("name a file or a folder to search, or - for the standard input")
		case f.json && f.csv:
			return usagef("--json and --csv: give one of them")
		case f.csv && f.summary:
			return usagef("--csv and --summary: give one of them")
		}
		if _, err := f.most(); err != nil {
			return err
		}
		return a.checkTimeout(f.timeout)
	}
	cmd.RunE = a.runSearch(check, func(ctx context.Context, args []string) error { return a.match(ctx, args, f) })
	cmd.Flags().StringVarP(&f.query, "query", "q", "", "filter of the events whose indicators are looked for, in the filter language; empty means all")
	cmd.Flags().StringSliceVar(&f.datasets, "dataset", nil, "datasets whose indicators are looked for, by name or id; all is the default")
	cmd.Flags().StringVar(&f.maxTLP, "max-tlp", "none", "strictest TLP of the events: clear, green, amber, amber+strict, red; none takes all")
	cmd.Flags().BoolVar(&f.json, "json", false, "write JSON, one hit a line, the summary last")
	cmd.Flags().BoolVar(&f.csv, "csv", false, "write CSV")
	cmd.Flags().BoolVar(&f.noGood, "without-known-good", false, "leave out what is known to be harmless: indicators, and hits where such a value stands (see threatbench known-good)")
	cmd.Flags().BoolVar(&f.summary, "summary", false, "write the summary alone")
	a.timeoutFlag(cmd, &f.timeout)
	a.zoneFlag(cmd, &f.zone, "")
	return cmd
}

func (f matchFlags) most() (api.TLP, error) {
	if f.maxTLP == "none" {
		return api.TLPNone, nil
	}
	tlp, ok := api.ParseTLP(f.maxTLP)
	if !ok {
		return tlp, usagef("--max-tlp %s: want none, clear, green, amber, amber+strict or red", f.maxTLP)
	}
	return tlp, nil
}

// matchMemory is how much memory the collector aims at while logs are searched.
const matchMemory = 256 << 20

func (a *app) match(ctx context.Context, args []string, f matchFlags) (err error) {
	ctx, stop := untilSignal(ctx)
	defer stop()
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(matchMemory))
	defer debug.SetGCPercent(debug.SetGCPercent(50))
	good, unread := a.knownGood()
	set, done, err := a.indicators(ctx, f, good)
	if err != nil {
		return err
	}
	m := &matcher{app: a, good: newMarker(good), flags: f, set: set, tally: match.NewTally(set), w: bufio.NewWriterSize(a.io.Out, 64<<10)}
	if err := m.begin(); err != nil {
		return err
	}
	err = match.Files(args, func(name string, err error) error { return m.file(ctx, name, err) })
	if interrupted := ctx.Err() != nil; interrupted {
		m.missed = append(m.missed, "what was left when it was cancelled")
		err = nil
	}
	if err = errors.Join(err, m.end()); err != nil {
		return err
	}
	if m.files == 0 {
		return errors.New("no file was searched")
	}
	if err := errors.Join(m.partly(done), a.unread(unread)); err != nil {
		return err
	}
	if m.tally.Summary().Hits == 0 {
		return quietError{errors.New("nothing was found")}
	}
	return nil
}

// indicators reads what is looked for.
func (a *app) indicators(ctx context.Context, f matchFlags, good *knowngood.Set) (set *match.Set, done answered, err error) {
	q, err := a.listQuery(f.query, f.zone)
	if err != nil {
		return nil, done, err
	}
	pl, err := a.openWithin(ctx, f.timeout)
	if err != nil {
		return nil, done, err
	}
	defer func() { err = errors.Join(err, pl.close()) }()
	if q, err = a.within(ctx, pl, q, f.datasets); err != nil {
		return nil, done, err
	}
	most, err := f.most()
	if err != nil {
		return nil, done, err
	}
	b, left := match.NewBuilder(), 0
	if f.noGood {
		b.Without(func(value string) bool { return good.Find(value).Harmless() })
	}
	take := func(e *api.Event) error {
		if tlp, known := api.ParseTLP(e.TLP); most != api.TLPNone && (!known || tlp > most) {
			left++
			return nil
		}
		b.Add(e)
		return nil
	}
	if done, err = a.eachOf(ctx, pl, q, take); err != nil {
		return nil, done, err
	}
	set = b.Set()
	note := counted(set.Len(), "indicator") + " of " + counted(set.Events(), "event")
	if left > 0 {
		note += "; " + counted(left, "event") + " left out by --max-tlp " + f.maxTLP
	}
	if n := set.Described(); n > 0 {
		note += "; " + counted(n, "value") + " of the types text, port and comment left out"
	}
	if n := set.LeftOut(); n > 0 {
		note += "; " + counted(n, "indicator") + " left out as known good"
	}
	a.note("looking for %s", note)
	if n := set.Unsearchable(); n > 0 {
		done.missed = append(done.missed, counted(n, "indicator")+" too short or too alike to be looked for in logs")
	}
	if set.Len() == 0 && done.cut == "" {
		a.note("nothing was searched: no indicator is known that could be looked for")
		return nil, done, quietError{errors.New("no indicator is known that could be looked for")}
	}
	return set, done, nil
}

// matcher writes what is found in one log after the other.
type matcher struct {
	app    *app
	flags  matchFlags
	set    *match.Set
	tally  *match.Tally
	good   *marker
	w      *bufio.Writer
	table  *csv.Writer
	live   bool // what is found is wanted at once
	files  int
	bytes  int64
	lines  int64
	missed []string // what was not searched, or not wholly
}

var matchColumns = []string{"file", "line", "column", "time", "indicator", "how", "attackers", "campaigns", "tlp", "events", "event", "category", "text", "known good"}

func (m *matcher) begin() error {
	if !m.flags.csv {
		return nil
	}
	m.table = csv.NewWriter(m.w)
	return m.table.Write(matchColumns)
}

// file searches one file. What is wrong with it doesn't end the search.
func (m *matcher) file(ctx context.Context, name string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var l *match.Log
	if err == nil {
		l, err = m.open(ctx, name)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		m.miss(name, err)
		return nil
	}
	defer l.Close()
	m.files++
	m.live = l.Live()
	writing := false
	r, err := match.Scan(ctx, m.set, name, l, m.app.now(), func(h match.Hit) error {
		if !m.good.take(h, m.flags.noGood) {
			return nil
		}
		m.tally.Take(h)
		err := m.hit(h)
		writing = err != nil
		return err
	})
	m.bytes += r.Bytes
	m.lines += r.Lines
	if writing {
		return fmt.Errorf("writing what was found: %w", err)
	}
	if r.Binary && r.Hits > 0 {
		m.app.note("%s: no text; places are offsets in bytes", name)
	}
	if r.Longer > 0 {
		m.app.note("%s: %s longer than 1 MiB, read in pieces", name, counted(int(r.Longer), "line"))
	}
	if err != nil && ctx.Err() == nil {
		m.miss(name, fmt.Errorf("after %s: %w", sizeOf(r.Bytes), err))
	}
	return nil
}

func (m *matcher) open(ctx context.Context, name string) (*match.Log, error) {
	if name != match.Stdin {
		return match.Open(name)
	}
	return match.NewLog(untilDone(ctx, m.app.io.In), true)
}

// miss says what of a file wasn't searched.
func (m *matcher) miss(name string, err error) {
	text := oneLine(err)
	if !strings.HasPrefix(text, name) {
		text = name + ": " + text
	}
	m.app.note("%s", text)
	if len(m.missed) < 5 {
		m.missed = append(m.missed, filepath.Base(name))
	} else if len(m.missed) == 5 {
		m.missed = append(m.missed, "…")
	}
}

// foundHit is a hit as JSON.
type foundHit struct {
	File      string        `json:"file"`
	Line      int64         `json:"line,omitempty"`
	Column    int           `json:"column,omitempty"`
	Offset    int64         `json:"offset"`
	Time      time.Time     `json:"time,omitzero"`
	Guessed   bool          `json:"timeGuessed,omitempty"` // the line tells no year or no zone
	Indicator string        `json:"indicator"`
	How       string        `json:"how"`
	Defanged  bool          `json:"defanged,omitempty"`
	Attackers []string      `json:"attackers"`
	Campaigns []string      `json:"campaigns"`
	TLP       string        `json:"tlp"`
	Count     int           `json:"eventCount"`
	Events    []match.Event `json:"events"`
	Text      string        `json:"text"`
	KnownGood *goodMark     `json:"knownGood,omitempty"`
}

func (m *matcher) hit(h match.Hit) error {
	if m.flags.summary {
		return nil
	}
	of := m.set.About(h)
	found, value := m.good.ofHit(h)
	good := found.String()
	if value != h.Indicator {
		good = value + " is " + good
	}
	how := h.How.String()
	if h.Defanged {
		how += ", defanged"
	}
	if found.Tie != knowngood.None && !m.flags.csv {
		how += ", " + good
	}
	var err error
	if m.flags.json {
		err = writeJSONLine(m.w, foundHit{
			h.Source, h.Line, h.Column, h.Offset, h.Time, h.Guessed, h.Indicator, h.How.String(), h.Defanged,
			notNil(of.Attackers), notNil(of.Campaigns), of.TLP, of.Count, of.Newest, h.Text, markOf(found),
		})
	} else {
		err = m.cells(h, how, good, of)
	}
	if m.live && err == nil {
		err = m.flush()
	}
	return err
}

func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func (m *matcher) cells(h match.Hit, how, good string, of match.Of) error {
	when := ""
	if !h.Time.IsZero() {
		when = h.Time.Format(time.RFC3339)
	}
	if h.Guessed {
		when += "?"
	}
	if m.flags.csv {
		line, column := strconv.FormatInt(h.Line, 10), strconv.Itoa(h.Column)
		if h.Line == 0 {
			line, column = "", strconv.FormatInt(h.Offset, 10)
		}
		row := []string{h.Source, line, column, when, h.Indicator, how, strings.Join(of.Attackers, ", "), strings.Join(of.Campaigns, ", "), of.TLP,
			strconv.Itoa(of.Count), of.Newest[0].UUID, of.Newest[0].Category, h.Text, good}
		for i := range row {
			row[i] = clean.Cell(row[i])
		}
		return m.table.Write(row)
	}
	place := fmt.Sprintf("%s:%d:%d", h.Source, h.Line, h.Column)
	if h.Line == 0 {
		place = fmt.Sprintf("%s@%d", h.Source, h.Offset)
	}
	return writeCells(m.w, place, cmp.Or(when, "-"), h.Indicator, how, cmp.Or(strings.Join(of.Attackers, ", "), "-"), cmp.Or(of.TLP, "-"),
		eventOf(of), h.Text)
}

// eventOf names the newest event of an indicator, and how many more there are.
func eventOf(of match.Of) string {
	text := of.Newest[0].UUID
	if of.Count > 1 {
		text += fmt.Sprintf(" +%d", of.Count-1)
	}
	return text
}

func (m *matcher) flush() error {
	if m.table != nil {
		m.table.Flush()
	}
	return m.w.Flush()
}

func (m *matcher) end() error {
	sum := m.tally.Summary()
	switch {
	case m.flags.json:
		type summary struct {
			match.Summary
			Files  int      `json:"files"`
			Lines  int64    `json:"lines"`
			Bytes  int64    `json:"bytes"`
			Left   int      `json:"knownGoodLeftOut,omitempty"` // hits
			Missed []string `json:"notSearched,omitempty"`
		}
		if err := writeJSONLine(m.w, map[string]summary{"summary": {sum, m.files, m.lines, m.bytes, m.good.left, m.missed}}); err != nil {
			return err
		}
		return m.flush()
	case m.flags.summary:
		return errors.Join(m.summarise(m.w, sum), m.flush())
	}
	if err := m.flush(); err != nil {
		return fmt.Errorf("writing what was found: %w", err)
	}
	return m.summarise(m.app.io.Err, sum)
}

// summarise writes the summary in words.
func (m *matcher) summarise(w io.Writer, s match.Summary) error {
	const most = 20
	lines := []string{fmt.Sprintf("%s of %s in %s, %s, %s", counted(int(s.Hits), "hit"), counted(s.Indicators, "indicator"),
		counted(m.files, "file"), counted(int(m.lines), "line"), sizeOf(m.bytes)) + between(s.First, s.Last)}
	if s.Timeless > 0 {
		lines = append(lines, counted(int(s.Timeless), "hit")+" on lines that tell no time")
	}
	if s.Guessed > 0 {
		lines = append(lines, counted(int(s.Guessed), "time")+" without a zone (taken for UTC) or a year (the last such day)")
	}
	if m.good.hits > 0 {
		lines = append(lines, counted(m.good.hits, "hit")+" of known-good values ("+strings.Join(m.good.names, ", ")+")")
	}
	if m.good.left > 0 {
		lines = append(lines, counted(m.good.left, "hit")+" left out: what stands there is known good ("+strings.Join(m.good.names, ", ")+")")
	}
	for _, group := range []struct {
		name string
		list []match.Sum
	}{{"attacker", s.Attackers}, {"campaign", s.Campaigns}, {"indicator", s.Top}} {
		for i, sum := range group.list {
			if i == most {
				lines = append(lines, fmt.Sprintf("%s\t… and %s more", group.name, grouped(len(group.list)-most)))
				break
			}
			lines = append(lines, fmt.Sprintf("%s\t%s\t%s of %s%s", group.name, cmp.Or(clean.Line(sum.Name), "(none)"),
				counted(int(sum.Hits), "hit"), counted(sum.Indicators, "indicator"), between(sum.First, sum.Last)))
		}
	}
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))
	return err
}

// between tells a first and a last time; "" where there is none.
func between(first, last time.Time) string {
	if first.IsZero() {
		return ""
	}
	return fmt.Sprintf(", %s to %s", first.Format(time.RFC3339), last.Format(time.RFC3339))
}

// sizeOf is a number of bytes as people read it.
func sizeOf(n int64) string {
	const kib = 1 << 10
	unit, value := "bytes", float64(n)
	for _, next := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if value < kib {
			break
		}
		unit, value = next, value/kib
	}
	if unit == "bytes" {
		return counted(int(n), "byte")
	}
	return fmt.Sprintf("%.1f %s", value, unit)
}

// partly is the error of a search in which something was left out.
func (m *matcher) partly(done answered) error {
	done.missed = append(done.missed, m.missed...)
	return done.partly()
}
