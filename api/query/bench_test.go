package query_test

import (
	"testing"

	"threatbench/api/query"
)

const typical = `attacker:FLYINGYETI category:"Domain Resolution" date>=-30d -tlp:red tag:(phishing OR c2) indicator~"*.example" "free words"`

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := query.Parse(typical, now); err != nil {
			b.Fatal(err)
		}
	}
}

// A keystroke in the prompt costs one of each of these.
func BenchmarkKeystroke(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		query.Highlight(typical)
		query.Complete(typical, len(typical), nil)
	}
}
