package blocklist

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"threatbench/api"
)

var meta = Meta{Query: "attacker:X\n\x1b[31m\"*/ \\", Time: time.Date(2026, 11, 30, 6, 0, 0, 0, time.UTC), MaxTLP: api.TLPRed, Version: "1.2"}

// usual are values of every kind, some of them within others.
var usual = []string{
	"evil.example", "www.evil.example", "bücher.example", "_dmarc.bad.example", "198.51.100.7", "203.0.113.0/24", "203.0.113.9", "203.0.113.128/25", "2001:db8::7", "2001:db8:1::/48",
	"::/0", "http://login.bad.example/reset?id=1&x=%20", "https://a.example:8443/*?;|", "44d88612fea8a8f36de82e1278abb02f", "3395856ce81f2b7382dee72602f798b642f14140",
	"275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f", "bob@mailer.example",
}

// hostile are values that try to be something else.
var hostile = []string{
	"evil.example\"; drop", "http://x.example/\";)\nalert", "http://x.example/`id`", "http://x.example/a'b", "x\ny.example", "http://x.example/$(id)", "a@b.example\tIntel::ADDR", "-x.example", "http://é.example/é",
}

func listed(t *testing.T, form string, values ...string) (string, Report) {
	t.Helper()
	l, err := New(form)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range values {
		l.Add(&api.Event{Indicator: v, TLP: "amber"})
	}
	var b bytes.Buffer
	r, err := l.Write(&b, meta)
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), r
}

// grammars are what each line may be, beside comments: what has no program of
// its own here is held to this alone.
var grammars = map[string]string{
	"plain":           `[!-~]+`,
	"hosts":           `(0\.0\.0\.0|::) [a-z0-9._-]+`,
	"dnsmasq":         `local=/[a-z0-9._-]+/`,
	"unbound":         `server:|    local-zone: "[a-z0-9._-]+\." always_nxdomain`,
	"rpz":             `\$TTL 300|@ IN (SOA|NS) .*|(\*\.)?[a-z0-9._-]+ CNAME \.`,
	"nftables":        `[\t a-z0-9@_={};,:./-]+`,
	"ipset":           `(create|flush|add) threatbench[46][ a-z0-9:./-]*`,
	"squid":           `acl threatbench_(domains dstdomain \.[a-z0-9._-]+|addresses dst [0-9a-f.:/]+)|http_access deny threatbench_(domains|addresses)`,
	"haproxy":         `frontend threatbench|    mode http|    bind [0-9.:]+|    acl threatbench_(host hdr\(host\),field\(1,:\),lower -m (str|end) [a-z0-9._-]+|source src [0-9a-f.:/]+)|    http-request deny if threatbench_(host|source)`,
	"suricata":        `alert (dns|tls|http|ip) any any (->|<>) (any|\[[0-9a-f:./]+\]) any \(msg:"[A-Za-z0-9 ._/-]+"; ((dns\.query|tls\.sni|http\.host|http\.uri|dotprefix|endswith|nocase|bsize:\d+|content:"([A-Za-z0-9./_-]|\|[0-9A-F]{2}( [0-9A-F]{2})*\|)+"); )*sid:\d{7}; rev:1;\)`,
	"snort":           `alert (udp|ip) any any (->|<>) (any|\[[0-9a-f:./]+\]) (any|53) \(msg:"[A-Za-z0-9 ._/-]+"; (content:"(\|[0-9A-F]{2}\|[a-z0-9_-]*)+"; nocase; )?sid:\d{7}; rev:1;\)`,
	"zeek":            `#fields\tindicator\tindicator_type\tmeta\.source|[!-~]+\tIntel::(DOMAIN|ADDR|SUBNET|URL|FILE_HASH|EMAIL)\tthreatbench`,
	"sigma":           `---|(title|id|status|author|date|level): ['A-Za-z0-9, -]+|(logsource|detection):|    (category|product|condition): [a-z0-9_ *]+|    selection_[a-z]+:|        [A-Za-z_|-]+:|            - '[^']+'`,
	"yara":            `import "hash"|rule threatbench_[a-z0-9]+_\d+ \{|    condition:|        hash\.(md5|sha1|sha256)\(0, filesize\) == "[0-9a-f]+"( or)?|\}`,
	"kql":             `let known\w+ = dynamic\(\[("[^"\\]*",?)*\]\);|union isfuzzy=true|    [^\x60]+`,
	"spl":             "``` [^`]* ```" + `|search (( OR )?[a-z_]+ IN \(("[^"\\]*",?)+\))+`,
	"cloudflare-list": `[0-9a-f.:/]+,[^,"]+`,
	"cloudflare-waf":  `\(ip\.src in \{[0-9a-f.:/ ]+\}\)( or (\(http\.host eq "[a-z0-9._-]+"\) or )?\(ends_with\(http\.host, "\.[a-z0-9._-]+"\)\)| or \(http\.host eq "[a-z0-9._-]+"\))*`,
}

