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
	"threatbench/api/tag"
)

// TagCategories lists the categories of tags by name; under a limit those of
// the tags within it.
func (d *DB) TagCategories(ctx context.Context, account string) ([]api.TagCategory, error) {
	var out []api.TagCategory
	err := d.readMeta(ctx, account, func(s *session, number int64) (err error) {
		out, err = s.tagCategories(ctx, tagCategoryColumns+" ORDER BY fold", number)
		return err
	})
	if err != nil || limitOf(ctx).none() {
		return out, err
	}
	tags, err := d.Tags(ctx, account, nil)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(out, func(k api.TagCategory) bool {
		return !slices.ContainsFunc(tags, func(t tag.Record) bool { return t.CategoryUUID == k.UUID })
	}), nil
}

// TagCategory reads one by its UUID; a 404 *api.Error where there is none.
func (d *DB) TagCategory(ctx context.Context, account, id string) (api.TagCategory, error) {
	list, err := d.TagCategories(ctx, account)
	if err != nil {
		return api.TagCategory{}, err
	}
	at := slices.IndexFunc(list, func(k api.TagCategory) bool { return k.UUID == api.Fold(id) })
	if at < 0 {
		return api.TagCategory{}, noTagCategory(id)
	}
	return list[at], nil
}

func noTagCategory(id string) error {
	return api.Errorf(http.StatusNotFound, "category_uuid: no tag category %q", short(id))
}

const tagCategoryColumns = "SELECT name, uuid, description, form, created, updated FROM tag_category WHERE account = ?"

func (s *session) tagCategories(ctx context.Context, query string, args ...any) ([]api.TagCategory, error) {
	out := []api.TagCategory{}
	err := s.each(ctx, query, args, func(r *sql.Rows) error {
		var k api.TagCategory
		var form string
		var created, updated int64
		err := r.Scan(&k.Name, &k.UUID, &k.Description, &form, &created, &updated)
		if form != "" {
			k.Schema = json.RawMessage(form)
		}
		k.CreatedAt, k.UpdatedAt = timeOf(created), timeOf(updated)
		out = append(out, k)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the categories of tags: %w", err)
	}
	return out, nil
}

func (c *writeTx) tagCategory(id string) (api.TagCategory, error) {
	list, err := c.s.tagCategories(c.ctx, tagCategoryColumns+" AND uuid = ?", c.account, api.Fold(id))
	if err != nil {
		return api.TagCategory{}, err
	}
	if len(list) == 0 {
		return api.TagCategory{}, noTagCategory(id)
	}
	return list[0], nil
}

// SaveTagCategory makes a category of tags where id is "", else changes the one
// of that UUID: what the patch leaves nil stays. A name that is taken, case
// aside, is a 409 *api.Error.
func (d *DB) SaveTagCategory(ctx context.Context, who Actor, account, id string, p api.TagCategoryPatch) (api.TagCategory, error) {
	var out api.TagCategory
	err := d.write(ctx, who, account, func(c *writeTx) error {
		var before any
		op := "create tag category"
		if id != "" {
			old, err := c.tagCategory(id)
			if err != nil {
				return err
			}
			out, before, op = old, old, "update tag category"
		}
		if err := applyTagCategory(&out, p); err != nil {
			return err
		}
		if err := c.putTagCategory(&out); err != nil {
			return err
		}
		return c.journalRecord(op, before)
	})
	return out, err
}

func applyTagCategory(k *api.TagCategory, p api.TagCategoryPatch) error {
	if p.Name != nil {
		k.Name = strings.TrimSpace(*p.Name)
	}
	if p.Description != nil {
		k.Description = *p.Description
	}
	if k.Name == "" {
		return api.Errorf(http.StatusBadRequest, "name: required")
	}
	for key, text := range map[string]*string{"name": &k.Name, "description": &k.Description} {
		if err := checkText(key, text, map[string]int{"name": maxShort, "description": maxText}[key]); err != nil {
			return api.Errorf(http.StatusBadRequest, "%s", err.Error())
		}
	}
	if p.Schema == nil {
		return nil
	}
	form, err := tag.CheckForm(p.Schema)
	k.Schema = form
	return err
}

func (c *writeTx) putTagCategory(k *api.TagCategory) error {
	others, err := c.s.tagCategories(c.ctx, tagCategoryColumns+" AND fold = ?", c.account, api.Fold(k.Name))
	if err != nil {
		return err
	}
	if len(others) > 0 && others[0].UUID != k.UUID {
		return api.Errorf(http.StatusConflict, "name: a tag category %q exists already", short(others[0].Name))
	}
	k.UpdatedAt = timeOf(c.now)
	if k.UUID != "" {
		_, err = c.s.exec(c.ctx, "UPDATE tag_category SET fold = ?, name = ?, description = ?, form = ?, updated = ? WHERE account = ? AND uuid = ?",
			api.Fold(k.Name), k.Name, k.Description, string(k.Schema), c.now, c.account, k.UUID)
	} else {
		var u [16]byte
		if u, err = newUUID(); err != nil {
			return err
		}
		k.UUID, k.CreatedAt = uuidText(u[:]), k.UpdatedAt
		_, err = c.s.exec(c.ctx, "INSERT INTO tag_category (account, fold, name, uuid, description, form, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			c.account, api.Fold(k.Name), k.Name, k.UUID, k.Description, string(k.Schema), c.now, c.now)
	}
	if err != nil {
		return fmt.Errorf("writing a category of tags: %w", err)
	}
	return nil
}

// DeleteTagCategory takes a category of tags away; its tags stay, without one.
func (d *DB) DeleteTagCategory(ctx context.Context, who Actor, account, id string) error {
	return d.write(ctx, who, account, func(c *writeTx) error {
		old, err := c.tagCategory(id)
		if err != nil {
			return err
		}
		for _, query := range []string{
			"UPDATE tag SET category = '', version = version + 1 WHERE account = ? AND category = ?",
			"DELETE FROM tag_category WHERE account = ? AND uuid = ?",
		} {
			if _, err := c.s.exec(c.ctx, query, c.account, old.UUID); err != nil {
				return fmt.Errorf("deleting a category of tags: %w", err)
			}
		}
		return c.journalRecord("delete tag category", old)
	})
}
