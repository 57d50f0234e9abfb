package query_test

import (
	"strings"
	"testing"
	"time"

	"threatbench/api/query"
)

// What other languages write, and what can't be, is refused with what to write.
func TestMistakenOperatorsAreRefused(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"phishing | ransomware":             "OR between terms",
		"phishing || ransomware":            "OR between terms",
		"phishing && ransomware":            "a space for AND",
		"phishing|ransomware":               "write phishing OR ransomware",
		"attacker:HERON|MANTIS":             "attacker:(HERON OR MANTIS)",
		"indicator:10.0.0.0/33":             "/0 to /32",
		"10[.]0.0.0/33":                     "/0 to /32",
		"ip:2001:db8::/129":                 "/0 to /128",
		"date:2024-03-02..2024-03-01":       "ends before it begins: write 2024-03-01..2024-03-02",
		"date:today..yesterday":             "ends before it begins",
		"date:2024-05..2024-03":             "ends before it begins",
		"last 7 days":                       "write date>-7d",
		"phishing past 24 hours":            "write date>-24h",
		"tlp:red last month":                "write date:last-month",
		"heron last 3 months":               "write date>-3mon",
		"between 2026-11-20 and 2026-11-28": "write date:2026-11-20..2026-11-28",
		"from 2026-11-20 to 2026-11-28":     "write date:2026-11-20..2026-11-28",
		"kill chain:6":                      "write killchain:6",
	} {
		_, err := query.Parse(text, now)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	for _, text := range []string{
		`"phishing | ransomware"`, "a.exe|8b1a9953c4611296a827abf8c47804d7", "indicator:a.example|192.0.2.1", "10.0.0.0/32",
		`"10.0.0.0/33"`, "https://192.0.2.1/33", "date:2024-03-01..2024-03-01", "date:2024-03..2024-03", "AT&T", "date:-7d..now", `event="a|b"`,
	} {
		if _, err := query.Parse(text, now); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}
