package cli

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"threatbench/api/foreign"
)

// hanging is a server that hangs at a path: before its answer, or in the midst
// of it.
func hanging(at string, midway bool) *foreign.Server {
	return &foreign.Server{Rows: 30, Answer: func(w http.ResponseWriter, r *http.Request, path string) bool {
		if !strings.HasPrefix(path, at) {
			return false
		}
		if midway {
			w.Header().Set("Content-Type", "application/json")
			if _, err := w.Write([]byte(`{"success":true,"result":[`)); err != nil {
				return true
			}
			if err := http.NewResponseController(w).Flush(); err != nil {
				return true
			}
		}
		<-r.Context().Done()
		return true
	}}
}

func TestAHungServerIsGivenUp(t *testing.T) {
	for _, command := range []string{"events", "events --json --limit 0", "export --no-raw", "lookup host.example"} {
		for _, midway := range []bool{false, true} {
			start := time.Now()
			_, said, code := against(t, hanging("/", midway), append(strings.Fields(command), "--timeout", "100ms")...)
			want := exitFailed
			if strings.HasPrefix(command, "lookup") {
				want = exitUsage // 1 says that nothing was seen
			}
			if code != want || !strings.Contains(said, "127.0.0.1:") || !strings.Contains(said, "nothing came for 100ms; give it more time with --timeout") {
				t.Errorf("%s (midway %v): exit code %d, %q", command, midway, code, said)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("%s: gave up after %s", command, took)
			}
		}
	}
}

// A page that never comes leaves no file behind, and no exit code 0.
func TestAnExportThatHangsFails(t *testing.T) {
	s := hanging("/events", false)
	s.Rows, s.Cap = 2500, 1000
	answer, lists := s.Answer, atomic.Int32{}
	s.Answer = func(w http.ResponseWriter, r *http.Request, path string) bool {
		return path == "/events" && lists.Add(1) > 2 && answer(w, r, path)
	}
	file := filepath.Join(t.TempDir(), "all.jsonl")
	_, said, code := against(t, s, "export", "--no-raw", "--timeout", "3s", "-o", file)
	if code != exitFailed || !strings.Contains(said, "nothing came for 3s") || lists.Load() != 3 {
		t.Errorf("exit code %d, %q after %d pages", code, said, lists.Load())
	}
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file: %v", err)
	}
}

func TestTimeoutsThatMeanNothing(t *testing.T) {
	for _, command := range []string{"events", "export", "lookup host.example"} {
		for given, want := range map[string]string{"-1s": "want 0 (no limit) or more", "20": "want a time such as"} {
			_, said, code := against(t, &foreign.Server{Rows: 1}, append(strings.Fields(command), "--timeout", given)...)
			if code != exitUsage || !strings.Contains(said, want) {
				t.Errorf("%s --timeout %s: exit code %d, %q", command, given, code, said)
			}
		}
		if _, said, code := against(t, &foreign.Server{Rows: 1}, append(strings.Fields(command), "--timeout", "0")...); code == exitUsage {
			t.Errorf("%s --timeout 0: %q", command, said)
		}
	}
}

// What is waited for stands on a line of its own, whatever is drawn, and names
// no more than the server.
func TestWhatIsWaitedForIsSaid(t *testing.T) {
	a, _ := program(t, nil)
	var said bytes.Buffer
	a.io.Err = &said
	w := &waiting{}
	w.say(a, "https://events.example/client/v4")
	m := a.meter("exporting")
	m.terminal, m.last = true, m.last.Add(-time.Minute)
	m.show(1, 2, 1)
	w.through(m)
	a.flags.ascii = true
	said.WriteString("|")
	w.say(a, "")
	before, after, _ := strings.Cut(said.String(), "|")
	if !strings.HasPrefix(before, "waiting for https://events.example …\n") || after != "\r\x1b[Kwaiting for https://api.cloudflare.com ...\n" {
		t.Errorf("%q %q", before, after)
	}
}
