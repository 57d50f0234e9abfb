package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"threatbench/api"
	"threatbench/api/server/alerting"
)

// queryBody is a create body that is right: attacker ALPHA, anywhere.
func queryBody(name string, alert bool) string {
	query := `{"search":[{"field":"attacker","op":"equals","value":"ALPHA"}],"datasetId":"all"}`
	return fmt.Sprintf(`{"name":%q,"query_json":%q,"alert_enabled":%v,"alert_rollup_enabled":false,"rule_enabled":false}`, name, query, alert)
}

func (r *rig) saveQuery(name string, alert bool) api.SavedQuery {
	r.t.Helper()
	return send[api.SavedQuery](r, "POST", "/events/queries/create", queryBody(name, alert))
}

func TestSavedQueries(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		if rep := r.do("GET", "/events/queries", ""); !strings.Contains(string(rep.body), "[]") {
			t.Errorf("at first: %s", rep.body)
		}
		rep := r.do("POST", "/events/queries/create", queryBody(" ours ", false))
		made, _ := result[api.SavedQuery](rep, http.StatusOK)
		if made.ID == 0 || made.AccountID == 0 || made.Name != "ours" || made.CustomThreatFeedID != nil || made.CreatedAt.IsZero() || made.UpdatedAt != made.CreatedAt {
			t.Errorf("made %+v", made)
		}
		for _, key := range []string{`"custom_threat_feed_id":null`, `"user_email":""`, `"query_json":"{`} {
			if !strings.Contains(string(rep.body), key) {
				t.Errorf("no %s in %s", key, rep.body)
			}
		}
		path := fmt.Sprintf("/events/queries/%d", made.ID)
		for method, body := range map[string]string{"PATCH": `{"name":"theirs","custom_threat_feed_id":7,"query_json":"{\"orderBy\":\"event\"}"}`, "POST": `{"rule_scope":"zone","alert_rollup_enabled":true}`} {
			send[api.SavedQuery](r, method, path, body)
		}
		got := read[api.SavedQuery](r, path)
		if got.Name != "theirs" || got.RuleScope != "zone" || !got.AlertRollupEnabled || got.CustomThreatFeedID == nil || *got.CustomThreatFeedID != 7 || got.QueryJSON != `{"orderBy":"event"}` {
			t.Errorf("changed to %+v", got)
		}
		if got = send[api.SavedQuery](r, "PATCH", path, `{"custom_threat_feed_id":null}`); got.CustomThreatFeedID != nil || got.Name != "theirs" {
			t.Errorf("null made %+v", got)
		}
		if list := read[[]api.SavedQuery](r, "/events/queries"); len(list) != 1 || list[0].ID != made.ID {
			t.Errorf("listed %+v", list)
		}
		r.do("DELETE", path, "").wantSuccess()
		r.do("GET", path, "").refusedWith(http.StatusNotFound, "saved query")
	})
}

