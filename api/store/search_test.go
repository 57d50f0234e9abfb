package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"threatbench/api"
	"threatbench/api/indicator"
)

func term(field api.Field, op api.Op, values ...string) api.Condition {
	return api.Condition{Field: field, Op: op, Values: values}
}

// searched are the events that searches are tried on, by a name each.
func searched() map[string]api.CreateEvent {
	of := func(change func(*api.CreateEvent)) api.CreateEvent {
		e := plain(change)
		e.Event = "something happened"
		return e
	}
	ind := func(values ...string) func(*api.CreateEvent) {
		return func(e *api.CreateEvent) {
			e.Indicator = values[0]
			for _, v := range values[1:] {
				e.Indicators = append(e.Indicators, api.IndicatorInput{Value: v, IndicatorType: "x"})
			}
		}
	}
	long := of(nil)
	long.Insight = strings.Repeat("much to say ", 900) + "needle"
	prose := of(nil)
	prose.Event = strings.Repeat("a long tale ", 700) + "haystack"
	return map[string]api.CreateEvent{
		"heron": of(func(e *api.CreateEvent) {
			e.Attacker, e.TargetCountry, e.Tags, e.MitreAttack = "DRIFTINGHERON", "Ukraine", []string{"op-willow-tide"}, []string{"T1566.001"}
		}),
		"tester": of(func(e *api.CreateEvent) {
			e.Attacker, e.TargetCountry, e.MitreAttack = "TESTER", "Germany", []string{"T1566"}
		}),
		"md5":      of(ind("evil.example", "B4DB9E3D42746946AA55B4DB9E3D4274")),
		"cve":      of(ind("CVE-2021-44228")),
		"six":      of(ind("a.b.six.example")),
		"notsix":   of(ind("notsix.example")),
		"url":      of(ind("hxxps://WWW.six[.]example/Path/A?q=1")),
		"mail":     of(ind("Ann@Six.Example")),
		"defanged": of(ind("203[.]0[.]113[.]127")),
		"v4":       of(ind("other.example", "198.51.100.200")),
		"net":      of(ind("198.51.100.0/24")),
		"half":     of(ind("198.51.100.128/25")),
		"wide":     of(ind("198.51.0.0/16")),
		"v6":       of(ind("2001:DB8:0::17")),
		"mapped":   of(ind("::ffff:192.0.2.9")),
		"idn":      of(ind("xn--bcher-kva.example.")),
		"long":     long,
		"prose":    prose,
		"energy": of(func(e *api.CreateEvent) {
			e.TargetCountry, e.TargetIndustry = "UA", "Energy & Utilities"
		}),
		"korea": of(func(e *api.CreateEvent) { e.AttackerCountry = "KP" }),
	}
}

