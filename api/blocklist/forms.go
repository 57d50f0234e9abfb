package blocklist

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// form is a syntax.
type form struct {
	holds   uint   // kinds, as bits
	folds   uint   // kinds of which those are not written that another one holds
	comment string // what a line of a comment begins with; "" where there is none
	takes   func(kind, string) bool
	write   func(w *bufio.Writer, l *List, m Meta)
}

const (
	names     = 1 << domains
	addrs     = 1<<addresses | 1<<nets
	hashes    = 1<<md5s | 1<<sha1s | 1<<sha256s
	network   = names | addrs | 1<<urls
	everyKind = network | hashes | 1<<mails
)

var forms = map[string]form{
	"plain":           {everyKind, 0, "#", nil, writePlain},
	"hosts":           {names, 0, "#", nil, perLine(domains, "0.0.0.0 %s\n:: %[1]s")},
	"dnsmasq":         {names, 0, "#", nil, perLine(domains, "local=/%s/")},
	"unbound":         {names, 0, "#", nil, writeUnbound},
	"rpz":             {names | addrs, addrs, ";", rpzTakes, writeRPZ},
	"nftables":        {addrs, addrs, "#", nil, writeNftables},
	"ipset":           {addrs, addrs, "#", nil, writeIPSet},
	"squid":           {names | addrs, names | addrs, "#", nil, writeSquid},
	"haproxy":         {names | addrs, addrs, "#", nil, writeHAProxy},
	"suricata":        {network, addrs, "#", ruleTakes, writeSuricata},
	"snort":           {names | addrs, addrs, "#", nil, writeSnort},
	"zeek":            {everyKind, 1 << urls, "#", nil, writeZeek},
	"sigma":           {network | hashes, addrs, "#", nil, writeSigma},
	"yara":            {hashes, 0, "//", nil, writeYARA},
	"kql":             {network | hashes | 1<<mails, 0, "//", nil, writeKQL},
	"spl":             {network | hashes | 1<<mails, addrs, "", splTakes, writeSPL},
	"cloudflare-list": {addrs, addrs, "", nil, writeCloudflareList},
	"cloudflare-waf":  {names | addrs, names | addrs, "", nil, writeCloudflareWAF},
}

func writePlain(w *bufio.Writer, l *List, _ Meta) {
	for k := range kinds {
		for _, v := range l.sorted(k) {
			fmt.Fprintln(w, v)
		}
	}
}

func perLine(k kind, line string) func(*bufio.Writer, *List, Meta) {
	return func(w *bufio.Writer, l *List, _ Meta) {
		for _, v := range l.sorted(k) {
			fmt.Fprintf(w, line+"\n", v)
		}
	}
}

func writeUnbound(w *bufio.Writer, l *List, _ Meta) {
	fmt.Fprintln(w, "server:")
	for _, v := range l.sorted(domains) {
		fmt.Fprintf(w, "    local-zone: \"%s.\" always_nxdomain\n", v)
	}
}

// rpzTakes leaves out names that are too long with the zone behind them.
func rpzTakes(k kind, v string) bool { return k != domains || len(v) <= 220 }

func writeRPZ(w *bufio.Writer, l *List, m Meta) {
	fmt.Fprintf(w, "$TTL 300\n@ IN SOA localhost. root.localhost. ( %d 3600 600 86400 300 )\n@ IN NS localhost.\n", uint32(m.Time.Unix()))
	for _, v := range l.sorted(domains) {
		fmt.Fprintf(w, "%s CNAME .\n*.%[1]s CNAME .\n", v)
	}
	for _, v6 := range []bool{false, true} {
		for _, v := range l.ranges(v6) {
			fmt.Fprintf(w, "%s.rpz-ip CNAME .\n", rpzAddress(v))
		}
	}
}

// rpzAddress is a net backwards, as the zones have it: 24.0.113.0.203.
func rpzAddress(v string) string {
	p := prefix(v)
	if p.Addr().Is4() {
		a := p.Addr().As4()
		return fmt.Sprintf("%d.%d.%d.%d.%d", p.Bits(), a[3], a[2], a[1], a[0])
	}
	a := p.Addr().As16()
	// The longest run of zeros must be zz, or there is one group too many.
	var groups [8]uint16
	for i := range groups {
		groups[i] = binary.BigEndian.Uint16(a[2*i:])
	}
	from, n := longestZeros(groups[:])
	parts := []string{fmt.Sprint(p.Bits())}
	for i := 7; i >= 0; i-- {
		if n > 1 && i >= from && i < from+n {
			if i == from {
				parts = append(parts, "zz")
			}
			continue
		}
		parts = append(parts, fmt.Sprintf("%x", groups[i]))
	}
	return strings.Join(parts, ".")
}

func longestZeros(groups []uint16) (from, n int) {
	for i := 0; i < len(groups); i++ {
		j := i
		for j < len(groups) && groups[j] == 0 {
			j++
		}
		if j-i > n {
			from, n = i, j-i
		}
		i = max(i, j-1)
	}
	return from, n
}

