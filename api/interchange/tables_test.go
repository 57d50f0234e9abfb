package interchange

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"threatbench/api"
)

// imported are the events of an import as lines of text, in order: type,
// indicator, TLP and more indicators.
func imported(m *memory) []string {
	var out []string
	for _, e := range m.events {
		s := e.IndicatorType + " " + e.Indicator + " " + e.TLP
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

// TestFilesAsTheyCome imports small files of every kind of trouble.
func TestFilesAsTheyCome(t *testing.T) {
	now := time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, c := range map[string]struct {
		text string
		o    ImportOptions
		want []string
		note string
	}{
		"type column called indicator": {text: "Indicator,Data\ndomain,mal.example.net\n", want: []string{"domain mal.example.net amber"}, note: "names of types"},
		"Zeek":                         {text: "#separator \\x09\n#fields\tindicator\tindicator_type\tmeta.source\n198.51.100.9\tIntel::ADDR\tus\nmal.example.net\tIntel::DOMAIN\t-\n", want: []string{"domain mal.example.net amber", "ip 198.51.100.9 amber"}},
		"line ends of old Macs":        {text: "date,indicator\r2024-05-01,198.51.100.9\r2024-05-01,198.51.100.10\r", want: []string{"ip 198.51.100.10 amber", "ip 198.51.100.9 amber"}},
		"UTF-16 without a mark":        {text: wide("date,indicator,tlp\n2024-05-01,198.51.100.9,green\n")[2:], want: []string{"ip 198.51.100.9 green"}, note: "UTF-16 (little"},
		"UTF-16 big end first":         {text: wideBig("date,indicator,tlp\n2024-05-01,198.51.100.9,green\n"), want: []string{"ip 198.51.100.9 green"}, note: "UTF-16 (big"},
		"Latin-1":                      {text: "indicator,event\nmal.example.net,caf\xe9\n", want: []string{"domain mal.example.net amber"}, note: "Windows-1252"},
		"rows that begin with #":       {text: "event,indicator\n#one,a.example.net\n\"#two\",b.example.net\n# a comment\n", want: []string{"domain a.example.net amber", "domain b.example.net amber"}, note: "1 comment line"},
		"no header":                    {text: "2024-05-01,198.51.100.9\n2024-05-02,198.51.100.10\n", want: []string{"ip 198.51.100.10 amber", "ip 198.51.100.9 amber"}, note: "holds indicators"},
		"TLP in a tag":                 {text: "indicator,tags\nmal.example.net,TLP:RED;phishing\n", want: []string{"domain mal.example.net red"}},
		"TLP in a comment":             {text: "# TLP:RED\nindicator,event\nmal.example.net,x\n", want: []string{"domain mal.example.net red"}},
		"TLP in a list":                {text: "# TLP:RED\nmal.example.net\n198.51.100.9\n", want: []string{"domain mal.example.net red", "ip 198.51.100.9 red"}},
		"an empty date":                {text: "date,indicator\n2024-05-01,198.51.100.9\n,198.51.100.10\n", want: []string{"ip 198.51.100.10 amber", "ip 198.51.100.9 amber"}, note: "without a date"},
		"dates of two meanings":        {text: "date,indicator\n3/4/2024,198.51.100.9\n", want: []string{"ip 198.51.100.9 amber"}, note: "month or the day first"},
		"comments of a list":           {text: "# see https://blog.example.org/ of CVE-2024-11111\nmal.example.net\n198.51.100.9 # old\n", want: []string{"domain mal.example.net amber", "ip 198.51.100.9 amber"}, note: "1 comment line"},
		"hosts file":                   {text: "127.0.0.1 localhost\n0.0.0.0 mal.example.net\n0.0.0.0 update.sh\n0.0.0.0 a.example.net b.example.net\n0.0.0.0 c.example.net\n0.0.0.0 d.example.net\n0.0.0.0 e.example.net\n", o: ImportOptions{Format: Text}, want: []string{"domain a.example.net amber", "domain b.example.net amber", "domain c.example.net amber", "domain d.example.net amber", "domain e.example.net amber", "domain mal.example.net amber", "domain update.sh amber"}},
		"block list":                   {text: "[Adblock Plus]\n! Title: x\n||mal.example.net^\n||b.example.net^$third-party\n", want: []string{"domain b.example.net amber", "domain mal.example.net amber"}},
		"HTML":                         {text: "<!DOCTYPE html><html><head><script>var x='a.example.net'</script></head><body><a href=\"https://blog.example.org/\">It</a> is mal<wbr>.example.net<br>198.51.100.9</body></html>", want: []string{"domain mal.example.net amber", "ip 198.51.100.9 amber"}},
		"XML as text":                  {text: "<?xml version=\"1.0\"?>\n<s:P xmlns:s=\"http://ns.example.org/1\">\n<A>198.51.100.7</A></s:P>\n", o: ImportOptions{Format: Text}, want: []string{"ip 198.51.100.7 amber"}},
		"a list of events":             {text: "[\n {\"date\":\"2024-05-01\",\"event\":\"x\",\"category\":\"c\",\"tlp\":\"green\",\n \"raw\":{\"data\":1},\"indicator\":\"mal.example.net\",\"indicatorType\":\"domain\"}\n]", want: []string{"domain mal.example.net green"}},
		"an event over lines":          {text: "{\n\"date\":\"2024-05-01\",\"event\":\"x\",\"category\":\"c\",\"tlp\":\"green\",\n \"raw\":{\"data\":1}}", want: []string{"  green"}},
	} {
		m := newMemory()
		c.o.Now = now
		report, err := Import(t.Context(), strings.NewReader(c.text), m, c.o, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := imported(m); !slices.Equal(got, c.want) || len(report.Rejected) > 0 {
			t.Errorf("%s: got %q, want %q; %+v", name, got, c.want, report)
		}
		if !strings.Contains(noted(report), c.note) {
			t.Errorf("%s: noted %q, want %q", name, noted(report), c.note)
		}
	}
}

// TestMarkingsInAnyColumn holds that a marking counts wherever in a row it
// stands, and what is said of columns of them.
func TestMarkingsInAnyColumn(t *testing.T) {
	long := "date,indicator,Vermerk\n" + strings.Repeat("2024-05-01,a.example.net,intern\n", 2100) + "2024-05-01,b.example.net,TLP:RED\n2024-05-01,c.example.net,YELLOW\n"
	for _, c := range []struct {
		text, want string // the marking of a.example.net, b.example.net …
		note       string
		unreadable int
	}{
		{"date,indicator,Einstufung\n2024-05-01,a.example.net,TLP:RED\n2024-05-01,b.example.net,TLP:GREEN\n2024-05-01,c.example.net,YELLOW\n2024-05-01,d.example.net,nur intern\n2024-05-01,e.example.net,\n", "red green red red amber", `column "Einstufung" seems to hold TLP markings`, 2},
		{"date,indicator,Einstufung\n2024-05-01,a.example.net,RED\n2024-05-01,b.example.net,GREEN\n2024-05-01,c.example.net,YELLOW\n", "red green red", "Einstufung", 1},
		{"indicator,Freigabe\na.example.net,TLP:RED\nb.example.net,intern\nc.example.net,Partner\nd.example.net,alle\n", "red red red red", "Freigabe", 3},
		{"indicator,classification\na.example.net,TLP:AMBER+STRICT\nb.example.net,TLP:RED - do not share\n", "amber+strict red", "classification", 0},
		{"indicator,category\na.example.net,[TLP AMBER]\nb.example.net,phishing\n", "amber red", "category", 1},
		{"indicator,comment\na.example.net,TLP:RED\nb.example.net,a page for phishing\nc.example.net,seen in mail\nd.example.net,asks for passwords\n", "red amber amber amber", `column "comment": 1 cell with a TLP marking`, 0},
		{"indicator,comment\na.example.net,TLP:RED\nb.example.net,YELLOW\nc.example.net,TLP:GREEN - community\n", "red red green", `column "comment" seems to hold TLP markings`, 1},
		{"indicator,notes,tlp\na.example.net,TLP:RED - by phone only,green\nb.example.net,they say that TLP:RED is for others only,green\n", "red green", "notes", 0},
		{"indicator,event\na.example.net,Weekly report (TLP:RED)\nb.example.net,how TLP:RED is used by them\n", "red amber", "", 0},
		{"indicator,sharing\na.example.net,TLP:YELLOW\nb.example.net,TLP:GREEN\n", "red green", "sharing", 1},
		{"indicator,actor\na.example.net,Red October\nb.example.net,White Bear\n", "amber amber", "", 0},
		{"indicator,tags\na.example.net,TLP:RED;phishing\nb.example.net,c2\n", "red amber", "", 0},
		{"2024-05-01,a.example.net,TLP:RED\n2024-05-02,b.example.net,nur intern\n", "red red", "column 3", 1},
		{long, "amber red red", "Vermerk", 1},
		{"indicator;Ereignis;TLP-Einstufung\na.example.net;x;GRÜN\nb.example.net;y;rot\nc.example.net;z;weiß\n", "green red clear", "", 0},
		{"indicator,Weitergabe\na.example.net,nach Absprache\nb.example.net,intern\nc.example.net,alle\nd.example.net,rot\n", "amber amber amber red", `column "Weitergabe": 1 cell with a TLP marking`, 0},
		{"indicateur,niveau\na.example.net,rouge\nb.example.net,vert\n", "red green", `column "niveau" seems to hold TLP markings`, 0},
	} {
		m := newMemory()
		report := doImport(t, c.text, m, ImportOptions{})
		got := map[string]string{}
		for _, e := range m.events {
			got[e.Indicator] = strings.TrimPrefix(strings.ToLower(e.TLP), "tlp:")
			if strings.Contains(e.Category+e.IndicatorType, "TLP") {
				t.Errorf("%q: a marking became something else: %+v", c.text, e)
			}
		}
		var tlps []string
		for _, name := range slices.Sorted(maps.Keys(got)) {
			tlps = append(tlps, got[name])
		}
		if s := strings.Join(tlps, " "); s != c.want || report.Unreadable != c.unreadable || !strings.Contains(noted(report), c.note) {
			t.Errorf("%.200q: marked %s, want %s; %d unreadable, want %d; noted %q", c.text, s, c.want, report.Unreadable, c.unreadable, noted(report))
		}
	}
}

// TestColumnsWithoutAField holds that what fits no field is named and kept.
func TestColumnsWithoutAField(t *testing.T) {
	for text, want := range map[string][]string{
		"Datum,Indikator,Beschreibung,Angreifer,Land,Vertraulichkeit\n2024-05-01,a.example.net,Mail,QUIETBADGER,Russland,intern\n": {
			`column "Land" fits no field; it is kept in the raw record`, `column "Vertraulichkeit" fits no field; it is kept in the raw record`},
		"2024-05-01,a.example.net,a page for phishing\n":                 {`column "column 3" fits no field; it is kept in the raw record`},
		"indicator,event,rawdata,Farbe\na.example.net,x,\"{}\",blau\n":   {`column "Farbe" fits no field; it is kept in the raw record`},
		"indicator,event,Zielland\na.example.net,x,Atlantis\n":           {`column "Zielland": 1 cell without the name or code of a known country`},
		"indicator,event,Zielland,Farbe\na.example.net,x,Frankreich,-\n": {`column "Farbe" fits no field`},
	} {
		m := newMemory()
		report := doImport(t, text, m, ImportOptions{})
		for _, w := range want {
			if !strings.Contains(noted(report), w) || report.Created != 1 {
				t.Errorf("%q: noted %q, want %q (%+v)", text, noted(report), w, report)
			}
		}
		_, cells, _ := strings.Cut(strings.TrimSpace(text), "\n")
		for e := range maps.Values(m.events) {
			raw := string(m.raws[e.UUID].Data)
			if last := cells[strings.LastIndex(cells, ",")+1:]; cells != "" && !strings.Contains(raw, last) {
				t.Errorf("%q: %q isn't in the raw record %s", text, last, raw)
			}
			if strings.Contains(text, "Frankreich") && e.TargetCountry != "FR" {
				t.Errorf("Frankreich is %q", e.TargetCountry)
			}
		}
	}
	if report := doImport(t, "indicator,event,Farbe\na.example.net,x,blau\n", newMemory(), ImportOptions{Columns: map[string]string{"Farbe": "-"}}); len(report.Notes) > 0 {
		t.Errorf("a column that was left out is noted: %q", noted(report))
	}
}

// noted are all notes of a report, a line each.
func noted(r Report) string {
	var b strings.Builder
	for _, n := range r.Notes {
		b.WriteString(n.Where() + ": " + n.Reason + "\n")
	}
	return b.String()
}

func wideBig(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u>>8), byte(u))
	}
	return string(b)
}

