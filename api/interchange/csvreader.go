package interchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"threatbench/api/indicator"
	"threatbench/api/interchange/table"
	"threatbench/api/marking"
)

// csvReader cuts a table into rows, as RFC 4180 says and more forgiving: a
// quote within a field that isn't quoted is a character like any other. A quote
// that is opened and not closed costs its own row: reading goes on in the line
// behind the one where the row began.
type csvReader struct {
	in     *file
	comma  byte
	most   int // bytes of one row
	line   int // where the last row began
	lines  int // line ends read
	fields []string
	buf    []byte
	ends   []int
	again  []byte // read before the rest of the file
	at     int    // what of it was read
	ahead  []byte // of this row: what stands behind the first line end within quotes
	inside bool   // behind such a line end
	fresh  bool   // some of ahead came from the file
	spent  int    // bytes that were read again
	quote  bool   // the row's first field stands in quotes
}

// readAgain is how much is read again, as a multiple of the longest row: who
// leaves a quote open in every line shall not make reading endless.
const readAgain = 8

// errOpen is a row whose quote is never closed.
var errOpen = errors.New("a quote is opened and never closed")

// next is the next row with content, valid until the next call. io.EOF is the
// end; errLong, errOpen and errCut are about the row that began in line c.line.
func (c *csvReader) next() ([]string, error) {
	for {
		c.line = c.lines + 1
		err := c.row()
		if err != nil && (!errors.Is(err, io.EOF) || len(c.ends) == 0) {
			return nil, err
		}
		c.fields = c.fields[:0]
		from, blank := 0, true
		for _, end := range c.ends {
			c.fields = append(c.fields, string(c.buf[from:end]))
			blank = blank && from == end
			from = end
		}
		if !blank {
			return c.fields, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// row reads one row into buf and ends. A last row without a line end comes
// with io.EOF.
func (c *csvReader) row() error {
	c.buf, c.ends, c.ahead, c.inside, c.fresh = c.buf[:0], c.ends[:0], c.ahead[:0], false, false
	c.quote = false
	size, start := 0, true // start: of a field
	for {
		if c.inside && size > c.most {
			return c.open()
		}
		b, err := c.byte()
		switch {
		case errors.Is(err, io.EOF) && size == 0:
			return io.EOF
		case errors.Is(err, io.EOF):
			c.end(true)
			return c.whole(size, io.EOF)
		case err != nil:
			return c.in.broken(err)
		}
		size++
		switch {
		case b == '"' && start:
			c.quote = c.quote || len(c.ends) == 0
			n, err := c.quoted(size)
			if err != nil {
				return err
			}
			size = n
			start = false
		case b == c.comma:
			c.end(false)
			start = true
		case b == '\n':
			c.lines++
			c.end(true)
			return c.whole(size, nil)
		default:
			start = start && b == ' '
			c.put(b, size)
		}
	}
}

// byte is the next byte of the file.
func (c *csvReader) byte() (b byte, err error) {
	if c.at < len(c.again) {
		b = c.again[c.at]
		c.at++
	} else if b, err = c.in.ReadByte(); err != nil {
		return 0, err
	} else {
		c.fresh = c.fresh || c.inside
	}
	if c.inside {
		c.ahead = append(c.ahead, b)
	}
	return b, nil
}

// peek is the byte that byte gives next; ok is false at the end.
func (c *csvReader) peek() (b byte, ok bool) {
	if c.at < len(c.again) {
		return c.again[c.at], true
	}
	next, _ := c.in.Peek(1) // what is wrong shows at the next read
	if len(next) == 0 {
		return 0, false
	}
	return next[0], true
}

// quoted reads the rest of a quoted field; size counts the row's bytes.
func (c *csvReader) quoted(size int) (int, error) {
	from := 0
	if n := len(c.ends); n > 0 {
		from = c.ends[n-1]
	}
	c.buf = c.buf[:from] // spaces before the quote
	for {
		b, err := c.byte()
		if errors.Is(err, io.EOF) || size > c.most && c.inside {
			return 0, c.open()
		}
		if err != nil {
			return 0, c.in.broken(err)
		}
		size++
		if b == '\n' {
			c.lines++
			c.inside = true
		}
		if b != '"' {
			c.put(b, size)
			continue
		}
		next, ok := c.peek()
		switch {
		case ok && next == '"':
			if _, err := c.byte(); err != nil {
				return 0, err
			}
			size++
			c.put('"', size)
		case ok && c.inside && next != c.comma && next != '\n' && next != '\r' && next != ' ':
			return 0, c.open() // the quote belongs to a field of a later line
		default:
			return size, nil
		}
	}
}

// open gives up the row and goes back to the line behind its first.
func (c *csvReader) open() error {
	c.ends = c.ends[:0]
	if !c.inside {
		return errOpen // nothing is left, or its first line is endless
	}
	if c.spent += len(c.ahead); c.spent > readAgain*c.most {
		return fmt.Errorf("%w: too many quotes are opened and never closed; the rest isn't read", errCut)
	}
	if c.fresh { // all that was to be read again has been
		c.again, c.at = slices.Clone(c.ahead), 0
	} else {
		c.at -= len(c.ahead)
	}
	c.lines = c.line
	return errOpen
}

func (c *csvReader) put(b byte, size int) {
	if size <= c.most {
		c.buf = append(c.buf, b)
	}
}

// end ends a field; the last one of a row loses a CR.
func (c *csvReader) end(last bool) {
	from := 0
	if n := len(c.ends); n > 0 {
		from = c.ends[n-1]
	}
	if n := len(c.buf); last && n > from && c.buf[n-1] == '\r' {
		c.buf = c.buf[:n-1]
	}
	c.ends = append(c.ends, len(c.buf))
}

func (c *csvReader) whole(size int, err error) error {
	if size > c.most {
		return fmt.Errorf("the row is %w: more than %d bytes (a quote that isn't closed?)", errLong, c.most)
	}
	return err
}

// lookCSV finds the markings of a whole table: in its comments, and in lines of
// one cell before, between and behind its rows.
func (im *importer) lookCSV(f *file) error {
	head, _ := f.Peek(readBuffer) // reading shows what is wrong
	s := sampled(head, len(head) < readBuffer, im.o.Format == TSV)
	rows := &csvReader{in: f, most: im.o.MaxLine, comma: s.comma}
	for n := 0; im.ctx.Err() == nil; n++ {
		row, err := rows.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, errLong), errors.Is(err, errOpen):
		case err != nil:
			return err
		case n < s.skip && strings.HasPrefix(row[0], "#") && !rows.quote, isComment(row, rows.quote, s.width):
			im.lookLine(strings.TrimLeft(strings.Join(row, string(s.comma)), "# "), rows.line)
		default:
			im.lookLine(ofAll(row, s.width), rows.line)
		}
	}
	return context.Cause(im.ctx)
}

// ofAll is the text of a row that may speak of all rows of a table with so many
// columns, "" where it doesn't: its only cell, or in a table of one column a
// cell that stands for a marking.
func ofAll(row []string, width int) string {
	only := onlyCell(row)
	if width > 1 || marking.Alone(only) {
		return only
	}
	return ""
}

// isComment tells whether a row is a comment: it begins with # outside of
// quotes, and hasn't the columns of a row, or begins with a marking and holds no
// indicator.
func isComment(row []string, quoted bool, width int) bool {
	return strings.HasPrefix(row[0], "#") && !quoted && (len(row) != width || len(row) == 1 || marking.Alone(row[0]) && !slices.ContainsFunc(row, isIndicator))
}

func isIndicator(cell string) bool {
	_, ok := indicator.TypeOf(strings.TrimSpace(cell))
	return ok
}

// onlyCell is the cell of a row with a single one, "" where there are others.
func onlyCell(row []string) (only string) {
	for _, cell := range row {
		if cell = strings.TrimSpace(cell); cell != "" {
			if only != "" {
				return ""
			}
			only = cell
		}
	}
	return only
}

// preamble is how many rows stand before a table: lines of one cell, such as a
// title, before rows of several of which the first names known columns; or
// markings before the name of a single column.
func preamble(rows [][]string) int {
	const most = 20
	narrow := !slices.ContainsFunc(rows, func(row []string) bool { return onlyCell(row) == "" })
	for n, row := range rows[:min(len(rows), most)] {
		only := onlyCell(row)
		switch {
		case n > 0 && (only == "" || narrow) && table.Known(row) > 0 && table.HasHeader(row, rows[n+1:]):
			return n
		case only == "", narrow && !marking.Alone(only):
			return 0
		}
	}
	return 0
}
