package interchange

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"threatbench/api"
)

const (
	redRef   = `"object_marking_refs":["marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"]`
	greenRef = `"object_marking_refs":["marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"]`
)

// stixIDs are ids of objects of a type.
func stixID(kind string, n int) string { return kind + "--" + id(n) }

func stixIndicator(n int, more string) string {
	return `{"type":"indicator","spec_version":"2.1","id":"` + stixID("indicator", n) + `","created":"2024-01-01T00:00:00Z","modified":"2024-01-01T00:00:00Z",` +
		`"pattern":"[domain-name:value = 'c2.example.net']","pattern_type":"stix","valid_from":"2024-01-01T00:00:00Z"` + more + `}`
}

func stixOther(kind string, n int, more string) string {
	return `{"type":"` + kind + `","spec_version":"2.1","id":"` + stixID(kind, n) + `","created":"2024-01-01T00:00:00Z","modified":"2024-01-01T00:00:00Z"` + more + `}`
}

func stixRelation(n int, kind, source, target, more string) string {
	return stixOther("relationship", n, `,"relationship_type":"`+kind+`","source_ref":"`+source+`","target_ref":"`+target+`"`+more)
}

func stixBundle(objects ...string) string {
	return `{"type":"bundle","id":"` + stixID("bundle", 1) + `","objects":[` + strings.Join(objects, ",\n") + `]}`
}

func mispFile(event, attributes, more string) string {
	return `{"Event":{"uuid":"` + id(90) + `","info":"An event","date":"2024-03-01"` + event + `,"Attribute":[` + attributes + `]` + more + `}}`
}

func mispAttr(n int, more string) string {
	return `{"uuid":"` + id(n) + `","type":"domain","category":"Network activity","value":"c2.example.net","timestamp":"1709251200"` + more + `}`
}

