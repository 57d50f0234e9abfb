package store

import (
	"context"
	"database/sql"
	"fmt"

	"threatbench/api"
)

// An event's primary indicator stands in a column; those beside it are found
// through the table indicator, which knows their hashes. What it finds is
// checked against the document.

// hashOf is the hash by which an indicator is found.
func hashOf(value string) uint32 { return hashText(foldCut(value, maxColumnText).fold) }

// indexIndicators brings the table in line with the indicators of an event.
func (s *session) indexIndicators(ctx context.Context, id int64, was, now []typedIndicator) error {
	if len(was) == 0 && len(now) == 0 {
		return nil
	}
	stays := map[uint32]bool{}
	for _, m := range now {
		stays[hashOf(m.value)] = true
	}
	for _, m := range was {
		h := hashOf(m.value)
		if stays[h] {
			continue
		}
		if _, err := s.exec(ctx, "DELETE FROM indicator WHERE hash = ? AND event = ?", h, id); err != nil {
			return fmt.Errorf("forgetting an indicator of event %d: %w", id, err)
		}
	}
	for h := range stays {
		if _, err := s.exec(ctx, "INSERT INTO indicator (hash, event) VALUES (?, ?) ON CONFLICT DO NOTHING", h, id); err != nil {
			return fmt.Errorf("noting an indicator of event %d: %w", id, err)
		}
	}
	return nil
}

// beside gives the events that may have an indicator beside their primary one,
// the newest first and only those before an id, to take, until it says false.
func (s *session) beside(ctx context.Context, hash uint32, before int64, take func(id int64, dataset uint32, d *doc) (bool, error)) error {
	const page = 100
	for {
		var rows []eventRow
		err := s.each(ctx, `SELECT e.id, e.dataset, e.doc FROM indicator i JOIN event e ON e.id = i.event
			WHERE i.hash = ? AND i.event < ? ORDER BY i.event DESC LIMIT ?`, []any{hash, before, page}, func(r *sql.Rows) error {
			var row eventRow
			var packed sql.RawBytes
			err := r.Scan(&row.id, &row.dataset, &packed)
			if err == nil {
				row.doc, err = decodeDoc(packed)
			}
			rows = append(rows, row)
			return err
		})
		if err != nil {
			return fmt.Errorf("looking for events by an indicator: %w", err)
		}
		for i := range rows {
			if more, err := take(rows[i].id, rows[i].dataset, &rows[i].doc); err != nil || !more {
				return err
			}
		}
		if len(rows) < page {
			return nil
		}
		before = rows[len(rows)-1].id
	}
}

// indicators are those of an event by their names in the graph, the primary
// one first, each once.
func (v *readTx) indicators(account string, d *doc) []api.GraphNode {
	var out []api.GraphNode
	seen := map[string]bool{}
	all := append([]typedIndicator{{d.nums[numIndicatorType], d.indicator}}, d.more...)
	for _, m := range all {
		kind := v.term(kindIndicatorType, m.kind)
		u := indicatorUUID(account, kind, m.value)
		id := uuidText(u[:])
		if m.value == "" || seen[id] {
			continue
		}
		seen[id] = true
		out = append(out, api.GraphNode{ID: id, Type: api.NodeIndicator, Label: m.value, IndicatorType: kind})
	}
	return out
}

// makeIndicators is the migration to schema 5: the table, with what the events
// hold that are there.
func makeIndicators(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, "CREATE TABLE indicator (hash INTEGER NOT NULL, event INTEGER NOT NULL, PRIMARY KEY (hash, event)) WITHOUT ROWID")
	if err != nil {
		return fmt.Errorf("making the table of indicators: %w", err)
	}
	for from := int64(-1); from < fromStart; {
		if from, err = indicatorsPast(ctx, tx, from); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, "PRAGMA user_version = 5")
	return err
}

// indicatorsPast notes the indicators of some events past an id, and answers
// the last of them; fromStart is the end.
func indicatorsPast(ctx context.Context, tx *sql.Tx, from int64) (last int64, err error) {
	const page = 5000
	rows, err := tx.QueryContext(ctx, "SELECT id, doc FROM event WHERE id > ? ORDER BY id LIMIT ?", from, page)
	if err != nil {
		return 0, fmt.Errorf("reading events: %w", err)
	}
	defer rows.Close() // read only
	last = fromStart
	type noted struct {
		hash  uint32
		event int64
	}
	var list []noted
	for rows.Next() {
		var packed sql.RawBytes
		if err := rows.Scan(&last, &packed); err != nil {
			return 0, fmt.Errorf("reading events: %w", err)
		}
		d, err := decodeDoc(packed)
		if err != nil {
			return 0, fmt.Errorf("event %d: %w", last, err)
		}
		for _, m := range d.more {
			list = append(list, noted{hashOf(m.value), last})
		}
	}
	if err := rows.Err(); err != nil {
		return 0, fmt.Errorf("reading events: %w", err)
	}
	for _, n := range list {
		if _, err := tx.ExecContext(ctx, "INSERT INTO indicator (hash, event) VALUES (?, ?) ON CONFLICT DO NOTHING", n.hash, n.event); err != nil {
			return 0, fmt.Errorf("noting an indicator: %w", err)
		}
	}
	return last, nil
}