func TestSavedQueriesRefuse(t *testing.T) {
	r := newRig(t, Config{})
	made := r.saveQuery("taken", false)
	other := r.saveQuery("other", false)
	path := fmt.Sprintf("/events/queries/%d", other.ID)
	r.do("POST", "/events/queries/create", queryBody("taken", false)).refusedWith(http.StatusConflict, "taken")
	r.do("PATCH", path, `{"name":"taken"}`).refusedWith(http.StatusConflict, "taken")
	r.do("PATCH", path, `{"name":"other"}`).wantSuccess()
	for _, key := range []string{"name", "query_json", "alert_enabled", "alert_rollup_enabled", "rule_enabled"} {
		var body map[string]any
		if err := json.Unmarshal([]byte(queryBody("new", false)), &body); err != nil {
			t.Fatal(err)
		}
		delete(body, key)
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		r.do("POST", "/events/queries/create", string(b)).refusedWith(http.StatusBadRequest, key)
	}
	for query, word := range map[string]string{
		`not JSON`: "JSON", `{"search":[{"field":"colour","op":"equals","value":"x"}]}`: "colour", `{"pageSize":25001}`: "25000",
		`{"datasetId":"00000000-0000-0000-0000-000000000000"}`: "no dataset", `{"cursor":"x"}`: "cursor",
		`{"searchBranches":[[{"field":"indicator","op":"equals","value":"x"}]]}`: "indicator", strings.Repeat(" ", 70_000) + "{}": "65536",
	} {
		b, err := json.Marshal(map[string]any{"query_json": query})
		if err != nil {
			t.Fatal(err)
		}
		r.do("PATCH", path, string(b)).refusedWith(http.StatusBadRequest, "query_json", word)
	}
	r.do("PATCH", path, `{"name":" "}`).refusedWith(http.StatusBadRequest, "name", "1..255")
	r.do("PATCH", path, `{"alert_enabled":"maybe"}`).refusedWith(http.StatusBadRequest, "alert_enabled")
	r.do("PATCH", path, `{"custom_threat_feed_id":"x"}`).refusedWith(http.StatusBadRequest, "custom_threat_feed_id")
	for _, id := range []string{"9999", "x"} {
		for _, method := range []string{"GET", "PATCH", "POST", "DELETE"} {
			r.do(method, "/events/queries/"+id, "{}").refusedWith(http.StatusNotFound, "saved query")
		}
	}
	if made.ID == other.ID {
		t.Error("two queries share an id")
	}
}

func TestAlerts(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		q := r.saveQuery("watched", true)
		implied := read[[]api.Alert](r, "/events/queries/alerts")
		if len(implied) != 1 || implied[0].QueryID != q.ID || !implied[0].Enabled || implied[0].Frequency != api.Immediate {
			t.Fatalf("switching alerts on made %+v", implied)
		}
		a := send[api.Alert](r, "POST", "/events/queries/alerts/create", fmt.Sprintf(`{"query_id":%d,"frequency":"daily"}`, q.ID))
		if list := read[[]api.Alert](r, "/events/queries/alerts"); len(list) != 1 || list[0].ID != a.ID || a.Frequency != api.Daily || !a.Enabled || a.NotificationType != "ans" || a.LastSentAt != nil {
			t.Errorf("made %+v, listed %+v", a, list)
		}
		path := fmt.Sprintf("/events/queries/alerts/%d", a.ID)
		send[api.Alert](r, "PATCH", path, `{"enabled":false}`)
		send[api.Alert](r, "POST", path, `{"frequency":"immediate","notification_type":"mail"}`)
		if got := read[api.Alert](r, path); got.Enabled || got.Frequency != api.Immediate || got.NotificationType != "mail" {
			t.Errorf("changed to %+v", got)
		}
		rolled := send[api.SavedQuery](r, "PATCH", fmt.Sprintf("/events/queries/%d", q.ID), `{"alert_rollup_enabled":true}`)
		if got := read[api.Alert](r, path); !rolled.AlertRollupEnabled || got.Frequency != api.Daily {
			t.Errorf("rolling up made %+v", got)
		}
		r.do("DELETE", path, "").wantSuccess()
		r.do("GET", path, "").refusedWith(http.StatusNotFound, "alert")
		quiet := r.saveQuery("quiet", false)
		again := send[api.Alert](r, "POST", "/events/queries/alerts/create", fmt.Sprintf(`{"query_id":%d}`, quiet.ID))
		if got := read[api.SavedQuery](r, fmt.Sprintf("/events/queries/%d", quiet.ID)); !got.AlertEnabled {
			t.Error("an alert doesn't switch its query's alerts on")
		}
		r.do("DELETE", fmt.Sprintf("/events/queries/%d", quiet.ID), "").wantSuccess()
		r.do("GET", fmt.Sprintf("/events/queries/alerts/%d", again.ID), "").refusedWith(http.StatusNotFound)
	})
}

