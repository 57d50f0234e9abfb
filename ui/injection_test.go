package ui_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"threatbench/api"
	"threatbench/api/clean"
	"threatbench/api/client"
	"threatbench/api/demo"
	"threatbench/api/server"
	"threatbench/api/store"
	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// injector is a server whose every answer says hostile things wherever it says
// anything: the real one, with the texts of its answers replaced.
type injector struct {
	handler http.Handler
	texts   []string // none: the answers are left alone
	ids     bool     // ids, moments and cursors are replaced, too
	refuse  int      // of so many requests one is refused, with a hostile reason; 0 for none

	mu    sync.Mutex
	n     int
	asked int
	paths map[string]int // texts replaced, by the kind of answer
}

// kept are the texts that a program works with rather than shows; they are
// replaced in a run of their own, since little is drawn without them.
var kept = []string{"uuid", "id", "date", "createdAt", "datasetId", "eventId", "eventIds", "event_ids", "cursor", "created", "at", "start", "end", "updated_at", "created_at", "last_sent_at",
	"references", "referenced", "source", "target", "sourceId", "targetId", "sourceType", "targetType", "bookmark", "field", "op", "seeds", "rawId", "kind", "bucket", "__typename"}

func (s *injector) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.asked++
	refused := s.refuse > 0 && s.asked%s.refuse == 0
	s.mu.Unlock()
	rec := httptest.NewRecorder()
	if refused {
		rec.Header().Set("Content-Type", "application/json")
		rec.WriteHeader(http.StatusConflict)
		reason, err := json.Marshal(map[string]any{"success": false, "errors": []any{map[string]any{"code": 409, "message": s.text("errors"), "documentation_url": s.text("errors")}}, "messages": []any{s.text("errors")}, "result": nil})
		if err != nil {
			return nil, err
		}
		_, _ = rec.Write(reason) // a buffer
	} else {
		s.handler.ServeHTTP(rec, r)
	}
	res := rec.Result()
	res.Request = r
	if len(s.texts) == 0 || refused {
		return res, nil
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&v); err != nil { // no JSON: a text of its own
		v = nil
	} else {
		path := r.URL.Path[strings.Index(r.URL.Path, "cloudforce-one")+len("cloudforce-one"):]
		if body, err = json.Marshal(s.inject(path, "", v)); err != nil {
			return nil, err
		}
	}
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	res.Header.Del("Content-Length")
	return res, nil
}

// text is the next hostile text.
func (s *injector) text(path string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	s.paths[path]++
	if len(s.texts) == 0 {
		return "plain"
	}
	return strings.ToValidUTF8(s.texts[s.n%len(s.texts)], "\ufffd")
}

// inject replaces the texts of an answer. What stands in a text as JSON is
// replaced inside, once more escaped.
func (s *injector) inject(path, key string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			if path == "raw" {
				k = s.text("raw keys") + k
			}
			out[k] = s.inject(path, k, x)
		}
		return out
	case []any:
		for i := range v {
			v[i] = s.inject(path, key, v[i])
		}
		return v
	case string:
		var inner any
		if (key == "query_json" || key == "data") && json.Unmarshal([]byte(v), &inner) == nil {
			kind := key
			if key == "data" {
				kind = "raw"
			}
			if text, err := json.Marshal(s.inject(kind, "", inner)); err == nil {
				return string(text)
			}
		}
		if !s.ids && slices.Contains(kept, key) && path != "raw" {
			return v
		}
		return s.text(path)
	}
	return v
}

