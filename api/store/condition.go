package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"threatbench/api"
)

// noPrepare is for conditions that need nothing done beforehand.
type noPrepare struct{}

func (noPrepare) prepare(context.Context, *readTx, []*block) error { return nil }

// dictCondition keeps the events whose number in a column is marked 1.
type dictCondition struct {
	noPrepare
	col   int
	match []uint8
}

func (c *dictCondition) narrow(ctx context.Context, v *readTx, b *block, in *bitset) error {
	col, err := v.ints(ctx, b, c.col)
	if err != nil {
		return err
	}
	out := scanNumbers(col, c.match)
	in.and(&out)
	return nil
}

// scanNumbers marks the places whose number is marked 1 in match. Numbers past
// the end of match are of values newer than the table and don't match.
func scanNumbers(col ints, match []uint8) (out bitset) {
	switch col.width {
	case 0:
		if col.base < int64(len(match)) && match[col.base] == 1 {
			out.fill(col.n)
		}
	case 1:
		var table [256]uint8
		copy(table[:], match)
		for i, s := range col.data {
			out[i>>6] |= uint64(table[s]) << (i & 63)
		}
	default:
		var scratch [blockSize]int64
		for i, s := range col.unpack(scratch[:]) {
			if s < int64(len(match)) {
				out[i>>6] |= uint64(match[s]) << (i & 63)
			}
		}
	}
	return out
}

// listCondition keeps the events of which some list element is marked 1, or
// none where negate is set.
type listCondition struct {
	noPrepare
	col    int
	match  []uint8
	negate bool
}

func (c *listCondition) narrow(ctx context.Context, v *readTx, b *block, in *bitset) error {
	col, err := v.lists(ctx, b, c.col)
	if err != nil {
		return err
	}
	var out bitset
	from := 0
	for i := range col.ends.n {
		to := int(col.ends.at(i))
		for at := from; at < to; at++ {
			if n := col.vals.at(at); n < int64(len(c.match)) && c.match[n] == 1 {
				out.set(i)
				break
			}
		}
		from = to
	}
	if c.negate {
		in.andNot(&out)
		return nil
	}
	in.and(&out)
	return nil
}

// dateCondition keeps the events whose moment lies in one of its ranges.
type dateCondition struct {
	noPrepare
	col    int
	ranges [][2]int64 // ms, both ends included
	negate bool
	match  textMatch // on the RFC 3339 form, instead of ranges
}

const dayMillis = int64(24 * time.Hour / time.Millisecond)

func newDateCondition(col int, c api.Condition) condition {
	if !compares(c.Op) {
		return &dateCondition{col: col, match: matchText(c.Op, c.Values)}
	}
	d := &dateCondition{col: col, negate: c.Op == api.OpNot}
	for _, v := range c.Values {
		d.ranges = append(d.ranges, dateRange(c.Op, v))
	}
	return d
}

// dateRange is what a comparison with one value keeps; a bare day is the whole
// UTC day.
func dateRange(op api.Op, value string) [2]int64 {
	t, err := api.ParseTime(value)
	if err != nil {
		return [2]int64{1, 0} // validated before: nothing
	}
	from := t.UnixMilli()
	to := from
	if api.IsDay(value) {
		to = from + dayMillis - 1
	}
	switch op {
	case api.OpGt:
		return [2]int64{to + 1, math.MaxInt64}
	case api.OpGte:
		return [2]int64{from, math.MaxInt64}
	case api.OpLt:
		return [2]int64{math.MinInt64, from - 1}
	case api.OpLte:
		return [2]int64{math.MinInt64, to}
	}
	return [2]int64{from, to}
}

func (c *dateCondition) narrow(ctx context.Context, v *readTx, b *block, in *bitset) error {
	if c.match == nil && c.settledByMeta(b, in) {
		return nil
	}
	col, err := v.ints(ctx, b, c.col)
	if err != nil {
		return err
	}
	var out bitset
	if c.match != nil {
		in.each(func(i int) {
			if c.match(api.Fold(timeOf(col.at(i)).String())) {
				out.set(i)
			}
		})
		*in = out
		return nil
	}
	for _, r := range c.ranges {
		scanRange(col, r[0], r[1], &out)
	}
	if c.negate {
		in.andNot(&out)
		return nil
	}
	in.and(&out)
	return nil
}

// settledByMeta answers for the whole block where its least and greatest
// moment suffice.
func (c *dateCondition) settledByMeta(b *block, in *bitset) bool {
	span := b.meta.dates
	if c.col == colCreated {
		span = b.meta.created
	}
	outside := true
	for _, r := range c.ranges {
		if r[0] <= span[0] && span[1] <= r[1] {
			if c.negate {
				*in = bitset{}
			}
			return true
		}
		outside = outside && (r[1] < span[0] || span[1] < r[0])
	}
	if outside && !c.negate {
		*in = bitset{}
	}
	return outside
}

// scanRange marks the places with lo <= value <= hi.
func scanRange(col ints, lo, hi int64, out *bitset) {
	var scratch [blockSize]int64
	for i, v := range col.unpack(scratch[:]) {
		if lo <= v && v <= hi {
			out.set(i)
		}
	}
}

func timeOf(ms int64) api.Time { return api.TimeOf(time.UnixMilli(ms)) }

// uuidCondition keeps events by their UUID: by the index where whole UUIDs are
// asked for, else by their text.
type uuidCondition struct {
	account int64
	exact   [][16]byte // equals, in and not
	negate  bool
	match   textMatch // the other operators
	found   map[int]*bitset
}

