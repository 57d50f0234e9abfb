package views

import "testing"

func TestSentence(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "",
		"no event is selected":   "No event is selected",
		"couldn't refresh: 503":  "Couldn't refresh: 503",
		"report.csv was written": "report.csv was written",
		"tlp:red is excluded":    "tlp:red is excluded",
		"-7d isn't a date":       "-7d isn't a date",
		"threatbench needs more": "threatbench needs more",
		"Already":                "Already",
		"élan":                   "élan",
		"read-only: no change":   "Read-only: no change",
	} {
		if got := Sentence(in); got != want {
			t.Errorf("Sentence(%q) = %q, want %q", in, got, want)
		}
	}
}
