package api

// Limits of an event that is written (ours), in characters where texts are
// meant.
const (
	MaxText      = 1 << 20  // event, insight, raw.source
	MaxName      = 1024     // names, types, tags
	MaxIndicator = 64 << 10 // an indicator
	MaxRaw       = 16 << 20 // bytes of raw.data
	MaxListItems = 1000     // tags, indicators, references, techniques
	MaxKillChain = 7        // the last stage
)
