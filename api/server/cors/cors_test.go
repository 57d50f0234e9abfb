package cors

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestOnlyNamedOriginsMayAsk(t *testing.T) {
	reached := 0
	inner := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { reached++; w.WriteHeader(http.StatusUnauthorized) })
	h := Allow(inner, []string{"https://app.example", "http://localhost:3000"})
	for _, c := range []struct {
		method, origin, asks string
		allowed              bool
		status               int
	}{
		{"GET", "https://app.example", "", true, 401},
		{"GET", "http://localhost:3000", "", true, 401},
		{"GET", "", "", false, 401},
		{"GET", "null", "", false, 401},
		{"GET", "https://app.example.evil.example", "", false, 401},
		{"GET", "http://app.example", "", false, 401},
		{"OPTIONS", "https://app.example", "PATCH", true, 204},
		{"OPTIONS", "https://app.example", "", true, 401},
		{"OPTIONS", "https://evil.example", "PATCH", false, 401},
	} {
		r := httptest.NewRequest(c.method, "/x", nil)
		r.Header.Set("Origin", c.origin)
		r.Header.Set("Access-Control-Request-Method", c.asks)
		w, before := httptest.NewRecorder(), reached
		h.ServeHTTP(w, r)
		want := map[bool]string{true: c.origin}[c.allowed]
		if got := w.Header().Get("Access-Control-Allow-Origin"); got != want || w.Code != c.status || w.Header().Get("Vary") != "Origin" {
			t.Errorf("%+v: allowed %q, %d, Vary %q", c, got, w.Code, w.Header().Get("Vary"))
		}
		if (reached > before) != (c.status == 401) {
			t.Errorf("%+v: reached the server: %v", c, reached > before)
		}
		if told := strings.Contains(w.Header().Get("Access-Control-Allow-Headers"), "Authorization"); told != (c.status == 204) {
			t.Errorf("%+v: %v", c, w.Header())
		}
		if w.Header().Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%+v: cookies are let through", c)
		}
	}
}

func TestNoOriginsNoHeaders(t *testing.T) {
	h := Allow(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), nil)
	r := httptest.NewRequest("GET", "/x", nil)
	r.Header.Set("Origin", "https://app.example")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if len(w.Header()) != 0 {
		t.Errorf("%v", w.Header())
	}
}

func TestOriginsAreChecked(t *testing.T) {
	for origin, fine := range map[string]bool{
		"https://app.example": true, "http://localhost:3000": true, "https://[::1]:8443": true,
		"*": false, "": false, "null": false, "app.example": false, "https://app.example/": false, "https://app.example/x": false, "ftp://app.example": false,
		"https://App.example": false, "https://u@app.example": false, "https://app.example?x": false, "https://": false, "https://*.example ": false,
	} {
		if err := Check(origin); (err == nil) != fine {
			t.Errorf("%q: %v", origin, err)
		}
	}
}
