package async

import (
	"context"
	"fmt"
	"testing"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
)

// many is an API that lists n events by cursor; nothing else of it is asked.
type many struct {
	API
	n, calls int
}

func (m *many) List(_ context.Context, q api.ListQuery) (api.Page, error) {
	m.calls++
	from := 0
	if q.Cursor != "" {
		if _, err := fmt.Sscan(q.Cursor, &from); err != nil {
			return api.Page{}, err
		}
	}
	to := min(from+q.PageSize, m.n)
	p := api.Page{Info: api.ResultInfo{TotalCount: m.n}}
	for i := from; i < to; i++ {
		p.Events = append(p.Events, api.Event{UUID: fmt.Sprint(i)})
	}
	if to < m.n {
		p.Info.Cursor = fmt.Sprint(to)
	}
	return p, nil
}

func TestIDsCollectsEveryPageUpToTheMost(t *testing.T) {
	for _, c := range []struct{ n, most, want, calls int }{
		{0, 100, 0, 1}, {7, 100, 7, 1}, {12_001, 100_000, 12_001, 3}, {12_001, 10_000, 10_000, 2}, {300, 120, 120, 1},
	} {
		source := &many{n: c.n}
		l := New(t.Context(), source, Options{})
		done := finish(t, l.IDs(Slot{"events", "mark"}, api.ListQuery{}, c.most))
		l.Close()
		ids, ok := done.Value.(IDs)
		if !ok || done.Err != nil {
			t.Fatalf("%+v: value %T, error %v", c, done.Value, done.Err)
		}
		if len(ids.List) != c.want || ids.Total != c.n || source.calls != c.calls {
			t.Errorf("%+v: %d ids of %d in %d calls", c, len(ids.List), ids.Total, source.calls)
		}
		for i, id := range ids.List {
			if id != fmt.Sprint(i) {
				t.Fatalf("%+v: id %d is %s", c, i, id)
			}
		}
	}
}

// finish runs a job's commands until it is done.
func finish(t *testing.T, cmd tea.Cmd) JobDone {
	t.Helper()
	for range 10_000 {
		switch msg := cmd().(type) {
		case Progress:
			cmd = msg.Next
		case JobDone:
			return msg
		default:
			t.Fatalf("a %T instead of progress or an end", msg)
		}
	}
	t.Fatal("the job doesn't end")
	return JobDone{}
}