// TestNothingVanishes holds that what isn't taken is named.
func TestNothingVanishes(t *testing.T) {
	for text, want := range map[string]string{
		"mal.example.net\na.example.net\nb.example.net\nwhat is this?\n": "line 4: no indicator in it",
		"[{\"foo\":1,\"bar\":2}]":                                              `the keys "foo", "bar": neither`,
		"{\"foo\":1}\n{\"bar\":2}\n":                                           `the keys "foo": neither`,
		"{\n \"foo\": 1\n}\n":                                                  `line 1: an object with the keys "foo"`,
		"[{\"date\":\"2024-05-01\"},\n":                                        "neither a description nor an indicator",
		"||a.example.net^\n@@||b.example.net^\n||c.example.net^\n":             "an exception of a block list",
		"date,indicator\n2024-05-01,198.51.100.9\nsoon,198.51.100.10\n":        `"soon" is not a date`,
		"date,indicator\n3/4/2024,198.51.100.9\n2024-05-01,198.51.100.9,x,y\n": "4 columns where the header has 2",
	} {
		report := doImport(t, text, newMemory(), ImportOptions{})
		all := ""
		for _, r := range report.Rejected {
			all += r.Where() + ": " + r.Reason + "\n"
		}
		if !strings.Contains(all, want) {
			t.Errorf("%q: rejected %q, want %q", text, all, want)
		}
	}
	if _, err := Import(t.Context(), strings.NewReader("<?xml version=\"1.0\"?><a xmlns=\"http://ns.example.org\">198.51.100.9</a>"), newMemory(), ImportOptions{}, nil); err == nil {
		t.Error("XML of no known form is taken for a list")
	}
}

