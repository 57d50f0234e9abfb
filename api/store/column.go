package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"threatbench/api"
)

// columnKey names a column in the cache. A version is written once, so what
// is found under a key never goes stale.
type columnKey struct {
	block   int
	col     int
	version int64
}

// packed reads the stored form of a block's column.
func (v *readTx) packed(ctx context.Context, b *block, c int) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if b.tail != nil {
		return b.tail.column(c, func(id int64, which int) (string, error) { return v.s.fullText(ctx, id, which) })
	}
	var data []byte
	err := v.s.queryRow(ctx, "SELECT data FROM segcol WHERE id = ?", b.index*columnsPerSegment+c).Scan(&data)
	if err != nil {
		return nil, fmt.Errorf("reading column %d of segment %d: %w", c, b.index, err)
	}
	return data, nil
}

// column reads and decodes a column, through the cache where it is sealed.
func column[T any](ctx context.Context, v *readTx, b *block, c int, decode func([]byte) (T, error)) (T, error) {
	var zero T
	key := columnKey{b.index, c, b.meta.versions[c]}
	if b.tail == nil {
		if hit, ok := v.d.cache.get(key); ok {
			return hit.(T), nil
		}
	}
	data, err := v.packed(ctx, b, c)
	if err != nil {
		return zero, err
	}
	col, err := decode(data)
	if err != nil {
		return zero, fmt.Errorf("column %d of segment %d: %w", c, b.index, err)
	}
	if b.tail == nil {
		v.d.cache.put(key, col, int64(len(data)))
	}
	return col, nil
}

func (v *readTx) ints(ctx context.Context, b *block, c int) (ints, error) {
	return column(ctx, v, b, c, func(data []byte) (ints, error) {
		col, _, err := readInts(data)
		if err == nil && col.n != b.n {
			err = errPacked
		}
		return col, err
	})
}

func (v *readTx) lists(ctx context.Context, b *block, c int) (lists, error) {
	return column(ctx, v, b, c, readLists)
}

// uuids is 16 bytes per event.
func (v *readTx) uuids(ctx context.Context, b *block) ([]byte, error) {
	return column(ctx, v, b, colUUID, func(data []byte) ([]byte, error) {
		if len(data) != 16*b.n {
			return nil, errPacked
		}
		return data, nil
	})
}

// texts lends a column of texts to use. It isn't cached: the texts of a large
// database would push everything else out.
func (v *readTx) texts(ctx context.Context, b *block, which int, use func(*texts) error) error {
	if b.tail != nil {
		data, err := v.packed(ctx, b, searchColumn(which))
		if err != nil {
			return err
		}
		return useTexts(data, use)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	found := false
	var whole []byte
	err := v.s.each(ctx, "SELECT data FROM segcol WHERE id = ?", []any{b.index*columnsPerSegment + searchColumn(which)}, func(r *sql.Rows) error {
		found = true
		var data sql.RawBytes
		if err := r.Scan(&data); err != nil {
			return err
		}
		if v.d.home.OneAtATime() {
			whole = slices.Clone([]byte(data))
			return nil
		}
		return useTexts(data, use)
	})
	if err == nil && !found {
		err = sql.ErrNoRows
	}
	if err == nil && whole != nil {
		err = useTexts(whole, use)
	}
	if err != nil {
		return fmt.Errorf("reading the texts of segment %d: %w", b.index, err)
	}
	return nil
}

func useTexts(data []byte, use func(*texts) error) error {
	c, err := readTexts(data)
	if err != nil {
		return err
	}
	return use(c)
}

// fullText reads one text of an event, folded and whole.
func (s *session) fullText(ctx context.Context, id int64, which int) (string, error) {
	d, err := s.docOf(ctx, id)
	return d.textOf(which), err
}

// columnKind is the dictionary of a column, for those that have one.
func columnKind(c int) (kind, bool) {
	switch c {
	case colNums + numAttacker:
		return kindAttacker, true
	case colNums + numAttackerCountry, colNums + numTargetCountry:
		return kindCountry, true
	case colNums + numIndustry:
		return kindIndustry, true
	case colNums + numCategory:
		return kindCategory, true
	case colNums + numIndicatorType:
		return kindIndicatorType, true
	case colNums + numTLP:
		return kindTLP, true
	case colLists + listTags:
		return kindTag, true
	case colLists + listAttack:
		return kindAttack, true
	case colLists + listCapec:
		return kindCapec, true
	}
	return 0, false
}

// columnOf is the column that a field, an order or a group names.
func columnOf(name string) (int, bool) {
	c, ok := map[string]int{
		"date": colDate, "createdAt": colCreated, "datasetId": colDataset, "killChain": colKillChain, "hasChildren": colFlags,
		"attacker": colNums + numAttacker, "attackerCountry": colNums + numAttackerCountry,
		"targetCountry": colNums + numTargetCountry, "targetIndustry": colNums + numIndustry,
		"category": colNums + numCategory, "indicatorType": colNums + numIndicatorType, "tlp": colNums + numTLP,
		string(api.FieldTags): colLists + listTags, string(api.FieldMitreAttack): colLists + listAttack,
		string(api.FieldMitreCapec): colLists + listCapec,
	}[name]
	return c, ok
}
