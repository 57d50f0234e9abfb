package interchange

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"threatbench/api"
	"threatbench/api/marking"
)

// mispEvent is what is known of a MISP event before its attributes are read.
type mispEvent struct {
	fields     map[string]word
	raw        []byte // the same as JSON
	org        word
	context    mispContext
	reports    []string
	reportMark marking.Mark // of the reports
	cut        error        // why the rest of it can't be read, nil where it is whole
}

// readMISP takes MISP events in: what the event says of itself first, since it
// may stand behind its attributes, then everything. Nothing is taken of an
// event that isn't whole: its marking may be what is missing. What the events
// say of themselves is held in memory, their attributes are not.
func (im *importer) readMISP(p *passes) (err error) {
	im.parts = newSTIXIndex()
	im.parts.unreadable, _ = im.tlps()
	defer func() { err = errors.Join(err, im.parts.close()) }()
	var events []mispEvent
	return p.each(2, func(pass int, f *file) error {
		j := &jsonReader{in: f.Reader, most: im.o.MaxLine, line: 1}
		n := 0
		err := im.eachDocument(j, func() error {
			if pass == 0 {
				e, err := im.mispHead(j)
				e.cut, err = im.damageOf(f, err)
				events = append(events, e)
				return cmp.Or(err, e.cut)
			}
			if n >= len(events) {
				return errors.New("the file changed while it was read")
			}
			n++
			if cut := events[n-1].cut; cut != nil {
				return cut
			}
			return im.mispBody(j, events[n-1])
		}, func(key string) error {
			if pass == 0 {
				return im.elements(j, im.parts.noteMISP(key), true)
			}
			return im.takeLoose(j, key)
		})
		if pass == 0 {
			err = errors.Join(err, im.parts.settle())
		}
		if damage, other := im.damageOf(f, err); pass == 0 && damage != nil {
			return other // the second pass reports it
		}
		return im.ending(j, f, err)
	})
}

// ending reports damage that ends a walk through JSON.
func (im *importer) ending(j *jsonReader, f *file, err error) error {
	damage, err := im.damageOf(f, err)
	if damage != nil {
		im.reject(place{line: j.line}, damage.Error()+"; everything before is taken")
	}
	return err
}

// damageOf tells damage of the file from what else ends a walk through it.
func (im *importer) damageOf(f *file, err error) (damage, other error) {
	if err == nil || context.Cause(im.ctx) != nil {
		return nil, err
	}
	if errors.Is(err, errJSON) || errors.Is(err, errCut) {
		return err, nil
	}
	if damage := f.broken(err); errors.Is(damage, errCut) {
		return damage, nil
	}
	return nil, err
}

// eachDocument walks through all JSON documents and calls event at every MISP
// event, loose at attributes and objects without an event around them.
func (im *importer) eachDocument(j *jsonReader, event func() error, loose func(key string) error) error {
	return im.eachJSON(j, func() error { return im.findEvents(j, event, loose) })
}

// eachJSON calls each at one JSON document after the other.
func (im *importer) eachJSON(j *jsonReader, each func() error) error {
	for {
		if err := im.ctx.Err(); err != nil {
			return context.Cause(im.ctx)
		}
		if _, err := j.peek(); errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err := each(); err != nil {
			return err
		}
	}
}

func (im *importer) findEvents(j *jsonReader, event func() error, loose func(key string) error) error {
	c, err := j.peek()
	switch {
	case err != nil:
		return j.ended(err)
	case c == '[':
		return j.array(func() error { return im.findEvents(j, event, loose) })
	case c != '{':
		return j.skip()
	case isBareEvent(j.in):
		return event()
	}
	return j.object(func(key string) error {
		switch key {
		case "Event":
			return event()
		case "response":
			return im.findEvents(j, event, loose)
		case "Attribute", "Object":
			return loose(key)
		}
		return j.skip()
	})
}

// isBareEvent tells whether the object ahead is a MISP event without the key
// Event around it, by what it has first.
func isBareEvent(in *bufio.Reader) bool {
	const most = 8 << 10
	head, _ := in.Peek(most) // reading tells what is wrong
	j := &jsonReader{in: bufio.NewReader(bytes.NewReader(bytes.Clone(head))), most: most, line: 1}
	bare := false
	j.object(func(key string) error { //nolint:errcheck // the head ends anywhere
		switch key {
		case "Event", "response":
			return errFound
		case "info", "Orgc", "orgc_id", "threat_level_id":
			bare = true
			return errFound
		}
		_, err := j.value()
		return err
	})
	return bare
}

