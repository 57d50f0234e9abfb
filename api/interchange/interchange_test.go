package interchange

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"threatbench/api"
)

// memory is a server reduced to what import and export need.
type memory struct {
	mu       sync.Mutex
	datasets []api.Dataset
	events   map[string]api.Event
	raws     map[string]api.Raw
	edges    map[edge]bool
	calls    int
	failAt   int // the create that fails, counted from 1; 0 none
	cancel   context.CancelFunc
	sizes    []int
}

func newMemory() *memory {
	return &memory{
		datasets: []api.Dataset{{UUID: "00000000-0000-4000-8000-000000000001", Name: api.DefaultDataset}},
		events:   map[string]api.Event{}, raws: map[string]api.Raw{}, edges: map[edge]bool{},
	}
}

func (m *memory) Datasets(context.Context) ([]api.Dataset, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.datasets), nil
}

func (m *memory) CreateDataset(_ context.Context, name string, _ bool) (api.Dataset, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := api.Dataset{UUID: fmt.Sprintf("00000000-0000-4000-8000-%012d", len(m.datasets)+1), Name: name}
	m.datasets = append(m.datasets, d)
	return d, nil
}

func (m *memory) CreateBulkRelated(ctx context.Context, b api.BulkCreate) (api.BulkResult, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	m.sizes = append(m.sizes, len(b.Data))
	if m.calls == m.failAt {
		if m.cancel != nil {
			m.cancel()
			return api.BulkResult{}, ctx.Err()
		}
		return api.BulkResult{}, errors.New("the disk is full")
	}
	var res api.BulkResult
	for i, in := range b.Data {
		if in.Category == "refuse me" {
			res.Errors = append(res.Errors, api.ItemError{EventIndex: i, Error: "category: refused"})
			res.ErrorCount++
			continue
		}
		if _, there := m.events[in.UUID]; there {
			res.SkippedEventsCount++
			continue
		}
		m.events[in.UUID] = eventOf(in, cmp.Or(b.DatasetID, m.datasets[0].UUID))
		m.raws[in.UUID] = api.Raw{ID: "1", Data: in.Raw.Data, Source: in.Raw.Source, TLP: in.Raw.TLP}
		res.CreatedEventsCount++
		res.CreatedRelationshipsCount += m.relate(in)
	}
	return res, nil
}

func eventOf(in api.CreateEvent, dataset string) api.Event {
	date, _ := api.ParseTime(in.Date)
	learnt, _ := api.ParseTime(in.CreatedAt)
	e := api.Event{
		UUID: in.UUID, Date: date, CreatedAt: learnt, Event: in.Event, Category: in.Category, Attacker: in.Attacker,
		AttackerCountry: in.AttackerCountry, TargetCountry: in.TargetCountry, TargetIndustry: in.TargetIndustry, Indicator: in.Indicator,
		IndicatorType: in.IndicatorType, MitreAttack: in.MitreAttack, MitreCapec: in.MitreCapec, TLP: in.TLP, Tags: in.Tags,
		Insight: in.Insight, RawID: "1", References: in.References, DatasetID: dataset,
	}
	if in.KillChain != nil {
		e.KillChain = *in.KillChain
	}
	more := in.Indicators
	if e.Indicator == "" && len(more) > 0 {
		e.Indicator, e.IndicatorType, more = more[0].Value, more[0].IndicatorType, more[1:]
	} else if len(more) > 0 && more[0] == (api.IndicatorInput{Value: e.Indicator, IndicatorType: e.IndicatorType}) {
		more = more[1:]
	}
	if len(more) > 0 {
		e.Indicators = append([]api.IndicatorInput{{Value: e.Indicator, IndicatorType: e.IndicatorType}}, more...)
	}
	return e
}

// edge is a relationship; made is false while its parent isn't there.
type edge struct{ parent, child, typ string }

// relate notes the relationships of a new event, and makes those that waited
// for it.
func (m *memory) relate(in api.CreateEvent) (made int) {
	for _, r := range in.Relationships {
		m.edges[edge{r.ParentID, in.UUID, r.RelationshipType}] = false
	}
	for e, done := range m.edges {
		if _, there := m.events[e.parent]; there && !done {
			m.edges[e] = true
			made++
		}
	}
	return made
}

