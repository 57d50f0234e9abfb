package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// makeKeyIndex is the migration to schema 6: the table of indicators' keys and
// a substring index in more buckets. Both are filled when segments are brought
// to this program's form, see reform.
func makeKeyIndex(ctx context.Context, tx *sql.Tx) error {
	for _, stmt := range []string{
		"CREATE TABLE indicator_key (key INTEGER NOT NULL, event INTEGER NOT NULL, PRIMARY KEY (key, event)) WITHOUT ROWID",
		"PRAGMA user_version = 6",
	} {
		if _, err := tx.ExecContext(ctx, stmt); err != nil {
			return fmt.Errorf("making the index of indicators: %w", err)
		}
	}
	return nil
}

// outdated lists the sealed segments that are of another form than this
// program's.
func (s *snapshot) outdated() []int {
	var out []int
	for _, b := range s.sealedBlocks() {
		if b.meta.format != segmentFormat {
			out = append(out, b.index)
		}
	}
	return out
}

// reform brings sealed segments to this program's form: columns, substring
// index and keys of indicators are made anew from the rows. Each segment is a
// transaction of its own: where the program is stopped, the next one goes on.
// A database opened for reading only must be of the form already.
func (d *DB) reform(ctx context.Context) error {
	todo := d.snap.Load().outdated()
	if len(todo) == 0 {
		return nil
	}
	if d.opts.ReadOnly {
		return fmt.Errorf("the database was written by an older program, %d of its segments are not in this one's form: open it once for writing", len(todo))
	}
	for i, index := range todo {
		if d.opts.Progress != nil {
			d.opts.Progress(i, len(todo))
		}
		if err := d.reformSegment(ctx, index); err != nil {
			return fmt.Errorf("bringing segment %d to this program's form: %w", index, err)
		}
	}
	if d.opts.Progress != nil {
		d.opts.Progress(len(todo), len(todo))
	}
	return nil
}

func (d *DB) reformSegment(ctx context.Context, index int) error {
	return d.transact(ctx, func() error {
		c, err := d.newWriteTx(ctx, Actor{})
		if err != nil {
			return err
		}
		// Another process may have done it meanwhile.
		if !slices.Contains(c.snap.outdated(), index) {
			return d.writer.commit(ctx)
		}
		if err := c.reseal(index); err != nil {
			return err
		}
		return c.commit()
	})
}
