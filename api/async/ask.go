package async

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
)

// Answer is what became of a question: the value, or why it didn't come.
// Values are shared with the cache: treat them as read-only. An Err with
// api.ErrUnsupported in its chain means that the server has no such feature.
type Answer[Q, V any] struct {
	RequestTag
	Query  Q
	Value  V
	Took   time.Duration // of the call, 0 where Cached
	Cached bool
	Err    error
}

// The questions that need more than one word.
type (
	// RevertOf asks what a revert of a dataset would change.
	RevertOf struct {
		Dataset string
		To      api.Revert
	}
	// AlertOn asks what an alert on a query would have told of the last days.
	AlertOn struct {
		QueryID int64
		Days    int
	}
	// NodesOf asks which nodes of the graph are meant: of an indicator or a tag
	// the ID may be the value.
	NodesOf struct{ Refs []api.NodeRef }
	// Everything is the question after a whole list.
	Everything struct{}
)

// The results of this file, to be told apart in a type switch.
type (
	GraphLoaded    = Answer[api.GraphQuery, api.Graph]
	NodesFound     = Answer[NodesOf, []api.GraphNode]
	QueriesLoaded  = Answer[Everything, []api.SavedQuery]
	AlertsLoaded   = Answer[Everything, []api.Alert]
	InboxLoaded    = Answer[api.InboxQuery, api.Inbox]
	HistoryLoaded  = Answer[api.HistoryQuery, api.History]
	PreviewLoaded  = Answer[RevertOf, api.RevertPreview]
	AlertTested    = Answer[AlertOn, api.AlertTest]
	DatasetsLoaded = Answer[Everything, []api.Dataset]
)

// asked are the caches of the questions of this file.
type asked struct {
	graphs    *cache[api.Graph]
	nodes     *cache[[]api.GraphNode]
	queries   *cache[[]api.SavedQuery]
	alerts    *cache[[]api.Alert]
	inboxes   *cache[api.Inbox]
	histories *cache[api.History]
	previews  *cache[api.RevertPreview]
	datasets  *cache[[]api.Dataset]
	tests     *cache[api.AlertTest]
}

func newAsked(ctx context.Context, o Options) asked {
	return asked{
		graphs:    newCache[api.Graph](ctx, o.Details),
		nodes:     newCache[[]api.GraphNode](ctx, o.Details),
		queries:   newCache[[]api.SavedQuery](ctx, 1),
		alerts:    newCache[[]api.Alert](ctx, 1),
		inboxes:   newCache[api.Inbox](ctx, o.Pages),
		histories: newCache[api.History](ctx, o.Pages),
		previews:  newCache[api.RevertPreview](ctx, 1),
		datasets:  newCache[[]api.Dataset](ctx, 1),
		tests:     newCache[api.AlertTest](ctx, o.Summaries),
	}
}

// drop forgets what a change of data may have made wrong.
func (a asked) drop() {
	a.graphs.forget()
	a.nodes.forget()
	a.queries.forget()
	a.alerts.forget()
	a.inboxes.forget()
	a.histories.forget()
	a.previews.forget()
	a.tests.forget()
}

// answer is demand for a question whose fact is an Answer.
func answer[Q, V any](l *Layer, s Slot, q Q, wait time.Duration, opts []Option, sh *cache[V], ask func(context.Context) (V, error)) tea.Cmd {
	return answerKept(l, s, q, wait, opts, sh, question[V]{key: keyOf(q), ask: ask})
}

func answerKept[Q, V any](l *Layer, s Slot, q Q, wait time.Duration, opts []Option, sh *cache[V], ask question[V]) tea.Cmd {
	return demand(l, s, wait, opts, sh, ask, func(t RequestTag, o reply[V]) tea.Msg {
		return Answer[Q, V]{RequestTag: t, Query: q, Value: o.value, Took: o.took, Cached: o.cached, Err: o.err}
	})
}

// Graph asks for the edges one step around some nodes; GraphLoaded answers. A
// server without a graph is asked for related events instead, one call per
// event and direction; Value.Derived then says so.
func (l *Layer) Graph(s Slot, q api.GraphQuery, wait time.Duration, opts ...Option) tea.Cmd {
	return answer(l, s, q, wait, opts, l.graphs, func(ctx context.Context) (api.Graph, error) {
		return through(l.api, "graph", func(g Grapher) (api.Graph, error) { return graphOf(ctx, l.api, g, q) })
	})
}

// Nodes asks which nodes the indicators and tags given by their values are;
// NodesFound answers, in the order of refs. On a server without a graph they
// are their values, which Graph then takes.
func (l *Layer) Nodes(s Slot, refs []api.NodeRef, opts ...Option) tea.Cmd {
	return answer(l, s, NodesOf{refs}, 0, opts, l.nodes, func(ctx context.Context) ([]api.GraphNode, error) {
		return through(l.api, "graph", func(g Grapher) ([]api.GraphNode, error) { return nodesOf(ctx, l.api, g, refs) })
	})
}

