package interchange

import (
	"context"
	"errors"
	"fmt"
	"io"

	"threatbench/api"
)

// Sink is where an import puts events; the client is one.
type Sink interface {
	Datasets(ctx context.Context) ([]api.Dataset, error)
	CreateDataset(ctx context.Context, name string, public bool) (api.Dataset, error)
	CreateBulkRelated(ctx context.Context, b api.BulkCreate) (api.BulkResult, error)
}

// Edge is a relationship between two events, by their UUIDs.
type Edge struct{ Parent, Child, Type string }

// EdgeRefusal says why an edge was not made; Index counts the edges given.
// Missing is set where the parent does not exist (yet).
type EdgeRefusal struct {
	Index   int
	Missing bool
	Reason  string
}

// Relater is a Sink that can relate events that exist already; edges that
// exist are neither counted nor refused. Without it the relationships go
// along with the events, and a parent must come before its children.
type Relater interface {
	Relate(ctx context.Context, edges []Edge) (made int, refused []EdgeRefusal, err error)
}

// ImportOptions adjusts an import. The zero value is ready to use.
type ImportOptions struct {
	Dataset    string // name: every event goes there, whatever its line says
	BatchSize  int    // events of one request; 0 means 1,000
	BatchBytes int    // bytes of lines of one request; 0 means 4 MiB
	MaxLine    int    // bytes of one line; 0 means 16 MiB
	MaxListed  int    // lines that each list of the report names; 0 means 1,000
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

// Rejection is a line that was not imported, or not related, and why.
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
	// Unrelated lists events that are in, but not under the parent that their
	// line names: it is neither in the file nor on the server.
	Unrelated     []Rejection
	MoreUnrelated int
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
	return im.add(dataset, l.CreateEvent, len(b))
}
