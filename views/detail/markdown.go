package detail

import (
	"context"
	"errors"
	"fmt"
	"html"
	"regexp"
	"strings"

	glamour "charm.land/glamour/v2/ansi"
	"github.com/charmbracelet/x/ansi"

	"threatbench/api/clean"
	"threatbench/theme"
	"threatbench/ui/widget/layout"
	"threatbench/ui/widget/text"
)

// widest is how wide prose is set: longer lines are hard to read.
const widest = 100

// markdown renders Markdown for w cells. What the text smuggles past the
// neutralising at the client's boundary, entities that decode to control
// characters and links that hide their target, is made visible here. What would
// take too long to render comes as plain text, which is said above it.
func markdown(ctx context.Context, md string, w int, st *theme.Styles) ([]string, error) {
	out, err := convert(ctx, calmEntities(md), glamour.Options{WordWrap: min(max(w-2, 10), widest), Styles: st.Markdown()})
	switch {
	case errors.Is(err, errTooMuch):
		return plainLines(md, min(max(w-2, 10), widest), st), nil
	case err != nil:
		return nil, fmt.Errorf("rendering the insight: %w", err)
	}
	lines := strings.Split(strings.Trim(clean.Styled(withoutLinks(out)), "\n"), "\n")
	for len(lines) > 0 && strings.TrimSpace(ansi.Strip(lines[0])) == "" {
		lines = lines[1:]
	}
	for i, l := range lines {
		lines[i] = " " + layout.NormalizeWidth(l) // the margin every part of the detail has
	}
	return lines, nil
}

// plainLines is Markdown as it was written.
func plainLines(md string, w int, st *theme.Styles) []string {
	out := []string{" " + st.Warn.Paint("as it was written: "+errTooMuch.Error()), ""}
	for line := range strings.SplitSeq(clean.Text(md), "\n") {
		for _, part := range text.Wrap(layout.NormalizeWidth(line), w) {
			out = append(out, " "+st.Text.Paint(part))
		}
	}
	return out
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
