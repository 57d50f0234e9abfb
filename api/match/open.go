package match

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// What is unpacked is given up where it is so much larger than the file that
// it can only have been made to be.
const (
	bombRatio  = 1000
	bombAtOnce = 1 << 30
	maxWindow  = 128 << 20 // of zstd, as zstd --long makes it
)

// ErrArchive is a file of several files, or one packed in a way that isn't
// known.
var ErrArchive = errors.New("not searched: unpack it first")

// ErrBomb is a packed file that unpacks to far more than any log would.
var ErrBomb = fmt.Errorf("given up: it unpacks to more than %d times its size; unpack it yourself and match the output if it is meant to", bombRatio)

// Log is an open log: plain, gzip, zstd or bzip2, in UTF-8, in UTF-16 with a
// mark at its beginning, or in any bytes.
type Log struct {
	io.Reader
	packed *counter
	close  []func()
	live   bool
}

// Live reports whether the log may still be written, as a pipe may.
func (l *Log) Live() bool { return l.live }

// Packed is the number of bytes read of the file, as packed.
func (l *Log) Packed() int64 { return l.packed.n }

// Close lets go of it.
func (l *Log) Close() {
	for _, c := range l.close {
		c()
	}
}

// Open opens a file by name; a pipe may stand for it.
func Open(name string) (*Log, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errors.New("is a directory")}
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	l, err := NewLog(f, !info.Mode().IsRegular())
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	l.close = append(l.close, func() { _ = f.Close() }) // it was only read
	return l, nil
}

// NewLog reads a log from a stream. live tells that it may go on for as long
// as it likes.
func NewLog(r io.Reader, live bool) (*Log, error) {
	l := &Log{packed: &counter{r: r}, live: live}
	in := bufio.NewReaderSize(l.packed, 64<<10)
	head, err := in.Peek(6)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	l.Reader = in
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		err = l.unpack(gzip.NewReader(in))
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		var z *zstd.Decoder
		z, err = zstd.NewReader(in, zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
		if err == nil {
			l.close = append(l.close, z.Close)
			err = l.unpack(z, nil)
		}
	case bytes.HasPrefix(head, []byte("BZh")):
		err = l.unpack(bzip2.NewReader(in), nil)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("7z\xbc\xaf\x27\x1c")), bytes.HasPrefix(head, []byte("Rar!")),
		bytes.HasPrefix(head, []byte("\xfd7zXZ")), bytes.HasPrefix(head, []byte{0x04, 0x22, 0x4d, 0x18}):
		err = ErrArchive
	default:
		err = nil
		l.decode(in)
	}
	if err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func (l *Log) unpack(r io.Reader, err error) error {
	if err != nil {
		return fmt.Errorf("unpacking it: %w", err)
	}
	in := bufio.NewReaderSize(&fuse{r: r, packed: l.packed}, 64<<10)
	l.decode(in)
	return nil
}

// decode reads UTF-16 as UTF-8 where a mark tells that it is that.
func (l *Log) decode(in *bufio.Reader) {
	l.Reader = in
	head, _ := in.Peek(2) // shorter is nothing
	if bytes.Equal(head, []byte{0xff, 0xfe}) || bytes.Equal(head, []byte{0xfe, 0xff}) {
		l.Reader = transform.NewReader(in, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder())
	}
}

// counter counts what is read.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}

// fuse ends what unpacks to too much.
type fuse struct {
	r      io.Reader
	packed *counter
	n      int64
}

func (f *fuse) Read(b []byte) (int, error) {
	n, err := f.r.Read(b)
	f.n += int64(n)
	if f.n > bombAtOnce && f.n/bombRatio > f.packed.n {
		return n, ErrBomb
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("unpacking it: %w", err)
	}
	return n, err
}

// Stdin is the name of the standard input.
const Stdin = "-"

// Files gives the files of names, those of folders in their order, to take;
// what is no file (a socket, a device, a link) within a folder is passed over,
// and Stdin stays as it is. An error of a file is given instead of it. The error of take ends it.
func Files(names []string, take func(name string, err error) error) error {
	for _, name := range names {
		if name == Stdin {
			if err := take(name, nil); err != nil {
				return err
			}
			continue
		}
		info, err := os.Stat(name)
		if err != nil || !info.IsDir() {
			if err := take(name, err); err != nil {
				return err
			}
			continue
		}
		err = filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return take(path, err)
			case d.Type().IsRegular():
				return take(path, nil)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
