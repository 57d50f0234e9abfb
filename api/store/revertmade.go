package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// Events made since the moment a revert goes back to are known as ranges of
// ids: a preview counts them in the columns, and a revert takes them away a
// few thousand at a time, so that neither holds them all.

// countIn counts the events of some ranges that are in a dataset.
func (v *readTx) countIn(ctx context.Context, spans idSpans, dataset uint32) (int, error) {
	n := 0
	for _, span := range spans {
		from, _ := v.snap.segment.of(span.first)
		to, _ := v.snap.segment.of(span.last)
		for at := from; at <= to && at < len(v.snap.blocks); at++ {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			in, err := v.datasetWithin(ctx, v.snap.blocks[at], span, dataset)
			if err != nil {
				return 0, fmt.Errorf("counting what was made: %w", err)
			}
			n += in
		}
	}
	return n, nil
}

func (v *readTx) datasetWithin(ctx context.Context, b *block, span idSpan, dataset uint32) (int, error) {
	if _, there := slices.BinarySearch(b.meta.datasets, dataset); !there {
		return 0, nil
	}
	from, to := max(span.first-b.first, 0), min(span.last-b.first+1, int64(b.n))
	if !b.meta.deleted && len(b.meta.datasets) == 1 {
		return int(max(to-from, 0)), nil
	}
	datasets, err := v.ints(ctx, b, colDataset)
	if err != nil {
		return 0, err
	}
	flags, err := v.ints(ctx, b, colFlags)
	if err != nil {
		return 0, err
	}
	n := 0
	for i := int(from); i < int(to); i++ {
		if datasets.at(i) == int64(dataset) && flags.at(i)&flagDeleted == 0 {
			n++
		}
	}
	return n, nil
}

// removeMade takes away what was made in the dataset since and is still in it.
func (e *edit) removeMade(p *plan) error {
	size := int64(e.c.state.segment)
	for _, span := range p.made {
		for first := span.first; first <= span.last; {
			// A segment at a time, so that each is written once.
			last := min(span.last, ((first-1)/size+1)*size)
			if err := e.removeWithin(p.dataset, idSpan{first, last}); err != nil {
				return err
			}
			if err := e.settle(); err != nil {
				return err
			}
			first = last + 1
		}
	}
	return nil
}

// removeWithin takes away the events of a range that are in a dataset: one by
// one where they have edges, the others together.
func (e *edit) removeWithin(dataset uint32, span idSpan) error {
	linked, err := e.linkedWithin(span)
	if err != nil {
		return err
	}
	for _, id := range linked {
		r, err := e.row(id)
		if err != nil {
			return err
		}
		if r == nil || r.dataset != dataset {
			continue
		}
		if err := e.remove(id); err != nil {
			return err
		}
	}
	rows, err := e.rowsWithin(dataset, span)
	if err != nil || len(rows) == 0 {
		return err
	}
	if err := e.noteRemoved(dataset, span, rows); err != nil {
		return err
	}
	for _, query := range [...]string{
		"DELETE FROM raw WHERE event BETWEEN ?1 AND ?2 AND event IN (SELECT id FROM event WHERE id BETWEEN ?1 AND ?2 AND dataset = ?3)",
		"DELETE FROM event WHERE id BETWEEN ?1 AND ?2 AND dataset = ?3",
	} {
		if _, err := e.c.s.exec(e.c.ctx, query, span.first, span.last, dataset); err != nil {
			return fmt.Errorf("deleting events: %w", err)
		}
	}
	return e.forgetIndicators(rows)
}

// linkedWithin are the events of a range that have an edge, or one that waits.
func (e *edit) linkedWithin(span idSpan) ([]int64, error) {
	var out []int64
	err := e.c.s.each(e.c.ctx, `SELECT parent FROM relationship WHERE parent BETWEEN ?1 AND ?2 UNION SELECT child FROM relationship WHERE child BETWEEN ?1 AND ?2
		UNION SELECT src FROM reference WHERE src BETWEEN ?1 AND ?2 UNION SELECT dst FROM reference WHERE dst BETWEEN ?1 AND ?2
		UNION SELECT event FROM pending WHERE event BETWEEN ?1 AND ?2`, []any{span.first, span.last}, func(r *sql.Rows) error {
		var id int64
		err := r.Scan(&id)
		out = append(out, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading edges: %w", err)
	}
	return out, nil
}

func (e *edit) rowsWithin(dataset uint32, span idSpan) ([]*eventRow, error) {
	var out []*eventRow
	err := e.c.s.each(e.c.ctx, "SELECT id, dataset, flags, doc FROM event WHERE id BETWEEN ? AND ? AND dataset = ? ORDER BY id",
		[]any{span.first, span.last, dataset}, func(r *sql.Rows) error {
			row := &eventRow{}
			if err := r.Scan(&row.id, &row.dataset, &row.flags, &row.packed); err != nil {
				return err
			}
			var err error
			if row.doc, err = decodeDoc(row.packed); err != nil {
				return fmt.Errorf("event %d: %w", row.id, err)
			}
			out = append(out, row)
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("reading events: %w", err)
	}
	return out, nil
}

// noteRemoved notes events and their raw records in the journal, and that they
// are gone.
func (e *edit) noteRemoved(dataset uint32, span idSpan, rows []*eventRow) error {
	raws := make(map[int64]*rawRow, len(rows))
	err := e.c.s.each(e.c.ctx, "SELECT event, created, source, tlp, data FROM raw WHERE event BETWEEN ? AND ?", []any{span.first, span.last}, func(r *sql.Rows) error {
		var id int64
		raw := &rawRow{}
		err := r.Scan(&id, &raw.created, &raw.source, &raw.tlp, &raw.data)
		raws[id] = raw
		return err
	})
	if err != nil {
		return fmt.Errorf("reading raw records: %w", err)
	}
	homes := []uint32{dataset}
	for _, r := range rows {
		var item []byte
		if raw := raws[r.id]; raw != nil {
			item = appendRawItem(nil, r.id, raw)
		}
		if err := e.j.note(homes, appendEventItem(item, r.id, r)); err != nil {
			return err
		}
		if err := e.j.note(homes, appendWhole(nil, r.id)); err != nil {
			return err
		}
		if err := e.j.touch(homes, r.id, r.doc.uuid); err != nil {
			return err
		}
		keep(e.old, r.id, r)
		e.rows[r.id] = nil
	}
	return nil
}

// forgetIndicators takes events out of the indexes of indicators, in the order
// of the index of keys.
func (e *edit) forgetIndicators(rows []*eventRow) error {
	type pair struct {
		key   int64
		event int64
	}
	var list []pair
	for _, r := range rows {
		if b, _ := e.c.state.segment.of(r.id); b < e.c.state.sealed {
			_, keys := e.c.s.keyer.indicatorForms(&r.doc)
			for _, k := range keys {
				list = append(list, pair{int64(k), r.id})
			}
		}
		if err := e.c.s.indexIndicators(e.c.ctx, r.id, r.doc.more, nil); err != nil {
			return err
		}
	}
	slices.SortFunc(list, func(a, b pair) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.event, b.event)) })
	for _, p := range list {
		if _, err := e.c.s.exec(e.c.ctx, "DELETE FROM indicator_key WHERE key = ? AND event = ?", p.key, p.event); err != nil {
			return fmt.Errorf("forgetting an indicator of event %d: %w", p.event, err)
		}
	}
	return nil
}
