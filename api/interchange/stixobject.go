package interchange

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"threatbench/api"
	"threatbench/api/indicator"
	"threatbench/api/stix"
)

// stixObject is what an import reads of a STIX object of any type.
type stixObject struct {
	Type        string            `json:"type"`
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Description string            `json:"description"`
	Created     string            `json:"created"`
	Modified    string            `json:"modified"`
	Creator     string            `json:"created_by_ref"`
	Class       string            `json:"identity_class"`
	Sectors     texts             `json:"sectors"`
	Path        string            `json:"path"`
	Subject     string            `json:"subject"`
	Explanation string            `json:"explanation"`
	Extensions  json.RawMessage   `json:"extensions"`
	Embedded    json.RawMessage   `json:"objects"` // of observed data in STIX 2.0
	Labels      texts             `json:"labels"`
	Markings    texts             `json:"object_marking_refs"`
	Revoked     bool              `json:"revoked"`
	Pattern     string            `json:"pattern"`
	PatternType string            `json:"pattern_type"`
	Types       texts             `json:"indicator_types"`
	ReportTypes texts             `json:"report_types"`
	ValidFrom   string            `json:"valid_from"`
	Published   string            `json:"published"`
	FirstSeen   string            `json:"first_seen"`
	First       string            `json:"first_observed"`
	Of          string            `json:"sighting_of_ref"`
	Observed    texts             `json:"observed_data_refs"`
	Objects     texts             `json:"object_refs"`
	Kind        string            `json:"relationship_type"`
	Source      string            `json:"source_ref"`
	Target      string            `json:"target_ref"`
	Content     string            `json:"content"`
	Country     string            `json:"country"`
	Value       string            `json:"value"`
	Key         string            `json:"key"`
	Number      json.Number       `json:"number"`
	Hashes      map[string]string `json:"hashes"`
	External    []struct {
		Source string `json:"source_name"`
		ID     string `json:"external_id"`
	} `json:"external_references"`
	Phases []struct {
		Chain string `json:"kill_chain_name"`
		Phase string `json:"phase_name"`
	} `json:"kill_chain_phases"`
	Granular []struct {
		Ref string `json:"marking_ref"`
	} `json:"granular_markings"`
}

// isOurs tells whether an export of ours wrote the object for an event.
func (o stixObject) isOurs() bool {
	for _, e := range o.External {
		if e.Source == "threat-events" {
			return true
		}
	}
	return false
}

// externalID is the id that a catalogue gives an object: any of the ATT&CK
// matrices, CAPEC, CVE.
func externalID(o stixObject) string {
	for _, e := range o.External {
		if e.ID != "" && (strings.HasPrefix(e.Source, "mitre-") || e.Source == "capec" || e.Source == "cve") {
			return e.ID
		}
	}
	return o.Name
}

// plainIndicator is an indicator in the spelling that all forms share.
func plainIndicator(kind, value string) api.IndicatorInput {
	value = strings.TrimSpace(value)
	if p, err := netip.ParsePrefix(value); err == nil && p.IsSingleIP() {
		value, kind = p.Addr().String(), stix.AddressKind(value)
	}
	f, ok := indicator.TypeOf(value)
	switch {
	case ok && string(f.Type) == kind:
		value = f.Value
	case kind == string(indicator.Domain):
		if f, ok := indicator.TypeOf(strings.TrimSuffix(indicator.Refang(value), ".")); ok && f.Type == indicator.Domain {
			value = f.Value
		}
	}
	return api.IndicatorInput{Value: value, IndicatorType: kind}
}

// patternValues are the indicators of a pattern; the error says why there are
// none.
func patternValues(o stixObject) (out []api.IndicatorInput, _ error) {
	if o.PatternType != "" && o.PatternType != "stix" {
		return ruleOf(o.PatternType, o.Pattern)
	}
	found, passed, err := stix.Values(o.Pattern)
	if err != nil {
		return nil, fmt.Errorf("its pattern can't be read: %w: %.80q", err, o.Pattern)
	}
	for _, v := range found {
		out = append(out, plainIndicator(v.Kind, v.Text))
	}
	switch {
	case len(out) == 0 && len(passed) > 0:
		return nil, fmt.Errorf("its pattern names no value that is an indicator, only %s", strings.Join(passed, ", "))
	case len(out) == 0:
		return nil, fmt.Errorf("its pattern names no value: %.80q", o.Pattern)
	}
	return out, nil
}

