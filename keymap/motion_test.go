package keymap_test

import (
	"strings"
	"testing"

	"threatbench/keymap"
)

// Actions that are named as movements move, in their own scope alone, the way
// their keys say.
func TestMotions(t *testing.T) {
	down := map[string]bool{"j": true, "down": true, "pgdown": true, "G": true, "end": true}
	found := 0
	for _, a := range keymap.Actions() {
		m, ok := a.ID.MotionIn(a.Scope)
		if !ok {
			continue
		}
		found++
		if _, elsewhere := a.ID.MotionIn("other"); elsewhere {
			t.Errorf("%s moves in another scope", a.ID)
		}
		for _, k := range a.Keys {
			if down[k] != (m.By(20) > 0) && len(k) > 0 && !strings.HasPrefix(k, "ctrl+") && k != "space" {
				t.Errorf("%s goes by %d with the key %s", a.ID, m.By(20), k)
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d actions move", found)
	}
	if m, ok := keymap.ID("events.half_up").MotionIn(keymap.Events); !ok || m.By(21) != -10 {
		t.Errorf("half a page up is %+v, %t", m, ok)
	}
	if _, ok := keymap.ID("graph.pan_up").MotionIn(keymap.Graph); ok {
		t.Error("panning is no movement of the cursor")
	}
}
