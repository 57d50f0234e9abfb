package interchange

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/xuri/excelize/v2"

	"threatbench/api"
)

// TestMarkingsOfAWholeFile reads files that say how far they may be shared
// before, behind or beside what they list. Every event has the TLP wanted,
// whether the file can be read twice or comes through a pipe.
func TestMarkingsOfAWholeFile(t *testing.T) {
	const saw = "We saw mal.example.net at 198.51.100.9 again and again.\n\n"
	far := strings.Repeat(saw, 1500) // past what is looked at to tell the form
	rule := "rule x {\n strings:\n  $a = \"abc\"\n condition: $a\n}\n"
	red := []string{"red"}
	for name, c := range map[string]struct {
		text string
		o    ImportOptions
		want []string
	}{
		"first line of a list":         {text: "TLP:RED\nmal.example.net\n198.51.100.9\n", want: red},
		"first line, and looser":       {text: "TLP:GREEN\nmal.example.net\n198.51.100.9\n", want: []string{"green"}},
		"looser further on":            {text: strings.Repeat("mal.example.net\n", 9) + "TLP:GREEN\n", want: []string{"amber"}},
		"last line of a long text":     {text: far + "TLP:RED\n", o: ImportOptions{Format: Text}, want: red},
		"foot of a long page":          {text: "<!DOCTYPE html><html><body><p>" + far + "</p><footer>TLP:RED</footer></body></html>", want: red},
		"foot of long Markdown":        {text: "# Report\n\n" + far + "---\n*TLP:RED*\n", o: ImportOptions{Name: "a.md"}, want: red},
		"picture of a page":            {text: "<!DOCTYPE html><html><body><img alt=\"TLP:RED\"><p>mal.example.net</p></body></html>", want: red},
		"property of a page":           {text: "<!DOCTYPE html><html><head><meta name=\"tlp\" content=\"red\"></head><p>mal.example.net</p></html>", want: red},
		"sentence":                     {text: "This report is classified as TLP:RED and stays here.\n" + saw, o: ImportOptions{Format: Text}, want: red},
		"German sentence":              {text: "Der Bericht ist als TLP:ROT eingestuft und bleibt hier.\n" + saw, o: ImportOptions{Format: Text}, want: red},
		"red, without TLP":             {text: "Red - recipients only\n" + saw, o: ImportOptions{Format: Text}, want: red},
		"red words of another kind":    {text: "Red teams share tools\n" + saw, o: ImportOptions{Format: Text}, want: []string{"amber"}},
		"what nobody can read":         {text: "TLP:YELLOW\nmal.example.net\n", o: ImportOptions{Format: Text}, want: red},
		"line before a table":          {text: "TLP:RED\ndate,indicator,event\n2024-05-01,mal.example.net,x\n", want: red},
		"title before a table":         {text: "\"Report of May, TLP:RED\",,\n\ndate,indicator,event\n2024-05-01,mal.example.net,x\n", want: red},
		"row behind a table":           {text: "date,indicator,event\n2024-05-01,mal.example.net,x\n2024-05-01,b.example.net,x\n\"TLP:RED - recipients only\",,\n", want: red},
		"comment behind a table":       {text: "date,indicator,event\n2024-05-01,mal.example.net,x\n# TLP:RED\n", want: red},
		"line within a cell":           {text: "date,indicator,event\n2024-05-01,mal.example.net,\"x\nTLP:CLEAR\n\"\n", want: []string{"amber"}},
		"ids of markings in a cell":    {text: "indicator,object_marking_refs\nmal.example.net,\"marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da, marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1\"\n", want: red},
		"unknown id in a cell":         {text: "indicator,markings\nmal.example.net,marking-definition--11111111-1111-4111-8111-111111111111\n", want: red},
		"name of the file":             {text: "date,indicator,event\n2024-05-01,mal.example.net,x\n", o: ImportOptions{Name: "2024_TLP-RED_list.csv"}, want: red},
		"name of the file, and looser": {text: "date,indicator,tlp\n2024-05-01,mal.example.net,amber\n", o: ImportOptions{Name: "tlp-clear.csv"}, want: []string{"amber"}},
		"comment of rules":             {text: "// TLP:RED\n" + rule, want: red},
		"comment behind rules":         {text: rule + "/*\n * TLP:RED\n */\n", want: red},
		"pulse's description":          {text: `{"id":"65e1","name":"p","TLP":"white","description":"TLP:RED","tags":[],"indicators":[{"indicator":"mal.example.net","type":"domain"}]}`, want: red},
		"alert's title":                {text: `{"title":"[TLP:RED] t","type":"external","source":"s","sourceRef":"r","tlp":1,"observables":[{"dataType":"domain","data":"mal.example.net"}]}`, want: red},
		"line of JSON, further down":   {text: `{"event":"x","indicator":"mal.example.net","handling":{"tlp":"red"}}`, want: red},
		"line of JSON, a list of them": {text: `{"event":"x","indicator":"mal.example.net","markings":[{"type":"tlp","value":"red"}]}`, want: red},
		"STIX, a property on sharing":  {text: stixBundle(stixIndicator(1, `,"x_sharing":"Red - recipients only"`)), want: red},
		"MISP, TLP of a galaxy":        {text: mispFile(`,"Tag":[{"name":"misp-galaxy:tlp=\"red\""}]`, mispAttr(1, ""), ""), want: red},
	} {
		for _, in := range []io.Reader{strings.NewReader(c.text), io.MultiReader(strings.NewReader(c.text)), strings.NewReader(gzipped(t, c.text))} {
			m := newMemory()
			report, err := Import(t.Context(), in, m, c.o, nil)
			if err != nil || len(m.events) == 0 || len(report.Rejected) > 0 {
				t.Errorf("%s: %d events, %+v, %v", name, len(m.events), report, err)
			}
			for _, e := range m.events {
				if e.TLP != c.want[0] {
					t.Errorf("%s: %s is %s, want %s", name, e.Event, e.TLP, c.want[0])
				}
			}
		}
	}
}

