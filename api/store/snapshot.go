package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"threatbench/api"
)

// state is the row of numbers every transaction starts from.
type state struct {
	change   int64
	rewrites int64
	next     int64
	sealed   int
	segment  segmentSize
}

func readState(ctx context.Context, s *session) (st state, err error) {
	var secret []byte
	err = s.queryRow(ctx, "SELECT change, rewrites, next_id, sealed, segment, secret FROM state").
		Scan(&st.change, &st.rewrites, &st.next, &st.sealed, &st.segment, &secret)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return st, replaced(ErrUnfinished)
	case err != nil:
		return st, fmt.Errorf("reading the database's state: %w", err)
	case len(s.keyer.secret) > 0 && !bytes.Equal(secret, s.keyer.secret):
		return st, replaced(errReplaced)
	}
	return st, nil
}

var errReplaced = errors.New("another database has been restored in its place")

// replaced is what a program hears that has a database open which isn't there
// any more: what it has in memory is of another one.
func replaced(why error) error {
	return errors.Join(api.Errorf(http.StatusServiceUnavailable, "the database was replaced while it was open: nothing was changed; start the program again"), why)
}

// snapshot is everything in memory that belongs to one change number. It is
// immutable; only the columns it points at are loaded later, by version.
type snapshot struct {
	state
	dicts  [kinds]dict
	blocks []*block // sealed ones, then the tail where it isn't empty
}

// readTx is one read transaction with its snapshot.
type readTx struct {
	d    *DB
	s    *session
	snap *snapshot

	limit *Limit          // what the caller may see; nil: everything
	mine  map[uint32]bool // under a limit: the datasets within it
	seen  map[int]*bitset // and what of each block was found to be within it
}

// readTx begins a read transaction; the caller closes it.
func (d *DB) readTx(ctx context.Context) (*readTx, error) {
	s, err := d.acquire(ctx)
	if err != nil {
		return nil, err
	}
	snap, err := d.beginRead(ctx, s)
	if err != nil {
		d.release(s)
		return nil, err
	}
	return &readTx{d: d, s: s, snap: snap, limit: limitOf(ctx)}, nil
}

// Ready reads nothing from the database, as any answer would begin to: the error
// is why it couldn't.
func (d *DB) Ready(ctx context.Context) error {
	v, err := d.readTx(ctx)
	if err != nil {
		return err
	}
	v.close()
	return nil
}

func (v *readTx) close() {
	// A failed rollback gives the connection up; the session makes a new one.
	_ = v.s.rollback()
	v.d.release(v.s)
}

func (d *DB) beginRead(ctx context.Context, s *session) (*snapshot, error) {
	snap, err := d.tryRead(ctx, s)
	if err != nil {
		return nil, err
	}
	if snap != nil {
		return snap, nil
	}
	// The transaction is older than the snapshot in memory. While the lock is
	// held that one can't move on, so a new transaction is at least as new.
	d.snapMu.Lock()
	defer d.snapMu.Unlock()
	if err := s.begin(ctx, false); err != nil {
		return nil, err
	}
	st, err := readState(ctx, s)
	if err == nil {
		snap, err = d.advance(ctx, s, st)
	}
	if err != nil {
		_ = s.rollback()
	}
	return snap, err
}

// tryRead begins a transaction and finds its snapshot; nil where the
// transaction turned out to be older than what is in memory.
func (d *DB) tryRead(ctx context.Context, s *session) (*snapshot, error) {
	if err := s.begin(ctx, false); err != nil {
		return nil, err
	}
	st, err := readState(ctx, s)
	if err != nil {
		_ = s.rollback()
		return nil, err
	}
	if cur := d.snap.Load(); cur != nil && cur.change == st.change {
		return cur, nil
	}
	d.snapMu.Lock()
	defer d.snapMu.Unlock()
	if cur := d.snap.Load(); cur != nil && cur.change > st.change {
		return nil, s.rollback()
	}
	snap, err := d.advance(ctx, s, st)
	if err != nil {
		_ = s.rollback()
	}
	return snap, err
}

// advance makes the snapshot of st from the present one; snapMu is held.
func (d *DB) advance(ctx context.Context, s *session, st state) (*snapshot, error) {
	cur := d.snap.Load()
	if cur == nil {
		cur = &snapshot{}
	}
	if cur.change == st.change {
		return cur, nil
	}
	next := &snapshot{state: st}
	if err := d.dicts.refresh(ctx, s); err != nil {
		return nil, err
	}
	next.dicts = d.dicts.cur
	blocks, err := sealedBlocks(ctx, s, cur, st)
	if err != nil {
		return nil, err
	}
	last, err := tailBlock(ctx, s, cur, st)
	if err != nil {
		return nil, err
	}
	next.blocks = blocks
	if last != nil {
		next.blocks = append(next.blocks, last)
	}
	d.snap.Store(next)
	return next, nil
}

