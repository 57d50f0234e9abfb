package interchange

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"threatbench/api"
)

// drawLine draws an event in the form of JSON Lines. Every text in it ends with
// mark.
func drawLine(t *rapid.T, n int, mark string, texts *rapid.Generator[string]) line {
	text := func(name string) string {
		if s := texts.Draw(t, name); s != "" {
			return s + mark
		}
		return ""
	}
	list := func(name string) (out []string) {
		for i := range rapid.IntRange(0, 2).Draw(t, name) {
			out = append(out, fmt.Sprintf("%s%d%s", texts.Draw(t, name), i, mark))
		}
		return out
	}
	l := line{ID: id(n)}
	l.Date = fmt.Sprintf("2024-03-%02dT10:00:00.%03dZ", 1+n%28, rapid.IntRange(0, 999).Draw(t, "ms"))
	l.CreatedAt = "2024-04-01T00:00:00Z"
	l.Event, l.Category = "event"+text("event")+mark, "category"+mark
	l.Attacker, l.TargetIndustry, l.Insight = text("attacker"), text("industry"), text("insight")
	l.AttackerCountry, l.TargetCountry = rapid.SampledFrom([]string{"", "FR", "DE"}).Draw(t, "from"), rapid.SampledFrom([]string{"", "JP"}).Draw(t, "to")
	l.TLP = rapid.SampledFrom([]string{"clear", "green", "TLP:AMBER", "amber+strict", "red", "white"}).Draw(t, "tlp")
	l.Tags, l.MitreAttack, l.MitreCapec = list("tags"), []string{}, []string{}
	if rapid.Bool().Draw(t, "technique") {
		l.MitreAttack = []string{"T1566"}
	}
	stage := rapid.IntRange(0, 7).Draw(t, "stage")
	l.KillChain = &stage
	for i := range rapid.IntRange(0, 3).Draw(t, "indicators") {
		kind := rapid.SampledFrom([]string{"domain", "filename", "mutex", "other"}).Draw(t, "type")
		l.Indicators = append(l.Indicators, api.IndicatorInput{Value: fmt.Sprintf("i%d%s.example", i, strings.ToLower(mark)), IndicatorType: kind})
	}
	if len(l.Indicators) > 0 {
		l.Indicator, l.IndicatorType = l.Indicators[0].Value, l.Indicators[0].IndicatorType
	}
	data, err := json.Marshal(map[string]string{"k": "raw" + mark})
	if err != nil {
		t.Fatal(err)
	}
	l.Raw = api.RawInput{Data: data, Source: text("source"), TLP: rapid.SampledFrom([]string{"", "green", "red"}).Draw(t, "raw")}
	return l
}

func linesOf(t *rapid.T, list []line) string {
	var b strings.Builder
	for _, l := range list {
		if err := json.NewEncoder(&b).Encode(l); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// TestAnyEventComesBack holds that any event comes back as it was through every
// form that claims it: JSON Lines and STIX whatever its texts are, CSV where
// they have nothing that a cell can't hold.
func TestAnyEventComesBack(t *testing.T) {
	plain := rapid.SampledFrom([]string{"", "a", "it's; \"x\", y|z", "=1+1", "日本", "a:b", "[1]"})
	any := rapid.OneOf(plain, rapid.String(), rapid.SampledFrom([]string{"\x1b[31m", "\u202e", "a\nb", " space "}))
	for _, c := range []struct {
		format Format
		texts  *rapid.Generator[string]
	}{{JSONL, any}, {STIX, any}, {CSV, plain}} {
		t.Run(string(c.format), func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				var list []line
				for n := range rapid.IntRange(1, 6).Draw(rt, "events") {
					l := drawLine(rt, n, "", c.texts)
					if n > 0 {
						l.Relationships = []api.RelationshipInput{{ParentID: id(n - 1), RelationshipType: rapid.SampledFrom(relationshipTypes()).Draw(rt, "kind")}}
						l.References = []string{id(n - 1)}
					}
					list = append(list, l)
				}
				m, back := newMemory(), newMemory()
				doImport(t, linesOf(rt, list), m, ImportOptions{})
				text, _ := exportAs(t, m, ExportOptions{Format: c.format, Columns: columnsOf(c.format)})
				report := doImport(t, text, back, ImportOptions{})
				if report.Created != len(list) || report.Missing() > 0 || report.Unreadable > 0 {
					rt.Fatalf("%+v\n%s", report, text)
				}
				for uuid, e := range m.events {
					got := back.events[uuid]
					e.DatasetID, got.DatasetID = "", ""
					if a, b := encoded(t, e), encoded(t, got); a != b {
						rt.Fatalf("%s\nbecame\n%s\nby\n%s", a, b, text)
					}
				}
				for e := range m.edges {
					if !back.edges[e] {
						rt.Fatalf("%v is lost in\n%s", e, text)
					}
				}
			})
		})
	}
}

