package detail

import (
	"fmt"
	"html"
	"regexp"
	"strings"

	"charm.land/glamour/v2"
	"github.com/charmbracelet/x/ansi"

	"threatbench/api/clean"
	"threatbench/theme"
	"threatbench/ui/widget/layout"
)

// widest is how wide prose is set: longer lines are hard to read.
const widest = 100

// markdown renders Markdown for w cells. What the text smuggles past the
// neutralising at the client's boundary, entities that decode to control
// characters and links that hide their target, is made visible here.
func markdown(md string, w int, st *theme.Styles) ([]string, error) {
	r, err := glamour.NewTermRenderer(glamour.WithStyles(st.Markdown()), glamour.WithWordWrap(min(max(w-2, 10), widest)))
	if err != nil {
		return nil, fmt.Errorf("preparing the insight's style: %w", err)
	}
	out, err := r.Render(calmEntities(md))
	if err != nil {
		return nil, fmt.Errorf("rendering the insight: %w", err)
	}
	lines := strings.Split(strings.Trim(clean.Styled(withoutLinks(out)), "\n"), "\n")
	for len(lines) > 0 && strings.TrimSpace(ansi.Strip(lines[0])) == "" {
		lines = lines[1:]
	}
	for i, l := range lines {
		lines[i] = " " + layout.Steady(l) // the margin every part of the detail has
	}
	return lines, nil
}

var entity = regexp.MustCompile(`&(#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,7}|[a-zA-Z][a-zA-Z0-9]{1,31});`)

// calmEntities spells out the HTML entities that would become characters a
// terminal obeys or hides.
func calmEntities(md string) string {
	if !strings.Contains(md, "&") {
		return md
	}
	return entity.ReplaceAllStringFunc(md, func(e string) string {
		decoded := html.UnescapeString(e)
		if calm := clean.Line(decoded); calm != decoded {
			return calm
		}
		return e
	})
}

// hyperlink is a hyperlink of the renderer's own: the text already shows the target.
var hyperlink = regexp.MustCompile(`\x1b\]8;[^\x07\x1b]*(\x07|\x1b\\)`)

func withoutLinks(s string) string { return hyperlink.ReplaceAllString(s, "") }
