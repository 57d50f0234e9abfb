package sdktest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	cf "github.com/cloudflare/cloudflare-go/v7/cloudforce_one"
	"github.com/cloudflare/cloudflare-go/v7/option"
	"github.com/cloudflare/cloudflare-go/v7/shared"

	"threatbench/api/server"
	"threatbench/api/store"
)

const (
	account = "0123456789abcdef0123456789abcdef"
	token   = "sdk-token-0123456789abcdef"
)

// with fills the named fields of a parameter type of the SDK: name, value,
// name, value. It works by reflection because the type that wraps each value
// has a name in the SDK's root package alone, which takes minutes to compile.
func with[P any](nameValue ...any) P {
	var p P
	v := reflect.ValueOf(&p).Elem()
	for i := 0; i < len(nameValue); i += 2 {
		f := v.FieldByName(nameValue[i].(string))
		f.FieldByName("Value").Set(reflect.ValueOf(nameValue[i+1]).Convert(f.FieldByName("Value").Type()))
		f.FieldByName("Present").SetBool(true)
	}
	return p
}

// sdk is the SDK pointed at a bare server of ours over an empty database.
func sdk(t *testing.T) *cf.ThreatEventService {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "events.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	h, err := server.New(db, server.Config{ResponseStyle: server.Bare, Tokens: server.OneToken(token, account, server.PermWrite)})
	if err != nil {
		t.Fatal(err)
	}
	return cf.NewThreatEventService(
		option.WithBaseURL("http://local"+server.BasePath+"/"),
		option.WithAPIToken(token),
		option.WithMaxRetries(0),
		option.WithHTTPClient(&http.Client{Transport: server.Mount(h)}),
	)
}

// ours are fields that our server adds to the published ones.
func ours() []string { return []string{"createdAt"} }

// exact checks an answer against the SDK's types: every required field is
// there and of its type, and no field is unknown to it.
func exact(t *testing.T, at string, v any) {
	t.Helper()
	walk(t, at, reflect.ValueOf(v))
}

func walk(t *testing.T, at string, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			walk(t, at, v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			walk(t, fmt.Sprintf("%s[%d]", at, i), v.Index(i))
		}
	case reflect.Struct:
		walkStruct(t, at, v)
	}
}

// state is what the SDK knows of each field it read.
type state interface {
	IsMissing() bool
	IsNull() bool
	IsInvalid() bool
}

func walkStruct(t *testing.T, at string, v reflect.Value) {
	t.Helper()
	meta := v.FieldByName("JSON")
	if !meta.IsValid() {
		return
	}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Name == "JSON" || f.Name == "ExtraFields" {
			continue
		}
		name := at + "." + f.Name
		s, ok := meta.FieldByName(f.Name).Interface().(state)
		if !ok {
			t.Fatalf("%s: the SDK keeps its state elsewhere", name)
		}
		tag := f.Tag.Get("api")
		if tag == "required" && (s.IsMissing() || s.IsNull()) {
			t.Errorf("%s is required and not there", name)
		}
		if s.IsInvalid() {
			t.Errorf("%s has a wrong type", name)
		}
		walk(t, name, v.Field(i))
	}
	extra := meta.FieldByName("ExtraFields")
	if own := v.FieldByName("ExtraFields"); own.IsValid() || !extra.IsValid() {
		return // the answer's own fields are open
	}
	for _, key := range extra.MapKeys() {
		if !slices.Contains(ours(), key.String()) && !newer(at, key.String()) {
			t.Errorf("%s.%s is unknown to the SDK", at, key)
		}
	}
}

