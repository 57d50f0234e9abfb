package table

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"threatbench/theme"
	"threatbench/ui/widget/layout"
)

// texts are what a cell may hold: neutralised, of every width.
func texts() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{
			"", "a", "login.acme.example", "漢字の件名", "🔥🔥", "e\u0301te\u0301", "\u0301", "नमस्ते", "🇺🇦 Gov", "가나다", "👍🏽", "…", "a…", "ಕೆ\u0cf3",
		}),
		rapid.StringMatching(`[ -~]{0,50}`),
		rapid.StringMatching(`[a-zа-я漢字한🔥]{0,30}`),
	)
}

// given is a source of what it is given.
type given struct {
	rows  [][]Cell
	gone  map[int]bool
	marks map[int]bool
}

func (g *given) Len() int { return len(g.rows) }

func (g *given) Row(i int, cells []Cell) bool {
	copy(cells, g.rows[i])
	return !g.gone[i]
}

func (g *given) Marked(i int) bool { return g.marks[i] }

func drawColumns(t *rapid.T) []Column {
	cols := make([]Column, rapid.IntRange(0, 8).Draw(t, "columns"))
	for i := range cols {
		cols[i] = Column{
			ID: fmt.Sprintf("c%d", i), Title: texts().Draw(t, "title"),
			Min: rapid.IntRange(-1, 20).Draw(t, "min"), Width: rapid.IntRange(0, 30).Draw(t, "width"),
			Max: rapid.IntRange(0, 40).Draw(t, "max"), Flex: rapid.IntRange(0, 3).Draw(t, "flex"),
			Right: rapid.Bool().Draw(t, "right"), Priority: rapid.IntRange(0, 3).Draw(t, "priority"),
		}
	}
	return cols
}

func drawTable(t *rapid.T, st *theme.Styles) (*Model, *given) {
	cols := drawColumns(t)
	g := &given{rows: make([][]Cell, rapid.IntRange(0, 30).Draw(t, "rows")), gone: map[int]bool{}, marks: map[int]bool{}}
	for i := range g.rows {
		g.rows[i] = make([]Cell, len(cols))
		g.gone[i] = rapid.IntRange(0, 5).Draw(t, "gone") == 0
		g.marks[i] = rapid.Bool().Draw(t, "mark")
		for c := range g.rows[i] {
			g.rows[i][c] = Cell{Text: texts().Draw(t, "text"), Pen: st.TLP[rapid.IntRange(0, 5).Draw(t, "pen")]}
			if rapid.Bool().Draw(t, "tailed") {
				g.rows[i][c].Tail = texts().Draw(t, "tail")
			}
		}
	}
	m := New(st)
	m.SetColumns(cols)
	m.SetSource(g)
	m.SetSize(rapid.IntRange(0, 130).Draw(t, "w"), rapid.IntRange(0, 20).Draw(t, "h"))
	m.Focus(rapid.Bool().Draw(t, "focus"))
	m.SetHighlight(rapid.Bool().Draw(t, "highlight"))
	m.SetSort(fmt.Sprintf("c%d", rapid.IntRange(0, 8).Draw(t, "sort")), rapid.Bool().Draw(t, "desc"))
	return m, g
}

// act does one thing a person may do.
func act(t *rapid.T, m *Model) {
	n := rapid.IntRange(-40, 40).Draw(t, "n")
	acts := []func(){
		func() { m.MoveBy(n) }, func() { m.MoveTo(n) }, func() { m.Page(n % 3) }, func() { m.HalfPage(n % 3) },
		m.Home, m.End, m.Left, m.Right, func() { m.ScrollBy(n) }, func() { m.SetCol(n) },
		func() { m.SetSize(max(n, 0)*3, max(-n, n)/2) }, func() { m.ResizeColumn(m.Col(), n) }, m.Invalidate, m.Reveal,
		func() { m.MoveBy(1) }, func() { m.MoveBy(-1) },
	}
	acts[rapid.IntRange(0, len(acts)-1).Draw(t, "act")]()
}

