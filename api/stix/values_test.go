package stix

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestValues(t *testing.T) {
	for pattern, want := range map[string][]Value{
		"[domain-name:value = 'a.example']":                                                                {{"domain", "a.example"}},
		"[ domain-name:value='a.example' ] OR [ipv4-addr:value IN ('192.0.2.1', '192.0.2.2')]":             {{"domain", "a.example"}, {"ip", "192.0.2.1"}, {"ip", "192.0.2.2"}},
		"[file:hashes.'SHA-256' = 'ff' AND file:name = 'it\\'s.exe']":                                      {{"sha256", "ff"}, {"filename", "it's.exe"}},
		"[file:hashes.MD5 = 'aa'] FOLLOWEDBY [url:value = 'http://a/\\\\b'] WITHIN 5 SECONDS":              {{"md5", "aa"}, {"url", "http://a/\\b"}},
		"[domain-name:value = 'a.example' AND domain-name:resolves_to_refs[*].value = '192.0.2.1']":        {{"domain", "a.example"}, {"ip", "192.0.2.1"}},
		"[autonomous-system:number = 64500]":                                                               {{"asn", "64500"}},
		"[ipv4-addr:value = '198.51.100.0/24' OR ipv6-addr:value = '2001:db8::1']":                         {{"cidr", "198.51.100.0/24"}, {"ipv6", "2001:db8::1"}},
		"[url:value LIKE 'http://%' OR url:value MATCHES '^a' OR url:value != 'b' OR NOT url:value = 'c']": nil,
		"[process:name = 'x']":                       {{"process-name", "x"}},
		"[file:path='/data/x']":                      {{"filepath", "/data/x"}},
		"[mac-addr:value = '00:1a:2b:3c:4d:5e']":     {{"mac", "00:1a:2b:3c:4d:5e"}},
		"[x509-certificate:hashes.'SHA-1' = 'ff']":   {{"x509-fingerprint-sha1", "ff"}},
		`[windows-registry-key:key = 'HKCU\Soft\b']`: {{"regkey", `HKCU\Soft\b`}},
		"[network-traffic:dst_port = 443]":           nil,
		"":                                           nil,
	} {
		if got, _, err := Values(pattern); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %q %v, want %q", pattern, got, err, want)
		}
	}
}

func TestPatternsThatAreNone(t *testing.T) {
	for _, pattern := range []string{"[", "alert tcp", "[url:value =", "[url:value IN (", "[file:name = 'guest's list.exe']", "[file:name = 'open]", "[url:value = 'a' 'b']"} {
		if got, _, err := Values(pattern); err == nil {
			t.Errorf("%s gave %q", pattern, got)
		}
	}
	if _, passed, _ := Values("[url:value LIKE 'a%' OR network-traffic:dst_port = 443]"); !slices.Equal(passed, []string{"url:value LIKE", "network-traffic:dst_port"}) {
		t.Errorf("passed over %q", passed)
	}
}

// TestValuesOfOurPatterns holds that what is written is read again.
func TestValuesOfOurPatterns(t *testing.T) {
	for _, v := range []Value{{"domain", "a.example"}, {"ip", "192.0.2.1"}, {"ipv6", "2001:db8::1"}, {"cidr", "198.51.100.0/24"}, {"url", `http://a/'\x`}, {"email", "a@b.example"}, {"filename", "it's"}, {"mutex", "m"}, {"regkey", `HKEY_USERS\x`}} {
		o, ok := observe(v.Kind, v.Text)
		if got, _, err := Values(o.pattern); err != nil || !ok || len(got) != 1 || got[0] != v {
			t.Errorf("%q came back as %q", v, got)
		}
	}
}

func FuzzValues(f *testing.F) {
	f.Add("[file:hashes.'SHA-256' = 'ff' AND file:name IN ('a', 'b')]")
	f.Add("[a:b[*].c='\\")
	f.Fuzz(func(t *testing.T, pattern string) {
		found, _, err := Values(pattern)
		if err != nil && len(found) > 0 {
			t.Fatalf("%q gave %q and %v", pattern, found, err)
		}
		for _, v := range found {
			if v.Kind == "" || v.Text == "" || utf8.ValidString(pattern) && !utf8.ValidString(v.Text) {
				t.Fatalf("%q gave %q", pattern, v)
			}
		}
	})
}

// A pattern of many values is read in the time of its length.
func TestAPatternOfManyValues(t *testing.T) {
	const most = 50_000
	parts := make([]string, most)
	for i := range parts {
		parts[i] = fmt.Sprintf("[ipv4-addr:value = '10.%d.%d.%d']", i>>16, i>>8&255, i&255)
	}
	found, passed, err := Values(strings.Join(parts, " OR "))
	if err != nil || len(found) != most || len(passed) > 0 {
		t.Errorf("%d values, %d passed over, %v; want %d", len(found), len(passed), err, most)
	}
}
