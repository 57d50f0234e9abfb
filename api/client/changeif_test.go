package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"threatbench/api"
	"threatbench/api/server"
)

// Between the reading of a thing and its change somebody else changes it: what
// they wrote is seen, with our server, and never replaced unasked.
func TestChangesSeeWhatCameBetween(t *testing.T) {
	c := mounted(t, server.Config{})
	ctx := t.Context()
	e, err := c.Create(ctx, story(1)[0])
	if err != nil {
		t.Fatal(err)
	}
	q, err := c.CreateSavedQuery(ctx, api.NewSavedQuery{Name: "q", QueryJSON: "{}"})
	if err != nil {
		t.Fatal(err)
	}
	a, err := c.CreateAlert(ctx, api.NewAlert{QueryID: q.ID})
	if err != nil {
		t.Fatal(err)
	}
	text := func(s string) *string { return &s }
	refused := errors.New("not as it was")
	for _, thing := range []struct {
		name   string
		theirs func() error                                                 // of what is asked about
		other  func() error                                                 // of something else of the thing
		mine   func(ask func(value string) error) (checked bool, err error) // asks about the value
		now    func() string
		was    string
	}{
		{
			"event",
			func() error { _, err := c.Update(ctx, "", e.UUID, api.EventPatch{Event: text("AAAONE")}); return err },
			func() error { return c.AddTags(ctx, e.UUID, []string{"another"}) },
			func(ask func(string) error) (bool, error) {
				return c.UpdateIf(ctx, e.DatasetID, e.UUID, api.EventPatch{Event: text("BBBTWO")}, func(now api.Event) error { return ask(now.Event) })
			},
			func() string { now, err := c.Event(ctx, "", e.UUID); return orErr(now.Event, err) },
			"sighting 0",
		},
		{
			"raw record",
			func() error {
				_, err := c.UpdateRaw(ctx, e.UUID, e.RawID, api.RawPatch{Data: []byte(`"AAAONE"`)})
				return err
			},
			func() error { _, err := c.UpdateRaw(ctx, e.UUID, e.RawID, api.RawPatch{Source: text("s")}); return err },
			func(ask func(string) error) (bool, error) {
				return c.UpdateRawIf(ctx, e.UUID, e.RawID, api.RawPatch{Data: []byte(`"BBBTWO"`)}, func(now api.Raw) error { return ask(strings.Trim(string(now.Data), `"`)) })
			},
			func() string {
				now, err := c.RawByID(ctx, e.UUID, e.RawID)
				return orErr(strings.Trim(string(now.Data), `"`), err)
			},
			`{"line":0}`,
		},
		{
			"saved query",
			func() error {
				_, err := c.UpdateSavedQuery(ctx, q.ID, api.SavedQueryPatch{Name: text("AAAONE")})
				return err
			},
			func() error {
				_, err := c.UpdateSavedQuery(ctx, q.ID, api.SavedQueryPatch{RuleScope: text("s")})
				return err
			},
			func(ask func(string) error) (bool, error) {
				return c.UpdateSavedQueryIf(ctx, q.ID, api.SavedQueryPatch{Name: text("BBBTWO")}, func(now api.SavedQuery) error { return ask(now.Name) })
			},
			func() string { now, err := c.SavedQuery(ctx, q.ID); return orErr(now.Name, err) },
			"q",
		},
		{
			"alert",
			func() error {
				_, err := c.UpdateAlert(ctx, a.ID, api.AlertPatch{NotificationType: text("AAAONE")})
				return err
			},
			func() error {
				_, err := c.UpdateAlert(ctx, a.ID, api.AlertPatch{Frequency: text(api.Daily)})
				return err
			},
			func(ask func(string) error) (bool, error) {
				return c.UpdateAlertIf(ctx, a.ID, api.AlertPatch{NotificationType: text("BBBTWO")}, func(now api.Alert) error { return ask(now.NotificationType) })
			},
			func() string { now, err := c.Alert(ctx, a.ID); return orErr(now.NotificationType, err) },
			"ans",
		},
	} {
		t.Run(thing.name, func(t *testing.T) {
			var asked []string
			// Somebody changes the same: it is asked about again, and stays.
			checked, err := thing.mine(func(value string) error {
				if asked = append(asked, value); value != thing.was {
					return refused
				}
				return thing.theirs()
			})
			if !errors.Is(err, refused) || !checked || fmt.Sprint(asked) != fmt.Sprint([]string{thing.was, "AAAONE"}) {
				t.Errorf("checked %v, asked about %q: %v", checked, asked, err)
			}
			if now := thing.now(); now != "AAAONE" {
				t.Errorf("it is %q", now)
			}
			// Somebody changes something else: ours goes on, and theirs stays.
			times := 0
			checked, err = thing.mine(func(value string) error {
				if times++; times == 1 {
					return thing.other()
				}
				return nil
			})
			if err != nil || !checked || times != 2 || thing.now() != "BBBTWO" {
				t.Errorf("checked %v after %d times, it is %q: %v", checked, times, thing.now(), err)
			}
		})
	}
	// One that is changed again and again is given up.
	n := 0
	_, err = c.UpdateIf(ctx, "", e.UUID, api.EventPatch{Attacker: text("mine")}, func(api.Event) error {
		n++
		_, err := c.Update(ctx, "", e.UUID, api.EventPatch{Insight: text(fmt.Sprint(n))})
		return err
	})
	if api.StatusOf(err) != http.StatusPreconditionFailed || n > 10 {
		t.Errorf("after %d times: %v", n, err)
	}
}

