package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestKillDuringImport kills an import at several moments, without warning,
// and then imports again: the end must be the same as without the kill.
func TestKillDuringImport(t *testing.T) {
	const events = 1_200
	dir := t.TempDir()
	text := lines(0, events)
	program := func(args ...string) *exec.Cmd { return command(dir, args...) }
	export := func(db string) string {
		out, err := program("export", "--db", db).Output()
		if err != nil {
			t.Fatalf("exporting: %v", err)
		}
		return string(out)
	}
	whole := filepath.Join(dir, "whole.db")
	importAll := func(db string) string {
		cmd := program("import", "--db", db, "-")
		cmd.Stdin = strings.NewReader(text)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("importing: %v\n%s", err, out)
		}
		return string(out)
	}
	importAll(whole)
	want := withoutCreated(export(whole))
	for _, part := range []float64{0.4, 0.9} {
		db := filepath.Join(dir, "killed.db")
		kill(t, program("import", "--db", db, "-"), text[:int(float64(len(text))*part)])
		before := strings.Count(export(db), "\n") // opens, and is whole lines
		said := importAll(db)
		if got := withoutCreated(export(db)); got != want {
			t.Errorf("killed after %.0f %%: the end differs (%d events before, then: %s)", part*100, before, said)
		}
		if again := importAll(db); !strings.Contains(again, fmt.Sprintf("0 events created, %s there already, 0 relationships made", grouped(events))) {
			t.Errorf("importing once more: %s", again)
		}
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if err := os.Remove(db + suffix); err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
		}
	}
}

// kill feeds a program and kills it as soon as it has taken everything but
// the pipe's own buffer.
func kill(t *testing.T, cmd *exec.Cmd, input string) {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(in, input); err != nil {
		t.Fatalf("feeding: %v %s", err, said.String())
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("it ended before it was killed")
	}
}

// withoutCreated takes out when the server learnt of the events, which two
// imports cannot share.
func withoutCreated(text string) string {
	out := strings.Split(text, "\n")
	for i, line := range out {
		before, rest, ok := strings.Cut(line, `,"createdAt":"`)
		if _, after, found := strings.Cut(rest, `"`); ok && found {
			out[i] = before + after
		}
	}
	return strings.Join(out, "\n")
}
