package webhook

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
)

// TestEveryFormOfAnAddressIsKnown writes addresses that lead inside in all the
// ways in which an IPv6 address can hold an IPv4 one.
func TestEveryFormOfAnAddressIsKnown(t *testing.T) {
	forms := []string{
		"%s", "::ffff:%s", "::%s", "::ffff:0:%s", // mapped, compatible (deprecated), translated
		"64:ff9b::%s", "64:ff9b:1::%s", "64:ff9b:1:a:b:c:%s", "fe80::5efe:%s", "2606:4700::5efe:%s", "2606:4700::200:5efe:%s", // NAT64, ISATAP
	}
	for _, inside := range []string{"127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "192.0.2.1", "198.51.100.7", "203.0.113.9", "198.18.0.1", "224.0.0.1", "255.255.255.255", "192.88.99.1"} {
		for _, form := range forms {
			wantPrivate(t, fmt.Sprintf(form, inside))
		}
		b := netip.MustParseAddr(inside).As4()
		wantPrivate(t, fmt.Sprintf("2002:%02x%02x:%02x%02x::1", b[0], b[1], b[2], b[3]))                        // 6to4
		wantPrivate(t, fmt.Sprintf("2001:0:%02x%02x:%02x%02x:8000:63bf:3fff:fdd2", b[0], b[1], b[2], b[3]))     // Teredo, the server
		wantPrivate(t, fmt.Sprintf("2001:0:4136:e378:8000:63bf:%02x%02x:%02x%02x", ^b[0], ^b[1], ^b[2], ^b[3])) // Teredo, the client
	}
	for _, a := range []string{
		"::", "::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "100::1", "2001:db8::1", "3fff::1", "2001:2::1", "2001:20::1", "3ffe::1", "5f00::1",
		"2606:4700::1111%eth0",                                    // an interface is named
		"64:ff9b::8.8.8.8", "2002:808:808::1", "::ffff:0:8.8.8.8", // of the internet, by a way through somebody's gateway
	} {
		wantPrivate(t, a)
	}
	for _, a := range []string{"8.8.8.8", "93.184.215.14", "::ffff:8.8.8.8", "2606:4700::1111", "2a00:1450:4001:81b::200e", "240e::1", "2001:4860:4860::8888"} {
		if err := refusePrivate(netip.AddrPortFrom(netip.MustParseAddr(a), 443).String()); err != nil {
			t.Errorf("%s: %v", a, err)
		}
	}
}

func wantPrivate(t *testing.T, a string) {
	t.Helper()
	addr, err := netip.ParseAddr(a)
	if err != nil {
		t.Fatal(err)
	}
	if err := refusePrivate(netip.AddrPortFrom(addr, 443).String()); !errors.Is(err, errPrivate) {
		t.Errorf("%s: %v", a, err)
	}
}
