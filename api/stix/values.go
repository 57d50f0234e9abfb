package stix

import (
	"net/netip"
	"slices"
	"strings"
)

// Value is what a pattern or an observable says of one indicator; Kind is the
// indicator's type as events name it.
type Value struct{ Kind, Text string }

// Values lists the values that a STIX pattern compares with, each once, in
// their order. Comparisons other than equality (=, IN) say nothing of a value
// and are passed over, as is what is negated.
func Values(pattern string) []Value {
	p := patternReader{rest: pattern}
	for p.next() {
		if p.token != "=" && !strings.EqualFold(p.token, "IN") {
			p.remember()
			continue
		}
		path := p.path
		negated := p.negated
		p.path, p.negated = "", false
		if path == "" || negated {
			continue
		}
		p.literals(path)
	}
	return p.found
}

// patternReader reads a pattern token by token.
type patternReader struct {
	rest    string
	token   string
	literal bool   // the token is a text in quotes
	path    string // the object path last met
	negated bool
	found   []Value
}

// next reads one token: a text in quotes, a sign, or a run of other characters
// in which quotes and brackets belong to a path.
func (p *patternReader) next() bool {
	p.rest = strings.TrimLeft(p.rest, " \t\r\n")
	if p.rest == "" {
		return false
	}
	p.literal = false
	switch c := p.rest[0]; {
	case c == '\'':
		p.text()
	case strings.IndexByte("[](),", c) >= 0:
		p.token, p.rest = p.rest[:1], p.rest[1:]
	case strings.IndexByte("=!<>", c) >= 0:
		n := 1
		for n < len(p.rest) && strings.IndexByte("=<>", p.rest[n]) >= 0 {
			n++
		}
		p.token, p.rest = p.rest[:n], p.rest[n:]
	default:
		p.run()
	}
	return true
}

// text reads a literal in quotes.
func (p *patternReader) text() {
	var b strings.Builder
	i := 1
	for i < len(p.rest) && p.rest[i] != '\'' {
		if p.rest[i] == '\\' && i+1 < len(p.rest) {
			i++
		}
		b.WriteByte(p.rest[i])
		i++
	}
	p.token, p.literal = b.String(), true
	p.rest = p.rest[min(i+1, len(p.rest)):]
}

// run reads a path, a word or a number.
func (p *patternReader) run() {
	i, quoted := 0, false
	for i < len(p.rest) {
		c := p.rest[i]
		if c == '\'' {
			quoted = !quoted
		} else if !quoted && strings.IndexByte(" \t\r\n=!<>(),]", c) >= 0 && !strings.HasPrefix(p.rest[max(i-2, 0):], "[*]") {
			break
		}
		i++
	}
	p.token, p.rest = p.rest[:i], p.rest[i:]
}

// remember keeps a path for the comparison that follows.
func (p *patternReader) remember() {
	switch {
	case p.literal:
	case strings.EqualFold(p.token, "NOT"):
		p.negated = true
	case strings.Contains(p.token, ":"):
		p.path = p.token
	case strings.EqualFold(p.token, "AND"), strings.EqualFold(p.token, "OR"):
		p.path, p.negated = "", false
	}
}

// literals takes the value, or the values in brackets, that follow.
func (p *patternReader) literals(path string) {
	if !p.next() {
		return
	}
	list := p.token == "(" && !p.literal
	if !list {
		p.take(path)
		return
	}
	for p.next() && (p.literal || p.token != ")") {
		if p.literal || p.token != "," {
			p.take(path)
		}
	}
}

func (p *patternReader) take(path string) {
	if !p.literal && strings.Trim(p.token, "0123456789") != "" {
		return
	}
	kind := kindOf(path, p.token)
	if v := (Value{kind, p.token}); kind != "" && p.token != "" && !slices.Contains(p.found, v) {
		p.found = append(p.found, v)
	}
}

// kindOf is the type that events give to a value at an object path.
func kindOf(path, value string) string {
	object, property, _ := strings.Cut(path, ":")
	if _, err := netip.ParseAddr(value); err == nil && strings.HasSuffix(property, "value") {
		return AddressKind(value)
	}
	switch object {
	case "ipv4-addr", "ipv6-addr":
		return AddressKind(value)
	case "file", "artifact": //nolint:misspell // as STIX spells it
		if name, ok := strings.CutPrefix(property, "hashes."); ok {
			return strings.NewReplacer("'", "", "-", "").Replace(strings.ToLower(name))
		}
		if property == "name" {
			return "filename"
		}
		return ""
	case "email-message":
		if strings.HasSuffix(property, ".value") {
			return "email"
		}
		if property == "subject" {
			return "email-subject"
		}
		return ""
	case "domain-name", "url", "email-addr", "mutex", "windows-registry-key", "autonomous-system":
		if strings.Contains(property, "_refs") || strings.Contains(property, "values") {
			return ""
		}
		return ObjectKind(object)
	}
	return ""
}

// ObjectKind is the type that events give to what an observable of a type
// stands for; "" where they have none.
func ObjectKind(object string) string {
	switch object {
	case "domain-name":
		return "domain"
	case "email-addr":
		return "email"
	case "windows-registry-key":
		return "regkey"
	case "autonomous-system":
		return "asn"
	case "url", "mutex":
		return object
	}
	return ""
}

// AddressKind is the type of an address or a network: ip, ipv6 or cidr.
func AddressKind(s string) string {
	if strings.Contains(s, "/") {
		if p, err := netip.ParsePrefix(s); err == nil && p.IsSingleIP() {
			return AddressKind(p.Addr().String())
		}
		return "cidr"
	}
	if strings.Contains(s, ":") {
		return "ipv6"
	}
	return "ip"
}

// MarkingTLP is the marking that a published marking definition stands for, of
// TLP 2.0 or 1.0; ok is false for any other id.
func MarkingTLP(id string) (name string, ok bool) {
	name = map[string]string{
		"marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487": "clear",
		"marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "clear",
		"marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb": "green",
		"marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "green",
		"marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421": "amber",
		"marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "amber",
		"marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003": "amber+strict",
		"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1": "red",
		"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "red",
	}[id]
	return name, name != ""
}
