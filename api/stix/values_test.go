package stix

import (
	"slices"
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
		"[process:name = 'x']": nil, "": nil, "[": nil, "alert tcp": nil, "[url:value =": nil, "[url:value IN (": nil,
	} {
		if got := Values(pattern); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", pattern, got, want)
		}
	}
}

// TestValuesOfOurPatterns holds that what is written is read again.
func TestValuesOfOurPatterns(t *testing.T) {
	for _, v := range []Value{{"domain", "a.example"}, {"ip", "192.0.2.1"}, {"ipv6", "2001:db8::1"}, {"cidr", "198.51.100.0/24"}, {"url", `http://a/'\x`}, {"email", "a@b.example"}, {"filename", "it's"}, {"mutex", "m"}, {"regkey", `HKEY_USERS\x`}} {
		o, ok := observe(v.Kind, v.Text)
		if got := Values(o.pattern); !ok || len(got) != 1 || got[0] != v {
			t.Errorf("%q came back as %q", v, got)
		}
	}
}

func FuzzValues(f *testing.F) {
	f.Add("[file:hashes.'SHA-256' = 'ff' AND file:name IN ('a', 'b')]")
	f.Add("[a:b[*].c='\\")
	f.Fuzz(func(t *testing.T, pattern string) {
		for _, v := range Values(pattern) {
			if v.Kind == "" || v.Text == "" || utf8.ValidString(pattern) && !utf8.ValidString(v.Text) {
				t.Fatalf("%q gave %q", pattern, v)
			}
		}
	})
}