func (d *dictionaries) refresh(ctx context.Context, s *session) error {
	err := s.each(ctx, "SELECT id, kind, num, value FROM term WHERE id > ? ORDER BY id", []any{d.last}, func(r *sql.Rows) error {
		var id int64
		var k, num int
		var value string
		if err := r.Scan(&id, &k, &num, &value); err != nil {
			return err
		}
		if k < 0 || k >= kinds || num != len(d.cur[k].values) {
			return fmt.Errorf("term %d: %w", id, errPacked)
		}
		d.add(kind(k), value)
		d.last = id
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading the dictionaries: %w", err)
	}
	return nil
}

func (s *snapshot) sealedBlocks() []*block { return s.blocks[:min(s.sealed, len(s.blocks))] }

func sealedBlocks(ctx context.Context, s *session, cur *snapshot, st state) ([]*block, error) {
	blocks := make([]*block, st.sealed, st.sealed+1)
	copy(blocks, cur.sealedBlocks())
	err := s.each(ctx, "SELECT id, meta FROM segment WHERE changed > ? ORDER BY id", []any{cur.change}, func(r *sql.Rows) error {
		var id int
		var packed sql.RawBytes
		if err := r.Scan(&id, &packed); err != nil {
			return err
		}
		meta, err := decodeMeta(packed)
		if err != nil || id < 0 || id >= len(blocks) {
			return fmt.Errorf("segment %d: %w", id, errPacked)
		}
		blocks[id] = sealedBlock(st, id, meta)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the segments: %w", err)
	}
	if slices.Contains(blocks, nil) {
		return nil, fmt.Errorf("reading the segments: one is missing: %w", errPacked)
	}
	return blocks, nil
}

func sealedBlock(st state, index int, meta *segMeta) *block {
	return &block{index: index, first: st.segment.first(index), n: int(st.segment), meta: meta}
}

// tailBlock makes the block past the sealed ones: only what came since the
// present snapshot is read where nothing else changed in it.
func tailBlock(ctx context.Context, s *session, cur *snapshot, st state) (*block, error) {
	first := st.segment.first(st.sealed)
	n := int(st.next - first)
	if n == 0 {
		return nil, nil
	}
	recs := make([]record, 0, n)
	if cur.sealed == st.sealed && cur.rewrites == st.rewrites && len(cur.blocks) > cur.sealed {
		recs = append(recs, cur.blocks[cur.sealed].tail.recs...)
	}
	recs, err := readRecords(ctx, s, recs, first, n)
	if err != nil {
		return nil, err
	}
	return newTail(st, recs), nil
}

func newTail(st state, recs []record) *block {
	return &block{index: st.sealed, first: st.segment.first(st.sealed), n: len(recs), meta: metaOf(recs), tail: &tail{recs: recs}}
}

// readRecords extends recs, which begin at id first, to n; ids without a row
// are deleted events.
func readRecords(ctx context.Context, s *session, recs []record, first int64, n int) ([]record, error) {
	from, to := first+int64(len(recs)), first+int64(n)
	err := s.each(ctx, "SELECT id, dataset, flags, doc FROM event WHERE id >= ? AND id < ? ORDER BY id", []any{from, to}, func(r *sql.Rows) error {
		id, dataset, flags, dc, err := scanEvent(r)
		if err != nil {
			return err
		}
		recs = padDeleted(recs, first, id)
		recs = append(recs, s.keyer.record(id, dataset, flags, &dc))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the newest events: %w", err)
	}
	return padDeleted(recs, first, to), nil
}

func padDeleted(recs []record, first, upTo int64) []record {
	for at := first + int64(len(recs)); at < upTo; at++ {
		recs = append(recs, record{id: at, flags: flagDeleted})
	}
	return recs
}

func scanEvent(r *sql.Rows) (id int64, dataset uint32, flags int64, d doc, err error) {
	var packed sql.RawBytes
	if err = r.Scan(&id, &dataset, &flags, &packed); err != nil {
		return id, dataset, flags, d, err
	}
	if d, err = decodeDoc(packed); err != nil {
		err = fmt.Errorf("event %d: %w", id, err)
	}
	return id, dataset, flags, d, err
}
