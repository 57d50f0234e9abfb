package interchange

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"threatbench/api"
	"threatbench/api/indicator"
	"threatbench/api/interchange/table"
	"threatbench/api/marking"
)

// plainCategory is the category of events whose file names none.
const plainCategory = "Indicator"

// FieldNames lists the fields that columns of CSV may be mapped to.
func FieldNames() []string { return table.Fields() }

// DateOrders lists the orders that dates of tables may be said to have.
func DateOrders() []string {
	var out []string
	for _, o := range table.Orders() {
		out = append(out, string(o))
	}
	return out
}

// sheet is what the beginning of a table shows.
type sheet struct {
	comma  byte
	skip   int // rows before the first of the data: comments and the header
	header []string
	rows   [][]string // the first of the data
	width  int        // columns
}

// readCSV takes a table in, row by row. What holds for all of it may stand
// behind its rows, so it is read for that first.
func (im *importer) readCSV(p *passes) error { return im.readTwice(p, im.lookCSV, im.takeCSV) }

// takeCSV takes the rows of a table.
func (im *importer) takeCSV(f *file) error {
	head, _ := f.Peek(readBuffer) // reading shows what is wrong
	s := sampled(head, len(head) < readBuffer, im.o.Format == TSV)
	t, err := im.newTable(s)
	if err != nil || t == nil {
		return err
	}
	rows := &csvReader{in: f, most: im.o.MaxLine, comma: s.comma}
	for n := 0; ; n++ {
		if err := im.ctx.Err(); err != nil {
			return context.Cause(im.ctx)
		}
		row, err := rows.next()
		at := place{line: rows.line}
		switch {
		case errors.Is(err, io.EOF):
			t.finish()
			return nil
		case err == nil && (n < s.skip || isComment(row, rows.quote, len(t.table.Columns))):
			t.comment(row, n, at)
			continue
		}
		if stop, err := im.unreadable(at, err); stop || err != nil {
			return err
		}
		im.count()
		if err != nil {
			continue
		}
		if err := t.take(row, at); err != nil {
			return err
		}
	}
}

// sampled reads the beginning of a table. whole tells that head is all of it.
func sampled(head []byte, whole, tabs bool) sheet {
	if i := bytes.LastIndexByte(head, '\n'); !whole && i >= 0 {
		head = head[:i+1]
	}
	s := sheet{comma: '\t'}
	if !tabs {
		s.comma = separatorOf(head)
	}
	rows := &csvReader{in: &file{Reader: bufio.NewReader(bytes.NewReader(head)), raw: &counter{}}, comma: s.comma, most: len(head) + 1}
	var before [][]string
	const most = 2000
	for len(s.rows) < most {
		row, err := rows.next()
		if err != nil && !errors.Is(err, errOpen) {
			break
		}
		row = slices.Clone(row)
		switch {
		case err != nil:
		case len(s.rows) == 0 && (table.IsSeparatorLine(strings.Join(row, string(s.comma))) || len(row) == 2 && strings.EqualFold(row[0], "sep=")):
			s.skip++
		case len(s.rows) == 0 && strings.HasPrefix(row[0], "#") && !rows.quote:
			before = append(before, row)
			s.skip++
		case len(s.rows) > 0 && isComment(row, rows.quote, len(s.rows[0])):
		default:
			s.rows = append(s.rows, row)
		}
	}
	s.findHeader(before)
	s.width = len(s.header)
	for _, row := range s.rows {
		if s.header == nil {
			s.width = max(s.width, len(row))
		}
	}
	if s.width == 1 {
		s.rows = slices.DeleteFunc(s.rows, func(row []string) bool { return marking.Alone(onlyCell(row)) })
	}
	return s
}

