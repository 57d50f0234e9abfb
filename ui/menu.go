package ui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"threatbench/api"
	"threatbench/api/clean"
	"threatbench/keymap"
	"threatbench/theme"
	"threatbench/ui/widget/layout"
	"threatbench/ui/widget/overlay"
	"threatbench/ui/widget/prompt"
	"threatbench/views"
)

// menuLayer offers a list to choose from. What is typed narrows it, and the
// cursor begins on what is in force. In a list of switches space switches.
type menuLayer struct {
	m     *Model
	pick  views.Pick
	shown []int // the items that match the filter
	cur   int   // the chosen one in shown
	top   int

	lead   int // cells of the column before the titles
	titles int // cells of the titles, where something follows them
	widest int // cells of the widest line

	filter *prompt.Model
}

func newMenu(m *Model, p views.Pick) *menuLayer {
	l := &menuLayer{m: m, pick: p, filter: prompt.New(m.env.Styles)}
	l.filter.SetPlaceholder("type to narrow the list")
	l.filter.Focus()
	l.cur = max(p.At, 0)
	if p.At == 0 && p.Toggles == nil {
		l.cur = max(slices.IndexFunc(p.Items, func(it views.PickItem) bool { return it.On }), 0)
	}
	l.measure()
	l.match()
	return l
}

// measure finds how wide the columns and the lines are.
func (l *menuLayer) measure() {
	l.lead, l.titles, l.widest = 0, 0, 0
	for _, it := range l.pick.Items {
		l.lead = max(l.lead, layout.Width(harmless(it.Lead)))
		if it.Detail != "" {
			l.titles = max(l.titles, min(layout.Width(harmless(it.Title)), maxTitle))
		}
	}
	for i := range l.pick.Items {
		l.widest = max(l.widest, layout.Width(l.item(i, false)))
	}
}

func (l *menuLayer) scope() keymap.Scope {
	if l.pick.Toggles != nil {
		return keymap.Columns
	}
	return keymap.Menu
}

// match finds the items that hold every word typed, in their own order.
func (l *menuLayer) match() {
	words := strings.Fields(api.Fold(l.filter.Value()))
	l.shown = l.shown[:0]
	for i, it := range l.pick.Items {
		if holdsAll(api.Fold(it.Lead+" "+it.Title+" "+it.Detail), words) {
			l.shown = append(l.shown, i)
		}
	}
	l.cur = max(min(l.cur, len(l.shown)-1), 0)
}

func holdsAll(text string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// chosen is the item under the cursor; false where none matches.
func (l *menuLayer) chosen() (item int, ok bool) {
	if l.cur >= len(l.shown) {
		return 0, false
	}
	return l.shown[l.cur], true
}

func (l *menuLayer) do(id keymap.ID) tea.Cmd {
	switch id {
	case keymap.MenuUp, keymap.ColumnsUp:
		return l.step(-1)
	case keymap.MenuDown, keymap.ColumnsDown:
		return l.step(1)
	case keymap.MenuPageUp, keymap.ColumnsPageUp:
		return l.step(-menuRows)
	case keymap.MenuPageDown, keymap.ColumnsPageDown:
		return l.step(menuRows)
	case keymap.MenuCancel, keymap.ColumnsCancel:
		return l.leave()
	case keymap.MenuAccept, keymap.ColumnsAccept:
		return l.accept()
	}
	return l.toggle(id)
}

// toggle carries out what only a list of switches can.
func (l *menuLayer) toggle(id keymap.ID) tea.Cmd {
	i, ok := l.chosen()
	if l.pick.Toggles == nil || !ok {
		return nil
	}
	var cmd tea.Cmd
	switch id {
	case keymap.ColumnsToggle:
		cmd = l.pick.Chosen(i)
	case keymap.ColumnsMoveUp:
		l.reorder(i, -1)
	case keymap.ColumnsMoveDown:
		l.reorder(i, 1)
	case keymap.ColumnsReset:
		if l.pick.Reset != nil {
			l.pick.Reset()
		}
	}
	l.pick.Items = l.pick.Toggles()
	l.measure()
	l.match()
	return cmd
}

func (l *menuLayer) reorder(i, by int) {
	if l.pick.Move == nil || l.filter.Value() != "" { // among some of the items "up by one" means nothing
		return
	}
	l.pick.Move(i, by)
	l.move(by)
}

// accept chooses the item, or closes a list of switches.
func (l *menuLayer) accept() tea.Cmd {
	i, ok := l.chosen()
	if l.pick.Toggles == nil && !ok {
		return nil
	}
	l.m.overlay.Close()
	if l.pick.Toggles != nil {
		return nil
	}
	return l.pick.Chosen(i)
}

// leave takes what was typed away, and where nothing was the list.
func (l *menuLayer) leave() tea.Cmd {
	if l.filter.Value() == "" {
		return l.close()
	}
	item, ok := l.chosen()
	l.filter.SetValue("")
	l.match()
	if ok {
		l.cur = item // all are shown again: the cursor stays on its item
	}
	return l.preview()
}

// close ends the list with nothing chosen.
func (l *menuLayer) close() tea.Cmd {
	l.m.overlay.Close()
	if l.pick.Left == nil {
		return nil
	}
	return l.pick.Left()
}

// step moves the cursor and shows what it comes to, where that is wanted.
func (l *menuLayer) step(by int) tea.Cmd {
	before := l.cur
	l.move(by)
	if before == l.cur {
		return nil
	}
	return l.preview()
}

// preview shows what the cursor is on, where that is wanted.
func (l *menuLayer) preview() tea.Cmd {
	i, ok := l.chosen()
	if l.pick.Previews == nil || !ok {
		return nil
	}
	return l.pick.Previews(i)
}

func (l *menuLayer) move(by int) {
	l.cur = max(min(l.cur+by, len(l.shown)-1), 0)
}

// enter takes a key that types.
func (l *menuLayer) enter(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case k.String() == "ctrl+c":
		return l.close()
	case k.Text == " " && l.pick.Toggles != nil:
		return l.toggle(keymap.ColumnsToggle)
	case k.Text == "/" && l.filter.Value() == "": // the habit of lists where it begins the filter
	default:
		if changed, _ := l.filter.Key(k); changed {
			l.cur = 0
			l.match()
			return l.preview()
		}
	}
	return nil
}