// TestMarkings reads files that say in many places how far they may be shared.
// want is the TLP of the event with the indicator, or of the only one.
func TestMarkings(t *testing.T) {
	note := func(more string) string {
		return stixOther("note", 2, `,"content":"words about it","object_refs":["`+stixID("indicator", 1)+`"],`+more)
	}
	actor := func(more string) string { return stixOther("intrusion-set", 3, `,"name":"QUIETBADGER"`+more) }
	indicates := func(more string) string {
		return stixRelation(4, "indicates", stixID("indicator", 1), stixID("intrusion-set", 3), more)
	}
	custom := func(more string) string {
		return stixOther("marking-definition", 8, more)
	}
	customRef := `,"object_marking_refs":["` + stixID("marking-definition", 8) + `"]`
	green := "," + greenRef
	for _, c := range []struct {
		name, text, want string
		unreadable       int
	}{
		{"stix: own", stixBundle(stixIndicator(1, green)), "green", 0},
		{"stix: none", stixBundle(stixIndicator(1, "")), "amber", 0},
		{"stix: two", stixBundle(stixIndicator(1, `,"object_marking_refs":["marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9","marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"]`)), "red", 0},
		{"stix: red note before", stixBundle(note(redRef), stixIndicator(1, green)), "red", 0},
		{"stix: red note behind", stixBundle(stixIndicator(1, green), note(redRef)), "red", 0},
		{"stix: green note of an unmarked one", stixBundle(stixIndicator(1, ""), note(greenRef)), "amber", 0},
		{"stix: red actor", stixBundle(stixIndicator(1, green), actor(","+redRef), indicates("")), "red", 0},
		{"stix: red relationship", stixBundle(stixIndicator(1, green), actor(""), indicates(","+redRef)), "red", 0},
		{"stix: green actor", stixBundle(stixIndicator(1, green), actor(green), indicates(green)), "green", 0},
		{"stix: red origin", stixBundle(stixIndicator(1, green), actor(green), indicates(green), stixOther("location", 5, `,"country":"FR",`+redRef),
			stixRelation(6, "originates-from", stixID("intrusion-set", 3), stixID("location", 5), "")), "red", 0},
		{"stix: granular", stixBundle(stixIndicator(1, green+`,"granular_markings":[{"selectors":["description"],"marking_ref":"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"}]`)), "red", 0},
		{"stix: granular language", stixBundle(stixIndicator(1, green+`,"granular_markings":[{"selectors":["description"],"lang":"en"}]`)), "green", 0},
		{"stix: label", stixBundle(stixIndicator(1, green+`,"labels":["TLP:RED"]`)), "red", 0},
		{"stix: property", stixBundle(stixIndicator(1, `,"x_vendor_tlp":"Red - recipients only"`)), "red", 0},
		{"stix: name", stixBundle(stixIndicator(1, green+`,"name":"[TLP:AMBER+STRICT] c2"`)), "amber+strict", 0},
		{"stix: not in the file", stixBundle(stixIndicator(1, customRef)), "red", 1},
		{"stix: own definition", stixBundle(stixIndicator(1, customRef), custom(`,"definition_type":"tlp","definition":{"tlp":"green"}`)), "green", 0},
		{"stix: own definition in capitals", stixBundle(stixIndicator(1, customRef), custom(`,"definition_type":"TLP","definition":{"TLP":"TLP:GREEN"}`)), "green", 0},
		{"stix: 2.0 extension", stixBundle(stixIndicator(1, customRef), custom(`,"extensions":{"extension-definition--1":{"extension_type":"property-extension","tlp_2_0":"amber+strict"}}`)), "amber+strict", 0},
		{"stix: by name", stixBundle(stixIndicator(1, customRef), custom(`,"definition_type":"statement","definition":{"statement":"custom"},"name":"TLP:AMBER+STRICT"`)), "amber+strict", 0},
		{"stix: statement", stixBundle(stixIndicator(1, customRef), custom(`,"definition_type":"statement","definition":{"statement":"Red - recipients only"}`)), "red", 0},
		{"stix: copyright", stixBundle(stixIndicator(1, customRef), custom(`,"definition_type":"statement","definition":{"statement":"Copyright 2024, somebody"}`)), "amber", 0},
		{"stix: another scheme", stixBundle(stixIndicator(1, customRef), custom(`,"extensions":{"extension-definition--1":{"control_set":"X"}}`)), "red", 1},
		{"stix: unknown color", stixBundle(stixIndicator(1, customRef), custom(`,"definition_type":"tlp","definition":{"tlp":"beige"}`)), "red", 1},
		{"stix: IEP", stixBundle(stixIndicator(1, customRef), custom(`,"definition_type":"iep","definition":{"id":"1","tlp":"RED"}`)), "red", 0},
		{"stix: PAP", stixBundle(stixIndicator(1, green[:len(green)-1]+`,"`+stixID("marking-definition", 8)+`"]`), custom(`,"definition_type":"PAP","definition":{"PAP":"PAP:RED"}`)), "green", 0},
		{"stix: red evidence", stixBundle(stixOther("sighting", 1, `,"sighting_of_ref":"`+stixID("indicator", 7)+`",`+greenRef), stixIndicator(7, ","+redRef)), "red", 0},

		{"misp: event", mispFile(`,"Tag":[{"name":"tlp:green"}]`, mispAttr(1, ""), ""), "green", 0},
		{"misp: attribute stricter", mispFile(`,"Tag":[{"name":"tlp:green"}]`, mispAttr(1, `,"Tag":[{"name":"TLP:RED"}]`), ""), "red", 0},
		{"misp: event stricter", mispFile(`,"Tag":[{"name":"tlp:red"}]`, mispAttr(1, `,"Tag":[{"name":"tlp:green"}]`), ""), "red", 0},
		{"misp: one tag where a list belongs", mispFile(`,"Tag":{"name":"tlp:red"}`, mispAttr(1, ""), ""), "red", 0},
		{"misp: tags by number", mispFile(`,"Tag":{"0":{"name":"x"},"2":{"name":"tlp:red"}}`, mispAttr(1, ""), ""), "red", 0},
		{"misp: event tags", mispFile(`,"EventTag":[{"Tag":{"name":"tlp:red"}}]`, mispAttr(1, ""), ""), "red", 0},
		{"misp: tags as texts", mispFile("", mispAttr(1, `,"AttributeTag":["tlp:red"]`), ""), "red", 0},
		{"misp: title", mispFile(`,"Tag":[{"name":"tlp:green"}]`, mispAttr(1, `,"comment":"TLP:AMBER only"`), ""), "amber", 0},
		{"misp: unclear", mispFile(`,"Tag":[{"name":"tlp:unclear"}]`, mispAttr(1, ""), ""), "red", 2},
		{"misp: object", mispFile("", "", `,"Object":[{"uuid":"`+id(3)+`","name":"file","Attribute":[`+mispAttr(1, `,"Tag":[{"name":"tlp:red"}]`)+`,`+mispAttr(2, `,"Tag":[{"name":"tlp:green"}]`)+`]}]`), "red", 0},

		{"jsonl: as sent", row(1, ""), "green", 0},
		{"jsonl: stricter tag", row(1, `,"tags":["TLP:RED"]`), "red", 0},
		{"jsonl: none", strings.Replace(row(1, ""), `"tlp":"green",`, "", 1), "amber", 0},
		{"jsonl: purple", strings.Replace(row(1, ""), `"green"`, `"purple"`, 1), "red", 0},
		{"jsonl: beige", strings.Replace(row(1, ""), `"green"`, `"beige"`, 1), "red", 1},
		{"jsonl: beige raw", row(1, `,"raw":{"data":{},"tlp":"beige"}`), "green", 1},

		{"csv: tag", "indicator,tags\nc2.example.net,TLP:RED;phishing\n", "red", 0},
		{"csv: words", "indicator,tlp\nc2.example.net,Red - recipients only\n", "red", 0},
		{"csv: beige", "indicator,tlp\nc2.example.net,beige\n", "red", 1},
		{"csv: empty", "indicator,tlp\nc2.example.net,\n", "amber", 0},
		{"csv: purple", "indicator,tlp\nc2.example.net,purple\n", "red", 0},
	} {
		m := newMemory()
		report := doImport(t, c.text, m, ImportOptions{})
		var got api.Event
		for _, e := range m.events {
			if e.Indicator != "" || len(m.events) == 1 {
				got = e
			}
		}
		if got.TLP != c.want || report.Unreadable != c.unreadable || len(report.Rejected) > 0 {
			t.Errorf("%s: TLP %q, want %q: %+v", c.name, got.TLP, c.want, report)
		}
		if len(report.Notes) < c.unreadable {
			t.Errorf("%s: not told: %+v", c.name, report)
		}
		// Somebody's say on what can't be read, and on what isn't marked, never
		// loosens what was.
		m = newMemory()
		doImport(t, c.text, m, ImportOptions{TLP: "clear"})
		for _, e := range m.events {
			if e.Indicator == got.Indicator && e.TLP != got.TLP && c.want != "amber" {
				t.Errorf("%s: TLP %q with a loose default, want %q", c.name, e.TLP, c.want)
			}
		}
	}
}

