package client

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"threatbench/api"
	"threatbench/api/foreign"
)

// onForeign is a client of a server of another kind, without a socket.
func onForeign(t *testing.T, s *foreign.Server) *Client {
	t.Helper()
	return fake(t, func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Result(), nil
	}, func(c *Config) { c.Retries = -1 })
}

// everything follows the cursors of a list to its end.
func everything(t *testing.T, c *Client, q api.ListQuery) (ids []string, last api.ResultInfo) {
	t.Helper()
	for range 40 {
		p, err := c.List(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range p.Events {
			ids = append(ids, e.UUID)
		}
		if p.Info.Cursor == "" {
			return ids, p.Info
		}
		q = api.ListQuery{Cursor: p.Info.Cursor}
	}
	t.Fatal("the list never ends")
	return nil, last
}

func TestListGoesOnWithoutACursor(t *testing.T) {
	for _, p := range []foreign.Paging{foreign.Bare, foreign.NullInfo, foreign.NoCount, foreign.MinusOne, foreign.Inexact, foreign.Total, foreign.RepeatsLast} {
		for _, size := range []int{1000, 400, 5000, 25_000} {
			s := &foreign.Server{Rows: 2500, Cap: 1000, Paging: p}
			ids, info := everything(t, onForeign(t, s), api.ListQuery{PageSize: size, Datasets: []string{api.ScopeAll}})
			if len(ids) != 2500 || ids[0] != foreign.ID(0) || ids[2499] != foreign.ID(2499) || info.Cut != "" || info.TotalCount != 2500 {
				t.Errorf("way %d, %d rows a page: %d events, end %+v", p, size, len(ids), info)
			}
		}
	}
}

func TestListSaysWhereTheServerGivesNoMore(t *testing.T) {
	for p, want := range map[foreign.Paging]struct {
		rows int
		why  string
	}{
		foreign.IgnoresPage:  {1000, "same rows"},
		foreign.RepeatsFirst: {2000, "same rows"},
		foreign.RefusesPage:  {1000, "refuses page 2: page: not supported"},
		foreign.EndsEarly:    {2000, "counts 2500"},
	} {
		s := &foreign.Server{Rows: 2500, Cap: 1000, Paging: p}
		ids, info := everything(t, onForeign(t, s), api.ListQuery{PageSize: 1000})
		if len(ids) != want.rows || !strings.Contains(info.Cut, want.why) {
			t.Errorf("way %d: %d events, end %+v", p, len(ids), info)
		}
	}
}

func TestAListOfWholePagesEnds(t *testing.T) {
	for _, p := range []foreign.Paging{foreign.Bare, foreign.NullInfo, foreign.Total} {
		s := &foreign.Server{Rows: 2000, Cap: 1000, Paging: p}
		ids, info := everything(t, onForeign(t, s), api.ListQuery{PageSize: 1000})
		if len(ids) != 2000 || info.Cut != "" || info.TotalCount != 2000 {
			t.Errorf("way %d: %d events, end %+v", p, len(ids), info)
		}
		if n, want := len(s.Calls()), 3; p != foreign.Total && n != want || p == foreign.Total && n != 2 {
			t.Errorf("way %d: %d calls", p, n)
		}
	}
}

func TestAListStopsWhereOffsetsEnd(t *testing.T) {
	s := &foreign.Server{Rows: 130_000, Paging: foreign.Bare}
	ids, info := everything(t, onForeign(t, s), api.ListQuery{PageSize: 25_000})
	if len(ids) != 125_000 || !strings.Contains(info.Cut, "100,000") {
		t.Errorf("%d events, end %+v", len(ids), info)
	}
}

// A list that moves between two calls gives some rows twice.
func TestRowsThatCameBeforeAreKeptOnce(t *testing.T) {
	rows := 250
	s := &foreign.Server{Rows: rows, Paging: foreign.Bare}
	s.Answer = func(w http.ResponseWriter, r *http.Request, _ string) bool {
		if r.URL.Query().Get("page") != "2" {
			return false
		}
		var out []map[string]any
		for i := 97; i < 197; i++ { // three came in at the front
			out = append(out, foreign.Event(i))
		}
		foreign.Write(w, http.StatusOK, out)
		return true
	}
	ids, info := everything(t, onForeign(t, s), api.ListQuery{PageSize: 100})
	if len(ids) != 97+100+50 || info.Cut != "" {
		t.Fatalf("%d events, end %+v", len(ids), info)
	}
	seen := map[string]bool{}
	for _, id := range ids {
		if seen[id] {
			t.Fatalf("%s twice", id)
		}
		seen[id] = true
	}
}

func TestAnAnswerThatIsNoListIsAnError(t *testing.T) {
	for _, body := range []string{`null`, `{"success":true,"result":null}`, ``, `"none"`, `<html>log in</html>`, `{"success":false}`} {
		c := fake(t, func(*http.Request) (*http.Response, error) { return reply(200, body), nil }, func(c *Config) { c.Retries = -1 })
		if p, err := c.List(t.Context(), api.ListQuery{}); err == nil {
			t.Errorf("%q is taken for a list: %+v", body, p)
		}
	}
}

func TestAForeignCursorOfOursIsRefused(t *testing.T) {
	c := onForeign(t, &foreign.Server{Rows: 3})
	for _, cursor := range []string{walkMark, walkMark + "x", walkMark + "e30"} {
		if _, err := c.List(t.Context(), api.ListQuery{Cursor: cursor}); api.StatusOf(err) != http.StatusBadRequest {
			t.Errorf("%q: %v", cursor, err)
		}
	}
}

func TestACursorThatLeadsNowhereEndsTheList(t *testing.T) {
	c := fake(t, func(*http.Request) (*http.Response, error) {
		return reply(200, `{"success":true,"result":[`+oneEvent+`],"result_info":{"count":1,"cursor":"again"}}`), nil
	})
	if ids, info := everything(t, c, api.ListQuery{}); len(ids) != 2 || info.Cut == "" {
		t.Errorf("%d events, end %+v", len(ids), info)
	}
}
