package marking

import (
	"reflect"
	"testing"

	"threatbench/api"
)

func TestField(t *testing.T) {
	for text, want := range map[string]Mark{
		"TLP:AMBER+STRICT": {TLP: api.TLPAmberStrict}, "amber-strict": {TLP: api.TLPAmberStrict}, "Amber (strict)": {TLP: api.TLPAmberStrict},
		"TLP:AMBER STRICT": {TLP: api.TLPAmberStrict}, "tlp_amber_strict": {TLP: api.TLPAmberStrict}, "TLPAMBERSTRICT": {TLP: api.TLPAmberStrict},
		"tlp:white": {TLP: api.TLPClear}, "White": {TLP: api.TLPClear}, "TLP 2.0: Clear": {TLP: api.TLPClear}, " clear ": {TLP: api.TLPClear},
		"TLP-GREEN": {TLP: api.TLPGreen}, "TLP GREEN": {TLP: api.TLPGreen}, "tlp=\"green\"": {TLP: api.TLPGreen}, "GREEN - community wide": {TLP: api.TLPGreen},
		"Green: not for public release": {TLP: api.TLPGreen}, "Traffic Light Protocol: Amber": {TLP: api.TLPAmber},
		"Red - recipients only": {TLP: api.TLPRed}, "RED": {TLP: api.TLPRed}, "TLP:RED": {TLP: api.TLPRed}, "ＴＬＰ：ＲＥＤ": {TLP: api.TLPRed},
		"T\u200bLP:R\u200bED": {TLP: api.TLPRed}, "green/red": {TLP: api.TLPRed}, "green, attachments red": {TLP: api.TLPRed}, "do not share: red": {TLP: api.TLPRed},
		"AMBER, GREEN": {TLP: api.TLPAmber}, "purple": {TLP: api.TLPRed, Tags: []string{"tlp:purple"}}, "TLP:PURPLE": {TLP: api.TLPRed, Tags: []string{"tlp:purple"}},
		"yellow": {Unreadable: []string{"yellow"}}, "TLP:CHARTREUSE": {Unreadable: []string{"TLP:CHARTREUSE"}}, "unclear": {Unreadable: []string{"unclear"}},
		"not clear": {Unreadable: []string{"not clear"}}, "non-white": {Unreadable: []string{"non-white"}}, "3": {Unreadable: []string{"3"}},
		"TLP:": {Unreadable: []string{"TLP:"}}, "as agreed": {Unreadable: []string{"as agreed"}}, "never share as green": {Unreadable: []string{"never share as green"}},
		"green tea is what they drink": {Unreadable: []string{"green tea is what they drink"}},
		"rot":                          {TLP: api.TLPRed}, "TLP: Grün": {TLP: api.TLPGreen}, "gru\u0308n": {TLP: api.TLPGreen}, "TLP-GELB": {TLP: api.TLPAmber}, "weiß": {TLP: api.TLPClear}, "WEISS": {TLP: api.TLPClear},
		"gelb (strikt)": {TLP: api.TLPAmberStrict}, "Rouge": {TLP: api.TLPRed}, "TLP:VERT": {TLP: api.TLPGreen}, "Rot - nur für Empfänger": {TLP: api.TLPRed}, "赤": {TLP: api.TLPRed},
		"jaune": {Unreadable: []string{"jaune"}},
		"":      {}, "-": {}, "none": {}, "N/A": {}, "null": {}, "TLP:NONE": {},
	} {
		var got Mark
		if got.Field(text); !reflect.DeepEqual(got, want) {
			t.Errorf("Field(%q) = %+v, want %+v", text, got, want)
		}
	}
}

