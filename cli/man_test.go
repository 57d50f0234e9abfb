package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A page never goes through a link of somebody else's to a file of one's own.
func TestManualPagesGoThroughNobodyElsesLinks(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make links of somebody else")
	}
	dir := t.TempDir()
	victim, pages := filepath.Join(dir, "victim"), filepath.Join(dir, "pages")
	link := filepath.Join(pages, "threatbench.1")
	for _, err := range []error{
		os.WriteFile(victim, []byte("precious"), 0o600), os.Mkdir(pages, 0o700),
		os.Symlink(victim, link), os.Lchown(link, 4242, 4242),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	out, err := command(dir, "man", "--dir", pages).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "somebody else") {
		t.Errorf("%v: %s", err, out)
	}
	if b, err := os.ReadFile(victim); err != nil || string(b) != "precious" {
		t.Errorf("the file behind the link holds %.40q, %v", b, err)
	}
}
