package graph

import (
	tea "charm.land/bubbletea/v2"

	"threatbench/keymap"
	"threatbench/ui/widget/graph"
	"threatbench/ui/widget/table"
	"threatbench/views"
)

// Actions describes what can be done in this view.
func Actions() []keymap.Action { return views.Describe(actions()) }

func actions() []views.Action[*Model] {
	return []views.Action[*Model]{
		{
			ID: "graph.up", Group: "Moving", Keys: []string{"k", "up"}, Title: "Up", Hint: "up",
			Help: "Moves to the node above.",
			Do:   walks((*graph.Model).Up, moveTable(keymap.Motion{Lines: -1})), Disabled: (*Model).noGraph,
		},
		{
			ID: "graph.down", Group: "Moving", Keys: []string{"j", "down"}, Title: "Down", Hint: "down",
			Help: "Moves to the node below.",
			Do:   walks((*graph.Model).Down, moveTable(keymap.Motion{Lines: 1})), Disabled: (*Model).noGraph,
		},
		{
			ID: "graph.left", Group: "Moving", Keys: []string{"h", "left"}, Title: "Along a line to the left", Hint: "left",
			Help: "Follows a line to the left, back where you came from first.",
			Do:   walks((*graph.Model).Left, (*table.Model).Left), Disabled: (*Model).noGraph,
		},
		{
			ID: "graph.right", Group: "Moving", Keys: []string{"l", "right"}, Title: "Along a line to the right", Hint: "right",
			Help: "Follows a line to the right.",
			Do:   walks((*graph.Model).Right, (*table.Model).Right), Disabled: (*Model).noGraph,
		},
		{
			ID: "graph.page_up", Group: "Moving", Keys: []string{"pgup", "ctrl+b"}, Title: "Page up", Hint: "page up",
			Help: "Moves up by a screen.",
			Do:   moves(func(p *graph.Model) { p.Page(-1) }, moveTable(keymap.Motion{Pages: -1})), Disabled: (*Model).noGraph,
		},
		{
			ID: "graph.page_down", Group: "Moving", Keys: []string{"pgdown", "ctrl+f"}, Title: "Page down", Hint: "page down",
			Help: "Moves down by a screen.",
			Do:   moves(func(p *graph.Model) { p.Page(1) }, moveTable(keymap.Motion{Pages: 1})), Disabled: (*Model).noGraph,
		},
		{
			ID: "graph.home", Group: "Moving", Keys: []string{"g", "home"}, Title: "To the focus", Hint: "focus",
			Help: "Moves to the node the graph is drawn around.",
			Do:   walks((*graph.Model).Home, moveTable(keymap.Motion{Ends: -1})), Disabled: (*Model).noGraph,
		},
		{
			ID: "graph.open", Group: "Moving", Keys: []string{"enter"}, Title: "Open the node", Hint: "open",
			Help: "Opens the event; on folded nodes it unfolds them, on a tag or an indicator it lists its events.",
			Do:   views.Plain((*Model).openNode), Disabled: (*Model).nothingHere, Hinted: placed(2),
		},
		{
			ID: "graph.events", Group: "Moving", Keys: []string{"E"}, Title: "List the events", Hint: "list events",
			Help: "Lists the events of the graph in the table of events.",
			Do:   views.Plain((*Model).listEvents), Disabled: (*Model).notLoaded,
		},
		{
			ID: "graph.pan_left", Group: "View", Keys: []string{"shift+left"}, Title: "Pan left", Hint: "pan left",
			Help: "Moves the window over the drawing to the left.",
			Do:   pans(-panX, 0), Disabled: (*Model).noGraph,
		},
		{
			ID: "graph.pan_right", Group: "View", Keys: []string{"shift+right"}, Title: "Pan right", Hint: "pan right",
			Help: "Moves the window over the drawing to the right.",
			Do:   pans(panX, 0), Disabled: (*Model).noGraph,
		},
		{
			ID: "graph.pan_up", Group: "View", Keys: []string{"shift+up"}, Title: "Pan up", Hint: "pan up",
			Help: "Moves the window over the drawing upwards.",
			Do:   pans(0, -panY), Disabled: (*Model).noGraph,
		},
		{
			ID: "graph.pan_down", Group: "View", Keys: []string{"shift+down"}, Title: "Pan down", Hint: "pan down",
			Help: "Moves the window over the drawing downwards.",
			Do:   pans(0, panY), Disabled: (*Model).noGraph,
		},
		{
			ID: "graph.zoom_in", Group: "View", Keys: []string{"+"}, Title: "Zoom in", Hint: "zoom in",
			Help: "Shows more of each node: boxes, and what the lines mean.",
			Do:   (*Model).zoomIn, Disabled: (*Model).noZoomIn, Hinted: inDrawing(5),
		},
		{
			ID: "graph.zoom_out", Group: "View", Keys: []string{"-"}, Title: "Zoom out", Hint: "zoom out",
			Help: "Shows more nodes, in the end all of them as dots.",
			Do:   (*Model).zoomOut, Disabled: (*Model).noZoomOut, Hinted: inDrawing(6),
		},
		{
			ID: "graph.form", Group: "View", Keys: []string{"v"}, Title: "Drawing, tree or table", Hint: "form",
			Help: "Shows the graph as a drawing, as a tree or as a table.",
			Do:   views.Plain((*Model).nextForm), Disabled: (*Model).noGraph, Hinted: placed(13),
		},
		{
			ID: "graph.tidy", Group: "View", Keys: []string{"s"}, Title: "Tidy the drawing", Hint: "tidy",
			Help: "Forgets the order that was kept for the sake of calm and looks for the one with the fewest crossings.",
			Do:   views.Plain(func(m *Model) { m.scene.picture.Tidy() }), Disabled: (*Model).noFolding,
		},
		{
			ID: "graph.find", Group: "View", Keys: []string{"/"}, Title: "Find a node", Hint: "find",
			Help: "Looks for a text in all nodes, also in folded ones.",
			Do:   views.Plain((*Model).askFind), Disabled: (*Model).noGraph, Hinted: placed(10),
		},
		{
			ID: "graph.next_hit", Group: "View", Keys: []string{"n"}, Title: "Next hit", Hint: "next hit",
			Help: "Goes to the next node found.",
			Do:   views.With((*Model).nextHit, 1), Disabled: (*Model).noSearch,
		},
		{
			ID: "graph.prev_hit", Group: "View", Keys: []string{"N"}, Title: "Previous hit", Hint: "previous hit",
			Help: "Goes to the node found before.",
			Do:   views.With((*Model).nextHit, -1), Disabled: (*Model).noSearch,
		},
		{
			ID: "graph.fold", Group: "Folding", Keys: []string{"o"}, Title: "Fold or unfold", Hint: "fold",
			Help: "Hides what hangs on the node, or shows it again.",
			Do:   views.Plain((*Model).fold), Disabled: (*Model).noFolding, Hinted: placed(3),
		},
		{
			ID: "graph.fold_all", Group: "Folding", Keys: []string{"F"}, Title: "Fold all siblings", Hint: "fold all",
			Help: "Folds every group of equal siblings, as at first.",
			Do:   views.Plain(func(m *Model) { m.scene.picture.FoldAll() }), Disabled: (*Model).noFolding,
		},
		{
			ID: "graph.unfold_all", Group: "Folding", Keys: []string{"O"}, Title: "Unfold everything", Hint: "unfold all",
			Help: "Shows every node.",
			Do:   views.Plain(func(m *Model) { m.scene.picture.UnfoldAll() }), Disabled: (*Model).noFolding,
		},
		{
			ID: "graph.deeper", Group: "Contents", Keys: []string{"]"}, Title: "One step more", Hint: "deeper",
			Help: "Loads what surrounds the outermost nodes.",
			Do:   (*Model).deeper, Disabled: (*Model).deepest, Hinted: placed(7),
		},
		{
			ID: "graph.shallower", Group: "Contents", Keys: []string{"["}, Title: "One step less", Hint: "shallower",
			Help: "Leaves out the outermost nodes.",
			Do:   (*Model).shallower, Disabled: (*Model).shallowest,
		},
		{
			ID: "graph.direction", Group: "Contents", Keys: []string{"d"}, Title: "Change the direction", Hint: "direction",
			Help: "Follows relationships both ways, to descendants, to ancestors, or from every neighbour to every other.",
			Do:   (*Model).nextDirection, Disabled: (*Model).noGraph, Hinted: placed(8),
		},
		{
			ID: "graph.types", Group: "Contents", Keys: []string{"t"}, Title: "Choose what is followed", Hint: "types",
			Help: "Chooses which relationships are followed, and whether references, tags and indicators are.",
			Do:   views.Plain((*Model).chooseTypes), Disabled: (*Model).noGraph, Hinted: placed(9),
		},
		{
			ID: "graph.focus", Group: "Contents", Keys: []string{"f"}, Title: "Draw around this node", Hint: "around this",
			Help: "Loads the graph anew around the node under the cursor.",
			Do:   (*Model).drawAround, Disabled: (*Model).noNode, Hinted: placed(4),
		},
		{
			ID: "graph.more", Group: "Contents", Keys: []string{"m"}, Title: "Load more", Hint: "more",
			Help: "Goes on loading where it paused.",
			Do:   (*Model).loadMore, Disabled: (*Model).allLoaded, Hinted: whilePaused(1),
		},
		{
			ID: "graph.mark", Group: "Marks and paths", Keys: []string{"space"}, Title: "Mark the node", Hint: "mark",
			Help: "Marks the node, or takes the mark away.",
			Do:   views.Plain((*Model).mark), Disabled: (*Model).noNode, Hinted: placed(11),
		},
		{
			ID: "graph.path", Group: "Marks and paths", Keys: []string{"p"}, Title: "Shortest path", Hint: "path",
			Help: "Marks the shortest way between the two marked nodes, or from the mark or the focus to the cursor.",
			Do:   views.Plain((*Model).path), Disabled: (*Model).notLoaded, Hinted: placed(12),
		},
		{
			ID: "graph.clear", Group: "Marks and paths", Keys: []string{"esc"}, Title: "Clear marks and path", Hint: "clear",
			Help: "Takes away the marks, the path and the search.",
			Do:   views.Plain((*Model).clear), Disabled: (*Model).noGraph,
		},
		{
			ID: "graph.relate", Group: "Relationships", Keys: []string{"R"}, Title: "Relate the marked events", Hint: "relate",
			Help: "Makes the marked events children of the one at the cursor.",
			Do:   views.Plain((*Model).relate), Disabled: (*Model).noRelate,
		},
		{
			ID: "graph.unrelate", Group: "Relationships", Keys: []string{"x"}, Title: "Remove a relationship", Hint: "unrelate",
			Help: "Takes away a relationship or a reference of the event at the cursor.",
			Do:   views.Plain((*Model).unrelate), Disabled: (*Model).noUnrelate,
		},
		{
			ID: "graph.retype", Group: "Relationships", Keys: []string{"c"}, Title: "Change a relationship", Hint: "change type",
			Help: "Gives a relationship of the event at the cursor another type.",
			Do:   views.Plain((*Model).retype), Disabled: (*Model).noRetype,
		},
		{
			ID: "graph.export", Group: "Export", Keys: []string{"e"}, Title: "Export the graph", Hint: "export",
			Help: "Writes the graph as DOT, Mermaid or SVG, or copies it.",
			Do:   views.Plain((*Model).export), Disabled: (*Model).notLoaded, Hinted: placed(14),
		},
		{ID: keymap.AppView1, Hinted: whileEmpty(1)},
		{ID: keymap.AppPalette, Hinted: whileEmpty(2)},
		{ID: keymap.AppHelp, Hinted: views.Always[*Model](15)},
		{ID: keymap.AppRefresh, Do: (*Model).refresh},
		{ID: keymap.AppCopy, Do: views.Plain((*Model).copy), Disabled: (*Model).noNode},
	}
}

