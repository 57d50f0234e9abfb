package server

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"threatbench/api"
	"threatbench/api/store"
)

// relateEvents hangs children under a parent. An unknown parent is a 404; a
// child that is unknown, or the parent itself, is an item of errors, and the
// others are related. A relationship that is there already counts as no new
// one.
func (c *call) relateEvents() error {
	in, err := c.relateBody()
	if err != nil {
		return err
	}
	parent, err := c.s.db.Event(c.ctx(), c.account, in.DatasetID, in.ParentID)
	if err != nil {
		return err
	}
	edges := edgesOf(parent, in)
	n, refused, err := c.s.db.Relate(c.ctx(), c.who, c.account, edges)
	if err != nil {
		return err
	}
	res, err := c.related(c.ctx(), parent, in, refused)
	if err != nil {
		return err
	}
	res.RelationshipsCreated = n
	res.Message = fmt.Sprintf("%d of %d relationships made", n, len(edges))
	return c.ok(res)
}

// unrelateEvents takes away what relateEvents made (ours). An unknown parent
// is a 404, an unknown child an item of errors, and a relationship that isn't
// there counts for nothing.
func (c *call) unrelateEvents() error {
	in, err := c.relateBody()
	if err != nil {
		return err
	}
	parent, err := c.s.db.Event(c.ctx(), c.account, in.DatasetID, in.ParentID)
	if err != nil {
		return err
	}
	n, refused, err := c.s.db.Unrelate(c.ctx(), c.who, c.account, edgesOf(parent, in))
	if err != nil {
		return err
	}
	res := api.UnrelateResult{Success: true, Message: fmt.Sprintf("%d of %d relationships removed", n, len(in.ChildIDs)), RelationshipsRemoved: n}
	for _, e := range refused {
		res.Errors = append(res.Errors, relateError(in.ChildIDs[e.Index], e.Err))
	}
	return c.ok(res)
}

func edgesOf(parent api.Event, in api.RelateEvents) []store.Edge {
	edges := make([]store.Edge, len(in.ChildIDs))
	for i, child := range in.ChildIDs {
		edges[i] = store.Edge{Parent: parent.UUID, Child: child, Type: in.RelationshipType}
	}
	return edges
}

func relateError(child string, e *api.Error) api.RelateError {
	return api.RelateError{ChildID: child, Error: e.Message, ErrorType: errorType(e)}
}

func (c *call) relateBody() (in api.RelateEvents, err error) {
	if err := c.decode(&in); err != nil {
		return in, err
	}
	if in.ParentID == "" {
		return in, bad("parentId", "an event", "")
	}
	if in.ChildIDs = unique(in.ChildIDs); len(in.ChildIDs) == 0 {
		return in, bad("childIds", "at least one event", "none")
	}
	if !slices.Contains(api.RelationshipTypes(), in.RelationshipType) {
		return in, bad("relationshipType", "one of "+strings.Join(api.RelationshipTypes(), ", "), in.RelationshipType)
	}
	return in, nil
}

// related lists the relationships that stand after a request, and what was
// refused of it. Its success says that the request was carried out, so that a
// bare answer is never taken for the envelope of a failure.
func (c *call) related(ctx context.Context, parent api.Event, in api.RelateEvents, refused []store.EdgeError) (api.RelateResult, error) {
	res := api.RelateResult{Success: true, Relationships: []api.Relationship{}}
	why := make(map[int]*api.Error, len(refused))
	for _, e := range refused {
		why[e.Index] = e.Err
	}
	for i, id := range in.ChildIDs {
		if e := why[i]; e != nil {
			res.Errors = append(res.Errors, relateError(id, e))
			continue
		}
		child, err := c.s.db.Event(ctx, c.account, "", id)
		if err != nil {
			return res, fmt.Errorf("reading the related event %s: %w", id, err)
		}
		res.ChildIDs = append(res.ChildIDs, child.UUID)
		res.Relationships = append(res.Relationships, api.Relationship{
			ParentID: parent.UUID, ChildID: child.UUID, RelationshipType: in.RelationshipType,
			ParentDatasetID: parent.DatasetID, ChildDatasetID: child.DatasetID,
		})
	}
	return res, nil
}

// errorType names the kind of a refusal for programs.
func errorType(e *api.Error) string {
	if e.Status == http.StatusNotFound {
		return "not_found"
	}
	return "invalid"
}

// unique drops empty and repeated ids, keeping the order.
func unique(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		id = strings.ToLower(id)
		if id == "" || seen[id] {
			return true
		}
		seen[id] = true
		return false
	})
}
