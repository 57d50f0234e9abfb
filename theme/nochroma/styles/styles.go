// Package styles knows the styles that were registered.
package styles

import "github.com/alecthomas/chroma/v2"

// Registry holds the styles by name.
var Registry = map[string]*chroma.Style{}

// Register adds a style and gives it back.
func Register(s *chroma.Style) *chroma.Style {
	Registry[s.Name] = s
	return s
}
