// Package indicator finds indicators in text that people paste: reports,
// mails, tables, lists; written plainly or defanged (hxxp, [.], (at)), with
// invisible characters in them or with the letters of a script without spaces
// around them. It does no I/O and takes time in proportion to the text.
//
// It would rather miss an indicator than invent one. A domain has a top-level
// domain that exists (or is reserved for examples); names of code, packages,
// detections and files, version numbers and times are left alone. Where a name
// may be a domain or a file, such as update.sh, the words before it decide,
// and without any it is a file.
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
	Domain    Type = "domain"
	IPv4      Type = "ip"
	IPv6      Type = "ipv6"
	CIDR      Type = "cidr"
	URL       Type = "url"
	Email     Type = "email"
	Onion     Type = "onion" // a host of the Tor network
	MD5       Type = "md5"
	SHA1      Type = "sha1"
	SHA256    Type = "sha256"
	SHA512    Type = "sha512"
	Imphash   Type = "imphash" // of the imports of a program; looks like an MD5
	SSDeep    Type = "ssdeep"
	JA3       Type = "ja3" // of a TLS client; looks like an MD5
	JA4       Type = "ja4"
	CVE       Type = "cve"
	ASN       Type = "asn"
	MAC       Type = "mac"
	Bitcoin   Type = "btc"
	Ethereum  Type = "eth"
	Monero    Type = "xmr"
	RegKey    Type = "regkey"
	FilePath  Type = "filepath"
	FileName  Type = "filename" // only where it is said to be one
	Mutex     Type = "mutex"
	UserAgent Type = "user-agent"
)

// Found is one indicator of a text.
type Found struct {
	Value string // refanged; domains, hashes, schemes and hosts in lower case
	Type  Type
	At    int // where it first stands in the text, in bytes
}

// Find lists the indicators of a text in the order they first appear, each
// once. A port isn't part of an address or a domain; the host of a URL or a
// mail address isn't listed by itself. Hashes that a path of a file holds are
// listed beside it.
func Find(text string) []Found {
	var seen map[Found]bool
	var out []Found
	scan(text, func(h hit) {
		key := Found{Value: h.value, Type: h.kind}
		const few = 8
		if seen == nil && len(out) < few {
			if slices.ContainsFunc(out, func(f Found) bool { return f.Value == h.value && f.Type == h.kind }) {
				return
			}
		} else {
			if seen == nil {
				seen = map[Found]bool{}
				for _, f := range out {
					seen[Found{Value: f.Value, Type: f.Type}] = true
				}
			}
			if seen[key] {
				return
			}
			seen[key] = true
		}
		out = append(out, Found{h.value, h.kind, h.from})
	})
	return out
}

// TypeOf tells what a single value is; ok is false where it is no indicator,
// or more than one.
func TypeOf(value string) (f Found, ok bool) {
	value = strings.TrimSpace(value)
	n := 0
	scan(value, func(h hit) {
		if n++; n == 1 {
			f = Found{h.value, h.kind, h.from}
			ok = h.from == 0 && h.to == len(value)
			return
		}
		ok = ok && f.Type == FilePath // which lists its hash or host as well
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

// DefangText defangs every indicator of a text that could be opened and leaves
// the rest alone.
func DefangText(text string) string {
	var b strings.Builder
	done := 0
	scan(text, func(h hit) {
		switch h.kind {
		case Domain, Onion, IPv4, IPv6, CIDR, URL, Email:
		default:
			return
		}
		if h.from < done {
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
	s.take = func(h hit) {
		h.from, h.to = original(edits, h.from, false), original(edits, h.to, true)
		take(h)
	}
	s.all()
}

// edit is a place where refanging replaced something: at in the new text
// stands what was [from, to) in the old one, n bytes long now.
type edit struct {
	at, n, from, to int
	fang            bool // it was defanged, rather than written oddly
}

// original is the place in the old text of a place in the new one. end tells
// that the place is the end of something.
func original(edits []edit, at int, end bool) int {
	if len(edits) == 0 {
		return at
	}
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
