package store

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"threatbench/api"
)

// Generators: small alphabets, so that values collide, prefixes are shared and
// case matters; letters whose cases differ in length; LIKE's own characters.

func genWord() *rapid.Generator[string] {
	return rapid.StringOfN(rapid.RuneFrom([]rune("aAbBsSſßäÄkK\u212AΣσς%_.漢")), 1, 4, -1)
}

func genText() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		n := rapid.IntRange(1, 5).Draw(t, "words")
		words := make([]string, n)
		for i := range words {
			words[i] = genWord().Draw(t, "word")
		}
		return strings.Join(words, " ")
	})
}

// genEventText is now and then longer than what columns keep.
func genEventText() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		text := genText().Draw(t, "text")
		if rapid.IntRange(0, 19).Draw(t, "long") == 0 {
			text = strings.Repeat("long ", maxColumnText/5) + text
		}
		return text
	})
}

func genName() *rapid.Generator[string] {
	return rapid.OneOf(rapid.Just(""), rapid.SampledFrom([]string{"FLYINGYETI", "flyingyeti", "Ärger", "äRGER", "x"}), genWord())
}

func genMoment() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		switch rapid.IntRange(0, 9).Draw(t, "era") {
		case 0:
			return time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
		case 1:
			return time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC)
		case 2, 3, 4, 5:
			return time.Date(2024, 3, 1, 10, 0, 0, 0, time.UTC) // thousands of equal dates
		}
		return time.UnixMilli(rapid.Int64Range(1_700_000_000_000, 1_700_900_000_000).Draw(t, "ms")).UTC()
	})
}

func genTLP() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"red", "RED", "amber+strict", "amber-strict", "amber", "green", "clear", "White"})
}

func genList() *rapid.Generator[[]string] {
	return rapid.SliceOfN(rapid.SampledFrom([]string{"c2", "C2", "phish", "T1566.001", "ä", "Ä", "x y"}), 0, 4)
}

func genCreate() *rapid.Generator[api.CreateEvent] {
	return rapid.Custom(func(t *rapid.T) api.CreateEvent {
		stage := rapid.IntRange(0, 7).Draw(t, "stage")
		return api.CreateEvent{
			UUID:            genUUID(t),
			Date:            genMoment().Draw(t, "date").Format(time.RFC3339Nano),
			CreatedAt:       genMoment().Draw(t, "created").Format(time.RFC3339Nano),
			Event:           genEventText().Draw(t, "event"),
			Category:        rapid.SampledFrom([]string{"Phishing", "PHISHING", "C2", "Ä"}).Draw(t, "category"),
			Attacker:        genName().Draw(t, "attacker"),
			AttackerCountry: rapid.SampledFrom([]string{"", "ua", "UKR", "Germany", "QQ"}).Draw(t, "from"),
			TargetCountry:   rapid.SampledFrom([]string{"", "US", "PL"}).Draw(t, "to"),
			TargetIndustry:  genName().Draw(t, "industry"),
			Indicator:       rapid.OneOf(rapid.Just(""), genText(), genIndicator()).Draw(t, "indicator"),
			IndicatorType:   rapid.SampledFrom([]string{"", "domain", "DOMAIN", "ip"}).Draw(t, "type"),
			KillChain:       &stage,
			MitreAttack:     genList().Draw(t, "attack"),
			MitreCapec:      genList().Draw(t, "capec"),
			TLP:             genTLP().Draw(t, "tlp"),
			Tags:            genList().Draw(t, "tags"),
			Insight:         rapid.SampledFrom([]string{"", "# A", "# a", "long " + strings.Repeat("x", 400), "long " + strings.Repeat("x", 401)}).Draw(t, "insight"),
			Raw:             api.RawInput{Data: json.RawMessage(`{}`)},
		}
	})
}

// genIndicator makes what has a canonical form of its own.
func genIndicator() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{
		"a.example", "A.Example.", "b.a.example", "nota.example", "https://B.a.example/Path?x=1", "https://b.a.example/path?x=1", "ann@a.example",
		"198.51.100.7", "198.51.100.0/25", "198.51.100.0/24", "198.51.0.0/16", "::ffff:198.51.100.9", "2001:DB8::1", "2001:db8:0::/48", "2001:db9::1",
		"b4db9e3d42746946", "B4DB9E3D42746946", "bücher.example", "xn--bcher-kva.example",
	})
}

