package demo

import (
	"encoding/json"
	"strconv"
	"time"
)

// record is the raw record of a scene, cut from a chunk shared by several.
func (t *teller) record(s *scene) json.RawMessage {
	const most = 2048 // bytes of one record, generously
	if cap(t.chunk)-len(t.chunk) < most {
		t.chunk = make([]byte, 0, chunkBytes)
	}
	from := len(t.chunk)
	t.chunk = s.kind.raw(t, t.chunk, s)
	return json.RawMessage(t.chunk[from:len(t.chunk):len(t.chunk)])
}

// object writes a JSON object key by key. Its strings are the story's own and
// need no escaping.
type object struct{ b []byte }

func newObject(b []byte) object { return object{append(b, '{')} }

func (o *object) key(name string) {
	if last := o.b[len(o.b)-1]; last != '{' {
		o.b = append(o.b, ',')
	}
	o.b = append(o.b, '"')
	o.b = append(o.b, name...)
	o.b = append(o.b, '"', ':')
}

func (o *object) text(name, value string) {
	o.key(name)
	o.b = append(o.b, '"')
	o.b = append(o.b, value...)
	o.b = append(o.b, '"')
}

func (o *object) int(name string, value int) {
	o.key(name)
	o.b = strconv.AppendInt(o.b, int64(value), 10)
}

func (o *object) hex(name string, d dice, digits int) {
	o.key(name)
	o.b = append(o.b, '"')
	o.b = d.appendHex(o.b, digits)
	o.b = append(o.b, '"')
}

func (o *object) time(name string, t time.Time) {
	o.key(name)
	o.b = append(o.b, '"')
	o.b = t.AppendFormat(o.b, dateLayout)
	o.b = append(o.b, '"')
}

func (o *object) open(name string) { o.key(name); o.b = append(o.b, '{') }
func (o *object) closeInner()      { o.b = append(o.b, '}') }
func (o *object) end() []byte      { return append(o.b, '}') }
func (o *object) list(name string) { o.key(name); o.b = append(o.b, '[') }
func (o *object) closeList()       { o.b = append(o.b, ']') }
func (o *object) item(value string) {
	o.itemStart()
	o.b = append(append(append(o.b, '"'), value...), '"')
}

func (o *object) itemStart() {
	if o.b[len(o.b)-1] != '[' {
		o.b = append(o.b, ',')
	}
}

func rawAnswer(t *teller, b []byte, s *scene) []byte {
	o := newObject(b)
	o.time("timestamp", s.when)
	o.text("sensor", pick(t.dice, []string{"resolver-fra1", "resolver-sin2", "resolver-iad4"}))
	o.open("query")
	o.text("name", s.indicator)
	o.text("type", "A")
	o.text("class", "IN")
	o.closeInner()
	o.list("answers")
	for range t.between(1, 3) {
		o.itemStart()
		in := newObject(o.b)
		in.text("type", "A")
		in.int("ttl", pick(t.dice, []int{60, 120, 300, 3600}))
		in.text("data", pick(t.dice, t.ipv4))
		o.b = in.end()
	}
	o.closeList()
	o.text("rcode", "NOERROR")
	o.int("count", s.number)
	return o.end()
}

func rawMail(t *teller, b []byte, s *scene) []byte {
	o := newObject(b)
	o.open("headers")
	o.text("From", s.indicator)
	o.text("Subject", "About "+s.lure)
	o.time("Date", s.when)
	o.hex("Message-ID", t.dice, 24)
	o.text("Reply-To", "answers@replies.example.net")
	o.text("X-Mailer", pick(t.dice, []string{"PHPMailer", "swaks", "Thunderbird"}))
	o.list("Received")
	o.item("from relay.example.net (" + pick(t.dice, t.ipv4) + ")")
	o.item("from localhost (" + s.address + ")")
	o.closeList()
	o.closeInner()
	o.open("authentication")
	o.text("spf", pick(t.dice, []string{"fail", "softfail", "none"}))
	o.text("dkim", pick(t.dice, []string{"none", "fail", "pass"}))
	o.text("dmarc", pick(t.dice, []string{"fail", "none"}))
	o.closeInner()
	o.int("recipients", s.number)
	o.list("attachments")
	o.itemStart()
	in := newObject(o.b)
	in.text("name", pick(t.dice, []string{"invoice.zip", "tender.docm", "salary.xlsb", "summons.iso"}))
	in.int("size", t.between(12_000, 900_000))
	in.hex("sha256", t.dice, 64)
	o.b = in.end()
	o.closeList()
	return o.end()
}

