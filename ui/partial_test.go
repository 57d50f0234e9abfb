package ui_test

import (
	"context"
	"testing"

	"threatbench/api"
	"threatbench/api/async"
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

// explaining is a server that tells why a filter finds nothing.
type explaining struct {
	*fake
	own bool
}

func (s explaining) Capabilities(context.Context) (api.Capabilities, error) {
	if !s.own {
		return api.Capabilities{}, nil
	}
	return api.Capabilities{Paths: []string{async.CanExplain}}, nil
}

func (s explaining) LookupIndicators(context.Context, api.LookupRequest) ([]api.Lookup, error) {
	return nil, api.ErrUnsupported
}

func (s explaining) Explain(_ context.Context, q api.ListQuery) (api.Explanation, error) {
	x := api.Explanation{Datasets: []api.DatasetCount{{UUID: "x", Name: "Partner feed", Count: 3}}}
	for i, c := range q.Search {
		e := api.ConditionExplanation{Branch: -1, Index: i, Condition: c}
		if c.Field == api.FieldAttacker {
			e.Without, e.Near = 7, []api.NearValue{{Field: api.FieldTLP, Value: "green", Count: 5}}
		}
		x.Conditions = append(x.Conditions, e)
	}
	return x, nil
}

// Nothing found says what was searched and offers what finds something, by one
// key; the rest of the filter keeps its spelling.
func TestNothingFoundOffersTheWay(t *testing.T) {
	workbenchWith(t, ui.Options{API: explaining{newFake(40), true}}, usual(), func(p *uitest.Program) {
		press(p, "/")
		enter(p, "date>-900d attacker:NOBODY")
		press(p, "enter")
		p.Want("No events match.", "Searched", "without attacker:NOBODY  7", "tlp:green for attacker:NOBODY  5", "search the dataset Partner feed  3")
		press(p, "enter")
		p.Want("What would find something")
		press(p, "enter")
		p.Want("/ date>-900d ")
		p.WantNot("NOBODY", "No events match.")
	})
}

// A server that can't tell is asked piece by piece, by one key that says how
// many calls that takes.
func TestNothingFoundAsksPieceByPiece(t *testing.T) {
	f := newFake(40)
	workbenchWith(t, ui.Options{API: explaining{f, false}}, usual(), func(p *uitest.Program) {
		press(p, "/")
		enter(p, "tlp:red attacker:NOBODY")
		press(p, "enter")
		p.Want("No events match.", "asks the server what each condition leaves out (2 calls)")
		before := len(f.asked())
		press(p, "enter")
		p.Want("What would find something", "without attacker:NOBODY")
		if n := len(f.asked()) - before; n != 2 {
			t.Errorf("%d calls", n)
		}
	})
}
