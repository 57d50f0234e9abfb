// Package guard keeps a role on an account whose server knows nothing of
// roles: every question is narrowed to what the role may see before it is sent,
// every answer is looked at when it comes, and what can't be narrowed exactly
// is refused.
package guard

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"threatbench/api"
	"threatbench/api/async"
)

// Kind is how much a role may change.
type Kind int

// The kinds.
const (
	Read   Kind = iota // nothing
	Triage             // events, and what is one's own
	Admin              // everything
)

// Rights is what a role may see and do.
type Rights struct {
	Kind     Kind
	Datasets []string // names or ids of what may be seen; none means all
	MaxTLP   api.TLP  // what may be seen at most; api.TLPNone means everything
}

func (r Rights) limited() bool { return len(r.Datasets) > 0 || r.MaxTLP != api.TLPNone }

// How long it is believed that an event may be seen, and that the datasets are
// those there are.
const (
	holds    = time.Minute
	mostSeen = 20_000
)

// API is a client under a role's rights. Whatever it isn't known how to keep
// the rights in is refused with a 403 *api.Error that says why. It is safe for
// concurrent use.
type API struct {
	inner  async.Client
	rights Rights
	now    func() time.Time
	key    [32]byte    // signs cursors
	whole  atomic.Bool // the server counts whole datasets only

	mu       sync.Mutex
	datasets []api.Dataset // those that may be seen, nil until asked for
	asked    time.Time
	seen     map[string]sighting // events that came in a narrowed answer, by folded id
}

// sighting is an event that may be seen, or might a moment ago.
type sighting struct {
	dataset string
	at      time.Time
}

// New puts a client under rights.
func New(c async.Client, r Rights, now func() time.Time) *API {
	g := &API{inner: c, rights: r, now: now, seen: map[string]sighting{}}
	_, _ = rand.Read(g.key[:]) // it never fails
	return g
}

func refused(format string, args ...any) error {
	return api.Errorf(http.StatusForbidden, format, args...)
}

// wholeOnly refuses, to a role that sees a part, what can't be narrowed.
func (g *API) wholeOnly(what string) error {
	if g.rights.limited() {
		return refused("%s: not for a role that sees a part of the events: this server can't narrow it", what)
	}
	return nil
}

// mayWrite refuses changes to a role without the right to them.
func (g *API) mayWrite(least Kind) error {
	switch {
	case g.rights.Kind >= least:
		return nil
	case g.rights.Kind == Read:
		return refused("this role only reads")
	}
	return refused("this needs the role admin")
}

// allowed are the datasets that may be seen, as the server has them.
func (g *API) allowed(ctx context.Context) ([]api.Dataset, error) {
	g.mu.Lock()
	known, fresh := g.datasets, g.now().Sub(g.asked) < holds
	g.mu.Unlock()
	if known != nil && fresh {
		return known, nil
	}
	all, err := g.inner.Datasets(ctx)
	if err != nil {
		return nil, err
	}
	mine := []api.Dataset{}
	for _, d := range all {
		if g.allows(d) {
			mine = append(mine, d)
		}
	}
	g.mu.Lock()
	g.datasets, g.asked = mine, g.now()
	g.mu.Unlock()
	return mine, nil
}

func (g *API) allows(d api.Dataset) bool {
	return len(g.rights.Datasets) == 0 || slices.ContainsFunc(g.rights.Datasets, func(want string) bool {
		return api.Fold(want) == api.Fold(d.UUID) || api.Fold(want) == api.Fold(d.Name)
	})
}

// marked tells whether a marking may be seen; an unknown one counts as red.
func (g *API) marked(tlp string) bool {
	t, known := api.ParseTLP(tlp)
	if !known {
		t = api.TLPRed
	}
	return g.rights.MaxTLP == api.TLPNone || t <= g.rights.MaxTLP
}

// spellings are the markings that may be seen, in every usual spelling.
func (g *API) spellings() []string {
	var out []string
	for _, s := range []string{"clear", "white", "green", "amber", "amber+strict", "amber-strict", "red"} {
		if g.marked(s) {
			out = append(out, s)
		}
	}
	return out
}

// errNothing says that nothing can match.
var errNothing = refused("this role sees no dataset of the account")

