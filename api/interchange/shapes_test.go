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

// TestWhatASightingObserved holds that a sighting has the indicators of its
// observed data, whatever was sighted, and that what is missing is named.
func TestWhatASightingObserved(t *testing.T) {
	of := func(kind string, observed ...string) string {
		return stixOther("sighting", 1, `,"sighting_of_ref":"`+stixID(kind, 2)+`","observed_data_refs":["`+strings.Join(observed, `","`)+`"],`+greenRef)
	}
	data := func(n int, more string) string {
		return stixOther("observed-data", n, `,"first_observed":"2024-01-01T00:00:00Z","last_observed":"2024-01-01T00:00:00Z","number_observed":1`+more)
	}
	file := stixOther("file", 5, `,"name":"resume.pdf","hashes":{"MD5":"1717b7fff97d37a1e1a0029d83492de1"}`)
	key := stixOther("windows-registry-key", 6, `,"key":"HKLM\\System\\x"`)
	first, second := data(3, `,"object_refs":["`+stixID("file", 5)+`"]`), data(4, `,"object_refs":["`+stixID("windows-registry-key", 6)+`"]`)
	both := []string{stixID("observed-data", 3), stixID("observed-data", 4)}
	traffic := data(3, `,"object_refs":["`+stixID("network-traffic", 7)+`"]`)
	const whole = `1717b7fff97d37a1e1a0029d83492de1 resume.pdf HKLM\System\x`
	for _, c := range []struct {
		name, text, indicators, tags, attacker, tlp string
		missing                                     int
	}{
		{"malware", stixBundle(of("malware", both...), first, second, file, key, stixOther("malware", 2, `,"name":"Trojan"`)), whole, "Trojan", "", "green", 0},
		{"an actor", stixBundle(stixOther("threat-actor", 2, `,"name":"BADGER"`), file, key, first, second, of("threat-actor", both...)), whole, "", "BADGER", "green", 0},
		{"what isn't in the file", stixBundle(of("malware", both...), first, second, file, key), whole, "", "", "green", 0},
		{"an indicator", stixBundle(of("indicator", both...), first, second, file, key, stixIndicator(2, ","+greenRef)), "c2.example.net " + whole, "", "", "green", 0},
		{"red malware", stixBundle(of("malware", both...), first, second, file, key, stixOther("malware", 2, `,"name":"Trojan",`+redRef)), whole, "Trojan", "", "red", 0},
		{"red file", stixBundle(of("malware", both...), first, second, strings.Replace(file, `,"name"`, ","+redRef+`,"name"`, 1), key), whole, "", "", "red", 0},
		{"observed data that isn't there", stixBundle(of("malware", both...), first, file), "1717b7fff97d37a1e1a0029d83492de1 resume.pdf", "", "", "green", 1},
		{"nothing that is an indicator", stixBundle(of("malware", both[:1]...), traffic, stixOther("network-traffic", 7, "")), "", "", "", "green", 1},
		{"observed data of 2.0", stixBundle(of("malware", both[:1]...), data(3, `,"objects":{"0":{"type":"file","name":"resume.pdf"}}`)), "resume.pdf", "", "", "green", 0},
	} {
		m := newMemory()
		report := doImport(t, c.text, m, ImportOptions{})
		e := m.events[id(1)]
		var got []string
		for _, in := range e.Indicators {
			got = append(got, in.Value)
		}
		if len(got) == 0 && e.Indicator != "" {
			got = []string{e.Indicator}
		}
		if strings.Join(got, " ") != c.indicators || strings.Join(e.Tags, " ") != c.tags || e.Attacker != c.attacker || e.TLP != c.tlp || report.Missing() != c.missing {
			t.Errorf("%s: %q, tags %q, attacker %q, %s: %+v", c.name, got, e.Tags, e.Attacker, e.TLP, report)
		}
	}
}
