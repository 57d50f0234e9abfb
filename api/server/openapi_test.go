package server

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"threatbench/api/server/openapi"
)

// documentOf asks a handler for its document, as anybody can.
func documentOf(t *testing.T, h http.Handler) *openapi.Document {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", "http://x/openapi.json", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := Mount(h).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var d openapi.Document
	if err := json.NewDecoder(res.Body).Decode(&d); err != nil || res.StatusCode != 200 || res.Header.Get("Content-Type") != jsonType {
		t.Fatalf("%d, %v", res.StatusCode, err)
	}
	return &d
}

// TestAnswersAreAsTheDocumentSays asks every operation of a seeded server (in bare
// style those that only read) and holds what it answers against /openapi.json: a field that is
// missing, of another type or not described is a failure.
func TestAnswersAreAsTheDocumentSays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	buildIsolated(t, path)
	hideIsolated(t, path, "dataset")
	for _, style := range []Style{Enveloped, Bare} {
		w := openIsolated(t, path, "dataset")
		w.open, w.hidden = w.records()
		var d *openapi.Document
		checked, changed := 0, false
		for _, rt := range (&server{}).routes() {
			key := rt.method + " " + rt.pattern
			if rt.needs == PermWrite && style == Bare {
				continue
			}
			if changed {
				w.fresh()
			}
			changed = rt.needs == PermWrite
			var err error
			if w.handler, err = New(w.db, Config{Now: now, ResponseStyle: style}); err != nil {
				t.Fatal(err)
			}
			if d == nil {
				d = documentOf(t, w.handler)
			}
			checked += hold(t, d, w, key)
		}
		if want := map[Style]int{Enveloped: len((&server{}).routes()) - 2, Bare: 50}[style]; checked < want { // a tag in use and the default dataset stay
			t.Errorf("%s: only %d answers of success were checked", style, checked)
		}
	}
}

// hold asks one operation and tells how many answers were held against the document.
func hold(t *testing.T, d *openapi.Document, w *isolated, key string) int {
	t.Helper()
	is := isolations()[key]
	if better, there := doneInstead()[key]; there {
		is = better
	}
	status, text := w.ask(Grant{Permission: PermWrite}, key, is, false)
	method, path, _ := strings.Cut(key, " ")
	op := d.Paths[path][strings.ToLower(method)]
	if op == nil {
		t.Errorf("%s isn't in the document", key)
		return 0
	}
	schema := op.Responses["default"].Content[jsonType].Schema
	if status < 400 {
		answer, there := op.Responses[strconv.Itoa(status)]
		if !there {
			t.Errorf("%s answers %d, which the document doesn't name", key, status)
			return 0
		}
		schema = answer.Content[jsonType].Schema
	}
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Errorf("%s: %v in %.200s", key, err, text)
		return 0
	}
	for _, wrong := range d.Check(schema, v) {
		t.Errorf("%s (%d): %s", key, status, wrong)
	}
	if status < 400 {
		return 1
	}
	return 0
}

// doneInstead asks what comes to something, where isolations asks for what is
// refused.
func doneInstead() map[string]isolation {
	return map[string]isolation{
		"POST /events/dataset/{dataset_id}/move": {"", `{"destDatasetId":"` + isolatedSecret + `","eventIds":["EVENT"]}`, ""},
		"POST /events/dataset/{dataset_id}/copy": {"", `{"destDatasetId":"` + isolatedSecret + `","eventIds":["EVENT"]}`, ""},
	}
}

func TestDocumentHoldsTogether(t *testing.T) {
	r := newRig(t, Config{Tokens: OneToken("0123456789abcdef", account, PermRead)})
	rep := r.do("GET", "//openapi.json", "")
	var d openapi.Document
	if err := json.Unmarshal(rep.body, &d); err != nil || rep.status != 200 || d.OpenAPI != "3.1.0" {
		t.Fatalf("%d, %v: %.200s", rep.status, err, rep.body)
	}
	for _, m := range regexp.MustCompile(`"\$ref":"#/components/schemas/([^"]+)"`).FindAllStringSubmatch(string(rep.body), -1) {
		if d.Components.Schemas[m[1]] == nil {
			t.Errorf("%s is named and isn't there", m[1])
		}
	}
	ids, routes := map[string]bool{}, (&server{}).routes()
	for path, methods := range d.Paths {
		for method, op := range methods {
			if ids[op.ID] || op.Summary == "" {
				t.Errorf("%s %s: the id %s is taken, or the summary %q empty", method, path, op.ID, op.Summary)
			}
			ids[op.ID] = true
		}
	}
	if s := (&server{}); len(ids) != len(routes) || len(s.described()) != len(routes) {
		t.Errorf("%d operations in the document, %d described, %d routes", len(ids), len(s.described()), len(routes))
	}
	r.do("POST", "//openapi.json", "").refusedWith(405, "use GET")
}
