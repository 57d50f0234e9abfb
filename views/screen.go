package views

import (
	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/keymap"
	"threatbench/ui/widget/layout"
)

// The abilities below are a view's to have or not: the frame asks for each by
// its interface.

// Restyler is a view that keeps something made with the environment's styles.
type Restyler interface{ Restyle() tea.Cmd }

// Rezoned is a view that asks for something else where days are those of
// another zone.
type Rezoned interface{ Rezone() tea.Cmd }

// Sized is a view that asks the server for what its size needs.
type Sized interface{ Resize(w, h int) tea.Cmd }

// Arriver is a view that wants to know when its screen is shown: it asks for
// what it lacks then, not before anybody looks at it.
type Arriver interface{ Arrive() tea.Cmd }

// Starter is a view that asks for something as soon as the session begins, for
// its badge: it costs a call each time, so it had better be one.
type Starter interface{ Start() tea.Cmd }

// Hinter is a view that chooses which keys the bottom line shows.
type Hinter interface{ Hints() []keymap.ID }

// TabHider is a view whose tab is shown only once it has been given something to
// show.
type TabHider interface{ ShowsTab() bool }

// Badged is a view with a short word behind its tab, "" for none.
type Badged interface{ Badge() string }

// Popup is a view that draws a box over itself; x and y are relative to the
// view, no lines mean no box.
type Popup interface {
	Popup() (lines []string, x, y int)
}

// Snapshotter is a view that can be returned to as it was: Here is whatever Go needs.
type Snapshotter interface {
	Snapshot() any
	Restore(place any) tea.Cmd
}

// Targeted is a view whose events can be acted on.
type Targeted interface {
	Targets() Targets
	// Acting is how many they are, for less than making the list of them.
	Acting() int
}

// Targets is what an action on events touches: the marked events, or the one
// in hand. Known are those of them that are at hand, for a sample and for
// their present values. Elsewhere are how many of them are marked but not in the
// list as it is shown, and Absent are some of those, as they were when they were
// marked.
type Targets struct {
	On        []async.Target
	Known     []api.Event
	Elsewhere int
	Absent    []api.Event
}

// Informed is a view that wants to know what a change did; what it shows is
// asked for anew there.
type Informed interface {
	Changed(r async.ChangeResult) tea.Cmd
}

// Visitor is a view that can be shown something; see Host.Visit.
type Visitor interface{ Visit(v Visit) tea.Cmd }

// Visit is a thing to go to: the view that shows it, by its name, and what it
// is to show.
type Visit interface{ View() string }

// The names of the views, which are also those of their slots.
const (
	EventsView   = "events"
	DetailView   = "detail"
	GraphView    = "graph"
	QueriesView  = "queries"
	AlertsView   = "alerts"
	ChartsView   = "charts"
	DatasetsView = "datasets"
	ActorView    = "actor"
)

// VisitEvents goes to the events that match a filter, in the filter language.
// Datasets are ids or a scope to search; none leaves them as they are, and so
// does no OrderBy the order.
type VisitEvents struct {
	Filter         string
	Datasets       []string
	OrderBy, Order string // one of api.OrderFields, and asc or desc
}

// View names the view of events.
func (VisitEvents) View() string { return EventsView }

// VisitGraph goes to the relationships around nodes. Of an indicator or a tag
// the ID may be its value.
type VisitGraph struct{ Seeds []api.NodeRef }

// View names the view of relationships.
func (VisitGraph) View() string { return GraphView }

// VisitQuery goes to the builder with a filter. Datasets are ids or a scope to
// search; the order is as in VisitEvents, none the default one.
type VisitQuery struct {
	Filter         string
	Datasets       []string
	OrderBy, Order string
}

// View names the view of saved queries.
func (VisitQuery) View() string { return QueriesView }

// VisitAlert goes to the alert of a saved query, or to making one. Without a
// query it is the filter in force that is to be alerted on, which is saved
// first.
type VisitAlert struct{ QueryID int64 }

// View names the view of alerts.
func (VisitAlert) View() string { return AlertsView }

// VisitChart goes to the charts of a filter.
type VisitChart struct {
	Filter   string
	Datasets []string
}

// View names the view of charts.
func (VisitChart) View() string { return ChartsView }

// VisitActor goes to the profile of an attacker, counted in the datasets (ids or
// a scope; none is the default one).
type VisitActor struct {
	Name     string
	Datasets []string
}

// View names the view of actors.
func (VisitActor) View() string { return ActorView }

// Selection is what the events view has in hand: the filter in force as text
// and as a query, the marked events and the one under the cursor.
type Selection struct {
	Filter  string
	Query   api.ListQuery
	Total   int      // events that match; -1 where unknown
	Marked  []string // ids, rising
	Current *api.Event
}

// Saved is the filter of the selection as a saved query holds it.
func (s Selection) Saved() VisitQuery {
	return VisitQuery{Filter: s.Filter, Datasets: s.Query.Datasets, OrderBy: s.Query.OrderBy, Order: s.Query.Order}
}

// Jumper is a view whose things can be gone to by a label. Spots are their
// places in the view, drawn w by h large; a label does what a click there does.
type Jumper interface {
	Spots(w, h int) []layout.Spot
}
