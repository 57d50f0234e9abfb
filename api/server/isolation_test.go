package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"threatbench/api"
	"threatbench/api/store"
	"threatbench/api/tag"
)

// canary stands in every text of what a limit hides.
const canary = "ZQCANARY"

const (
	isolatedOpen    = "0190a000-0000-7000-8000-000000000001"
	isolatedChild   = "0190a000-0000-7000-8000-000000000002"
	isolatedHidden  = "0190a000-0000-7000-8000-000000000003"
	isolatedSecret  = "0190a000-0000-7000-8000-0000000000aa"
	isolatedImport  = "0190a000-0000-7000-8000-0000000000bb"
	isolatedDefault = "DEFAULT" // its id is asked for
)

// isolation is what one operation is asked, and what comes of it for what may
// be seen: a status each for those who read, triage and administrate, then for
// the same under a limit, then for an administrator of another account.
// EVENT, DATASET and RAW stand for ids: of what may be seen, then of what is hidden.
type isolation struct {
	query, body string
	statuses    string
}

const (
	newIsolated = `{"date":"2024-03-01T10:00:00Z","event":"new","category":"Phishing","tlp":"green","datasetId":"DATASET","raw":{"data":{}},"relationships":[{"parentId":"EVENT","relationshipType":"related_to"}]}`
	newBulk     = `{"datasetId":"DATASET","data":[` + newIsolated + `]}`
	countAll    = `{"query":"{ events(filter: {datasetId: [\"all\"]}) { total timeline { start end bucket points { start count } } a: groupBy(columns: [\"attacker\"], limit: 10) { distinct rows { keys count } } b: groupBy(columns: [\"tlp\", \"tags\"], limit: 10) { rows { keys count } } } }"}`
	everybody   = "200 200 200 200 200 200 403"
	wholeOnly   = "200 200 200 403 403 403 403" // read, and not under a limit
	change      = "403 200 200 403 200 200 403" // triage, also under a limit
	triageOnly  = "403 200 200 403 403 403 403"
	adminOnly   = "403 403 200 403 403 403 403"
)

