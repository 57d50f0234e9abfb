package match

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/unicode"

	"threatbench/api"
)

var now = time.Date(2026, 11, 30, 6, 0, 0, 0, time.UTC)

// known makes a set of values, each of an event of its own.
func known(values ...string) *Set {
	b := NewBuilder()
	for i, v := range values {
		b.Add(&api.Event{UUID: fmt.Sprintf("%08x-0000-4000-8000-000000000000", i), Indicator: v, Attacker: "A" + fmt.Sprint(i), TLP: "amber"})
	}
	return b.Set()
}

func scanned(t *testing.T, s *Set, r io.Reader) (hits []Hit, rep Report, err error) {
	t.Helper()
	rep, err = Scan(t.Context(), s, "log", r, now, func(h Hit) error {
		hits = append(hits, h)
		return nil
	})
	return hits, rep, err
}

// told is hits in short.
func told(hits []Hit) string {
	var out []string
	for _, h := range hits {
		text := fmt.Sprintf("%d:%d %s (%s)", h.Line, h.Column, h.Indicator, h.How)
		if h.Defanged {
			text += " defanged"
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

func TestWhatAnalystsMean(t *testing.T) {
	s := known("evil.example", "http://login.bad.example/reset?id=1", "203.0.113.0/24", "203.0.113.128/25", "2001:db8:1::/48", "44d88612fea8a8f36de82e1278abb02f",
		"Bob.Smith@mailer.example", "Mozilla/4.0 (compatible; EvilBot 9.1)", `C:\Users\Public\svch0st.exe`, "bücher.example", "CVE-2021-44228", "198.51.100.7",
		"2001:db8::7", "00:1A:2B:3C:4D:5E", "update.evil2.example", "invoice.scr", "report.pdf|d41d8cd98f00b204e9800998ecf8427e", "192.0.2.55:8443", "Global\\МЮТЕКС-77x")
	for line, want := range map[string]string{
		"GET http://EVIL.example/a":                        "1:12 evil.example (host of a URL)",
		"query www.evil.example. IN A":                     "1:7 evil.example (parent domain)",
		"a notevil.example evil.example.org evil-example":  "",
		`"evil.example"`:                                   "1:2 evil.example (exact)",
		`x\nevil.example`:                                  "1:4 evil.example (exact)",
		`\u003cevil.example`:                               "1:7 evil.example (exact)",
		"?u=http%3A%2F%2Fevil.example%2Fa":                 "1:17 evil.example (host of a URL)",
		"see evil[.]example":                               "1:9 evil.example (exact) defanged",
		"see evil dot example":                             "",
		"see evil DOT example":                             "1:10 evil.example (exact) defanged",
		"evil%2eexample":                                   "1:5 evil.example (exact) defanged",
		"daemon[123]: (a) {b}":                             "",
		"get http://login.bad.example/reset?id=1.":         "1:12 http://login.bad.example/reset?id=1 (exact)",
		"get https://login.bad.example/reset?id=1":         "",
		"get http://login.bad.example/reset?id=12":         "",
		`{"host":"login.bad.example","uri":"/reset?id=1"}`: "1:10 http://login.bad.example/reset?id=1 (URL in parts)",
		`"http:\/\/login.bad.example\/reset?id=1"`:         "1:11 http://login.bad.example/reset?id=1 (exact)",
		"login.bad.example\t80\t/reset?id=2":               "",
		"src=203.0.113.9":                                  "1:5 203.0.113.0/24 (network)",
		"src=203.0.113.200,":                               "1:5 203.0.113.128/25 (network)",
		"203.0.112.9 1203.0.113.9 203.0.113.999":           "",
		"IP 198.51.100.7.443 > 10.0.0.1.5":                 "1:4 198.51.100.7 (exact)",
		"198.51.100.77 198.51.100.7:80":                    "1:15 198.51.100.7 (exact)",
		"192.0.2.55":                                       "1:1 192.0.2.55 (exact)",
		"[2001:db8:0::7]:443 10:00:01":                     "1:2 2001:db8::7 (exact)",
		"v6 2001:DB8:1::99":                                "1:4 2001:db8:1::/48 (network)",
		"::ffff:198.51.100.7":                              "1:8 198.51.100.7 (exact)",
		"00-1a-2b-3c-4d-5e 00:1A:2B:3C:4D:5E":              "1:1 00:1a:2b:3c:4d:5e (exact); 1:19 00:1a:2b:3c:4d:5e (exact)",
		"44D88612FEA8A8F36DE82E1278ABB02F.exe":             "1:1 44d88612fea8a8f36de82e1278abb02f (exact)",
		"x44d88612fea8a8f36de82e1278abb02f":                "",
		"<bob.smith@MAILER.example> alicebob.smith@mailer.example x@mailer.example": "1:2 bob.smith@mailer.example (exact)",
		"Mozilla/4.0 (compatible; EvilBot 9.1)":                                     "1:1 mozilla/4.0 (compatible; evilbot 9.1) (exact)",
		"Mozilla/4.0 (compatible; EvilBot 9.12)":                                    "",
		`"C:\\Users\\Public\\svch0st.exe" c:\users\public\SVCH0ST.EXE`:              `1:2 c:\users\public\svch0st.exe (exact); 1:34 c:\users\public\svch0st.exe (exact)`,
		"BÜCHER.example":                   "1:1 xn--bcher-kva.example (exact)",
		"www.xn--bcher-kva.example":        "1:1 xn--bcher-kva.example (parent domain)",
		"(cve-2021-44228)":                 "1:2 cve-2021-44228 (exact)",
		"my.invoice.scr invoice.scr":       "1:16 invoice.scr (exact)",
		"d41d8cd98f00b204e9800998ecf8427e": "1:1 d41d8cd98f00b204e9800998ecf8427e (exact)",
		"mutex Global\\мютекс-77X":         "1:7 global\\мютекс-77x (exact)",
	} {
		hits, _, err := scanned(t, s, strings.NewReader(line))
		if got := told(hits); err != nil || got != want {
			t.Errorf("%s\n got %q %v\nwant %q", line, got, err, want)
		}
	}
}

// Each indicator that stands in a place is one hit there, whatever else of the
// same host is known; the host alone is no hit of a URL with a path.
func TestAPlaceIsOneHitOfEachIndicator(t *testing.T) {
	s := known("evil.github.io", "https://evil.github.io/x", "198.51.100.7", "http://198.51.100.7/a", "198.51.100.7:8443", "https://root.site.io/",
		"bob@evil.github.io", "only.site.io/path", "both.site.io", "http://both.site.io", "https://both.site.io")
	for line, want := range map[string]string{
		"x evil.github.io y":                                       "1:3 evil.github.io (exact)",
		"EVIL.github.io., and":                                     "1:1 evil.github.io (exact)",
		"evil.github.io: evil.github.io?":                          "1:1 evil.github.io (exact); 1:17 evil.github.io (exact)",
		"evil[.]github[.]io":                                       "1:5 evil.github.io (exact) defanged",
		"https://evil.github.io":                                   "1:9 evil.github.io (host of a URL)",
		"https://evil.github.io/y":                                 "1:9 evil.github.io (host of a URL)",
		"https://evil.github.io/x.":                                "1:9 evil.github.io (host of a URL); 1:9 https://evil.github.io/x (exact)",
		"evil.github.io/x":                                         "1:1 evil.github.io (exact); 1:1 https://evil.github.io/x (exact)",
		"evil.github.io\t443\t/x":                                  "1:1 evil.github.io (exact); 1:1 https://evil.github.io/x (URL in parts)",
		"bob@evil.github.io":                                       "1:5 evil.github.io (exact); 1:1 bob@evil.github.io (exact)",
		"198.51.100.7 198.51.100.7:80":                             "1:1 198.51.100.7 (exact); 1:14 198.51.100.7 (exact)",
		"198.51.100.7:8443":                                        "1:1 198.51.100.7 (exact); 1:1 198.51.100.7:8443 (exact)",
		"http://198.51.100.7/a":                                    "1:8 198.51.100.7 (exact); 1:8 http://198.51.100.7/a (exact)",
		"root.site.io":                                             "1:1 https://root.site.io (host of a known URL)",
		"CONNECT root.site.io:443":                                 "1:9 https://root.site.io (host of a known URL)",
		"root.site.io\t443\t/":                                     "1:1 https://root.site.io (URL in parts)",
		"https://root.site.io/":                                    "1:9 https://root.site.io (exact)",
		"http://root.site.io/":                                     "",
		"only.site.io only.site.io/path":                           "1:14 only.site.io/path (exact)",
		"both.site.io http://both.site.io":                         "1:1 both.site.io (exact); 1:21 both.site.io (host of a URL); 1:21 http://both.site.io (exact)",
		"a.both.site.io a[.]both[.]site[.]io b[.]both[.]site[.]io": "1:1 both.site.io (parent domain); 1:17 both.site.io (parent domain) defanged",
		"CONNECT both.site.io:443":                                 "1:9 both.site.io (exact)",
	} {
		hits, _, err := scanned(t, s, strings.NewReader(line))
		if got := told(hits); err != nil || got != want {
			t.Errorf("%s\n got %q %v\nwant %q", line, got, err, want)
		}
	}
}

// However a log is cut into pieces, and however slowly it comes, what is found
// is the same.
func TestPiecesHideNothing(t *testing.T) {
	s := known("evil.example", "http://login.bad.example/reset?id=1", "Evil Bot (9.1)")
	values := []string{"evil.example", "http://login.bad.example/reset?id=1", "Evil Bot (9.1)"}
	r := rand.New(rand.NewPCG(7, 8))
	for _, breaks := range []string{"\n", " "} { // many lines, and one
		var b bytes.Buffer
		n := 0
		for b.Len() < 5*pieceSize {
			fmt.Fprintf(&b, "%s%s%s%s", strings.Repeat("x", r.IntN(3000)), breaks, values[n%len(values)], breaks)
			n++
		}
		hits, rep, err := scanned(t, s, bytes.NewReader(b.Bytes()))
		if err != nil || len(hits) != n || rep.Bytes != int64(b.Len()) || rep.Lines != int64(bytes.Count(b.Bytes(), []byte("\n"))+len(breaks)-strings.Count(breaks, "\n")) {
			t.Errorf("%q: %d hits of %d, %+v, %v", breaks, len(hits), n, rep, err)
		}
		if longer := breaks == " "; longer != (rep.Longer == 1) {
			t.Errorf("%q: %d lines were read in pieces", breaks, rep.Longer)
		}
		for _, h := range hits {
			if at := strings.ToLower(string(b.Bytes()[h.Offset : h.Offset+8])); !strings.HasPrefix("evil.example evil bot (9.1) login.bad.example", at) && at != "login.ba" && at != "evil bot" {
				t.Fatalf("at %d stands %q", h.Offset, at)
			}
			if breaks == " " && h.Column != int(h.Offset)+1 {
				t.Fatalf("column %d of offset %d", h.Column, h.Offset)
			}
		}
	}
	hits, _, err := scanned(t, s, iotest.OneByteReader(strings.NewReader("a\nevil.example\nb evil.example")))
	if got := told(hits); err != nil || got != "2:1 evil.example (exact); 3:3 evil.example (exact)" {
		t.Errorf("byte by byte: %q %v", got, err)
	}
}

// live is a log that goes on.
type live struct{ io.Reader }

func (live) Live() bool { return true }

func TestALineIsToldBeforeTheNextComes(t *testing.T) {
	r, w := io.Pipe()
	got := make(chan Hit, 1)
	done := make(chan error, 1)
	go func() {
		_, err := Scan(t.Context(), known("evil.example"), "-", live{r}, now, func(h Hit) error { got <- h; return nil })
		done <- err
	}()
	for i := range 3 {
		if _, err := io.WriteString(w, "x evil.example\n"); err != nil {
			t.Fatal(err)
		}
		if h := <-got; h.Line != int64(i+1) {
			t.Errorf("line %d", h.Line)
		}
	}
	if err := errors.Join(w.Close(), <-done); err != nil {
		t.Fatal(err)
	}
}

func TestPackedLogs(t *testing.T) {
	s := known("evil.example")
	text := strings.Repeat("nothing here\n", 1000) + "evil.example\n"
	var gz, zs bytes.Buffer
	g := gzip.NewWriter(&gz)
	z, err := zstd.NewWriter(&zs)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []io.WriteCloser{g, z} {
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"plain": []byte(text), "gzip": gz.Bytes(), "two gzips": append(bytes.Clone(gz.Bytes()), gz.Bytes()...), "zstd": zs.Bytes(), "UTF-16": []byte(wide)} {
		l, err := NewLog(bytes.NewReader(b), false)
		if err != nil {
			t.Fatal(name, err)
		}
		hits, _, err := scanned(t, s, l)
		if err != nil || len(hits) == 0 || hits[0].Line != 1001 {
			t.Errorf("%s: %v %v", name, hits, err)
		}
		l.Close()
	}
	l, err := NewLog(bytes.NewReader(gz.Bytes()[:gz.Len()-9]), false)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := scanned(t, s, l); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut gzip: %v", err)
	}
	for _, head := range []string{"PK\x03\x04rest", "\xfd7zXZ\x00", "7z\xbc\xaf\x27\x1c"} {
		if _, err := NewLog(strings.NewReader(head), false); !errors.Is(err, ErrArchive) {
			t.Errorf("%q: %v", head, err)
		}
	}
}

// zeros never end.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

func TestABombIsGivenUp(t *testing.T) {
	f := &fuse{r: zeros{}, packed: &counter{n: 1 << 10}}
	n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{f}, make([]byte, 1<<20))
	if !errors.Is(err, ErrBomb) || n > bombAtOnce+1<<21 {
		t.Errorf("after %d bytes: %v", n, err)
	}
}

func TestHostileLines(t *testing.T) {
	hits, rep, err := scanned(t, known("evil.example"), strings.NewReader("\x1b]0;x\x07\x1b[31m evil.example \u202e\xff\xfe "+strings.Repeat("é", 5000)))
	if err != nil || len(hits) != 1 || rep.Binary {
		t.Fatal(hits, rep, err)
	}
	if text := hits[0].Text; strings.ContainsAny(text, "\x1b\x07\u202e") || len(text) > 4*mostText {
		t.Errorf("%q", text)
	}
	hits, rep, err = scanned(t, known("evil.example"), strings.NewReader("MZ\x00\x00\x00\n\n\x00evil.example\x00"))
	if err != nil || !rep.Binary || len(hits) != 1 || hits[0].Line != 0 || hits[0].Offset != 8 {
		t.Errorf("binary: %+v %+v %v", hits, rep, err)
	}
}

func TestTimesOfLines(t *testing.T) {
	for line, want := range map[string]string{
		"2026-11-29T10:00:01.5+01:00 x":                          "2026-11-29T09:00:01Z",
		"[2026-11-29 10:00:01,123] x":                            "2026-11-29T10:00:01Z?",
		`1.2.3.4 - - [29/Nov/2026:10:00:02 -0100] "GET /"`:       "2026-11-29T11:00:02Z",
		"1764410400.523    110 10.0.0.1 TCP_MISS/200 GET":        "2025-11-29T10:00:00Z",
		`{"id":1,"ts":1764410400523}`:                            "2025-11-29T10:00:00Z",
		"<34>Nov 29 10:00:00 host x":                             "2026-11-29T10:00:00Z?",
		"Dec 24 10:00:00 host x":                                 "2025-12-24T10:00:00Z?",
		"no time, 10:00:00 and 2026-13-45T99:99:99Z and 1234567": "0001-01-01T00:00:00Z",
	} {
		at, guessed := timeOf([]byte(line), now)
		got := at.Format(time.RFC3339)
		if guessed {
			got += "?"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
}

func TestEventsAndSummary(t *testing.T) {
	b := NewBuilder()
	day := func(n int) api.Time { return api.Time{Time: now.AddDate(0, 0, n)} }
	b.Add(&api.Event{UUID: "old", Date: day(-9), Attacker: "ONE", Indicator: "evil.example", TLP: "green", Tags: []string{"x", "op-dawn"}})
	b.Add(&api.Event{UUID: "new", Date: day(-1), Attacker: "TWO", Indicator: "198.51.100.7", Indicators: []api.IndicatorInput{{Value: "198.51.100.7"}, {Value: "EVIL.example."}}, TLP: "nonsense"})
	s := b.Set()
	tally := NewTally(s)
	log := "2026-11-01T00:00:00Z evil.example\nevil.example\n2026-10-01T00:00:00Z 198.51.100.7\n"
	var first Hit
	if _, err := Scan(t.Context(), s, "log", strings.NewReader(log), now, func(h Hit) error {
		if first.Line == 0 {
			first = h
		}
		tally.Take(h)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	of := s.About(first)
	if of.Count != 2 || of.Newest[0].UUID != "new" || of.TLP != "red" || strings.Join(of.Attackers, " ") != "TWO ONE" || strings.Join(of.Campaigns, " ") != "op-dawn" {
		t.Errorf("%+v", of)
	}
	sum := tally.Summary()
	got := fmt.Sprint(sum.Hits, sum.Indicators, sum.Timeless, sum.First.Month(), sum.Last.Month(), len(sum.Campaigns), sum.Attackers[0].Name, sum.Attackers[0].Hits, sum.Attackers[0].Indicators, sum.Attackers[1].Hits)
	if got != "3 2 1 October November 1TWO3 2 2" {
		t.Error(got)
	}
}

func TestCampaigns(t *testing.T) {
	for want, tags := range map[string][]string{
		"op-dawn": {"phishing", "op-dawn"}, "Night": {`misp-galaxy:campaign="Night"`}, "Campaign-7": {"Campaign-7"}, "": {"op-", "optical", "campaign:"},
	} {
		if got := CampaignOf(tags); got != want {
			t.Errorf("%q: %q, want %q", tags, got, want)
		}
	}
}

// What is too short, or what too many share the words of, is counted rather
// than passed over in silence.
func TestWhatCannotBeLookedForIsCounted(t *testing.T) {
	values := []string{"ab", "!! ??"}
	for i := range mostSharing + 3 {
		values = append(values, fmt.Sprintf("same words %c%c", rune(0x4e00+i/9), rune(0x4e00+i)))
	}
	if n := known(values...).Unsearchable(); n < 3 || n > 6 {
		t.Errorf("%d can't be looked for", n)
	}
}

// A text and a port of MISP describe an indicator and are none.
func TestWhatDescribesIsNotLookedFor(t *testing.T) {
	b := NewBuilder()
	for kind, v := range map[string]string{"text": "http", "port": "443", "domain": "evil.example", "comment": "cdn.evil.example"} {
		b.Add(&api.Event{Indicator: v, IndicatorType: kind})
	}
	s := b.Set()
	if s.Described() != 2 || s.Len() != 2 {
		t.Errorf("%d left out, %d looked for; want 2 and 2", s.Described(), s.Len())
	}
}

func TestFoldersAreSearched(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(os.MkdirAll(filepath.Join(dir, "a"), 0o700), os.WriteFile(filepath.Join(dir, "a", "x.log"), nil, 0o600),
		os.WriteFile(filepath.Join(dir, "b.log"), nil, 0o600), os.Symlink("/", filepath.Join(dir, "root"))); err != nil {
		t.Fatal(err)
	}
	var got []string
	err := Files([]string{dir, filepath.Join(dir, "none")}, func(name string, err error) error {
		rel, _ := filepath.Rel(dir, name)
		got = append(got, fmt.Sprint(rel, err != nil))
		return nil
	})
	if s := strings.Join(got, " "); err != nil || s != "a/x.logfalse b.logfalse nonetrue" {
		t.Error(s, err)
	}
}

func FuzzScan(f *testing.F) {
	s := known("evil.example", "http://login.bad.example/reset?id=1", "203.0.113.0/24", "bob@mailer.example", "Evil (Bot) 9", "2001:db8::7", "00:1A:2B:3C:4D:5E")
	for _, text := range []string{"evil[.]example", `\u00`, "%2", "::", "a@", "[", "\\", "203.0.113.", "login.bad.example/", "@mailer.example"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var sc scanner
		for _, h := range s.scan(b, 0, len(b), &sc) {
			if h.at < 0 || h.end > len(b) || h.at >= h.end || int(h.entry) >= s.Len() {
				t.Fatalf("%+v in %q", h, b)
			}
		}
	})
}
