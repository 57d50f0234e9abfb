package interchange

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/google/uuid"

	"threatbench/api"
)

const (
	inFlight       = 2      // batches sent at once
	maxEdges       = 20_000 // edges kept before they are sent
	unknownDataset = "?"
)

// importer is one import under way. Lines are read and decoded by one
// goroutine, batches are sent by others; mu guards what both touch.
type importer struct {
	ctx      context.Context
	stop     context.CancelCauseFunc
	sink     Sink
	relater  Relater // nil where the sink is none
	o        ImportOptions
	lines    *lineReader
	progress func(Progress)

	datasets map[string]string // UUID by name, and by UUID itself
	batch    map[string]*batch // being filled, by dataset UUID
	order    []string          // its keys as they came
	events   int               // in batch
	bytes    int

	sending *errgroup.Group
	mu      sync.Mutex
	report  Report
	edges   []edge // of acknowledged or rejected events, to be sent
}

// batch is events of one dataset with their line numbers.
type batch struct {
	dataset string
	events  []api.CreateEvent
	lines   []int
}

// edge is an Edge in little memory, with its child's line.
type edge struct {
	parent, child uuid.UUID
	typ           uint8 // index of relationshipTypes
	tried         bool  // refused once, for want of its parent
	line          int
}

func newImporter(ctx context.Context, sink Sink, o ImportOptions, lines *lineReader, progress func(Progress)) (*importer, error) {
	im := &importer{sink: sink, o: o, lines: lines, progress: progress, datasets: map[string]string{}, batch: map[string]*batch{}}
	im.ctx, im.stop = context.WithCancelCause(ctx)
	im.relater, _ = sink.(Relater)
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
	im.startSending()
	return im, nil
}

// startSending allows batches in flight. Where relationships travel with the
// events, parents must be there first, so it is one at a time.
func (im *importer) startSending() {
	im.sending = new(errgroup.Group)
	im.sending.SetLimit(inFlight)
	if im.relater == nil {
		im.sending.SetLimit(1)
	}
}

func (im *importer) count() { im.report.Lines++ }

func (im *importer) reject(line int, reason string) {
	im.mu.Lock()
	defer im.mu.Unlock()
	if len(im.report.Rejected) < im.o.MaxListed {
		im.report.Rejected = append(im.report.Rejected, Rejection{line, reason})
		return
	}
	im.report.MoreRejected++
}

// unrelated notes an edge that was not made. The caller holds mu.
func (im *importer) unrelated(line int, reason string) {
	if len(im.report.Unrelated) < im.o.MaxListed {
		im.report.Unrelated = append(im.report.Unrelated, Rejection{line, reason})
		return
	}
	im.report.MoreUnrelated++
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
	if id, ok := im.datasets[name]; ok {
		return id, nil
	}
	made, err := im.sink.CreateDataset(im.ctx, name, false)
	if err != nil {
		return "", fmt.Errorf("creating the dataset %q: %w", name, err)
	}
	im.datasets[name] = made.UUID
	return made.UUID, nil
}

// add puts an event into its batch and sends the batches when they are full.
func (im *importer) add(dataset string, e api.CreateEvent, size int) error {
	b := im.batch[dataset]
	if b == nil {
		b = &batch{dataset: dataset}
		im.batch[dataset] = b
		im.order = append(im.order, dataset)
	}
	e.DatasetID = ""
	if im.relater != nil {
		im.keepEdges(e)
		e.Relationships = nil
	}
	b.events = append(b.events, e)
	b.lines = append(b.lines, im.lines.line)
	im.events++
	im.bytes += size
	if im.events < im.o.BatchSize && im.bytes < im.o.BatchBytes {
		return nil
	}
	return im.flush()
}

func (im *importer) keepEdges(e api.CreateEvent) {
	im.mu.Lock()
	defer im.mu.Unlock()
	for _, r := range e.Relationships {
		im.edges = append(im.edges, edge{
			parent: uuid.MustParse(r.ParentID), child: uuid.MustParse(e.UUID),
			typ: uint8(slices.Index(relationshipTypes(), r.RelationshipType)), line: im.lines.line,
		})
	}
}

