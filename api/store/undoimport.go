package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"threatbench/api"
)

const opUndoImport = "undo import"

// importPage is how many events a part of an import has where nobody says.
const importPage = 1000

// importDid keeps the imports that there is something to take back of.
const importDid = "(created + updated > 0 OR EXISTS (SELECT 1 FROM imported WHERE imported.run = import_run.id))"

// Imports lists the imports of an account, the newest first.
func (d *DB) Imports(ctx context.Context, account string, page, size int) ([]api.ImportRun, api.ResultInfo, error) {
	if err := limitOf(ctx).journals(); err != nil {
		return nil, api.ResultInfo{}, err
	}
	plain := api.ListQuery{Page: max(page, 1), PageSize: size}
	if size == 0 {
		plain.PageSize = api.DefaultPageSize
	}
	if err := plain.Validate(); err != nil {
		return nil, api.ResultInfo{}, err
	}
	v, sc, err := d.readImports(ctx, account)
	if err != nil {
		return nil, api.ResultInfo{}, err
	}
	defer v.close()
	info := api.ResultInfo{Page: plain.Page, PerPage: plain.PageSize}
	if err := v.s.queryRow(ctx, "SELECT count(*) FROM import_run WHERE account = ? AND "+importDid, sc.account).Scan(&info.TotalCount); err != nil {
		return nil, info, fmt.Errorf("reading the imports: %w", err)
	}
	out := []api.ImportRun{}
	err = v.s.each(ctx, `SELECT uuid, at, actor, name, created, updated, undone FROM import_run WHERE account = ? AND `+importDid+`
		ORDER BY id DESC LIMIT ? OFFSET ?`, []any{sc.account, plain.PageSize, (plain.Page - 1) * plain.PageSize}, func(r *sql.Rows) error {
		run := api.ImportRun{}
		var at int64
		err := r.Scan(&run.ID, &at, &run.Actor, &run.Name, &run.Created, &run.Updated, &run.Undone)
		run.At = timeOf(at)
		out = append(out, run)
		return err
	})
	if err != nil {
		return nil, info, fmt.Errorf("reading the imports: %w", err)
	}
	info.Count, info.TotalPages = len(out), (info.TotalCount+plain.PageSize-1)/plain.PageSize
	return out, info, nil
}

func (d *DB) readImports(ctx context.Context, account string) (*readTx, scope, error) {
	v, err := d.readTx(ctx)
	if err != nil {
		return nil, scope{}, err
	}
	sc, err := v.scope(ctx, account, nil)
	if err != nil {
		v.close()
		return nil, scope{}, err
	}
	return v, sc, nil
}

// Imported lists events that an import made or changed and that are there,
// limit of them after a place.
func (d *DB) Imported(ctx context.Context, account, run string, after int64, limit int) (api.ImportedEvents, error) {
	if err := limitOf(ctx).journals(); err != nil {
		return api.ImportedEvents{}, err
	}
	limit, err := importLimit(limit)
	if err != nil {
		return api.ImportedEvents{}, err
	}
	v, sc, err := d.readImports(ctx, account)
	if err != nil {
		return api.ImportedEvents{}, err
	}
	defer v.close()
	id, err := v.s.importID(ctx, sc.account, run)
	if err != nil {
		return api.ImportedEvents{}, err
	}
	out, n := api.ImportedEvents{IDs: []string{}}, 0
	err = v.s.each(ctx, `SELECT i.event, substr(e.doc, 2, 16) FROM imported i LEFT JOIN event e ON e.id = i.event
		WHERE i.run = ? AND i.event > ? ORDER BY i.event LIMIT ?`, []any{id, after, limit}, func(r *sql.Rows) error {
		var key sql.RawBytes
		n++
		err := r.Scan(&out.Next, &key)
		if len(key) > 0 {
			out.IDs = append(out.IDs, uuidText(key))
		}
		return err
	})
	if err != nil {
		return api.ImportedEvents{}, fmt.Errorf("reading what was imported: %w", err)
	}
	if n < limit {
		out.Next = 0
	}
	return out, nil
}

func importLimit(n int) (int, error) {
	switch {
	case n == 0:
		return importPage, nil
	case n < 0 || n > 10*importPage:
		return 0, api.Errorf(http.StatusBadRequest, "limit: want 1..%d, got %d", 10*importPage, n)
	}
	return n, nil
}

