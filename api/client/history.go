package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"threatbench/api"
)

// Revert puts a dataset back into an earlier state (POST
// /events/{dataset_id}/revert-do). It is sent once, like Create: a second
// time, "minutes ago" would be another moment.
func (c *Client) Revert(ctx context.Context, dataset string, r api.Revert) (api.RevertResult, error) {
	var res api.RevertResult
	req := request{method: http.MethodPost, path: eventPath(dataset) + "/revert-do", body: r}
	if err := c.write(ctx, req, &res); err != nil {
		return api.RevertResult{}, fmt.Errorf("reverting dataset %s: %w", dataset, err)
	}
	cleanRevert(&res)
	return res, nil
}

// RevertTogether puts several datasets back in one change (ours: POST
// /events/revert-do), so that events that were moved among them are where they
// were. It is sent once, like Create. A server without it finds nothing there:
// a 404 *api.Error.
func (c *Client) RevertTogether(ctx context.Context, list []api.DatasetRevert) ([]api.RevertResult, error) {
	body := struct {
		Reverts []api.DatasetRevert `json:"reverts"`
	}{list}
	var res []api.RevertResult
	if err := c.write(ctx, request{method: http.MethodPost, path: "/events/revert-do", body: body}, &res); err != nil {
		return nil, fmt.Errorf("reverting %d datasets: %w", len(list), err)
	}
	for i := range res {
		cleanRevert(&res[i])
	}
	return res, nil
}

// RevertPreview tells what a revert would change (ours: GET
// /events/dataset/{dataset_id}/revert-preview). A server without it is
// api.ErrUnsupported.
func (c *Client) RevertPreview(ctx context.Context, dataset string, r api.Revert) (api.RevertPreview, error) {
	v := url.Values{}
	setText(v, "targetTimestamp", r.TargetTimestamp)
	setText(v, "bookmark", r.Bookmark)
	if r.MinutesAgo != nil {
		v.Set("minutesAgo", strconv.FormatFloat(*r.MinutesAgo, 'f', -1, 64))
	}
	var res api.RevertPreview
	err := c.preview.use("previewing a revert", func() error {
		_, err := c.read(ctx, request{method: http.MethodGet, path: datasetPath(dataset) + "/revert-preview", query: v}, &res)
		return err
	}, c.datasetIsThere(ctx, dataset))
	if err != nil {
		return api.RevertPreview{}, fmt.Errorf("previewing the revert of dataset %s: %w", dataset, err)
	}
	cleanPreview(&res)
	return res, nil
}

// History reads a dataset's journal of changes, the newest first (ours: GET
// /events/dataset/{dataset_id}/history). A server without one is
// api.ErrUnsupported.
func (c *Client) History(ctx context.Context, q api.HistoryQuery) (api.History, error) {
	v := url.Values{}
	setInt(v, "page", q.Page)
	setInt(v, "pageSize", q.PageSize)
	var list []api.HistoryEntry
	var info *api.ResultInfo
	err := c.journal.use("history", func() (err error) {
		info, err = c.read(ctx, request{method: http.MethodGet, path: datasetPath(q.Dataset) + "/history", query: v}, &list)
		return err
	}, c.datasetIsThere(ctx, q.Dataset))
	if err != nil {
		return api.History{}, fmt.Errorf("reading the history of dataset %s: %w", q.Dataset, err)
	}
	h := api.History{Entries: list, Info: pageInfo(info, api.ListQuery{Page: q.Page, PageSize: q.PageSize}, len(list))}
	cleanHistory(&h)
	return h, nil
}

// datasetIsThere tells a missing feature from a missing dataset.
func (c *Client) datasetIsThere(ctx context.Context, dataset string) func(error) bool {
	return func(error) bool {
		_, err := c.Dataset(ctx, dataset)
		return err == nil
	}
}

// PlanImport asks what a bulk create would do (POST /events/imports/plan, of
// our own servers only). Nothing is written.
func (c *Client) PlanImport(ctx context.Context, in api.BulkCreate) (api.BulkResult, error) {
	var res api.BulkResult
	if _, err := c.read(ctx, request{method: http.MethodPost, path: "/events/imports/plan", body: in}, &res); err != nil {
		return api.BulkResult{}, fmt.Errorf("planning the import of %d events: %w", len(in.Data), err)
	}
	cleanBulk(&res)
	return res, nil
}

// Imports lists the imports, the newest first; page from 1, 0 means the first
// (GET /events/imports, of our own servers only).
func (c *Client) Imports(ctx context.Context, page, size int) ([]api.ImportRun, error) {
	v := url.Values{}
	setInt(v, "page", page)
	setInt(v, "pageSize", size)
	var out []api.ImportRun
	if _, err := c.read(ctx, request{method: http.MethodGet, path: "/events/imports", query: v}, &out); err != nil {
		return nil, fmt.Errorf("reading the imports: %w", err)
	}
	for i := range out {
		cleanFields(&out[i].ID, &out[i].Actor, &out[i].Name)
	}
	return out, nil
}

// Imported lists events that an import made or changed (GET
// /events/imports/{import_id}/events, of our own servers only).
func (c *Client) Imported(ctx context.Context, id string, after int64, limit int) (api.ImportedEvents, error) {
	v := url.Values{}
	if after > 0 { // the first page comes after nothing
		v.Set("after", strconv.FormatInt(after, 10))
	}
	setInt(v, "limit", limit)
	var out api.ImportedEvents
	if _, err := c.read(ctx, request{method: http.MethodGet, path: "/events/imports/" + url.PathEscape(id) + "/events", query: v}, &out); err != nil {
		return api.ImportedEvents{}, fmt.Errorf("reading the import %s: %w", id, err)
	}
	cleanLines(out.IDs)
	return out, nil
}

// UndoImport takes a part of an import back (POST
// /events/imports/{import_id}/undo, of our own servers only). It is sent once,
// like Create; doing it again is harmless.
func (c *Client) UndoImport(ctx context.Context, id string, u api.UndoImport) (api.UndoneImport, error) {
	var out api.UndoneImport
	if err := c.write(ctx, request{method: http.MethodPost, path: "/events/imports/" + url.PathEscape(id) + "/undo", body: u}, &out); err != nil {
		return api.UndoneImport{}, fmt.Errorf("taking the import %s back: %w", id, err)
	}
	for i := range out.Kept {
		cleanFields(&out.Kept[i].UUID, &out.Kept[i].DatasetID, &out.Kept[i].Reason)
	}
	return out, nil
}

// maxKept is how many events that stay as they are UndoWholeImport names.
const maxKept = 10_000

// UndoWholeImport takes an import back, part by part. progress may be nil; it
// is told how many events were looked at. What it counts beside an error was
// done; doing it again completes it.
func (c *Client) UndoWholeImport(ctx context.Context, id string, progress func(done int)) (api.UndoneImport, error) {
	var all api.UndoneImport
	done := 0
	for {
		part, err := c.UndoImport(ctx, id, api.UndoImport{After: all.Next})
		if err != nil {
			return all, err
		}
		all.Deleted += part.Deleted
		all.Restored += part.Restored
		all.Gone += part.Gone
		all.Shared += part.Shared
		all.Kept = append(all.Kept, part.Kept...)
		if len(all.Kept) > maxKept {
			return all, fmt.Errorf("taking the import %s back: more than %d events were edited since", id, maxKept)
		}
		done += part.Deleted + part.Restored + part.Gone + part.Shared + len(part.Kept)
		if progress != nil {
			progress(done)
		}
		if all.Next = part.Next; part.Next == 0 {
			return all, nil
		}
	}
}