func genUUID(t *rapid.T) string {
	var u uuid.UUID
	copy(u[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "uuid"))
	u[15] |= 1
	return u.String()
}

func genCondition(m *model, branch bool) *rapid.Generator[api.Condition] {
	return rapid.Custom(func(t *rapid.T) api.Condition {
		fields := append(api.Fields(), api.FieldText, api.FieldText)
		if branch {
			fields = slices.DeleteFunc(fields, func(f api.Field) bool { return f == api.FieldIndicator })
		}
		c := api.Condition{Field: rapid.SampledFrom(fields).Draw(t, "field")}
		ops := append(slices.Clone(api.OpsFor(c.Field)), api.OpNone)
		switch c.Field {
		case api.FieldText:
			ops = []api.Op{api.OpFind, api.OpContains}
		case api.FieldIndicator:
			ops = append(ops, api.OpWithin, api.OpUnder)
		case api.FieldMitreAttack:
			ops = append(ops, api.OpUnder)
		}
		c.Op = rapid.SampledFrom(ops).Draw(t, "op")
		switch {
		case c.Op == api.OpNone:
			return c
		case c.Op == api.OpWithin:
			c.Values = []string{rapid.SampledFrom([]string{"198.51.100.0/24", "198.51.0.0/16", "198.51.100.0/30", "0.0.0.0/0", "2001:db8::/32", "2001:db8::1/128"}).Draw(t, "net")}
			return c
		case c.Op == api.OpUnder && c.Field == api.FieldMitreAttack:
			c.Values = []string{rapid.SampledFrom([]string{"T1566", "t1566.001", "c2", "x"}).Draw(t, "technique")}
			return c
		case c.Op == api.OpUnder:
			c.Values = []string{rapid.SampledFrom([]string{"a.example", "example", "b.a.example", "198.51.100.7"}).Draw(t, "domain")}
			return c
		}
		n := 1
		if c.Op == api.OpIn {
			n = rapid.IntRange(1, 4).Draw(t, "n")
		}
		for range n {
			c.Values = append(c.Values, genValue(t, m, c))
		}
		return c
	})
}

func genValue(t *rapid.T, m *model, c api.Condition) string {
	text := rapid.OneOf(genWord(), genText(), rapid.SampledFrom([]string{"flyingyeti", "%", "_a%", "c2", "phishing", "ua", "ipx", "2024", "T1566", " "}))
	switch c.Field {
	case api.FieldText:
		return genWords(t, m)
	case api.FieldKillChain:
		return fmt.Sprint(rapid.IntRange(-1, 9).Draw(t, "stage"))
	case api.FieldHasChildren:
		return rapid.SampledFrom([]string{"true", "FALSE", "1", "0"}).Draw(t, "bool")
	case api.FieldDate, api.FieldCreatedAt:
		if compares(c.Op) {
			moment := genMoment().Draw(t, "moment")
			return rapid.SampledFrom([]string{moment.Format(time.RFC3339Nano), moment.Format(time.DateOnly)}).Draw(t, "form")
		}
	case api.FieldTLP:
		if compares(c.Op) {
			return genTLP().Draw(t, "tlp")
		}
	}
	if len(m.events) > 0 && rapid.IntRange(0, 2).Draw(t, "known") > 0 {
		if part := genPart(t, rapid.SampledFrom(m.events).Draw(t, "event"), c.Field); part != "" {
			return part
		}
	}
	return text.Draw(t, "value")
}

// genWords are words of which some are parts of what an event says.
func genWords(t *rapid.T, m *model) string {
	var words []string
	for range rapid.IntRange(1, 3).Draw(t, "words") {
		word := rapid.OneOf(genWord(), rapid.SampledFrom([]string{"UA", "ua", "ukra", "Germany", "United States", "states", "DEU", "phish", "T1566", "example", "198.51"})).Draw(t, "word")
		if len(m.events) > 0 && rapid.Bool().Draw(t, "known") {
			fields := []api.Field{api.FieldEvent, api.FieldIndicator, api.FieldAttacker, api.FieldTags, api.FieldMitreAttack, api.FieldCategory, api.FieldTargetIndustry, "insight"}
			if part := genPart(t, rapid.SampledFrom(m.events).Draw(t, "event"), rapid.SampledFrom(fields).Draw(t, "field")); strings.TrimSpace(part) != "" {
				word = part
			}
		}
		words = append(words, word)
	}
	out := strings.Join(words, " ")
	if runes := []rune(out); len(runes) > api.MaxValueLength {
		out = string(runes[:api.MaxValueLength])
	}
	if strings.TrimSpace(out) == "" {
		return "x"
	}
	return out
}

