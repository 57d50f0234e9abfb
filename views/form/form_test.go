package form

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"pgregory.net/rapid"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/theme"
	"threatbench/ui/widget/layout"
	"threatbench/views"
)

func newForm(t testing.TB, e *api.Event) *Model {
	t.Helper()
	st, err := theme.Load("dark", true, false)
	if err != nil {
		t.Fatal(err)
	}
	env := &views.Env{Styles: st, Now: func() time.Time { return time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC) }, Zone: time.UTC}
	c := &async.Catalogs{
		Countries: api.Countries(), IndicatorTypes: []string{"Domain", "IP", "URL"},
		Categories: []api.Category{{Name: "Phishing", KillChain: 3, MitreAttack: []string{"T1566"}}, {Name: "Scanning"}},
		Datasets:   []api.Dataset{{UUID: "8e0f2c5e-0000-4000-8000-000000000001", Name: "Incidents"}},
	}
	return New(env, e, c)
}

// Every field tells what the contract has against it: key, limit, what came.
func TestFieldsAreChecked(t *testing.T) {
	for _, c := range []struct{ key, text, want string }{
		{"category", "", "category: required"},
		{"date", "soon", `date: want a date as 2026-03-01T14:03:00Z or 2026-03-01, got "soon"`},
		{"date", "2026-03-01", ""},
		{"tlp", "white", ""},
		{"tlp", "purple", `tlp: want red, amber+strict, amber, green or clear, got "purple"`},
		{"attackerCountry", "Ukraine", ""},
		{"targetCountry", "Atlantis", `targetCountry: want two or three letters of ISO 3166 such as US, got "Atlantis"`},
		{"attacker", strings.Repeat("é", 1025), "attacker: want at most 1,024 characters, got 1,025"},
		{"killChain", "8", "killChain: want 0..7, got \"8\""},
		{"killChain", "3 delivery", ""},
		{"datasetId", "incidents", ""},
		{"datasetId", "nowhere", `datasetId: want the name of a dataset, got "nowhere"`},
		{"references", "8e0f2c5e-0000-4000-8000-000000000001, x", `references: want ids of events, got "x"`},
		{"tags", strings.Repeat("t,", 3) + strings.Repeat("x", 1025), "tags: want at most 1,024 characters, got 1,025"},
		{"indicators", strings.Repeat("a.example\n", 1001), "indicators: want at most 1,000, got 1,001"},
		{"raw.data", "{\n\"a\": 1,\n}", "raw.data: want JSON, line 3: invalid character '}' looking for beginning of object key string"},
		{"raw.data", "", "raw.data: required"},
	} {
		m := newForm(t, nil)
		m.Set(c.key, c.text)
		if got := m.field(c.key).err; got != c.want {
			t.Errorf("%s = %.40q: %q, want %q", c.key, c.text, got, c.want)
		}
	}
}

func TestTheTypeFollowsTheIndicator(t *testing.T) {
	m := newForm(t, nil)
	kind := func() string { return m.field("indicatorType").value() }
	m.Set("indicator", "evil.example")
	if kind() != "Domain" {
		t.Errorf("guessed %q, want the catalogue's spelling", kind())
	}
	m.Set("indicator", "203.0.113.9")
	if kind() != "IP" {
		t.Errorf("guessed %q", kind())
	}
	m.Set("indicatorType", "beacon")
	m.Set("indicator", "evil.example")
	if kind() != "beacon" {
		t.Errorf("what was written became %q", kind())
	}
}

func TestDefangedTextIsMadeWhole(t *testing.T) {
	m := newForm(t, nil)
	m.enter(m.index("indicator"))
	for _, r := range "hxxps://evil[.]example/x" {
		m.Type(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	m.Next()
	if got := m.field("indicator").value(); got != "https://evil.example/x" {
		t.Errorf("the indicator is %q", got)
	}
}

// A thousand indicators pasted are a thousand, not a line of 64 kB.
func TestManyIndicatorsArePasted(t *testing.T) {
	m := newForm(t, nil)
	m.enter(m.index("indicator"))
	var b strings.Builder
	for i := range 900 {
		fmt.Fprintf(&b, "host-%d.acme[.]example, ", i)
	}
	m.Paste(b.String())
	in := m.create()
	if in.Indicator != "host-0.acme.example" || len(in.Indicators) != 899 || in.Indicators[898].Value != "host-899.acme.example" || in.Indicators[898].IndicatorType != "Domain" {
		t.Errorf("%q and %d more", in.Indicator, len(in.Indicators))
	}
}

// The lines that stay and come are the new text, those that stay and go the
// old one.
func TestDifferencesAddUp(t *testing.T) {
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"", "a", "b", "c"}), 0, 12).Draw(t, "lines"), "\n")
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := lines(text.Draw(t, "a")), lines(text.Draw(t, "b"))
		var was, now []string
		for _, d := range between(a, b) {
			if d.sign != '+' {
				was = append(was, d.text)
			}
			if d.sign != '-' {
				now = append(now, d.text)
			}
		}
		if strings.Join(was, "\n") != strings.Join(a, "\n") || strings.Join(now, "\n") != strings.Join(b, "\n") {
			t.Fatalf("%q to %q: %q, %q", a, b, was, now)
		}
	})
}

