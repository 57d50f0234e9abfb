package progress

import "flag"

// Random tests draw from a fixed seed, so that a run is like the one before;
// make fuzz draws from others (-rapid.seed 0).
var _ = flag.Set("rapid.seed", "20261129")