// findHeader looks for the names of the columns: in the comments before the
// data, or in the first row.
func (s *sheet) findHeader(comments [][]string) {
	for _, row := range slices.Backward(comments) {
		line := strings.Join(row, string(s.comma))
		if names, ok := table.ZeekFields(line); ok {
			s.header = names
			return
		}
		if len(s.rows) > 0 && len(row) != len(s.rows[0]) {
			continue
		}
		names := slices.Clone(row)
		names[0] = strings.TrimSpace(strings.Trim(strings.TrimSpace(names[0]), `#"`))
		for i := range names {
			names[i] = strings.Trim(strings.TrimSpace(names[i]), `"`)
		}
		if slices.ContainsFunc(names, namesMarking) {
			continue
		}
		if n := table.Known(names); n > 1 || n == 1 && len(names) > 1 && len(s.rows) > 0 {
			s.header = names
			return
		}
	}
	if n := preamble(s.rows); n > 0 {
		s.rows = s.rows[n:]
		s.skip += n
	}
	if len(s.rows) > 0 && table.HasHeader(s.rows[0], s.rows[1:]) {
		s.header, s.rows = s.rows[0], s.rows[1:]
		s.skip++
	}
}

// namesMarking tells of a marking where the name of a column may stand, such as
// that of one for markings.
func namesMarking(cell string) bool {
	return marking.Begins(cell) && (marking.Is(cell) || strings.ContainsAny(cell, " :="))
}

// separatorOf looks at the first lines of a text that aren't comments.
func separatorOf(head []byte) byte {
	const most = 100
	var lines, comments []string
	for line := range bytes.Lines(head) {
		text := strings.TrimSpace(string(line))
		switch {
		case text == "":
		case table.IsSeparatorLine(text):
			return text[4]
		case strings.HasPrefix(text, "#fields\t"), strings.HasPrefix(text, "#separator \\x09"):
			return '\t'
		case strings.HasPrefix(text, "#"):
			comments = append(comments, text)
		default:
			lines = append(lines, text)
		}
		if len(lines) >= most {
			break
		}
	}
	if len(lines) == 0 {
		lines = comments[max(0, len(comments)-1):]
	}
	return table.Separator(lines)
}

// tableImport makes events of rows.
type tableImport struct {
	im       *importer
	table    table.Table
	keys     []string // of the raw record: the columns' names, each once
	typed    int      // the column with the indicator's type, -1 for none
	zeek     bool
	comments int
	first    int // line of the first comment
	undated  int
	whole    bool  // the raw record is the row, whatever column says that it is one
	foreign  []int // cells that should name a country, of each column, and name none that is known
	marked   []int // cells that are markings, of each column that isn't one of markings
}

// newTable settles what the columns hold; nil where there are no rows.
func (im *importer) newTable(s sheet) (*tableImport, error) {
	if s.header == nil && len(s.rows) == 0 && s.skip == 0 {
		return nil, nil
	}
	t := &tableImport{im: im, table: table.Infer(s.header, s.rows, table.Order(im.o.DateOrder)), zeek: s.comma == '\t'}
	if err := t.table.Remap(im.mappingFor(&t.table), s.rows); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(t.table.Columns, func(c table.Column) bool { return c.Field != "" }) {
		return nil, fmt.Errorf("no column of the header is known: %s; map the columns to fields", t.table.Names())
	}
	kept := "it is kept in the raw record"
	if t.table.Own && t.table.Has("raw") {
		kept = "it isn't kept: another column is the raw record"
	}
	im.report.Columns = planColumns(t.table, s.rows)
	unplaced := t.table.Unplaced(kept)
	t.whole = !t.table.Own && len(unplaced) > 0
	for _, note := range slices.Concat(t.table.Notes, unplaced) {
		im.note(place{}, note)
	}
	t.marked, t.foreign = make([]int, len(t.table.Columns)), make([]int, len(t.table.Columns))
	t.typed = slices.IndexFunc(t.table.Columns, func(c table.Column) bool { return c.Field == "indicatorType" })
	for i, c := range t.table.Columns {
		name := c.Name
		if slices.Contains(t.keys, name) {
			name += " " + strconv.Itoa(i+1) // JSON wants each key once
		}
		t.keys = append(t.keys, name)
	}
	return t, nil
}

