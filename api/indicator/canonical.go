package indicator

import (
	"net/netip"
	"strings"

	"golang.org/x/net/idna"

	"threatbench/api"
)

// CanonicalVersion is raised whenever Canonical or Parts answers something
// else for some value: what was stored under an older one is made anew.
const CanonicalVersion = 2

// Canonical is the form in which two indicators are compared: values that mean
// the same have the same one. Defanging is undone; hosts are in lower case, in
// ASCII (punycode) and without a dot at the end; addresses and nets are in
// their one spelling, IPv4 within IPv6 as IPv4, a net of one address as that
// address; of a URL the scheme and the host are changed only, path and query
// stay as sent; all else is without case. It follows from the value alone,
// never from its type, and is "" for a value without a character.
func Canonical(value string) string {
	// What one round uncovers may be in need of another, as in "[.](dot)".
	const maxRounds = 6
	for range maxRounds {
		next := canonical(value)
		if next == value {
			break
		}
		value = next
	}
	return value
}

func canonical(value string) string {
	s := strings.TrimSpace(Refang(strings.TrimSpace(value)))
	if s == "" {
		return ""
	}
	if c, ok := canonicalAddress(s); ok {
		return c
	}
	if scheme, rest, ok := strings.Cut(s, "://"); ok && isScheme(scheme) {
		authority, path := cutPath(rest)
		if path == "/" {
			path = ""
		}
		scheme = strings.ToLower(scheme)
		return scheme + "://" + strings.TrimSuffix(canonicalAuthority(authority), usualPort(scheme)) + path
	}
	if local, domain, ok := cutMail(s); ok {
		return api.Fold(local) + "@" + canonicalHost(domain)
	}
	authority, path := cutPath(s)
	if !looksLikeHost(authority) {
		return api.Fold(s)
	}
	return canonicalAuthority(authority) + path
}

// usualPort is the port that a URL of a scheme goes to by itself, with its
// colon.
func usualPort(scheme string) string {
	switch scheme {
	case "http", "ws":
		return ":80"
	case "https", "wss":
		return ":443"
	case "ftp":
		return ":21"
	}
	return ""
}

// Parts are what a composite indicator is made of, each an indicator by
// itself: the name and the hash of "name|hash", the address of "address|port"
// and of "address:port". Nil for what is of one piece.
func Parts(value string) []string {
	value = strings.TrimSpace(value)
	if strings.Contains(value, "://") {
		return nil
	}
	left, right, two := strings.Cut(value, "|")
	left, right = strings.TrimSpace(left), strings.TrimSpace(right)
	switch {
	case two && (left == "" || right == "" || strings.Contains(right, "|")):
		return nil
	case two && strings.Trim(right, "0123456789") == "": // a port
		return []string{left}
	case two:
		return []string{left, right}
	}
	canonical := Canonical(value)
	if host, port := cutPort(canonical); port != "" && Host(canonical) == strings.Trim(host, "[]") {
		return []string{Host(canonical)}
	}
	return nil
}

// Host is the host of an indicator in its canonical form: of a domain or an
// address itself, of a URL, a mail address, or a host with a port. "" for what
// has none, such as a hash.
func Host(canonical string) string {
	if _, rest, ok := strings.Cut(canonical, "://"); ok {
		authority, _ := cutPath(rest)
		return hostOf(authority)
	}
	if _, domain, ok := cutMail(canonical); ok {
		return domain
	}
	if mayBeAddress(canonical) {
		if _, err := netip.ParsePrefix(canonical); err == nil {
			return ""
		}
		if a, err := netip.ParseAddr(canonical); err == nil {
			return a.String()
		}
		if ap, err := netip.ParseAddrPort(canonical); err == nil {
			return ap.Addr().String()
		}
	}
	authority, _ := cutPath(canonical)
	if looksLikeHost(authority) {
		return hostOf(authority)
	}
	return ""
}

// IsUnder reports whether a host is a domain or lies below it; both are in
// their canonical form.
func IsUnder(host, domain string) bool {
	n := len(host) - len(domain)
	return n >= 0 && host[n:] == domain && (n == 0 || host[n-1] == '.') && domain != ""
}

