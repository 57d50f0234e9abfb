package graph

import (
	"threatbench/api"
	"threatbench/views"
)

// Held is what the node under the cursor holds, or is.
func (m *Model) Held() views.Held {
	if m.scene == nil {
		return views.Held{}
	}
	n, ok := m.scene.current()
	switch {
	case !ok:
	case n.Event != nil:
		return views.HeldOf(n.Event)
	case n.Type == api.NodeIndicator:
		return views.HeldValue(string(api.FieldIndicator), title(n))
	case n.Type == api.NodeTag:
		return views.HeldValue(string(api.FieldTags), title(n))
	}
	return views.Held{}
}
