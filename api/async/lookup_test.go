package async

import (
	"testing"

	"threatbench/api"
)

// An indicator is seen wherever it stands among an event's indicators, and
// however it is spelled.
func TestLookupSeesEveryIndicator(t *testing.T) {
	l := newLab(t, 1)
	in := api.BulkCreate{DatasetID: l.full.UUID, Data: []api.CreateEvent{{
		Date: "2024-01-01", Event: "a file", Category: "Malware Sample", TLP: "green", Raw: api.RawInput{Data: []byte(`{}`)},
		Indicators: []api.IndicatorInput{
			{Value: "8b1a9953c4611296a827abf8c47804d7", IndicatorType: "md5"},
			{Value: "host.six.example", IndicatorType: "domain"},
		},
	}}}
	if res, err := l.c.CreateBulk(t.Context(), in); err != nil || res.CreatedEventsCount != 1 {
		t.Fatalf("%+v, %v", res, err)
	}
	values := []string{"8B1A9953C4611296A827ABF8C47804D7", "HOST.six.example.", "six.example"}
	got, err := l.lookup(t.Context(), values, []string{l.full.UUID})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{1, 1, 0} {
		if got[i].Value != values[i] || got[i].Count != want {
			t.Errorf("%s: %d events, want %d", values[i], got[i].Count, want)
		}
	}
	if got[1].Last.Event != "a file" {
		t.Errorf("the newest event is %q", got[1].Last.Event)
	}
}
