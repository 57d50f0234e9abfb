package keymap

// Actor is the scope of an actor's profile.
const Actor Scope = "actor"

// The actions of an actor's profile.
const (
	ActorUp       ID = "actor.up"
	ActorDown     ID = "actor.down"
	ActorLeft     ID = "actor.left"
	ActorRight    ID = "actor.right"
	ActorPageUp   ID = "actor.page_up"
	ActorPageDown ID = "actor.page_down"
	ActorFirst    ID = "actor.first"
	ActorLast     ID = "actor.last"
	ActorOpen     ID = "actor.open"
	ActorEvents   ID = "actor.events"
	ActorChart    ID = "actor.chart"
	ActorBuild    ID = "actor.build"
	ActorGraph    ID = "actor.graph"
	ActorReport   ID = "actor.report"
	ActorChoose   ID = "actor.choose"
)

func actorActions() []Action {
	return []Action{
		{ID: ActorUp, Scope: Actor, Group: "Moving", Keys: []string{"k", "up"},
			Title: "Up", Short: "up", Help: "Moves to the line above."},
		{ID: ActorDown, Scope: Actor, Group: "Moving", Keys: []string{"j", "down"},
			Title: "Down", Short: "down", Help: "Moves to the line below."},
		{ID: ActorLeft, Scope: Actor, Group: "Moving", Keys: []string{"h", "left"},
			Title: "To the left", Short: "left", Help: "Moves to the column on the left."},
		{ID: ActorRight, Scope: Actor, Group: "Moving", Keys: []string{"l", "right"},
			Title: "To the right", Short: "right", Help: "Moves to the column on the right."},
		{ID: ActorPageUp, Scope: Actor, Group: "Moving", Keys: []string{"pgup", "ctrl+b"},
			Title: "Page up", Short: "page up", Help: "Moves up by a screen."},
		{ID: ActorPageDown, Scope: Actor, Group: "Moving", Keys: []string{"pgdown", "ctrl+f"},
			Title: "Page down", Short: "page down", Help: "Moves down by a screen."},
		{ID: ActorFirst, Scope: Actor, Group: "Moving", Keys: []string{"g", "home"},
			Title: "To the top", Short: "top", Help: "Moves to the first line."},
		{ID: ActorLast, Scope: Actor, Group: "Moving", Keys: []string{"G", "end"},
			Title: "To the end", Short: "end", Help: "Moves to the last line."},
		{ID: ActorOpen, Scope: Actor, Group: "Actor", Keys: []string{"enter"},
			Title: "Show these events", Short: "events", Help: "Shows the actor's events with the selected value, or the selected event itself."},
		{ID: ActorEvents, Scope: Actor, Group: "Actor", Keys: []string{"o"},
			Title: "Show all events of the actor", Short: "all events", Help: "Filters the events by the actor."},
		{ID: ActorGraph, Scope: Actor, Group: "Actor", Keys: []string{"ctrl+r"},
			Title: "Draw the relationships", Short: "graph", Help: "Draws what surrounds the selected event or tag, or the actor's latest events."},
		{ID: ActorChart, Scope: Actor, Group: "Actor", Keys: []string{"c"},
			Title: "Chart the actor's events", Short: "chart", Help: "Goes to the charts with the actor's events."},
		{ID: ActorBuild, Scope: Actor, Group: "Actor", Keys: []string{"b"},
			Title: "Build a query on the actor", Short: "build", Help: "Opens the builder with the actor as its condition, to save or to be alerted."},
		{ID: ActorReport, Scope: Actor, Group: "Actor", Keys: []string{"w"},
			Title: "Write a report", Short: "report", Help: "Writes what is known of the actor to a file, as Markdown."},
		{ID: ActorChoose, Scope: Actor, Group: "Actor", Keys: []string{"/"},
			Title: "Look at another actor", Short: "another", Help: "Asks for the name of another actor."},
	}
}
