package charts

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"charm.land/bubbles/v2/textarea"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"threatbench/api/async"
	"threatbench/api/clean"
	"threatbench/keymap"
	"threatbench/ui/widget/chart"
	"threatbench/ui/widget/layout"
	"threatbench/ui/widget/tree"
	"threatbench/views"
)

// form is how an answer is shown.
type form int

const (
	asTree form = iota
	asTable
	asBars
	forms
)

// console asks the server anything in GraphQL.
type console struct {
	shown   bool
	editing bool
	input   textarea.Model
	history []string // the newest last
	at      int      // the one shown; len(history) for none
	schema  *schema
	choices []string // what could complete the word at the cursor

	form  form
	tree  *tree.Model
	rows  [][]string
	bars  *chart.Bars
	row   int // the first row of the table shown
	col   int // its first column shown
	all   int // rows the answer has, of which the table may hold fewer
	have  bool
	slow  bool
	took  time.Duration
	err   error
	lines int // of the editor, as drawn last
}

const (
	historyName = "charts.queries"
	maxHistory  = 50
	maxQuery    = 32_000 // characters of a query
	maxRows     = 2_000  // of a table
)

// sample is what an empty console begins with.
const sample = "{\n  events(filter: {datasetId: [\"all\"]}) {\n    total\n    groupBy(columns: [\"category\"], limit: 10) { distinct rows { keys count } }\n  }\n}"

func newConsole(env *views.Env) console {
	c := console{input: textarea.New(), tree: tree.New(env.Styles, clean.Line), bars: chart.NewBars(env.Styles)}
	c.input.ShowLineNumbers = false
	c.input.Prompt = " "
	c.input.EndOfBufferCharacter = ' '
	c.input.CharLimit = maxQuery
	c.input.SetVirtualCursor(false)
	c.input.SetStyles(textarea.Styles{})
	c.input.KeyMap.Paste.SetEnabled(false) // it would read the clipboard of the machine we run on
	env.Memory.Load(historyName, &c.history)
	c.history = c.history[max(len(c.history)-maxHistory, 0):]
	c.at = len(c.history)
	c.input.SetValue(sample)
	if c.at > 0 {
		c.input.SetValue(clean.Text(c.history[c.at-1]))
	}
	return c
}

func (m *Model) consoleSlot(name string) async.Slot {
	return async.Slot{View: View, Name: "console/" + name}
}

// showConsole shows the console; its first opening asks for the schema.
func (m *Model) showConsole() tea.Cmd {
	m.env.Host.Mark()
	c := &m.console
	c.shown = true
	c.edit(true)
	if c.schema != nil {
		return nil
	}
	return m.env.Async.Query(m.consoleSlot("schema"), introspection, nil)
}

func (c *console) edit(on bool) {
	if c.editing = on; on {
		c.input.Focus()
		return
	}
	c.input.Blur()
}

// Typing tells whether keys go to the console's editor.
func (m *Model) Typing() bool { return m.console.shown && m.console.editing }

// Key edits the query, unless the key is an action's.
func (m *Model) Key(k tea.KeyPressMsg) (tea.Cmd, bool) {
	if !keymap.Printable(k.String()) {
		if _, match := m.env.Keys.Resolve([]keymap.Scope{keymap.Console}, nil, k.String()); match == keymap.Full {
			return nil, false
		}
		if k.String() == "ctrl+c" {
			return nil, false
		}
	}
	m.console.input, _ = m.console.input.Update(k) // its commands are for a cursor of its own
	m.console.choices = nil
	m.changed()
	return nil, true
}

// Paste puts text into the query.
func (m *Model) Paste(text string) tea.Cmd {
	m.console.input.InsertString(clean.Text(text))
	m.changed()
	return nil
}

// move scrolls the answer.
func (c *console) move(by int) {
	switch c.form {
	case asTree:
		c.tree.Move(by)
	case asBars:
		c.bars.Move(by)
	default:
		c.row = min(max(c.row+by, 0), max(len(c.rows)-2, 0))
	}
}

// sideways goes to the columns beside, or folds and unfolds the tree.
func (c *console) sideways(right bool) {
	switch {
	case c.form == asTree && right:
		c.tree.Expand()
	case c.form == asTree:
		c.tree.Collapse()
	case c.form == asTable && right && len(c.rows) > 0:
		c.col = min(c.col+1, max(len(c.rows[0])-1, 0))
	case c.form == asTable:
		c.col = max(c.col-1, 0)
	}
}

