package api

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Dataset is a named collection of events.
type Dataset struct {
	UUID               string `json:"uuid"`
	Name               string `json:"name"`
	IsPublic           bool   `json:"isPublic"`
	IsAnalytics        bool   `json:"isAnalytics"`
	IndicatorWriteMode string `json:"indicatorWriteMode,omitempty"` // read_only, create_only or full
	DeletedAt          *Time  `json:"deletedAt,omitempty"`
}

// DatasetPatch is what an update of a dataset changes: nil stays.
type DatasetPatch struct {
	Name     *string `json:"name,omitempty"`
	IsPublic *bool   `json:"isPublic,omitempty"`
}

// Category is a kind of event; its kill chain stage and MITRE lists flow into
// the events that carry it.
type Category struct {
	UUID        string   `json:"uuid"`
	Name        string   `json:"name"`
	KillChain   int      `json:"killChain"`
	MitreAttack []string `json:"mitreAttack,omitempty"`
	MitreCapec  []string `json:"mitreCapec,omitempty"`
	Shortname   string   `json:"shortname,omitempty"`
}

// CategoryPatch is what an update of a category changes: nil stays.
type CategoryPatch struct {
	Name        *string   `json:"name,omitempty"`
	KillChain   *int      `json:"killChain,omitempty"`
	MitreAttack *[]string `json:"mitreAttack,omitempty"`
	MitreCapec  *[]string `json:"mitreCapec,omitempty"`
	Shortname   *string   `json:"shortname,omitempty"`
}

// Apply lays the patch over a category.
func (p CategoryPatch) Apply(c *Category) {
	if p.Name != nil {
		c.Name = *p.Name
	}
	if p.KillChain != nil {
		c.KillChain = *p.KillChain
	}
	if p.MitreAttack != nil {
		c.MitreAttack = *p.MitreAttack
	}
	if p.MitreCapec != nil {
		c.MitreCapec = *p.MitreCapec
	}
	if p.Shortname != nil {
		c.Shortname = *p.Shortname
	}
}

// UnmarshalJSON reads the stage as a number or as text, and lists that hold
// one bare value.
func (c *Category) UnmarshalJSON(b []byte) error {
	var w struct {
		UUID        flexString           `json:"uuid"`
		Name        flexString           `json:"name"`
		KillChain   flexInt              `json:"killChain"`
		MitreAttack flexList[flexString] `json:"mitreAttack"`
		MitreCapec  flexList[flexString] `json:"mitreCapec"`
		Shortname   flexString           `json:"shortname"`
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*c = Category{
		UUID: string(w.UUID), Name: string(w.Name), KillChain: int(w.KillChain), Shortname: string(w.Shortname),
		MitreAttack: stringsOf(w.MitreAttack), MitreCapec: stringsOf(w.MitreCapec),
	}
	return nil
}

// Country is an entry of ISO 3166-1.
type Country struct {
	Alpha2 string `json:"alpha2"`
	Alpha3 string `json:"alpha3"`
	Name   string `json:"name"`
}

// Tag is a label that events carry.
type Tag struct {
	UUID         string `json:"uuid"`
	Value        string `json:"value"`
	CategoryUUID string `json:"categoryUuid,omitempty"`
	CategoryName string `json:"categoryName,omitempty"`
	Description  string `json:"description,omitempty"`
	TLP          string `json:"tlp,omitempty"`
}

// TagPatch is what an update of a tag changes: nil stays, a category of "" is
// none.
type TagPatch struct {
	Value        *string
	CategoryUUID *string
	Description  *string
}

// MarshalJSON writes what shall change; no category is null.
func (p TagPatch) MarshalJSON() ([]byte, error) {
	out := map[string]any{}
	for key, s := range map[string]*string{"value": p.Value, "categoryUuid": p.CategoryUUID, "description": p.Description} {
		switch {
		case s == nil:
		case key == "categoryUuid" && *s == "":
			out[key] = nil
		default:
			out[key] = *s
		}
	}
	return json.Marshal(out)
}

// TagCategory is a kind of tags. Schema is the JSON list of the fields that its
// tags are to have, nil for none.
type TagCategory struct {
	UUID        string          `json:"uuid"`
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Schema      json.RawMessage `json:"schema,omitempty"`
	CreatedAt   Time            `json:"createdAt"`
	UpdatedAt   Time            `json:"updatedAt"`
}

// TagCategoryPatch is what an update of a tag category changes: nil stays, and
// a schema of null takes it away.
type TagCategoryPatch struct {
	Name        *string         `json:"name,omitempty"`
	Description *string         `json:"description,omitempty"`
	Schema      json.RawMessage `json:"schema,omitempty"`
}

// Names reads a catalogue of names in any of its published forms: a list of
// strings, {items:[…]}, or a list of {name} or {value}.
type Names []string

// UnmarshalJSON reads any of the forms.
func (n *Names) UnmarshalJSON(b []byte) error {
	b = bytes.TrimSpace(b)
	*n = nil
	if len(b) > 0 && b[0] == '{' {
		var w struct {
			Items json.RawMessage `json:"items"`
			Tags  json.RawMessage `json:"tags"`
		}
		if err := json.Unmarshal(b, &w); err != nil {
			return err
		}
		if b = w.Items; b == nil {
			b = w.Tags
		}
		if b == nil {
			return nil
		}
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return fmt.Errorf("reading a list of names: %w", err)
	}
	for _, r := range raw {
		if s := nameOf(r); s != "" {
			*n = append(*n, s)
		}
	}
	return nil
}

func nameOf(b json.RawMessage) string {
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] == '{' {
		var w struct{ Name, Value flexString }
		if json.Unmarshal(b, &w) != nil {
			return ""
		}
		if w.Name != "" {
			return string(w.Name)
		}
		return string(w.Value)
	}
	var s flexString
	if s.UnmarshalJSON(b) != nil {
		return ""
	}
	return string(s)
}
