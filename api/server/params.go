package server

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"threatbench/api"
)

// params are the values of a query string, read with the contract's limits in
// mind: every refusal is a 400 that names the key, what it takes and what came.
type params url.Values

// query parses the request's query string.
func (c *call) query() (params, error) { return parseParams(c.r.URL.RawQuery) }

func parseParams(raw string) (params, error) {
	v, err := url.ParseQuery(raw)
	if err != nil {
		return nil, api.Errorf(http.StatusBadRequest, "query: %v", err)
	}
	for key, values := range v {
		for _, s := range append(values, key) {
			if !utf8.ValidString(s) {
				return nil, api.Errorf(http.StatusBadRequest, "query: %q is not UTF-8", s)
			}
		}
	}
	return params(v), nil
}

func bad(key, want, got string) error {
	const most = 80
	if utf8.RuneCountInString(got) > most {
		got = string([]rune(got)[:most]) + "…"
	}
	return api.Errorf(http.StatusBadRequest, "%s: want %s, got %q", key, want, got)
}

// text is the one value of key, "" where it is absent.
func (p params) text(key string) (string, error) {
	switch v := p[key]; len(v) {
	case 0:
		return "", nil
	case 1:
		return v[0], nil
	default:
		return "", bad(key, "one value", fmt.Sprintf("%d values", len(v)))
	}
}

// number is the whole number at key, from 1; def where it is absent.
func (p params) number(key string, def int) (int, error) {
	s, err := p.text(key)
	if err != nil || s == "" {
		return def, err
	}
	return wholeNumber(key, s)
}

// wholeNumber reads a number from 1 as a client may write it: 5, "5" or 5.0.
func wholeNumber(key, s string) (int, error) {
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || x != math.Trunc(x) || math.Abs(x) > math.MaxInt32 {
		return 0, bad(key, "a whole number", s)
	}
	if n := int(x); n >= 1 {
		return n, nil
	}
	return 0, bad(key, "at least 1", s)
}

// boolean is the truth value at key: true, false, 1 or 0.
func (p params) boolean(key string, def bool) (bool, error) {
	s, err := p.text(key)
	if err != nil || s == "" {
		return def, err
	}
	b, err := strconv.ParseBool(strings.ToLower(s))
	if err != nil {
		return false, bad(key, "true or false", s)
	}
	return b, nil
}

// choice is the value at key, one of those named; "" where it is absent.
func (p params) choice(key string, choices ...string) (string, error) {
	s, err := p.text(key)
	if err != nil || s == "" || slices.Contains(choices, s) {
		return s, err
	}
	return "", bad(key, "one of "+strings.Join(choices, ", "), s)
}

// list gathers the values of a key in every form clients send: repeated,
// with [] or [0] behind the key, separated by commas, or one JSON list.
// Several keys name the same thing (datasetId and datasetIds). Empty values
// don't count.
func (p params) list(keys ...string) ([]string, error) {
	var out []string
	for _, key := range keys {
		for _, raw := range p.repeated(key) {
			values, err := splitList(key, raw)
			if err != nil {
				return nil, err
			}
			out = append(out, values...)
		}
	}
	return out, nil
}

// repeated is every value of key, key[] and key[0], key[1]… in that order.
func (p params) repeated(key string) []string {
	out := slices.Clone(p[key])
	out = append(out, p[key+"[]"]...)
	type indexed struct {
		at     int
		values []string
	}
	var more []indexed
	for k, v := range p {
		inner, ok := strings.CutPrefix(k, key+"[")
		if !ok {
			continue
		}
		if n, err := strconv.Atoi(strings.TrimSuffix(inner, "]")); err == nil {
			more = append(more, indexed{n, v})
		}
	}
	slices.SortFunc(more, func(a, b indexed) int { return a.at - b.at })
	for _, m := range more {
		out = append(out, m.values...)
	}
	return out
}

func splitList(key, raw string) ([]string, error) {
	raw = strings.TrimSpace(raw)
	if strings.HasPrefix(raw, "[") {
		var list []string
		if err := json.Unmarshal([]byte(raw), &list); err != nil {
			return nil, bad(key, "a JSON list of strings", raw)
		}
		return list, nil
	}
	var out []string
	for s := range strings.SplitSeq(raw, ",") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out, nil
}
