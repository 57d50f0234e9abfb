package graph

import (
	"threatbench/api"
	"threatbench/views"
)

// Subject is what the node under the cursor holds, or is.
func (m *Model) Subject() views.Subject {
	if m.scene == nil {
		return views.Subject{}
	}
	n, ok := m.scene.current()
	switch {
	case !ok:
	case n.Event != nil:
		return views.SubjectOf(n.Event)
	case n.Type == api.NodeIndicator:
		return views.SubjectOfValue(string(api.FieldIndicator), title(n))
	case n.Type == api.NodeTag:
		return views.SubjectOfValue(string(api.FieldTags), title(n))
	}
	return views.Subject{}
}
