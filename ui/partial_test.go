package ui_test

import (
	"context"
	"testing"

	"threatbench/api"
	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// shortSighted is a server that can't look everywhere.
type shortSighted struct{ *fake }

func (s shortSighted) List(ctx context.Context, q api.ListQuery) (api.Page, error) {
	p, err := s.fake.List(ctx, q)
	if len(q.Search) > 0 {
		p.NotSearched = []string{"indicators", "insight"}
	}
	return p, err
}

// TestWhatWasNotSearchedIsSaid looks beside the count, and where there is none.
func TestWhatWasNotSearchedIsSaid(t *testing.T) {
	workbenchWith(t, ui.Options{API: shortSighted{newFake(40)}}, usual(), func(p *uitest.Program) {
		p.WantNot("not searched")
		press(p, "/")
		enter(p, "tlp:red")
		press(p, "enter")
		p.Want("not searched: indicators, insight")
		press(p, "/")
		enter(p, " attacker:NOBODY")
		press(p, "enter")
		p.Want("No events match.", "This server can't look everywhere.")
	})
}
