// Package extsort sorts and looks up more records than memory should hold: what
// doesn't fit goes into a temporary file that nobody else can read and that is
// gone at the end.
package extsort

import (
	"bufio"
	"bytes"
	"cmp"
	"container/heap"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// Key tells records apart. Records of one key keep the order they came in.
type Key [16]byte

// KeyOf is the key of a name, in one of several classes. The records of one
// name stand side by side, by class.
func KeyOf(name string, class byte) Key {
	sum := sha256.Sum256([]byte(name))
	k := Key(sum[:16])
	k[15] = class
	return k
}

const (
	blockBytes = 16 << 10 // read at once when looking up
	runBuffer  = 32 << 10 // of each run while merging
)

// Sorter takes records in. The zero value is not ready: see New.
type Sorter struct {
	most   int
	buf    []byte // records: key, length, payload
	starts []int32
	file   temporary
	out    *bufio.Writer
	runs   []run
	end    int64
}

// run is a sorted part of the temporary file.
type run struct{ from, to int64 }

// New makes a Sorter that holds about memory bytes, and writes to a temporary
// file what is beyond. Close it.
func New(memory int) *Sorter { return &Sorter{most: min(max(memory, 1<<10), 1<<30)} }

// Add takes a record in.
func (s *Sorter) Add(k Key, payload []byte) error {
	if len(s.buf) > 0 && len(s.buf)+len(payload) > s.most {
		if err := s.flush(); err != nil {
			return err
		}
	}
	s.starts = append(s.starts, int32(len(s.buf)))
	s.buf = append(s.buf, k[:]...)
	s.buf = binary.AppendUvarint(s.buf, uint64(len(payload)))
	s.buf = append(s.buf, payload...)
	return nil
}

// flush sorts what is held and writes it as a run.
func (s *Sorter) flush() error {
	if s.out == nil {
		if err := s.file.open(); err != nil {
			return err
		}
		s.out = bufio.NewWriterSize(s.file.f, 256<<10)
	}
	from := s.end
	err := s.sorted(func(record []byte) error {
		s.end += int64(len(record))
		_, err := s.out.Write(record)
		return err
	})
	if err := errors.Join(err, s.out.Flush()); err != nil {
		return fmt.Errorf("writing a temporary file: %w", err)
	}
	s.runs = append(s.runs, run{from, s.end})
	s.buf, s.starts = s.buf[:0], s.starts[:0]
	return nil
}

// sorted gives the records held to take, by key.
func (s *Sorter) sorted(take func(record []byte) error) error {
	slices.SortFunc(s.starts, func(a, b int32) int {
		return cmp.Or(bytes.Compare(s.buf[a:a+16], s.buf[b:b+16]), cmp.Compare(a, b))
	})
	for _, at := range s.starts {
		n, size := binary.Uvarint(s.buf[at+16:])
		if err := take(s.buf[at : int(at)+16+size+int(n)]); err != nil {
			return err
		}
	}
	return nil
}

// Sorted ends the taking in. The Table is valid until Close.
func (s *Sorter) Sorted() (*Table, error) {
	t := &Table{}
	if len(s.runs) == 0 {
		sorted := make([]byte, 0, len(s.buf))
		err := s.sorted(func(record []byte) error {
			t.note(Key(record), len(record))
			sorted = append(sorted, record...)
			return nil
		})
		s.buf, s.starts = nil, nil
		t.in = bytes.NewReader(sorted)
		return t, err
	}
	if err := s.flush(); err != nil {
		return nil, err
	}
	s.buf, s.starts = nil, nil
	return t, s.merge(t)
}

// merge writes the runs as one behind them.
func (s *Sorter) merge(t *Table) error {
	m := merger{}
	for i, r := range s.runs {
		c := &cursor{in: bufio.NewReaderSize(io.NewSectionReader(s.file.f, r.from, r.to-r.from), runBuffer), run: i}
		more, err := c.next()
		if err != nil {
			return fmt.Errorf("reading a temporary file: %w", err)
		}
		if more {
			m = append(m, c)
		}
	}
	heap.Init(&m)
	from := s.end
	for len(m) > 0 {
		c := m[0]
		t.note(Key(c.record), len(c.record))
		if _, err := s.out.Write(c.record); err != nil {
			return fmt.Errorf("writing a temporary file: %w", err)
		}
		switch more, err := c.next(); {
		case err != nil:
			return fmt.Errorf("reading a temporary file: %w", err)
		case more:
			heap.Fix(&m, 0)
		default:
			heap.Pop(&m)
		}
	}
	if err := s.out.Flush(); err != nil {
		return fmt.Errorf("writing a temporary file: %w", err)
	}
	t.in = io.NewSectionReader(s.file.f, from, t.size)
	return nil
}

// Close takes the temporary file away.
func (s *Sorter) Close() error { return s.file.close() }

// temporary is a file that is gone when it is closed, on most systems also
// when the process dies.
type temporary struct {
	f    *os.File
	gone bool
}

func (t *temporary) open() error {
	f, err := os.CreateTemp("", "threatbench-*")
	if err != nil {
		return fmt.Errorf("making a temporary file: %w", err)
	}
	t.f, t.gone = f, os.Remove(f.Name()) == nil
	return nil
}

func (t *temporary) close() error {
	if t.f == nil {
		return nil
	}
	err := t.f.Close()
	if !t.gone {
		err = errors.Join(err, os.Remove(t.f.Name()))
	}
	t.f = nil
	return err
}

// cursor walks through one run.
type cursor struct {
	in     *bufio.Reader
	run    int
	record []byte
}

// next reads a record; false is the end.
func (c *cursor) next() (bool, error) {
	head, err := c.in.Peek(16 + binary.MaxVarintLen64)
	if len(head) == 0 {
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		return false, err
	}
	n, size := binary.Uvarint(head[min(16, len(head)):])
	if size <= 0 {
		return false, io.ErrUnexpectedEOF
	}
	all := 16 + size + int(n)
	c.record = slices.Grow(c.record[:0], all)[:all]
	_, err = io.ReadFull(c.in, c.record)
	return err == nil, err
}

// merger orders cursors by their records' keys, then by run.
type merger []*cursor

func (m merger) Len() int { return len(m) }
func (m merger) Less(i, j int) bool {
	return cmp.Or(bytes.Compare(m[i].record[:16], m[j].record[:16]), cmp.Compare(m[i].run, m[j].run)) < 0
}
func (m merger) Swap(i, j int) { m[i], m[j] = m[j], m[i] }
func (m *merger) Push(x any)   { *m = append(*m, x.(*cursor)) }
func (m *merger) Pop() any {
	last := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return last
}