func columnsOf(f Format) []string {
	if f == CSV {
		return FieldNames()
	}
	return nil
}

// TestNothingAboveALimitLeaves holds that an export with a limit writes nothing
// of what is marked above it: no word and no id of an event, also where others
// hang below it or refer to it, and nothing of a raw record. A report is the
// same as if what is above weren't there: it counts nothing of it.
func TestNothingAboveALimitLeaves(t *testing.T) {
	words := rapid.SampledFrom([]string{"", "word", "two words"})
	limits := []api.TLP{api.TLPClear, api.TLPGreen, api.TLPAmber, api.TLPAmberStrict}
	rapid.Check(t, func(rt *rapid.T) {
		var list []line
		for n := range rapid.IntRange(1, 8).Draw(rt, "events") {
			l := drawLine(rt, n, fmt.Sprintf("SECRET%dX", n), words)
			for range rapid.IntRange(0, 3).Draw(rt, "links") {
				other := id(rapid.IntRange(0, 9).Draw(rt, "other")) // some aren't there
				if other != l.ID {
					l.Relationships = append(l.Relationships, api.RelationshipInput{ParentID: other, RelationshipType: api.CausedBy})
					l.References = append(l.References, other)
				}
			}
			if rapid.Bool().Draw(rt, "named") { // the record names them as well
				data, err := json.Marshal(map[string]any{"k": "raw" + fmt.Sprintf("SECRET%dX", n), "of": l.References})
				if err != nil {
					rt.Fatal(err)
				}
				l.Raw.Data = data
			}
			list = append(list, l)
		}
		m := newMemory()
		doImport(t, linesOf(rt, list), m, ImportOptions{})
		limit := rapid.SampledFrom(limits).Draw(rt, "limit")
		within := newMemory()
		doImport(t, linesOf(rt, slices.DeleteFunc(slices.Clone(list), func(l line) bool {
			own, _ := api.ParseTLP(l.TLP)
			return own > limit
		})), within, ImportOptions{})
		for _, f := range ExportFormats() {
			text, done := exportAs(t, m, ExportOptions{Format: f, MaxTLP: limit, Columns: columnsOf(f), PageSize: 3})
			written := 0
			for n, l := range list {
				own, _ := api.ParseTLP(l.TLP)
				raw, _ := api.ParseTLP(l.Raw.TLP)
				secret := fmt.Sprintf("SECRET%dX", n)
				if own <= limit {
					written++
				}
				if strings.Contains(strings.ToUpper(text), secret) != (own <= limit) {
					rt.Fatalf("%s at most %v: %s is wrong:\n%s", f, limit, secret, text)
				}
				if own > limit && strings.Contains(text, l.ID) {
					rt.Fatalf("%s at most %v: the id of %s is written:\n%s", f, limit, secret, text)
				}
				if raw > limit && strings.Contains(text, "raw"+secret) {
					rt.Fatalf("%s at most %v: the raw record of %s is written:\n%s", f, limit, secret, text)
				}
			}
			if done.Written != written || done.LeftOut != len(list)-written {
				rt.Fatalf("%s: %+v, want %d written", f, done, written)
			}
			if alone, _ := exportAs(t, within, ExportOptions{Format: f, MaxTLP: limit, Columns: columnsOf(f), PageSize: 3}); alone != text {
				rt.Fatalf("%s at most %v tells of what is above:\n%s\nwithout it:\n%s", f, limit, text, alone)
			}
		}
	})
}

