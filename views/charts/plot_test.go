package charts

import (
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"threatbench/api"
	"threatbench/theme"
	"threatbench/ui/widget/chart"
	"threatbench/ui/widget/uitest"
	"threatbench/views"
)

const huge = 1_000_000_000_000

func styles(t testing.TB) *theme.Styles {
	t.Helper()
	st, err := theme.Load("dark", true, false)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// rows are groups written as "key key 12".
func rows(lines ...string) []api.Group {
	var out []api.Group
	for _, l := range lines {
		f := strings.Fields(l)
		g := api.Group{Keys: f[:len(f)-1]}
		if _, err := fmt.Sscan(f[len(f)-1], &g.Count); err != nil {
			panic(err)
		}
		for i, k := range g.Keys {
			if k == "-" {
				g.Keys[i] = ""
			}
		}
		out = append(out, g)
	}
	return out
}

func grouped(lines ...string) api.Groups {
	g := api.Groups{Rows: rows(lines...), Distinct: len(lines)}
	for _, r := range g.Rows {
		g.Total += r.Count
	}
	return g
}

// daily are groups of days of March 2026 written as "14 key 12".
func daily(lines ...string) api.Groups {
	g := grouped(lines...)
	for i, r := range g.Rows {
		var d int
		if _, err := fmt.Sscan(r.Keys[0], &d); err != nil {
			panic(err)
		}
		g.Rows[i].Date = api.TimeOf(time.Date(2026, 3, d, 0, 0, 0, 0, time.UTC))
		g.Rows[i].Keys = r.Keys[1:]
	}
	return g
}

func march(from, to int) span {
	at := func(d int) time.Time { return time.Date(2026, 3, d, 0, 0, 0, 0, time.UTC) }
	return span{at(from), at(to + 1)}
}

// plain are the lines a plot draws, without colour.
func plainly(t *testing.T, p plot, w, h int) string {
	t.Helper()
	lines := p.draw(w, h)
	if err := uitest.ExactLines(lines, w, h); err != nil {
		t.Fatal(err)
	}
	return ansi.Strip(strings.Join(lines, "\n"))
}

func TestBarsCompareWithWhatIsGone(t *testing.T) {
	s := Spec{Kind: Bars, By: "attacker", Top: 3, Compare: true}.sound()
	before := grouped("GONE 5", "HERON 4")
	p := newBars(styles(t), s, namer{}, grouped("HERON 10", "NEW 1"), &before)
	for _, want := range []string{"HERON: 10 (90.9%), previously 4: +6 (+150%)", "NEW: 1 (9.1%), previously 0: new", "GONE: 0 (0.0%), previously 5: -5 (-100%)"} {
		if got := p.note(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		p.move(0, 1)
	}
	g := grouped("HERON 10", "NEW 1")
	g.Distinct = 9 // others aren't known: nobody can say that GONE is gone
	if got := csvText(newBars(styles(t), s, namer{}, g, &before).table()); strings.Contains(got, "GONE") {
		t.Errorf("what isn't known counts 0:\n%s", got)
	}
}

func TestBarsNameTheRest(t *testing.T) {
	var lines []string
	for i := range 12 {
		lines = append(lines, fmt.Sprintf("HERON tag%02d %d", i, 12-i))
	}
	before := grouped("HERON tag00 2", "HERON tag11 3", "HERON elsewhere 4")
	s := Spec{Kind: Bars, By: "attacker", Split: "tags", Compare: true}.sound()
	p := newBars(styles(t), s, namer{}, grouped(lines...), &before)
	if n := len(p.parts); n != maxSeries || !p.rest {
		t.Fatalf("%d series, the rest is one: %v", n, p.rest)
	}
	p.move(1, 0)
	if got, want := p.note(), "HERON, tag00: 12 (15.4% of 78), previously 2: +10 (+500%)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for range maxSeries {
		p.move(1, 0)
	}
	if got, want := p.note(), "HERON, others: 15 (19.2% of 78), previously 7: +8 (+114%)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := p.picked(); len(got.pairs) != 1 {
		t.Errorf("the rest is no value to ask for: %v", got)
	}
}

