package server

import (
	"net/http"

	"threatbench/api"
)

// routes lists every operation the server has, paths being those below
// /accounts/{account_id}/cloudforce-one.
func (s *server) routes() []route {
	return []route{
		{"GET", "/events", PermRead, (*call).listEvents},
		{"POST", "/events", PermRead, (*call).listEventsByBody},
		{"GET", "/capabilities", PermRead, (*call).capabilities},
		{"POST", "/events/explain", PermRead, (*call).explain},
		{"POST", "/events/pointed", PermRead, (*call).pointed},
		{"POST", "/events/indicators/lookup", PermRead, (*call).lookupIndicators},
		{"GET", "/events/aggregate", PermRead, (*call).aggregate},
		{"POST", "/events/create", PermWrite, (*call).createEvent},
		{"POST", "/events/create/bulk", PermWrite, (*call).createBulk},
		{"POST", "/events/create/bulk/relationships", PermWrite, (*call).createBulkRelated},
		{"POST", "/events/imports/plan", PermWrite, (*call).planImport},
		{"GET", "/events/imports", PermRead, (*call).listImports},
		{"GET", "/events/imports/{import_id}/events", PermRead, (*call).listImported},
		{"POST", "/events/imports/{import_id}/undo", PermWrite, (*call).undoImport},
		{"GET", "/events/dataset/{dataset_id}/events/{event_id}", PermRead, (*call).readEvent},
		{"GET", "/events/{event_id}", PermRead, (*call).readEventAnywhere},

		{"PATCH", "/events/{event_id}", PermWrite, (*call).updateEvent},
		{"POST", "/events/{event_id}", PermWrite, (*call).updateEvent},
		{"DELETE", "/events/{event_id}", PermWrite, (*call).deleteEvent},
		{"PATCH", "/events/update/bulk", PermWrite, (*call).updateMany},
		{"DELETE", "/events/{dataset_id}/delete", PermWrite, (*call).deleteEvents},
		{"DELETE", "/events/datasets/{dataset_id}/events", PermWrite, (*call).deleteEvents},
		{"POST", "/events/event_tag/{event_id}/create", PermWrite, (*call).addTags},
		{"DELETE", "/events/event_tag/{event_id}", PermWrite, (*call).removeTags},
		{"POST", "/events/relate/{event_id}/create", PermWrite, (*call).addReferences},
		{"DELETE", "/events/relate/{event_id}", PermWrite, (*call).removeReferences},

		{"POST", "/events/dataset/{dataset_id}/move", PermWrite, (*call).moveEvents},
		{"POST", "/events/dataset/{dataset_id}/copy", PermWrite, (*call).copyEvents},
		{"POST", "/events/{dataset_id}/revert-do", PermWrite, (*call).revert},
		{"POST", "/events/revert-do", PermWrite, (*call).revertTogether},
		{"GET", "/events/dataset/{dataset_id}/revert-preview", PermRead, (*call).previewRevert},
		{"GET", "/events/dataset/{dataset_id}/history", PermRead, (*call).listHistory},

		{"POST", "/events/relationships/create", PermWrite, (*call).relateEvents},
		{"GET", "/events/{event_id}/relationships", PermRead, (*call).listRelated},
		{"GET", "/events/by-id/{event_id}/relationships", PermRead, (*call).listRelated},
		{"GET", "/events/graph", PermRead, (*call).graph},
		{"DELETE", "/events/relationships", PermWrite, (*call).unrelateEvents},

		{"GET", "/events/queries", PermRead, (*call).listQueries},
		{"POST", "/events/queries/create", PermWrite, (*call).createQuery},
		{"GET", "/events/queries/{query_id}", PermRead, (*call).readQuery},
		{"PATCH", "/events/queries/{query_id}", PermWrite, (*call).updateQuery},
		{"POST", "/events/queries/{query_id}", PermWrite, (*call).updateQuery},
		{"DELETE", "/events/queries/{query_id}", PermWrite, (*call).deleteQuery},
		{"GET", "/events/queries/{query_id}/test", PermRead, (*call).testQuery},
		{"GET", "/events/queries/alerts", PermRead, (*call).listAlerts},
		{"POST", "/events/queries/alerts/create", PermWrite, (*call).createAlert},
		{"GET", "/events/queries/alerts/{alert_id}", PermRead, (*call).readAlert},
		{"PATCH", "/events/queries/alerts/{alert_id}", PermWrite, (*call).updateAlert},
		{"POST", "/events/queries/alerts/{alert_id}", PermWrite, (*call).updateAlert},
		{"DELETE", "/events/queries/alerts/{alert_id}", PermWrite, (*call).deleteAlert},
		{"GET", "/events/queries/alerts/inbox", PermRead, (*call).inbox},
		{"POST", "/events/queries/alerts/inbox/read", PermWrite, (*call).markInbox},

		{"GET", "/events/raw/{dataset_id}/{event_id}", PermRead, (*call).readRaw},
		{"GET", "/events/datasets/{dataset_id}/events/{event_id}/raw", PermRead, (*call).readRaw},
		{"GET", "/events/{event_id}/raw/{raw_id}", PermRead, (*call).readRawByID},
		{"PATCH", "/events/{event_id}/raw/{raw_id}", PermWrite, (*call).updateRaw},
		{"POST", "/events/{event_id}/raw/{raw_id}", PermWrite, (*call).updateRaw},

		{"GET", "/events/dataset", PermRead, (*call).listDatasets},
		{"POST", "/events/dataset/create", PermWrite, (*call).createDataset},
		{"GET", "/events/dataset/{dataset_id}", PermRead, (*call).readDataset},
		{"PATCH", "/events/dataset/{dataset_id}", PermWrite, (*call).updateDataset},
		{"POST", "/events/dataset/{dataset_id}", PermWrite, (*call).updateDataset},
		{"DELETE", "/events/dataset/{dataset_id}", PermWrite, (*call).deleteDataset},

		{"GET", "/events/categories", PermRead, (*call).listCategories},
		{"GET", "/events/categories/catalog", PermRead, (*call).categoryCatalog},
		{"POST", "/events/categories/create", PermWrite, (*call).createCategory},
		{"GET", "/events/event-categories/by-id/{category_id}", PermRead, (*call).readCategory},
		{"PATCH", "/events/event-categories/by-id/{category_id}", PermWrite, (*call).updateCategory},
		{"POST", "/events/event-categories/by-id/{category_id}", PermWrite, (*call).updateCategory},
		{"DELETE", "/events/event-categories/by-id/{category_id}", PermWrite, (*call).deleteCategory},
		{"GET", "/events/categories/{category_id}", PermRead, (*call).readCategory},
		{"PATCH", "/events/categories/{category_id}", PermWrite, (*call).updateCategory},
		{"POST", "/events/categories/{category_id}", PermWrite, (*call).updateCategory},
		{"DELETE", "/events/categories/{category_id}", PermWrite, (*call).deleteCategory},
		{"GET", "/events/attackers", PermRead, (*call).listAttackers},
		{"GET", "/events/indicator-types", PermRead, (*call).listIndicatorTypes},
		{"GET", "/events/indicatorTypes", PermRead, (*call).listIndicatorTypes},
		{"GET", "/events/targetIndustries", PermRead, (*call).listTargetIndustries},
		{"GET", "/events/targetIndustries/catalog", PermRead, (*call).industryCatalog},
		{"GET", "/events/dataset/{dataset_id}/targetIndustries", PermRead, (*call).industriesOfDataset},
		{"GET", "/events/countries", PermRead, (*call).listCountries},
		{"GET", "/events/tags", PermRead, (*call).listTags},
		{"POST", "/events/tags/create", PermWrite, (*call).createTag},
		{"PATCH", "/events/tags/{tag_uuid}", PermWrite, (*call).updateTag},
		{"DELETE", "/events/tags/{tag_uuid}", PermWrite, (*call).deleteTag},
		{"GET", "/events/indicators", PermRead, (*call).listIndicators},
		{"GET", "/events/indicators/aggregate", PermRead, (*call).countIndicators},
		{"GET", "/events/dataset/{dataset_id}/indicators", PermRead, (*call).listIndicatorsOfDataset},
		{"GET", "/events/dataset/{dataset_id}/indicators/{indicator_id}", PermRead, (*call).readIndicator},
		{"GET", "/events/tags/{tag_uuid}/indicators", PermRead, (*call).indicatorsOfTag},
		{"GET", "/events/dataset/{dataset_id}/tags/{tag_uuid}/indicators", PermRead, (*call).indicatorsOfTagIn},
		{"GET", "/events/dataset/{dataset_id}/indicators/tags", PermRead, (*call).tagsOfDataset},
		{"GET", "/events/tags/categories", PermRead, (*call).listTagCategories},
		{"GET", "/events/tags/categories/actors", PermRead, (*call).listActors},
		{"POST", "/events/tags/categories/create", PermWrite, (*call).createTagCategory},
		{"GET", "/events/tag-categories/{category_uuid}", PermRead, (*call).readTagCategory},
		{"PATCH", "/events/tag-categories/{category_uuid}", PermWrite, (*call).updateTagCategory},
		{"DELETE", "/events/tag-categories/{category_uuid}", PermWrite, (*call).deleteTagCategory},
		{"GET", "/events/tags/categories/{category_uuid}", PermRead, (*call).readTagCategory},
		{"PATCH", "/events/tags/categories/{category_uuid}", PermWrite, (*call).updateTagCategory},
		{"DELETE", "/events/tags/categories/{category_uuid}", PermWrite, (*call).deleteTagCategory},

		{"POST", "/v2/events/graphql", PermRead, (*call).queryGraphQL},
		{"POST", "/events/graphql", PermRead, (*call).queryGraphQL},
	}
}

// unserved are operations of the public contract that this server doesn't have:
// a 404 that says what to do instead, where another method or parameter of the
// same path would answer something misleading.
func unserved() []route {
	event := func(c *call) error { return c.notServed("here an indicator lives in its events: change the events") }
	return []route{
		{"POST", "/events/dataset/{dataset_id}/indicators/create", PermRead, event},
		{"POST", "/events/dataset/{dataset_id}/indicators/bulk", PermRead, event},
		{"PATCH", "/events/dataset/{dataset_id}/indicators/{indicator_id}", PermRead, event},
		{"DELETE", "/events/dataset/{dataset_id}/indicators/{indicator_id}", PermRead, event},
		{"POST", "/events/dataset/{dataset_id}/indicatorTypes/create", PermRead, func(c *call) error { return c.notServed("a type comes with its first event") }},
	}
}

// notServed is the 404 of an operation that this server doesn't have.
func (c *call) notServed(instead string) error {
	return api.Errorf(http.StatusNotFound, "no such path: %s %s is not served; %s", c.r.Method, c.pattern, instead)
}
