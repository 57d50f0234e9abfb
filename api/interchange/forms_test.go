package interchange

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"threatbench/api"
)

// byText are the imported events by their description.
func byText(m *memory) map[string]api.Event {
	out := map[string]api.Event{}
	for _, e := range m.events {
		out[e.Event] = e
	}
	return out
}

func TestTable(t *testing.T) {
	now := time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, c := range map[string]struct {
		text string
		o    ImportOptions
	}{
		"commas":             {text: "First Seen,IOC,Type,Comment,Labels,TLP\n2024-03-01,evil[.]com,domain,\"one, \"\"two\"\"\",a;b,GREEN\n"},
		"semicolons":         {text: "date;indicator;indicatorType;event;tags;tlp\r\n2024-03-01;evil.com;;one, \"two\";a,b;green\r\n"},
		"tabs":               {text: "date\tindicator\tevent\ttags\ttlp\n2024-03-01\tevil.com\tone, \"two\"\ta|b\tgreen"},
		"bars":               {text: "\n\ndate|indicator|event|tags|tlp\n\n2024-03-01|evil.com|one, \"two\"|a,b|green\n\n"},
		"sep":                {text: "sep=;\ndate;domain;event;tags;tlp\n2024-03-01;evil.com;one, \"two\";a;green\n"},
		"comments":           {text: "# made by us\n#\n# \"date\",\"domain\",\"comment\",\"tlp\"\n\"2024-03-01\",\"evil.com\",\"one, \"\"two\"\"\",\"green\"\n# the end\n"},
		"byte order mark":    {text: "\xef\xbb\xbfdate,domain,event,tlp\n2024/03/01,evil.com,\"one, \"\"two\"\"\",green\n"},
		"UTF-16":             {text: wide("date\tdomain\tevent\ttlp\r\n2024-03-01\tevil.com\tone, \"two\"\tgreen\r\n")},
		"epoch":              {text: "date,domain,event,tlp\n1709251200,evil.com,\"one, \"\"two\"\"\",green\n"},
		"mapped by name":     {text: "When,What,Bad thing,Rules\n2024-03-01,\"one, \"\"two\"\"\",evil.com,green\n", o: ImportOptions{Columns: map[string]string{"when": "date", "What": "event", "Bad thing": "indicator", "4": "tlp"}}},
		"mapped over a name": {text: "date,event,indicator,ioc,tlp\n2024-03-01,\"one, \"\"two\"\"\",nonsense,evil.com,green\n", o: ImportOptions{Columns: map[string]string{"indicator": "-", "ioc": "indicator"}}},
	} {
		m := newMemory()
		c.o.Now = now
		for range 2 {
			report := doImport(t, c.text, m, c.o)
			if report.Lines != 1 || len(report.Rejected) > 0 || report.Created+report.Skipped != 1 {
				t.Errorf("%s: %+v", name, report)
			}
		}
		e, ok := byText(m)[`one, "two"`]
		if !ok || e.Indicator != "evil.com" || e.IndicatorType != "domain" || e.TLP == "" || !strings.HasPrefix(e.Date.String(), "2024-03-01T00:00:00Z") {
			t.Errorf("%s: %+v", name, m.events)
		}
	}
}

func wide(s string) string {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

func TestTableWithoutMuch(t *testing.T) {
	m := newMemory()
	now := time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)
	doImport(t, "domain,ip,md5\nevil.com,192.0.2.1,\n,2001:db8::1,\n", m, ImportOptions{Now: now})
	one, two := byText(m)["domain evil.com"], byText(m)["ipv6 2001:db8::1"]
	if one.TLP != "amber" || one.Category != plainCategory || one.Date.String() != "2025-01-02T03:04:05Z" || two.IndicatorType != "ipv6" {
		t.Errorf("%+v", m.events)
	}
	if raw := string(m.raws[one.UUID].Data); raw != `{"domain":"evil.com","ip":"192.0.2.1","md5":""}` {
		t.Errorf("raw %s", raw)
	}
}

