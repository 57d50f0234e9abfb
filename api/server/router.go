package server

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"threatbench/api"
)

// route is one operation: its method, its path below …/cloudforce-one, the
// permission it needs and what it does. A segment in braces is a parameter.
type route struct {
	method  string
	pattern string
	needs   Permission
	run     func(*call) error
}

// router finds routes. It is our own because the contract's paths overlap in a
// way http.ServeMux refuses: /events/raw/{dataset}/{event} and
// /events/{event}/raw/{raw} both match /events/raw/raw/x. Here the earliest
// literal segment wins.
type router struct {
	byLength map[int][]compiled
}

type compiled struct {
	route
	segments []string // "" stands for a parameter
	event    bool     // the parameter is an event's id: what can't be one is another path
	absent   bool     // it is there to answer a 404
}

func newRouter(routes, absent []route) router {
	r := router{byLength: make(map[int][]compiled)}
	for at, rt := range slices.Concat(routes, absent) {
		segments := strings.Split(strings.TrimPrefix(rt.pattern, "/"), "/")
		for i, s := range segments {
			if strings.HasPrefix(s, "{") {
				segments[i] = ""
			}
		}
		n := len(segments)
		r.byLength[n] = append(r.byLength[n], compiled{rt, segments, rt.pattern == "/events/{event_id}", at >= len(routes)})
	}
	for _, list := range r.byLength {
		slices.SortStableFunc(list, func(a, b compiled) int { return moreLiteral(a.segments, b.segments) })
	}
	return r
}

// moreLiteral sorts the pattern with the earlier literal segment first.
func moreLiteral(a, b []string) int {
	for i := range a {
		switch {
		case a[i] != "" && b[i] == "":
			return -1
		case a[i] == "" && b[i] != "":
			return 1
		}
	}
	return 0
}

// methodError is a path that exists for other methods only.
type methodError struct {
	cause   *api.Error
	allowed []string
}

func (e *methodError) Error() string { return e.cause.Error() }
func (e *methodError) Unwrap() error { return e.cause }

// find returns the route of a method and path, and the path's parameters in
// their order; a 404 where no path matches, a 405 where only the method fails.
func (r router) find(method string, path []string) (route, []string, error) {
	var allowed []string
	for _, c := range r.byLength[len(path)] {
		if !c.matches(path) {
			continue
		}
		if c.method == method || (method == http.MethodHead && c.method == http.MethodGet) {
			return c.route, paramsOf(c.segments, path), nil
		}
		if !c.absent && !slices.Contains(allowed, c.method) {
			allowed = append(allowed, c.method)
		}
	}
	if len(allowed) > 0 {
		slices.Sort(allowed)
		e := api.Errorf(http.StatusMethodNotAllowed, "%s is not possible here: use %s", method, strings.Join(allowed, " or "))
		return route{}, nil, &methodError{e, allowed}
	}
	return route{}, nil, api.Errorf(http.StatusNotFound, "no such path: the operations start at %s/accounts/{account_id}/cloudforce-one", BasePath)
}

func (c *compiled) matches(path []string) bool {
	for i, s := range c.segments {
		if path[i] == "" || (s != "" && s != path[i]) {
			return false
		}
	}
	return !c.event || uuid.Validate(path[len(path)-1]) == nil
}

func paramsOf(segments, path []string) []string {
	var params []string
	for i, s := range segments {
		if s == "" {
			params = append(params, path[i])
		}
	}
	return params
}

// splitPath cuts an escaped path into unescaped segments, so that an escaped
// slash stays inside its segment. A single trailing slash is overlooked.
func splitPath(escaped string) ([]string, error) {
	parts := strings.Split(strings.TrimSuffix(strings.TrimPrefix(escaped, "/"), "/"), "/")
	for i, p := range parts {
		s, err := url.PathUnescape(p)
		if err != nil {
			return nil, api.Errorf(http.StatusBadRequest, "path: %s is not a valid escape", p)
		}
		parts[i] = s
	}
	return parts, nil
}