// takeLoose takes attributes or objects that stand without their event.
func (im *importer) takeLoose(j *jsonReader, key string) error {
	none := mispEvent{fields: map[string]word{}}
	take := func(b []byte, line int) error { return im.takeAttribute(none, "", b, line) }
	if key == "Object" {
		take = func(b []byte, line int) error { return im.takeObject(none, "", b, line) }
	}
	if c, err := j.peek(); err != nil || c != '{' {
		return im.elements(j, take, false)
	}
	line := j.line
	b, err := j.value()
	if err != nil {
		return err
	}
	return take(b, line)
}

// mispHead reads what a MISP event says of itself.
func (im *importer) mispHead(j *jsonReader) (mispEvent, error) {
	e := mispEvent{fields: map[string]word{}, raw: []byte{'{'}}
	err := j.object(func(key string) error {
		if err := im.ctx.Err(); err != nil {
			return context.Cause(im.ctx)
		}
		switch key {
		case "Attribute", "Object":
			return im.elements(j, im.parts.noteMISP(key), true)
		case "ShadowAttribute", "RelatedEvent":
			return j.skip()
		}
		value, err := j.value()
		if errors.Is(err, errLong) {
			return nil
		}
		if err != nil {
			return err
		}
		e.head(key, value)
		return nil
	})
	e.raw = append(e.raw, '}')
	id := mispID(e.fields["uuid"])
	im.parts.add(factVersion, id)
	im.parts.noteMark(id, e.context.mark)
	return e, err
}

func (e *mispEvent) head(key string, value []byte) {
	switch key {
	case "Tag", "EventTag", "tags":
		e.context.tags(decoded[many[mispTag]](value))
	case "Galaxy":
		e.context.galaxies(decoded[many[mispGalaxy]](value))
	case "Orgc":
		e.org = decoded[mispTag](value).Name
	case "EventReport":
		for _, r := range decoded[many[mispReport]](value) {
			if r.Content != "" && !r.Deleted.yes() {
				e.reports = append(e.reports, string(r.Content))
				e.reportMark.Add(saidOf(string(r.Name), string(r.Content)))
				for _, t := range r.Tags {
					e.reportMark.Tag(string(t.Name))
				}
			}
		}
	default:
		if value[0] == '{' || value[0] == '[' || !json.Valid(value) {
			return
		}
		e.fields[key] = decoded[word](value)
		if len(e.raw) > 1 {
			e.raw = append(e.raw, ',')
		}
		e.raw = append(appendString(e.raw, key), ':')
		e.raw = append(e.raw, value...)
	}
}

// mispBody makes events of a MISP event: itself, its attributes and objects.
func (im *importer) mispBody(j *jsonReader, e mispEvent) error {
	parent, err := im.mispParent(e, place{line: j.line, object: string(e.fields["uuid"])})
	if err != nil {
		return err
	}
	return j.object(func(key string) error {
		switch key {
		case "Attribute":
			return im.elements(j, func(b []byte, line int) error { return im.takeAttribute(e, parent, b, line) }, false)
		case "Object":
			return im.elements(j, func(b []byte, line int) error { return im.takeObject(e, parent, b, line) }, false)
		case "ShadowAttribute":
			return im.elements(j, func([]byte, int) error { im.leave("proposal", "what is only proposed is not taken"); return nil }, true)
		}
		return j.skip()
	})
}

// elements gives the elements of a list to take; what isn't a list is passed
// over. quiet tells that another pass reports what is too long.
func (im *importer) elements(j *jsonReader, take func(b []byte, line int) error, quiet bool) error {
	switch c, err := j.peek(); {
	case err != nil:
		return j.ended(err)
	case c != '[':
		return j.skip()
	}
	return j.array(func() error {
		if err := im.ctx.Err(); err != nil {
			return context.Cause(im.ctx)
		}
		if _, err := j.peek(); err != nil {
			return j.ended(err)
		}
		line := j.line
		b, err := j.value()
		if errors.Is(err, errLong) {
			if quiet {
				return nil
			}
			im.count()
			im.reject(place{line: line}, err.Error())
			return nil
		}
		if err != nil {
			return err
		}
		return take(b, line)
	})
}

