package store

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"

	"threatbench/api"
)

// History answers a page of a dataset's journal, the newest change first. The
// changes of an import are one entry.
func (d *DB) History(ctx context.Context, account string, q api.HistoryQuery) (api.History, error) {
	if err := limitOf(ctx).journals(); err != nil {
		return api.History{}, err
	}
	page, size := max(q.Page, 1), q.PageSize
	if size == 0 {
		size = api.DefaultPageSize
	}
	plain := api.ListQuery{Page: page, PageSize: size}
	if err := plain.Validate(); err != nil {
		return api.History{}, err
	}
	v, err := d.readTx(ctx)
	if err != nil {
		return api.History{}, err
	}
	defer v.close()
	sc, err := v.scope(ctx, account, nil)
	if err != nil {
		return api.History{}, err
	}
	ds, err := findDataset(sc.all, q.Dataset)
	if err != nil {
		return api.History{}, err
	}
	total := 0
	if err := v.s.queryRow(ctx, "SELECT count(DISTINCT coalesce(run, -id)) FROM change WHERE account = ? AND dataset = ?", sc.account, ds.id).Scan(&total); err != nil {
		return api.History{}, fmt.Errorf("reading the journal: %w", err)
	}
	entries := []api.HistoryEntry{}
	err = v.s.each(ctx, `SELECT c.id, c.seq, c.at, c.actor, CASE WHEN c.run IS NULL THEN c.op ELSE 'import' END, last.count, c.events, coalesce(r.uuid, '')
		FROM (SELECT max(id) AS id, sum(count) AS count FROM change WHERE account = ? AND dataset = ? GROUP BY coalesce(run, -id)) last
		JOIN change c ON c.id = last.id LEFT JOIN import_run r ON r.id = c.run ORDER BY c.at DESC, c.id DESC LIMIT ? OFFSET ?`, []any{sc.account, ds.id, size, (page - 1) * size}, func(r *sql.Rows) error {
		h := api.HistoryEntry{DatasetID: ds.UUID}
		var seq, at int64
		var named []byte
		if err := r.Scan(&h.ID, &seq, &at, &h.Actor, &h.Operation, &h.Count, &named, &h.Import); err != nil {
			return err
		}
		h.At, h.Bookmark = timeOf(at), d.bookmark(account, ds.UUID, seq)
		for ; len(named) >= 16; named = named[16:] {
			h.EventIDs = append(h.EventIDs, uuidText(named[:16]))
		}
		entries = append(entries, h)
		return nil
	})
	if err != nil {
		return api.History{}, fmt.Errorf("reading the journal: %w", err)
	}
	info := api.ResultInfo{Count: len(entries), Page: page, PerPage: size, TotalCount: total, TotalPages: (total + size - 1) / size}
	return api.History{Entries: entries, Info: info}, nil
}

// journals refuses a role that sees a part of the events only: the journal
// tells of all of them, and a revert changes them.
func (l *Limit) journals() error {
	if l.none() {
		return nil
	}
	return api.Errorf(http.StatusForbidden, "history and reverts are not for a role that sees a part of the events")
}
