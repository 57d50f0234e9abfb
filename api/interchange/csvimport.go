package interchange

import (
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
	"time"

	"threatbench/api"
	"threatbench/api/indicator"
)

// plainCategory is the category of events whose file names none.
const plainCategory = "Indicator"

// readCSV takes a table in, row by row.
func (im *importer) readCSV(f *file) error {
	rows := &csvReader{in: f, most: im.o.MaxLine, comma: '\t'}
	if im.o.Format != TSV {
		rows.comma = separatorOf(f)
	}
	columns, err := im.header(rows)
	if err != nil {
		return err
	}
	t := table{im: im, columns: columns, dated: slices.ContainsFunc(columns, func(c column) bool { return c.field == "date" })}
	for {
		if err := im.ctx.Err(); err != nil {
			return context.Cause(im.ctx)
		}
		row, err := rows.next()
		at := place{line: rows.line}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if stop, err := im.unreadable(at, err); stop || err != nil {
			return err
		}
		if err == nil && strings.HasPrefix(row[0], "#") {
			continue
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

// separatorOf looks at the first lines of a file.
func separatorOf(f *file) byte {
	const most = 64 << 10
	head, _ := f.Peek(most) // reading shows what is wrong
	for line := range bytes.Lines(head) {
		line = bytes.TrimSpace(line)
		if isSeparatorLine(string(line)) {
			return line[4]
		}
		if c := separator(line); len(line) > 0 && bytes.IndexByte(line, c) >= 0 {
			return c
		}
	}
	return ','
}

// header reads up to the line that names the columns, which may stand behind
// comment signs.
func (im *importer) header(rows *csvReader) ([]column, error) {
	names := newColumnNames()
	for {
		row, err := rows.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil, nil
		case err != nil:
			return nil, fmt.Errorf("reading the header: %w", err)
		case isSeparatorLine(strings.Join(row, string(rows.comma))), len(row) == 2 && strings.EqualFold(row[0], "sep="):
			continue
		}
		columns := names.read(row)
		comment := strings.HasPrefix(row[0], "#")
		if comment && known(columns) < 2 {
			continue
		}
		if err := remap(columns, im.o.Columns); err != nil {
			return nil, err
		}
		if known(columns) == 0 {
			return nil, fmt.Errorf("no column of the header is known: %s; map the columns to fields", listColumns(columns))
		}
		return columns, nil
	}
}

// table makes events of rows.
type table struct {
	im      *importer
	columns []column
	dated   bool // there is a column with the date
}

func (t *table) take(row []string, at place) error {
	l, err := t.event(row)
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

func (t *table) event(row []string) (line, error) {
	var l line
	if len(row) > len(t.columns) {
		return l, fmt.Errorf("%d columns where the header has %d", len(row), len(t.columns))
	}
	for i, cell := range row {
		if bad := invalidUTF8([]byte(cell)); bad >= 0 {
			return l, fmt.Errorf("%s: not UTF-8 at byte %d", t.columns[i].name, bad+1)
		}
		cell = plainCell(strings.TrimSpace(cell))
		if list := l.listField(t.columns[i].field); list != nil {
			*list = []string{} // none, rather than the category's
		}
		if cell == "" || t.columns[i].field == "" {
			continue
		}
		if err := l.setField(t.columns[i], cell); err != nil {
			return l, fmt.Errorf("%s: %w", t.columns[i].name, err)
		}
	}
	if !t.dated {
		l.Date = api.TimeOf(t.im.o.Now).String()
	}
	l.readMarks()
	l.Category = cmp.Or(l.Category, plainCategory)
	l.Event = cmp.Or(l.Event, strings.TrimSpace(l.IndicatorType+" "+l.Indicator))
	if l.Event == "" {
		return l, errors.New("neither a description nor an indicator")
	}
	if l.Raw.Data == nil {
		l.Raw.Data = t.raw(row)
	}
	return l, l.identify([]byte(strings.Join(row, "\x00")))
}

// raw is the row as it came, by column.
func (t *table) raw(row []string) json.RawMessage {
	b := []byte{'{'}
	for i, cell := range row {
		if i > 0 {
			b = append(b, ',')
		}
		name := t.columns[i].name
		if slices.ContainsFunc(t.columns[:i], func(c column) bool { return c.name == name }) {
			name += " " + strconv.Itoa(i+1) // JSON wants each key once
		}
		b = appendString(b, name)
		b = append(b, ':')
		b = appendString(b, cell)
	}
	return append(b, '}')
}

// plainCell undoes what an export does against formulas.
func plainCell(s string) string {
	if strings.HasPrefix(s, "'") && isFormula(strings.TrimLeft(s, "'")) {
		return s[1:]
	}
	return s
}

// setField puts a cell with content into its field.
func (l *line) setField(c column, cell string) error {
	if text := l.textField(c.field); text != nil {
		*text = cell
		return nil
	}
	if list := l.listField(c.field); list != nil {
		*list = readList(cell)
		return nil
	}
	switch c.field {
	case "date", "createdAt":
		return l.setTime(c.field, cell)
	case "indicator":
		l.addIndicator(cell, c.kind)
	case "indicators":
		l.addMore(cell)
	case "killChain":
		stage, err := readStage(cell)
		l.KillChain = &stage
		return err
	case "relationships":
		l.setRelationships(cell)
	case "raw":
		if !json.Valid([]byte(cell)) {
			return errors.New("not JSON")
		}
		l.Raw.Data = json.RawMessage(cell)
	case "id":
		l.setID(cell)
	}
	return nil
}

// textField is where a column of one text goes as it is; nil for others.
func (l *line) textField(field string) *string {
	switch field {
	case "dataset":
		return &l.Dataset
	case "source":
		return &l.Raw.Source
	}
	f, _ := api.FieldOf(api.Field(field))
	if f.Create == nil || f.Kind == api.KindTime || f.Kind == api.KindIndicator {
		return nil
	}
	return f.Create(&l.CreateEvent)
}

// listField is where a column with a list goes; nil for others.
func (l *line) listField(field string) *[]string {
	f, _ := api.FieldOf(api.Field(field))
	if f.Items == nil {
		return nil
	}
	return f.Items(&l.CreateEvent)
}

// setID takes a UUID as it is; any other id only tells rows apart, which the
// whole row does as well.
func (l *line) setID(cell string) {
	if id, err := parseUUID(cell); err == nil {
		l.UUID = id.String()
	}
}

// addIndicator adds an indicator, refanged. Its type is the column's, unless
// the value shows that it is another.
func (l *line) addIndicator(cell string, kind indicator.Type) {
	if f, ok := indicator.TypeOf(cell); ok {
		cell, kind = f.Value, f.Type
	}
	if l.Indicator == "" {
		l.Indicator = cell
		if l.IndicatorType == "" {
			l.IndicatorType = string(kind)
		}
		return
	}
	if len(l.Indicators) == 0 {
		l.Indicators = append(l.Indicators, api.IndicatorInput{Value: l.Indicator, IndicatorType: l.IndicatorType})
	}
	l.Indicators = append(l.Indicators, api.IndicatorInput{Value: cell, IndicatorType: string(kind)})
}

// addMore adds the indicators of a cell that lists them behind their types.
func (l *line) addMore(cell string) {
	for _, item := range readList(cell) {
		kind, value, ok := strings.Cut(item, ":")
		if !ok || value == "" {
			l.addIndicator(item, "")
			continue
		}
		if len(l.Indicators) == 0 && l.Indicator != "" {
			l.Indicators = append(l.Indicators, api.IndicatorInput{Value: l.Indicator, IndicatorType: l.IndicatorType})
		}
		l.Indicators = append(l.Indicators, api.IndicatorInput{Value: value, IndicatorType: kind})
		if l.Indicator == "" {
			l.Indicator, l.IndicatorType = value, kind
		}
	}
}

func (l *line) setTime(field, cell string) error {
	t, err := readTime(cell)
	if err != nil {
		return err
	}
	if field == "date" {
		l.Date = t.String()
	} else {
		l.CreatedAt = t.String()
	}
	return nil
}

// readTime reads a date in the API's forms, in those of other tables where
// they can be read in one way only, and as seconds or milliseconds since 1970.
func readTime(s string) (api.Time, error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) >= 9 {
		const beyondSeconds = 99_999_999_999
		if n > beyondSeconds {
			return api.TimeOf(time.UnixMilli(n)), nil
		}
		return api.TimeOf(time.Unix(n, 0)), nil
	}
	t, err := api.ParseTime(s)
	if err == nil {
		return t, nil
	}
	for _, layout := range []string{"2006-01-02 15:04:05 UTC", "2006/01/02 15:04:05", "2006/01/02 15:04", "2006/01/02", "20060102", "02.01.2006", time.RFC1123, time.RFC1123Z, "2 Jan 2006", "Jan 2, 2006"} {
		if at, err := time.Parse(layout, s); err == nil {
			return api.TimeOf(at), nil
		}
	}
	return t, err
}

// readStage reads a stage of the kill chain by number or name.
func readStage(s string) (int, error) {
	const stages = 7
	if n, err := strconv.Atoi(s); err == nil && n >= 0 && n <= stages {
		return n, nil
	}
	for n := range stages + 1 {
		if plainName(api.KillChainName(n)) == plainName(s) {
			return n, nil
		}
	}
	return 0, fmt.Errorf("%.40q is no stage of the kill chain: want 0 to %d or a name such as delivery", s, stages)
}

// readList reads a list as JSON, or separated by semicolons, bars or commas.
func readList(s string) []string {
	var out []string
	if strings.HasPrefix(s, "[") && json.Unmarshal([]byte(s), &out) == nil {
		return out
	}
	for item := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ';' || r == '|' || r == ',' }) {
		if item = strings.TrimSpace(item); item != "" && !slices.Contains(out, item) {
			out = append(out, item)
		}
	}
	return out
}

// setRelationships reads type:UUID, several separated as in any list.
func (l *line) setRelationships(cell string) {
	for _, item := range readList(cell) {
		kind, parent, ok := strings.Cut(item, ":")
		if !ok {
			kind, parent = api.RelatedTo, item
		}
		l.Relationships = append(l.Relationships, api.RelationshipInput{ParentID: parent, RelationshipType: kind})
	}
}
