package stix

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"threatbench/api"
)

// Edge is a relationship between two events: Type is related_to, caused_by or
// attributed_to, and says what the child is to the parent.
type Edge struct {
	Parent, Child, Type string
}

// MediaType is the media type of a bundle, TAXIIType that of an envelope.
const (
	MediaType = "application/stix+json;version=2.1"
	TAXIIType = "application/taxii+json;version=2.1"
)

// Bundle writes events and the relationships between them as a STIX bundle.
// The same events give the same bytes.
func Bundle(events []api.Event, edges []Edge) ([]byte, error) {
	objects, err := Objects(events, edges)
	if err != nil {
		return nil, err
	}
	return BundleOf(objects)
}

// Envelope writes them as a TAXII 2.1 envelope; next is where the following
// page starts, "" on the last.
func Envelope(events []api.Event, edges []Edge, next string) ([]byte, error) {
	objects, err := Objects(events, edges)
	if err != nil {
		return nil, err
	}
	return EnvelopeOf(objects, next)
}

// Objects writes the objects alone, each once: marking definitions first, then
// the objects in the order of the events that bring them.
func Objects(events []api.Event, edges []Edge) ([]json.RawMessage, error) {
	b := builder{seen: make(map[objectKey]bool), validUUID: stixUUID()}
	for _, e := range events {
		b.noteMarkings(e)
	}
	b.addMarkings()
	if len(events) > 0 {
		b.addDefinition()
	}
	begun := len(b.out)
	byChild := map[string][]Edge{}
	for _, e := range edges { // first, so that no reference says the same once more
		b.addEdge(e)
		byChild[e.Child] = append(byChild[e.Child], e)
	}
	between := slices.Clone(b.out[begun:])
	b.out = b.out[:begun]
	for i := range events {
		b.addEvent(&events[i], byChild[events[i].UUID])
	}
	return append(b.out, between...), b.err
}

// builder gathers objects, each id once.
type builder struct {
	out       []json.RawMessage
	seen      map[objectKey]bool    // there already
	strictest map[objectKey]marking // of a shared object: the strictest marking of what uses it
	used      [api.TLPRed + 1]bool
	validUUID *regexp.Regexp
	aside     func(id string, object any) error // takes what several events may bring, for a Writer
	err       error
}

// objectKey is an object's id in little memory: its UUID, told apart by type.
type objectKey [16]byte

// marking is an api.TLP in little memory.
type marking uint8

func keyOf(id string) objectKey {
	kind, bare, _ := strings.Cut(id, "--")
	u, err := uuid.Parse(bare)
	if err != nil {
		u = uuid.NewSHA1(u, []byte(id))
	}
	key := objectKey(u)
	h := fnv.New64a()
	h.Write([]byte(kind)) // never fails
	for i, b := range h.Sum(nil) {
		key[i] ^= b
	}
	return key
}

// marked is the strictest marking of what uses a shared object.
func (b *builder) marked(id string) api.TLP { return api.TLP(b.strictest[keyOf(id)]) }

// add puts an object in unless its id is there.
func (b *builder) add(id string, object any) {
	key := keyOf(id)
	if b.seen[key] || b.err != nil {
		return
	}
	b.seen[key] = true
	raw, err := marshal(object)
	if err != nil {
		b.err = fmt.Errorf("writing %s: %w", id, err)
		return
	}
	b.out = append(b.out, raw)
}

// addShared puts an object in that several events may bring.
func (b *builder) addShared(id string, object any) {
	if b.aside == nil {
		b.add(id, object)
		return
	}
	if b.err == nil {
		b.err = b.aside(id, object)
	}
}

func marshal(v any) ([]byte, error) {
	var s strings.Builder
	e := json.NewEncoder(&s)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return []byte(strings.TrimSuffix(s.String(), "\n")), nil
}

// noteMarkings remembers which markings are used, and for objects that several
// events share the strictest of theirs.
func (b *builder) noteMarkings(e api.Event) {
	tlp, _ := api.ParseTLP(e.TLP)
	b.used[tlp] = true
	if b.strictest == nil {
		b.strictest = make(map[objectKey]marking)
	}
	for _, id := range append(sharedIDs(e), b.incidentID(e.UUID)) {
		key := keyOf(id)
		b.strictest[key] = max(b.strictest[key], marking(tlp))
	}
}

// sharedIDs are the ids of the objects that other events may bring as well.
func sharedIDs(e api.Event) []string {
	ids := []string{industryID(e.TargetIndustry), countryID(e.TargetCountry)}
	if e.Attacker != "" {
		actor, origin := actorID(e.Attacker), countryID(e.AttackerCountry)
		ids = append(ids, actor, origin, originID(actor, origin))
	}
	for _, t := range e.MitreAttack {
		ids = append(ids, techniqueID(mitreAttack, t))
	}
	for _, t := range e.MitreCapec {
		ids = append(ids, techniqueID(mitreCapec, t))
	}
	for _, in := range e.AllIndicators() {
		if o, ok := observe(in.IndicatorType, in.Value); ok {
			for _, x := range o.objects {
				ids = append(ids, x.ID)
			}
		}
	}
	if isCVE(e) {
		ids = append(ids, vulnerabilityID(e.Indicator))
	}
	return ids
}

