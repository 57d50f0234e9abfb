package client

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"

	"threatbench/api"
)

// typesOf gathers the types of the objects that a call gives.
func typesOf(list *[]string) func(json.RawMessage) error {
	return func(b json.RawMessage) error {
		var o struct{ Type string }
		err := json.Unmarshal(b, &o)
		*list = append(*list, o.Type)
		return err
	}
}

// TestListObjects reads bundles and envelopes in every form they come in.
func TestListObjects(t *testing.T) {
	const objects = `"objects":[{"type":"incident","id":"incident--1"},{"type":"note"}]`
	for name, tc := range map[string]struct {
		taxii        bool
		answer, info string
		types        string
		want         api.ResultInfo
	}{
		"bundle":              {false, `{"type":"bundle","id":"bundle--1",` + objects + `}`, `{"count":1,"total_count":9,"cursor":"go on"}`, "incident note", api.ResultInfo{Count: 1, TotalCount: 9, Cursor: "go on"}},
		"no page information": {false, `{"type":"bundle",` + objects + `,"id":"bundle--1"}`, "", "incident note", api.ResultInfo{Count: 2, Page: 1, PerPage: 7, TotalCount: -1}},
		"malformed":           {false, `{` + objects + `}`, "x", "incident note", api.ResultInfo{Count: 2, Page: 1, PerPage: 7, TotalCount: -1}},
		"empty bundle":        {false, `{"type":"bundle","id":"bundle--1"}`, "", "", api.ResultInfo{Page: 1, PerPage: 7, TotalCount: -1}},
		"in the platform's":   {false, `{"success":true,"errors":[],"result":{"type":"bundle",` + objects + `},"result_info":{"count":2,"cursor":"c"}}`, "", "incident note", api.ResultInfo{Count: 2, TotalCount: -1, Cursor: "c"}},
		"envelope":            {true, `{"more":true,"next":"n\u001b",` + objects + `}`, "", "incident note", api.ResultInfo{Count: 2, Page: 1, PerPage: 7, TotalCount: -1, Cursor: "n␛"}},
		"empty envelope":      {true, `{"more":false}`, "", "", api.ResultInfo{Page: 1, PerPage: 7, TotalCount: -1}},
	} {
		var url string
		c := fake(t, func(r *http.Request) (*http.Response, error) {
			url = strings.TrimPrefix(r.URL.RequestURI(), accountPath)
			resp := reply(200, tc.answer)
			if tc.info != "" {
				resp.Header.Set("X-Result-Info", tc.info)
			}
			return resp, nil
		})
		var types []string
		list, format := c.ListSTIX, "stix2"
		if tc.taxii {
			list, format = c.ListTAXII, "taxii"
		}
		info, err := list(t.Context(), api.ListQuery{PageSize: 7}, typesOf(&types))
		if err != nil || strings.Join(types, " ") != tc.types || !reflect.DeepEqual(info, tc.want) {
			t.Errorf("%s: %v, %+v, %v", name, types, info, err)
		}
		if want := "/events?format=" + format + "&pageSize=7"; url != want {
			t.Errorf("%s: asked for %s, want %s", name, url, want)
		}
	}
}

// TestLongListObjectsGoAsPost holds that the format stays in the query.
func TestLongListObjectsGoAsPost(t *testing.T) {
	q := api.ListQuery{Search: []api.Condition{{Field: api.FieldEvent, Op: api.OpIn}}}
	for range 20 {
		q.Search[0].Values = append(q.Search[0].Values, strings.Repeat("x", 400))
	}
	var sent, body string
	c := fake(t, func(r *http.Request) (*http.Response, error) {
		b, err := io.ReadAll(r.Body)
		sent, body = r.Method+" "+strings.TrimPrefix(r.URL.RequestURI(), accountPath), string(b)
		return reply(200, `{"more":false}`), err
	})
	if _, err := c.ListTAXII(t.Context(), q, nil); err != nil || sent != "POST /events?format=taxii" || !strings.Contains(body, `"search"`) {
		t.Errorf("%s %.40s, %v", sent, body, err)
	}
}

// TestBadObjects reads answers that are none, and repeats what may pass, but
// never once something was given.
func TestBadObjects(t *testing.T) {
	stop := errors.New("enough")
	for name, tc := range map[string]struct {
		status int
		answer string
		take   error
		want   string
		calls  int
		given  int
	}{
		"a failure":             {200, `{"success":false,"errors":[{"code":7,"message":"no such\u001b thing"}],"result":{}}`, nil, "no such␛ thing", 1, 0},
		"a refusal":             {400, `{"success":false,"errors":[{"message":"pageSize: too much"}]}`, nil, "pageSize: too much", 1, 0},
		"overloaded":            {503, ``, nil, "the server failed (503", 3, 0},
		"a web page":            {200, `<html>`, nil, "a web page came", 1, 0},
		"events":                {200, `[{"uuid":"x"}]`, nil, "a bundle or an envelope", 1, 0},
		"another object":        {200, `{"uuid":"x"}`, nil, "a bundle or an envelope", 1, 0},
		"objects of a kind":     {200, `{"objects":7}`, nil, "a bundle or an envelope", 1, 0},
		"cut at once":           {200, `{"objects":[`, nil, "broke off", 3, 0},
		"cut behind one":        {200, `{"objects":[{"type":"note"},{"ty`, nil, "broke off", 1, 1},
		"cut at the end":        {200, `{"objects":[{"type":"note"}]`, nil, "broke off", 1, 1},
		"nonsense":              {200, `{"objects":[{"type":"note"},}`, nil, "invalid character", 1, 1},
		"an endless object":     {200, `{"objects":[{"x":"` + strings.Repeat("x", 5000), nil, "longer than 4096 bytes", 1, 0},
		"the caller has enough": {200, `{"objects":[{"type":"note"},{"type":"note"}]}`, stop, "enough", 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls, given := 0, 0
				c := fake(t, func(*http.Request) (*http.Response, error) {
					calls++
					return reply(tc.status, tc.answer), nil
				}, func(c *Config) { c.MaxBody = 4096 })
				_, err := c.ListSTIX(t.Context(), api.ListQuery{}, func(json.RawMessage) error { given++; return tc.take })
				if err == nil || !strings.Contains(err.Error(), tc.want) || calls != tc.calls || given != tc.given {
					t.Errorf("%d calls, %d given: %v", calls, given, err)
				}
				if tc.take != nil && !errors.Is(err, stop) {
					t.Errorf("the caller's own error is lost: %v", err)
				}
			})
		})
	}
	c := fake(t, func(*http.Request) (*http.Response, error) { return nil, errors.New("asked") })
	if _, err := c.ListSTIX(t.Context(), api.ListQuery{PageSize: -1}, nil); err == nil || strings.Contains(err.Error(), "asked") {
		t.Errorf("a wrong query: %v", err)
	}
}
