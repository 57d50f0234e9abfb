package charts

import (
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api/async"
	"threatbench/ui/widget/layout"
	"threatbench/ui/widget/toast"
)

// saved is what a profile remembers of its dashboard.
type saved struct {
	Pins    []Spec `json:"pins"`
	Minutes int    `json:"minutes"` // between refreshes, 0 for never
}

const (
	memoryName   = "charts.board"
	maxPins      = 12
	usualMinutes = 5
)

// board is the dashboard: pinned charts that refresh slowly, for each refresh
// counts against the quota.
type board struct {
	cards   []*card
	cursor  int
	minutes int
	shown   bool
	serial  int // numbers the cards, so that slots of an unpinned one don't come back
	perLine int // as drawn last
	cardH   int
	top     int // the first line of cards shown
}

// restore takes over what the profile remembers.
func (m *Model) restore() {
	s := saved{Minutes: usualMinutes}
	m.env.Memory.Load(memoryName, &s)
	m.board.minutes = min(max(s.Minutes, 0), 24*60)
	for _, pin := range s.Pins[:min(len(s.Pins), maxPins)] {
		m.addCard(pin)
	}
}

func (m *Model) addCard(s Spec) {
	m.board.serial++
	c := newCard(m.env, fmt.Sprintf("pin%d", m.board.serial), s)
	c.names, c.width = m.names, 50
	m.board.cards = append(m.board.cards, c)
}

// remember saves the dashboard.
func (m *Model) remember() tea.Cmd {
	s := saved{Minutes: m.board.minutes}
	for _, c := range m.board.cards {
		s.Pins = append(s.Pins, c.spec)
	}
	return m.env.Memory.Save(memoryName, s)
}

// pin puts the chart on the dashboard, with the filter it has now.
func (m *Model) pin() tea.Cmd {
	s := m.card.spec
	s.Own = true
	m.addCard(s)
	m.env.Host.Say(toast.Good, fmt.Sprintf("pinned; B shows the dashboard of %d", len(m.board.cards)))
	return m.remember()
}

// showBoard goes to the dashboard, which asks for what it has not got yet.
func (m *Model) showBoard() tea.Cmd {
	m.env.Host.Mark()
	return m.openBoard()
}

func (m *Model) openBoard() tea.Cmd {
	m.board.shown = true
	cmds := []tea.Cmd{m.needSaved()}
	for _, c := range m.board.cards {
		if c.plot == nil && !c.busy() {
			cmds = append(cmds, c.load())
		}
	}
	return tea.Batch(append(cmds, m.tick())...)
}

func (m *Model) tickSlot() async.Slot { return async.Slot{View: View, Name: "tick"} }

// tick arranges the next refresh.
func (m *Model) tick() tea.Cmd {
	if m.board.minutes == 0 || !m.board.shown || len(m.board.cards) == 0 {
		m.env.Async.Cancel(m.tickSlot())
		return nil
	}
	return m.env.Async.After(m.tickSlot(), time.Duration(m.board.minutes)*time.Minute)
}

// refreshBoard asks for all pinned charts anew.
func (m *Model) refreshBoard() tea.Cmd {
	var cmds []tea.Cmd
	for _, c := range m.board.cards {
		cmds = append(cmds, c.load(async.Refresh))
	}
	return tea.Batch(append(cmds, m.tick())...)
}

// closeBoard returns to the chart.
func (m *Model) closeBoard() {
	m.board.shown = false
	m.env.Async.Cancel(m.tickSlot())
}

// nextInterval goes to the next time between refreshes.
func (m *Model) nextInterval() tea.Cmd {
	m.board.minutes = next([]int{0, 1, 5, 15, 60}, m.board.minutes)
	return tea.Batch(m.remember(), m.tick())
}

// openPinned shows the chart under the cursor large.
func (m *Model) openPinned() tea.Cmd {
	m.env.Host.Mark()
	m.closeBoard()
	m.card.spec, m.card.plot, m.started = m.board.cards[m.board.cursor].spec, nil, true
	return tea.Batch(m.reload(), m.needSaved())
}

