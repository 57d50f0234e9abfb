package detail

import (
	"strings"
	"testing"

	"threatbench/api"
)

func TestTheCallMeansNothingElseToAShell(t *testing.T) {
	got := call(&api.Event{UUID: "a\"$(reboot)`x`$HOME\\"})
	if strings.ContainsAny(got[strings.Index(got, "/events/"):strings.Index(got, `" -H`)], "$`\\\"()") {
		t.Errorf("the call is %s", got)
	}
}
