package interchange

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"threatbench/api"
)

// Source is where an export takes events from; the client is one.
type Source interface {
	List(ctx context.Context, q api.ListQuery) (api.Page, error)
	Raw(ctx context.Context, dataset, id string) (api.Raw, error)
	Datasets(ctx context.Context) ([]api.Dataset, error)
}

// ParentSource is a Source that knows the relationships in which events are
// children; from any other the export has none. The answer is by child UUID,
// in a stable order.
type ParentSource interface {
	Parents(ctx context.Context, children []string) (map[string][]api.RelationshipInput, error)
}

// ExportOptions adjusts an export. The zero value is ready to use.
type ExportOptions struct {
	Format     Format    // "" means JSONL
	MaxTLP     api.TLP   // what is marked stricter, or not at all, is left out; TLPNone leaves nothing out
	Columns    []string  // of CSV, of FieldNames; none means all but raw and source
	Title      string    // of a report
	Filter     string    // of a report: what it says was asked for
	Now        time.Time // of a report; zero means now
	PageSize   int       // events of one request; 0 means 1,000
	WithoutRaw bool      // write empty raw records, and save one call an event
	Most       int       // events to write at most; 0 means all
}

// ExportReport counts what an export did.
type ExportReport struct {
	Nameless error // why datasets are written without their names; nil where they aren't
	Written  int
	LeftOut  int    // marked stricter than MaxTLP, or not marked
	Untied   int    // relationships and references to events that are left out so, or aren't there
	Bare     int    // events written without their raw record, which is marked stricter than MaxTLP
	Read     int    // events the source gave
	Cut      string // why it gave no more although it may have more, "" where it gave all
}

const rawsAtOnce = 8

// exported is an event with all that is written of it.
type exported struct {
	event   *api.Event
	raw     api.Raw
	parents []api.RelationshipInput
	dataset string // its name
}

// encoder writes events in a form.
type encoder interface {
	begin(w *bufio.Writer) error
	event(w *bufio.Writer, x exported) error
	end(w *bufio.Writer, r ExportReport) error
}

// Export writes the events that q's filter finds, oldest first (a report: newest first;
// STIX: what they share last). Nothing is written that a terminal could obey: in
// JSON such characters are \u escapes, which loses nothing; in CSV and
// Markdown they are replaced by visible ones. As JSONL, with raw records,
// export, import and export again give the same bytes. progress may be nil.
func Export(ctx context.Context, src Source, q api.ListQuery, w io.Writer, o ExportOptions, progress func(Progress)) (ExportReport, error) {
	ex := exporter{src: src, o: o, w: bufio.NewWriterSize(w, 256<<10), progress: progress}
	if ex.o.PageSize <= 0 {
		ex.o.PageSize = 1000
	}
	q.OrderBy, q.Order, q.Page, q.Cursor = "date", "asc", 0, ""
	if o.Format == Markdown {
		q.Order = "desc" // people read what is new first
	}
	err := ex.choose(ctx, &q)
	if err == nil {
		err = ex.all(ctx, q)
	}
	if c, ok := ex.enc.(io.Closer); ok {
		err = errors.Join(err, c.Close())
	}
	if flushErr := ex.w.Flush(); err == nil && flushErr != nil {
		err = fmt.Errorf("writing the export: %w", flushErr)
	}
	return ex.report, err
}

type exporter struct {
	src      Source
	o        ExportOptions
	enc      encoder
	needs    needs
	w        *bufio.Writer
	names    map[string]string // of datasets, by UUID
	progress func(Progress)
	report   ExportReport
	sharable map[string]bool // by UUID, of events lately seen: whether they are within MaxTLP
}

// needs tells what a form writes beside the events.
type needs struct{ raw, parents, references bool }

// choose makes the encoder of the form.
func (ex *exporter) choose(ctx context.Context, q *api.ListQuery) error {
	switch ex.o.Format {
	case JSONL, "":
		ex.enc, ex.needs = &lineEncoder{}, needs{raw: !ex.o.WithoutRaw, parents: true, references: true}
	case CSV:
		enc, err := newTableEncoder(ex.o.Columns)
		if err != nil {
			return err
		}
		ex.enc, ex.needs = enc, enc.needs(ex.o.WithoutRaw)
	case Markdown:
		r := newReport(ex.o)
		if err := ex.pages(ctx, *q, func(p api.Page) error { return r.count(ex.shared(p.Events)) }); err != nil {
			return err
		}
		ex.report = ExportReport{}
		ex.enc = r
	case STIX:
		ex.enc, ex.needs = &bundleEncoder{}, needs{parents: true, references: true}
	default:
		return fmt.Errorf("events cannot be written as %q", ex.o.Format)
	}
	return nil
}