// planColumns describes a table's columns, with the first cells that say
// something.
func planColumns(t table.Table, rows [][]string) []Column {
	const most = 3
	out := make([]Column, len(t.Columns))
	for i, c := range t.Columns {
		out[i] = Column{Name: c.Name, Field: c.Field, Type: string(c.Type)}
		if c.Left {
			out[i].Field = "-"
		}
		for _, row := range rows {
			if i < len(row) && strings.TrimSpace(row[i]) != "" && len(out[i].Samples) < most {
				out[i].Samples = append(out[i].Samples, row[i])
			}
		}
	}
	return out
}

func (t *tableImport) comment(row []string, n int, at place) {
	if !strings.HasPrefix(row[0], "#") || n == 0 && table.IsSeparatorLine(row[0]) {
		return
	}
	if t.comments++; t.comments == 1 {
		t.first = at.line
	}
}

// finish tells what was passed over and decided in all rows.
func (t *tableImport) finish() {
	if t.comments > 0 {
		t.im.note(place{line: t.first}, counted(t.comments, "comment line")+" passed over, from here on")
	}
	if t.undated > 0 {
		t.im.note(place{}, counted(t.undated, "row")+" without a date: they have the date of the import")
	}
	t.tally(t.marked, "with a TLP marking, taken as the marking of the row")
	t.tally(t.foreign, "without the name or code of a known country, taken as it is")
}

