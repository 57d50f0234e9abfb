package api_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"testing"

	"threatbench/api"
)

func TestDecode(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		want       []string // uuids
		total      int      // -2: no page information
	}{
		{"enveloped", `{"success":true,"errors":[],"messages":[],"result":[{"uuid":"a"},{"uuid":"b"}],"result_info":{"count":2,"total_count":9}}`, []string{"a", "b"}, 9},
		{"bare", `[{"uuid":"a"}]`, []string{"a"}, -2},
		{"bare with space around", " \n[{\"uuid\":\"a\"}]\n", []string{"a"}, -2},
		{"no page information", `{"success":true,"result":[{"uuid":"a"}]}`, []string{"a"}, -2},
		{"page information is null", `{"success":true,"result":[],"result_info":null}`, nil, -2},
		{"page information is nonsense", `{"success":true,"result":[{"uuid":"a"}],"result_info":[1]}`, []string{"a"}, -2},
		{"no total", `{"success":true,"result":[],"result_info":{"count":"0"}}`, nil, -1},
		{"numbers as strings", `{"success":true,"result":[],"result_info":{"total_count":"7"}}`, nil, 7},
		{"errors are null", `{"success":true,"errors":null,"messages":null,"result":[{"uuid":"a"}]}`, []string{"a"}, -2},
		{"success is a string", `{"success":"true","result":[{"uuid":"a"}]}`, []string{"a"}, -2},
		{"result is null", `{"success":true,"result":null}`, nil, -2},
		{"the text of an event looks like an envelope", `[{"uuid":"a","event":"{\"success\":false,\"result\":[]}"}]`, []string{"a"}, -2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var events []api.Event
			info, err := api.Decode([]byte(tt.body), &events)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range events {
				got = append(got, e.UUID)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			switch {
			case info == nil && tt.total != -2:
				t.Error("the page information is lost")
			case info != nil && info.TotalCount != tt.total:
				t.Errorf("total %d, want %d", info.TotalCount, tt.total)
			}
		})
	}
}

func TestDecodeObjects(t *testing.T) {
	for _, body := range []string{`{"uuid":"a"}`, `{"success":true,"result":{"uuid":"a"}}`} {
		var e api.Event
		if _, err := api.Decode([]byte(body), &e); err != nil || e.UUID != "a" {
			t.Errorf("%s reads as %+v, %v", body, e, err)
		}
	}
	var w struct{ Success bool }
	for _, body := range []string{`{"success":true}`, `{"success":true,"result":{"success":true}}`} {
		w.Success = false
		if _, err := api.Decode([]byte(body), &w); err != nil || !w.Success {
			t.Errorf("%s reads as %+v, %v", body, w, err)
		}
	}
}

func TestDecodeFailures(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		want       api.Error
	}{
		{"one error", `{"success":false,"errors":[{"code":7003,"message":"no such event"}],"result":{}}`, api.Error{Status: 200, Code: 7003, Message: "no such event"}},
		{"two errors", `{"success":false,"errors":[{"message":"a"},{"code":"5","message":"b"}]}`, api.Error{Status: 200, Code: 5, Message: "a; b"}},
		{"bare text", `{"success":false,"errors":["a"]}`, api.Error{Status: 200, Message: "a"}},
		{"no reason", `{"success":false,"errors":null}`, api.Error{Status: 200, Message: "the server reported a failure without a reason"}},
		{"message beside", `{"success":false,"message":"unknown parent"}`, api.Error{Status: 200, Message: "unknown parent"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var events []api.Event
			_, err := api.Decode([]byte(tt.body), &events)
			var e *api.Error
			if !errors.As(err, &e) || *e != tt.want {
				t.Errorf("got %#v, want %#v", err, tt.want)
			}
		})
	}
	for _, body := range []string{``, `<html>`, `{"success":true,"result":7}`, `[{"uuid":"a"`, `{"uuid":"a"}`} {
		var events []api.Event
		if _, err := api.Decode([]byte(body), &events); err == nil {
			t.Errorf("%q was read as %d events", body, len(events))
		}
	}
}

func TestDecodeError(t *testing.T) {
	for _, tt := range []struct {
		status     int
		body, want string
	}{
		{404, `{"success":false,"errors":[{"code":1,"message":"gone"}]}`, "gone"},
		{502, `<html><script>alert(1)</script>`, "the server answered 502 Bad Gateway"},
		{500, ``, "the server answered 500 Internal Server Error"},
		{400, `{"errors":[]}`, "the server answered 400 Bad Request"},
		{400, `{"errors":"tired"}`, "tired"},
	} {
		e := api.DecodeError(tt.status, []byte(tt.body))
		if e.Status != tt.status || e.Error() != tt.want {
			t.Errorf("%d %s: %d %q", tt.status, tt.body, e.Status, e)
		}
	}
}

func TestEnvelopesReadBack(t *testing.T) {
	b, err := json.Marshal(api.Envelope{Success: true, Result: []api.Event{{UUID: "a"}}, ResultInfo: &api.ResultInfo{Count: 1, Cursor: "next"}})
	if err != nil {
		t.Fatal(err)
	}
	var events []api.Event
	info, err := api.Decode(b, &events)
	if err != nil || len(events) != 1 || info == nil || info.Cursor != "next" {
		t.Errorf("%s reads as %v, %+v, %v", b, events, info, err)
	}
	b, err = json.Marshal(api.Failed(api.Errorf(http.StatusNotFound, "no %s", "event")))
	if err != nil {
		t.Fatal(err)
	}
	if e := api.DecodeError(404, b); e.Message != "no event" || e.Code != 404 {
		t.Errorf("%s reads as %+v", b, e)
	}
}

func TestStatusOf(t *testing.T) {
	wrapped := errors.Join(errors.New("reading"), api.Errorf(409, "taken"))
	if got := api.StatusOf(wrapped); got != 409 {
		t.Errorf("got %d", got)
	}
	if got := api.StatusOf(errors.New("x")); got != 500 {
		t.Errorf("got %d", got)
	}
}

func TestNames(t *testing.T) {
	for _, tt := range []struct {
		json string
		want api.Names
	}{
		{`["a","b"]`, api.Names{"a", "b"}},
		{`{"items":["a",{"name":"b"}]}`, api.Names{"a", "b"}},
		{`{"tags":[{"uuid":"1","value":"a"}],"pagination":{}}`, api.Names{"a"}},
		{`[{"name":"a"},{"value":"b"},{"name":3},{"other":1},null,""]`, api.Names{"a", "b", "3"}},
		{`{}`, nil},
		{`null`, nil},
		{`{"items":null}`, nil},
	} {
		var got api.Names
		if err := json.Unmarshal([]byte(tt.json), &got); err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s reads as %q, %v", tt.json, got, err)
		}
	}
	var n api.Names
	if json.Unmarshal([]byte(`"text"`), &n) == nil {
		t.Errorf("a string was read as %q", n)
	}
}
