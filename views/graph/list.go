package graph

import (
	"slices"
	"strconv"

	"threatbench/api"
	"threatbench/ui/widget/graph"
	"threatbench/ui/widget/table"
	"threatbench/views"
)

// list is the graph as a table of its nodes, the nearest first.
type list struct {
	env   *views.Env
	table *table.Model
	scene *scene
	rows  []graph.NodeRow
}

func newList(env *views.Env) *list {
	l := &list{env: env, table: table.New(env.Styles)}
	l.table.SetSource(l)
	l.table.SetColumns([]table.Column{
		{ID: "step", Title: "STEP", Width: 4, Right: true},
		{ID: "text", Title: "EVENT", Min: 12, Width: 30, Flex: 1},
		{ID: "kind", Title: "CATEGORY", Width: 18, Priority: 2},
		{ID: "tlp", Title: "TLP", Width: 12, Priority: 4},
		{ID: "date", Title: "DATE", Width: 12, Priority: 3},
		{ID: "in", Title: "IN", Width: 5, Right: true, Priority: 1},
		{ID: "out", Title: "OUT", Width: 5, Right: true, Priority: 1},
	})
	return l
}

func (l *list) dress(env *views.Env) { l.table.SetStyles(env.Styles) }

// set takes over the scene's nodes; the cursor stays on its node.
func (l *list) set(s *scene) {
	at := ""
	if n, ok := l.current(s); ok {
		at = n.key()
	}
	l.scene, l.rows = s, s.picture.NodeRows()
	slices.SortStableFunc(l.rows, func(a, b graph.NodeRow) int { return steps(a) - steps(b) })
	l.table.Invalidate()
	l.moveTo(at)
}

// steps orders nodes that nothing joins with the first behind all others.
func steps(r graph.NodeRow) int {
	if r.Distance < 0 {
		return 1 << 20
	}
	return r.Distance
}

func (l *list) moveTo(k string) {
	if i := slices.IndexFunc(l.rows, func(r graph.NodeRow) bool { return r.Node.ID == k }); i >= 0 {
		l.table.MoveTo(i)
	}
}

func (l *list) current(s *scene) (*node, bool) {
	i := l.table.Cursor()
	if i >= len(l.rows) {
		return nil, false
	}
	n, ok := s.nodes[l.rows[i].Node.ID]
	return n, ok
}

// find goes to the next row from the cursor on whose text has q, and tells how
// many have it.
func (l *list) find(q string, by int) int {
	hits := l.scene.picture.Matches(q)
	if len(hits) == 0 {
		return 0
	}
	for d := range len(l.rows) {
		i := (l.table.Cursor() + by*(d+abs(by)) + 2*len(l.rows)) % len(l.rows)
		if by == 0 {
			i = (l.table.Cursor() + d) % len(l.rows)
		}
		if slices.Contains(hits, l.rows[i].Node.ID) {
			l.table.MoveTo(i)
			break
		}
	}
	return len(hits)
}

func abs(n int) int { return max(n, -n) }

// Len counts the rows.
func (l *list) Len() int { return len(l.rows) }

// Marked tells whether a row's node is marked.
func (l *list) Marked(i int) bool { return slices.Contains(l.scene.marks, l.rows[i].Node.ID) }

// Row fills the cells of a row.
func (l *list) Row(i int, cells []table.Cell) bool {
	r, st := l.rows[i], l.env.Styles
	n := l.scene.nodes[r.Node.ID]
	if n == nil {
		return false
	}
	step := l.env.Dash()
	if r.Distance >= 0 {
		step = strconv.Itoa(r.Distance)
	}
	cells[0] = table.Cell{Text: step, Pen: st.Faint}
	cells[1] = table.Cell{Text: r.Node.Label, Pen: st.Text}
	cells[2] = table.Cell{Text: r.Group}
	if n.Event != nil {
		cells[3] = table.Cell{Text: views.Shown(n.Event.TLP), Pen: l.env.TLP(n.Event.TLP)}
		cells[4] = table.Cell{Text: l.env.Date(n.Event.Date), Pen: st.Faint}
	} else if n.Type != api.NodeEvent {
		cells[3] = table.Cell{Text: n.Type, Pen: st.Faint}
	}
	cells[5] = table.Cell{Text: views.Count(r.In)}
	cells[6] = table.Cell{Text: views.Count(r.Out)}
	return true
}