func (ex *exporter) all(ctx context.Context, q api.ListQuery) error {
	known, err := ex.src.Datasets(ctx)
	if ctx.Err() != nil {
		return fmt.Errorf("asking for the datasets: %w", err)
	}
	ex.report.Nameless = err // what has no name is written without it
	ex.names = map[string]string{}
	for _, d := range known {
		ex.names[d.UUID] = d.Name
	}
	if err := ex.enc.begin(ex.w); err != nil {
		return fmt.Errorf("writing the export: %w", err)
	}
	if err := ex.pages(ctx, q, func(p api.Page) error { return ex.page(ctx, p) }); err != nil {
		return err
	}
	if err := ex.enc.end(ex.w, ex.report); err != nil {
		return fmt.Errorf("writing the export: %w", err)
	}
	return nil
}

// pages gives every page of a query to take.
func (ex *exporter) pages(ctx context.Context, q api.ListQuery, take func(api.Page) error) error {
	ex.report.Read, ex.report.Cut = 0, ""
	for {
		q.PageSize = ex.o.PageSize
		if ex.o.Most > 0 {
			q.PageSize = min(q.PageSize, ex.o.Most-ex.report.Written)
		}
		page, err := ex.src.List(ctx, q)
		if err != nil {
			return fmt.Errorf("reading events after the first %d: %w", ex.report.Read, err)
		}
		ex.report.Read += len(page.Events)
		ex.report.Cut = page.Info.Cut
		if err := take(page); err != nil {
			return err
		}
		if page.Info.Cursor == "" || len(page.Events) == 0 || ex.o.Most > 0 && ex.report.Written >= ex.o.Most {
			return nil
		}
		q = api.ListQuery{Cursor: page.Info.Cursor}
	}
}

// shared are the events of a page that may be written; it counts them and the
// others.
func (ex *exporter) shared(events []api.Event) []api.Event {
	out := events[:0]
	for i := range events {
		if ex.o.Most > 0 && ex.report.Written >= ex.o.Most { // a server may take its own page size
			break
		}
		if !ex.allowed(events[i].TLP) {
			ex.report.LeftOut++
			continue
		}
		ex.report.Written++
		out = append(out, events[i])
	}
	return out
}

func (ex *exporter) allowed(marking string) bool {
	if ex.o.MaxTLP == api.TLPNone {
		return true
	}
	tlp, ok := api.ParseTLP(marking)
	return ok && tlp <= ex.o.MaxTLP
}

func (ex *exporter) page(ctx context.Context, page api.Page) error {
	ex.note(page.Events)
	events := ex.shared(page.Events)
	raws, err := ex.raws(ctx, events)
	if err != nil {
		return err
	}
	parents, err := ex.parents(ctx, events)
	if err != nil {
		return err
	}
	gone, err := ex.untie(ctx, events, parents)
	if err != nil {
		return err
	}
	for i := range raws {
		if holdsAny(raws[i].Data, gone[i]) {
			raws[i] = api.Raw{}
			ex.report.Bare++
		}
	}
	for i := range events {
		e := &events[i]
		if err := ex.enc.event(ex.w, exported{e, raws[i], parents[e.UUID], ex.names[e.DatasetID]}); err != nil {
			return fmt.Errorf("writing the export: %w", err)
		}
	}
	if ex.progress != nil {
		done := ex.report.Written + ex.report.LeftOut
		p := Progress{Events: done}
		if page.Info.TotalCount >= 0 {
			p.Total = max(page.Info.TotalCount, done)
		}
		ex.progress(p)
	}
	return nil
}

// lineEncoder writes JSON Lines.
type lineEncoder struct{ line []byte }

func (*lineEncoder) begin(*bufio.Writer) error             { return nil }
func (*lineEncoder) end(*bufio.Writer, ExportReport) error { return nil }

func (l *lineEncoder) event(w *bufio.Writer, x exported) error {
	l.line = appendLine(l.line[:0], x.event, x.raw, x.parents, x.dataset)
	_, err := w.Write(l.line)
	return err
}

