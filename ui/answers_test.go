package ui_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"threatbench/api"
	"threatbench/api/client"
	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// answers is a server whose every answer holds the same kind of text in every
// text field, at the other end of the real client.
type answers struct {
	texts   []string
	escape  bool // all that isn't ASCII is sent as \u escapes
	failing bool // every answer is a refusal
}

func (a *answers) client(t *testing.T) *client.Client {
	t.Helper()
	c, err := client.New(client.Config{
		BaseURL: "http://intel.example/client/v4", Account: "acc", Token: "t", Transport: a, Retries: -1,
		Now: func() time.Time { return noon }, Jitter: func() float64 { return 0 },
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// RoundTrip answers in memory.
func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	path := strings.TrimPrefix(r.URL.Path, "/client/v4/accounts/acc/cloudforce-one")
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body) // of a bytes.Reader
	}
	w.Header().Set("Content-Type", "application/json")
	if a.failing {
		w.WriteHeader(http.StatusUnprocessableEntity)
		all := strings.Join(a.texts, "")
		_, _ = w.Write(a.write(map[string]any{"success": false, "result": map[string]any{}, "messages": []string{all}, "errors": []map[string]any{{
			"code": 1, "message": all, "documentation_url": all, "source": map[string]string{"pointer": all}, "extensions": map[string]string{all: all},
		}}}))
		return w.Result(), nil
	}
	result, whole := a.answer(path, string(body))
	if !whole {
		result = map[string]any{"success": true, "errors": []any{}, "messages": a.texts, "result": result}
	}
	_, _ = w.Write(a.write(result))
	return w.Result(), nil
}

// write is a value as JSON, with plain characters or escapes.
func (a *answers) write(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	if !a.escape {
		return b.Bytes()
	}
	var out strings.Builder
	for _, r := range b.String() {
		if r < 0x7f {
			out.WriteRune(r)
			continue
		}
		for _, half := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&out, `\u%04x`, half)
		}
	}
	return []byte(out.String())
}

// of makes one T of every text, its fields filled by their types.
func of[T any](a *answers) []T {
	out := make([]T, len(a.texts))
	for i, text := range a.texts {
		fillWith(reflect.ValueOf(&out[i]).Elem(), "", text, i)
	}
	return out
}

// fillWith puts text into every string that v holds, in lists too. What has to
// differ from one value to the next has its number in front.
func fillWith(v reflect.Value, field, text string, i int) {
	if v.Type() == reflect.TypeFor[api.Time]() {
		v.Set(reflect.ValueOf(api.TimeOf(noon.AddDate(0, 0, -i))))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(textFor(field, text, i))
	case reflect.Bool:
		v.SetBool(i%2 == 0)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(i + 1))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillWith(v.Elem(), field, text, i)
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[json.RawMessage]() {
			v.SetBytes(jsonOf(map[string]any{"key " + text: text, "nested": string(jsonOf(map[string]string{text: text}))}))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for j := range 2 {
			fillWith(v.Index(j), field, text, i)
		}
	case reflect.Struct:
		for j := range v.NumField() {
			if f := v.Type().Field(j); f.IsExported() {
				fillWith(v.Field(j), f.Name, text, i)
			}
		}
	}
}

func textFor(field, text string, i int) string {
	switch field {
	case "QueryJSON":
		q := map[string]any{
			"search": []any{map[string]any{"field": "event", "op": "equals", "value": text + "x"}, map[string]any{"field": "tags", "op": "in", "value": []string{text + "x", "y"}}},
		}
		switch i % 3 {
		case 1:
			q["datasetId"] = []string{text}
		case 2:
			q["orderBy"] = text
		}
		return string(jsonOf(q))
	case "Event":
		return strconv.Itoa(i) + " " + text
	case "Insight":
		return "# " + text + "\n\n[x](" + text + ") `" + text + "`\n\n> &#27;]52;c;aGk=&#7; &#x1b;[2J\n\n| a | " + text + " |\n|---|---|\n| b | c |"
	case "UUID", "Name", "Value", "ID":
		return strconv.Itoa(i) + text
	}
	return text
}

