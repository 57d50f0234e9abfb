package main

import (
	"debug/elf"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// What packages may do before main begins, on the two slow cores of the
// machine this is developed on. Work of other programs only adds to it, so the
// best time of each package in several starts counts; the bytes are nearly the
// same each time.
const (
	maxInitMillis = 15
	maxInitBytes  = 5 << 20
	maxStarts     = 40
	maxStripped   = 48 << 20 // bytes of the program as it is published
)

// TestPackagesStartFast: every command waits for the initialisation of all
// packages, "threatbench version" too. What is heavy is made when it is used.
func TestPackagesStartFast(t *testing.T) {
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	best := map[string]float64{} // milliseconds a package
	bytes, total, slowest := 0, 0.0, ""
	for range maxStarts {
		cmd := exec.CommandContext(t.Context(), path, "version")
		cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
		var trace strings.Builder
		cmd.Stderr = &trace
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		bytes = addInits(t, trace.String(), best)
		if total, slowest = sumUp(best); total <= maxInitMillis {
			break
		}
	}
	t.Logf("%.1f ms, %d bytes; most of it %s", total, bytes, slowest)
	if total > maxInitMillis && !underCoverage() {
		t.Errorf("packages take %.1f ms before main begins, most of it %s; want %d", total, slowest, maxInitMillis)
	}
	if bytes > maxInitBytes {
		t.Errorf("packages take %d bytes before main begins, most time %s; want %d", bytes, slowest, maxInitBytes)
	}
}

// TestProgramIsSmall adds up what of the program is left once it is stripped.
func TestProgramIsSmall(t *testing.T) {
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	f, err := elf.Open(path)
	if err != nil {
		t.Skipf("no ELF here: %v", err)
	}
	defer f.Close() // read only
	size := uint64(0)
	for _, s := range f.Sections {
		if s.Flags&elf.SHF_ALLOC != 0 && s.Type != elf.SHT_NOBITS {
			size += s.FileSize
		}
	}
	if size < 10<<20 || size > maxStripped {
		t.Errorf("the program has %d bytes without its symbols, want at most %d", size, maxStripped)
	}
}

// underCoverage reports whether tests run with counters in the program.
func underCoverage() bool { return testing.CoverMode() != "" }

// addInits reads an init trace, keeps the best time of each package in
// milliseconds, and adds up the bytes.
func addInits(t *testing.T, trace string, best map[string]float64) (bytes int) {
	t.Helper()
	lines := 0
	for line := range strings.Lines(trace) {
		// init NAME @0.1 ms, 0.02 ms clock, 123 bytes, 4 allocs
		f := strings.Fields(line)
		if len(f) < 9 || f[0] != "init" || f[6] != "clock," {
			continue
		}
		ms, errMillis := strconv.ParseFloat(f[4], 64)
		n, errBytes := strconv.Atoi(f[7])
		if errMillis != nil || errBytes != nil {
			t.Fatalf("not understood: %s", line)
		}
		if known, ok := best[f[1]]; !ok || ms < known {
			best[f[1]] = ms
		}
		lines, bytes = lines+1, bytes+n
	}
	if lines < 30 {
		t.Fatalf("the init trace has %d packages:\n%s", lines, trace)
	}
	return bytes
}

// sumUp is the time of all packages, and the one that takes most.
func sumUp(best map[string]float64) (millis float64, slowest string) {
	for name, ms := range best {
		millis += ms
		if slowest == "" || ms > best[slowest] {
			slowest = name
		}
	}
	return millis, slowest
}
