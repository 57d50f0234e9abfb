package indicator

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// found are the values and types of a text in the form type:value.
func found(text string) []string {
	var out []string
	for _, f := range Find(text) {
		out = append(out, string(f.Type)+" "+f.Value)
	}
	return out
}

func TestFind(t *testing.T) {
	md5, sha1, sha256 := strings.Repeat("aB1", 10)+"cd", strings.Repeat("0a", 20), strings.Repeat("f0", 32)
	for text, want := range map[string][]string{
		// Plainly.
		"evil.example.com":                  {"domain evil.example.com"},
		"EVIL.Example.COM.":                 {"domain evil.example.com"},
		"8.8.8.8":                           {"ip 8.8.8.8"},
		"8.8.8.8:53":                        {"ip 8.8.8.8"},
		"evil.com:8080, evil.org:443":       {"domain evil.com", "domain evil.org"},
		"2001:db8::1 and [2001:db8::2]:443": {"ipv6 2001:db8::1", "ipv6 2001:db8::2"},
		"fe80::1%eth0":                      {"ipv6 fe80::1"},
		"198.51.100.0/24, 2001:db8::/32":    {"cidr 198.51.100.0/24", "cidr 2001:db8::/32"},
		"a.b+c@Mail.Example":                {"email a.b+c@mail.example"},
		"mailto:a@b.example":                {"email a@b.example"},
		md5 + " " + sha1 + "\t" + sha256:    {"md5 " + strings.ToLower(md5), "sha1 " + sha1, "sha256 " + sha256},
		"cve-2024-3094/CVE-2021-44228":      {"cve CVE-2024-3094", "cve CVE-2021-44228"},
		"AS64500":                           {"asn AS64500"},
		"http://Evil.com/A?b=c#d":           {"url http://evil.com/A?b=c#d"},
		"HTTP://192.0.2.1:8080/x":           {"url http://192.0.2.1:8080/x"},
		"http://[2001:db8::1]/x":            {"url http://[2001:db8::1]/x"},
		"ftp://user:pass@a.example/f":       {"url ftp://user:pass@a.example/f"},
		"https://a.example/?u=http://b.com": {"url https://a.example/?u=http://b.com"},
		"bücher.example, почта.рф":          {"domain bücher.example", "domain почта.рф"},
		"xn--e1afmkfd.xn--p1ai":             {"domain xn--e1afmkfd.xn--p1ai"},
		"*.evil.com":                        {"domain evil.com"},
		"_dmarc.evil.com":                   {"domain _dmarc.evil.com"},
		"abcdefabcdefgh.onion":              {"domain abcdefabcdefgh.onion"},
		`\\evil.com\share`:                  {`filepath \\evil.com\share`, "domain evil.com"},
		// Defanged.
		"evil[.]com evil(.)com evil{.}com":            {"domain evil.com"},
		"evil[dot]com a(DOT)com b [.] com":            {"domain evil.com", "domain a.com", "domain b.com"},
		"evil[.com evil.]com evil\\.com":              {"domain evil.com"},
		"192[.]0[.]2[.]1, 192.0.2[.]1":                {"ip 192.0.2.1"},
		"8[.]8[.]8[.]8[:]53":                          {"ip 8.8.8.8"},
		"hxxp://evil[.]com/a":                         {"url http://evil.com/a"},
		"hXXps[:]//evil[.]com[/]a":                    {"url https://evil.com/a"},
		"hxxps[://]evil[.]com":                        {"url https://evil.com"},
		`hxxp:\\evil[.]com`:                           {"url http://evil.com"},
		"h**p://evil.com fxp://f.com":                 {"url http://evil.com", "url ftp://f.com"},
		"a[@]b[.]com, c (at) d (dot) com, e[at]f.com": {"email a@b.com", "email c@d.com", "email e@f.com"},
		"install[.]sh and archive[.]zip":              {"domain install.sh", "domain archive.zip"},
		"2001[:]db8[:]0[:]0[:]0[:]0[:]0[:]1":          {"ipv6 2001:db8::1"},
		// In prose and markup.
		"We saw evil.com, 192.0.2.1; then (bad.example). Done!":   {"domain evil.com", "ip 192.0.2.1", "domain bad.example"},
		"See http://evil.com/a. Or (http://evil.com/b)?":          {"url http://evil.com/a", "url http://evil.com/b"},
		"http://en.example/wiki/A_(b) stays whole":                {"url http://en.example/wiki/A_(b)"},
		"[link](https://evil.com/x) **bold.com** <http://c.com/>": {"url https://evil.com/x", "domain bold.com", "url http://c.com/"},
		"C2:evil.com IP:192.0.2.9:80 sha1:" + sha1:                {"domain evil.com", "ip 192.0.2.9", "sha1 " + sha1},
		"domain=evil.com;ip=192.0.2.1":                            {"domain evil.com", "ip 192.0.2.1"},
		`{"url":"http://evil.com/x","d":"b.com"}`:                 {"url http://evil.com/x", "domain b.com"},
		"访问 evil.com，下载 http://evil.com/a。":                       {"domain evil.com", "url http://evil.com/a"},
		"evil.com/gate.php":                                       {"domain evil.com"},
		"twice evil.com EVIL.COM evil[.]com":                      {"domain evil.com"},
		// As columns.
		"evil.com,192.0.2.1,http://a.com/x,2024-01-01": {"domain evil.com", "ip 192.0.2.1", "url http://a.com/x"},
		"http://a.com/x,malware,2024-01-01":            {"url http://a.com/x"},
		"1;http://a.com/x;c2":                          {"url http://a.com/x"},
		"http://a.com/x,http://b.com/y,z":              {"url http://a.com/x", "url http://b.com/y"},
		`"evil.com","http://b.com/x,y"`:                {"domain evil.com", "url http://b.com/x,y"},
		"evil.com\tmd5\t" + sha1:                       {"domain evil.com", "sha1 " + sha1},
		"evil.com|192.0.2.1":                           {"domain evil.com", "ip 192.0.2.1"},
		// What is none.
		"setup.exe kernel32.dll a.txt x.php y.py run.sh README.md z.tar.gz": nil,
		"v1.2.3.4, version 1.2.3.4, Chrome/120.0.0.0, 1.2.3, 10.0.19041.1":  nil,
		"1.2.3.4.5 256.1.1.1 1.2.3.4-beta":                                  nil,
		"12:30:45 std::vector a::b ::":                                      nil,
		"e.g. i.e. U.S. a.m. etc... done.In this":                           nil,
		"C:\\Users\\bob.com\\x /usr/lib/evil.com /opt/1.2.3.4/bin":          {`filepath C:\Users\bob.com\x`, "filepath /usr/lib/evil.com", "filepath /opt/1.2.3.4/bin"},
		"12345678901234567890123456789012 deadbeef":                         nil,
		"CVE-24-1 CVE-2024 AS400 ASP.NET @":                                 nil,
		"http:// https://localhost://x javascript://a.com foo@bar nobody@":  nil,
		"": nil, "\xff\xfe": nil, ".": nil, "://": nil, "[.]": nil, "a[.]": nil, "[.]a": nil,
	} {
		if got := found(text); !slices.Equal(got, want) {
			t.Errorf("%q:\n got %q\nwant %q", text, got, want)
		}
	}
}

