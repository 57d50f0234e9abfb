package indicator

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestCanonicalMakesOneFormOfWhatMeansTheSame(t *testing.T) {
	for want, values := range map[string][]string{
		"cdn.evil.example":                 {"cdn[.]evil[.]example", "CDN.EVIL.example.", " cdn(dot)evil.example ", "cdn.evil.example"},
		"203.0.113.127":                    {"203[.]0[.]113[.]127", "::ffff:203.0.113.127", "203.0.113.127/32", "::FFFF:cb00:717f"},
		"198.51.100.0/24":                  {"198.51.100.0/24", "198.51.100.7/24", "198[.]51[.]100[.]0/24", "::ffff:198.51.100.0/120"},
		"2001:db8::1":                      {"2001:DB8::1", "2001:0db8:0:0:0:0:0:1", "[2001:db8::1]", "2001:db8::0:1", "2001:db8::1/128"},
		"2001:db8::/32":                    {"2001:0DB8::/32", "2001:db8:0::1/32"},
		"https://host.example/A/b?Q=1#F":   {"hxxps://host[.]example/A/b?Q=1#F", "HTTPS://HOST.Example./A/b?Q=1#F"},
		"http://host.example":              {"http://host.example/", "hxxp://Host.example", "http://host.example:80/"},
		"https://host.example:80/a":        {"https://HOST.example:80/a"},
		"https://host.example/a":           {"https://host.example:443/a"},
		"http://192.0.2.7:8080/x":          {"http://192.0.2.7:8080/x", "hXXp://[::ffff:192.0.2.7]:8080/x"},
		"http://[2001:db8::1]/x":           {"http://[2001:DB8:0::1]/x"},
		"host.example/A":                   {"Host.Example/A", "host[.]example/A"},
		"xn--bcher-kva.example":            {"bücher.example", "BÜCHER.Example.", "xn--bcher-kva.example", "XN--Bcher-kva.example"},
		"ann@mail.example":                 {"Ann@Mail.Example", "ann[at]mail[.]example", "ann@mail.example."},
		"b4db9e3d42746946b4db9e3d42746946": {"B4DB9E3D42746946B4DB9E3D42746946", "b4db9e3d42746946b4db9e3d42746946"},
		"cve-2021-44228":                   {"CVE-2021-44228"},
		"_dmarc.host.example":              {"_DMARC.host.example"},
		"192.0.2.7:443":                    {"192.0.2.7:443", "192[.]0[.]2[.]7:443"},
		"c:\\temp\\run.exe":                {"C:\\Temp\\Run.exe"},
		"":                                 {"", "  "},
	} {
		for _, v := range values {
			if got := Canonical(v); got != want {
				t.Errorf("Canonical(%q) = %q, want %q", v, got, want)
			}
		}
	}
}

func TestCanonicalKeepsApartWhatDiffers(t *testing.T) {
	for _, p := range [][2]string{
		{"https://host.example/A", "https://host.example/a"},
		{"https://host.example/a?q=1", "https://host.example/a?q=2"},
		{"http://host.example/a", "https://host.example/a"},
		{"a.example", "b.example"},
		{"192.0.2.1", "192.0.2.10"},
		{"198.51.100.0/24", "198.51.100.0/25"},
	} {
		if Canonical(p[0]) == Canonical(p[1]) {
			t.Errorf("%q and %q have one canonical form %q", p[0], p[1], Canonical(p[0]))
		}
	}
}

func TestPartsOfAComposite(t *testing.T) {
	for value, want := range map[string][]string{
		"run.exe|b4db9e3d42746946b4db9e3d42746946": {"run.exe", "b4db9e3d42746946b4db9e3d42746946"},
		"host.example|192.0.2.7":                   {"host.example", "192.0.2.7"},
		"192.0.2.7|443":                            {"192.0.2.7"},
		"host.example|8080":                        {"host.example"},
		"192.0.2.7:443":                            {"192.0.2.7"},
		"[2001:db8::1]:443":                        {"2001:db8::1"},
		"Host[.]example:53":                        {"host.example"},
		"https://host.example/a|b":                 nil,
		"a|b|c":                                    nil,
		"|x":                                       nil,
		"2001:db8::1":                              nil,
		"host.example/a:1":                         nil,
		"a mutex name":                             nil,
	} {
		if got := Parts(value); !slices.Equal(got, want) {
			t.Errorf("the parts of %q are %q, want %q", value, got, want)
		}
	}
}

func TestHostOfAnIndicator(t *testing.T) {
	for value, want := range map[string]string{
		"https://user:pw@Host.example:8443/a": "host.example", "ann@mail.example": "mail.example", "host.example": "host.example",
		"host.example:53": "host.example", "http://[2001:db8::1]:80/": "2001:db8::1", "192.0.2.7": "192.0.2.7", "host.example/a": "host.example",
		"198.51.100.0/24": "", "CVE-2021-44228": "", "d41d8cd98f00b204e9800998ecf8427e": "", "a mutex name": "",
	} {
		if got := Host(Canonical(value)); got != want {
			t.Errorf("host of %q is %q, want %q", value, got, want)
		}
	}
}

func TestUnderADomain(t *testing.T) {
	for _, c := range []struct {
		host, domain string
		want         bool
	}{
		{"example.org", "example.org", true}, {"a.example.org", "example.org", true}, {"notexample.org", "example.org", false},
		{"example.org", "a.example.org", false}, {"example.org", "", false}, {"example.org.evil.example", "example.org", false},
	} {
		if got := IsUnder(c.host, c.domain); got != c.want {
			t.Errorf("%s under %s: %v, want %v", c.host, c.domain, got, c.want)
		}
	}
}

func TestCanonicalIsItsOwnCanonicalForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(
			rapid.StringOfN(rapid.RuneFrom([]rune("aB.:/[]@-_0129 ü#?x")), 0, 24, -1),
			rapid.StringMatching(`(hxxps?|http)://[a-zA-Z0-9.\-]{1,12}(:[0-9]{1,4})?/[a-zA-Z?/]{0,5}`),
			rapid.StringMatching(`[0-9a-f:]{2,20}(/[0-9]{1,3})?`),
		).Draw(t, "value")
		once := Canonical(s)
		if again := Canonical(once); again != once {
			t.Fatalf("%q becomes %q, and that becomes %q", s, once, again)
		}
	})
}