// placed is a place on the bottom line while a graph is shown.
func placed(place int) func(*Model) int {
	return func(m *Model) int {
		if m.scene == nil {
			return 0
		}
		return place
	}
}

func whileEmpty(place int) func(*Model) int {
	return func(m *Model) int {
		if m.scene == nil {
			return place
		}
		return 0
	}
}

func inDrawing(place int) func(*Model) int {
	return func(m *Model) int {
		if m.scene == nil || m.scene.form != asDrawing {
			return 0
		}
		return place
	}
}

func whilePaused(place int) func(*Model) int {
	return func(m *Model) int {
		if m.scene == nil || !m.scene.paused() {
			return 0
		}
		return place
	}
}

// moves does one thing in the drawing and the tree, another in the table.
func moves(drawn func(*graph.Model), listed func(*table.Model)) func(*Model) tea.Cmd {
	return views.Plain(func(m *Model) {
		if m.scene.form == asTable {
			listed(m.scene.list.table)
			return
		}
		drawn(m.scene.picture)
	})
}

// walks is moves where the drawing reports whether there was a way to go.
func walks(drawn func(*graph.Model) bool, listed func(*table.Model)) func(*Model) tea.Cmd {
	return moves(func(p *graph.Model) { drawn(p) }, listed)
}

func moveTable(by keymap.Motion) func(*table.Model) {
	return func(t *table.Model) { views.Move(t, by) }
}

