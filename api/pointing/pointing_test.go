package pointing_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"threatbench/api"
	"threatbench/api/pointing"
)

// words are the words of descriptions among what is offered.
func words(list []pointing.Candidate) (out []string) {
	for _, c := range list {
		if c.Field == api.FieldEvent {
			out = append(out, c.Value())
		}
	}
	return out
}

// A word is offered where all wanted descriptions have it, whatever their
// length; what every link begins with never is.
func TestWordsOfDescriptions(t *testing.T) {
	wanted := []api.Event{
		{Event: strings.Repeat("something else before it, ", 400) + "BEACONING to https://a.example"},
		{Event: "Beaconing seen, https://b.example"},
	}
	got := words(pointing.Candidates(wanted, []api.Event{{Event: "nothing of the kind"}}))
	if !slices.Equal(got, []string{"beaconing", "example"}) {
		t.Errorf("offers %q", got)
	}
}

// Descriptions of the greatest size cost no more than a bounded number of
// looks: 200 words are tried, and none where all are too long together.
func TestWordsOfLongDescriptions(t *testing.T) {
	var long strings.Builder
	for i := range 90_000 {
		fmt.Fprintf(&long, "word%07d ", i)
	}
	of := func(n int) []api.Event { return slices.Repeat([]api.Event{{Event: long.String()}}, n) }
	if got := words(pointing.Candidates(of(2), nil)); len(got) == 0 || len(got) > 200 {
		t.Errorf("%d words are tried", len(got))
	}
	if got := words(pointing.Candidates(of(api.MaxPointed), of(api.MaxPointed))); len(got) != 0 {
		t.Errorf("%d words of 400 long descriptions are tried", len(got))
	}
}