// SavedQueries asks for the saved queries; QueriesLoaded answers.
func (l *Layer) SavedQueries(s Slot, opts ...Option) tea.Cmd {
	return answer(l, s, Everything{}, 0, opts, l.queries, func(ctx context.Context) ([]api.SavedQuery, error) {
		return through(l.api, "saved queries", func(a Saver) ([]api.SavedQuery, error) { return a.SavedQueries(ctx) })
	})
}

// Alerts asks for the alerts; AlertsLoaded answers.
func (l *Layer) Alerts(s Slot, opts ...Option) tea.Cmd {
	return answer(l, s, Everything{}, 0, opts, l.alerts, func(ctx context.Context) ([]api.Alert, error) {
		return through(l.api, "alerts", func(a Saver) ([]api.Alert, error) { return a.Alerts(ctx) })
	})
}

// TestAlert asks what an alert on a saved query would have told of the last
// days, 0 being as many as the server likes; AlertTested answers.
func (l *Layer) TestAlert(s Slot, query int64, days int, opts ...Option) tea.Cmd {
	return answer(l, s, AlertOn{query, days}, 0, opts, l.tests, func(ctx context.Context) (api.AlertTest, error) {
		return through(l.api, "testing an alert", func(r Rehearser) (api.AlertTest, error) { return r.TestAlert(ctx, query, days) })
	})
}

// Inbox asks for what alerts fired; InboxLoaded answers.
func (l *Layer) Inbox(s Slot, q api.InboxQuery, opts ...Option) tea.Cmd {
	return answer(l, s, q, 0, opts, l.inboxes, func(ctx context.Context) (api.Inbox, error) {
		return through(l.api, "inbox", func(a Saver) (api.Inbox, error) { return a.Inbox(ctx, q) })
	})
}

// History asks for the journal of changes; HistoryLoaded answers.
func (l *Layer) History(s Slot, q api.HistoryQuery, wait time.Duration, opts ...Option) tea.Cmd {
	return answer(l, s, q, wait, opts, l.histories, func(ctx context.Context) (api.History, error) {
		return through(l.api, "history", func(h Historian) (api.History, error) { return h.History(ctx, q) })
	})
}

// RevertPreview asks what a revert would change; PreviewLoaded answers. It is
// never kept: others may change the dataset meanwhile.
func (l *Layer) RevertPreview(s Slot, dataset string, to api.Revert, wait time.Duration) tea.Cmd {
	q := RevertOf{dataset, to}
	return answerKept(l, s, q, wait, nil, l.previews, question[api.RevertPreview]{
		key: keyOf(q),
		ask: func(ctx context.Context) (api.RevertPreview, error) {
			return through(l.api, "previewing a revert", func(h Historian) (api.RevertPreview, error) { return h.RevertPreview(ctx, dataset, to) })
		},
		keep: func(api.RevertPreview) bool { return false },
	})
}

// Datasets asks for the datasets alone, where Catalogs would ask for much that
// nobody needs; DatasetsLoaded answers. What comes is the catalogue's, too.
func (l *Layer) Datasets(s Slot, opts ...Option) tea.Cmd {
	return answer(l, s, Everything{}, 0, opts, l.datasets, func(ctx context.Context) ([]api.Dataset, error) {
		_, epoch := l.known.missing()
		list, err := l.api.Datasets(ctx)
		if err == nil {
			l.known.put(CatalogDatasets, func(c *Catalogs) { c.Datasets = list }, epoch)
		}
		return list, err
	})
}

// NotificationsMarked says that notifications of the inbox were marked.
type NotificationsMarked struct {
	RequestTag
	IDs  []int64
	Read bool
	Err  error
}

// MarkRead marks notifications as read, or as unread again;
// NotificationsMarked answers. It is no Change: there is nothing to take back.
func (l *Layer) MarkRead(s Slot, ids []int64, read bool) tea.Cmd {
	ctx, tag := l.begin(s, false)
	return func() tea.Msg {
		defer l.finish(tag)
		start := time.Now()
		_, err := through(l.api, "inbox", func(a Saver) (Everything, error) { return Everything{}, a.MarkRead(ctx, ids, read) })
		l.inboxes.forget()
		l.record(start, marked(ids, err))
		return unless(ctx, NotificationsMarked{RequestTag: tag, IDs: ids, Read: read, Err: err})
	}
}

// marked is what became of notifications, as a record tells it.
func marked(ids []int64, err error) ChangeResult {
	on := make([]Target, len(ids))
	for i, id := range ids {
		on[i] = numbered(id)
	}
	r := ChangeResult{Change: changeOf(KindInbox, "mark notifications", nil, on), Err: err}
	switch f, _ := outcomeOf(err); f {
	case done:
		r.Done = on
	case unknown:
		r.Unknown = on
	case refused:
		for _, t := range on {
			r.Failed = append(r.Failed, Failure{Target: t, Reason: err.Error()})
		}
	default:
		r.NotBegun = on
	}
	return r
}
