package interchange

import (
	"slices"
	"strings"
	"testing"
)

// TestShapesOfFiles reads the same things in the shapes that programs save them
// in: how many events, the indicators, what was left out.
func TestShapesOfFiles(t *testing.T) {
	observed := func(more string) string {
		return stixOther("observed-data", 2, `,"first_observed":"2024-01-01T00:00:00Z","last_observed":"2024-01-01T00:00:00Z","number_observed":1`+more)
	}
	old := `{"type":"indicator","id":"` + stixID("indicator", 1) + `","created":"2024-01-01T00:00:00Z","pattern":"[domain-name:value = 'c2.example.net']","valid_from":"2024-01-01T00:00:00Z"}`
	address := `{"type":"ipv4-addr","spec_version":"2.1","id":"` + stixID("ipv4-addr", 5) + `","value":"198.51.100.22"}`
	cluster := func(meta string) string {
		return `,"Galaxy":[{"type":"threat-actor","GalaxyCluster":[{"value":"QUIETBADGER","meta":` + meta + `}]}]`
	}
	for _, c := range []struct {
		name, text, indicators string
		events, missing        int
	}{
		{"stix: one object", stixIndicator(1, ""), "c2.example.net", 1, 0},
		{"stix: one object of 2.0", old, "c2.example.net", 1, 0},
		{"stix: a list", "[" + stixIndicator(1, "") + "," + stixIndicator(2, "") + "]", "c2.example.net c2.example.net", 2, 0},
		{"stix: a line each", stixIndicator(1, "") + "\n" + stixIndicator(2, ""), "c2.example.net c2.example.net", 2, 0},
		{"stix: an envelope", `{"more":false,"objects":[` + stixIndicator(1, "") + `]}`, "c2.example.net", 1, 0},
		{"stix: bundles in a list", "[" + stixBundle(stixIndicator(1, "")) + "," + stixBundle(stixIndicator(2, "")) + "]", "c2.example.net c2.example.net", 2, 0},
		{"stix: an observable alone", stixBundle(address), "198.51.100.22", 1, 0},
		{"stix: observed data of 2.1", stixBundle(address, observed(`,"object_refs":["`+stixID("ipv4-addr", 5)+`"]`)), "198.51.100.22", 1, 0},
		{"stix: observed data of 2.0", stixBundle(observed(`,"objects":{"0":{"type":"ipv4-addr","value":"198.51.100.22"}}`)), "198.51.100.22", 1, 0},
		{"stix: malware that nothing speaks of", stixBundle(stixIndicator(1, ""), stixOther("malware", 7, `,"name":"X"`)), "c2.example.net", 1, 1},
		{"stix: labels of a wrong kind", stixBundle(stixIndicator(1, `,"labels":"one","indicator_types":"phishing"`)), "c2.example.net", 1, 0},
		{"stix: a broken pattern", stixBundle(strings.Replace(stixIndicator(1, ""), "'c2.example.net'", "'it's'", 1)), "", 0, 1},
		{"misp: attributes", `{"response":{"Attribute":[` + mispAttr(1, "") + `,` + mispAttr(2, "") + `]}}`, "c2.example.net c2.example.net", 2, 0},
		{"misp: objects", `{"response":[{"Object":{"uuid":"` + id(3) + `","name":"x","Attribute":[` + mispAttr(1, "") + `]}}]}`, "c2.example.net", 1, 0},
		{"misp: an event without its key", strings.TrimSuffix(strings.TrimPrefix(mispFile("", mispAttr(1, ""), ""), `{"Event":`), "}"), "c2.example.net", 2, 0},
		{"misp: events without their key", `{"response":[` + strings.TrimSuffix(strings.TrimPrefix(mispFile("", mispAttr(1, ""), ""), `{"Event":`), "}") + `]}`, "c2.example.net", 2, 0},
		{"misp: one attribute where a list belongs", mispFile("", mispAttr(1, cluster("[]")), ""), "c2.example.net", 2, 0},
		{"misp: a country where a list belongs", mispFile("", mispAttr(1, cluster(`{"country":"RU"}`)), ""), "c2.example.net", 2, 0},
		{"misp: proposals and sightings", mispFile("", mispAttr(1, `,"Sighting":[{"type":"0"}]`), `,"ShadowAttribute":[{"value":"x"}]`), "c2.example.net", 2, 2},
		{"misp: deleted", mispFile("", mispAttr(1, `,"deleted":true`), ""), "", 1, 1},
	} {
		m := newMemory()
		report := doImport(t, c.text, m, ImportOptions{})
		var got []string
		for _, e := range m.events {
			if e.Indicator != "" {
				got = append(got, e.Indicator)
			}
			if strings.Contains(c.text, "QUIETBADGER") && e.Indicator != "" && e.Attacker != "QUIETBADGER" {
				t.Errorf("%s: attacker %q", c.name, e.Attacker)
			}
		}
		if slices.Sort(got); strings.Join(got, " ") != c.indicators || len(m.events) != c.events || report.Missing() != c.missing {
			t.Errorf("%s: %d events of %q: %+v", c.name, len(m.events), got, report)
		}
	}
}