func TestOverTimeWithExtremes(t *testing.T) {
	s := Spec{Kind: Over}.sound()
	g := daily(fmt.Sprintf("1 %d", huge), "3 1", "20 7")
	p := newOver(styles(t), s, namer{}, api.BucketDay, march(1, 3), g, nil, nil, nil)
	if len(p.starts) != 3 {
		t.Fatalf("%d steps", len(p.starts))
	}
	if got := p.note(); got != "Tue 03 Mar 2026: 1 event" {
		t.Error(got)
	}
	for _, m := range []chart.Mode{chart.Stacked, chart.Lines} {
		p.SetMode(m)
		if got := plainly(t, p, 40, 8); !strings.Contains(got, "1.0T") {
			t.Errorf("no number at the axis:\n%s", got)
		}
	}
	for _, empty := range []api.Groups{{}, {Rows: []api.Group{{Count: 4}}}} { // nothing; and events without a date
		p = newOver(styles(t), s, namer{}, api.BucketDay, span{}, empty, nil, nil, nil)
		if p.note() != "" || !p.picked().none() {
			t.Errorf("%q, %v", p.note(), p.picked())
		}
		plainly(t, p, 40, 8)
	}
}

func TestOverTimeComparesSeriesAndClipsWeeks(t *testing.T) {
	s := Spec{Kind: Over, Split: "category", Bucket: api.BucketWeek, Compare: true}.sound()
	d := march(4, 10) // Wednesday to Tuesday: two weeks have a part in it
	g, parts := daily("4 3", "9 5"), daily("2 Phishing 3", "9 Phishing 1", "9 Scanning 4")
	parts.Rows[0].Date = api.TimeOf(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)) // the server's week begins before the range
	before := api.Groups{Rows: []api.Group{{Date: api.TimeOf(time.Date(2026, 2, 25, 0, 0, 0, 0, time.UTC)), Count: 2}}}
	were := api.Groups{Rows: []api.Group{{Keys: []string{"Phishing"}, Date: api.TimeOf(time.Date(2026, 2, 25, 0, 0, 0, 0, time.UTC)), Count: 2}}}
	p := newOver(styles(t), s, namer{}, api.BucketWeek, d, g, &parts, &before, &were)
	p.end(false)
	if got, want := p.note(), "04 Mar 2026 to 08 Mar 2026: 3 events, previously 2: +1 (+50%)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	p.move(0, 1)
	if got, want := p.note(), "04 Mar 2026 to 08 Mar 2026: Phishing 3 (100.0% of 3), previously 2: +1 (+50%)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := within("", p.picked().span); got != "date>=2026-03-04Z date<=2026-03-08Z" {
		t.Errorf("the first week is %s", got)
	}
	p.end(true)
	if got := within("", p.picked().span); got != "date>=2026-03-09Z date<=2026-03-10Z" {
		t.Errorf("the last week is %s", got)
	}
}

func TestHoursAreNamedAndPickedExactly(t *testing.T) {
	from := time.Date(2026, 3, 28, 23, 0, 0, 0, time.UTC)
	d := span{from, from.Add(5 * time.Hour)}
	g := api.Groups{Total: 3, Rows: []api.Group{{Date: api.TimeOf(from.Add(2 * time.Hour)), Count: 3}}}
	p := newOver(styles(t), Spec{Kind: Over}.sound(), namer{}, api.BucketHour, d, g, nil, nil, nil)
	if len(p.starts) != 5 {
		t.Fatalf("%d hours", len(p.starts))
	}
	p.SetRange(0, 3)
	if got, want := p.note(), "28 Mar 2026 23:00 to 29 Mar 2026 03:00: 3 events"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	p.SetRange(1, 2)
	if got := within("", p.picked().span); got != "date>=2026-03-29T00:00:00Z date<2026-03-29T02:00:00Z" {
		t.Error(got)
	}
}

func TestCrossTables(t *testing.T) {
	s := Spec{Kind: Heat, By: "attacker", Split: "category", Compare: true}.sound()
	before := grouped("HERON Phishing 9", "GONE Scanning 2")
	p := newHeat(styles(t), s, namer{}, grouped("HERON Phishing 4", "HERON - 1", fmt.Sprintf("MAGPIE Scanning %d", huge)), &before)
	want := "attacker / category,Scanning,Phishing,,Scanning before,Phishing before,\" before\"\nMAGPIE,1000000000000,0,0,0,0,0\nHERON,0,4,1,0,9,0\nGONE,0,0,0,2,0,0\n"
	if got := csvText(p.table()); got != want {
		t.Errorf("the table is\n%s\nwant\n%s", got, want)
	}
	p.move(1, 1)
	if got, want := p.note(), "HERON, Phishing: 4 (<0.1%), previously 9: -5 (-55%)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := plainly(t, p, 60, 8); !strings.Contains(got, "-5") || !strings.Contains(got, "change by") {
		t.Errorf("no change is drawn:\n%s", got)
	}
	none := newHeat(styles(t), s, namer{}, api.Groups{}, nil)
	if none.note() != "" || !none.picked().none() {
		t.Errorf("of nothing: %q, %v", none.note(), none.picked())
	}
}