// TestMarkingsBesideTheRowsOfATable reads tables whose marking stands in a comment
// with as many cells as a row, or in their only column. Each has the events and
// the TLP wanted, and nothing is rejected.
func TestMarkingsBesideTheRowsOfATable(t *testing.T) {
	for text, want := range map[string]string{
		"# TLP:RED, internal only\nindicator,type\na.example.net,domain\n":                   "a.example.net red",
		"# TLP:RED; internal only\nindicator;type\na.example.net;domain\n":                   "a.example.net red",
		"# by me, TLP:RED\nindicator,type\na.example.net,domain\n":                           "a.example.net red",
		"# Red, recipients only\nindicator,type\na.example.net,domain\n":                     "a.example.net red",
		"indicator,type\n# TLP:RED, internal only\na.example.net,domain\n":                   "a.example.net red",
		"indicator,type\na.example.net,domain\n# TLP:RED, internal only\n":                   "a.example.net red",
		"#indicator,tlp_level\na.example.net,green\n":                                        "a.example.net green",
		"indicator,event\n#TLP:RED a.example.net,x\nb.example.net,y\n":                       "a.example.net red, b.example.net amber",
		"TLP:RED\na.example.net,198.51.100.9\n":                                              "198.51.100.9 red",
		"TLP:RED\na.example.net\nb.example.net\n":                                            "a.example.net red, b.example.net red",
		"TLP:GREEN\nindicator\na.example.net\nb.example.net\n":                               "a.example.net green, b.example.net green",
		"indicator\na.example.net\nb.example.net\nTLP:RED\n":                                 "a.example.net red, b.example.net red",
		"indicator\n[TLP:RED] a.example.net\nb.example.net\n":                                "a.example.net red, b.example.net amber",
		"indicator\na.example.net\nb.example.net\nc.example.net\nd.example.net\nTLP:CLEAR\n": "a.example.net amber, b.example.net amber, c.example.net amber, d.example.net amber",
	} {
		m := newMemory()
		report := doImport(t, text, m, ImportOptions{Format: CSV})
		if got := marked(m); got != want || len(report.Rejected) > 0 {
			t.Errorf("%q: %s, want %s: %+v", text, got, want, report)
		}
	}
}

// marked are the first indicators of the events, each with its TLP.
func marked(m *memory) string {
	var out []string
	for _, e := range m.events {
		out = append(out, e.Indicator+" "+e.TLP)
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), ", ")
}

// TestMarkingsOfSheets holds that what one sheet of a workbook says makes all
// of them stricter, those before it as well, and loosens that sheet alone.
func TestMarkingsOfSheets(t *testing.T) {
	const first, second = "indicator,type\na.example.net,domain\n", "indicator,type\nb.example.net,domain\n"
	for _, c := range []struct {
		name   string
		o      ImportOptions
		sheets []string
		want   string
	}{
		{"loosened", ImportOptions{TLP: "red"}, []string{"TLP:CLEAR\n" + first, second}, "a.example.net clear, b.example.net red"},
		{"stricter behind", ImportOptions{}, []string{first, "TLP:RED\n" + second}, "a.example.net red, b.example.net red"},
		{"the foot of the last", ImportOptions{}, []string{"TLP:CLEAR\n" + first, second + "TLP:RED\n"}, "a.example.net red, b.example.net red"},
		{"amber behind", ImportOptions{TLP: "clear"}, []string{first, "TLP:AMBER\n" + second}, "a.example.net amber, b.example.net amber"},
		{"cover", ImportOptions{}, []string{"TLP:RED\n", first}, "a.example.net red"},
		{"one column", ImportOptions{}, []string{"TLP:RED\na.example.net\n", second}, "a.example.net red, b.example.net red"},
		{"name", ImportOptions{TLP: "clear", Name: "x_TLP-AMBER.xlsx"}, []string{"TLP:CLEAR\n" + first, second}, "a.example.net amber, b.example.net amber"},
	} {
		m := newMemory()
		report := doImport(t, workbookOf(t, c.sheets...), m, c.o)
		if got := marked(m); got != c.want || len(report.Rejected) > 0 {
			t.Errorf("%s: %s, want %s: %+v", c.name, got, c.want, report)
		}
	}
}