func orErr(s string, err error) string {
	if err != nil {
		return err.Error()
	}
	return s
}

// Of many events those that changed meanwhile are left as they are.
func TestUpdateManyIfLeavesWhatChanged(t *testing.T) {
	c := mounted(t, server.Config{})
	var ids []string
	known := map[string]api.EventPatch{}
	var in string
	attacker, mine := "AAAONE", "BBBTWO"
	for _, s := range story(3) {
		e, err := c.Create(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		ids, in = append(ids, e.UUID), e.DatasetID
		known[e.UUID] = api.EventPatch{Attacker: &e.Attacker}
	}
	if _, err := c.Update(t.Context(), "", ids[1], api.EventPatch{Attacker: &attacker}); err != nil {
		t.Fatal(err)
	}
	res, checked, err := c.UpdateManyIf(t.Context(), in, ids, api.EventPatch{Attacker: &mine}, known)
	if err != nil || !checked || res.UpdatedCount != 2 || len(res.Failures) != 1 || res.Failures[0].EventID != ids[1] || res.Failures[0].Now == nil || res.Failures[0].Now.Attacker != attacker {
		t.Errorf("checked %v: %+v, %v", checked, res, err)
	}
}

// A server without ETags, with weak ones, or with some that it doesn't know
// itself again is read right before the change, which is then sent plainly.
func TestChangesOfServersWithoutETags(t *testing.T) {
	for _, c := range []struct {
		name, tag string
		patches   []string // If-Match of the changes that came
	}{
		{"none", "", []string{""}},
		{"weak", `W/"a"`, []string{""}},
		{"that match nothing", `"a"`, []string{`"a"`, ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var calls []string
			text := "ORIG"
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if c.tag != "" {
					w.Header().Set("ETag", c.tag)
				}
				if r.Method != http.MethodGet {
					calls = append(calls, r.Header.Get("If-Match"))
					if r.Header.Get("If-Match") != "" {
						w.WriteHeader(http.StatusPreconditionFailed)
						return
					}
					text = "BBBTWO"
				}
				if err := json.NewEncoder(w).Encode(map[string]any{"uuid": "e", "event": text}); err != nil {
					t.Error(err)
				}
			}))
			defer s.Close()
			cl, err := New(Config{BaseURL: s.URL, Account: "0123456789abcdef0123456789abcdef"})
			if err != nil {
				t.Fatal(err)
			}
			mine := "BBBTWO"
			checked, err := cl.UpdateIf(t.Context(), "d", "e", api.EventPatch{Event: &mine}, func(now api.Event) error {
				if now.Event != "ORIG" {
					return fmt.Errorf("asked about %q", now.Event)
				}
				return nil
			})
			if err != nil || checked || fmt.Sprint(calls) != fmt.Sprint(c.patches) || text != mine {
				t.Errorf("checked %v, changes with %q, it is %q: %v", checked, calls, text, err)
			}
			refused := errors.New("changed")
			if _, err := cl.UpdateIf(t.Context(), "d", "e", api.EventPatch{Event: &mine}, func(api.Event) error { return refused }); !errors.Is(err, refused) || len(calls) != len(c.patches) {
				t.Errorf("refused, and %d changes came: %v", len(calls), err)
			}
		})
	}
}
