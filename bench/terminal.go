package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
)

// screen is a program on a pseudo-terminal of 120x40, with an emulator.
type screen struct {
	cmd *exec.Cmd
	tty *os.File

	state string // directory of what it remembers

	mu    sync.Mutex
	emu   *vt.Emulator
	bytes int
	last  time.Time // when the last output came
	wrote *sync.Cond
}

func open(ctx context.Context, name string, args ...string) (*screen, error) {
	state, err := os.MkdirTemp("", "threatbench-state-*") // what an earlier run left would change what the keys do
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	s := &screen{cmd: exec.CommandContext(ctx, name, args...), emu: vt.NewEmulator(120, 40), state: state}
	s.wrote = sync.NewCond(&s.mu)
	s.cmd.Env = append(os.Environ(), "TERM=xterm-256color", "COLORTERM=truecolor", "XDG_STATE_HOME="+state)
	tty, err := pty.StartWithSize(s.cmd, &pty.Winsize{Cols: 120, Rows: 40})
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	s.tty = tty
	go s.read()
	go io.Copy(tty, s.emu) // the emulator's answers; ends with the terminal
	return s, nil
}

func (s *screen) read() {
	buf := make([]byte, 64<<10)
	for {
		n, err := s.tty.Read(buf)
		s.mu.Lock()
		s.emu.Write(buf[:n]) // in memory
		s.bytes += n
		s.last = time.Now()
		s.wrote.Broadcast()
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// until waits for a text on the screen and tells when the output that brought
// it came.
func (s *screen) until(text string, most time.Duration) (time.Time, error) {
	limit := time.AfterFunc(most, func() { s.mu.Lock(); s.wrote.Broadcast(); s.mu.Unlock() })
	defer limit.Stop()
	end := time.Now().Add(most)
	s.mu.Lock()
	defer s.mu.Unlock()
	for !strings.Contains(ansi.Strip(s.emu.Render()), text) {
		if time.Now().After(end) {
			return time.Time{}, fmt.Errorf("%q was not seen within %s; the screen:\n%s", text, most, ansi.Strip(s.emu.Render()))
		}
		s.wrote.Wait()
	}
	return s.last, nil
}

// quiet waits until nothing has come for d.
func (s *screen) quiet(d time.Duration) {
	for {
		s.mu.Lock()
		idle := time.Since(s.last)
		s.mu.Unlock()
		if idle >= d {
			return
		}
		time.Sleep(d - idle)
	}
}

// key presses a key and tells how long its painting took and what it cost.
func (s *screen) key(keys string) (took time.Duration, cost int, err error) {
	return s.press(keys, 60*time.Millisecond)
}

// press is key for what is painted in several steps: it is over when nothing
// has come for a while.
func (s *screen) press(keys string, while time.Duration) (took time.Duration, cost int, err error) {
	s.mu.Lock()
	before := s.bytes
	s.mu.Unlock()
	start := time.Now()
	if _, err := s.tty.WriteString(keys); err != nil {
		return 0, 0, fmt.Errorf("typing: %w", err)
	}
	s.mu.Lock()
	for s.bytes == before && time.Since(start) < time.Second {
		wake := time.AfterFunc(time.Second, s.wrote.Broadcast)
		s.wrote.Wait()
		wake.Stop()
	}
	s.mu.Unlock()
	s.quiet(while)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last.Sub(start), s.bytes - before, nil
}

func (s *screen) close() {
	s.cmd.Process.Kill()  // ended already where it was asked to
	s.cmd.Wait()          // killed
	s.tty.Close()         // likewise
	os.RemoveAll(s.state) // in the temporary directory
}

// memory is the most memory the program has had, in MiB; 0 where the system
// doesn't tell.
func (s *screen) memory() float64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(b, []byte("VmHWM:"))
	fields := strings.Fields(string(rest))
	if len(fields) == 0 {
		return 0
	}
	kb, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		return 0
	}
	return kb / 1024
}

// processor is the processor time used so far, 0 where the system doesn't tell.
func (s *screen) processor() time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0
	}
	user, err1 := strconv.Atoi(f[11])
	system, err2 := strconv.Atoi(f[12])
	if errors.Join(err1, err2) != nil {
		return 0
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}

func build(ctx context.Context) (path string, remove func(), err error) {
	dir, err := os.MkdirTemp("", "threatbench-bench-")
	if err != nil {
		return "", nil, fmt.Errorf("making a place for the program: %w", err)
	}
	path = filepath.Join(dir, "threatbench")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", nil, fmt.Errorf("building the program: %w\n%s", err, out)
	}
	return path, func() { os.RemoveAll(dir) }, nil // a temporary directory
}

const slow = 60 * time.Second

