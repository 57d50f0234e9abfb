package interchange

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
)

// lineReader cuts a file into lines: gzip undone, byte order mark and line
// ends taken off, blank lines left out, one buffer for all lines.
type lineReader struct {
	raw   counter
	in    *bufio.Reader
	most  int
	buf   []byte
	line  int // number of the line last returned
	gzip  bool
	first bool
}

// counter counts the bytes of the file as it lies on disk.
type counter struct {
	r io.Reader
	n atomic.Int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// errCut marks a file that ends before it should, or is damaged: what came
// before is still good.
var errCut = errors.New("the file is damaged")

// errLong marks a line past the limit; the reader stands on the next one.
var errLong = errors.New("the line is too long")

const readBuffer = 256 << 10

func newLineReader(r io.Reader, most int) (*lineReader, error) {
	l := &lineReader{most: most, first: true}
	l.raw.r = r
	l.in = bufio.NewReaderSize(&l.raw, readBuffer)
	head, err := l.in.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading the file's beginning: %w", err)
	}
	if len(head) < 2 || head[0] != 0x1f || head[1] != 0x8b {
		return l, nil
	}
	z, err := gzip.NewReader(l.in)
	if err != nil {
		return nil, fmt.Errorf("reading the gzip header: %w", err)
	}
	l.gzip = true
	l.in = bufio.NewReaderSize(z, readBuffer)
	return l, nil
}

// bytes is how much of the file was read so far.
func (l *lineReader) bytes() int64 { return l.raw.n.Load() }

// next is the next line with content; it stays valid until the next call.
// io.EOF is the end; errCut and errLong are about the line numbered l.line.
func (l *lineReader) next() ([]byte, error) {
	for {
		l.line++
		b, err := l.read()
		if l.first {
			b, l.first = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")), false
		}
		b = bytes.TrimSpace(b)
		switch {
		case errors.Is(err, io.EOF) && len(b) > 0:
			return b, nil
		case err != nil:
			return nil, err
		case len(b) > 0:
			return b, nil
		}
	}
}

// read is one line, whatever its content. A last line without a line end
// comes with io.EOF.
func (l *lineReader) read() ([]byte, error) {
	l.buf = l.buf[:0]
	long := false
	for {
		part, err := l.in.ReadSlice('\n')
		if !long {
			l.buf = append(l.buf, part...)
			long = len(l.buf) > l.most+2
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case long && (err == nil || errors.Is(err, io.EOF)):
			return nil, fmt.Errorf("%w: more than %d bytes", errLong, l.most)
		case err == nil || errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
			return l.buf, err
		}
		return nil, l.broken(err)
	}
}

// broken tells damage of the file's content from a failing disk.
func (l *lineReader) broken(err error) error {
	if l.gzip && errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: the gzip stream ends before its end", errCut)
	}
	var corrupt flate.CorruptInputError
	if l.gzip && (errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) || errors.As(err, &corrupt)) {
		return fmt.Errorf("%w: %w", errCut, err)
	}
	return fmt.Errorf("reading line %d: %w", l.line, err)
}
