package store

import (
	"context"
	"net/http"

	"threatbench/api"
)

// Delete takes events of a dataset away, with their raw records, relationships
// and references, and answers how many there were. Unknown ids count for
// nothing.
func (d *DB) Delete(ctx context.Context, who Actor, account, dataset string, ids []string) (int, error) {
	if len(ids) == 0 {
		return 0, api.Errorf(http.StatusBadRequest, "eventIds: want at least one event, got none")
	}
	n := 0
	err := d.edit(ctx, who, account, opDelete, func(e *edit) error {
		in, err := e.c.dataset(dataset)
		if err != nil {
			return err
		}
		for _, id := range uniqueIDs(ids) {
			r, err := e.find(in.id, id)
			if err != nil {
				return err
			}
			if r == nil {
				continue
			}
			if err := e.remove(r.id); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// DeleteEvent takes one event away, in whichever dataset it is; a 404
// *api.Error where there is none. holds says whether the version it has by then
// is the one that is meant, else the error is a *ChangedError; nil takes any.
func (d *DB) DeleteEvent(ctx context.Context, who Actor, account, id string, holds func(version string) bool) error {
	return d.edit(ctx, who, account, opDelete, func(e *edit) error {
		r, err := e.need(0, id)
		if err != nil {
			return err
		}
		if holds != nil {
			if err := e.unchanged(r.id, holds); err != nil {
				return err
			}
		}
		return e.remove(r.id)
	})
}
