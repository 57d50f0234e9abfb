package charts

import (
	"strings"

	"threatbench/api"
	"threatbench/api/query"
	"threatbench/views"
)

// namer writes the values of columns for people.
type namer struct {
	datasets map[string]string // names by id
}

// label is a value as it is drawn.
func (n namer) label(col, value string) string {
	switch {
	case col == "hasChildren" && value == "true":
		return "with children"
	case col == "hasChildren" && value != "":
		return "without children"
	case col == "datasetId" && n.datasets[value] != "":
		return n.datasets[value]
	}
	return views.ColumnValue(col, value)
}

// separator stands between values of which any will do. It is in no value, for
// what the client hands on has no control characters.
const separator = "\x00"

// narrow is a filter, and datasets, with one more condition; why says why that
// can't be.
func narrow(text string, datasets []string, col, value string, exclude bool) (filter string, in []string, why string) {
	switch {
	case value == "":
		return query.And(text, query.HasValue(api.Field(col), "", exclude)), datasets, ""
	case col == "datasetId" && exclude:
		return text, datasets, "the API can't leave a dataset out"
	case col == "datasetId":
		return text, []string{value}, ""
	}
	op := api.OpEquals
	if exclude {
		op = api.OpNot
	}
	values := strings.Split(value, separator)
	if len(values) > 1 && exclude {
		return text, datasets, "leave them out one by one"
	}
	if len(values) > 1 {
		op = api.OpIn
	}
	return query.And(text, api.Condition{Field: api.Field(col), Op: op, Values: values}), datasets, ""
}
