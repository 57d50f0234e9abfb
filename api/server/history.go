package server

import (
	"net/http"
	"strconv"

	"threatbench/api"
)

// revert puts a dataset back into an earlier state.
func (c *call) revert() error {
	var in api.Revert
	if err := c.decode(&in); err != nil {
		return err
	}
	res, err := c.s.db.Revert(c.ctx(), c.who, c.account, c.params[0], in)
	if err != nil {
		return err
	}
	return c.ok(res)
}

// revertTogether puts several datasets back in one change (ours).
func (c *call) revertTogether() error {
	var in struct {
		Reverts []api.DatasetRevert `json:"reverts"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	res, err := c.s.db.RevertTogether(c.ctx(), c.who, c.account, in.Reverts)
	if err != nil {
		return err
	}
	return c.ok(res)
}

// previewRevert counts what a revert would change (ours).
func (c *call) previewRevert() error {
	p, err := c.query()
	if err != nil {
		return err
	}
	var r api.Revert
	if r.TargetTimestamp, err = p.text("targetTimestamp"); err != nil {
		return err
	}
	if r.Bookmark, err = p.text("bookmark"); err != nil {
		return err
	}
	minutes, err := p.text("minutesAgo")
	if err != nil {
		return err
	}
	if minutes != "" {
		n, err := strconv.ParseFloat(minutes, 64)
		if err != nil {
			return bad("minutesAgo", "a number", minutes)
		}
		r.MinutesAgo = &n
	}
	res, err := c.s.db.RevertPreview(c.ctx(), c.account, c.params[0], r)
	if err != nil {
		return err
	}
	return c.ok(res)
}

// listHistory answers a page of a dataset's journal (ours).
func (c *call) listHistory() error {
	p, err := c.query()
	if err != nil {
		return err
	}
	q := api.HistoryQuery{Dataset: c.params[0]}
	if q.Page, err = p.number("page", 0); err != nil {
		return err
	}
	if q.PageSize, err = p.number("pageSize", 0); err != nil {
		return err
	}
	h, err := c.s.db.History(c.ctx(), c.account, q)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, h.Entries, h.Info)
}