// importID is the number of an import; a 404 *api.Error where there is none.
func (s *session) importID(ctx context.Context, account int64, run string) (id int64, err error) {
	err = s.queryRow(ctx, "SELECT id FROM import_run WHERE account = ? AND uuid = ?", account, strings.ToLower(run)).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, api.Errorf(http.StatusNotFound, "no import %q", short(run))
	}
	if err != nil {
		return 0, fmt.Errorf("reading the imports: %w", err)
	}
	return id, nil
}

// UndoImport takes a part of an import back: what it made is deleted, what it
// changed is as it was before. An event that was edited since stays as it is
// and is named, and so does what a later import has as well: that one has it
// from then on. It is a change like any other, which a revert takes back.
func (d *DB) UndoImport(ctx context.Context, who Actor, account, run string, u api.UndoImport) (api.UndoneImport, error) {
	if err := limitOf(ctx).journals(); err != nil {
		return api.UndoneImport{}, err
	}
	limit, err := importLimit(u.Limit)
	if err != nil {
		return api.UndoneImport{}, err
	}
	var out api.UndoneImport
	err = d.edit(ctx, who, account, opUndoImport, func(e *edit) error {
		id, err := e.c.s.importID(ctx, e.c.account, run)
		if err != nil {
			return err
		}
		t := importUndo{edit: e, run: id, out: &out, edited: len(u.Events) > 0}
		list, err := t.list(u.After, limit)
		if err != nil {
			return err
		}
		if t.edited {
			if list, err = t.named(u.Events); err != nil {
				return err
			}
		}
		for _, a := range list {
			if err := t.undo(a); err != nil {
				return err
			}
			out.Next = a.event
		}
		if len(list) == limit && !t.edited {
			return nil
		}
		if out.Next = 0; t.edited {
			return nil
		}
		if _, err := e.c.s.exec(ctx, "UPDATE import_run SET undone = 1 WHERE id = ?", id); err != nil {
			return fmt.Errorf("noting that the import was taken back: %w", err)
		}
		return nil
	})
	if err != nil {
		return api.UndoneImport{}, err
	}
	return out, nil
}

// importUndo takes an import back.
type importUndo struct {
	*edit
	run    int64
	edited bool // what was edited since is taken back as well
	out    *api.UndoneImport
}

