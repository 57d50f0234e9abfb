package stix

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"threatbench/api"
)

func full() api.Event {
	at := api.TimeOf(time.Date(2024, 5, 1, 10, 0, 0, 123e6, time.UTC))
	return api.Event{
		UUID: "3f0f6c9e-58a9-4d0f-9c39-4a8f6f3e9b11", Date: at, CreatedAt: at, Event: "A login page\nthat isn't one", Category: "Phishing",
		Attacker: "DARKHALO", AttackerCountry: "FR", TargetCountry: "DE", TargetIndustry: "Finance", Indicator: "login.example", IndicatorType: "domain",
		KillChain: 6, MitreAttack: []string{"T1566.002"}, MitreCapec: []string{"CAPEC-163"}, TLP: "Amber+Strict", Tags: []string{"phish"}, Insight: "**why**",
		References: []string{"3f0f6c9e-58a9-4d0f-9c39-4a8f6f3e9b12"},
	}
}

// anyObject is a STIX object as a reader without our types sees it.
type anyObject map[string]any

func bundleOf(t interface{ Fatal(...any) }, events []api.Event, edges []Edge) []anyObject {
	b, err := Bundle(events, edges)
	if err != nil {
		t.Fatal(err)
	}
	var out struct {
		Type, ID string
		Objects  []anyObject
	}
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	if out.Type != "bundle" || !strings.HasPrefix(out.ID, "bundle--") {
		t.Fatal("not a bundle: ", out.Type, out.ID)
	}
	return out.Objects
}

func TestBundleOfAFullEvent(t *testing.T) {
	objects := bundleOf(t, []api.Event{full()}, []Edge{{Parent: "3f0f6c9e-58a9-4d0f-9c39-4a8f6f3e9b13", Child: full().UUID, Type: "caused_by"}})
	kinds := map[string]int{}
	relations := map[string]int{}
	for _, o := range objects {
		kinds[o["type"].(string)]++
		if o["type"] == "relationship" {
			relations[o["relationship_type"].(string)]++
		}
	}
	for kind, n := range map[string]int{
		"marking-definition": 1, "incident": 1, "indicator": 1, "domain-name": 1, "observed-data": 1, "sighting": 1,
		"intrusion-set": 1, "location": 2, "identity": 2, "attack-pattern": 2, "note": 1, "extension-definition": 1,
	} {
		if kinds[kind] != n {
			t.Errorf("%d of %s, want %d", kinds[kind], kind, n)
		}
	}
	for kind, n := range map[string]int{"attributed-to": 1, "indicates": 3, "originates-from": 1, "targets": 2, "uses": 2, "related-to": 2, "caused-by": 1} {
		if relations[kind] != n {
			t.Errorf("%d of %s, want %d", relations[kind], kind, n)
		}
	}
	if i := slices.IndexFunc(objects, func(o anyObject) bool { return o["id"] == "incident--"+full().UUID }); i < 0 || objects[i]["name"] != "A login page" {
		t.Error("the incident doesn't carry the event's UUID and first line")
	}
	if objects[0]["name"] != "TLP:AMBER+STRICT" || objects[0]["id"] != "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003" {
		t.Errorf("the first object is %v", objects[0])
	}
}

