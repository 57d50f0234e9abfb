// Package interchange carries events in and out in forms that other programs
// read: JSON Lines, tables, STIX 2.1, and inwards also MISP events and the
// indicators of any text, outwards a report in Markdown.
//
// A line of JSON Lines is an api.CreateEvent with "id" for its UUID and
// "dataset" for its dataset's name. Reading streams: memory stays the same
// however long the file is (what STIX objects say of each other waits on disk,
// and only what MISP events say of themselves is kept), what is wrong is
// reported by line or id and the rest goes in.
package interchange

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"threatbench/api"
	"threatbench/api/marking"
)

const (
	inFlight       = 2 // batches sent at once
	unknownDataset = "?"
)

// importer is one import under way. Lines are read and decoded by one
// goroutine, batches are sent by others; mu guards what both touch.
type importer struct {
	ctx      context.Context
	stop     context.CancelCauseFunc
	sink     Sink
	o        ImportOptions
	read     func() int64 // bytes of the file so far
	progress func(Progress)

	datasets map[string]string // UUID by name, and by UUID itself
	batch    map[string]*batch // being filled, by dataset UUID
	order    []string          // its keys as they came
	events   int               // in batch
	size     int               // bytes of the file in batch

	planner  planner
	member   string              // the file being read, of a folder or an archive
	mapped   map[string]bool     // the columns of the mapping that some file of it has
	ids      map[string]struct{} // of the events a plan has seen
	whole    marking.Mark        // what the file says of all that is in it
	run      string              // the import, where the sink keeps imports; else ""
	undated  int                 // lines of JSON without a date
	stricter int                 // raw records that hold or name what is stricter than their events
	parts    *stixIndex          // what the parts of a MISP file say of their sharing

	sending errgroup.Group
	mu      sync.Mutex
	report  Report
}

// place is where in the file something stands.
type place struct {
	line   int    // from 1; 0 unknown
	object string // its id, "" where it has none
	file   string // of a folder or an archive
}

// batch is events of one dataset with their places in the file.
type batch struct {
	dataset string
	events  []api.CreateEvent
	origins []api.Origin
	places  []place
}

func newImporter(ctx context.Context, sink Sink, o ImportOptions, read func() int64, progress func(Progress)) (*importer, error) {
	im := &importer{sink: sink, o: o, read: read, progress: progress, datasets: map[string]string{}, batch: map[string]*batch{}}
	im.ctx, im.stop = context.WithCancelCause(ctx)
	known, err := sink.Datasets(ctx)
	if err != nil {
		return nil, fmt.Errorf("asking for the datasets: %w", err)
	}
	for _, d := range known {
		im.datasets[d.UUID] = d.UUID
	}
	for _, d := range slices.Backward(known) { // of two with one name the first counts
		if d.DeletedAt == nil {
			im.datasets[d.Name] = d.UUID
		}
	}
	im.sending.SetLimit(inFlight)
	return im, im.beginRun()
}

// ErrUnsure is why nothing is imported where the sink names events itself.
var ErrUnsure = errors.New("the server names events itself, so an import can't tell what is there already: what was imported before would be there twice")

// tracker is a sink that can tell what it understands beyond the contract.
type tracker interface {
	Capabilities(ctx context.Context) (api.Capabilities, error)
}

// planner is a sink that can tell what it would do.
type planner interface {
	PlanImport(ctx context.Context, b api.BulkCreate) (api.BulkResult, error)
}

// planned tells whether an event came earlier in the file.
func (im *importer) planned(l line) bool {
	if _, known := im.ids[l.UUID]; !known {
		im.ids[l.UUID] = struct{}{}
		return false
	}
	im.mu.Lock()
	im.report.Skipped++
	im.mu.Unlock()
	return true
}

// tally counts an event by type and marking.
func (im *importer) tally(l line) {
	im.mu.Lock()
	defer im.mu.Unlock()
	im.report.Types[cmp.Or(l.IndicatorType, "without an indicator")]++
	im.report.TLPs[l.TLP]++
	if l.unsaid {
		im.report.Unmarked++
	}
}

