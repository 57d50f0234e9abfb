package interchange

import (
	"context"
	"io"

	"threatbench/api"
)

// Sink is where an import puts events; the client is one.
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
	MaxListed  int    // rejected lines that Report lists; 0 means 1,000
}

// Progress tells how far an import or an export is.
type Progress struct {
	Bytes  int64 // read from the file as it lies on disk (import)
	Events int   // acknowledged, or written
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
	// Unrelated lists events whose parent is neither in the file nor on the
	// server; the events themselves are in.
	Unrelated     []Rejection
	MoreUnrelated int
}

// Import reads JSON Lines (plain or gzip, told by the content) into sink.
// A line that is wrong goes into the report and the rest is imported; the
// error is for what stops an import: the sink failing, ctx, a broken reader.
// The report is valid beside an error: what it counts was acknowledged, and
// running the same import again completes it. progress may be nil.
func Import(ctx context.Context, r io.Reader, sink Sink, o ImportOptions, progress func(Progress)) (Report, error) {
	return Report{}, ctx.Err()
}
