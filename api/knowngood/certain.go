package knowngood

import "net/netip"

// Names of the lists that come with the program.
const (
	Reserved      = "reserved"
	Documentation = "documentation"
	Resolvers     = "public resolvers"
	EmptyFile     = "empty file"
)

// Certain are the lists that come with the program, without those named. They
// hold only what standards set aside, or what its operators publish.
func Certain(without ...string) []*List {
	skip := map[string]bool{}
	for _, name := range without {
		skip[name] = true
	}
	var out []*List
	for _, l := range []*List{reserved(), documentation(), resolvers(), emptyFile()} {
		if !skip[l.Name] {
			l.Len = len(l.exact) + len(l.domains) + len(l.zones) + len(l.nets)
			out = append(out, l)
		}
	}
	return out
}

// CertainNames are the names of the lists that come with the program.
func CertainNames() []string { return []string{Reserved, Documentation, Resolvers, EmptyFile} }

// reserved is what nobody on the Internet has.
func reserved() *List {
	return &List{
		Name: Reserved, Source: "IANA special-purpose address registries (RFC 6890), RFC 5771, RFC 4291, RFC 6761, RFC 6762, RFC 8375",
		nets: nets("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
			"192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
			"::/128", "::1/128", "64:ff9b:1::/48", "100::/64", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"),
		zones: []string{"localhost", "local", "home.arpa"},
	}
}

// documentation is what examples are written with.
func documentation() *List {
	return &List{
		Name: Documentation, Source: "RFC 5737, RFC 3849, RFC 9637, RFC 2606, RFC 6761",
		nets:  nets("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"),
		zones: []string{"example", "example.com", "example.net", "example.org", "test", "invalid"},
	}
}

// resolvers are name servers that anybody may ask, as their operators publish
// them.
func resolvers() *List {
	return &List{
		Name: Resolvers, Source: "the documentation of Cloudflare 1.1.1.1, Google Public DNS, Quad9, OpenDNS and AdGuard DNS",
		nets: nets(
			"1.1.1.1/32", "1.0.0.1/32", "1.1.1.2/32", "1.0.0.2/32", "1.1.1.3/32", "1.0.0.3/32",
			"2606:4700:4700::1111/128", "2606:4700:4700::1001/128", "2606:4700:4700::1112/128",
			"2606:4700:4700::1002/128", "2606:4700:4700::1113/128", "2606:4700:4700::1003/128",
			"8.8.8.8/32", "8.8.4.4/32", "2001:4860:4860::8888/128", "2001:4860:4860::8844/128",
			"9.9.9.9/32", "149.112.112.112/32", "9.9.9.10/32", "149.112.112.10/32", "9.9.9.11/32", "149.112.112.11/32",
			"2620:fe::fe/128", "2620:fe::9/128",
			"208.67.222.222/32", "208.67.220.220/32", "208.67.222.123/32", "208.67.220.123/32",
			"2620:119:35::35/128", "2620:119:53::53/128",
			"94.140.14.14/32", "94.140.15.15/32"),
		exact: []string{"one.one.one.one", "dns.google", "dns.quad9.net"},
	}
}

// emptyFile is what every program finds that hashes nothing.
func emptyFile() *List {
	return &List{Name: EmptyFile, Source: "MD5, SHA-1, SHA-2 and ssdeep of no bytes", exact: []string{
		"3::",
		"d41d8cd98f00b204e9800998ecf8427e",
		"da39a3ee5e6b4b0d3255bfef95601890afd80709",
		"d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f",
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da" +
			"274edebfe76f65fbd51ad2f14898b95b",
		"cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce" +
			"47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
	}}
}

func nets(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		out[i] = netip.MustParsePrefix(t)
	}
	return out
}