// TestActorsAndCampaigns tells apart who attacks, in which campaign, from
// where, and whom.
func TestActorsAndCampaigns(t *testing.T) {
	ind, camp, actor := stixID("indicator", 1), stixID("campaign", 2), stixID("intrusion-set", 3)
	text := stixBundle(stixIndicator(1, `,"name":"C2 of wave 3","description":"Seen by us"`), stixOther("campaign", 2, `,"name":"Invoices in spring"`), stixOther("intrusion-set", 3, `,"name":"QUIETBADGER"`),
		stixRelation(4, "indicates", ind, camp, ""), stixRelation(5, "attributed-to", camp, actor, ""),
		stixOther("location", 6, `,"country":"FR"`), stixRelation(7, "originates-from", actor, stixID("location", 6), ""),
		stixOther("location", 8, `,"country":"DE"`), stixRelation(9, "targets", ind, stixID("location", 8), ""),
		stixOther("location", 10, `,"country":"RU"`), stixRelation(11, "located-at", ind, stixID("location", 10), ""),
		stixOther("attack-pattern", 12, `,"name":"Point & tag","external_references":[{"source_name":"mitre-ics-attack","external_id":"T0861"}]`),
		stixRelation(13, "indicates", ind, stixID("attack-pattern", 12), ""))
	m := newMemory()
	report := doImport(t, text, m, ImportOptions{})
	e := m.events[id(1)]
	if e.Attacker != "QUIETBADGER" || e.AttackerCountry != "FR" || e.TargetCountry != "DE" || !slices.Equal(e.Tags, []string{"Invoices in spring"}) ||
		!slices.Equal(e.MitreAttack, []string{"T0861"}) || e.Event != "C2 of wave 3\n\nSeen by us" || report.Missing() != 0 {
		t.Errorf("%+v\n%+v", e, report)
	}
}

// TestNewestVersionInAFile holds that of several versions of an object the
// newest comes in, and the others are named.
func TestNewestVersionInAFile(t *testing.T) {
	first := stixIndicator(1, `,"description":"first words",`+greenRef)
	second := strings.Replace(stixIndicator(1, `,"description":"second words",`+redRef), `"modified":"2024-01-01`, `"modified":"2024-02-01`, 1)
	for _, text := range []string{stixBundle(first, second), stixBundle(second, first)} {
		m := newMemory()
		report := doImport(t, text, m, ImportOptions{})
		if e := m.events[id(1)]; e.Event != "second words" || e.TLP != "red" || len(report.Rejected) != 1 || !strings.Contains(report.Rejected[0].Reason, "a newer version") {
			t.Errorf("%+v\n%+v", e, report)
		}
	}
}
