package client

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"threatbench/api"
	"threatbench/api/clean"
)

const hostile = "a\x1b[31m\u202eb\x9b\u200b"

// fill puts hostile text into every string reachable from v, and something
// into every list and pointer.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(hostile)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		if elem := reflect.New(v.Type().Elem()).Elem(); elem.Kind() != reflect.Interface {
			fill(elem)
			v.SetMapIndex(reflect.ValueOf(hostile), elem)
			return
		}
		v.SetMapIndex(reflect.ValueOf(hostile), reflect.ValueOf(any([]any{hostile, map[string]any{hostile: hostile}})))
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	}
}

// escaped lists the places of strings that are still hostile.
func escaped(v reflect.Value, at string) (bad []string) {
	switch v.Kind() {
	case reflect.String:
		if s := v.String(); s != clean.Text(s) {
			return []string{at}
		}
	case reflect.Pointer, reflect.Interface:
		return escaped(v.Elem(), at)
	case reflect.Slice:
		for i := range v.Len() {
			bad = append(bad, escaped(v.Index(i), at+"[]")...)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			bad = append(bad, escaped(k, at+".key")...)
			bad = append(bad, escaped(v.MapIndex(k), at+".value")...)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return nil
		}
		for i := range v.NumField() {
			bad = append(bad, escaped(v.Field(i), at+"."+v.Type().Field(i).Name)...)
		}
	}
	return bad
}

func checkCleaned[T any](t *testing.T, f func(*T), except ...string) {
	t.Helper()
	var v T
	fill(reflect.ValueOf(&v).Elem())
	name := reflect.TypeFor[T]().Name()
	if before := escaped(reflect.ValueOf(v), name); len(before) == 0 {
		t.Fatalf("%s: nothing hostile was filled in", name)
	}
	f(&v)
	var left []string
	for _, at := range escaped(reflect.ValueOf(v), name) {
		if !slices.Contains(except, at) {
			left = append(left, at)
		}
	}
	if len(left) > 0 {
		t.Errorf("still hostile: %s", strings.Join(left, ", "))
	}
}

func TestNoStringEscapesCleaning(t *testing.T) {
	checkCleaned(t, cleanEvent)
	checkCleaned(t, cleanPage)
	checkCleaned(t, cleanRaw) // Data is a list of bytes, not a string: see TestRawDataStaysAsItWas
	checkCleaned(t, cleanBulk)
	checkCleaned(t, cleanDataset)
	checkCleaned(t, cleanCategory)
	checkCleaned(t, cleanCountry)
	checkCleaned(t, cleanTag)
	checkCleaned(t, cleanTagCategory) // Schema is a list of bytes
	checkCleaned(t, cleanIndicator)
	checkCleaned(t, cleanAggregate)
	checkCleaned(t, cleanSummary)
	checkCleaned(t, cleanError)
	checkCleaned(t, cleanUpdate)
	checkCleaned(t, cleanMove)
	checkCleaned(t, cleanCopy)
	checkCleaned(t, cleanRevert)
	checkCleaned(t, cleanPreview)
	checkCleaned(t, cleanHistory)
	checkCleaned(t, cleanRelate)
	checkCleaned(t, cleanUnrelate)
	checkCleaned(t, cleanGraph)
	checkCleaned(t, cleanSavedQuery)
	checkCleaned(t, cleanAlert)
	checkCleaned(t, cleanInbox)
}