// narrow adds to a query what keeps it within the rights; errNothing where
// nothing is within.
func (g *API) narrow(ctx context.Context, q api.ListQuery) (api.ListQuery, error) {
	if err := exact(q); err != nil {
		return q, err
	}
	if len(g.rights.Datasets) > 0 {
		ids, err := g.within(ctx, q.Datasets)
		if err != nil {
			return q, err
		}
		q.Datasets = ids
	}
	if g.rights.MaxTLP != api.TLPNone {
		if len(q.Search) >= api.MaxConditions {
			return q, refused("search: a role with a highest marking has %d conditions, the last is its own", api.MaxConditions-1)
		}
		q.Search = append(slices.Clone(q.Search), api.Condition{Field: api.FieldTLP, Op: api.OpIn, Values: g.spellings()})
	}
	return q, nil
}

// exact refuses queries that tell of what hangs on events, seen or unseen.
func exact(q api.ListQuery) error {
	if slices.Contains([]string{"hasChildren", "numReferences", "numReferenced"}, q.OrderBy) {
		return refused("orderBy: %s is not for a role that sees a part of the events", q.OrderBy)
	}
	for _, c := range slices.Concat(append([][]api.Condition{q.Search}, q.Branches...)...) {
		if c.Field == api.FieldHasChildren {
			return refused("search: %s is not for a role that sees a part of the events", c.Field)
		}
	}
	return nil
}

// within are the ids of the asked datasets, all that may be seen where none or
// a scope was asked for.
func (g *API) within(ctx context.Context, asked []string) ([]string, error) {
	mine, err := g.allowed(ctx)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, d := range mine {
		if len(asked) == 0 || asked[0] == api.ScopeAll || asked[0] == api.ScopeStar ||
			asked[0] == api.ScopeAnalytics && d.IsAnalytics || asked[0] == api.ScopeOperational && !d.IsAnalytics {
			ids = append(ids, d.UUID)
		}
	}
	if len(asked) > 0 && !api.IsScope(asked[0]) {
		for _, id := range asked {
			if !slices.ContainsFunc(mine, func(d api.Dataset) bool { return api.Fold(d.UUID) == api.Fold(id) }) {
				return nil, noDataset(id)
			}
		}
		ids = asked
	}
	switch {
	case len(ids) == 0:
		return nil, errNothing
	case len(ids) > api.MaxDatasets:
		return nil, refused("datasetId: this role sees %d datasets, a query takes %d: name some", len(ids), api.MaxDatasets)
	}
	return ids, nil
}

func noDataset(id string) error { return api.Errorf(http.StatusNotFound, "no dataset %q", id) }

func noEvent(id string) error { return api.Errorf(http.StatusNotFound, "no event %q", id) }

// inside tells whether an event that came is within the rights. mine are the
// datasets that may be seen, where the rights limit them.
func (g *API) inside(e *api.Event, mine []api.Dataset) bool {
	if !g.marked(e.TLP) {
		return false
	}
	return len(g.rights.Datasets) == 0 || slices.ContainsFunc(mine, func(d api.Dataset) bool { return api.Fold(d.UUID) == api.Fold(e.DatasetID) })
}

// bare is an event without what it tells of others, which may be hidden.
func bare(e api.Event) api.Event {
	e.HasChildren, e.NumReferences, e.NumReferenced = false, 0, 0
	e.References, e.Referenced, e.ReferencesIDs, e.ReferencedIDs = nil, nil, nil, nil
	return e
}

// take looks at the events of a narrowed answer. One that is outside says that
// the server doesn't filter as it should, so that its counts can't be believed
// either: the whole answer is refused.
func (g *API) take(ctx context.Context, p api.Page) (api.Page, error) {
	mine, err := g.mine(ctx)
	if err != nil {
		return api.Page{}, err
	}
	for i := range p.Events {
		if !g.inside(&p.Events[i], mine) {
			return api.Page{}, refused("the server does not keep to this role's limits: its answer was dropped")
		}
	}
	p.Events = slices.Clone(p.Events)
	for i := range p.Events {
		p.Events[i] = bare(p.Events[i])
	}
	g.remember(p.Events)
	if p.Info.Cursor != "" {
		p.Info.Cursor = g.sign(p.Info.Cursor)
	}
	return p, nil
}

// mine is allowed where the rights limit the datasets.
func (g *API) mine(ctx context.Context) ([]api.Dataset, error) {
	if len(g.rights.Datasets) == 0 {
		return nil, nil
	}
	return g.allowed(ctx)
}

func (g *API) remember(events []api.Event) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.seen)+len(events) > mostSeen {
		clear(g.seen)
	}
	for i := range events {
		g.seen[api.Fold(events[i].UUID)] = sighting{events[i].DatasetID, g.now()}
	}
}