// TestDatasetsKeepTheirOwn holds that the same list or table in another dataset
// is events of its own.
func TestDatasetsKeepTheirOwn(t *testing.T) {
	for _, text := range []string{"mal.example.net\n198.51.100.77\n", "indicator,event\nmal.example.net,x\n198.51.100.77,y\n"} {
		m := newMemory()
		for _, o := range []ImportOptions{{Dataset: "A", TLP: "green"}, {Dataset: "B", TLP: "red"}, {TLP: "amber"}} {
			if first := doImport(t, text, m, o); first.Created != 2 {
				t.Errorf("into %q: %+v", o.Dataset, first)
			}
			if again := doImport(t, text, m, o); again.Skipped != 2 {
				t.Errorf("again into %q: %+v", o.Dataset, again)
			}
		}
	}
}

// TestTableRoundTrip holds that what a table of ours says comes back, whatever
// characters are in it.
func TestTableRoundTrip(t *testing.T) {
	for i, text := range []string{
		"plain", "tab\there", "line\nend", "=1+1", "'=1", "'quoted'", "\x1b[31mred", "a\u202eb", "family 👩\u200d👩\u200d👧", "json:x", "#x", "a;b|c,d", `say "x"`, "carriage\rreturn", "ends \\", "[a]", "\u00a0x",
	} {
		from, to := newMemory(), newMemory()
		date, err := api.ParseTime("2024-05-01T10:00:00Z")
		if err != nil {
			t.Fatal(err)
		}
		want := api.Event{UUID: id(i), Date: date, Event: text + ".", Category: "C", Indicator: text, IndicatorType: "yara", TLP: "TLP:GREEN", Tags: []string{text, "b"}, MitreAttack: []string{}, MitreCapec: []string{}, DatasetID: from.datasets[0].UUID, RawID: "1"}
		from.events[want.UUID], from.raws[want.UUID] = want, api.Raw{Data: []byte(`1`)}
		table, _ := exportAs(t, from, ExportOptions{Format: CSV})
		report := doImport(t, table, to, ImportOptions{})
		got := to.events[want.UUID]
		if fmt.Sprint(got.Event, got.Indicator, got.IndicatorType, got.TLP, got.Tags) != fmt.Sprint(want.Event, want.Indicator, want.IndicatorType, "green", want.Tags) || report.Created != 1 {
			t.Errorf("%q came back as %q, %q, %q, %s (%+v)\n%s", text, got.Event, got.Indicator, got.Tags, got.TLP, report, table)
		}
	}
}
