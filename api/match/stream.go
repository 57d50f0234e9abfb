package match

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"threatbench/api/clean"
)

// Hit is a place of a log where a known indicator stands.
type Hit struct {
	Source    string    // the file's name
	Line      int64     // from 1; 0 in a file that is not text
	Column    int       // in bytes, from 1; of what is written defanged, where that begins
	Offset    int64     // of the indicator in the file as unpacked, in bytes
	Time      time.Time // that the line tells; zero where it tells none
	Guessed   bool      // the line told no year, or no zone
	Indicator string    // in its canonical form
	Value     string    // what stands there: Indicator, or what lies below or within it, or is its host
	How       How
	Defanged  bool
	Text      string // the line around the indicator, neutralised

	entry uint32
}

// Report is what was read of one log.
type Report struct {
	Bytes  int64 // as unpacked
	Lines  int64
	Hits   int64
	Longer int64 // lines longer than a piece, which were read in pieces
	Binary bool  // it is no text: places are told by the offset
}

const (
	pieceSize = 1 << 20
	// beside is how much of the text around a piece is kept with it where the
	// piece ends within a line.
	beside   = around
	mostText = 240
)

// piece is a part of a log: text[from:to] is what is looked at.
type piece struct {
	text     []byte
	from, to int
	offset   int64 // of text[from] in the log
	column   int   // of text[from] in its line, from 0
	out      chan []found
	lines    int
	whole    bool // it ends with a line
}

// Scan reads a log to its end and gives every hit to take, in the order of
// their places. Lines are given as soon as they are whole, so that a log may
// be one that is still being written. It holds a few MiB, however long the
// lines are. An error of r comes back with what was read until then.
func Scan(ctx context.Context, s *Set, source string, r io.Reader, now time.Time, take func(Hit) error) (Report, error) {
	workers := max(runtime.GOMAXPROCS(0), 1)
	g, ctx := errgroup.WithContext(ctx)
	todo := make(chan *piece)
	order := make(chan *piece, 2*workers)
	rep := Report{}
	f := &feeder{r: r, report: &rep, pool: make(bufferPool, 8)}
	var readErr error
	g.Go(func() (err error) {
		defer close(todo)
		defer close(order)
		readErr, err = f.feed(ctx, order, todo)
		return err
	})
	for range workers {
		g.Go(func() error {
			var sc scanner
			for p := range todo {
				hits := s.scan(p.text, p.from, p.to, &sc)
				p.lines = bytes.Count(p.text[p.from:p.to], []byte("\n"))
				p.out <- append([]found(nil), hits...)
			}
			return nil
		})
	}
	t := teller{set: s, source: source, now: now, take: take, report: &rep, line: 1}
	g.Go(func() error { return t.all(ctx, order, f) })
	err := g.Wait()
	return rep, errors.Join(err, readErr)
}

// feed gives every piece to both channels; readErr is why the log couldn't be
// read on.
func (f *feeder) feed(ctx context.Context, order, todo chan<- *piece) (readErr, err error) {
	for {
		p, err := f.next()
		if p != nil && (!send(ctx, order, p) || !send(ctx, todo, p)) {
			return nil, ctx.Err()
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil, nil
		case err != nil:
			return err, nil
		}
	}
}

