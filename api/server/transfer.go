package server

import (
	"threatbench/api/store"
)

// moveEvents takes events to another dataset. What isn't there is listed by
// its place in the request; the rest is moved.
func (c *call) moveEvents() error {
	t, err := c.transfer()
	if err != nil {
		return err
	}
	res, err := c.s.db.Move(c.ctx(), c.who, c.account, t)
	if err != nil {
		return err
	}
	return c.ok(res)
}

// copyEvents makes copies of events in another dataset, under new UUIDs.
func (c *call) copyEvents() error {
	t, err := c.transfer()
	if err != nil {
		return err
	}
	res, err := c.s.db.Copy(c.ctx(), c.who, c.account, t)
	if err != nil {
		return err
	}
	return c.ok(res)
}

func (c *call) transfer() (store.Transfer, error) {
	t := store.Transfer{From: c.params[0]}
	p, err := c.query()
	if err != nil {
		return t, err
	}
	if t.KeepRaw, err = p.boolean("keepRawData", false); err != nil {
		return t, err
	}
	var in struct {
		To       string   `json:"destDatasetId"`
		EventIDs []string `json:"eventIds"`
	}
	if err := c.decode(&in); err != nil {
		return t, err
	}
	t.To, t.EventIDs = in.To, in.EventIDs
	return t, nil
}