func TestEveryLineIsExact(t *testing.T) {
	unicode, ascii := styles(t, "dark", false), styles(t, "mono", true)
	rapid.Check(t, func(t *rapid.T) {
		st := unicode
		if rapid.Bool().Draw(t, "ascii") {
			st = ascii
		}
		m, _ := drawTable(t, st)
		for range rapid.IntRange(0, 6).Draw(t, "acts") {
			act(t, m)
			exact(t, m)
		}
		exact(t, m)
	})
}

func exact(t *rapid.T, m *Model) {
	lines := m.Lines()
	if len(lines) != m.h {
		t.Fatalf("%d lines, want %d", len(lines), m.h)
	}
	for y, line := range lines {
		if g, wc := ansi.StringWidth(line), ansi.StringWidthWc(line); g != m.w || wc != m.w {
			t.Fatalf("line %d is %d or %d cells, want %d: %q", y, g, wc, m.w, line)
		}
		if m.st.Glyphs.ASCII && strings.IndexFunc(ansi.Strip(line), func(r rune) bool { return r < 0x20 || r > 0x7e }) >= 0 {
			t.Fatalf("line %d is not ASCII: %q", y, line)
		}
	}
}

// What is cached must be what would be drawn anew.
func TestCachedLinesAreFresh(t *testing.T) {
	st := styles(t, "dark", false)
	rapid.Check(t, func(t *rapid.T) {
		m, g := drawTable(t, st)
		for range rapid.IntRange(1, 10).Draw(t, "acts") {
			act(t, m)
			if i := rapid.IntRange(0, 30).Draw(t, "toggled"); i < len(g.rows) {
				g.marks[i] = !g.marks[i]
				g.gone[i] = false
			}
			cached := m.Lines()
			m.relay()
			if fresh := m.Lines(); !slices.Equal(cached, fresh) {
				t.Fatalf("cached:\n%q\nfresh:\n%q", cached, fresh)
			}
		}
	})
}

func TestCursorStaysInSight(t *testing.T) {
	st := styles(t, "dark", false)
	rapid.Check(t, func(t *rapid.T) {
		m, g := drawTable(t, st)
		for range rapid.IntRange(1, 20).Draw(t, "acts") {
			act(t, m)
			if rapid.IntRange(0, 9).Draw(t, "shrink") == 0 {
				g.rows = g.rows[:len(g.rows)*2/3]
				m.Invalidate()
				m.Reveal()
			}
			inSight(t, m, len(g.rows))
		}
	})
}

func inSight(t *rapid.T, m *Model, n int) {
	cursor, offset := m.Cursor(), m.Offset()
	from, to := m.Visible()
	if cursor < 0 || cursor >= max(n, 1) || offset < 0 || offset > max(n-m.body(), 0) {
		t.Fatalf("cursor %d, offset %d of %d rows in %d lines", cursor, offset, n, m.body())
	}
	if from != offset || to-from != min(m.body(), n) {
		t.Fatalf("rows %d to %d are visible of %d in %d lines", from, to, n, m.body())
	}
	if n > 0 && m.body() > 0 && (cursor < from || cursor >= to) {
		t.Fatalf("cursor %d is not among the rows %d to %d", cursor, from, to)
	}
	x, y := m.CursorXY()
	if n == 0 || m.body() == 0 || m.w == 0 {
		if x != -1 || y != -1 {
			t.Fatalf("a real cursor at %d, %d without a row", x, y)
		}
		return
	}
	if y != cursor-offset+1 || x < 0 || x >= m.w {
		t.Fatalf("the real cursor stands at %d, %d; row %d, offset %d", x, y, cursor, offset)
	}
}

func TestHitsAgreeWithTheDrawing(t *testing.T) {
	st := styles(t, "dark", false)
	rapid.Check(t, func(t *rapid.T) {
		m, g := drawTable(t, st)
		// Every cell says where it is.
		for i, row := range g.rows {
			g.gone[i] = false
			for c := range row {
				row[c] = Cell{Text: strings.Repeat(string(rune('A'+c)), 60)}
			}
		}
		m.Invalidate()
		for i := range m.cols {
			m.cols[i].Title = strings.Repeat(string(rune('A'+i)), 60)
		}
		m.relay()
		act(t, m)
		lines := m.Lines()
		for y, line := range lines {
			for x := range m.w {
				agree(t, m, ansi.Strip(layout.Cut(line, x, x+1)), x, y)
			}
		}
	})
}

