package api

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestFold(t *testing.T) {
	for _, c := range []struct{ a, b string }{
		{"FLYINGYETI", "flyingyeti"},
		{"ΜΆΣΣ", "μάσς"},
		{"\u212Aelvin", "KELVIN"},
		{"ſtraße", "STRAßE"},
		{"Ökonomie", "öKONOMIE"},
	} {
		if Fold(c.a) != Fold(c.b) {
			t.Errorf("Fold(%q) = %q, Fold(%q) = %q", c.a, Fold(c.a), c.b, Fold(c.b))
		}
	}
	if Fold("abc") == Fold("abd") {
		t.Error("different texts fold alike")
	}
}

func TestFoldAgreesWithEqualFold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := strings.ToValidUTF8(rapid.String().Draw(t, "s"), "?")
		f := Fold(s)
		if !strings.EqualFold(s, f) {
			t.Fatalf("Fold(%q) = %q, which is another text", s, f)
		}
		if Fold(f) != f || Fold(strings.Map(unicode.SimpleFold, s)) != f {
			t.Fatalf("Fold(%q) is not one for all cases", s)
		}
		if utf8.RuneCountInString(f) != utf8.RuneCountInString(s) {
			t.Fatalf("Fold(%q) changed the number of characters", s)
		}
	})
}

func TestCountryByCode(t *testing.T) {
	for in, want := range map[string]string{"ua": "UA", "UKR": "UA", "Ukraine": "UA", " deu ": "DE", "côte d’ivoire": "CI"} {
		if c, ok := CountryByCode(in); !ok || c.Alpha2 != want {
			t.Errorf("CountryByCode(%q) = %v, %v, want %s", in, c, ok, want)
		}
	}
	for _, in := range []string{"", "QQ", "Atlantis", "U"} {
		if c, ok := CountryByCode(in); ok {
			t.Errorf("CountryByCode(%q) = %v, want none", in, c)
		}
	}
	all := Countries()
	if len(all) != 249 {
		t.Errorf("%d countries, ISO 3166-1 has 249", len(all))
	}
	for _, c := range all {
		for _, s := range []string{c.Alpha2, c.Alpha3, c.Name} {
			if got, ok := CountryByCode(s); !ok || got != c {
				t.Errorf("CountryByCode(%q) = %v, want %v", s, got, c)
			}
		}
	}
}
