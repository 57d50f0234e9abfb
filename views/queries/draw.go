package queries

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"threatbench/api"
	"threatbench/api/clean"
	"threatbench/api/query"
	"threatbench/theme"
	"threatbench/ui/widget/layout"
	"threatbench/ui/widget/table"
	"threatbench/ui/widget/text"
	"threatbench/views"
)

// geometry is where the parts of the builder stand, all relative to the view.
type geometry struct {
	title, text, form, rule, head, sample layout.Rect
}

const (
	sideFrom   = 110 // from this width on the sample stands beside the form
	fieldWidth = 17
	opWidth    = 14
	indent     = 3
)

func place(w, h int) geometry {
	r := layout.Rect{W: w, H: h}
	var g geometry
	g.title, r = r.CutTop(1)
	g.text, r = r.CutTop(1)
	if w >= sideFrom {
		g.form, r = r.CutLeft(max(w*11/20, 60))
		g.rule, r = r.CutLeft(1)
		g.head, g.sample = r.CutTop(1)
		return g
	}
	g.sample, g.form = r.CutBottom(max(min(h/3, 12), 3))
	g.head, g.sample = g.sample.CutTop(1)
	return g
}

// draw is the builder in h lines of w cells.
func (b *builder) draw(w, h int, focused bool) []string {
	b.geo = place(w, h)
	g := b.geo
	out := []string{layout.Line(b.title(w), w), layout.Line(b.textLine(w), w)}
	form := layout.Fit(b.form(g.form.W, g.form.H), g.form.W, g.form.H)
	b.sample.SetSize(g.sample.W, g.sample.H)
	b.sample.Focus(focused && b.part == partSample)
	sample := layout.Stack([]string{layout.Line(b.sampleHead(g.head.W), g.head.W)}, b.sampleBody(g.sample.W, g.sample.H))
	if g.rule.W > 0 {
		rule := make([]string, g.form.H)
		for i := range rule {
			rule[i] = b.env.Styles.Border.Paint(b.env.Styles.Glyphs.VLine)
		}
		return append(out, layout.Join(form, rule, sample)...)
	}
	return append(append(out, form...), sample...)
}

// title names the query and says whether it is saved.
func (b *builder) title(w int) string {
	st := b.env.Styles
	name, note := "Unsaved filter", ""
	if b.saved != nil {
		name = views.Shown(views.OneLine(b.saved.Name))
	}
	switch {
	case b.saved == nil && b.text != "":
		note = "not saved"
	case b.saved != nil && !b.same(b.opened):
		note = "changed, not saved"
	case b.saved != nil:
		note = "saved"
	}
	right := b.totalText()
	left := " " + st.TitleFocus.Paint(cut(st, name, max(w-layout.Width(right)-len(note)-6, 10))) + "  " + st.Faint.Paint(note)
	gap := w - layout.Width(left) - layout.Width(right) - 1
	return left + layout.Blank(max(gap, 1)) + right
}

func cut(st *theme.Styles, s string, w int) string {
	return ansi.Truncate(s, max(w, 0), st.Glyphs.Ellipsis)
}

// totalText is how many events match, and how sure that is.
func (b *builder) totalText() string {
	st := b.env.Styles
	switch {
	case b.err != nil:
		return st.Error.Paint("not counted")
	case b.stale && b.slow:
		return st.Warn.Paint("counting" + b.env.Dots())
	case !b.loaded:
		return ""
	case b.total == views.Total{N: 1}:
		return st.Strong.Paint("1") + st.Faint.Paint(" event matches")
	}
	return st.Strong.Paint(b.total.String()) + st.Faint.Paint(" events match")
}

// textLine is the filter as text, and what is wrong with it.
func (b *builder) textLine(w int) string {
	st := b.env.Styles
	slash := st.Faint.Paint("/")
	if b.part == partText {
		slash = st.AccentStrong.Paint("/")
	}
	right := b.textError(w)
	return " " + slash + " " + b.line.Line(b.textRoom(w)) + " " + right
}

func (b *builder) textRoom(w int) int { return max(w-3-layout.Width(b.textError(w))-1, 10) }

func (b *builder) textError(w int) string {
	msg := b.line.Message()
	if b.part != partText || msg == "" {
		return ""
	}
	room := w - 3 - layout.Width(b.line.Value()) - 3
	return b.env.Styles.Error.Paint(cut(b.env.Styles, msg, max(room, w/2)))
}

