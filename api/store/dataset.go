package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"threatbench/api"
)

// Datasets lists the account's datasets, the default one among them. Those that
// were deleted are left out.
func (d *DB) Datasets(ctx context.Context, account string) ([]api.Dataset, error) {
	v, err := d.readTx(ctx)
	if err != nil {
		return nil, err
	}
	defer v.close()
	sc, err := v.scope(ctx, account, nil)
	if err != nil {
		return nil, err
	}
	out := make([]api.Dataset, len(sc.all))
	for i, ds := range sc.all {
		out[i] = ds.Dataset
	}
	return out, nil
}

// DeletedDatasets lists those that were deleted, by number.
func (d *DB) DeletedDatasets(ctx context.Context, account string) ([]api.Dataset, error) {
	out := []api.Dataset{}
	err := d.readMeta(ctx, account, func(s *session, number int64) error {
		all, err := s.datasetsOf(ctx, number, account)
		for _, ds := range all {
			if ds.DeletedAt != nil && limitOf(ctx).holds(&ds) {
				out = append(out, ds.Dataset)
			}
		}
		return err
	})
	return out, err
}

// Dataset reads one dataset by its UUID; a 404 *api.Error where there is none.
func (d *DB) Dataset(ctx context.Context, account, id string) (api.Dataset, error) {
	v, err := d.readTx(ctx)
	if err != nil {
		return api.Dataset{}, err
	}
	defer v.close()
	sc, err := v.scope(ctx, account, nil)
	if err != nil {
		return api.Dataset{}, err
	}
	ds, err := findDataset(sc.all, id)
	return ds.Dataset, err
}

// CreateDataset makes a dataset with a new UUID, or the one given. Its name
// must be new in the account: a 409 *api.Error otherwise.
func (d *DB) CreateDataset(ctx context.Context, who Actor, account string, ds api.Dataset) (api.Dataset, error) {
	if err := checkDataset(&ds); err != nil {
		return ds, err
	}
	err := d.write(ctx, who, account, func(c *writeTx) error {
		if ds.UUID == "" {
			u, err := newUUID()
			if err != nil {
				return err
			}
			ds.UUID = uuidText(u[:])
		}
		if err := c.freeName(ds); err != nil {
			return err
		}
		taken, err := c.hasDataset(ds.UUID)
		if err != nil {
			return err
		}
		if taken {
			return api.Errorf(http.StatusConflict, "uuid: a dataset %q exists already", ds.UUID)
		}
		id, err := c.insertDataset(ds)
		if err != nil {
			return err
		}
		_, err = c.journal(id, "create dataset", 1, nil)
		return err
	})
	return ds, err
}

// UpdateDataset changes the name, publicity and write mode of a dataset.
func (d *DB) UpdateDataset(ctx context.Context, who Actor, account string, ds api.Dataset) (api.Dataset, error) {
	if ds.UUID == "" {
		return ds, api.Errorf(http.StatusBadRequest, "uuid: required")
	}
	if err := checkDataset(&ds); err != nil {
		return ds, err
	}
	err := d.write(ctx, who, account, func(c *writeTx) error {
		old, err := findDataset(c.datasets, ds.UUID)
		if err != nil {
			return err
		}
		if err := c.freeName(ds); err != nil {
			return err
		}
		ds.IsAnalytics, ds.DeletedAt = old.IsAnalytics, old.DeletedAt
		before, err := json.Marshal(old.Dataset)
		if err != nil {
			return fmt.Errorf("noting the dataset: %w", err)
		}
		if _, err := c.s.exec(c.ctx, "UPDATE dataset SET name = ?, public = ?, write_mode = ? WHERE id = ?", ds.Name, ds.IsPublic, ds.IndicatorWriteMode, old.id); err != nil {
			return fmt.Errorf("changing the dataset: %w", err)
		}
		_, err = c.journal(old.id, "update dataset", 1, before)
		return err
	})
	return ds, err
}

// DeleteDataset takes a dataset away with its events: they are out of every
// list, count, graph and catalogue from then on, and a 404 by their ids. The
// rows stay, and its name and the UUIDs of its events may be used again. The
// default dataset is a 409 *api.Error.
func (d *DB) DeleteDataset(ctx context.Context, who Actor, account, id string) (api.Dataset, error) {
	var out api.Dataset
	err := d.write(ctx, who, account, func(c *writeTx) error {
		ds, err := findDataset(c.datasets, id)
		if err != nil {
			return err
		}
		if ds.UUID == defaultDataset(account).UUID {
			return api.Errorf(http.StatusConflict, "datasetId: the default dataset can't be deleted, got %q", ds.UUID)
		}
		before, err := json.Marshal(ds.Dataset)
		if err != nil {
			return fmt.Errorf("noting the dataset: %w", err)
		}
		if _, err := c.s.exec(c.ctx, "UPDATE dataset SET deleted = ? WHERE id = ?", c.now, ds.id); err != nil {
			return fmt.Errorf("deleting the dataset: %w", err)
		}
		at := timeOf(c.now)
		out, out.DeletedAt = ds.Dataset, &at
		_, err = c.journal(ds.id, "delete dataset", 1, before)
		return err
	})
	return out, err
}

// hasDataset tells whether a dataset of the account has a UUID, be it deleted
// or outside of the caller's limit.
func (c *writeTx) hasDataset(id string) (bool, error) {
	n := 0
	err := c.s.queryRow(c.ctx, "SELECT count(*) FROM dataset WHERE account = ? AND uuid = ?", c.account, id).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("looking for a dataset: %w", err)
	}
	return n > 0, nil
}

func checkDataset(ds *api.Dataset) error {
	ds.Name = strings.TrimSpace(ds.Name)
	if ds.Name == "" {
		return api.Errorf(http.StatusBadRequest, "name: required")
	}
	if err := checkText("name", &ds.Name, maxShort); err != nil {
		return api.Errorf(http.StatusBadRequest, "%s", err.Error())
	}
	if ds.UUID != "" {
		u, err := uuid.Parse(ds.UUID)
		if err != nil {
			return api.Errorf(http.StatusBadRequest, "uuid: want a UUID, got %q", short(ds.UUID))
		}
		ds.UUID = u.String()
	}
	switch ds.IndicatorWriteMode {
	case "":
		ds.IndicatorWriteMode = "full"
	case "read_only", "create_only", "full":
	default:
		return api.Errorf(http.StatusBadRequest, "indicatorWriteMode: want read_only, create_only or full, got %q", short(ds.IndicatorWriteMode))
	}
	return nil
}

// freeName refuses a name that another dataset of the account has.
func (c *writeTx) freeName(ds api.Dataset) error {
	for _, other := range c.datasets {
		if other.UUID != ds.UUID && api.Fold(other.Name) == api.Fold(ds.Name) {
			return api.Errorf(http.StatusConflict, "name: a dataset %q exists already", short(ds.Name))
		}
	}
	return nil
}

// Accounts lists the accounts that something was ever written to.
func (d *DB) Accounts(ctx context.Context) ([]string, error) {
	var out []string
	err := d.lend(ctx, func(s *session) error {
		return s.each(ctx, "SELECT name FROM account ORDER BY 1", nil, func(r *sql.Rows) error {
			var name string
			err := r.Scan(&name)
			out = append(out, name)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("listing the accounts: %w", err)
	}
	return out, nil
}