func jsonOf(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

var facetAlias = regexp.MustCompile(`\b(f\d+|g|groups): ?groupBy`)

// answer is the result for a path; whole where it is the body itself.
func (a *answers) answer(path, body string) (result any, whole bool) {
	events := of[api.Event](a)
	switch {
	case strings.HasSuffix(path, "/graphql"):
		return map[string]any{"data": a.graphQL(body)}, true
	case strings.HasSuffix(path, "/raw"):
		return of[api.Raw](a)[indexIn(path, len(events))], false
	case strings.HasSuffix(path, "/relationships"), path == "/events":
		return events, false
	case strings.HasSuffix(path, "/history"):
		return of[api.HistoryEntry](a), false
	case path == "/events/aggregate":
		rows := make([]map[string]any, len(a.texts))
		for i, text := range a.texts {
			rows[i] = map[string]any{"attacker": text, "date": text, "count": i + 1}
		}
		return map[string]any{"aggregateBy": "attacker", "aggregations": rows, "total": 40}, false
	case path == "/events/graph":
		return a.graph(), false
	case path == "/events/dataset":
		return of[api.Dataset](a), false
	case path == "/events/categories":
		return of[api.Category](a), false
	case path == "/events/countries":
		return of[api.Country](a), false
	case path == "/events/tags":
		return map[string]any{"tags": of[api.Tag](a)}, false
	case slices.Contains([]string{"/events/attackers", "/events/targetIndustries", "/events/indicator-types"}, path):
		return a.texts, false
	case path == "/events/queries":
		return of[api.SavedQuery](a), false
	case path == "/events/queries/alerts":
		return of[api.Alert](a), false
	case path == "/events/queries/alerts/inbox":
		return of[api.Notification](a), false
	}
	return events[indexIn(path, len(events))], false
}

var leading = regexp.MustCompile(`/(\d+)`)

func indexIn(path string, n int) int {
	if m := leading.FindStringSubmatch(path); m != nil {
		i, _ := strconv.Atoi(m[1]) // digits
		return i % n
	}
	return 0
}

func (a *answers) graph() any {
	events := of[api.Event](a)
	nodes := []map[string]any{}
	edges := []map[string]any{}
	for i, text := range a.texts[:min(len(a.texts), 12)] {
		nodes = append(nodes, map[string]any{"id": events[i].UUID, "type": "event", "label": text, "event": events[i]},
			map[string]any{"id": "i" + text, "type": "indicator", "label": text, "indicatorType": text}, map[string]any{"id": "t" + text, "type": text, "label": text})
		edges = append(edges, map[string]any{"id": text, "source": "event:" + events[0].UUID, "target": "event:" + events[i].UUID, "relationshipType": text},
			map[string]any{"id": text, "source": "event:" + events[i].UUID, "target": "indicator:i" + text, "relationshipType": text})
	}
	return map[string]any{"nodes": nodes, "edges": edges}
}

func (a *answers) graphQL(body string) any {
	rows := make([]map[string]any, len(a.texts))
	for i, text := range a.texts {
		rows[i] = map[string]any{"keys": []string{text, text, text}, "count": i + 1, text: text}
	}
	events := map[string]any{"total": len(a.texts), "timeline": map[string]any{"bucket": "DAY", "start": "2026-03-01", "end": "2026-03-14", "points": []any{map[string]any{"date": "2026-03-02", "count": 3}}}}
	for _, m := range facetAlias.FindAllStringSubmatch(body, -1) {
		events[m[1]] = map[string]any{"distinct": len(rows), "rows": rows}
	}
	events["groupBy"] = map[string]any{"distinct": len(rows), "rows": rows}
	data := map[string]any{"events": events}
	for _, text := range a.texts {
		data[text] = text
	}
	return data
}

// everywhere opens every view and box, looks at each list's entries, and wants
// some text to be there.
func everywhere(p *uitest.Program, entries int, want string) {
	look := func(keys ...string) {
		press(p, keys...)
		p.Check()
	}
	for range entries {
		look("enter", "o", "i", "G", "R", "+", "P", "esc", "j")
	}
	look("C", "esc", "p", "esc", "s", "ctrl+r", "esc", "L", "esc", "?", "esc", "tab", "j", "j", "esc")
	for _, view := range []string{"3", "4", "5", "6", "7"} {
		look(view)
		p.Want(want)
		for range entries {
			look("j")
		}
		look("enter", "esc", "G", "g", "t", "esc", "e", "esc", "esc", "n", "esc", "esc", "R", "esc", "d", "esc", "m", "esc", "?", "esc", "1")
	}
}

// Whatever a server puts into any text of any answer, and however it writes
// it, the terminal gets no other kind of command than it gets for harmless
// text, and the last guard has nothing to do.
func TestHostileAnswersSendNoCommands(t *testing.T) {
	hostile := []string{}
	for _, text := range hostileTexts(t) {
		if s := strings.ToValidUTF8(text, "\ufffd"); s != "" {
			hostile = append(hostile, string([]rune(s)[:min(len([]rune(s)), 300)]))
		}
	}
	plain := make([]string, len(hostile))
	for i := range plain {
		plain[i] = "text " + strconv.Itoa(i)
	}
	run := func(a *answers, entries int, want string) map[string]int {
		got := map[string]int{}
		workbenchWith(t, ui.Options{API: a.client(t)}, uitest.Options{Width: 120, Height: 40, FPS: 20}, func(p *uitest.Program) {
			everywhere(p, entries, want)
			got = kinds(p.Output())
			if title := p.View().WindowTitle; title != "threatbench demo" {
				t.Errorf("the window is called %q", title)
			}
			if copied := p.Copied(); slices.ContainsFunc(copied, func(s string) bool { return s != "$" }) { // a raw record's path
				t.Errorf("copied %q", copied)
			}
		})
		return got
	}
	usual := run(&answers{texts: plain}, 3, "text ")
	for name, a := range map[string]*answers{
		"as they are": {texts: hostile}, "escaped": {texts: hostile, escape: true}, "in refusals": {texts: hostile, failing: true},
	} {
		entries := len(hostile)
		if a.escape || a.failing {
			entries = 3
		}
		for kind, n := range run(a, entries, "threatbench") {
			if usual[kind] == 0 && !renderers(kind) {
				t.Errorf("%s: %d times %q, never sent for harmless text", name, n, kind)
			}
		}
	}
}
