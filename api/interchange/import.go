package interchange

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"threatbench/api"
	"threatbench/api/interchange/table"
	"threatbench/api/marking"
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
	Name       string            // of what is imported, as the sink keeps it
	Format     Format            // of the file; "" means what its content shows
	Dataset    string            // name: every event goes there, whatever the file says
	Columns    map[string]string // of CSV: fields by the name or number (from 1) of a column; "-" leaves it out
	Plan       bool              // tell what would come in, and write nothing
	Again      bool              // also where the sink can't tell what is there already
	TLP        string            // of events whose file says nothing; "" means amber
	Tags       []string          // for every event, beside its own
	DateOrder  string            // of dates in tables: dmy, mdy or ymd; "" means what the dates show
	Unreadable string            // TLP of what is marked in words that can't be read; "" means red
	Now        time.Time         // date of events whose file has none; zero means the time of the import
	BatchSize  int               // events of one request; 0 means 1,000
	BatchBytes int               // bytes of the file in one request; 0 means 4 MiB
	MaxLine    int               // bytes of one line or object; 0 means 48 MiB, which an event of greatest raw record and texts fits in
	MaxListed  int               // what was not taken that the report lists; 0 means 1,000
}

func (o ImportOptions) withDefaults() ImportOptions {
	for _, d := range []struct {
		value *int
		def   int
	}{{&o.BatchSize, 1000}, {&o.BatchBytes, 4 << 20}, {&o.MaxLine, 3 * api.MaxRaw}, {&o.MaxListed, 1000}} {
		if *d.value <= 0 {
			*d.value = d.def
		}
	}
	o.TLP, o.Unreadable = cmp.Or(o.TLP, "amber"), cmp.Or(o.Unreadable, "red")
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	return o
}

// Progress tells how far an import or an export is.
type Progress struct {
	Bytes  int64 // read from the file as it lies on disk (import)
	Events int   // answered for, or written
	Total  int   // events in all (export); 0 unknown
}

// Rejection is a part of the file that was not imported, and why.
type Rejection struct {
	File   string // of a folder or an archive; else ""
	Line   int    // where it begins, from 1; 0 unknown
	Object string // its id, in forms whose objects have one
	Reason string
}

// Where names the part: line 3, or indicator--… (line 3), behind its file in a
// folder or an archive.
func (r Rejection) Where() string {
	if r.File != "" {
		file := r.File
		if r.File = ""; r.Object == "" && r.Line == 0 {
			return file
		}
		return file + ": " + r.Where()
	}
	switch {
	case r.Object == "" && r.Line == 0:
		return "the file"
	case r.Object == "":
		return fmt.Sprintf("line %d", r.Line)
	case r.Line == 0:
		return r.Object
	}
	return fmt.Sprintf("%s (line %d)", r.Object, r.Line)
}

// Report counts what an import did.
type Report struct {
	Format        Format // "" for files of several forms
	Files         int    // of a folder or an archive; else 0
	Lines         int    // lines, rows or objects that say something of events
	Created       int
	Updated       int            // there in an older version
	Skipped       int            // there already
	Unlike        int            // of those: otherwise than the file says, which names no version
	Kept          []Rejection    // there in an older version, and edited here since
	MoreKept      int            // beyond those listed
	Types         map[string]int // events by the type of their indicator
	TLPs          map[string]int // and by their marking
	Unmarked      int            // of those: without any marking in the file, which have that of the options
	Columns       []Column       // of a table
	Unsure        bool           // a plan that can't tell what is there already
	Import        string         // what takes it back; "" where the sink keeps no imports
	Relationships int            // made now; those there already don't count
	Rejected      []Rejection
	MoreRejected  int         // rejected beyond those listed
	Notes         []Rejection // of what was taken: what was decided in the file's stead
	MoreNotes     int
	Unreadable    int // events whose marking couldn't be read
	LeftOut       []LeftOut
}

// Column is a column of a table and what is taken of it.
type Column struct {
	Name    string
	Field   string // "" where it is only kept in the raw record
	Type    string // of the indicators in it, where they have one
	Samples []string
}

// Mapping is what the columns of a table were taken for, to be saved.
func (r *Report) Mapping(dateOrder string) (table.Mapping, error) {
	m := table.Mapping{Columns: map[string]string{}, DateOrder: table.Order(dateOrder)}
	if len(r.Columns) == 0 {
		return m, fmt.Errorf("there is no mapping to save: the file is no table, but %s", cmp.Or(r.Format, "several forms"))
	}
	for _, c := range r.Columns {
		switch {
		case c.Field == "indicator" && c.Type != "":
			m.Columns[c.Name] = c.Type
		case c.Field != "":
			m.Columns[c.Name] = c.Field
		}
	}
	return m, nil
}

// LeftOut counts parts of a kind that were not taken, and says why.
type LeftOut struct {
	Kind   string // malware, sighting, proposal …
	Reason string
	Count  int
}

// Edited is how many events were left as they are because they were edited.
func (r *Report) Edited() int { return len(r.Kept) + r.MoreKept }

// Missing is how many parts of the file weren't taken.
func (r *Report) Missing() int {
	n := len(r.Rejected) + r.MoreRejected
	for _, l := range r.LeftOut {
		n += l.Count
	}
	return n
}