func TestUnreadableMarkingsAsAsked(t *testing.T) {
	m := newMemory()
	report := doImport(t, "indicator,tlp\na.example,beige\nb.example,\nc.example,red\n", m, ImportOptions{Unreadable: "green", TLP: "clear"})
	got := map[string]string{}
	for _, e := range m.events {
		got[e.Indicator] = e.TLP
	}
	if got["a.example"] != "green" || got["b.example"] != "clear" || got["c.example"] != "red" || report.Unreadable != 1 {
		t.Errorf("TLP %v: %+v", got, report)
	}
}

// TestStrictTies holds that a relationship between two events that is marked
// stricter than both stays out, and is named.
func TestStrictTies(t *testing.T) {
	tie := func(more string) string {
		return stixRelation(4, "related-to", stixID("indicator", 1), stixID("indicator", 2), more)
	}
	for marks, want := range map[string]int{"": 1, "," + greenRef: 1, "," + redRef: 0} {
		m := newMemory()
		report := doImport(t, stixBundle(stixIndicator(1, ","+greenRef), stixIndicator(2, ","+greenRef), tie(marks)), m, ImportOptions{})
		if report.Relationships != want || len(report.Notes) != 1-want || m.events[id(1)].TLP != "green" || m.events[id(2)].TLP != "green" {
			t.Errorf("tie with %q: %+v", marks, report)
		}
	}
}

