package interchange

import (
	"cmp"
	"slices"
	"strings"

	"threatbench/api"
	"threatbench/api/extsort"
	"threatbench/api/marking"
)

// stixEdge is a relationship as its source knows it; id is its own.
type stixEdge struct {
	kind, target, id string
	ours             bool // an export of ours wrote it, and the event at its source says the same
}

// The kinds of what objects say of each other: of which object, and what.
const (
	factUUID     = iota // of an incident: its event's UUID, where another
	factName            // of an actor, industry, country, technique, malware
	factMeaning         // of a marking definition: how to read it, and its text
	factMark            // of any object: how to read what it says of its sharing, and that
	factEdge            // of what stands for an event: kind, target, the relationship
	factOrigin          // of an actor: its location, the relationship
	factValue           // of an indicator or observable: type, value
	factOwned           // of an incident: an indicator that names it
	factNote            // of anything: a note, its text
	factTime            // of an incident or indicator: when it was seen, the sighting
	factEvidence        // of observed data: what a sighting by it is of
	factReport          // of anything: a report that holds it
	factUsed            // of anything: an event speaks of it, or holds it
	factActor           // of a campaign: the actor it is attributed to, the relationship
	factSector          // of an identity: its first sector
	factVersion         // of what stands for an event: when it was modified
	factHolds           // of a sighting, observed data, a report: what its event takes in of others
)

const (
	indexBytes = 16 << 20 // of memory; the rest goes to disk
	mostTies   = 10_000   // relationships of one object
	mostNames  = 10_000   // remembered
)

// stixIndex is what objects say of each other, gathered before events are
// made: a bundle has its objects in any order. On disk it grows with their
// number, in memory it doesn't.
type stixIndex struct {
	facts *extsort.Sorter
	table *extsort.Table
	names map[string]string // looked up lately
	marks map[string]marking.Mark
	tlps  map[string]api.TLP // worked out lately
	err   error              // the first of any look-up

	unreadable, otherwise api.TLP // of what can't be read, of what says nothing
}

func newSTIXIndex() *stixIndex {
	return &stixIndex{facts: extsort.New(indexBytes), names: map[string]string{}, marks: map[string]marking.Mark{}, tlps: map[string]api.TLP{}}
}

func (x *stixIndex) close() error { return x.facts.Close() }

func (x *stixIndex) add(class byte, id string, said ...string) {
	if x.err == nil {
		x.err = x.facts.Add(extsort.KeyOf(id, class), []byte(strings.Join(said, "\x00")))
	}
}

// settle ends the gathering.
func (x *stixIndex) settle() error {
	var err error
	x.table, err = x.facts.Sorted()
	return err
}

// each gives what is said of an object, in the order of the file.
func (x *stixIndex) each(class byte, id string, take func(said string) bool) {
	if x.err == nil {
		x.err = x.table.Get(extsort.KeyOf(id, class), func(payload []byte) bool { return take(string(payload)) })
	}
}

func (x *stixIndex) first(class byte, id string) (said string) {
	x.each(class, id, func(s string) bool { said = s; return false })
	return said
}

func (x *stixIndex) last(class byte, id string) (said string) {
	x.each(class, id, func(s string) bool { said = s; return true })
	return said
}

func (x *stixIndex) has(class byte, id string) (found bool) {
	x.each(class, id, func(string) bool { found = true; return false })
	return found
}

// list is what is said, up to one more than a relationship can be.
func (x *stixIndex) list(class byte, id string) (out []string) {
	x.each(class, id, func(s string) bool { out = append(out, s); return len(out) <= mostTies })
	return out
}

func (x *stixIndex) edges(id string) []stixEdge {
	var out []stixEdge
	for _, said := range x.list(factEdge, id) {
		part := strings.SplitN(said, "\x00", 3)
		out = append(out, stixEdge{kind: part[0], target: part[1], id: part[2]})
	}
	return out
}

// values are the indicators that an object names itself.
func (x *stixIndex) values(id string) []api.IndicatorInput {
	var out []api.IndicatorInput
	for _, said := range x.list(factValue, id) {
		kind, value, _ := strings.Cut(said, "\x00")
		out = append(out, api.IndicatorInput{Value: value, IndicatorType: kind})
	}
	return out
}

// name is the name of what many objects speak of.
func (x *stixIndex) name(id string) string {
	if id == "" {
		return ""
	}
	name, known := x.names[id]
	if !known {
		if len(x.names) >= mostNames {
			clear(x.names)
		}
		name = x.last(factName, id)
		x.names[id] = name
	}
	return name
}

// stixNote is a text about an object.
type stixNote struct{ id, text string }

// notes are the texts about an object, up to most bytes.
func (x *stixIndex) notes(id string, most int) (out []stixNote) {
	size := 0
	x.each(factNote, id, func(s string) bool {
		note, content, _ := strings.Cut(s, "\x00")
		out = append(out, stixNote{note, content})
		size += len(content)
		return size < most
	})
	return out
}

// incidentOf is the incident that an indicator belongs to, "" for none.
func (x *stixIndex) incidentOf(id string) (incident string) {
	if !strings.HasPrefix(id, "indicator--") {
		return ""
	}
	x.each(factEdge, id, func(said string) bool {
		part := strings.SplitN(said, "\x00", 3)
		if part[0] == "related-to" && strings.HasPrefix(part[1], "incident--") {
			incident = part[1]
		}
		return incident == ""
	})
	return incident
}

// owned are the indicators of an incident.
func (x *stixIndex) owned(incident string) []string {
	list := x.list(factOwned, incident)
	slices.Sort(list)
	return slices.DeleteFunc(slices.Compact(list), func(id string) bool { return x.incidentOf(id) != incident })
}