// all tells of every piece, in order.
func (t *teller) all(ctx context.Context, order <-chan *piece, f *feeder) error {
	for p := range order {
		select {
		case hits := <-p.out:
			if err := t.tell(p, hits); err != nil {
				return err
			}
			f.free(p)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func send[T any](ctx context.Context, c chan<- T, v T) bool {
	select {
	case c <- v:
		return true
	case <-ctx.Done():
		return false
	}
}

// feeder cuts a log into pieces that end with a line, where there are lines.
type feeder struct {
	r      io.Reader
	report *Report
	rest   []byte // read, and not given yet
	before []byte // what stands before rest, where that begins within a line
	column int
	long   bool // the line at hand is longer than a piece
	begun  bool
	pool   bufferPool
	err    error
}

// bufferPool keeps a few buffers for reuse.
type bufferPool chan []byte

func (f *feeder) free(p *piece) {
	select {
	case f.pool <- p.text[:0]:
	default:
	}
}

func (f *feeder) buffer() []byte {
	select {
	case b := <-f.pool:
		return b
	default:
		return make([]byte, 0, pieceSize+3*beside)
	}
}

// next is the next piece; it is nil at the end, and where nothing is whole yet.
func (f *feeder) next() (*piece, error) {
	b := f.buffer()
	b = append(b, f.before...)
	from := len(b)
	b = append(b, f.rest...)
	f.rest = nil
	for f.err == nil && len(b)-from < pieceSize+beside {
		n, err := f.r.Read(b[len(b):cap(b)])
		f.look(b[len(b) : len(b)+n])
		b = b[:len(b)+n]
		f.report.Bytes += int64(n)
		f.err = err
		if n > 0 && len(b)-from < pieceSize && bytes.IndexByte(b[len(b)-n:], '\n') >= 0 && f.isLive() {
			break
		}
	}
	p := &piece{text: b, from: from, offset: f.report.Bytes - int64(len(b)-from), column: f.column, out: make(chan []found, 1)}
	f.cut(p)
	if p.to == p.from {
		return nil, f.err
	}
	if f.err != nil && len(f.rest) > 0 {
		return p, nil // once more, for the rest
	}
	return p, f.err
}

// isLive reports whether the log comes from something that may be written for
// as long as one likes, so that a line is told when it is whole.
func (f *feeder) isLive() bool {
	l, ok := f.r.(interface{ Live() bool })
	return ok && l.Live()
}

// look notes whether the log is no text.
func (f *feeder) look(b []byte) {
	if !f.begun {
		f.report.Binary = bytes.IndexByte(b[:min(len(b), 8<<10)], 0) >= 0
		f.begun = len(b) > 0
	}
}

// cut decides where a piece ends, and keeps what is behind that.
func (f *feeder) cut(p *piece) {
	b := p.text
	p.to = len(b)
	if f.err == nil || p.to-p.from > pieceSize {
		p.to = p.from + bytes.LastIndexByte(b[p.from:min(len(b), p.from+pieceSize)], '\n') + 1
	}
	p.whole = p.to > p.from
	if !p.whole && len(b)-p.from >= pieceSize {
		p.to = p.from + pieceSize
		p.whole = false
		if !f.long {
			f.report.Longer++
		}
		f.long = true
	} else if p.whole {
		f.long = false
	}
	f.rest = append([]byte(nil), b[p.to:]...)
	f.before, f.column = nil, 0
	if !p.whole && p.to > p.from {
		f.before = append([]byte(nil), b[max(p.from, p.to-beside):p.to]...)
		f.column = p.column + p.to - p.from
	}
	if p.whole {
		p.text = b[:p.to]
	}
}

// teller makes hits of what was found in the pieces, in their order.
type teller struct {
	set    *Set
	source string
	now    time.Time
	take   func(Hit) error
	report *Report
	line   int64
}

func (t *teller) tell(p *piece, hits []found) error {
	at, line := p.from, t.line
	for _, f := range hits {
		if f.at > at {
			line += int64(bytes.Count(p.text[at:f.at], []byte("\n")))
			at = f.at
		}
		if err := t.take(t.hit(p, f, line)); err != nil {
			return err
		}
		t.report.Hits++
	}
	t.line += int64(p.lines)
	t.report.Lines = t.line - 1
	if p.to > p.from && p.text[p.to-1] != '\n' {
		t.report.Lines++
	}
	return nil
}

func (t *teller) hit(p *piece, f found, line int64) Hit {
	begin := bytes.LastIndexByte(p.text[:f.at], '\n') + 1
	end := len(p.text)
	if i := bytes.IndexByte(p.text[f.at:], '\n'); i >= 0 {
		end = f.at + i
	}
	h := Hit{
		Source: t.source, Line: line, Column: f.at - begin + 1, Offset: p.offset + int64(f.at-p.from),
		Indicator: string(t.set.text(f.entry)), Value: f.value, How: f.how, Defanged: f.defanged, entry: f.entry,
		Text: excerpt(p.text[begin:end], f.at-begin, f.end-begin),
	}
	if h.Value == "" {
		h.Value = h.Indicator
	}
	if begin <= p.from && p.column > 0 {
		h.Column = p.column + f.at - p.from + 1
	}
	if t.report.Binary {
		h.Line, h.Column = 0, 0
		return h
	}
	h.Time, h.Guessed = timeOf(p.text[begin:end], t.now)
	return h
}

// excerpt is the part of a line around a place in it, harmless.
func excerpt(line []byte, from, to int) string {
	line = bytes.TrimRight(line, "\r")
	if len(line) <= mostText {
		return clean.Line(string(line))
	}
	start := max(0, min(from-mostText/3, len(line)-mostText))
	text := clean.Line(string(bytes.ToValidUTF8(line[start:min(len(line), max(start+mostText, min(to, start+2*mostText)))], nil)))
	if start > 0 {
		text = "…" + text
	}
	return text + "…"
}
