package server

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// contract lists the operations of the contract, each with the method of the
// client that carries it out. Where two paths do the same the client takes the
// newer; older says so of the other one.
func contract() []struct{ operation, method, client, older string } {
	return []struct{ operation, method, client, older string }{
		{"list", "GET /events", "List", ""},
		{"list, for long filters", "POST /events", "List", ""},
		{"list as STIX", "GET /events", "ListSTIX", ""},
		{"list as TAXII", "GET /events", "ListTAXII", ""},
		{"aggregate", "GET /events/aggregate", "Aggregate", ""},
		{"create", "POST /events/create", "Create", ""},
		{"bulk create", "POST /events/create/bulk", "CreateBulk", ""},
		{"bulk create with relationships", "POST /events/create/bulk/relationships", "CreateBulkRelated", ""},
		{"plan of an import", "POST /events/imports/plan", "PlanImport", ""},
		{"imports", "GET /events/imports", "Imports", ""},
		{"events of an import", "GET /events/imports/{import_id}/events", "Imported", ""},
		{"undo of an import", "POST /events/imports/{import_id}/undo", "UndoImport", ""},
		{"read", "GET /events/dataset/{dataset_id}/events/{event_id}", "Event", ""},
		{"read, deprecated", "GET /events/{event_id}", "Event", ""},
		{"update", "PATCH /events/{event_id}", "Update", ""},
		{"update by POST", "POST /events/{event_id}", "Update", "PATCH /events/{event_id}"},
		{"update many", "PATCH /events/update/bulk", "UpdateMany", ""},
		{"delete many", "DELETE /events/datasets/{dataset_id}/events", "Delete", ""},
		{"delete many, older", "DELETE /events/{dataset_id}/delete", "Delete", "DELETE /events/datasets/{dataset_id}/events"},
		{"move", "POST /events/dataset/{dataset_id}/move", "Move", ""},
		{"copy", "POST /events/dataset/{dataset_id}/copy", "Copy", ""},
		{"revert", "POST /events/{dataset_id}/revert-do", "Revert", ""},
		{"revert of several", "POST /events/revert-do", "RevertTogether", ""},
		{"preview of a revert", "GET /events/dataset/{dataset_id}/revert-preview", "RevertPreview", ""},
		{"history", "GET /events/dataset/{dataset_id}/history", "History", ""},
		{"add tags", "POST /events/event_tag/{event_id}/create", "AddTags", ""},
		{"remove tags", "DELETE /events/event_tag/{event_id}", "RemoveTags", ""},
		{"add references", "POST /events/relate/{event_id}/create", "AddReferences", ""},
		{"remove references", "DELETE /events/relate/{event_id}", "RemoveReferences", ""},
		{"raw of an event", "GET /events/datasets/{dataset_id}/events/{event_id}/raw", "Raw", ""},
		{"raw of an event, older", "GET /events/raw/{dataset_id}/{event_id}", "Raw", "GET /events/datasets/{dataset_id}/events/{event_id}/raw"},
		{"raw by id", "GET /events/{event_id}/raw/{raw_id}", "RawByID", ""},
		{"update raw", "PATCH /events/{event_id}/raw/{raw_id}", "UpdateRaw", ""},
		{"update raw by POST", "POST /events/{event_id}/raw/{raw_id}", "UpdateRaw", "PATCH /events/{event_id}/raw/{raw_id}"},
		{"relate", "POST /events/relationships/create", "Relate", ""},
		{"unrelate", "DELETE /events/relationships", "Unrelate", ""},
		{"related events", "GET /events/by-id/{event_id}/relationships", "Related", ""},
		{"related events, older", "GET /events/{event_id}/relationships", "Related", "GET /events/by-id/{event_id}/relationships"},
		{"graph", "GET /events/graph", "Graph", ""},
		{"GraphQL", "POST /v2/events/graphql", "Query", ""},
		{"GraphQL, older", "POST /events/graphql", "Query", "POST /v2/events/graphql"},
		{"saved queries", "GET /events/queries", "SavedQueries", ""},
		{"create a query", "POST /events/queries/create", "CreateSavedQuery", ""},
		{"read a query", "GET /events/queries/{query_id}", "SavedQuery", ""},
		{"update a query", "PATCH /events/queries/{query_id}", "UpdateSavedQuery", ""},
		{"update a query by POST", "POST /events/queries/{query_id}", "UpdateSavedQuery", "PATCH /events/queries/{query_id}"},
		{"delete a query", "DELETE /events/queries/{query_id}", "DeleteSavedQuery", ""},
		{"test a query's alert", "GET /events/queries/{query_id}/test", "TestAlert", ""},
		{"alerts", "GET /events/queries/alerts", "Alerts", ""},
		{"create an alert", "POST /events/queries/alerts/create", "CreateAlert", ""},
		{"read an alert", "GET /events/queries/alerts/{alert_id}", "Alert", ""},
		{"update an alert", "PATCH /events/queries/alerts/{alert_id}", "UpdateAlert", ""},
		{"update an alert by POST", "POST /events/queries/alerts/{alert_id}", "UpdateAlert", "PATCH /events/queries/alerts/{alert_id}"},
		{"delete an alert", "DELETE /events/queries/alerts/{alert_id}", "DeleteAlert", ""},
		{"inbox", "GET /events/queries/alerts/inbox", "Inbox", ""},
		{"mark the inbox", "POST /events/queries/alerts/inbox/read", "MarkRead", ""},
		{"datasets", "GET /events/dataset", "Datasets", ""},
		{"create a dataset", "POST /events/dataset/create", "CreateDataset", ""},
		{"read a dataset", "GET /events/dataset/{dataset_id}", "Dataset", ""},
		{"change a dataset", "PATCH /events/dataset/{dataset_id}", "UpdateDataset", ""},
		{"categories", "GET /events/categories", "Categories", ""},
		{"attackers", "GET /events/attackers", "Attackers", ""},
		{"indicator types", "GET /events/indicator-types", "IndicatorTypes", ""},
		{"indicator types, older", "GET /events/indicatorTypes", "IndicatorTypes", "GET /events/indicator-types"},
		{"target industries", "GET /events/targetIndustries", "TargetIndustries", ""},
		{"countries", "GET /events/countries", "Countries", ""},
		{"tags", "GET /events/tags", "Tags", ""},
		{"create a tag", "POST /events/tags/create", "CreateTag", ""},
		{"capabilities", "GET /capabilities", "Capabilities", ""},
		{"delete one event", "DELETE /events/{event_id}", "Delete", "DELETE /events/datasets/{dataset_id}/events"},
		{"change a dataset by POST", "POST /events/dataset/{dataset_id}", "UpdateDataset", "PATCH /events/dataset/{dataset_id}"},
		{"delete a dataset", "DELETE /events/dataset/{dataset_id}", "DeleteDataset", ""},
		{"category catalogue", "GET /events/categories/catalog", "CategoryCatalog", ""},
		{"create a category", "POST /events/categories/create", "CreateCategory", ""},
		{"read a category", "GET /events/event-categories/by-id/{category_id}", "Category", ""},
		{"read a category, older", "GET /events/categories/{category_id}", "Category", "GET /events/event-categories/by-id/{category_id}"},
		{"change a category", "PATCH /events/event-categories/by-id/{category_id}", "UpdateCategory", ""},
		{"change a category by POST", "POST /events/event-categories/by-id/{category_id}", "UpdateCategory", "PATCH /events/event-categories/by-id/{category_id}"},
		{"change a category, older", "PATCH /events/categories/{category_id}", "UpdateCategory", "PATCH /events/event-categories/by-id/{category_id}"},
		{"change a category by POST, older", "POST /events/categories/{category_id}", "UpdateCategory", "PATCH /events/event-categories/by-id/{category_id}"},
		{"delete a category", "DELETE /events/event-categories/by-id/{category_id}", "DeleteCategory", ""},
		{"delete a category, older", "DELETE /events/categories/{category_id}", "DeleteCategory", "DELETE /events/event-categories/by-id/{category_id}"},
		{"industry catalogue", "GET /events/targetIndustries/catalog", "IndustryCatalog", ""},
		{"industries of a dataset", "GET /events/dataset/{dataset_id}/targetIndustries", "DatasetIndustries", ""},
		{"change a tag", "PATCH /events/tags/{tag_uuid}", "UpdateTag", ""},
		{"delete a tag", "DELETE /events/tags/{tag_uuid}", "DeleteTag", ""},
		{"indicators", "GET /events/indicators", "Indicators", ""},
		{"indicators of a dataset, older", "GET /events/dataset/{dataset_id}/indicators", "Indicators", "GET /events/indicators"},
		{"count indicators", "GET /events/indicators/aggregate", "CountIndicators", ""},
		{"read an indicator", "GET /events/dataset/{dataset_id}/indicators/{indicator_id}", "Indicator", ""},
		{"indicators of a tag", "GET /events/tags/{tag_uuid}/indicators", "TagIndicators", ""},
		{"indicators of a tag, older", "GET /events/dataset/{dataset_id}/tags/{tag_uuid}/indicators", "TagIndicators", "GET /events/tags/{tag_uuid}/indicators"},
		{"tags of a dataset's indicators", "GET /events/dataset/{dataset_id}/indicators/tags", "DatasetTags", ""},
		{"tag categories", "GET /events/tags/categories", "TagCategories", ""},
		{"actors", "GET /events/tags/categories/actors", "Actors", ""},
		{"create a tag category", "POST /events/tags/categories/create", "CreateTagCategory", ""},
		{"read a tag category", "GET /events/tag-categories/{category_uuid}", "TagCategory", ""},
		{"read a tag category, older", "GET /events/tags/categories/{category_uuid}", "TagCategory", "GET /events/tag-categories/{category_uuid}"},
		{"change a tag category", "PATCH /events/tag-categories/{category_uuid}", "UpdateTagCategory", ""},
		{"change a tag category, older", "PATCH /events/tags/categories/{category_uuid}", "UpdateTagCategory", "PATCH /events/tag-categories/{category_uuid}"},
		{"delete a tag category", "DELETE /events/tag-categories/{category_uuid}", "DeleteTagCategory", ""},
		{"delete a tag category, older", "DELETE /events/tags/categories/{category_uuid}", "DeleteTagCategory", "DELETE /events/tag-categories/{category_uuid}"},
		{"explain a filter", "POST /events/explain", "Explain", ""},
		{"filters by pointing", "POST /events/pointed", "Pointed", ""},
		{"look indicators up", "POST /events/indicators/lookup", "LookupIndicators", ""},
	}
}