// Import reads a file of any Format (plain or gzip, told by the content) into
// sink. What is wrong goes into the report and the rest is imported; the error
// is for what stops an import: a file of no known form, the sink failing, ctx,
// a broken reader. The report is valid beside an error: what it counts was
// acknowledged, and running the same import again completes it. progress may
// be nil; it is never called by two goroutines at once.
//
// An archive (zip) is its files, as ImportAll takes them. Forms that must be
// read more than once or out of order (all but JSON) are copied to
// a temporary file where r cannot seek.
func Import(ctx context.Context, r io.Reader, sink Sink, o ImportOptions, progress func(Progress)) (Report, error) {
	o = o.withDefaults()
	p, err := newPasses(r)
	if err != nil {
		return Report{}, err
	}
	zipped, err := isArchive(p.first)
	if err != nil {
		return Report{}, err
	}
	if !zipped {
		if o.Format, err = formatOf(p.first, o); err != nil {
			return Report{}, err
		}
	}
	im, err := newImporter(ctx, sink, o, p.bytes, progress)
	if err != nil {
		return Report{}, err
	}
	if zipped {
		return im.finish(im.readArchive(p))
	}
	im.report.Format = o.Format
	return im.finish(im.readFile(p))
}

// readFile takes one file in, whose form is settled.
func (im *importer) readFile(p *passes) error {
	for _, note := range p.first.notes {
		im.note(place{}, note)
	}
	im.whole = marking.Mark{}
	im.whole.Name(cmp.Or(im.member, im.o.Name))
	_, otherwise := im.tlps()
	if tlp := im.whole.Resolve(api.TLPNone, api.TLPNone); tlp != api.TLPNone && tlp >= otherwise {
		im.note(place{}, fmt.Sprintf("its name says TLP %s, which holds for all in it", tlp))
	}
	return im.readAll(p)
}

// readAll takes the file in.
func (im *importer) readAll(p *passes) error {
	switch im.o.Format {
	case CSV, TSV:
		return im.readCSV(p)
	case MISP:
		return im.readMISP(p)
	case STIX:
		return im.readSTIX(p)
	case Text:
		return im.readText(p)
	case JSON:
		return im.readJSON(p.first, func(b []byte, at place) error { im.count(); return im.takeLine(b, at) })
	case XLSX:
		return im.readWorkbook(p)
	case PDF:
		return im.readPDF(p)
	case TheHive, OTX, EVE, OpenIOC, Sigma, YARA:
		return im.readForm(p)
	}
	return im.readLines(p.first, im.takeLine)
}

// readLines gives a file's lines to take, one by one.
func (im *importer) readLines(f *file, take func(b []byte, at place) error) error {
	lines := &lineReader{in: f, most: im.o.MaxLine}
	for {
		if err := im.ctx.Err(); err != nil {
			return context.Cause(im.ctx)
		}
		b, err := lines.next()
		at := place{line: lines.line}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if stop, err := im.unreadable(at, err); stop || err != nil {
			return err
		}
		im.count()
		if err != nil {
			continue
		}
		if err := take(b, at); err != nil {
			return err
		}
	}
}

// unreadable reports what could not be read. stop tells that nothing can be
// read behind it; an error that isn't the file's own is given back.
func (im *importer) unreadable(at place, err error) (stop bool, _ error) {
	switch {
	case err == nil:
		return false, nil
	case errors.Is(err, errLong), errors.Is(err, errOpen):
		im.reject(at, err.Error())
		return false, nil
	case errors.Is(err, errCut):
		im.reject(at, err.Error())
		return true, nil
	}
	return true, err
}

// takeLine decodes a line of JSON and puts its event into the batch being
// filled.
func (im *importer) takeLine(b []byte, at place) error {
	l, err := decodeLine(b, im.o)
	if err != nil {
		if unknown := unknownObject(b); unknown != "" {
			err = errors.New(unknown)
		}
		im.reject(at, err.Error())
		return nil
	}
	for _, text := range l.mended {
		im.note(at, text+"; read as it can be meant")
	}
	for _, text := range l.lost {
		im.note(at, text+"; left out")
		im.leave("part of an event", "it isn't what belongs there")
	}
	if l.undated {
		im.undated++
	}
	im.settle(&l, at)
	return im.put(l, len(b), at)
}

// put puts a checked event into the batch being filled.
func (im *importer) put(l line, size int, at place) error {
	dataset, err := im.datasetFor(l)
	if err != nil {
		return err
	}
	if dataset == unknownDataset {
		im.reject(at, fmt.Sprintf("datasetId: %.40q is unknown here; name the dataset by \"dataset\"", l.DatasetID))
		return nil
	}
	im.add(dataset, l, size, at)
	return nil
}

// putMade checks and puts an event that was made of something else.
func (im *importer) putMade(l line, size int, at place) error {
	if err := l.check(); err != nil {
		im.reject(at, err.Error())
		return nil
	}
	im.settle(&l, at)
	if l.Raw.TLP == "" {
		l.Raw.TLP = l.TLP
	}
	return im.put(l, size, at)
}