// beginRun names the import where the sink keeps what its events are made
// from.
func (im *importer) beginRun() error {
	im.report.Types, im.report.TLPs, im.ids = map[string]int{}, map[string]int{}, map[string]struct{}{}
	t, ok := im.sink.(tracker)
	if !ok {
		im.report.Unsure = im.o.Plan
		return nil
	}
	can, err := t.Capabilities(im.ctx)
	if err != nil {
		return fmt.Errorf("asking what the server keeps of imports: %w", err)
	}
	if p, ok := im.sink.(planner); ok {
		im.planner = p
	}
	switch {
	case slices.Contains(can.Paths, api.PathImports) && (im.planner != nil || !im.o.Plan):
	case im.o.Plan:
		im.report.Unsure = true
		return nil
	case len(can.Paths) == 0 && !im.o.Again:
		return ErrUnsure
	default:
		return nil
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("naming the import: %w", err)
	}
	im.run = id.String()
	im.report.Import = im.run
	return nil
}

// kept names an event that was edited since. The caller holds mu.
func (im *importer) kept(at place, reason string) {
	if len(im.report.Kept) < im.o.MaxListed {
		im.report.Kept = append(im.report.Kept, im.said(at, reason))
		return
	}
	im.report.MoreKept++
}

func (im *importer) count() { im.report.Lines++ }

// said is what is told of a place. Batches that are sent beside the reading
// have the file in their places already.
func (im *importer) said(at place, reason string) Rejection {
	if at.file == "" {
		at.file = im.member
	}
	return Rejection{File: at.file, Line: at.line, Object: at.object, Reason: reason}
}

func (im *importer) reject(at place, reason string) {
	im.mu.Lock()
	defer im.mu.Unlock()
	if len(im.report.Rejected) < im.o.MaxListed {
		im.report.Rejected = append(im.report.Rejected, im.said(at, reason))
		return
	}
	im.report.MoreRejected++
}

// datasetFor is the UUID of the dataset a line goes to, made where it is new;
// "" is the default dataset.
func (im *importer) datasetFor(l line) (string, error) {
	name := cmp.Or(im.o.Dataset, strings.TrimSpace(l.Dataset))
	if name == "" {
		if l.DatasetID == "" {
			return "", nil
		}
		return cmp.Or(im.datasets[strings.ToLower(l.DatasetID)], unknownDataset), nil
	}
	if id, ok := im.datasets[name]; ok || im.o.Plan {
		return id, nil // what goes to a dataset that isn't there yet may be elsewhere
	}
	made, err := im.sink.CreateDataset(im.ctx, name, false)
	if err != nil {
		err = fmt.Errorf("creating the dataset %q: %w", name, err)
		im.stop(err)
		return "", err
	}
	im.datasets[name] = made.UUID
	return made.UUID, nil
}

// add puts an event into its batch and sends the batches when they are full.
func (im *importer) add(dataset string, l line, size int, at place) {
	if im.o.Plan && im.planned(l) {
		return
	}
	im.tally(l)
	b := im.batch[dataset]
	if b == nil {
		b = &batch{dataset: dataset}
		im.batch[dataset] = b
		im.order = append(im.order, dataset)
	}
	l.DatasetID = ""
	b.events = append(b.events, l.CreateEvent)
	b.origins = append(b.origins, l.origin)
	at.file = im.member
	b.places = append(b.places, at)
	im.events++
	im.size += size
	if im.events < im.o.BatchSize && im.size < im.o.BatchBytes {
		return
	}
	im.flush()
}

// flush sends what is batched; it waits while enough is in flight.
func (im *importer) flush() {
	for _, dataset := range im.order {
		b := im.batch[dataset]
		im.sending.Go(func() error {
			err := im.send(b)
			if err != nil {
				im.stop(err)
			}
			return err
		})
	}
	clear(im.batch)
	im.order, im.events, im.size = im.order[:0], 0, 0
}

