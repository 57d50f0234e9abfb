package profile

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func opened(t *testing.T, dir string) *State {
	t.Helper()
	s, warning := OpenState(dir, "prod", "")
	if warning != "" {
		t.Fatal(warning)
	}
	return s
}

func TestStateIsThereTheNextTime(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, dir)
	s.Put("queries.seen", json.RawMessage(`{"7":1}`))
	if v, ok := s.Get("queries.seen"); !ok || string(v) != `{"7":1}` {
		t.Errorf("before it is written: %s %v", v, ok)
	}
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	v, ok := opened(t, dir).Get("queries.seen")
	var seen map[string]int
	if err := json.Unmarshal(v, &seen); !ok || err != nil || seen["7"] != 1 {
		t.Errorf("the next time: %s %v %v", v, ok, err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Fatalf("%v %v", files, err)
	}
	if info, err := files[0].Info(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v: others can read it", info.Mode(), err)
	}
	if other, _ := OpenState(dir, "work", ""); len(other.values) != 0 {
		t.Error("a profile knows what another remembers")
	}
}

// Two sessions of one profile don't wipe out each other's names.
func TestStateOfTwoSessions(t *testing.T) {
	dir := t.TempDir()
	a, b := opened(t, dir), opened(t, dir)
	a.Put("a", json.RawMessage(`1`))
	b.Put("b", json.RawMessage(`2`))
	if err := a.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
	c := opened(t, dir)
	for name, want := range map[string]string{"a": "1", "b": "2"} {
		if v, _ := c.Get(name); string(v) != want {
			t.Errorf("%s is %q, want %q", name, v, want)
		}
	}
}

func TestStateThatIsDamagedIsSetAside(t *testing.T) {
	for _, text := range []string{"", "{", `[1]`, "\x00\x01"} {
		dir := t.TempDir()
		path := opened(t, dir).path
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s, warning := OpenState(dir, "prod", "")
		if !strings.Contains(warning, "set aside") {
			t.Errorf("%q: %q", text, warning)
		}
		s.Put("x", json.RawMessage(`true`))
		if err := s.Flush(); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		kept, err := os.ReadFile(path + ".damaged")
		if err != nil || string(kept) != text {
			t.Errorf("%q is not kept: %q %v", text, kept, err)
		}
		if v, _ := opened(t, dir).Get("x"); string(v) != "true" {
			t.Errorf("after %q nothing is remembered", text)
		}
	}
}

func TestStateThatCannotBeReadStaysAsItIs(t *testing.T) {
	dir := t.TempDir()
	path := opened(t, dir).path
	if err := os.WriteFile(path, make([]byte, stateLimit+1), 0o600); err != nil {
		t.Fatal(err)
	}
	s, warning := OpenState(dir, "prod", "")
	if !strings.Contains(warning, "more than") {
		t.Errorf("%q", warning)
	}
	s.Put("x", json.RawMessage(`1`))
	if err := s.Flush(); err != nil {
		t.Errorf("%v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() != stateLimit+1 {
		t.Errorf("it was written over: %v %v", info, err)
	}
}

// What could not be written is written the next time it can be.
func TestStateIsWrittenLater(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	s := opened(t, dir)
	s.Put("x", json.RawMessage(`1`))
	if err := s.Flush(); err == nil {
		t.Fatal("a directory that isn't there was written to")
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	if v, _ := opened(t, dir).Get("x"); string(v) != "1" {
		t.Errorf("%q", v)
	}
}

// What was remembered under a profile's name is taken over once and left where
// it is; profiles that lead to one place then share what is remembered.
func TestStateOfAProfileIsTakenOverOnce(t *testing.T) {
	dir := t.TempDir()
	old := filepath.Join(dir, "state-prod.json")
	if err := os.WriteFile(old, []byte(`{"frame.kept":1,"queries.seen":2}`), 0o600); err != nil {
		t.Fatal(err)
	}
	read := func(profile, name string) string {
		s, warning := OpenState(dir, "db 1", profile)
		if warning != "" {
			t.Error(warning)
		}
		v, _ := s.Get(name)
		return string(v)
	}
	s, _ := OpenState(dir, "db 1", "prod")
	if v, _ := s.Get("queries.seen"); string(v) != "2" {
		t.Errorf("taken over: %q", v)
	}
	s.Put("frame.kept", json.RawMessage(`3`))
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	if got := read("other", "frame.kept") + read("prod", "queries.seen"); got != "32" {
		t.Errorf("the next time: %s", got)
	}
	if text, err := os.ReadFile(old); err != nil || !strings.Contains(string(text), `"frame.kept":1`) {
		t.Errorf("the old file: %s %v", text, err)
	}
	if s, _ := OpenState(dir, "db 2", ""); len(s.values) != 0 {
		t.Errorf("another place begins with %v", s.values)
	}
}

func TestStateOfNamesWithSlashes(t *testing.T) {
	dir := t.TempDir()
	s, warning := OpenState(dir, "../evil/name", "")
	s.Put("x", json.RawMessage(`1`))
	if err := s.Flush(); err != nil || warning != "" {
		t.Fatal(err, warning)
	}
	files, err := filepath.Glob(filepath.Join(dir, "state-*.json"))
	if err != nil || len(files) != 1 {
		t.Errorf("not in its directory: %v %v", files, err)
	}
}

func TestStateIsSafeForSeveral(t *testing.T) {
	s := opened(t, t.TempDir())
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			name := fmt.Sprint(i)
			s.Put(name, json.RawMessage(name))
			if err := s.Flush(); err != nil {
				t.Error(err)
			}
			if v, ok := s.Get(name); !ok || string(v) != name {
				t.Errorf("%s is %q", name, v)
			}
		})
	}
	all.Wait()
}