// newer reports whether the contract has a field that this version of the SDK
// doesn't know yet.
func newer(at, field string) bool {
	isTag := at == "tag" || strings.HasPrefix(at, "tags.Tags[")
	return isTag && slices.Contains([]string{"version", "updatedAt"}, field)
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func when() time.Time { return time.Date(2024, 5, 1, 10, 0, 0, 0, time.UTC) }

// newEvent makes an event with every parameter the SDK has.
func newEvent(t *testing.T, s *cf.ThreatEventService, text string) *cf.ThreatEventNewResponse {
	t.Helper()
	e := must(s.New(t.Context(), with[cf.ThreatEventNewParams](
		"PathAccountID", account, "Category", "Phishing", "Date", when(), "Event", text, "TLP", "amber",
		"Raw", with[cf.ThreatEventNewParamsRaw]("Data", map[string]any{"a": 1.0}, "Source", "mail", "TLP", "red"),
		"Attacker", "DARKHALO", "AttackerCountry", "FR", "TargetCountry", "DE", "TargetIndustry", "Finance",
		"Indicator", "login.example", "IndicatorType", "domain", "Insight", "**why**", "Tags", []string{"phish", "bank"},
	)))(t)
	exact(t, "created", e)
	return e
}

func TestSDKCreateAndRead(t *testing.T) {
	s := sdk(t)
	e := newEvent(t, s, "made by the SDK")
	got := must(s.Get(t.Context(), e.UUID, with[cf.ThreatEventGetParams]("AccountID", account)))(t) //nolint:staticcheck // deprecated, and served
	exact(t, "read", got)
	if got.Event != "made by the SDK" || got.Attacker != "DARKHALO" || got.TargetCountryAlpha3 != "DEU" {
		t.Errorf("got %s", got.JSON.RawJSON())
	}
	inSet := must(s.Datasets.Events.Get(t.Context(), e.DatasetID, e.UUID, with[cf.ThreatEventDatasetEventGetParams]("AccountID", account)))(t)
	exact(t, "read in dataset", inSet)
	_, err := s.Get(t.Context(), "00000000-0000-0000-0000-000000000000", with[cf.ThreatEventGetParams]("AccountID", account)) //nolint:staticcheck // as above
	if err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("an unknown event gave %v", err)
	}
}

func bulkData(text, tlp string) cf.ThreatEventBulkNewParamsData {
	return with[cf.ThreatEventBulkNewParamsData](
		"Category", "Scan", "Date", when(), "Event", text, "TLP", tlp,
		"Raw", with[cf.ThreatEventBulkNewParamsDataRaw]("Data", map[string]any{}),
	)
}

func TestSDKBulk(t *testing.T) {
	s := sdk(t)
	e := newEvent(t, s, "first")
	res := must(s.BulkNew(t.Context(), with[cf.ThreatEventBulkNewParams](
		"AccountID", account, "DatasetID", e.DatasetID, "IncludeCreatedEvents", true,
		"Data", []cf.ThreatEventBulkNewParamsData{bulkData("second", "green"), bulkData("third", "purple")},
	)))(t)
	exact(t, "bulk", res)
	if res.CreatedEventsCount != 1 || res.ErrorCount != 1 || len(res.CreatedEvents) != 1 || len(res.Errors) != 1 {
		t.Errorf("got %s", res.JSON.RawJSON())
	}
	rel := must(s.BulkNewRelationships(t.Context(), with[cf.ThreatEventBulkNewRelationshipsParams]( //nolint:staticcheck // deprecated, and served
		"AccountID", account, "DatasetID", e.DatasetID,
		"Data", []cf.ThreatEventBulkNewRelationshipsParamsData{with[cf.ThreatEventBulkNewRelationshipsParamsData](
			"Category", "Scan", "Date", when(), "Event", "fourth", "TLP", "green",
			"Raw", with[cf.ThreatEventBulkNewRelationshipsParamsDataRaw]("Data", map[string]any{}),
		)},
	)))(t)
	exact(t, "bulk with relationships", rel)
}

// TestSDKList sends filters the way the SDK encodes them: dotted and repeated.
func TestSDKList(t *testing.T) {
	s := sdk(t)
	first := newEvent(t, s, "one login page")
	newEvent(t, s, "another thing")
	search := func(name, op string, value any) cf.ThreatEventListParamsSearch {
		return with[cf.ThreatEventListParamsSearch]("Field", name, "Op", op, "Value", value)
	}
	list := must(s.List(t.Context(), with[cf.ThreatEventListParams](
		"AccountID", account, "Page", 1.0, "PageSize", 10.0, "Order", "asc", "OrderBy", "event",
		"DatasetID", []string{first.DatasetID}, "ForceRefresh", true, "Cache", "from-graph",
		"Search", []cf.ThreatEventListParamsSearch{
			search("event", "contains", shared.UnionString("LOGIN")),
			search("tags", "in", cf.ThreatEventListParamsSearchValueArray{shared.UnionString("phish"), shared.UnionString("none")}),
			search("tlp", "equals", shared.UnionString("amber")),
		},
	)))(t)
	exact(t, "list", list)
	if len(*list) != 1 || (*list)[0].UUID != first.UUID {
		t.Errorf("got %d events", len(*list))
	}
}

