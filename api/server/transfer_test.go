package server

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"threatbench/api"
	"threatbench/api/store"
)

func transferBody(to string, ids ...string) string {
	return fmt.Sprintf(`{"destDatasetId":%q,"eventIds":["%s"]}`, to, strings.Join(ids, `","`))
}

func TestMove(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		ids := r.seed(4)
		from := read[api.Event](r, "/events/"+ids[0]).DatasetID
		to := send[api.Dataset](r, "POST", "/events/dataset/create", `{"name":"Other","isPublic":false}`).UUID
		send[api.RelateResult](r, "POST", "/events/relationships/create", fmt.Sprintf(`{"parentId":%q,"childIds":[%q],"relationshipType":"caused_by"}`, ids[0], ids[3]))
		path := "/events/dataset/" + from + "/move"
		res := send[api.MoveResult](r, "POST", path+"?keepRawData=true", transferBody(to, ids[0], nobody))
		if res.Moved != 1 || res.IndicatorsCopied != 1 || res.RelationshipsCopied != 1 || len(res.InsertFailures) != 1 || res.InsertFailures[0].Index != 1 || len(res.DeletionFailures) != 0 {
			t.Errorf("got %+v", res)
		}
		if e := read[api.Event](r, "/events/dataset/"+to+"/events/"+ids[0]); !e.HasChildren || e.RawID == "" || e.DatasetID != to {
			t.Errorf("got %+v", e)
		}
		r.do("GET", "/events/dataset/"+from+"/events/"+ids[0], "").refusedWith(404)
		send[api.MoveResult](r, "POST", path, transferBody(to, ids[1]))
		if e := read[api.Event](r, "/events/"+ids[1]); e.RawID != "" || e.DatasetID != to {
			t.Errorf("got %+v", e)
		}
		r.do("GET", "/events/raw/"+to+"/"+ids[1], "").refusedWith(404)
		r.do("POST", path, transferBody(from, ids[2])).refusedWith(400, "destDatasetId", from)
		r.do("POST", path, transferBody("", ids[2])).refusedWith(400, "destDatasetId")
		r.do("POST", path, transferBody(nobody, ids[2])).refusedWith(404, nobody)
		r.do("POST", "/events/dataset/"+nobody+"/move", transferBody(to, ids[2])).refusedWith(404, nobody)
		r.do("POST", path, `{"destDatasetId":"`+to+`"}`).refusedWith(400, "eventIds")
		r.do("POST", path+"?keepRawData=maybe", transferBody(to, ids[2])).refusedWith(400, "keepRawData", "maybe")
	})
}

func TestCopy(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		ids := r.seed(3)
		from := read[api.Event](r, "/events/"+ids[0]).DatasetID
		to := send[api.Dataset](r, "POST", "/events/dataset/create", `{"name":"Other","isPublic":false}`).UUID
		send[api.RelateResult](r, "POST", "/events/relationships/create", fmt.Sprintf(`{"parentId":%q,"childIds":[%q,%q],"relationshipType":"caused_by"}`, ids[0], ids[1], ids[2]))
		path := "/events/dataset/" + from + "/copy"
		res := send[api.CopyResult](r, "POST", path+"?keepRawData=true", transferBody(to, ids[0], ids[1], nobody))
		if res.Copied != 2 || res.IndicatorsCopied != 2 || res.RelationshipsCopied != 2 || len(res.InsertFailures) != 1 || res.InsertFailures[0].Index != 2 {
			t.Errorf("got %+v", res)
		}
		list := read[[]api.Event](r, "/events?datasetId="+to+"&orderBy=date&order=asc")
		if len(list) != 2 || slices.Contains(ids, list[0].UUID) || !list[0].HasChildren || list[1].HasChildren || list[0].RawID == "" || list[0].Event != "event 0" {
			t.Errorf("got %+v", list)
		}
		if left := read[[]api.Event](r, "/events"); len(left) != 3 {
			t.Errorf("%d originals are left", len(left))
		}
		send[api.CopyResult](r, "POST", path, transferBody(to, ids[2]))
		if list = read[[]api.Event](r, "/events?datasetId="+to); len(list) != 3 || list[0].RawID != "" {
			t.Errorf("got %+v", list)
		}
		r.do("POST", path, transferBody(nobody, ids[2])).refusedWith(404, nobody)
	})
}

