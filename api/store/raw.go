package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"threatbench/api"
)

// rawCompressFrom is the size from which raw records are compressed.
const rawCompressFrom = 512

// packRaw keeps a record's own bytes, compressed where they are many.
func packRaw(z *deflater, data []byte) ([]byte, error) {
	if len(data) >= rawCompressFrom {
		return z.deflate([]byte{docDeflate}, data)
	}
	return append([]byte{docPlain}, data...), nil
}

func unpackRaw(b []byte) (json.RawMessage, error) {
	if len(b) == 0 {
		return nil, errPacked
	}
	if b[0] == docDeflate {
		return inflate(b[1:])
	}
	return json.RawMessage(b[1:]), nil
}

// Raw reads the record an event was made from; a 404 *api.Error where the
// event, or its record, isn't there. Dataset "" means anywhere in the account.
func (d *DB) Raw(ctx context.Context, account, dataset, event string) (api.Raw, error) {
	return d.raw(ctx, account, dataset, event, "")
}

// RawByID reads a record by its event and its own id.
func (d *DB) RawByID(ctx context.Context, account, event, rawID string) (api.Raw, error) {
	return d.raw(ctx, account, "", event, rawID)
}

func (d *DB) raw(ctx context.Context, account, dataset, event, rawID string) (api.Raw, error) {
	v, err := d.readTx(ctx)
	if err != nil {
		return api.Raw{}, err
	}
	defer v.close()
	id, _, err := v.find(ctx, account, dataset, event)
	if err != nil {
		return api.Raw{}, err
	}
	out := api.Raw{ID: strconv.FormatInt(id, 10), AccountID: account}
	missing := noRaw(event, rawID)
	if rawID != "" && rawID != out.ID {
		return api.Raw{}, missing
	}
	var created int64
	var data []byte
	err = v.s.queryRow(ctx, "SELECT created, source, tlp, data FROM raw WHERE event = ?", id).Scan(&created, &out.Source, &out.TLP, &data)
	if errors.Is(err, sql.ErrNoRows) {
		return api.Raw{}, missing
	}
	if err != nil {
		return api.Raw{}, fmt.Errorf("reading a raw record: %w", err)
	}
	out.Created = timeOf(created)
	if out.Data, err = unpackRaw(data); err != nil {
		return api.Raw{}, fmt.Errorf("reading a raw record: %w", err)
	}
	return out, nil
}