func TestAlertsRefuse(t *testing.T) {
	r := newRig(t, Config{})
	q := r.saveQuery("watched", true)
	r.do("POST", "/events/queries/alerts/create", `{}`).refusedWith(http.StatusBadRequest, "query_id")
	r.do("POST", "/events/queries/alerts/create", `{"query_id":99}`).refusedWith(http.StatusNotFound, "99")
	r.do("POST", "/events/queries/alerts/create", fmt.Sprintf(`{"query_id":%d,"frequency":"hourly"}`, q.ID)).refusedWith(http.StatusBadRequest, "frequency", "daily", "hourly")
	id := read[[]api.Alert](r, "/events/queries/alerts")[0].ID
	r.do("PATCH", fmt.Sprintf("/events/queries/alerts/%d", id), `{"notification_type":""}`).refusedWith(http.StatusBadRequest, "notification_type")
	for _, id := range []string{"9999", "x"} {
		for _, method := range []string{"GET", "PATCH", "POST", "DELETE"} {
			r.do(method, "/events/queries/alerts/"+id, "{}").refusedWith(http.StatusNotFound, "alert")
		}
	}
}

// inboxPage is an inbox as it is on the wire.
func (r *rig) inboxPage(query string) (list []api.Notification, unread int) {
	r.t.Helper()
	rep := r.do("GET", "/events/queries/alerts/inbox?"+query, "")
	var env struct {
		Result []api.Notification `json:"result"`
		Info   struct {
			Unread int `json:"unread"`
		} `json:"result_info"`
	}
	if err := json.Unmarshal(rep.body, &env); err != nil || rep.status != http.StatusOK {
		r.t.Fatalf("got %d (%v): %s", rep.status, err, rep.body)
	}
	return env.Result, env.Info.Unread
}

// TestAlertsFire goes the whole way: events come in through the API, the
// engine looks, the inbox has it.
func TestAlertsFire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var engine *alerting.Engine
		r := newRig(t, Config{Arrived: func(account string) { engine.Kick(account) }})
		engine = alerting.New(r.db, alerting.Config{Parse: ParseQuery, Now: now})
		r.seed(6) // before the alert
		q := r.saveQuery("alpha", true)
		idle := r.saveQuery("off", false)
		finish := r.running(t, engine)
		ids := r.seed(6) // two of ALPHA
		settle()
		one := send[api.Event](r, "POST", "/events/create", newEvent("attacker", "alpha"))
		r.do("POST", "/events/create", newEvent()).wantSuccess()
		settle()
		finish()
		list, unread := r.inboxPage("")
		if len(list) != 2 || unread != 2 || list[1].Count != 2 || list[0].Count != 1 || list[0].QueryName != "alpha" || list[0].QueryID != q.ID || list[0].QueryID == idle.ID {
			t.Fatalf("told %+v", list)
		}
		if !slices.Equal(list[1].EventIDs, []string{ids[3], ids[0]}) || !slices.Equal(list[0].EventIDs, []string{one.UUID}) {
			t.Errorf("told of %v and %v", list[1].EventIDs, list[0].EventIDs)
		}
		a := read[[]api.Alert](r, "/events/queries/alerts")
		if a[0].LastSentAt == nil {
			t.Error("the alert doesn't know that it fired")
		}
	})
}

// settle lets an engine's pauses pass, in virtual time.
func settle() {
	<-time.After(3 * time.Second)
	synctest.Wait()
}

// running runs an engine until finish is called.
func (r *rig) running(t *testing.T, e *alerting.Engine) (finish func()) {
	t.Helper()
	done := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer close(done)
		e.Run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

// TestAlertsSurviveARestart: what came while no engine ran is told by the next
// one, and by one of two only.
func TestAlertsSurviveARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{})
		r.saveQuery("alpha", true)
		r.seed(9)
		var finish []func()
		for range 2 {
			finish = append(finish, r.running(t, alerting.New(r.db, alerting.Config{Parse: ParseQuery, Now: now})))
		}
		settle()
		for _, f := range finish {
			f()
		}
		if list, _ := r.inboxPage(""); len(list) != 1 || list[0].Count != 3 {
			t.Errorf("told %+v", list)
		}
	})
}

