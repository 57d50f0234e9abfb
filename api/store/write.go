package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"threatbench/api"
	"threatbench/api/store/engine"
)

// writeTx is one write transaction. What it adds to the snapshot becomes
// visible to others when it is committed.
type writeTx struct {
	readTx
	ctx      context.Context
	who      Actor
	now      int64 // ms
	state    state // grows as the transaction goes on
	account  int64
	name     string // the account's
	datasets []datasetRow
	terms    [kinds]map[string]uint32 // looked up or made in this transaction
	fresh    []freshTerm              // made in it, in order
	lastTerm int64                    // the highest term id before it
	counts   [kinds]int               // entries of each dictionary, new ones included
	tail     []record                 // of the block that is being filled
	metas    map[int]*segMeta         // of segments sealed or rewritten
	rewrote  bool                     // a row of the tail changed in place
	z        deflater
}

type freshTerm struct {
	id    int64
	kind  kind
	value string
}

// write runs f in a write transaction of the account and commits it.
func (d *DB) write(ctx context.Context, who Actor, account string, f func(*writeTx) error) error {
	if err := needAccount(account); err != nil {
		return err
	}
	return d.transact(ctx, d.writing(ctx, who, account, f))
}

// writing is f in a write transaction of the account, committed at its end.
func (d *DB) writing(ctx context.Context, who Actor, account string, f func(*writeTx) error) func() error {
	return func() error {
		c, err := d.newWriteTx(ctx, who)
		if err != nil {
			return err
		}
		if err := c.openAccount(account); err != nil {
			return err
		}
		if err := f(c); err != nil {
			return err
		}
		return c.commit()
	}
}

func needAccount(account string) error {
	if account == "" {
		return api.Errorf(http.StatusBadRequest, "account: want one, got none")
	}
	return nil
}

// transact begins a write transaction and runs f, which commits it; where f
// fails, nothing of it stays. Writers queue, in this process and with others.
func (d *DB) transact(ctx context.Context, f func() error) error {
	if d.opts.ReadOnly {
		return errReading
	}
	return d.alone(ctx, f)
}

var errReading = api.Errorf(http.StatusForbidden, "the database is open for reading only")

// alone is transact for what may be rolled back alone, too: in a database open
// for reading only f must end with an error.
func (d *DB) alone(ctx context.Context, f func() error) (err error) {
	if d.writes == nil {
		return errReading
	}
	d.writeMu.Lock()
	defer d.writeMu.Unlock()
	select {
	case <-d.closed:
		return errClosed
	default:
	}
	if err := d.writer.begin(ctx, true); err != nil {
		if d.opts.ReadOnly && ctx.Err() == nil && d.home.Fault(err) != engine.Busy {
			return errors.Join(errReading, err) // the file or its folder can't be written
		}
		return d.explainWrite(err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(d.explainWrite(err), d.writer.rollback())
		}
	}()
	return f()
}

// explainWrite adds what a person can do about a write that the machine
// refused, in words that may leave it.
func (d *DB) explainWrite(err error) error {
	if said := (*api.Error)(nil); errors.As(err, &said) {
		return err // it says already what became of the change
	}
	switch d.home.Fault(err) {
	case engine.Full:
		return errors.Join(api.Errorf(http.StatusInsufficientStorage, "the disk is full: nothing was changed; make room and try again"), err)
	case engine.Standby:
		return errors.Join(api.Errorf(http.StatusServiceUnavailable, "the database has become a standby that takes no writes: nothing was changed; try again"), err)
	case engine.Unwritable:
		return errors.Join(api.Errorf(http.StatusInsufficientStorage, "the database's file or its folder can't be written: nothing was changed; check owner and mode, and try again"), err)
	case engine.Busy:
		return errors.Join(api.Errorf(http.StatusServiceUnavailable, "another process is writing the database: nothing was changed; try again"), err)
	}
	return err
}

// clock is the time of a change: never before that of the change before it,
// so that the journal can be read by time though the machine's clock was set
// back. A journal more than a day ahead is the work of a clock that was wrong,
// and is not followed.
func (d *DB) clock(ctx context.Context, s *session) (int64, error) {
	now := d.opts.Now().UnixMilli()
	var last int64
	err := s.queryRow(ctx, "SELECT coalesce((SELECT at FROM change ORDER BY id DESC LIMIT 1), 0)").Scan(&last)
	if err != nil {
		return 0, fmt.Errorf("reading the journal: %w", err)
	}
	if last > now && last-now < (24*time.Hour).Milliseconds() {
		return last, nil
	}
	return now, nil
}

