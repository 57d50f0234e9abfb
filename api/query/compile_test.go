package query_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"threatbench/api"
	"threatbench/api/query"
)

// TestCompileForThePlainContract says what becomes of a text where the server
// has nothing of our own: a query in its terms and what that leaves out, or
// why not.
func TestCompileForThePlainContract(t *testing.T) {
	for _, c := range []struct{ text, want, missed, refused string }{
		{text: "drift", want: `(event~drift) OR (attacker~drift) OR (category~drift) OR (tags~drift)`, missed: "indicators, insight, industry"},
		{text: "CVE-2021-44228", want: `indicator~CVE-2021-44228`, missed: "description, attacker, category, tags, insight, industry"},
		{text: "b4db9e3d42746946", want: `indicator~b4db9e3d42746946`, missed: "description, attacker, category, tags, insight, industry"},
		{text: "T1566.001", want: `(event~T1566.001) OR (attacker~T1566.001) OR (category~T1566.001) OR (tags~T1566.001) OR (mitreAttack~T1566.001*)`, missed: "indicators, insight, industry"},
		{text: "two words", refused: "search for one word"},
		{text: "indicator:198.51.100.0/24", want: "indicator~198.51.100.*"},
		{text: "indicator:10.0.0.0/8", want: "indicator~10.*"},
		{text: "ip:192.0.2.8/30", want: "indicator:(\"192.0.2.8/30\" OR 192.0.2.8 OR 192.0.2.9 OR 192.0.2.10 OR 192.0.2.11)"},
		{text: "indicator:10.0.0.0/12", refused: "write 10.0.0.0/8"},
		{text: "indicator:2001:db8::/32", refused: "IPv6"},
		{text: "domain:example.org", want: "indicator~*.example.org", missed: "example.org itself (indicator:example.org), URLs and mail addresses below it"},
		{text: "technique:T1566", want: "mitreAttack~T1566*"},
		{text: "-technique:T1566", want: `-mitreAttack:"T1566" -mitreAttack:T1566.001 -mitreAttack:T1566.002 -mitreAttack:T1566.003 -mitreAttack:T1566.004`},
		{text: "attacker:none", refused: "without attacker"},
		{text: "-tag:foo*", refused: "exclude whole values only"},
		{text: "attacker:*", want: "attacker:*"},
		{text: "tlp:white", want: "tlp:(clear OR \"white\")"},
		{text: "tlp:amber+", want: "tlp:(amber+strict OR \"amber-strict\")"},
		{text: "indicator:CDN[.]Evil[.]example", want: "indicator:CDN.Evil.example"},
		{text: "indicator:bücher.example.", want: "indicator:(bücher.example. OR xn--bcher-kva.example OR bücher.example)"},
	} {
		f, err := query.Parse(c.text, now)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		got, err := query.Compile(api.ListQuery{Search: f.Search, Branches: f.Branches}, api.Capabilities{})
		switch {
		case c.refused != "":
			if err == nil || !strings.Contains(err.Error(), c.refused) {
				t.Errorf("%s: %v, want %s", c.text, err, c.refused)
			}
			continue
		case err != nil:
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if err := got.Query.Validate(); err != nil {
			t.Errorf("%s: %v", c.text, err)
		}
		if text := query.Format(query.Filter{Search: got.Query.Search, Branches: got.Query.Branches}); text != c.want {
			t.Errorf("%s becomes %s, want %s", c.text, text, c.want)
		}
		if missed := strings.Join(got.NotSearched, ", "); missed != c.missed {
			t.Errorf("%s misses %q, want %q", c.text, missed, c.missed)
		}
		own, err := query.Compile(api.ListQuery{Search: f.Search, Branches: f.Branches}, api.Capabilities{Operators: api.OwnOperators()})
		if err != nil || query.Format(query.Filter{Search: own.Query.Search, Branches: own.Query.Branches}) != query.Format(f) || len(own.NotSearched) > 0 {
			t.Errorf("%s is changed for a server that understands it: %+v %v", c.text, own, err)
		}
	}
}

// TestMeaning reads what people type at first.
func TestMeaning(t *testing.T) {
	for text, want := range map[string]string{
		"indicator:hxxps://evil[.]example/x":     `indicator:https://evil.example/x`,
		"evil(dot)example":                       `evil.example`,
		"203[.]0[.]113[.]127":                    `203.0.113.127`,
		"198.51.100.0/24":                        `indicator:198.51.100.0/24`,
		"target:Ukraine":                         `targetCountry:UA`,
		"targetCountry:germany":                  `targetCountry:DE`,
		"attackerCountry:russia":                 `attackerCountry:RU`,
		"origin:DEU":                             `attackerCountry:DE`,
		`target:"United Kingdom"`:                `targetCountry:GB`,
		"-target:(russia OR FR)":                 `-targetCountry:RU -targetCountry:FR`,
		"target:unit":                            `targetCountry:(AE OR GB OR US)`,
		"indicator:*.example":                    `indicator~*.example`,
		"attacker:Turla*":                        `attacker~Turla*`,
		"attacker:*":                             `attacker:*`,
		"attacker:none":                          `attacker:none`,
		"-attacker:*":                            `attacker:none`,
		"NOT attacker:*":                         `attacker:none`,
		"-attacker:none":                         `attacker:*`,
		`attacker:"Turla*"`:                      `attacker:"Turla*"`,
		"kc:none":                                `killChain:0`,
		"technique:T1566":                        `mitreAttack:T1566`,
		"technique:t1566.001":                    `mitreAttack:T1566.001`,
		"technique:phishing":                     `mitreAttack:T1566`,
		"!tlp:red":                               `-tlp:red`,
		"tlp:amber+":                             `tlp:amber+strict`,
		"tlp:TLP:RED":                            `tlp:red`,
		"TLP:WHITE":                              `tlp:clear`,
		`dataset:"Partner feed"`:                 `dataset:"Partner feed"`,
		"-dataset:A":                             `-dataset:A`,
		"dataset:(A OR B)":                       `dataset:(A OR B)`,
		"date>2026-11-28 09:00":                  `date>2026-11-28T09:00:00Z`,
		`date>"yesterday 09:00"`:                 `date>2024-03-12T09:00:00Z`,
		"indicator:b4db9e3d42746946":             `indicator~b4db9e3d42746946*`,
		"indicator:203.0.113.*":                  `indicator~203.0.113.*`,
		"domain:*.example.org":                   `domain:example.org`,
		"NOT (tag:a OR tag:b)":                   `(-tags:a -tags:b)`,
		"-phishing":                              `-phishing`,
		"0F8FAD5B-d9cb-469f-a165-70867728950e":   `(uuid:0f8fad5b-d9cb-469f-a165-70867728950e) OR ("0F8FAD5B-d9cb-469f-a165-70867728950e")`,
		"-0f8fad5b-d9cb-469f-a165-70867728950e":  `(-uuid:0f8fad5b-d9cb-469f-a165-70867728950e -"0f8fad5b-d9cb-469f-a165-70867728950e")`,
		`"0f8fad5b-d9cb-469f-a165-70867728950e"`: `"0f8fad5b-d9cb-469f-a165-70867728950e"`,
		"last.example":                           `last.example`,
		"the last of them":                       `the last of them`,
		`"last 7 days"`:                          `"last 7 days"`,
		"-tag:foo*":                              `-tags~foo*`,
	} {
		f, err := query.Parse(text, now)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := query.Format(f); got != want && got != strings.Replace(want, "T09:00:00Z", " 09:00", 1) {
			t.Errorf("%s means %s, want %s", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"attackr:x":          "write attacker:x",
		"target:nowhereland": "no country is called nowhereland",
		"technique:nosuch":   "no technique is called nosuch",
		"tag:a OR dataset:b": "dataset stands outside of OR",
		"date:none":          "every event has a value there",
		"ind:a*b OR ind:c":   "indicator outside of OR only",
		"tag:(" + strings.Repeat("a*,", 9) + "b)": "at most 8 branches",
	} {
		if _, err := query.Parse(text, now); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestInDatasets(t *testing.T) {
	known := []api.Dataset{{UUID: "1", Name: "Main"}, {UUID: "2", Name: "Partner feed"}, {UUID: "3", Name: "Twice"}, {UUID: "4", Name: "twice"}}
	for _, c := range []struct {
		text    string
		chosen  []string
		want    []string
		refused string
	}{
		{text: `dataset:"partner FEED" x`, want: []string{"2"}},
		{text: "-dataset:main", want: []string{"2", "3", "4"}},
		{text: `dataset:(Main OR 3)`, chosen: []string{api.ScopeAll}, want: []string{"1", "3"}},
		{text: `dataset:Main`, chosen: []string{"2"}, refused: `no dataset Main among those searched, which are "Partner feed"`},
		{text: `dataset:nope`, refused: `there is no dataset nope among those searched, which are "Main"`},
		{text: `dataset:twice`, refused: "2 datasets are called twice"},
		{text: `x`, chosen: []string{"1"}, want: []string{"1"}},
	} {
		f, err := query.Parse(c.text, now)
		if err != nil {
			t.Fatal(err)
		}
		got, err := query.InDatasets(api.ListQuery{Search: f.Search, Datasets: c.chosen}, known)
		if c.refused != "" {
			if err == nil || !strings.Contains(err.Error(), c.refused) {
				t.Errorf("%s: %v, want %s", c.text, err, c.refused)
			}
			continue
		}
		if err != nil || !slices.Equal(got.Datasets, c.want) || query.HasDataset(got) {
			t.Errorf("%s looks in %v (%v), want %v", c.text, got.Datasets, err, c.want)
		}
	}
}

// TestDaysAreThoseOfTheZone reads days in a zone that is fifteen minutes off
// the hour, and on the days that are an hour shorter or longer.
func TestDaysAreThoseOfTheZone(t *testing.T) {
	for _, c := range []struct{ zone, text, want string }{
		{"Asia/Kathmandu", "date:2026-11-01", "date>=2026-10-31T18:15:00Z date<=2026-11-01T18:14:59.999Z"},
		{"Europe/Berlin", "date:2026-03-29", "date>=2026-03-28T23:00:00Z date<=2026-03-29T21:59:59.999Z"},
		{"Europe/Berlin", "date:2026-10-25", "date>=2026-10-24T22:00:00Z date<=2026-10-25T22:59:59.999Z"},
		{"Europe/Berlin", "date>=2026-07-01 09:00", "date>=2026-07-01T07:00:00Z"},
		{"UTC", "date:2026-11-01", "date:2026-11-01"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		f, err := query.Parse(c.text, now.In(zone))
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if got := query.Format(f); got != c.want {
			t.Errorf("%s in %s is %s, want %s", c.text, c.zone, got, c.want)
		}
	}
}
