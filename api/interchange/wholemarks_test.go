package interchange

import (
	"io"
	"strings"
	"testing"
	"testing/fstest"
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
