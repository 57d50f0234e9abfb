package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"threatbench/api/foreign"
)

// matching runs the command on a database of a few events.
func matching(t *testing.T, in string, args ...string) (out, said string, code int) {
	t.Helper()
	return onAFew(t, in, append([]string{"match"}, args...)...)
}

// onAFew runs a command on a database of a few events.
func onAFew(t *testing.T, in string, args ...string) (out, said string, code int) {
	t.Helper()
	dir := t.TempDir()
	db, events := filepath.Join(dir, "e.db"), filepath.Join(dir, "e.jsonl")
	line := func(value, attacker, tlp string) string {
		return `{"date":"2026-11-01T00:00:00Z","event":"x","category":"C2","attacker":"` + attacker + `","indicator":"` + value + `","tlp":"` + tlp + `","tags":["op-dawn"],"raw":{"data":{"a":1},"source":"s"}}` + "\n"
	}
	text := line("evil.example", "HERON", "amber") + line("198.51.100.7", "OTTER", "red") + line("203.0.113.0/24", "OTTER", "green")
	if err := os.WriteFile(events, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (string, string, int) {
		a, _ := program(t, nil)
		a.tty = func(any) bool { return false }
		var o, e bytes.Buffer
		a.io.In, a.io.Out, a.io.Err = strings.NewReader(in), &o, &e
		code := a.execute(t.Context(), args)
		return o.String(), e.String(), code
	}
	if _, said, code := run("import", "--db", db, events); code != exitOK {
		t.Fatal(said)
	}
	return run(append([]string{"--db", db}, args...)...)
}

func TestMatchTellsHitsAndSumsThemUp(t *testing.T) {
	log := "2026-11-29T10:00:00Z a.evil.example\n2026-11-29T11:00:00Z x\x1b[31m\t198[.]51[.]100[.]7\n10.0.0.1\n"
	out, said, code := matching(t, log, "-")
	wantLines(t, "hits", out, 2)
	if code != exitOK || !strings.Contains(out, "-:1:22\t2026-11-29T10:00:00Z\tevil.example\tparent domain, known good: within example of documentation\tHERON\tamber\t") || !strings.Contains(out, "exact, defanged, known good: within 198.51.100.0/24 of documentation\tOTTER\tred\t") {
		t.Errorf("exit code %d: %s", code, out)
	}
	for _, want := range []string{"looking for 3 indicators of 3 events", "2 hits of 2 indicators in 1 file, 3 lines", "attacker\tHERON\t1 hit of 1 indicator, 2026-11-29T10:00:00Z to", "campaign\top-dawn\t2 hits"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q isn't in %s", want, said)
		}
	}
	out, _, _ = matching(t, log, "--json", "-")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	var hit foundHit
	var end struct{ Summary struct{ Hits, Lines int } }
	if len(lines) != 3 || json.Unmarshal([]byte(lines[1]), &hit) != nil || json.Unmarshal([]byte(lines[2]), &end) != nil {
		t.Fatalf("%q", lines)
	}
	if hit.Indicator != "198.51.100.7" || hit.Line != 2 || !hit.Defanged || hit.TLP != "red" || hit.Count != 1 || end.Summary.Hits != 2 || end.Summary.Lines != 3 {
		t.Errorf("%+v %+v", hit, end)
	}
	out, _, _ = matching(t, "=evil.example\n", "--csv", "-")
	if rows, err := csv.NewReader(strings.NewReader(out)).ReadAll(); err != nil || len(rows) != 2 || rows[1][len(rows[1])-2] != "'=evil.example" {
		t.Errorf("%q %v", rows, err)
	}
	out, said, _ = matching(t, log, "--summary", "-")
	if !strings.HasPrefix(out, "2 hits") || strings.Contains(said, "hits") {
		t.Errorf("%q %q", out, said)
	}
}