// Every call neutralises what it returns: answers full of hostile text.
func TestEveryCallCleans(t *testing.T) {
	h := string(mustText(hostile))
	event := `{"uuid":` + h + `,"event":` + h + `,"insight":` + h + `,"tags":[` + h + `],"attacker":` + h + `}`
	answers := map[string]string{
		"/events":                         "[" + event + "]",
		"/events/e":                       event,
		"/events/datasets/d/events/e/raw": `{"id":` + h + `,"source":` + h + `,"data":{}}`,
		"/events/create":                  event,
		"/events/create/bulk":             `{"errors":[{"error":` + h + `}]}`,
		"/events/aggregate":               `{"aggregateBy":` + h + `,"aggregations":[{` + h + `:` + h + `}]}`,
		"/v2/events/graphql":              `{"data":{"events":{"total":1,"f0":{"distinct":1,"rows":[{"keys":[` + h + `],"count":1}]}}}}`,
		"/events/dataset":                 `[{"name":` + h + `}]`,
		"/events/dataset/create":          `{"name":` + h + `}`,
		"/events/categories":              `[{"name":` + h + `,"mitreAttack":[` + h + `]}]`,
		"/events/attackers":               `[` + h + `]`,
		"/events/targetIndustries":        `[` + h + `]`,
		"/events/indicator-types":         `[` + h + `]`,
		"/events/countries":               `[{"name":` + h + `}]`,
		"/events/tags":                    `[{"value":` + h + `}]`,
	}
	c := fake(t, func(r *http.Request) (*http.Response, error) {
		return reply(200, answers[strings.TrimPrefix(r.URL.Path, "/client/v4/accounts/acc/cloudforce-one")]), nil
	})
	ctx := t.Context()
	for name, call := range map[string]func() (any, error){
		"list":       func() (any, error) { return c.List(ctx, api.ListQuery{}) },
		"event":      func() (any, error) { return c.Event(ctx, "", "e") },
		"raw":        func() (any, error) { return c.Raw(ctx, "d", "e") },
		"create":     func() (any, error) { return c.Create(ctx, api.CreateEvent{}) },
		"bulk":       func() (any, error) { return c.CreateBulk(ctx, api.BulkCreate{}) },
		"aggregate":  func() (any, error) { return c.Aggregate(ctx, api.AggregateQuery{AggregateBy: []string{"tlp"}}) },
		"summary":    func() (any, error) { return c.Summary(ctx, api.SummaryQuery{Facets: []string{"attacker"}}) },
		"query":      func() (any, error) { return c.Query(ctx, "{x}", nil) },
		"datasets":   func() (any, error) { return c.Datasets(ctx) },
		"dataset":    func() (any, error) { return c.CreateDataset(ctx, "d", false) },
		"categories": func() (any, error) { return c.Categories(ctx) },
		"attackers":  func() (any, error) { return c.Attackers(ctx) },
		"industries": func() (any, error) { return c.TargetIndustries(ctx) },
		"types":      func() (any, error) { return c.IndicatorTypes(ctx) },
		"countries":  func() (any, error) { return c.Countries(ctx) },
		"tags":       func() (any, error) { return c.Tags(ctx) },
	} {
		got, err := call()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if raw, isJSON := got.(json.RawMessage); isJSON {
			var v any
			if err := json.Unmarshal(raw, &v); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			got = v
		}
		if bad := escaped(reflect.ValueOf(got), name); len(bad) > 0 {
			t.Errorf("still hostile: %v", bad)
		}
		if r, isRaw := got.(api.Raw); !isRaw && !strings.Contains(mustJSON(got), "⟨U+202E⟩") || isRaw && !strings.Contains(r.Source, "⟨U+202E⟩") {
			t.Errorf("%s: nothing was neutralised in %s", name, mustJSON(got))
		}
	}
}

func mustText(s string) []byte { return []byte(mustJSON(strings.ToValidUTF8(s, ""))) }

func TestRawDataStaysAsItWas(t *testing.T) {
	data := json.RawMessage(`{"a":"` + "\u202e" + `"}`)
	r := api.Raw{Data: data}
	cleanRaw(&r)
	if string(r.Data) != string(data) {
		t.Errorf("%s", r.Data)
	}
}

func TestCleaningACleanEventAllocatesNothing(t *testing.T) {
	e := api.Event{UUID: "u", Event: "Вхід з 203.0.113.7\nсюди", Attacker: "FLYINGYETI", Tags: []string{"c2", "フィッシング"}, Insight: "# Title\n\ntext", MitreAttack: []string{"T1566.001"}}
	before := mustJSON(e)
	if n := testing.AllocsPerRun(100, func() { cleanEvent(&e) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if after := mustJSON(e); after != before {
		t.Errorf("changed:\n%s\n%s", before, after)
	}
}

func FuzzCleanJSON(f *testing.F) {
	for _, s := range []string{`{"a":"\u202eb"}`, `["\"","\\"]`, `{"b":1,"a":"x\n"}`, `"` + "\u200b" + `"`, `{}`, `1`, `{"\u001b":null}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !json.Valid([]byte(s)) {
			return
		}
		out, err := clean.JSON(json.RawMessage(s))
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		if !json.Valid(out) {
			t.Fatalf("%q became %q", s, out)
		}
		var v any
		if err := json.Unmarshal(out, &v); err != nil {
			return // a number past what Go holds
		}
		if bad := escaped(reflect.ValueOf(&v).Elem(), "json"); v != nil && len(bad) > 0 {
			t.Fatalf("%q became %q: %v", s, out, bad)
		}
	})
}