func TestWrongRows(t *testing.T) {
	for _, c := range []struct{ row, reason string }{
		{"2024-03-01,evil.com,green,a,b,c", "6 columns where the header has 5"},
		{"yesterday,evil.com,green", `date: "yesterday" is not a date`},
		{"2024-03-01,,green", "neither a description nor an indicator"},
		{"2024-03-01,ev\xffil.comé漢,green", "indicator: not UTF-8"},
		{"2024-03-01,evil.com,green,nine", "killChain: "},
		{"2024-03-01," + strings.Repeat("x", 400) + ",green", "too long"},
		{"2024-03-01,evil.com,green,,likes:" + id(1), `"likes" is none of`},
	} {
		text := "date,indicator,tlp,killChain,relationships\n2024-03-01,a.com,green\n\n" + c.row + "\n2024-03-01,b.com,green,delivery\n"
		m := newMemory()
		report := doImport(t, text, m, ImportOptions{MaxLine: 300})
		if len(report.Rejected) != 1 || report.Rejected[0].Line != 4 || !strings.Contains(report.Rejected[0].Reason, c.reason) || report.Created != 2 || report.Lines != 3 {
			t.Errorf("%q: %+v", c.row, report)
		}
	}
	for _, c := range []struct {
		text, want string
		o          ImportOptions
	}{
		{"a,b\n1,2\n", "no column of the header is known", ImportOptions{Format: CSV}},
		{"a,b\n1,2\n", `there is no column "c"`, ImportOptions{Columns: map[string]string{"c": "date"}}},
		{"a,b\n1,2\n", `"when" is no field`, ImportOptions{Columns: map[string]string{"a": "when"}}},
		{"Dear reader, this is a letter about evil.com and nothing else\n", "no known form", ImportOptions{}},
		{"x", "cannot be read", ImportOptions{Format: Markdown}},
	} {
		if _, err := Import(t.Context(), strings.NewReader(c.text), newMemory(), c.o, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.text, err, c.want)
		}
	}
}

// TestOpenQuotes holds that a quote that is opened and never closed costs the
// row it stands in and no other.
func TestOpenQuotes(t *testing.T) {
	const head = "date,indicator,event\n2024-03-01,a.com,x\n"
	for name, c := range map[string]struct {
		text    string
		lines   []int // of what is rejected
		created int
	}{
		"to the end":                    {"2024-03-01,\"b.com,x\n2024-03-01,c.com,x\n2024-03-01,d.com,x\n", []int{3}, 3},
		"in the last line":              {"2024-03-01,\"b.com,x", []int{3}, 1},
		"up to a later quote":           {"2024-03-01,\"b.com,x\n2024-03-01,c.com,\"x\"\n2024-03-01,d.com,x\n", []int{3}, 3},
		"in every line":                 {strings.Repeat("2024-03-01,\"b.com,x\n", 50), seq(3, 52), 1},
		"past the longest row":          {"2024-03-01,\"b.com,x\n" + strings.Repeat("2024-03-01,c.com,x\n", 100), []int{3}, 101},
		"behind a field of two lines":   {"2024-03-01,b.com,\"x\ny\"\n2024-03-01,c.com,\"x\n2024-03-01,d.com,x\n", []int{5}, 3},
		"in a row with such a field":    {"2024-03-01,b.com,\"x\ny\",\"z\n2024-03-01,c.com,x\n", []int{3, 4}, 2},
		"none: a field of three lines":  {"2024-03-01,b.com,\"x\r\n\r\ny, \"\"z\"\"\"\r\n2024-03-01,c.com,x\n", nil, 3},
		"none: a field ends with a gap": {"2024-03-01,\"b.com\n\" ,x\n", nil, 2},
	} {
		report := doImport(t, head+c.text, newMemory(), ImportOptions{MaxLine: 300})
		var lines []int
		for _, r := range report.Rejected {
			lines = append(lines, r.Line)
		}
		if report.Created+report.Skipped != c.created || !slices.Equal(lines, c.lines) {
			t.Errorf("%s: %+v", name, report)
		}
	}
	endless := head + strings.Repeat("2024-03-01,\"b.com,x\n\"\"\"\"\n", 3000)
	report := doImport(t, endless, newMemory(), ImportOptions{MaxLine: 3000})
	if n := len(report.Rejected); n == 0 || report.Created < 1 {
		t.Errorf("quotes without end: %+v", report)
	}
}