func rawRequest(t *teller, b []byte, s *scene) []byte {
	o := newObject(b)
	o.time("timestamp", s.when)
	o.open("request")
	o.text("method", pick(t.dice, []string{"GET", "GET", "POST"}))
	o.text("url", s.indicator)
	o.text("user_agent", pick(t.dice, []string{"Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "curl/8.5.0", "Mozilla/5.0 (X11; Linux x86_64)"}))
	o.closeInner()
	o.open("response")
	o.int("status", pick(t.dice, []int{200, 200, 302, 404}))
	o.text("content_type", pick(t.dice, []string{"text/html", "application/zip", "application/octet-stream"}))
	o.int("bytes", t.between(800, 4_000_000))
	o.text("server_ip", s.address)
	o.closeInner()
	o.int("visits", s.number)
	return o.end()
}

func rawFlow(t *teller, b []byte, s *scene) []byte {
	o := newObject(b)
	o.time("first_seen", s.when.Add(-time.Duration(s.minutes)*time.Minute))
	o.time("last_seen", s.when)
	o.text("peer", s.indicator)
	o.text("gateway", s.address)
	o.int("port", s.port)
	o.text("protocol", pick(t.dice, []string{"tcp", "tcp", "udp"}))
	o.int("sessions", s.number)
	o.int("bytes_out", t.between(2_000, 90_000_000))
	o.int("bytes_in", t.between(2_000, 9_000_000))
	o.open("tls")
	o.hex("ja4", t.dice, 36)
	o.text("alpn", pick(t.dice, []string{"h2", "http/1.1"}))
	o.closeInner()
	return o.end()
}

func rawRule(t *teller, b []byte, s *scene) []byte {
	o := newObject(b)
	o.time("timestamp", s.when)
	o.text("client_ip", s.indicator)
	o.open("rule")
	o.text("id", pick(t.dice, []string{"930120", "942100", "944240", "932160"}))
	o.text("group", pick(t.dice, []string{"path traversal", "sql injection", "deserialisation", "command injection"}))
	o.text("action", "block")
	o.int("score", t.between(20, 60))
	o.closeInner()
	o.open("request")
	o.text("method", pick(t.dice, []string{"GET", "POST", "PUT"}))
	o.text("host", "portal.example.org")
	o.text("path", pick(t.dice, []string{"/download?file=../../etc/passwd", "/search?q=1%27+or+1=1", "/api/import", "/render?tpl=%7B%7B7*7%7D%7D"}))
	o.int("port", s.port)
	o.closeInner()
	o.int("matches", s.number)
	return o.end()
}

func rawLogin(t *teller, b []byte, s *scene) []byte {
	o := newObject(b)
	o.time("timestamp", s.when)
	o.text("source_ip", s.indicator)
	o.text("application", pick(t.dice, []string{"vpn", "webmail", "shop", "remote-desktop"}))
	o.text("user", pick(t.dice, mailNames())+"@example.org")
	o.text("outcome", pick(t.dice, []string{"failure", "failure", "success", "challenge"}))
	o.int("attempts", s.number)
	o.int("window_minutes", s.minutes)
	o.open("device")
	o.hex("fingerprint", t.dice, 32)
	o.key("known")
	o.b = append(o.b, "false"...)
	o.closeInner()
	return o.end()
}

func rawSample(t *teller, b []byte, s *scene) []byte {
	o := newObject(b)
	o.time("analysed", s.when)
	o.text("family", s.malware)
	o.open("file")
	if len(s.indicator) == 32 {
		o.text("md5", s.indicator)
	} else {
		o.text("sha256", s.indicator)
		o.hex("md5", t.dice, 32)
	}
	o.int("size", t.between(9_000, 6_000_000))
	o.text("type", pick(t.dice, []string{"PE32+ executable", "PE32 library", "ELF 64-bit", "OOXML document", "PHP script"}))
	o.closeInner()
	o.open("behaviour")
	o.list("contacts")
	o.item(s.address + ":" + strconv.Itoa(s.port))
	o.closeList()
	o.list("persistence")
	o.item(pick(t.dice, []string{"run key", "scheduled task", "service", "none"}))
	o.closeList()
	o.int("processes", t.between(1, 14))
	o.closeInner()
	o.int("score", t.between(60, 100))
	return o.end()
}

func rawFlood(t *teller, b []byte, s *scene) []byte {
	o := newObject(b)
	o.time("start", s.when)
	o.int("duration_s", s.minutes*60)
	o.text("target", s.indicator)
	o.int("peak_gbps", s.number)
	o.int("peak_mpps", s.number*t.between(1, 4)/3)
	o.int("sources", t.between(900, 90_000))
	o.open("vectors")
	o.int("dns_amplification", t.between(0, 70))
	o.int("syn", t.between(0, 30))
	o.int("http2_reset", t.between(0, 60))
	o.closeInner()
	o.list("top_source_countries")
	for range 3 {
		o.item(pick(t.dice, t.actors).country)
	}
	o.closeList()
	o.text("mitigation", pick(t.dice, []string{"rate limit", "signature", "challenge"}))
	return o.end()
}

func rawAssessment(t *teller, b []byte, s *scene) []byte {
	o := newObject(b)
	o.time("written", s.when)
	o.text("desk", pick(t.dice, []string{"europe", "asia-pacific", "americas"}))
	o.text("confidence", pick(t.dice, []string{"low", "moderate", "high"}))
	o.text("country", s.country)
	o.text("industry", s.industry)
	o.int("sources", t.between(1, 9))
	return o.end()
}

func rawRegistration(t *teller, b []byte, s *scene) []byte {
	o := newObject(b)
	o.text("domain", s.indicator)
	o.time("created", s.when)
	o.text("registrar", pick(t.dice, []string{"Registrar A", "Registrar B", "Registrar C"}))
	o.list("name_servers")
	o.item("ns1.example.net")
	o.item("ns2.example.net")
	o.closeList()
	o.text("address", s.address)
	o.open("certificate")
	o.hex("fingerprint", t.dice, 64)
	o.text("issuer", "Example Trust CA")
	o.closeInner()
	o.int("siblings", s.number)
	return o.end()
}
