package interchange

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"threatbench/api"
	"threatbench/api/marking"
	"threatbench/api/stix"
)

// How a text that a STIX object says of its sharing is read.
const (
	markRef       = "ref"       // the id of a marking definition
	markField     = "field"     // the value of a property for markings
	markLabel     = "label"     // a label, or a tag
	markStatement = "statement" // the words of a statement
	markTitle     = "title"     // a name or description
	markNothing   = "nothing"   // a definition that isn't about sharing
	markTag       = "tag"       // one that a tag keeps
)

// noteMarks takes in what an object says of its own sharing. Granular markings
// hold for the whole object: an event has one marking.
func (x *stixIndex) noteMarks(o stixObject, b []byte) {
	if o.Type == "marking-definition" || o.ID == "" {
		return
	}
	for _, ref := range o.Markings {
		x.add(factMark, o.ID, markRef, ref)
	}
	for _, g := range o.Granular {
		if g.Ref != "" {
			x.add(factMark, o.ID, markRef, g.Ref)
		}
	}
	for _, l := range o.Labels {
		if new(marking.Mark).Tag(l) {
			x.add(factMark, o.ID, markLabel, l)
		}
	}
	if mentionsTLP(b) || mentionsSharing(b) {
		x.noteFields(o, b)
	}
}

// mentionsTLP is a quick look for most objects, which don't.
func mentionsTLP(b []byte) bool {
	for _, s := range []string{"tlp", "TLP", "Tlp", "raffic", "RAFFIC", "\xef\xbc", `\uff`} {
		if bytes.Contains(b, []byte(s)) {
			return true
		}
	}
	return false
}

// mentionsSharing is a quick look for objects with a property on sharing.
func mentionsSharing(b []byte) bool {
	for _, s := range []string{`"x_`, "haring", "andling", "istribution"} {
		if bytes.Contains(b, []byte(s)) {
			return true
		}
	}
	return false
}

// noteFields takes in markings that stand in properties of their own, and in
// the object's texts.
func (x *stixIndex) noteFields(o stixObject, b []byte) {
	fields := decoded[map[string]json.RawMessage](b)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		own := marking.IsName(name)
		if !own && !marking.OnSharing(name) || strings.HasSuffix(name, "marking_refs") || name == "granular_markings" {
			continue
		}
		for _, text := range textsOf(fields[name]) {
			if own || marking.Is(text) {
				x.add(factMark, o.ID, markField, text)
			}
		}
	}
	for _, text := range []string{o.Name, o.Description, o.Content} {
		if text != "" {
			x.add(factMark, o.ID, markTitle, text)
		}
	}
}

// textsOf are the texts in a JSON value: itself, or those of a list.
func textsOf(b json.RawMessage) []string {
	if len(b) > 0 && b[0] == '[' {
		return plainWords(decoded[[]word](b))
	}
	return plainWords([]word{decoded[word](b)})
}

func plainWords(list []word) []string {
	out := make([]string, 0, len(list))
	for _, w := range list {
		out = append(out, string(w))
	}
	return out
}

// noteDefinition takes in what a marking definition means. One that is about
// sharing in another way than TLP can't be read; a statement of a copyright
// says nothing of sharing.
func (x *stixIndex) noteDefinition(o stixObject, b []byte) {
	all := decoded[struct {
		Kind       string          `json:"definition_type"`
		Definition json.RawMessage `json:"definition"`
		Extensions json.RawMessage `json:"extensions"`
	}](b)
	kind := strings.ToLower(all.Kind)
	if kind == "pap" || strings.HasPrefix(strings.ToLower(o.Name), "pap:") {
		how, tag := markNothing, papTag(o.Name, all.Definition)
		if tag != "" {
			how = markTag
		}
		x.add(factMeaning, o.ID, how, tag)
		return
	}
	found := marksWithin(all.Definition, marksWithin(all.Extensions, nil))
	if o.Name != "" && (kind == "tlp" || new(marking.Mark).Tag(o.Name)) {
		found = append(found, o.Name)
	}
	statement := string(decoded[struct{ Statement word }](all.Definition).Statement)
	switch {
	case len(found) > 0:
		for _, text := range found {
			x.add(factMeaning, o.ID, markField, text)
		}
	case new(marking.Mark).Statement(statement + " "):
		x.add(factMeaning, o.ID, markStatement, statement)
	case statement != "" || kind == "statement":
		x.add(factMeaning, o.ID, markNothing, "")
	default:
		x.add(factMeaning, o.ID, markField, fmt.Sprintf("%s %s", o.ID, kind))
	}
}