// sign marks a cursor as one of a narrowed query, since it carries its filter.
func (g *API) sign(cursor string) string {
	return base64.RawURLEncoding.EncodeToString(g.mac(cursor)) + "." + cursor
}

func (g *API) mac(s string) []byte {
	h := hmac.New(sha256.New, g.key[:])
	_, _ = h.Write([]byte(s)) // it never fails
	return h.Sum(nil)[:16]
}

// signed is the server's cursor in one that was given out here.
func (g *API) signed(s string) (string, error) {
	tag, cursor, _ := strings.Cut(s, ".")
	mac, err := base64.RawURLEncoding.DecodeString(tag)
	if err != nil || !hmac.Equal(mac, g.mac(cursor)) {
		return "", api.Errorf(http.StatusBadRequest, "cursor: not one of this role")
	}
	return cursor, nil
}

// List is a page of what may be seen.
func (g *API) List(ctx context.Context, q api.ListQuery) (api.Page, error) {
	if !g.rights.limited() {
		return g.inner.List(ctx, q)
	}
	var err error
	if q.Cursor != "" {
		q.Cursor, err = g.signed(q.Cursor)
	} else {
		q, err = g.narrow(ctx, q)
	}
	if err == errNothing { //nolint:errorlint // never wrapped
		return api.Page{Events: []api.Event{}, Info: api.ResultInfo{Page: max(q.Page, 1), PerPage: q.PageSize}}, nil
	}
	if err != nil {
		return api.Page{}, err
	}
	p, err := g.inner.List(ctx, q)
	if err != nil {
		return api.Page{}, err
	}
	return g.take(ctx, p)
}

// Event is one event; what may not be seen is not there.
func (g *API) Event(ctx context.Context, dataset, id string) (api.Event, error) {
	if !g.rights.limited() {
		return g.inner.Event(ctx, dataset, id)
	}
	mine, err := g.mine(ctx)
	if err != nil {
		return api.Event{}, err
	}
	e, err := g.inner.Event(ctx, dataset, id)
	if err != nil {
		return api.Event{}, plain(err, noEvent(id))
	}
	if e.UUID == "" || !g.inside(&e, mine) {
		return api.Event{}, noEvent(id)
	}
	e = bare(e)
	g.remember([]api.Event{e})
	return e, nil
}

// plain is an error as it is, except that "not there" is said in one way,
// whether a thing is missing or hidden.
func plain(err, missing error) error {
	if api.StatusOf(err) == http.StatusNotFound {
		return missing
	}
	return err
}

// visible makes sure that an event may be seen, and tells its dataset.
func (g *API) visible(ctx context.Context, dataset, id string) (string, error) {
	g.mu.Lock()
	s, known := g.seen[api.Fold(id)]
	g.mu.Unlock()
	if known && g.now().Sub(s.at) < holds && s.dataset != "" {
		return s.dataset, nil
	}
	e, err := g.Event(ctx, dataset, id)
	return e.DatasetID, err
}

// Raw is the raw record of an event that may be seen, where its own marking is
// within, too.
func (g *API) Raw(ctx context.Context, dataset, id string) (api.Raw, error) {
	if !g.rights.limited() {
		return g.inner.Raw(ctx, dataset, id)
	}
	in, err := g.visible(ctx, dataset, id)
	if err != nil {
		return api.Raw{}, err
	}
	return g.record(g.inner.Raw(ctx, in, id))
}

// RawByID is Raw of one of the records of an event.
func (g *API) RawByID(ctx context.Context, event, raw string) (api.Raw, error) {
	if !g.rights.limited() {
		return g.inner.RawByID(ctx, event, raw)
	}
	if _, err := g.visible(ctx, "", event); err != nil {
		return api.Raw{}, err
	}
	return g.record(g.inner.RawByID(ctx, event, raw))
}

func (g *API) record(r api.Raw, err error) (api.Raw, error) {
	if err == nil && r.TLP != "" && !g.marked(r.TLP) {
		return api.Raw{}, refused("the raw record is marked above what this role may see")
	}
	return r, err
}

