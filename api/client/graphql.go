package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"threatbench/api"
	"threatbench/api/clean"
)

// GraphError is what a GraphQL server said in its errors.
type GraphError struct{ Messages []string }

// Error is all messages on one line.
func (e *GraphError) Error() string { return strings.Join(e.Messages, "; ") }

// Query runs a GraphQL query (POST /v2/events/graphql, or the older path) and
// returns its data, every string in it neutralised. Errors in the answer are a
// *GraphError, even where some data came along.
func (c *Client) Query(ctx context.Context, query string, vars map[string]any) (json.RawMessage, error) {
	data, err := c.query(ctx, query, vars)
	if err != nil {
		return nil, fmt.Errorf("GraphQL: %w", err)
	}
	return data, nil
}

func (c *Client) query(ctx context.Context, query string, vars map[string]any) (json.RawMessage, error) {
	body := struct {
		Query     string         `json:"query"`
		Variables map[string]any `json:"variables,omitempty"`
	}{query, vars}
	var res struct {
		Data   json.RawMessage `json:"data"`
		Errors []api.ErrorItem `json:"errors"`
	}
	post := func(path string) func() error {
		return func() error {
			_, err := c.read(ctx, request{method: http.MethodPost, path: path, body: body}, &res)
			return err
		}
	}
	if err := c.gqlPath.try(post("/v2/events/graphql"), post("/events/graphql")); err != nil {
		return nil, err
	}
	if len(res.Errors) > 0 {
		return nil, c.graphError(res.Errors)
	}
	return clean.JSON(res.Data)
}

func (c *Client) graphError(items []api.ErrorItem) error {
	e := &GraphError{}
	for _, it := range items {
		e.Messages = append(e.Messages, c.redact(clean.Line(cut(it.Message))))
	}
	return e
}
