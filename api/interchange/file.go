package interchange

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// file is a file's text: gzip undone, as UTF-8 and with the usual line ends.
type file struct {
	*bufio.Reader
	raw    *counter
	gzip   bool
	binary bool     // no text: a workbook, a PDF, an archive
	notes  []string // how it is read, where that was guessed
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

// errLong marks a line or an object past the limit; the reader stands behind it.
var errLong = errors.New("too long")

const readBuffer = 256 << 10

func openFile(raw *counter) (*file, error) {
	f := &file{raw: raw}
	in := bufio.NewReaderSize(raw, readBuffer)
	head, err := in.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading the file's beginning: %w", err)
	}
	if string(head) == "\x1f\x8b" {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("reading the gzip header: %w", err)
		}
		f.gzip = true
		in = bufio.NewReaderSize(z, readBuffer)
	}
	return f, f.decode(in)
}

// decode takes the byte order mark off, and turns other encodings into UTF-8.
func (f *file) decode(in *bufio.Reader) error {
	f.Reader = in
	head, _ := in.Peek(4 << 10) // what is wrong with the file shows when it is read
	if isBinary(head) {
		f.binary = true
		return nil
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		f.through(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(in))
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		if _, err := in.Discard(3); err != nil {
			return err
		}
	case isWide(head, 1):
		f.notes = append(f.notes, "read as UTF-16 (little end first), without a byte order mark")
		f.through(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder().Reader(in))
	case isWide(head, 0):
		f.notes = append(f.notes, "read as UTF-16 (big end first), without a byte order mark")
		f.through(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder().Reader(in))
	}
	head, _ = f.Peek(64 << 10)
	if isWestern(head) {
		f.notes = append(f.notes, "isn't UTF-8; read as Windows-1252 (Latin-1)")
		f.through(charmap.Windows1252.NewDecoder().Reader(f.Reader))
	}
	if bytes.IndexByte(head, '\r') >= 0 && bytes.IndexByte(head, '\n') < 0 {
		f.through(returns{f.Reader})
	}
	return nil
}

func (f *file) through(r io.Reader) { f.Reader = bufio.NewReaderSize(r, readBuffer) }

// isWide tells text in UTF-16: every other byte, from the one given on, is
// mostly 0, and the others hardly ever.
func isWide(head []byte, from int) bool {
	zeros, others := 0, 0
	for i, c := range head {
		if c == 0 && i%2 == from {
			zeros++
		} else if c == 0 {
			others++
		}
	}
	return len(head) >= 8 && 4*zeros > len(head) && 20*others < zeros
}

// isWestern tells text that is written in one byte a character: more bytes of
// it are wrong in UTF-8 than characters beyond ASCII are right. JSON is UTF-8.
func isWestern(head []byte) bool {
	if text := bytes.TrimSpace(head); len(text) == 0 || text[0] == '{' || text[0] == '[' || bytes.IndexByte(head, 0) >= 0 {
		return false
	}
	right, wrong := 0, 0
	for i := 0; i < len(head); {
		if head[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(head[i:])
		switch {
		case r != utf8.RuneError || n > 1:
			right++
		case len(head)-i >= utf8.UTFMax || utf8.FullRune(head[i:]):
			wrong++
		}
		i += n
	}
	return wrong > right
}

// returns turns the line ends of old Macs into the usual ones.
type returns struct{ r io.Reader }

func (r returns) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	for i, c := range p[:n] {
		if c == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
}

// broken tells damage of the file's content from a failing disk.
func (f *file) broken(err error) error {
	if f.gzip && errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: the gzip stream ends before its end", errCut)
	}
	var corrupt flate.CorruptInputError
	if f.gzip && (errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) || errors.As(err, &corrupt)) {
		return fmt.Errorf("%w: %w", errCut, err)
	}
	return fmt.Errorf("reading the file: %w", err)
}

// passes reads a file several times over: by going back in it where it can,
// else from a copy on disk that nobody else can read and that is gone at the
// end.
type passes struct {
	r     io.Reader
	start int64
	first *file // the first pass, begun already
	seek  bool
	spool *os.File
	times atomic.Int64 // it is gone through
}

func newPasses(r io.Reader) (*passes, error) {
	p := &passes{r: r}
	if s, ok := r.(io.Seeker); ok {
		at, err := s.Seek(0, io.SeekCurrent)
		p.start, p.seek = at, err == nil
	}
	var err error
	p.first, err = openFile(&counter{r: r})
	return p, err
}

// bytes is how much of the file was read so far, in all passes: of several,
// each counts for its part.
func (p *passes) bytes() int64 { return p.first.raw.n.Load() / max(p.times.Load(), 1) }

// each calls visit with the file's text, n times from the start.
func (p *passes) each(n int, visit func(pass int, f *file) error) error {
	if n > 1 && !p.seek {
		return p.spooled(n, visit)
	}
	p.times.Store(int64(n))
	for pass := range n {
		f := p.first
		if pass > 0 {
			if _, err := p.r.(io.Seeker).Seek(p.start, io.SeekStart); err != nil {
				return fmt.Errorf("going back to the file's beginning: %w", err)
			}
			var err error
			if f, err = openFile(p.first.raw); err != nil {
				return err
			}
		}
		if err := visit(pass, f); err != nil {
			return err
		}
	}
	return nil
}

// spooled copies the text aside and reads the copy.
func (p *passes) spooled(n int, visit func(int, *file) error) (err error) {
	p.spool, err = os.CreateTemp("", "threatbench-import-*")
	if err != nil {
		return fmt.Errorf("making a temporary copy: %w", err)
	}
	defer func() { err = errors.Join(err, p.spool.Close(), os.Remove(p.spool.Name())) }()
	var damage error
	if _, copyErr := io.Copy(p.spool, p.first); copyErr != nil {
		if damage = p.first.broken(copyErr); !errors.Is(damage, errCut) {
			return damage
		}
	}
	for pass := range n {
		if _, err := p.spool.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("reading the temporary copy: %w", err)
		}
		f := &file{Reader: bufio.NewReaderSize(thenFail(p.spool, damage), readBuffer), raw: p.first.raw}
		if err := visit(pass, f); err != nil {
			return err
		}
	}
	return nil
}

// thenFail reads r and ends with err, where there is one.
func thenFail(r io.Reader, err error) io.Reader {
	if err == nil {
		return r
	}
	return io.MultiReader(r, failing{err})
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

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
