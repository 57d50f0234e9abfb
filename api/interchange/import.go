package interchange

import (
	"context"
	"errors"
	"fmt"
	"io"

	"threatbench/api"
)

// Sink is where an import puts events; the client is one. It must keep UUIDs
// and skip events that it has (preserveUuid), and make a relationship also
// where the parent arrives after the child: a file has its events in any
// order, and its batches are sent two at a time.
type Sink interface {
	Datasets(ctx context.Context) ([]api.Dataset, error)
	CreateDataset(ctx context.Context, name string, public bool) (api.Dataset, error)
	CreateBulkRelated(ctx context.Context, b api.BulkCreate) (api.BulkResult, error)
}

// ImportOptions adjusts an import. The zero value is ready to use.
type ImportOptions struct {
	Dataset    string // name: every event goes there, whatever its line says
	BatchSize  int    // events of one request; 0 means 1,000
	BatchBytes int    // bytes of lines of one request; 0 means 4 MiB
	MaxLine    int    // bytes of one line; 0 means 16 MiB
	MaxListed  int    // wrong lines that the report lists; 0 means 1,000
}

func (o ImportOptions) withDefaults() ImportOptions {
	for _, d := range []struct {
		value *int
		def   int
	}{{&o.BatchSize, 1000}, {&o.BatchBytes, 4 << 20}, {&o.MaxLine, 16 << 20}, {&o.MaxListed, 1000}} {
		if *d.value <= 0 {
			*d.value = d.def
		}
	}
	return o
}

// Progress tells how far an import or an export is.
type Progress struct {
	Bytes  int64 // read from the file as it lies on disk (import)
	Events int   // answered for, or written
	Total  int   // events in all (export); 0 unknown
}

// Rejection is a line that was not imported, and why.
type Rejection struct {
	Line   int // from 1
	Reason string
}

// Report counts what an import did.
type Report struct {
	Lines         int // lines with content
	Created       int
	Skipped       int // there already
	Relationships int // made now; those there already don't count
	Rejected      []Rejection
	MoreRejected  int // rejected lines beyond those listed
}

// Import reads JSON Lines (plain or gzip, told by the content) into sink.
// A line that is wrong goes into the report and the rest is imported; the
// error is for what stops an import: the sink failing, ctx, a broken reader.
// The report is valid beside an error: what it counts was acknowledged, and
// running the same import again completes it. progress may be nil; it is never
// called by two goroutines at once.
func Import(ctx context.Context, r io.Reader, sink Sink, o ImportOptions, progress func(Progress)) (Report, error) {
	o = o.withDefaults()
	lines, err := newLineReader(r, o.MaxLine)
	if err != nil {
		return Report{}, err
	}
	im, err := newImporter(ctx, sink, o, lines, progress)
	if err != nil {
		return Report{}, err
	}
	err = im.readAll()
	return im.finish(err)
}

// readAll takes the file in, line by line.
func (im *importer) readAll() error {
	for {
		if err := im.ctx.Err(); err != nil {
			return context.Cause(im.ctx)
		}
		b, err := im.lines.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, errCut):
			im.reject(im.lines.line, err.Error())
			return nil
		case errors.Is(err, errLong):
			im.count()
			im.reject(im.lines.line, err.Error())
			continue
		case err != nil:
			return err
		}
		im.count()
		if err := im.take(b); err != nil {
			return err
		}
	}
}

// take decodes a line and puts its event into the batch being filled.
func (im *importer) take(b []byte) error {
	l, err := decodeLine(b)
	if err != nil {
		im.reject(im.lines.line, err.Error())
		return nil
	}
	dataset, err := im.datasetFor(l)
	if err != nil {
		return err
	}
	if dataset == unknownDataset {
		im.reject(im.lines.line, fmt.Sprintf("datasetId: %.40q is unknown here; name the dataset by \"dataset\"", l.DatasetID))
		return nil
	}
	im.add(dataset, l.CreateEvent, len(b))
	return nil
}