// isolations has an entry for every operation: a new one fails the test until
// somebody has thought about who may ask it and what it tells.
func isolations() map[string]isolation {
	return map[string]isolation{
		"GET /events":                      {"datasetId=all&pageSize=50&orderBy=attacker", "", everybody},
		"POST /events":                     {"", `{"datasetId":["all"],"search":[{"field":"text","op":"find","value":"` + canary + `"}]}`, everybody},
		"GET /capabilities":                {"", "", everybody},
		"POST /events/explain":             {"", `{"datasetId":["all"],"search":[{"field":"attacker","op":"equals","value":"` + canary + `"},{"field":"text","op":"find","value":"event zqcanary"}]}`, everybody},
		"POST /events/pointed":             {"", `{"datasetId":["all"],"wanted":["EVENT"],"unwanted":["` + isolatedHidden + `"],"search":[{"field":"text","op":"find","value":"` + canary + `"}]}`, everybody},
		"POST /events/indicators/lookup":   {"", `{"indicators":["zqcanary.example","https://a.zqcanary.example/x","zqcanary2.example","203.0.113.77"]}`, everybody},
		"GET /events/aggregate":            {"aggregateBy=attacker,tlp&datasetId=all&groupByDate=true", "", everybody},
		"POST /events/create":              {"", newIsolated, change},
		"POST /events/create/bulk":         {"", newBulk, "403 202 202 403 202 202 403"},
		"POST /events/imports/plan":        {"", newBulk, adminOnly},
		"GET /events/imports":              {"", "", wholeOnly},
		"DELETE /events/relate/{event_id}": {"", `{"events":["EVENT"]}`, triageOnly},

		"POST /events/create/bulk/relationships":             {"", newBulk, change},
		"GET /events/imports/{import_id}/events":             {"", "", wholeOnly},
		"POST /events/imports/{import_id}/undo":              {"", `{}`, adminOnly},
		"GET /events/dataset/{dataset_id}/events/{event_id}": {"", "", everybody},
		"GET /events/{event_id}":                             {"", "", everybody},

		"PATCH /events/{event_id}":                    {"", `{"event":"changed"}`, change},
		"POST /events/{event_id}":                     {"", `{"tlp":"amber"}`, change},
		"PATCH /events/update/bulk":                   {"", `{"datasetId":"DATASET","eventIds":["EVENT"],"updates":{"attacker":"NEW"}}`, change},
		"DELETE /events/{dataset_id}/delete":          {"eventIds=EVENT", "", adminOnly},
		"DELETE /events/datasets/{dataset_id}/events": {"eventIds=EVENT", "", adminOnly},
		"POST /events/event_tag/{event_id}/create":    {"", `{"tags":["new"]}`, change},
		"DELETE /events/event_tag/{event_id}":         {"", `{"tags":["open"]}`, change},
		"POST /events/relate/{event_id}/create":       {"", `{"events":["` + isolatedChild + `"]}`, triageOnly},

		"POST /events/dataset/{dataset_id}/move":          {"", `{"destinationDatasetId":"` + isolatedDefault + `","eventIds":["EVENT"]}`, "403 403 400 403 403 403 403"},
		"POST /events/dataset/{dataset_id}/copy":          {"", `{"destinationDatasetId":"` + isolatedDefault + `","eventIds":["EVENT"]}`, "403 403 400 403 403 403 403"},
		"POST /events/{dataset_id}/revert-do":             {"", `{"minutesAgo":0}`, adminOnly},
		"POST /events/revert-do":                          {"", `{"reverts":[{"datasetId":"DATASET","minutesAgo":0}]}`, adminOnly},
		"GET /events/dataset/{dataset_id}/revert-preview": {"minutesAgo=0", "", wholeOnly},
		"GET /events/dataset/{dataset_id}/history":        {"", "", wholeOnly},

		"POST /events/relationships/create":                       {"", `{"parentId":"EVENT","childIds":["` + isolatedChild + `"],"relationshipType":"caused_by"}`, change},
		"GET /events/{event_id}/relationships":                    {"datasetId=DATASET&direction=both&maxDepth=3&includeParent=true", "", everybody},
		"GET /events/by-id/{event_id}/relationships":              {"datasetId=DATASET", "", everybody},
		"GET /events/graph":                                       {"seeds=event:EVENT&depth=3", "", everybody},
		"DELETE /events/relationships":                            {"", `{"parentId":"EVENT","childIds":["` + isolatedChild + `"],"relationshipType":"related_to"}`, triageOnly},
		"GET /events/queries":                                     {"", "", everybody},
		"POST /events/queries/create":                             {"", `{"name":"new","query_json":"{}","alert_enabled":false,"alert_rollup_enabled":false,"rule_enabled":false}`, triageOnly},
		"GET /events/queries/{query_id}":                          {"", "", everybody},
		"PATCH /events/queries/{query_id}":                        {"", `{"name":"changed"}`, triageOnly},
		"POST /events/queries/{query_id}":                         {"", `{"name":"changed"}`, triageOnly},
		"DELETE /events/queries/{query_id}":                       {"", "", triageOnly},
		"GET /events/queries/{query_id}/test":                     {"days=30", "", wholeOnly},
		"GET /events/queries/alerts":                              {"", "", wholeOnly},
		"POST /events/queries/alerts/create":                      {"", `{"query_id":1}`, triageOnly},
		"GET /events/queries/alerts/{alert_id}":                   {"", "", wholeOnly},
		"PATCH /events/queries/alerts/{alert_id}":                 {"", `{"enabled":false}`, triageOnly},
		"POST /events/queries/alerts/{alert_id}":                  {"", `{"enabled":false}`, triageOnly},
		"DELETE /events/queries/alerts/{alert_id}":                {"", "", triageOnly},
		"GET /events/queries/alerts/inbox":                        {"", "", wholeOnly},
		"POST /events/queries/alerts/inbox/read":                  {"", `{"ids":[1]}`, triageOnly},
		"GET /events/raw/{dataset_id}/{event_id}":                 {"", "", everybody},
		"GET /events/{event_id}/raw/{raw_id}":                     {"", "", everybody},
		"PATCH /events/{event_id}/raw/{raw_id}":                   {"", `{"data":{"changed":true}}`, triageOnly},
		"POST /events/{event_id}/raw/{raw_id}":                    {"", `{"data":{"changed":true}}`, triageOnly},
		"GET /events/dataset":                                     {"", "", everybody},
		"POST /events/dataset/create":                             {"", `{"name":"new"}`, adminOnly},
		"GET /events/dataset/{dataset_id}":                        {"", "", everybody},
		"PATCH /events/dataset/{dataset_id}":                      {"", `{"isPublic":true}`, adminOnly},
		"GET /events/categories":                                  {"datasetIds=all", "", everybody},
		"GET /events/attackers":                                   {"datasetIds=all", "", everybody},
		"GET /events/indicator-types":                             {"datasetIds=all", "", everybody},
		"GET /events/indicatorTypes":                              {"datasetIds=all", "", everybody},
		"GET /events/targetIndustries":                            {"datasetIds=all", "", everybody},
		"GET /events/countries":                                   {"", "", everybody},
		"GET /events/tags":                                        {"", "", everybody},
		"POST /events/tags/create":                                {"", `{"value":"` + strings.ToLower(canary) + `"}`, triageOnly},
		"POST /v2/events/graphql":                                 {"", countAll, everybody},
		"POST /events/graphql":                                    {"", countAll, everybody},
		"GET /events/datasets/{dataset_id}/events/{event_id}/raw": {"", "", everybody},

		"DELETE /events/{event_id}":                           {"", "", adminOnly},
		"POST /events/dataset/{dataset_id}":                   {"", `{"isPublic":true}`, adminOnly},
		"DELETE /events/dataset/{dataset_id}":                 {"", "", "403 403 409 403 403 403 403"}, // the default one stays
		"GET /events/categories/catalog":                      {"", "", everybody},
		"POST /events/categories/create":                      {"", `{"name":"new","killChain":1}`, adminOnly},
		"GET /events/event-categories/by-id/{category_id}":    {"", "", everybody},
		"PATCH /events/event-categories/by-id/{category_id}":  {"", `{"killChain":2}`, adminOnly},
		"POST /events/event-categories/by-id/{category_id}":   {"", `{"killChain":2}`, adminOnly},
		"DELETE /events/event-categories/by-id/{category_id}": {"", "", adminOnly},
		"GET /events/categories/{category_id}":                {"", "", everybody},
		"PATCH /events/categories/{category_id}":              {"", `{"killChain":2}`, adminOnly},
		"POST /events/categories/{category_id}":               {"", `{"killChain":2}`, adminOnly},
		"DELETE /events/categories/{category_id}":             {"", "", adminOnly},
		"GET /events/targetIndustries/catalog":                {"", "", everybody},
		"GET /events/dataset/{dataset_id}/targetIndustries":   {"", "", everybody},
		"PATCH /events/tags/{tag_uuid}":                       {"", `{"value":"changed"}`, triageOnly},
		"DELETE /events/tags/{tag_uuid}":                      {"", "", "403 409 409 403 403 403 403"}, // events carry it
		"GET /events/indicators":                              {"datasetIds=all&includeTotalCount=true&relatedEventsLimit=-1&tagSearch=" + url.QueryEscape(`[{"field":"value","op":"like","value":"%"}]`), "", everybody},
		"GET /events/indicators/aggregate":                    {"aggregateBy=indicatorType,value,datasetId&limit=100", "", everybody},
		"GET /events/dataset/{dataset_id}/indicators":         {"relatedEvent=EVENT", "", everybody},
		"GET /events/tags/categories":                         {"", "", everybody},
		"GET /events/tags/categories/actors":                  {"", "", everybody},
		"POST /events/tags/categories/create":                 {"", `{"name":"new"}`, adminOnly},
		"GET /events/tag-categories/{category_uuid}":          {"", "", everybody},
		"PATCH /events/tag-categories/{category_uuid}":        {"", `{"name":"changed"}`, adminOnly},
		"DELETE /events/tag-categories/{category_uuid}":       {"", "", adminOnly},
		"GET /events/tags/categories/{category_uuid}":         {"", "", everybody},
		"PATCH /events/tags/categories/{category_uuid}":       {"", `{"name":"changed"}`, adminOnly},
		"DELETE /events/tags/categories/{category_uuid}":      {"", "", adminOnly},
		"GET /events/tags/{tag_uuid}/indicators":              {"", "", everybody},
		"GET /events/dataset/{dataset_id}/indicators/tags":    {"", "", everybody},

		"GET /events/dataset/{dataset_id}/indicators/{indicator_id}":  {"", "", everybody},
		"GET /events/dataset/{dataset_id}/tags/{tag_uuid}/indicators": {"", "", everybody},
	}
}

