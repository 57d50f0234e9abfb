package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

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
	if len(datasets) == 0 && s.v.limit.ofRole() == nil {
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