// mispParent makes the event that stands for the MISP event, and returns its
// UUID.
func (im *importer) mispParent(e mispEvent, at place) (string, error) {
	im.count()
	var l line
	l.UUID = mispUUID(e.fields["uuid"], "event", string(e.fields["id"]), string(e.fields["info"]), string(e.fields["date"]))
	l.Event = cmp.Or(strings.TrimSpace(string(e.fields["info"])), "MISP event")
	l.Category = "MISP event"
	l.Date = im.mispTime(e.fields["date"], e.fields["timestamp"])
	l.Insight = strings.Join(e.reports, "\n\n")
	l.Raw.Data = e.raw
	l.Raw.Source = string(e.org)
	e.context.describe(&l)
	l.mark.Title(l.Event)
	l.mark.Title(l.Insight)
	l.joined.Add(e.reportMark)
	if extended, err := parseUUID(string(e.fields["extends_uuid"])); err == nil && extended.String() != l.UUID {
		l.Relationships = append(l.Relationships, api.RelationshipInput{ParentID: extended.String(), RelationshipType: api.RelatedTo})
		l.held = im.parts.extended(extended.String())
	}
	if e.fields["deleted"].yes() {
		im.leave("event", "it was deleted")
		return l.UUID, nil
	}
	l.origin = api.Origin{ID: string(e.fields["uuid"]), Version: version(string(e.fields["timestamp"]))}
	l.keepOwn()
	return l.UUID, im.putMade(l, len(e.raw), at)
}

// saidOf is what titles and texts say of the sharing of what takes them in: it
// only ever makes that stricter.
func saidOf(list ...string) marking.Mark {
	m := marking.Mark{TLP: api.TLPClear}
	for _, text := range list {
		m.Title(text)
	}
	return m
}

// said is a text behind the title of what it stands in.
func said(title word, text string) string {
	if title = word(strings.TrimSpace(string(title))); title == "" {
		return text
	}
	return string(title) + ": " + text
}

func mispUUID(own word, parts ...string) string {
	if id, err := parseUUID(string(own)); err == nil {
		return id.String()
	}
	return madeUUID(append([]string{"misp"}, parts...)...)
}

// mispTime is the first of the moments that can be read.
func (im *importer) mispTime(moments ...word) string {
	for _, m := range moments {
		if m == "0" {
			continue
		}
		if t, err := readTime(string(m)); err == nil {
			return t.String()
		}
	}
	return api.TimeOf(im.o.Now).String()
}

func (im *importer) takeAttribute(e mispEvent, parent string, b []byte, at int) error {
	var a mispAttribute
	if err := json.Unmarshal(b, &a); err != nil {
		im.count()
		im.reject(place{line: at}, plainJSONError(err).Error())
		return nil
	}
	im.leaveBeside(a)
	if a.Deleted.yes() {
		im.leave("attribute", "it was deleted")
		return nil
	}
	im.count()
	var l line
	l.UUID = mispUUID(a.UUID, "attribute", parent, string(a.Type), string(a.Value))
	found := mispIndicators(a)
	l.Indicator, l.IndicatorType = found[0].Value, found[0].IndicatorType
	if len(found) > 1 {
		l.Indicators = found
	}
	l.Event = cmp.Or(strings.TrimSpace(string(a.Comment)), said(e.fields["info"], listIndicators(found)))
	l.Category = cmp.Or(string(a.Category), plainCategory)
	l.Date = im.mispTime(a.FirstSeen, a.Timestamp, e.fields["date"])
	im.inherit(&l, e, a)
	l.origin = originOf(e, a.UUID, a.Timestamp)
	return im.putChild(l, parent, b, place{line: at, object: string(a.UUID)})
}

// originOf is what an event is made from. What it takes from the MISP event
// around it counts as a part of it: the newer of both versions is its own.
func originOf(e mispEvent, id, timestamp word) api.Origin {
	return api.Origin{ID: string(id), Version: version(string(timestamp), string(e.fields["timestamp"]))}
}

