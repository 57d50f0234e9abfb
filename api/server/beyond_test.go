package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"threatbench/api"
	"threatbench/api/store"
)

// beyond is a rig with three events in two datasets, and the names under which
// the rows below write what only the server knows.
type beyond struct {
	*rig
	names map[string]string // UUID to name
}

func newBeyond(t *testing.T, c Config) *beyond {
	b := &beyond{newRig(t, c), map[string]string{}}
	second := send[api.Dataset](b.rig, "POST", "/events/dataset/create", `{"name":"Second","isPublic":false}`)
	one := newRow(t, b.rig, `"indicator":"one.example","indicatorType":"domain","tags":["Alpha","beta"],"targetIndustry":"Energy",
		"indicators":[{"value":"one.example","indicatorType":"domain"},{"value":"198.51.100.7","indicatorType":"ipv4"}],
		"source":{"system":"threat-signals","resourceType":"article","resourceId":"a-1","title":null}`)
	two := newRow(t, b.rig, `"date":"2024-05-02T10:00:00Z","indicator":"ONE.example","indicatorType":"domain","tags":["alpha"],"tlp":"red"`)
	three := newRow(t, b.rig, fmt.Sprintf(`"indicator":"one.example","indicatorType":"domain","tags":["gamma"],"tlp":"green","targetIndustry":"Banks","datasetId":%q`, second.UUID))
	b.names[second.UUID], b.names[one.DatasetID] = "SECOND", "FIRST"
	b.names[one.UUID], b.names[two.UUID], b.names[three.UUID] = "ONE", "TWO", "THREE"
	for _, tag := range read[struct{ Tags []api.Tag }](b.rig, "/events/tags").Tags {
		b.names[tag.UUID] = strings.ToUpper(tag.Value)
	}
	for _, cat := range read[[]api.Category](b.rig, "/events/categories") {
		b.names[cat.UUID] = strings.ToUpper(cat.Name)
	}
	for _, in := range read[struct{ Indicators []api.Indicator }](b.rig, "/events/indicators?datasetIds=all").Indicators {
		b.names[in.UUID] = map[string]string{"domain": "DOMAIN", "ipv4": "ADDRESS"}[in.IndicatorType]
	}
	return b
}

// expand writes ids in place of their names in braces.
func (b *beyond) expand(s string) string {
	for id, name := range b.names {
		s = strings.ReplaceAll(s, "{"+name+"}", id)
	}
	return s
}

// told is an answer's result with names in place of ids.
func (b *beyond) told(rep reply) string {
	b.t.Helper()
	var v any
	if _, err := api.Decode(rep.body, &v); err != nil {
		return string(rep.body)
	}
	out, err := json.Marshal(v)
	if err != nil {
		b.t.Fatal(err)
	}
	text := string(out)
	for id, name := range b.names {
		text = strings.ReplaceAll(text, id, "{"+name+"}")
	}
	return text
}

// learn gives the id of an answer a name.
func (b *beyond) learn(rep reply, name string) {
	var v struct {
		UUID string `json:"uuid"`
	}
	if _, err := api.Decode(rep.body, &v); err == nil && v.UUID != "" {
		b.names[v.UUID] = name
	}
}

// step is one row of the contract asked: what is sent, and what must come. A
// want that begins with a digit is a refusal: its status, and words of its
// message, parted by |.
type step struct {
	method, path, body string
	want               string
	name               string // of the answer's uuid from now on
}

func (b *beyond) walk(steps []step) {
	b.t.Helper()
	for i, s := range steps {
		rep := b.do(s.method, b.expand(s.path), b.expand(s.body))
		what := fmt.Sprintf("%d. %s %s %s", i+1, s.method, s.path, s.body)
		if s.name != "" {
			b.learn(rep, s.name)
		}
		if s.want != "" && s.want[0] >= '0' && s.want[0] <= '9' {
			words := strings.Split(s.want, "|")
			status := 0
			if _, err := fmt.Sscan(words[0], &status); err != nil {
				b.t.Fatal(err)
			}
			if rep.status != status {
				b.t.Errorf("%s: got %d, want %d: %s", what, rep.status, status, rep.body)
				continue
			}
			for _, w := range words[1:] {
				rep.refusedWith(status, b.expand(w))
			}
			continue
		}
		if rep.status != http.StatusOK {
			b.t.Errorf("%s: %d %s", what, rep.status, rep.body)
			continue
		}
		var tight bytes.Buffer
		if err := json.Compact(&tight, []byte(s.want)); err != nil {
			b.t.Fatalf("%s: %v", what, err)
		}
		var want any
		if err := json.Unmarshal(tight.Bytes(), &want); err != nil {
			b.t.Fatal(err)
		}
		sorted, err := json.Marshal(want)
		if err != nil {
			b.t.Fatal(err)
		}
		if got := b.told(rep); got != string(sorted) {
			b.t.Errorf("%s:\n got %s\nwant %s", what, got, sorted)
		}
	}
}

// missing is an id that nothing has.
const missing = "0190a000-0000-7000-8000-00000000dead"