// papTag is the tag that keeps a definition of what may be done with an object
// (the permissible actions protocol); "" where it says nothing.
func papTag(name string, definition json.RawMessage) string {
	if strings.HasPrefix(strings.ToLower(name), "pap:") {
		return strings.ToUpper(name)
	}
	if pap := string(decoded[struct {
		PAP word `json:"pap"`
	}](definition).PAP); pap != "" {
		return strings.ToUpper("PAP:" + strings.TrimPrefix(strings.ToLower(pap), "pap:"))
	}
	return ""
}

// marksWithin finds the values under keys for markings, to a depth that nobody
// writes by hand.
func marksWithin(b json.RawMessage, found []string) []string { return marksBelow(b, found, 8) }

func marksBelow(b json.RawMessage, found []string, depth int) []string {
	if b = bytes.TrimSpace(b); len(b) == 0 || depth == 0 {
		return found
	}
	if b[0] == '[' {
		for _, one := range decoded[[]json.RawMessage](b) {
			found = marksBelow(one, found, depth-1)
		}
	}
	if b[0] != '{' {
		return found
	}
	fields := decoded[map[string]json.RawMessage](b)
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if marking.IsName(key) && fields[key][0] != '{' {
			found = append(found, textsOf(fields[key])...)
		} else if text := string(decoded[word](fields[key])); strings.EqualFold(text, "tlp") {
			for _, of := range []string{"value", "color", "colour", "level", "marking"} {
				found = append(found, textsOf(fields[of])...)
			}
		} else {
			found = marksBelow(fields[key], found, depth-1)
		}
	}
	return found
}

// mark is what an object says of its own sharing.
func (x *stixIndex) mark(id string) marking.Mark {
	if id == "" {
		return marking.Mark{}
	}
	m, known := x.marks[id]
	if known {
		return m
	}
	if len(x.marks) >= mostNames {
		clear(x.marks)
	}
	var titles []string
	for _, said := range x.list(factMark, id) {
		how, text, _ := strings.Cut(said, "\x00")
		switch how {
		case markRef:
			m.Add(x.meaning(text))
		case markField:
			m.Field(text)
		case markLabel:
			m.Tag(text)
		case markTitle:
			titles = append(titles, text)
		}
	}
	for _, text := range titles {
		m.Title(text)
	}
	x.marks[id] = m
	return m
}

// markingsByID is what the published definitions say whose ids stand in a text.
func markingsByID(text string) (m marking.Mark) {
	for id := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(" ,;|\"'[]", r) }) {
		name, ok := stix.MarkingTLP(id)
		switch {
		case ok:
			m.Field(name)
		case strings.HasPrefix(id, "marking-definition--"):
			m.Unreadable = with(m.Unreadable, id)
		}
	}
	return m
}

// meaning is what the marking definition with an id says.
func (x *stixIndex) meaning(id string) (m marking.Mark) {
	if name, ok := stix.MarkingTLP(id); ok {
		m.Field(name)
		return m
	}
	said := x.list(factMeaning, id)
	if len(said) == 0 {
		m.Unreadable = []string{id}
	}
	for _, s := range said {
		switch how, text, _ := strings.Cut(s, "\x00"); how {
		case markField:
			m.Field(text)
		case markStatement:
			m.Statement(text)
		case markTag:
			m.Tags = with(m.Tags, text)
		}
	}
	return m
}

