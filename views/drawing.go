package views

import (
	"threatbench/ui/widget/layout"
	"threatbench/ui/widget/table"
	"threatbench/ui/widget/text"
)

// Text is text from outside as it can be drawn here, in one line of at most w
// cells.
func (e *Env) Text(s string, w int) string {
	s = OneLine(s)
	if e.ASCII {
		s = layout.ASCII(s)
	}
	return text.Cut(Shown(s), max(w, 1), e.Styles.Glyphs.Ellipsis)
}

// Head is the line over a part of a view.
func (e *Env) Head(title, note string, focused bool) string {
	pen := e.Styles.Title
	if focused {
		pen = e.Styles.TitleFocus
	}
	return " " + pen.Paint(title) + "  " + e.Styles.Faint.Paint(note)
}

// Failed says in lines of w cells that something could not be loaded, and what
// to do about it.
func (e *Env) Failed(what string, err error, w int) []string {
	out := []string{e.Styles.Error.Paint(what + " could not be loaded.")}
	out = append(out, text.Wrap(e.Text(err.Error(), 400), max(w-4, 10))...)
	return append(out, e.Styles.Faint.Paint("r tries again"))
}

// Body is a table of w by h cells, or the lines that say why there is nothing
// in it.
func Body(t *table.Model, w, h int, focused bool, none []string) []string {
	t.SetSize(w, h)
	t.Focus(focused)
	if none == nil {
		return t.Lines()
	}
	out := []string{""}
	for _, l := range none {
		out = append(out, "  "+l)
	}
	return layout.Fit(out, w, h)
}