// Whatever is done in whatever window: every line is as wide as the form, and
// a draft taken up is the form again.
func TestTheFormIsExact(t *testing.T) {
	event := &api.Event{UUID: "x", Event: "two\nlines", Tags: []string{"a"}, RawID: "1"}
	rapid.Check(t, func(t *rapid.T) {
		var e *api.Event
		if rapid.Bool().Draw(t, "edit") {
			e = event
		}
		m := newForm2(t, e)
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			step(t, m)
			w, h := rapid.IntRange(1, 120).Draw(t, "w"), rapid.IntRange(1, 40).Draw(t, "h")
			drawn := m.Lines(w, h)
			if len(drawn) != h {
				t.Fatalf("%d lines, want %d", len(drawn), h)
			}
			for i, l := range drawn {
				if layout.Width(l) != w {
					t.Fatalf("line %d is %d wide, want %d: %q", i, layout.Width(l), w, l)
				}
			}
			m.Review(max(w, 30))
		}
		again := newForm2(t, e)
		again.RestoreState(m.Draft())
		for i, f := range again.fields {
			if was := m.fields[i].value(); f.value() != was && f.key != "indicatorType" && f.fixed == "" {
				t.Fatalf("%s was %q and is %q", f.key, was, f.value())
			}
		}
	})
}

func newForm2(t *rapid.T, e *api.Event) *Model {
	st, err := theme.Load("dark", true, false)
	if err != nil {
		t.Fatal(err)
	}
	env := &views.Env{Styles: st, Now: func() time.Time { return time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC) }, Zone: time.UTC}
	return New(env, e, &async.Catalogs{Countries: api.Countries(), Categories: []api.Category{{Name: "Phishing"}}})
}

func step(t *rapid.T, m *Model) {
	switch rapid.IntRange(0, 9).Draw(t, "step") {
	case 0:
		m.Next()
	case 1:
		m.Prev()
	case 2:
		m.Down()
	case 3:
		m.Up()
	case 4:
		m.Enter()
	case 5:
		m.Restore()
	case 6:
		m.Page(1)
	case 7:
		m.Click(rapid.IntRange(0, 100).Draw(t, "x"), rapid.IntRange(0, 40).Draw(t, "y"), 100, 40, rapid.Bool().Draw(t, "double"))
	case 8:
		m.Paste(rapid.SampledFrom([]string{"evil[.]example 203.0.113.9", "a, b", "x\ny", "日本語\u0301", "\u202e"}).Draw(t, "paste"))
	default:
		r := rapid.SampledFrom([]rune("aep,:é語")).Draw(t, "letter")
		m.Type(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
}

func BenchmarkLetterAndDrawing(b *testing.B) {
	m := newForm(b, nil)
	m.enter(m.index("attackerCountry"))
	b.ReportAllocs()
	for b.Loop() {
		m.Type(tea.KeyPressMsg{Code: 'a', Text: "a"})
		m.Lines(100, 36)
		m.Type(tea.KeyPressMsg{Code: tea.KeyBackspace})
	}
}

func BenchmarkMakingTheForm(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		newForm(b, nil)
	}
}

func BenchmarkDrawing(b *testing.B) {
	m := newForm(b, nil)
	b.ReportAllocs()
	for b.Loop() {
		m.Lines(100, 36)
	}
}

// What others changed meanwhile stands beside what was written, and what
// wasn't touched here follows them.
func TestMovedShowsBoth(t *testing.T) {
	e := api.Event{UUID: "8e0f2c5e-0000-4000-8000-00000000000a", Date: api.TimeOf(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)), Event: "ORIG", Category: "Phishing", TLP: "amber", Tags: []string{"a", "b"}}
	m := newForm(t, &e)
	m.Set("event", "BBBTWO")
	m.Set("tags", "a, b, mine")
	now := e
	now.Event, now.Attacker, now.Tags = "AAAONE", "ALPHA", []string{"a", "b", "theirs"}
	m.Moved(now)
	if m.Key() != "event" || m.Text() != "BBBTWO" || !strings.Contains(m.Said(), "Description") && !strings.Contains(m.Said(), "description") {
		t.Errorf("at %s with %q: %s", m.Key(), m.Text(), m.Said())
	}
	if got := m.field("attacker").value(); got != "ALPHA" || m.field("attacker").changed() {
		t.Errorf("the attacker is %q", got)
	}
	if gone, come := m.differences("tags"); len(gone) > 0 || len(come) != 1 || come[0] != "mine" {
		t.Errorf("tags: %v go, %v come", gone, come)
	}
	if wrong := m.Check(); wrong > 0 {
		t.Errorf("%d fields are wrong", wrong)
	}
	review := strings.Join(m.Review(100), "\n")
	for _, want := range []string{"AAAONE", "BBBTWO", "it was ORIG"} {
		if !strings.Contains(review, want) {
			t.Errorf("the review has no %q: %s", want, review)
		}
	}
	if p := m.patch(); p.Event == nil || *p.Event != "BBBTWO" || p.Attacker != nil {
		t.Errorf("the patch is %+v", p)
	}
}