func TestTag(t *testing.T) {
	for text, want := range map[string]struct {
		Mark
		marking bool
	}{
		"tlp:red": {Mark{TLP: api.TLPRed}, true}, "TLP:AMBER+STRICT": {Mark{TLP: api.TLPAmberStrict}, true}, "tlp-green": {Mark{TLP: api.TLPGreen}, true},
		"TLPRED": {Mark{TLP: api.TLPRed}, true}, "marking: TLP:RED": {Mark{TLP: api.TLPRed}, true}, "misp:tlp=\"amber\"": {Mark{TLP: api.TLPAmber}, true},
		"Red - recipients only": {Mark{TLP: api.TLPRed}, true}, "tlp:purple": {Mark{TLP: api.TLPRed, Tags: []string{"tlp:purple"}}, true},
		"tlp:unclear": {Mark{Unreadable: []string{"tlp:unclear"}}, true}, "tlp:yellow": {Mark{Unreadable: []string{"tlp:yellow"}}, true},
		"tlp:ex:chr": {}, "PAP:RED": {}, "red": {}, "green": {}, "Red October": {}, "white-hat": {}, "redline": {}, "tlpx": {}, "clear text": {}, "": {},
		"Amber Worm campaign": {}, "RED TEAM": {}, "White House restrictions": {}, "Green community": {}, "Vert": {}, "White - unlimited disclosure": {Mark{TLP: api.TLPClear}, true},
		"Rot: nur für Empfänger": {Mark{TLP: api.TLPRed}, true}, "tlp:rouge": {Mark{TLP: api.TLPRed}, true},
	} {
		var got Mark
		if marking := got.Tag(text); marking != want.marking || !reflect.DeepEqual(got, want.Mark) {
			t.Errorf("Tag(%q) = %+v %v, want %+v", text, got, marking, want)
		}
	}
}

func TestStatement(t *testing.T) {
	for text, want := range map[string]api.TLP{
		"Copyright 2024 by somebody": api.TLPNone, "This is TLP:RED, for you alone": api.TLPRed, "Red - recipients only": api.TLPRed,
		"Distribution: TLP:AMBER+STRICT.": api.TLPAmberStrict, "tlp:green or TLP:RED": api.TLPRed, "White paper of 2024": api.TLPNone,
	} {
		var got Mark
		if said := got.Statement(text); got.TLP != want || said != (want != api.TLPNone) {
			t.Errorf("Statement(%q) = %v %v, want %v", text, got.TLP, said, want)
		}
	}
}

func TestTitleOnlyMakesStricter(t *testing.T) {
	for _, c := range []struct {
		before api.TLP
		text   string
		want   api.TLP
	}{
		{api.TLPNone, "TLP:GREEN report", api.TLPNone}, {api.TLPGreen, "[TLP:AMBER] report", api.TLPAmber}, {api.TLPRed, "TLP:GREEN report", api.TLPRed},
		{api.TLPNone, "[TLP:RED] report", api.TLPRed}, {api.TLPNone, "Weekly report (TLP:AMBER+STRICT)", api.TLPAmberStrict},
		{api.TLPGreen, "Report\n\nTLP:RED\n\nText", api.TLPRed}, {api.TLPGreen, "he said that TLP:RED is what they use there", api.TLPGreen},
	} {
		got := Mark{TLP: c.before}
		if got.Title(c.text); got.TLP != c.want {
			t.Errorf("Title(%q) after %v = %v, want %v", c.text, c.before, got.TLP, c.want)
		}
	}
}

func TestAddAndResolve(t *testing.T) {
	var m Mark
	if got := m.Resolve(api.TLPRed, api.TLPAmber); got != api.TLPAmber || !m.None() {
		t.Errorf("nothing said: %v", got)
	}
	m.Field("green")
	m.Add(Mark{TLP: api.TLPClear, Tags: []string{"tlp:purple"}})
	if got := m.Resolve(api.TLPRed, api.TLPRed); got != api.TLPGreen {
		t.Errorf("green and clear: %v", got)
	}
	m.Add(Mark{Unreadable: []string{"beige"}})
	m.Add(Mark{Unreadable: []string{"beige"}})
	if got := m.Resolve(api.TLPRed, api.TLPAmber); got != api.TLPRed || len(m.Unreadable) != 1 {
		t.Errorf("with one that can't be read: %v %v", got, m)
	}
	if got := m.Resolve(api.TLPClear, api.TLPAmber); got != api.TLPGreen {
		t.Errorf("unreadable ones as clear: %v, and green was read", got)
	}
}

// TestAtLeast holds that what only makes stricter counts beside what is said and
// beside what else would count, in any order, and loosens neither.
func TestAtLeast(t *testing.T) {
	for _, c := range []struct {
		title, field           string
		otherwise, want, added api.TLP
	}{
		{"TLP:AMBER report", "", api.TLPClear, api.TLPAmber, api.TLPAmber},
		{"TLP:GREEN report", "", api.TLPAmber, api.TLPAmber, api.TLPAmber},
		{"TLP:AMBER+STRICT report", "", api.TLPRed, api.TLPRed, api.TLPRed},
		{"TLP:AMBER report", "green", api.TLPClear, api.TLPAmber, api.TLPAmber},
		{"TLP:GREEN report", "clear", api.TLPRed, api.TLPGreen, api.TLPRed},
		{"", "clear", api.TLPAmber, api.TLPClear, api.TLPAmber},
		{"", "red", api.TLPClear, api.TLPRed, api.TLPRed},
	} {
		var m, after, added, least Mark
		m.Title(c.title)
		m.Field(c.field)
		after.Field(c.field)
		after.Title(c.title)
		added.Add(m)
		least.AtLeast(m)
		for _, got := range []Mark{m, after, added} {
			if tlp := got.Resolve(api.TLPRed, c.otherwise); tlp != c.want {
				t.Errorf("%q and %q of %v: %v, want %v", c.title, c.field, c.otherwise, tlp, c.want)
			}
		}
		if tlp := least.Resolve(api.TLPRed, c.otherwise); tlp != c.added {
			t.Errorf("at least %q and %q of %v: %v, want %v", c.title, c.field, c.otherwise, tlp, c.added)
		}
	}
}

