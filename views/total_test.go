package views

import (
	"testing"

	"threatbench/api"
)

func TestTotalsSayWhatIsKnown(t *testing.T) {
	page := func(events, total int) api.Page {
		return api.Page{Events: make([]api.Event, events), Info: api.ResultInfo{TotalCount: total}}
	}
	for _, tc := range []struct {
		page        api.Page
		text, short string
	}{
		{page(1, 2500), "2,500", "2,500"},
		{page(1000, -1), "1,000 or more", "1,000+"},
		{page(0, -1), "?", "?"},
		{page(0, 0), "0", "0"},
		{api.Page{Events: make([]api.Event, 50), Info: api.ResultInfo{TotalCount: -1, Page: 3, PerPage: 200}}, "450 or more", "450+"},
	} {
		if got := TotalOf(tc.page); got.String() != tc.text || got.Short() != tc.short {
			t.Errorf("%+v: %q and %q, want %q and %q", tc.page.Info, got, got.Short(), tc.text, tc.short)
		}
	}
	if got := CutText(1000, ""); got != "first 1,000; the server gives no more" {
		t.Error(got)
	}
}