func (l *menuLayer) paste(s string) {
	l.filter.Paste(s)
	l.cur = 0
	l.match()
}

const (
	menuWidth = 64
	menuRows  = 18
	maxTitle  = 34 // cells that a title may take before what follows it is out of line
	maxInFull = 3  // lines that show what is cut of the chosen item
)

// place is how a box is laid out.
type place struct {
	w     int // cells of the box
	above int // lines over the items
	rows  int // items in sight
	full  int // lines under them, where the chosen item stands in full
}

// layout lays out the box. It stays as large while the filter narrows the
// items.
func (l *menuLayer) layout(w, h int) place {
	p := place{w: min(w, max(menuWidth, l.widest+overlay.FrameW, layout.Width(harmless(l.pick.Title))+overlay.FrameW+2))}
	p.above = 2 + len(l.note(p.w))
	room := max(h-overlay.FrameH-p.above, 1)
	if over := l.widest - (p.w - overlay.FrameW); over > 0 && room > maxInFull {
		p.full = min((l.widest-1)/(p.w-overlay.FrameW)+1, maxInFull, room-1)
	}
	p.rows = max(min(room-p.full, len(l.pick.Items), menuRows), 1)
	l.top = max(min(l.top, l.cur, len(l.shown)-p.rows), l.cur-p.rows+1, 0)
	return p
}

// note is what is said above the list, in a box of w cells.
func (l *menuLayer) note(w int) []string {
	if l.pick.Note == "" {
		return nil
	}
	return strings.Split(ansi.Wordwrap(harmless(l.pick.Note), w-overlay.FrameW, ""), "\n")
}

func (l *menuLayer) box(w, h int) []string {
	p := l.layout(w, h)
	var body []string
	for _, line := range l.note(p.w) {
		body = append(body, l.m.env.Styles.Faint.Paint(line))
	}
	body = append(body, l.entry(p.w-overlay.FrameW), "")
	for i := l.top; i < len(l.shown) && len(body) < p.rows+p.above; i++ {
		body = append(body, l.line(i))
	}
	if len(l.shown) == 0 {
		body = append(body, l.m.env.Styles.Faint.Paint("  nothing of it matches"))
	}
	for len(body) < p.rows+p.above {
		body = append(body, "")
	}
	for _, line := range l.inFull(p) {
		body = append(body, l.m.env.Styles.Faint.Paint(line))
	}
	return overlay.Box(l.m.env.Styles, harmless(l.pick.Title), body, l.foot(p.w), p.w, p.above+p.rows+p.full+overlay.FrameH)
}

