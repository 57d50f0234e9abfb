package cli

import (
	"errors"
	"fmt"
	"strings"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/cli/sshd"
)

// auditIDs is how many ids an entry names; it counts all of them.
const auditIDs = 20

// audited is a change in the terms of the audit log: what was done, to which
// events, and what came of it. It never tells what the change says: a tag, a
// description, a dataset's name stay out of the log.
func audited(r async.AuditRecord) sshd.Entry {
	res := r.Result
	e := sshd.Entry{What: "change", Note: string(res.Change.Kind), Outcome: outcomeOf(res), Took: res.Took.String()}
	switch res.Change.Way {
	case async.Undoing:
		e.Note = "undo " + e.Note
	case async.Redoing:
		e.Note = "redo " + e.Note
	}
	targets := res.Change.Targets()
	for _, t := range targets[:min(len(targets), auditIDs)] {
		e.IDs = append(e.IDs, idOf(t))
	}
	e.Count = len(targets)
	return e
}

// idOf names a target: an event that is yet to be made has no id.
func idOf(t async.Target) string {
	switch {
	case t.ID != "":
		return t.ID
	case t.Dataset != "":
		return t.Dataset
	}
	return "new"
}

// outcomeOf says what became of the targets, in numbers where it isn't the
// same of all.
func outcomeOf(r async.ChangeResult) string {
	type part struct {
		n    int
		what string
	}
	var parts []string
	all := r.Change.Count()
	for _, p := range []part{
		{len(r.Done), "done"}, {len(r.Unchanged), "unchanged"}, {len(r.Failed), "refused"}, {len(r.Unknown), "unknown"}, {len(r.NotBegun), "not begun"},
	} {
		switch {
		case p.n == all:
			return p.what + statusOf(r.Err)
		case p.n > 0:
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	return strings.Join(parts, ", ") + statusOf(r.Err)
}

// statusOf is the status of the server's answer that ended a change, "" where
// there was none. What the answer says may hold what was asked.
func statusOf(err error) string {
	var e *api.Error
	if errors.As(err, &e) && e.Status != 0 {
		return fmt.Sprintf(" (status %d)", e.Status)
	}
	return ""
}
