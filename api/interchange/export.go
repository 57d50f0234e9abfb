package interchange

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

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
	PageSize   int  // events of one request; 0 means 1,000
	WithoutRaw bool // write empty raw records, and save one call an event
	Most       int  // events to write at most; 0 means all
}

const rawsAtOnce = 8

// Export writes the events that q's filter finds as JSON Lines, oldest first,
// with their raw records, and returns how many. Every character that a
// terminal could obey or hide is written as a \u escape, so that the file is
// harmless to look at and loses nothing. Export, import and export again give
// the same bytes. progress may be nil.
func Export(ctx context.Context, src Source, q api.ListQuery, w io.Writer, o ExportOptions, progress func(Progress)) (int, error) {
	ex := exporter{src: src, o: o, w: bufio.NewWriterSize(w, 256<<10), progress: progress}
	if ex.o.PageSize <= 0 {
		ex.o.PageSize = 1000
	}
	known, err := src.Datasets(ctx)
	if err != nil {
		return 0, fmt.Errorf("asking for the datasets: %w", err)
	}
	ex.names = map[string]string{}
	for _, d := range known {
		ex.names[d.UUID] = d.Name
	}
	err = ex.pages(ctx, q)
	if flushErr := ex.w.Flush(); err == nil && flushErr != nil {
		err = fmt.Errorf("writing the export: %w", flushErr)
	}
	return ex.written, err
}

type exporter struct {
	src      Source
	o        ExportOptions
	w        *bufio.Writer
	names    map[string]string // of datasets, by UUID
	progress func(Progress)
	written  int
	line     []byte
}

func (ex *exporter) pages(ctx context.Context, q api.ListQuery) error {
	q.OrderBy, q.Order, q.Page, q.Cursor = "date", "asc", 0, ""
	for {
		q.PageSize = ex.o.PageSize
		if ex.o.Most > 0 {
			q.PageSize = min(q.PageSize, ex.o.Most-ex.written)
		}
		page, err := ex.src.List(ctx, q)
		if err != nil {
			return fmt.Errorf("reading events after the first %d: %w", ex.written, err)
		}
		if ex.o.Most > 0 { // a server may take its own page size
			page.Events = page.Events[:min(len(page.Events), ex.o.Most-ex.written)]
		}
		if err := ex.page(ctx, page); err != nil {
			return err
		}
		if page.Info.Cursor == "" || len(page.Events) == 0 || ex.o.Most > 0 && ex.written >= ex.o.Most {
			return nil
		}
		q = api.ListQuery{Cursor: page.Info.Cursor}
	}
}

func (ex *exporter) page(ctx context.Context, page api.Page) error {
	raws, err := ex.raws(ctx, page.Events)
	if err != nil {
		return err
	}
	parents, err := ex.parents(ctx, page.Events)
	if err != nil {
		return err
	}
	for i := range page.Events {
		e := &page.Events[i]
		ex.line = appendLine(ex.line[:0], e, raws[i], parents[e.UUID], ex.names[e.DatasetID])
		if _, err := ex.w.Write(ex.line); err != nil {
			return fmt.Errorf("writing the export: %w", err)
		}
		ex.written++
	}
	if ex.progress != nil {
		ex.progress(Progress{Events: ex.written, Total: max(page.Info.TotalCount, ex.written)})
	}
	return nil
}

// raws reads the raw records of a page's events; an event without one has an
// empty record.
func (ex *exporter) raws(ctx context.Context, events []api.Event) ([]api.Raw, error) {
	raws := make([]api.Raw, len(events))
	if ex.o.WithoutRaw {
		return raws, nil
	}
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
			raws[i] = raw
			return nil
		})
	}
	return raws, g.Wait()
}

func isNotFound(err error) bool {
	var e *api.Error
	return errors.As(err, &e) && e.Status == http.StatusNotFound
}

func (ex *exporter) parents(ctx context.Context, events []api.Event) (map[string][]api.RelationshipInput, error) {
	src, ok := ex.src.(ParentSource)
	if !ok || len(events) == 0 {
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
