package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"threatbench/api"
	"threatbench/api/server/webhook"
)

// post sends a JSON body to an operation of the server.
func (s *served) post(t *testing.T, path, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/accounts/"+LocalAccount+"/cloudforce-one"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		t.Fatalf("%s: %d %s %v", path, res.StatusCode, b, err)
	}
	if err := res.Body.Close(); err != nil {
		t.Fatal(err)
	}
}

// told is a request that a webhook got.
type told struct {
	signature string
	body      []byte
}

// TestServeTellsAWebhook: an event comes in, its alert fires, the webhook
// hears of it, signed.
func TestServeTellsAWebhook(t *testing.T) {
	const secret = "sixteen characters and more"
	heard := make(chan told, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		heard <- told{r.Header.Get(webhook.SignatureHeader), b}
	}))
	defer hook.Close()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serve(t, dir, "--db", "served.db", "--webhook-url", hook.URL, "--webhook-secret-file", "secret", "--webhook-allow-private")
	s.post(t, "/events/queries/create", `{"name":"red ones","query_json":"{\"search\":[{\"field\":\"tlp\",\"op\":\"equals\",\"value\":\"red\"}]}","alert_enabled":true,"alert_rollup_enabled":false,"rule_enabled":false}`)
	for _, tlp := range []string{"green", "red"} {
		s.post(t, "/events/create", `{"date":"2024-05-01","category":"Scan","event":"x","tlp":"`+tlp+`","raw":{"data":{}}}`)
	}
	select {
	case got := <-heard:
		checkNotice(t, got, secret)
	case <-time.After(30 * time.Second):
		t.Error("the webhook heard nothing")
	}
	s.end(t, syscall.SIGTERM)
	if strings.Contains(s.said.String(), secret) {
		t.Errorf("the log tells the secret: %s", s.said)
	}
}

func checkNotice(t *testing.T, got told, secret string) {
	t.Helper()
	var n struct {
		Account string `json:"account"`
		api.Notification
	}
	if err := json.Unmarshal(got.body, &n); err != nil || n.Account != LocalAccount || n.QueryName != "red ones" || n.Count != 1 || len(n.EventIDs) != 1 {
		t.Errorf("heard %s (%v)", got.body, err)
	}
	seconds, _, _ := strings.Cut(strings.TrimPrefix(got.signature, "t="), ",")
	at, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || webhook.Sign(secret, time.Unix(at, 0), got.body) != got.signature {
		t.Errorf("signed %s (%v)", got.signature, err)
	}
}

func TestWebhookFlagsAreChecked(t *testing.T) {
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"open": 0o644, "short": 0o600} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("short"), mode); err != nil {
			t.Fatal(err)
		}
	}
	for want, args := range map[string][]string{
		"--webhook-secret-file": {"--webhook-url", "https://hook.example"},
		"--webhook-url":         {"--webhook-secret-file", "short"},
		"chmod 600":             {"--webhook-url", "https://hook.example", "--webhook-secret-file", "open"},
		"16 characters":         {"--webhook-url", "https://hook.example", "--webhook-secret-file", "short"},
	} {
		said, err := command(dir, append([]string{"serve", "api", "--db", "x.db", "--listen", "127.0.0.1:0"}, args...)...).CombinedOutput()
		if err == nil || bytes.Count(said, []byte("\n")) != 1 || !bytes.Contains(said, []byte(want)) {
			t.Errorf("%v: %v %s", args, err, said)
		}
	}
}