// timedRig is a rig whose clock the test moves.
func timedRig(t *testing.T) (*rig, *time.Time) {
	t.Helper()
	at := now()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "events.db"), store.Options{Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return rigOver(t, db, Config{Actor: "anna"}), &at
}

func TestRevertAndHistory(t *testing.T) {
	r, at := timedRig(t)
	ids := r.seed(3)
	dataset := read[api.Event](r, "/events/"+ids[0]).DatasetID
	*at = at.Add(10 * time.Minute)
	send[int](r, "DELETE", "/events/"+dataset+"/delete?eventIds="+ids[0], "")
	*at = at.Add(10 * time.Minute)
	send[api.Event](r, "PATCH", "/events/"+ids[1], `{"event":"changed"}`)
	path, revert := "/events/dataset/"+dataset, "/events/"+dataset+"/revert-do"

	history, info := result[[]api.HistoryEntry](r.do("GET", path+"/history?pageSize=2", ""), http.StatusOK)
	if info.TotalCount != 3 || len(history) != 2 || history[0].Operation != "update" || history[0].Actor != "anna" || !slices.Equal(history[1].EventIDs, ids[:1]) {
		t.Fatalf("got %+v, %+v", history, info)
	}
	preview := read[api.RevertPreview](r, path+"/revert-preview?minutesAgo=15")
	if preview.Created != 1 || preview.Updated != 1 || preview.Deleted != 0 || !preview.TargetTimestamp.Equal(at.Add(-15*time.Minute)) {
		t.Errorf("got %+v", preview)
	}
	before := string(r.do("GET", "/events", "").body)
	res := send[api.RevertResult](r, "POST", revert, `{"minutesAgo":15}`)
	if res.DatasetID != dataset || res.MinutesAgo == nil || *res.MinutesAgo != 15 || res.UndoBookmark == "" || res.RevertBookmark == "" {
		t.Errorf("got %+v", res)
	}
	if list := read[[]api.Event](r, "/events?orderBy=date&order=asc"); !slices.Equal(idsOf(list), ids) || list[1].Event != "event 1" || list[0].RawID == "" {
		t.Errorf("got %+v", list)
	}
	if p := read[api.RevertPreview](r, path+"/revert-preview?bookmark="+res.UndoBookmark); p.Created != 0 || p.Updated != 1 || p.Deleted != 1 {
		t.Errorf("got %+v", p)
	}
	together := fmt.Sprintf(`{"reverts":[{"datasetId":%q,"bookmark":%q}]}`, dataset, res.UndoBookmark)
	if list := send[[]api.RevertResult](r, "POST", "/events/revert-do", together); len(list) != 1 || list[0].DatasetID != dataset || list[0].UndoBookmark == "" {
		t.Errorf("got %+v", list)
	}
	if rep := r.do("POST", "/events/revert-do", `{"reverts":[]}`); rep.status != http.StatusBadRequest || !strings.Contains(string(rep.body), "reverts: want 1..50") {
		t.Errorf("reverting nothing: %s", rep.body)
	}
	if after := string(r.do("GET", "/events", "").body); after != before {
		t.Errorf("after undoing: %s, want %s", after, before)
	}
	again := send[api.RevertResult](r, "POST", revert, `{"targetTimestamp":"`+at.Add(-5*time.Minute).Format(time.RFC3339)+`"}`)
	if list := read[[]api.Event](r, "/events"); len(list) != 2 || again.TargetTimestamp == "" {
		t.Errorf("got %+v, %+v", list, again)
	}
	for body, words := range map[string][]string{
		`{}`:                               {"exactly one"},
		`{"minutesAgo":1,"bookmark":"x"}`:  {"exactly one"},
		`{"minutesAgo":43201}`:             {"minutesAgo", "43200", "43201"},
		`{"minutesAgo":30}`:                {"minutesAgo", "2024-06-01T12:00:00Z"},
		`{"targetTimestamp":"2030-01-01"}`: {"targetTimestamp", "2030"},
		`{"targetTimestamp":"2024-06-01"}`: {"targetTimestamp", "2024-06-01T12:00:00Z"},
		`{"bookmark":"made-up"}`:           {"bookmark", "made-up"},
		`{"minutesAgo":"x"}`:               {"minutesAgo", "a number"},
	} {
		r.do("POST", revert, body).refusedWith(400, words...)
	}
	r.do("GET", path+"/revert-preview?minutesAgo=x", "").refusedWith(400, "minutesAgo", "x")
	r.do("GET", path+"/history?page=0", "").refusedWith(400, "page")
	r.do("POST", "/events/"+nobody+"/revert-do", `{"minutesAgo":1}`).refusedWith(404, nobody)
	r.do("GET", "/events/dataset/"+nobody+"/history", "").refusedWith(404, nobody)
	r.do("GET", "/events/dataset/"+nobody+"/revert-preview?minutesAgo=1", "").refusedWith(404, nobody)
}