func TestSDKAggregate(t *testing.T) {
	s := sdk(t)
	newEvent(t, s, "x")
	res := must(s.Aggregate.List(t.Context(), with[cf.ThreatEventAggregateListParams](
		"AccountID", account, "AggregateBy", "attacker,tlp", "GroupByDate", true, "Limit", 5.0, "StartDate", "2024-01-01", "EndDate", "2024-12-31",
	)))(t)
	exact(t, "aggregate", res)
	if len(res.Aggregations) != 1 || res.Aggregations[0].Date != "2024-05-01" || res.Total != 1 {
		t.Errorf("got %s", res.JSON.RawJSON())
	}
}

func TestSDKRaw(t *testing.T) {
	s := sdk(t)
	e := newEvent(t, s, "x")
	older := must(s.Raw.Get(t.Context(), e.UUID, e.RawID, with[cf.ThreatEventRawGetParams]("AccountID", account)))(t)
	exact(t, "raw by id", older)
	if _, ok := older.Data.(map[string]any); !ok || older.Source != "mail" {
		t.Errorf("got %s", older.JSON.RawJSON())
	}
}

func TestSDKDatasets(t *testing.T) {
	s := sdk(t)
	made := must(s.Datasets.New(t.Context(), with[cf.ThreatEventDatasetNewParams]("AccountID", account, "Name", "Ours", "IsPublic", true)))(t)
	exact(t, "dataset", made)
	got := must(s.Datasets.Get(t.Context(), made.UUID, with[cf.ThreatEventDatasetGetParams]("AccountID", account)))(t)
	exact(t, "dataset read", got)
	changed := must(s.Datasets.Edit(t.Context(), made.UUID, with[cf.ThreatEventDatasetEditParams]("AccountID", account, "Name", "Theirs", "IsPublic", false)))(t)
	exact(t, "dataset changed", changed)
	if changed.Name != "Theirs" || changed.IsPublic {
		t.Errorf("got %s", changed.JSON.RawJSON())
	}
	list := must(s.Datasets.List(t.Context(), with[cf.ThreatEventDatasetListParams]("AccountID", account)))(t)
	exact(t, "datasets", list)
	if len(*list) != 2 {
		t.Errorf("got %d", len(*list))
	}
}

func TestSDKCatalogues(t *testing.T) {
	s := sdk(t)
	newEvent(t, s, "x")
	exact(t, "categories", must(s.Categories.List(t.Context(), with[cf.ThreatEventCategoryListParams]("AccountID", account)))(t))
	countries := must(s.Countries.List(t.Context(), with[cf.ThreatEventCountryListParams]("AccountID", account)))(t)
	exact(t, "countries", countries)
	if len(*countries) != 1 || len((*countries)[0].Result) < 240 {
		t.Error("no countries")
	}
	tag := must(s.Tags.New(t.Context(), with[cf.ThreatEventTagNewParams]("AccountID", account, "Value", "new")))(t)
	exact(t, "tag", tag)
	tags := must(s.Tags.List(t.Context(), with[cf.ThreatEventTagListParams]("AccountID", account)))(t)
	exact(t, "tags", tags)
	if len(tags.Tags) != 3 {
		t.Errorf("got %s", tags.JSON.RawJSON())
	}
}

