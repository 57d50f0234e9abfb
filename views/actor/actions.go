package actor

import (
	tea "charm.land/bubbletea/v2"

	"threatbench/keymap"
	"threatbench/views"
)

// Actions describes what can be done in this view.
func Actions() []keymap.Action { return views.Describe(actions()) }

func actions() []views.Action[*Model] {
	return append(views.Moves(keymap.Actor, "line", (*Model).move), []views.Action[*Model]{
		{
			ID: "actor.left", Group: "Moving", Keys: []string{"h", "left"}, Title: "To the left", Hint: "left",
			Help: "Moves to the column on the left.",
			Do:   views.With((*Model).aside, -1),
		},
		{
			ID: "actor.right", Group: "Moving", Keys: []string{"l", "right"}, Title: "To the right", Hint: "right",
			Help: "Moves to the column on the right.",
			Do:   views.With((*Model).aside, 1),
		},
		{
			ID: "actor.open", Group: "Actor", Keys: []string{"enter"}, Title: "Show these events", Hint: "events",
			Help: "Shows the actor's events with the selected value, or the selected event itself.",
			Do:   views.Plain((*Model).openSelected), Disabled: (*Model).noValue, Hinted: views.Always[*Model](1),
		},
		{
			ID: "actor.events", Group: "Actor", Keys: []string{"o"}, Title: "Show all events of the actor", Hint: "all events",
			Help: "Filters the events by the actor.",
			Do:   views.Plain((*Model).showEvents), Disabled: (*Model).noActor, Hinted: views.Always[*Model](2),
		},
		{
			ID: "actor.graph", Group: "Actor", Keys: []string{"ctrl+r"}, Title: "Draw the relationships", Hint: "graph",
			Help: "Draws what surrounds the selected event or tag, or the actor's latest events.",
			Do:   views.Plain((*Model).graph), Disabled: (*Model).noEvents, Hinted: views.Always[*Model](3),
		},
		{
			ID: "actor.chart", Group: "Actor", Keys: []string{"c"}, Title: "Chart the actor's events", Hint: "chart",
			Help: "Goes to the charts with the actor's events.",
			Do:   views.Plain((*Model).chart), Disabled: (*Model).noActor, Hinted: views.Always[*Model](4),
		},
		{
			ID: "actor.build", Group: "Actor", Keys: []string{"b"}, Title: "Build a query on the actor", Hint: "build",
			Help: "Opens the builder with the actor as its condition, to save or to be alerted.",
			Do:   views.Plain((*Model).build), Disabled: (*Model).noActor, Hinted: views.Always[*Model](5),
		},
		{
			ID: "actor.report", Group: "Actor", Keys: []string{"w"}, Title: "Write a report", Hint: "report",
			Help: "Writes what is known of the actor to a file, as Markdown.",
			Do:   views.Plain((*Model).report), Disabled: (*Model).noCounts, Hinted: views.Always[*Model](6),
		},
		{
			ID: "actor.choose", Group: "Actor", Keys: []string{"/"}, Title: "Look at another actor", Hint: "another",
			Help: "Asks for the name of another actor.",
			Do:   (*Model).choose, Hinted: views.Always[*Model](7),
		},
		{ID: keymap.AppBack, Hinted: views.Always[*Model](8)},
		{ID: keymap.AppHelp, Hinted: views.Always[*Model](9)},
		{ID: keymap.AppRefresh, Do: (*Model).refresh},
		{ID: keymap.AppCopy, Do: views.Plain((*Model).copy), Disabled: (*Model).noValue},
		{ID: keymap.AppCopyMenu, Disabled: (*Model).noValue},
	}...)
}

// Do carries out an action.
func (m *Model) Do(id keymap.ID) (tea.Cmd, bool) {
	cmd, ok := m.Handler.Do(id)
	if ok {
		m.changed()
	}
	return cmd, ok
}

func (m *Model) noValue() string {
	if _, ok := m.selected(); !ok {
		return "Nothing is selected"
	}
	return ""
}

func (m *Model) noActor() string {
	if m.p == nil {
		return "No actor is shown"
	}
	return ""
}

func (m *Model) noEvents() string {
	if m.p == nil || len(m.p.newest) == 0 {
		return "There are no events to start from"
	}
	return ""
}

func (m *Model) noCounts() string {
	if m.p == nil || m.p.sum == nil {
		return "Still counting"
	}
	return ""
}
