package keymap

import (
	"fmt"
	"strings"
)

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

// Markdown is the list of all keys, by scope and group, as docs/keys.md holds
// it.
func (m *Map) Markdown() string {
	var b strings.Builder
	b.WriteString(`# Keys

This page is made from the registry of actions: change ` + "`keymap/actions.go`" + ` and run
` + "`go test ./keymap -update`" + `.

Keys separated by a comma are alternatives; keys in a row are pressed one after the
other. Any of them can be changed in the configuration, by the name of the action:

` + "```toml" + `
[keys]
"events.open" = ["enter", "o"]
"app.mouse" = []                # no key; the palette still reaches it
` + "```" + `

Keys marked * reach the program only from terminals that report keys in detail.
`)
	for _, s := range m.Scopes() {
		fmt.Fprintf(&b, "\n## %s\n", s.Title())
		group := ""
		for _, a := range m.In(s) {
			if a.Group != group || group == "" {
				group = a.Group
				m.heading(&b, s, group)
			}
			fmt.Fprintf(&b, "| %s | %s | %s | `%s` |\n", markdownKeys(a.Keys), a.Title, a.Help, a.ID)
		}
	}
	return b.String()
}

// heading opens a table; a scope with one group needs no second title.
func (m *Map) heading(b *strings.Builder, s Scope, group string) {
	if m.groups(s) > 1 {
		fmt.Fprintf(b, "\n### %s\n", group)
	}
	b.WriteString("\n| Key | Action | | Name |\n|---|---|---|---|\n")
}

func (m *Map) groups(s Scope) int {
	seen := map[string]bool{}
	for _, a := range m.In(s) {
		seen[a.Group] = true
	}
	return len(seen)
}

func markdownKeys(keys []string) string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = "`" + strings.ReplaceAll(k, "|", `\|`) + "`"
		if NeedsEnhancement(k) {
			out[i] += "*"
		}
	}
	return strings.Join(out, ", ")
}
