package keymap

import "strings"

// beginning is the actions the README names.
func beginning() []ID {
	return []ID{
		EventsDown, EventsPageDown, EventsLast, EventsOpen, EventsFilter, EventsInclude, EventsExclude, EventsPopFilter,
		EventsMark, EventsSort, EventsPivot, EventsContext, EventsColumns, EventsFacets, DetailRaw, DetailInsight,
		AppNextPane, AppZoom, AppTurn, AppBack, AppCopyMenu, AppTheme, AppPalette, AppHelp, AppQuit,
	}
}

// Beginning is the README's table of keys, in Markdown.
func (m *Map) Beginning() string {
	var b strings.Builder
	b.WriteString("| Key | Action |\n|---|---|\n")
	for _, id := range beginning() {
		a, ok := m.Action(id)
		if !ok || len(a.Keys) == 0 {
			continue
		}
		keys := make([]string, len(a.Keys))
		for i, k := range a.Keys {
			keys[i] = "`" + k + "`"
		}
		b.WriteString("| " + strings.Join(keys, ", ") + " | " + a.Title + " |\n")
	}
	return b.String()
}