func (m *memory) List(_ context.Context, q api.ListQuery) (api.Page, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []api.Event
	for _, e := range m.events {
		if len(q.Search) == 0 || slices.Contains(q.Search[0].Values, e.UUID) { // of all conditions, only this one is asked here
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b api.Event) int {
		return cmp.Or(a.Date.Compare(b.Date.Time), cmp.Compare(a.UUID, b.UUID))
	})
	from, size := 0, q.PageSize
	if q.Cursor != "" {
		if _, err := fmt.Sscanf(q.Cursor, "%d/%d", &from, &size); err != nil {
			return api.Page{}, err
		}
	}
	to := min(from+size, len(all))
	page := api.Page{Events: all[from:to], Info: api.ResultInfo{TotalCount: len(all)}}
	if to < len(all) {
		page.Info.Cursor = fmt.Sprintf("%d/%d", to, size)
	}
	return page, nil
}

func (m *memory) Raw(_ context.Context, _, id string) (api.Raw, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	raw, ok := m.raws[id]
	if !ok {
		return raw, api.Errorf(http.StatusNotFound, "no raw record")
	}
	return raw, nil
}

func (m *memory) Parents(_ context.Context, children []string) (map[string][]api.RelationshipInput, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[string][]api.RelationshipInput{}
	for e, made := range m.edges {
		if made && slices.Contains(children, e.child) {
			out[e.child] = append(out[e.child], api.RelationshipInput{ParentID: e.parent, RelationshipType: e.typ})
		}
	}
	for _, list := range out {
		slices.SortFunc(list, func(a, b api.RelationshipInput) int {
			return cmp.Or(cmp.Compare(a.ParentID, b.ParentID), cmp.Compare(a.RelationshipType, b.RelationshipType))
		})
	}
	return out, nil
}

func id(n int) string { return fmt.Sprintf("11111111-1111-4111-8111-%012d", n) }

func row(n int, more string) string {
	return fmt.Sprintf(`{"id":%q,"date":"2024-03-01T10:00:00Z","event":"Event %d","category":"Phishing","tlp":"green","raw":{"data":{"n":%d}}%s}`, id(n), n, n, more)
}

func under(parents ...int) string {
	var list []string
	for _, p := range parents {
		list = append(list, fmt.Sprintf(`{"parentId":%q,"relationshipType":"related_to"}`, id(p)))
	}
	return `,"relationships":[` + strings.Join(list, ",") + `]`
}

func rows(lines ...string) string { return strings.Join(lines, "\n") + "\n" }

func doImport(t *testing.T, text string, sink Sink, o ImportOptions) Report {
	t.Helper()
	report, err := Import(t.Context(), strings.NewReader(text), sink, o, nil)
	if err != nil {
		t.Fatalf("importing: %v", err)
	}
	return report
}

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFormsOfAFile(t *testing.T) {
	plain := rows(row(1, ""), row(2, ""), row(3, ""))
	for name, text := range map[string]string{
		"plain":             plain,
		"no last line end":  strings.TrimSuffix(plain, "\n"),
		"CRLF":              strings.ReplaceAll(plain, "\n", "\r\n"),
		"byte order mark":   "\xef\xbb\xbf" + plain,
		"blank lines":       "\n\n" + strings.ReplaceAll(plain, "\n", "\n  \n\n"),
		"gzip":              gzipped(t, plain),
		"gzip with mark":    gzipped(t, "\xef\xbb\xbf"+plain),
		"two gzip members":  gzipped(t, rows(row(1, ""))) + gzipped(t, rows(row(2, ""), row(3, ""))),
		"gzip without rows": gzipped(t, "") + gzipped(t, plain),
	} {
		m := newMemory()
		report := doImport(t, text, m, ImportOptions{})
		if report.Lines != 3 || report.Created != 3 || len(report.Rejected) != 0 || len(m.events) != 3 {
			t.Errorf("%s: %+v", name, report)
		}
	}
}

func TestEmptyFile(t *testing.T) {
	for _, text := range []string{"", "\n", gzipped(t, ""), "\xef\xbb\xbf"} {
		if report := doImport(t, text, newMemory(), ImportOptions{}); report.Lines != 0 || report.Created != 0 || len(report.Rejected) != 0 {
			t.Errorf("%q: %+v", text, report)
		}
	}
}