// TestSDKNames reads the catalogues of names. The SDK's own types of these
// three describe a schema ({type, items}) where the platform answers names, so
// the answer is read past them.
func TestSDKNames(t *testing.T) {
	s := sdk(t)
	newEvent(t, s, "x")
	for name, call := range map[string]func(ctx context.Context, into option.RequestOption) error{
		"DARKHALO": func(ctx context.Context, into option.RequestOption) error {
			_, err := s.Attackers.List(ctx, with[cf.ThreatEventAttackerListParams]("AccountID", account, "DatasetIDs", []string{"all"}), into)
			return err
		},
		"domain": func(ctx context.Context, into option.RequestOption) error {
			_, err := s.Indicators.Types.List(ctx, with[cf.ThreatEventIndicatorTypeListParams]("AccountID", account), into)
			return err
		},
		"Finance": func(ctx context.Context, into option.RequestOption) error {
			_, err := s.TargetIndustries.List(ctx, with[cf.ThreatEventTargetIndustryListParams]("AccountID", account), into)
			return err
		},
	} {
		var body []byte
		if err := call(t.Context(), option.WithResponseBodyInto(&body)); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var names []string
		if err := json.Unmarshal(body, &names); err != nil || !slices.Contains(names, name) {
			t.Errorf("%s: got %s, %v", name, body, err)
		}
	}
}

func TestSDKGraphQL(t *testing.T) {
	s := sdk(t)
	newEvent(t, s, "x")
	res := must(s.Graphql.New(t.Context(), with[cf.ThreatEventGraphqlNewParams]("AccountID", account), option.WithRequestBody("application/json", []byte(`{"query":"{ events { total } }"}`))))(t)
	exact(t, "GraphQL", res)
	if got := fmt.Sprint(res.Data); got != "map[events:map[total:1]]" {
		t.Errorf("got %s", got)
	}
}

func TestSDKGraphAndRelationships(t *testing.T) {
	s := sdk(t)
	parent := newEvent(t, s, "parent")
	// The SDK has no method that relates events; the deprecated bulk create does.
	body := fmt.Sprintf(`{"datasetId":%q,"data":[{"category":"Scan","date":"2024-05-01","event":"child","tlp":"green","tags":["phish"],"raw":{"data":{}},
		"relationships":[{"parentId":%q,"relationshipType":"caused_by"}]}]}`, parent.DatasetID, parent.UUID)
	must(s.BulkNewRelationships(t.Context(), with[cf.ThreatEventBulkNewRelationshipsParams]("AccountID", account), //nolint:staticcheck // deprecated, and served
		option.WithRequestBody("application/json", []byte(body))))(t)
	list := must(s.Relationships.List(t.Context(), parent.UUID, with[cf.ThreatEventRelationshipListParams](
		"AccountID", account, "DatasetID", parent.DatasetID, "Direction", "descendants",
		"IncludeParent", true, "MaxDepth", 3.0, "Page", 1.0, "PageSize", 10.0,
	)))(t)
	exact(t, "related events", list)
	if len(*list) != 2 || (*list)[1].Event != "child" {
		t.Fatalf("got %d events", len(*list))
	}
	g := must(s.Graph.List(t.Context(), with[cf.ThreatEventGraphListParams](
		"AccountID", account, "Seeds", []string{"event:" + parent.UUID, "event:" + (*list)[1].UUID}, "Direction", "both", "Limit", 50.0, "MaxNodes", 100.0,
		"Expand", []string{"nodes"}, "RelationshipTypes", []string{"caused_by", "tagged_with"}, "DatasetIDs", []string{parent.DatasetID},
	)))(t)
	exact(t, "graph", g)
	if len(g.Edges) != 4 || len(g.Nodes) != 4 {
		t.Errorf("got %s", g.JSON.RawJSON())
	}
}

// TestSDKQueries uses every method the SDK has for saved queries.
func TestSDKQueries(t *testing.T) {
	s := sdk(t)
	made := must(s.Queries.New(t.Context(), with[cf.ThreatEventQueryNewParams](
		"AccountID", account, "Name", "ours", "QueryJson", `{"search":[{"field":"tlp","op":"equals","value":"red"}]}`,
		"AlertEnabled", true, "AlertRollupEnabled", false, "RuleEnabled", false, "RuleScope", "account",
	)))(t)
	exact(t, "query", made)
	got := must(s.Queries.Get(t.Context(), made.ID, with[cf.ThreatEventQueryGetParams]("AccountID", account)))(t)
	exact(t, "query read", got)
	changed := must(s.Queries.Edit(t.Context(), made.ID, with[cf.ThreatEventQueryEditParams]("AccountID", account, "Name", "theirs", "AlertEnabled", false)))(t)
	exact(t, "query changed", changed)
	if changed.Name != "theirs" || changed.AlertEnabled || changed.RuleScope != "account" {
		t.Errorf("got %s", changed.JSON.RawJSON())
	}
	list := must(s.Queries.List(t.Context(), with[cf.ThreatEventQueryListParams]("AccountID", account)))(t)
	exact(t, "queries", list)
	if len(*list) != 1 {
		t.Errorf("got %d", len(*list))
	}
	if err := s.Queries.Delete(t.Context(), made.ID, with[cf.ThreatEventQueryDeleteParams]("AccountID", account)); err != nil {
		t.Error(err)
	}
	if _, err := s.Queries.Get(t.Context(), made.ID, with[cf.ThreatEventQueryGetParams]("AccountID", account)); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("a deleted query gave %v", err)
	}
}

