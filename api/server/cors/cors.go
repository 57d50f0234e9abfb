// Package cors lets pages of named origins call a server out of a browser, and
// no others.
package cors

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

const (
	methods = "GET, HEAD, POST, PUT, PATCH, DELETE"
	asked   = "Authorization, Content-Encoding, Content-Type, If-Match, If-None-Match, X-Auth-Email, X-Auth-Key"
	shown   = "Allow, ETag, Ratelimit, Ratelimit-Policy, Retry-After, X-Result-Info"
	maxAge  = "600" // seconds that a browser need not ask again
)

// Check says what is wrong with an origin: it is a scheme, a host and perhaps a
// port, as browsers send it.
func Check(origin string) error {
	u, err := url.Parse(origin)
	switch {
	case origin == "*":
		return errors.New("want every origin by its name, got *")
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || origin != u.Scheme+"://"+u.Host:
		return fmt.Errorf("want an origin such as https://app.example, got %q", origin)
	case origin != strings.ToLower(origin):
		return fmt.Errorf("want small letters, as browsers send it, got %q", origin)
	}
	return nil
}

// Allow lets pages of the origins call h; without origins it is h itself. The
// question that a browser asks beforehand is answered here, since it comes
// without a credential.
func Allow(h http.Handler, origins []string) http.Handler {
	if len(origins) == 0 {
		return h
	}
	allowed := make(map[string]bool, len(origins))
	for _, o := range origins {
		allowed[o] = true
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Add("Vary", "Origin") // an answer to one page is none for another
		origin := r.Header.Get("Origin")
		if !allowed[origin] {
			h.ServeHTTP(w, r)
			return
		}
		head.Set("Access-Control-Allow-Origin", origin)
		head.Set("Access-Control-Expose-Headers", shown)
		if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
			h.ServeHTTP(w, r)
			return
		}
		head.Set("Access-Control-Allow-Methods", methods)
		head.Set("Access-Control-Allow-Headers", asked)
		head.Set("Access-Control-Max-Age", maxAge)
		w.WriteHeader(http.StatusNoContent)
	})
}