// pans moves the window over the drawing; a table scrolls up and down.
func pans(x, y int) func(*Model) tea.Cmd {
	return moves(func(p *graph.Model) { p.Pan(x, y) }, func(t *table.Model) { t.ScrollBy(y) })
}

// Do carries out an action.
func (m *Model) Do(id keymap.ID) (tea.Cmd, bool) {
	if m.scene == nil && id.Scope() == keymap.Graph {
		return nil, false
	}
	cmd, ok := m.Handler.Do(id)
	if ok {
		m.changed()
	}
	return cmd, ok
}

func (m *Model) noGraph() string {
	if m.scene == nil {
		return "No graph is shown"
	}
	return ""
}

// nothingHere tells why there is nothing under the cursor, not even folded
// nodes.
func (m *Model) nothingHere() string {
	if why := m.noGraph(); why != "" {
		return why
	}
	if _, ok := m.scene.picture.Current(); !ok {
		return "No node is selected"
	}
	return ""
}

func (m *Model) noNode() string {
	if m.scene != nil {
		if _, ok := m.scene.current(); ok {
			return ""
		}
	}
	return "No node is selected"
}

func (m *Model) notLoaded() string {
	if why := m.noGraph(); why != "" {
		return why
	}
	if !m.scene.came {
		return "Nothing is loaded yet"
	}
	return ""
}

