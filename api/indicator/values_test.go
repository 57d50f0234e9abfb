package indicator

import (
	"slices"
	"testing"
)

func TestValuesHaveBeginningsOfHashes(t *testing.T) {
	for text, want := range map[string][]string{
		"b4db9e3d42746946": {"b4db9e3d42746946"},
		"B4DB9E3D42746946… and hxxp://a[.]example/x":  {"b4db9e3d42746946", "http://a.example/x"},
		"a.example, (b4db9e3d42746946...), a.example": {"a.example", "b4db9e3d42746946"},
		"b4db9e3d4274694":                    nil, // too short
		"1234567890123456 deadbeefdeadbeef":  nil, // a number, a word
		"https://a.example/b4db9e3d42746946": {"https://a.example/b4db9e3d42746946"},
		"8b1a9953c4611296a827abf8c47804d7":   {"8b1a9953c4611296a827abf8c47804d7"},
	} {
		if got := Values(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