// searches are what is asked of them, and what must be found.
func searches() []struct {
	cond api.Condition
	want string
} {
	words := func(s string) api.Condition { return term(api.FieldText, api.OpFind, s) }
	ind := func(op api.Op, v ...string) api.Condition { return term(api.FieldIndicator, op, v...) }
	return []struct {
		cond api.Condition
		want string
	}{
		{words("drift ukra"), "heron"}, {words("drift UA willow"), "heron"}, {words("drift ua"), ""}, {words("drift germany"), ""},
		{words("ukraine energy"), "energy"}, {words("UTILITIES"), "energy"}, {words("TESTER"), "tester"}, {words("tester DEU"), "tester"}, {words("north korea"), "korea"}, {words("korea"), "korea"}, {words("republic"), ""}, {words("nort"), "korea"}, {words("nor"), ""}, {words("korea north korea"), "korea"}, {words("north the korea"), ""},
		{words("b4db9e3d42746946"), "md5"}, {words("op-willow-tide"), "heron"}, {words("cve-2021-44228"), "cve"},
		{words("six.example"), "mail notsix six url"}, {words("t1566.001"), "heron"}, {words("T1566"), "heron tester"},
		{words("needle"), "long"}, {words("HAYSTACK tale"), "prose"}, {words("203.0.113.127"), "defanged"}, {words("203[.]0"), "defanged"},
		{words("no such thing"), ""}, {words("phishing drift"), "heron"},
		{ind("equals", "b4db9e3d42746946aa55b4db9e3d4274"), "md5"}, {ind("equals", "EVIL[.]example."), "md5"},
		{ind("equals", "https://www.six.example/Path/A?q=1"), "url"}, {ind("equals", "https://www.six.example/path/a?q=1"), ""},
		{ind("equals", "203.0.113.127"), "defanged"}, {ind("equals", "::ffff:203.0.113.127"), "defanged"}, {ind("equals", "192.0.2.9"), "mapped"},
		{ind("equals", "2001:db8::17"), "v6"}, {ind("equals", "bücher.example"), "idn"}, {ind("equals", "BÜCHER.example"), "idn"}, {ind("equals", "ann@six.example"), "mail"},
		{ind("in", "nothing", "cve-2021-44228", "198.51.100.200"), "cve v4"},
		{ind("contains", "b4db9"), "md5"}, {ind("startsWith", "203.0"), "defanged"}, {ind("startsWith", "203[.]0"), "defanged"},
		{ind("endsWith", "six.example"), "mail notsix six"}, {ind("like", "%.six.example"), "six"}, {ind("like", "198.51.100.2__"), "v4"},
		{ind("within", "198.51.100.0/24"), "half net v4"}, {ind("within", "198.51.0.0/16"), "half net v4 wide"}, {ind("within", "198.51.100.128/25"), "half v4"},
		{ind("within", "198.51.100.200"), "v4"}, {ind("within", "2001:db8::/32"), "v6"}, {ind("within", "192.0.0.0/8"), "mapped"}, {ind("within", "203.0.113.0/25"), "defanged"},
		{ind("under", "six.example"), "mail six url"}, {ind("under", "*.six.example"), "mail six url"}, {ind("under", "b.six.example"), "six"}, {ind("under", "BÜCHER.example"), "idn"},
		{term("mitreAttack", "under", "T1566"), "heron tester"}, {term("mitreAttack", "under", "t1566.001"), "heron"}, {term("mitreAttack", "under", "T15"), ""},
		{term("attacker", "like", "_%"), "heron tester"}, {term("tags", "like", "_%"), "heron"}, {term("mitreAttack", "like", "_%"), "heron tester"},
		{term("attackerCountry", "like", "_%"), "korea"}, {ind("none"), "energy heron korea long prose tester"},
	}
}

// TestSearchFindsWhatIsThere asks in segments, in the tail, and of a database
// whose segments an older program sealed.
func TestSearchFindsWhatIsThere(t *testing.T) {
	names := map[string]string{}
	var list []api.CreateEvent
	events := searched()
	for _, name := range slices.Sorted(maps.Keys(events)) { // an event without techniques first: the category takes those of its first one
		e := events[name]
		e.UUID = fmt.Sprintf("5ea2c400-0000-4000-8000-%012x", len(list)+1)
		names[e.UUID] = name
		list = append(list, e)
	}
	for _, segment := range []segmentSize{0, 8} {
		path := place(t)
		d := openAt(t, path, Options{segment: int(segment)})
		create(t, d, list...)
		findAll(t, d, names, fmt.Sprintf("segments of %d", segment))
		if segment == 0 {
			continue
		}
		for index := range d.snap.Load().sealed {
			forgetForm(t, d, index)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), path, Options{ReadOnly: true}); err == nil || !strings.Contains(err.Error(), "older program") {
			t.Errorf("segments of another form are read as they are: %v", err)
		}
		told := 0
		d = openAt(t, path, Options{Progress: func(done, total int) { told++ }})
		if told < 3 {
			t.Errorf("progress was told %d times", told)
		}
		findAll(t, d, names, "brought to this form")
	}
}

func findAll(t *testing.T, d *DB, names map[string]string, when string) {
	t.Helper()
	for _, c := range searches() {
		for _, opts := range []ListOptions{{}, {TotalLater: true}} {
			page, err := d.ListWith(t.Context(), testAccount, api.ListQuery{Search: []api.Condition{c.cond}}, opts)
			if err != nil {
				t.Fatalf("%+v: %v", c.cond, err)
			}
			var got []string
			for _, e := range page.Events {
				got = append(got, names[e.UUID])
			}
			slices.Sort(got)
			if strings.Join(got, " ") != c.want {
				t.Errorf("%s, %+v: found %q, want %q", when, c.cond, got, c.want)
			}
		}
	}
}