func TestRawRecordsAreMarkedToo(t *testing.T) {
	m := newMemory()
	doImport(t, stixBundle(stixIndicator(1, ","+redRef)), m, ImportOptions{})
	raw, err := m.Raw(t.Context(), "", id(1))
	if tlp, _ := api.ParseTLP(raw.TLP); err != nil || tlp != api.TLPRed {
		t.Errorf("raw record is %q, %v", raw.TLP, err)
	}
}

// TestWordsAroundAnAttributeCount holds that a MISP event's title, its reports
// and what an attribute says make what takes their words in as strict as they
// are, and that PAP is kept.
func TestWordsAroundAnAttributeCount(t *testing.T) {
	attribute := func(n int, kind, value, more string) string {
		return fmt.Sprintf(`{"uuid":%q,"type":%q,"category":"Other","value":%q,"timestamp":"1709251200"%s}`, id(n), kind, value, more)
	}
	event := func(info, more string) string {
		return fmt.Sprintf(`{"Event":{"uuid":%q,"info":%q,"date":"2024-03-01","Tag":[{"name":"tlp:green"},{"name":"PAP:RED"}]%s,"Attribute":[%s,%s]}}`, id(1), info, more,
			attribute(2, "domain", "a.example.net", ""), attribute(3, "comment", "TLP:AMBER+STRICT by phone", ""))
	}
	for _, c := range []struct{ text, want string }{
		{event("TLP:RED Meeting", ""), "red red red"},
		{event("Meeting", ""), "green green amber+strict"},
		{event("Meeting", `,"EventReport":[{"name":"TLP:RED report","content":"words"}]`), "red green amber+strict"},
		{event("Meeting", `,"EventReport":[{"name":"report","content":"TLP:AMBER\nwords"}]`), "amber green amber+strict"},
	} {
		m := newMemory()
		doImport(t, c.text, m, ImportOptions{})
		var got []string
		for n := range 3 {
			e := m.events[id(n+1)]
			got = append(got, e.TLP)
			if !slices.Contains(e.Tags, "PAP:RED") {
				t.Errorf("PAP is lost: %v", e.Tags)
			}
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %s, want %s", c.text, s, c.want)
		}
	}
	m := newMemory()
	doImport(t, stixBundle(`{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--`+id(7)+`","definition_type":"pap","name":"PAP:AMBER","definition":{"pap":"amber"}}`,
		stixIndicator(1, `,"object_marking_refs":["marking-definition--`+id(7)+`"]`)), m, ImportOptions{})
	for _, e := range m.events {
		if e.TLP != "amber" || !slices.Equal(e.Tags, []string{"PAP:AMBER"}) {
			t.Errorf("%s, tags %v", e.TLP, e.Tags)
		}
	}
}

