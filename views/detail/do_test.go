package detail

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"threatbench/api"
	"threatbench/api/clean"
)

func TestCopiedRawRecordsSteerNoTerminal(t *testing.T) {
	for raw, want := range map[string]string{
		`{"a": "plain, नमस्ते"}`:                  `{"a": "plain, नमस्ते"}`,
		"{\n  \"a\": \"x\ufeffy\u202e\u009b\"\n}": "{\n  \"a\": \"x\\ufeffy\\u202e\\u009b\"\n}",
		`"` + "\U000e0041" + `"`:                  `"\udb40\udc41"`,
	} {
		got := harmless([]byte(raw))
		if got != want {
			t.Errorf("%q becomes %q, want %q", raw, got, want)
		}
		if clean.Text(got) != got {
			t.Errorf("%q still holds what has to be neutralised", got)
		}
		var a, b any
		if err := json.Unmarshal([]byte(raw), &a); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(got), &b); err != nil || !reflect.DeepEqual(a, b) {
			t.Errorf("%q means %v, not %v; %v", got, b, a, err)
		}
	}
	if got := harmless([]byte("no JSON \x1b[31m")); got != "no JSON ␛[31m" {
		t.Errorf("got %q", got)
	}
}

func TestTheCallMeansNothingElseToAShell(t *testing.T) {
	got := call(&api.Event{UUID: "a\"$(reboot)`x`$HOME\\"})
	if strings.ContainsAny(got[strings.Index(got, "/events/"):strings.Index(got, `" -H`)], "$`\\\"()") {
		t.Errorf("the call is %s", got)
	}
}