// form draws the lines of the form that fit, those around the cursor.
func (b *builder) form(w, h int) []string {
	all := b.lines()
	if b.part != partValue {
		b.offset = min(b.offset, max(len(all)-h, 0))
	}
	if b.cursor < b.offset+1 {
		b.offset = max(b.cursor-1, 0)
	}
	last := b.offset + h - 2
	if b.part == partValue {
		last = b.offset + max(h-6, 1) // its list of values needs room below
	}
	if b.cursor > last {
		b.offset += b.cursor - last
	}
	var out []string
	for i := b.offset; i < len(all) && len(out) < h; i++ {
		out = append(out, b.lineOf(all[i], i == b.cursor && b.part != partSample && b.part != partText, w))
	}
	return out
}

func (b *builder) lineOf(l line, selected bool, w int) string {
	st := b.env.Styles
	gutter, pen := " ", st.Text
	if selected {
		gutter, pen = st.Cursor.Paint(st.Glyphs.Cursor), st.Strong
	}
	switch l.kind {
	case lineDatasets:
		return gutter + st.Faint.Paint("in       ") + pen.Paint(cut(st, b.datasetNames(), w-11)) + b.datasetNote()
	case lineOrder:
		return gutter + st.Faint.Paint("order    ") + pen.Paint(b.orderText())
	case lineTitle:
		return b.groupTitle("MATCH ALL", always, w)
	case lineBranch:
		return b.branchTitle(l.branch, w)
	case lineRow:
		return b.rowLine(l, selected, gutter, w)
	case lineAdd:
		return b.addLine(l, selected, gutter, pen, w)
	case lineOr:
		if b.full(l.branch) != "" {
			return gutter + st.Faint.Paint("no further branch: the API takes "+fmt.Sprint(api.MaxBranches))
		}
		return gutter + st.Faint.Paint("+ ") + pen.Paint("OR group") + st.Faint.Paint(fmt.Sprintf("   groups %d of %d", branches(b.rows), api.MaxBranches))
	}
	return ""
}

// groupTitle is a group's title with how much of the API's limit is used.
func (b *builder) groupTitle(title string, branch, w int) string {
	st := b.env.Styles
	n := conditions(b.rows, branch)
	pen := st.Faint
	if n >= api.MaxConditions-1 {
		pen = st.Warn
	}
	right := fmt.Sprintf("conditions %d of %d", n, api.MaxConditions)
	return " " + st.Title.Paint(title) + layout.Blank(max(w-len(title)-len(right)-2, 1)) + pen.Paint(right)
}

func (b *builder) branchTitle(branch, w int) string {
	title := "OR " + letter(branch)
	if branch == 0 {
		title = "AND ONE OF THESE  " + letter(branch)
	}
	return b.groupTitle(title, branch, w)
}

func (b *builder) addLine(l line, selected bool, gutter string, pen theme.Pen, w int) string {
	st := b.env.Styles
	if b.draft != nil && b.draft.row < 0 && b.draft.branch == l.branch {
		return b.draftLine(gutter, w)
	}
	if b.full(l.branch) != "" {
		return gutter + layout.Blank(indent-1) + st.Faint.Paint(fmt.Sprintf("full: the API takes %d conditions here", api.MaxConditions))
	}
	line := gutter + layout.Blank(indent-1) + st.Faint.Paint("+ ") + pen.Paint("condition")
	if l.branch < 0 && len(b.rows) == 0 && !selected {
		line += st.Faint.Paint("   every event matches")
	}
	return line
}

// draftLine is the row that is being written, with its input.
func (b *builder) draftLine(gutter string, w int) string {
	st := b.env.Styles
	left := gutter + layout.Blank(indent-1) + st.Accent.Paint(pad(string(b.draft.field), fieldWidth)) + st.Text.Paint(pad(words(b.draft.field, b.draft.op), opWidth))
	room := w - 1 - (indent - 1) - fieldWidth - opWidth - 1
	msg := b.input.Message()
	if msg == "" {
		return left + b.input.Line(max(room, 5))
	}
	most := max(room-layout.Width(b.input.Value())-2, room/2)
	msg = cut(st, msg, most)
	return left + b.input.Line(max(room-layout.Width(msg)-1, 5)) + " " + st.Error.Paint(msg)
}

