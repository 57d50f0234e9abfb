package keymap

// Graph is the scope of the relationships around events.
const Graph Scope = "graph"

// The actions of the graph.
const (
	GraphUp        ID = "graph.up"
	GraphDown      ID = "graph.down"
	GraphLeft      ID = "graph.left"
	GraphRight     ID = "graph.right"
	GraphPageUp    ID = "graph.page_up"
	GraphPageDown  ID = "graph.page_down"
	GraphHome      ID = "graph.home"
	GraphOpen      ID = "graph.open"
	GraphEvents    ID = "graph.events"
	GraphPanUp     ID = "graph.pan_up"
	GraphPanDown   ID = "graph.pan_down"
	GraphPanLeft   ID = "graph.pan_left"
	GraphPanRight  ID = "graph.pan_right"
	GraphZoomIn    ID = "graph.zoom_in"
	GraphZoomOut   ID = "graph.zoom_out"
	GraphForm      ID = "graph.form"
	GraphTidy      ID = "graph.tidy"
	GraphFold      ID = "graph.fold"
	GraphFoldAll   ID = "graph.fold_all"
	GraphUnfoldAll ID = "graph.unfold_all"
	GraphFind      ID = "graph.find"
	GraphNextHit   ID = "graph.next_hit"
	GraphPrevHit   ID = "graph.prev_hit"
	GraphDeeper    ID = "graph.deeper"
	GraphShallower ID = "graph.shallower"
	GraphDirection ID = "graph.direction"
	GraphTypes     ID = "graph.types"
	GraphFocus     ID = "graph.focus"
	GraphMore      ID = "graph.more"
	GraphMark      ID = "graph.mark"
	GraphPath      ID = "graph.path"
	GraphClear     ID = "graph.clear"
	GraphRelate    ID = "graph.relate"
	GraphUnrelate  ID = "graph.unrelate"
	GraphRetype    ID = "graph.retype"
	GraphExport    ID = "graph.export"
)