func measureTerminal(ctx context.Context, db string, n int, t *table) error {
	path, remove, err := build(ctx)
	if err != nil {
		return err
	}
	defer remove()
	if err := measureStart(ctx, path, db, n, t); err != nil {
		return err
	}
	s, err := open(ctx, path, "--db", db)
	if err != nil {
		return err
	}
	defer s.close()
	if _, err := s.until("of "+grouped(n), slow); err != nil {
		return err
	}
	s.quiet(500 * time.Millisecond)
	if err := measureKeys(s, t); err != nil {
		return err
	}
	if err := measureFilter(s, t); err != nil {
		return err
	}
	if mib := s.memory(); mib > 0 {
		t.count("terminal", "most memory", mib, "MiB", 120)
	}
	return nil
}

// measureStart times from exec to the first frame with events.
func measureStart(ctx context.Context, path, db string, n int, t *table) error {
	budget := 150 * time.Millisecond
	if n <= 10_000 {
		budget = 100 * time.Millisecond
	}
	var list []time.Duration
	for i := range 6 {
		start := time.Now()
		s, err := open(ctx, path, "--db", db)
		if err != nil {
			return err
		}
		at, err := s.until("of "+grouped(n), slow)
		s.close()
		if err != nil {
			return err
		}
		if i > 0 {
			list = append(list, at.Sub(start))
		}
	}
	t.took("terminal", "start to first useful frame", quantile(list, 0.5), budget)
	return nil
}

func measureKeys(s *screen, t *table) error {
	down, err := repeat(s, "j", 40)
	if err != nil {
		return err
	}
	t.took("terminal", "key to painted, cursor down, p50", quantile(down.times, 0.5), 6*time.Millisecond)
	t.took("terminal", "key to painted, cursor down, p95", quantile(down.times, 0.95), 12*time.Millisecond)
	t.count("terminal", "cursor down, with facets, timeline and gist", down.bytes(), "bytes", 0)
	for _, k := range "vfH" { // the list alone, as the peers have it
		if _, _, err := s.key(string(k)); err != nil {
			return err
		}
	}
	for _, m := range []struct {
		what, first, key string
		budget           float64
	}{
		{"cursor down in view, list alone", "g", "j", 140},
		{"one-line scroll, list alone", strings.Repeat("j", 45), "j", 240},
		{"page, list alone", "g", "\x1b[6~", 4600},
	} {
		if _, _, err := s.key(m.first); err != nil {
			return err
		}
		r, err := repeat(s, m.key, 12)
		if err != nil {
			return err
		}
		t.count("terminal", m.what, r.bytes(), "bytes", m.budget)
	}
	if _, _, err := s.key("g"); err != nil {
		return err
	}
	return measureIdleAndBurst(s, t)
}

func measureIdleAndBurst(s *screen, t *table) error {
	before, used := s.total(), s.processor()
	const idle = 10 * time.Second
	time.Sleep(idle)
	t.count("terminal", "bytes in ten idle seconds", float64(s.total()-before), "bytes", 0)
	t.count("terminal", "processor while idle", 100*float64(s.processor()-used)/float64(idle), "% of a core", 1)
	for range 200 {
		if _, err := s.tty.WriteString("j"); err != nil {
			return fmt.Errorf("typing: %w", err)
		}
		time.Sleep(time.Millisecond)
	}
	if _, err := s.until("201 of ", 5*time.Second); err != nil {
		return fmt.Errorf("of 200 keys 1 ms apart some are lost: %w", err)
	}
	t.count("terminal", "keys lost of 200, 1 ms apart", 0, "keys", 0)
	for _, k := range "vfHg" {
		if _, _, err := s.key(string(k)); err != nil {
			return err
		}
	}
	return nil
}

func (s *screen) total() int { s.mu.Lock(); defer s.mu.Unlock(); return s.bytes }

// series is a key pressed several times.
type series struct {
	times []time.Duration
	costs []time.Duration // bytes, in a type that quantile sorts
}

func (r series) bytes() float64 { return float64(quantile(r.costs, 0.5)) }

func repeat(s *screen, key string, n int) (series, error) {
	var r series
	for range n {
		took, cost, err := s.key(key)
		if err != nil {
			return r, err
		}
		r.times = append(r.times, took)
		r.costs = append(r.costs, time.Duration(cost))
	}
	return r, nil
}

// measureFilter times from the last key of a search to its complete result,
// the pause for typing included.
func measureFilter(s *screen, t *table) error {
	var list []time.Duration
	for _, word := range []string{"broadcaster", "refinery", "hospital", "university", "registered"} {
		if _, _, err := s.key("/\x15"); err != nil {
			return err
		}
		s.quiet(700 * time.Millisecond)
		if _, err := s.tty.WriteString("tlp:amber " + word[:len(word)-1]); err != nil {
			return fmt.Errorf("typing: %w", err)
		}
		s.quiet(900 * time.Millisecond)
		took, _, err := s.press(word[len(word)-1:], 500*time.Millisecond)
		if err != nil {
			return err
		}
		list = append(list, took)
		if _, _, err := s.key("\x1b"); err != nil {
			return err
		}
		s.quiet(500 * time.Millisecond)
	}
	t.took("terminal", "filter typed to its complete result", quantile(list, 0.5), 250*time.Millisecond)
	return nil
}
