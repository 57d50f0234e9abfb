//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
)

// patience bounds every wait; nothing waits longer than it has to.
const patience = 30 * time.Second

// binary builds the program once for all tests of this file.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "threatbench-e2e-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "threatbench")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building the program: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := binary(); err == nil {
		os.RemoveAll(filepath.Dir(path)) // a directory of the system's temporary ones
	}
	os.Exit(code)
}

// terminal is the program on a pseudo-terminal, with an emulator as its
// screen.
type terminal struct {
	t    *testing.T
	cmd  *exec.Cmd
	tty  *os.File
	done chan struct{}

	mu     sync.Mutex
	screen *vt.Emulator
	raw    bytes.Buffer
	wrote  *sync.Cond
}

type setup struct {
	args   []string
	env    []string
	w, h   int
	silent bool   // the terminal answers no query
	shell  string // runs "$0" "$@" itself; "" runs the program
}

func start(t *testing.T, s setup) *terminal {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	cmd := exec.CommandContext(t.Context(), path, s.args...)
	if s.shell != "" {
		cmd = exec.CommandContext(t.Context(), "bash", append([]string{"--norc", "-mc", s.shell, path}, s.args...)...)
	}
	x := &terminal{t: t, cmd: cmd, screen: vt.NewEmulator(s.w, s.h), done: make(chan struct{})}
	x.wrote = sync.NewCond(&x.mu)
	x.cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_DATA_HOME=" + home, "XDG_CONFIG_HOME=" + home, "XDG_STATE_HOME=" + home,
		"TERM=xterm-256color", "COLORTERM=truecolor", "TMPDIR=" + home,
	}, s.env...)
	x.tty, err = pty.StartWithSize(x.cmd, &pty.Winsize{Cols: uint16(s.w), Rows: uint16(s.h)})
	if err != nil {
		t.Fatalf("starting the program on a pseudo-terminal: %v", err)
	}
	go x.read()
	go x.answer(s.silent)
	t.Cleanup(func() {
		x.cmd.Process.Kill() // it has ended already where the test went well
		x.tty.Close()        // likewise
		if pipe, ok := x.screen.InputPipe().(io.Closer); ok {
			pipe.Close() // ends answer; the emulator's own Close races with it
		}
	})
	return x
}

// read feeds the program's output to the emulator until the program ends.
func (x *terminal) read() {
	buf := make([]byte, 32<<10)
	for {
		n, err := x.tty.Read(buf)
		x.mu.Lock()
		x.raw.Write(buf[:n])
		x.screen.Write(buf[:n]) // an emulator in memory
		x.wrote.Broadcast()
		x.mu.Unlock()
		if err != nil {
			x.cmd.Wait() // its exit code is asked for by exit
			close(x.done)
			x.mu.Lock()
			x.wrote.Broadcast()
			x.mu.Unlock()
			return
		}
	}
}

// answer sends the emulator's answers to queries back, as a terminal does.
func (x *terminal) answer(silent bool) {
	var to io.Writer = x.tty
	if silent {
		to = io.Discard
	}
	io.Copy(to, x.screen) // ends with the test
}

func (x *terminal) text() string { return ansi.Strip(x.screen.Render()) }

// until waits for a state of the screen.
func (x *terminal) until(what string, holds func(screen string) bool) {
	x.t.Helper()
	stop := time.AfterFunc(patience, func() { x.mu.Lock(); x.wrote.Broadcast(); x.mu.Unlock() })
	defer stop.Stop()
	deadline := time.Now().Add(patience)
	x.mu.Lock()
	defer x.mu.Unlock()
	for !holds(x.text()) {
		if time.Now().After(deadline) {
			x.t.Fatalf("never seen: %s; the screen:\n%s", what, x.text())
		}
		x.wrote.Wait()
	}
}

func (x *terminal) see(texts ...string) {
	x.t.Helper()
	for _, s := range texts {
		x.until(fmt.Sprintf("%q", s), func(screen string) bool { return strings.Contains(screen, s) })
	}
}

func (x *terminal) gone(s string) {
	x.t.Helper()
	x.until(fmt.Sprintf("no %q", s), func(screen string) bool { return !strings.Contains(screen, s) })
}

func (x *terminal) keys(s string) {
	x.t.Helper()
	if _, err := x.tty.WriteString(s); err != nil {
		x.t.Fatalf("typing %q: %v", s, err)
	}
}

// exit waits for the program's end and gives its exit code.
func (x *terminal) exit() int {
	x.t.Helper()
	ctx, cancel := context.WithTimeout(x.t.Context(), patience)
	defer cancel()
	select {
	case <-x.done:
		return x.cmd.ProcessState.ExitCode()
	case <-ctx.Done():
		x.mu.Lock()
		defer x.mu.Unlock()
		x.t.Fatalf("the program doesn't end; the screen:\n%s", x.text())
		return -1
	}
}

// restored tells whether the program left the terminal as it found it: the
// modes it set are reset.
func (x *terminal) restored() {
	x.t.Helper()
	x.mu.Lock()
	defer x.mu.Unlock()
	out := x.raw.String()
	for _, mode := range []string{"1049", "1002", "1006", "2004"} {
		on, off := strings.LastIndex(out, "\x1b[?"+mode+"h"), strings.LastIndex(out, "\x1b[?"+mode+"l")
		if on >= 0 && off < on {
			x.t.Errorf("mode %s is still set at the end", mode)
		}
	}
	if strings.LastIndex(out, "\x1b[?25h") < strings.LastIndex(out, "\x1b[?25l") {
		x.t.Error("the cursor is still hidden at the end")
	}
}

