package attack_test

import (
	"slices"
	"strings"
	"testing"

	"threatbench/api/attack"
)

func TestName(t *testing.T) {
	for id, want := range map[string]string{
		"T1566":      "Phishing",
		"t1566.001":  "Phishing: Spearphishing Attachment",
		" T1204.002": "User Execution: Malicious File",
		"T1055.013":  "Process Injection: Process Doppelgänging",
		"T0800":      "Activate Firmware Update Mode",
		"T1":         "",
		"T156":       "",
		"T1566.":     "",
		"zzz":        "",
		"":           "",
	} {
		if got := attack.Name(id); got != want {
			t.Errorf("Name(%q) = %q, want %q", id, got, want)
		}
	}
}

func TestPattern(t *testing.T) {
	for id, want := range map[string]string{
		"CAPEC-98": "Phishing", "capec-163": "Spear Phishing", "CAPEC-1": "Accessing Functionality Not Properly Constrained by ACLs",
		"CAPEC-0": "", "98": "",
	} {
		if got := attack.Pattern(id); got != want {
			t.Errorf("Pattern(%q) = %q, want %q", id, got, want)
		}
	}
}

// Every line is found by its own id, and every technique of the matrix stands
// in columns that there are, in their order.
func TestTables(t *testing.T) {
	var order []string
	for _, c := range attack.Tactics() {
		order = append(order, c.ID)
	}
	n := 0
	for tech := range attack.Techniques() {
		n++
		if found, ok := attack.Lookup(tech.ID); !ok || found.Name != tech.Name {
			t.Errorf("Lookup(%q) = %v, %t", tech.ID, found, ok)
		}
		if !slices.IsSortedFunc(tech.Tactics, func(a, b string) int { return slices.Index(order, a) - slices.Index(order, b) }) {
			t.Errorf("%s: tactics out of order: %v", tech.ID, tech.Tactics)
		}
		if p := tech.Parent(); p != "" && attack.Name(p) == "" {
			t.Errorf("%s belongs to %s, which isn't there", tech.ID, p)
		}
		if strings.TrimSpace(tech.Name) == "" {
			t.Errorf("%s has no name", tech.ID)
		}
	}
	if n != 691 {
		t.Errorf("%d techniques, want 691", n)
	}
}

// The walk stops where it is told to.
func TestTechniquesStops(t *testing.T) {
	for tech := range attack.Techniques() {
		if tech.ID != "T1001" {
			t.Errorf("first is %s", tech.ID)
		}
		break
	}
}