func TestLanesCountStagesAndTactics(t *testing.T) {
	s := Spec{Kind: Chain, Compare: true}.sound()
	before := grouped("3 Phishing 1", "7 Wiping 2")
	p := newChain(styles(t), s, namer{}, grouped("3 Phishing 4", "- Unknown 1", "0 Unknown 2"), &before)
	if len(p.lanes) != 8 || p.lanes[2].Total != 4 || p.lanes[2].Before != 1 || p.lanes[7].Total != 3 {
		t.Errorf("%+v", p.lanes)
	}
	if p.lanes[6].Total != 0 || len(p.lanes[6].Cells) != 1 || p.lanes[6].Cells[0].Before != 2 {
		t.Errorf("what is gone: %+v", p.lanes[6])
	}
	a := newAttack(styles(t), Spec{Kind: Attack}.sound(), namer{}, grouped("T1566.001 4", "T0000 1", "- 9"), nil)
	if n := len(a.lanes); n < 2 || a.lanes[n-1].Title != "Other" || a.lanes[n-1].Total != 1 {
		t.Errorf("%+v", a.lanes)
	}
}

func TestCSVHoldsNoFormulas(t *testing.T) {
	got := csvText([][]string{{"=1+1", " +x", "-3", "@a", "＝b", "a,\"b\"", "plain"}})
	if got != "'=1+1,' +x,'-3,'@a,'＝b,\"a,\"\"b\"\"\",plain\n" {
		t.Errorf("%q", got)
	}
}

func csvText(table [][]string) string { return string(csvOf(table)) }

// Whatever is counted, every picture is whole XML in which the data is text, and
// the numbers are whole CSV.
func TestExportsAreWhole(t *testing.T) {
	st := styles(t)
	key := rapid.SampledFrom([]string{"", "A", `<script>alert("&")</script>`, "]]>", "=1+1", "日本", "it's", "T1566.001", "3"})
	rapid.Check(t, func(t *rapid.T) {
		g := api.Groups{Distinct: 30}
		for range rapid.IntRange(0, 12).Draw(t, "rows") {
			r := api.Group{Keys: []string{key.Draw(t, "a"), key.Draw(t, "b")}, Count: rapid.SampledFrom([]int{0, 1, 7, huge}).Draw(t, "count")}
			r.Date = api.TimeOf(time.Date(2026, 3, rapid.IntRange(1, 31).Draw(t, "day"), 0, 0, 0, 0, time.UTC))
			g.Rows, g.Total = append(g.Rows, r), g.Total+r.Count
		}
		var before *api.Groups
		if rapid.Bool().Draw(t, "compared") {
			before = &g
		}
		s := Spec{Kind: rapid.SampledFrom(kinds()).Draw(t, "kind"), Split: "category", Filter: `event~"<&>"`, Saved: &source{1, "<b>"}}.sound()
		s.Mode = rapid.SampledFrom(s.modes()).Draw(t, "mode")
		c := &card{env: &views.Env{Styles: st, Now: night, Zone: time.UTC}, spec: s, asked: s, got: map[string]api.Groups{askMain: g}, bucket: api.BucketDay}
		switch s.Kind {
		case Over:
			c.plot = newOver(st, s, namer{}, api.BucketDay, march(1, 31), g, &g, before, before)
		case Heat:
			c.plot = newHeat(st, s, namer{}, g, before)
		case Flow:
			c.plot = newFlow(st, s, namer{}, g)
		case Attack:
			c.plot = newAttack(st, s, namer{}, g, before)
		case Chain:
			c.plot = newChain(st, s, namer{}, g, before)
		default:
			c.plot = newBars(st, s, namer{}, g, before)
		}
		picture := string(c.svg())
		if err := wholeXML(picture); err != nil || strings.Contains(picture, "<script") || strings.Contains(picture, "NaN") || strings.Contains(picture, "Inf") {
			t.Fatalf("%v in\n%s", err, picture)
		}
		if _, err := csv.NewReader(strings.NewReader(csvText(c.plot.table()))).ReadAll(); err != nil {
			t.Fatal(err)
		}
		if err := uitest.ExactLines(c.draw(70, 20), 70, 20); err != nil {
			t.Fatal(err)
		}
	})
}

func wholeXML(text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