func (b *builder) inputRoom() int {
	room := max(b.geo.form.W-1-(indent-1)-fieldWidth-opWidth-1, 5)
	if msg := b.input.Message(); msg != "" {
		most := max(room-layout.Width(b.input.Value())-2, room/2)
		return max(room-min(layout.Width(msg), most)-1, 5)
	}
	return room
}

func (b *builder) rowLine(l line, selected bool, gutter string, w int) string {
	if b.draft != nil && b.draft.row == l.row {
		return b.draftLine(gutter, w)
	}
	st, r := b.env.Styles, b.rows[l.row]
	pens := [3]theme.Pen{st.Accent, st.Text, st.Strong}
	if r.Op == api.OpNot || r.Op == query.OpNoneOf {
		pens[colOp] = st.Warn
	}
	if b.stale && b.slow {
		pens = [3]theme.Pen{st.Faint, st.Faint, st.Faint}
	}
	cells := [3]string{string(r.Field), words(r.Field, r.Op), b.valueText(r)}
	widths := [3]int{fieldWidth, opWidth, w - indent - fieldWidth - opWidth}
	line := gutter + layout.Blank(indent-1)
	for i, c := range cells {
		c = cut(st, c, max(widths[i]-1, 1))
		line += b.cell(c, pens[i], selected && i == b.col) + layout.Blank(max(widths[i]-layout.Width(c), 0))
	}
	return line
}

// cell is a cell of a row; brackets in a terminal without colours are not
// needed, since the real cursor stands there too.
func (b *builder) cell(s string, pen theme.Pen, chosen bool) string {
	if chosen {
		return b.env.Styles.AccentStrong.Paint(s)
	}
	return pen.Paint(s)
}

// valueText is a row's value, and what a short form of it means.
func (b *builder) valueText(r query.Row) string {
	list := make([]string, len(r.Values))
	for i, v := range r.Values {
		list[i] = views.Shown(clean.Line(views.OneLine(v))) // as it is asked; its text has it escaped
	}
	out := strings.Join(list, ", ")
	switch {
	case r.Field == api.FieldKillChain && len(r.Conditions) > 0 && !many(r.Op):
		return out + "  " + stageName(r.Value())
	case (r.Field == api.FieldDate || r.Field == api.FieldCreatedAt) && len(r.Conditions) == 1 && r.Conditions[0].Value() != r.Value() && !many(r.Op):
		if at, err := api.ParseTime(r.Conditions[0].Value()); err == nil {
			return out + "  = " + b.env.Date(at)
		}
	case len(list) > 4:
		return fmt.Sprintf("%s and %d more", strings.Join(list[:3], ", "), len(list)-3)
	}
	return out
}

func stageName(v string) string {
	for i := range 8 {
		if v == fmt.Sprint(i) {
			return api.KillChainName(i)
		}
	}
	return ""
}

func pad(s string, w int) string { return s + layout.Blank(max(w-layout.Width(s), 0)) }

// datasetNames says what is searched.
func (b *builder) datasetNames() string { return datasetNames(b.datasets, b.catalogs.Datasets) }

func datasetNames(ids []string, known []api.Dataset) string {
	if len(ids) == 0 {
		return "the default dataset"
	}
	var out []string
	for _, id := range ids {
		name := id
		switch id {
		case api.ScopeAll, api.ScopeStar:
			name = "all datasets"
		case api.ScopeOperational:
			name = "all but analytics"
		case api.ScopeAnalytics:
			name = "the analytics datasets"
		}
		for _, d := range known {
			if d.UUID == id {
				name = d.Name
			}
		}
		out = append(out, views.Shown(views.OneLine(name)))
	}
	return strings.Join(out, ", ")
}

// datasetNote says that a dataset for analytics takes no branches.
func (b *builder) datasetNote() string {
	if branches(b.rows) == 0 {
		return ""
	}
	for _, id := range b.datasets {
		analytics := id == api.ScopeAnalytics
		for _, d := range b.catalogs.Datasets {
			analytics = analytics || d.UUID == id && d.IsAnalytics
		}
		if analytics {
			return b.env.Styles.Error.Paint("  takes no OR")
		}
	}
	return ""
}

func (b *builder) orderText() string {
	way := "newest or largest first"
	if b.order == "asc" {
		way = "oldest or smallest first"
	}
	by := orElse(b.orderBy, "date")
	if by == "date" || by == "createdAt" {
		way = map[bool]string{true: "oldest first", false: "newest first"}[b.order == "asc"]
	}
	return by + ", " + way
}

