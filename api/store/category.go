package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"threatbench/api"
)

// Category reads a category by its UUID; a 404 *api.Error where there is none,
// and under a limit where no event within it has the category.
func (d *DB) Category(ctx context.Context, account, id string) (api.Category, error) {
	list, err := d.Categories(ctx, account, nil)
	if err != nil {
		return api.Category{}, err
	}
	at := slices.IndexFunc(list, func(c api.Category) bool { return c.UUID == api.Fold(id) })
	if at < 0 {
		return api.Category{}, noCategory(id)
	}
	return list[at], nil
}

func noCategory(id string) error {
	return api.Errorf(http.StatusNotFound, "category_id: no category %q", short(id))
}

// CreateCategory makes a category. Events that are created with its name take
// its kill chain stage and MITRE lists. A name that is taken, case aside, is a
// 409 *api.Error.
func (d *DB) CreateCategory(ctx context.Context, who Actor, account string, cat api.Category) (api.Category, error) {
	if err := checkCategory(&cat); err != nil {
		return cat, err
	}
	cat.UUID = ""
	err := d.write(ctx, who, account, func(c *writeTx) error {
		_, found, err := c.s.category(c.ctx, c.account, cat.Name)
		if err != nil {
			return err
		}
		if found {
			return categoryTaken(cat.Name)
		}
		if cat, err = c.putCategory(cat); err != nil {
			return err
		}
		return c.journalRecord("create category", nil)
	})
	return cat, err
}

func categoryTaken(name string) error {
	return api.Errorf(http.StatusConflict, "name: a category %q exists already", short(name))
}

// UpdateCategory changes a category for the events that are given it from then
// on; those that have it keep what they have.
func (d *DB) UpdateCategory(ctx context.Context, who Actor, account, id string, p api.CategoryPatch) (api.Category, error) {
	var cat api.Category
	err := d.write(ctx, who, account, func(c *writeTx) error {
		old, err := c.categoryByUUID(id)
		if err != nil {
			return err
		}
		cat = old
		p.Apply(&cat)
		if err := checkCategory(&cat); err != nil {
			return err
		}
		other, found, err := c.s.category(c.ctx, c.account, cat.Name)
		if err != nil {
			return err
		}
		if found && other.UUID != cat.UUID {
			return categoryTaken(cat.Name)
		}
		if err := c.dropCategory(cat.UUID); err != nil {
			return err
		}
		if cat, err = c.putCategory(cat); err != nil {
			return err
		}
		return c.journalRecord("update category", old)
	})
	return cat, err
}

// DeleteCategory takes a category out of the catalogue. Events keep its name,
// and the next one that is created with it makes it anew.
func (d *DB) DeleteCategory(ctx context.Context, who Actor, account, id string) error {
	return d.write(ctx, who, account, func(c *writeTx) error {
		old, err := c.categoryByUUID(id)
		if err != nil {
			return err
		}
		if err := c.dropCategory(old.UUID); err != nil {
			return err
		}
		return c.journalRecord("delete category", old)
	})
}

func (c *writeTx) categoryByUUID(id string) (cat api.Category, err error) {
	err = c.s.each(c.ctx, "SELECT name, uuid, kill_chain, mitre_attack, mitre_capec, shortname FROM category WHERE account = ? AND uuid = ?",
		[]any{c.account, api.Fold(id)}, func(r *sql.Rows) error {
			cat, err = scanCategory(r)
			return err
		})
	if err != nil {
		return cat, fmt.Errorf("reading a category: %w", err)
	}
	if cat.UUID == "" {
		return cat, noCategory(id)
	}
	return cat, nil
}

func (c *writeTx) dropCategory(id string) error {
	if _, err := c.s.exec(c.ctx, "DELETE FROM category WHERE account = ? AND uuid = ?", c.account, id); err != nil {
		return fmt.Errorf("deleting a category: %w", err)
	}
	return nil
}

// journalRecord notes a change of what is kept beside the events and belongs to
// no dataset; before is what was there, nil for nothing.
func (c *writeTx) journalRecord(op string, before any) error {
	var b []byte
	if before != nil {
		var err error
		if b, err = json.Marshal(before); err != nil {
			return fmt.Errorf("noting what was there: %w", err)
		}
	}
	_, err := c.journal(0, op, 1, b)
	return err
}

func checkCategory(cat *api.Category) (err error) {
	if cat.Name = strings.TrimSpace(cat.Name); cat.Name == "" {
		return api.Errorf(http.StatusBadRequest, "name: required")
	}
	if cat.KillChain < 0 || cat.KillChain > maxKillChain {
		return api.Errorf(http.StatusBadRequest, "killChain: want 0..%d, got %d", maxKillChain, cat.KillChain)
	}
	for key, text := range map[string]*string{"name": &cat.Name, "shortname": &cat.Shortname} {
		if err := checkText(key, text, maxShort); err != nil {
			return api.Errorf(http.StatusBadRequest, "%s", err.Error())
		}
	}
	for key, list := range map[string]*[]string{"mitreAttack": &cat.MitreAttack, "mitreCapec": &cat.MitreCapec} {
		if *list, err = checkList(key, *list); err != nil {
			return api.Errorf(http.StatusBadRequest, "%s", err.Error())
		}
	}
	return nil
}
