package server

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"threatbench/api"
	"threatbench/api/store"
)

const account = "0123456789abcdef0123456789abcdef"

// rig is a server over a real database, reached through the in-memory mount.
type rig struct {
	t      testing.TB
	db     *store.DB
	client *http.Client
	token  string
	log    *bytes.Buffer
}

// now is the rigs' clock.
func now() time.Time { return time.Date(2024, 6, 1, 12, 0, 0, 0, time.UTC) }

func newRig(t testing.TB, c Config) *rig {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "events.db"), store.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return rigOver(t, db, c)
}

// rigOver is a rig over a database that is there, or over none, for what is
// answered before the store is asked.
func rigOver(t testing.TB, db *store.DB, c Config) *rig {
	t.Helper()
	r := &rig{t: t, db: db, log: new(bytes.Buffer)}
	if c.Logger == nil {
		c.Logger = slog.New(slog.NewJSONHandler(r.log, nil))
	}
	if c.Now == nil {
		c.Now = now
	}
	h, err := New(db, c)
	if err != nil {
		t.Fatal(err)
	}
	r.client = &http.Client{Transport: Mount(h)}
	return r
}

// reply is an answer, read whole.
type reply struct {
	t      testing.TB
	status int
	header http.Header
	body   []byte
}

// do sends a request to a path below …/cloudforce-one, or to any path that
// starts with two slashes.
func (r *rig) do(method, path, body string, header ...string) reply {
	r.t.Helper()
	url := "http://local" + BasePath + "/accounts/" + account + "/cloudforce-one" + path
	if rest, ok := strings.CutPrefix(path, "//"); ok {
		url = "http://local/" + rest
	}
	req, err := http.NewRequestWithContext(r.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := r.client.Do(req)
	if err != nil {
		r.t.Fatalf("%s %s: %v", method, path, err)
	}
	b, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatalf("%s %s: %v", method, path, err)
	}
	if err := res.Body.Close(); err != nil {
		r.t.Fatal(err)
	}
	return reply{r.t, res.StatusCode, res.Header, b}
}

// read reads the result of a GET into a T, in either style.
func read[T any](r *rig, path string) T {
	r.t.Helper()
	v, _ := result[T](r.do("GET", path, ""), http.StatusOK)
	return v
}

// send sends a JSON body and reads the result.
func send[T any](r *rig, method, path, body string) T {
	r.t.Helper()
	rep := r.do(method, path, body)
	v, _ := result[T](rep, rep.wantSuccess())
	return v
}

func (r reply) wantSuccess() int {
	r.t.Helper()
	if r.status < 200 || r.status > 299 {
		r.t.Fatalf("got %d: %s", r.status, r.body)
	}
	return r.status
}

// result decodes a successful answer of the wanted status.
func result[T any](r reply, status int) (v T, info *api.ResultInfo) {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("got %d, want %d: %s", r.status, status, r.body)
	}
	if ct := r.header.Get("Content-Type"); ct != "application/json" {
		r.t.Errorf("Content-Type is %q", ct)
	}
	info, err := api.Decode(r.body, &v)
	if err != nil {
		r.t.Fatalf("%v in %s", err, r.body)
	}
	return v, info
}

// refusedWith checks a failure: its status, the envelope around it, and words
// its message must hold.
func (r reply) refusedWith(status int, words ...string) {
	r.t.Helper()
	var env struct {
		Success *bool            `json:"success"`
		Errors  []api.ErrorItem  `json:"errors"`
		Result  *json.RawMessage `json:"result"`
	}
	if r.status != status {
		r.t.Errorf("got %d, want %d: %s", r.status, status, r.body)
		return
	}
	if err := json.Unmarshal(r.body, &env); err != nil || env.Success == nil || *env.Success || len(env.Errors) != 1 || env.Result == nil {
		r.t.Errorf("not the envelope of a failure (%v): %s", err, r.body)
		return
	}
	for _, w := range words {
		if !strings.Contains(env.Errors[0].Message, w) {
			r.t.Errorf("%q doesn't name %q", env.Errors[0].Message, w)
		}
	}
}
