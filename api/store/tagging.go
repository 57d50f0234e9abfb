package store

import (
	"context"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"threatbench/api"
)

// AddTags puts tags on an event; those it has already, in any case, stay as
// they are. A 404 *api.Error where the event isn't there.
func (d *DB) AddTags(ctx context.Context, who Actor, account, event string, tags []string) error {
	tags, err := checkTags(tags)
	if err != nil {
		return err
	}
	return d.edit(ctx, who, account, opAddTags, func(e *edit) error {
		r, err := e.need(0, event)
		if err != nil {
			return err
		}
		return e.setTags(r, func(have []string) []string {
			for _, t := range tags {
				if !containsFolded(have, t) {
					have = append(have, t)
				}
			}
			return have
		})
	})
}

// RemoveTags takes tags off an event, in any case; those it hasn't count for
// nothing.
func (d *DB) RemoveTags(ctx context.Context, who Actor, account, event string, tags []string) error {
	tags, err := checkTags(tags)
	if err != nil {
		return err
	}
	return d.edit(ctx, who, account, opRemoveTags, func(e *edit) error {
		r, err := e.need(0, event)
		if err != nil {
			return err
		}
		return e.setTags(r, func(have []string) []string {
			return slices.DeleteFunc(have, func(t string) bool { return containsFolded(tags, t) })
		})
	})
}

func checkTags(tags []string) ([]string, error) {
	out, err := checkList("tags", tags)
	if err != nil {
		return nil, api.Errorf(http.StatusBadRequest, "%s", err.Error())
	}
	if len(out) == 0 {
		return nil, api.Errorf(http.StatusBadRequest, "tags: want at least one that isn't empty, got none")
	}
	return out, nil
}

func (e *edit) setTags(r *eventRow, alter func([]string) []string) error {
	have := make([]string, len(r.doc.lists[listTags]))
	for i, n := range r.doc.lists[listTags] {
		var err error
		if have[i], err = e.c.value(kindTag, n); err != nil {
			return err
		}
	}
	want := alter(have)
	if len(want) > maxListItems {
		return api.Errorf(http.StatusBadRequest, "tags: want at most %d on an event, got %d", maxListItems, len(want))
	}
	for _, t := range want {
		if _, err := e.c.tag(t); err != nil {
			return err
		}
	}
	next := *r
	var err error
	if next.doc.lists[listTags], err = e.c.numbers(kindTag, want); err != nil {
		return err
	}
	return e.put(next)
}

// AddReferences lets an event refer to others. A 404 *api.Error where one of
// them isn't there; then none is added.
func (d *DB) AddReferences(ctx context.Context, who Actor, account, event string, others []string) error {
	if err := checkOthers(others); err != nil {
		return err
	}
	return d.edit(ctx, who, account, opRefer, func(e *edit) error {
		r, err := e.need(0, event)
		if err != nil {
			return err
		}
		for _, id := range others {
			other, err := e.need(0, id)
			if err != nil {
				return err
			}
			if other.id == r.id {
				return api.Errorf(http.StatusBadRequest, "events: want other events, got %q itself", short(id))
			}
			if _, err := e.refer(reference{src: r.id, dst: other.id}, true); err != nil {
				return err
			}
		}
		return nil
	})
}

// RemoveReferences takes an event's references to others away; those it hasn't
// count for nothing.
func (d *DB) RemoveReferences(ctx context.Context, who Actor, account, event string, others []string) error {
	if err := checkOthers(others); err != nil {
		return err
	}
	return d.edit(ctx, who, account, opUnrefer, func(e *edit) error {
		r, err := e.need(0, event)
		if err != nil {
			return err
		}
		for _, id := range others {
			if err := e.unrefer(r.id, id); err != nil {
				return err
			}
		}
		return nil
	})
}

func (e *edit) unrefer(src int64, id string) error {
	other, err := e.find(0, id)
	if err != nil {
		return err
	}
	if other == nil { // it may wait for one that isn't there yet
		u, err := uuid.Parse(id)
		if err != nil {
			return nil //nolint:nilerr // checked before
		}
		_, err = e.wait(wait{want: u, event: src, kind: kindReference}, false)
		return err
	}
	_, err = e.refer(reference{src: src, dst: other.id}, false)
	return err
}

func checkOthers(ids []string) error {
	if len(ids) == 0 || len(ids) > maxListItems {
		return api.Errorf(http.StatusBadRequest, "events: want 1..%d, got %d", maxListItems, len(ids))
	}
	for _, id := range ids {
		if _, err := uuid.Parse(id); err != nil {
			return api.Errorf(http.StatusBadRequest, "events: want UUIDs, got %q", short(id))
		}
	}
	return nil
}