// isolated is a database in which a limit hides an event, or one in which that
// event isn't there.
type isolated struct {
	t           *testing.T
	path        string
	db          *store.DB
	handler     http.Handler
	defaultID   string
	hiddenPlace string // the dataset of the hidden event

	open, hidden *strings.Replacer // put the ids of records into a path
}

// records finds the ids of tags, categories and indicators, of what may be seen
// and of what is hidden.
func (w *isolated) records() (open, hidden *strings.Replacer) {
	w.t.Helper()
	ctx := context.Background()
	ids := map[string]string{}
	tags, err := w.db.Tags(ctx, "acc", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, t := range tags {
		ids["tag "+t.Value], ids["kind "+t.Value] = t.UUID, t.CategoryUUID
	}
	categories, err := w.db.Categories(ctx, "acc", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range categories {
		ids["category "+c.Name] = c.UUID
	}
	page, err := w.db.Indicators(ctx, "acc", store.IndicatorQuery{Datasets: []string{"all"}})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, in := range page.Indicators {
		ids["indicator "+in.Value] = in.UUID
	}
	of := func(tag, category, indicator string) *strings.Replacer {
		var pairs []string
		for place, key := range map[string]string{"{tag_uuid}": "tag " + tag, "{category_uuid}": "kind " + tag, "{category_id}": "category " + category, "{indicator_id}": "indicator " + indicator} {
			if ids[key] == "" {
				w.t.Fatalf("there is no %s among %v", key, ids)
			}
			pairs = append(pairs, place, ids[key])
		}
		return strings.NewReplacer(pairs...)
	}
	return of("open", "Phishing", "open.example"), of(canary, canary+" text", "zqcanary.example")
}

// tagIsolated makes a tag with a category of its own.
func tagIsolated(t *testing.T, db *store.DB, value, kind string) {
	t.Helper()
	k, err := db.SaveTagCategory(context.Background(), store.Actor{}, "acc", "", api.TagCategoryPatch{Name: &kind, Description: &kind})
	if err != nil {
		t.Fatal(err)
	}
	text := func(s string) json.RawMessage { return json.RawMessage(strconv.Quote(s)) }
	_, err = db.CreateTag(context.Background(), store.Actor{}, "acc", tag.Input{"value": text(value), "categoryUuid": text(k.UUID), "description": text(value + " is what"), "motive": text(value)})
	if err != nil {
		t.Fatal(err)
	}
}

// hiddenEvent says the canary in every text there is.
func hiddenEvent(tlp, dataset string) api.CreateEvent {
	e := api.CreateEvent{UUID: isolatedHidden, Date: "2024-03-02T10:00:00Z", Raw: api.RawInput{Data: json.RawMessage(`{"` + canary + `":"` + canary + `"}`), Source: canary, TLP: "green"}}
	for _, f := range api.EventFields() {
		switch {
		case f.Field == api.FieldUUID:
		case f.Create != nil && f.Kind != api.KindTime && f.Kind != api.KindTLP && f.Kind != api.KindCountry && f.Kind != api.KindID:
			*f.Create(&e) = canary + " text"
		case f.Items != nil && f.Kind == api.KindName:
			*f.Items(&e) = []string{canary}
		}
	}
	e.AttackerCountry, e.TargetCountry = "TV", "TV"
	e.Indicator, e.IndicatorType = "", ""
	e.Indicators = []api.IndicatorInput{{Value: "zqcanary.example", IndicatorType: "domain"}, {Value: "203.0.113.77", IndicatorType: canary}}
	e.MitreAttack = []string{"T1499"}
	e.TLP, e.DatasetID = tlp, dataset
	e.References = []string{isolatedOpen}
	e.Relationships = []api.RelationshipInput{{ParentID: isolatedOpen, RelationshipType: api.CausedBy}}
	return e
}

// buildIsolated makes the database file of what may be seen.
func buildIsolated(t *testing.T, path string) {
	t.Helper()
	ctx := context.Background()
	db, err := store.Open(ctx, path, store.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	plain := func(id string) api.CreateEvent {
		return api.CreateEvent{UUID: id, Date: "2024-03-01T10:00:00Z", Event: "an event", Category: "Phishing", Attacker: "KNOWN", TLP: "green", Tags: []string{"open"}, MitreAttack: []string{},
			Indicators: []api.IndicatorInput{{Value: "open.example", IndicatorType: "domain"}}, Raw: api.RawInput{Data: json.RawMessage(`{}`)}}
	}
	child := plain(isolatedChild)
	child.Relationships, child.References = []api.RelationshipInput{{ParentID: isolatedOpen, RelationshipType: api.RelatedTo}}, []string{isolatedOpen}
	tagIsolated(t, db, "open", "Actor")
	createIsolated(t, db, api.BulkCreate{Data: []api.CreateEvent{plain(isolatedOpen), child}})
	query, err := db.CreateSavedQuery(ctx, "acc", api.SavedQuery{Name: "everywhere", QueryJSON: `{"datasetId":["all"]}`})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.CreateAlert(ctx, "acc", api.Alert{QueryID: query.ID, Enabled: true, Frequency: "immediate", NotificationType: "ans"}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func createIsolated(t *testing.T, db *store.DB, b api.BulkCreate) {
	t.Helper()
	b.PreserveUUID = true
	if res, err := db.Create(context.Background(), store.Actor{}, "acc", b); err != nil || len(res.Errors) > 0 {
		t.Fatal(err, res.Errors)
	}
}

// hideIsolated adds what a limit hides, by an event's marking or its dataset.
func hideIsolated(t *testing.T, path, how string) {
	t.Helper()
	ctx := context.Background()
	db, err := store.Open(ctx, path, store.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	tlp, dataset := "red", ""
	if how == "dataset" {
		tlp, dataset = "green", isolatedSecret
		if _, err := db.CreateDataset(ctx, store.Actor{}, "acc", api.Dataset{UUID: isolatedSecret, Name: canary}); err != nil {
			t.Fatal(err)
		}
		if _, err := db.CreateSavedQuery(ctx, "acc", api.SavedQuery{Name: canary, QueryJSON: `{"datasetId":["` + isolatedSecret + `"]}`}); err != nil {
			t.Fatal(err)
		}
	}
	tagIsolated(t, db, canary, canary)
	createIsolated(t, db, api.BulkCreate{Data: []api.CreateEvent{hiddenEvent(tlp, dataset)}, Import: &api.ImportPart{ID: isolatedImport, Name: canary, Origins: []api.Origin{{ID: canary}}}})
	n, refused, err := db.Relate(ctx, store.Actor{Name: canary}, "acc", []store.Edge{{Parent: isolatedHidden, Child: isolatedChild, Type: api.AttributedTo}})
	if err != nil || n != 1 || len(refused) > 0 {
		t.Fatal(n, refused, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// fresh opens a copy of what was built.
func (w *isolated) fresh() {
	w.t.Helper()
	if w.db != nil {
		if err := w.db.Close(); err != nil {
			w.t.Fatal(err)
		}
	}
	text, err := os.ReadFile(w.path)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, old := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(w.path + ".copy" + old); err != nil && !os.IsNotExist(err) {
			w.t.Fatal(err)
		}
	}
	if err := os.WriteFile(w.path+".copy", text, 0o600); err != nil {
		w.t.Fatal(err)
	}
	if w.db, err = store.Open(w.t.Context(), w.path+".copy", store.Options{Now: now}); err != nil {
		w.t.Fatal(err)
	}
	if w.handler, err = New(w.db, Config{Now: now}); err != nil {
		w.t.Fatal(err)
	}
	list, err := w.db.Datasets(context.Background(), "acc")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, d := range list {
		if d.Name == api.DefaultDataset {
			w.defaultID = d.UUID
		}
	}
}

func openIsolated(t *testing.T, path, how string) *isolated {
	t.Helper()
	w := &isolated{t: t, path: path}
	t.Cleanup(func() {
		if err := w.db.Close(); err != nil {
			t.Error(err)
		}
	})
	w.fresh()
	if w.hiddenPlace = isolatedSecret; how == "tlp" {
		w.hiddenPlace = w.defaultID
	}
	return w
}

// ask asks an operation of what may be seen, or of what is hidden.
func (w *isolated) ask(g Grant, key string, is isolation, hidden bool) (int, string) {
	w.t.Helper()
	method, path, _ := strings.Cut(key, " ")
	id, dataset, raw, query, records := isolatedOpen, w.defaultID, "1", "1", w.open
	if hidden {
		records = w.hidden
		id, dataset, raw, query = isolatedHidden, w.hiddenPlace, "3", "2"
	}
	names := strings.NewReplacer("EVENT", id, "DATASET", dataset, "RAW", raw, isolatedDefault, w.defaultID)
	path = strings.NewReplacer("{event_id}", id, "{dataset_id}", dataset, "{raw_id}", raw, "{query_id}", query, "{alert_id}", "1", "{import_id}", isolatedImport).Replace(path)
	if records != nil {
		path = records.Replace(path)
	}
	if is.query != "" {
		path += "?" + names.Replace(is.query)
	}
	r := &limitedRig{t: w.t, handler: w.handler}
	return r.ask(g, method, path, names.Replace(is.body))
}

// dropped are the ids of what was just made, which two databases give
// differently: raw records are numbered.
var dropped = regexp.MustCompile(`"(cursor|createBulkEventsRequestId)":"[^"]*"|"uuid":"01[0-8a-f][^"]*"|"rawId":"[34]"`)

// taken is how long an answer took.
var taken = regexp.MustCompile(`"query_time_ms":[0-9.]+`)

func TestIsolationOfEveryOperation(t *testing.T) {
	table := isolations()
	for _, rt := range (&server{}).routes() {
		key := rt.method + " " + rt.pattern
		is, ok := table[key]
		if !ok {
			t.Errorf("%s has no entry in isolations: say who may ask it", key)
			continue
		}
		delete(table, key)
		if n := len(strings.Fields(is.statuses)); n != 7 {
			t.Fatalf("%s: %d statuses", key, n)
		}
	}
	for key := range table {
		t.Errorf("%s is no operation", key)
	}
	for how, limit := range map[string]*store.Limit{"tlp": {MaxTLP: api.TLPAmber}, "dataset": {Datasets: []string{api.DefaultDataset}}} {
		t.Run(how, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "part.db")
			buildIsolated(t, path)
			text, err := os.ReadFile(path)
			if err == nil {
				err = os.WriteFile(path+".whole", text, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			hideIsolated(t, path+".whole", how)
			whole, part := openIsolated(t, path+".whole", how), openIsolated(t, path, how)
			whole.open, whole.hidden = whole.records()
			part.open, part.hidden = whole.open, whole.hidden
			for key, is := range isolations() {
				isolate(t, whole, part, limit, key, is)
			}
		})
	}
}

// isolate asks one operation in every role. Under a limit, it answers as a
// server on which the rest isn't there, word for word.
func isolate(t *testing.T, whole, part *isolated, limit *store.Limit, key string, is isolation) {
	t.Helper()
	grants := []Grant{
		{Permission: PermRead}, {Permission: PermTriage}, {Permission: PermWrite},
		{Permission: PermRead, Limit: limit}, {Permission: PermTriage, Limit: limit}, {Permission: PermWrite, Limit: limit},
	}
	for i, want := range strings.Fields(is.statuses)[:len(grants)] {
		g := grants[i]
		status, text := whole.ask(g, key, is, false)
		if strconv.Itoa(status) != want {
			t.Errorf("%s, role %d: %d, want %s: %s", key, i, status, want, text)
		}
		if g.Limit == nil {
			whole.renew(key, status)
			continue
		}
		compareAnswers(t, key, "what may be seen", is, status, text, part, g, false)
		whole.renew(key, status)
		before := whole.hiddenNow()
		status, text = whole.ask(g, key, is, true)
		compareAnswers(t, key, "what is hidden", is, status, text, part, g, true)
		if after := whole.hiddenNow(); after != before {
			t.Errorf("%s, role %d, changed what is hidden:\n%s\n%s", key, i, before, after)
		}
		whole.renew(key, status)
	}
	foreign := isolation{is.query, is.body, ""}
	before := whole.hiddenNow()
	for _, hidden := range []bool{false, true} {
		status, text := whole.askAs("other", key, foreign, hidden)
		if want := strings.Fields(is.statuses)[6]; want != strconv.Itoa(status) || mentions(text, key, is) {
			t.Errorf("%s, another account: %d %s", key, status, text)
		}
	}
	if after := whole.hiddenNow(); after != before {
		t.Errorf("%s: another account changed it:\n%s\n%s", key, before, after)
	}
}

// mentions reports whether an answer says the canary that its question didn't.
func mentions(text, _ string, is isolation) bool {
	asked := strings.Contains(strings.ToLower(is.query+is.body), strings.ToLower(canary))
	return !asked && strings.Contains(strings.ToLower(text), strings.ToLower(canary))
}

func compareAnswers(t *testing.T, key, about string, is isolation, status int, text string, part *isolated, g Grant, hidden bool) {
	t.Helper()
	wanted, want := part.ask(g, key, is, hidden)
	part.renew(key, wanted)
	if mentions(text, key, is) {
		t.Errorf("%s of %s says what is hidden: %s", key, about, text)
	}
	got, want := taken.ReplaceAllString(text, ""), taken.ReplaceAllString(want, "")
	if strings.HasPrefix(key, "POST /events/create") { // ids that are new, of which no two are alike
		got, want = dropped.ReplaceAllString(got, ""), dropped.ReplaceAllString(want, "")
	}
	if status != wanted || got != want {
		t.Errorf("%s of %s tells a server with the hidden event from one without it:\n%d %s\n%d %s", key, about, status, unlike(got, want), wanted, unlike(want, got))
	}
}

// unlike is what a text has where it begins to differ from another.
func unlike(a, b string) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	return a[max(0, i-200):min(len(a), i+200)]
}

// renew begins anew after a change.
func (w *isolated) renew(key string, status int) {
	w.t.Helper()
	if status < 300 && !strings.HasPrefix(key, "GET ") && !slices.Contains([]string{"POST /events", "POST /events/explain", "POST /events/pointed", "POST /events/indicators/lookup", "POST /events/graphql", "POST /v2/events/graphql"}, key) {
		w.fresh()
	}
}

// askAs asks as an administrator of an account for this one's.
func (w *isolated) askAs(account, key string, is isolation, hidden bool) (int, string) {
	w.t.Helper()
	inner := w.handler
	defer func() { w.handler = inner }()
	w.handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		As(inner, Grant{Account: account, Name: "somebody", Permission: PermWrite}).ServeHTTP(rw, r)
	})
	return w.ask(Grant{Permission: PermWrite}, key, is, hidden)
}

// hiddenNow is the hidden event with its raw record and edges as they are now.
func (w *isolated) hiddenNow() string {
	w.t.Helper()
	ctx := context.Background()
	e, err := w.db.Event(ctx, "acc", "", isolatedHidden)
	if err != nil {
		return err.Error()
	}
	raw, err := w.db.Raw(ctx, "acc", "", isolatedHidden)
	parents, err2 := w.db.Parents(ctx, "acc", []string{isolatedHidden, isolatedChild})
	datasets, err3 := w.db.Datasets(ctx, "acc")
	below, err4 := w.db.Related(ctx, "acc", isolatedHidden, api.RelatedQuery{Direction: api.Descendants, MaxDepth: 3})
	text, err5 := json.Marshal([]any{e, raw, parents, len(datasets), below})
	return fmt.Sprint(string(text), err, err2, err3, err4, err5)
}

// TestLimitedImportLeavesHiddenAlone imports a newer version of a hidden event,
// which can't be told from any other event that is there, and hangs new ones
// under it.
func TestLimitedImportLeavesHiddenAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "whole.db")
	buildIsolated(t, path)
	hideIsolated(t, path, "tlp")
	w := openIsolated(t, path, "tlp")
	before := w.hiddenNow()
	newer := strings.Replace(newIsolated, `{"date"`, `{"uuid":"`+isolatedHidden+`","date"`, 1)
	under := strings.NewReplacer(`"parentId":"EVENT"`, `"parentIndex":0`, `{"date"`, `{"uuid":"0190a000-0000-7000-8000-0000000000cc","references":["`+isolatedHidden+`"],"date"`).Replace(newIsolated)
	body := `{"datasetId":"DATASET","preserveUuid":true,"import":{"id":"0190a000-0000-7000-8000-0000000000dd","name":"x","origins":[{"id":"` + canary + `","version":"9"},{"id":"y"}]},"data":[` + newer + "," + under + `]}`
	g := Grant{Permission: PermTriage, Limit: &store.Limit{MaxTLP: api.TLPAmber}}
	status, text := w.ask(g, "POST /events/create/bulk/relationships", isolation{body: body}, false)
	if after := w.hiddenNow(); after != before {
		t.Errorf("%d %s: changed\n%s\n%s", status, text, before, after)
	}
	if status != 200 || !strings.Contains(text, `"createdEventsCount":1`) || strings.Contains(text, canary) {
		t.Errorf("%d %s", status, text)
	}
}
