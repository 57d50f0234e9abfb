package async

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
)

// idPage is how many events one call brings while ids are collected.
const idPage = 5000

// IDs is the value of the JobDone that ends Layer.IDs: the ids of what
// matched when the question was asked, at most as many as were wanted, and
// how many matched in all (-1 where the server doesn't count).
type IDs struct {
	List    []string
	Targets []Target // the same with their datasets, as a Change takes them
	Total   int
	Cut     string // why the server gave no more although it may have more, "" where it gave all
}

// IDs collects the ids of everything that matches a query, at most most of
// them, page by page. Progress and JobDone tell of it as for Run.
func (l *Layer) IDs(s Slot, q api.ListQuery, most int) tea.Cmd {
	return l.Run(s, func(ctx context.Context, report func(int64, int64, string)) (any, error) {
		found := IDs{Total: -1}
		q.Page, q.PageSize, q.Cursor = 1, min(idPage, most), ""
		for {
			page, err := l.api.List(ctx, q)
			if err != nil {
				return found, fmt.Errorf("collecting the ids of what matches: %w", err)
			}
			if q.Cursor == "" {
				found.Total = page.Info.TotalCount
			}
			found.Cut = page.Info.Cut
			for _, e := range page.Events {
				found.List = append(found.List, e.UUID)
				found.Targets = append(found.Targets, Target{Dataset: e.DatasetID, ID: e.UUID})
			}
			report(int64(len(found.List)), int64(max(found.Total, 0)), "")
			if page.Info.Cursor == "" || len(page.Events) == 0 || len(found.List) >= most {
				found.List = found.List[:min(len(found.List), most)]
				found.Targets = found.Targets[:len(found.List)]
				return found, nil
			}
			q = api.ListQuery{Cursor: page.Info.Cursor, PageSize: q.PageSize}
		}
	})
}