func writeNftables(w *bufio.Writer, l *List, _ Meta) {
	fmt.Fprintln(w, "table inet threatbench {")
	for _, f := range []struct {
		set, typ string
		v6       bool
	}{{"blocked4", "ipv4_addr", false}, {"blocked6", "ipv6_addr", true}} {
		fmt.Fprintf(w, "\tset %s {\n\t\ttype %s\n\t\tflags interval\n", f.set, f.typ)
		if list := l.ranges(f.v6); len(list) > 0 {
			fmt.Fprintf(w, "\t\telements = {\n\t\t\t%s\n\t\t}\n", strings.Join(list, ",\n\t\t\t"))
		}
		fmt.Fprintln(w, "\t}")
	}
	fmt.Fprint(w, "\tchain block {\n\t\ttype filter hook forward priority filter; policy accept;\n"+
		"\t\tip daddr @blocked4 drop\n\t\tip saddr @blocked4 drop\n\t\tip6 daddr @blocked6 drop\n\t\tip6 saddr @blocked6 drop\n\t}\n}\n")
}

func writeIPSet(w *bufio.Writer, l *List, _ Meta) {
	for _, f := range []struct {
		set, family string
		v6          bool
	}{{"threatbench4", "inet", false}, {"threatbench6", "inet6", true}} {
		list := l.ranges(f.v6)
		fmt.Fprintf(w, "create %s hash:net family %s maxelem %d -exist\nflush %[1]s\n", f.set, f.family, max(65536, len(list)))
		for _, v := range list {
			if strings.HasSuffix(v, "/0") { // which no set takes
				for _, half := range halves(f.v6) {
					fmt.Fprintf(w, "add %s %s -exist\n", f.set, half)
				}
				continue
			}
			fmt.Fprintf(w, "add %s %s -exist\n", f.set, v)
		}
	}
}

func halves(v6 bool) []string {
	if v6 {
		return []string{"::/1", "8000::/1"}
	}
	return []string{"0.0.0.0/1", "128.0.0.0/1"}
}

func writeSquid(w *bufio.Writer, l *List, _ Meta) {
	under := l.sorted(domains)
	for _, v := range under {
		fmt.Fprintf(w, "acl threatbench_domains dstdomain .%s\n", v)
	}
	ranges := append(l.ranges(false), l.ranges(true)...)
	for _, v := range ranges {
		fmt.Fprintf(w, "acl threatbench_addresses dst %s\n", v)
	}
	if len(under) > 0 {
		fmt.Fprintln(w, "http_access deny threatbench_domains")
	}
	if len(ranges) > 0 {
		fmt.Fprintln(w, "http_access deny threatbench_addresses")
	}
}

// writeHAProxy writes a frontend's part; the names are matched by their end.
func writeHAProxy(w *bufio.Writer, l *List, _ Meta) {
	fmt.Fprintln(w, "frontend threatbench\n    mode http\n    bind 127.0.0.1:8404")
	for _, v := range l.sorted(domains) {
		fmt.Fprintf(w, "    acl threatbench_host hdr(host),field(1,:),lower -m str %s\n    acl threatbench_host hdr(host),field(1,:),lower -m end .%[1]s\n", v)
	}
	ranges := append(l.ranges(false), l.ranges(true)...)
	for _, v := range ranges {
		fmt.Fprintf(w, "    acl threatbench_source src %s\n", v)
	}
	if len(l.values[domains]) > 0 {
		fmt.Fprintln(w, "    http-request deny if threatbench_host")
	}
	if len(ranges) > 0 {
		fmt.Fprintln(w, "    http-request deny if threatbench_source")
	}
}

func writeZeek(w *bufio.Writer, l *List, _ Meta) {
	types := map[kind]string{domains: "DOMAIN", addresses: "ADDR", nets: "SUBNET", urls: "URL", md5s: "FILE_HASH", sha1s: "FILE_HASH", sha256s: "FILE_HASH", mails: "EMAIL"}
	fmt.Fprintln(w, "#fields\tindicator\tindicator_type\tmeta.source")
	for k := range kinds {
		for _, v := range l.sorted(k) {
			if k == urls {
				v = withoutScheme(v) // as Zeek's are
			}
			fmt.Fprintf(w, "%s\tIntel::%s\tthreatbench\n", v, types[k])
		}
	}
}

func writeCloudflareList(w *bufio.Writer, l *List, m Meta) {
	// The list's own form is CSV of an address and a comment; there are no lines of comment.
	note := strings.NewReplacer(`"`, `'`, ",", ";").Replace(comment("threatbench " + m.Version + " " + m.Time.UTC().Format("2006-01-02") + " TLP " + l.marking()))
	for _, v6 := range []bool{false, true} {
		for _, v := range l.ranges(v6) {
			fmt.Fprintf(w, "%s,%s\n", v, note)
		}
	}
}

func writeCloudflareWAF(w *bufio.Writer, l *List, _ Meta) {
	var parts []string
	if ranges := append(l.ranges(false), l.ranges(true)...); len(ranges) > 0 {
		parts = append(parts, "(ip.src in {"+strings.Join(ranges, " ")+"})")
	}
	for _, v := range l.sorted(domains) {
		parts = append(parts, fmt.Sprintf(`(http.host eq "%s") or (ends_with(http.host, ".%[1]s"))`, v))
	}
	if len(parts) > 0 {
		fmt.Fprintln(w, strings.Join(parts, " or "))
	}
}

// ruleID is the number of a value's rule, the same every time, among those set
// aside for rules of one's own.
func ruleID(k kind, v string) uint32 {
	sum := sha256.Sum256([]byte(k.String() + " " + v))
	return 1_000_000 + binary.BigEndian.Uint32(sum[:])%900_000
}

// stable is a UUID that follows from a text.
func stable(text string) string { return uuid.NewSHA1(uuid.NameSpaceURL, []byte(text)).String() }
