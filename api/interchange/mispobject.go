package interchange

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"threatbench/api"
	"threatbench/api/indicator"
	"threatbench/api/interchange/table"
)

// mispTag is a tag of a MISP event or attribute: a text, an object with a name,
// or one around it.
type mispTag struct{ Name word }

// UnmarshalJSON never fails: a tag of another kind has no name.
func (t *mispTag) UnmarshalJSON(b []byte) error {
	if len(b) == 0 || b[0] != '{' {
		return json.Unmarshal(b, &t.Name)
	}
	within := decoded[struct {
		Name word `json:"name"`
		Tag  *struct {
			Name word `json:"name"`
		} `json:"Tag"`
	}](b)
	t.Name = within.Name
	if within.Tag != nil {
		t.Name = cmp.Or(t.Name, within.Tag.Name)
	}
	return nil
}

type mispGalaxy struct {
	Type     word              `json:"type"`
	Clusters many[mispCluster] `json:"GalaxyCluster"`
}

type mispCluster struct {
	Value word             `json:"value"`
	Tag   word             `json:"tag_name"`
	Meta  either[mispMeta] `json:"meta"`
}

type mispMeta struct {
	Country many[word] `json:"country"`
}

// mispAttribute is a MISP attribute.
type mispAttribute struct {
	UUID      word             `json:"uuid"`
	Type      word             `json:"type"`
	Category  word             `json:"category"`
	Value     word             `json:"value"`
	Comment   word             `json:"comment"`
	Detect    word             `json:"to_ids"`
	Timestamp word             `json:"timestamp"`
	FirstSeen word             `json:"first_seen"`
	Deleted   word             `json:"deleted"`
	Relation  word             `json:"object_relation"`
	Proposals many[word]       `json:"ShadowAttribute"`
	Sightings many[word]       `json:"Sighting"`
	Tags      many[mispTag]    `json:"Tag"`
	OldTags   many[mispTag]    `json:"AttributeTag"`
	Galaxies  many[mispGalaxy] `json:"Galaxy"`
}

// mispObject is a MISP object: attributes that belong together.
type mispObject struct {
	UUID       word                `json:"uuid"`
	Name       word                `json:"name"`
	Comment    word                `json:"comment"`
	Timestamp  word                `json:"timestamp"`
	FirstSeen  word                `json:"first_seen"`
	Deleted    word                `json:"deleted"`
	Tags       many[mispTag]       `json:"Tag"`
	Attributes many[mispAttribute] `json:"Attribute"`
	References many[mispReference] `json:"ObjectReference"`
}

type mispReport struct {
	Name    word          `json:"name"`
	Content word          `json:"content"`
	Deleted word          `json:"deleted"`
	Tags    many[mispTag] `json:"Tag"`
}

type mispReference struct {
	To      word `json:"referenced_uuid"`
	Deleted word `json:"deleted"`
}

// mispIndicators are the indicators in an attribute, the most telling first:
// one, or the parts of a value made of several (filename|sha256).
func mispIndicators(a mispAttribute) []api.IndicatorInput {
	value, kind := mispIndicator(a)
	var out []api.IndicatorInput
	if strings.Contains(kind, "|") {
		for _, v := range table.Values(value, "", kind) {
			out = append(out, api.IndicatorInput{Value: v.Text, IndicatorType: v.Type})
		}
	}
	if len(out) < 2 {
		return []api.IndicatorInput{{Value: value, IndicatorType: kind}}
	}
	sortIndicators(out)
	return out
}

// listIndicators names indicators behind their types.
func listIndicators(list []api.IndicatorInput) string {
	var out []string
	for _, in := range list {
		out = append(out, in.IndicatorType+" "+in.Value)
	}
	return strings.Join(out, ", ")
}

// mispIndicator is an attribute's value and type as events name them.
func mispIndicator(a mispAttribute) (value, kind string) {
	value, kind = strings.TrimSpace(string(a.Value)), string(a.Type)
	if v, _, ok := strings.Cut(value, "|"); ok && strings.HasSuffix(kind, "|port") {
		value, kind = v, strings.TrimSuffix(kind, "|port")
	}
	switch kind {
	case "ip-src", "ip-dst":
		if f, ok := indicator.TypeOf(value); ok {
			return f.Value, string(f.Type)
		}
		return value, string(indicator.IPv4)
	case "hostname", "domain":
		return value, string(indicator.Domain)
	case "email-src", "email-dst", "email-reply-to", "email":
		return value, string(indicator.Email)
	case "vulnerability":
		return value, string(indicator.CVE)
	case "AS":
		return value, string(indicator.ASN)
	}
	return value, kind
}

// indicatorTypes are the types that identify something, the most telling
// first.
func indicatorTypes() []string {
	return []string{
		"domain", "domain|ip", "ip", "ipv6", "url", "sha256", "sha1", "md5", "sha512", "email", "filename|sha256", "filename|sha1", "filename|md5", "cve", "cidr", "uri",
		"regkey", "regkey|value", "mutex", "imphash", "ssdeep", "tlsh", "authentihash", "ja3-fingerprint-md5", "btc", "asn", "pdb", "x509-fingerprint-sha1", "user-agent", "filename",
	}
}

func isIndicatorType(kind string) bool { return slices.Contains(indicatorTypes(), kind) }

func sortIndicators(list []api.IndicatorInput) {
	types := indicatorTypes()
	slices.SortStableFunc(list, func(a, b api.IndicatorInput) int {
		return cmp.Compare(slices.Index(types, a.IndicatorType), slices.Index(types, b.IndicatorType))
	})
}

// mispStage is the stage of the kill chain that a category stands for.
func mispStage(category string) int {
	switch category {
	case "Payload delivery":
		return 3
	case "Payload installation", "Artifacts dropped", "Persistence mechanism": // as MISP spells it
		return 5
	case "Network activity":
		return 6
	}
	return 0
}