// runQuery sends the query and remembers it.
func (m *Model) runQuery() tea.Cmd {
	c := &m.console
	text := strings.TrimSpace(c.input.Value())
	if text == "" {
		return nil
	}
	c.err, c.slow = nil, false
	c.history = append(slices.DeleteFunc(c.history, func(h string) bool { return h == text }), text)
	c.history = c.history[max(len(c.history)-maxHistory, 0):]
	c.at = len(c.history)
	return tea.Batch(m.env.Async.Query(m.consoleSlot("query"), text, nil), m.env.Memory.Save(historyName, c.history))
}

// recall brings back an earlier query, or a later one.
func (c *console) recall(by int) {
	at := min(max(c.at+by, 0), len(c.history))
	if at == c.at || at == len(c.history) {
		return
	}
	c.at = at
	c.input.SetValue(clean.Text(c.history[at]))
}

// complete adds what all that could stand at the cursor has in common, and
// shows the choices.
func (c *console) complete() {
	if c.schema == nil {
		return
	}
	list, prefix := c.schema.suggest(c.before())
	if len(list) == 0 {
		c.choices = nil
		return
	}
	common := list[0]
	for _, w := range list[1:] {
		for !strings.HasPrefix(w, common) {
			common = common[:len(common)-1]
		}
	}
	c.input.InsertString(common[min(len(prefix), len(common)):])
	if c.choices = list; len(list) == 1 {
		c.choices = nil
	}
}

// before is the text up to the cursor.
func (c *console) before() string {
	lines := strings.Split(c.input.Value(), "\n")
	at := min(c.input.Line(), len(lines)-1)
	last := []rune(lines[at])
	return strings.Join(append(slices.Clone(lines[:at]), string(last[:min(c.input.Column(), len(last))])), "\n")
}

// onQuery takes an answer.
func (m *Model) onQuery(f async.QueryAnswered) {
	c := &m.console
	if f.Slot == m.consoleSlot("schema") {
		if s, err := readSchema(f.Data); f.Err == nil && err == nil {
			c.schema = s
		}
		return
	}
	c.slow, c.took = false, f.Took
	if c.err = f.Err; f.Err != nil {
		return
	}
	c.have = true
	c.tree.SetJSON(f.Data)
	c.rows, c.all = tableOf(f.Data)
	c.row, c.col = 0, 0
	bars, total := barsOf(c.rows)
	c.bars.SetBars(bars, nil, total, false)
	c.edit(false)
}

// tableOf is the longest list of objects in an answer, a header first, and how
// many rows it would have if it were whole.
func tableOf(data json.RawMessage) (table [][]string, all int) {
	var v any
	if clean.Unmarshal(data, &v) != nil {
		return nil, 0
	}
	list := longest(v)
	seen := map[string]bool{}
	for _, o := range list {
		for k := range o {
			seen[k] = true
		}
	}
	head := make([]string, 0, len(seen))
	for k := range seen {
		if k != "count" {
			head = append(head, k)
		}
	}
	slices.Sort(head)
	if seen["count"] {
		head = append(head, "count")
	}
	out := [][]string{head}
	for _, o := range list[:min(len(list), maxRows)] {
		row := make([]string, len(head))
		for i, k := range head {
			row[i] = plain(o[k])
		}
		out = append(out, row)
	}
	return out, len(list)
}

// longest finds the longest list of objects.
func longest(v any) []map[string]any {
	var best []map[string]any
	keep := func(list []map[string]any) {
		if len(list) > len(best) {
			best = list
		}
	}
	switch v := v.(type) {
	case []any:
		var list []map[string]any
		for _, x := range v {
			if o, ok := x.(map[string]any); ok {
				list = append(list, o)
			}
			keep(longest(x))
		}
		keep(list)
	case map[string]any:
		for _, x := range v {
			keep(longest(x))
		}
	}
	return best
}

// plain is a value as one line.
func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return clean.Line(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		parts := make([]string, len(v))
		for i, x := range v {
			parts[i] = plain(x)
		}
		return strings.Join(parts, ", ")
	}
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return clean.Line(string(text))
}

// barsOf is a table as bars: the last column of whole numbers counts, the
// others name.
func barsOf(rows [][]string) (bars []chart.Bar, total int) {
	if len(rows) < 2 {
		return nil, 0
	}
	number := -1
	for j := range rows[0] {
		if _, err := strconv.Atoi(rows[1][j]); err == nil {
			number = j
		}
	}
	if number < 0 {
		return nil, 0
	}
	for _, r := range rows[1:] {
		n, _ := strconv.Atoi(r[number]) // what is no number counts nothing
		var names []string
		for j, s := range r {
			if j != number && s != "" {
				names = append(names, s)
			}
		}
		bars = append(bars, chart.Bar{Label: strings.Join(names, ", "), Count: n})
		total += n
	}
	return bars, total
}

