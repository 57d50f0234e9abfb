package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A plan says which marking events take whose file has none.
func TestPlanNamesTheDefaultMarking(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "feed.csv")
	if err := os.WriteFile(file, []byte("domain,tlp\na.example.org,green\nb.example.org,\nc.example.org,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"no marking: 2 events, TLP amber":                         nil,
		"no marking: 2 events, TLP red":                           {"--tlp", "red"},
		"TLP: amber+strict 3":                                     {"--tag", "TLP:AMBER+STRICT"}, // a marking there makes stricter, and is said
		"would come in: 3 events created, 0 updated; 0 there":     {"--tag", "ours"},
		"--tag \"\": want a tag of 1 to":                          {"--tag", ""},
		"column domain: indicator (domain): a.example.org | b.ex": nil,
	} {
		a, said := program(t, nil)
		code := a.execute(t.Context(), append([]string{"import", "--plan", file, "--db", filepath.Join(dir, "none.db")}, args...))
		if !strings.Contains(said.String(), want) {
			t.Errorf("%v: %d %s, want %q", args, code, said, want)
		}
	}
}

// Tags that an import adds stand beside those of the file.
func TestImportAddsTags(t *testing.T) {
	dir := t.TempDir()
	file, db := filepath.Join(dir, "feed.csv"), filepath.Join(dir, "events.db")
	if err := os.WriteFile(file, []byte("domain,tags\na.example.org,theirs\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, said := program(t, nil)
	if code := a.execute(t.Context(), []string{"import", file, "--tag", "ours", "--tag", "theirs", "--db", db}); code != exitOK {
		t.Fatalf("%d %s", code, said)
	}
	a, said = program(t, nil)
	if code := a.execute(t.Context(), []string{"export", "--db", db, "--format", "jsonl", "-o", "-"}); code != exitOK || !strings.Contains(said.String(), `"tags":["theirs","ours"]`) {
		t.Errorf("%d %s", code, said)
	}
}
