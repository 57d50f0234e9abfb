package interchange

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"threatbench/api"
)

func exportAs(t *testing.T, m *memory, o ExportOptions) (string, ExportReport) {
	t.Helper()
	var b bytes.Buffer
	o.Now = time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)
	report, err := Export(t.Context(), m, api.ListQuery{}, &b, o, nil)
	if err != nil {
		t.Fatalf("exporting as %s: %v", o.Format, err)
	}
	return b.String(), report
}

// fullRow is a line with something in every field.
func fullRow(n int, tlp string) string {
	b, err := json.Marshal(map[string]any{
		"id": id(n), "date": "2024-03-01T10:00:00Z", "createdAt": "2024-03-02T00:00:00Z", "event": "Two\nlines, \"quoted\"", "category": "Phishing", "attacker": "BEAR",
		"attackerCountry": "FR", "targetCountry": "DE", "targetIndustry": "Finance", "indicator": "evil.example", "indicatorType": "domain", "killChain": 3,
		"mitreAttack": []string{"T1566"}, "mitreCapec": []string{"CAPEC-163"}, "tlp": tlp, "tags": []string{"a;b", "c"}, "insight": "**why** [x](http://evil.example)",
		"raw": map[string]any{"data": map[string]any{"a": 1}, "source": "us", "tlp": tlp}, "relationships": []any{map[string]any{"parentId": id(99), "relationshipType": "caused_by"}}, "dataset": "Feed",
	})
	if err != nil {
		panic(err)
	}
	return string(b)
}

// TestRoundTrips holds that an event comes back as it was, through every form
// that can be read again.
func TestRoundTrips(t *testing.T) {
	m := newMemory()
	doImport(t, rows(row(99, `,"createdAt":"2024-03-02T00:00:00Z"`), fullRow(1, "green"), fullRow(2, "red")), m, ImportOptions{})
	for _, o := range []ExportOptions{{Format: JSONL}, {Format: CSV, Columns: FieldNames()}, {Format: STIX}} {
		text, done := exportAs(t, m, o)
		back := newMemory()
		report := doImport(t, text, back, ImportOptions{})
		if done.Written != 3 || report.Created != 3 || report.Relationships != 2 || len(report.Rejected) > 0 {
			t.Errorf("%s: %+v, %+v", o.Format, done, report)
		}
		for uuid, e := range m.events {
			got := back.events[uuid]
			e.DatasetID, got.DatasetID = "", ""
			if a, b := encoded(t, e), encoded(t, got); a != b {
				t.Errorf("%s:\n%s\nbecame\n%s", o.Format, a, b)
			}
			if o.Format != STIX && string(m.raws[uuid].Data) != string(back.raws[uuid].Data) {
				t.Errorf("%s: raw %s became %s", o.Format, m.raws[uuid].Data, back.raws[uuid].Data)
			}
		}
		for e, made := range m.edges {
			if back.edges[e] != made {
				t.Errorf("%s: %v is lost", o.Format, e)
			}
		}
		if again, _ := exportAs(t, m, o); again != text {
			t.Errorf("%s: not the same twice", o.Format)
		}
	}
}

func encoded(t *testing.T, e api.Event) string {
	t.Helper()
	e.Tags = slices.Clone(e.Tags)
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestMaxTLP(t *testing.T) {
	m := newMemory()
	doImport(t, rows(fullRow(1, "clear"), fullRow(2, "TLP:AMBER+STRICT"), fullRow(3, "red"), fullRow(4, "amber"), strings.Replace(fullRow(5, "green"), `"tlp":"green"}`, `"tlp":"red"}`, 1)), m, ImportOptions{})
	for _, f := range ExportFormats() {
		for _, c := range []struct {
			most    api.TLP
			written int
		}{{api.TLPNone, 5}, {api.TLPRed, 5}, {api.TLPAmberStrict, 4}, {api.TLPAmber, 3}, {api.TLPClear, 1}} {
			text, done := exportAs(t, m, ExportOptions{Format: f, MaxTLP: c.most, PageSize: 2})
			if done.Written != c.written || done.LeftOut != 5-c.written {
				t.Errorf("%s at most %v: %+v", f, c.most, done)
			}
			if strings.Contains(text, id(3)) != (c.most == api.TLPNone || c.most == api.TLPRed) {
				t.Errorf("%s at most %v: the red event is wrong:\n%s", f, c.most, text)
			}
		}
	}
	if text, _ := exportAs(t, m, ExportOptions{Format: JSONL, MaxTLP: api.TLPGreen}); strings.Contains(strings.Split(text, "\n")[1], `"a":1`) || !strings.Contains(text, id(5)) {
		t.Errorf("a raw record marked red is written:\n%s", text)
	}
}

// TestHostileExports puts every payload of the corpus into every field and
// looks at what comes out.
func TestHostileExports(t *testing.T) {
	files, err := filepath.Glob("../../testdata/hostile/*.txt")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	m := newMemory()
	for i, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s := string(b)
		date, _ := api.ParseTime("2024-03-01")
		m.events[id(i)] = api.Event{
			UUID: id(i), Date: date, Event: s, Category: s, Attacker: s, AttackerCountry: s, TargetCountry: s, TargetIndustry: s, Indicator: s, IndicatorType: s,
			MitreAttack: []string{s}, MitreCapec: []string{s, s}, TLP: "green", Tags: []string{s, s + "x"}, Insight: s, RawID: "1", DatasetID: m.datasets[0].UUID,
		}
		m.raws[id(i)] = api.Raw{Data: json.RawMessage(appendString(nil, s)), Source: s}
	}
	for _, o := range []ExportOptions{{Format: JSONL}, {Format: CSV, Columns: FieldNames()}, {Format: STIX}, {Format: Markdown, Title: "=\x1b[2J", Filter: "a`b\x1b"}} {
		text, done := exportAs(t, m, o)
		if done.Written != len(files) {
			t.Errorf("%s: %+v", o.Format, done)
		}
		for _, r := range text {
			if r < ' ' && r != '\n' && r != '\r' || r == 0x7f || r > 0x7f && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co)) {
				t.Fatalf("%s: U+%04X is written as it is", o.Format, r)
			}
		}
		switch o.Format {
		case CSV:
			checkCells(t, text)
		case STIX:
			if !json.Valid([]byte(text)) {
				t.Error("the bundle is not JSON")
			}
		}
	}
}