// eventID is the UUID of the event that an object stands for.
func (x *stixIndex) eventID(id string) string {
	if of := x.incidentOf(id); of != "" {
		id = of
	}
	if known := x.last(factUUID, id); known != "" {
		return known
	}
	if u, err := parseUUID(bareID(id)); err == nil {
		return u.String()
	}
	return madeUUID("stix", id)
}

// note takes an object into the index.
func (x *stixIndex) note(b []byte) error {
	o := decoded[stixObject](b)
	x.noteMarks(o, b)
	if standsForEvent(o.ID) {
		x.add(factVersion, o.ID, o.Modified)
	}
	if o.Creator != "" {
		x.add(factUsed, o.Creator)
	}
	if !x.noteContext(o) {
		x.noteEvidence(o, b)
	}
	return x.err
}

// noteContext takes an object that says something of others into the index;
// false where it is of another kind.
func (x *stixIndex) noteContext(o stixObject) bool {
	switch o.Type {
	case "incident":
		for _, e := range o.External {
			if id, err := parseUUID(e.ID); e.Source == "threat-events" && err == nil && id.String() != bareID(o.ID) {
				x.add(factUUID, o.ID, id.String())
			}
		}
	case "intrusion-set", "threat-actor", "identity", "malware", "tool", "campaign":
		x.add(factName, o.ID, o.Name)
		if len(o.Sectors) > 0 {
			x.add(factSector, o.ID, o.Sectors[0])
		}
	case "location":
		x.add(factName, o.ID, o.Country)
	case "attack-pattern", "vulnerability":
		x.add(factName, o.ID, externalID(o))
	case "relationship":
		x.noteEdge(o)
	case "report", "grouping":
		for _, ref := range o.Objects {
			x.add(factReport, ref, o.ID)
			if !isObservable(ref) {
				x.add(factUsed, ref)
			}
			if !isObservable(ref) && !standsForEvent(ref) {
				x.add(factHolds, o.ID, ref)
			}
		}
	case "note", "opinion":
		for _, ref := range o.Objects {
			if text := cmp.Or(o.Content, o.Explanation); text != "" {
				x.add(factNote, ref, o.ID, text)
			}
		}
	default:
		return false
	}
	return true
}

// noteEvidence takes an object with values of its own, or one that tells of
// such, into the index.
func (x *stixIndex) noteEvidence(o stixObject, b []byte) {
	switch o.Type {
	case "marking-definition":
		x.noteDefinition(o, b)
	case "indicator":
		values, _ := patternValues(o) //nolint:errcheck // told when the object is taken
		x.noteValues(o.ID, values)
	case "sighting":
		if o.FirstSeen != "" {
			x.add(factTime, o.Of, o.FirstSeen, o.ID)
		}
		for _, ref := range o.Observed {
			x.add(factEvidence, ref)
			x.add(factHolds, o.ID, ref)
		}
		x.add(factHolds, o.ID, o.Of)
		x.add(factUsed, o.Of)
	case "observed-data":
		for _, ref := range o.Objects {
			x.add(factUsed, ref)
			x.add(factHolds, o.ID, ref)
		}
		x.noteValues(o.ID, embeddedValues(o))
	default:
		x.noteValues(o.ID, observableValues(o))
	}
}

func (x *stixIndex) noteValues(id string, values []api.IndicatorInput) {
	for _, v := range values {
		x.add(factValue, id, v.IndicatorType, v.Value)
	}
}

func (x *stixIndex) noteEdge(o stixObject) {
	source, target := standsForEvent(o.Source) || isObservable(o.Source), standsForEvent(o.Target) || isObservable(o.Target)
	switch {
	case o.Kind == "based-on" && isObservable(o.Target):
		x.add(factUsed, o.Target)
	case source:
		x.add(factEdge, o.Source, o.Kind, o.Target, o.ID)
		if !target {
			x.add(factUsed, o.Target)
		}
	case target:
		x.add(factEdge, o.Target, "of "+o.Kind, o.Source, o.ID)
		x.add(factUsed, o.Source)
	case o.Kind == "originates-from" || o.Kind == "located-at":
		x.add(factOrigin, o.Source, o.Target, o.ID)
		x.add(factUsed, o.Target)
	case o.Kind == "attributed-to" && strings.HasPrefix(o.Source, "campaign--"):
		x.add(factActor, o.Source, o.Target, o.ID)
		x.add(factUsed, o.Target)
	}
	if strings.HasPrefix(o.Source, "indicator--") && strings.HasPrefix(o.Target, "incident--") && o.Kind == "related-to" {
		x.add(factOwned, o.Target, o.Source)
	}
}

// newest is when the newest version of an object in the file was modified.
func (x *stixIndex) newest(o stixObject) string {
	newest := o.Modified
	for _, m := range x.list(factVersion, o.ID) {
		at, err := api.ParseTime(m)
		if was, wrong := api.ParseTime(newest); err == nil && (wrong != nil || at.After(was.Time)) {
			newest = m
		}
	}
	return newest
}

// describes tells whether an object that is no event says something of one.
func (x *stixIndex) describes(o stixObject) bool {
	isEvent := func(id string) bool { return standsForEvent(id) || isObservable(id) }
	switch o.Type {
	case "marking-definition", "extension-definition", "language-content":
		return true // read with what they mark
	case "note", "opinion":
		return slices.ContainsFunc(o.Objects, isEvent)
	case "relationship":
		return isEvent(o.Source) || isEvent(o.Target) || x.has(factUsed, o.Source) && (o.Kind == "originates-from" || o.Kind == "located-at" || o.Kind == "attributed-to")
	}
	return x.has(factUsed, o.ID) && x.name(o.ID) != ""
}
