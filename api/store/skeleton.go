package store

import (
	"context"
	"errors"

	"threatbench/api"
)

var errSoon = errors.New("not written yet")

// DB is an open database.
type DB struct{}

// Open opens or creates the database at path.
func Open(ctx context.Context, path string, o Options) (*DB, error) { return &DB{}, errSoon }

// Close ends all work on the database.
func (d *DB) Close() error { return errSoon }

// List answers a page of events. Order ties go by uuid in the same direction.
func (d *DB) List(ctx context.Context, account string, q api.ListQuery) (api.Page, error) {
	return api.Page{}, errSoon
}

// Event reads one event; dataset "" means anywhere in the account.
func (d *DB) Event(ctx context.Context, account, dataset, id string) (api.Event, error) {
	return api.Event{}, errSoon
}

// Create makes the events of b, reporting refused ones by index.
func (d *DB) Create(ctx context.Context, who Actor, account string, b api.BulkCreate) (api.BulkResult, error) {
	return api.BulkResult{}, errSoon
}

// Aggregate counts whole datasets by columns.
func (d *DB) Aggregate(ctx context.Context, account string, q api.AggregateQuery) (api.AggregateResult, error) {
	return api.AggregateResult{}, errSoon
}

// Select evaluates a filter once, on one snapshot; the caller closes it.
func (d *DB) Select(ctx context.Context, account string, q api.ListQuery) (*Selection, error) {
	return nil, errSoon
}

// Selection is the events that match a filter, as they were at one moment.
type Selection struct{}

// Total is the number of events selected.
func (s *Selection) Total() int { return 0 }

// GroupBy counts the selection by columns, by time, or both.
func (s *Selection) GroupBy(ctx context.Context, g GroupQuery) (Groups, error) {
	return Groups{}, errSoon
}

// Timeline counts the selection over time; b "" picks the smallest bucket of
// which at most maxBuckets span the selection.
func (s *Selection) Timeline(ctx context.Context, maxBuckets int, b api.Bucket) (api.Timeline, error) {
	return api.Timeline{}, errSoon
}

// Close lets go of the snapshot.
func (s *Selection) Close() {}

// Raw reads the record an event was made from.
func (d *DB) Raw(ctx context.Context, account, dataset, event string) (api.Raw, error) {
	return api.Raw{}, errSoon
}

// RawByID reads a raw record by event and raw id.
func (d *DB) RawByID(ctx context.Context, account, event, rawID string) (api.Raw, error) {
	return api.Raw{}, errSoon
}

// Datasets lists the account's datasets.
func (d *DB) Datasets(ctx context.Context, account string) ([]api.Dataset, error) {
	return nil, errSoon
}

// Dataset reads one dataset by its UUID.
func (d *DB) Dataset(ctx context.Context, account, id string) (api.Dataset, error) {
	return api.Dataset{}, errSoon
}

// CreateDataset makes a dataset; its UUID is new unless one is given.
func (d *DB) CreateDataset(ctx context.Context, who Actor, account string, ds api.Dataset) (api.Dataset, error) {
	return api.Dataset{}, errSoon
}

// UpdateDataset changes the dataset of the given UUID.
func (d *DB) UpdateDataset(ctx context.Context, who Actor, account string, ds api.Dataset) (api.Dataset, error) {
	return api.Dataset{}, errSoon
}

// Categories lists the account's categories.
func (d *DB) Categories(ctx context.Context, account string, datasets []string) ([]api.Category, error) {
	return nil, errSoon
}

// SaveCategory creates or changes a category by its name.
func (d *DB) SaveCategory(ctx context.Context, who Actor, account string, c api.Category) (api.Category, error) {
	return api.Category{}, errSoon
}

// Attackers lists the attackers that occur.
func (d *DB) Attackers(ctx context.Context, account string, datasets []string) ([]string, error) {
	return nil, errSoon
}

// IndicatorTypes lists the indicator types that occur.
func (d *DB) IndicatorTypes(ctx context.Context, account string, datasets []string) ([]string, error) {
	return nil, errSoon
}

// TargetIndustries lists the target industries that occur.
func (d *DB) TargetIndustries(ctx context.Context, account string, datasets []string) ([]string, error) {
	return nil, errSoon
}

// Tags lists the account's tags.
func (d *DB) Tags(ctx context.Context, account string, datasets []string) ([]api.Tag, error) {
	return nil, errSoon
}

// CreateTag makes a tag, or finds the one of that value.
func (d *DB) CreateTag(ctx context.Context, who Actor, account, value string) (api.Tag, error) {
	return api.Tag{}, errSoon
}

// Relate hangs children under parents; edges that exist already are not
// counted and no error.
func (d *DB) Relate(ctx context.Context, who Actor, account string, edges []Edge) (related int, errs []EdgeError, err error) {
	return 0, nil, errSoon
}
