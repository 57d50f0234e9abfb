package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"

	"threatbench/cli/sshd"
)

// audited is a transport that tells the audit log of every change: what was
// asked, on which ids, and what came of it. It never tells what the change
// says.
type audited struct {
	next http.RoundTripper
	note func(sshd.Entry)
}

// auditIDs is how many ids an entry names; it counts all of them.
const auditIDs = 20

// RoundTrip passes a request on.
func (a *audited) RoundTrip(req *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(req.URL.Path, "/cloudforce-one")
	if req.Method == http.MethodGet || req.Method == http.MethodHead || operation == "/events" || strings.HasSuffix(operation, "/graphql") {
		return a.next.RoundTrip(req)
	}
	ids := idsOfPath(operation)
	if req.Body != nil && req.Header.Get("Content-Encoding") == "" {
		body, err := io.ReadAll(req.Body)
		if err = firstError(err, req.Body.Close()); err != nil {
			return nil, err
		}
		ids = append(ids, idsOfBody(body)...)
		again := req.Clone(req.Context())
		again.Body = io.NopCloser(bytes.NewReader(body))
		req = again
	}
	res, err := a.next.RoundTrip(req)
	e := sshd.Entry{What: "change", Note: req.Method + " " + operation, Count: len(ids), IDs: ids[:min(len(ids), auditIDs)], Outcome: "done"}
	switch {
	case err != nil:
		e.Outcome = "unknown"
	case res.StatusCode >= http.StatusBadRequest:
		e.Outcome = "refused: " + res.Status
	}
	a.note(e)
	return res, err
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// idsOfPath are the events and datasets that a path names.
func idsOfPath(path string) []string {
	return slices.DeleteFunc(strings.Split(path, "/"), func(s string) bool { return len(s) != 36 || strings.Count(s, "-") != 4 })
}

// idsOfBody are the events that a body names; an event without an id, one that
// is to be made, is named "new".
func idsOfBody(body []byte) []string {
	var in struct {
		EventIDs []string `json:"eventIds"`
		ChildIDs []string `json:"childIds"`
		IDs      []string `json:"ids"`
		ParentID string   `json:"parentId"`
		Data     []struct {
			UUID string `json:"uuid"`
		} `json:"data"`
	}
	if json.Unmarshal(body, &in) != nil {
		return nil
	}
	ids := slices.Concat(in.EventIDs, in.IDs, in.ChildIDs)
	if in.ParentID != "" {
		ids = append(ids, in.ParentID)
	}
	for _, e := range in.Data {
		if e.UUID == "" {
			e.UUID = "new"
		}
		ids = append(ids, e.UUID)
	}
	return ids
}