func TestWrongLines(t *testing.T) {
	cut := gzipped(t, rows(row(1, ""), row(2, "")))
	edit := func(from, to string) string { return strings.Replace(row(9, ""), from, to, 1) }
	for _, c := range []struct{ name, line, reason string }{
		{"no JSON", "hello", "not JSON at byte 1"},
		{"half", row(9, "")[:40], "not JSON"},
		{"a list", "[1,2]", "want a JSON object, got an array"},
		{"a number", "7", "want a JSON object, got a number"},
		{"bad date", edit("2024-03-01T10:00:00Z", "yesterday"), `"yesterday" is not a date`},
		{"about nothing", `{"date":"2024-03-01","category":"C","tlp":"green"}`, "neither a description nor an indicator"},
		{"bad id", edit(id(9), "nine"), `id: "nine" is no UUID`},
		{"not UTF-8", edit("Event 9", "Ev\xffent"), "not UTF-8 at byte"},
		{"unknown dataset id", row(9, `,"datasetId":"`+id(77)+`"`), "datasetId"},
		{"the server's no", edit("Phishing", "refuse me"), "category: refused"},
		{"too long", edit("Event 9", strings.Repeat("x", 3000)), "too long"},
	} {
		m := newMemory()
		report := doImport(t, rows(row(1, ""), "", c.line, row(2, "")), m, ImportOptions{MaxLine: 2000})
		if len(report.Rejected) != 1 || report.Rejected[0].Line != 3 || !strings.Contains(report.Rejected[0].Reason, c.reason) {
			t.Errorf("%s: rejected %+v, want line 3: %s", c.name, report.Rejected, c.reason)
		}
		if report.Lines != 3 || report.Created != 2 || len(m.events) != 2 {
			t.Errorf("%s: %+v", c.name, report)
		}
	}
	report := doImport(t, cut[:len(cut)-9], newMemory(), ImportOptions{})
	if len(report.Rejected) != 1 || !strings.Contains(report.Rejected[0].Reason, "ends before its end") {
		t.Errorf("cut gzip: %+v", report)
	}
	damaged := []byte(cut)
	damaged[len(damaged)-6] ^= 0xff
	report = doImport(t, string(damaged), newMemory(), ImportOptions{})
	if report.Created != 2 || len(report.Rejected) != 1 || !strings.Contains(report.Rejected[0].Reason, "damaged") {
		t.Errorf("damaged gzip: %+v", report)
	}
}

