package sshd_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"threatbench/cli/sshd"
)

// lineBreaks are all that some program takes for the end of a line.
var lineBreaks = regexp.MustCompile("\r\n|[\n\v\f\r\u0085\u2028\u2029]")

// TestAnEntryIsALine has every text of an entry try to be an entry of its own.
func TestAnEntryIsALine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit")
	a, err := sshd.OpenAudit(path)
	if err != nil {
		t.Fatal(err)
	}
	evil := "a\nF\rF\vF\fF\u0085{\"what\":\"login\"}\u2028F\u2029F\x1bE\u202e\x7f"
	in := sshd.Entry{At: time.Unix(0, 0).UTC(), What: evil, Who: evil, From: evil, Key: evil, Outcome: evil, IDs: []string{evil}, Note: evil, Took: evil}
	for range 2 {
		if err := a.Write(in); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(lineBreaks.FindAll(text, -1)); got != 2 || bytes.ContainsAny(text, "\x1b\x7f\u202e") {
		t.Errorf("%d lines instead of 2: %q", got, text)
	}
	var out sshd.Entry
	if err := json.Unmarshal(bytes.Split(text, []byte("\n"))[1], &out); err != nil || out.Note != evil {
		t.Errorf("%q %v", out.Note, err)
	}
}

// TestALogRecordIsALine holds it of the handler that both servers log by.
func TestALogRecordIsALine(t *testing.T) {
	var b bytes.Buffer
	log := slog.New(slog.NewTextHandler(&b, nil))
	evil := "a\nF\rF\vF\fF\u0085F\u2028F\u2029F\x1bE\u202e\x7f\xff"
	log.Error(evil, slog.String("error", evil), slog.Any("panic", evil), slog.String(evil, ""))
	if got := len(lineBreaks.FindAll(b.Bytes(), -1)); got != 1 || bytes.ContainsAny(b.Bytes(), "\x1b\x7f\u202e") {
		t.Errorf("%d lines instead of 1: %q", got, b.String())
	}
}