// raws reads the raw records of a page's events; an event without one has an
// empty record.
func (ex *exporter) raws(ctx context.Context, events []api.Event) ([]api.Raw, error) {
	raws := make([]api.Raw, len(events))
	if !ex.needs.raw {
		return raws, nil
	}
	var bare atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(rawsAtOnce)
	for i := range events {
		e := &events[i]
		if e.RawID == "" {
			continue
		}
		g.Go(func() error {
			raw, err := ex.src.Raw(ctx, e.DatasetID, e.UUID)
			if err != nil && !isNotFound(err) {
				return fmt.Errorf("reading the raw record of %s: %w", e.UUID, err)
			}
			if raw.TLP == "" || ex.allowed(raw.TLP) {
				raws[i] = raw
				return nil
			}
			bare.Add(1) // the event may be shown, but not what it was made from
			return nil
		})
	}
	err := g.Wait()
	ex.report.Bare += int(bare.Load())
	return raws, err
}

func isNotFound(err error) bool {
	var e *api.Error
	return errors.As(err, &e) && e.Status == http.StatusNotFound
}

func (ex *exporter) parents(ctx context.Context, events []api.Event) (map[string][]api.RelationshipInput, error) {
	src, ok := ex.src.(ParentSource)
	if !ok || len(events) == 0 || !ex.needs.parents {
		return nil, nil
	}
	ids := make([]string, len(events))
	for i := range events {
		ids[i] = events[i].UUID
	}
	parents, err := src.Parents(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("reading relationships: %w", err)
	}
	return parents, nil
}

// mostSharable is how many events' markings are remembered at once.
const mostSharable = 1 << 16

// note remembers which events of a page are within the limit.
func (ex *exporter) note(events []api.Event) {
	if ex.o.MaxTLP == api.TLPNone {
		return
	}
	if ex.sharable == nil || len(ex.sharable) > mostSharable {
		ex.sharable = map[string]bool{}
	}
	for i := range events {
		ex.sharable[events[i].UUID] = ex.allowed(events[i].TLP)
	}
}

// untie takes away what of a page's events names others that are above the
// limit, or whose marking can't be known since they aren't there: an id tells
// that there is something. It returns those ids, by the event's place.
func (ex *exporter) untie(ctx context.Context, events []api.Event, parents map[string][]api.RelationshipInput) (map[int][]string, error) {
	if ex.o.MaxTLP == api.TLPNone || !ex.needs.parents && !ex.needs.references {
		return nil, nil
	}
	if err := ex.learn(ctx, events, parents); err != nil {
		return nil, err
	}
	gone := map[int][]string{}
	for i := range events {
		e := &events[i]
		stays := func(id string) bool {
			if !ex.sharable[id] {
				gone[i] = append(gone[i], id)
			}
			return ex.sharable[id]
		}
		tied := parents[e.UUID]
		if len(tied) > 0 {
			parents[e.UUID] = kept(tied, func(p api.RelationshipInput) bool { return stays(p.ParentID) })
		}
		refs := e.References
		e.References = kept(refs, stays)
		if ex.needs.parents {
			ex.report.Untied += len(tied) - len(parents[e.UUID])
		}
		if ex.needs.references {
			ex.report.Untied += len(refs) - len(e.References)
		}
	}
	return gone, nil
}

// learn asks which of those that a page's events name are within the limit.
func (ex *exporter) learn(ctx context.Context, events []api.Event, parents map[string][]api.RelationshipInput) error {
	var asked []string
	ask := func(id string) {
		if _, known := ex.sharable[id]; !known {
			ex.sharable[id] = false // until the source says otherwise
			asked = append(asked, id)
		}
	}
	for i := range events {
		for _, p := range parents[events[i].UUID] {
			ask(p.ParentID)
		}
		for _, id := range events[i].References {
			ask(id)
		}
	}
	for part := range slices.Chunk(asked, api.MaxInValues) {
		others, err := eventsByID(ctx, ex.src, part)
		if err != nil {
			return fmt.Errorf("reading the markings of what events refer to: %w", err)
		}
		for i := range others {
			ex.sharable[others[i].UUID] = ex.allowed(others[i].TLP)
		}
	}
	return nil
}

// holdsAny tells whether one of the ids stands in a raw record.
func holdsAny(data []byte, ids []string) bool {
	if len(ids) == 0 || len(data) == 0 {
		return false
	}
	data = bytes.ToLower(data)
	return slices.ContainsFunc(ids, func(id string) bool { return bytes.Contains(data, []byte(id)) })
}

// kept is a list's part that may stay; the list itself stays as it is.
func kept[T any](list []T, stays func(T) bool) []T {
	if !slices.ContainsFunc(list, func(x T) bool { return !stays(x) }) {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(x T) bool { return !stays(x) })
}
