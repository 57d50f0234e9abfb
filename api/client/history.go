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
		v.Set("minutesAgo", strconv.Itoa(*r.MinutesAgo))
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
