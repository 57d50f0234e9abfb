package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"threatbench/api"
	"threatbench/api/client"
	"threatbench/api/store"
)

// attackRounds is how often an attack is repeated: as often as CI can bear, or
// THREATBENCH_ATTACK times that (make attack).
func attackRounds(t *testing.T, usual int) int {
	t.Helper()
	text := os.Getenv("THREATBENCH_ATTACK")
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("THREATBENCH_ATTACK=%s: want a number", text)
	}
	return n * usual
}

// known is what a database holds: of each event, by its id, what may change.
type known map[string]string

func knownOf(e *api.Event) string {
	return fmt.Sprintf("%s|%s|%s|%q|%d", e.Event, e.Attacker, e.TLP, slices.Sorted(slices.Values(e.Tags)), e.NumReferences)
}

// victim is a server that is killed while it is written to, and what it has
// acknowledged.
type victim struct {
	t       *testing.T
	db      string
	server  *served
	client  *client.Client
	sent    chan struct{} // told once the body of a change has gone out, where it isn't nil
	dataset string
	holds   known
	older   known  // at the bookmark
	mark    string // bookmark of an older state
	made    int
	whole   int // last changes that are there
}

// RoundTrip tells when a request has been sent whole.
func (v *victim) RoundTrip(r *http.Request) (*http.Response, error) {
	if v.sent != nil && r.Body != nil && r.Method != http.MethodGet {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(&tellingEnd{bytes.NewReader(body), v.sent})
	}
	return http.DefaultTransport.RoundTrip(r)
}

type tellingEnd struct {
	*bytes.Reader
	end chan struct{}
}

func (b *tellingEnd) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF || b.Len() == 0 {
		select {
		case b.end <- struct{}{}:
		default:
		}
	}
	return n, err
}

func (v *victim) start(args ...string) {
	v.t.Helper()
	v.server = serve(v.t, filepath.Dir(v.db), append([]string{"--db", v.db, "--quiet"}, args...)...)
	c, err := client.New(client.Config{BaseURL: v.server.url, Account: LocalAccount, Token: v.server.token, Retries: -1, Transport: v})
	if err != nil {
		v.t.Fatal(err)
	}
	v.client = c
}

// kill ends the server without warning.
func (v *victim) kill() {
	v.t.Helper()
	if err := v.server.cmd.Process.Kill(); err != nil {
		v.t.Fatal(err)
	}
	if err := v.server.cmd.Wait(); err == nil {
		v.t.Fatal("it ended before it was killed")
	}
}

// read reads everything there is.
func (v *victim) read() known {
	v.t.Helper()
	page, err := v.client.List(v.t.Context(), api.ListQuery{PageSize: 5000, Datasets: []string{api.ScopeAll}})
	if err != nil || page.Info.TotalCount != len(page.Events) {
		v.t.Fatalf("reading %d events: %v", len(page.Events), err)
	}
	out := known{}
	for i := range page.Events {
		out[page.Events[i].UUID] = knownOf(&page.Events[i])
	}
	return out
}

// written is a change: how it is made, and what is there afterwards.
type written struct {
	name string
	make func(ctx context.Context) error
	then known
}

// next is the change of a number.
func (v *victim) next(n int) written {
	ids := slices.Sorted(maps.Keys(v.holds))
	then := maps.Clone(v.holds)
	set := func(ids []string, column int, to string) {
		for _, id := range ids {
			parts := strings.SplitN(then[id], "|", 5)
			parts[column] = to
			then[id] = strings.Join(parts, "|")
		}
	}
	text := fmt.Sprintf("change %d", n)
	if n%6 == 0 || len(ids) < 12 {
		b := api.BulkCreate{PreserveUUID: true, DatasetID: v.dataset}
		for range 12 {
			e := api.CreateEvent{UUID: fmt.Sprintf("0190a000-0000-7000-8000-%012d", v.made), Date: "2026-03-01T00:00:00Z", Event: text, Category: "Phishing", TLP: "green", Raw: api.RawInput{Data: json.RawMessage(`{"n":"` + strings.Repeat("x", 2000) + `"}`)}}
			then[e.UUID] = text + "||green|[]|0"
			b.Data = append(b.Data, e)
			v.made++
		}
		return written{"bulk create", func(ctx context.Context) error { _, err := v.client.CreateBulk(ctx, b); return err }, then}
	}
	switch some := ids[n%(len(ids)-10):][:8]; n % 6 {
	case 1:
		set(some, 1, text)
		return written{"bulk change", func(ctx context.Context) error {
			res, err := v.client.UpdateMany(ctx, v.dataset, some, api.EventPatch{Attacker: &text})
			if err == nil && res.UpdatedCount != len(some) {
				v.t.Errorf("%+v", res)
			}
			return err
		}, then}
	case 2:
		set(some[:1], 0, text)
		return written{"change", func(ctx context.Context) error {
			_, err := v.client.Update(ctx, v.dataset, some[0], api.EventPatch{Event: &text})
			return err
		}, then}
	case 3:
		for _, id := range some[:3] {
			delete(then, id)
		}
		return written{"delete", func(ctx context.Context) error { _, err := v.client.Delete(ctx, v.dataset, some[:3]); return err }, then}
	case 4:
		tlp := "amber"
		set(some[:2], 2, tlp)
		return written{"bulk change", func(ctx context.Context) error {
			_, err := v.client.UpdateMany(ctx, v.dataset, some[:2], api.EventPatch{TLP: &tlp})
			return err
		}, then}
	}
	if v.mark == "" {
		return v.next(n + 1)
	}
	mark := v.mark
	return written{"revert", func(ctx context.Context) error {
		_, err := v.client.Revert(ctx, v.dataset, api.Revert{Bookmark: mark})
		return err
	}, v.older}
}

