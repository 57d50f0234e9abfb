package detail

import (
	"errors"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/ui/widget/layout"
	"threatbench/views"
)

// The slots of what is around an event. Where the server has no graph, the
// async layer asks for parents and children one by one, without their types.
const (
	slotGraph = "around"
	slotRefs  = "related" // the events referred to
)

// maxAround is how many neighbours are asked for.
const maxAround = 200

// group is what a link is to the event shown; in the order they are listed.
type group int

const (
	parents group = iota
	children
	refersTo
	referredBy
	groups
)

func (g group) title() string {
	return [...]string{"PARENTS", "CHILDREN", "REFERS TO", "REFERRED BY"}[g]
}

// related is the list of the events above and below an event, and of what it
// refers to and what refers to it.
type related struct {
	env    *views.Env
	id     string
	links  []link
	events map[string]api.Event // those loaded, by id
	asked  map[string]bool      // by slot
	errs   map[string]error     // by slot
	came   map[string]bool      // by slot
	cut    bool                 // the server has more than it gave
	slow   bool
	cursor int  // index into links
	want   link // what the cursor is to stand on once it is there
	offset int  // lines scrolled away
	rows   []relatedRow
}

// link is one event around the one shown.
type link struct {
	id    string
	group group
	kind  string // type of the relationship, "" where it isn't known
}

// relatedRow is a line of the list: a heading, or a link.
type relatedRow struct {
	heading string
	link    int // index into links, -1 for none
}

func (r *related) set(e *api.Event, want link) {
	*r = related{env: r.env, id: e.UUID, events: map[string]api.Event{}, want: want}
	r.forget()
	for _, id := range e.References {
		r.links = append(r.links, link{id: id, group: refersTo})
	}
	for _, id := range e.Referenced {
		r.links = append(r.links, link{id: id, group: referredBy})
	}
	r.lay()
}

// forget lets everything be asked for again.
func (r *related) forget() {
	r.asked, r.errs, r.came = map[string]bool{}, map[string]error{}, map[string]bool{}
}

// renew takes over the references of the event as it came again.
func (r *related) renew(e *api.Event) {
	want, at := r.want, r.offset
	r.set(e, want)
	r.offset = at
}

// needRelated asks for what is missing, each part by itself.
func (m *Model) needRelated(wait time.Duration) tea.Cmd {
	r := &m.related
	var cmds []tea.Cmd
	if r.first(slotGraph) {
		cmds = append(cmds, m.env.Async.Graph(m.slot(slotGraph), api.GraphQuery{
			Seeds: []api.NodeRef{{Type: api.NodeEvent, ID: r.id}}, Direction: api.Both, Limit: maxAround,
			RelationshipTypes: api.RelationshipTypes(),
		}, wait))
	}
	if q, ok := r.references(); ok && r.first(slotRefs) {
		cmds = append(cmds, m.env.Async.Page(m.slot(slotRefs), q, wait))
	}
	return tea.Batch(cmds...)
}

// first tells whether a slot hasn't been asked yet, and notes that it is.
func (r *related) first(slot string) bool {
	if r.asked[slot] {
		return false
	}
	r.asked[slot] = true
	return true
}

// references asks for the events referred to, as many as one condition may
// name.
func (r *related) references() (api.ListQuery, bool) {
	var ids []string
	for _, l := range r.links {
		if l.group >= refersTo && !slices.Contains(ids, l.id) && len(ids) < api.MaxInValues {
			ids = append(ids, l.id)
		}
	}
	return api.ListQuery{
		Search:   []api.Condition{{Field: api.FieldUUID, Op: api.OpIn, Values: ids}},
		Datasets: []string{api.ScopeAll}, Page: 1, PageSize: api.MaxInValues,
	}, len(ids) > 0
}

func (r *related) onReferences(f async.EventsLoaded) {
	r.slow = false
	r.errs[slotRefs], r.came[slotRefs] = f.Err, true
	for _, e := range f.Page.Events {
		r.events[e.UUID] = e
	}
}

// onGraph takes the events above and below. The cursor stays on its event.
func (r *related) onGraph(f async.GraphLoaded) {
	r.slow = false
	if len(f.Query.Seeds) != 1 || f.Query.Seeds[0].ID != r.id {
		return
	}
	r.errs[slotGraph], r.came[slotGraph] = f.Err, true
	if f.Err != nil {
		return
	}
	for _, n := range f.Value.Nodes {
		if n.Event != nil {
			r.events[n.ID] = *n.Event
		}
	}
	r.cut = f.Value.HasMore || f.Value.Truncated
	links := slices.DeleteFunc(r.links, func(l link) bool { return l.group < refersTo })
	r.links = append(r.around(f.Value.Edges), links...)
	r.lay()
}