func TestAlone(t *testing.T) {
	for text, want := range map[string]bool{
		"TLP:RED": true, "# TLP:RED": true, "TLP:RED - do not share": true, "TLP:YELLOW": true, "TLP:AMBER+STRICT": true,
		"[TLP:RED] APT one": false, "TLP:AMBER+STRICT APT one": false, "RED": false, "mal.example.net": false, "": false,
	} {
		if got := Alone(text); got != want {
			t.Errorf("Alone(%q) = %v", text, got)
		}
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]bool{
		"tlp": true, "TLP_Level": true, "TLP Level": true, "TrafficLightProtocolLevel": true, "traffic-light": true, "x_tlp": true, "tlpLevel": true, "tlp_2_0": true,
		"reportTLP": true, "Ampelfarbe": true, "outlpost": false, "marking": false, "color": false, "traffic": false,
	} {
		if got := IsName(name); got != want {
			t.Errorf("IsName(%q) = %v", name, got)
		}
	}
	for text, want := range map[string]bool{"TLP:RED": true, "red": true, "amber+strict": true, "TLP:AMBER+STRICT": true, "red hat linux": false, "Red October": false, "TLP:RED;phishing": false, "red - recipients only": true, "x": false, "": false} {
		if got := Is(text); got != want {
			t.Errorf("Is(%q) = %v", text, got)
		}
	}
}

// TestCell holds which cells of a table count as markings wherever they stand.
func TestCell(t *testing.T) {
	for text, want := range map[string]Mark{
		"TLP:RED": {TLP: api.TLPRed}, "TLP:RED - do not share": {TLP: api.TLPRed}, "[TLP AMBER]": {TLP: api.TLPAmber}, "(tlp:green) Phishing": {TLP: api.TLPGreen},
		"TLP:AMBER+STRICT": {TLP: api.TLPAmberStrict}, "Classification: TLP:RED": {TLP: api.TLPRed}, "TLP:GREEN, the list TLP:RED": {TLP: api.TLPRed},
		"TLP:GREEN\nTLP:RED for the list": {TLP: api.TLPRed}, "T\u200bLP:RED": {TLP: api.TLPRed}, "TLP:YELLOW": {Unreadable: []string{"TLP:YELLOW"}},
		"TLP:YELLOW - nicht weitergeben": {Unreadable: []string{"TLP:YELLOW - nicht weitergeben"}}, "TLP:GELB - nicht weitergeben": {TLP: api.TLPAmber}, "TLP: nur intern": {Unreadable: []string{"TLP: nur intern"}},
		"RED": {}, "the page says TLP:RED on top": {}, "TLP markings are used by all": {}, "TLP 2.0 is new": {}, "tlp:ex:chr": {}, "TLP": {}, "": {}, "TLP Europe Ltd": {},
	} {
		var got Mark
		if said := got.Cell(text); !reflect.DeepEqual(got, want) || said != !reflect.DeepEqual(want, Mark{}) {
			t.Errorf("Cell(%q) = %+v %v, want %+v", text, got, said, want)
		}
	}
}

func FuzzMark(f *testing.F) {
	for _, s := range []string{"TLP:RED", "Red - recipients only", "ＴＬＰ：ＲＥＤ", "traffic light", "tlp tlp tlp", "\xff\xfeTLP"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var m Mark
		m.Field(s)
		before := m.TLP
		m.Tag(s)
		m.Statement(s)
		if m.Title(s); m.TLP < before {
			t.Fatalf("%q made a marking looser", s)
		}
		if tlp, ok := api.ParseTLP(s); ok && m.TLP != tlp {
			t.Fatalf("%q is %v here and %v in the API", s, m.TLP, tlp)
		}
	})
}