// Summary is the counts of what may be seen. Where the server counts whole
// datasets only, and they hold more than that, the total alone is told.
func (g *API) Summary(ctx context.Context, q api.SummaryQuery) (api.Summary, error) {
	if !g.rights.limited() {
		return g.inner.Summary(ctx, q)
	}
	if slices.ContainsFunc(q.Facets, hanging) {
		return api.Summary{}, refused("facets: what hangs on events is not for a role that sees a part of them")
	}
	narrowed, err := g.narrow(ctx, q.Filter)
	if err == errNothing { //nolint:errorlint // never wrapped
		return unknownFacets(q), nil
	}
	if err != nil {
		return api.Summary{}, err
	}
	if g.rights.MaxTLP == api.TLPNone || !g.whole.Load() {
		asked := q
		asked.Filter = narrowed
		s, err := g.inner.Summary(ctx, asked)
		if err != nil || g.rights.MaxTLP == api.TLPNone || !s.Unfiltered {
			return s, err
		}
		g.whole.Store(true)
	}
	narrowed.PageSize = 1
	p, err := g.inner.List(ctx, narrowed)
	if err == nil {
		p, err = g.take(ctx, p)
	}
	s := unknownFacets(q)
	s.Total = p.Info.TotalCount
	return s, err
}

func unknownFacets(q api.SummaryQuery) api.Summary {
	s := api.Summary{}
	for _, column := range q.Facets {
		s.Facets = append(s.Facets, api.Facet{Column: column})
	}
	return s
}

// hanging tells whether a column counts what hangs on events.
func hanging(column string) bool {
	return slices.Contains([]string{"hasChildren", "numReferences", "numReferenced", "references", "referenced"}, column)
}

// Groups is counts of what may be seen, where the server can make them.
func (g *API) Groups(ctx context.Context, q api.GroupQuery) (api.Groups, error) {
	if !g.rights.limited() {
		return g.inner.Groups(ctx, q)
	}
	if slices.ContainsFunc(q.Columns, hanging) {
		return api.Groups{}, g.wholeOnly("counting what hangs on events")
	}
	narrowed, err := g.narrow(ctx, q.Filter)
	if err == errNothing { //nolint:errorlint // never wrapped
		return api.Groups{}, nil
	}
	if err != nil {
		return api.Groups{}, err
	}
	const what = "counting by columns"
	if g.rights.MaxTLP != api.TLPNone && g.whole.Load() {
		return api.Groups{}, g.wholeOnly(what)
	}
	q.Filter = narrowed
	res, err := g.inner.Groups(ctx, q)
	if err == nil && g.rights.MaxTLP != api.TLPNone && res.Unfiltered {
		g.whole.Store(true)
		return api.Groups{}, g.wholeOnly(what)
	}
	return res, err
}

// Aggregate counts whole datasets, so it is for roles that see them whole.
func (g *API) Aggregate(ctx context.Context, q api.AggregateQuery) (api.AggregateResult, error) {
	if !g.rights.limited() {
		return g.inner.Aggregate(ctx, q)
	}
	if g.rights.MaxTLP != api.TLPNone || slices.ContainsFunc(q.AggregateBy, hanging) {
		return api.AggregateResult{}, g.wholeOnly("aggregates")
	}
	ids, err := g.within(ctx, q.Datasets)
	if err != nil {
		return api.AggregateResult{}, err
	}
	q.Datasets = ids
	return g.inner.Aggregate(ctx, q)
}

// Query is a query of the GraphQL console, which nobody can narrow.
func (g *API) Query(ctx context.Context, query string, vars map[string]any) (json.RawMessage, error) {
	if err := g.wholeOnly("GraphQL"); err != nil {
		return nil, err
	}
	return g.inner.Query(ctx, query, vars)
}

// Graph is edges between nodes, of which the server shows all.
func (g *API) Graph(ctx context.Context, q api.GraphQuery) (api.Graph, error) {
	if err := g.wholeOnly("the graph"); err != nil {
		return api.Graph{}, err
	}
	return g.inner.Graph(ctx, q)
}

// Related is the events around one, of which the server shows all.
func (g *API) Related(ctx context.Context, id string, q api.RelatedQuery) (api.Page, error) {
	if err := g.wholeOnly("related events"); err != nil {
		return api.Page{}, err
	}
	return g.inner.Related(ctx, id, q)
}

// Datasets are those that may be seen.
func (g *API) Datasets(ctx context.Context) ([]api.Dataset, error) {
	if len(g.rights.Datasets) == 0 {
		return g.inner.Datasets(ctx)
	}
	mine, err := g.allowed(ctx)
	return slices.Clone(mine), err
}

// Dataset is one that may be seen.
func (g *API) Dataset(ctx context.Context, id string) (api.Dataset, error) {
	if len(g.rights.Datasets) == 0 {
		return g.inner.Dataset(ctx, id)
	}
	if _, err := g.within(ctx, []string{id}); err != nil {
		return api.Dataset{}, err
	}
	return g.inner.Dataset(ctx, id)
}