// TestRawRecordsOfOthersStayIn holds that a raw record with the value or the id
// of what is marked stricter than its event isn't written with a limit, and is
// kept whole without one.
func TestRawRecordsOfOthersStayIn(t *testing.T) {
	const tagGreen, tagRed = `,"Tag":[{"name":"tlp:green"}]`, `,"Tag":[{"name":"tlp:red"}]`
	secret := func(more string) string {
		return strings.Replace(mispAttr(7, more), "c2.example.net", "secret.example.net", 1)
	}
	object := func(n int, attribute, references string) string {
		return `{"uuid":"` + id(n) + `","name":"file","Attribute":[` + attribute + `],"ObjectReference":[` + references + `]}`
	}
	reference := `{"referenced_uuid":"` + strings.ToUpper(id(7)) + `","relationship_type":"connects-to","Attribute":{"uuid":"` + id(7) + `","value":"secret.example.net"}}`
	green, red := ","+greenRef, ","+redRef
	note := stixOther("note", 2, `,"content":"words about it","object_refs":["`+stixID("indicator", 7)+`"]`+red)
	holds := func(kind string) string {
		return stixOther("report", 3, `,"name":"All of it","published":"2024-01-01T00:00:00Z","object_refs":["`+stixID(kind, 7)+`"]`+green)
	}
	for name, text := range map[string]string{
		"misp: attribute":           mispFile(tagGreen, secret(tagRed), `,"Object":[`+object(3, mispAttr(2, ""), reference)+`]`),
		"misp: attribute in object": mispFile(tagGreen, "", `,"Object":[`+object(3, mispAttr(2, ""), reference)+`,`+object(4, secret(tagRed), "")+`]`),
		"misp: said in a comment":   mispFile(tagGreen, secret(`,"comment":"TLP:RED"`), `,"Object":[`+object(3, mispAttr(2, ""), reference)+`]`),
		"misp: behind its object":   `{"Event":{"uuid":"` + id(90) + `","info":"An event","Object":[` + object(3, mispAttr(2, ""), reference) + `],"Attribute":[` + secret(tagRed) + `]` + tagGreen + `}}`,
		"misp: proposal":            mispFile(tagGreen, mispAttr(3, `,"ShadowAttribute":[{"uuid":"`+id(7)+`","value":"secret.example.net"`+tagRed+`}]`), ""),
		"misp: event it extends":    `{"response":[` + strings.Replace(mispFile(tagRed, "", ""), id(90), id(7), 1) + `,` + strings.Replace(mispFile(tagGreen+`,"extends_uuid":"`+id(7)+`"`, "", ""), id(90), id(3), 1) + `]}`,
		"misp: not in the file":     strings.Replace(mispFile(tagGreen+`,"extends_uuid":"`+id(7)+`"`, "", ""), id(90), id(3), 1),
		"stix: report":              stixBundle(holds("indicator"), stixIndicator(7, red)),
		"stix: red by a note":       stixBundle(holds("indicator"), stixIndicator(7, green), note),
		"stix: unmarked":            stixBundle(holds("indicator"), stixIndicator(7, "")),
		"stix: a note itself":       stixBundle(holds("note"), stixOther("note", 7, `,"content":"words","object_refs":["`+stixID("indicator", 9)+`"]`+red), stixIndicator(9, "")),
		"stix: not in the file":     stixBundle(holds("indicator")),
		"stix: who made it":         stixBundle(strings.Replace(holds("x"), `"created":`, `"created_by_ref":"`+stixID("identity", 7)+`","created":`, 1), stixOther("identity", 7, `,"name":"Secret.example.net"`+red)),
		"jsonl: the line":           `{"id":"` + id(3) + `","event":"x","tlp":"green","references":["` + strings.ToUpper(id(7)) + `"]}` + "\n" + `{"id":"` + id(7) + `","event":"y","tlp":"red"}` + "\n",
	} {
		m := newMemory()
		doImport(t, text, m, ImportOptions{})
		if raw := m.raws[id(3)]; m.events[id(3)].TLP != "green" || !strings.Contains(strings.ToLower(string(raw.Data)), id(7)) {
			t.Errorf("%s: the event is %s, its raw record %s", name, m.events[id(3)].TLP, raw.Data)
		}
		written, done := exportAs(t, m, ExportOptions{Format: JSONL, MaxTLP: api.TLPGreen})
		written = strings.ToLower(written)
		if strings.Contains(written, id(7)) || strings.Contains(written, "secret") || !strings.Contains(written, id(3)) || done.Bare != 1 {
			t.Errorf("%s: %+v\n%s", name, done, written)
		}
	}
	for name, text := range map[string]string{
		"misp": mispFile(tagGreen, secret(""), `,"Object":[`+object(3, mispAttr(2, ""), reference)+`]`),
		"stix": stixBundle(holds("indicator"), stixIndicator(7, green), stixOther("identity", 8, "")),
	} {
		m := newMemory()
		report := doImport(t, text, m, ImportOptions{})
		if written, done := exportAs(t, m, ExportOptions{Format: JSONL, MaxTLP: api.TLPGreen}); done.Bare != 0 || !strings.Contains(strings.ToLower(written), id(7)) || len(report.Notes) > 0 {
			t.Errorf("%s, all of it green: %+v, %+v", name, done, report)
		}
	}
}
