package interchange

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"golang.org/x/text/encoding/unicode"
)

// file is a file's text: gzip undone, UTF-16 and byte order marks too.
type file struct {
	*bufio.Reader
	raw  *counter
	gzip bool
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

// decode takes the byte order mark off, and turns UTF-16 into UTF-8.
func (f *file) decode(in *bufio.Reader) error {
	f.Reader = in
	head, _ := in.Peek(3) // what is wrong with the file shows when it is read
	switch {
	case len(head) >= 2 && (string(head[:2]) == "\xff\xfe" || string(head[:2]) == "\xfe\xff"):
		decoder := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder()
		f.Reader = bufio.NewReaderSize(decoder.Reader(in), readBuffer)
	case string(head) == "\xef\xbb\xbf":
		_, err := in.Discard(len(head))
		return err
	}
	return nil
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

// bytes is how much of the file was read so far, in all passes.
func (p *passes) bytes() int64 { return p.first.raw.n.Load() }

// each calls visit with the file's text, n times from the start.
func (p *passes) each(n int, visit func(pass int, f *file) error) error {
	if n > 1 && !p.seek {
		return p.spooled(n, visit)
	}
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
