package interchange

import (
	"slices"
	"strings"
	"testing"
)

// stixText is a bundle as others write it, with its objects in any order.
const stixText = `{"type":"bundle","id":"bundle--5d0092c5-5f74-4287-9642-33f4c354e56d","objects":[
{"type":"relationship","spec_version":"2.1","id":"relationship--a","relationship_type":"indicates","source_ref":"indicator--11111111-1111-4111-8111-000000000001","target_ref":"threat-actor--a"},
{"type":"indicator","spec_version":"2.1","id":"indicator--11111111-1111-4111-8111-000000000001","created":"2024-01-01T00:00:00Z","name":"Bad site","description":"A page",
 "pattern":"[url:value = 'http://evil.example/it\\'s' OR domain-name:value = 'evil.example']","pattern_type":"stix","valid_from":"2024-03-01T00:00:00.000Z","indicator_types":["phishing"],"labels":["a tag"],
 "kill_chain_phases":[{"kill_chain_name":"lockheed-martin-cyber-kill-chain","phase_name":"delivery"}],"object_marking_refs":["marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da","marking-definition--own"]},
{"type":"indicator","id":"indicator--11111111-1111-4111-8111-000000000002","created":"2024-01-01T00:00:00Z","pattern":"alert tcp any any","pattern_type":"snort","valid_from":"2024-03-01T00:00:00Z"},
{"type":"indicator","id":"indicator--11111111-1111-4111-8111-000000000003","created":"2024-01-01T00:00:00Z","revoked":true,"pattern":"[ipv4-addr:value = '192.0.2.1']","pattern_type":"stix","valid_from":"2024-03-01T00:00:00Z"},
{"type":"sighting","id":"sighting--11111111-1111-4111-8111-000000000004","created":"2024-01-01T00:00:00Z","first_seen":"2024-04-01T00:00:00Z","sighting_of_ref":"indicator--11111111-1111-4111-8111-000000000001"},
{"type":"observed-data","id":"observed-data--11111111-1111-4111-8111-000000000005","created":"2024-01-01T00:00:00Z","first_observed":"2024-05-01T00:00:00Z","object_refs":["file--a","ipv4-addr--a"]},
{"type":"report","id":"report--11111111-1111-4111-8111-000000000006","created":"2024-01-01T00:00:00Z","published":"2024-06-01T00:00:00Z","name":"All of it","object_refs":["indicator--11111111-1111-4111-8111-000000000001","threat-actor--a"]},
{"type":"threat-actor","id":"threat-actor--a","name":"BEAR"},
{"type":"attack-pattern","id":"attack-pattern--a","name":"Phishing","external_references":[{"source_name":"mitre-attack","external_id":"T1566"}]},
{"type":"file","id":"file--a","name":"a.exe","hashes":{"SHA-256":"ff","MD5":"aa"}},{"type":"ipv4-addr","id":"ipv4-addr--a","value":"198.51.100.0/24"},
{"type":"relationship","id":"relationship--b","relationship_type":"indicates","source_ref":"indicator--11111111-1111-4111-8111-000000000001","target_ref":"attack-pattern--a"},
{"type":"note","id":"note--a","content":"Look here","object_refs":["indicator--11111111-1111-4111-8111-000000000001"]},
{"type":"marking-definition","id":"marking-definition--own","name":"TLP:AMBER","definition_type":"statement"},
{"id":"x"}
]}`

func TestSTIX(t *testing.T) {
	m := newMemory()
	report := doImport(t, stixText, m, ImportOptions{})
	var why []string
	for _, r := range report.Rejected {
		why = append(why, r.Where()+": "+r.Reason)
	}
	want := []string{
		"indicator--11111111-1111-4111-8111-000000000003 (line 7): it was revoked", "x (line 17): neither type nor id",
	}
	if report.Created != 5 || report.Relationships != 2 || !slices.Equal(why, want) || report.Format != STIX {
		t.Errorf("%+v\n%s", report, strings.Join(why, "\n"))
	}
	all := m.events
	site := all[id(1)]
	if site.Indicator != "http://evil.example/it's" || site.IndicatorType != "url" || site.TLP != "amber" || site.Attacker != "BEAR" || site.Category != "phishing" ||
		site.KillChain != 3 || site.Insight != "Look here" || !slices.Equal(site.MitreAttack, []string{"T1566"}) || !slices.Equal(site.Tags, []string{"a tag"}) || site.Event != "Bad site\n\nA page" {
		t.Errorf("the indicator: %+v", site)
	}
	if r := all[id(2)]; r.Indicator != "alert tcp any any" || r.IndicatorType != "snort" {
		t.Errorf("the rule: %+v", r)
	}
	if s := all[id(4)]; s.Indicator != site.Indicator || s.Date.String() != "2024-04-01T00:00:00Z" || s.TLP != "amber" || !m.edges[edge{id(1), id(4), "related_to"}] {
		t.Errorf("the sighting: %+v", s)
	}
	if o := all[id(5)]; o.Indicator != "ff" || o.IndicatorType != "sha256" || o.Date.String() != "2024-05-01T00:00:00Z" {
		t.Errorf("what was observed: %+v", o)
	}
	if r := all[id(6)]; r.Event != "All of it" || !m.edges[edge{id(6), id(1), "related_to"}] {
		t.Errorf("the report: %+v %v", r, m.edges)
	}
	if again := doImport(t, stixText, m, ImportOptions{}); again.Created != 0 || again.Skipped != 5 {
		t.Errorf("again: %+v", again)
	}
}
