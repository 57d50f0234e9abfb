package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"threatbench/cli/profile"
)

const fixtures = "../testdata/schema5"

// TestConfigurationOfSchema5 reads a configuration that binds every action a
// released program had: each name is still known.
func TestConfigurationOfSchema5(t *testing.T) {
	c, err := profile.Load(filepath.Join(fixtures, "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Keys) < 384 {
		t.Fatalf("only %d actions are bound", len(c.Keys))
	}
	wrong, unfortunate := looks(&c)
	for _, m := range append(wrong, unfortunate...) {
		t.Error(m)
	}
}

// TestStateOfSchema5 reads the state that a released program left.
func TestStateOfSchema5(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(fixtures, "state-local.json"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "state-local.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	s, warning := profile.OpenState(dir, "somewhere", "local")
	if warning != "" {
		t.Fatal(warning)
	}
	v, ok := s.Get("frame.kept")
	if !ok {
		t.Fatal("where the workbench stood is gone")
	}
	var kept struct{ Events struct{ Filter string } }
	if err := json.Unmarshal(v, &kept); err != nil {
		t.Fatal(err)
	}
	if kept.Events.Filter != "local attacker:QUIETOTTER" {
		t.Errorf("the filter reads %q", kept.Events.Filter)
	}
}
