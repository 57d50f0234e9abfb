package store

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"threatbench/api"
)

// Parents tells for each of the account's events named by children under which
// parents it hangs, and how. Events without parents are left out, as are those
// that are gone: who lists events and asks then may be late.
func (d *DB) Parents(ctx context.Context, account string, children []string) (map[string][]api.RelationshipInput, error) {
	v, err := d.readTx(ctx)
	if err != nil {
		return nil, err
	}
	defer v.close()
	out := map[string][]api.RelationshipInput{}
	for _, child := range children {
		id, _, err := v.find(ctx, account, "", child)
		if api.StatusOf(err) == http.StatusNotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := v.parentsOf(ctx, id, func(r api.RelationshipInput) { out[child] = append(out[child], r) }); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (v *readTx) parentsOf(ctx context.Context, child int64, found func(api.RelationshipInput)) error {
	err := v.s.each(ctx, `SELECT r.parent, substr(e.doc, 2, 16), r.type FROM relationship r JOIN event e ON e.id = r.parent
		WHERE r.child = ? ORDER BY 2, r.type`, []any{child}, func(r *sql.Rows) error {
		var key []byte
		var kind int
		var parent int64
		if err := r.Scan(&parent, &key, &kind); err != nil {
			return err
		}
		if ok, err := v.sees(ctx, parent); err != nil || !ok {
			return err
		}
		u, err := uuid.FromBytes(key)
		if err != nil {
			return err
		}
		found(api.RelationshipInput{ParentID: u.String(), RelationshipType: relationName(kind)})
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading the parents of an event: %w", err)
	}
	return nil
}

// relationName is edgeKind the other way round.
func relationName(kind int) string {
	switch kind {
	case kindCaused:
		return "caused_by"
	case kindAttributed:
		return "attributed_to"
	}
	return "related_to"
}
