package table

import (
	"encoding/json"
	"fmt"
	"slices"

	"threatbench/api/clean"
)

// Mapping is what the columns of a table hold, as it is saved.
type Mapping struct {
	Columns   map[string]string `json:"columns"` // fields by the columns' names; "-" leaves one out
	DateOrder Order             `json:"dateOrder,omitempty"`
}

// ReadMapping reads a mapping that was saved.
func ReadMapping(b []byte) (Mapping, error) {
	var m Mapping
	if err := clean.Unmarshal(b, &m); err != nil {
		return m, fmt.Errorf("no mapping of columns: %w", err)
	}
	if m.DateOrder != "" && !slices.Contains(Orders(), m.DateOrder) {
		return m, fmt.Errorf("dateOrder %q: want one of %q", m.DateOrder, Orders())
	}
	return m, nil
}

// Encode is the mapping as it is saved.
func (m Mapping) Encode() ([]byte, error) {
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the mapping: %w", err)
	}
	return append(b, '\n'), nil
}
