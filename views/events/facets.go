package events

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"threatbench/api"
	"threatbench/ui/widget/chart"
	"threatbench/ui/widget/layout"
	"threatbench/views"
)

// facetFields are the fields counted beside the list, in order.
var facetFields = [...]api.Field{
	api.FieldAttacker, api.FieldCategory, api.FieldTargetCountry, api.FieldTargetIndustry,
	api.FieldTLP, api.FieldIndicatorType, api.FieldAttackerCountry, api.FieldTags,
}

const (
	facetTop  = 6  // values a facet shows until it is opened
	facetMore = 40 // values an opened facet shows
)

// facets is the pane of top values with their counts.
type facets struct {
	env        *views.Env
	data       []api.Facet
	total      int
	unfiltered bool
	stale      bool
	quiet      bool            // the list says already what went wrong
	err        error           // why there are no counts, or old ones
	open       map[string]bool // facets opened to facetMore
	cursor     int             // index into lines()
	offset     int
	version    int
}

// facetLine is one line of the pane: a title, a value, or "more".
type facetLine struct {
	column string
	title  string // set on a title line
	value  api.Count
	ask    bool // the line that has the column counted
	more   int  // values not shown, on the line that says so
	top    int  // the facet's largest count
}

func (l facetLine) selectable() bool { return l.title == "" && l.column != "" }

func newFacets(env *views.Env) *facets { return &facets{env: env, open: map[string]bool{}} }

func facetColumns() []string {
	out := make([]string, len(facetFields))
	for i, f := range facetFields {
		out[i] = string(f)
	}
	return out
}

// set takes new counts and keeps the cursor on the same value where it can.
func (f *facets) set(s api.Summary) {
	was, had := f.selected()
	for i, d := range s.Facets {
		if old := f.find(d.Column); d.Uncounted && old != nil && !old.Uncounted && f.unfiltered && s.Unfiltered {
			s.Facets = slices.Clone(s.Facets)
			s.Facets[i] = *old // what was counted by hand counts all events, too
		}
	}
	f.data, f.total, f.unfiltered, f.stale, f.err = s.Facets, s.Total, s.Unfiltered, false, nil
	f.version++
	if had {
		f.moveTo(was.column, was.value.Value)
	}
	f.settle(1)
}

// count puts a column in that was counted by itself.
func (f *facets) count(s api.Summary) {
	f.data = slices.Clone(f.data)
	for _, d := range s.Facets {
		if old := f.find(d.Column); old != nil && old.Uncounted {
			*old = d
		}
	}
	f.version++
	f.settle(1)
}

func (f *facets) setStale(stale bool) {
	if f.stale != stale {
		f.stale = stale
		f.version++
	}
}

// fail keeps the counts there are, drawn as old ones, and says why no new ones
// came.
func (f *facets) fail(err error) {
	f.err, f.stale = err, true
	f.version++
}

func (f *facets) lines() []facetLine {
	var out []facetLine
	for _, field := range facetFields {
		col := string(field)
		d := f.find(col)
		if d != nil && d.Uncounted {
			if len(out) > 0 {
				out = append(out, facetLine{})
			}
			out = append(out, facetLine{column: col, title: strings.ToUpper(api.TitleOf(field))}, facetLine{column: col, ask: true})
			continue
		}
		if d == nil || len(d.Top) == 0 {
			continue
		}
		top, none := known(d.Top)
		if len(out) > 0 {
			out = append(out, facetLine{})
		}
		out = append(out, facetLine{column: col, title: strings.ToUpper(api.TitleOf(field))})
		show := facetTop
		if f.open[col] {
			show = facetMore
		}
		show = min(show, len(top))
		for _, c := range top[:show] {
			out = append(out, facetLine{column: col, value: c, top: top[0].Count})
		}
		if rest := max(d.Distinct, len(d.Top)) - show - len(none); rest > 0 {
			out = append(out, facetLine{column: col, more: rest})
		}
		for _, c := range none {
			out = append(out, facetLine{column: col, value: c, top: c.Count})
		}
	}
	return out
}

// known parts the values from the count of events that have none: the API
// can't filter by that one, so it stands last.
func known(counts []api.Count) (values, none []api.Count) {
	for i, c := range counts {
		if c.Value == "" {
			return append(append(values, counts[:i]...), counts[i+1:]...), counts[i : i+1]
		}
	}
	return counts, nil
}

func (f *facets) find(column string) *api.Facet {
	for i := range f.data {
		if f.data[i].Column == column {
			return &f.data[i]
		}
	}
	return nil
}

// limit is how many values per column to ask the server for.
func (f *facets) limit() int { return facetMore }

// selected is the line under the cursor.
func (f *facets) selected() (facetLine, bool) {
	lines := f.lines()
	if f.cursor < 0 || f.cursor >= len(lines) || !lines[f.cursor].selectable() {
		return facetLine{}, false
	}
	return lines[f.cursor], true
}

func (f *facets) moveTo(column, value string) {
	for i, l := range f.lines() {
		if l.column == column && l.more == 0 && !l.ask && l.title == "" && l.value.Value == value {
			f.cursor = i
			return
		}
	}
}