func (m *Model) noZoom() string {
	if why := m.noGraph(); why != "" {
		return why
	}
	if m.scene.form != asDrawing || m.scene.picture.TreeShown() {
		return "Only the drawing can be zoomed"
	}
	return ""
}

func (m *Model) noZoomIn() string {
	if why := m.noZoom(); why != "" {
		return why
	}
	if m.scene.picture.Zoom() == graph.Full {
		return "Already fully zoomed in"
	}
	return ""
}

func (m *Model) noZoomOut() string {
	if why := m.noZoom(); why != "" {
		return why
	}
	if m.scene.picture.Zoom() == graph.Overview {
		return "Already fully zoomed out"
	}
	return ""
}

func (m *Model) noFolding() string {
	if why := m.noGraph(); why != "" {
		return why
	}
	if m.scene.form == asTable {
		return "A table can't be folded"
	}
	return ""
}

func (m *Model) noSearch() string {
	if why := m.noGraph(); why != "" {
		return why
	}
	if m.scene.query == "" {
		return "Search for something first"
	}
	return ""
}

func (m *Model) deepest() string {
	if why := m.noGraph(); why != "" {
		return why
	}
	if m.scene.depth >= deepest {
		return "This is the greatest depth"
	}
	return ""
}

func (m *Model) shallowest() string {
	if why := m.noGraph(); why != "" {
		return why
	}
	if m.scene.depth <= 1 {
		return "One step is the smallest depth"
	}
	return ""
}

func (m *Model) allLoaded() string {
	if why := m.noGraph(); why != "" {
		return why
	}
	if !m.scene.paused() {
		return "Everything is loaded"
	}
	return ""
}

func (m *Model) noRelate() string {
	if why := m.noGraph(); why != "" {
		return why
	}
	return m.env.ReadOnlyReason()
}

func (m *Model) noUnrelate() string { return m.noEdge(true) }

func (m *Model) noRetype() string { return m.noEdge(false) }

// noEdge tells why no relationship of the node at the cursor, nor a reference
// where they count, can be changed.
func (m *Model) noEdge(references bool) string {
	switch why := m.noRelate(); {
	case why != "":
		return why
	case m.scene.derived:
		return "This server doesn't say which types relationships have"
	case len(m.scene.edgesHere(references)) == 0:
		return "This node has no relationship to change"
	}
	return ""
}