func TestPatterns(t *testing.T) {
	md5, sha1, sha256 := strings.Repeat("a", 32), strings.Repeat("B", 40), strings.Repeat("c", 64)
	for _, tc := range []struct{ kind, value, want string }{
		{"domain", "login.example", "[domain-name:value = 'login.example']"},
		{"Domain", "bücher.example", "[domain-name:value = 'bücher.example']"},
		{"ip", "192.0.2.1", "[ipv4-addr:value = '192.0.2.1']"},
		{"ip", "198.51.100.0/24", "[ipv4-addr:value = '198.51.100.0/24']"},
		{"ipv6", "2001:db8::1", "[ipv6-addr:value = '2001:db8::1']"},
		{"url", "https://x.example/a'b\\c", `[url:value = 'https://x.example/a\'b\\c']`},
		{"email", "a@b.example", "[email-addr:value = 'a@b.example']"},
		{"md5", md5, "[file:hashes.'MD5' = '" + md5 + "']"},
		{"SHA1", sha1, "[file:hashes.'SHA-1' = '" + sha1 + "']"},
		{"sha256", sha256, "[file:hashes.'SHA-256' = '" + sha256 + "']"},
		{"filename", "it's.exe", `[file:name = 'it\'s.exe']`},
		{"filename|md5", "a.exe|" + md5, "[file:name = 'a.exe' AND file:hashes.'MD5' = '" + md5 + "']"},
		{"domain|ip", "x.example|192.0.2.1", "[domain-name:value = 'x.example' AND domain-name:resolves_to_refs[*].value = '192.0.2.1']"},
		{"regkey", `HKLM\Run\x`, `[windows-registry-key:key = 'HKEY_LOCAL_MACHINE\\Run\\x']`},
		{"regkey", `hkcu\a`, `[windows-registry-key:key = 'HKEY_CURRENT_USER\\a']`},
		{"regkey", `HKEY_USERS\a`, `[windows-registry-key:key = 'HKEY_USERS\\a']`},
		{"mutex", "m", "[mutex:name = 'm']"},
		{"asn", "AS64500", "[autonomous-system:number = 64500]"},
	} {
		if o, ok := observe(tc.kind, tc.value); !ok || o.pattern != tc.want {
			t.Errorf("%s %s: got %s, want %s", tc.kind, tc.value, o.pattern, tc.want)
		}
	}
	for _, tc := range [][2]string{
		{"domain", "not a domain"}, {"domain", "a..b"}, {"ip", "300.1.1.1"}, {"ip", "fe80::1%eth0"}, {"url", "no scheme"}, {"email", "A <a@b.example>"}, {"md5", "abc"},
		{"md5", strings.Repeat("g", 32)}, {"asn", "AS"}, {"asn", "-1"}, {"filename|md5", "a.exe"}, {"filename|domain", "a|b.example"}, {"unknown", "x"}, {"", ""}, {"mutex", ""}, {"regkey", ""}, {"regkey", `(HKLM|HKCU)\a`}, {"regkey", `\HKLM\a`},
	} {
		if o, ok := observe(tc[0], tc[1]); ok {
			t.Errorf("%s %q: took %s", tc[0], tc[1], o.pattern)
		}
	}
}

// TestObservableIDs holds to examples of the specification's way of making
// ids: a UUID of version 5 over the contributing properties.
func TestObservableIDs(t *testing.T) {
	for _, tc := range []struct{ kind, value, want string }{
		{"ip", "198.51.100.3", "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"},
		{"domain", "example.com", "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7"},
	} {
		o, _ := observe(tc.kind, tc.value)
		if o.objects[0].ID != tc.want {
			t.Errorf("%s: got %s, want %s", tc.value, o.objects[0].ID, tc.want)
		}
	}
}

func TestIndicatorsWithoutAnObservableStayInTheText(t *testing.T) {
	e := full()
	e.Indicator, e.IndicatorType = "5e-12 weird", "imphash"
	for _, o := range bundleOf(t, []api.Event{e}, nil) {
		if o["type"] == "indicator" {
			t.Errorf("made %v", o)
		}
		if o["type"] == "incident" && !strings.Contains(o["description"].(string), "Indicator (imphash): 5e-12 weird") {
			t.Errorf("the indicator is lost: %v", o)
		}
	}
	e.Indicator, e.IndicatorType = "cve-2024-0001", "cve"
	objects := bundleOf(t, []api.Event{e}, nil)
	if !slices.ContainsFunc(objects, func(o anyObject) bool { return o["type"] == "vulnerability" && o["name"] == "CVE-2024-0001" }) {
		t.Error("no vulnerability")
	}
}

// TestSharedObjectsTakeTheStrictestMarking holds that what a red event brings
// along isn't marked by a green one that shares it.
func TestSharedObjectsTakeTheStrictestMarking(t *testing.T) {
	green, red := full(), full()
	green.TLP, red.TLP, red.UUID = "green", "RED", "3f0f6c9e-58a9-4d0f-9c39-4a8f6f3e9b19"
	for _, o := range bundleOf(t, []api.Event{green, red}, nil) {
		if o["type"] == "domain-name" || o["type"] == "intrusion-set" || o["type"] == "attack-pattern" || o["relationship_type"] == "originates-from" {
			if refs := o["object_marking_refs"].([]any); len(refs) != 1 || refs[0] != markingID(api.TLPRed) {
				t.Errorf("%v is marked %v", o["type"], refs)
			}
		}
	}
}

func TestEnvelope(t *testing.T) {
	for next, want := range map[string]string{"": `{"more":false,"objects":[{`, "c": `{"more":true,"next":"c","objects":[{`} {
		b, err := Envelope([]api.Event{full()}, nil, next)
		if err != nil || !bytes.HasPrefix(b, []byte(want)) {
			t.Errorf("got %.80s, %v", b, err)
		}
	}
	if b, err := Envelope(nil, nil, ""); err != nil || string(b) != `{"more":false}` {
		t.Errorf("of nothing: %s, %v", b, err)
	}
}

