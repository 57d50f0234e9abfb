package cli

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"threatbench/api"
	"threatbench/api/async"
)

// lineBreaks are all that some program takes for the end of a line.
var lineBreaks = regexp.MustCompile("\r\n|[\n\v\f\r\u0085\u2028\u2029]")

// forged is a value that tries to be a line of its own, once by each break.
func forged() string {
	return "a\nF\rF\r\nF\vF\fF\u0085F\u2028F\u2029F\x1b[2K\x1bE"
}

func wantLines(t *testing.T, what, text string, n int) {
	t.Helper()
	if got := len(lineBreaks.FindAllString(text, -1)); got != n || strings.Contains(text, "\x1b") {
		t.Errorf("%s: %d lines instead of %d: %q", what, got, n, text)
	}
}

func TestAValueForgesNoLine(t *testing.T) {
	evil := forged()
	found := []async.Sighting{{Lookup: api.Lookup{Value: evil, Canonical: evil, Host: &api.Known{Value: evil, Count: 1}}}, {Lookup: api.Lookup{Value: "=1" + evil}}}
	for format, lines := range map[string]int{"table": 2, "csv": 3, "json": 2} {
		var b bytes.Buffer
		if err := writeLookups(&b, found, nil, format); err != nil {
			t.Fatal(err)
		}
		wantLines(t, "lookup as "+format, b.String(), lines)
		if format == "csv" {
			rows, err := csv.NewReader(&b).ReadAll()
			if err != nil || len(rows) != 3 || !strings.HasPrefix(rows[2][0], "'=1") {
				t.Errorf("%q %v", rows, err)
			}
		}
	}
	var b bytes.Buffer
	e := api.Event{Category: evil, Event: evil, Attacker: evil, Indicator: evil, TLP: evil, Insight: evil, Tags: []string{evil}}
	if err := writeJSONLine(&b, e); err != nil {
		t.Fatal(err)
	}
	wantLines(t, "events as JSON", b.String(), 1)

	a, said := program(t, nil)
	if err := a.print("%s", evil); err != nil {
		t.Fatal(err)
	}
	wantLines(t, "an answer", said.String(), 1)
	said.Reset()
	a.note("%s", evil)
	wantLines(t, "a note", said.String(), 1)
	said.Reset()
	a.err = fmt.Errorf("reading %s: %w", evil, io.ErrUnexpectedEOF)
	a.exit()
	wantLines(t, "an error", said.String(), 1)
	said.Reset()
	m := a.meter(evil)
	m.terminal, m.last = false, m.last.Add(-2*lineEvery)
	m.show(1, 2, 1)
	wantLines(t, "progress", said.String(), 1)
}
