package async

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
)

// Grouper is a client that counts by columns and time.
type Grouper interface {
	Groups(ctx context.Context, q api.GroupQuery) (api.Groups, error)
}

// Querier is a client that takes any GraphQL query.
type Querier interface {
	Query(ctx context.Context, query string, vars map[string]any) (json.RawMessage, error)
}

// GroupsLoaded is counts that came, or why they didn't. Read-only, as pages.
type GroupsLoaded struct {
	RequestTag
	Query  api.GroupQuery
	Groups api.Groups
	Took   time.Duration
	Cached bool
	Err    error
}

// QueryAnswered is the data of a GraphQL query, or why there is none. Data may
// stand beside an error.
type QueryAnswered struct {
	RequestTag
	Data json.RawMessage
	Took time.Duration
	Err  error
}

// Elapsed says that the time of After is over.
type Elapsed struct{ RequestTag }

// Groups asks for counts; GroupsLoaded answers. They are cached as all reading
// is; a client that can't count answers with an error.
func (l *Layer) Groups(s Slot, q api.GroupQuery, wait time.Duration, opts ...Option) tea.Cmd {
	ask := question[api.Groups]{
		key: filterKey(q.Filter) + "|" + keyOf([]any{q.Columns, q.Bucket, q.Limit, q.ByKey}),
		ask: func(ctx context.Context) (api.Groups, error) {
			c, ok := l.api.(Grouper)
			if !ok {
				return api.Groups{}, errors.New("this client counts nothing by columns")
			}
			return c.Groups(ctx, q)
		},
	}
	return demand(l, s, wait, opts, l.groups, ask, func(t RequestTag, o reply[api.Groups]) tea.Msg {
		return GroupsLoaded{RequestTag: t, Query: q, Groups: o.value, Took: o.took, Cached: o.cached, Err: o.err}
	})
}

// Query runs a GraphQL query; QueryAnswered tells. It is sent every time.
func (l *Layer) Query(s Slot, query string, vars map[string]any) tea.Cmd {
	ctx, tag := l.begin(s, false)
	over := make(chan struct{})
	work := func() tea.Msg {
		defer close(over)
		defer l.finish(tag)
		c, ok := l.api.(Querier)
		if !ok {
			return QueryAnswered{RequestTag: tag, Err: errors.New("this client knows no GraphQL")}
		}
		start := time.Now()
		data, err := c.Query(ctx, query, vars)
		return unless(ctx, QueryAnswered{RequestTag: tag, Data: slices.Clone(data), Took: time.Since(start), Err: err})
	}
	return tea.Batch(work, l.slow(ctx, tag, 0, over))
}

// After sends Elapsed when d is over, unless something else begins on the slot
// or the session ends before.
func (l *Layer) After(s Slot, d time.Duration) tea.Cmd {
	ctx, tag := l.begin(s, false)
	return func() tea.Msg {
		defer l.finish(tag)
		if !pauseOver(ctx, d) {
			return nil
		}
		return Elapsed{tag}
	}
}