func TestMatchIsNarrowedAndTellsByItsExitCode(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "a.gz")
	if err := os.WriteFile(broken, []byte("\x1f\x8b\x08\x00broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	const log = "198.51.100.7\n"
	for args, want := range map[string]int{
		"-":                        exitOK,
		"--query attacker:OTTER -": exitOK,
		"--query attacker:HERON -": exitFailed,
		"--query attacker:NONE -":  exitFailed,
		"--max-tlp amber -":        exitFailed,
		"--max-tlp pink -":         exitUsage,
		"":                         exitUsage,
		"--json --csv -":           exitUsage,
		"--query tlp:( -":          exitUsage,
		broken + " -":              exitPartial,
		dir + "/none":              exitUsage, // nothing was searched
		dir + "/none -":            exitPartial,
	} {
		if out, said, code := matching(t, log, strings.Fields(args)...); code != want {
			t.Errorf("%s: exit code %d, want %d: %s %s", args, code, want, out, said)
		}
	}
}

// A server that gives no more of its events than some leaves a part unsearched.
func TestMatchSaysWhereAServerCutsTheIndicators(t *testing.T) {
	dir := t.TempDir()
	log := filepath.Join(dir, "log")
	if err := os.WriteFile(log, []byte("host.example\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, said, code := against(t, &foreign.Server{Rows: 2500, Cap: 1000, Paging: foreign.Total}, "match", log)
	if code != exitOK || !strings.Contains(out, "host.example") || !strings.Contains(said, "2,500 events") {
		t.Errorf("exit code %d: %s %s", code, out, said)
	}
	_, said, code = against(t, &foreign.Server{Rows: 2500, Cap: 1000, Paging: foreign.IgnoresPage}, "match", log)
	if code != exitPartial || !strings.Contains(said, "the server gives no more") {
		t.Errorf("exit code %d: %s", code, said)
	}
}

// What is known to be harmless is marked, and left out of block lists.
func TestKnownGoodIsMarkedAndSpared(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "config.toml")
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("mine.csv", "rank,name\n1,evil.example\n2,corp-b.com\n")
	write("config.toml", "[known_good]\nfiles = [\"mine*.csv\"]\nwithout = [\"documentation\"]\n")
	out, said, code := onAFew(t, "", "--config", config, "export", "--format", "plain")
	if code != exitOK || strings.Contains(out, "\nevil.example") || !strings.Contains(out, "203.0.113.0/24") || !strings.Contains(said, "left out, known good (mine): evil.example") {
		t.Errorf("exit code %d: %s %s", code, out, said)
	}
	out, _, code = onAFew(t, "", "--config", config, "lookup", "--format", "json", "a.evil[.]example")
	if !strings.Contains(out, `"knownGood":{"list":"mine","how":"below","value":"evil.example"}`) {
		t.Errorf("exit code %d: %s", code, out)
	}
	_, said, code = matching(t, "evil.example\n", "--config", config, "--without-known-good", "-")
	if code != exitFailed || !strings.Contains(said, "1 indicator left out as known good") {
		t.Errorf("exit code %d: %s", code, said)
	}
	write("mine2.csv", "no list at all\n")
	out, said, code = onAFew(t, "", "--config", config, "known-good", "corp-b.com", "other.org")
	if code != exitPartial || !strings.Contains(out, "corp-b.com\tknown good: mine") || !strings.Contains(out, "other.org\tnot on any list") || !strings.Contains(said, "mine2.csv: ") {
		t.Errorf("exit code %d: %s %s", code, out, said)
	}
}

// A hit of a network or a domain is left out where what stands there is known
// to be good, and counted.
func TestMatchLeavesOutWhatStandsThereAndIsKnownGood(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "config.toml")
	for name, text := range map[string]string{"mine.csv": "203.0.113.8\ngood.evil.example\n", "config.toml": "[known_good]\nfiles = [\"mine.csv\"]\nwithout = [\"documentation\"]\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const log = "203.0.113.8\n203.0.113.9\nWWW.good.evil.example\nbad.evil.example\n203[.]0[.]113[.]8\n"
	out, said, code := matching(t, log, "--config", config, "-")
	if code != exitOK || strings.Count(out, "\n") != 5 || !strings.Contains(out, "network, 203.0.113.8 is known good: mine") ||
		!strings.Contains(out, "www.good.evil.example is known good: within good.evil.example of mine") || !strings.Contains(said, "3 hits of known-good values (mine)") {
		t.Errorf("exit code %d: %s %s", code, out, said)
	}
	out, said, code = matching(t, log, "--config", config, "--without-known-good", "-")
	if code != exitOK || strings.Count(out, "\n") != 2 || strings.Contains(out, "is known good:") ||
		!strings.Contains(said, "\n2 hits of 2 indicators") || !strings.Contains(said, "3 hits left out: what stands there is known good (mine)") {
		t.Errorf("exit code %d: %s %s", code, out, said)
	}
	out, _, _ = matching(t, log, "--config", config, "--without-known-good", "--json", "-")
	if !strings.Contains(out, `"knownGoodLeftOut":3`) || !strings.Contains(out, `"hits":2`) {
		t.Error(out)
	}
	if _, _, code = matching(t, "203.0.113.8\n", "--config", config, "--without-known-good", "-"); code != exitFailed {
		t.Errorf("exit code %d of nothing but what is left out", code)
	}
}

func TestExportWritesBlockLists(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list")
	_, said, code := onAFew(t, "", "export", "--format", "nftables", "--with-known-good", "--max-tlp", "amber", "-o", path)
	b, err := os.ReadFile(path)
	if text := string(b); err != nil || code != exitOK || !strings.Contains(text, "203.0.113.0/24") || strings.Contains(text, "198.51.100.7") || !strings.Contains(text, "# limited to TLP amber") {
		t.Errorf("exit code %d, %v: %s %s", code, err, said, text)
	}
	if !strings.Contains(said, "1 event left out by --max-tlp amber") || !strings.Contains(said, "evil.example") {
		t.Errorf("what is left out isn't said: %s", said)
	}
	for _, args := range [][]string{{"--format", "iptables"}, {"--format", "yara", "--columns", "date"}, {"--format", "yara", "--title", "x"}} {
		if _, said, code := onAFew(t, "", append([]string{"export"}, args...)...); code != exitUsage {
			t.Errorf("%q: exit code %d, %s", args, code, said)
		}
	}
	out, said, code := against(t, &foreign.Server{Rows: 2500, Cap: 1000, Paging: foreign.IgnoresPage}, "export", "--format", "plain", "--with-known-good")
	if code != exitPartial || !strings.Contains(out, "host.example") || !strings.Contains(said, "the server gives no more") {
		t.Errorf("a server that cuts: exit code %d, %s %s", code, out, said)
	}
}