// checkCells reads CSV with a reader that isn't ours.
func checkCells(t *testing.T, text string) {
	t.Helper()
	r := csv.NewReader(strings.NewReader(text))
	all, err := r.ReadAll()
	if err != nil {
		t.Fatalf("another reader: %v", err)
	}
	for _, row := range all {
		for _, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
				t.Errorf("a spreadsheet computes %q", cell)
			}
		}
	}
}

func TestCells(t *testing.T) {
	for in, want := range map[string]string{"=1": "'=1", " +1": `json:" +1"`, "-1": "'-1", "@a": "'@a", "＝1": "'＝1", "a=1": "a=1", "'=1": "''=1", "'a": "'a", "": "", "\n=1": `json:"\n=1"`,
		"a\tb\nc": "a\tb\nc", "a\x1b[31m": `json:"a\u001b[31m"`, "a\u202eb": `json:"a\u202eb"`, "json:1": `json:"json:1"`, " a": `json:" a"`, "👩\u200d👧": `json:"👩\u200d👧"`} {
		got := cellOf("event", in)
		if got != want {
			t.Errorf("%q is written %q", in, got)
		}
		if back := verbatim(got); back != in {
			t.Errorf("%q comes back as %q", in, back)
		}
	}
}

// TestCellsKeepToTheirLine has a value that looks like the next event, for
// readers that know of no quotes.
func TestCellsKeepToTheirLine(t *testing.T) {
	for _, brk := range []string{"\n", "\r", "\r\n", "\v", "\f", "\u0085", "\u2028", "\u2029"} {
		in := "BEAR" + brk + "2024-03-01,red,forged"
		got := cellOf("attacker", in)
		if strings.ContainsAny(got, "\n\r\v\f\u0085\u2028\u2029") {
			t.Errorf("%q breaks its line: %q", in, got)
		}
		if back := verbatim(got); back != in {
			t.Errorf("%q comes back as %q", in, back)
		}
	}
}

func TestReport(t *testing.T) {
	m := newMemory()
	doImport(t, rows(fullRow(1, "green"), fullRow(2, "red")), m, ImportOptions{})
	text, _ := exportAs(t, m, ExportOptions{Format: Markdown, Title: "A *week*", Filter: "tlp:green", MaxTLP: api.TLPGreen})
	for _, want := range []string{
		"# A \\*week\\*\n", "- Filter: `tlp:green`\n", "- Period of the events: 2024-03-01 ", "- Events: 1\n", "| BEAR | 1 |\n", "| Phishing | 1 |\n", "| green | 1 |\n", "## Events by ATT&CK technique\n", "| T1566 Phishing | 1 |\n", "| 2024-03-01 | 1 |\n",
		"- Indicator: `evil[.]example` (domain)\n", "> \\*\\*why\\*\\* \\[x\\](hxxp\\://evil[.]example)\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if strings.Contains(text, "eft out") {
		t.Errorf("tells of what is above the limit:\n%s", text)
	}
}

