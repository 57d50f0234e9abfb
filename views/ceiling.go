package views

import (
	tea "charm.land/bubbletea/v2"

	"threatbench/api"
)

// PickCeiling asks up to which marking events may be in what is written; detail
// says what a marking leaves, TLPNone being all.
func PickCeiling(detail func(most api.TLP) string, chosen func(most api.TLP) tea.Cmd) Pick {
	ceilings := []api.TLP{api.TLPNone, api.TLPClear, api.TLPGreen, api.TLPAmber, api.TLPAmberStrict}
	p := Pick{Title: "Highest TLP to include", Chosen: func(i int) tea.Cmd { return chosen(ceilings[i]) }}
	for _, c := range ceilings {
		it := PickItem{Title: "all of them", Detail: detail(c)}
		if c != api.TLPNone {
			it.Title = "up to " + c.String()
		}
		p.Items = append(p.Items, it)
	}
	return p
}