func seq(from, to int) (out []int) {
	for n := from; n <= to; n++ {
		out = append(out, n)
	}
	return out
}

func TestText(t *testing.T) {
	m := newMemory()
	letter := "Dear all,\nwe saw hxxp://evil[.]com/x and 8.8.8.8:53.\nAgain 8.8.8[.]8\n"
	report := doImport(t, letter, m, ImportOptions{Format: Text, TLP: "green"})
	if report.Created != 2 || report.Skipped != 1 || len(report.Rejected) > 0 {
		t.Errorf("%+v", report)
	}
	e := byText(m)["url http://evil.com/x"]
	if e.Indicator != "http://evil.com/x" || e.IndicatorType != "url" || e.TLP != "green" {
		t.Errorf("%+v", m.events)
	}
	if again := doImport(t, "# a list\n8.8.8.8\nhttp://evil.com/x\n", m, ImportOptions{}); again.Created != 0 || again.Skipped != 2 || again.Format != Text {
		t.Errorf("as a list: %+v", again)
	}
}

// mispText is a MISP event with its tags behind its attributes, as MISP
// writes it.
const mispText = `{"response":[{"Event":{"uuid":"11111111-1111-4111-8111-000000000001","info":"A report","date":"2024-03-01","timestamp":"1709251300","Orgc":{"name":"Us"},
"Attribute":[
 {"uuid":"11111111-1111-4111-8111-000000000002","type":"ip-dst|port","category":"Network activity","value":"192.0.2.1|80","comment":"c2","to_ids":true,"timestamp":"1709251200","deleted":false},
 {"uuid":"11111111-1111-4111-8111-000000000003","type":"md5","value":"x","deleted":true},
 {"uuid":"11111111-1111-4111-8111-000000000004","type":"hostname","value":"evil.com","timestamp":1709251200,"Tag":[{"name":"tlp:red"},{"name":"misp-galaxy:threat-actor=\"Other\""}]},
 7],
"Object":[{"uuid":"11111111-1111-4111-8111-000000000005","name":"file","comment":"a file","timestamp":"1709251200","ObjectReference":[{"referenced_uuid":"11111111-1111-4111-8111-000000000002"}],
 "Attribute":[{"type":"filename","value":"a.exe"},{"type":"sha256","value":"ff"},{"type":"size-in-bytes","value":7},{"type":"md5","value":"gone","deleted":"1"}]}],
"EventReport":[{"content":"# Why"}],
"Galaxy":[{"type":"threat-actor","GalaxyCluster":[{"value":"BEAR","tag_name":"misp-galaxy:threat-actor=\"BEAR\"","meta":{"country":["ru"]}}]}],
"Tag":[{"name":"tlp:green"},{"name":"misp-galaxy:mitre-attack-pattern=\"Malware - T1587.001\""},{"name":"misp-galaxy:threat-actor=\"BEAR\""},{"name":"a tag"},{"name":"kill-chain:Delivery"}]}}]}`

