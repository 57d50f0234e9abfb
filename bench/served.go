package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"syscall"
	"time"

	"threatbench/cli"
)

// gauge is what a server says of itself.
type gauge struct {
	Goroutines int
	Heap       uint64 // bytes that a collection leaves
	Stacks     string // where the goroutines are and what holds the heap, if asked
}

// stacks is where the goroutines are, and what allocated the live heap.
func stacks() string {
	var b strings.Builder
	for _, name := range []string{"goroutine", "heap"} {
		pprof.Lookup(name).WriteTo(&b, 1) // in memory
	}
	return b.String()
}

// be runs the program's command line in this process, which answers each line
// on descriptor 3 with its gauge on descriptor 4. A server under test is this
// program once more, since threatbench itself has no door to its inside.
func be(args []string) int {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(30) // as main.go has it
	}
	asked, answers := os.NewFile(3, "asked"), json.NewEncoder(os.NewFile(4, "answers"))
	go func() {
		for in := bufio.NewScanner(asked); in.Scan(); {
			runtime.GC()
			runtime.GC() // what the first one's finalizers and pools let go
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			g := gauge{Goroutines: runtime.NumGoroutine(), Heap: m.HeapAlloc}
			if in.Text() != "" {
				g.Stacks = stacks()
			}
			if answers.Encode(g) != nil {
				return
			}
		}
	}()
	return cli.Main(context.Background(), args, cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, cli.ShowWorkbench)
}

// served is a server under test.
type served struct {
	cmd     *exec.Cmd
	addr    string
	ask     *os.File
	answers *json.Decoder
}

// serve starts a server with the command line args.
func serve(ctx context.Context, args ...string) (*served, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	theirs, ask, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("starting the server: %w", err)
	}
	answers, ours, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("starting the server: %w", err)
	}
	s := &served{cmd: exec.CommandContext(ctx, self, append([]string{"-serve"}, args...)...), ask: ask, answers: json.NewDecoder(answers)}
	s.cmd.ExtraFiles = []*os.File{theirs, ours}
	s.cmd.Stderr = os.Stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the server: %w", err)
	}
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the server: %w", err)
	}
	theirs.Close() // the child has them
	ours.Close()   // likewise
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("starting the server: %w", err)
	}
	s.addr = strings.TrimSpace(strings.TrimPrefix(line, "address"))
	return s, nil
}

// end asks the server to end and tells how it did.
func (s *served) end(within time.Duration) error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("ending the server: %w", err)
	}
	late := time.AfterFunc(within, func() { s.cmd.Process.Kill() }) // it may have ended by now
	defer late.Stop()
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("the server ended badly: %w", err)
	}
	return nil
}

// reading is a server's use of the machine at one time.
type reading struct {
	gauge
	Resident float64 // MiB, 0 where the system doesn't tell
	Files    int     // open descriptors, likewise
}

func (r reading) heap() float64 { return float64(r.Heap) / (1 << 20) }

func (s *served) read() (reading, error) { return s.question("\n") }

func (s *served) question(line string) (reading, error) {
	var r reading
	if _, err := s.ask.WriteString(line); err != nil {
		return r, fmt.Errorf("asking the server how it is: %w", err)
	}
	if err := s.answers.Decode(&r.gauge); err != nil {
		return r, fmt.Errorf("asking the server how it is: %w", err)
	}
	r.Resident = resident(s.cmd.Process.Pid)
	if list, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.cmd.Process.Pid)); err == nil {
		r.Files = len(list)
	}
	return r, nil
}

// resident is the memory that a process has now, in MiB; 0 where the system
// doesn't tell.
func resident(pid int) float64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(b))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.Atoi(fields[1])
	if err != nil {
		return 0
	}
	return float64(pages) * float64(os.Getpagesize()) / (1 << 20)
}