// ruleOf is a rule of another language as an indicator of its own.
func ruleOf(kind, rule string) ([]api.IndicatorInput, error) {
	if strings.TrimSpace(rule) == "" {
		return nil, errors.New("its pattern is empty")
	}
	if len(rule) > api.MaxIndicator {
		return nil, fmt.Errorf("its %.20s rule has %d bytes, more than an indicator may have", kind, len(rule))
	}
	return []api.IndicatorInput{{Value: rule, IndicatorType: kind}}, nil
}

// observableValues are what a cyber observable stands for.
func observableValues(o stixObject) []api.IndicatorInput {
	var out []api.IndicatorInput
	add := func(kind, value string) {
		if kind != "" && value != "" {
			out = append(out, plainIndicator(kind, value))
		}
	}
	switch o.Type {
	case "ipv4-addr", "ipv6-addr":
		add(stix.AddressKind(o.Value), o.Value)
	case "file", "artifact", "x509-certificate": // as STIX spells it
		for _, name := range slices.Sorted(maps.Keys(o.Hashes)) {
			add(stix.HashKind(o.Type, name), o.Hashes[name])
		}
		if o.Type == "file" {
			add("filename", o.Name)
		}
	case "windows-registry-key":
		add("regkey", o.Key)
	case "mutex":
		add("mutex", o.Name)
	case "directory":
		add("filepath", o.Path)
	case "email-message":
		add("email-subject", o.Subject)
	case "process", "software":
		add(o.Type+"-name", o.Name)
	case "autonomous-system":
		add("asn", string(o.Number))
	default:
		add(stix.ObjectKind(o.Type), o.Value)
	}
	sortIndicators(out)
	return out
}

// embeddedValues are those of the observables that observed data of STIX 2.0
// carries within.
func embeddedValues(o stixObject) (out []api.IndicatorInput) {
	objects := decoded[map[string]json.RawMessage](o.Embedded)
	for _, key := range slices.Sorted(maps.Keys(objects)) {
		for _, v := range observableValues(decoded[stixObject](objects[key])) {
			if !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
	}
	sortIndicators(out)
	return out
}

// isObservable tells whether objects of an id's type are cyber observables
// that can stand for an event of their own.
func isObservable(id string) bool {
	kind, _, _ := strings.Cut(id, "--")
	switch kind {
	case "ipv4-addr", "ipv6-addr", "domain-name", "url", "email-addr", "email-message", "file", "mutex", "mac-addr", "autonomous-system", "process", "software",
		"windows-registry-key", "x509-certificate", "directory", "artifact", "network-traffic", "user-account": // as STIX spells it
		return true
	}
	return false
}

// bareID is the UUID of a STIX id.
func bareID(id string) string {
	_, bare, _ := strings.Cut(id, "--")
	return bare
}

// standsForEvent tells whether objects of a type are events.
func standsForEvent(id string) bool {
	kind, _, _ := strings.Cut(id, "--")
	return slices.Contains([]string{"incident", "indicator", "sighting", "observed-data", "report", "grouping"}, kind)
}

// unwrap gives what is in a bundle among objects to take.
func (im *importer) unwrap(b []byte, line int, take func(b []byte, line int) error, quiet bool) error {
	head := decoded[struct {
		Type    word            `json:"type"`
		Objects json.RawMessage `json:"objects"`
	}](b)
	if len(head.Objects) == 0 || head.Objects[0] != '[' || head.Type != "bundle" && head.Type != "" {
		return take(b, line)
	}
	j := &jsonReader{in: bufio.NewReader(bytes.NewReader(bytes.Clone(b))), most: im.o.MaxLine, line: line}
	return im.bundle(j, take, quiet)
}

// describeSighting takes in what was seen, and what was observed there.
func (im *importer) describeSighting(x *stixIndex, l *line, o stixObject) {
	l.Category = "Sighting"
	l.Indicators = x.joinValues(l, o.Of)
	if o.Of != "" && !standsForEvent(o.Of) && !isObservable(o.Of) {
		x.describeEdge(l, o.ID, stixEdge{kind: "sighting-of", target: o.Of})
	}
	for _, observed := range o.Observed {
		if !x.has(factVersion, observed) {
			im.leave("observed data", "a sighting names it, and it isn't in the file")
			continue
		}
		found := x.joinValues(l, append([]string{observed}, x.list(factHolds, observed)...)...)
		if len(found) == 0 {
			im.leave("observed data", "nothing in it is an indicator")
		}
		x.join(l, observed)
		for _, v := range found {
			if !slices.Contains(l.Indicators, v) {
				l.Indicators = append(l.Indicators, v)
			}
		}
	}
}