// The catalogues that techniques and patterns are named after.
const (
	mitreAttack = "mitre-attack"
	mitreCapec  = "capec"
)

func actorID(name string) string    { return madeID("intrusion-set", name) }
func industryID(name string) string { return madeID("identity", "industry", name) }
func countryID(code string) string  { return madeID("location", code) }
func techniqueID(source, id string) string {
	return madeID("attack-pattern", source, id)
}
func vulnerabilityID(name string) string { return madeID("vulnerability", strings.ToUpper(name)) }

func originID(actor, country string) string {
	return madeID("relationship", "originates-from", actor, country)
}

func isCVE(e api.Event) bool {
	kind := strings.ToLower(e.IndicatorType)
	return (kind == "cve" || kind == "vulnerability") && e.Indicator != ""
}

// sharedTime is the moment of objects that no single event made.
const sharedTime = "2020-01-01T00:00:00.000Z"

// shared is the head of an object that several events may bring.
func (b *builder) shared(kind, id string) common {
	return common{Type: kind, SpecVersion: "2.1", ID: id, Created: sharedTime, Modified: sharedTime, Markings: markingRefs(b.marked(id))}
}

// own is the head of an object that belongs to one event.
func own(kind, id string, e *api.Event) common {
	at := stamp(e.CreatedAt, e.Date)
	tlp, _ := api.ParseTLP(e.TLP)
	return common{Type: kind, SpecVersion: "2.1", ID: id, Created: at, Modified: at, Markings: markingRefs(tlp)}
}

// stamp is the first known of the moments, as STIX writes it.
func stamp(times ...api.Time) string {
	for _, t := range times {
		if !t.IsZero() && t.UTC().Year() > 0 && t.UTC().Year() <= 9999 {
			return t.UTC().Format("2006-01-02T15:04:05.000Z")
		}
	}
	return time.Unix(0, 0).UTC().Format("2006-01-02T15:04:05.000Z")
}

// incidentID carries the event's own UUID where STIX takes it, so that the
// event can be found again.
func (b *builder) incidentID(event string) string {
	if id := strings.ToLower(event); b.validUUID.MatchString(id) {
		return "incident--" + id
	}
	return madeID("incident", event)
}

// addEvent writes an event: its incident, and what hangs on it.
func (b *builder) addEvent(e *api.Event, edges []Edge) {
	id := b.incidentID(e.UUID)
	head := own("incident", id, e)
	head.Labels = labels(e)
	head.External = []externalRef{{Source: "threat-events", ID: e.UUID}}
	if e.UUID == "" {
		head.External = nil
	}
	b.add(id, named{common: head, Name: title(e), Description: description(e), Extensions: extensionOf(e, edges)})
	about := []string{id}
	for _, in := range e.AllIndicators() {
		if o, ok := observe(in.IndicatorType, in.Value); ok {
			about = append(about, b.addIndicator(e, id, in.Value, o))
		}
	}
	if len(about) == 1 {
		b.addMoment(e, id)
	}
	b.addContext(e, about)
	if e.Insight != "" {
		nid := madeID("note", id, e.Insight)
		b.add(nid, note{common: own("note", nid, e), Content: e.Insight, About: []string{id}})
	}
	for _, ref := range e.References {
		b.relate(own("relationship", "", e), "related-to", id, b.incidentID(ref))
	}
}

// title is the first line of the event's text, cut to a name's length.
func title(e *api.Event) string {
	const most = 200
	line, _, _ := strings.Cut(strings.TrimSpace(e.Event), "\n")
	if line = strings.TrimSpace(line); line == "" {
		line = e.Category
	}
	if line == "" {
		line = "Threat event"
	}
	if r := []rune(line); len(r) > most {
		return string(r[:most]) + "…"
	}
	return line
}

// description is the event's text, with the indicator where STIX has no
// observable for it.
func description(e *api.Event) string {
	if _, ok := observe(e.IndicatorType, e.Indicator); ok || e.Indicator == "" || isCVE(*e) {
		return e.Event
	}
	return strings.TrimSpace(fmt.Sprintf("%s\n\nIndicator (%s): %s", e.Event, e.IndicatorType, e.Indicator))
}

