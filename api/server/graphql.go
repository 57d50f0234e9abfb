package server

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"sync"

	graphql "github.com/graph-gophers/graphql-go"
	gqlerrors "github.com/graph-gophers/graphql-go/errors"
	"github.com/graph-gophers/graphql-go/trace/noop"

	"threatbench/api"
	"threatbench/api/server/introspection"
	"threatbench/api/store"
)

//go:embed schema.graphql
var schemaText string

// The limits of a GraphQL query. The standard introspection query needs a
// depth of 13; the schema's own data is at most 4 deep.
const (
	maxQueryLength = 64 << 10
	maxQueryDepth  = 16
	maxQueryCost   = 200    // see cost
	maxSelections  = 5_000  // fields after fragments are spread out
	maxOverlaps    = 50_000 // pairs compared for whether they may be merged
	maxGroupRows   = 10_000
	maxTimeBuckets = 10_000
	maxParallel    = 64 // resolvers of a request at once: more than the events fields that the cost lets wait
)

// What the parts of a query cost: selecting reads every event once, grouping
// and the timeline count the selected ones once more.
const (
	costOfSelect = 10
	costOfCount  = 2
)

// graphqlEndpoint runs GraphQL queries against the store.
type graphqlEndpoint struct {
	schema *graphql.Schema
	log    *slog.Logger
}

func newGraphQL(db *store.DB, log *slog.Logger) (*graphqlEndpoint, error) {
	schema, err := graphql.ParseSchema(schemaText, &queryResolver{db},
		graphql.UseStringDescriptions(), graphql.UseFieldResolvers(),
		graphql.MaxDepth(maxQueryDepth), graphql.MaxQueryLength(maxQueryLength),
		graphql.MaxSelections(maxSelections), graphql.OverlapValidationLimit(maxOverlaps),
		graphql.MaxParallelism(maxParallel), graphql.Tracer(turnTracer{}), graphql.Logger(panicLog{log}), graphql.PanicHandler(panicMessage{}))
	if err != nil {
		return nil, fmt.Errorf("parsing the GraphQL schema: %w", err)
	}
	return &graphqlEndpoint{schema, log}, nil
}

// queryGraphQL answers POST /v2/events/graphql: {data, errors} in both styles,
// 200 also where the query is at fault, as GraphQL has it.
func (c *call) queryGraphQL() error {
	var in struct {
		Query         string         `json:"query"`
		OperationName string         `json:"operationName"`
		Variables     map[string]any `json:"variables"`
	}
	body, err := c.body()
	if err != nil {
		return err
	}
	if len(body) > 4*maxQueryLength {
		return bad("body", fmt.Sprintf("at most %d bytes for a GraphQL request", 4*maxQueryLength), fmt.Sprint(len(body)))
	}
	if err := decodeJSON(body, &in); err != nil {
		return err
	}
	b, err := json.Marshal(c.s.graphql.run(c, in.Query, in.OperationName, in.Variables))
	if err != nil {
		return fmt.Errorf("encoding the GraphQL answer: %w", err)
	}
	return c.send(http.StatusOK, jsonType, b)
}

// run executes a query on behalf of a call.
func (g *graphqlEndpoint) run(c *call, query, operation string, variables map[string]any) *graphql.Response {
	s := &session{account: c.account, turn: make(chan struct{}, 1), failed: func(err error) { c.logFailure("GraphQL", "", err) }}
	asked := introspection.Ask(query)
	res := g.schema.Exec(context.WithValue(c.ctx(), sessionKey{}, s), asked, operation, variables)
	if asked != query {
		res.Data = introspection.Answer(res.Data)
	}
	if len(res.Data) == 0 || slices.ContainsFunc(res.Errors, atFault) {
		res.Data = json.RawMessage("null")
	}
	for _, e := range res.Errors {
		e.Message = badVerb.ReplaceAllString(e.Message, "$1")
	}
	return res
}

// atFault tells of an error whether it is the request's: it has no place in the
// answer, of which the library may have begun a part.
func atFault(e *gqlerrors.QueryError) bool { return len(e.Path) == 0 }