// genPart is a part of what an event has in a field, in another case, so that
// conditions have something to find.
func genPart(t *rapid.T, e api.Event, f api.Field) string {
	var whole string
	switch f {
	case api.FieldTags, api.FieldMitreAttack, api.FieldMitreCapec:
		list := map[api.Field][]string{api.FieldTags: e.Tags, api.FieldMitreAttack: e.MitreAttack, api.FieldMitreCapec: e.MitreCapec}[f]
		whole = strings.Join(list[:min(1, len(list))], "")
	case api.FieldDate:
		whole = e.Date.String()
	case api.FieldCreatedAt:
		whole = e.CreatedAt.String()
	default:
		whole = textField(e, string(f))
	}
	runes := []rune(whole)
	if len(runes) == 0 {
		return ""
	}
	runes = runes[:min(len(runes), api.MaxValueLength/3)] // upper case may need more letters
	if rapid.Bool().Draw(t, "cut") {
		from := rapid.IntRange(0, len(runes)-1).Draw(t, "from")
		runes = runes[from:rapid.IntRange(from+1, len(runes)).Draw(t, "to")]
	}
	runes = runes[:min(len(runes), api.MaxValueLength)]
	if rapid.Bool().Draw(t, "capital") {
		return strings.Map(unicode.SimpleFold, string(runes))
	}
	return string(runes)
}

func genQuery(m *model) *rapid.Generator[api.ListQuery] {
	return rapid.Custom(func(t *rapid.T) api.ListQuery {
		q := api.ListQuery{
			Search:   rapid.SliceOfN(genCondition(m, false), 0, 2).Draw(t, "search"),
			PageSize: rapid.IntRange(1, 40).Draw(t, "pageSize"),
			OrderBy:  rapid.SampledFrom(append(api.OrderFields(), "")).Draw(t, "orderBy"),
			Order:    rapid.SampledFrom([]string{"", "asc", "desc"}).Draw(t, "order"),
		}
		if rapid.Bool().Draw(t, "branches") {
			q.Branches = rapid.SliceOfN(rapid.SliceOfN(genCondition(m, true), 1, 2), 1, 3).Draw(t, "branch")
		}
		return q
	})
}

// compareWithModel checks everything a query can be asked.
func compareWithModel(t *rapid.T, d *DB, m *model, q api.ListQuery, datasets []string) {
	ctx := context.Background()
	want := sorted(m.matching(q, datasets), q.OrderBy, q.Order != "asc")
	opts := ListOptions{TotalLater: rapid.Bool().Draw(t, "total later"), Matches: rapid.Bool().Draw(t, "matches")}
	got := walk(t, d, q, opts)
	compareExplanationWithModel(t, d, m, q, datasets)
	if len(got) != len(want) {
		t.Fatalf("%+v: %d events, want %d", q, len(got), len(want))
	}
	for i := range want {
		if got[i].UUID != want[i].UUID {
			t.Fatalf("%+v: event %d is %s (%+v), want %s (%+v)", q, i, got[i].UUID, got[i], want[i].UUID, want[i])
		}
	}
	page := rapid.IntRange(1, 4).Draw(t, "page")
	q.Page = page
	p, err := d.List(ctx, testAccount, q)
	if err != nil {
		t.Fatalf("page %d of %+v: %v", page, q, err)
	}
	from := min((page-1)*q.PageSize, len(want))
	to := min(from+q.PageSize, len(want))
	if p.Info.TotalCount != len(want) || len(p.Events) != to-from {
		t.Fatalf("page %d of %+v: %+v with %d events, want %d of %d", page, q, p.Info, len(p.Events), to-from, len(want))
	}
	for i := from; i < to; i++ {
		if p.Events[i-from].UUID != want[i].UUID {
			t.Fatalf("page %d of %+v: event %d differs", page, q, i)
		}
	}
	compareGroupsWithModel(t, d, q, want)
}

// walk reads all pages by cursor.
func walk(t *rapid.T, d *DB, q api.ListQuery, opts ListOptions) []api.Event {
	var out []api.Event
	for range 10_000 {
		p, err := d.ListWith(context.Background(), testAccount, q, opts)
		if err != nil {
			t.Fatalf("%+v: %v", q, err)
		}
		out = append(out, p.Events...)
		if p.Info.Cursor == "" {
			return out
		}
		q = api.ListQuery{Cursor: p.Info.Cursor}
	}
	t.Fatalf("%+v: the walk does not end", q)
	return nil
}

