package extsort

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// Table is sorted records. It is for one goroutine at a time.
type Table struct {
	in     io.ReaderAt
	size   int64
	blocks []block // some 24 bytes for 16 KiB of records
	held   []byte  // the block read last
	which  int     // its number, from 1; 0 none
}

// block is where a stretch of records begins, and its first key.
type block struct {
	first Key
	at    int64
}

// note takes the next record into the directory.
func (t *Table) note(k Key, size int) {
	if n := len(t.blocks); n == 0 || t.size-t.blocks[n-1].at >= blockBytes {
		t.blocks = append(t.blocks, block{k, t.size})
	}
	t.size += int64(size)
}

// read holds block i.
func (t *Table) read(i int) error {
	if t.which == i+1 {
		return nil
	}
	end := t.size
	if i+1 < len(t.blocks) {
		end = t.blocks[i+1].at
	}
	n := int(end - t.blocks[i].at)
	t.held = slices.Grow(t.held[:0], n)[:n]
	t.which = 0
	if _, err := t.in.ReadAt(t.held, t.blocks[i].at); err != nil {
		return fmt.Errorf("reading a temporary file: %w", err)
	}
	t.which = i + 1
	return nil
}

// Get gives the payloads of a key to take, in the order they came in, until
// take says false. A payload is valid until the next call of anything.
func (t *Table) Get(k Key, take func(payload []byte) bool) error {
	from, _ := slices.BinarySearchFunc(t.blocks, k, func(b block, k Key) int { return bytes.Compare(b.first[:], k[:]) })
	return t.walk(max(from-1, 0), func(at Key, payload []byte) (bool, error) {
		c := bytes.Compare(at[:], k[:])
		return c < 0 || c == 0 && take(payload), nil
	})
}

// All gives every record to take, by key, until take fails. A payload is valid
// until the next call of anything.
func (t *Table) All(take func(k Key, payload []byte) error) error {
	return t.walk(0, func(k Key, payload []byte) (bool, error) {
		err := take(k, payload)
		return err == nil, err
	})
}

// walk gives the records from a block on to take, until it says false.
func (t *Table) walk(from int, take func(k Key, payload []byte) (more bool, err error)) error {
	for i := from; i < len(t.blocks); i++ {
		if err := t.read(i); err != nil {
			return err
		}
		for rest := t.held; len(rest) > 0; {
			k := Key(rest)
			var payload []byte
			payload, rest = cut(rest)
			if more, err := take(k, payload); err != nil || !more {
				return err
			}
		}
	}
	return nil
}

// cut takes the first record off.
func cut(b []byte) (payload, rest []byte) {
	n, size := binary.Uvarint(b[16:])
	from := 16 + size
	to := from + int(n)
	return b[from:to], b[to:]
}