// leaveBeside names what hangs on an attribute and isn't taken.
func (im *importer) leaveBeside(a mispAttribute) {
	for range a.Proposals {
		im.leave("proposal", "what is only proposed is not taken")
	}
	for range a.Sightings {
		im.leave("sighting", "sightings of attributes are not taken; the raw record keeps them")
	}
}

// inherit gives an event what its attributes and the MISP event around it say
// of actor, technique, TLP and tags.
func (im *importer) inherit(l *line, e mispEvent, attributes ...mispAttribute) {
	c := e.context.clone()
	for _, a := range attributes {
		own := a.context()
		if a.Detect.yes() {
			own.labels = append(own.labels, "to_ids")
		}
		c.add(own)
	}
	c.describe(l)
	l.joined.Add(saidOf(string(e.fields["info"])))
	for _, a := range attributes {
		l.joined.Add(saidOf(string(a.Comment), string(a.Value)))
	}
	if l.KillChain == nil {
		if stage := mispStage(l.Category); stage > 0 {
			l.KillChain = &stage
		}
	}
	l.Raw.Source = string(e.org)
}

func (im *importer) putChild(l line, parent string, b []byte, at place) error {
	if parent != l.UUID && parent != "" {
		l.Relationships = append(l.Relationships, api.RelationshipInput{ParentID: parent, RelationshipType: api.RelatedTo})
	}
	l.Raw.Data = bytes.Clone(b)
	if mentionsTLP(b) {
		within := tagsWithin(b, 8)
		l.held = max(l.held, within.Resolve(im.parts.unreadable, api.TLPNone))
	}
	l.keepOwn()
	return im.putMade(l, len(b), at)
}

func (im *importer) takeObject(e mispEvent, parent string, b []byte, at int) error {
	var o mispObject
	if err := json.Unmarshal(b, &o); err != nil {
		im.count()
		im.reject(place{line: at}, plainJSONError(err).Error())
		return nil
	}
	if o.Deleted.yes() {
		im.leave("object", "it was deleted")
		return nil
	}
	im.count()
	var l line
	l.UUID = mispUUID(o.UUID, "object", parent, string(o.Name), string(b))
	l.Category = string(o.Name)
	var kept []mispAttribute
	var parts []string
	for _, a := range o.Attributes {
		im.leaveBeside(a)
		if a.Deleted.yes() {
			im.leave("attribute", "it was deleted")
			continue
		}
		kept = append(kept, a)
		for _, in := range mispIndicators(a) {
			if isIndicatorType(in.IndicatorType) {
				l.Indicators = append(l.Indicators, in)
			}
		}
		value, _ := mispIndicator(a)
		parts = append(parts, fmt.Sprintf("%s %s", cmp.Or(a.Relation, a.Type), value))
		if a.Category != "" && a.Category != "Other" {
			l.Category = string(a.Category)
		}
	}
	sortIndicators(l.Indicators)
	if len(l.Indicators) > 0 {
		l.Indicator, l.IndicatorType = l.Indicators[0].Value, l.Indicators[0].IndicatorType
	}
	l.Category = cmp.Or(l.Category, plainCategory)
	l.Event = cmp.Or(strings.TrimSpace(string(o.Comment)), said(e.fields["info"], cmp.Or(strings.Join(parts, ", "), string(o.Name))))
	l.Date = im.mispTime(o.FirstSeen, o.Timestamp, e.fields["date"])
	im.inherit(&l, e, kept...)
	for _, t := range o.Tags {
		l.mark.Tag(string(t.Name))
	}
	l.joined.Add(saidOf(string(o.Comment)))
	for _, r := range o.References {
		said := im.parts.mark(mispID(r.To))
		l.held = max(l.held, said.Resolve(im.parts.unreadable, api.TLPNone))
		if to, err := parseUUID(string(r.To)); err == nil && !r.Deleted.yes() && to.String() != l.UUID && to.String() != parent {
			l.Relationships = append(l.Relationships, api.RelationshipInput{ParentID: to.String(), RelationshipType: api.RelatedTo})
		}
	}
	l.origin = originOf(e, o.UUID, o.Timestamp)
	return im.putChild(l, parent, b, place{line: at, object: string(o.UUID)})
}