// TestBeyondRows asks every row of the rest of today's public API, in both
// styles: path, parameters, shape of the answer and message of the refusal.
func TestBeyondRows(t *testing.T) {
	const scan = `{"uuid":"{SCAN}","name":"Scan","killChain":0}`
	const made = `"createdAt":"2024-06-01T12:00:00Z","updatedAt":"2024-06-01T12:00:00Z"`
	const domain = `{"uuid":"{DOMAIN}","indicatorType":"domain","value":"one.example",` + made + `,"datasetId":"{FIRST}",
		"relatedEvents":[{"datasetId":"{FIRST}","eventId":"{TWO}","eventDate":"2024-05-02T10:00:00Z"},{"datasetId":"{FIRST}","eventId":"{ONE}","eventDate":"2024-05-01T10:00:00Z"}],
		"relatedEventsHasMore":false,"tags":[{"uuid":"{ALPHA}","value":"Alpha","categoryId":null},{"uuid":"{BETA}","value":"beta","categoryId":null}],"tlp":"RED"`
	const sources = `"sources":[{"system":"threat-signals","resourceType":"article","resourceId":"a-1","title":null}]`
	const address = `{"uuid":"{ADDRESS}","indicatorType":"ipv4","value":"198.51.100.7",` + made + `,"datasetId":"{FIRST}",
		"relatedEvents":[{"datasetId":"{FIRST}","eventId":"{ONE}","eventDate":"2024-05-01T10:00:00Z"}],
		"relatedEventsHasMore":false,"tags":[{"uuid":"{ALPHA}","value":"Alpha","categoryId":null},{"uuid":"{BETA}","value":"beta","categoryId":null}],"tlp":"AMBER"`
	const whole = `"completeness":{"complete":true,"failedDatasets":[],"failedShards":[],"warnings":[]}`
	pages := func(count, perPage int, more bool, total string) string {
		return fmt.Sprintf(`"pagination":{"count":%d,"page":1,"per_page":%d,"has_more":%v,"cursor":null,"total_count":%s,"total_count_is_exact":%v}`, count, perPage, more, total, total != "null")
	}
	rows := map[string][]step{
		"categories": {
			{"GET", "/events/categories/catalog", "", `[` + scan + `]`, ""},
			{"POST", "/events/categories/create", `{"name":" Lure ","killChain":3,"mitreAttack":["T1566"],"mitreCapec":["CAPEC-163"],"shortname":"lure"}`,
				`{"uuid":"{LURE}","name":"Lure","killChain":3,"mitreAttack":["T1566"],"mitreCapec":["CAPEC-163"],"shortname":"lure"}`, "LURE"},
			{"POST", "/events/categories/create", `{"name":"LURE","killChain":1}`, `409|name|"LURE"`, ""},
			{"POST", "/events/categories/create", `{"killChain":1}`, `400|name`, ""},
			{"POST", "/events/categories/create", `{"name":"x"}`, `400|killChain`, ""},
			{"POST", "/events/categories/create", `{"name":"x","killChain":8}`, `400|killChain|0..7|8`, ""},
			{"POST", "/events/categories/create", `{"name":"x","killChain":-1}`, `400|killChain|0..7|-1`, ""},
			{"POST", "/events/categories/create", `{"name":5,"killChain":1}`, `400|name|a string|number`, ""},
			{"GET", "/events/event-categories/by-id/{LURE}", "", `{"uuid":"{LURE}","name":"Lure","killChain":3,"mitreAttack":["T1566"],"mitreCapec":["CAPEC-163"],"shortname":"lure"}`, ""},
			{"GET", "/events/categories/{LURE}", "", `{"uuid":"{LURE}","name":"Lure","killChain":3,"mitreAttack":["T1566"],"mitreCapec":["CAPEC-163"],"shortname":"lure"}`, ""},
			{"GET", "/events/categories/" + missing, "", `404|category|` + missing, ""},
			{"GET", "/events/event-categories/by-id/x", "", `404|category|"x"`, ""},
			{"PATCH", "/events/event-categories/by-id/{LURE}", `{"killChain":4,"mitreAttack":[]}`, `{"uuid":"{LURE}","name":"Lure","killChain":4,"mitreCapec":["CAPEC-163"],"shortname":"lure"}`, ""},
			{"POST", "/events/categories/{LURE}", `{"name":"Bait"}`, `{"uuid":"{LURE}","name":"Bait","killChain":4,"mitreCapec":["CAPEC-163"],"shortname":"lure"}`, ""},
			{"PATCH", "/events/categories/{LURE}", `{"name":"scan"}`, `409|name|"scan"`, ""},
			{"PATCH", "/events/categories/{LURE}", `{"killChain":9}`, `400|killChain|9`, ""},
			{"PATCH", "/events/categories/" + missing, `{}`, `404|category`, ""},
			{"DELETE", "/events/event-categories/by-id/{SCAN}", "", `{"uuid":"{SCAN}"}`, ""},
			{"DELETE", "/events/categories/{SCAN}", "", `404|category`, ""},
			{"GET", "/events/categories", "", `[{"uuid":"{LURE}","name":"Bait","killChain":4,"mitreCapec":["CAPEC-163"],"shortname":"lure"}]`, ""},
			{"GET", "/events/aggregate?aggregateBy=category&datasetId={FIRST}", "", `{"aggregateBy":"category","aggregations":[{"category":"Scan","count":2}],"total":2}`, ""},
		},
		"indicators": {
			{"GET", "/events/indicators?datasetIds={FIRST}&name=one.", "", `{"indicators":[` + domain + `,` + sources + `}],` + pages(1, 100, false, "null") + `,` + whole + `}`, ""},
			{"GET", "/events/indicators?indicatorType=IPv4&includeTotalCount=true&pageSize=1&cache=from-graph", "", `{"indicators":[` + address + `,` + sources + `}],` + pages(1, 1, false, "1") + `,` + whole + `}`, ""},
			{"GET", "/events/indicators?relatedEventsLimit=0&includeTags=false&datasetIds={SECOND}", "", `{"indicators":[{"uuid":"{DOMAIN}","indicatorType":"domain","value":"one.example",` + made + `,"sources":[],"datasetId":"{SECOND}","relatedEvents":[],"relatedEventsHasMore":true,"tlp":"GREEN"}],` + pages(1, 100, false, "null") + `,` + whole + `}`, ""},
			{"GET", `/events/indicators?search=[{"field":"value","op":"endsWith","value":".7"}]`, "", `{"indicators":[` + address + `,` + sources + `}],` + pages(1, 100, false, "null") + `,` + whole + `}`, ""},
			{"GET", `/events/indicators?search.field=uuid&search.op=equals&search.value={ADDRESS}`, "", `{"indicators":[` + address + `,` + sources + `}],` + pages(1, 100, false, "null") + `,` + whole + `}`, ""},
			{"GET", `/events/indicators?search=[{"field":"colour","op":"equals","value":"x"}]`, "", `400|search[0].field|value indicatorType uuid|colour`, ""},
			{"GET", `/events/indicators?search=[{"field":"value","op":"resembles","value":"x"}]`, "", `400|search[0].op|resembles`, ""},
			{"GET", "/events/indicators?relatedEvents={TWO}&tags=ALPHA&createdAfter=2024-06-01T12:00:00Z&createdBefore=2024-06-01T12:00:00Z", "", `{"indicators":[` + domain + `,` + sources + `}],` + pages(1, 100, false, "null") + `,` + whole + `}`, ""},
			{"GET", "/events/indicators?tags={BETA}&name=198&relatedEventsLimit=-1", "", `{"indicators":[` + address + `,` + sources + `}],` + pages(1, 100, false, "null") + `,` + whole + `}`, ""},
			{"GET", `/events/indicators?tagSearch=[{"field":"value","op":"equals","value":"gamma"}]`, "", `{"indicators":[],` + pages(0, 100, false, "null") + `,` + whole + `}`, ""},
			{"GET", `/events/indicators?tagSearch=[{"field":"uuid","op":"equals","value":"gamma"}]`, "", `400|tagSearch[0].field|actorCategory|uuid`, ""},
			{"GET", "/events/indicators?createdAfter=2024-06-01T12:00:00.001Z", "", `{"indicators":[],` + pages(0, 100, false, "null") + `,` + whole + `}`, ""},
			{"GET", "/events/indicators?createdAfter=soon", "", `400|createdAfter|2024-01-31T12:00:00Z|soon`, ""},
			{"GET", "/events/indicators?relatedEventsLimit=-2", "", `400|relatedEventsLimit|-2`, ""},
			{"GET", "/events/indicators?pageSize=25001", "", `400|pageSize|25001`, ""},
			{"GET", "/events/indicators?format=xml", "", `400|format|stix2|xml`, ""},
			{"GET", "/events/indicators?datasetIds=" + missing, "", `404|dataset|` + missing, ""},
			{"GET", "/events/indicators?cursor=abc", "", `400|InvalidCursorError|abc`, ""},
			{"GET", "/events/indicators?cursor=abc&name=x", "", `400|CursorFilterConflictError|name`, ""},
			{"GET", "/events/indicators?cursor=abc&includeTotalCount=true", "", `400|CursorFilterConflictError|includeTotalCount`, ""},
			{"GET", "/events/indicators?cursor=abc&includeTotalCount=false", "", `400|InvalidCursorError`, ""},
			{"GET", "/events/dataset/{FIRST}/indicators?indicatorType=domain&page=1&pageSize=5", "", `{"indicators":[` + domain + `,` + sources + `}],"pagination":{"page":1,"pageSize":5,"totalCount":1,"totalPages":1}}`, ""},
			{"GET", "/events/dataset/{FIRST}/indicators?relatedEvent={TWO}", "", `{"indicators":[` + domain + `,` + sources + `}],"pagination":{"page":1,"pageSize":100,"totalCount":1,"totalPages":1}}`, ""},
			{"GET", "/events/dataset/" + missing + "/indicators", "", `404|dataset`, ""},
			{"GET", "/events/dataset/all/indicators", "", `404|dataset|all`, ""},
			{"GET", "/events/dataset/{FIRST}/indicators/{DOMAIN}", "", domain + `}`, ""},
			{"GET", "/events/dataset/{FIRST}/indicators/{ADDRESS}", "", address + `}`, ""},
			{"GET", "/events/dataset/{SECOND}/indicators/{ADDRESS}", "", `404|indicator|{ADDRESS}`, ""},
			{"GET", "/events/dataset/{FIRST}/indicators/create", "", `404|indicator|create`, ""},
			{"GET", "/events/dataset/{FIRST}/indicators/tags", "", `[{"uuid":"{ALPHA}","value":"Alpha","version":1,` + made + `},{"uuid":"{BETA}","value":"beta","version":1,` + made + `}]`, ""},
			{"GET", "/events/tags/{ALPHA}/indicators?indicatorType=domain", "", `{"indicators":[` + domain + `}],"pagination":{"page":1,"pageSize":100,"totalCount":1,"totalPages":1}}`, ""},
			{"GET", "/events/tags/{ALPHA}/indicators?datasetIds=analytics", "", `{"indicators":[],"pagination":{"page":1,"pageSize":100,"totalCount":0,"totalPages":0}}`, ""},
			{"GET", `/events/dataset/{FIRST}/tags/{BETA}/indicators?search=[{"field":"indicatorType","op":"in","value":["ipv4","ipv6"]}]`, "", `{"indicators":[` + address + `}],"pagination":{"page":1,"pageSize":100,"totalCount":1,"totalPages":1}}`, ""},
			{"GET", "/events/tags/" + missing + "/indicators", "", `404|tag|` + missing, ""},
		},
		"counts of indicators": {
			{"GET", "/events/indicators/aggregate?aggregateBy=indicatorType", "", `{"aggregateBy":"indicatorType","aggregations":[{"indicatorType":"domain","count":2},{"indicatorType":"ipv4","count":1}],"total":3,"failedDatasets":0}`, ""},
			{"GET", "/events/indicators/aggregate?aggregateBy=indicatorType,value&measure=relationships&limit=1", "", `{"aggregateBy":"indicatorType,value","aggregations":[{"indicatorType":"domain","value":"one.example","count":3}],"total":4,"failedDatasets":0}`, ""},
			{"GET", "/events/indicators/aggregate?aggregateBy=datasetId&datasetIds={SECOND}&measure=indicators", "", `{"aggregateBy":"datasetId","aggregations":[{"datasetId":"{SECOND}","count":1}],"total":1,"failedDatasets":0}`, ""},
			{"GET", "/events/indicators/aggregate?aggregateBy=value&tagUuid={ALPHA}", "", `{"aggregateBy":"value","aggregations":[{"value":"198.51.100.7","count":1},{"value":"one.example","count":1}],"total":2,"failedDatasets":0}`, ""},
			{"GET", "/events/indicators/aggregate?aggregateBy=indicatorType&measure=relationships&eventDateAfter=2024-05-02&eventDateBefore=2024-05-02", "", `{"aggregateBy":"indicatorType","aggregations":[{"indicatorType":"domain","count":1}],"total":1,"failedDatasets":0}`, ""},
			{"GET", "/events/indicators/aggregate?aggregateBy=indicatorType&createdBefore=2024-05-31", "", `{"aggregateBy":"indicatorType","aggregations":[],"total":0,"failedDatasets":0}`, ""},
			{"GET", "/events/indicators/aggregate", "", `400|aggregateBy|indicatorType value datasetId`, ""},
			{"GET", "/events/indicators/aggregate?aggregateBy=tlp", "", `400|aggregateBy|tlp`, ""},
			{"GET", "/events/indicators/aggregate?aggregateBy=value&measure=links", "", `400|measure|relationships|links`, ""},
			{"GET", "/events/indicators/aggregate?aggregateBy=value&limit=101", "", `400|limit|1..100|101`, ""},
			{"GET", "/events/indicators/aggregate?aggregateBy=value&tagUuid=" + missing, "", `404|tagUuid|` + missing, ""},
			{"GET", "/events/indicators/aggregate?aggregateBy=value&createdAfter=x", "", `400|createdAfter|"x"`, ""},
		},
		"tags": {
			{"GET", "/events/tags?datasetIds={SECOND}", "", `{"tags":[{"uuid":"{GAMMA}","value":"gamma","version":1,` + made + `}],"pagination":{"page":1,"pageSize":1,"totalCount":1,"totalPages":1}}`, ""},
			{"POST", "/events/tags/categories/create", `{"name":"Actor","description":"who","schema":[{"key":"motive","kind":"enum","allowedValues":["money"]}]}`,
				`{"uuid":"{ACTOR}","name":"Actor","description":"who","schema":[{"key":"motive","kind":"enum","allowedValues":["money"]}],` + made + `}`, "ACTOR"},
			{"POST", "/events/tags/categories/create", `{"name":"actor"}`, `409|name|"Actor"`, ""},
			{"POST", "/events/tags/categories/create", `{"description":"x"}`, `400|name`, ""},
			{"POST", "/events/tags/categories/create", `{"name":"x","schema":[{"key":"a","kind":"colour"}]}`, `400|schema[0]|kind|colour`, ""},
			{"POST", "/events/tags/create", `{"value":"OMEGA","categoryUuid":"{ACTOR}","description":"d","tlp":"amber","confidence":7,"priority":2,"dateOfDiscovery":"2024-01-31",
				"motive":{"value":"money","confidence":3,"tlp":"green"},"originCountryISO":"XX","aliases":[{"value":"Omega Bear","confidence":null,"tlp":"red"}],
				"externalReferences":[{"url":"https://ref.example/1","description":null}],"aliasGroupNames":["G1"],"properties":{"tools":["a","b"],"rank":{"value":5,"confidence":2}}}`,
				`{"uuid":"{OMEGA}","value":"OMEGA","categoryUuid":"{ACTOR}","categoryName":"Actor","description":"d","tlp":"amber","confidence":7,"priority":2,"dateOfDiscovery":"2024-01-31",
				"motive":"money","motive_annotated":{"value":"money","confidence":3,"tlp":"green"},"originCountryISO":"XX","aliases":[{"value":"Omega Bear","tlp":"red"}],
				"externalReferences":[{"url":"https://ref.example/1"}],"aliasGroupNames":["G1"],"properties":{"tools":["a","b"],"rank":{"value":5,"confidence":2}},"version":1,` + made + `}`, "OMEGA"},
			{"POST", "/events/tags/create", `{"value":"omega","description":"other"}`,
				`{"uuid":"{OMEGA}","value":"OMEGA","categoryUuid":"{ACTOR}","categoryName":"Actor","description":"d","tlp":"amber","confidence":7,"priority":2,"dateOfDiscovery":"2024-01-31",
				"motive":"money","motive_annotated":{"value":"money","confidence":3,"tlp":"green"},"originCountryISO":"XX","aliases":[{"value":"Omega Bear","tlp":"red"}],
				"externalReferences":[{"url":"https://ref.example/1"}],"aliasGroupNames":["G1"],"properties":{"tools":["a","b"],"rank":{"value":5,"confidence":2}},"version":1,` + made + `}`, ""},
			{"POST", "/events/tags/create", `{"description":"x"}`, `400|value`, ""},
			{"POST", "/events/tags/create", `{"value":"x","categoryUuid":"` + missing + `"}`, `404|category_uuid|` + missing, ""},
			{"POST", "/events/tags/create", `{"value":"x","tlp":"mauve"}`, `400|tlp|mauve`, ""},
			{"POST", "/events/tags/create", `{"value":"x","confidence":11}`, `400|confidence|1..10|11`, ""},
			{"POST", "/events/tags/create", `{"value":"x","description":null}`, `400|description|a string|null`, ""},
			{"POST", "/events/tags/create", `{"value":"x","dateOfDiscovery":"yesterday"}`, `400|dateOfDiscovery|2024-01-31|yesterday`, ""},
			{"POST", "/events/tags/create", `{"value":"x","aliases":["y"]}`, `400|aliases|[0]|a string`, ""},
			{"GET", "/events/tags?search=omega&pageSize=1&page=2", "", `{"tags":[],"pagination":{"page":2,"pageSize":1,"totalCount":1,"totalPages":1}}`, ""},
			{"PATCH", "/events/tags/{OMEGA}", `{"description":"","confidence":8,"motive":"power","aliases":[],"externalReferences":[],"aliasGroupNames":[],"properties":{"rank":null,"base":"X"},"categoryUuid":null,"priority":3.5}`,
				`{"uuid":"{OMEGA}","value":"OMEGA","tlp":"amber","confidence":8,"priority":3.5,"dateOfDiscovery":"2024-01-31","motive":"power","originCountryISO":"XX","properties":{"tools":["a","b"],"base":"X"},"version":2,` + made + `}`, ""},
			{"PATCH", "/events/tags/{OMEGA}", `{"tlp":null}`, `400|tlp|null`, ""},
			{"PATCH", "/events/tags/{OMEGA}", `{"tlp":"purple","categoryUuid":"{ACTOR}"}`,
				`{"uuid":"{OMEGA}","value":"OMEGA","categoryUuid":"{ACTOR}","categoryName":"Actor","tlp":"red","confidence":8,"priority":3.5,"dateOfDiscovery":"2024-01-31","motive":"power","originCountryISO":"XX","properties":{"tools":["a","b"],"base":"X"},"version":3,` + made + `}`, ""},
			{"PATCH", "/events/tags/" + missing, `{}`, `404|tag|` + missing, ""},
			{"PATCH", "/events/tags/{OMEGA}", `{"value":"ALPHA"}`, `409|value|"Alpha"`, ""},
			{"GET", `/events/tags?filters=[{"field":"confidence","op":"gt","value":7.5},{"field":"tlp","op":"gte","value":"amber"},{"field":"properties.tools","op":"equals","value":"b"}]&categoryUuid={ACTOR}&cache=from-graph&pageSize=9`, "",
				`{"tags":[{"uuid":"{OMEGA}","value":"OMEGA","categoryUuid":"{ACTOR}","categoryName":"Actor","tlp":"red","confidence":8,"priority":3.5,"dateOfDiscovery":"2024-01-31","motive":"power","originCountryISO":"XX","properties":{"tools":["a","b"],"base":"X"},"version":3,` + made + `}],"pagination":{"page":1,"pageSize":9,"totalCount":1,"totalPages":1}}`, ""},
			{"GET", `/events/tags?filters=[{"field":"uuid","op":"like","value":"x"}]`, "", `400|filters[0].op|equals in|like`, ""},
			{"GET", `/events/tags?filters=[{"field":"colour","op":"equals","value":"x"}]`, "", `400|filters[0].field|properties.KEY|colour`, ""},
			{"GET", `/events/tags?filters={}`, "", `400|filters|JSON array`, ""},
			{"GET", `/events/tags?filters=[{"field":"value","op":"equals"}]`, "", `400|filters[0].value`, ""},
			{"GET", "/events/tags/categories/actors?value=OMEG&pageSize=3", "", `{"tags":[{"uuid":"{OMEGA}","value":"OMEGA","categoryUuid":"{ACTOR}","categoryName":"Actor","tlp":"red","confidence":8,"priority":3.5,"dateOfDiscovery":"2024-01-31","motive":"power","originCountryISO":"XX","properties":{"tools":["a","b"],"base":"X"},"version":3,` + made + `}],"pagination":{"page":1,"pageSize":3,"totalCount":1,"totalPages":1}}`, ""},
			{"GET", "/events/tags/categories?search=act", "", `{"categories":[{"uuid":"{ACTOR}","name":"Actor","description":"who","schema":[{"key":"motive","kind":"enum","allowedValues":["money"]}],` + made + `}]}`, ""},
			{"GET", "/events/tags/categories?search=x", "", `{"categories":[]}`, ""},
			{"PATCH", "/events/tag-categories/{ACTOR}", `{"description":"whom","schema":null}`, `{"uuid":"{ACTOR}","name":"Actor","description":"whom",` + made + `}`, ""},
			{"PATCH", "/events/tags/categories/{ACTOR}", `{"name":"Actors"}`, `{"uuid":"{ACTOR}","name":"Actors","description":"whom",` + made + `}`, ""},
			{"GET", "/events/tag-categories/{ACTOR}", "", `{"uuid":"{ACTOR}","name":"Actors","description":"whom",` + made + `}`, ""},
			{"GET", "/events/tags/categories/{ACTOR}", "", `{"uuid":"{ACTOR}","name":"Actors","description":"whom",` + made + `}`, ""},
			{"GET", "/events/tag-categories/" + missing, "", `404|tag category|` + missing, ""},
			{"PATCH", "/events/tag-categories/" + missing, `{}`, `404|tag category`, ""},
			{"DELETE", "/events/tag-categories/{ACTOR}", "", `{"uuid":"{ACTOR}"}`, ""},
			{"DELETE", "/events/tags/categories/{ACTOR}", "", `404|tag category`, ""},
			{"GET", "/events/tags?search=OMEGA&pageSize=1", "", `{"tags":[{"uuid":"{OMEGA}","value":"OMEGA","tlp":"red","confidence":8,"priority":3.5,"dateOfDiscovery":"2024-01-31","motive":"power","originCountryISO":"XX","properties":{"tools":["a","b"],"base":"X"},"version":4,` + made + `}],"pagination":{"page":1,"pageSize":1,"totalCount":1,"totalPages":1}}`, ""},
			{"DELETE", "/events/tags/{ALPHA}", "", `409|tag|"Alpha"|2 events`, ""},
			{"DELETE", "/events/tags/{OMEGA}", "", `{"uuid":"{OMEGA}"}`, ""},
			{"DELETE", "/events/tags/{OMEGA}", "", `404|tag`, ""},
		},
		"a tag is renamed on all events": {
			{"PATCH", "/events/tags/{ALPHA}", `{"value":"First"}`, `{"uuid":"{ALPHA}","value":"First","version":2,` + made + `}`, ""},
			{"GET", "/events/aggregate?aggregateBy=tags&datasetId={FIRST}", "", `{"aggregateBy":"tags","aggregations":[{"tags":"First","count":2},{"tags":"beta","count":1}],"total":2}`, ""},
			{"GET", "/events/graph?seeds=event:{TWO}&relationshipTypes=tagged_with&expand=nodes&limit=0", "", `400|limit`, ""},
			{"PATCH", "/events/tags/{ALPHA}", `{"value":"FIRST"}`, `{"uuid":"{ALPHA}","value":"FIRST","version":3,` + made + `}`, ""},
			{"GET", "/events/aggregate?aggregateBy=tags&datasetId={FIRST}", "", `{"aggregateBy":"tags","aggregations":[{"tags":"FIRST","count":2},{"tags":"beta","count":1}],"total":2}`, ""},
		},
		"catalogues and datasets": {
			{"GET", "/events/targetIndustries/catalog", "", `["Banks","Energy"]`, ""},
			{"GET", "/events/dataset/{SECOND}/targetIndustries", "", `["Banks"]`, ""},
			{"GET", "/events/dataset/" + missing + "/targetIndustries", "", `404|dataset`, ""},
			{"POST", "/events/dataset/{SECOND}", `{"name":"Other","isPublic":true}`, `{"uuid":"{SECOND}","name":"Other","isPublic":true,"isAnalytics":false}`, ""},
			{"DELETE", "/events/dataset/{FIRST}", "", `409|default`, ""},
			{"DELETE", "/events/dataset/{SECOND}", "", `{"uuid":"{SECOND}","name":"Other"}`, ""},
			{"DELETE", "/events/dataset/{SECOND}", "", `404|dataset`, ""},
			{"GET", "/events/dataset/{SECOND}", "", `404|dataset`, ""},
			{"GET", "/events/dataset", "", `[{"uuid":"{FIRST}","name":"Cloudforce One Threat Events","isPublic":false,"isAnalytics":false,"indicatorWriteMode":"full"}]`, ""},
			{"GET", "/events/dataset?includeDeleted=true", "", `[{"uuid":"{FIRST}","name":"Cloudforce One Threat Events","isPublic":false,"isAnalytics":false,"indicatorWriteMode":"full"},{"uuid":"{SECOND}","name":"Other","isPublic":true,"isAnalytics":false,"indicatorWriteMode":"full","deletedAt":"2024-06-01T12:00:00Z"}]`, ""},
			{"GET", "/events/{THREE}", "", `404|{THREE}`, ""},
			{"GET", "/events?datasetId={SECOND}", "", `404|dataset`, ""},
			{"GET", "/events/aggregate?aggregateBy=targetIndustry&datasetId=all", "", `{"aggregateBy":"targetIndustry","aggregations":[{"targetIndustry":null,"count":1},{"targetIndustry":"Energy","count":1}],"total":2}`, ""},
			{"GET", "/events/targetIndustries/catalog", "", `["Energy"]`, ""},
			{"GET", "/events/graph?seeds=event:{THREE}", "", `404|{THREE}`, ""},
			{"GET", "/events/indicators/aggregate?aggregateBy=datasetId", "", `{"aggregateBy":"datasetId","aggregations":[{"datasetId":"{FIRST}","count":2}],"total":2,"failedDatasets":0}`, ""},
			{"POST", "/events/dataset/create", `{"name":"Other","isPublic":false}`, `{"uuid":"{THIRD}","name":"Other","isPublic":false,"isAnalytics":false}`, "THIRD"},
		},
		"one event is deleted": {
			{"DELETE", "/events/{TWO}", "", `{"uuid":"{TWO}"}`, ""},
			{"DELETE", "/events/{TWO}", "", `404|{TWO}`, ""},
			{"GET", "/events/{TWO}", "", `404|{TWO}`, ""},
		},
	}
	for name, steps := range rows {
		for _, style := range []Style{Enveloped, Bare} {
			t.Run(name+", "+string(style), func(t *testing.T) { newBeyond(t, Config{ResponseStyle: style}).walk(steps) })
		}
	}
}