// TestOddLines holds that what is odd or missing in a line costs no event, and
// is told.
func TestOddLines(t *testing.T) {
	edit := func(from, to string) string { return strings.Replace(row(9, ""), from, to, 1) }
	for _, c := range []struct {
		name, line, want, note string
		lost                   int
	}{
		{"a text for a list", row(9, `,"tags":"one"`), "Event 9|Phishing|green|[one]|0|2024-03-01", "tags: got a string where a list belongs", 0},
		{"a name for a number", row(9, `,"killChain":"delivery"`), "Event 9|Phishing|green|[]|3|2024-03-01", "killChain: got a string", 0},
		{"no number", row(9, `,"killChain":"x","attacker":["A","B"]`), "Event 9|Phishing|green|[]|0|2024-03-01", "killChain: got a string where a whole number belongs; left out", 1},
		{"a list for a text", row(9, `,"insight":["A","B"]`), "Event 9|Phishing|green|[]|0|2024-03-01", "insight: got an array where a text belongs", 0},
		{"an odd marking", edit(`"green"`, `{"a":1}`), "Event 9|Phishing|red|[]|0|2024-03-01", "tlp: got an object", 0},
		{"no date", edit(`"date":"2024-03-01T10:00:00Z",`, ""), "Event 9|Phishing|green|[]|0|2026-01-02", "1 event without a date", 0},
		{"a number for a date", edit(`"2024-03-01T10:00:00Z"`, "1709251200"), "Event 9|Phishing|green|[]|0|2024-03-01", "date: got a number", 0},
		{"no text", edit(`"event":"Event 9"`, `"indicator":"198.51.100.9"`), "ip 198.51.100.9|Phishing|green|[]|0|2024-03-01", "", 0},
		{"no category", edit(`"Phishing"`, `null`), "Event 9|Indicator|green|[]|0|2024-03-01", "", 0},
		{"no raw", edit(`,"raw":{"data":{"n":9}}`, ""), "Event 9|Phishing|green|[]|0|2024-03-01", "", 0},
		{"raw null", edit(`{"n":9}`, "null"), "Event 9|Phishing|green|[]|0|2024-03-01", "", 0},
		{"raw a text", edit(`{"data":{"n":9}}`, `"x"`), "Event 9|Phishing|green|[]|0|2024-03-01", "raw: got a string", 0},
		{"marked elsewhere", edit(`"tlp":"green"`, `"x_tlp":"red"`), "Event 9|Phishing|red|[]|0|2024-03-01", "", 0},
		{"marked by its sharing", edit(`"tlp":"green"`, `"sharing":"rot"`), "Event 9|Phishing|red|[]|0|2024-03-01", "", 0},
		{"marked in its text", `{"event":"TLP:RED: a page","category":"C"}`, "TLP:RED: a page|C|red|[]|0|2026-01-02", "", 0},
		{"bad parent", row(9, `,"relationships":[{"parentId":"x","relationshipType":"related_to"}]`), "Event 9|Phishing|green|[]|0|2024-03-01", "relationships[0]: parentId", 1},
		{"bad edge", row(9, `,"relationships":[{"parentId":"`+id(1)+`","relationshipType":"likes"}]`), "Event 9|Phishing|green|[]|0|2024-03-01", `relationshipType: "likes"`, 1},
		{"its own parent", row(9, under(9)), "Event 9|Phishing|green|[]|0|2024-03-01", "its own parent", 1},
	} {
		m := newMemory()
		report := doImport(t, rows(c.line), m, ImportOptions{Now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)})
		if report.Created != 1 || len(report.Rejected) > 0 || report.Missing() != c.lost || !strings.Contains(noted(report), c.note) {
			t.Errorf("%s: %+v", c.name, report)
		}
		for uuid, e := range m.events {
			if got := fmt.Sprintf("%s|%s|%s|%v|%d|%s", e.Event, e.Category, e.TLP, e.Tags, e.KillChain, e.Date.Format(time.DateOnly)); got != c.want {
				t.Errorf("%s: %s, want %s", c.name, got, c.want)
			}
			if !json.Valid(m.raws[uuid].Data) || string(m.raws[uuid].Data) == "null" {
				t.Errorf("%s: raw %s", c.name, m.raws[uuid].Data)
			}
		}
	}
}

func TestRejectedListIsBounded(t *testing.T) {
	report := doImport(t, strings.Repeat("x\n", 50), newMemory(), ImportOptions{Format: JSONL, MaxListed: 7})
	if len(report.Rejected) != 7 || report.MoreRejected != 43 || report.Rejected[6].Line != 7 {
		t.Errorf("%d listed, %d more", len(report.Rejected), report.MoreRejected)
	}
}

func TestTwiceChangesNothing(t *testing.T) {
	noID := `{"date":"2024-03-01","event":"Nameless","category":"Phishing","tlp":"red","raw":{"data":1}}`
	text := rows(row(1, ""), row(2, under(1)), row(3, under(1, 2)), noID)
	m := newMemory()
	first := doImport(t, text, m, ImportOptions{BatchSize: 2})
	second := doImport(t, text, m, ImportOptions{BatchSize: 3})
	if first.Created != 4 || first.Relationships != 3 || first.Skipped != 0 {
		t.Errorf("first: %+v", first)
	}
	if second.Created != 0 || second.Relationships != 0 || second.Skipped != 4 || len(m.events) != 4 || len(m.edges) != 3 {
		t.Errorf("second: %+v, %d events, %d edges", second, len(m.events), len(m.edges))
	}
}

func TestParentsAnywhere(t *testing.T) {
	m := newMemory()
	doImport(t, rows(row(100, "")), m, ImportOptions{})
	text := rows(row(1, under(5)), row(2, under(1)), row(3, under(100)), row(4, under(999)), row(5, under(1)))
	report := doImport(t, text, m, ImportOptions{BatchSize: 1})
	if report.Relationships != 4 || len(report.Rejected) != 0 {
		t.Errorf("%+v, edges %v", report, m.edges)
	}
	if report = doImport(t, rows(row(999, "")), m, ImportOptions{}); report.Relationships != 1 {
		t.Errorf("a parent that comes in a later file: %+v", report)
	}
}