func agree(t *rapid.T, m *Model, drawn string, x, y int) {
	h := m.Hit(x, y)
	if len(drawn) == 1 && drawn[0] >= 'A' && drawn[0] <= 'H' {
		want := Hit{Row, m.Offset() + y - 1, int(drawn[0] - 'A')}
		if y == 0 {
			want = Hit{Header, -1, want.Col}
		}
		if h != want {
			t.Fatalf("at %d, %d stands %q and is hit %+v", x, y, drawn, h)
		}
	}
	if drawn == m.st.Glyphs.Thumb && h.Kind != Scrollbar {
		t.Fatalf("the thumb at %d, %d is hit as %+v", x, y, h)
	}
	if h.Kind == Border && (y != 0 || drawn != " ") {
		t.Fatalf("a border at %d, %d, where %q stands", x, y, drawn)
	}
	if h.Kind == Row && (h.Row < 0 || h.Row >= m.src.Len()) {
		t.Fatalf("at %d, %d row %d of %d is hit", x, y, h.Row, m.src.Len())
	}
}

func TestHitOutside(t *testing.T) {
	m, _ := eventTable(t, 3, 60, 10)
	for _, p := range [][2]int{{-1, 2}, {2, -1}, {60, 2}, {2, 10}, {5, 6}, {0, 0}} {
		if got := m.Hit(p[0], p[1]); got != (Hit{None, -1, -1}) {
			t.Errorf("Hit(%d, %d) = %+v", p[0], p[1], got)
		}
	}
	if got := m.Hit(0, 2); got != (Hit{Row, 1, -1}) {
		t.Errorf("in the gutter: %+v", got)
	}
}

func TestScrollbarGoesFromEndToEnd(t *testing.T) {
	m, _ := eventTable(t, 1_000_000, 120, 40)
	if h := m.Hit(119, 1); h != (Hit{Scrollbar, 0, -1}) {
		t.Errorf("its top: %+v", h)
	}
	if h := m.Hit(119, 39); h != (Hit{Scrollbar, 999_999, -1}) {
		t.Errorf("its bottom: %+v", h)
	}
	if m.thumbAt() != 0 {
		t.Errorf("the thumb starts at %d", m.thumbAt())
	}
	m.End()
	if m.thumbAt() != 38 {
		t.Errorf("the thumb ends at %d", m.thumbAt())
	}
}

func TestMoving(t *testing.T) {
	type place struct{ cursor, offset int }
	for _, c := range []struct {
		name string
		do   func(m *Model)
		want place
	}{
		{"down in view", func(m *Model) { m.MoveBy(5) }, place{5, 0}},
		{"two rows stay ahead", func(m *Model) { m.MoveBy(37) }, place{37, 1}},
		{"no jump to get them", func(m *Model) { m.MoveTo(38); m.MoveBy(1) }, place{39, 1}},
		{"up keeps them too", func(m *Model) { m.MoveTo(500); m.MoveTo(481 + 3); m.MoveBy(-2) }, place{482, 480}},
		{"page keeps the place", func(m *Model) { m.MoveTo(10); m.Page(1) }, place{49, 39}},
		{"page back", func(m *Model) { m.MoveTo(10); m.Page(1); m.Page(-1) }, place{10, 0}},
		{"page before the first", func(m *Model) { m.MoveTo(10); m.Page(-1) }, place{0, 0}},
		{"page after the last", func(m *Model) { m.End(); m.MoveBy(-5); m.Page(1) }, place{999, 961}},
		{"half a page", func(m *Model) { m.HalfPage(1) }, place{19, 19}},
		{"end", func(m *Model) { m.End() }, place{999, 961}},
		{"home", func(m *Model) { m.End(); m.Home() }, place{0, 0}},
		{"far away comes to the middle", func(m *Model) { m.MoveTo(500) }, place{500, 481}},
		{"near moves nothing", func(m *Model) { m.MoveTo(500); m.MoveTo(519) }, place{519, 481}},
		{"wheel takes the cursor along", func(m *Model) { m.ScrollBy(3) }, place{3, 3}},
		{"wheel leaves it where it can", func(m *Model) { m.MoveTo(20); m.ScrollBy(3) }, place{20, 3}},
		{"wheel up", func(m *Model) { m.End(); m.ScrollBy(-3) }, place{996, 958}},
		{"huge steps", func(m *Model) { m.MoveBy(1 << 62); m.MoveBy(1 << 62) }, place{999, 961}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, _ := eventTable(t, 1000, 120, 40)
			c.do(m)
			if got := (place{m.Cursor(), m.Offset()}); got != c.want {
				t.Errorf("cursor and offset %v, want %v", got, c.want)
			}
		})
	}
}

