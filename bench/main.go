// Command bench measures how fast threatbench is: in the terminal, through a
// pseudo-terminal and the built program, and at the API, through the client
// and the in-memory server. Every figure stands beside its budget and, where a
// peer is installed, beside the peer's on the same data. It never fails on a
// time: machines differ. Only the soak fails, on a leak or on keys that wait
// too long. It needs no network.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	sizes := flag.String("events", "10000,100000", "sizes of the databases, comma-separated; 1000000 takes about three minutes to make")
	only := flag.String("only", "", "growth, terminal, api, charts, readers, ssh, peers or soak; all without it")
	growth := flag.String("growth", "10000,1000000", "sizes of the growth table, whose data is hard, comma-separated; 10000000 takes an hour to make and 15 GB")
	part := flag.String("part", "", "be a part of the growth table; used by the bench itself")
	length := flag.Duration("soak", 30*time.Minute, "how long the server over SSH is soaked, 0 for not at all; a leak or a missed budget ends the bench with exit code 1")
	p95 := flag.Duration("p95", 50*time.Millisecond, "most that 95 of 100 keys may take to be painted in the soak; more on a machine that is not your own")
	keep := flag.Bool("keep", true, "keep the databases for the next run")
	server := flag.Bool("serve", false, "be the server that the soak watches; used by the bench itself")
	flag.Parse()
	if *server {
		os.Exit(be(flag.Args()))
	}
	if *part != "" {
		os.Exit(bePart(*part, *sizes, flag.Arg(0)))
	}
	err := run(context.Background(), *sizes, *growth, *only, *keep)
	if err == nil && *length > 0 && (*only == "" || *only == "soak") {
		err = runSoak(context.Background(), *length, *p95)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bePart is a process of the growth table.
func bePart(part, size, db string) int {
	n, err := strconv.Atoi(size)
	if err == nil {
		err = growthPart(context.Background(), part, db, n, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	return 0
}

func run(ctx context.Context, sizes, growth, only string, keep bool) error {
	cache, err := os.UserCacheDir()
	if err != nil {
		return fmt.Errorf("finding a place for the databases: %w", err)
	}
	dir := filepath.Join(cache, "threatbench-bench")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making a place for the databases: %w", err)
	}
	if !keep {
		defer os.RemoveAll(dir) // a cache
	}
	fmt.Printf("%s, %s/%s, %d cores\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	if only == "soak" {
		return nil
	}
	if only == "growth" || only == "" {
		list, err := numbers("-growth", growth)
		if err == nil {
			err = measureGrowth(ctx, dir, list)
		}
		if err != nil || only != "" {
			return err
		}
	}
	list, err := numbers("-events", sizes)
	if err != nil {
		return err
	}
	for _, n := range list {
		if err := measure(ctx, dir, n, only); err != nil {
			return err
		}
	}
	return nil
}

// numbers are the sizes that a flag lists.
func numbers(name, list string) (out []int, err error) {
	for s := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil || n < 1000 {
			return nil, fmt.Errorf("%s %q: want numbers of at least 1000", name, list)
		}
		out = append(out, n)
	}
	return out, nil
}

func measure(ctx context.Context, dir string, n int, only string) error {
	db := filepath.Join(dir, fmt.Sprintf("events-%d-v1.db", n))
	t := newTable(fmt.Sprintf("%s events", grouped(n)))
	if err := prepare(ctx, db, n, t); err != nil {
		return err
	}
	parts := []struct {
		name string
		run  func(context.Context, string, int, *table) error
	}{{"api", measureAPI}, {"charts", measureCharts}, {"terminal", measureTerminal}, {"readers", measureReaders}, {"ssh", measureSSH}, {"peers", measurePeers}}
	for _, p := range parts {
		if only != "" && only != p.name {
			continue
		}
		if err := p.run(ctx, db, n, t); err != nil {
			return fmt.Errorf("measuring %s on %d events: %w", p.name, n, err)
		}
	}
	t.print()
	return nil
}

// table collects the figures of one size.
type table struct {
	title string
	rows  [][5]string // part, what, figure, budget, verdict
}

func newTable(title string) *table { return &table{title: title} }

// took adds a time, judged against its budget where there is one (0: none).
func (t *table) took(part, what string, d, budget time.Duration) {
	verdict, limit := "", ""
	if budget > 0 {
		limit, verdict = short(budget), "ok"
		if d > budget {
			verdict = "over"
		}
	}
	t.rows = append(t.rows, [5]string{part, what, short(d), limit, verdict})
}

// count adds a number with a unit; budget 0 is none, a negative one a least.
func (t *table) count(part, what string, v float64, unit string, budget float64) {
	verdict, limit := "", ""
	switch {
	case budget > 0:
		limit, verdict = "≤ "+number(budget), "ok"
		if v > budget {
			verdict = "over"
		}
	case budget < 0:
		limit, verdict = "≥ "+number(-budget), "ok"
		if v < -budget {
			verdict = "under"
		}
	}
	t.rows = append(t.rows, [5]string{part, what, number(v) + " " + unit, limit, verdict})
}

func (t *table) print() {
	head := [5]string{"part", "what", "figure", "budget", ""}
	widths := [5]int{}
	for _, r := range append([][5]string{head}, t.rows...) {
		for i, c := range r {
			widths[i] = max(widths[i], len([]rune(c)))
		}
	}
	fmt.Printf("\n%s\n", t.title)
	for _, r := range append([][5]string{head}, t.rows...) {
		for i, c := range r {
			pad := strings.Repeat(" ", widths[i]-len([]rune(c)))
			if i == 2 || i == 3 {
				fmt.Print(pad, c, "  ")
			} else {
				fmt.Print(c, pad, "  ")
			}
		}
		fmt.Println()
	}
}

func short(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%.2f ms", float64(d)/1e6)
	case d < 100*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/1e6)
	case d < 10*time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

func number(v float64) string {
	if v < 100 && v != float64(int(v)) {
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return grouped(int(v))
}

func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// quantile of times that it sorts.
func quantile(list []time.Duration, q float64) time.Duration {
	slices.Sort(list)
	return list[min(int(q*float64(len(list))), len(list)-1)]
}
