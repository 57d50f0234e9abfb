package stix

import (
	"encoding/json"
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// observed is what an indicator says in STIX: the pattern that finds it, and
// the observables it is.
type observed struct {
	pattern string
	objects []observable // the first is the indicator itself, the rest it refers to
}

// observe reads an indicator by its type's name. ok is false where STIX has no
// observable for it, or where the value isn't what its type says.
func observe(kind, value string) (o observed, ok bool) {
	value = strings.TrimSpace(value)
	kind = strings.ToLower(strings.TrimSpace(kind))
	if a, b, two := strings.Cut(kind, "|"); two {
		return observeTwo(a, b, value)
	}
	switch kind {
	case "domain", "domain-name", "hostname", "fqdn":
		return domainOf(value)
	case "ip", "ipv4", "ipv6", "ip-src", "ip-dst", "ip address", "ipv4-addr", "ipv6-addr", "cidr":
		return addressOf(value)
	case "url", "uri", "link":
		return urlOf(value)
	case "email", "email-addr", "email-src", "email-dst", "email address":
		return emailOf(value)
	case "filename", "file", "file-name", "file name":
		return nameOf("file", value)
	case "mutex":
		return nameOf("mutex", value)
	case "regkey", "registry-key", "registry key", "windows-registry-key":
		return registryKeyOf(value)
	case "asn", "as", "autonomous-system":
		return systemOf(value)
	}
	return hashOf(kind, value)
}

// observeTwo reads the composite types of MISP: filename|hash, domain|ip and
// regkey|value.
func observeTwo(a, b, value string) (observed, bool) {
	left, right, ok := strings.Cut(value, "|")
	if !ok {
		return observed{}, false
	}
	switch {
	case a == "filename":
		hash, ok := observe(b, right)
		if !ok || hash.objects[0].Hashes == nil || left == "" {
			return observed{}, false
		}
		file := hash.objects[0]
		file.Name = left
		file.ID = contentID("file", map[string]any{"hashes": file.Hashes, "name": left})
		inner := strings.TrimSuffix(strings.TrimPrefix(hash.pattern, "["), "]")
		return observed{"[file:name = " + quote(left) + " AND " + inner + "]", []observable{file}}, true
	case a == "domain" && b == "ip":
		domain, okDomain := domainOf(left)
		ip, okIP := addressOf(right)
		if !okDomain || !okIP {
			return observed{}, false
		}
		name := domain.objects[0]
		name.ResolvesTo = []string{ip.objects[0].ID}
		pattern := fmt.Sprintf("[domain-name:value = %s AND domain-name:resolves_to_refs[*].value = %s]", quote(name.Value), quote(ip.objects[0].Value))
		return observed{pattern, []observable{name, ip.objects[0]}}, true
	case a == "regkey":
		return registryKeyOf(left)
	}
	return observed{}, false
}

func domainOf(s string) (observed, bool) {
	if !isDomain(s) {
		return observed{}, false
	}
	return valued("domain-name", s), true
}

// isDomain tells whether s can be a host's name: labels of 1 to 63 letters,
// digits, dashes and underscores, of any script.
func isDomain(s string) bool {
	if s == "" || len(s) > 253 || strings.ContainsAny(s, " \t\r\n/:@\\\"'<>[]{}()") {
		return false
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(s, "."), ".") {
		if label == "" || len(label) > 63 {
			return false
		}
	}
	return true
}

func addressOf(s string) (observed, bool) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return valued(addressType(a), s), true
	}
	if p, err := netip.ParsePrefix(s); err == nil {
		return valued(addressType(p.Addr()), s), true
	}
	return observed{}, false
}

func addressType(a netip.Addr) string {
	if a.Is4() {
		return "ipv4-addr"
	}
	return "ipv6-addr"
}

func urlOf(s string) (observed, bool) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || strings.ContainsAny(s, " \t\r\n") {
		return observed{}, false
	}
	return valued("url", s), true
}

func emailOf(s string) (observed, bool) {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s {
		return observed{}, false
	}
	return valued("email-addr", s), true
}

func nameOf(kind, s string) (observed, bool) {
	if s == "" {
		return observed{}, false
	}
	o := newObservable(kind, map[string]any{"name": s})
	o.Name = s
	return observed{fmt.Sprintf("[%s:name = %s]", kind, quote(s)), []observable{o}}, true
}

