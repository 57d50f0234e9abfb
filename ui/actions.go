package ui

import (
	"slices"

	"threatbench/keymap"
	"threatbench/views/actor"
	"threatbench/views/alerts"
	"threatbench/views/charts"
	"threatbench/views/datasets"
	"threatbench/views/detail"
	"threatbench/views/events"
	"threatbench/views/graph"
	"threatbench/views/queries"
)

// Actions describes everything a person can do, in the order in which help
// shows it: what the frame does, and what each view does.
func Actions() []keymap.Action {
	return slices.Concat(
		keymap.Actions(), events.Actions(), detail.Actions(), graph.Actions(), queries.Actions(),
		alerts.Actions(), charts.Actions(), datasets.Actions(), actor.Actions(),
	)
}