func TestDatasetsByName(t *testing.T) {
	text := rows(row(1, `,"dataset":"One"`), row(2, `,"dataset":"Two"`), row(3, ""), row(4, `,"dataset":"One"`))
	m := newMemory()
	doImport(t, text, m, ImportOptions{})
	if len(m.datasets) != 3 || m.events[id(1)].DatasetID != m.events[id(4)].DatasetID || m.events[id(3)].DatasetID != m.datasets[0].UUID {
		t.Errorf("datasets %+v", m.datasets)
	}
	m = newMemory()
	doImport(t, text, m, ImportOptions{Dataset: "Mine"})
	if len(m.datasets) != 2 || m.datasets[1].Name != "Mine" || m.events[id(2)].DatasetID != m.datasets[1].UUID {
		t.Errorf("with a dataset of one's own: %+v", m.datasets)
	}
}

func TestBatchesAreBounded(t *testing.T) {
	var lines []string
	for n := range 100 {
		lines = append(lines, row(n, ""))
	}
	m := newMemory()
	doImport(t, rows(lines...), m, ImportOptions{BatchSize: 30})
	slices.Sort(m.sizes) // two are in flight at once
	if !slices.Equal(m.sizes, []int{10, 30, 30, 30}) {
		t.Errorf("sizes %v", m.sizes)
	}
	m = newMemory()
	doImport(t, rows(lines...), m, ImportOptions{BatchBytes: 1000})
	if slices.Max(m.sizes) > 10 {
		t.Errorf("sizes %v", m.sizes)
	}
}

func TestFailingSinkAndRerun(t *testing.T) {
	var lines []string
	for n := range 50 {
		lines = append(lines, row(n, under((n+1)%50)))
	}
	m := newMemory()
	m.failAt = 3
	report, err := Import(t.Context(), strings.NewReader(rows(lines...)), m, ImportOptions{BatchSize: 10}, nil)
	if err == nil || !strings.Contains(err.Error(), "the disk is full") || !strings.Contains(err.Error(), "importing lines") {
		t.Fatalf("error %v", err)
	}
	if report.Created != len(m.events) {
		t.Errorf("%d acknowledged, %d there", report.Created, len(m.events))
	}
	m.failAt = 0
	again := doImport(t, rows(lines...), m, ImportOptions{BatchSize: 10})
	if again.Created+again.Skipped != 50 || len(m.events) != 50 || len(m.edges) != 50 {
		t.Errorf("rerun: %+v, %d events, %d edges", again, len(m.events), len(m.edges))
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	m := newMemory()
	m.failAt, m.cancel = 2, cancel
	report, err := Import(ctx, strings.NewReader(rows(row(1, ""), row(2, ""), row(3, ""))), m, ImportOptions{BatchSize: 1}, nil)
	if !errors.Is(err, context.Canceled) || report.Created != len(m.events) {
		t.Errorf("%v, %+v, %d events", err, report, len(m.events))
	}
}

func TestProgressCountsBytesOfTheFile(t *testing.T) {
	file := gzipped(t, rows(row(1, ""), row(2, ""), row(3, "")))
	var last Progress
	_, err := Import(t.Context(), strings.NewReader(file), newMemory(), ImportOptions{BatchSize: 1}, func(p Progress) { last = p })
	if err != nil || last.Bytes != int64(len(file)) || last.Events != 3 {
		t.Errorf("%v %+v, file has %d bytes", err, last, len(file))
	}
}

func export(t *testing.T, m *memory, size int) string {
	t.Helper()
	var b bytes.Buffer
	if _, err := Export(t.Context(), m, api.ListQuery{}, &b, ExportOptions{PageSize: size}, nil); err != nil {
		t.Fatalf("exporting: %v", err)
	}
	return b.String()
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.String()
		m := newMemory()
		n := rapid.IntRange(0, 30).Draw(rt, "n")
		var b bytes.Buffer
		for i := range n {
			e := line{ID: id(i), Dataset: rapid.SampledFrom([]string{"", "One", "Zwei \u202e"}).Draw(rt, "dataset")}
			e.Date = fmt.Sprintf("2024-03-0%dT10:00:00.%03dZ", 1+i%3, i%2)
			e.Event, e.Category, e.TLP = "x"+text.Draw(rt, "event"), "y"+text.Draw(rt, "category"), "TLP:Amber"
			e.Insight, e.Tags = text.Draw(rt, "insight"), rapid.SliceOf(text).Draw(rt, "tags")
			data, err := json.Marshal(map[string]string{text.Draw(rt, "key"): text.Draw(rt, "value")})
			if err != nil {
				rt.Fatal(err)
			}
			e.Raw = api.RawInput{Data: data, Source: text.Draw(rt, "source")}
			if i > 0 {
				e.Relationships = []api.RelationshipInput{{ParentID: id(rapid.SampledFrom([]int{i - 1, (i + 1) % n}).Draw(rt, "parent")), RelationshipType: "caused_by"}}
			}
			if err := json.NewEncoder(&b).Encode(e); err != nil {
				rt.Fatal(err)
			}
		}
		doImport(t, b.String(), m, ImportOptions{BatchSize: 7})
		first := export(t, m, 4)
		copied := newMemory()
		report := doImport(t, first, copied, ImportOptions{BatchSize: 5})
		if len(report.Rejected) > 0 || report.Created != n {
			rt.Fatalf("the export is not accepted: %+v", report)
		}
		if second := export(t, copied, 9); first != second {
			rt.Fatalf("not the same after a round trip:\n%s\n%s", first, second)
		}
	})
}

