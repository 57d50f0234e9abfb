package table

import (
	"slices"
	"strings"
	"testing"

	"threatbench/api/indicator"
)

const (
	aSHA256 = "3fdba35f04dc8c462986c992bcf875546257113072a909c162f7e470e581e278"
	anMD5   = "8f14e45fceea167a5a36dedd4bea2543"
)

func TestDates(t *testing.T) {
	for _, c := range []struct {
		column string // its cells, separated by |
		asked  Order
		want   string // of the first
	}{
		{"5/28/2024", Unknown, "2024-05-28T00:00:00Z"},
		{"28/5/2024", Unknown, "2024-05-28T00:00:00Z"},
		{"3/4/2024|5/28/2024", Unknown, "2024-03-04T00:00:00Z"},
		{"3/4/2024|28/5/2024", Unknown, "2024-04-03T00:00:00Z"},
		{"3/4/2024", DayFirst, "2024-04-03T00:00:00Z"},
		{"3-4-2024|13-4-2024", Unknown, "2024-04-03T00:00:00Z"},
		{"03.04.2024 14:30", Unknown, "2024-04-03T14:30:00Z"},
		{"05/28/2024 2:30 PM", Unknown, "2024-05-28T14:30:00Z"},
		{"05/28/2024 12:05 am", Unknown, "2024-05-28T00:05:00Z"},
		{"2024-06-27 03:58 AM", Unknown, "2024-06-27T03:58:00Z"},
		{"2024/06/27 03:58:01.5", Unknown, "2024-06-27T03:58:01.5Z"},
		{"2024-06-27T03:58:01+02:00", Unknown, "2024-06-27T01:58:01Z"},
		{"2024-06-27 03:58:01 UTC", Unknown, "2024-06-27T03:58:01Z"},
		{"24-06-27", YearFirst, "2024-06-27T00:00:00Z"},
		{"28.05.24", Unknown, "2024-05-28T00:00:00Z"},
		{"May 28, 2024", Unknown, "2024-05-28T00:00:00Z"},
		{"28 May 2024 10:00", Unknown, "2024-05-28T10:00:00Z"},
		{"28-May-24", Unknown, "2024-05-28T00:00:00Z"},
		{"Tue, 28 May 2024 10:00:00 GMT", Unknown, "2024-05-28T10:00:00Z"},
		{"1716890400", Unknown, "2024-05-28T10:00:00Z"},
		{"1716890400.25", Unknown, "2024-05-28T10:00:00.25Z"},
		{"1716890400123", Unknown, "2024-05-28T10:00:00.123Z"},
		{"1716890400123456", Unknown, "2024-05-28T10:00:00.123Z"},
		{"1716890400123456789", Unknown, "2024-05-28T10:00:00.123Z"},
		{"20240528", Unknown, "2024-05-28T00:00:00Z"},
		{"20240528100000", Unknown, "2024-05-28T10:00:00Z"},
		{"31/31/2024", Unknown, ""},
		{"30.02.2024", Unknown, ""},
		{"yesterday", Unknown, ""},
		{"12", Unknown, ""},
		{"198.51.100.9", Unknown, ""},
	} {
		d := NewDates(c.asked)
		cells := strings.Split(c.column, "|")
		for _, cell := range cells {
			d.Learn(cell)
		}
		got, err := d.Parse(cells[0])
		if got.String() != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: got %s, %v, want %q", c.column, got, err, c.want)
		}
	}
}

func TestAmbiguousDates(t *testing.T) {
	for column, want := range map[string]string{
		"3/4/2024|5/6/2024": "3/4/2024", "3/4/2024|13/4/2024": "", "3.4.2024": "", "4/4/2024": "", "2024-03-04": "",
	} {
		d := NewDates(Unknown)
		for cell := range strings.SplitSeq(column, "|") {
			d.Learn(cell)
		}
		if got := d.Ambiguous(); got != want {
			t.Errorf("%s: %q, want %q", column, got, want)
		}
	}
	d := NewDates(Unknown)
	d.Learn("3/4/2024")
	if got, err := d.Parse("28/4/2024"); err == nil {
		t.Errorf("a day first behind dates that were read with the month first: %s", got)
	}
}