// TestUnserved holds what the contract says isn't served to a plain 404: never
// "no event of that id", never a 405.
func TestUnserved(t *testing.T) {
	r := newRig(t, Config{})
	const id = "0190a000-0000-7000-8000-000000000001"
	for _, op := range []string{
		"POST /events/dataset/" + id + "/indicators/create", "POST /events/dataset/" + id + "/indicators/bulk",
		"PATCH /events/dataset/" + id + "/indicators/" + id, "DELETE /events/dataset/" + id + "/indicators/" + id,
		"POST /events/dataset/" + id + "/indicatorTypes/create",
		"GET /events/dataset/" + id + "/permissions", "POST /events/dataset/" + id + "/permissions",
		"PUT /events/dataset/" + id + "/permissions/" + id, "DELETE /events/dataset/" + id + "/permissions/" + id,
		"GET /events/dataset/-/groups", "POST /events/dataset/-/groups", "GET /events/dataset/-/groups/" + id, "PUT /events/dataset/-/groups/" + id, "DELETE /events/dataset/-/groups/" + id,
		"GET /events/dataset/-/groups/" + id + "/members", "POST /events/dataset/-/groups/" + id + "/members", "DELETE /events/dataset/-/groups/" + id + "/members/" + id,
		"POST /events/datasets/populate", "GET /events/insights", "GET /events/crons", "GET /events/datasets/health", "DELETE /events/insights", "POST /events/crons",
	} {
		method, path, _ := strings.Cut(op, " ")
		rep := r.do(method, path, `{}`)
		rep.refusedWith(http.StatusNotFound, "no such path")
		if bytes.Contains(rep.body, []byte("no event")) {
			t.Errorf("%s speaks of an event: %s", op, rep.body)
		}
	}
	r.do("PUT", "/events/dataset/"+id+"/indicators/"+id, "").refusedWith(http.StatusMethodNotAllowed)
	if allow := r.do("PUT", "/events/dataset/"+id+"/indicators/"+id, "").header.Get("Allow"); allow != "GET, HEAD, OPTIONS" {
		t.Errorf("Allow is %q", allow)
	}
}

