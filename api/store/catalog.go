package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"threatbench/api"
)

// categories resolves the categories of a batch.
type categories struct {
	c     *writeTx
	known map[string]api.Category
}

func newCategories(c *writeTx) *categories {
	return &categories{c: c, known: map[string]api.Category{}}
}

// of is the category of a new event, with what the event itself says in place
// of the category's. A new category takes over what its first event says.
func (t *categories) of(in *api.CreateEvent) (api.Category, error) {
	cat, known := t.known[in.Category]
	if !known {
		var err error
		if cat, err = t.load(in); err != nil {
			return cat, err
		}
		t.known[in.Category] = cat
	}
	if in.KillChain != nil {
		cat.KillChain = *in.KillChain
	}
	if in.MitreAttack != nil {
		cat.MitreAttack = in.MitreAttack
	}
	if in.MitreCapec != nil {
		cat.MitreCapec = in.MitreCapec
	}
	return cat, nil
}

func (t *categories) load(in *api.CreateEvent) (api.Category, error) {
	cat, found, err := t.c.s.category(t.c.ctx, t.c.account, in.Category)
	if err != nil || found {
		return cat, err
	}
	cat = api.Category{Name: in.Category, MitreAttack: in.MitreAttack, MitreCapec: in.MitreCapec}
	if in.KillChain != nil {
		cat.KillChain = *in.KillChain
	}
	return t.c.putCategory(cat)
}

// category finds a category by its name, in any case.
func (s *session) category(ctx context.Context, account int64, name string) (cat api.Category, found bool, err error) {
	err = s.each(ctx, "SELECT name, uuid, kill_chain, mitre_attack, mitre_capec, shortname FROM category WHERE account = ? AND fold = ?",
		[]any{account, api.Fold(name)}, func(r *sql.Rows) error {
			found = true
			cat, err = scanCategory(r)
			return err
		})
	if err != nil {
		return cat, false, fmt.Errorf("reading category %q: %w", short(name), err)
	}
	return cat, found, nil
}

func scanCategory(r *sql.Rows) (api.Category, error) {
	var c api.Category
	var attack, capec string
	if err := r.Scan(&c.Name, &c.UUID, &c.KillChain, &attack, &capec, &c.Shortname); err != nil {
		return c, err
	}
	return c, errors.Join(json.Unmarshal([]byte(attack), &c.MitreAttack), json.Unmarshal([]byte(capec), &c.MitreCapec))
}

// putCategory writes a category over the one of its name.
func (c *writeTx) putCategory(cat api.Category) (api.Category, error) {
	if cat.UUID == "" {
		u, err := newUUID()
		if err != nil {
			return cat, err
		}
		cat.UUID = uuidText(u[:])
	}
	attack, err := json.Marshal(cat.MitreAttack)
	if err != nil {
		return cat, fmt.Errorf("writing category %q: %w", short(cat.Name), err)
	}
	capec, err := json.Marshal(cat.MitreCapec)
	if err != nil {
		return cat, fmt.Errorf("writing category %q: %w", short(cat.Name), err)
	}
	_, err = c.s.exec(c.ctx, `INSERT INTO category (account, fold, name, uuid, kill_chain, mitre_attack, mitre_capec, shortname)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (account, fold) DO UPDATE SET name = excluded.name, kill_chain = excluded.kill_chain,
		mitre_attack = excluded.mitre_attack, mitre_capec = excluded.mitre_capec, shortname = excluded.shortname`,
		c.account, api.Fold(cat.Name), cat.Name, cat.UUID, cat.KillChain, string(attack), string(capec), cat.Shortname)
	if err != nil {
		return cat, fmt.Errorf("writing category %q: %w", short(cat.Name), err)
	}
	return cat, nil
}

// SaveCategory creates a category, or changes the one of the same name. Events
// created from then on take its kill chain and MITRE lists.
func (d *DB) SaveCategory(ctx context.Context, who Actor, account string, cat api.Category) (api.Category, error) {
	if strings.TrimSpace(cat.Name) == "" {
		return cat, api.Errorf(http.StatusBadRequest, "name: required")
	}
	if cat.KillChain < 0 || cat.KillChain > maxKillChain {
		return cat, api.Errorf(http.StatusBadRequest, "killChain: want 0..%d, got %d", maxKillChain, cat.KillChain)
	}
	if err := checkText("name", &cat.Name, maxShort); err != nil {
		return cat, api.Errorf(http.StatusBadRequest, "%s", err.Error())
	}
	err := d.write(ctx, who, account, func(c *writeTx) error {
		old, found, err := c.s.category(c.ctx, c.account, cat.Name)
		if err != nil {
			return err
		}
		if found {
			cat.UUID = old.UUID
		}
		cat, err = c.putCategory(cat)
		return err
	})
	return cat, err
}