// named reads what the import left of some events.
func (t *importUndo) named(uuids []string) ([]*importedAs, error) {
	if len(uuids) > importPage {
		return nil, api.Errorf(http.StatusBadRequest, "events: want at most %d, got %d", importPage, len(uuids))
	}
	var out []*importedAs
	for _, text := range uuids {
		u, err := uuid.Parse(text)
		if err != nil {
			return nil, api.Errorf(http.StatusBadRequest, "events: want UUIDs, got %q", short(text))
		}
		id, _, err := t.c.s.lookup(t.c.ctx, t.c.account, u)
		if err != nil {
			return nil, err
		}
		before := len(out)
		err = t.c.s.each(t.c.ctx, `SELECT event, run, source, version, hash, tlp, made FROM imported WHERE run = ? AND event = ?`, []any{t.run, id}, func(r *sql.Rows) error {
			a, err := scanImported(r)
			out = append(out, a)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("reading what was imported: %w", err)
		}
		if len(out) == before {
			return nil, api.Errorf(http.StatusNotFound, "the import has no event %q", short(text))
		}
	}
	return out, nil
}

// list reads what the import left, from an event on.
func (t *importUndo) list(after int64, limit int) (out []*importedAs, err error) {
	err = t.c.s.each(t.c.ctx, `SELECT event, run, source, version, hash, tlp, made FROM imported WHERE run = ? AND event > ? ORDER BY event LIMIT ?`,
		[]any{t.run, after, limit}, func(r *sql.Rows) error {
			a, err := scanImported(r)
			out = append(out, a)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("reading what was imported: %w", err)
	}
	return out, nil
}

func (t *importUndo) undo(a *importedAs) error {
	now, err := t.row(a.event)
	if err != nil {
		return err
	}
	home := -1 // of the datasets; none where the event's was deleted
	if now != nil {
		home = slices.IndexFunc(t.c.datasets, func(d datasetRow) bool { return d.id == now.dataset })
	}
	if home < 0 {
		t.out.Gone++
		return nil
	}
	if a.how == importShared {
		t.out.Shared++
		return t.forget(a)
	}
	reason, err := t.changedSince(a, now)
	if err != nil {
		return err
	}
	if reason == "" && a.how == importMade {
		t.out.Deleted++
		return t.remove(a.event)
	}
	if reason == "" {
		reason, err = t.restore(a, now)
	}
	if reason != "" {
		t.out.Kept = append(t.out.Kept, api.KeptEvent{UUID: uuidText(now.doc.uuid[:]), DatasetID: t.c.datasets[home].UUID, Reason: reason})
	}
	return err
}

// changedSince tells why an event isn't to be taken back, "" where nothing
// speaks against it. What a later import has as well becomes what that one made.
func (t *importUndo) changedSince(a *importedAs, now *eventRow) (string, error) {
	var changed, shared sql.NullInt64
	err := t.c.s.queryRow(t.c.ctx, `SELECT min(CASE WHEN made <> 2 THEN run END), min(CASE WHEN made = 2 THEN run END)
		FROM imported WHERE event = ? AND run > ?`, a.event, a.run).Scan(&changed, &shared)
	switch {
	case err != nil:
		return "", fmt.Errorf("reading what was imported: %w", err)
	case changed.Valid:
		return "a later import changed it; take that one back first", nil
	case shared.Valid && a.how == importMade:
		if _, err := t.c.s.exec(t.c.ctx, "UPDATE imported SET made = 1 WHERE event = ? AND run = ?", a.event, shared.Int64); err != nil {
			return "", fmt.Errorf("noting what was imported: %w", err)
		}
		return "a later import has it as well", t.forget(a)
	case shared.Valid:
		return "a later import says the same; take that one back first", nil
	case t.edited:
		return "", nil
	}
	raw, err := t.c.s.rawRow(t.c.ctx, a.event)
	if err != nil {
		return "", err
	}
	hash, err := t.c.contentOfRow(&now.doc, raw)
	if err == nil && hash != a.hash {
		return "edited since", nil
	}
	return "", err
}

// forget drops what the import left of an event.
func (t *importUndo) forget(a *importedAs) error {
	if _, err := t.c.s.exec(t.c.ctx, "DELETE FROM imported WHERE event = ? AND run = ?", a.event, a.run); err != nil {
		return fmt.Errorf("forgetting what was imported: %w", err)
	}
	return nil
}

// restore brings back what the import overwrote.
func (t *importUndo) restore(a *importedAs, now *eventRow) (string, error) {
	var before []byte
	if err := t.c.s.queryRow(t.c.ctx, "SELECT before FROM imported WHERE event = ? AND run = ?", a.event, a.run).Scan(&before); err != nil {
		return "", fmt.Errorf("reading what was imported: %w", err)
	}
	if before == nil {
		return "it was changed too long ago to be restored", nil
	}
	was := newUndoReader()
	if err := was.read(before); err != nil {
		return "", err
	}
	next := was.events[a.event]
	if next == nil {
		return "", errPacked
	}
	var err error
	if next.doc, err = decodeDoc(next.packed); err != nil {
		return "", err
	}
	next.flags, next.dataset = now.flags, now.dataset
	if err := t.ensureTags(next.doc.lists[listTags]); err != nil {
		return "", err
	}
	if err := t.put(*next); err != nil {
		return "", err
	}
	if err := t.setRaw(a.event, was.raws[a.event]); err != nil {
		return "", err
	}
	if err := t.restoreEdges(was); err != nil {
		return "", err
	}
	if err := t.forget(a); err != nil {
		return "", err
	}
	t.out.Restored++
	return "", nil
}

func (t *importUndo) restoreEdges(was *undoReader) error {
	for k, want := range was.links {
		if _, err := t.link(k, want); err != nil {
			return err
		}
	}
	for k, want := range was.refs {
		if _, err := t.refer(k, want); err != nil {
			return err
		}
	}
	for w, want := range was.waits {
		if _, err := t.wait(w, want); err != nil {
			return err
		}
	}
	return nil
}