// TestIndicatorsPage walks pages of indicators by number and by cursor: the
// same rows, each once.
func TestIndicatorsPage(t *testing.T) {
	r := newRig(t, Config{})
	for i := range 11 {
		newRow(t, r, fmt.Sprintf(`"indicator":"h%d.example","indicatorType":"domain","indicators":[{"value":"h%d.example","indicatorType":"domain"},{"value":"shared.example","indicatorType":"domain"}]`, i, i))
	}
	type page struct {
		Indicators []api.Indicator
		Pagination indicatorPagination
	}
	var byNumber, byCursor []string
	for n := 1; n <= 4; n++ {
		for _, in := range read[page](r, fmt.Sprintf("/events/indicators?pageSize=4&page=%d", n)).Indicators {
			byNumber = append(byNumber, in.UUID)
		}
	}
	at := read[page](r, "/events/indicators?pageSize=4&includeTotalCount=true&relatedEventsLimit=-1")
	if at.Pagination.TotalCount == nil || *at.Pagination.TotalCount != 12 || !at.Pagination.TotalExact || !at.Pagination.HasMore {
		t.Errorf("%+v", at.Pagination)
	}
	for {
		for _, in := range at.Indicators {
			byCursor = append(byCursor, in.UUID)
			if want := map[bool]int{true: 11, false: 1}[in.Value == "shared.example"]; len(in.RelatedEvents) != want || in.HasMore {
				t.Errorf("%s: %d events, more: %v", in.Value, len(in.RelatedEvents), in.HasMore)
			}
		}
		if at.Pagination.Cursor == nil {
			break
		}
		at = read[page](r, "/events/indicators?cursor="+*at.Pagination.Cursor)
	}
	if len(byCursor) != 12 || !slices.Equal(byNumber, byCursor) {
		t.Errorf("by number %q\nby cursor %q", byNumber, byCursor)
	}
}