// remember takes a bookmark of what is there.
func (v *victim) remember() {
	v.t.Helper()
	h, err := v.client.History(v.t.Context(), api.HistoryQuery{Dataset: v.dataset, PageSize: 1})
	if err != nil || len(h.Entries) != 1 {
		v.t.Fatalf("history: %+v %v", h, err)
	}
	v.mark, v.older = h.Entries[0].Bookmark, maps.Clone(v.holds)
}

// round makes changes, kills the server in the midst of the last one, and looks
// at what is there: all that was acknowledged, and the last one wholly or not
// at all.
func (v *victim) round(n int) {
	v.t.Helper()
	change := n * 7
	for range n % 5 {
		w := v.next(change)
		if err := w.make(v.t.Context()); err != nil {
			v.t.Fatalf("%s: %v", w.name, err)
		}
		v.holds = w.then
		change++
	}
	if n%4 == 1 {
		v.remember()
	}
	last := v.next(change)
	v.sent = make(chan struct{}, 1)
	done := make(chan error, 1)
	go func() { done <- last.make(v.t.Context()) }()
	v.midst(n, done)
	v.kill()
	acknowledged := false
	select {
	case err := <-done:
		acknowledged = err == nil
	case <-v.t.Context().Done():
	}
	v.sent = nil
	v.start()
	got := v.read()
	switch {
	case maps.Equal(got, last.then):
		v.whole++
	case maps.Equal(got, v.holds) && !acknowledged:
	default:
		v.t.Errorf("kill %d, at a %s (acknowledged: %v): %s", n, last.name, acknowledged, differences(got, v.holds, last.then))
	}
	v.holds = got
}

// midst waits for the moment to kill: when a change has been sent, when the
// database's log grows, or when it was acknowledged.
func (v *victim) midst(n int, done chan error) {
	select {
	case <-v.sent:
	case err := <-done: // both, by then
		if done <- err; err != nil {
			v.t.Fatalf("sending: %v", err)
		}
	}
	log := func() int64 {
		info, err := os.Stat(v.db + "-wal")
		if err != nil {
			return -1
		}
		return info.ModTime().UnixNano() + info.Size()
	}
	switch before := log(); n % 3 {
	case 1:
		for log() == before && len(done) == 0 {
		}
	case 2:
		err := <-done
		done <- err
	}
}

func differences(got, was, then known) string {
	count := func(a, b known) (n int) {
		for id, text := range a {
			if b[id] != text {
				n++
			}
		}
		return n
	}
	return fmt.Sprintf("%d events, of which %d are neither as before (%d of those gone) nor as after (%d gone)", len(got), count(got, was), count(was, got), count(then, got))
}

func TestKillWhileWriting(t *testing.T) {
	v := &victim{t: t, db: filepath.Join(t.TempDir(), "killed.db")}
	empty, err := store.Open(t.Context(), v.db, store.Options{})
	if err == nil {
		err = empty.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	v.start()
	list, err := v.client.Datasets(t.Context())
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v %v", list, err)
	}
	v.dataset, v.holds = list[0].UUID, known{}
	for n := range 4 {
		w := v.next(6 * n)
		if err := w.make(t.Context()); err != nil {
			t.Fatal(err)
		}
		v.holds = w.then
	}
	for n := range attackRounds(t, 28) { // with those of an import, 30
		v.round(n)
	}
	t.Logf("of %d last changes, %d are there", attackRounds(t, 28), v.whole)
	v.kill()
	out, err := command(filepath.Dir(v.db), "doctor", "--db", v.db).CombinedOutput()
	if err != nil {
		t.Errorf("after all kills: %v\n%s", err, out)
	}
}
