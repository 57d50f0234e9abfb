package profile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestAllMistakesAndAllThatIsRight reads a file with a mistake of every kind:
// each is told by its line, and everything else holds.
func TestAllMistakesAndAllThatIsRight(t *testing.T) {
	path := write(t, `default_profile = "good"
colour = 1
[ui]
theme = 5
ascii = true
color = "pink"
columns = [
  "date", # the first
  "event",
]
utc = maybe
[keys]
"events.open" = ["o"]
"events.mark" = "x"
[nosuch]
a = 1
b = [1
[profiles.good]
db = "/tmp/good.db"
nickname = "x"
read_only = "yes"
[profiles.away]
account = "acc"
acount = "b"
[profiles.twice]
db = "/tmp/a.db"
db = "/tmp/b.db"
[profiles.lost
db = "/tmp/lost.db"
[profiles.last]
db = """/tmp/\
  last.db"""
[ui]
ascii = false
`, 0o600)
	c, err := Load(path)
	var wrong Mistakes
	if !errors.As(err, &wrong) {
		t.Fatal(err)
	}
	var lines []int
	for _, m := range wrong {
		lines = append(lines, m.Line)
	}
	if want := []int{2, 4, 6, 11, 14, 15, 17, 20, 21, 24, 27, 28, 33}; !slices.Equal(lines, want) {
		t.Errorf("lines %v, want %v:\n%v", lines, want, err)
	}
	if !c.UI.ASCII || c.UI.Theme != "" || c.UI.Color != "" || !slices.Equal(c.UI.Columns, []string{"date", "event"}) || len(c.Keys["events.open"]) != 1 {
		t.Errorf("%+v %v", c.UI, c.Keys)
	}
	for name, want := range map[string]string{"": "/tmp/good.db true", "good": "/tmp/good.db true", "last": "/tmp/last.db false", "local": DatabasePath() + " false"} {
		p, err := c.Choose(name, Environment{Getenv: env(nil)})
		if got := fmt.Sprint(p.DB, " ", p.ReadOnly); err != nil || got != want {
			t.Errorf("%q is %s, %v, want %s", name, got, err, want)
		}
	}
	for name, line := range map[string]int{"away": 24, "twice": 27} {
		_, err := c.Choose(name, Environment{Getenv: env(nil)})
		var unusable *Unusable
		if !errors.As(err, &unusable) || unusable.Why.Line != line {
			t.Errorf("%q: %v, want a mistake in line %d", name, err, line)
		}
	}
}

// TestReadOnlyHolds however badly a file is written, and for no other profile
// where it can be told whose it is.
func TestReadOnlyHolds(t *testing.T) {
	for _, c := range []struct {
		text      string
		here, any bool
	}{
		{"[profiles.x]\ndb = \"d\"\nread_only = true\n[keys]\n\"app.quit\" = 5\n", true, true},
		{"[profiles.x]\ndb = \"d\"\nread_only = ture\n", true, true},
		{"[profiles.x]\ndb = \"d\"\nread_only true\n", true, true},
		{"[profiles.x]\ndb = \"d\"\nreadonly = true\n", true, true},
		{"[profiles.x]\ndb = \"d\"\n[profiles.x\nread_only = true\n", true, true},
		{"[profiles.x]\ndb = \"d\"\nread_only = false\nread_only = true\n", true, true},
		{"[profiles.x]\ndb = \"d\"\n[profiles.y]\ndb = 7\nread_only = true\n", false, true},
		{"profiles.y = {db = 7, read_only=true}\nprofiles.x.db = \"d\"\n", false, true},
		{"profiles.x.db = \"d\"\nprofiles.x.\"read_only\" = true # yes\n\x00broken", true, true},
		{"# read_only = true\n[profiles.x]\ndb = \"d\"\n[keys]\nx = 5", false, false},
		{"[profiles.x]\ndb = \"d\"\nread_only = false\n[ui]\ntheme = \"read_only\"\ncolour = 1\n", false, false},
		{"[profiles.x]\ndb = \"d\"\nread_only = 'false'\n", false, false},
	} {
		conf, err := Load(write(t, c.text, 0o600))
		p, bad := conf.Choose("x", Environment{Getenv: env(nil)})
		if bad != nil || p.ReadOnly != c.here || conf.AsksReadOnly() != c.any {
			t.Errorf("%s:\nread-only %v, anywhere %v, %v; %v", c.text, p.ReadOnly, conf.AsksReadOnly(), bad, err)
		}
	}
}

// TestARuinIsNoConfiguration: a file of nothing but mistakes ends in time.
func TestARuinIsNoConfiguration(t *testing.T) {
	for _, text := range []string{strings.Repeat("x = [\n", 20000), strings.Repeat("\x00\xff = {\"\n", 5000), strings.Repeat("[ui]\ntheme = 5\n", 3000), "\xef\xbb\xbf[ui", strings.Repeat("[", 1<<10)} {
		c, err := Load(write(t, text+"\n[profiles.x]\nread_only = true\n", 0o600))
		var wrong Mistakes
		if !errors.As(err, &wrong) || len(wrong) > maxMistakes+2 || !c.AsksReadOnly() {
			t.Errorf("%.20q: %d mistakes, read-only %v", text, len(wrong), c.AsksReadOnly())
		}
	}
}
