package form

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// told keeps what a reader says.
type told struct {
	entries []Entry
	lines   []string // of what wasn't taken, and notes
}

func (t *told) Take(e Entry) error { t.entries = append(t.entries, e); return nil }

func (t *told) Reject(line int, object, reason string) {
	t.lines = append(t.lines, fmt.Sprintf("rejected %d %s: %s", line, object, reason))
}

func (t *told) LeaveOut(kind, reason string) {
	t.lines = append(t.lines, fmt.Sprintf("left out %s: %s", kind, reason))
}

func (t *told) Note(line int, _, text string) {
	t.lines = append(t.lines, fmt.Sprintf("note %d: %s", line, text))
}

// shown is an entry in a line.
func shown(e Entry) string {
	s := e.Category + ": " + e.Event
	for _, in := range e.Indicators {
		s += " [" + in.IndicatorType + " " + in.Value + "]"
	}
	for _, part := range []struct{ name, text string }{
		{"marked", strings.Join(e.Markings, ",")}, {"tags", strings.Join(e.Tags, ",")}, {"att&ck", strings.Join(e.Techniques, ",")}, {"date", e.Date}, {"attacker", e.Attacker},
	} {
		if part.text != "" {
			s += " " + part.name + "=" + part.text
		}
	}
	return s
}

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// readers are the forms that are read from a stream or an object.
var readers = map[string]func(b []byte, to Taker) error{
	"thehive.json": func(b []byte, to Taker) error { return TheHive(b, 1, to) },
	"otx.json":     func(b []byte, to Taker) error { return OTX(b, 1, to) },
	"eve.json": func(b []byte, to Taker) error {
		for line := range bytes.Lines(b) {
			if err := EVE(line, 1, to); err != nil {
				return err
			}
		}
		return nil
	},
	"openioc.ioc": func(b []byte, to Taker) error { return OpenIOC(bytes.NewReader(b), to) },
	"sigma.yml":   func(b []byte, to Taker) error { return Sigma(bytes.NewReader(b), to) },
	"rules.yar":   func(b []byte, to Taker) error { return YARA(bytes.NewReader(b), to) },
}