func TestColumnsDropByPriority(t *testing.T) {
	for _, c := range []struct {
		w    int
		want string
	}{
		{200, "DATE TLP ATTACKER CATEGORY INDICATOR TARGET TAGS EVENT"},
		{80, "DATE TLP ATTACKER CATEGORY INDICATOR TARGET TAGS"},
		{70, "DATE TLP ATTACKER CATEGORY INDICATOR TARGET"},
		{60, "DATE TLP ATTACKER CATEGORY INDICATOR"},
		{45, "DATE ATTACKER INDICATOR"},
		{20, "DATE"},
	} {
		m, _ := eventTable(t, 5, c.w, 10)
		m.SetSort("", false)
		if got := strings.Join(strings.Fields(ansi.Strip(m.Lines()[0])), " "); got != c.want {
			t.Errorf("%d cells: %s, want %s", c.w, got, c.want)
		}
	}
}

func TestWidthsFillTheRoomAndNeverMove(t *testing.T) {
	m, _ := eventTable(t, 100_000, 120, 40)
	m.Lines()
	last := m.spans[len(m.spans)-1]
	if end := last.x + last.w; end != 120-bar {
		t.Errorf("the last column ends at %d", end)
	}
	before := slices.Clone(m.spans)
	for range 50 {
		m.Page(1)
		m.Lines()
	}
	if !slices.Equal(before, m.spans) {
		t.Errorf("columns moved while scrolling: %v to %v", before, m.spans)
	}
}

func TestResizeColumnIsKept(t *testing.T) {
	m, _ := eventTable(t, 10, 120, 10)
	width := func(col int) int {
		m.Lines()
		for _, s := range m.spans {
			if s.col == col {
				return s.w
			}
		}
		return 0
	}
	was := width(4)
	m.ResizeColumn(4, 3)
	if got := width(4); got != was+3 {
		t.Errorf("column of %d cells made 3 wider: %d", was, got)
	}
	m.ResizeColumn(4, -100)
	if got := width(4); got != 2 {
		t.Errorf("column made as narrow as can be: %d", got)
	}
	kept := New(m.st)
	kept.SetColumns(m.Columns())
	kept.SetSize(120, 10)
	kept.Lines()
	if got, want := kept.spans, m.spans; !slices.Equal(got, want) {
		t.Errorf("kept columns are laid out as %v, want %v", got, want)
	}
}

func TestSelectedColumnSkipsHiddenOnes(t *testing.T) {
	m, _ := eventTable(t, 10, 45, 10) // date, attacker, indicator
	m.Right()
	if m.Col() != 2 {
		t.Errorf("right of the date is column %d, want 2", m.Col())
	}
	m.Right()
	m.Right()
	if m.Col() != 4 {
		t.Errorf("rightmost is column %d, want 4", m.Col())
	}
	m.Left()
	if m.Col() != 2 {
		t.Errorf("left of it is column %d, want 2", m.Col())
	}
	m.SetSize(20, 10)
	if m.Col() != 0 {
		t.Errorf("after narrowing column %d, want 0", m.Col())
	}
	cols := m.Columns()
	slices.Reverse(cols)
	m.SetColumns(cols)
	m.SetSize(200, 10)
	if got := m.Columns()[m.Col()].ID; got != "date" {
		t.Errorf("after reordering the selected column is %s", got)
	}
}