func TestEveryLineIsOfTheForm(t *testing.T) {
	for _, form := range Forms() {
		text, r := listed(t, form, append(append([]string{}, usual...), hostile...)...)
		re := regexp.MustCompile(`^(` + grammars[form] + `)$`)
		if grammars[form] == "" {
			t.Errorf("%s has no grammar", form)
		}
		c := forms[form].comment
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			if (c == "" || !strings.HasPrefix(line, c+" ")) && !re.MatchString(line) {
				t.Errorf("%s: %q is no line of it", form, line)
			}
		}
		if strings.ContainsAny(text, "\x1b\r") || r.Written == 0 {
			t.Errorf("%s: %d written", form, r.Written)
		}
		if c != "" || form == "spl" {
			for _, want := range []string{"query: attacker:X", "2026-11-30T06:00:00Z", "strictest TLP: amber", "threatbench 1.2"} {
				if !strings.Contains(text, want) {
					t.Errorf("%s doesn't tell %q", form, want)
				}
			}
		}
		if empty, r := listed(t, form); r.Written != 0 || r.Partial() {
			t.Errorf("%s of nothing: %+v %s", form, r, empty)
		}
	}
}

func TestWhatIsLeftOutIsNamed(t *testing.T) {
	_, r := listed(t, "plain", append([]string{"evil.example"}, hostile...)...)
	n := 0
	for _, o := range r.LeftOut {
		n += o.Count
	}
	if r.Written+n < len(hostile) || !r.Partial() {
		t.Errorf("%d written, %d left out: %+v", r.Written, n, r.LeftOut)
	}
	_, r = listed(t, "nftables", "evil.example", "198.51.100.7", "198.51.100.7")
	if r.Partial() || r.Written != 1 || len(r.LeftOut) != 1 || r.LeftOut[0].Values[0] != "evil.example" {
		t.Errorf("%+v", r)
	}
}

// A net within another, which sets refuse, isn't in them twice.
func TestRangesDoNotOverlap(t *testing.T) {
	text, _ := listed(t, "nftables", "203.0.113.0/24", "203.0.113.9", "203.0.113.128/25", "198.51.100.7")
	if strings.Count(text, "203.") != 1 || !strings.Contains(text, "198.51.100.7,") {
		t.Error(text)
	}
	for in, want := range map[string]string{"2001:db8::7": "128.7.zz.db8.2001", "2001:db8:1::/48": "48.zz.1.db8.2001", "203.0.113.0/24": "24.0.113.0.203", "::/0": "0.zz"} {
		if got := rpzAddress(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// The number that a list tells is that of the indicators in it, and what lies
// within another is told.
func TestTheNumberIsOfWhatIsWritten(t *testing.T) {
	values := []string{
		"evil.test", "www.evil.test", "203.0.113.0/24", "203.0.113.9", "203.0.113.128/25", "198.51.100.7", "2001:db8::/32", "2001:db8::7",
		"http://a.test/x", "https://a.test/x", "44d88612fea8a8f36de82e1278abb02f", "bob@mailer.test",
	}
	for form, want := range map[string]struct {
		value  string // what an indicator is in the list; the same one counts once
		folded string
	}{
		"plain":           {`(?m)^.+$`, ""},
		"hosts":           {`0\.0\.0\.0 .+`, ""},
		"dnsmasq":         {`local=.+`, ""},
		"unbound":         {`local-zone.+`, ""},
		"rpz":             {`(?m)^[^*\n]+ CNAME`, "203.0.113.9 203.0.113.128/25 2001:db8::7"},
		"nftables":        {`(?m)^\t\t\t[0-9].+`, "203.0.113.9 203.0.113.128/25 2001:db8::7"},
		"ipset":           {`(?m)^add.+`, "203.0.113.9 203.0.113.128/25 2001:db8::7"},
		"squid":           {`(?m)^acl.+`, "203.0.113.9 203.0.113.128/25 2001:db8::7 www.evil.test"},
		"haproxy":         {`(-m str|_source src) .+`, "203.0.113.9 203.0.113.128/25 2001:db8::7"},
		"suricata":        {`(?m)^alert (dns|http any any -> any any \(msg:"threatbench URL|ip).+`, "203.0.113.9 203.0.113.128/25 2001:db8::7"},
		"snort":           {`(?m)^alert.+`, "203.0.113.9 203.0.113.128/25 2001:db8::7"},
		"zeek":            {`(?m)^.+Intel::`, "https://a.test/x"},
		"sigma":           {`- '[^.'][^']*'`, "203.0.113.9 203.0.113.128/25 2001:db8::7"},
		"yara":            {`== "`, ""},
		"kql":             {`"[^"]{3,}"`, ""},
		"spl":             {`"[^"*]+"`, "203.0.113.9 203.0.113.128/25 2001:db8::7"},
		"cloudflare-list": {`(?m)^.+$`, "203.0.113.9 203.0.113.128/25 2001:db8::7"},
		"cloudflare-waf":  {`"[^".][^"]*"|[{ ][0-9a-f]+[.:][0-9a-f.:/]+`, "203.0.113.9 203.0.113.128/25 2001:db8::7 www.evil.test"},
	} {
		text, r := listed(t, form, values...)
		written := map[string]bool{}
		for _, v := range regexp.MustCompile(want.value).FindAllString(body(form, text), -1) {
			written[v] = true
		}
		folded, left := []string{}, 0
		for _, o := range r.LeftOut {
			left += o.Count
			if strings.Contains(o.Why, "another") {
				folded = append(folded, o.Values...)
			}
		}
		if got := strings.Join(folded, " "); len(written) != r.Written || r.Written+left != len(values) || got != want.folded {
			t.Errorf("%s: %d are in it, %d told, %d left out, folded %q:\n%s", form, len(written), r.Written, left, got, text)
		}
		if head := fmt.Sprintf("indicators: %d, ", r.Written); forms[form].comment != "" && !strings.Contains(text, head) {
			t.Errorf("%s: the head has no %q", form, head)
		}
	}
}

// body is a list without its head, and of KQL without the search.
func body(form, text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		c := forms[form].comment
		if c != "" && strings.HasPrefix(line, c+" ") || strings.HasPrefix(line, "```") || strings.HasPrefix(line, "#fields") || form == "kql" && !strings.HasPrefix(line, "let") {
			continue
		}
		b.WriteString(line)
	}
	return b.String()
}

// What a program of its own can check, it checks, where it is installed.
func TestProgramsTakeTheirLists(t *testing.T) {
	for form, check := range map[string]func(path string) []string{
		"nftables": func(p string) []string { return []string{"nft", "-c", "-f", p} },
		"rpz":      func(p string) []string { return []string{"named-checkzone", "rpz.local", p} },
		"unbound":  func(p string) []string { return []string{"unbound-checkconf", p} },
		"haproxy":  func(p string) []string { return []string{"haproxy", "-c", "-q", "-f", p} },
		"squid":    func(p string) []string { return []string{"squid", "-k", "parse", "-f", p} },
		"dnsmasq":  func(p string) []string { return []string{"dnsmasq", "--test", "-C", p} },
		"yara":     func(p string) []string { return []string{"yara", p, p} },
	} {
		t.Run(form, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "list")
			argv := check(path)
			program, err := exec.LookPath(argv[0])
			if err != nil {
				if program, err = exec.LookPath("/usr/sbin/" + argv[0]); err != nil {
					t.Skip(argv[0] + " isn't installed")
				}
			}
			values := append(append([]string{}, usual...), hostile...)
			text, _ := listed(t, form, values...)
			if form == "haproxy" {
				text += "\ndefaults\n    timeout client 1s\n    timeout server 1s\n    timeout connect 1s\n"
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), program, argv[1:]...).CombinedOutput()
			switch said := string(out); {
			case form == "nftables" && strings.Contains(said, "Operation not permitted"):
				t.Skip("nft may not ask the kernel here")
			case form == "squid" && (strings.Contains(said, "ERROR") || strings.Contains(said, "FATAL: Bungled")):
				t.Errorf("squid: %s", said)
			case err != nil:
				t.Errorf("%v: %v\n%s", argv, err, said)
			}
		})
	}
}