// TestIndicatorsAsSTIX reads them as a bundle and an envelope.
func TestIndicatorsAsSTIX(t *testing.T) {
	r := newRig(t, Config{})
	newRow(t, r, `"indicator":"one.example","indicatorType":"domain","tags":["x"],"tlp":"green"`)
	newRow(t, r, `"indicator":"evil agent/1.0","indicatorType":"user-agent","tlp":"red"`)
	for format, kind := range map[string]string{"stix2": "application/stix+json;version=2.1", "taxii": "application/taxii+json;version=2.1"} {
		rep := r.do("GET", "/events/indicators?format="+format, "")
		text := string(rep.body)
		if rep.status != 200 || rep.header.Get("Content-Type") != kind || !strings.Contains(text, `"pattern":"[domain-name:value = 'one.example']"`) ||
			!strings.Contains(text, `"relationship_type":"based-on"`) || !strings.Contains(text, `"labels":["x"]`) {
			t.Errorf("%s: %d %s %s", format, rep.status, rep.header.Get("Content-Type"), text)
		}
		if !strings.Contains(rep.header.Get("X-Result-Info"), `"not_in_stix":1`) {
			t.Errorf("%s: what has no pattern isn't told: %s", format, rep.header.Get("X-Result-Info"))
		}
	}
}

