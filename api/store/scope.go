package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"threatbench/api"
)

// datasetRow is a dataset with its number.
type datasetRow struct {
	id      uint32 // 0: not in the database yet
	created int64
	api.Dataset
}

// accountID is the number of an account, 0 for one that never wrote.
func (s *session) accountID(ctx context.Context, name string) (int64, error) {
	var id int64
	err := s.queryRow(ctx, "SELECT id FROM account WHERE name = ?", name).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reading the account: %w", err)
	}
	return id, nil
}

// defaultDataset is the one every account has. Its UUID follows from the
// account's name, so that it is the same before and after the first write.
func defaultDataset(account string) datasetRow {
	space := uuid.MustParse("5d9e2a0c-5f5e-4c1b-9a36-1f0f6a3f9c11")
	return datasetRow{Dataset: api.Dataset{
		UUID:               uuid.NewSHA1(space, []byte(account)).String(),
		Name:               api.DefaultDataset,
		IndicatorWriteMode: "full",
	}}
}

// datasetsOf lists an account's datasets by number; the default one is always
// among them.
func (s *session) datasetsOf(ctx context.Context, account int64, name string) ([]datasetRow, error) {
	def := defaultDataset(name)
	found := false
	var out []datasetRow
	err := s.each(ctx, "SELECT id, uuid, name, public, analytics, write_mode, created, deleted FROM dataset WHERE account = ? ORDER BY id",
		[]any{account}, func(r *sql.Rows) error {
			var d datasetRow
			var deleted sql.NullInt64
			if err := r.Scan(&d.id, &d.UUID, &d.Name, &d.IsPublic, &d.IsAnalytics, &d.IndicatorWriteMode, &d.created, &deleted); err != nil {
				return err
			}
			if deleted.Valid {
				t := timeOf(deleted.Int64)
				d.DeletedAt = &t
			}
			found = found || d.UUID == def.UUID
			out = append(out, d)
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("reading the datasets: %w", err)
	}
	if !found {
		out = slices.Insert(out, 0, def)
	}
	return out, nil
}

// scope is what an account's query may see.
type scope struct {
	account  int64
	name     string
	all      []datasetRow
	datasets map[uint32]bool // the numbers asked for
}

// scope resolves the datasets of a query; none means the default one.
func (v *readTx) scope(ctx context.Context, account string, datasets []string) (scope, error) {
	sc := scope{name: account, datasets: map[uint32]bool{}}
	var err error
	if sc.account, err = v.s.accountID(ctx, account); err != nil {
		return sc, err
	}
	if sc.all, err = v.s.datasetsOf(ctx, sc.account, account); err != nil {
		return sc, err
	}
	sc.all = v.within(sc.all)
	if len(datasets) == 0 {
		datasets = []string{defaultDataset(account).UUID}
		if !slices.ContainsFunc(sc.all, func(d datasetRow) bool { return d.UUID == datasets[0] }) {
			return sc, nil // outside the caller's limit: as if it were empty
		}
	}
	if len(datasets) == 1 && api.IsScope(datasets[0]) {
		for _, d := range sc.all {
			if inScope(datasets[0], d.IsAnalytics) {
				sc.datasets[d.id] = true
			}
		}
		return sc, nil
	}
	for _, want := range datasets {
		d, err := findDataset(sc.all, want)
		if err != nil {
			return sc, err
		}
		sc.datasets[d.id] = true
	}
	return sc, nil
}

func inScope(scope string, analytics bool) bool {
	switch scope {
	case api.ScopeOperational:
		return !analytics
	case api.ScopeAnalytics:
		return analytics
	}
	return true
}

func findDataset(all []datasetRow, id string) (datasetRow, error) {
	for _, d := range all {
		if d.UUID == api.Fold(id) {
			return d, nil
		}
	}
	return datasetRow{}, api.Errorf(http.StatusNotFound, "datasetId: no dataset %q", short(id))
}

// short cuts what a caller sent, for a message.
func short(s string) string {
	const most = 60
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

// uuidOf names a dataset number.
func (sc scope) uuidOf(id uint32) string {
	for _, d := range sc.all {
		if d.id == id {
			return d.UUID
		}
	}
	return ""
}