// TestForms holds what the files of testdata are taken for, and that each
// entry has an ID of its own, which the next reading gives again.
func TestForms(t *testing.T) {
	for name, want := range map[string]string{
		"thehive.json": `
Alert: Invoice lure with a loader marked=green tags=phishing,loader,PAP:AMBER att&ck=T1566.001 date=2024-04-17T08:00:00Z
Observable: Invoice lure with a loader: domain invoice-portal.example [domain invoice-portal.example] marked=green,green tags=phishing,loader,PAP:AMBER,c2 att&ck=T1566.001 date=2024-04-17T08:00:00Z
Observable: Invoice lure with a loader: ip 198.51.100.23 [ip 198.51.100.23] marked=green,amber tags=phishing,loader,PAP:AMBER att&ck=T1566.001 date=2024-04-17T08:00:00Z
Observable: Invoice lure with a loader: sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 [sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08] marked=green tags=phishing,loader,PAP:AMBER att&ck=T1566.001 date=2024-04-17T08:00:00Z
Observable: Invoice lure with a loader: mail_subject Your invoice 4711 [mail_subject Your invoice 4711] marked=green,red tags=phishing,loader,PAP:AMBER att&ck=T1566.001 date=2024-04-17T08:00:00Z
Observable: Invoice lure with a loader: sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 [sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08] [md5 9f86d081884c7d659a2feaa0c55ad015] [filename invoice.iso] marked=green tags=phishing,loader,PAP:AMBER att&ck=T1566.001 date=2024-04-17T08:00:00Z
note 1: TLP 3 is RED in TheHive up to version 4 and AMBER+STRICT since: taken for red
rejected 1 thehive/mail-gateway/2024-0417: an observable of the type other without data`,
		"otx.json": `
OTX pulse: Harbour Lynx infrastructure marked=green tags=c2,TidePool att&ck=T1071.001 date=2024-03-12T10:00:00Z attacker=Harbour Lynx
Indicator: Harbour Lynx infrastructure: domain tide.example [domain tide.example] marked=green tags=c2,TidePool att&ck=T1071.001 date=2024-03-12T10:00:01Z attacker=Harbour Lynx
Indicator: Harbour Lynx infrastructure: ip 203.0.113.77 [ip 203.0.113.77] marked=green tags=c2,TidePool att&ck=T1071.001 date=2024-03-12T10:00:01Z attacker=Harbour Lynx
Indicator: Harbour Lynx infrastructure: url https://tide.example/gate [url https://tide.example/gate] marked=green tags=c2,TidePool att&ck=T1071.001 date=2024-03-12T10:00:01Z attacker=Harbour Lynx
Indicator: Harbour Lynx infrastructure: sha1 a94a8fe5ccb19ba61c4c0873d391e987982fbbd3 [sha1 a94a8fe5ccb19ba61c4c0873d391e987982fbbd3] marked=green tags=c2,TidePool att&ck=T1071.001 date=2024-03-12T10:00:01Z attacker=Harbour Lynx
Indicator: Harbour Lynx infrastructure: cve CVE-2024-0001 [cve CVE-2024-0001] marked=green tags=c2,TidePool att&ck=T1071.001 date=2024-03-12T10:00:00Z attacker=Harbour Lynx
YARA rule: Harbour Lynx infrastructure: YARA rule 65f0 marked=green tags=c2,TidePool att&ck=T1071.001 date=2024-03-12T10:00:00Z attacker=Harbour Lynx
rejected 1 otx/65f0c0ffee0123456789abcd: an indicator without a value`,
		"eve.json": `
A Network Trojan was detected: EXAMPLE Loader check-in (10.0.0.5:49152 → 198.51.100.23:80) [ip 198.51.100.23] [url http://invoice-portal.example/gate.php?id=1] [user-agent TideAgent/1.0] tags=sid:9000001,action:allowed,TidePool att&ck=T1071 date=2024-04-17T09:12:33.223456Z
Suricata alert: EXAMPLE odd client (203.0.113.9:4444 → 10.0.0.8:443) [ip 203.0.113.9] [domain tide.example] [ja3 6734f37431670b3ab4292b8f60f29984] [ja4 t13d1516h2_8daaf6152771_b186095e22b6] [sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08] [filename /a.bin] tags=sid:9000002,action:blocked date=2024-04-17T09:13:00.000001Z
left out record flow: of Suricata's log only alerts are taken
left out record stats: of Suricata's log only alerts are taken`,
		"openioc.ioc": `
OpenIOC: TIDEPOOL (LOADER) marked=amber tags=loader date=2024-02-20T12:00:00Z
Indicator: TIDEPOOL (LOADER): md5 9f86d081884c7d659a2feaa0c55ad015 [md5 9f86d081884c7d659a2feaa0c55ad015] marked=amber tags=loader date=2024-02-20T12:00:00Z
Indicator: TIDEPOOL (LOADER): domain tide.example [domain tide.example] marked=amber tags=loader date=2024-02-20T12:00:00Z
Indicator: TIDEPOOL (LOADER): regkey HKLM\Software\Tide & Pool [regkey HKLM\Software\Tide & Pool] marked=amber tags=loader date=2024-02-20T12:00:00Z
left out item FileItem/FileName: it gives a part of a value (contains)
left out item: it says what must not be there
left out item FileItem/SizeInBytes: it names no indicator`,
		"sigma.yml": `
Sigma rule: Loader starts from a mounted image [cve CVE-2024-0001] tags=attack.execution,cve.2024.0001,tlp.green,level:high,status:test,logsource:windows,logsource:process_creation att&ck=T1204.002 date=2024-03-02T00:00:00Z
Sigma rule: Second rule tags=logsource:linux
rejected 25 : it refers to parts of itself (aliases of YAML), which no rule needs`,
		"rules.yar": `
YARA rule: YARA rule Helper
YARA rule: YARA rule TidePool_Loader: Loader of "Harbour Lynx" [sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08] marked=AMBER tags=loader,windows att&ck=T1204.002 date=2024-03-02T00:00:00Z
left out include: other files of rules aren't read: "other.yar"
rejected 26 Broken: a rule that doesn't end, or has no body`,
	} {
		var first, again told
		if err := errors.Join(readers[name](fixture(t, name), &first), readers[name](fixture(t, name), &again)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var got []string
		ids := map[string]bool{}
		for i, e := range first.entries {
			got = append(got, shown(e))
			if ids[e.ID] || e.ID == "" || e.ID != again.entries[i].ID {
				t.Errorf("%s: the ID %q", name, e.ID)
			}
			ids[e.ID] = true
			if e.Parent != "" && !ids[e.Parent] {
				t.Errorf("%s: %s hangs under %q, which isn't there", name, e.ID, e.Parent)
			}
		}
		got = append(got, first.lines...)
		if want := strings.Split(strings.TrimSpace(want), "\n"); !slices.Equal(got, want) {
			t.Errorf("%s:\n got\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// TestBombs holds that what grows or nests without end is refused with a
// reason.
func TestBombs(t *testing.T) {
	deep := strings.Repeat("[", 100_000)
	for name, bad := range map[string]struct{ text, want string }{
		"thehive.json": {`{"title":` + deep, "not JSON"},
		"otx.json":     {`{"results":` + deep, "not JSON"},
		"eve.json":     {`{"event_type":` + deep, "not JSON"},
		"openioc.ioc":  {`<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><ioc><short_description>&b;</short_description></ioc>`, "invalid character entity"},
		"sigma.yml":    {"title: a\nb: &b [x,x]\nc: &c [*b,*b]\nd: [*c,*c]\n", "aliases"},
		"rules.yar":    {"rule a { meta: b = \"c\" condition: " + strings.Repeat("{", 100_000), "doesn't end"},
	} {
		var got told
		if err := readers[name]([]byte(bad.text), &got); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(got.entries) > 0 || len(got.lines) != 1 || !strings.Contains(got.lines[0], bad.want) {
			t.Errorf("%s: %d entries, %q", name, len(got.entries), got.lines)
		}
	}
	for name, text := range map[string]string{
		"openioc.ioc": "<ioc>" + strings.Repeat("<a>", 1000), "sigma.yml": "title: a\nb: " + strings.Repeat("[", 1000) + strings.Repeat("]", 1000),
	} {
		var got told
		if err := readers[name]([]byte(text), &got); err != nil || len(got.lines) != 1 {
			t.Errorf("%s: %v, %q", name, err, got.lines)
		}
	}
}

// workbook is a workbook of two sheets as bytes.
func workbook(t testing.TB) []byte {
	t.Helper()
	f := excelize.NewFile()
	_, err := f.NewSheet("Hashes")
	style, styleErr := f.NewStyle(&excelize.Style{NumFmt: 14})
	if err = errors.Join(err, styleErr); err != nil {
		t.Fatal(err)
	}
	for cell, v := range map[string]any{"A1": "date", "B1": "indicator", "A2": 45399, "B2": "tide.example", "A3": "2024-04-18", "B3": "a, \"b\".example"} {
		err = errors.Join(err, f.SetCellValue("Sheet1", cell, v))
	}
	err = errors.Join(err, f.SetCellStyle("Sheet1", "A2", "A2", style), f.SetCellValue("Hashes", "A1", "sha1"), f.SetCellValue("Hashes", "A3", "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"))
	var b bytes.Buffer
	if err = errors.Join(err, f.Write(&b), f.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sheets are the sheets of a workbook as CSV.
func sheets(b []byte) (map[string]string, error) {
	out := map[string]string{}
	err := Sheets(bytes.NewReader(b), int64(len(b)), func(name string, in io.Reader) error {
		text, err := io.ReadAll(io.LimitReader(in, 1<<20))
		out[name] = string(text)
		return err
	})
	return out, err
}

func TestSheets(t *testing.T) {
	got, err := sheets(workbook(t))
	if err != nil || got["Sheet1"] != "date,indicator\n2024-04-17,tide.example\n2024-04-18,\"a, \"\"b\"\".example\"\n" || got["Hashes"] != "sha1\n\na94a8fe5ccb19ba61c4c0873d391e987982fbbd3\n" {
		t.Errorf("%v, %q", err, got)
	}
	if _, err := sheets([]byte("PK\x03\x04")); err == nil {
		t.Error("a damaged workbook is read")
	}
	if err := Sheets(bytes.NewReader(nil), MaxWorkbook+1, nil); err == nil {
		t.Error("a workbook past the limit is read")
	}
}

// document is a PDF of one page that holds the lines of a text, each set by its
// place.
func document(lines ...string) []byte {
	var content, b bytes.Buffer
	content.WriteString("BT /F1 12 Tf 72 720 Td ")
	for _, l := range lines {
		fmt.Fprintf(&content, "(%s) Tj 0 -14 Td ", l)
	}
	content.WriteString("ET")
	b.WriteString("%PDF-1.4\n")
	var offsets []int
	for i, obj := range []string{
		"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", content.Len(), content.String()),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	} {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, obj)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, at := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, start)
	return b.Bytes()
}

func pdfText(ctx context.Context, b []byte) (out []string, err error) {
	err = PDF(ctx, bytes.NewReader(b), int64(len(b)), func(_ int, text string, failed error) error {
		out = append(out, text)
		return failed
	})
	return out, err
}

func TestPDF(t *testing.T) {
	got, err := pdfText(t.Context(), document("TLP:GREEN", "calls tide[.]example", "and 203.0.113.77"))
	if err != nil || len(got) != 1 || got[0] != "TLP:GREEN\ncalls tide[.]example\nand 203.0.113.77" {
		t.Errorf("%v, %q", err, got)
	}
	if _, err := pdfText(t.Context(), bytes.Replace(document("x"), []byte("/Size 6"), []byte("/Size 99999999999"), 1)); err == nil || !strings.Contains(err.Error(), "objects") {
		t.Errorf("a table of any size: %v", err)
	}
	if _, err := pdfText(t.Context(), []byte("%PDF-1.4\nnothing")); err == nil {
		t.Error("a damaged PDF is read")
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := pdfText(done, document("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// FuzzForms holds that no file breaks a reader: it comes back, and names each
// entry.
func FuzzForms(f *testing.F) {
	names := []string{"thehive.json", "otx.json", "eve.json", "openioc.ioc", "sigma.yml", "rules.yar"}
	for i, name := range names {
		f.Add(i, fixture(f, name))
	}
	f.Fuzz(func(t *testing.T, n int, b []byte) {
		var got told
		if err := readers[names[uint(n)%uint(len(names))]](b, &got); err != nil {
			t.Fatal(err)
		}
		for _, e := range got.entries {
			if e.ID == "" || e.Event == "" || len(e.Raw) == 0 {
				t.Errorf("%+v", e)
			}
		}
	})
}

// FuzzSheets and FuzzPDF hold that damaged files end in an error.
func FuzzSheets(f *testing.F) {
	f.Add(workbook(f))
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = sheets(b) })
}

func FuzzPDF(f *testing.F) {
	f.Add(document("TLP:GREEN", "calls tide[.]example"))
	f.Fuzz(func(t *testing.T, b []byte) { _, _ = pdfText(t.Context(), b) })
}
