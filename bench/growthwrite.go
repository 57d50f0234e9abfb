package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"threatbench/api"
	"threatbench/api/client"
)

// largestRevert is the largest database that is taken back as a whole: beyond
// it that takes longer than it tells.
const largestRevert = 1_000_000

// growthWrite measures what changes a database, on a copy of it.
func growthWrite(ctx context.Context, g growthRun) (err error) {
	path := g.db + ".copy"
	if err := copyFile(g.db, path); err != nil {
		return err
	}
	defer func() {
		for _, end := range []string{"", "-wal", "-shm"} {
			if e := os.Remove(path + end); e != nil && !errors.Is(e, os.ErrNotExist) {
				err = errors.Join(err, e)
			}
		}
	}()
	c, done, err := connect(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	w := growthWriter{growthRun: g, ctx: ctx, c: c}
	if w.dataset, err = w.findDataset(); err != nil {
		return err
	}
	for _, step := range []func() error{w.add, w.tag, w.remove, w.revertAll} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

type growthWriter struct {
	growthRun
	ctx     context.Context
	c       *client.Client
	dataset string
}

func (w *growthWriter) findDataset() (string, error) {
	list, err := w.c.Datasets(w.ctx)
	for _, d := range list {
		if d.Name == "hard" {
			return d.UUID, nil
		}
	}
	return "", errors.Join(err, errors.New("the database has no dataset of the bench"))
}

// bookmark is where the dataset stands after its newest change, or its oldest.
func (w *growthWriter) bookmark(oldest bool) (string, error) {
	q := api.HistoryQuery{Dataset: w.dataset, PageSize: 1, Page: 1}
	h, err := w.c.History(w.ctx, q)
	if err == nil && oldest {
		q.Page = h.Info.TotalCount
		h, err = w.c.History(w.ctx, q)
	}
	if err != nil || len(h.Entries) == 0 {
		return "", errors.Join(err, errors.New("the journal is empty"))
	}
	return h.Entries[0].Bookmark, nil
}

// add creates events beside those that are there, and takes them back.
func (w *growthWriter) add() error {
	const more = 20_000
	before, err := w.bookmark(false)
	if err != nil {
		return err
	}
	if err := w.create(w.ctx, w.c, "bulk create, 20,000 more", w.dataset, w.n, w.n+more); err != nil {
		return err
	}
	return w.back("20,000 created", before)
}

// back previews a revert and carries it out.
func (w *growthWriter) back(what, bookmark string) error {
	r := api.Revert{Bookmark: bookmark}
	return errors.Join(
		w.once("revert preview, "+what, "200 for a million", func() error { _, err := w.c.RevertPreview(w.ctx, w.dataset, r); return err }),
		w.once("revert, "+what, "10,000 for a million", func() error { _, err := w.c.Revert(w.ctx, w.dataset, r); return err }),
	)
}

// spread are the UUIDs of events from all over the database.
func (w *growthWriter) spread(n, from int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = w.hard.event(from + i*((w.n-from)/n)).UUID
	}
	return out
}

func (w *growthWriter) tag() error {
	ids := w.spread(1000, 3)
	return w.rate("tag 1,000 events", "events/s", "5,000", len(ids), func() error {
		for _, id := range ids {
			if err := w.c.AddTags(w.ctx, id, []string{"bench"}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *growthWriter) remove() error {
	before, err := w.bookmark(false)
	if err != nil {
		return err
	}
	ids := w.spread(5_000, 4)
	err = w.once("delete 5,000 events, spread", "", func() error {
		deleted := 0
		for chunk := range slices.Chunk(ids, api.MaxBulkUpdate) {
			n, err := w.c.Delete(w.ctx, w.dataset, chunk)
			if err != nil {
				return err
			}
			deleted += n
		}
		if deleted != len(ids) {
			return fmt.Errorf("%d of %d were deleted", deleted, len(ids))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.back("5,000 deleted", before)
}

// revertAll takes back all the events but the first batch.
func (w *growthWriter) revertAll() error {
	peak := func(what string) { w.size("memory: most, "+what, "MiB", "200", inProc("status", "VmHWM")/1024) }
	peak("changing")
	first, err := w.bookmark(true)
	if err != nil {
		return err
	}
	r := api.Revert{Bookmark: first}
	err = w.once("revert preview, nearly all", "200 for a million", func() error { _, err := w.c.RevertPreview(w.ctx, w.dataset, r); return err })
	if err != nil || w.n > largestRevert {
		return err
	}
	peak("previewing a revert of nearly all")
	err = w.once("revert, nearly all", "10,000 for a million", func() error { _, err := w.c.Revert(w.ctx, w.dataset, r); return err })
	peak("reverting nearly all")
	return err
}
