package keymap

// Title names a scope for people.
func (s Scope) Title() string {
	switch s {
	case Global:
		return "Everywhere"
	case Events:
		return "Table of events"
	case Facets:
		return "Facets"
	case Filter:
		return "Filter line"
	case Detail:
		return "Detail"
	case Tree:
		return "Raw data"
	case Graph:
		return "Graph"
	case Prompt:
		return "Text fields"
	case Palette:
		return "Palette"
	case Help:
		return "Help"
	case Log:
		return "Messages"
	case Menu:
		return "Menus"
	case Columns:
		return "Lists of switches"
	case Form:
		return "Form of an event"
	case Area:
		return "Text of several lines"
	case Review:
		return "Review before sending"
	case Confirm:
		return "Questions"
	case Start:
		return "First start"
	case Charts:
		return "Charts"
	case Board:
		return "Dashboard"
	case Console:
		return "GraphQL console"
	case Answer:
		return "GraphQL answer"
	case Queries:
		return "Saved queries"
	case Builder:
		return "Builder"
	case Alerts:
		return "Alerts"
	case Inbox:
		return "Inbox"
	case Datasets:
		return "Datasets"
	case Actor:
		return "Actor"
	}
	return string(s)
}
