package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"threatbench/api"
	"threatbench/api/indicator"
)

// Every indicator of an event, the primary one and those beside it, has a key:
// 64 bits of a hash of its canonical form, salted with the database's secret,
// so that nobody can make two values share one. Two indicators are the same
// exactly when their keys are. A sealed segment has its events' keys in a
// column, and the table indicator_key leads from a key to the events; the
// tail's are in memory.

// keyMaker makes the keys of one database.
type keyMaker struct{ secret []byte }

func (k *keyMaker) key(canonical string) uint64 {
	b := make([]byte, 0, 256)
	b = append(append(b, k.secret...), canonical...)
	sum := sha256.Sum256(b)
	return binary.LittleEndian.Uint64(sum[:])
}

// keyOf is the key of a value as it was sent.
func (k *keyMaker) keyOf(value string) uint64 { return k.key(indicator.Canonical(value)) }

// indicatorForms are an event's indicators as they are searched, and the parts
// of those that are made of several: the texts as sent and their canonical
// forms where those differ, without case, parted by formEnd; and the keys,
// each once, the primary one's first.
func (k *keyMaker) indicatorForms(d *doc) (text string, keys []uint64) {
	if d.indicator == "" && len(d.more) == 0 {
		return "", nil
	}
	var b strings.Builder
	add := func(value string) {
		if value == "" {
			return
		}
		canonical := indicator.Canonical(value)
		if key := k.key(canonical); !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
		if b.Len() > 0 {
			b.WriteString(formEnd)
		}
		sent := api.Fold(value)
		b.WriteString(sent)
		if fold := api.Fold(canonical); fold != sent {
			b.WriteString(formEnd)
			b.WriteString(fold)
		}
	}
	add(d.indicator)
	for _, m := range d.more {
		add(m.value)
	}
	for _, part := range indicator.Parts(d.indicator) {
		add(part)
	}
	for _, m := range d.more {
		for _, part := range indicator.Parts(m.value) {
			add(part)
		}
	}
	return b.String(), keys
}

// formEnd parts the forms of indicators in the text they are searched in.
const formEnd = "\x00"

// matchForms makes of a match of one indicator's form one of them all.
func matchForms(m textMatch) textMatch {
	return func(s string) bool {
		for {
			form, rest, more := strings.Cut(s, formEnd)
			if m(form) {
				return true
			}
			if !more {
				return false
			}
			s = rest
		}
	}
}

// keyColumn is a packed column of the keys of each event.
type keyColumn struct {
	ends ints
	data []byte
}

func packKeys(recs []record) []byte {
	ends := make([]int64, len(recs))
	var data []byte
	for i := range recs {
		for _, k := range recs[i].keys {
			data = binary.LittleEndian.AppendUint64(data, k)
		}
		ends[i] = int64(len(data) / 8)
	}
	return append(packNumbers(ends), data...)
}

func readKeys(b []byte) (c keyColumn, err error) {
	if c.ends, c.data, err = readInts(b); err != nil {
		return c, err
	}
	if !c.ends.endsWithin(len(c.data) / 8) {
		return keyColumn{}, errPacked
	}
	return c, nil
}

func (c keyColumn) at(i int) []uint64 {
	from := 0
	if i > 0 {
		from = int(c.ends.at(i - 1))
	}
	to := int(c.ends.at(i))
	if from == to {
		return nil
	}
	out := make([]uint64, 0, to-from)
	for ; from < to; from++ {
		out = append(out, c.key(from))
	}
	return out
}

func (c keyColumn) key(at int) uint64 { return binary.LittleEndian.Uint64(c.data[8*at:]) }

func (v *readTx) keyColumn(ctx context.Context, b *block) (keyColumn, error) {
	return column(ctx, v, b, colKeys, func(data []byte) (keyColumn, error) {
		c, err := readKeys(data)
		if err == nil && c.ends.n != b.n {
			err = errPacked
		}
		return c, err
	})
}

// indexKeys brings the table of keys in line with an event of a sealed
// segment; those of the tail are indexed when it is sealed.
func (c *writeTx) indexKeys(id int64, was, now *doc) error {
	if b, _ := c.state.segment.of(id); b >= c.state.sealed {
		return nil
	}
	var before, after []uint64
	if was != nil {
		_, before = c.s.keyer.indicatorForms(was)
	}
	if now != nil {
		_, after = c.s.keyer.indicatorForms(now)
	}
	return c.replaceKeys(id, before, after)
}

func (c *writeTx) replaceKeys(id int64, before, after []uint64) error {
	for _, k := range before {
		if slices.Contains(after, k) {
			continue
		}
		if _, err := c.s.exec(c.ctx, "DELETE FROM indicator_key WHERE key = ? AND event = ?", int64(k), id); err != nil {
			return fmt.Errorf("forgetting an indicator of event %d: %w", id, err)
		}
	}
	for _, k := range after {
		if slices.Contains(before, k) {
			continue
		}
		if _, err := c.s.exec(c.ctx, "INSERT INTO indicator_key (key, event) VALUES (?, ?) ON CONFLICT DO NOTHING", int64(k), id); err != nil {
			return fmt.Errorf("indexing an indicator of event %d: %w", id, err)
		}
	}
	return nil
}

// keysPerInsert is how many keys one statement writes.
const keysPerInsert = 128