func (d *DB) newWriteTx(ctx context.Context, who Actor) (*writeTx, error) {
	st, err := readState(ctx, d.writer)
	if err != nil {
		return nil, err
	}
	d.snapMu.Lock()
	snap, err := d.advance(ctx, d.writer, st)
	lastTerm := d.dicts.last
	d.snapMu.Unlock()
	if err != nil {
		return nil, err
	}
	now, err := d.clock(ctx, d.writer)
	if err != nil {
		return nil, err
	}
	c := &writeTx{
		readTx: readTx{d: d, s: d.writer, snap: snap, limit: limitOf(ctx)}, ctx: ctx, who: who, now: now,
		state: st, metas: map[int]*segMeta{}, lastTerm: lastTerm,
	}
	c.state.change++
	for k := range kinds {
		c.terms[k] = map[string]uint32{}
		c.counts[k] = len(snap.dicts[k].values)
	}
	if len(snap.blocks) > snap.sealed {
		c.tail = slices.Clone(snap.blocks[snap.sealed].tail.recs)
	}
	return c, nil
}

// openAccount finds or makes the account and its default dataset.
func (c *writeTx) openAccount(name string) error {
	var err error
	c.name = name
	if c.account, err = c.s.accountID(c.ctx, c.name); err != nil {
		return err
	}
	if c.account == 0 {
		if c.account, err = c.s.insert(c.ctx, "INSERT INTO account (name) VALUES (?)", c.name); err != nil {
			return fmt.Errorf("making the account: %w", err)
		}
	}
	if c.datasets, err = c.s.datasetsOf(c.ctx, c.account, c.name); err != nil {
		return err
	}
	for i, ds := range c.datasets {
		if ds.id == 0 {
			if c.datasets[i].id, err = c.insertDataset(ds.Dataset); err != nil {
				return err
			}
		}
	}
	c.datasets = c.within(c.datasets)
	return nil
}

func (c *writeTx) insertDataset(ds api.Dataset) (uint32, error) {
	id, err := c.s.insert(c.ctx, "INSERT INTO dataset (account, uuid, name, public, analytics, write_mode, created) VALUES (?, ?, ?, ?, ?, ?, ?)",
		c.account, ds.UUID, ds.Name, ds.IsPublic, ds.IsAnalytics, ds.IndicatorWriteMode, c.now)
	if err != nil {
		return 0, fmt.Errorf("making the dataset: %w", err)
	}
	return uint32(id), nil
}

// number is the dictionary number of a value, a new one where it is new.
func (c *writeTx) number(k kind, value string) (uint32, error) {
	if value == "" {
		return 0, nil
	}
	if n, ok := c.terms[k][value]; ok {
		return n, nil
	}
	c.d.snapMu.Lock()
	n, ok := c.d.dicts.numbers[k][value]
	c.d.snapMu.Unlock()
	if ok {
		c.terms[k][value] = n
		return n, nil
	}
	n = uint32(c.counts[k])
	id, err := c.s.insert(c.ctx, "INSERT INTO term (kind, num, value) VALUES (?, ?, ?)", int(k), n, value)
	if err != nil {
		return 0, fmt.Errorf("adding to a dictionary: %w", err)
	}
	c.fresh = append(c.fresh, freshTerm{id, k, value})
	c.counts[k]++
	c.terms[k][value] = n
	return n, nil
}

// dataset resolves a dataset of the account by UUID, "" being the default one.
func (c *writeTx) dataset(id string) (datasetRow, error) {
	if id == "" {
		id = defaultDataset(c.name).UUID
	}
	return findDataset(c.datasets, id)
}

// appendRecord adds a new event to the columns, sealing the block it fills.
func (c *writeTx) appendRecord(r record) error {
	c.tail = append(c.tail, r)
	if len(c.tail) < int(c.state.segment) {
		return nil
	}
	if err := c.seal(c.state.sealed, c.tail); err != nil {
		return fmt.Errorf("sealing segment %d: %w", c.state.sealed, err)
	}
	c.state.sealed++
	c.tail = nil
	return nil
}

// seal writes all columns of a full block and its part of the substring index.
func (c *writeTx) seal(index int, recs []record) error {
	for i := range recs {
		recs[i].flags |= openFlags(&recs[i])
	}
	if err := c.sealKeys(index, recs); err != nil {
		return err
	}
	meta := metaOf(recs)
	full := func(id int64, which int) (string, error) { return c.s.fullText(c.ctx, id, which) }
	for col := range colCount {
		data, err := packColumn(recs, col, full)
		if err != nil {
			return err
		}
		if err := c.putColumn(meta, index, col, data); err != nil {
			return err
		}
	}
	if err := c.putTrigrams(index, recs); err != nil {
		return err
	}
	meta.format = segmentFormat
	c.metas[index] = meta
	return nil
}

func (c *writeTx) putTrigrams(index int, recs []record) error {
	for bucket, data := range buildTrigrams(recs) {
		if len(data) == 0 {
			continue
		}
		if _, err := c.s.exec(c.ctx, "INSERT INTO gram (id, data) VALUES (?, ?)", int64(bucket)<<32|int64(index), data); err != nil {
			return err
		}
	}
	return nil
}

// openFlags are set where a text is too long for the substring index.
func openFlags(r *record) int64 {
	var flags int64
	for which := range r.search {
		if !r.search[which].indexed() {
			flags |= openFlag(which)
		}
	}
	return flags
}