// around are the links that edges mean.
func (r *related) around(edges []api.GraphEdge) []link {
	var out []link
	for _, e := range edges {
		l := link{id: e.TargetID, group: children, kind: e.RelationshipType}
		switch {
		case e.SourceType != api.NodeEvent || e.TargetType != api.NodeEvent:
			continue
		case e.TargetID == r.id:
			l.id, l.group = e.SourceID, parents
		case e.SourceID != r.id:
			continue
		}
		if !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	slices.SortStableFunc(out, func(a, b link) int { return int(a.group - b.group) })
	return out
}

// lay makes the lines of the list. The cursor stays on its event.
func (r *related) lay() {
	r.rows = nil
	r.cursor = max(slices.Index(r.links, r.want), 0)
	counts := [groups]int{}
	for _, l := range r.links {
		counts[l.group]++
	}
	last := groups
	for i, l := range r.links {
		if l.group != last {
			if last != groups {
				r.rows = append(r.rows, relatedRow{link: -1})
			}
			last = l.group
			r.rows = append(r.rows, relatedRow{heading: l.group.title() + " " + views.Count(counts[l.group]), link: -1})
		}
		r.rows = append(r.rows, relatedRow{link: i})
	}
}

// at is the line of the link under the cursor.
func (r *related) at() int {
	return max(slices.IndexFunc(r.rows, func(l relatedRow) bool { return l.link == r.cursor }), 0)
}

func (r *related) move(by int) { r.put(min(max(r.cursor+by, 0), len(r.links)-1)) }

func (r *related) put(i int) {
	if i >= 0 && i < len(r.links) {
		r.cursor, r.want = i, r.links[i]
	}
}

// hit puts the cursor on the link at a line of the list.
func (r *related) hit(y int) bool {
	i := r.offset + y - len(r.notes())
	if i < 0 || i >= len(r.rows) || r.rows[i].link < 0 {
		return false
	}
	r.put(r.rows[i].link)
	return true
}

// selected is the event under the cursor; an id alone where it isn't loaded.
func (r *related) selected() (id string, e *api.Event) {
	if r.cursor >= len(r.links) {
		return "", nil
	}
	id = r.links[r.cursor].id
	if ev, ok := r.events[id]; ok {
		return id, &ev
	}
	return id, nil
}

// notes are the lines over the list: what is missing of it.
func (r *related) notes() []string {
	st := r.env.Styles
	var out []string
	switch err := r.errs[slotGraph]; {
	case errors.Is(err, api.ErrUnsupported):
		out = append(out, "  "+st.Faint.Paint("this server tells no parents and children"))
	case err != nil:
		out = append(out, "  "+st.Error.Paint(views.Shown("parents and children could not be loaded: "+views.OneLine(err.Error())))+st.Faint.Paint("  r tries again"))
	}
	if err := r.errs[slotRefs]; err != nil {
		out = append(out, "  "+st.Error.Paint(views.Shown("the references could not be loaded: "+views.OneLine(err.Error())))+st.Faint.Paint("  r tries again"))
	}
	if r.cut {
		out = append(out, "  "+st.Warn.Paint("there are more: the graph shows them"))
	}
	if r.slow {
		out = append(out, "  "+st.Faint.Paint("loading what is around the event"+r.env.Dots()))
	}
	return out
}

func (r *related) draw(w, h int, focused bool) []string {
	st := r.env.Styles
	out := r.notes()
	if len(r.links) == 0 {
		if r.came[slotGraph] && r.errs[slotGraph] == nil {
			out = append(out, "", "  "+st.Faint.Paint("This event has no parents, no children and no references."))
		}
		return layout.Fit(out, w, h)
	}
	room := max(h-len(out), 1)
	at := r.at()
	top := at
	if at > 0 && r.rows[at-1].heading != "" {
		top = at - 1 // with its heading
	}
	r.offset = max(min(max(r.offset, at-room+1, 0), top, len(r.rows)-1), 0)
	for i := r.offset; i < len(r.rows) && len(out) < h; i++ {
		out = append(out, r.line(r.rows[i], w, focused))
	}
	return layout.Fit(out, w, h)
}

// kindWidth is the column of the types of relationships.
const kindWidth = 16

func (r *related) line(row relatedRow, w int, focused bool) string {
	st := r.env.Styles
	if row.link < 0 {
		return "  " + st.Title.Paint(row.heading)
	}
	l := r.links[row.link]
	gutter, pen := " ", st.Text
	if row.link == r.cursor && focused {
		gutter, pen = st.Cursor.Paint(st.Glyphs.Cursor), st.Strong
	}
	word := l.words(r.env)
	word = st.Faint.Paint(word + layout.Blank(kindWidth-layout.Width(word)))
	e, ok := r.events[l.id]
	if !ok {
		return gutter + " " + word + " " + pen.Paint(views.Shown(l.id))
	}
	text := views.Shown(r.env.Date(e.Date) + "  " + e.Category + "  " + views.OneLine(e.Event))
	return gutter + " " + word + " " + pen.Paint(layout.Cut(text, 0, max(w-kindWidth-3, 1)))
}

// words are what the relationship is called: of a child what it is to the
// event, of a parent what the event is to it.
func (l link) words(env *views.Env) string {
	st := env.Styles
	way := st.Glyphs.Arrow
	switch l.group {
	case parents:
		way = st.Glyphs.Up
	case children:
		way = st.Glyphs.Down
	case refersTo, referredBy:
		return "reference"
	}
	kind := strings.ReplaceAll(views.OneLine(l.kind), "_", " ")
	if kind == "" {
		kind = "related"
	}
	return layout.Cut(way+" "+views.Shown(kind), 0, kindWidth)
}