// The file of filename|sha256 is no domain, and a list that holds events
// without a marking says so beside each address.
func TestPartsKeepTheirTypes(t *testing.T) {
	for form, not := range map[string]string{"dnsmasq": "install.sh", "rpz": "install.sh"} {
		l, err := New(form)
		if err != nil {
			t.Fatal(err)
		}
		l.Add(&api.Event{Indicator: "install.sh|" + strings.Repeat("ab", 32), IndicatorType: "filename|sha256", TLP: "green"})
		var b bytes.Buffer
		if _, err := l.Write(&b, meta); err != nil || strings.Contains(b.String(), not) {
			t.Errorf("%s: %v\n%s", form, err, b.String())
		}
	}
	l, err := New("cloudflare-list")
	if err != nil {
		t.Fatal(err)
	}
	l.Add(&api.Event{Indicator: "203.0.113.9", TLP: "green"})
	l.Add(&api.Event{Indicator: "203.0.113.10"})
	var b bytes.Buffer
	if _, err := l.Write(&b, meta); err != nil || !strings.Contains(b.String(), "without a marking") {
		t.Errorf("%v\n%s", err, b.String())
	}
}

// YARA hits exactly the files whose hash is in the list.
func TestYARAHitsTheFilesOfTheList(t *testing.T) {
	yara, err := exec.LookPath("yara")
	if err != nil {
		t.Skip("yara isn't installed")
	}
	dir := t.TempDir()
	sum := sha256.Sum256([]byte("World"))
	text, _ := listed(t, "yara", "8b1a9953c4611296a827abf8c47804d7", hex.EncodeToString(sum[:])) // the MD5 of Hello
	rules := filepath.Join(dir, "rules")
	for name, body := range map[string]string{"rules": text, "a": "Hello", "b": "hello", "c": "World"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]bool{"a": true, "b": false, "c": true} {
		out, err := exec.CommandContext(t.Context(), yara, rules, filepath.Join(dir, name)).CombinedOutput()
		if err != nil || (len(out) > 0) != want {
			t.Errorf("%s: %v %s", name, err, out)
		}
	}
}
