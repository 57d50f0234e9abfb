package blocklist

import (
	"bufio"
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

// ruleTakes leaves out URLs that nobody sees on the wire, and those too long
// for one content of a rule.
func ruleTakes(k kind, v string) bool {
	const longest = 255
	return k != urls || strings.HasPrefix(v, "http://") && len(v) <= longest
}

// splTakes leaves out values with a star, which is always a wildcard there.
func splTakes(_ kind, v string) bool { return !strings.Contains(v, "*") }

// numbers gives each rule a number of its own, the same for the same list.
type numbers map[uint32]bool

func (n numbers) next(k kind, v string) uint32 {
	id := ruleID(k, v)
	for n[id] {
		id++
	}
	n[id] = true
	return id
}

// content is a text as rules of Suricata and Snort look for it: all signs in
// hexadecimal digits, so that none of them ends it.
func content(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '/' || c == '_' {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "|%02X|", c)
	}
	return strings.ReplaceAll(b.String(), "||", " ")
}

func writeSuricata(w *bufio.Writer, l *List, _ Meta) {
	ids := numbers{}
	for _, v := range l.sorted(domains) {
		for _, s := range []struct{ proto, buffer, nocase string }{{"dns", "dns.query", " nocase;"}, {"tls", "tls.sni", " nocase;"}, {"http", "http.host", ""}} {
			fmt.Fprintf(w, "alert %s any any -> any any (msg:\"threatbench domain %s\"; %s; dotprefix; content:\"%s\"; endswith;%s sid:%d; rev:1;)\n",
				s.proto, v, s.buffer, content("."+v), s.nocase, ids.next(domains, s.proto+v))
		}
	}
	for _, v := range l.sorted(urls) {
		host, path := hostAndPath(v)
		fmt.Fprintf(w, "alert http any any -> any any (msg:\"threatbench URL\"; http.host; content:\"%s\"; bsize:%d; http.uri; content:\"%s\"; bsize:%d; sid:%d; rev:1;)\n",
			content(host), len(host), content(path), len(path), ids.next(urls, v))
	}
	writeAddressRules(w, l, ids)
}

func writeAddressRules(w *bufio.Writer, l *List, ids numbers) {
	for _, v6 := range []bool{false, true} {
		for _, v := range l.ranges(v6) {
			fmt.Fprintf(w, "alert ip any any <> [%s] any (msg:\"threatbench address %s\"; sid:%d; rev:1;)\n", v, strings.ReplaceAll(v, ":", "."), ids.next(addresses, v))
		}
	}
}

// hostAndPath are the host of a URL, without its port, and its path and query.
func hostAndPath(v string) (host, path string) {
	_, rest, _ := strings.Cut(v, "://")
	at := strings.IndexAny(rest, "/?#")
	if at < 0 {
		at = len(rest)
	}
	host, path = rest[:at], rest[at:]
	host = host[strings.LastIndexByte(host, '@')+1:]
	if i := strings.LastIndexByte(host, ':'); i > 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	path, _, _ = strings.Cut(path, "#")
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return host, path
}

// writeSnort looks for names as DNS sends them: each label behind its length.
func writeSnort(w *bufio.Writer, l *List, _ Meta) {
	ids := numbers{}
	for _, v := range l.sorted(domains) {
		var b strings.Builder
		for label := range strings.SplitSeq(v, ".") {
			fmt.Fprintf(&b, "|%02X|%s", len(label), label)
		}
		fmt.Fprintf(w, "alert udp any any -> any 53 (msg:\"threatbench domain %s\"; content:\"%s|00|\"; nocase; sid:%d; rev:1;)\n", v, b.String(), ids.next(domains, v))
	}
	writeAddressRules(w, l, ids)
}

