package stix

// common holds the properties that STIX domain and relationship objects share.
type common struct {
	Type        string        `json:"type"`
	SpecVersion string        `json:"spec_version"`
	ID          string        `json:"id"`
	Created     string        `json:"created"`
	Modified    string        `json:"modified"`
	Labels      []string      `json:"labels,omitempty"`
	External    []externalRef `json:"external_references,omitempty"`
	Markings    []string      `json:"object_marking_refs,omitempty"`
}

type externalRef struct {
	Source string `json:"source_name"`
	ID     string `json:"external_id,omitempty"`
}

// named is an incident, an intrusion set, an attack pattern, a vulnerability,
// an identity: what has a name and little else.
type named struct {
	common
	Name          string `json:"name"`
	Description   string `json:"description,omitempty"`
	IdentityClass string `json:"identity_class,omitempty"`

	Extensions map[string]Extension `json:"extensions,omitempty"`
}

type location struct {
	common
	Country string `json:"country"`
}

type note struct {
	common
	Content string   `json:"content"`
	About   []string `json:"object_refs"`
}

type killChainPhase struct {
	Chain string `json:"kill_chain_name"`
	Phase string `json:"phase_name"`
}

type indicator struct {
	common
	Name        string           `json:"name"`
	Description string           `json:"description,omitempty"`
	Types       []string         `json:"indicator_types"`
	Pattern     string           `json:"pattern"`
	PatternType string           `json:"pattern_type"`
	ValidFrom   string           `json:"valid_from"`
	KillChain   []killChainPhase `json:"kill_chain_phases,omitempty"`
}

type observedData struct {
	common
	First   string   `json:"first_observed"`
	Last    string   `json:"last_observed"`
	Number  int      `json:"number_observed"`
	Objects []string `json:"object_refs"`
}

type sighting struct {
	common
	First    string   `json:"first_seen"`
	Last     string   `json:"last_seen"`
	Count    int      `json:"count"`
	Of       string   `json:"sighting_of_ref"`
	Observed []string `json:"observed_data_refs,omitempty"`
}

type relationship struct {
	common
	Kind   string `json:"relationship_type"`
	Source string `json:"source_ref"`
	Target string `json:"target_ref"`
}

// observable is a cyber observable: its properties beside type and id depend
// on its type.
type observable struct {
	Type        string            `json:"type"`
	SpecVersion string            `json:"spec_version"`
	ID          string            `json:"id"`
	Markings    []string          `json:"object_marking_refs,omitempty"`
	Value       string            `json:"value,omitempty"`
	Name        string            `json:"name,omitempty"`
	Key         string            `json:"key,omitempty"`
	Hashes      map[string]string `json:"hashes,omitempty"`
	Number      int64             `json:"number,omitempty"`
	ResolvesTo  []string          `json:"resolves_to_refs,omitempty"`
}

type markingDefinition struct {
	Type        string                  `json:"type"`
	SpecVersion string                  `json:"spec_version"`
	ID          string                  `json:"id"`
	Created     string                  `json:"created"`
	Name        string                  `json:"name"`
	Extensions  map[string]tlpExtension `json:"extensions"`
}

type tlpExtension struct {
	Kind string `json:"extension_type"`
	TLP  string `json:"tlp_2_0"`
}

type extensionDefinition struct {
	common
	Author  string   `json:"created_by_ref"`
	Name    string   `json:"name"`
	Schema  string   `json:"schema"`
	Version string   `json:"version"`
	Types   []string `json:"extension_types"`
}