func (m *Model) unpin() tea.Cmd {
	b, i := &m.board, m.board.cursor
	m.env.Host.Say(toast.Info, "Unpinned "+b.cards[i].spec.name())
	b.cards = append(b.cards[:i:i], b.cards[i+1:]...)
	b.move(0)
	return m.remember()
}

// movePinned changes the places of the chart under the cursor and the one
// before (-1) or after it (+1).
func (m *Model) movePinned(by int) tea.Cmd {
	b := &m.board
	i, j := b.cursor, b.cursor+by
	if j < 0 || j >= len(b.cards) {
		return nil
	}
	b.cards[i], b.cards[j] = b.cards[j], b.cards[i]
	b.cursor = j
	return m.remember()
}

func (b *board) move(n int) { b.cursor = min(max(b.cursor+n, 0), max(len(b.cards)-1, 0)) }

// leastCard is the smallest a pinned chart is drawn.
const (
	leastCardW = 58
	leastCardH = 11
)

func (m *Model) drawBoard(w, h int) []string {
	b, st := &m.board, m.env.Styles
	every := "refreshes never"
	if b.minutes > 0 {
		every = fmt.Sprintf("refreshes every %d min", b.minutes)
	}
	head := " " + st.TitleFocus.Paint("Dashboard") + "  " + st.Faint.Paint(fmt.Sprintf("%d of at most %d charts, %s", len(b.cards), maxPins, every))
	if len(b.cards) == 0 {
		lines := []string{head, "", "  " + st.Strong.Paint("Nothing is pinned yet."), "", "  " + st.Faint.Paint("esc goes back to the chart, p pins it here.")}
		return layout.Fit(lines, w, h)
	}
	b.perLine = min(max(w/leastCardW, 1), len(b.cards), 3)
	lines := (len(b.cards) + b.perLine - 1) / b.perLine
	fit := min(max((h-1)/leastCardH, 1), lines)
	b.cardH = (h - 1) / fit
	at := b.cursor / b.perLine
	b.top = max(min(min(max(b.top, at-fit+1), at), lines-fit), 0)
	out := []string{layout.Line(head, w)}
	for y := b.top; y < b.top+fit; y++ {
		var row [][]string
		for x := range b.perLine {
			cw := w / b.perLine
			if i := y*b.perLine + x; i < len(b.cards) {
				row = append(row, layout.Fit(b.cards[i].drawPinned(cw-1, b.cardH, i == b.cursor), cw, b.cardH))
			} else {
				row = append(row, layout.Fit(nil, cw, b.cardH))
			}
		}
		out = append(out, layout.Join(row...)...)
	}
	return layout.Fit(out, w, h)
}

// drawPinned is a chart on the dashboard: no note, and a title that tells
// whether the cursor is on it.
func (c *card) drawPinned(w, h int, here bool) []string {
	st := c.env.Styles
	mark, pen := "  ", st.Title
	if here {
		mark, pen = st.Cursor.Paint(st.Glyphs.Cursor)+" ", st.TitleFocus
	}
	head := mark + pen.Paint(c.shown(c.titled()))
	if n := c.total(); n >= 0 {
		head += "  " + st.Faint.Paint(events(n)+", "+c.loaded.In(c.env.Zone).Format("15:04"))
	}
	out := layout.Fit([]string{head, c.subject(w)}, w, min(h, headLines))
	return append(out, c.body(w, max(h-headLines-1, 0))...)
}

// clickBoard puts the cursor on the chart at a place; true where one is.
func (m *Model) clickBoard(x, y, w int) bool {
	b := &m.board
	if b.cardH == 0 || b.perLine == 0 || y < 1 {
		return false
	}
	i := (b.top+(y-1)/b.cardH)*b.perLine + min(x/max(w/b.perLine, 1), b.perLine-1)
	if i >= len(b.cards) {
		return false
	}
	b.cursor = i
	return true
}
