package store

import (
	"slices"
	"testing"
)

// A country's other names find it as its own does, where they stand whole.
func TestWordsKnowOtherNamesOfCountries(t *testing.T) {
	for _, c := range []struct {
		words []string
		at    int
		want  string // a country that is among them, "" for none
	}{
		{[]string{"Viet", "Nam"}, 0, "VN"}, {[]string{"Viet", "Nam"}, 1, "VN"}, {[]string{"Russian", "Federation"}, 1, "RU"},
		{[]string{"phish", "russian", "federation"}, 2, "RU"}, {[]string{"federation"}, 0, ""}, {[]string{"nam"}, 0, "NA"}, {[]string{"uk"}, 0, ""},
	} {
		got := countriesOf(c.words, c.at)
		if c.want == "" && len(got) > 0 || c.want != "" && !slices.Contains(got, c.want) {
			t.Errorf("%q at %d: %q, want %q", c.words, c.at, got, c.want)
		}
	}
}
