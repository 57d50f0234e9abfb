package server

import (
	"net/http"
	"slices"

	"threatbench/api"
)

// permit checks that the credential may do what the operation needs. What a
// limited or a triaging caller may is listed here, operation by operation: one
// that is not listed is refused, so that a new operation is closed to them
// until somebody has thought about it.
func (c *call) permit(rt route) error {
	key := rt.method + " " + rt.pattern
	switch p := c.grant.Permission; {
	case rt.needs != PermWrite || p == PermWrite:
	case p == PermTriage && slices.Contains(triages(), key):
	case p == PermTriage:
		return api.Errorf(http.StatusForbidden, "this needs the role admin")
	default:
		return api.Errorf(http.StatusForbidden, "the token lacks the permission Cloudforce One Write")
	}
	if c.grant.limited() && !slices.Contains(limitedMay(), key) {
		return api.Errorf(http.StatusForbidden, "this is not for a role that sees a part of the events")
	}
	return nil
}

// triages are the changes of PermTriage: to events, queries and alerts, not to
// datasets, and without deleting events.
func triages() []string {
	return append(limitedChanges(),
		"DELETE /events/relationships",
		"POST /events/relate/{event_id}/create", "DELETE /events/relate/{event_id}",
		"PATCH /events/{event_id}/raw/{raw_id}", "POST /events/{event_id}/raw/{raw_id}",
		"POST /events/tags/create", "PATCH /events/tags/{tag_uuid}", "DELETE /events/tags/{tag_uuid}",
		"POST /events/queries/create", "PATCH /events/queries/{query_id}", "POST /events/queries/{query_id}", "DELETE /events/queries/{query_id}",
		"POST /events/queries/alerts/create", "PATCH /events/queries/alerts/{alert_id}", "POST /events/queries/alerts/{alert_id}",
		"DELETE /events/queries/alerts/{alert_id}", "POST /events/queries/alerts/inbox/read",
	)
}

// limitedChanges find what they change by store calls that keep the limit.
func limitedChanges() []string {
	return []string{
		"POST /events/create", "POST /events/create/bulk", "POST /events/create/bulk/relationships",
		"PATCH /events/{event_id}", "POST /events/{event_id}", "PATCH /events/update/bulk",
		"POST /events/event_tag/{event_id}/create", "DELETE /events/event_tag/{event_id}",
		"POST /events/relationships/create",
	}
}

// limitedMay are the operations that keep a limit: store's property test and
// the server's tests prove it.
func limitedMay() []string {
	return append(limitedChanges(),
		"GET /events", "POST /events", "GET /events/aggregate",
		"GET /capabilities", "POST /events/explain", "POST /events/pointed", "POST /events/indicators/lookup",
		"GET /events/dataset/{dataset_id}/events/{event_id}", "GET /events/{event_id}",
		"GET /events/{event_id}/relationships", "GET /events/by-id/{event_id}/relationships", "GET /events/graph",
		"GET /events/raw/{dataset_id}/{event_id}", "GET /events/datasets/{dataset_id}/events/{event_id}/raw", "GET /events/{event_id}/raw/{raw_id}",
		"GET /events/dataset", "GET /events/dataset/{dataset_id}",
		"GET /events/categories", "GET /events/categories/catalog", "GET /events/categories/{category_id}", "GET /events/event-categories/by-id/{category_id}",
		"GET /events/targetIndustries/catalog", "GET /events/dataset/{dataset_id}/targetIndustries",
		"GET /events/attackers", "GET /events/indicator-types", "GET /events/indicatorTypes",
		"GET /events/targetIndustries", "GET /events/countries", "GET /events/tags",
		"GET /events/indicators", "GET /events/indicators/aggregate", "GET /events/dataset/{dataset_id}/indicators",
		"GET /events/dataset/{dataset_id}/indicators/{indicator_id}", "GET /events/tags/{tag_uuid}/indicators",
		"GET /events/dataset/{dataset_id}/tags/{tag_uuid}/indicators", "GET /events/dataset/{dataset_id}/indicators/tags", "GET /events/tags/categories", "GET /events/tags/categories/actors",
		"GET /events/tag-categories/{category_uuid}", "GET /events/tags/categories/{category_uuid}",
		"POST /v2/events/graphql", "POST /events/graphql",
		"GET /events/queries", "GET /events/queries/{query_id}",
	)
}