func (c *writeTx) putColumn(meta *segMeta, index, col int, data []byte) error {
	meta.versions[col] = c.state.change
	_, err := c.s.exec(c.ctx, "INSERT INTO segcol (id, data) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET data = excluded.data",
		index*columnsPerSegment+col, data)
	return err
}

// setFlags adds flags to events, in their rows and in the columns.
func (c *writeTx) setFlags(ids []int64, set int64) error {
	return c.alterFlags(ids, func(flags int64) int64 { return flags | set })
}

func (c *writeTx) alterFlags(ids []int64, alter func(int64) int64) error {
	bySegment := map[int][]int64{}
	for _, id := range ids {
		b, i := c.state.segment.of(id)
		if b < c.state.sealed {
			bySegment[b] = append(bySegment[b], id)
		} else if i < len(c.tail) {
			c.tail[i].flags = alter(c.tail[i].flags)
			c.rewrote = true
		}
	}
	for b, ids := range bySegment {
		if err := c.rewriteFlags(b, ids, alter); err != nil {
			return fmt.Errorf("marking events: %w", err)
		}
	}
	return c.rewriteRowFlags(ids, alter)
}

func (c *writeTx) rewriteRowFlags(ids []int64, alter func(int64) int64) error {
	old := map[int64]int64{}
	err := c.s.eachByIDs(c.ctx, "SELECT id, flags FROM event WHERE id", ids, func(r *sql.Rows) error {
		var id, flags int64
		if err := r.Scan(&id, &flags); err != nil {
			return err
		}
		old[id] = flags
		return nil
	})
	if err != nil {
		return fmt.Errorf("marking events: %w", err)
	}
	for id, flags := range old {
		if now := alter(flags); now != flags {
			if _, err := c.s.exec(c.ctx, "UPDATE event SET flags = ? WHERE id = ?", now, id); err != nil {
				return fmt.Errorf("marking event %d: %w", id, err)
			}
		}
	}
	return nil
}

func (c *writeTx) rewriteFlags(segment int, ids []int64, alter func(int64) int64) error {
	var data []byte
	if err := c.s.queryRow(c.ctx, "SELECT data FROM segcol WHERE id = ?", segment*columnsPerSegment+colFlags).Scan(&data); err != nil {
		return err
	}
	col, _, err := readInts(data)
	if err != nil {
		return err
	}
	vals := make([]int64, col.n)
	for i := range vals {
		vals[i] = col.at(i)
	}
	for _, id := range ids {
		_, i := c.state.segment.of(id)
		vals[i] = alter(vals[i])
	}
	meta := c.meta(segment)
	for _, v := range vals {
		meta.deleted = meta.deleted || v&flagDeleted != 0
	}
	return c.putColumn(meta, segment, colFlags, packNumbers(vals))
}

// meta is the description of a sealed segment that this transaction changes.
func (c *writeTx) meta(segment int) *segMeta {
	if m := c.metas[segment]; m != nil {
		return m
	}
	m := *c.snap.blocks[segment].meta
	c.metas[segment] = &m
	return &m
}

func (c *writeTx) commit() error {
	for index, meta := range c.metas {
		_, err := c.s.exec(c.ctx, "INSERT INTO segment (id, changed, meta) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET changed = excluded.changed, meta = excluded.meta",
			index, c.state.change, meta.encode())
		if err != nil {
			return fmt.Errorf("describing segment %d: %w", index, err)
		}
	}
	if c.rewrote {
		c.state.rewrites++
	}
	st := c.state
	if _, err := c.s.exec(c.ctx, "UPDATE state SET change = ?, rewrites = ?, next_id = ?, sealed = ?", st.change, st.rewrites, st.next, st.sealed); err != nil {
		return fmt.Errorf("writing the database's state: %w", err)
	}
	if err := c.s.commit(c.ctx); err != nil {
		return err
	}
	c.publish()
	return nil
}

// publish hands the new snapshot to readers, who would otherwise read from the
// database what is at hand here. Where somebody has moved on since, they do.
func (c *writeTx) publish() {
	d := c.d
	d.snapMu.Lock()
	defer d.snapMu.Unlock()
	if d.snap.Load() != c.snap || d.dicts.last != c.lastTerm {
		return
	}
	for _, t := range c.fresh {
		d.dicts.add(t.kind, t.value)
		d.dicts.last = t.id
	}
	next := &snapshot{state: c.state, dicts: d.dicts.cur, blocks: make([]*block, c.state.sealed, c.state.sealed+1)}
	copy(next.blocks, c.snap.sealedBlocks())
	for index, meta := range c.metas {
		next.blocks[index] = sealedBlock(c.state, index, meta)
	}
	if len(c.tail) > 0 {
		next.blocks = append(next.blocks, newTail(c.state, c.tail))
	}
	d.snap.Store(next)
}

func newUUID() ([16]byte, error) {
	u, err := uuid.NewV7()
	if err != nil {
		return u, fmt.Errorf("making a UUID: %w", err)
	}
	return u, nil
}
