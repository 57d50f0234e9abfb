package webhook

import (
	"fmt"
	"net/netip"
)

// global6 is where IPv6 addresses of the internet are given out from (IANA);
// all outside of it is something else: loopback, link-local, site-local, unique
// local, multicast, NAT64, discard-only, IPv4-mapped and -compatible.
var global6 = netip.MustParsePrefix("2000::/3")

// notGlobal are the ranges within the rest of the address space that lead
// nowhere, or into a network of one's own (the IANA special-purpose registries).
var notGlobal = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", // this network, private, shared, loopback, link-local
	"192.0.0.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24", // protocols, AS112, AMT, 6to4 relays
	"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4", // documentation, benchmarks, multicast, reserved
	"2001::/23", "2001:db8::/32", "3fff::/20", // protocols with Teredo, benchmarks and ORCHID; documentation
	"2002::/16", "3ffe::/16", "2620:4f:8000::/48", // 6to4, the old 6bone, AS112
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, p := range list {
		out[i] = netip.MustParsePrefix(p)
	}
	return out
}

// refusePrivate refuses an address and port that isn't plainly one of the
// internet's: what is allowed is named, not what isn't. An IPv4 address within
// an IPv6 one is not looked for: where one can stand, nothing is allowed.
func refusePrivate(address string) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("webhook: %w", err)
	}
	if !global(ap.Addr()) {
		return fmt.Errorf("webhook: %s: %w", ap.Addr(), errPrivate)
	}
	return nil
}

func global(a netip.Addr) bool {
	if a.Zone() != "" {
		return false // an interface of this machine
	}
	a = a.Unmap() // the dialer writes IPv4 so
	if a.Is6() && (!global6.Contains(a) || isatap(a)) {
		return false
	}
	for _, p := range notGlobal {
		if p.Contains(a) {
			return false
		}
	}
	return a.IsValid()
}

// isatap reports whether the second half of an address is that of a host within
// a network (RFC 5214), which embeds its IPv4 address.
func isatap(a netip.Addr) bool {
	b := a.As16()
	return b[8]&^0x02 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe
}
