package server

import (
	"maps"

	"threatbench/api"
	"threatbench/api/tag"
)

// Keys that the queries of several routes have.
var (
	pageKeys     = []string{"page integer", "pageSize integer"}
	datasetsKey  = []string{"datasetIds []"}
	listKeys     = []string{"search", "searchBranches", "page integer", "pageSize integer", "cursor", "orderBy", "order", "datasetId []", "format", "forceRefresh boolean", "cache"}
	relatedKeys  = []string{"datasetId", "direction", "maxDepth integer", "relationshipTypes []", "indicatorTypeIds []", "includeParent boolean", "page integer", "pageSize integer"}
	tagKeys      = []string{"search", "value", "categoryUuid", "filters", "datasetIds []", "page integer", "pageSize integer", "cache"}
	indicatorsOf = []string{"search", "name", "indicatorType", "relatedEvent []", "datasetIds []", "page integer", "pageSize integer"}
	revertKeys   = []string{"minutesAgo number", "targetTimestamp", "bookmark"}
)

// described says of every route what it is.
func (s *server) described() map[string]described {
	all := describedEvents()
	for _, more := range []map[string]described{describedChanges(), describedSaved(), s.describedCatalogs(), describedBeyond()} {
		maps.Copy(all, more)
	}
	return all
}

func describedEvents() map[string]described {
	list := described{summary: "List events", query: listKeys, result: []api.Event{}, info: api.ResultInfo{}, objects: true}
	byBody := described{summary: "List events by a long filter: the keys of the query as a body", query: []string{"forceRefresh boolean", "format"}, body: anyObject{}, result: []api.Event{}, info: api.ResultInfo{}, objects: true}
	read := described{summary: "Read an event", result: api.Event{}}
	readOld := read
	readOld.deprecated = true
	related := described{summary: "Events that are related to one", query: relatedKeys, result: []api.Event{}, info: api.ResultInfo{}}
	relatedOld := related
	relatedOld.deprecated = true
	raw := described{summary: "Read the raw record of an event", result: rawOfEvent{}}
	rawOld := raw
	rawOld.deprecated = true
	query := described{summary: "Ask by GraphQL", body: graphQLBody{}, result: graphQLResult{}, form: asIs}
	return map[string]described{
		"GET /events":                    list,
		"POST /events":                   byBody,
		"GET /capabilities":              {summary: "What this server understands beyond the contract", result: api.Capabilities{}},
		"POST /events/explain":           {summary: "Explain what each condition of a filter does", body: anyObject{}, result: api.Explanation{}},
		"POST /events/pointed":           {summary: "Make filters that tell marked events apart", body: anyObject{}, result: api.Pointed{}},
		"POST /events/indicators/lookup": {summary: "Look indicators up", body: api.LookupRequest{}, result: []api.Lookup{}},
		"GET /events/aggregate":          {summary: "Count events by columns", query: []string{"aggregateBy []", "datasetId []", "startDate", "endDate", "groupByDate boolean", "limit integer"}, result: api.AggregateResult{}},

		"GET /events/dataset/{dataset_id}/events/{event_id}":      read,
		"GET /events/{event_id}":                                  readOld,
		"GET /events/{event_id}/relationships":                    relatedOld,
		"GET /events/by-id/{event_id}/relationships":              related,
		"GET /events/graph":                                       {summary: "The graph one step around events, indicators and tags", query: []string{"seeds []", "direction", "limit integer", "max_nodes integer", "relationshipTypes []", "datasetIds []", "expand []", "hydration", "cursor"}, result: graphResult{}, info: api.GraphInfo{}, form: wrapped},
		"GET /events/raw/{dataset_id}/{event_id}":                 rawOld,
		"GET /events/datasets/{dataset_id}/events/{event_id}/raw": raw,
		"GET /events/{event_id}/raw/{raw_id}":                     {summary: "Read a raw record by its id", result: rawByID{}},
		"POST /v2/events/graphql":                                 query,
		"POST /events/graphql":                                    query,
	}
}