func TestSDKEdit(t *testing.T) {
	s := sdk(t)
	e := newEvent(t, s, "before")
	got := must(s.Edit(t.Context(), e.UUID, with[cf.ThreatEventEditParams](
		"AccountID", account, "DatasetID", e.DatasetID, "Event", "after", "Attacker", "OMEGA", "AttackerCountry", "PL", "Category", "Scan",
		"CreatedAt", when(), "Date", when().Add(time.Hour), "Indicator", "other.example", "IndicatorType", "url", "Insight", "why",
		"TargetCountry", "FR", "TargetIndustry", "Energy", "TLP", "green",
		"Raw", with[cf.ThreatEventEditParamsRaw]("Data", map[string]any{"b": 2.0}, "Source", "desk", "TLP", "amber"),
	)))(t)
	exact(t, "edited", got)
	if got.UUID != e.UUID || got.Event != "after" || got.AttackerCountryAlpha3 != "POL" || got.TLP != "green" {
		t.Errorf("got %s", got.JSON.RawJSON())
	}
	raw := must(s.Raw.Get(t.Context(), e.UUID, e.RawID, with[cf.ThreatEventRawGetParams]("AccountID", account)))(t)
	if raw.Source != "desk" || raw.TLP != "amber" {
		t.Errorf("got %s", raw.JSON.RawJSON())
	}
}

func TestSDKRawEdit(t *testing.T) {
	s := sdk(t)
	e := newEvent(t, s, "x")
	got := must(s.Raw.Edit(t.Context(), e.UUID, e.RawID, with[cf.ThreatEventRawEditParams](
		"AccountID", account, "Source", "desk", "TLP", "green"), option.WithJSONSet("data", map[string]any{"b": 2.0})))(t)
	exact(t, "raw edited", got)
	if data, ok := got.Data.(map[string]any); !ok || data["b"] != 2.0 || got.ID != e.RawID {
		t.Errorf("got %s", got.JSON.RawJSON())
	}
}

// TestSDKEventTags gives the two removals their body by an option, since the
// SDK's methods have no parameter for what to remove.
func TestSDKEventTags(t *testing.T) {
	s := sdk(t)
	e := newEvent(t, s, "x")
	added := must(s.EventTags.New(t.Context(), e.UUID, with[cf.ThreatEventEventTagNewParams]("AccountID", account, "Tags", []string{"new"})))(t)
	exact(t, "tags added", added)
	removed := must(s.EventTags.Delete(t.Context(), e.UUID, with[cf.ThreatEventEventTagDeleteParams]("AccountID", account),
		option.WithRequestBody("application/json", []byte(`{"tags":["bank"]}`))))(t)
	exact(t, "tags removed", removed)
	got := must(s.Datasets.Events.Get(t.Context(), e.DatasetID, e.UUID, with[cf.ThreatEventDatasetEventGetParams]("AccountID", account)))(t)
	if !added.Success || !removed.Success || !slices.Equal(got.Tags, []string{"phish", "new"}) {
		t.Errorf("got %v", got.Tags)
	}
}

func TestSDKRelateDelete(t *testing.T) {
	s := sdk(t)
	a, b := newEvent(t, s, "a"), newEvent(t, s, "b")
	removed := must(s.Relate.Delete(t.Context(), a.UUID, with[cf.ThreatEventRelateDeleteParams]("AccountID", account),
		option.WithRequestBody("application/json", []byte(`{"events":["`+b.UUID+`"]}`))))(t)
	exact(t, "references removed", removed)
	if !removed.Success {
		t.Error("no success")
	}
}