// TestInvalidFiltersDisableAlerts: a query whose dataset went can't be asked.
func TestInvalidFiltersDisableAlerts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{})
		q := r.saveQuery("alpha", true)
		_, err := r.db.UpdateSavedQuery(t.Context(), account, q.ID, func(q *api.SavedQuery) error {
			q.QueryJSON = `{"datasetId":"00000000-0000-0000-0000-000000000000"}`
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		r.seed(1)
		finish := r.running(t, alerting.New(r.db, alerting.Config{Parse: ParseQuery, Now: now}))
		settle()
		finish()
		a := read[[]api.Alert](r, "/events/queries/alerts")[0]
		if a.Enabled || !strings.Contains(a.DisabledReason, "no dataset") {
			t.Errorf("got %+v", a)
		}
		if a = send[api.Alert](r, "PATCH", fmt.Sprintf("/events/queries/alerts/%d", a.ID), `{"enabled":true}`); !a.Enabled || a.DisabledReason != "" {
			t.Errorf("switched on: %+v", a)
		}
	})
}

func TestInbox(t *testing.T) {
	r := newRig(t, Config{})
	q := r.saveQuery("alpha", true)
	alert := read[[]api.Alert](r, "/events/queries/alerts")[0].ID
	var told []api.Notification
	for i := range 5 {
		told = append(told, api.Notification{AlertID: alert, QueryID: q.ID, QueryName: q.Name, At: api.TimeOf(now()), Count: i + 1})
	}
	if err := r.db.Remember(t.Context(), account, told); err != nil {
		t.Fatal(err)
	}
	page, unread := r.inboxPage("pageSize=2&page=2")
	if len(page) != 2 || unread != 5 || page[0].Count != 3 || page[0].EventIDs == nil {
		t.Errorf("got %+v, %d unread", page, unread)
	}
	mark := func(body string, want int) {
		t.Helper()
		if got := send[map[string]int](r, "POST", "/events/queries/alerts/inbox/read", body); got["updated"] != want {
			t.Errorf("%s: got %v, want %d", body, got, want)
		}
	}
	mark(fmt.Sprintf(`{"ids":[%d,%d,999],"read":true}`, page[0].ID, page[1].ID), 2)
	if list, unread := r.inboxPage("unread=true"); len(list) != 3 || unread != 3 {
		t.Errorf("got %+v, %d unread", list, unread)
	}
	mark(fmt.Sprintf(`{"ids":[%d],"read":false}`, page[0].ID), 1)
	mark(`{"ids":[]}`, 0)
	mark(`{}`, 4)
	if _, unread := r.inboxPage(""); unread != 0 {
		t.Errorf("%d unread", unread)
	}
	r.do("GET", "/events/queries/alerts/inbox?pageSize=25001", "").refusedWith(http.StatusBadRequest, "pageSize")
	r.do("GET", "/events/queries/alerts/inbox?unread=perhaps", "").refusedWith(http.StatusBadRequest, "unread")
}

func TestAlertTest(t *testing.T) {
	r := newRig(t, Config{})
	ids := r.seed(9)
	q := r.saveQuery("alpha", false)
	path := fmt.Sprintf("/events/queries/%d/test", q.ID)
	got := read[api.AlertTest](r, path)
	if got.QueryID != q.ID || got.Days != 7 || got.Count != 3 || got.Daily != 1 || got.Immediate != 1 || !slices.Equal(got.EventIDs, []string{ids[6], ids[3], ids[0]}) {
		t.Errorf("got %+v", got)
	}
	r.do("GET", path+"?days=91", "").refusedWith(http.StatusBadRequest, "days", "90")
	r.do("GET", "/events/queries/99/test", "").refusedWith(http.StatusNotFound)
}
