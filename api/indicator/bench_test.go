package indicator

import (
	"strings"
	"testing"
)

// reportText is a page as reports have them: mostly prose, some indicators.
const reportText = `The actor registered the domain secure-login.example.net in March 2024 and pointed it at 198.51.100.23. Victims received a mail from
billing@invoices.example.org with a link to hxxps://secure-login[.]example[.]net/office/index.php?id=4711, which redirects to the payload. The
loader (SHA-256 3fdba35f04dc8c462986c992bcf875546257113072a909c162f7e470e581e278) is written to C:\Users\Public\Libraries\update.exe and kept
alive by HKCU\Software\Microsoft\Windows\CurrentVersion\Run. It imports os.path and calls System.IO, which is common; versions before 2.4.1.0
are not affected by CVE-2024-12345. We thank our colleagues, who found the same sample in their telemetry and shared what they knew about it. The
campaign went on for several weeks, in which the operators changed their infrastructure twice, each time within a day of a public post about it.
`

func BenchmarkFind(b *testing.B) {
	text := strings.Repeat(reportText, 100)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if len(Find(text)) != 9 {
			b.Fatalf("found %v", Find(text))
		}
	}
}

// BenchmarkFindList takes text that is nothing but indicators.
func BenchmarkFindList(b *testing.B) {
	text := strings.Repeat("198.51.100.23\nsecure-login.example.net\nhxxps://secure-login[.]example[.]net/office/index.php\n3fdba35f04dc8c462986c992bcf875546257113072a909c162f7e470e581e278\n", 100)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if len(Find(text)) != 4 {
			b.Fatalf("found %v", Find(text))
		}
	}
}