// join makes an event at least as strict as the objects whose words it takes.
func (x *stixIndex) join(l *line, ids ...string) {
	for _, id := range ids {
		l.joined.Add(x.mark(id))
	}
}

// tie hangs the event under another one. Whoever may see both sees what ties
// them, so a relationship that is marked stricter than both stays out.
func (x *stixIndex) tie(l *line, id string, e stixEdge, relation string) {
	rel, own, other := x.mark(e.id), x.mark(id), x.mark(e.target)
	ends := max(own.Resolve(x.unreadable, x.otherwise), other.Resolve(x.unreadable, x.otherwise))
	if rel.Resolve(x.unreadable, api.TLPNone) > ends {
		l.untied = append(l.untied, e.id)
		return
	}
	l.relate(x.eventID(e.target), relation)
}

// held is the strictest marking of what a record names beside itself.
func (x *stixIndex) held(b []byte, own string) (strictest api.TLP) {
	for rest := b; strictest < api.TLPRed; {
		at := bytes.Index(rest, []byte("--"))
		if at < 0 {
			break
		}
		end := bytes.IndexByte(rest[at:], '"')
		if end < 0 {
			break
		}
		id := string(rest[bytes.LastIndexByte(rest[:at], '"')+1 : at+end])
		rest = rest[at+end:]
		if id != own && !strings.HasPrefix(id, "marking-definition--") {
			strictest = max(strictest, x.strictness(id))
		}
	}
	return strictest
}

// strictness is the TLP that an event made of an object has, or what the object
// says where it is none. That of an event that isn't in the file isn't known.
func (x *stixIndex) strictness(id string) api.TLP {
	tlp, known := x.tlps[id]
	if !known {
		if len(x.tlps) >= mostNames {
			clear(x.tlps)
		}
		tlp = x.workOut(id)
		x.tlps[id] = tlp
	}
	return tlp
}

func (x *stixIndex) workOut(id string) api.TLP {
	if standsForEvent(id) && !x.has(factVersion, id) {
		return x.unreadable
	}
	own, otherwise := x.mark(id), api.TLPNone
	if x.isEvent(id) {
		otherwise = x.otherwise
	}
	var others marking.Mark
	for _, other := range x.sources(id) {
		others.Add(x.mark(other))
	}
	return max(own.Resolve(x.unreadable, otherwise), others.Resolve(x.unreadable, api.TLPNone))
}

// isEvent tells whether an object becomes an event of its own.
func (x *stixIndex) isEvent(id string) bool {
	if isObservable(id) {
		return !x.has(factUsed, id)
	}
	return standsForEvent(id) && x.incidentOf(id) == "" && !x.has(factEvidence, id)
}

// sources are the objects whose words an event takes in.
func (x *stixIndex) sources(id string) (out []string) {
	take := func(said string) bool {
		other, _, _ := strings.Cut(said, "\x00")
		out = append(out, other)
		return len(out) <= mostTies
	}
	x.each(factNote, id, take)
	for _, held := range x.list(factHolds, id) {
		out = append(out, held)
		x.each(factHolds, held, take)
	}
	for _, e := range x.edges(id) {
		if standsForEvent(e.target) || isObservable(e.target) {
			continue
		}
		out = append(out, e.id, e.target)
		actors := []string{e.target}
		for _, said := range x.list(factActor, e.target) {
			actor, relationship, _ := strings.Cut(said, "\x00")
			out, actors = append(out, actor, relationship), append(actors, actor)
		}
		for _, actor := range actors {
			if origin := x.first(factOrigin, actor); origin != "" {
				out = append(out, strings.SplitN(origin, "\x00", 2)...)
			}
		}
	}
	if strings.HasPrefix(id, "incident--") {
		for _, owned := range append([]string{id}, x.owned(id)...) {
			out = append(out, owned)
			for _, said := range x.list(factTime, owned) {
				_, sighting, _ := strings.Cut(said, "\x00")
				out = append(out, sighting)
			}
		}
	}
	return out
}