// badVerb is a number or a truth as the library writes it in messages.
var badVerb = regexp.MustCompile(`%!s\([a-z0-9]+=([^)]*)\)`)

// session is what one GraphQL request holds: whose events it reads, what it
// has spent, and whose turn it is.
type session struct {
	account string
	failed  func(error)
	turn    chan struct{} // holds one: the events field that has a snapshot open

	mu   sync.Mutex
	cost int
}

type sessionKey struct{}

func sessionOf(ctx context.Context) (*session, error) {
	s, ok := ctx.Value(sessionKey{}).(*session)
	if !ok {
		return nil, errors.New("a GraphQL resolver ran outside a request")
	}
	return s, nil
}

// spend counts n against the query's cost and refuses what goes past it.
func (s *session) spend(n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cost+n > maxQueryCost {
		return refused(bad("cost", fmt.Sprintf("at most %d (events costs %d, groupBy and timeline %d each)", maxQueryCost, costOfSelect, costOfCount), fmt.Sprint(s.cost+n)))
	}
	s.cost += n
	return nil
}

// opened is the snapshot that one events field holds while it and everything
// below it is answered.
type opened struct{ selection *store.Selection }

type openedKey struct{}

// open waits until no other events field of the request holds a snapshot,
// then opens one. Snapshots are few and shared by all requests: one that held
// several while waiting for more could wait for another that does the same.
func (s *session) open(ctx context.Context, db *store.DB, q api.ListQuery) (*store.Selection, error) {
	o, ok := ctx.Value(openedKey{}).(*opened)
	if !ok {
		return nil, errors.New("the events field isn't traced")
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	sel, err := db.Select(ctx, s.account, q)
	if err != nil {
		<-s.turn
		return nil, err
	}
	o.selection = sel
	return sel, nil
}

// turnTracer ends an events field's turn when the library is done with the
// field and all below it, which it tells tracers only.
type turnTracer struct{ noop.Tracer }

// TraceField gives an events field a place for its snapshot, and closes it.
func (turnTracer) TraceField(ctx context.Context, _, typeName, fieldName string, _ bool, _ map[string]any) (context.Context, func(*gqlerrors.QueryError)) {
	s, err := sessionOf(ctx)
	if err != nil || typeName != "Query" || fieldName != "events" {
		return ctx, func(*gqlerrors.QueryError) {}
	}
	o := &opened{}
	return context.WithValue(ctx, openedKey{}, o), func(*gqlerrors.QueryError) {
		if o.selection != nil {
			o.selection.Close()
			<-s.turn
		}
	}
}

// shield turns an error into what a client may see: the contract's own as
// they are, others into a plain sentence, the log keeping the reason.
func (s *session) shield(err error) error {
	var known *api.Error
	if errors.As(err, &known) {
		return refused(known)
	}
	if !errors.Is(err, context.Canceled) {
		s.failed(err)
	}
	return refused(api.Errorf(http.StatusInternalServerError, "something went wrong on the server; its log explains it"))
}

// graphqlError is an error of the contract as GraphQL carries it.
type graphqlError struct{ cause *api.Error }

func (e graphqlError) Error() string { return e.cause.Error() }

func refused(err error) error {
	var known *api.Error
	if errors.As(err, &known) {
		return graphqlError{known}
	}
	return err
}

// Extensions puts the status an HTTP answer would have had beside the message.
func (e graphqlError) Extensions() map[string]any { return map[string]any{"status": e.cause.Status} }

// panicLog and panicMessage keep a resolver's panic inside its request.
type panicLog struct{ log *slog.Logger }

func (l panicLog) LogPanic(_ context.Context, value any) {
	l.log.Error("panic in GraphQL", slog.Any("panic", value))
}

type panicMessage struct{}

func (panicMessage) MakePanicError(context.Context, any) *gqlerrors.QueryError {
	return gqlerrors.Errorf("something went wrong on the server; its log explains it")
}