// forgetForm makes a segment look like one of an older program: without what
// came since, its keys and its index gone.
func forgetForm(t *testing.T, d *DB, index int) {
	t.Helper()
	meta := *d.snap.Load().blocks[index].meta
	meta.format = 0
	for _, stmt := range []struct {
		query string
		args  []any
	}{
		{"UPDATE segment SET meta = ? WHERE id = ?", []any{meta.encode(), index}},
		{"DELETE FROM segcol WHERE id IN (?, ?)", []any{index*columnsPerSegment + colKeys, index*columnsPerSegment + colInsight}},
		{"DELETE FROM gram WHERE id % 4294967296 = ?", []any{index}},
		{"DELETE FROM indicator_key", nil},
	} {
		if _, err := d.writer.exec(t.Context(), stmt.query, stmt.args...); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTotalLater(t *testing.T) {
	d := openAt(t, place(t), Options{segment: 256})
	fill(t, d, 1000)
	q := api.ListQuery{Search: []api.Condition{term(api.FieldText, api.OpFind, "sensor observed")}, PageSize: 20}
	page, err := d.ListWith(t.Context(), testAccount, q, ListOptions{TotalLater: true})
	if err != nil || len(page.Events) != 20 || page.Info.TotalCount != -1 || page.Info.Cursor == "" {
		t.Fatalf("%d events, %+v, %v", len(page.Events), page.Info, err)
	}
	whole := listed(t, d, q)
	if whole.Info.TotalCount != 1000 || whole.Events[19].UUID != page.Events[19].UUID {
		t.Errorf("the whole list: %+v", whole.Info)
	}
	// Counted meanwhile, the total is told.
	if page, err = d.ListWith(t.Context(), testAccount, q, ListOptions{TotalLater: true}); err != nil || page.Info.TotalCount != 1000 {
		t.Errorf("%+v, %v", page.Info, err)
	}
	q.Search = []api.Condition{term(api.FieldAttacker, api.OpLike, "ACTOR%")}
	if page, err = d.ListWith(t.Context(), testAccount, q, ListOptions{TotalLater: true}); err != nil || page.Info.TotalCount != 1000 {
		t.Errorf("what reads no text is counted: %+v, %v", page.Info, err)
	}
}

func TestMatches(t *testing.T) {
	d := openNew(t)
	e := searched()["md5"]
	e.Attacker, e.TargetCountry, e.Tags, e.Insight = "EVILGNOME", "Germany", []string{"evil-twin"}, "pure Evil"
	create(t, d, e)
	ask := func(c ...api.Condition) []api.Match {
		t.Helper()
		page, err := d.ListWith(t.Context(), testAccount, api.ListQuery{Search: c}, ListOptions{Matches: true})
		if err != nil || len(page.Events) != 1 {
			t.Fatalf("%+v: %d events, %v", c, len(page.Events), err)
		}
		return page.Info.Matches[page.Events[0].UUID]
	}
	want := []api.Match{
		{Field: "indicator", Value: "evil.example", Word: "evil"}, {Field: "tags", Value: "evil-twin", Word: "evil"},
		{Field: "attacker", Value: "EVILGNOME", Word: "evil"}, {Field: "insight", Word: "evil"}, {Field: "targetCountry", Value: "DE", Word: "DE"},
	}
	if got := ask(term(api.FieldText, api.OpFind, "evil DE")); !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	hash := "B4DB9E3D42746946AA55B4DB9E3D4274"
	for _, c := range []api.Condition{
		term("indicator", "equals", strings.ToLower(hash)), term("indicator", "in", strings.ToLower(hash), "x"), term("indicator", "startsWith", "b4db"),
	} {
		if got := ask(c); !slices.Equal(got, []api.Match{{Field: "indicator", Value: hash, Word: c.Value()}}) {
			t.Errorf("%+v: %+v", c, got)
		}
	}
	if got := ask(term("attacker", "equals", "EVILGNOME")); got != nil {
		t.Errorf("a condition on a field of its own matches by %+v", got)
	}
}

func TestExplainCountsConditions(t *testing.T) {
	d := openAt(t, place(t), Options{segment: 8})
	var list []api.CreateEvent
	for i := range 30 {
		list = append(list, plain(func(e *api.CreateEvent) {
			e.Attacker, e.Indicator = []string{"DRIFTINGHERON", "OTHER", ""}[i%3], fmt.Sprintf("h%d.evil.example", i)
			e.TargetCountry, e.TLP = []string{"Germany", "Ukraine"}[i%2], []string{"red", "green"}[i%2]
		}))
	}
	list[1].Indicator = "evil.example"
	list[2].MitreAttack, list[2].IndicatorType = []string{"T1566.001"}, "ipv4"
	create(t, d, list...)
	other, err := d.CreateDataset(t.Context(), Actor{}, testAccount, api.Dataset{Name: "Other"})
	if err != nil {
		t.Fatal(err)
	}
	create(t, d, plain(func(e *api.CreateEvent) { e.DatasetID, e.Attacker = other.UUID, "LONER" }))
	ask := func(conds ...api.Condition) api.Explanation {
		t.Helper()
		x, err := d.Explain(t.Context(), testAccount, api.ListQuery{Search: conds})
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	x := ask(term("attacker", "equals", "DRIFTINGHERON"), term("targetCountry", "equals", "germany"))
	if x.Total != 0 || x.Conditions[1].Without != 10 || x.Conditions[0].Without != 0 || x.Conditions[1].Alone != 0 || x.Conditions[0].Alone != 10 {
		t.Errorf("%+v", x)
	}
	if near := x.Conditions[1].Near; len(near) != 1 || near[0] != (api.NearValue{Field: "targetCountry", Value: "DE", Count: 5}) {
		t.Errorf("near values: %+v", near)
	}
	x = ask(term("attacker", "equals", "DRIFTINGHERN"))
	if near := x.Conditions[0].Near; len(near) != 1 || near[0].Value != "DRIFTINGHERON" || near[0].Count != 10 {
		t.Errorf("near values: %+v", near)
	}
	x = ask(term("indicator", "equals", "https://x.evil.example/a"))
	if near := x.Conditions[0].Near; len(near) != 1 || near[0] != (api.NearValue{Field: "indicator", Value: "evil.example", Count: 1}) {
		t.Errorf("near values: %+v", near)
	}
	x = ask(term("attacker", "equals", "LONER"))
	if len(x.Datasets) != 1 || x.Datasets[0] != (api.DatasetCount{UUID: other.UUID, Name: "Other", Count: 1}) || len(x.Conditions[0].Near) != 0 {
		t.Errorf("other datasets: %+v", x)
	}
	x = ask(term("text", "find", "spear phishing"))
	if near := x.Conditions[0].Near; !slices.Contains(near, api.NearValue{Field: "mitreAttack", Value: "T1566.001", Count: 1}) {
		t.Errorf("words that name a technique: %+v", near)
	}
	x = ask(term("indicatorType", "equals", "ip"))
	if near := x.Conditions[0].Near; len(near) != 1 || near[0].Value != "ipv4" || near[0].Count != 1 {
		t.Errorf("near types: %+v", near)
	}
	x = ask(term("text", "find", "heron evil"), term("tlp", "equals", "red"))
	if x.Total != 5 || x.Conditions[0].Without != 15 || x.Conditions[1].Without != 10 {
		t.Errorf("%+v", x)
	}
	if fields := x.Conditions[0].Fields; !slices.Contains(fields, api.FieldHits{Field: "attacker", Count: 5}) || !slices.Contains(fields, api.FieldHits{Field: "indicator", Count: 5}) {
		t.Errorf("fields: %+v", fields)
	}
	limited := WithLimit(context.Background(), Limit{MaxTLP: api.TLPGreen})
	y, err := d.Explain(limited, testAccount, api.ListQuery{Search: []api.Condition{term("tlp", "equals", "red"), term("targetCountry", "equals", "germany")}})
	if err != nil || y.Total != 0 || y.Conditions[0].Alone != 0 || y.Conditions[0].Without != 0 || len(y.Conditions[1].Near) != 0 {
		t.Errorf("outside the limit: %+v, %v", y, err)
	}
}

// compareExplanationWithModel holds every number of an explanation to the
// model's.
func compareExplanationWithModel(t *rapid.T, d *DB, m *model, q api.ListQuery, datasets []string) {
	if len(q.Search) == 0 && len(q.Branches) == 0 {
		return
	}
	x, err := d.Explain(context.Background(), testAccount, q)
	if err != nil {
		t.Fatalf("explaining %+v: %v", q, err)
	}
	count := func(search []api.Condition, branches [][]api.Condition) int {
		return len(m.matching(api.ListQuery{Search: search, Branches: branches}, datasets))
	}
	if want := count(q.Search, q.Branches); x.Total != want {
		t.Fatalf("explaining %+v: total %d, want %d", q, x.Total, want)
	}
	for _, c := range x.Conditions {
		search, branches := slices.Clone(q.Search), slices.Clone(q.Branches)
		without := 0
		switch {
		case c.Branch < 0:
			without = count(slices.Delete(search, c.Index, c.Index+1), branches)
		case len(branches[c.Branch]) > 1:
			branches[c.Branch] = slices.Delete(slices.Clone(branches[c.Branch]), c.Index, c.Index+1)
			without = count(search, branches)
		case len(branches) > 1:
			without = count(search, slices.Delete(branches, c.Branch, c.Branch+1))
		}
		alone := count([]api.Condition{c.Condition}, nil)
		if c.Without != without || c.Alone != alone && !(c.AtMost && c.Alone > alone) {
			t.Fatalf("explaining %+v: condition %+v, want %d without it and %d alone", q, c, without, alone)
		}
	}
}

func TestLookupKnowsHostsAndParents(t *testing.T) {
	d := openAt(t, place(t), Options{segment: 8})
	var list []api.CreateEvent
	for i := range 20 {
		list = append(list, plain(func(e *api.CreateEvent) {
			e.UUID, e.Date = fmt.Sprintf("10000000-0000-4000-8000-%012x", i), fmt.Sprintf("2024-03-%02dT00:00:00Z", i+1)
			e.Indicator = []string{"host.example", "Deep.Parent.example.", "198.51.100.7", fmt.Sprintf("only%d.example", i)}[i%4]
			e.TLP = []string{"green", "red"}[i/10]
		}))
	}
	create(t, d, list...)
	ask := func(ctx context.Context, values ...string) []api.Lookup {
		t.Helper()
		out, err := d.Lookup(ctx, testAccount, api.LookupRequest{Indicators: values})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	got := ask(t.Context(), "HOST[.]example", "https://host.example/a/b", "x.y.deep.parent.example", "http://198.51.100.7:8080/", "ann@host.example", "nothing.example", "only19.example")
	if got[0].Exact.Count != 5 || got[0].Host != nil || got[0].Exact.Newest[0].UUID != list[16].UUID || len(got[0].Exact.Newest) != 3 || got[0].Exact.Newest[2].UUID != list[8].UUID {
		t.Errorf("exact: %+v", got[0])
	}
	if got[1].Exact.Count != 0 || got[1].Host == nil || got[1].Host.Count != 5 || got[1].Host.Value != "host.example" {
		t.Errorf("host of a URL: %+v", got[1])
	}
	if len(got[2].Parents) != 1 || got[2].Parents[0].Value != "deep.parent.example" || got[2].Parents[0].Count != 5 || got[2].Exact.Count != 0 {
		t.Errorf("parent: %+v", got[2])
	}
	if got[3].Host == nil || got[3].Host.Count != 5 || got[4].Host == nil || got[5].Exact.Count+len(got[5].Parents) != 0 || got[6].Exact.Count != 1 {
		t.Errorf("%+v", got[3:])
	}
	limited := WithLimit(t.Context(), Limit{MaxTLP: api.TLPGreen})
	if got := ask(limited, "host.example", "only19.example"); got[0].Exact.Count != 3 || got[0].Exact.Newest[0].UUID != list[8].UUID || got[1].Exact.Count != 0 {
		t.Errorf("under a limit: %+v", got)
	}
	if _, err := d.Lookup(t.Context(), testAccount, api.LookupRequest{Indicators: make([]string, api.MaxLookup+1)}); api.StatusOf(err) != 400 {
		t.Errorf("too many: %v", err)
	}
	for _, e := range list {
		if c := indicator.Canonical(e.Indicator); c == "" {
			t.Errorf("%q has no canonical form", e.Indicator)
		}
	}
}