// inFull is the chosen item on lines of their own, where its line is cut.
func (l *menuLayer) inFull(p place) []string {
	i, ok := l.chosen()
	if w := p.w - overlay.FrameW; p.full > 0 && ok && layout.Width(l.item(i, true)) > w {
		it := l.pick.Items[i]
		lines := strings.Split(ansi.Wrap(strings.TrimSpace(harmless(it.Title)+"  "+harmless(it.Detail)), w, ""), "\n")
		if len(lines) > p.full {
			lines[p.full-1] = clip(lines[p.full-1]+" "+lines[p.full], w, l.m.env.Styles.Glyphs.Ellipsis)
			lines = lines[:p.full]
		}
		return lines
	}
	return nil
}

// entry is the line of the filter, with the count of what matches.
func (l *menuLayer) entry(w int) string {
	count := l.matching()
	room := w - layout.Width(count) - 2
	return layout.Line(l.filter.Line(room), room) + "  " + l.m.env.Styles.Faint.Paint(count)
}

func (l *menuLayer) matching() string {
	return views.Count(len(l.shown)) + " of " + views.Count(len(l.pick.Items))
}

// foot is the hints that fit into the rule of a box of w cells; how to end
// stays.
func (l *menuLayer) foot(w int) string {
	if l.pick.Toggles == nil {
		return l.m.hints(keymap.Menu, keymap.MenuAccept, keymap.MenuCancel)
	}
	ids := []keymap.ID{keymap.ColumnsToggle}
	if l.pick.Move != nil {
		ids = append(ids, keymap.ColumnsMoveUp, keymap.ColumnsMoveDown)
	}
	if l.pick.Reset != nil {
		ids = append(ids, keymap.ColumnsReset)
	}
	ids = append(ids, keymap.ColumnsAccept)
	text := l.m.hints(keymap.Columns, ids...)
	for len(ids) > 2 && layout.Width(text) > w-6 {
		ids = slices.Delete(ids, len(ids)-2, len(ids)-1)
		text = l.m.hints(keymap.Columns, ids...)
	}
	return text
}

func (l *menuLayer) line(i int) string { return l.item(l.shown[i], i == l.cur) }

// item is the line of an item, with the cursor on it or without.
func (l *menuLayer) item(i int, chosen bool) string {
	st, it := l.m.env.Styles, l.pick.Items[i]
	gutter, pen := "  ", theme.Pen{}
	if chosen {
		gutter, pen = st.Cursor.Paint(st.Glyphs.Cursor)+" ", st.Strong
	}
	check := ""
	if l.pick.Toggles != nil || it.On || l.lead > 0 {
		check = "  "
		if it.On {
			check = st.Good.Paint(st.Glyphs.Check) + " "
		}
	}
	if l.lead > 0 {
		check += layout.Line(pen.Paint(harmless(it.Lead)), l.lead) + "  "
	}
	line := gutter + check + pen.Paint(harmless(it.Title))
	if it.Detail != "" {
		line += layout.Blank(max(l.titles-layout.Width(harmless(it.Title)), 0)) + "  " + st.Faint.Paint(harmless(it.Detail))
	}
	return line
}

// maxSeen is how many bytes of a text a box looks at: more than any line has
// room for, and less than a raw record may have.
const maxSeen = 4 * menuWidth

// harmless is the beginning of a text as it can be drawn on a line. What a
// view offers to choose from may come from anywhere, so it is neutralised here
// and not by each of them.
func harmless(s string) string {
	if len(s) > maxSeen {
		s = strings.ToValidUTF8(s[:maxSeen], "")
	}
	return views.Shown(clean.Line(s))
}

// at is where the cursor stands: in the filter.
func (l *menuLayer) at(w, h int) (x, y int) {
	p := l.layout(w, h)
	return 2 + l.filter.Cursor(p.w-overlay.FrameW-layout.Width(l.matching())-2), p.above - 1
}

// click moves the cursor to an item and chooses it; in a list of switches it
// switches it.
func (l *menuLayer) click(_, y, w, h int, _ bool) tea.Cmd {
	p := l.layout(w, h)
	row := y - 1 - p.above
	if row < 0 || row >= p.rows || l.top+row >= len(l.shown) {
		return nil
	}
	l.cur = l.top + row
	if l.pick.Toggles != nil {
		return l.toggle(keymap.ColumnsToggle)
	}
	return l.accept()
}

func (l *menuLayer) wheel(by int) { l.move(by) }

// spots are the items in sight.
func (l *menuLayer) spots(w, h int) []layout.Spot {
	p := l.layout(w, h)
	var out []layout.Spot
	for y := range min(p.rows, len(l.shown)-l.top) {
		out = append(out, layout.Spot{X: 1, Y: 1 + p.above + y})
	}
	return out
}