func TestExportIsHarmlessAndComplete(t *testing.T) {
	hostile := "a\x1b]52;c;AAAA\x07b\u009b31m\u202eevil\u2066\u200b\ufeff\U000e0041\u00ad<b>&é日本\u0301🙂"
	m := newMemory()
	in, err := json.Marshal(map[string]any{
		"id": id(1), "date": "2024-03-01", "event": hostile, "category": "c", "tlp": "red",
		"raw": map[string]any{"data": map[string]any{hostile: []any{hostile, 1e300, nil}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	doImport(t, string(in), m, ImportOptions{})
	out := export(t, m, 10)
	for _, r := range strings.TrimSuffix(out, "\n") {
		if r < 0x20 || r >= 0x7f && !shown(r) {
			t.Errorf("U+%04X is written as it is", r)
		}
	}
	if strings.Count(out, "\n") != 1 || !strings.Contains(out, "<b>&é日本") {
		t.Errorf("line: %s", out)
	}
	var back line
	if err := json.Unmarshal([]byte(out), &back); err != nil || back.Event != hostile {
		t.Errorf("%v: %q, want %q", err, back.Event, hostile)
	}
}

func TestExportAtMost(t *testing.T) {
	m := newMemory()
	doImport(t, rows(row(1, ""), row(2, ""), row(3, ""), row(4, ""), row(5, "")), m, ImportOptions{})
	var b bytes.Buffer
	n, err := Export(t.Context(), m, api.ListQuery{}, &b, ExportOptions{PageSize: 2, Most: 3}, nil)
	if err != nil || n.Written != 3 || strings.Count(b.String(), "\n") != 3 {
		t.Errorf("%+v, %v", n, err)
	}
}

func FuzzDecodeLine(f *testing.F) {
	f.Add([]byte(row(1, under(2))))
	f.Add([]byte(`{"id":1}`))
	f.Add([]byte("\xff"))
	f.Add([]byte(`{"date":"2024-03-01","event":"\ud800","category":"c","tlp":"red","raw":{"data":{"a":[1,"\u2028"]}},"tags":[null]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := decodeLine(b, ImportOptions{})
		if err != nil {
			if err.Error() == "" || !utf8.ValidString(err.Error()) || strings.Contains(err.Error(), "\n") {
				t.Fatalf("reason %q", err)
			}
			return
		}
		e := eventOf(l.CreateEvent, "d")
		out := appendLine(nil, &e, api.Raw{Data: l.Raw.Data, Source: l.Raw.Source, TLP: l.Raw.TLP}, l.Relationships, "d")
		again, err := decodeLine(out, ImportOptions{})
		if err != nil {
			t.Fatalf("what was accepted is written as %s, which is refused: %v", out, err)
		}
		e = eventOf(again.CreateEvent, "d")
		if second := appendLine(nil, &e, api.Raw{Data: again.Raw.Data, Source: again.Raw.Source, TLP: again.Raw.TLP}, again.Relationships, "d"); !bytes.Equal(out, second) {
			t.Fatalf("not stable:\n%s\n%s", out, second)
		}
	})
}