func (b *builder) sampleHead(w int) string {
	st := b.env.Styles
	pen := st.Title
	if b.part == partSample {
		pen = st.TitleFocus
	}
	line := " " + pen.Paint("PREVIEW")
	if n := len(b.page.Events); b.loaded && b.err == nil && n > 0 {
		line += st.Faint.Paint(fmt.Sprintf("  %d", n))
		if b.total.N > n {
			line += st.Faint.Paint(" of " + b.total.String())
		}
	}
	if w > 50 {
		line += st.Faint.Paint("   tab goes there")
	}
	return line
}

func (b *builder) sampleBody(w, h int) []string {
	st := b.env.Styles
	var lines []string
	switch {
	case b.err != nil:
		lines = append(lines, st.Error.Paint(" The events could not be loaded."))
		for _, l := range text.Wrap(views.Shown(views.OneLine(b.err.Error())), max(w-2, 10)) {
			lines = append(lines, " "+l)
		}
		lines = append(lines, "", st.Faint.Paint(" r tries again"))
	case !b.loaded && b.slow:
		lines = append(lines, st.Faint.Paint(" loading"+b.env.Dots()))
	case !b.loaded:
	case len(b.page.Events) == 0:
		lines = append(lines, st.Strong.Paint(" No events match."), st.Faint.Paint(" x removes the condition, u takes the last edit back"))
	default:
		return b.sample.Lines()
	}
	return layout.Fit(lines, w, h)
}

// sampleColumns are those of the events beside the form.
func sampleColumns() []table.Column {
	return []table.Column{
		{ID: "date", Title: "DATE", Min: 12, Width: 12, Max: 12, Priority: 1},
		{ID: "attacker", Title: "ATTACKER", Min: 8, Width: 11, Max: 20, Flex: 1, Priority: 3},
		{ID: "category", Title: "CATEGORY", Min: 8, Width: 10, Max: 20, Flex: 1, Priority: 4},
		{ID: "indicator", Title: "INDICATOR", Min: 14, Width: 16, Max: 60, Flex: 3, Priority: 2},
		{ID: "tlp", Title: "TLP", Min: 6, Width: 6, Max: 12, Priority: 5},
	}
}

// source shows the sample to its table.
type source struct{ b *builder }

func (s source) Len() int { return len(s.b.page.Events) }

func (s source) Row(i int, cells []table.Cell) bool {
	e := &s.b.page.Events[i]
	cells[0].Text, cells[1].Text, cells[2].Text, cells[3].Text = s.b.env.Date(e.Date), e.Attacker, e.Category, e.Indicator
	if e.Indicator == "" {
		cells[3].Text = views.OneLine(e.Event)
	}
	cells[4] = table.Cell{Text: e.TLP, Pen: s.b.env.TLP(e.TLP)}
	if s.b.stale && s.b.slow {
		for k := range cells {
			cells[k].Pen = s.b.env.Styles.Faint
		}
	}
	return true
}

func (s source) Marked(int) bool { return false }

// cursorXY is where the real cursor belongs.
func (b *builder) cursorXY() (x, y int, ok bool) {
	g := b.geo
	row := g.form.Y + b.cursor - b.offset
	switch b.part {
	case partText:
		return 3 + b.line.Cursor(b.textRoom(g.text.W)), g.text.Y, true
	case partValue:
		return indent + fieldWidth + opWidth + b.input.Cursor(b.inputRoom()), row, true
	case partSample:
		x, y = b.sample.CursorXY()
		return g.sample.X + x, g.sample.Y + y, len(b.page.Events) > 0
	}
	if b.selected().kind == lineRow {
		return []int{indent, indent + fieldWidth, indent + fieldWidth + opWidth}[b.col], row, true
	}
	return 0, row, true
}

// popup is the completions, and where they belong.
func (b *builder) popup() (lines []string, x, y int) {
	g := b.geo
	switch {
	case b.part == partText && b.line.Open():
		lines, x = b.line.Popup(b.textRoom(g.text.W), max(g.form.H-1, 3))
		return lines, x + 3, g.text.Y + 1
	case b.part == partValue && b.input.Open():
		row := g.form.Y + b.cursor - b.offset
		left := indent + fieldWidth + opWidth
		lines, x = b.input.Popup(max(g.title.W-left-1, 20), max(min(max(g.form.Y+g.form.H, g.sample.Y+g.sample.H)-row-1, 14), 3))
		return lines, left + x, row + 1
	}
	return nil, 0, 0
}