func compareGroupsWithModel(t *rapid.T, d *DB, q api.ListQuery, events []api.Event) {
	ctx := context.Background()
	s, err := d.Select(ctx, testAccount, q)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	columns := rapid.SliceOfNDistinct(rapid.SampledFrom(api.AggregateColumns()), 0, 3, rapid.ID).Draw(t, "columns")
	bucket := rapid.SampledFrom(append(buckets(), "")).Draw(t, "bucket")
	if len(columns) == 0 && bucket == "" {
		bucket = api.BucketDay
	}
	g, err := s.GroupBy(ctx, GroupQuery{Columns: columns, Bucket: bucket})
	if err != nil {
		t.Fatal(err)
	}
	want := group(events, columns, bucket)
	if g.Distinct != len(want) || len(g.Rows) != len(want) || g.Total != len(events) {
		t.Fatalf("grouping by %v and %q: %d of %d groups of %d events, want %d of %d", columns, bucket, len(g.Rows), g.Distinct, g.Total, len(want), len(events))
	}
	for i, row := range g.Rows {
		folded := make([]string, len(columns))
		for at, k := range row.Keys {
			if k != nil {
				folded[at] = groupFold(columns[at], *k)
			}
		}
		date := time.Time{}
		if bucket != "" {
			date = row.Date.Time
		}
		w := want[strings.Join(folded, "\x01")+"\x02"+date.String()]
		if w == nil || w.count != row.Count {
			t.Fatalf("grouping by %v and %q: group %q %v has %d, want %+v", columns, bucket, folded, date, row.Count, w)
		}
		for at, k := range row.Keys {
			if best := spelling(events, columns[at], folded[at]); k != nil && *k != best {
				t.Fatalf("grouping by %v: %q is shown, most events have %q", columns, *k, best)
			}
		}
		if i > 0 && g.Rows[i-1].Count < row.Count {
			t.Fatalf("groups are not by falling count")
		}
	}
	compareTimelineWithModel(t, s, bucket, events)
}

// spelling is how most events write a value, the least text among equals.
func spelling(events []api.Event, column, folded string) string {
	counts := map[string]int{}
	for _, e := range events {
		for _, v := range groupValues(e, column) {
			if groupFold(column, v) == folded {
				counts[v]++
			}
		}
	}
	best := ""
	for v, n := range counts {
		if best == "" || n > counts[best] || n == counts[best] && v < best {
			best = v
		}
	}
	return best
}

func compareTimelineWithModel(t *rapid.T, s *Selection, bucket api.Bucket, events []api.Event) {
	if bucket == "" {
		bucket = api.BucketMonth
	}
	got, err := s.Timeline(context.Background(), 50, bucket)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, e := range events {
		counts[truncate(e.Date.Time, bucket).String()]++
	}
	have := map[string]int{}
	for _, p := range got.Points {
		have[p.Start.Time.String()] = p.Count
	}
	if !reflect.DeepEqual(counts, have) {
		t.Fatalf("timeline by %s: %v, want %v", bucket, have, counts)
	}
}

