package client

import (
	"bytes"
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
	return cleanJSON(res.Data)
}

func (c *Client) graphError(items []api.ErrorItem) error {
	e := &GraphError{}
	for _, it := range items {
		e.Messages = append(e.Messages, c.redact(clean.Line(cut(it.Message))))
	}
	return e
}

// cleanJSON neutralises every string in a JSON value, keys too, and leaves
// all else, the order of keys included, as it is.
func cleanJSON(in json.RawMessage) (json.RawMessage, error) {
	var out bytes.Buffer
	for rest := []byte(in); len(rest) > 0; {
		start := bytes.IndexByte(rest, '"')
		if start < 0 {
			out.Write(rest)
			break
		}
		end := start + literalEnd(rest[start:])
		out.Write(rest[:start])
		if err := cleanLiteral(&out, rest[start:end]); err != nil {
			return nil, err
		}
		rest = rest[end:]
	}
	return out.Bytes(), nil
}

// literalEnd is the length of the string literal that b begins with.
func literalEnd(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

func cleanLiteral(out *bytes.Buffer, lit []byte) error {
	var s string
	if err := json.Unmarshal(lit, &s); err != nil {
		return fmt.Errorf("a string of the answer: %w", err)
	}
	safe := clean.Text(s)
	if safe == s {
		out.Write(lit)
		return nil
	}
	b, err := json.Marshal(safe)
	if err != nil {
		return fmt.Errorf("a string of the answer: %w", err)
	}
	out.Write(b)
	return nil
}