// move goes by selectable lines.
func (f *facets) move(by int) {
	lines := f.lines()
	step := 1
	if by < 0 {
		step, by = -1, -by
	}
	for i := f.cursor + step; i >= 0 && i < len(lines) && by > 0; i += step {
		if lines[i].selectable() {
			f.cursor = i
			by--
		}
	}
	f.version++
}

// jump goes to the next or previous facet.
func (f *facets) jump(by int) {
	lines := f.lines()
	for i := f.cursor + by; i >= 0 && i < len(lines); i += by {
		if lines[i].title == "" {
			continue
		}
		if by < 0 && i >= f.cursor-1 {
			continue // the title of the facet the cursor is in
		}
		f.cursor = min(i+1, len(lines)-1)
		break
	}
	f.version++
}

// settle puts the cursor on a selectable line, looking in direction by first.
func (f *facets) settle(by int) {
	lines := f.lines()
	f.cursor = min(max(f.cursor, 0), max(len(lines)-1, 0))
	for i := f.cursor; i >= 0 && i < len(lines); i += by {
		if lines[i].selectable() {
			f.cursor = i
			return
		}
	}
	if by > 0 {
		f.settle(-1)
	}
}

func (f *facets) toggleMore(column string) {
	f.open[column] = !f.open[column]
	f.version++
	f.settle(-1)
}

// hit selects the line drawn at y; false on titles and gaps.
func (f *facets) hit(y int) bool {
	i := f.offset + y
	lines := f.lines()
	if i < 0 || i >= len(lines) || !lines[i].selectable() {
		return false
	}
	f.cursor = i
	f.version++
	return true
}

func (f *facets) scroll(by, h int) {
	f.offset = min(max(f.offset+by, 0), max(len(f.lines())-h, 0))
	f.cursor = min(max(f.cursor, f.offset), f.offset+h-1)
	f.settle(by / max(by, -by))
	f.version++
}

// draw is the pane in h lines of w cells.
func (f *facets) draw(w, h int, focused bool) []string {
	lines := f.lines()
	why := f.failure(w, h)
	h -= len(why)
	f.follow(len(lines), h)
	out := make([]string, 0, h)
	for i := f.offset; i < len(lines) && len(out) < h; i++ {
		out = append(out, f.line(lines[i], w, focused && i == f.cursor))
	}
	if len(lines) == 0 && h > 0 && f.err == nil {
		out = append(out, f.env.Styles.Faint.Paint("nothing to count"))
	}
	return append(layout.Fit(out, w, h), layout.Fit(why, w, len(why))...)
}

// failure says in a few lines of w cells why there are no new counts.
func (f *facets) failure(w, h int) []string {
	if f.err == nil || f.quiet {
		return nil
	}
	const most = 5
	text := strings.Split(ansi.Wrap("not counted: "+views.Shown(f.err.Error()), max(w-2, 10), " "), "\n")
	text = text[:min(len(text), most, h)]
	out := make([]string, len(text))
	for i, l := range text {
		out[i] = " " + f.env.Styles.Warn.Paint(l)
	}
	return out
}

func (f *facets) follow(n, h int) {
	if f.cursor < f.offset+1 {
		f.offset = max(f.cursor-1, 0)
	}
	if f.cursor >= f.offset+h {
		f.offset = f.cursor - h + 1
	}
	f.offset = min(f.offset, max(n-h, 0))
}

func (f *facets) line(l facetLine, w int, selected bool) string {
	st := f.env.Styles
	gutter, name := " ", st.Text
	if selected {
		gutter, name = st.Cursor.Paint(st.Glyphs.Cursor), st.Strong
	}
	switch {
	case l.title != "":
		return " " + st.Title.Paint(l.title) + f.note(w-1-len(l.title))
	case l.column == "":
		return ""
	case l.ask:
		return gutter + st.Faint.Paint("not counted yet")
	case l.more > 0:
		return gutter + st.Faint.Paint("+"+views.Count(l.more)+" more")
	}
	if f.stale || l.value.Value == "" {
		name = st.Faint
	}
	const meter = 2
	count := views.Count(l.value.Count)
	room := w - 1 - 1 - len(count) - 1 - meter - 1
	if room < 4 {
		room = max(w-1-1-len(count), 1)
		return gutter + name.Paint(f.pad(label(l.value.Value), room)) + " " + st.Faint.Paint(count)
	}
	return gutter + name.Paint(f.pad(label(l.value.Value), room)) + " " + st.Faint.Paint(count) + " " +
		st.Bar.Paint(f.meter(l, meter)) + " "
}

func (f *facets) meter(l facetLine, w int) string {
	if l.value.Value == "" {
		return layout.Blank(w)
	}
	return chart.Meter(f.env.Styles, l.value.Count, l.top, w)
}

// note says on the first title that counts are of everything, where the
// server can't count under a filter.
func (f *facets) note(room int) string {
	if !f.unfiltered || room < 14 {
		return ""
	}
	return " " + f.env.Styles.Warn.Paint("of all events")
}

func label(v string) string {
	if strings.TrimSpace(v) == "" {
		return "(none)"
	}
	return views.Shown(v)
}

// pad cuts or fills s to w cells.
func (f *facets) pad(s string, w int) string {
	if n := ansi.StringWidth(s); n > w {
		return ansi.Truncate(s, w, f.env.Styles.Glyphs.Ellipsis)
	} else if n < w {
		return s + strings.Repeat(" ", w-n)
	}
	return s
}
