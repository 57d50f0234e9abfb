package views

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"threatbench/api"
	"threatbench/api/clean"
	"threatbench/api/query"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

func TestReadSaved(t *testing.T) {
	m := memory(t, nil)
	for _, c := range []struct{ json, text, datasets, problem string }{
		{`{}`, "", "", ""},
		{`{"search":[{"field":"tlp","op":"equals","value":"red"}],"datasetId":"all","page":3,"format":"stix2"}`, "tlp:red", "all", ""},
		{`{"search":{"field":"killChain","op":"gte","value":3},"datasetId":["a","b,c"]}`, "killChain>=3", "a b c", ""},
		{`{"searchBranches":[[{"field":"tags","op":"equals","value":"a"}],[{"field":"tags","op":"not","value":"b"}]]}`, "(tags:a) OR (-tags:b)", "", ""},
		{`{"search":[{"field":"shoeSize","op":"equals","value":"44"}]}`, "", "", "can't be shown"},
		{`{"search":[{"field":"tlp"`, "", "", "can't be read"},
		{`[1]`, "", "", "can't be read"},
		{`null`, "", "", ""},
		{``, "", "", "can't be read"},
	} {
		s := ReadSaved(api.SavedQuery{Name: "x", QueryJSON: c.json}, m, noon)
		if !strings.Contains(s.Problem, c.problem) || c.problem == "" && s.Problem != "" || s.Text != c.text || strings.Join(s.Query.Datasets, " ") != c.datasets {
			t.Errorf("%s: %q in %v, problem %q", c.json, s.Text, s.Query.Datasets, s.Problem)
		}
		if s.Query.Page != 0 || s.Query.Cursor != "" {
			t.Errorf("%s: a page was kept: %+v", c.json, s.Query)
		}
	}
}

// The text a query was saved from stays as long as the query is what was
// saved.
func TestRelativeTextOfASavedQuery(t *testing.T) {
	m := memory(t, nil)
	saved := `{"search":[{"field":"date","op":"gte","value":"2026-03-07T12:00:00Z"}]}`
	m.RememberText("week", "date>=-7d", saved)
	later := noon.AddDate(0, 0, 3)
	s := ReadSaved(api.SavedQuery{Name: "week", QueryJSON: "  " + saved}, m, later)
	if s.Text != "date>=-7d" || s.Query.Search[0].Value() != "2026-03-10T12:00:00Z" {
		t.Errorf("%q %+v", s.Text, s.Query.Search)
	}
	changed := strings.Replace(saved, "03-07", "03-01", 1)
	if s = ReadSaved(api.SavedQuery{Name: "week", QueryJSON: changed}, m, later); s.Text != "date>=2026-03-01T12:00:00Z" {
		t.Errorf("somebody else changed it, and it is shown as %q", s.Text)
	}
}

func TestLookedAt(t *testing.T) {
	m := memory(t, nil)
	q := api.SavedQuery{ID: 7, UpdatedAt: api.TimeOf(noon)}
	if l := m.LookedAt(q); !l.Seen.Equal(noon) || !l.Used.IsZero() {
		t.Errorf("never looked at: %+v", l)
	}
	m.SetPresence(7, noon.Add(time.Hour), true)
	m.SetPresence(7, noon.Add(2*time.Hour), false)
	if l := m.LookedAt(q); !l.Seen.Equal(noon.Add(2*time.Hour)) || !l.Used.Equal(noon.Add(time.Hour)) {
		t.Errorf("%+v", l)
	}
}

func TestNewSinceKeepsWithinTheLimits(t *testing.T) {
	var q api.ListQuery
	for range api.MaxConditions {
		if _, ok := NewSince(q, noon); !ok {
			t.Fatalf("refused with %d conditions", len(q.Search))
		}
		q.Search = append(q.Search, api.Condition{Field: api.FieldTLP, Op: api.OpEquals, Values: []string{"red"}})
	}
	if _, ok := NewSince(q, noon); ok {
		t.Error("one condition too many")
	}
	one, _ := NewSince(api.ListQuery{}, noon)
	if err := one.Validate(); err != nil || query.FormatCondition(one.Search[0]) != "createdAt>2026-03-14T12:00:00Z" {
		t.Errorf("%v %+v", err, one)
	}
}

// Whatever a colleague saved, what is shown of it steers no terminal, and what
// is asked is what was saved.
func TestSavedQueriesAreHarmless(t *testing.T) {
	files, err := filepath.Glob("../testdata/hostile/*.txt")
	if err != nil || len(files) < 40 {
		t.Fatalf("the hostile corpus is missing: %d files, %v", len(files), err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ToValidUTF8(string(b), "\ufffd") // JSON holds nothing else
		text = string([]rune(text)[:min(len([]rune(text)), api.MaxValueLength)])
		if text == "" {
			continue
		}
		for _, op := range []api.Op{api.OpEquals, api.OpContains, api.OpStartsWith, api.OpEndsWith, api.OpFind, api.OpIn, api.OpNot} {
			search := []api.Condition{{Field: api.FieldEvent, Op: op, Values: []string{text}}}
			s := readHostile(t, map[string]any{"search": search})
			f, err := query.Parse(s.Text, time.Unix(0, 0))
			if err != nil || s.Problem != "" || !reflect.DeepEqual(f.Search, search) || !reflect.DeepEqual(s.Query.Search, search) {
				t.Errorf("%s, %s: %q reads %+v, %v, asked is %+v, %s", filepath.Base(file), op, s.Text, f.Search, err, s.Query.Search, s.Problem)
			}
		}
		for _, q := range []map[string]any{
			{"datasetId": []string{"a" + text}}, {"orderBy": text}, {"order": text, "orderBy": "date"},
			{"search": []any{map[string]any{"field": text, "op": "equals", "value": "x"}}},
			{"search": []any{map[string]any{"field": "event", "op": text, "value": "x"}}},
			{"search": []any{map[string]any{"field": "tlp", "op": "equals", "value": text}}},
			{"search": map[string]any{"field": map[string]any{text: 1}, "op": "equals"}},
		} {
			readHostile(t, q)
		}
		if s := ReadSaved(api.SavedQuery{QueryJSON: text}, NewMemory(nil, nil), time.Unix(0, 0)); clean.Line(s.Text+s.Problem) != s.Text+s.Problem {
			t.Errorf("%q shows %q %q", text, s.Text, s.Problem)
		}
	}
}

// readHostile reads a saved query as a server sends it, all its strings
// escaped.
func readHostile(t *testing.T, q map[string]any) Saved {
	t.Helper()
	b, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	s := ReadSaved(api.SavedQuery{Name: "q", QueryJSON: clean.EscapeJSON(string(b))}, NewMemory(nil, nil), time.Unix(0, 0))
	shown := s.Text + s.Problem + strings.Join(s.Query.Datasets, "")
	if safe := clean.Line(shown); safe != shown {
		t.Errorf("%s shows %q", b, shown)
	}
	return s
}
