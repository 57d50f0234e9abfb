package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"threatbench/api"
	"threatbench/api/tag"
)

const opRenameTag = "rename tag"

// tag makes a tag where the account has none of that value, in any case.
func (c *writeTx) tag(value string) (made bool, err error) {
	u, err := newUUID()
	if err != nil {
		return false, err
	}
	res, err := c.s.exec(c.ctx, "INSERT INTO tag (account, fold, value, uuid, created, updated) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		c.account, api.Fold(value), value, uuidText(u[:]), c.now, c.now)
	if err != nil {
		return false, fmt.Errorf("making tag %q: %w", short(value), err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("making tag %q: %w", short(value), err)
	}
	return n > 0, nil
}

// ensureTags makes the tags of a restored event that the account has no more.
func (e *edit) ensureTags(numbers []uint32) error {
	for _, n := range numbers {
		value, err := e.c.value(kindTag, n)
		if err != nil {
			return err
		}
		if _, err := e.c.tag(value); err != nil {
			return err
		}
	}
	return nil
}

// tagColumns are what readTag scans.
const tagColumns = `SELECT t.value, t.uuid, t.category, coalesce(k.name, ''), t.fields, t.version, t.created, t.updated
	FROM tag t LEFT JOIN tag_category k ON k.account = t.account AND k.uuid = t.category WHERE t.account = ?`

func readTag(r *sql.Rows) (tag.Record, error) {
	var t tag.Record
	var fields string
	var created, updated int64
	if err := r.Scan(&t.Value, &t.UUID, &t.CategoryUUID, &t.CategoryName, &fields, &t.Version, &created, &updated); err != nil {
		return t, err
	}
	if created > 0 {
		t.Created, t.Updated = timeOf(created), timeOf(updated)
	}
	if fields == "" {
		return t, nil
	}
	return t, json.Unmarshal([]byte(fields), &t.Fields)
}

func (s *session) tags(ctx context.Context, query string, args ...any) ([]tag.Record, error) {
	out := []tag.Record{}
	err := s.each(ctx, query, args, func(r *sql.Rows) error {
		t, err := readTag(r)
		out = append(out, t)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the tags: %w", err)
	}
	return out, nil
}

// Tags lists the account's tags by value; with datasets named, only those that
// occur in them. Under a limit they are those that occur within it, without
// the facts that are marked above it.
func (d *DB) Tags(ctx context.Context, account string, datasets []string) ([]tag.Record, error) {
	s, err := d.Select(ctx, account, api.ListQuery{Datasets: orAll(datasets)})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	out, err := s.v.s.tags(ctx, tagColumns+" ORDER BY t.fold", s.scope.account)
	if err != nil {
		return nil, err
	}
	role := s.v.limit.ofRole()
	if len(datasets) == 0 && role == nil {
		return out, nil
	}
	occur, err := s.occurring(ctx, "tags")
	if err != nil {
		return nil, err
	}
	out = slices.DeleteFunc(out, func(t tag.Record) bool { return !occur[api.Fold(t.Value)] })
	if role != nil {
		for i := range out {
			out[i] = out[i].Within(role.allows)
		}
	}
	return out, nil
}

// CreateTag makes a tag, or finds the one of that value in any case, which it
// leaves as it is.
func (d *DB) CreateTag(ctx context.Context, who Actor, account string, in tag.Input) (tag.Record, error) {
	value, err := in.Value()
	if err != nil {
		return tag.Record{}, err
	}
	if value == nil {
		return tag.Record{}, api.Errorf(http.StatusBadRequest, "value: required")
	}
	category, err := in.Category(false)
	if err != nil {
		return tag.Record{}, err
	}
	var out tag.Record
	if out.Fields, err = in.Apply(nil); err != nil {
		return tag.Record{}, err
	}
	err = d.write(ctx, who, account, func(c *writeTx) error {
		made, err := c.tag(*value)
		if err != nil {
			return err
		}
		there, err := c.tagWhere(" AND t.fold = ?", api.Fold(*value))
		if err != nil {
			return err
		}
		if !made {
			out = there
			return nil
		}
		there.Fields = out.Fields
		out = there
		if category != nil {
			out.CategoryUUID = *category
		}
		if err := c.putTag(&out); err != nil {
			return err
		}
		return c.journalRecord("create tag", nil)
	})
	return out, err
}

// tagWhere reads one tag; its UUID is "" where there is none.
func (c *writeTx) tagWhere(where string, arg any) (tag.Record, error) {
	list, err := c.s.tags(c.ctx, tagColumns+where, c.account, arg)
	if err != nil || len(list) == 0 {
		return tag.Record{}, err
	}
	return list[0], nil
}

// putTag writes a tag over the one of its UUID; a 404 *api.Error where its
// category isn't there.
func (c *writeTx) putTag(t *tag.Record) error {
	t.CategoryName = ""
	if t.CategoryUUID != "" {
		k, err := c.tagCategory(t.CategoryUUID)
		if err != nil {
			return err
		}
		t.CategoryUUID, t.CategoryName = k.UUID, k.Name
	}
	fields := ""
	if len(t.Fields) > 0 {
		b, err := json.Marshal(t.Fields)
		if err != nil {
			return fmt.Errorf("writing tag %q: %w", short(t.Value), err)
		}
		fields = string(b)
	}
	_, err := c.s.exec(c.ctx, "UPDATE tag SET fold = ?, value = ?, category = ?, fields = ?, version = ?, updated = ? WHERE account = ? AND uuid = ?",
		api.Fold(t.Value), t.Value, t.CategoryUUID, fields, t.Version, c.now, c.account, t.UUID)
	if err != nil {
		return fmt.Errorf("writing tag %q: %w", short(t.Value), err)
	}
	if t.Updated = timeOf(c.now); t.Created.IsZero() {
		t.Created = t.Updated
		if _, err := c.s.exec(c.ctx, "UPDATE tag SET created = ? WHERE account = ? AND uuid = ?", c.now, c.account, t.UUID); err != nil {
			return fmt.Errorf("writing tag %q: %w", short(t.Value), err)
		}
	}
	return nil
}

func noTag(id string) error { return api.Errorf(http.StatusNotFound, "tag_uuid: no tag %q", short(id)) }

// UpdateTag changes what is known of a tag. A new value is written to all events
// that carry the tag, as a change of theirs that a revert takes back; one that
// another tag has is a 409 *api.Error.
func (d *DB) UpdateTag(ctx context.Context, who Actor, account, id string, in tag.Input) (tag.Record, error) {
	value, err := in.Value()
	if err != nil {
		return tag.Record{}, err
	}
	category, err := in.Category(true)
	if err != nil {
		return tag.Record{}, err
	}
	var out tag.Record
	err = d.edit(ctx, who, account, opRenameTag, func(e *edit) error {
		old, err := e.c.tagWhere(" AND t.uuid = ?", api.Fold(id))
		if err != nil {
			return err
		}
		if old.UUID == "" {
			return noTag(id)
		}
		out = old
		if out.Fields, err = in.Apply(old.Fields); err != nil {
			return err
		}
		if category != nil {
			out.CategoryUUID = *category
		}
		out.Version++
		if value != nil {
			out.Value = *value
		}
		if err := e.renameTag(old.Value, &out); err != nil {
			return err
		}
		return e.c.journalRecord("update tag", old)
	})
	return out, err
}

// renameTag writes a tag, and its value to the events that carry the old one.
func (e *edit) renameTag(old string, t *tag.Record) error {
	other, err := e.c.tagWhere(" AND t.fold = ?", api.Fold(t.Value))
	if err != nil {
		return err
	}
	if other.UUID != "" && other.UUID != t.UUID {
		return api.Errorf(http.StatusConflict, "value: a tag %q exists already", short(other.Value))
	}
	if err := e.c.putTag(t); err != nil || old == t.Value {
		return err
	}
	ids, err := e.carrying(old)
	if err != nil {
		return err
	}
	for i, id := range ids {
		if i > 0 {
			if err := e.settleBetween(ids[i-1], id); err != nil {
				return err
			}
		}
		if err := e.retag(id, old, t.Value); err != nil {
			return err
		}
	}
	return nil
}

// settleBetween settles a long edit that comes to its events by rising id,
// where a segment ends and as many events as one holds were read.
func (e *edit) settleBetween(last, next int64) error {
	from, _ := e.c.state.segment.of(last)
	to, _ := e.c.state.segment.of(next)
	if from == to || len(e.rows) < int(e.c.state.segment) {
		return nil
	}
	return e.settle()
}

// retag writes one tag of an event in place of another.
func (e *edit) retag(id int64, old, value string) error {
	r, err := e.row(id)
	if err != nil {
		return err
	}
	if r == nil {
		return fmt.Errorf("event %d: %w", id, errVanished)
	}
	return e.setTags(r, func(have []string) []string {
		for i, v := range have {
			if api.Fold(v) == api.Fold(old) {
				have[i] = value
			}
		}
		return have
	})
}

// carrying are the events of the account that have a tag, in any case.
func (e *edit) carrying(value string) ([]int64, error) {
	v := &e.c.readTx
	all := map[uint32]bool{}
	for _, ds := range e.c.datasets {
		all[ds.id] = true
	}
	q := api.ListQuery{Search: []api.Condition{{Field: api.FieldTags, Op: api.OpEquals, Values: []string{value}}}}
	hits, err := v.evaluateAlone(e.c.ctx, "", compile(v, e.c.account, all, q))
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, h := range hits {
		if h.count > 0 {
			h.bits.each(func(i int) { ids = append(ids, h.block.id(i)) })
		}
	}
	return ids, nil
}

// DeleteTag takes a tag away that no event carries; one that some carry is a
// 409 *api.Error with their number.
func (d *DB) DeleteTag(ctx context.Context, who Actor, account, id string) error {
	return d.edit(ctx, who, account, opRenameTag, func(e *edit) error {
		old, err := e.c.tagWhere(" AND t.uuid = ?", api.Fold(id))
		if err != nil {
			return err
		}
		if old.UUID == "" {
			return noTag(id)
		}
		ids, err := e.carrying(old.Value)
		if err != nil {
			return err
		}
		if n := len(ids); n > 0 {
			return api.Errorf(http.StatusConflict, "tag_uuid: want a tag that no event carries, got %q with %d events", short(old.Value), n)
		}
		if _, err := e.c.s.exec(e.c.ctx, "DELETE FROM tag WHERE account = ? AND uuid = ?", e.c.account, old.UUID); err != nil {
			return fmt.Errorf("deleting a tag: %w", err)
		}
		return e.c.journalRecord("delete tag", old)
	})
}