// sealKeys indexes the keys of a segment that is being sealed, in the order of
// the index, and forgets those that were in the segment's column before it.
func (c *writeTx) sealKeys(index int, recs []record) error {
	type pair struct {
		key   int64
		event int64
	}
	var list []pair
	have := map[pair]bool{}
	for i := range recs {
		for _, k := range recs[i].keys {
			p := pair{int64(k), recs[i].id}
			list = append(list, p)
			have[p] = true
		}
	}
	first := c.state.segment.first(index)
	if err := c.oldKeys(index, func(i int, key uint64) error {
		p := pair{int64(key), first + int64(i)}
		if have[p] {
			return nil
		}
		_, err := c.s.exec(c.ctx, "DELETE FROM indicator_key WHERE key = ? AND event = ?", p.key, p.event)
		return err
	}); err != nil {
		return fmt.Errorf("forgetting indicators: %w", err)
	}
	slices.SortFunc(list, func(a, b pair) int {
		if a.key != b.key {
			if a.key < b.key {
				return -1
			}
			return 1
		}
		return int(a.event - b.event)
	})
	args := make([]any, 0, 2*keysPerInsert)
	for chunk := range slices.Chunk(list, keysPerInsert) {
		args = args[:0]
		for _, p := range chunk {
			args = append(args, p.key, p.event)
		}
		if _, err := c.s.exec(c.ctx, "INSERT INTO indicator_key (key, event) VALUES (?,?)"+strings.Repeat(",(?,?)", len(chunk)-1)+" ON CONFLICT DO NOTHING", args...); err != nil {
			return fmt.Errorf("indexing indicators: %w", err)
		}
	}
	return nil
}

// oldKeys gives the keys that a segment's column holds, if it has one.
func (c *writeTx) oldKeys(index int, take func(i int, key uint64) error) error {
	var data []byte
	err := c.s.each(c.ctx, "SELECT data FROM segcol WHERE id = ?", []any{index*columnsPerSegment + colKeys}, func(r *sql.Rows) error {
		return r.Scan(&data)
	})
	if err != nil || data == nil {
		return err
	}
	col, err := readKeys(data)
	if err != nil {
		return err
	}
	for i := range col.ends.n {
		for _, k := range col.at(i) {
			if err := take(i, k); err != nil {
				return err
			}
		}
	}
	return nil
}

// maxIndexRows is how many events of one indicator are read from the index;
// one that more events have is looked for in the column of keys.
const maxIndexRows = 20_000

// keyCondition keeps the events that have one of some indicators, whichever of
// the event's it is, or those that have none of them.
type keyCondition struct {
	keys   []uint64
	negate bool
	found  map[int]*bitset // by block; nil: the column is looked through
}

func newKeyCondition(k *keyMaker, c api.Condition) *keyCondition {
	out := &keyCondition{negate: c.Op == api.OpNot}
	for _, v := range c.Values {
		out.keys = append(out.keys, k.keyOf(v))
	}
	return out
}

func (c *keyCondition) prepare(ctx context.Context, v *readTx, _ []*block) error {
	found := map[int]*bitset{}
	for _, k := range c.keys {
		n := 0
		err := v.s.each(ctx, "SELECT event FROM indicator_key WHERE key = ? LIMIT ?", []any{int64(k), maxIndexRows + 1}, func(r *sql.Rows) error {
			var id int64
			if err := r.Scan(&id); err != nil {
				return err
			}
			n++
			at, i := v.snap.segment.of(id)
			if found[at] == nil {
				found[at] = &bitset{}
			}
			found[at].set(i)
			return nil
		})
		if err != nil {
			return fmt.Errorf("looking for an indicator: %w", err)
		}
		if n > maxIndexRows {
			return nil
		}
	}
	c.found = found
	return nil
}

func (c *keyCondition) narrow(ctx context.Context, v *readTx, b *block, in *bitset) error {
	out, err := c.holds(ctx, v, b)
	if err != nil {
		return err
	}
	if c.negate {
		in.andNot(&out)
		return nil
	}
	in.and(&out)
	return nil
}

func (c *keyCondition) holds(ctx context.Context, v *readTx, b *block) (out bitset, err error) {
	if b.tail != nil {
		for i := range b.tail.recs {
			if slices.ContainsFunc(b.tail.recs[i].keys, func(k uint64) bool { return slices.Contains(c.keys, k) }) {
				out.set(i)
			}
		}
		return out, nil
	}
	if c.found != nil {
		if found := c.found[b.index]; found != nil {
			out = *found
		}
		return out, nil
	}
	col, err := v.keyColumn(ctx, b)
	if err != nil {
		return out, err
	}
	at := 0
	for i := range col.ends.n {
		for end := int(col.ends.at(i)); at < end; at++ {
			if slices.Contains(c.keys, col.key(at)) {
				out.set(i)
			}
		}
	}
	return out, nil
}

// anyKeyCondition keeps the events that have an indicator, or those without.
type anyKeyCondition struct {
	noPrepare
	negate bool
}

func (c *anyKeyCondition) narrow(ctx context.Context, v *readTx, b *block, in *bitset) error {
	var some bitset
	if b.tail != nil {
		for i := range b.tail.recs {
			if len(b.tail.recs[i].keys) > 0 {
				some.set(i)
			}
		}
	} else {
		col, err := v.keyColumn(ctx, b)
		if err != nil {
			return err
		}
		last := int64(0)
		for i := range col.ends.n {
			end := col.ends.at(i)
			if end > last {
				some.set(i)
			}
			last = end
		}
	}
	if c.negate {
		in.andNot(&some)
	} else {
		in.and(&some)
	}
	return nil
}