func describedChanges() map[string]described {
	update := described{summary: "Change an event", body: updateBody{}, result: api.Event{}}
	deleteMany := described{summary: "Delete events of a dataset; answers how many there were", query: []string{"eventIds []"}, result: 0}
	deleteOld := deleteMany
	deleteOld.deprecated = true
	updateRaw := described{summary: "Change a raw record", body: api.RawPatch{}, result: struct {
		ID   string `json:"id"`
		Data any    `json:"data"`
	}{}}
	return map[string]described{
		"POST /events/create":                             {summary: "Create an event", body: createBody{}, result: api.Event{}},
		"POST /events/create/bulk":                        {summary: "Create many events", body: api.BulkCreate{}, result: api.BulkResult{}, status: 202},
		"POST /events/create/bulk/relationships":          {summary: "Create many events with relationships", body: api.BulkCreate{}, result: relatedCreated{}, deprecated: true},
		"POST /events/imports/plan":                       {summary: "What an import would do", body: api.BulkCreate{}, result: api.BulkResult{}},
		"GET /events/imports":                             {summary: "List imports", query: pageKeys, result: []api.ImportRun{}, info: api.ResultInfo{}},
		"GET /events/imports/{import_id}/events":          {summary: "Events of an import", query: []string{"after integer", "limit integer"}, result: api.ImportedEvents{}},
		"POST /events/imports/{import_id}/undo":           {summary: "Take a part of an import back", body: api.UndoImport{}, result: api.UndoneImport{}},
		"PATCH /events/{event_id}":                        update,
		"POST /events/{event_id}":                         update,
		"DELETE /events/{event_id}":                       {summary: "Delete an event", result: onlyID{}},
		"PATCH /events/update/bulk":                       {summary: "Change many events alike", body: updateManyBody{}, result: api.UpdateResult{}},
		"DELETE /events/{dataset_id}/delete":              deleteOld,
		"DELETE /events/datasets/{dataset_id}/events":     deleteMany,
		"POST /events/event_tag/{event_id}/create":        {summary: "Add tags to an event", body: tagsBody{}, result: success{}, form: wrapped},
		"DELETE /events/event_tag/{event_id}":             {summary: "Take tags off an event", body: tagsBody{}, result: success{}, form: wrapped},
		"POST /events/relate/{event_id}/create":           {summary: "Add references to an event", body: referencesBody{}, result: success{}, form: wrapped},
		"DELETE /events/relate/{event_id}":                {summary: "Take references off an event", body: referencesBody{}, result: success{}, form: wrapped},
		"POST /events/dataset/{dataset_id}/move":          {summary: "Move events into another dataset", query: []string{"keepRawData boolean"}, body: transferWish{}, result: api.MoveResult{}},
		"POST /events/dataset/{dataset_id}/copy":          {summary: "Copy events into another dataset", query: []string{"keepRawData boolean"}, body: transferWish{}, result: api.CopyResult{}},
		"POST /events/{dataset_id}/revert-do":             {summary: "Put a dataset back into an earlier state", body: api.Revert{}, result: api.RevertResult{}},
		"POST /events/revert-do":                          {summary: "Put several datasets back at once", body: revertsBody{}, result: []api.RevertResult{}},
		"GET /events/dataset/{dataset_id}/revert-preview": {summary: "What a revert would change", query: revertKeys, result: api.RevertPreview{}},
		"GET /events/dataset/{dataset_id}/history":        {summary: "The changes of a dataset, the newest first", query: pageKeys, result: []api.HistoryEntry{}, info: api.ResultInfo{}},
		"POST /events/relationships/create":               {summary: "Relate events", body: api.RelateEvents{}, result: api.RelateResult{}},
		"DELETE /events/relationships":                    {summary: "End relationships", body: api.RelateEvents{}, result: api.UnrelateResult{}},
		"PATCH /events/{event_id}/raw/{raw_id}":           updateRaw,
		"POST /events/{event_id}/raw/{raw_id}":            updateRaw,
	}
}

