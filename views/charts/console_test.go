package charts

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAnswersAsTables(t *testing.T) {
	for _, c := range []struct{ name, answer, want string }{
		{"the longest list of objects", `{"a":[{"x":1}],"b":{"rows":[{"keys":["Phishing","red"],"count":9},{"keys":[null],"count":3,"date":"2026-03-01"}]}}`, "date,keys,count|,\"Phishing, red\",9|2026-03-01,,3|"},
		{"none", `{"total":12}`, "|"},
		{"no JSON", `{"total":`, ""},
		{"a list of lists", `[[{"x":1.5}],[{"x":true},{"x":"a\u001b[31m"}]]`, "x|true|a␛[31m|"},
		{"an object in a cell", `[{"x":{"y":[1,2]}},{"x":1e21}]`, `x|"{""y"":[1,2]}"|1000000000000000000000|`},
	} {
		table, _ := tableOf(json.RawMessage(c.answer))
		if got := strings.ReplaceAll(csvText(table), "\n", "|"); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestHugeAnswersAreCut(t *testing.T) {
	var b strings.Builder
	for i := range 3 * maxRows {
		fmt.Fprintf(&b, `,{"keys":["k%d"],"count":%d}`, i, huge-i)
	}
	rows, all := tableOf(json.RawMessage("[" + b.String()[1:] + "]"))
	if len(rows) != maxRows+1 || all != 3*maxRows {
		t.Errorf("%d rows of %d", len(rows), all)
	}
	if got, want := (&console{rows: rows, all: all, form: asTable, row: 9}).extent(), "the first 2,000 of 6,000 rows, from row 10"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	bars, total := barsOf(rows)
	if len(bars) != maxRows || bars[0].Label != "k0" || bars[0].Count != huge || total <= huge {
		t.Errorf("%d bars, the first %+v, %d in all", len(bars), bars[0], total)
	}
}

func TestAnswersAsBars(t *testing.T) {
	for _, c := range []struct {
		rows  [][]string
		bars  int
		total int
	}{
		{nil, 0, 0}, {[][]string{{"a"}}, 0, 0}, {[][]string{{"a"}, {"x"}}, 0, 0},
		{[][]string{{"a", "n"}, {"x", "3"}, {"y", "no number"}}, 2, 3}, {[][]string{{"a", "n"}, {"x", "-3"}}, 1, -3},
	} {
		if bars, total := barsOf(c.rows); len(bars) != c.bars || total != c.total {
			t.Errorf("%v: %v, %d", c.rows, bars, total)
		}
	}
}

// story is the schema of a small server.
func story(t testing.TB) *schema {
	t.Helper()
	s, err := readSchema(json.RawMessage(`{"__schema":{"queryType":{"name":"Query"},"types":[
		{"name":"Query","fields":[{"name":"events","args":[{"name":"filter","type":{"ofType":{"name":"Filter"}}}],"type":{"ofType":{"name":"Set"}}}]},
		{"name":"Set","fields":[{"name":"total","args":[],"type":{"name":"Int"}},{"name":"timeline","args":[{"name":"bucket","type":{"name":"Bucket"}},{"name":"whole","type":{"name":"Boolean"}}],"type":{"name":"Points"}}]},
		{"name":"Points","fields":[{"name":"points","args":[],"type":{"name":"Int"}}]},
		{"name":"Filter","inputFields":[{"name":"search","type":{"ofType":{"name":"Condition"}}},{"name":"datasetId","type":{"name":"String"}}]},
		{"name":"Condition","inputFields":[{"name":"field","type":{"name":"String"}},{"name":"op","type":{"name":"String"}}]},
		{"name":"Bucket","enumValues":[{"name":"DAY"},{"name":"WEEK"}]}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCompletionFollowsTheSchema(t *testing.T) {
	s := story(t)
	for _, c := range []struct{ text, want string }{
		{"", ""}, {"{ ", "events"}, {"{ ev", "events"}, {"{ x: ev", "events"}, {"query Q { events { t", "timeline total"},
		{"{ events(", "filter: "}, {"{ events(filter: {", "datasetId:  search: "}, {"{ events(filter: {search: [{", "field:  op: "},
		{"{ events { timeline(bucket: ", "DAY WEEK"}, {"{ events { timeline(bucket: D", "DAY"}, {"{ events { timeline(bucket: DAY, ", "bucket:  whole: "},
		{"{ events { timeline(whole: ", "false true"}, {"{ events { timeline(bucket: DAY) { ", "points"}, {"{ events { total } ", "events"},
		{"{ # events(\n", "events"}, {`{ events(filter: {datasetId: "a } { \" ("}) { to`, "total"}, {"{ nothing { ", ""}, {"} ) ]", ""},
	} {
		list, _ := s.suggest(c.text)
		if got := strings.Join(list, " "); got != c.want {
			t.Errorf("after %q: %q, want %q", c.text, got, c.want)
		}
	}
}

// Whatever is typed, completing ends, and gives words that begin with what is
// there.
func TestCompletionTakesAnyText(t *testing.T) {
	s := story(t)
	piece := rapid.OneOf(rapid.SampledFrom([]string{"{", "}", "(", ")", "[", "]", ":", `"`, `\`, "#", "\n", "events", "filter", "timeline", "bucket", " "}), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		list, prefix := s.suggest(strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "text"), ""))
		if !slices.IsSorted(list) || slices.ContainsFunc(list, func(w string) bool { return !strings.HasPrefix(w, prefix) }) {
			t.Fatalf("%q completes to %q", prefix, list)
		}
	})
	if _, err := readSchema(json.RawMessage(`[]`)); err == nil {
		t.Error("a list is taken for a schema")
	}
}