// TestAnyEventIsValid holds, for any event, to what the specification asks of
// every object: ids of the right form and each once, references of the right
// kind, times of the right form, no empty lists, and the same bytes again.
func TestAnyEventIsValid(t *testing.T) {
	idForm := regexp.MustCompile(`^[a-z0-9-]+--[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	timeForm := regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$`)
	rapid.Check(t, func(t *rapid.T) {
		events := rapid.SliceOfN(rapid.Custom(drawEvent), 0, 4).Draw(t, "events")
		first, err := Bundle(events, nil)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Bundle(events, nil)
		if err != nil || !bytes.Equal(first, again) {
			t.Fatal("not the same twice", err)
		}
		seen := map[string]bool{}
		for _, o := range bundleOf(t, events, nil) {
			id := o["id"].(string)
			if seen[id] || !idForm.MatchString(id) || !strings.HasPrefix(id, o["type"].(string)+"--") || o["spec_version"] != "2.1" {
				t.Fatalf("id %s of %v", id, o)
			}
			seen[id] = true
			for key, v := range o {
				switch v := v.(type) {
				case []any:
					if len(v) == 0 {
						t.Fatalf("%s of %s is empty", key, id)
					}
				case string:
					if (key == "created" || key == "modified" || strings.HasSuffix(key, "_seen") || strings.HasSuffix(key, "_observed") || key == "valid_from") && !timeForm.MatchString(v) {
						t.Fatalf("%s of %s is %q", key, id, v)
					}
					if strings.HasSuffix(key, "_ref") && !idForm.MatchString(v) {
						t.Fatalf("%s of %s is %q", key, id, v)
					}
				}
			}
		}
	})
}

func drawEvent(t *rapid.T) api.Event {
	text := rapid.OneOf(rapid.SampledFrom([]string{"", "a", "it's \\ \"x\"\n", "日本"}), rapid.String())
	list := rapid.SliceOfN(text, 0, 3)
	when := rapid.Custom(func(t *rapid.T) api.Time {
		return api.TimeOf(time.UnixMilli(rapid.Int64Range(-62_200_000_000_000, 253_500_000_000_000).Draw(t, "ms")))
	})
	return api.Event{
		UUID: rapid.OneOf(text, rapid.SampledFrom([]string{full().UUID, "018f6c9e-58a9-7d0f-9c39-4a8f6f3e9b11", "AAAAAAAA-58A9-4D0F-9C39-4A8F6F3E9B11"})).Draw(t, "uuid"),
		Date: when.Draw(t, "date"), CreatedAt: when.Draw(t, "created"), Event: text.Draw(t, "event"), Category: text.Draw(t, "category"),
		Attacker: text.Draw(t, "attacker"), AttackerCountry: rapid.SampledFrom([]string{"", "FR", "EU-wide"}).Draw(t, "from"), TargetIndustry: text.Draw(t, "industry"),
		IndicatorType: rapid.SampledFrom([]string{"domain", "ip", "url", "md5", "filename", "mutex", "regkey", "cve", "other", "filename|md5", "regkey|value"}).Draw(t, "type"),
		Indicator:     rapid.OneOf(text, rapid.SampledFrom([]string{"x.example", "192.0.2.1", "https://x.example/'", strings.Repeat("a", 32), "a|" + strings.Repeat("a", 32)})).Draw(t, "indicator"),
		KillChain:     rapid.IntRange(-1, 9).Draw(t, "stage"), MitreAttack: list.Draw(t, "attack"), MitreCapec: list.Draw(t, "capec"),
		TLP: rapid.SampledFrom([]string{"", "red", "white", "purple"}).Draw(t, "tlp"), Tags: list.Draw(t, "tags"), Insight: text.Draw(t, "insight"), References: list.Draw(t, "refs"),
	}
}

// TestWriteSample writes a bundle for outside validators where one asks for it.
func TestWriteSample(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bundle.json")
	if p := os.Getenv("THREATBENCH_STIX_SAMPLE"); p != "" {
		path = p
	}
	var events []api.Event
	for i, kind := range [][2]string{
		{"domain", "x.example"}, {"ip", "192.0.2.1"}, {"ip", "2001:db8::1"}, {"url", "https://x.example/'a"}, {"md5", strings.Repeat("a", 32)}, {"sha256", strings.Repeat("b", 64)},
		{"filename|sha1", "a.exe|" + strings.Repeat("c", 40)}, {"domain|ip", "y.example|192.0.2.2"}, {"regkey", `HKEY_LOCAL_MACHINE\x`}, {"mutex", "m"}, {"asn", "64500"}, {"email", "a@b.example"}, {"cve", "CVE-2024-0001"}, {"other", "x"}, {"", ""},
	} {
		e := full()
		e.UUID = e.UUID[:34] + string("0123456789abcdef"[i]) + "0"
		e.IndicatorType, e.Indicator = kind[0], kind[1]
		e.TLP = []string{"clear", "green", "amber", "amber-strict", "red"}[i%5]
		events = append(events, e)
	}
	b, err := Bundle(events, []Edge{{events[0].UUID, events[1].UUID, "caused_by"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