// flush sends what is batched; it waits while enough is in flight.
func (im *importer) flush() error {
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
	im.order, im.events, im.bytes = im.order[:0], 0, 0
	if im.edgesWaiting() > maxEdges {
		return im.relate(false)
	}
	return nil
}

func (im *importer) edgesWaiting() int {
	im.mu.Lock()
	defer im.mu.Unlock()
	n := 0
	for _, e := range im.edges {
		if !e.tried {
			n++
		}
	}
	return n
}

// send puts one batch into the sink.
func (im *importer) send(b *batch) error {
	if err := im.ctx.Err(); err != nil {
		return context.Cause(im.ctx)
	}
	res, err := im.sink.CreateBulkRelated(im.ctx, api.BulkCreate{DatasetID: b.dataset, Data: b.events, PreserveUUID: true})
	if err != nil {
		return fmt.Errorf("importing lines %d to %d: %w", b.lines[0], b.lines[len(b.lines)-1], err)
	}
	for _, e := range res.Errors {
		if e.EventIndex >= 0 && e.EventIndex < len(b.lines) {
			im.reject(b.lines[e.EventIndex], e.Error)
		}
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	im.report.Created += res.CreatedEventsCount
	im.report.Skipped += res.SkippedEventsCount
	im.report.Relationships += res.CreatedRelationshipsCount
	im.tell()
	return nil
}

// tell reports progress. The caller holds mu.
func (im *importer) tell() {
	if im.progress != nil {
		done := im.report.Created + im.report.Skipped + len(im.report.Rejected) + im.report.MoreRejected
		im.progress(Progress{Bytes: im.lines.bytes(), Events: done})
	}
}

// relate waits for what is in flight and then makes the edges. One whose
// parent is missing is kept for the end of the file, where it is final.
func (im *importer) relate(final bool) error {
	if err := im.sending.Wait(); err != nil {
		return err
	}
	im.startSending()
	im.mu.Lock()
	defer im.mu.Unlock()
	var kept []edge
	for todo := im.edges; len(todo) > 0; {
		part := todo[:min(len(todo), maxEdges)]
		todo = todo[len(part):]
		if err := im.relatePart(part, final, &kept); err != nil {
			return err
		}
	}
	im.edges = kept
	return nil
}

func (im *importer) relatePart(part []edge, final bool, kept *[]edge) error {
	edges := make([]Edge, len(part))
	for i, e := range part {
		edges[i] = Edge{Parent: e.parent.String(), Child: e.child.String(), Type: relationshipTypes()[e.typ]}
	}
	made, refused, err := im.relater.Relate(im.ctx, edges)
	if err != nil {
		return fmt.Errorf("relating events: %w", err)
	}
	im.report.Relationships += made
	for _, r := range refused {
		if r.Index < 0 || r.Index >= len(part) {
			continue
		}
		e := part[r.Index]
		if r.Missing && !final {
			e.tried = true
			*kept = append(*kept, e)
			continue
		}
		im.unrelated(e.line, r.Reason)
	}
	im.tell()
	return nil
}

// finish sends the rest and closes the report. err is why reading ended, nil
// at the end of the file.
func (im *importer) finish(err error) (Report, error) {
	defer im.stop(nil)
	if err == nil {
		err = im.flush()
	}
	if err == nil && im.relater != nil {
		err = im.relate(true)
	}
	if sendErr := im.sending.Wait(); sendErr != nil && (err == nil || errors.Is(err, context.Canceled)) {
		err = sendErr
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	im.dropEdgesOfRejected()
	byLine := func(a, b Rejection) int { return cmp.Compare(a.Line, b.Line) }
	slices.SortStableFunc(im.report.Rejected, byLine)
	slices.SortStableFunc(im.report.Unrelated, byLine)
	return im.report, err
}

// dropEdgesOfRejected takes lines off the list of unrelated ones that are on
// the list of rejected ones: their events are not in at all.
func (im *importer) dropEdgesOfRejected() {
	rejected := map[int]bool{}
	for _, r := range im.report.Rejected {
		rejected[r.Line] = true
	}
	im.report.Unrelated = slices.DeleteFunc(im.report.Unrelated, func(r Rejection) bool { return rejected[r.Line] })
}
