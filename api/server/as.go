package server

import (
	"context"
	"net/http"
)

type grantKey struct{}

// As is a handler on behalf of somebody who is known already: what New made,
// with every request counting as made with the grant, whatever credential it
// brings. It is for the in-memory mount; over a network anyone could use it.
func As(h http.Handler, g Grant) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), grantKey{}, g)))
	})
}

func grantOf(ctx context.Context) (Grant, bool) {
	g, ok := ctx.Value(grantKey{}).(Grant)
	return g, ok
}
