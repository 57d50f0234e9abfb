package ui_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"threatbench/keymap"
	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

func TestDocsAreFresh(t *testing.T) {
	const path = "../docs/keys.md"
	want := markdown(defaults(t))
	if uitest.Updating() {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is stale: run make keys", path)
	}
}

func TestReadmeIsFresh(t *testing.T) {
	const path, from, to = "../README.md", "<!-- keys: written by make keys -->\n", "<!-- /keys -->"
	readme, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok1 := strings.Cut(string(readme), from)
	_, tail, ok2 := strings.Cut(rest, to)
	if !ok1 || !ok2 {
		t.Fatalf("%s has no place for the table of keys", path)
	}
	want := head + from + keyTable(defaults(t)) + to + tail
	if uitest.Updating() {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(readme) != want {
		t.Errorf("the table of keys in %s is stale: run make keys", path)
	}
}

func TestMarkdownNamesEveryAction(t *testing.T) {
	doc := markdown(defaults(t))
	for _, a := range ui.Actions() {
		if n := strings.Count(doc, "`"+string(a.ID)+"` |"); n != 1 {
			t.Errorf("%s stands %d times in the list of keys", a.ID, n)
		}
	}
}

// markdown is the list of all keys, by scope and group, as docs/keys.md holds
// it.
func markdown(m *keymap.Map) string {
	var b strings.Builder
	b.WriteString(`# Keys

This page is made from the registry of actions: change the table of the
view, ` + "`views/…/actions.go`" + `, or of the frame, ` + "`ui/actions.go`" + `, and run ` + "`make keys`" + `.

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
				heading(&b, m, s, group)
			}
			fmt.Fprintf(&b, "| %s | %s | %s | `%s` |\n", markdownKeys(a.Keys), a.Title, a.Help, a.ID)
		}
	}
	return b.String()
}

// heading opens a table; a scope with one group needs no second title.
func heading(b *strings.Builder, m *keymap.Map, s keymap.Scope, group string) {
	if groups(m, s) > 1 {
		fmt.Fprintf(b, "\n### %s\n", group)
	}
	b.WriteString("\n| Key | Action | | Name |\n|---|---|---|---|\n")
}

func groups(m *keymap.Map, s keymap.Scope) int {
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
		if keymap.NeedsEnhancement(k) {
			out[i] += "*"
		}
	}
	return strings.Join(out, ", ")
}

// readmeKeys are the actions the README names.
func readmeKeys() []keymap.ID {
	return []keymap.ID{
		"events.down", "events.page_down", "events.last", "events.open", "events.filter", "events.include", "events.exclude", "events.pop_filter",
		"events.mark", "events.sort", "events.pivot", "events.context", "events.columns", "events.facets", "detail.raw", "detail.insight",
		"app.next_pane", "app.zoom", "app.turn_split", "app.back", "app.copy_menu", "app.theme", "app.palette", "app.help", "app.quit",
	}
}

// keyTable is the README's table of keys, in Markdown.
func keyTable(m *keymap.Map) string {
	var b strings.Builder
	b.WriteString("| Key | Action |\n|---|---|\n")
	for _, id := range readmeKeys() {
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
