package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// The growth table: how each figure changes from one size of database to the
// next, on data that is hard (see hard). Each part runs in a process of its
// own, so that its memory is its own; times are medians beside the processor
// time of a call, which other programs on the machine disturb less.

// figure is one measured number.
type figure struct {
	What  string        `json:"what"`
	Value float64       `json:"value"` // in Unit
	Unit  string        `json:"unit"`
	CPU   time.Duration `json:"cpu,omitempty"` // of this process, a call
	Aim   string        `json:"aim,omitempty"` // what is to be reached
}

// growthParts are the processes of one size, in their order.
var growthParts = map[string]func(context.Context, growthRun) error{"make": growthMake, "read": growthRead, "write": growthWrite, "peer": growthPeer}

// growthRun is what such a process knows.
type growthRun struct {
	db   string
	n    int
	hard *hard
	put  func(figure)
}

// measureGrowth runs every part on every size and prints the table.
func measureGrowth(ctx context.Context, dir string, sizes []int) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding the bench itself: %w", err)
	}
	all := make([][]figure, len(sizes))
	for at, n := range sizes {
		db := filepath.Join(dir, fmt.Sprintf("hard-%d-v1.db", n))
		for _, part := range []string{"make", "read", "write", "peer"} {
			out, err := growthProcess(ctx, self, part, db, n)
			all[at] = append(all[at], out...)
			if err != nil {
				return fmt.Errorf("%s at %s events: %w", part, grouped(n), err)
			}
		}
	}
	printGrowth(sizes, all)
	return nil
}

func growthProcess(ctx context.Context, self, part, db string, n int) (out []figure, err error) {
	cmd := exec.CommandContext(ctx, self, "-part", part, "-events", fmt.Sprint(n), db)
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting a part: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting a part: %w", err)
	}
	lines := bufio.NewScanner(pipe)
	for lines.Scan() {
		var f figure
		if err := json.Unmarshal(lines.Bytes(), &f); err != nil {
			return out, errors.Join(fmt.Errorf("reading a figure: %w", err), cmd.Wait())
		}
		fmt.Printf("  %s: %s: %s\n", grouped(n), f.What, f.text())
		out = append(out, f)
	}
	return out, errors.Join(lines.Err(), cmd.Wait())
}

// growthPart is the process of a part.
func growthPart(ctx context.Context, part, db string, n int, w io.Writer) error {
	run := growthParts[part]
	if run == nil {
		return fmt.Errorf("-part %q: there is no such part", part)
	}
	enc := json.NewEncoder(w)
	var failed error
	put := func(f figure) { failed = errors.Join(failed, enc.Encode(f)) }
	if err := run(ctx, growthRun{db: db, n: n, hard: newHard(), put: put}); err != nil {
		return err
	}
	return failed
}

func (f figure) text() string {
	value := number(f.Value)
	if f.Unit == "ms" {
		value = fmt.Sprintf("%.2f", f.Value)
	}
	s := value + " " + f.Unit
	if f.CPU > 0 {
		s += fmt.Sprintf(" (%s)", short(f.CPU))
	}
	return s
}

// printGrowth prints a line a figure, with its factor from the last size but
// one to the last.
func printGrowth(sizes []int, all [][]figure) {
	head := []string{"what"}
	for _, n := range sizes {
		head = append(head, grouped(n))
	}
	head = append(head, "factor", "CPU factor", "to reach")
	fmt.Printf("\nGrowth; in brackets the processor time of a call\n| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat("---|", len(head)))
	last := all[len(all)-1]
	for _, f := range last {
		cells := []string{f.What}
		var before *figure
		for at := range all {
			one := find(all[at], f.What)
			if one == nil {
				cells = append(cells, "")
				continue
			}
			cells = append(cells, one.text())
			if at == len(all)-2 {
				before = one
			}
		}
		cells = append(cells, factors(before, &f)...)
		fmt.Printf("| %s |\n", strings.Join(append(cells, f.Aim), " | "))
	}
}

func factors(before, now *figure) []string {
	out := []string{"", ""}
	if before == nil || before.Value == 0 {
		return out
	}
	out[0] = fmt.Sprintf("%.2f", now.Value/before.Value)
	if before.CPU > 0 {
		out[1] = fmt.Sprintf("%.2f", float64(now.CPU)/float64(before.CPU))
	}
	return out
}

func find(list []figure, what string) *figure {
	for i := range list {
		if list[i].What == what {
			return &list[i]
		}
	}
	return nil
}

// processorTime is what this process has used so far.
func processorTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// times is the median time of several calls after one that warms up.
func (g growthRun) times(what, aim string, call func(i int) error) error {
	const calls = 9
	var list []time.Duration
	var cpu time.Duration
	for i := range calls + 1 {
		before, start := processorTime(), time.Now()
		if err := call(i); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if i > 0 {
			list = append(list, time.Since(start))
			cpu += processorTime() - before
		}
	}
	g.put(figure{What: what, Value: quantile(list, 0.5).Seconds() * 1000, Unit: "ms", CPU: cpu / calls, Aim: aim})
	return nil
}

// once is the time of one call.
func (g growthRun) once(what, aim string, call func() error) error {
	before, start := processorTime(), time.Now()
	if err := call(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	g.put(figure{What: what, Value: time.Since(start).Seconds() * 1000, Unit: "ms", CPU: processorTime() - before, Aim: aim})
	return nil
}

// rate is how many things a call does in a second; CPU is of one of them.
func (g growthRun) rate(what, unit, aim string, n int, call func() error) error {
	before, start := processorTime(), time.Now()
	if err := call(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	g.put(figure{What: what, Value: float64(n) / time.Since(start).Seconds(), Unit: unit, CPU: (processorTime() - before) / time.Duration(n), Aim: aim})
	return nil
}

// size adds a number.
func (g growthRun) size(what, unit, aim string, v float64) {
	g.put(figure{What: what, Value: v, Unit: unit, Aim: aim})
}

// inProc reads a number of /proc/self/NAME; -1 where there is none.
func inProc(name, key string) float64 {
	b, err := os.ReadFile("/proc/self/" + name)
	if err != nil {
		return -1
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, key+":"); ok {
			var v float64
			if _, err := fmt.Sscan(rest, &v); err == nil {
				return v
			}
		}
	}
	return -1
}