// TestBeyondKeepsLimits asks the new reads under a limit: nothing of what lies
// outside is told, and changes are refused.
func TestBeyondKeepsLimits(t *testing.T) {
	r := newLimitedRig(t)
	who := store.Actor{Name: "t"}
	ctx := t.Context()
	for _, in := range []string{`{"value":"seen","description":"public","tlp":"green","motive":{"value":"secretmotive","tlp":"red"},"aliases":[{"value":"openname"},{"value":"secretname","tlp":"red"}]}`, `{"value":"unseen","description":"hidden"}`, `{"value":"marked","description":"secretfact","tlp":"red"}`} {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal([]byte(in), &fields); err != nil {
			t.Fatal(err)
		}
		if _, err := r.db.CreateTag(ctx, who, "acc", fields); err != nil {
			t.Fatal(err)
		}
	}
	for id, tags := range map[string][]string{r.open: {"seen", "marked"}, r.hidden: {"unseen", "seen"}} {
		if err := r.db.AddTags(ctx, who, "acc", id, tags); err != nil {
			t.Fatal(err)
		}
	}
	limited := Grant{Permission: PermWrite, Limit: &store.Limit{MaxTLP: api.TLPAmber}}
	hidden, err := r.db.Indicators(ctx, "acc", store.IndicatorQuery{Datasets: []string{"all"}})
	if err != nil || len(hidden.Indicators) == 0 {
		t.Fatal(hidden, err)
	}
	for _, path := range []string{
		"/events/indicators?datasetIds=all&includeTotalCount=true", "/events/indicators/aggregate?aggregateBy=value", "/events/tags", "/events/tags/categories",
		"/events/categories/catalog", "/events/targetIndustries/catalog", "/events/dataset/" + r.dataset + "/indicators", "/events/dataset/" + r.dataset + "/indicators/tags",
		"/events/dataset/" + r.dataset + "/indicators/" + hidden.Indicators[0].UUID,
	} {
		status, text := r.ask(limited, "GET", path, "")
		for _, word := range []string{"hidden", "unseen", "secret"} {
			if strings.Contains(strings.ReplaceAll(text, hidden.Indicators[0].UUID, ""), word) {
				t.Errorf("%s tells %q: %d %s", path, word, status, text)
			}
		}
		if strings.HasPrefix(path, "/events/tags") && !strings.Contains(path, "categories") && (!strings.Contains(text, "openname") || !strings.Contains(text, `"marked"`)) {
			t.Errorf("%s keeps back what may be seen: %s", path, text)
		}
	}
	for _, op := range []string{
		"POST /events/categories/create", "PATCH /events/tags/x", "DELETE /events/tags/x", "POST /events/tags/categories/create", "DELETE /events/dataset/" + r.dataset, "DELETE /events/" + r.open,
	} {
		method, path, _ := strings.Cut(op, " ")
		if status, text := r.ask(limited, method, path, `{"name":"x","killChain":1}`); status != http.StatusForbidden {
			t.Errorf("%s: %d %s", op, status, text)
		}
	}
}
