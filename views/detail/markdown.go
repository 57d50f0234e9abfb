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
	lines := strings.Split(strings.Trim(onlyStyles(out), "\n"), "\n")
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

// onlyStyles keeps of all escape sequences those that style text, and
// neutralises everything else.
func onlyStyles(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for _, line := range strings.Split(s, "\n") {
		styleLine(&b, line)
		b.WriteByte('\n')
	}
	return b.String()
}

func styleLine(b *strings.Builder, line string) {
	var state byte
	for line != "" {
		seq, width, n, next := ansi.DecodeSequence(line, state, nil)
		switch {
		case width > 0:
			b.WriteString(clean.Line(seq))
		case strings.HasPrefix(seq, "\x1b[") && strings.HasSuffix(seq, "m"):
			b.WriteString(seq)
		case strings.HasPrefix(seq, "\x1b]8;"):
			// glamour's own hyperlinks: the text already shows the target
		default:
			b.WriteString(clean.Line(seq))
		}
		state, line = next, line[n:]
	}
}