// Categories lists the account's categories by name; with datasets named, only
// those that occur in them.
func (d *DB) Categories(ctx context.Context, account string, datasets []string) ([]api.Category, error) {
	s, err := d.Select(ctx, account, api.ListQuery{Datasets: orAll(datasets)})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	out := []api.Category{}
	err = s.v.s.each(ctx, "SELECT name, uuid, kill_chain, mitre_attack, mitre_capec, shortname FROM category WHERE account = ? ORDER BY fold",
		[]any{s.scope.account}, func(r *sql.Rows) error {
			c, err := scanCategory(r)
			out = append(out, c)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("reading the categories: %w", err)
	}
	if len(datasets) == 0 && s.v.limit.none() {
		return out, nil
	}
	occur, err := s.occurring(ctx, "category")
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(out, func(c api.Category) bool { return !occur[api.Fold(c.Name)] }), nil
}

func orAll(datasets []string) []string {
	if len(datasets) == 0 {
		return []string{api.ScopeAll}
	}
	return datasets
}

// occurring is the folded values of a column in the selection.
func (s *Selection) occurring(ctx context.Context, column string) (map[string]bool, error) {
	g, err := s.GroupBy(ctx, GroupQuery{Columns: []string{column}})
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, row := range g.Rows {
		if row.Keys[0] != nil {
			out[api.Fold(*row.Keys[0])] = true
		}
	}
	return out, nil
}

// names lists the values of a column, in order without case.
func (d *DB) names(ctx context.Context, account string, datasets []string, column string) ([]string, error) {
	s, err := d.Select(ctx, account, api.ListQuery{Datasets: orAll(datasets)})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	g, err := s.GroupBy(ctx, GroupQuery{Columns: []string{column}, ByKey: true, Asc: true})
	if err != nil {
		return nil, err
	}
	out := []string{}
	for _, row := range g.Rows {
		if row.Keys[0] != nil {
			out = append(out, *row.Keys[0])
		}
	}
	return out, nil
}

// Attackers lists the attackers that occur in the datasets, all of the
// account's where none is named.
func (d *DB) Attackers(ctx context.Context, account string, datasets []string) ([]string, error) {
	return d.names(ctx, account, datasets, "attacker")
}

// IndicatorTypes lists the types of indicators that occur.
func (d *DB) IndicatorTypes(ctx context.Context, account string, datasets []string) ([]string, error) {
	return d.names(ctx, account, datasets, "indicatorType")
}

// TargetIndustries lists the industries that occur.
func (d *DB) TargetIndustries(ctx context.Context, account string, datasets []string) ([]string, error) {
	return d.names(ctx, account, datasets, "targetIndustry")
}

// tag makes a tag where the account has none of that value, in any case.
func (c *writeTx) tag(value string) (made bool, err error) {
	u, err := newUUID()
	if err != nil {
		return false, err
	}
	res, err := c.s.exec(c.ctx, "INSERT INTO tag (account, fold, value, uuid) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
		c.account, api.Fold(value), value, uuidText(u[:]))
	if err != nil {
		return false, fmt.Errorf("making tag %q: %w", short(value), err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("making tag %q: %w", short(value), err)
	}
	return n > 0, nil
}

// CreateTag makes a tag, or finds the one of that value in any case.
func (d *DB) CreateTag(ctx context.Context, who Actor, account, value string) (api.Tag, error) {
	value = strings.TrimSpace(value)
	if value == "" {
		return api.Tag{}, api.Errorf(http.StatusBadRequest, "value: required")
	}
	if err := checkText("value", &value, maxShort); err != nil {
		return api.Tag{}, api.Errorf(http.StatusBadRequest, "%s", err.Error())
	}
	var out api.Tag
	err := d.write(ctx, who, account, func(c *writeTx) error {
		if _, err := c.tag(value); err != nil {
			return err
		}
		return c.s.queryRow(c.ctx, "SELECT value, uuid FROM tag WHERE account = ? AND fold = ?", c.account, api.Fold(value)).
			Scan(&out.Value, &out.UUID)
	})
	return out, err
}

// Tags lists the account's tags by value; with datasets named, only those that
// occur in them.
func (d *DB) Tags(ctx context.Context, account string, datasets []string) ([]api.Tag, error) {
	s, err := d.Select(ctx, account, api.ListQuery{Datasets: orAll(datasets)})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	out := []api.Tag{}
	err = s.v.s.each(ctx, "SELECT value, uuid FROM tag WHERE account = ? ORDER BY fold", []any{s.scope.account}, func(r *sql.Rows) error {
		var t api.Tag
		err := r.Scan(&t.Value, &t.UUID)
		out = append(out, t)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the tags: %w", err)
	}
	if len(datasets) == 0 && s.v.limit.none() {
		return out, nil
	}
	occur, err := s.occurring(ctx, "tags")
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(out, func(t api.Tag) bool { return !occur[api.Fold(t.Value)] }), nil
}

// Datasets lists the account's datasets, the default one among them.
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
		if _, err := findDataset(c.datasets, ds.UUID); err == nil {
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
