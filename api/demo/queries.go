package demo

import "time"

// Query is a saved query of the story: its filter in the filter language, and
// whether an alert watches it.
type Query struct {
	Name, Filter string
	Alert, Daily bool
	// Told are the ages of the notifications its alert has sent, the oldest
	// first; those older than a day have been read.
	Told []time.Duration
}

// Queries are what the people of the story keep an eye on.
func Queries() []Query {
	const hour = time.Hour
	return []Query{
		{Name: "Restricted (TLP red, amber+strict)", Filter: "tlp:(red OR amber+strict)", Alert: true, Daily: true, Told: []time.Duration{50 * hour, 26 * hour, 2 * hour}},
		{Name: "Heron on the grid", Filter: "attacker:DRIFTINGHERON targetIndustry:Energy", Alert: true, Told: []time.Duration{74 * hour, 31 * hour, 5 * hour}},
		{Name: "New domain resolutions", Filter: `category:"Domain Resolution" indicatorType:domain`},
		{Name: "Ransom and wiping", Filter: "tag:(ransomware OR wiper)", Alert: true, Told: []time.Duration{120 * hour}},
		{Name: "Phishing in neighbouring countries", Filter: "category:Phishing targetCountry:(LT OR LV OR EE OR PL)"},
	}
}
