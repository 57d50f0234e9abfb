package async

import (
	"context"
	"encoding/json"
	"fmt"

	"threatbench/api"
)

// What a client may be able to do beside API. Each is asked for where it is
// needed; a client without it answers api.ErrUnsupported, as a server does
// that lacks the feature.

// Grapher reads what is around events.
type Grapher interface {
	Graph(ctx context.Context, q api.GraphQuery) (api.Graph, error)
	Related(ctx context.Context, id string, q api.RelatedQuery) (api.Page, error)
}

// Counter counts beyond Summary.
type Counter interface {
	Aggregate(ctx context.Context, q api.AggregateQuery) (api.AggregateResult, error)
	Query(ctx context.Context, query string, vars map[string]any) (json.RawMessage, error)
}

// Historian reads the journal of changes.
type Historian interface {
	History(ctx context.Context, q api.HistoryQuery) (api.History, error)
	RevertPreview(ctx context.Context, dataset string, r api.Revert) (api.RevertPreview, error)
}

// Saver keeps queries and alerts.
type Saver interface {
	SavedQueries(ctx context.Context) ([]api.SavedQuery, error)
	SavedQuery(ctx context.Context, id int64) (api.SavedQuery, error)
	CreateSavedQuery(ctx context.Context, in api.NewSavedQuery) (api.SavedQuery, error)
	UpdateSavedQuery(ctx context.Context, id int64, p api.SavedQueryPatch) (api.SavedQuery, error)
	DeleteSavedQuery(ctx context.Context, id int64) error
	Alerts(ctx context.Context) ([]api.Alert, error)
	Alert(ctx context.Context, id int64) (api.Alert, error)
	CreateAlert(ctx context.Context, in api.NewAlert) (api.Alert, error)
	UpdateAlert(ctx context.Context, id int64, p api.AlertPatch) (api.Alert, error)
	DeleteAlert(ctx context.Context, id int64) error
	Inbox(ctx context.Context, q api.InboxQuery) (api.Inbox, error)
	MarkRead(ctx context.Context, ids []int64, read bool) error
}

// Discoverer tells what a server understands beyond the contract, and looks up
// indicators where that is announced.
type Discoverer interface {
	Capabilities(ctx context.Context) (api.Capabilities, error)
	LookupIndicators(ctx context.Context, q api.LookupRequest) ([]api.Lookup, error)
}

// Rehearser tells what an alert would have done.
type Rehearser interface {
	TestAlert(ctx context.Context, query int64, days int) (api.AlertTest, error)
}

// Changer changes events and datasets.
type Changer interface {
	Create(ctx context.Context, in api.CreateEvent) (api.Event, error)
	Update(ctx context.Context, dataset, id string, p api.EventPatch) (api.Event, error)
	UpdateMany(ctx context.Context, dataset string, ids []string, p api.EventPatch) (api.UpdateResult, error)
	Delete(ctx context.Context, dataset string, ids []string) (int, error)
	Move(ctx context.Context, from, to string, ids []string, keepRaw bool) (api.MoveResult, error)
	Copy(ctx context.Context, from, to string, ids []string, keepRaw bool) (api.CopyResult, error)
	Revert(ctx context.Context, dataset string, r api.Revert) (api.RevertResult, error)
	AddTags(ctx context.Context, id string, tags []string) error
	RemoveTags(ctx context.Context, id string, tags []string) error
	AddReferences(ctx context.Context, id string, others []string) error
	RemoveReferences(ctx context.Context, id string, others []string) error
	RawByID(ctx context.Context, event, raw string) (api.Raw, error)
	UpdateRaw(ctx context.Context, event, raw string, p api.RawPatch) (api.Raw, error)
	Relate(ctx context.Context, in api.RelateEvents) (api.RelateResult, error)
	Unrelate(ctx context.Context, in api.RelateEvents) (api.UnrelateResult, error)
	CreateDataset(ctx context.Context, name string, public bool) (api.Dataset, error)
	UpdateDataset(ctx context.Context, id string, p api.DatasetPatch) (api.Dataset, error)
	Dataset(ctx context.Context, id string) (api.Dataset, error)
}

// Conditional changes what is still as the caller knows it: holds is asked about
// the thing as it is, right before the change, and its error is answered with
// nothing sent. checked tells whether the server saw to it that nothing came in
// between; else a change in the one call between goes unseen. UpdateManyIf
// leaves the events as they are that don't have the values known of them, by
// their UUIDs, and gives them back among the failures; where it isn't checked
// nothing is compared.
type Conditional interface {
	UpdateIf(ctx context.Context, dataset, id string, p api.EventPatch, holds func(now api.Event) error) (checked bool, err error)
	UpdateManyIf(ctx context.Context, dataset string, ids []string, p api.EventPatch, known map[string]api.EventPatch) (res api.UpdateResult, checked bool, err error)
	UpdateRawIf(ctx context.Context, event, raw string, p api.RawPatch, holds func(now api.Raw) error) (checked bool, err error)
	UpdateSavedQueryIf(ctx context.Context, id int64, p api.SavedQueryPatch, holds func(now api.SavedQuery) error) (checked bool, err error)
	UpdateAlertIf(ctx context.Context, id int64, p api.AlertPatch, holds func(now api.Alert) error) (checked bool, err error)
}

// Client is a client with every ability.
type Client interface {
	API
	Conditional
	Grapher
	Counter
	Historian
	Saver
	Rehearser
	Changer
	Grouper
}

// able is the client as one that has an ability, or why it hasn't.
func able[A any](a API, what string) (A, error) {
	if has, can := a.(A); can {
		return has, nil
	}
	var none A
	return none, fmt.Errorf("%s: %w", what, api.ErrUnsupported)
}

// through asks a client that has an ability.
func through[A, V any](a API, what string, ask func(A) (V, error)) (V, error) {
	has, err := able[A](a, what)
	if err != nil {
		var none V
		return none, err
	}
	return ask(has)
}