// writeSigma writes a rule for each kind of log that the values stand in.
func writeSigma(w *bufio.Writer, l *List, m Meta) {
	first := true
	rule := func(title, source string, fields ...string) {
		if !first {
			fmt.Fprintln(w, "---")
		}
		first = false
		fmt.Fprintf(w, "title: Known indicators, %s\nid: %s\nstatus: experimental\nauthor: threatbench\ndate: '%s'\nlogsource:\n    %s\ndetection:\n%s    condition: 1 of selection_*\nlevel: high\n",
			title, stable("threatbench sigma "+title+" "+m.Query), m.Time.UTC().Format("2006-01-02"), source, strings.Join(fields, ""))
	}
	names := l.sorted(domains)
	if len(names) > 0 {
		below := make([]string, len(names))
		for i, v := range names {
			below[i] = "." + v
		}
		rule("DNS", "category: dns_query", sigmaField("name", "QueryName", names), sigmaField("below", "QueryName|endswith", below))
	}
	if ranges := append(l.ranges(false), l.ranges(true)...); len(ranges) > 0 {
		for i, v := range ranges {
			if !strings.Contains(v, "/") {
				ranges[i] = fmt.Sprintf("%s/%d", v, prefix(v).Bits())
			}
		}
		rule("firewall", "category: firewall", sigmaField("destination", "dst_ip|cidr", ranges), sigmaField("source", "src_ip|cidr", ranges))
	}
	if list := l.sorted(urls); len(list) > 0 {
		escape := strings.NewReplacer("*", `\*`, "?", `\?`)
		for i := range list {
			list[i] = escape.Replace(list[i])
		}
		rule("proxy", "category: proxy", sigmaField("url", "c-uri", list))
	}
	var sums []string
	for _, k := range []kind{md5s, sha1s, sha256s} {
		for _, v := range l.sorted(k) {
			sums = append(sums, strings.ReplaceAll(k.String(), "-", "")+"="+strings.ToUpper(v))
		}
	}
	if len(sums) > 0 {
		rule("hashes", "category: process_creation\n    product: windows", sigmaField("hash", "Hashes|contains", sums))
	}
}

func sigmaField(name, field string, values []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "    selection_%s:\n        %s:\n", name, field)
	for _, v := range values {
		fmt.Fprintf(&b, "            - '%s'\n", v)
	}
	return b.String()
}

// writeYARA writes rules of at most so many hashes, which yara takes.
func writeYARA(w *bufio.Writer, l *List, _ Meta) {
	const most = 200
	fmt.Fprintln(w, `import "hash"`)
	n := 0
	for _, k := range []struct {
		kind
		function string
	}{{md5s, "md5"}, {sha1s, "sha1"}, {sha256s, "sha256"}} {
		for chunk := range slices.Chunk(l.sorted(k.kind), most) {
			n++
			conditions := make([]string, len(chunk))
			for i, v := range chunk {
				conditions[i] = fmt.Sprintf("hash.%s(0, filesize) == \"%s\"", k.function, v)
			}
			fmt.Fprintf(w, "rule threatbench_%s_%d {\n    condition:\n        %s\n}\n", k.function, n, strings.Join(conditions, " or\n        "))
		}
	}
}

// quoted are values between quotes, none of which they hold.
func quoted(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return `"` + strings.Join(values, `","`) + `"`
}

// search is what looks for the lists before it.
//
//go:embed search.kql
var search string

func writeKQL(w *bufio.Writer, l *List, _ Meta) {
	lists := []struct {
		name   string
		values []string
	}{
		{"Domains", l.sorted(domains)}, {"Addresses", l.sorted(addresses)}, {"Nets", l.sorted(nets)}, {"Urls", l.sorted(urls)},
		{"Md5s", l.sorted(md5s)}, {"Sha1s", l.sorted(sha1s)}, {"Sha256s", l.sorted(sha256s)}, {"Mails", l.sorted(mails)},
	}
	for _, list := range lists {
		fmt.Fprintf(w, "let known%s = dynamic([%s]);\n", list.name, quoted(list.values))
	}
	fmt.Fprint(w, search)
}

// writeSPL writes a search over the fields of Splunk's common information
// model; its head stands between backticks.
func writeSPL(w *bufio.Writer, l *List, m Meta) {
	for _, line := range l.head(m, l.report()) {
		fmt.Fprintf(w, "``` %s ```\n", strings.ReplaceAll(line, "`", "'"))
	}
	names := l.sorted(domains)
	for _, v := range l.sorted(domains) {
		names = append(names, "*."+v)
	}
	ranges := append(l.ranges(false), l.ranges(true)...)
	sums := slices.Concat(l.sorted(md5s), l.sorted(sha1s), l.sorted(sha256s))
	var parts []string
	for _, f := range []struct {
		field  string
		values []string
	}{{"query", names}, {"url_domain", names}, {"dest_ip", ranges}, {"src_ip", ranges}, {"url", l.sorted(urls)}, {"file_hash", sums}, {"src_user", l.sorted(mails)}} {
		if len(f.values) > 0 {
			parts = append(parts, fmt.Sprintf("%s IN (%s)", f.field, quoted(f.values)))
		}
	}
	if len(parts) > 0 {
		fmt.Fprintf(w, "search %s\n", strings.Join(parts, " OR "))
	}
}