func TestFirstMinute(t *testing.T) {
	x := start(t, setup{args: []string{"demo", "--events", "2000"}, w: 120, h: 40})
	x.see("1 of 2,000", "ATTACKER", "DATE", "Overview")
	x.keys("j")
	x.see("2 of 2,000")
	x.keys("G")
	x.see("2,000 of 2,000")
	x.keys("g/")
	x.keys("category:Phishing")
	x.gone("of 2,000")
	x.keys("\r\r") // the filter is used, and the first event opened
	x.see("WHO", "category         Phishing", "esc close")
	x.keys("\x1b[AR") // a letter this soon after the filter counts as typed into it, one after an arrow doesn't
	x.see("source", "{")
	x.keys("\x1b")
	x.see("⏎ open")
	x.keys(":")
	x.see("Commands")
	x.keys("go to detail\r")
	x.see("2 Detail", "unfold all")
	x.keys("\x03") // a letter this soon after the palette counts as typed into it
	if code := x.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	x.restored()
}

func TestTerminalThatNeverAnswers(t *testing.T) {
	x := start(t, setup{args: []string{"demo", "--events", "300"}, w: 80, h: 24, silent: true})
	x.see("1 of 300")
	x.keys("q")
	if code := x.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	x.restored()
}

func TestNoColour(t *testing.T) {
	x := start(t, setup{args: []string{"demo", "--events", "300", "--color", "never", "--ascii"}, w: 80, h: 24})
	x.see("1 of 300")
	x.keys("q")
	x.exit()
	x.mu.Lock()
	defer x.mu.Unlock()
	if i := strings.Index(x.raw.String(), "\x1b[38"); i >= 0 {
		t.Errorf("a colour is sent at byte %d", i)
	}
	for _, r := range x.text() {
		if r > 0x7e {
			t.Fatalf("%q is drawn in ASCII mode", r)
		}
	}
}

func TestResizeDownToNothingAndBack(t *testing.T) {
	x := start(t, setup{args: []string{"demo", "--events", "300"}, w: 100, h: 30})
	x.see("1 of 300")
	for _, size := range [][2]uint16{{10, 3}, {300, 100}, {40, 10}, {1, 1}, {80, 24}} {
		x.mu.Lock()
		x.screen.Resize(int(size[0]), int(size[1]))
		x.mu.Unlock()
		if err := pty.Setsize(x.tty, &pty.Winsize{Cols: size[0], Rows: size[1]}); err != nil {
			t.Fatal(err)
		}
	}
	x.see("1 of 300", "⏎ open")
	x.keys("q")
	if code := x.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestSignalsEndItCleanly(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP} {
		x := start(t, setup{args: []string{"demo", "--events", "300"}, w: 80, h: 24})
		x.see("1 of 300")
		if err := x.cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		x.exit()
		x.restored()
		if left, _ := filepath.Glob(filepath.Join(strings.TrimPrefix(x.cmd.Env[1], "HOME="), "threatbench-demo*")); len(left) > 0 {
			t.Errorf("%v: the throwaway database is left behind: %v", sig, left)
		}
	}
}

func TestFirstStartImportsAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "events.jsonl")
	lines := `{"date":"2026-01-02T03:04:05Z","event":"first line of the file","category":"Phishing","tlp":"amber","attacker":"TESTKESTREL","raw":{"data":{"n":1}}}
{"date":"not a date","event":"x","category":"Phishing","tlp":"amber","raw":{"data":{}}}
`
	if err := os.WriteFile(file, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	x := start(t, setup{w: 100, h: 30})
	x.see("Welcome", "Import a file", "Load the demo", "Connect an account")
	x.keys("i")
	x.see("import which file")
	x.keys(file + "\r")
	x.see("Import events.jsonl", "1 event, 1 left out")
	x.keys("\r")
	x.see("Imported: events.jsonl", "1 event created, 1 left out")
	x.keys("\r")
	x.see("1 of 1", "TESTKESTREL")
	x.keys("\x03") // a letter this soon after the field counts as typed into it
	if code := x.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// child is the process that the shell of a terminal runs.
func (x *terminal) child() int {
	x.t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		x.t.Fatal(err)
	}
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		var pid, parent int
		var state string
		_, rest, _ := strings.Cut(string(b), ") ")
		if _, err := fmt.Sscan(rest, &state, &parent); err == nil && parent == x.cmd.Process.Pid {
			fmt.Sscan(string(b), &pid)
			return pid
		}
	}
	x.t.Fatal("the shell runs nothing")
	return 0
}

// TestStoppedFromOutside sends the signal that ctrl+z is, from elsewhere: the
// shell gets its terminal back as it was, and fg brings the workbench back.
func TestStoppedFromOutside(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("no /proc to find the program in")
	}
	x := start(t, setup{args: []string{"demo", "--events", "300"}, w: 100, h: 30, shell: `"$0" "$@"; stty -a; echo back-in-shell; read x; fg; echo "over $?"`})
	x.see("1 of 300")
	if err := syscall.Kill(x.child(), syscall.SIGTSTP); err != nil {
		t.Fatal(err)
	}
	x.see("back-in-shell")
	x.restored()
	x.see(" icanon", " echo ")
	x.keys("\r")
	x.gone("back-in-shell")
	x.see("1 of 300")
	x.keys("j")
	x.see("2 of 300")
	x.keys("q")
	x.see("over 0")
	x.exit()
	x.restored()
}

// TestQuitFromOutside ends the workbench by SIGQUIT: no stacks on a raw
// terminal.
func TestQuitFromOutside(t *testing.T) {
	x := start(t, setup{args: []string{"demo", "--events", "300"}, w: 100, h: 30})
	x.see("1 of 300")
	if err := x.cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	if code := x.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	x.restored()
	x.mu.Lock()
	defer x.mu.Unlock()
	if strings.Contains(x.raw.String(), "goroutine ") {
		t.Error("stacks are written over the screen")
	}
}