func newUUIDCondition(account int64, c api.Condition) condition {
	u := &uuidCondition{account: account, negate: c.Op == api.OpNot}
	switch c.Op {
	case api.OpEquals, api.OpNot, api.OpIn:
		for _, v := range c.Values {
			// Only the canonical form equals what events show.
			if id, err := uuid.Parse(v); err == nil && id.String() == api.Fold(v) {
				u.exact = append(u.exact, id)
			}
		}
	default:
		u.match = matchText(c.Op, c.Values)
	}
	return u
}

func (c *uuidCondition) prepare(ctx context.Context, v *readTx, _ []*block) error {
	c.found = map[int]*bitset{}
	for _, u := range c.exact {
		id, _, err := v.s.lookup(ctx, c.account, u)
		if err != nil {
			return err
		}
		if id == 0 {
			continue
		}
		b, i := v.snap.segment.of(id)
		if c.found[b] == nil {
			c.found[b] = &bitset{}
		}
		c.found[b].set(i)
	}
	return nil
}

func (c *uuidCondition) narrow(ctx context.Context, v *readTx, b *block, in *bitset) error {
	if c.match != nil {
		return c.narrowText(ctx, v, b, in)
	}
	found := c.found[b.index]
	if found == nil {
		found = &bitset{}
	}
	if c.negate {
		in.andNot(found)
		return nil
	}
	in.and(found)
	return nil
}

func (c *uuidCondition) narrowText(ctx context.Context, v *readTx, b *block, in *bitset) error {
	col, err := v.uuids(ctx, b)
	if err != nil {
		return err
	}
	var out bitset
	in.each(func(i int) {
		if c.match(uuidText(col[16*i : 16*i+16])) {
			out.set(i)
		}
	})
	*in = out
	return nil
}

// uuidText is the canonical form of 16 bytes.
func uuidText(b []byte) string {
	var out [36]byte
	hex.Encode(out[0:8], b[0:4])
	hex.Encode(out[9:13], b[4:6])
	hex.Encode(out[14:18], b[6:8])
	hex.Encode(out[19:23], b[8:10])
	hex.Encode(out[24:36], b[10:16])
	out[8], out[13], out[18], out[23] = '-', '-', '-', '-'
	return string(out[:])
}

// ukey is the number events are found by: the UUID's first eight bytes, told
// apart by account. Those of new UUIDs rise with time, which keeps inserts in
// one place of the index.
func ukey(account int64, u [16]byte) int64 {
	const spread = 0x9E3779B97F4A7C15 >> 1
	return int64(binary.BigEndian.Uint64(u[:8])) ^ account*spread
}

// lookup finds an event of the account by UUID; id 0 means there is none, or
// one in a deleted dataset alone.
func (s *session) lookup(ctx context.Context, account int64, u [16]byte) (id int64, dataset uint32, err error) {
	err = s.each(ctx, `SELECT e.id, e.dataset, substr(e.doc, 2, 16) FROM event e JOIN dataset d ON d.id = e.dataset
		WHERE e.ukey = ? AND substr(e.doc, 10, 8) = ? AND d.account = ? AND d.deleted IS NULL`, []any{ukey(account, u), u[8:], account}, func(r *sql.Rows) error {
		var at int64
		var ds uint32
		var key sql.RawBytes
		if err := r.Scan(&at, &ds, &key); err != nil {
			return err
		}
		if bytes.Equal(key, u[:]) {
			id, dataset = at, ds
		}
		return nil
	})
	if err != nil {
		return 0, 0, fmt.Errorf("looking up an event: %w", err)
	}
	return id, dataset, nil
}

// keysPerQuery is how many UUIDs one query looks up.
const keysPerQuery = 64

// lookupAll finds the events of an account that have one of many UUIDs. A
// query for each is a quarter of the time that creating events takes.
func (s *session) lookupAll(ctx context.Context, account int64, keys [][16]byte) (map[[16]byte]int64, error) {
	// The first row tells PostgreSQL of what types they all are.
	query := "WITH want (k, half) AS (VALUES (coalesce(?, (SELECT ukey FROM event WHERE 1 = 0)), coalesce(?, (SELECT doc FROM event WHERE 1 = 0)))" +
		strings.Repeat(",(?,?)", keysPerQuery-1) + `)
		SELECT e.id, substr(e.doc, 2, 16) FROM want CROSS JOIN event e CROSS JOIN dataset d
		WHERE e.ukey = want.k AND substr(e.doc, 10, 8) = want.half AND d.id = e.dataset AND d.account = ? AND d.deleted IS NULL`
	wanted := make(map[[16]byte]bool, len(keys))
	for _, u := range keys {
		wanted[u] = true
	}
	found := map[[16]byte]int64{}
	args := make([]any, 2*keysPerQuery+1)
	args[2*keysPerQuery] = account
	for chunk := range slices.Chunk(keys, keysPerQuery) {
		for i := range keysPerQuery {
			u := chunk[min(i, len(chunk)-1)]
			args[2*i], args[2*i+1] = ukey(account, u), u[8:]
		}
		err := s.each(ctx, query, args, func(r *sql.Rows) error {
			var id int64
			var key sql.RawBytes
			if err := r.Scan(&id, &key); err != nil {
				return err
			}
			if u := [16]byte(key); wanted[u] {
				found[u] = id
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("looking up events: %w", err)
		}
	}
	return found, nil
}