func (m *Model) copyAnswer() {
	switch c := &m.console; c.form {
	case asTree:
		m.env.Host.Copy("the answer", c.tree.Text())
	default:
		m.env.Host.Copy("the table", string(csvOf(c.rows)))
	}
}

func (m *Model) drawConsole(w, h int) []string {
	c, st := &m.console, m.env.Styles
	pen := st.Title
	if c.editing {
		pen = st.TitleFocus
	}
	out := []string{layout.Line(" "+pen.Paint("GraphQL")+"  "+st.Faint.Paint("asks the server anything its schema has"), w)}
	c.lines = min(max(h/3, 3), 14)
	c.input.SetWidth(w)
	c.input.SetHeight(c.lines)
	text := strings.Split(c.input.View(), "\n")
	for i, l := range text {
		text[i] = m.card.shown(ansi.Strip(l))
	}
	out = append(out, layout.Fit(text, w, c.lines)...)
	out = append(out, m.consoleStatus(w))
	return layout.Fit(append(out, m.answer(w, max(h-len(out), 0))...), w, h)
}

// consoleStatus is the line between query and answer: choices, what goes on,
// or how the answer is shown.
func (m *Model) consoleStatus(w int) string {
	c, st := &m.console, m.env.Styles
	rule := st.Border.Paint(strings.Repeat(st.Glyphs.HLine, 2)) + " "
	switch {
	case len(c.choices) > 0:
		return layout.Line(rule+st.Accent.Paint(m.card.shown(strings.Join(c.choices, "  "))), w)
	case c.slow:
		return layout.Line(rule+st.Faint.Paint("asking"+m.env.Dots()), w)
	case c.err != nil:
		return layout.Line(rule+st.Error.Paint("No answer"), w)
	case c.have:
		pen := st.Title
		if !c.editing {
			pen = st.TitleFocus
		}
		name := [forms]string{"Answer", "Answer as a table", "Answer as a chart"}[c.form]
		return layout.Line(rule+pen.Paint(name)+" "+st.Faint.Paint(c.extent()+", "+c.took.Round(time.Millisecond).String()), w)
	}
	return layout.Line(rule+st.Faint.Paint("ctrl+r runs the query, tab completes"), w)
}

// extent says how many rows the answer has, and what of them is shown.
func (c *console) extent() string {
	n := max(len(c.rows)-1, 0)
	text := views.Count(c.all) + " rows"
	switch {
	case c.all == 1:
		text = "1 row"
	case n < c.all:
		text = "the first " + views.Count(n) + " of " + text
	}
	if c.form == asTable && c.row > 0 {
		text += ", from row " + views.Count(c.row+1)
	}
	if c.form == asTable && c.col > 0 {
		text += fmt.Sprintf(", from column %d of %d", c.col+1, len(c.rows[0]))
	}
	return text
}

func (m *Model) answer(w, h int) []string {
	c, st := &m.console, m.env.Styles
	switch {
	case c.err != nil:
		var lines []string
		for _, l := range strings.Split(ansi.Wrap(m.card.shown(c.err.Error()), max(w-4, 8), " "), "\n") {
			lines = append(lines, "  "+st.Error.Paint(l))
		}
		return layout.Fit(lines, w, h)
	case !c.have:
		return layout.Fit(nil, w, h)
	case c.form == asTree:
		return c.tree.Lines(w, h)
	case len(c.rows) < 2:
		return layout.Fit([]string{"", "  " + st.Faint.Paint("The answer holds no list to show so.")}, w, h)
	case c.form == asBars:
		return c.bars.Lines(w, h)
	}
	return m.answerTable(w, h)
}

// answerTable draws the rows from the one scrolled to.
func (m *Model) answerTable(w, h int) []string {
	c, st := &m.console, m.env.Styles
	rows := append([][]string{c.rows[0]}, c.rows[1+c.row:min(1+c.row+max(h-1, 0), len(c.rows))]...)
	widths := make([]int, len(c.rows[0]))
	for _, r := range rows {
		for j, s := range r {
			widths[j] = min(max(widths[j], layout.Width(m.card.shown(s))), 48)
		}
	}
	var out []string
	for i, r := range rows {
		var b strings.Builder
		for j := c.col; j < len(r); j++ {
			b.WriteString("  " + layout.Line(m.card.shown(r[j]), widths[j]))
		}
		line := b.String()
		if i == 0 {
			line = st.Title.Paint(line)
		}
		out = append(out, line)
	}
	return layout.Fit(out, w, h)
}

// consoleCursor is where the real cursor belongs.
func (m *Model) consoleCursor() (x, y int, ok bool) {
	c := &m.console
	if c.editing {
		if at := c.input.Cursor(); at != nil {
			return at.X, at.Y + 1, true
		}
	}
	return 0, c.lines + 2, true
}
