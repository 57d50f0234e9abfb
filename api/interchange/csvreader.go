package interchange

import (
	"errors"
	"fmt"
	"io"
)

// csvReader cuts a table into rows, as RFC 4180 says and more forgiving: a
// quote within a field that isn't quoted is a character like any other.
type csvReader struct {
	in     *file
	comma  byte
	most   int // bytes of one row
	line   int // where the last row began
	lines  int // line ends read
	fields []string
	buf    []byte
	ends   []int
}

// next is the next row with content, valid until the next call. io.EOF is the
// end; errLong and errCut are about the row that began in line c.line.
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
	c.buf, c.ends = c.buf[:0], c.ends[:0]
	size, start := 0, true // start: of a field
	for {
		b, err := c.in.ReadByte()
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

// quoted reads the rest of a quoted field; size counts the row's bytes.
func (c *csvReader) quoted(size int) (int, error) {
	from := 0
	if n := len(c.ends); n > 0 {
		from = c.ends[n-1]
	}
	c.buf = c.buf[:from] // spaces before the quote
	for {
		b, err := c.in.ReadByte()
		if errors.Is(err, io.EOF) {
			c.ends = c.ends[:0]
			return 0, fmt.Errorf("%w: a quote is opened and never closed", errCut)
		}
		if err != nil {
			return 0, c.in.broken(err)
		}
		size++
		if b == '\n' {
			c.lines++
		}
		if b != '"' {
			c.put(b, size)
			continue
		}
		if next, _ := c.in.Peek(1); string(next) != `"` {
			return size, nil // what is wrong shows at the next read
		}
		if _, err := c.in.Discard(1); err != nil {
			return 0, err
		}
		size++
		c.put('"', size)
	}
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