func describedSaved() map[string]described {
	updateQuery := described{summary: "Change a saved query", body: api.SavedQueryPatch{}, result: api.SavedQuery{}}
	updateAlert := described{summary: "Change an alert", body: api.AlertPatch{}, result: api.Alert{}}
	return map[string]described{
		"GET /events/queries":                      {summary: "List saved queries", result: []api.SavedQuery{}},
		"POST /events/queries/create":              {summary: "Save a query", body: api.NewSavedQuery{}, result: api.SavedQuery{}},
		"GET /events/queries/{query_id}":           {summary: "Read a saved query", result: api.SavedQuery{}},
		"PATCH /events/queries/{query_id}":         updateQuery,
		"POST /events/queries/{query_id}":          updateQuery,
		"DELETE /events/queries/{query_id}":        {summary: "Delete a saved query and its alerts", result: deleted{}},
		"GET /events/queries/{query_id}/test":      {summary: "What an alert on a saved query would have told", query: []string{"days integer"}, result: api.AlertTest{}},
		"GET /events/queries/alerts":               {summary: "List alerts", result: []api.Alert{}},
		"POST /events/queries/alerts/create":       {summary: "Create an alert", body: api.NewAlert{}, result: api.Alert{}},
		"GET /events/queries/alerts/{alert_id}":    {summary: "Read an alert", result: api.Alert{}},
		"PATCH /events/queries/alerts/{alert_id}":  updateAlert,
		"POST /events/queries/alerts/{alert_id}":   updateAlert,
		"DELETE /events/queries/alerts/{alert_id}": {summary: "Delete an alert", result: deleted{}},
		"GET /events/queries/alerts/inbox":         {summary: "What alerts told", query: []string{"unread boolean", "page integer", "pageSize integer"}, result: []api.Notification{}, info: api.ResultInfo{}},
		"POST /events/queries/alerts/inbox/read":   {summary: "Mark what alerts told as read", body: markBody{}, result: marked{}},
	}
}

func (s *server) describedCatalogs() map[string]described {
	updateDataset := described{summary: "Change a dataset", body: datasetBody{}, result: datasetResult{}}
	types := described{summary: "Types of indicators that occur", query: datasetsKey, result: []string{}}
	typesOld := types
	typesOld.deprecated = true
	countries := described{summary: "Countries (ISO 3166-1)", result: []api.Country{}}
	if s.config.ResponseStyle == Bare {
		countries.result = []struct {
			Result  []api.Country `json:"result"`
			Success string        `json:"success"`
		}{}
	}
	out := map[string]described{
		"GET /events/dataset":                               {summary: "List datasets", query: []string{"includeDeleted boolean"}, result: []api.Dataset{}},
		"POST /events/dataset/create":                       {summary: "Create a dataset", body: datasetBody{}, result: datasetResult{}},
		"GET /events/dataset/{dataset_id}":                  {summary: "Read a dataset", result: datasetResult{}},
		"PATCH /events/dataset/{dataset_id}":                updateDataset,
		"POST /events/dataset/{dataset_id}":                 updateDataset,
		"DELETE /events/dataset/{dataset_id}":               {summary: "Delete a dataset", result: deletedDataset{}},
		"GET /events/categories":                            {summary: "Categories that occur", query: datasetsKey, result: []api.Category{}},
		"GET /events/categories/catalog":                    {summary: "All categories", result: []api.Category{}},
		"POST /events/categories/create":                    {summary: "Create a category", body: api.CategoryPatch{}, result: api.Category{}},
		"GET /events/attackers":                             {summary: "Attackers that occur", query: datasetsKey, result: []string{}},
		"GET /events/indicator-types":                       types,
		"GET /events/indicatorTypes":                        typesOld,
		"GET /events/targetIndustries":                      {summary: "Industries that occur", query: datasetsKey, result: []string{}},
		"GET /events/targetIndustries/catalog":              {summary: "All industries", result: []string{}},
		"GET /events/dataset/{dataset_id}/targetIndustries": {summary: "Industries of a dataset", result: []string{}},
		"GET /events/countries":                             countries,
	}
	for path, deprecated := range map[string]bool{"/events/event-categories/by-id/{category_id}": false, "/events/categories/{category_id}": true} {
		change := described{summary: "Change a category", body: api.CategoryPatch{}, result: api.Category{}, deprecated: deprecated}
		out["GET "+path] = described{summary: "Read a category", result: api.Category{}, deprecated: deprecated}
		out["PATCH "+path], out["POST "+path] = change, change
		out["DELETE "+path] = described{summary: "Delete a category", result: onlyID{}, deprecated: deprecated}
	}
	return out
}

