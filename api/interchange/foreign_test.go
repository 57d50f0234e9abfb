package interchange

import (
	"archive/zip"
	"bytes"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/xuri/excelize/v2"

	"threatbench/api"
)

func formFile(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("form/testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestOtherPrograms holds that the files of other programs are told by their
// content, taken whole, and the same the second time; and what became of their
// markings.
func TestOtherPrograms(t *testing.T) {
	for _, c := range []struct {
		name   string
		format Format
		events int
		tlps   map[string]int
	}{
		{"thehive.json", TheHive, 6, map[string]int{"green": 4, "amber": 1, "red": 1}},
		{"otx.json", OTX, 7, map[string]int{"green": 7}},
		{"eve.json", EVE, 2, map[string]int{"amber": 2}},
		{"openioc.ioc", OpenIOC, 4, map[string]int{"amber": 4}},
		{"sigma.yml", Sigma, 2, map[string]int{"green": 1, "amber": 1}},
		{"rules.yar", YARA, 2, map[string]int{"amber": 2}},
	} {
		m := newMemory()
		text := string(formFile(t, c.name))
		r := doImport(t, text, m, ImportOptions{})
		tlps := map[string]int{}
		for _, e := range m.events {
			tlps[e.TLP]++
		}
		if r.Format != c.format || r.Created != c.events || len(m.events) != c.events || !maps.Equal(tlps, c.tlps) {
			t.Errorf("%s: %s, %d created, marked %v", c.name, r.Format, r.Created, tlps)
		}
		if again := doImport(t, gzipped(t, text), m, ImportOptions{}); again.Created != 0 || again.Skipped != c.events || again.Missing() != r.Missing() {
			t.Errorf("%s again: %+v", c.name, again)
		}
	}
}

// TestFormIsTold holds what is taken for which form, and what is refused in
// which words.
func TestFormIsTold(t *testing.T) {
	for text, want := range map[string]string{
		`{"name":"x","indicators":[{"indicator":"a.example","type":"domain"}],"tags":[]}`:                             "otx",
		`{"title":"x","type":"t","source":"s","sourceRef":"r","artifacts":[]}`:                                        "thehive",
		`{"event_type":"alert","timestamp":"2024-01-01T00:00:00Z","alert":{"signature":"x"}}`:                         "eve",
		`{"date":"2024-01-01","event":"x","category":"c","tlp":"green","indicators":[],"raw":{"data":{}},"name":"n"}`: "jsonl",
		`{"a":{"b":1},"c":[{"d":2}]}`:                                      "jsonl",
		"title: x\nlogsource:\n  product: y\ndetection:\n  condition: z\n": "sigma",
		"rule a { condition: true }":                                       "yara",
		"# Report\n\nText.\n\n## Indicators\n\n- tide[.]example\n":         "text",
		"2024-01-01T00:00:00Z host app[1]: connect to tide.example failed\n2024-01-01T00:00:01Z host app[1]: again to 203.0.113.4\n": "text",
		"# hosts to block\n0.0.0.0 tide.example\n0.0.0.0 pool.example\n":                                                             "text",
		`<stix:STIX_Package xmlns:stix="http://stix.mitre.org/stix-1">`:                                                              "STIX 1.x",
		`<?xml version="1.0"?><a/>`:                                   "neither HTML nor OpenIOC",
		"PK\x03\x04............word/document.xml [Content_Types].xml": "office program",
		"\xd0\xcf\x11\xe0 old":                                        "older office program",
		"7z\xbc\xaf\x27\x1c":                                          "archive of a kind",
	} {
		p, err := newPasses(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		got, err := formatOf(p.first, ImportOptions{})
		if err != nil {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%.40q: %v, want %s", text, err, want)
			}
			continue
		}
		if string(got) != want {
			t.Errorf("%.40q is %s, want %s", text, got, want)
		}
	}
}

// TestUnknownJSONIsShown holds that JSON of no known form is told by its keys,
// and nothing is taken of it.
func TestUnknownJSONIsShown(t *testing.T) {
	m := newMemory()
	r := doImport(t, `{"hits": [{"ioc": "tide.example"}], "took": 3}`, m, ImportOptions{})
	if len(m.events) > 0 || len(r.Rejected) != 1 || !strings.Contains(r.Rejected[0].Reason, `"hits", "took"`) {
		t.Errorf("%d events, %+v", len(m.events), r.Rejected)
	}
}

func TestLogIsDatedByItsLines(t *testing.T) {
	m := newMemory()
	doImport(t, "2024-01-01 10:00:00 host app: connect to tide.example failed\n2024-01-02 10:00:00,123 host app: connect to pool.example failed\n", m, ImportOptions{})
	if a := byText(m)["domain tide.example"]; a.Date.String() != "2024-01-01T10:00:00Z" || len(m.events) != 2 {
		t.Errorf("%+v", a)
	}
}

func zipped(t *testing.T, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range files {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestFoldersAndArchives holds that each file is taken by its own form in one
// import, and that what isn't taken is named with its file.
func TestFoldersAndArchives(t *testing.T) {
	files := map[string]string{
		"a.jsonl": row(1, "") + "\n{}\n", "rules/b.yar": "rule a { condition: true }", "c.txt": "tide.example\npool.example\n",
		".hidden": "x.example\n", "odd.bin": "nothing of any form at all\n", "inner.zip": zipped(t, map[string]string{"x": "y"}),
	}
	check := func(how string, r Report, m *memory) {
		t.Helper()
		var told []string
		for _, said := range r.Rejected {
			told = append(told, said.Where())
		}
		slices.Sort(told)
		if r.Files != 5 || r.Created != 4 || len(m.events) != 4 || !slices.Equal(told, []string{"a.jsonl: line 2", "inner.zip", "odd.bin"}) || len(r.LeftOut) != 1 {
			t.Errorf("%s: %+v, %q", how, r, told)
		}
	}
	m := newMemory()
	check("zip", doImport(t, zipped(t, files), m, ImportOptions{}), m)
	folder := fstest.MapFS{}
	for name, text := range files {
		folder[name] = &fstest.MapFile{Data: []byte(text)}
	}
	m = newMemory()
	r, err := ImportAll(t.Context(), folder, m, ImportOptions{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	check("folder", r, m)
}

// TestMappingOfAFolder holds that a mapping counts for the tables that have its
// columns, and costs no other file anything; a column that none has is told.
func TestMappingOfAFolder(t *testing.T) {
	folder := fstest.MapFS{
		"a.csv": {Data: []byte("event,indicator\nx,tide.example\n")},
		"b.csv": {Data: []byte("indicator,seen\npool.example,2026-11-01\n")},
		"c.txt": {Data: []byte("wave.example\nsurf.example\n")},
	}
	m := newMemory()
	o := ImportOptions{Columns: map[string]string{"event": "attacker", "nothing": "date"}}
	r, err := ImportAll(t.Context(), folder, m, o, nil)
	if err != nil || r.Created != 4 || len(r.Rejected) != 1 || r.Rejected[0].Reason != `no file has a column "nothing"` {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, e := range m.events {
		if want := map[bool]string{true: "x"}[e.Indicator == "tide.example"]; e.Attacker != want {
			t.Errorf("%s: attacker %q", e.Indicator, e.Attacker)
		}
	}
}

// TestZipBomb holds that a file that unpacks to much more than it takes is
// refused before it is unpacked.
func TestZipBomb(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.CreateRaw(&zip.FileHeader{Name: "bomb.txt", Method: zip.Deflate, CompressedSize64: 10, UncompressedSize64: 1 << 34})
	if err == nil {
		_, err = f.Write(make([]byte, 10))
	}
	locked, lockErr := w.CreateRaw(&zip.FileHeader{Name: "locked.txt", Flags: 1, CompressedSize64: 1, UncompressedSize64: 1})
	if err = errors.Join(err, lockErr); err == nil {
		_, err = locked.Write([]byte{1})
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	r := doImport(t, b.String(), newMemory(), ImportOptions{})
	if len(r.Rejected) != 2 || !strings.Contains(r.Rejected[0].Reason, "200 times") || !strings.Contains(r.Rejected[1].Reason, "encrypted") {
		t.Errorf("%+v", r)
	}
}

// TestFeedWithManifest holds that the lists of a MISP feed are no events, and
// that an event the manifest names must be there.
func TestFeedWithManifest(t *testing.T) {
	event := `{"Event":{"uuid":"` + id(1) + `","info":"Feed event","date":"2024-01-01","Attribute":[{"type":"domain","value":"tide.example","uuid":"` + id(2) + `"}]}}`
	folder := fstest.MapFS{
		"feed/manifest.json":      {Data: []byte(`{"` + id(1) + `":{"info":"Feed event","timestamp":"1"},"` + id(9) + `":{"info":"gone","timestamp":"1"}}`)},
		"feed/hashes.csv":         {Data: []byte("9f86d081884c7d659a2feaa0c55ad015," + id(1) + "\n")},
		"feed/" + id(1) + ".json": {Data: []byte(event)},
	}
	m := newMemory()
	r, err := ImportAll(t.Context(), folder, m, ImportOptions{}, nil)
	if err != nil || r.Files != 1 || r.Created != 2 || r.Unmarked != 2 || r.Format != MISP || len(r.Rejected) != 1 || r.Rejected[0].Object != id(9) {
		t.Errorf("%v, %+v", err, r)
	}
}

// TestWorkbook holds that every sheet of a workbook is a table of its own, from
// a reader that can be sought in as from one that can't.
func TestWorkbook(t *testing.T) {
	f := excelize.NewFile()
	_, err := f.NewSheet("Other")
	for _, c := range []struct{ sheet, cell, value string }{
		{"Sheet1", "A1", "Date"}, {"Sheet1", "B1", "Domain"}, {"Sheet1", "C1", "TLP"}, {"Sheet1", "A2", "2024-04-17"}, {"Sheet1", "B2", "tide.example"}, {"Sheet1", "C2", "RED"},
		{"Other", "A1", "sha1"}, {"Other", "A2", "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"},
	} {
		err = errors.Join(err, f.SetCellValue(c.sheet, c.cell, c.value))
	}
	var b bytes.Buffer
	if err = errors.Join(err, f.Write(&b), f.Close()); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{b.String(), gzipped(t, b.String())} {
		m := newMemory()
		r := doImport(t, text, m, ImportOptions{})
		red := slices.ContainsFunc(slices.Collect(maps.Values(m.events)), func(e api.Event) bool { return strings.EqualFold(e.TLP, "red") && e.Indicator == "tide.example" })
		if r.Format != XLSX || r.Created != 2 || !red || r.Missing() > 0 {
			t.Errorf("%+v, %+v", r, m.events)
		}
	}
}

// TestPartsOfAttributes holds that the parts of a MISP value made of several
// are indicators each, with the most telling one first.
func TestPartsOfAttributes(t *testing.T) {
	const sha = "315f5bdb76d078c43b8ac0064e4a0164612b1fce77c869345bfc94c75894edd3"
	for kind, c := range map[string]struct{ value, want string }{
		"filename|sha256": {`x.exe|` + sha, "sha256 " + sha + ", filename x.exe"},
		"domain|ip":       {"mal.example.net|198.51.100.9", "domain mal.example.net, ip 198.51.100.9"},
		"ip-dst|port":     {"198.51.100.9|443", ""},
		"regkey|value":    {`HKCU\\Software\\x|1`, ""},
	} {
		m := newMemory()
		doImport(t, mispFile("", `{"uuid":"`+id(1)+`","type":"`+kind+`","category":"Other","value":"`+c.value+`","timestamp":"1709251200"}`, ""), m, ImportOptions{})
		e, got := m.events[id(1)], ""
		for i, in := range e.Indicators {
			if i > 0 {
				got += ", "
			}
			got += in.IndicatorType + " " + in.Value
		}
		if got != c.want || e.Indicator == "" || c.want != "" && e.IndicatorType+" "+e.Indicator != strings.Split(c.want, ", ")[0] {
			t.Errorf("%s: %q, the first %s %s", kind, got, e.IndicatorType, e.Indicator)
		}
	}
}

func TestEnvelopesWithMore(t *testing.T) {
	for text, notes := range map[string]int{
		`{"more":true,"next":"x","objects":[` + stixIndicator(1, "") + `]}`:   1,
		`{"more":false,"objects":[` + stixIndicator(1, "") + `]}`:             0,
		`{"objects":[` + stixIndicator(1, "") + `],"more":true,"next":"x"}`:   1,
		`[{"more":true,"next":"x","objects":[` + stixIndicator(1, "") + `]}]`: 1,
	} {
		m := newMemory()
		report := doImport(t, text, m, ImportOptions{})
		if len(report.Notes) != notes || len(m.events) != 1 {
			t.Errorf("%s: %+v", text, report)
		}
	}
}

func TestOpenIOCWithItsOwnRoot(t *testing.T) {
	m := newMemory()
	report := doImport(t, `<?xml version="1.0"?><OpenIOC xmlns="http://openioc.org/schemas/OpenIOC_1.1" id="`+id(1)+`" last-modified="2024-03-01T00:00:00"><metadata><short_description>x</short_description></metadata><criteria>`+
		`<Indicator operator="OR" id="a"><IndicatorItem id="b" condition="is"><Context document="Network" search="Network/DNS" type="mir"/><Content type="string">mal.example.net</Content></IndicatorItem></Indicator></criteria></OpenIOC>`, m, ImportOptions{})
	if got := imported(m); report.Format != OpenIOC || !slices.Contains(got, "domain mal.example.net amber") {
		t.Errorf("%s: %q", report.Format, got)
	}
}
