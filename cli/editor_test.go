package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"threatbench/cli/profile"
)

// What the editor leaves in the file is taken; the file is nobody else's, and
// gone afterwards.
func TestEdit(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	script := filepath.Join(t.TempDir(), "edit.sh")
	body := "#!/bin/sh\ntest \"$1\" = --wait || exit 3\nstat -c %a \"$2\" > \"$0.mode\"\ncat >> \"$2\" <<'END'\nmore; $(touch pwned)\nEND\n"
	if err := os.WriteFile(script, []byte(body), 0o700); err != nil {
		t.Fatal(err)
	}
	editorIs := func(value string) *app {
		return &app{env: profile.Environment{Getenv: func(name string) string {
			if name == "EDITOR" {
				return value
			}
			return ""
		}}}
	}
	got, err := editorIs(script+" --wait").edit("insight.md", "some\n", strings.NewReader(""), os.Stderr, os.Stderr)
	if err != nil || got != "some\nmore; $(touch pwned)\n" {
		t.Errorf("got %q, %v", got, err)
	}
	if mode, err := os.ReadFile(script + ".mode"); err != nil || strings.TrimSpace(string(mode)) != "600" {
		t.Errorf("the file had mode %s, %v", mode, err)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	for _, wrong := range []string{script, filepath.Join(t.TempDir(), "none")} {
		if _, err := editorIs(wrong).edit("a.md", "", strings.NewReader(""), os.Stderr, os.Stderr); err == nil || !strings.Contains(err.Error(), "EDITOR names another") {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}
