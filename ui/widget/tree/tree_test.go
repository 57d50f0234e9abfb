package tree

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"threatbench/theme"
)

func styles(t testing.TB, name string, ascii bool) *theme.Styles {
	t.Helper()
	st, err := theme.Load(name, true, ascii)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// harmless stands in for the real neutraliser: what can't be seen is shown as
// a number in angle brackets.
func harmless(s string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(s, "<bad>") {
		if !unicode.IsGraphic(r) {
			fmt.Fprintf(&b, "<%X>", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func tree(t testing.TB, src string) *Model {
	t.Helper()
	m := New(styles(t, "dark", false), harmless)
	m.SetJSON([]byte(src))
	return m
}

// screen is the window without colours and without the spaces at the ends.
func screen(m *Model, w, h int) string {
	lines := m.Lines(w, h)
	for i, l := range lines {
		lines[i] = strings.TrimRight(ansi.Strip(l), " ")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

func exact(t interface {
	Helper()
	Fatalf(string, ...any)
}, lines []string, w, h int) {
	t.Helper()
	if len(lines) != h {
		t.Fatalf("%d lines, want %d", len(lines), h)
	}
	for i, l := range lines {
		if got := ansi.StringWidth(l); got != w {
			t.Fatalf("line %d is %d cells wide, want %d: %q", i, got, w, l)
		}
		if at := strings.LastIndex(l, "\x1b["); at >= 0 && !strings.HasPrefix(l[at:], theme.Off) {
			t.Fatalf("line %d leaves its style open: %q", i, l)
		}
		if strings.ContainsFunc(ansi.Strip(l), unicode.IsControl) {
			t.Fatalf("line %d holds a control character: %q", i, l)
		}
	}
}

const record = `{
  "name": "FLYINGYETI", "seen": 12345678901234567890.10, "on": true, "off": null,
  "where": {"country": "UA", "list": [1, {"deep": "x"}, []]},
  "empty": {}, "name": "twice"
}`

func TestUnfolded(t *testing.T) {
	m := tree(t, record)
	want := `▌▾ {7}
     name: "FLYINGYETI"
     seen: 12345678901234567890.10
     on: true
     off: null
   ▾ where {2}
       country: "UA"
     ▾ list [3]
         0: 1
       ▾ 1 {1}
           deep: "x"
         2 [0]
     empty {0}
     name: "twice"`
	if got := screen(m, 60, 20); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestFolded(t *testing.T) {
	m := tree(t, `{"list":[1,"two",[3],{"four":4}],"where":{"country":"UA","a key":1},"none":[]}`)
	tests := []struct {
		level int
		want  string
	}{
		{0, "▌▸ {3} list, where, none"},
		{1, "▌▾ {3}\n   ▸ list [4] 1, \"two\"\n   ▸ where {2} country, a key\n     none [0]"},
	}
	for _, tt := range tests {
		m.ToLevel(tt.level)
		if got := screen(m, 60, 20); got != tt.want {
			t.Errorf("level %d:\n%s\nwant\n%s", tt.level, got, tt.want)
		}
	}
}

func TestFileTreeKeys(t *testing.T) {
	m := tree(t, record)
	m.CollapseAll()
	steps := []struct {
		key  string
		path string
		rows int
	}{
		{"down", "$.name", 8}, {"down", "$.seen", 8}, {"down", "$.on", 8}, {"down", "$.off", 8}, {"down", "$.where", 8},
		{"expand", "$.where", 10}, {"expand", "$.where.country", 10}, {"expand", "$.where.country", 10},
		{"down", "$.where.list", 10}, {"expand", "$.where.list", 13}, {"expand", "$.where.list[0]", 13}, {"down", "$.where.list[1]", 13},
		{"toggle", "$.where.list[1]", 14}, {"expand", "$.where.list[1].deep", 14},
		{"collapse", "$.where.list[1]", 14}, {"collapse", "$.where.list[1]", 13}, {"collapse", "$.where.list", 13},
		{"level 1", "$.where", 8},
		{"collapse", "$", 8}, {"collapse", "$", 1}, {"collapse", "$", 1},
		{"all", "$", 14}, {"end", "$.name", 14}, {"up", "$.empty", 14}, {"toggle", "$.empty", 14}, {"home", "$", 14},
	}
	for i, s := range steps {
		switch s.key {
		case "up":
			m.Up()
		case "down":
			m.Down()
		case "expand":
			m.Expand()
		case "collapse":
			m.Collapse()
		case "toggle":
			m.Toggle()
		case "all":
			m.ExpandAll()
		case "level 1":
			m.CollapseAll()
		case "home":
			m.Home()
		case "end":
			m.End()
		}
		if m.Path() != s.path || m.Len() != s.rows {
			t.Fatalf("step %d, %s: at %s with %d rows, want %s with %d\n%s", i, s.key, m.Path(), m.Len(), s.path, s.rows, screen(m, 60, 20))
		}
	}
}

func TestPathAndValue(t *testing.T) {
	m := tree(t, `{"a":[0,1,2,{"b":"x\"\u001b\n"}],"a key":{"":1,"q\"\\":2.50e+3},"\u001b[31m":true}`)
	m.ExpandAll()
	want := []struct{ path, value, text string }{
		{"$", m.src, m.src},
		{"$.a", `[0,1,2,{"b":"x\"\u001b\n"}]`, `[0,1,2,{"b":"x\"\u001b\n"}]`},
		{"$.a[0]", "0", "0"}, {"$.a[1]", "1", "1"}, {"$.a[2]", "2", "2"},
		{"$.a[3]", `{"b":"x\"\u001b\n"}`, `{"b":"x\"\u001b\n"}`},
		{"$.a[3].b", `"x\"\u001b\n"`, "x\"\x1b\n"},
		{`$["a key"]`, `{"":1,"q\"\\":2.50e+3}`, `{"":1,"q\"\\":2.50e+3}`},
		{`$["a key"][""]`, "1", "1"},
		{`$["a key"]["q\"\\"]`, "2.50e+3", "2.50e+3"},
		{`$["<1B>[31m"]`, "true", "true"},
	}
	for _, w := range want {
		if m.Path() != w.path || m.Value() != w.value || m.Text() != w.text {
			t.Errorf("at %s value %s text %q, want %+v", m.Path(), m.Value(), m.Text(), w)
		}
		m.Down()
	}
}

func TestHostileIsNeutralised(t *testing.T) {
	m := tree(t, "{\"\\u001b]0;x\\u0007\":\"\\u009b2J\\u202e \xff \\ud800 \u202e\"}")
	got := screen(m, 80, 2)
	if !strings.Contains(got, `<1B>]0;x<7>: "<9B>2J<202E> <bad> \ud800 <202E>"`) {
		t.Errorf("got %q", got)
	}
}

func TestLongTextOpens(t *testing.T) {
	m := tree(t, `{"short":"x","long":"first line\nsecond `+strings.Repeat("word ", 12)+`"}`)
	m.Lines(40, 10)
	m.Down()
	if m.Toggle() {
		t.Error("a short text opened")
	}
	m.Down()
	if got := screen(m, 40, 3); !strings.Contains(got, `▸ long: "first line<A>second`) || !strings.HasSuffix(got, "…") {
		t.Errorf("closed:\n%s", got)
	}
	m.Expand()
	want := ` ▾ {2}
     short: "x"
▌  ▾ long: 78 characters
       first line
       second word word word word word
       word word word word word word
       word`
	if got := screen(m, 40, 10); got != want {
		t.Errorf("open:\n%s\nwant\n%s", got, want)
	}
	m.End()
	if m.Path() != "$.long" {
		t.Errorf("inside the text the path is %s", m.Path())
	}
	if n := m.Len(); n != 7 {
		t.Errorf("%d rows, want 7", n)
	}
	m.Lines(80, 10)
	if n := m.Len(); n != 5 {
		t.Errorf("%d rows in a wider window, want 5", n)
	}
	m.Collapse()
	if m.Path() != "$.long" || m.Len() != 3 {
		t.Errorf("closed again: at %s with %d rows", m.Path(), m.Len())
	}
}

func TestFind(t *testing.T) {
	m := tree(t, `{"a":{"Needle":1},"b":["hay",{"x":"needle"}],"c":"`+strings.Repeat("hay ", 300)+`NEEDLE","d":"nee\u0064le"}`)
	m.CollapseAll()
	if n := m.Find("needle"); n != 4 {
		t.Fatalf("%d hits, want 4", n)
	}
	at := func(path string, current int) {
		t.Helper()
		cur, total := m.Found()
		if m.Path() != path || cur != current || total != 4 {
			t.Errorf("at %s, hit %d of %d, want %s, %d of 4", m.Path(), cur, total, path, current)
		}
		line := ansi.Strip(m.Lines(60, 12)[m.cur-m.top])
		if !strings.Contains(strings.ToLower(line), "needle") {
			t.Errorf("the hit isn't in the cursor's row: %q", line)
		}
	}
	at("$.a.Needle", 1)
	m.Next()
	at("$.b[1].x", 2)
	m.Next()
	at("$.c", 3)
	if m.rows[m.cur].part == 0 {
		t.Error("a hit beyond the cut must open the text")
	}
	m.Next()
	at("$.d", 4)
	m.Next()
	at("$.a.Needle", 1)
	m.Prev()
	at("$.d", 4)
	m.Home()
	if cur, total := m.Found(); cur != 0 || total != 4 {
		t.Errorf("beside the hits: %d of %d", cur, total)
	}
	if n := m.Find("zzz"); n != 0 || m.Next() || m.Prev() {
		t.Error("found what isn't there")
	}
}

func TestHitsAreMarked(t *testing.T) {
	m := tree(t, `["aXa","xX"]`)
	m.Find("x")
	lines := m.Lines(20, 3)
	cur, hit := m.st.MatchCurrent, m.st.Match
	if !strings.Contains(lines[1], cur.Paint("X")) || !strings.Contains(lines[2], hit.Paint("x")+hit.Paint("X")) {
		t.Errorf("got %q", lines)
	}
}

func TestNotJSON(t *testing.T) {
	tests := []struct{ src, err string }{
		{`{"a":1`, "line 1, column 7: a comma or '}' was expected"},
		{"{\n  \"a\" 1}", "line 2, column 7: a colon was expected after the key"},
		{`{a:1}`, "line 1, column 2: a key in quotes was expected"},
		{`[1,]`, "line 1, column 4: a value was expected"},
		{`[1`, "line 1, column 3: a comma or ']' was expected"},
		{`[`, "line 1, column 2: it ends in the middle"},
		{`[01]`, "line 1, column 3: a comma or ']' was expected"},
		{`[-]`, "line 1, column 2: a number without digits"},
		{`[1.]`, "line 1, column 2: a number without digits after its point"},
		{`[1e]`, "line 1, column 2: a number without digits in its exponent"},
		{`"a`, "line 1, column 1: a string without an end"},
		{`"a\x"`, "line 1, column 3: an escape that JSON doesn't know"},
		{`"a\u12"`, "line 1, column 3: an escape that JSON doesn't know"},
		{"\"a\nb\"", "line 1, column 3: a control character in a string"},
		{`1 2`, "line 1, column 3: something follows the value"},
		{"plain text\n\x1b[31mred", "line 1, column 1: a value was expected"},
	}
	for _, tt := range tests {
		m := tree(t, tt.src)
		if m.Err() == nil || m.Err().Error() != tt.err {
			t.Errorf("%q: error %v, want %s", tt.src, m.Err(), tt.err)
		}
		got := screen(m, 90, 6)
		if !strings.HasPrefix(got, "Not shown as a tree: "+tt.err) || !strings.HasSuffix(got, harmless(tt.src[strings.LastIndex(tt.src, "\n")+1:])) {
			t.Errorf("%q is drawn as\n%s", tt.src, got)
		}
		if m.Path() != "" || m.Value() != tt.src {
			t.Errorf("%q: path %q, value %q", tt.src, m.Path(), m.Value())
		}
	}
}

func TestNothing(t *testing.T) {
	for _, src := range []string{"", " \n"} {
		m := tree(t, src)
		m.Down()
		m.Toggle()
		m.Expand()
		m.Collapse()
		m.ExpandAll()
		m.Find("x")
		if got := screen(m, 30, 3); got != " Nothing to show." || m.Err() != nil || m.Path() != "" || m.Value() != "" {
			t.Errorf("%q is drawn as %q, error %v", src, got, m.Err())
		}
	}
}

func TestDeepNesting(t *testing.T) {
	const depth = 10_000
	m := tree(t, strings.Repeat(`{"k":[`, depth/2)+"1"+strings.Repeat("]}", depth/2))
	if m.Err() != nil {
		t.Fatal(m.Err())
	}
	m.ExpandAll()
	m.End()
	exact(t, m.Lines(60, 20), 60, 20)
	if got := m.Path(); got != "$"+strings.Repeat(".k[0]", depth/2) {
		t.Errorf("the path is %d bytes", len(got))
	}
	if got := screen(m, 60, 20); !strings.Contains(got, "▌10000 ") {
		t.Errorf("the depth isn't told:\n%s", got)
	}
	m.CollapseAll()
	if m.Find("1") == 0 || m.Value() != "1" {
		t.Error("the deepest value wasn't found")
	}
	m.Home()
	m.Collapse()
	exact(t, m.Lines(60, 3), 60, 3)
}

func TestTooManyValues(t *testing.T) {
	m := tree(t, "["+strings.Repeat("0,", maxNodes)+"0]")
	if m.Err() == nil {
		t.Fatal("a tree of more than 300,000 values")
	}
	exact(t, m.Lines(60, 10), 60, 10)
}

func TestClick(t *testing.T) {
	m := tree(t, record)
	m.Lines(60, 10)
	if !m.Click(3, 5) || m.Path() != "$.where" || m.Len() != 8 {
		t.Errorf("a click on the mark: at %s, %d rows", m.Path(), m.Len())
	}
	if !m.Click(20, 5) || m.Len() != 8 {
		t.Error("a click beside the mark folds")
	}
	if m.Click(0, 9) || m.Hit(-1) || m.Hit(8) {
		t.Error("a click beside the rows counts")
	}
	if x, y := m.Cursor(); x != 5 || y != 5 {
		t.Errorf("the cursor is at %d, %d", x, y)
	}
}

func TestScrollTakesTheCursorAlong(t *testing.T) {
	m := tree(t, "["+strings.Repeat("1,", 99)+"1]")
	m.Lines(20, 10)
	m.Scroll(5)
	if m.Position() != "6/101" {
		t.Errorf("position %s after scrolling 5 down", m.Position())
	}
	m.Scroll(1 << 40)
	if m.Position() != "92/101" {
		t.Errorf("position %s at the end", m.Position())
	}
	m.Scroll(-1 << 40)
	if m.Position() != "10/101" {
		t.Errorf("position %s back at the top", m.Position())
	}
}

func TestASCII(t *testing.T) {
	m := New(styles(t, "mono", true), harmless)
	m.SetJSON([]byte(`{"schlüssel":"漢字 ` + strings.Repeat("läng ", 40) + `","k":[1,2]}`))
	m.ToLevel(1)
	for _, l := range m.Lines(40, 8) {
		if s := ansi.Strip(l); strings.ContainsFunc(s, func(r rune) bool { return r > 0x7e }) {
			t.Errorf("not ASCII: %q", s)
		}
	}
	exact(t, m.Lines(40, 8), 40, 8)
}

// value draws JSON of any shape, as text.
func value() *rapid.Generator[string] {
	str := rapid.Custom(func(t *rapid.T) string {
		s := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"漢字漢字漢字漢字", "e\u0301\u0301", "🔥👩\u200d💻🇺🇦", "\u0600", "ൎ", "a\nb\r\nc", "\x1b[2J", strings.Repeat("long ", 60)})).Draw(t, "s")
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	})
	leaf := rapid.OneOf(str, rapid.SampledFrom([]string{"1", "-0.5e-7", "123456789012345678901234567890", "true", "false", "null", "[]", "{ }"}))
	var any func(depth int) *rapid.Generator[string]
	any = func(depth int) *rapid.Generator[string] {
		if depth == 0 {
			return leaf
		}
		return rapid.OneOf(leaf, rapid.Custom(func(t *rapid.T) string {
			return "[" + strings.Join(rapid.SliceOfN(any(depth-1), 0, 4).Draw(t, "items"), ", ") + "]"
		}), rapid.Custom(func(t *rapid.T) string {
			var pairs []string
			for range rapid.IntRange(0, 4).Draw(t, "n") {
				pairs = append(pairs, str.Draw(t, "key")+":"+any(depth-1).Draw(t, "value"))
			}
			return "{" + strings.Join(pairs, ",") + "}"
		}))
	}
	return any(4)
}

// TestEveryState: whatever is done to whatever value, the window is exact, the
// cursor on a row in sight, and the rows are those a naive walk gives.
func TestEveryState(t *testing.T) {
	dark, mono := styles(t, "dark", false), styles(t, "mono", true)
	rapid.Check(t, func(t *rapid.T) {
		m := New(dark, harmless)
		if rapid.Bool().Draw(t, "ascii") {
			m.SetStyles(mono)
		}
		m.SetJSON([]byte(value().Draw(t, "json")))
		if m.Err() != nil {
			t.Fatal(m.Err())
		}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			switch rapid.IntRange(0, 11).Draw(t, "step") {
			case 0:
				m.Move(rapid.IntRange(-9, 9).Draw(t, "rows"))
			case 1:
				m.Toggle()
			case 2:
				m.Expand()
			case 3:
				m.Collapse()
			case 4:
				m.ExpandAll()
			case 5:
				m.ToLevel(rapid.IntRange(0, 3).Draw(t, "level"))
			case 6:
				m.Find(rapid.SampledFrom([]string{"a", "1", "漢", "long", "u"}).Draw(t, "query"))
			case 7:
				m.Next()
			case 8:
				m.Prev()
			case 9:
				m.Scroll(rapid.IntRange(-9, 9).Draw(t, "rows"))
			case 10:
				m.End()
			case 11:
				m.Hit(rapid.IntRange(-1, 12).Draw(t, "y"))
			}
			w, h := rapid.IntRange(0, 50).Draw(t, "w"), rapid.IntRange(0, 10).Draw(t, "h")
			exact(t, m.Lines(w, h), w, h)
			if x, y := m.Cursor(); h > 0 && (y < 0 || y >= h || x < 0 || w > 0 && x >= w) {
				t.Fatalf("the cursor is at %d, %d in %dx%d", x, y, w, h)
			}
			if got := naive(m, 0, nil); !slices.Equal(m.rows, got) {
				t.Fatalf("rows %v, want %v", m.rows, got)
			}
		}
	})
}

// naive walks the tree the slow way.
func naive(m *Model, i int32, rows []row) []row {
	rows = append(rows, row{i, 0})
	for p := range m.opened[i] {
		rows = append(rows, row{i, int32(p + 1)})
	}
	if !m.nodes[i].open {
		return rows
	}
	for c := range m.nodes {
		if m.nodes[c].parent == i {
			rows = naive(m, int32(c), rows)
		}
	}
	return rows
}