func describedBeyond() map[string]described {
	tags := tagPage{}
	out := map[string]described{
		"GET /events/tags":                   {summary: "List tags", query: tagKeys, result: tags},
		"POST /events/tags/create":           {summary: "Create a tag", body: tag.Input{}, result: tag.Record{}},
		"PATCH /events/tags/{tag_uuid}":      {summary: "Change a tag", body: tag.Input{}, result: tag.Record{}},
		"DELETE /events/tags/{tag_uuid}":     {summary: "Delete a tag that no event carries", result: onlyID{}},
		"GET /events/tags/categories":        {summary: "List tag categories", query: []string{"search"}, result: tagCategories{}},
		"GET /events/tags/categories/actors": {summary: "Tags of the category Actor", query: tagKeys, result: tags},

		"POST /events/tags/categories/create": {summary: "Create a tag category", body: api.TagCategoryPatch{}, result: api.TagCategory{}},
		"GET /events/indicators": {summary: "List indicators", query: []string{
			"datasetIds []", "search", "name", "indicatorType", "relatedEvents []", "tags []", "tagSearch", "createdAfter", "createdBefore", "relatedEventsLimit integer",
			"includeTags boolean", "includeTotalCount boolean", "format", "cache", "page integer", "pageSize integer", "cursor",
		}, result: indicatorPage{}, objects: true},
		"GET /events/indicators/aggregate":                            {summary: "Count indicators by columns", query: []string{"aggregateBy []", "measure", "tagUuid", "datasetIds []", "createdAfter", "createdBefore", "eventDateAfter", "eventDateBefore", "limit integer"}, result: indicatorCounts{}},
		"GET /events/dataset/{dataset_id}/indicators":                 {summary: "Indicators of a dataset", query: indicatorsOf, result: indicatorsOfResult{}, deprecated: true},
		"GET /events/dataset/{dataset_id}/indicators/{indicator_id}":  {summary: "Read an indicator", result: api.Indicator{}},
		"GET /events/tags/{tag_uuid}/indicators":                      {summary: "Indicators of a tag", query: indicatorsOf, result: indicatorsOfResult{}},
		"GET /events/dataset/{dataset_id}/tags/{tag_uuid}/indicators": {summary: "Indicators of a tag in a dataset", query: indicatorsOf, result: indicatorsOfResult{}, deprecated: true},
		"GET /events/dataset/{dataset_id}/indicators/tags":            {summary: "Tags of a dataset's events", result: []tag.Record{}},
	}
	for path, deprecated := range map[string]bool{"/events/tag-categories/{category_uuid}": false, "/events/tags/categories/{category_uuid}": true} {
		out["GET "+path] = described{summary: "Read a tag category", result: api.TagCategory{}, deprecated: deprecated}
		out["PATCH "+path] = described{summary: "Change a tag category", body: api.TagCategoryPatch{}, result: api.TagCategory{}, deprecated: deprecated}
		out["DELETE "+path] = described{summary: "Delete a tag category; its tags stay", result: onlyID{}, deprecated: deprecated}
	}
	return out
}