func TestValues(t *testing.T) {
	for _, c := range []struct {
		cell string
		kind indicator.Type
		said string
		want string
	}{
		{"203.0.113.9:443", "", "ip:port", "ip 203.0.113.9"},
		{"198.51.100.7|8080", "", "ip-dst|port", "ip 198.51.100.7"},
		{"bad.example.net:8443", "", "domain", "domain bad.example.net"},
		{"203.0.113.9:443", indicator.IPv4, "", "ip 203.0.113.9"},
		{"[2001:db8::1]:443", "", "", "ipv6 2001:db8::1"},
		{"evil.exe|" + aSHA256, "", "filename|sha256", "filename evil.exe, sha256 " + aSHA256},
		{"evil.exe|" + anMD5, "", "", "filename evil.exe, md5 " + anMD5},
		{"bad.example.net|198.51.100.7", "", "domain|ip", "domain bad.example.net, ip 198.51.100.7"},
		{"198.51.100.7;198.51.100.8", "", "", "ip 198.51.100.7, ip 198.51.100.8"},
		{"198.51.100.7, bad.example.net", "", "", "ip 198.51.100.7, domain bad.example.net"},
		{"198.51.100.7\nbad.example.net", "", "", "ip 198.51.100.7, domain bad.example.net"},
		{"['198.51.100.7', 'bad[.]example[.]net']", "", "", "ip 198.51.100.7, domain bad.example.net"},
		{`["198.51.100.7"]`, "", "", "ip 198.51.100.7"},
		{"198.51.100.7 (C2)", "", "", "ip 198.51.100.7"},
		{anMD5, "", "imphash", "imphash " + anMD5},
		{anMD5, indicator.JA3, "", "ja3 " + anMD5},
		{anMD5, "", "hash", "md5 " + anMD5},
		{"update.sh", indicator.Domain, "", "domain update.sh"},
		{"update.sh", "", "hostname", "domain update.sh"},
		{"198.51.100.7", "", "hostname", "ip 198.51.100.7"},
		{"64500", "", "asn", "asn AS64500"},
		{"evil.com", "", "filename", "filename evil.com"},
		{"rule x", "", "YARA", "yara rule x"},
		{"", "", "", ""},
	} {
		var got []string
		for _, v := range Values(c.cell, c.kind, c.said) {
			got = append(got, v.Type+" "+v.Text)
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("%q (%s, %s): got %s, want %s", c.cell, c.kind, c.said, s, c.want)
		}
	}
}