// TestMarkedObjectsNeverLeave draws STIX bundles whose objects are marked each
// for itself, imports them and exports them with a limit: no word of an object
// above it is written, whatever event took it in, and no id of an event above
// it, whatever names it.
func TestMarkedObjectsNeverLeave(t *testing.T) {
	refs := map[api.TLP]string{
		api.TLPClear: "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9", api.TLPGreen: "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da",
		api.TLPAmber: "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82", api.TLPRed: "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
	}
	rapid.Check(t, func(rt *rapid.T) {
		marked := map[string]api.TLP{}
		var objects []string
		add := func(build func(secret, more string) string) {
			secret := fmt.Sprintf("SECRET%dX", len(objects))
			tlp := rapid.SampledFrom([]api.TLP{api.TLPClear, api.TLPGreen, api.TLPAmber, api.TLPRed}).Draw(rt, "tlp")
			marked[secret] = tlp
			objects = append(objects, build(secret, `,"object_marking_refs":["`+refs[tlp]+`"]`))
		}
		for n := range 3 {
			add(func(s, more string) string {
				o := stixIndicator(n, `,"description":"`+s+`"`+more)
				return strings.Replace(o, "c2.example.net", strings.ToLower(s)+".example", 1)
			})
			of := stixID("indicator", n)
			add(func(s, more string) string {
				return stixOther("note", n+20, `,"content":"`+s+`","object_refs":["`+of+`"]`+more)
			})
			add(func(s, more string) string {
				return stixOther("sighting", n+30, `,"description":"`+s+`","sighting_of_ref":"`+of+`"`+more)
			})
			kind := rapid.SampledFrom([]string{"intrusion-set", "malware", "attack-pattern", "campaign", "vulnerability"}).Draw(rt, "kind")
			add(func(s, more string) string { return stixOther(kind, n+40, `,"name":"`+s+`"`+more) })
			objects = append(objects, stixRelation(n+50, "indicates", of, stixID(kind, n+40), ""))
		}
		add(func(s, more string) string {
			return stixOther("report", 60, `,"name":"`+s+`","published":"2024-01-01T00:00:00Z","object_refs":["`+stixID("indicator", 1)+`"]`+more)
		})
		add(func(s, more string) string {
			ids := []string{stixID("indicator", 0), stixID("indicator", 2), stixID("sighting", 31), stixID("note", 21), stixID("report", 60)}
			refs := rapid.SliceOfNDistinct(rapid.SampledFrom(ids), 1, 5, rapid.ID).Draw(rt, "refs")
			return stixOther("grouping", 61, `,"name":"`+s+`","object_refs":["`+strings.Join(refs, `","`)+`"]`+more)
		})
		m := newMemory()
		report := doImport(t, stixBundle(rapid.Permutation(objects).Draw(rt, "order")...), m, ImportOptions{})
		if len(m.events) != 8 || len(report.Rejected) > 0 {
			rt.Fatalf("%d events: %+v", len(m.events), report)
		}
		limit := rapid.SampledFrom([]api.TLP{api.TLPClear, api.TLPGreen, api.TLPAmber}).Draw(rt, "limit")
		for _, f := range ExportFormats() {
			text, _ := exportAs(t, m, ExportOptions{Format: f, MaxTLP: limit, Columns: columnsOf(f)})
			for uuid, e := range m.events {
				if own, _ := api.ParseTLP(e.TLP); own > limit && strings.Contains(text, uuid) {
					rt.Fatalf("%s at most %v writes the id of %s:\n%s", f, limit, e.Event, text)
				}
			}
			text = strings.ToUpper(text)
			for secret, tlp := range marked {
				if tlp > limit && strings.Contains(text, secret) {
					rt.Fatalf("%s at most %v writes %s, marked %v:\n%s\n%s", f, limit, secret, tlp, text, slices.Sorted(slices.Values(objects)))
				}
			}
		}
	})
}
