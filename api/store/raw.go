package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
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
// event, or its record, isn't there, or it is marked above the limit. Dataset ""
// means anywhere in the account.
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
	if out.TLP != "" && !v.limit.allows(out.TLP) {
		return api.Raw{}, missing
	}
	out.Created = timeOf(created)
	if out.Data, err = unpackRaw(data); err != nil {
		return api.Raw{}, fmt.Errorf("reading a raw record: %w", err)
	}
	return out, nil
}

// UpdateRaw changes what the patch names of an event's raw record, known by
// its own id. A 404 *api.Error where the event or the record isn't there.
func (d *DB) UpdateRaw(ctx context.Context, who Actor, account, event, rawID string, p api.RawPatch) (api.Raw, error) {
	raw, _, err := d.UpdateRawIf(ctx, who, account, event, rawID, p, nil)
	return raw, err
}

// UpdateRawIf is UpdateRaw where holds says yes to the version of the event, as
// UpdateIf.
func (d *DB) UpdateRawIf(ctx context.Context, who Actor, account, event, rawID string, p api.RawPatch, holds func(version string) bool) (raw api.Raw, version string, err error) {
	checked, err := checkRawPatch("", p)
	if err != nil {
		return api.Raw{}, "", err
	}
	err = d.edit(ctx, who, account, opRaw, func(e *edit) error {
		r, err := e.need(0, event)
		if err != nil {
			return err
		}
		if fmt.Sprint(r.id) != rawID || r.flags&flagHasRaw == 0 {
			return noRaw(event, rawID)
		}
		if was, err := e.c.s.rawRow(e.c.ctx, r.id); err != nil || was != nil && was.tlp != "" && !e.c.limit.allows(was.tlp) {
			return cmp.Or(err, error(noRaw(event, rawID)))
		}
		if holds != nil {
			if err := e.unchanged(r.id, holds); err != nil {
				return err
			}
		}
		if err := e.patchRaw(r, *checked); err != nil {
			return err
		}
		_, version, err = e.now(r.id)
		return err
	})
	if err != nil {
		return api.Raw{}, "", err
	}
	raw, err = d.RawByID(context.WithValue(ctx, limitKey{}, nil), account, event, rawID) // also where it is marked above the limit now
	return raw, version, err
}

func noRaw(event, rawID string) *api.Error {
	return api.Errorf(http.StatusNotFound, "event %q has no raw record %s", short(event), short(rawID))
}