func TestList(t *testing.T) {
	for in, want := range map[string][]string{
		"['malware', 'c2']": {"malware", "c2"}, `["a","b, c"]`: {"a", "b, c"}, "{'a'}": {"a"}, "('a',)": {"a"}, "[a, b]": {"a", "b"}, "a;b,a|c": {"a", "b", "c"},
		"[]": nil, `['it\'s', "x"]`: {"it's", "x"}, "(a) b": {"(a) b"}, "": nil, "['open": {"['open"},
	} {
		if got := List(in); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestCountry(t *testing.T) {
	for in, want := range map[string]string{"Russia": "RU", "russian federation": "RU", "DEU": "DE", "de": "DE", "U.S.A.": "US", "UK": "GB", "South Korea": "KR", "Atlantis": "Atlantis",
		"Russland": "RU", "Deutschland": "DE", "Royaume-Uni": "GB", "Corée du Nord": "KP", "Estados Unidos": "US", "vereinigte staaten": "US", "weltweit": "weltweit"} {
		if got, ok := Country(in); got != want || ok != (len(want) == 2) {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

// TestInfer holds what columns are taken for, by their names and their cells.
func TestInfer(t *testing.T) {
	for header, c := range map[string]struct{ row, want string }{
		"ip,country,asn":                                  {"198.51.100.9,RU,AS64500", "indicator,,"},
		"victim,country,date":                             {"Example Ltd,DE,2024-05-01", ",targetCountry,date"},
		"Indicator,Data,Note":                             {"sha256," + aSHA256 + ",dropper", "indicatorType,indicator,insight"},
		"type,indicator":                                  {"c2,198.51.100.9", ",indicator"},
		"SHA256,File description":                         {aSHA256 + ",the dropper", "indicator,event"},
		"phish_id,url,submission_time":                    {"1,http://bad.example.net/x,2024-05-01T00:00:00Z", ",indicator,date"},
		"App name,SHA256,Package Name":                    {"Chat," + aSHA256 + ",com.example.app", ",indicator,"},
		"date,indicator,event,TLP_Level":                  {"2024-05-01,bad.example.net,x,TLP:RED", "date,indicator,event,tlp"},
		"indicator,Handling":                              {"bad.example.net,amber", "indicator,tlp"},
		"ioc,reference":                                   {"bad.example.net,https://blog.example.org/x", "indicator,source"},
		"ioc,Report link":                                 {"bad.example.net,https://blog.example.org/x", "indicator,"},
		"What,When":                                       {"bad.example.net,2024-05-01", "indicator,date"},
		"date,tags,indicator":                             {"2024-05-01,TLP:RED;phishing,bad.example.net", "date,tags,indicator"},
		"first_seen,md5_hash,ip_address":                  {"soon," + anMD5 + ",none", ",indicator,"},
		"Datum,Indikator,Beschreibung,Angreifer,Land":     {"2024-05-01,bad.example.net,x,y,Russland", "date,indicator,event,attacker,"},
		"fecha,indicador,tipo,descripción,víctima,país":   {"2024-05-01,bad.example.net,domain,x,y,España", "date,indicator,indicatorType,event,,targetCountry"},
		"date,indicateur,type,commentaire,Pays d'origine": {"2024-05-01,bad.example.net,domain,x,Chine", "date,indicator,indicatorType,event,attackerCountry"},
		"indicator,indicator_type,c2 host":                {"bad.example.net,domain,198.51.100.9", "indicator,indicatorType,indicator"},
	} {
		got := Infer(strings.Split(header, ","), [][]string{strings.Split(c.row, ",")}, Unknown)
		var fields []string
		for _, column := range got.Columns {
			fields = append(fields, column.Field)
		}
		if s := strings.Join(fields, ","); s != c.want {
			t.Errorf("%s: %s, want %s (%q)", header, s, c.want, got.Notes)
		}
	}
	bare := Infer(nil, [][]string{{"2024-05-01", "198.51.100.9", "ip", "x"}, {"2024-05-02", "198.51.100.10", "ip", "y"}}, Unknown)
	if !bare.Has("date") || !bare.Has("indicator") || !bare.Has("indicatorType") || bare.Columns[3].Field != "" || len(bare.Notes) != 3 {
		t.Errorf("without a header: %+v", bare)
	}
}

func TestSeparator(t *testing.T) {
	for text, want := range map[string]byte{
		"a,b\n1,2": ',', "a;b\n1,5;2\n1,6;2": ';', "a\tb, c\n1\t2": '\t', "a|b\n1|2": '|', "\"a;b\",c\n1,2": ',', "plain\ntext": ',',
	} {
		if got := Separator(strings.Split(text, "\n")); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzValues(f *testing.F) {
	for _, s := range []string{"['a', 'b']", "a|b", "1.2.3.4:5", "[2001:db8::1]:4", "('x',", "a;b, c", "5/28/2024 1:2 PM", "1716890400.5", "May 3, 2024"} {
		f.Add(s, "ip:port")
	}
	f.Fuzz(func(t *testing.T, cell, said string) {
		for _, v := range Values(cell, "", said) {
			if v.Text == "" {
				t.Fatalf("%q: an empty indicator", cell)
			}
		}
		List(cell)
		d := NewDates(Unknown)
		d.Learn(cell)
		if at, err := d.Parse(cell); err == nil && at.String() == "" {
			t.Fatalf("%q is an empty date", cell)
		}
		HasHeader([]string{cell, said}, [][]string{{said, cell}})
	})
}