// TestStoreAgreesWithModel fills databases with random events, among them
// sealed segments, changes them at random through two handles, and asks random
// questions.
func TestStoreAgreesWithModel(t *testing.T) {
	ctx := context.Background()
	rapid.Check(t, func(t *rapid.T) {
		path := place(t)
		d, err := Open(ctx, path, Options{CacheBytes: 1 << 20, segment: rapid.SampledFrom([]int{7, 64, blockSize}).Draw(t, "segment")})
		if err != nil {
			t.Fatal(err)
		}
		defer closeDB(t, d)
		twin, err := Open(ctx, path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer closeDB(t, twin)
		other, err := d.CreateDataset(ctx, Actor{"tester"}, testAccount, api.Dataset{Name: "Other", IsAnalytics: rapid.Bool().Draw(t, "analytics")})
		if err != nil {
			t.Fatal(err)
		}
		m := newModel()
		for range rapid.IntRange(1, 3).Draw(t, "rounds") {
			grow(t, d, m, other.UUID)
			for range rapid.IntRange(0, 6).Draw(t, "changes") {
				mutate(t, rapid.SampledFrom([]*DB{d, twin}).Draw(t, "handle"), m, other.UUID)
			}
			compareEvents(t, d, m)
			for range 4 {
				q := genQuery(m).Draw(t, "query")
				q.Datasets = rapid.SampledFrom([][]string{nil, {api.ScopeAll}, {other.UUID}}).Draw(t, "datasets")
				in := []string{defaultDataset(testAccount).UUID}
				if len(q.Datasets) > 0 {
					in = append(in, other.UUID)
				}
				if len(q.Datasets) > 0 && q.Datasets[0] == other.UUID {
					in = in[1:]
					if other.IsAnalytics {
						q.Branches = nil
					}
				}
				compareWithModel(t, d, m, q, in)
			}
		}
	})
}

// grow adds random events and writes down in the model what must become of
// them.
func grow(t *rapid.T, d *DB, m *model, other string) {
	ctx := context.Background()
	data := rapid.SliceOfN(genCreate(), 1, 60).Draw(t, "events")
	for i := range data {
		data[i].DatasetID = rapid.SampledFrom([]string{"", "", other}).Draw(t, "dataset")
		if i > 0 && rapid.IntRange(0, 3).Draw(t, "child") == 0 {
			parent := rapid.IntRange(0, i-1).Draw(t, "parent")
			data[i].Relationships = []api.RelationshipInput{{ParentIndex: &parent, RelationshipType: "related_to"}}
			data[i].References = []string{data[parent].UUID}
		}
		if len(m.events) > 0 && rapid.IntRange(0, 5).Draw(t, "adopted") == 0 {
			parent := rapid.SampledFrom(m.events).Draw(t, "old parent").UUID
			data[i].Relationships = append(data[i].Relationships, api.RelationshipInput{ParentID: parent, RelationshipType: "caused_by"})
		}
	}
	res, err := d.Create(ctx, Actor{"tester"}, testAccount, api.BulkCreate{Data: data, PreserveUUID: true})
	if err != nil || res.ErrorCount > 0 {
		t.Fatalf("Create: %v %v", err, res.Errors)
	}
	m.create(data)
	compareEvents(t, d, m)
}

// compareEvents reads every event, its raw record and its parents.
func compareEvents(t *rapid.T, d *DB, m *model) {
	ctx := context.Background()
	p, err := d.List(ctx, testAccount, api.ListQuery{Datasets: []string{api.ScopeAll}})
	if err != nil || p.Info.TotalCount != len(m.events) {
		t.Fatalf("%d events, %v, want %d", p.Info.TotalCount, err, len(m.events))
	}
	for i, want := range m.events {
		got, err := d.Event(ctx, testAccount, want.DatasetID, want.UUID)
		if err != nil {
			t.Fatal(err)
		}
		// Numbers the store gives out are taken from it.
		m.events[i].RawID, m.events[i].IndicatorTypeID = got.RawID, got.IndicatorTypeID
		want = m.events[i]
		got.ReferencesIDs, got.ReferencedIDs = nil, nil
		slices.Sort(got.References)
		slices.Sort(got.Referenced)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("event %d is\n%+v, want\n%+v", i, got, want)
		}
		compareRaw(t, d, m, want)
	}
	edges := map[Edge]bool{}
	ids := idsOf(m.events)
	parents, err := d.Parents(ctx, testAccount, ids)
	if err != nil {
		t.Fatal(err)
	}
	for child, list := range parents {
		for _, p := range list {
			edges[Edge{Parent: p.ParentID, Child: child, Type: p.RelationshipType}] = true
		}
	}
	if !reflect.DeepEqual(edges, m.edges) {
		t.Fatalf("relationships are\n%v, want\n%v", edges, m.edges)
	}
}

func compareRaw(t *rapid.T, d *DB, m *model, e api.Event) {
	got, err := d.Raw(context.Background(), testAccount, "", e.UUID)
	want, known := m.raws[e.UUID]
	if known != (err == nil) || known != (e.RawID != "") {
		t.Fatalf("raw of %s: %v, rawId %q; it has one: %v", e.UUID, err, e.RawID, known)
	}
	if known && (string(got.Data) != string(want.Data) || got.Source != want.Source || got.TLP != want.TLP) {
		t.Fatalf("raw of %s is %+v, want %+v", e.UUID, got, want)
	}
}

func idsOf(events []api.Event) []string {
	out := make([]string, len(events))
	for i, e := range events {
		out[i] = e.UUID
	}
	return out
}

func closeDB(t *rapid.T, d *DB) {
	if err := d.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}