func TestMISP(t *testing.T) {
	for name, r := range map[string]io.Reader{"seeking": strings.NewReader(mispText), "a pipe": iotest.OneByteReader(strings.NewReader(mispText)), "gzip": strings.NewReader(gzipped(t, mispText))} {
		m := newMemory()
		report, err := Import(t.Context(), r, m, ImportOptions{}, nil)
		if err != nil || report.Created != 4 || report.Relationships != 4 || len(report.Rejected) != 1 || report.Rejected[0].Line != 6 || report.Format != MISP {
			t.Fatalf("%s: %+v, %v", name, report, err)
		}
		all := byText(m)
		parent, ip, host, file := all["A report"], all["c2"], all["A report: domain evil.com"], all["a file"]
		if parent.TLP != "green" || parent.Insight != "# Why" || !slices.Equal(parent.Tags, []string{"a tag"}) || parent.Attacker != "BEAR" || parent.AttackerCountry != "RU" {
			t.Errorf("%s: the event: %+v", name, parent)
		}
		if ip.Indicator != "192.0.2.1" || ip.IndicatorType != "ip" || ip.Attacker != "BEAR" || !slices.Equal(ip.MitreAttack, []string{"T1587.001"}) || !slices.Equal(ip.Tags, []string{"a tag", "to_ids"}) || ip.KillChain != 3 {
			t.Errorf("%s: the address: %+v", name, ip)
		}
		if host.TLP != "red" || host.Attacker != "Other" || host.Date.String() != "2024-03-01T00:00:00Z" {
			t.Errorf("%s: the host: %+v", name, host)
		}
		if file.Indicator != "ff" || file.IndicatorType != "sha256" || !m.edges[edge{id(2), id(5), "related_to"}] || !m.edges[edge{id(1), id(5), "related_to"}] {
			t.Errorf("%s: the file: %+v, %v", name, file, m.edges)
		}
	}
}

// TestCutJSON cuts a file at every place: an event is taken whole or not at
// all, since its marking may be what is missing; the rest is reported.
func TestCutJSON(t *testing.T) {
	last := 0
	for n := 20; n < len(mispText); n++ {
		m := newMemory()
		report, err := Import(t.Context(), strings.NewReader(mispText[:n]), m, ImportOptions{Format: MISP}, nil)
		if err != nil || len(report.Rejected) == 0 || report.Created != 0 && report.Created != 4 || report.Created < last {
			t.Fatalf("cut at %d: %+v, %v", n, report, err)
		}
		last = report.Created
	}
	if last != 4 {
		t.Errorf("%d events of nearly everything", last)
	}
	two := strings.TrimSuffix(mispText, "]}") + "," + mispText[len(`{"response":[`):]
	report := doImport(t, two[:len(two)-40], newMemory(), ImportOptions{})
	if report.Created != 4 || len(report.Rejected) != 2 || !strings.Contains(report.Rejected[1].Reason, "ends in the middle") {
		t.Errorf("the second of two is cut: %+v", report)
	}
}

// TestCutSTIX cuts a bundle at every place: of one that isn't whole nothing is
// taken, or an indicator would become an event beside the one it belongs to.
func TestCutSTIX(t *testing.T) {
	m := newMemory()
	doImport(t, rows(fullRow(1, "green"), fullRow(2, "red")), m, ImportOptions{})
	ours, _ := exportAs(t, m, ExportOptions{Format: STIX})
	for _, whole := range []string{strings.TrimSpace(ours), stixText} {
		for n := 20; n < len(whole); n += 37 {
			report, err := Import(t.Context(), strings.NewReader(whole[:n]), newMemory(), ImportOptions{Format: STIX}, nil)
			if err != nil || report.Created != 0 || len(report.Rejected) != 1 || !strings.Contains(report.Rejected[0].Reason, "nothing of it is taken") {
				t.Fatalf("cut at %d: %+v, %v", n, report, err)
			}
		}
	}
	if report := doImport(t, gzipped(t, stixText)[:800], newMemory(), ImportOptions{Format: STIX}); report.Created != 0 || len(report.Rejected) != 1 {
		t.Errorf("a gzip file that is cut: %+v", report)
	}
}

