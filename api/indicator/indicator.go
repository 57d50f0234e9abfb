// Package indicator finds indicators in text that people paste: reports,
// mails, tables, lists; written plainly or defanged (hxxp, [.], (at)). It does
// no I/O and takes time in proportion to the text.
//
// It would rather miss an indicator than invent one: a domain has a top-level
// domain that exists (or is reserved for examples), file names, version
// numbers and times are left alone. What it cannot tell from a domain, such as
// a file called setup.pl, it takes for one.
package indicator

import (
	"cmp"
	"slices"
	"strings"
)

// Type is what an indicator is, as events name it in indicatorType.
type Type string

// The types that are recognised.
const (
	Domain Type = "domain"
	IPv4   Type = "ip"
	IPv6   Type = "ipv6"
	CIDR   Type = "cidr"
	URL    Type = "url"
	Email  Type = "email"
	MD5    Type = "md5"
	SHA1   Type = "sha1"
	SHA256 Type = "sha256"
	SHA512 Type = "sha512"
	CVE    Type = "cve"
	ASN    Type = "asn"
)

// Found is one indicator of a text.
type Found struct {
	Value string // refanged; domains, hashes, schemes and hosts in lower case
	Type  Type
	At    int // where it first stands in the text, in bytes
}

// Find lists the indicators of a text in the order they first appear, each
// once. A port isn't part of an address or a domain; the host of a URL or a
// mail address isn't listed by itself.
func Find(text string) []Found {
	seen := map[Found]bool{}
	var out []Found
	scan(text, func(h hit) {
		if key := (Found{Value: h.value, Type: h.kind}); !seen[key] {
			seen[key] = true
			out = append(out, Found{h.value, h.kind, h.from})
		}
	})
	return out
}

// TypeOf tells what a single value is; ok is false where it is no indicator,
// or more than one.
func TypeOf(value string) (f Found, ok bool) {
	value = strings.TrimSpace(value)
	n := 0
	scan(value, func(h hit) {
		f = Found{h.value, h.kind, h.from}
		n++
		ok = n == 1 && h.from == 0 && h.to == len(value)
	})
	return f, ok
}

// Refang undoes what makes an indicator harmless to click on: [.], (dot),
// [at], hxxp and the like. Text without any of it is returned as it is.
func Refang(s string) string {
	clean, _ := refang(s)
	return plainSchemes(clean)
}

// Defang makes an indicator that nobody opens by mistake: hxxp, and dots and
// the at sign in brackets. What is defanged already stays as it is.
func Defang(s string) string {
	for _, p := range [...][2]string{{"https://", "hxxps://"}, {"http://", "hxxp://"}, {"ftp://", "fxp://"}} {
		if len(s) >= len(p[0]) && strings.EqualFold(s[:len(p[0])], p[0]) {
			s = p[1] + s[len(p[0]):]
			break
		}
	}
	return strings.NewReplacer("[.]", "[.]", "[@]", "[@]", ".", "[.]", "@", "[@]").Replace(s)
}

// DefangText defangs every indicator of a text and leaves the rest alone.
func DefangText(text string) string {
	var b strings.Builder
	done := 0
	scan(text, func(h hit) {
		if h.kind == CVE || h.kind == ASN || h.from < done {
			return
		}
		b.WriteString(text[done:h.from])
		b.WriteString(Defang(text[h.from:h.to]))
		done = h.to
	})
	b.WriteString(text[done:])
	return b.String()
}

// hit is an indicator as it stands in a text, [from, to) in bytes.
type hit struct {
	value    string
	kind     Type
	from, to int
}

// scan gives every indicator of a text to take, from left to right.
func scan(text string, take func(hit)) {
	clean, edits := refang(text)
	s := scanner{text: clean, edits: edits}
	s.all(func(h hit) {
		h.from, h.to = original(edits, h.from, false), original(edits, h.to, true)
		take(h)
	})
}

// edit is a place where refanging replaced something: at in the new text
// stands what was [from, to) in the old one, n bytes long now.
type edit struct{ at, n, from, to int }

// original is the place in the old text of a place in the new one. end tells
// that the place is the end of something.
func original(edits []edit, at int, end bool) int {
	i, _ := slices.BinarySearchFunc(edits, at, func(e edit, at int) int { return cmp.Compare(e.at, at) })
	// edits[:i] begin before at
	switch {
	case i < len(edits) && edits[i].at == at && !end:
		return edits[i].from
	case i == 0:
		return at
	}
	e := edits[i-1]
	return e.to + max(at-e.at-e.n, 0)
}