// TestClientHasEveryOperation holds the contract row by row against the
// server's routes and against the client's methods, whose doc comments name
// the operation they carry out.
func TestClientHasEveryOperation(t *testing.T) {
	docs := clientDocs(t)
	served := map[string]bool{}
	for _, rt := range (&server{}).routes() {
		served[rt.method+" "+rt.pattern] = true
	}
	listed := map[string]bool{}
	for _, row := range contract() {
		listed[row.method] = true
		doc, ok := docs[row.client]
		named := row.method
		if row.older != "" {
			named = row.older
			if !strings.Contains(doc, "the path it replaces") && !strings.Contains(doc, "the older path") && !strings.HasPrefix(row.method, "POST") {
				t.Errorf("%s: the doc comment of %s says nothing of an older path", row.operation, row.client)
			}
		}
		verb, path, _ := strings.Cut(named, " ")
		switch {
		case !served[row.method]:
			t.Errorf("%s: the server has no %s", row.operation, row.method)
		case !ok:
			t.Errorf("%s: the client has no method %s", row.operation, row.client)
		case !slices.ContainsFunc([]string{")", ",", "."}, func(end string) bool { return strings.Contains(doc, verb+" "+path+end) }):
			t.Errorf("%s: the doc comment of %s doesn't name %s", row.operation, row.client, named)
		}
	}
	for method := range served {
		if !listed[method] {
			t.Errorf("%s is not in this list of the contract", method)
		}
	}
}

// clientDocs are the doc comments of the client's methods, on one line each.
func clientDocs(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../client/*.go")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files of the client: %v", len(files), err)
	}
	docs := map[string]string{}
	for _, name := range files {
		f, err := parser.ParseFile(gotoken.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv != nil && fn.Name.IsExported() {
				docs[fn.Name.Name] = strings.Join(strings.Fields(fn.Doc.Text()), " ")
			}
		}
	}
	return docs
}
