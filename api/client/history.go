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

// RevertPreview tells what a revert would change (ours: POST
// /events/{dataset_id}/revert-preview). A server without it is
// api.ErrUnsupported.
func (c *Client) RevertPreview(ctx context.Context, dataset string, r api.Revert) (api.RevertPreview, error) {
	var res api.RevertPreview
	err := c.preview.use("previewing a revert", func() error {
		_, err := c.read(ctx, request{method: http.MethodPost, path: eventPath(dataset) + "/revert-preview", body: r}, &res)
		return err
	}, c.datasetIsThere(ctx, dataset))
	if err != nil {
		return api.RevertPreview{}, fmt.Errorf("previewing the revert of dataset %s: %w", dataset, err)
	}
	cleanPreview(&res)
	return res, nil
}

// History reads the journal of changes, the newest first (ours: GET
// /events/history, GET /events/{dataset_id}/history). A server without one is
// api.ErrUnsupported.
func (c *Client) History(ctx context.Context, q api.HistoryQuery) ([]api.HistoryEntry, error) {
	path := "/events/history"
	lacking := surely
	if q.Dataset != "" {
		path, lacking = eventPath(q.Dataset)+"/history", c.datasetIsThere(ctx, q.Dataset)
	}
	v := url.Values{}
	setInt(v, "limit", q.Limit)
	if q.Before != 0 {
		v.Set("before", strconv.FormatInt(q.Before, 10))
	}
	var list []api.HistoryEntry
	err := c.journal.use("history", func() error {
		_, err := c.read(ctx, request{method: http.MethodGet, path: path, query: v}, &list)
		return err
	}, lacking)
	if err != nil {
		return nil, fmt.Errorf("reading the history: %w", err)
	}
	for i := range list {
		cleanHistory(&list[i])
	}
	return list, nil
}

// datasetIsThere tells a missing feature from a missing dataset.
func (c *Client) datasetIsThere(ctx context.Context, dataset string) func(error) bool {
	return func(error) bool {
		_, err := c.Dataset(ctx, dataset)
		return err == nil
	}
}