// injected makes a workbench on such a server, with something in every view.
func injected(t *testing.T, s *injector) (*ui.Model, *store.DB) {
	t.Helper()
	ctx := context.Background()
	db, err := store.Open(ctx, filepath.Join(t.TempDir(), "events.db"), store.Options{Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	const account = "acc"
	who := store.Actor{Name: "somebody"}
	for batch := range demo.Generate(1, 60, noon).Batches(1000) {
		if res, err := db.Create(ctx, who, account, api.BulkCreate{Data: batch.Events, PreserveUUID: true, Import: nil}); err != nil || len(res.Errors) > 0 {
			t.Fatal(err, res.Errors)
		}
	}
	if _, err := db.CreateDataset(ctx, who, account, api.Dataset{Name: "Second"}); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		text := `{"datasetId":["all"],"search":[{"field":"attacker","op":"equals","value":"one"},{"field":"event","op":"contains","value":"two"}],"orderBy":"date","x":"three"}`
		q, err := db.CreateSavedQuery(ctx, account, api.SavedQuery{Name: fmt.Sprint("query ", i), QueryJSON: text})
		if err != nil {
			t.Fatal(err)
		}
		a, err := db.CreateAlert(ctx, account, api.Alert{QueryID: q.ID, Enabled: true, Frequency: "immediate", NotificationType: "ans"})
		if err != nil {
			t.Fatal(err)
		}
		in := api.Notification{AlertID: a.ID, QueryID: q.ID, QueryName: q.Name, At: api.TimeOf(noon), Count: 3, EventIDs: []string{"x"}}
		if _, _, err := db.FireAlert(ctx, account, in, store.AlertSpan{Alert: a.ID, To: 3}); err != nil {
			t.Fatal(err)
		}
	}
	h, err := server.New(db, server.Config{Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	s.handler = server.As(h, server.Grant{Account: account, Name: "somebody", Permission: server.PermWrite})
	c, err := client.New(client.Config{BaseURL: "http://x.invalid" + server.BasePath, Account: account, Retries: -1, Transport: s})
	if err != nil {
		t.Fatal(err)
	}
	return ui.WithoutTerminal(model(ui.Options{API: c})), db
}

// obeyed reports whether a terminal obeys a character or reorders text by it.
func obeyed(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// everyKey presses every key there is in every view, and goes back to it.
func everyKey(p *uitest.Program, check func()) {
	keys := []string{"enter", "space", "tab", "down", "/", "?", `\`, "ctrl+s", "ctrl+g", ":", "+", "-", "=", "[", "]", "1"}
	for r := 'a'; r <= 'z'; r++ {
		if r != 'q' {
			keys = append(keys, string(r), strings.ToUpper(string(r)))
		}
	}
	for _, view := range []string{"1", "2", "3", "4", "5", "6", "7"} {
		for _, k := range keys {
			press(p, view)
			press(p, k)
			check()
			p.Press("tab", "down", "enter")
			p.Settle()
			check()
			press(p, "esc", "esc", "ctrl+x", "esc", "esc")
		}
	}
}

// TestEveryTextOfEveryAnswer looks at everything the workbench shows of a
// server that says hostile things in every text of every answer: the terminal
// gets no command that it doesn't get for a harmless server, and nothing but
// text is copied.
func TestEveryTextOfEveryAnswer(t *testing.T) {
	t.Parallel()
	var texts []string
	for _, text := range hostileTexts(t) {
		texts = append(texts, text)
	}
	rounds := 1
	if n, err := strconv.Atoi(os.Getenv("THREATBENCH_ATTACK")); err == nil {
		rounds = min(max(n, 1)*4, len(texts))
	}
	run := func(t *testing.T, s *injector) (got map[string]int) {
		t.Helper()
		s.paths = map[string]int{}
		o := uitest.Options{Width: 120, Height: 40, Profile: colorprofile.TrueColor, FPS: 20, InTurn: true}
		var db *store.DB
		start := func() tea.Model {
			var m *ui.Model
			m, db = injected(t, s)
			return m
		}
		uitest.Run(t, o, start, func(p *uitest.Program) {
			defer func() { // inside, where it was opened
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			}()
			p.Settle()
			everyKey(p, p.Check)
			m := p.Model().(*ui.Model)
			if crash := ui.Crash(m); crash != "" {
				t.Errorf("the workbench crashed: %s", crash)
			}
			if n := ui.Guarded(m); n > 0 {
				t.Errorf("%d lines held what no terminal must get", n)
			}
			got = kinds(p.Output())
			for _, s := range p.Copied() {
				if strings.ContainsFunc(s, obeyed) {
					t.Errorf("copied %q", s)
				}
			}
			if title := p.View().WindowTitle; clean.Line(title) != title {
				t.Errorf("the window is called %q", title)
			}
		})
		return got
	}
	plain := run(t, &injector{})
	for round := range rounds {
		for name, s := range map[string]*injector{"texts": {}, "ids and refusals": {ids: true, refuse: 5}} {
			t.Run(fmt.Sprintf("%s %d", name, round), func(t *testing.T) {
				s.texts, s.n = texts, round*7
				for kind, n := range run(t, s) {
					if strings.HasPrefix(kind, "\x1b]52;c;") {
						continue
					}
					if plain[kind] == 0 && !renderers(kind) {
						t.Errorf("%d times %q, never sent for a harmless server", n, kind)
					}
				}
				if len(s.paths) < 15 {
					t.Errorf("only %d kinds of answers said anything: %v", len(s.paths), s.paths)
				}
			})
		}
	}
}