// registryKeyOf writes out the hive: STIX takes no short form of it.
func registryKeyOf(s string) (observed, bool) {
	hive, rest, _ := strings.Cut(s, `\`)
	if long := hives()[strings.ToUpper(hive)]; long != "" {
		hive, s = long, long+s[len(hive):]
	}
	if s == "" || shortHive(hive) || shortHive(rest) {
		return observed{}, false
	}
	o := newObservable("windows-registry-key", map[string]any{"key": s})
	o.Key = s
	return observed{"[windows-registry-key:key = " + quote(s) + "]", []observable{o}}, true
}

// hives are the roots of the registry by their short forms.
func hives() map[string]string {
	return map[string]string{
		"HKLM": "HKEY_LOCAL_MACHINE", "HKCC": "HKEY_CURRENT_CONFIG", "HKCR": "HKEY_CLASSES_ROOT", "HKCU": "HKEY_CURRENT_USER", "HKU": "HKEY_USERS",
	}
}

// shortHive tells whether a short form stands in a text, where validators
// don't want it.
func shortHive(s string) bool {
	for short := range hives() {
		if strings.Contains(s, short) || strings.Contains(s, strings.ToLower(short)) {
			return true
		}
	}
	return false
}

func systemOf(s string) (observed, bool) {
	n, err := strconv.ParseInt(strings.TrimPrefix(strings.ToUpper(s), "AS"), 10, 64)
	if err != nil || n < 1 {
		return observed{}, false
	}
	o := newObservable("autonomous-system", map[string]any{"number": n})
	o.Number = n
	return observed{fmt.Sprintf("[autonomous-system:number = %d]", n), []observable{o}}, true
}

// hashNames gives the name a hash has in STIX, and its length in hexadecimal
// digits.
func hashNames(kind string) (name string, digits int) {
	switch kind {
	case "md5":
		return "MD5", 32
	case "sha1", "sha-1":
		return "SHA-1", 40
	case "sha256", "sha-256":
		return "SHA-256", 64
	case "sha512", "sha-512":
		return "SHA-512", 128
	}
	return "", 0
}

func hashOf(kind, s string) (observed, bool) {
	name, digits := hashNames(kind)
	if name == "" || len(s) != digits || !isHex(s) {
		return observed{}, false
	}
	hashes := map[string]string{name: s}
	o := newObservable("file", map[string]any{"hashes": hashes})
	o.Hashes = hashes
	return observed{fmt.Sprintf("[file:hashes.'%s' = %s]", name, quote(s)), []observable{o}}, true
}

func isHex(s string) bool {
	return strings.Trim(strings.ToLower(s), "0123456789abcdef") == ""
}

// valued is an observable that is one value.
func valued(kind, s string) observed {
	o := newObservable(kind, map[string]any{"value": s})
	o.Value = s
	return observed{fmt.Sprintf("[%s:value = %s]", kind, quote(s)), []observable{o}}
}

func newObservable(kind string, contributing map[string]any) observable {
	return observable{Type: kind, SpecVersion: "2.1", ID: contentID(kind, contributing)}
}

// quote writes a string literal of the pattern language.
func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// contentID is the id that the specification asks of an observable: a UUID of
// version 5 over its contributing properties as canonical JSON, in the
// specification's own namespace.
func contentID(kind string, contributing map[string]any) string {
	space := uuid.MustParse("00abedb4-aa42-466c-9c01-fed23315a9b7")
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(contributing); err != nil { // strings, numbers and maps of them: cannot fail
		panic(err)
	}
	return kind + "--" + uuid.NewSHA1(space, []byte(strings.TrimSuffix(b.String(), "\n"))).String()
}

// madeID is an id of ours: a UUID of version 5 over what the object says.
func madeID(kind string, parts ...string) string {
	space := uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://threatbench.example/stix"))
	b, err := json.Marshal(append([]string{kind}, parts...))
	if err != nil { // a list of strings: cannot fail
		panic(err)
	}
	return kind + "--" + uuid.NewSHA1(space, b).String()
}

// IsOurs reports whether a relationship has the id that an export of ours gives
// it: then it says what the event at its source says, and no more.
func IsOurs(id, kind, source, target string) bool {
	if kind == "originates-from" {
		return id == originID(source, target)
	}
	return id == madeID("relationship", kind, source, target)
}

// stixUUID is what STIX takes for the UUID of an id.
func stixUUID() *regexp.Regexp {
	return regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
}