// send puts one batch into the sink.
func (im *importer) send(b *batch) error {
	if err := im.ctx.Err(); err != nil {
		return context.Cause(im.ctx)
	}
	part := api.BulkCreate{DatasetID: b.dataset, Data: b.events, PreserveUUID: true}
	if im.run == "" && im.o.Plan {
		return im.sent(b, api.BulkResult{CreatedEventsCount: len(b.events)})
	}
	if im.run != "" {
		part.Import = &api.ImportPart{ID: im.run, Name: im.o.Name, Origins: b.origins}
	}
	create := im.sink.CreateBulkRelated
	if im.o.Plan {
		create = im.planner.PlanImport
	}
	res, err := create(im.ctx, part)
	if refused := (*api.Error)(nil); im.o.Plan && errors.As(err, &refused) && refused.Status == http.StatusForbidden {
		im.mu.Lock()
		im.report.Unsure = true // who may only read isn't told what is there already
		im.mu.Unlock()
		res, err = api.BulkResult{CreatedEventsCount: len(b.events)}, nil
	}
	if err != nil {
		return fmt.Errorf("importing lines %d to %d: %w", b.places[0].line, b.places[len(b.places)-1].line, err)
	}
	return im.sent(b, res)
}

// sent counts what came of a batch.
func (im *importer) sent(b *batch, res api.BulkResult) error {
	for _, e := range res.Errors {
		if e.EventIndex >= 0 && e.EventIndex < len(b.places) {
			im.reject(b.places[e.EventIndex], e.Error)
		}
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	im.report.Created += res.CreatedEventsCount
	im.report.Updated += res.UpdatedEventsCount
	im.report.Skipped += res.SkippedEventsCount
	im.report.Unlike += res.UnlikeEventsCount
	for _, e := range res.KeptEvents {
		if e.EventIndex >= 0 && e.EventIndex < len(b.places) {
			im.kept(b.places[e.EventIndex], e.Error)
		}
	}
	im.report.Relationships += res.CreatedRelationshipsCount
	im.tell()
	return nil
}

// tell reports progress. The caller holds mu.
func (im *importer) tell() {
	if im.progress != nil {
		done := im.report.Created + im.report.Updated + im.report.Skipped + im.report.Edited() + len(im.report.Rejected) + im.report.MoreRejected
		im.progress(Progress{Bytes: im.read(), Events: done})
	}
}

// finish sends the rest and closes the report. err is why reading ended, nil
// at the end of the file.
func (im *importer) finish(err error) (Report, error) {
	defer im.stop(nil)
	if err == nil {
		im.flush()
	}
	if sendErr := im.sending.Wait(); sendErr != nil && (err == nil || errors.Is(err, context.Canceled)) {
		err = sendErr
	}
	if im.report.Created+im.report.Updated == 0 || im.o.Plan {
		im.report.Import = "" // nothing to take back
	}
	if im.undated > 0 {
		im.note(place{}, counted(im.undated, "event")+" without a date in the file, dated by the import")
	}
	if im.stricter > 0 {
		im.note(place{}, counted(im.stricter, "raw record")+" with values or ids of what is marked stricter than the event, marked as strictly as that")
	}
	if n := im.report.Unlike; n > 0 {
		im.note(place{}, counted(n, "event")+" there already otherwise than the file says, which names no version: left as they are")
	}
	if n := im.report.Skipped + im.report.Updated; n > 0 && len(im.o.Tags) > 0 {
		im.note(place{}, counted(n, "event")+" there already, which get none of the tags to add")
	}
	slices.SortStableFunc(im.report.Kept, func(a, b Rejection) int { return cmp.Compare(a.Line, b.Line) })
	slices.SortStableFunc(im.report.Rejected, func(a, b Rejection) int { return cmp.Compare(a.Line, b.Line) })
	return im.report, err
}