// Net is the net that an indicator in its canonical form is: an address, with
// a port or without, is the net of itself.
func Net(canonical string) (netip.Prefix, bool) {
	if !mayBeAddress(canonical) {
		return netip.Prefix{}, false
	}
	if p, err := api.ParseNet(canonical); err == nil {
		return p, true
	}
	if ap, err := netip.ParseAddrPort(canonical); err == nil {
		a := ap.Addr().Unmap().WithZone("")
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	return netip.Prefix{}, false
}

// mayBeAddress rules out most of what is no address and no net, which costs
// more to find out by reading it as one.
func mayBeAddress(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= ':', c >= 'a' && c <= 'f', c >= 'A' && c <= 'F', c == '.', c == '/', c == '[', c == ']':
		case c == '%':
			return true // what follows is a zone
		default:
			return c == ' ' || c == '\t' // around a net of somebody's spelling
		}
	}
	return s != ""
}

// canonicalAddress answers for addresses and nets, bracketed ones included.
func canonicalAddress(s string) (string, bool) {
	if c := s[0]; !(c >= '0' && c <= '9' || c == ':' || c == '[' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F') {
		return "", false
	}
	bare := s
	if s[0] == '[' && s[len(s)-1] == ']' {
		bare = s[1 : len(s)-1]
	}
	if a, err := netip.ParseAddr(bare); err == nil {
		return a.Unmap().String(), true
	}
	if p, err := api.ParseNet(bare); err == nil {
		if p.IsSingleIP() {
			return p.Addr().String(), true
		}
		return p.String(), true
	}
	return "", false
}

func isScheme(s string) bool {
	if s == "" || !isLetter(s[0]) {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isLetter(c) && (c < '0' || c > '9') && c != '+' && c != '-' && c != '.' {
			return false
		}
	}
	return true
}

// cutPath parts what comes before the first slash, question mark or hash sign
// from the rest.
func cutPath(s string) (authority, path string) {
	if i := strings.IndexAny(s, "/?#"); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// cutMail parts a mail address; ok is false for anything else.
func cutMail(s string) (local, domain string, ok bool) {
	local, domain, ok = strings.Cut(s, "@")
	ok = ok && local != "" && !strings.ContainsAny(s, " \t\r\n/") && !strings.Contains(domain, "@") && looksLikeHost(domain)
	return local, domain, ok
}

// looksLikeHost reports whether s can be a host name or an address, with a
// port or without: labels with a dot between two, no space.
func looksLikeHost(s string) bool {
	if strings.HasPrefix(s, "[") {
		return strings.Contains(s, "]")
	}
	s, _ = cutPort(s)
	s = strings.TrimSuffix(s, ".")
	if !strings.ContainsAny(s, ".。．｡") || strings.HasPrefix(s, ".") {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isWord(c) && c != '.' && c != '-' && c != '_' {
			return false
		}
	}
	return !strings.Contains(s, "..")
}

// cutPort parts the port from a host; port begins with the colon.
func cutPort(s string) (host, port string) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 || i == len(s)-1 || strings.Trim(s[i+1:], "0123456789") != "" {
		return s, ""
	}
	return s[:i], s[i:]
}

// canonicalAuthority normalises the host within [user@]host[:port].
func canonicalAuthority(s string) string {
	user := ""
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		user, s = s[:i+1], s[i+1:]
	}
	host, port := cutPort(s)
	bare := strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if a, err := netip.ParseAddr(bare); err == nil && (host != bare || a.Is4()) {
		a = a.Unmap()
		if a.Is6() {
			return user + "[" + a.String() + "]" + port
		}
		return user + a.String() + port
	}
	return user + canonicalHost(host) + port
}

// canonicalHost is a name in lower case, in ASCII and without the last dot.
func canonicalHost(s string) string {
	if isPlainHost(s) {
		return strings.TrimRight(s, ".")
	}
	if ascii, err := hosts.ToASCII(s); err == nil {
		s = ascii
	}
	return strings.TrimRight(api.Fold(s), ".")
}

// isPlainHost reports whether a name is in lower-case ASCII already.
func isPlainHost(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= 0x80 || c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return true
}

// hosts maps names as look-ups do, but takes underscores and what else stands
// in real data.
var hosts = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false), idna.BidiRule())

// hostOf is the host of a canonical [user@]host[:port].
func hostOf(authority string) string {
	authority = authority[strings.LastIndexByte(authority, '@')+1:]
	host, _ := cutPort(authority)
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}