func TestCells(t *testing.T) {
	m := New(styles(t, "mono", false))
	notes := []string{"(longer)", "(l)"}
	for _, c := range []struct {
		name  string
		cell  Cell
		right bool
		w     int
		want  string
	}{
		{"fits", Cell{Text: "abc"}, false, 5, "abc  "},
		{"right", Cell{Text: "12"}, true, 5, "   12"},
		{"cut", Cell{Text: "abcdef"}, false, 5, "abcd…"},
		{"exactly", Cell{Text: "abcde"}, false, 5, "abcde"},
		{"wide rune cut in half", Cell{Text: "漢字漢字"}, false, 4, "漢 …"},
		{"wide runes fit", Cell{Text: "漢字"}, false, 4, "漢字"},
		{"combining mark at the cut", Cell{Text: "abe\u0301def"}, false, 4, "abe\u0301…"},
		{"tail", Cell{Text: "c2", Tail: "+2"}, false, 8, "c2 +2   "},
		{"tail stays when the text is cut", Cell{Text: "phishing", Tail: "+2"}, false, 8, "phis… +2"},
		{"tail goes before the text is lost", Cell{Text: "phishing", Tail: "+2"}, false, 5, "phis…"},
		{"and the text says so", Cell{Text: "c2", Tail: "+12"}, false, 4, "c2… "},
		{"note", Cell{Text: "c2", Notes: notes}, false, 12, "c2 (longer) "},
		{"note just fits", Cell{Text: "c2", Notes: notes}, false, 11, "c2 (longer)"},
		{"note gets shorter", Cell{Text: "c2", Notes: notes}, false, 10, "c2 (l)    "},
		{"note goes before anything of the text", Cell{Text: "phishing", Notes: notes}, false, 11, "phishing   "},
		{"note of a text that is cut", Cell{Text: "phishing", Notes: notes}, false, 6, "phish…"},
		{"one cell", Cell{Text: "ab"}, false, 1, "…"},
		{"nothing", Cell{}, false, 3, "   "},
		{"skin tone", Cell{Text: "👍🏽x"}, false, 4, "👍x "},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b strings.Builder
			m.cell(&b, c.cell, c.right, c.w)
			if got := b.String(); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestDrawingSaysWhatIsWhat(t *testing.T) {
	m, src := eventTable(t, 5, 60, 8)
	src.marks[1] = true
	src.absent = func(i int) bool { return i == 3 }
	m.MoveTo(2)
	var got []string
	for _, line := range m.Lines() {
		got = append(got, layout.Cut(ansi.Strip(line), 0, 19))
	}
	want := []string{
		"  DATE ▾        TLP",
		"  01 Nov 00:00  cle",
		" ●01 Nov 00:01  gre",
		"▌ 01 Nov 00:02  amb",
		"  …                ",
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("line %d: %q, want %q", i, got[i], want[i])
		}
	}
	before := src.calls
	src.absent = nil
	if line := ansi.Strip(m.Lines()[4]); !strings.Contains(line, "00:03") {
		t.Errorf("a row that came is still not drawn: %q", line)
	}
	if src.calls != before+1 {
		t.Errorf("%d rows were asked for again, want the one that was missing", src.calls-before)
	}
}

func TestEmptyTable(t *testing.T) {
	m := New(styles(t, "dark", false))
	m.SetSize(20, 3)
	for _, f := range []func(){m.Home, m.End, m.Left, m.Right, m.Reveal, func() { m.MoveBy(1) }, func() { m.Page(1) }, func() { m.SetSource(nil) }} {
		f()
	}
	if m.Cursor() != 0 || m.Offset() != 0 {
		t.Errorf("cursor %d, offset %d", m.Cursor(), m.Offset())
	}
	if got := strings.Join(m.Lines(), "|"); got != strings.Repeat(" ", 20)+"|"+strings.Repeat(" ", 20)+"|"+strings.Repeat(" ", 20) {
		t.Errorf("drawn as %q", got)
	}
}
