package stix

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// Value is what a pattern or an observable says of one indicator; Kind is the
// indicator's type as events name it.
type Value struct{ Kind, Text string }

// Values lists the values that a STIX pattern compares with, each once, in
// their order. Comparisons other than equality (=, IN) say nothing of a value
// and are passed over, as is what is negated; passed names them. A pattern
// that isn't one, such as a text with an apostrophe that ends it early, is an
// error: half of it would be another indicator.
func Values(pattern string) (found []Value, passed []string, err error) {
	p := patternReader{rest: pattern}
	depth := 0
	for p.next() {
		switch {
		case p.literal:
			return nil, nil, fmt.Errorf("a text stands where none belongs: %.40q", p.token)
		case p.token == "[":
			depth++
		case p.token == "]":
			depth--
		case p.token == "=" || strings.EqualFold(p.token, "IN"):
			if err := p.compare(); err != nil {
				return nil, nil, err
			}
		default:
			p.remember()
		}
	}
	switch {
	case p.open:
		return nil, nil, errors.New("a text in it doesn't end")
	case depth != 0 || !p.inside && strings.TrimSpace(pattern) != "":
		return nil, nil, errors.New("its brackets don't match")
	}
	return p.found, p.passed, nil
}

// patternReader reads a pattern token by token.
type patternReader struct {
	rest    string
	token   string
	literal bool   // the token is a text in quotes
	open    bool   // a text in quotes didn't end
	inside  bool   // there was a bracket
	path    string // the object path last met
	negated bool
	found   []Value
	known   map[Value]struct{} // what is in found
	passed  []string
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
		p.inside = p.inside || c == '['
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

// text reads a literal in quotes. A backslash before anything but a backslash
// or an apostrophe is itself.
func (p *patternReader) text() {
	var b strings.Builder
	i := 1
	for i < len(p.rest) && p.rest[i] != '\'' {
		if p.rest[i] == '\\' && i+1 < len(p.rest) && (p.rest[i+1] == '\\' || p.rest[i+1] == '\'') {
			i++
		}
		b.WriteByte(p.rest[i])
		i++
	}
	p.open = p.open || i >= len(p.rest)
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
	p.token, p.rest = p.rest[:max(i, 1)], p.rest[max(i, 1):]
}

// remember keeps a path for the comparison that follows, and passes over the
// value of one that says nothing of a value.
func (p *patternReader) remember() {
	switch strings.ToUpper(p.token) {
	case "NOT":
		p.negated = true
	case "AND", "OR":
		p.path, p.negated = "", false
	case "LIKE", "MATCHES", "!=", "<", ">", "<=", ">=", "ISSUBSET", "ISSUPERSET", "<>":
		if p.path != "" {
			p.passed = append(p.passed, p.path+" "+p.token)
		}
		p.next()
		p.path, p.negated = "", false
	case "WITHIN", "REPEATS", "START", "STOP", "T", "(", ")", ",":
	default:
		if strings.Contains(p.token, ":") {
			p.path = p.token
		}
		if strings.EqualFold(p.token, "START") || strings.EqualFold(p.token, "STOP") {
			p.next()
		}
	}
}

// compare takes what a path is compared with.
func (p *patternReader) compare() error {
	path, negated := p.path, p.negated
	p.path, p.negated = "", false
	kept := len(p.found)
	p.literals(path)
	if path != "" && negated {
		for _, v := range p.found[kept:] {
			delete(p.known, v)
		}
		p.found = p.found[:kept]
		p.passed = append(p.passed, path+" NOT")
	}
	rest := strings.TrimLeft(p.rest, " \t\r\n")
	rest = strings.ToUpper(rest[:min(len(rest), 100)]) // the word that follows; all of the rest each time takes for ever
	for _, follows := range []string{"]", ")", "AND", "OR"} {
		if strings.HasPrefix(rest, follows) {
			return nil
		}
	}
	if p.open || rest == "" {
		return errors.New("it ends in the middle")
	}
	return fmt.Errorf("behind a value stands %.20q", rest)
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
	if !p.literal && strings.Trim(p.token, "0123456789") != "" || path == "" {
		return
	}
	kind := kindOf(path, p.token)
	if kind == "" {
		p.passed = append(p.passed, path)
		return
	}
	v := Value{kind, p.token}
	if _, known := p.known[v]; known || p.token == "" {
		return
	}
	if p.known == nil {
		p.known = map[Value]struct{}{}
	}
	p.known[v] = struct{}{}
	p.found = append(p.found, v)
}

// kindOf is the type that events give to a value at an object path; "" for
// what identifies nothing by itself, such as a port or a size.
func kindOf(path, value string) string {
	object, property, _ := strings.Cut(path, ":")
	if _, err := netip.ParseAddr(value); err == nil && strings.HasSuffix(property, "value") {
		return AddressKind(value)
	}
	if _, hash, ok := strings.Cut(property, "hashes."); ok {
		return HashKind(object, strings.Trim(hash, "'"))
	}
	last := property[strings.LastIndexByte(property, '.')+1:]
	switch object {
	case "ipv4-addr", "ipv6-addr":
		return AddressKind(value)
	case "domain-name", "url", "email-addr", "mutex", "autonomous-system", "mac-addr":
		if strings.Contains(property, "_refs") || last != "value" && last != "name" && last != "number" {
			return ""
		}
		return ObjectKind(object)
	}
	switch object + ":" + last {
	case "file:name":
		return "filename"
	case "file:path", "directory:path", "file:parent_directory_ref":
		return "filepath"
	case "email-message:value", "email-message:from_ref":
		return "email"
	case "email-message:subject":
		return "email-subject"
	case "windows-registry-key:key":
		return "regkey"
	case "process:name", "process:command_line", "software:name", "software:cpe", "user-account:user_id", "user-account:account_login", "user-account:display_name",
		"app:id", "x509-certificate:serial_number", "x509-certificate:subject", "x509-certificate:issuer", "artifact:url": // as STIX spells it
		return object + "-" + strings.ReplaceAll(last, "_", "-")
	case "network-traffic:'User-Agent'", "network-traffic:User-Agent":
		return "user-agent"
	}
	if strings.HasPrefix(object, "x-") || !isObject(object) {
		return object + "-" + strings.ReplaceAll(strings.Trim(last, "'"), "_", "-")
	}
	return ""
}

// isObject tells whether STIX itself has observables of a type.
func isObject(object string) bool {
	switch object {
	case "artifact", "directory", "email-message", "file", "network-traffic", "process", "software", "user-account", "windows-registry-key", "x509-certificate": // as STIX spells it
		return true
	}
	return false
}

// HashKind is the type that events give to a hash of an object, by its name in
// STIX.
func HashKind(object, name string) string {
	name = strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(name))
	if object == "x509-certificate" {
		return "x509-fingerprint-" + name
	}
	return name
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
	case "mac-addr":
		return "mac"
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