// TestManyTies holds that an object with endless relationships is refused
// rather than read for ever.
func TestManyTies(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"type":"bundle","objects":[{"type":"report","id":"report--` + id(1) + `","name":"x","published":"2024-03-01T00:00:00Z"}`)
	for i := range mostTies + 1 {
		fmt.Fprintf(&b, `,{"type":"relationship","id":"relationship--%d","relationship_type":"related-to","source_ref":"report--%s","target_ref":"report--%s"}`, i, id(1), id(i+2))
	}
	b.WriteString("]}")
	report := doImport(t, b.String(), newMemory(), ImportOptions{})
	if report.Created != 0 || len(report.Rejected) != 1 || !strings.Contains(report.Rejected[0].Reason, "more than 10000 relationships") {
		t.Errorf("%+v", report)
	}
}

func TestOtherMISPFiles(t *testing.T) {
	event := func(n int) string {
		return fmt.Sprintf(`{"Event":{"uuid":%q,"info":"Event %d","date":"2024-03-01"}}`, id(n), n)
	}
	for text, want := range map[string]int{
		event(1): 1, "[" + event(1) + "," + event(2) + "]": 2, event(1) + "\n" + event(2): 2, `{"response":` + event(1) + `}`: 1, `{"response":[]}`: 0, `{"Event":{}}`: 1,
	} {
		if report := doImport(t, text, newMemory(), ImportOptions{}); report.Created != want || report.Format != MISP || len(report.Rejected) > 0 {
			t.Errorf("%s: %+v", text, report)
		}
	}
	for _, text := range []string{`{"Event":[`, `{"Event":7}`, `{"response":[}`, `{"Event":{"Tag":7,"Attribute":7,"Object":{},"Galaxy":""}}x`, strings.Repeat(`[`, 5000)} {
		if report := doImport(t, text, newMemory(), ImportOptions{Format: MISP}); len(report.Rejected) != 1 {
			t.Errorf("%.60s: %+v", text, report)
		}
	}
}

func TestCancelOfTables(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, f := range []Format{CSV, Text, MISP, STIX, JSONL} {
		if _, err := Import(ctx, strings.NewReader(mispText), newMemory(), ImportOptions{Format: f, Columns: map[string]string{"1": "event"}}, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", f, err)
		}
	}
}

// FuzzImport holds that no file of any form makes an import fail or crash, and
// that importing it again changes nothing.
func FuzzImport(f *testing.F) {
	formats := ImportFormats()
	for i, s := range []string{row(1, under(2)), "date,ioc,tlp\n2024-03-01,\"a\"\"b\",red\n", "date\tioc\n1\t2", stixText, mispText, "see hxxp://a[.]b"} {
		f.Add(uint8(i), s)
	}
	f.Fuzz(func(t *testing.T, which uint8, text string) {
		m := newMemory()
		o := ImportOptions{Format: formats[int(which)%len(formats)], Now: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), MaxLine: 4096}
		first, err := Import(t.Context(), strings.NewReader(text), m, o, nil)
		if err != nil {
			return
		}
		for _, r := range first.Rejected {
			if r.Reason == "" || r.Where() == "" || !utf8.ValidString(r.Reason) {
				t.Fatalf("rejected %+v", r)
			}
		}
		for _, e := range m.events {
			if !json.Valid(m.raws[e.UUID].Data) {
				t.Fatalf("raw record %q", m.raws[e.UUID].Data)
			}
		}
		again, err := Import(t.Context(), strings.NewReader(text), m, o, nil)
		if err != nil || again.Created != 0 {
			t.Fatalf("again: %+v, %v", again, err)
		}
	})
}

// A line of an export holds a raw record and texts of greatest size, and an
// import takes it.
func TestGreatestRawRecordComesIn(t *testing.T) {
	t.Parallel()
	raw, text := strings.Repeat("a", api.MaxRaw-2), strings.Repeat("b", api.MaxText)
	line := fmt.Sprintf(`{"date":"2025-01-01T00:00:00Z","category":"Phishing","event":%q,"insight":%q,"tlp":"green","raw":{"source":%q,"data":%q}}`, text, text, text, raw)
	if report := doImport(t, line+"\n", newMemory(), ImportOptions{}); report.Created != 1 || report.Missing() != 0 {
		t.Fatalf("%d created, %d left out: %.300v", report.Created, report.Missing(), report.Rejected)
	}
}