func TestPlaces(t *testing.T) {
	text := "see hxxp://a[.]com/x, b [.] com (c[.]com:80) and d.com"
	for _, f := range Find(text) {
		want := map[string]string{"http://a.com/x": "hxxp", "b.com": "b [.]", "c.com": "c[.]", "d.com": "d.com"}[f.Value]
		if want == "" || !strings.HasPrefix(text[f.At:], want) {
			t.Errorf("%s is said to stand at %q", f.Value, text[f.At:])
		}
	}
	for in, want := range map[string]string{
		"see hxxp://a[.]com/x, b [.] com (http://c.com:80).": "see hxxp://a[.]com/x, b [.] com (hxxp://c[.]com:80).",
		"CVE-2024-3094 in setup.exe from 192.0.2.1!":         "CVE-2024-3094 in setup.exe from 192[.]0[.]2[.]1!",
		`C:\a.b\c.exe at \\d.com\e.f, mutex "a.b"`:           `C:\a.b\c.exe at \\d[.]com\e.f, mutex "a.b"`,
		"a@b.com b.com": "a[@]b[.]com b[.]com", "": "", "nothing": "nothing",
	} {
		if got := DefangText(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestDefangAndRefang(t *testing.T) {
	for plain, fanged := range map[string]string{
		"http://a.example": "hxxp://a[.]example", "https://a.b/": "hxxps://a[.]b/", "m@a.b": "m[@]a[.]b", "203.0.113.1": "203[.]0[.]113[.]1",
		"ftp://a.b": "fxp://a[.]b", "": "", "日本.jp": "日本[.]jp",
	} {
		if got := Defang(plain); got != fanged || Defang(got) != fanged {
			t.Errorf("%q is defanged as %q and %q", plain, got, Defang(got))
		}
		if got := Refang(fanged); got != plain {
			t.Errorf("%q is refanged as %q", fanged, got)
		}
	}
	if got := Defang("HTTPS://A.b"); got != "hxxps://A[.]b" {
		t.Errorf("got %q", got)
	}
	for in, want := range map[string]string{"hxxp://a hxxps://b x://c": "http://a https://b x://c", "a (dot) b (at) c": "a.b@c", "(.": "(.", "x[": "x["} {
		if got := Refang(in); got != want {
			t.Errorf("%q is refanged as %q", in, got)
		}
	}
}

func TestTypeOf(t *testing.T) {
	for in, want := range map[string]Type{"evil[.]com": Domain, " 192.0.2.1 ": IPv4, "http://a.b/c": URL, "192.0.2.1 192.0.2.2": "", "evil.com is bad": "", "word": "", "": ""} {
		if f, ok := TypeOf(in); ok != (want != "") || ok && f.Type != want {
			t.Errorf("%q: %+v, %v", in, f, ok)
		}
	}
}

// TestDefangedIsFound holds that whatever is found is found again when
// defanged, and is the same.
func TestDefangedIsFound(t *testing.T) {
	label := rapid.StringMatching(`[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?`)
	rapid.Check(t, func(t *rapid.T) {
		domain := label.Draw(t, "label") + "." + rapid.SampledFrom([]string{"com", "example", "co.uk", "net"}).Draw(t, "top")
		value := rapid.SampledFrom([]string{domain, "http://" + domain + "/a.b", "x.y@" + domain, "192.0.2.7", "https://192.0.2.7:8/"}).Draw(t, "value")
		around := rapid.SampledFrom([][2]string{{"", ""}, {"see ", ", and"}, {"(", ")."}, {"\"", "\","}, {"\n", "\r\n"}}).Draw(t, "around")
		plain, fanged := found(around[0]+value+around[1]), found(around[0]+Defang(value)+around[1])
		if len(plain) != 1 || !slices.Equal(plain, fanged) || !strings.HasSuffix(plain[0], " "+value) {
			t.Fatalf("%q: %q plain, %q defanged", value, plain, fanged)
		}
	})
}

// TestLongTextIsLinear takes texts that would take hours if anything were
// looked at again and again.
func TestLongTextIsLinear(t *testing.T) {
	start := time.Now()
	for _, piece := range []string{
		"a", "a:", "a/", "http://", "http://a.b/", "http://a.b/,", "http://a.b/x)", ")", "[.]", "a[.]", "1.", ":", "@", "a@", ",x", "\\", "(at", "version ", "\xff", "/tmp",
		`C:\`, `a\`, "%", "&", "mutex ", "x dot ", "-dot-", `http:\\`, "Mozilla/5.0 ", "(", `HKLM\ `, "192.0.2.1-", "的a", "0x", "http%3a%2f%2f", `\\a\`, "md5 ", "update.sh ",
	} {
		Find("http://a.example/" + strings.Repeat(piece, 200_000/len(piece)))
		Find(strings.Repeat(piece, 200_000/len(piece)))
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
}

func FuzzFind(f *testing.F) {
	for _, s := range []string{"see hxxp://a[.]com/x, b [.] com (c[.]com:80)", "[2001:db8::1]:443", "a@b.com\xff", "http://a.b,c;http://", "(dot)(at)[://]", `x\.y a.]b [.c`, `C:\a b\c "C:\D E\f"`, "mutex: a User-Agent: b", "http%3A%2F%2Fa.b%2Fc", `HKLM:\A B\C`, `\\a.com\b`, "通a.comで"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		for _, h := range Find(text) {
			if h.At < last || h.At >= len(text) || h.Value == "" || h.Type == "" || !utf8.ValidString(h.Value) || strings.ContainsAny(h.Value, "\r\n\t") {
				t.Fatalf("%q: found %+v", text, h)
			}
			last = h.At
		}
		Refang(text)
		if got := DefangText(text); len(got) < len(text) {
			t.Fatalf("%q lost text: %q", text, got)
		}
	})
}
