package interchange

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// lineReader cuts a file into lines: line ends taken off, blank lines left
// out, one buffer for all lines.
type lineReader struct {
	in   *file
	most int
	buf  []byte
	line int // number of the line last returned
}

// next is the next line with content; it stays valid until the next call.
// io.EOF is the end; errCut and errLong are about the line numbered l.line.
func (l *lineReader) next() ([]byte, error) {
	for {
		l.line++
		b, err := l.read()
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
			return nil, fmt.Errorf("the line is %w: more than %d bytes", errLong, l.most)
		case err == nil || errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
			return l.buf, err
		}
		return nil, l.in.broken(err)
	}
}