// graphActions are those of the view of the graph.
func graphActions() []Action {
	return []Action{
		{ID: GraphUp, Scope: Graph, Group: "Moving", Keys: []string{"k", "up"},
			Title: "Up", Short: "up", Help: "Moves to the node above."},
		{ID: GraphDown, Scope: Graph, Group: "Moving", Keys: []string{"j", "down"},
			Title: "Down", Short: "down", Help: "Moves to the node below."},
		{ID: GraphLeft, Scope: Graph, Group: "Moving", Keys: []string{"h", "left"},
			Title: "Along a line to the left", Short: "left", Help: "Follows a line to the left, back where you came from first."},
		{ID: GraphRight, Scope: Graph, Group: "Moving", Keys: []string{"l", "right"},
			Title: "Along a line to the right", Short: "right", Help: "Follows a line to the right."},
		{ID: GraphPageUp, Scope: Graph, Group: "Moving", Keys: []string{"pgup", "ctrl+b"},
			Title: "Page up", Short: "page up", Help: "Moves up by a screen."},
		{ID: GraphPageDown, Scope: Graph, Group: "Moving", Keys: []string{"pgdown", "ctrl+f"},
			Title: "Page down", Short: "page down", Help: "Moves down by a screen."},
		{ID: GraphHome, Scope: Graph, Group: "Moving", Keys: []string{"g", "home"},
			Title: "To the focus", Short: "focus", Help: "Moves to the node the graph is drawn around."},
		{ID: GraphOpen, Scope: Graph, Group: "Moving", Keys: []string{"enter"},
			Title: "Open the node", Short: "open", Help: "Opens the event; on folded nodes it unfolds them, on a tag or an indicator it lists its events."},
		{ID: GraphEvents, Scope: Graph, Group: "Moving", Keys: []string{"E"},
			Title: "List the events", Short: "list events", Help: "Lists the events of the graph in the table of events."},
		{ID: GraphPanLeft, Scope: Graph, Group: "View", Keys: []string{"shift+left"},
			Title: "Pan left", Short: "pan left", Help: "Moves the window over the drawing to the left."},
		{ID: GraphPanRight, Scope: Graph, Group: "View", Keys: []string{"shift+right"},
			Title: "Pan right", Short: "pan right", Help: "Moves the window over the drawing to the right."},
		{ID: GraphPanUp, Scope: Graph, Group: "View", Keys: []string{"shift+up"},
			Title: "Pan up", Short: "pan up", Help: "Moves the window over the drawing upwards."},
		{ID: GraphPanDown, Scope: Graph, Group: "View", Keys: []string{"shift+down"},
			Title: "Pan down", Short: "pan down", Help: "Moves the window over the drawing downwards."},
		{ID: GraphZoomIn, Scope: Graph, Group: "View", Keys: []string{"+"},
			Title: "Nearer", Short: "nearer", Help: "Shows more of each node: boxes, and what the lines mean."},
		{ID: GraphZoomOut, Scope: Graph, Group: "View", Keys: []string{"-"},
			Title: "Farther", Short: "farther", Help: "Shows more nodes, in the end all of them as dots."},
		{ID: GraphForm, Scope: Graph, Group: "View", Keys: []string{"v"},
			Title: "Drawing, tree or table", Short: "form", Help: "Shows the graph as a drawing, as a tree or as a table."},
		{ID: GraphTidy, Scope: Graph, Group: "View", Keys: []string{"s"},
			Title: "Tidy the drawing", Short: "tidy", Help: "Forgets the order that was kept for the sake of calm and looks for the one with the fewest crossings."},
		{ID: GraphFind, Scope: Graph, Group: "View", Keys: []string{"/"},
			Title: "Find a node", Short: "find", Help: "Looks for a text in all nodes, also in folded ones."},
		{ID: GraphNextHit, Scope: Graph, Group: "View", Keys: []string{"n"},
			Title: "Next hit", Short: "next hit", Help: "Goes to the next node found."},
		{ID: GraphPrevHit, Scope: Graph, Group: "View", Keys: []string{"N"},
			Title: "Previous hit", Short: "previous hit", Help: "Goes to the node found before."},
		{ID: GraphFold, Scope: Graph, Group: "Folding", Keys: []string{"o"},
			Title: "Fold or unfold", Short: "fold", Help: "Hides what hangs on the node, or shows it again."},
		{ID: GraphFoldAll, Scope: Graph, Group: "Folding", Keys: []string{"F"},
			Title: "Fold all siblings", Short: "fold all", Help: "Folds every group of equal siblings, as at first."},
		{ID: GraphUnfoldAll, Scope: Graph, Group: "Folding", Keys: []string{"O"},
			Title: "Unfold everything", Short: "unfold all", Help: "Shows every node."},
		{ID: GraphDeeper, Scope: Graph, Group: "Contents", Keys: []string{"]"},
			Title: "One step more", Short: "deeper", Help: "Loads what surrounds the outermost nodes."},
		{ID: GraphShallower, Scope: Graph, Group: "Contents", Keys: []string{"["},
			Title: "One step less", Short: "shallower", Help: "Leaves out the outermost nodes."},
		{ID: GraphDirection, Scope: Graph, Group: "Contents", Keys: []string{"d"},
			Title: "Change the direction", Short: "direction", Help: "Follows relationships both ways, to descendants, to ancestors, or from every neighbour to every other."},
		{ID: GraphTypes, Scope: Graph, Group: "Contents", Keys: []string{"t"},
			Title: "Choose what is followed", Short: "types", Help: "Chooses which relationships are followed, and whether references, tags and indicators are."},
		{ID: GraphFocus, Scope: Graph, Group: "Contents", Keys: []string{"f"},
			Title: "Draw around this node", Short: "around this", Help: "Loads the graph anew around the node under the cursor."},
		{ID: GraphMore, Scope: Graph, Group: "Contents", Keys: []string{"m"},
			Title: "Load more", Short: "more", Help: "Goes on loading where it paused."},
		{ID: GraphMark, Scope: Graph, Group: "Marks and paths", Keys: []string{"space"},
			Title: "Mark the node", Short: "mark", Help: "Marks the node, or takes the mark away."},
		{ID: GraphPath, Scope: Graph, Group: "Marks and paths", Keys: []string{"p"},
			Title: "Shortest path", Short: "path", Help: "Marks the shortest way between the two marked nodes, or from the mark or the focus to the cursor."},
		{ID: GraphClear, Scope: Graph, Group: "Marks and paths", Keys: []string{"esc"},
			Title: "Clear marks and path", Short: "clear", Help: "Takes away the marks, the path and the search."},
		{ID: GraphRelate, Scope: Graph, Group: "Relationships", Keys: []string{"R"},
			Title: "Relate the marked events", Short: "relate", Help: "Hangs the marked events under the one at the cursor."},
		{ID: GraphUnrelate, Scope: Graph, Group: "Relationships", Keys: []string{"x"},
			Title: "Remove a relationship", Short: "unrelate", Help: "Takes away a relationship or a reference of the event at the cursor."},
		{ID: GraphRetype, Scope: Graph, Group: "Relationships", Keys: []string{"c"},
			Title: "Change a relationship", Short: "change type", Help: "Gives a relationship of the event at the cursor another type."},
		{ID: GraphExport, Scope: Graph, Group: "Export", Keys: []string{"e"},
			Title: "Export the graph", Short: "export", Help: "Writes the graph as DOT, Mermaid or SVG, or copies it."},
	}
}
