//go:build race

package store

import "flag"

// Values are held against the model by the run without the race detector,
// which is ten times as fast: here fewer of them are drawn.
var _ = flag.Set("rapid.checks", "25")