// TestReportOfNothing has no tables without rows.
func TestReportOfNothing(t *testing.T) {
	m := newMemory()
	doImport(t, rows(fullRow(1, "red")), m, ImportOptions{})
	text, _ := exportAs(t, m, ExportOptions{Format: Markdown, MaxTLP: api.TLPGreen})
	if !strings.HasSuffix(text, "- Events: 0\n- Highest marking: TLP:GREEN\n\nNo events.\n") || strings.Contains(text, "##") {
		t.Errorf("got\n%s", text)
	}
}

// TestReportCountsTechniques once for each event, in any case and with names,
// and claims no exact number of events for those beyond the table's last row.
func TestReportCountsTechniques(t *testing.T) {
	r := newReport(ExportOptions{})
	e := api.Event{MitreAttack: []string{"T1566", " t1566", "T1566.001", "", "T<b>"}}
	for i := range rowsOfReport {
		e.MitreAttack = append(e.MitreAttack, fmt.Sprintf("X%02d", i))
	}
	if err := r.count([]api.Event{e, {MitreAttack: []string{"T1566", "T1566.001", "T<b>"}}}); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	w := bufio.NewWriter(&b)
	if err := errors.Join(r.begin(w), w.Flush()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| T1566 Phishing | 2 |\n", "| T1566.001 Phishing: Spearphishing Attachment | 2 |\n", "| T&lt;B> | 2 |\n", "| 3 more | at most 3 |\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
}

// TestNothingBreaksOut holds what text becomes within a report.
func TestNothingBreaksOut(t *testing.T) {
	for in, want := range map[string]string{
		"# head": "\\# head", "- item": "\\- item", "1. one": "1\\. one", "12) x": "12\\) x", "===": "\\===", "<b>&": "&lt;b>&", "ATT&CK": "ATT&CK", "&amp;": "\\&amp;", "&#60;b>": "\\&#60;b>", "snake_case_x": "snake_case_x", "_x_": "\\_x\\_", "a[.]b": "a[.]b", "[.]: hxxp": "\\[.\\]: hxxp", "x[.](y)": "x\\[.\\](y)", "> q": "\\> q", "a|b": "a\\|b",
		"![x](y)": "\\!\\[x\\](y)", "no! [": "no! \\[", "`x`": "\\`x\\`", "www.zzz.nowhere": "www\\.zzz.nowhere", "http://nowhere": "http\\://nowhere", "two\nlines": "two⏎lines", "    code": "code", "~~~": "\\~\\~\\~", "2024-03-01": "2024-03-01",
	} {
		if got := inline(in); got != want {
			t.Errorf("%q is written %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"a": "`a`", "a`b": "``a`b``", "```": "```` ``` ````", "": "", "a|b\n": "`a¦b⏎`", " a ": "`  a  `"} {
		if got := code(in); got != want {
			t.Errorf("%q is written %q, want %q", in, got, want)
		}
	}
}

func TestUnknownForms(t *testing.T) {
	for _, o := range []ExportOptions{{Format: MISP}, {Format: CSV, Columns: []string{"nothing"}}} {
		if _, err := Export(t.Context(), newMemory(), api.ListQuery{}, &bytes.Buffer{}, o, nil); err == nil {
			t.Errorf("%+v is written", o)
		}
	}
}

// Chosen events are exported by date, page by page, whatever else is there,
// with what they hang under; those that are gone are not missed.
func TestChosenEvents(t *testing.T) {
	m := newMemory()
	var lines []string
	for i := range 250 {
		lines = append(lines, row(i, ""))
	}
	lines = append(lines, fullRow(300, "green"))
	doImport(t, rows(lines...), m, ImportOptions{})
	var ids []string
	for uuid := range m.events { // in any order
		if uuid != id(7) {
			ids = append(ids, uuid)
		}
	}
	var b bytes.Buffer
	report, err := Export(t.Context(), Chosen(m, append(ids, id(9999))), api.ListQuery{Search: []api.Condition{{Field: api.FieldAttacker, Op: api.OpEquals, Values: []string{"nobody"}}}}, &b, ExportOptions{}, nil)
	if err != nil || report.Written != 250 || strings.Count(b.String(), "\n") != 250 {
		t.Fatalf("%+v, %v", report, err)
	}
	if strings.Contains(b.String(), id(7)) || !strings.Contains(b.String(), `"relationshipType":"caused_by"`) {
		t.Errorf("not what was chosen: %.300s", b.String())
	}
	dates := func(s string) (out []string) {
		for line := range strings.Lines(s) {
			_, rest, _ := strings.Cut(line, `"date":"`)
			out = append(out, rest[:20])
		}
		return out
	}
	if got := dates(b.String()); !slices.IsSorted(got) {
		t.Errorf("not by date: %v", got)
	}
	if _, err := Export(t.Context(), Chosen(m, nil), api.ListQuery{}, &b, ExportOptions{}, nil); err != nil {
		t.Errorf("nothing chosen: %v", err)
	}
}