// TestChangesKeepToTheirAccount tries every change on another account's events.
func TestChangesKeepToTheirAccount(t *testing.T) {
	r := newRig(t, Config{})
	ids := r.seed(2)
	e := read[api.Event](r, "/events/"+ids[0])
	theirs := "//client/v4/accounts/another/cloudforce-one/events"
	for _, c := range []struct{ method, path, body string }{
		{"PATCH", "/" + e.UUID, `{"event":"x"}`},
		{"POST", "/" + e.UUID, `{"event":"x"}`},
		{"PATCH", "/update/bulk", `{"datasetId":"` + e.DatasetID + `","eventIds":["` + e.UUID + `"],"updates":{"event":"x"}}`},
		{"DELETE", "/" + e.DatasetID + "/delete?eventIds=" + e.UUID, ""},
		{"DELETE", "/datasets/" + e.DatasetID + "/events?eventIds=" + e.UUID, ""},
		{"POST", "/event_tag/" + e.UUID + "/create", `{"tags":["x"]}`},
		{"DELETE", "/event_tag/" + e.UUID, `{"tags":["phish"]}`},
		{"POST", "/relate/" + e.UUID + "/create", `{"events":["` + ids[1] + `"]}`},
		{"DELETE", "/relate/" + e.UUID, `{"events":["` + ids[1] + `"]}`},
		{"PATCH", "/" + e.UUID + "/raw/" + e.RawID, `{"source":"x"}`},
		{"POST", "/dataset/" + e.DatasetID + "/move", transferBody(e.DatasetID, e.UUID)},
		{"POST", "/dataset/" + e.DatasetID + "/copy", transferBody(e.DatasetID, e.UUID)},
		{"POST", "/" + e.DatasetID + "/revert-do", `{"minutesAgo":1}`},
		{"GET", "/dataset/" + e.DatasetID + "/history", ""},
		{"GET", "/dataset/" + e.DatasetID + "/revert-preview?minutesAgo=1", ""},
		{"POST", "/relationships/create", `{"parentId":"` + e.UUID + `","childIds":["` + ids[1] + `"],"relationshipType":"caused_by"}`},
		{"DELETE", "/relationships", `{"parentId":"` + e.UUID + `","childIds":["` + ids[1] + `"],"relationshipType":"caused_by"}`},
	} {
		r.do(c.method, theirs+c.path, c.body).refusedWith(404)
	}
	if got := read[api.Event](r, "/events/"+e.UUID); string(appendEvent(nil, &got)) != string(appendEvent(nil, &e)) {
		t.Errorf("changed by another account: %+v", got)
	}
}
