package client

import (
	"context"
	"sync"

	"threatbench/api"
	"threatbench/api/query"
)

// understood is what the server said of itself, asked once.
type understood struct {
	mu       sync.Mutex
	asked    bool
	can      api.Capabilities
	datasets []api.Dataset // as they were when a query named one
}

// Capabilities is what the server understands beyond the contract (GET
// /capabilities), asked once.
// A server that doesn't know the question has the plain contract: no error, and
// nothing announced.
func (c *Client) Capabilities(ctx context.Context) (api.Capabilities, error) {
	c.understood.mu.Lock()
	defer c.understood.mu.Unlock()
	if c.understood.asked {
		return c.understood.can, nil
	}
	can, err := c.askCapabilities(ctx)
	if err != nil {
		return can, err
	}
	c.understood.asked, c.understood.can = true, can
	return can, nil
}

// capabilities is Capabilities for a query that depends on them: that they
// can't be had is no reason to list nothing, and the next query asks again.
func (c *Client) capabilities(ctx context.Context) (api.Capabilities, error) {
	can, err := c.Capabilities(ctx)
	if err != nil && ctx.Err() == nil {
		return api.Capabilities{}, nil
	}
	return can, err
}

// compile says a query in what the server understands; missed names what it
// can't look at.
func (c *Client) compile(ctx context.Context, q api.ListQuery) (out api.ListQuery, missed []string, err error) {
	if query.HasDataset(q) {
		if q, err = c.inDatasets(ctx, q); err != nil {
			return q, nil, err
		}
	}
	if !query.NeedsCapabilities(q) {
		return q, nil, nil
	}
	if err := q.Validate(); err != nil {
		return q, nil, err
	}
	can, err := c.capabilities(ctx)
	if err != nil {
		return q, nil, err
	}
	done, err := query.Compile(q, can)
	return done.Query, done.NotSearched, err
}

// inDatasets resolves the datasets that a query names, among those known from
// before; where that fails, among those there are now.
func (c *Client) inDatasets(ctx context.Context, q api.ListQuery) (api.ListQuery, error) {
	c.understood.mu.Lock()
	known := c.understood.datasets
	c.understood.mu.Unlock()
	if len(known) > 0 {
		if out, err := query.InDatasets(q, known); err == nil {
			return out, nil
		}
	}
	known, err := c.Datasets(ctx)
	if err != nil {
		return q, err
	}
	c.understood.mu.Lock()
	c.understood.datasets = known
	c.understood.mu.Unlock()
	return query.InDatasets(q, known)
}