// tally notes how many cells of each column are something.
func (t *tableImport) tally(counts []int, what string) {
	for i, n := range counts {
		if n > 0 {
			t.im.note(place{}, fmt.Sprintf("column %q: %s %s", t.table.Columns[i].Name, counted(n, "cell"), what))
		}
	}
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

func (t *tableImport) take(row []string, at place) error {
	text := ofAll(row, len(t.table.Columns))
	only := marking.Begins(text) && marking.Is(text)
	var l line
	var err error
	if !only {
		l, err = t.event(row)
	}
	if only || err != nil && isMark(text) {
		t.im.note(at, fmt.Sprintf("a marking; no row is looser than it: %.80q", text))
		return nil
	}
	if err != nil {
		t.im.reject(at, err.Error())
		return nil
	}
	size := 0
	for _, cell := range row {
		size += len(cell)
	}
	return t.im.putMade(l, size, at)
}

// isMark tells whether looking at a line finds a marking.
func isMark(text string) bool {
	var m marking.Mark
	m.Line(text)
	return m.Resolve(api.TLPRed, api.TLPNone) != api.TLPNone
}

func (t *tableImport) event(row []string) (line, error) {
	var l line
	columns := t.table.Columns
	for len(row) > len(columns) && strings.TrimSpace(row[len(row)-1]) == "" {
		row = row[:len(row)-1]
	}
	if len(row) > len(columns) {
		return l, fmt.Errorf("%d columns where the header has %d", len(row), len(columns))
	}
	said := ""
	if t.typed >= 0 && t.typed < len(row) {
		said = strings.TrimSpace(row[t.typed])
	}
	for i, cell := range row {
		if !utf8.ValidString(cell) {
			bad := invalidUTF8([]byte(cell))
			return l, fmt.Errorf("%s: not UTF-8 at byte %d", columns[i].Name, bad+1)
		}
		if err := t.cell(&l, i, cell, said); err != nil {
			return l, fmt.Errorf("%s: %w", columns[i].Name, err)
		}
	}
	return l, t.complete(&l, row)
}

// marking reads a cell for what it says of sharing, and tells whether that is
// all it says.
func (t *tableImport) marking(l *line, i int, cell string) bool {
	c := &t.table.Columns[i]
	switch {
	case c.Left || c.Field == "raw" || t.table.Own:
		return false
	case strings.Contains(cell, "marking-definition--"):
		l.mark.Add(markingsByID(cell))
		t.marked[i]++
		return true
	case c.Marks:
		l.mark.Field(cell)
	case c.Share && marking.Is(cell):
		l.mark.Field(cell)
		t.marked[i]++
	case c.Field == "tags" || !l.mark.Cell(cell):
		return false
	default:
		t.marked[i]++
		c.Marks = c.Open
	}
	return marking.Is(cell)
}

// cell puts a cell into its field. said is the type that its row tells.
func (t *tableImport) cell(l *line, i int, cell, said string) error {
	c := t.table.Columns[i]
	if t.table.Own {
		cell = verbatim(cell)
	} else {
		cell = plainCell(strings.TrimSpace(cell))
	}
	if t.zeek && (cell == "-" || cell == "(empty)") {
		cell = ""
	}
	if list := l.listField(c.Field); list != nil && *list == nil {
		*list = []string{} // none, rather than the category's
	}
	if cell == "" || c.Field != "tlp" && t.marking(l, i, cell) || c.Field == "" {
		return nil
	}
	switch {
	case c.Field == "indicator" && t.table.Own:
		l.Indicator = cell
		return nil
	case c.Field == "indicator":
		if c.Type != "" && said != "" {
			if kind, ok := indicator.ParseType(said); !ok || kind != c.Type {
				said = ""
			}
		}
		l.addIndicators(table.Values(cell, c.Type, said))
		return nil
	case c.Field == "indicatorType" && !t.table.Own:
		return nil // the indicators have it
	case c.PAP:
		cell = table.PAP(cell)
	case c.Field == "tlp":
		l.TLP = cmp.Or(l.TLP, cell)
		l.mark.Field(cell)
		return nil
	case c.Field == "date" || c.Field == "createdAt":
		return l.setTime(c, cell)
	case c.Field == "attackerCountry" || c.Field == "targetCountry":
		code, ok := table.Country(cell)
		if cell = code; !ok {
			t.foreign[i]++
		}
	}
	return l.setField(c.Field, cell)
}

// complete gives an event what its row doesn't say.
func (t *tableImport) complete(l *line, row []string) error {
	if l.Date == "" {
		l.Date = api.TimeOf(t.im.o.Now).String()
		if t.table.Has("date") {
			t.undated++
		}
	}
	if !t.table.Own {
		l.Tags = slices.DeleteFunc(l.Tags, l.mark.Tag)
	} else {
		for _, tag := range l.Tags {
			l.mark.Tag(tag)
		}
	}
	if !t.table.Own || l.mark.None() {
		l.mark.Title(l.Event)
		l.mark.Title(l.Insight)
	}
	l.Category = cmp.Or(l.Category, plainCategory)
	l.Event = cmp.Or(l.Event, strings.TrimSpace(l.IndicatorType+" "+l.Indicator))
	if l.Event == "" {
		return errors.New("neither a description nor an indicator")
	}
	if l.Raw.Data == nil || t.whole {
		l.Raw.Data = t.raw(row)
	}
	return l.identify([]byte(t.im.scoped(strings.Join(row, "\x00"))))
}

// scoped adds the dataset that the import names to what identifies an event
// without an id of its own: the same row in another dataset is another event.
func (im *importer) scoped(identity string) string {
	if im.o.Dataset == "" {
		return identity
	}
	return identity + "\x00dataset\x00" + im.o.Dataset
}

// readTime reads a date in any of the forms that tables have.
func readTime(s string) (api.Time, error) { return table.NewDates(table.Unknown).Parse(s) }

// raw is the row as it came, by column.
func (t *tableImport) raw(row []string) json.RawMessage {
	b := []byte{'{'}
	for i, cell := range row {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, t.keys[i])
		b = append(b, ':')
		b = appendString(b, cell)
	}
	return append(b, '}')
}