// labels are the tags, the category and the kill chain's stage.
func labels(e *api.Event) []string {
	var out []string
	add := func(s string) {
		if s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	for _, t := range e.Tags {
		add(t)
	}
	if e.Category != "" {
		add("category:" + e.Category)
	}
	if p := phase(e.KillChain); p != "" {
		add("kill-chain:" + p)
	}
	return out
}

// phase is the kill chain's stage as STIX spells such names, "" for unknown.
func phase(stage int) string {
	if stage < 1 || stage > 7 {
		return ""
	}
	return strings.ReplaceAll(api.KillChainName(stage), " ", "-")
}

// addIndicator writes one of the indicators, the observables, what was observed and
// the sighting, and returns the indicator's id.
func (b *builder) addIndicator(e *api.Event, incident, value string, o observed) string {
	var refs []string
	for _, x := range o.objects {
		x.Markings = markingRefs(b.marked(x.ID))
		b.addShared(x.ID, x)
		refs = append(refs, x.ID)
	}
	at := stamp(e.Date, e.CreatedAt)
	id := madeID("indicator", incident, o.pattern)
	ind := indicator{
		common: own("indicator", id, e), Name: value, Description: e.Event,
		Types: []string{"malicious-activity"}, Pattern: o.pattern, PatternType: "stix", ValidFrom: at,
	}
	ind.Labels = labels(e)
	if p := phase(e.KillChain); p != "" {
		ind.KillChain = []killChainPhase{{"lockheed-martin-cyber-kill-chain", p}}
	}
	b.add(id, ind)
	data := madeID("observed-data", incident, o.pattern)
	b.add(data, observedData{common: own("observed-data", data, e), First: at, Last: at, Number: 1, Objects: refs})
	seen := madeID("sighting", incident, o.pattern)
	b.add(seen, sighting{common: own("sighting", seen, e), First: at, Last: at, Count: 1, Of: id, Observed: []string{data}})
	b.relate(own("relationship", "", e), "related-to", id, incident)
	return id
}

// addMoment writes a sighting of the incident itself: without an indicator
// nothing else says when it was.
func (b *builder) addMoment(e *api.Event, incident string) {
	if e.Date.IsZero() {
		return
	}
	at := stamp(e.Date)
	id := madeID("sighting", incident)
	b.add(id, sighting{common: own("sighting", id, e), First: at, Last: at, Count: 1, Of: incident})
}

// addContext writes who, whom and how. about holds the incident and the
// indicators.
func (b *builder) addContext(e *api.Event, about []string) {
	head := own("relationship", "", e)
	incident := about[0]
	if e.Attacker != "" {
		id := actorID(e.Attacker)
		b.addShared(id, named{common: b.shared("intrusion-set", id), Name: e.Attacker})
		b.relate(head, "attributed-to", incident, id)
		for _, ind := range about[1:] {
			b.relate(head, "indicates", ind, id)
		}
		if origin := b.addCountry(e.AttackerCountry); origin != "" {
			r := related(b.shared("relationship", originID(id, origin)), "originates-from", id, origin)
			b.addShared(r.ID, r)
		}
	}
	if target := b.addCountry(e.TargetCountry); target != "" {
		b.relate(head, "targets", incident, target)
	}
	if e.TargetIndustry != "" {
		id := industryID(e.TargetIndustry)
		b.addShared(id, named{common: b.shared("identity", id), Name: e.TargetIndustry, IdentityClass: "class"})
		b.relate(head, "targets", incident, id)
	}
	b.addTechniques(e, mitreAttack, e.MitreAttack, about)
	b.addTechniques(e, mitreCapec, e.MitreCapec, about)
	if isCVE(*e) {
		id := vulnerabilityID(e.Indicator)
		v := named{common: b.shared("vulnerability", id), Name: strings.ToUpper(e.Indicator)}
		v.External = []externalRef{{Source: "cve", ID: strings.ToUpper(e.Indicator)}}
		b.addShared(id, v)
		b.relate(head, "targets", incident, id)
	}
}

// addCountry writes a location, and returns its id, "" where the code isn't
// one of two letters.
func (b *builder) addCountry(code string) string {
	if len(code) != 2 {
		return ""
	}
	id := countryID(code)
	b.addShared(id, location{common: b.shared("location", id), Country: code})
	return id
}

func (b *builder) addTechniques(e *api.Event, source string, list, about []string) {
	for _, t := range list {
		if t == "" {
			continue
		}
		id := techniqueID(source, t)
		p := named{common: b.shared("attack-pattern", id), Name: t}
		p.External = []externalRef{{Source: source, ID: t}}
		b.addShared(id, p)
		b.relate(own("relationship", "", e), "uses", about[0], id)
		for _, ind := range about[1:] {
			b.relate(own("relationship", "", e), "indicates", ind, id)
		}
	}
}

// relate ties two objects together, once for each kind.
func (b *builder) relate(head common, kind, source, target string) {
	r := related(head, kind, source, target)
	b.add(r.ID, r)
}

func related(head common, kind, source, target string) relationship {
	head.Type, head.ID = "relationship", madeID("relationship", kind, source, target)
	return relationship{common: head, Kind: kind, Source: source, Target: target}
}

// addEdge writes a relationship between two events.
func (b *builder) addEdge(e Edge) {
	r := b.edgeOf(e, max(b.marked(b.incidentID(e.Child)), b.marked(b.incidentID(e.Parent))))
	b.add(r.ID, r)
}

// edgeOf is a relationship between two events under a marking.
func (b *builder) edgeOf(e Edge, tlp api.TLP) relationship {
	head := common{SpecVersion: "2.1", Created: sharedTime, Modified: sharedTime, Markings: markingRefs(tlp)}
	return related(head, strings.ReplaceAll(e.Type, "_", "-"), b.incidentID(e.Child), b.incidentID(e.Parent))
}
