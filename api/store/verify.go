package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// Verified is what Verify found.
type Verified struct {
	Events   int      // events that were read, deleted ones not among them
	Problems []string // what is wrong, each in one line; at most maxProblems
	More     int      // problems beyond those listed

	Newest time.Time // of the journal's newest change, zero where there is none
	Future int       // events that were created later than now, by the machine's clock
}

const (
	maxProblems     = 20
	verifiedAtATime = 1000 // events read before their indicators are looked for in the index
)

// Verify reads the whole database, of all accounts, and looks whether it holds
// together: the database's own check where it has one, that every event can be read, and that the
// index of indicators leads to the events and to nothing else. It changes
// nothing. report, where there is one, is told how many events have been read.
// The error is of what kept it from looking.
func (d *DB) Verify(ctx context.Context, report func(events int)) (Verified, error) {
	v, err := d.readTx(ctx)
	if err != nil {
		return Verified{}, err
	}
	defer v.close()
	c := &verification{readTx: v, ctx: ctx, report: report, late: d.opts.Now().Add(clockSlack).UnixMilli()}
	for _, check := range []func() error{c.pages, c.newest, c.events, c.strayKeys} {
		if err := check(); err != nil {
			return c.found, fmt.Errorf("checking the database: %w", err)
		}
	}
	return c.found, nil
}

type verification struct {
	*readTx
	ctx    context.Context
	report func(events int)
	late   int64 // what is later is of the future
	found  Verified
}

func (c *verification) problem(format string, args ...any) {
	if len(c.found.Problems) == maxProblems {
		c.found.More++
		return
	}
	c.found.Problems = append(c.found.Problems, fmt.Sprintf(format, args...))
}

// pages has the database check its pages, tables and indexes, where it can.
func (c *verification) pages() error {
	query := c.d.home.Integrity(maxProblems)
	if query == "" {
		return nil
	}
	return c.s.each(c.ctx, query, nil, func(r *sql.Rows) error {
		var text string
		if err := r.Scan(&text); err != nil {
			return err
		}
		if text != "ok" {
			c.problem("%s", text)
		}
		return nil
	})
}

// clockSlack is how far the clocks of several machines may differ.
const clockSlack = 5 * time.Minute

// newest reads when the newest change was made.
func (c *verification) newest() error {
	var at int64
	err := c.s.queryRow(c.ctx, "SELECT coalesce((SELECT at FROM change ORDER BY id DESC LIMIT 1), 0)").Scan(&at)
	if err == nil && at > 0 {
		c.found.Newest = time.UnixMilli(at).UTC()
	}
	return err
}

// events reads every event, a thousand at a time.
func (c *verification) events() error {
	for last := int64(-1); ; {
		list, read, err := c.chunk(&last)
		if err != nil || read == 0 {
			return err
		}
		if err := c.indexed(list); err != nil {
			return err
		}
		c.found.Events += read
		if c.report != nil {
			c.report(c.found.Events)
		}
	}
}

// chunk reads the next events after last; list are those that could be read.
func (c *verification) chunk(last *int64) (list []eventRow, read int, err error) {
	err = c.s.each(c.ctx, "SELECT id, doc FROM event WHERE id > ? ORDER BY id LIMIT ?", []any{*last, verifiedAtATime}, func(r *sql.Rows) error {
		var row eventRow
		var packed sql.RawBytes
		if err := r.Scan(&row.id, &packed); err != nil {
			return err
		}
		*last = row.id
		read++
		doc, err := decodeDoc(slices.Clone([]byte(packed)))
		if err != nil {
			c.problem("event %d can't be read: %v", row.id, err)
			return nil
		}
		if doc.created > c.late {
			c.found.Future++
		}
		row.doc = doc
		list = append(list, row)
		return nil
	})
	return list, read, err
}

// indexed looks for the indicators of events in the index. Those of the last,
// unsealed segment are indexed when it is sealed.
func (c *verification) indexed(list []eventRow) error {
	for i := range list {
		if at, _ := c.snap.segment.of(list[i].id); at >= c.snap.sealed {
			continue
		}
		_, keys := c.s.keyer.indicatorForms(&list[i].doc)
		for _, k := range keys {
			var there bool
			err := c.s.queryRow(c.ctx, "SELECT EXISTS (SELECT 1 FROM indicator_key WHERE key = ? AND event = ?)", int64(k), list[i].id).Scan(&there)
			if err != nil {
				return err
			}
			if !there {
				c.problem("event %d isn't found by one of its indicators", list[i].id)
			}
		}
	}
	return nil
}

// strayKeys looks for entries of the index that lead nowhere.
func (c *verification) strayKeys() error {
	var n int
	err := c.s.queryRow(c.ctx, "SELECT count(*) FROM indicator_key k LEFT JOIN event e ON e.id = k.event WHERE e.id IS NULL").Scan(&n)
	if n > 0 {
		c.problem("the index of indicators has %d entries of events that aren't there", n)
	}
	return err
}
