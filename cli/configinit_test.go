package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestConfigInitAsks: in a terminal it asks, tries and writes; where it is
// stopped, or a file is there, nothing is written.
func TestConfigInitAsks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.toml")
	run := func(answers string) (int, string) {
		a, said := program(t, nil)
		a.io.In = strings.NewReader(answers)
		code := a.execute(t.Context(), []string{"config", "init", "--config", path})
		return code, said.String()
	}
	if code, said := run("2\nprod\nabc\n1\n\n\ny\n4\n"); code != 1 || !strings.Contains(said, "CLOUDFLARE_API_TOKEN") || !strings.Contains(said, "nothing was written") {
		t.Errorf("stopped: %d\n%s", code, said)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("a file was written: %v", err)
	}
	db := filepath.Join(t.TempDir(), "new.db")
	if code, said := run("1\nmine\n" + db + "\n\ny\n"); code != 0 || !strings.Contains(said, "created on first use") || !strings.Contains(said, "written: "+path) {
		t.Errorf("a database: %d\n%s", code, said)
	}
	if _, err := os.Stat(db); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("trying made a database: %v", err)
	}
	if code, said := run("1\n\n\n\n\n"); code != 1 || !strings.Contains(said, "stays as it is") || strings.Contains(said, "Where are your events") {
		t.Errorf("a file is there: %d\n%s", code, said)
	}
}