// workbookOf is a workbook with tables for its sheets, without quotes in them.
func workbookOf(t *testing.T, tables ...string) string {
	t.Helper()
	f := excelize.NewFile()
	var err error
	for i, text := range tables {
		sheet := fmt.Sprintf("Sheet%d", i+1)
		_, made := f.NewSheet(sheet)
		err = errors.Join(err, made)
		for r, row := range strings.Split(text, "\n") {
			cells := strings.Split(row, ",")
			err = errors.Join(err, f.SetSheetRow(sheet, fmt.Sprintf("A%d", r+1), &cells))
		}
	}
	var b bytes.Buffer
	if err = errors.Join(err, f.Write(&b), f.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestMarkingsOfAWholeFileOnlyMakeStricter holds that a marking which may not
// loosen counts wherever it is stricter than what the import says, up to amber
// as above, and never loosens that.
func TestMarkingsOfAWholeFileOnlyMakeStricter(t *testing.T) {
	const rows = "indicator,type,event\na.example.net,domain,x\na.example.net,domain,y\na.example.net,domain,v\na.example.net,domain,w\n"
	const text = "a.example.net is bad\nx\nx\nx\nx\nx\n"
	for _, c := range []struct {
		text string
		o    ImportOptions
	}{
		{rows + "TLP:%s,,\n", ImportOptions{}},
		{rows + "# TLP:%s\n", ImportOptions{}},
		{rows, ImportOptions{Name: "x_TLP-%s.csv"}},
		{"indicator,event,insight\na.example.net,x,y TLP:%s\nb.example.net,z,\nc.example.net,z,\nd.example.net,z,\n", ImportOptions{}},
		{text + "TLP:%s\n", ImportOptions{Format: Text}},
		{text + "All of it is classified as TLP:%s and stays.\n", ImportOptions{Format: Text}},
		{text + "%s - recipients only\n", ImportOptions{Format: Text}},
		{"<!DOCTYPE html><html><body><img alt=\"TLP:%s\"><p>a.example.net</p></body></html>", ImportOptions{}},
		{"// TLP:%s\nrule x {\n meta:\n  hash = \"9f86d081884c7d659a2feaa0c55ad015\"\n strings:\n  $a = \"abc\"\n condition: $a\n}\n", ImportOptions{}},
		{"{\"event\":\"TLP:%s report\",\"indicator\":\"a.example.net\"}", ImportOptions{}},
	} {
		for _, said := range []api.TLP{api.TLPClear, api.TLPGreen, api.TLPAmber, api.TLPAmberStrict, api.TLPRed} {
			for _, otherwise := range []api.TLP{api.TLPClear, api.TLPGreen, api.TLPAmber, api.TLPRed} {
				o, mark := c.o, strings.ToUpper(said.String())
				o.TLP, o.Name = otherwise.String(), strings.ReplaceAll(o.Name, "%s", strings.ReplaceAll(mark, "+", "-"))
				m := newMemory()
				doImport(t, strings.ReplaceAll(c.text, "%s", mark), m, o)
				if len(m.events) == 0 {
					t.Errorf("%q: nothing", c.text)
				}
				for _, e := range m.events {
					if want := max(said, otherwise).String(); e.TLP != want && !strings.HasPrefix(e.Event, "z") {
						t.Errorf("%q: %s of %s is %s, want %s", c.text, mark, otherwise, e.TLP, want)
					}
				}
			}
		}
	}
}

// TestMarkingsAreOfTheirFile holds that what one file of a folder says doesn't
// mark the next.
func TestMarkingsAreOfTheirFile(t *testing.T) {
	m := newMemory()
	files := fstest.MapFS{"a.txt": {Data: []byte("TLP:RED\na.example.net\n")}, "b.txt": {Data: []byte("b.example.net\n")}, "tlp_red/c.txt": {Data: []byte("c.example.net\n")}}
	if _, err := ImportAll(t.Context(), files, m, ImportOptions{}, nil); err != nil {
		t.Fatal(err)
	}
	for _, e := range m.events {
		want := map[string]string{"a.example.net": "red", "b.example.net": "amber", "c.example.net": "red"}[e.Indicator]
		if e.TLP != want {
			t.Errorf("%s is %s, want %s", e.Indicator, e.TLP, want)
		}
	}
}

func TestPAPOfATableIsATag(t *testing.T) {
	m := newMemory()
	doImport(t, "indicator,PAP\na.example.net,PAP:RED\nb.example.net,amber\nc.example.net,3\n", m, ImportOptions{})
	want := map[string]string{"a.example.net": "PAP:RED", "b.example.net": "PAP:AMBER", "c.example.net": "PAP:RED"}
	for _, e := range m.events {
		if got := strings.Join(e.Tags, ","); got != want[e.Indicator] {
			t.Errorf("%s has the tags %q", e.Indicator, got)
		}
	}
	if len(m.events) != 3 {
		t.Errorf("%d events", len(m.events))
	}
}
