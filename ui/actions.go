package ui

import (
	"slices"

	"threatbench/keymap"
	"threatbench/views/datasets"
)

// Actions describes everything a person can do, in the order in which help
// shows it: what the frame does, and what each view does.
func Actions() []keymap.Action {
	return slices.Concat(keymap.Actions(), datasets.Actions())
}
