package interchange

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"threatbench/api"
	"threatbench/api/marking"
	"threatbench/api/stix"
)

// readSTIX takes STIX objects in: what they say of each other first, then the
// events. Of a bundle that isn't whole nothing is taken: what its objects are
// to each other stands anywhere in it, and an event without it would be
// another one.
func (im *importer) readSTIX(p *passes) (err error) {
	x := newSTIXIndex()
	x.unreadable, x.otherwise = im.tlps()
	defer func() { err = errors.Join(err, x.close()) }()
	whole := true
	return p.each(2, func(pass int, f *file) error {
		j := &jsonReader{in: f.Reader, most: im.o.MaxLine, line: 1}
		take := func(b []byte, line int) error { return im.takeSTIX(x, b, line) }
		switch {
		case !whole:
			return nil
		case pass == 0:
			take = func(b []byte, _ int) error { return x.note(b) }
		}
		err := im.eachJSON(j, func() error { return im.bundle(j, take, pass == 0) })
		damage, err := im.damageOf(f, err)
		if damage != nil {
			whole = false
			im.reject(place{line: j.line}, damage.Error()+"; nothing of it is taken, since what its objects are to each other isn't known")
		}
		if err != nil || pass > 0 {
			return err
		}
		return x.settle()
	})
}

// bundle gives the objects of a bundle, an envelope, a bare list or a single
// object to take, whatever is in what.
func (im *importer) bundle(j *jsonReader, take func(b []byte, line int) error, quiet bool) error {
	inner := func(b []byte, line int) error { return im.unwrap(b, line, take, quiet) }
	c, err := j.peek()
	switch {
	case err != nil:
		return j.ended(err)
	case c == '[':
		return im.elements(j, inner, quiet)
	case c != '{':
		return j.damage("want a bundle")
	}
	line, listed, long := j.line, false, false
	single := []byte{'{'}
	err = j.object(func(key string) error {
		if next, err := j.peek(); key == "objects" && err == nil && next == '[' {
			listed = true
			return im.elements(j, inner, quiet)
		}
		value, err := j.value()
		if key == "more" && string(value) == "true" && !quiet {
			im.note(place{line: line}, "the answer of a server of which there is more: this file isn't all of it")
		}
		if errors.Is(err, errLong) {
			long = true
			return nil
		}
		if long = long || len(single) > im.o.MaxLine; err != nil || long {
			return err
		}
		if len(single) > 1 {
			single = append(single, ',')
		}
		single = append(append(appendString(single, key), ':'), value...)
		return nil
	})
	if err != nil || listed {
		return err
	}
	single = append(single, '}')
	switch o := decoded[stixObject](single); {
	case long && !quiet:
		im.count()
		im.reject(place{line: line, object: o.ID}, errLong.Error())
		return nil
	case o.Type == "bundle" || o.Type == "" && o.ID == "" || long:
		return nil
	}
	return take(single, line)
}

// takeSTIX makes an event of an object that stands for one.
func (im *importer) takeSTIX(x *stixIndex, b []byte, at int) error {
	if err := im.ctx.Err(); err != nil {
		return context.Cause(im.ctx)
	}
	var o stixObject
	err := json.Unmarshal(b, &o)
	where := place{line: at, object: o.ID}
	var odd *json.UnmarshalTypeError // a field of another kind stays empty
	switch {
	case err != nil && (!errors.As(err, &odd) || odd.Field == ""):
		im.count()
		im.reject(where, plainJSONError(err).Error())
		return nil
	case o.Type == "" || o.ID == "":
		im.count()
		im.reject(where, "neither type nor id")
		return nil
	case !standsForEvent(o.ID) && !isObservable(o.ID):
		if !x.describes(o) {
			im.leave(o.Type, "nothing in the file that is an event speaks of it")
		}
		return x.err
	case x.belongs(o):
		return x.err // it only says something of others
	}
	im.count()
	if newest := x.newest(o); o.Modified != newest {
		im.reject(where, fmt.Sprintf("a newer version of it is in the file, of %s", newest))
		return x.err
	}
	l, err := im.stixEvent(x, o)
	if x.err != nil {
		return x.err
	}
	if err != nil {
		im.reject(where, err.Error())
		return nil
	}
	l.Raw.Data = bytes.Clone(b)
	l.Raw.Source = x.name(o.Creator)
	l.held = max(l.held, x.held(b, o.ID))
	l.origin = api.Origin{ID: o.ID, Version: version(o.Modified), Revoked: o.Revoked}
	if o.Revoked {
		l.Tags = with(l.Tags, tagRevoked)
		if im.run == "" {
			im.reject(where, "it was revoked")
			return nil
		}
	}
	l.keepOwn()
	return im.putMade(l, len(b), where)
}

// tagRevoked is on events whose source took them back.
const tagRevoked = "revoked"

// version is a moment in a form in which the later of two is the greater text;
// "" where there is none.
func version(moments ...string) (out string) {
	for _, m := range moments {
		if t, err := readTime(m); err == nil && m != "" && m != "0" {
			out = max(out, t.UTC().Format("2006-01-02T15:04:05.000000Z"))
		}
	}
	return out
}

// belongs tells whether an object only adds to another event.
func (x *stixIndex) belongs(o stixObject) bool {
	switch o.Type {
	case "indicator":
		return x.incidentOf(o.ID) != ""
	case "sighting":
		return strings.HasPrefix(o.Of, "incident--") || x.incidentOf(o.Of) != ""
	case "observed-data":
		return x.has(factEvidence, o.ID)
	}
	return isObservable(o.ID) && x.has(factUsed, o.ID)
}

func (im *importer) stixEvent(x *stixIndex, o stixObject) (line, error) {
	var l line
	l.UUID = x.eventID(o.ID)
	l.Event = titled(o.Name, o.Description)
	l.mark = x.mark(o.ID)
	if own, ok := stix.ReadExtension(o.Extensions); ok && o.Type == "incident" {
		return im.ownEvent(x, o, own)
	}
	x.insight(&l, o.ID, im.o.MaxLine)
	var date string
	switch o.Type {
	case "incident":
		x.describeIncident(&l, o)
		date = cmp.Or(x.seenAt(&l, append([]string{o.ID}, x.owned(o.ID)...)), o.Created)
	case "indicator":
		values, err := patternValues(o)
		if err != nil {
			return l, err
		}
		l.Indicators = values
		l.Category = cmp.Or(first(o.Types), plainCategory)
		date = cmp.Or(o.ValidFrom, o.Created)
	case "sighting":
		im.describeSighting(x, &l, o)
		date = cmp.Or(o.FirstSeen, o.Created)
	case "observed-data":
		l.Indicators = append(embeddedValues(o), x.joinValues(&l, o.Objects...)...)
		l.Category, date = "Observed data", cmp.Or(o.First, o.Created)
		if len(l.Indicators) == 0 {
			return l, errors.New("nothing is known of what was observed")
		}
	case "report", "grouping":
		l.Category, date = cmp.Or(first(o.ReportTypes), "Report"), cmp.Or(o.Published, o.Created)
		x.describeContents(&l, o)
	default:
		l.Indicators = observableValues(o)
		l.Category, l.Event = "Observable", ""
		date = cmp.Or(o.Created, api.TimeOf(im.o.Now).String())
		if len(l.Indicators) == 0 {
			return l, fmt.Errorf("nothing in it is an indicator: %s", o.Type)
		}
	}
	when, err := readTime(date)
	if err != nil {
		return l, err
	}
	l.Date = when.String()
	if err := x.describeContext(&l, o); err != nil {
		return l, err
	}
	if len(l.Indicators) > 0 {
		l.Indicator, l.IndicatorType = l.Indicators[0].Value, l.Indicators[0].IndicatorType
	}
	l.Event = cmp.Or(l.Event, strings.TrimSpace(l.Category+": "+l.Indicator))
	return l, nil
}

// titled is a name and the description behind it, unless that begins with it.
func titled(name, description string) string {
	name, description = strings.TrimSpace(name), strings.TrimSpace(description)
	switch {
	case name == "" || strings.HasPrefix(description, strings.TrimSuffix(name, "…")) && description != "":
		return description
	case description == "":
		return name
	}
	return name + "\n\n" + description
}

// describeContents takes in what a report or grouping holds beside events.
func (x *stixIndex) describeContents(l *line, o stixObject) {
	for i, ref := range o.Objects {
		if i >= mostTies || standsForEvent(ref) || isObservable(ref) || strings.HasPrefix(ref, "location--") || strings.HasPrefix(ref, "identity--") {
			continue
		}
		if x.name(ref) != "" {
			x.describeEdge(l, o.ID, stixEdge{kind: "holds", target: ref})
		}
	}
}

// ownEvent is the event that an incident of ours carries, with what others have
// said of it since.
func (im *importer) ownEvent(x *stixIndex, o stixObject, own stix.Extension) (line, error) {
	var l line
	l.UUID, l.mark = x.eventID(o.ID), x.mark(o.ID)
	l.mark.Field(own.TLP)
	l.Event, l.TLP = cmp.Or(own.Event, o.Description), own.TLP
	l.Date, l.CreatedAt, l.Category = own.Date, own.CreatedAt, own.Category
	l.Attacker, l.AttackerCountry, l.TargetCountry, l.TargetIndustry = own.Attacker, own.AttackerCountry, own.TargetCountry, own.TargetIndustry
	l.KillChain, l.MitreAttack, l.MitreCapec, l.Tags = &own.KillChain, own.MitreAttack, own.MitreCapec, own.Tags
	l.Indicators, l.References, l.Relationships = own.Indicators, own.References, own.Relationships
	for _, id := range own.References {
		l.held = max(l.held, x.strictness("incident--"+id))
	}
	for _, r := range own.Relationships {
		l.held = max(l.held, x.strictness("incident--"+r.ParentID))
	}
	x.insight(&l, o.ID, im.o.MaxLine)
	for _, id := range x.owned(o.ID) {
		for _, v := range x.values(id) {
			known := func(in api.IndicatorInput) bool {
				return plainIndicator(in.IndicatorType, in.Value).Value == v.Value || in.Value == v.Value
			}
			if !stix.IsOurIndicator(id, o.ID, own.Indicators) && !slices.ContainsFunc(l.Indicators, known) {
				l.Indicators = append(l.Indicators, v)
				x.join(&l, id)
			}
		}
	}
	for _, e := range x.edges(o.ID) {
		if !stix.IsOurs(e.id, e.kind, o.ID, e.target) {
			x.describeEdge(&l, o.ID, e)
		}
	}
	if len(l.Indicators) > 0 {
		l.Indicator, l.IndicatorType = l.Indicators[0].Value, l.Indicators[0].IndicatorType
	}
	return l, nil
}

// insight takes in the texts about an object: our own first, as it was, then
// those of others.
func (x *stixIndex) insight(l *line, id string, most int) {
	var others []string
	for _, n := range x.notes(id, most) {
		if stix.IsOurNote(n.id, id, n.text) {
			l.Insight = n.text
			continue
		}
		others = append(others, strings.TrimSpace(n.text))
		x.join(l, n.id)
	}
	if len(others) > 0 {
		l.Insight = strings.TrimSpace(l.Insight + "\n\n" + strings.Join(others, "\n\n"))
	}
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// seenAt is when one of the objects was seen first, "" where no sighting
// tells.
func (x *stixIndex) seenAt(l *line, ids []string) string {
	for _, id := range ids {
		if said := x.first(factTime, id); said != "" {
			at, sighting, _ := strings.Cut(said, "\x00")
			x.join(l, sighting)
			return at
		}
	}
	return ""
}

// joinValues are the indicators that other objects name. What is theirs brings
// their markings along.
func (x *stixIndex) joinValues(l *line, ids ...string) (out []api.IndicatorInput) {
	for _, id := range ids {
		if values := x.values(id); len(values) > 0 {
			out = append(out, values...)
			x.join(l, id)
		}
	}
	return out
}

// describeIncident reads what an export of ours puts into an incident's
// labels and text.
func (x *stixIndex) describeIncident(l *line, o stixObject) {
	l.Category = "Incident"
	if o.isOurs() {
		l.CreatedAt = o.Created
	}
	l.Indicators = append(l.Indicators, x.joinValues(l, x.owned(o.ID)...)...)
	text, rest, ok := cutLast(l.Event, "Indicator (")
	kind, value, ok2 := strings.Cut(rest, "): ")
	if len(l.Indicators) == 0 && ok && ok2 && !strings.Contains(value, "\n") && (text == "" || strings.HasSuffix(text, "\n\n")) {
		l.Indicators = append(l.Indicators, api.IndicatorInput{Value: value, IndicatorType: kind})
		l.Event = cmp.Or(strings.TrimSuffix(text, "\n\n"), o.Name)
	}
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// describeContext reads labels, phases and relationships.
func (x *stixIndex) describeContext(l *line, o stixObject) error {
	for _, label := range o.Labels {
		if new(marking.Mark).Tag(label) { // the index has read it
			continue
		}
		category, isCategory := strings.CutPrefix(label, "category:")
		phase, isPhase := strings.CutPrefix(label, "kill-chain:")
		switch {
		case isCategory:
			l.Category = category
		case isPhase && l.setStage(phase):
		default:
			l.Tags = with(l.Tags, label)
		}
	}
	for _, p := range o.Phases {
		if p.Chain == "lockheed-martin-cyber-kill-chain" {
			l.setStage(p.Phase)
		}
	}
	edges, reports := x.edges(o.ID), x.list(factReport, o.ID)
	if n := len(edges) + len(reports); n > mostTies {
		return fmt.Errorf("more than %d relationships", mostTies)
	}
	for _, e := range edges {
		e.ours = o.isOurs() && stix.IsOurs(e.id, e.kind, o.ID, e.target)
		x.describeEdge(l, o.ID, e)
	}
	for _, r := range reports { // only that it is in the report, which is another event
		l.relate(x.eventID(r), api.RelatedTo)
	}
	if o.Type == "sighting" && standsForEvent(o.Of) {
		l.relate(x.eventID(o.Of), api.RelatedTo)
	}
	return nil
}

func (l *line) setStage(phase string) bool {
	stage, err := readStage(phase)
	if err == nil {
		l.KillChain = &stage
	}
	return err == nil
}

// relate hangs the event under a parent, once.
func (l *line) relate(parent, kind string) {
	r := api.RelationshipInput{ParentID: parent, RelationshipType: kind}
	if parent != l.UUID && !slices.Contains(l.Relationships, r) {
		l.Relationships = append(l.Relationships, r)
	}
}

func (x *stixIndex) describeEdge(l *line, id string, e stixEdge) {
	kind, _, _ := strings.Cut(e.target, "--")
	name := ""
	if !standsForEvent(e.target) && !isObservable(e.target) {
		name = x.name(e.target)
		if !e.ours {
			x.join(l, e.id, e.target)
		}
	}
	switch kind {
	case "intrusion-set", "threat-actor":
		x.describeActor(l, e, e.target, name)
	case "campaign":
		l.Tags = with(l.Tags, name)
		for _, said := range x.list(factActor, e.target) {
			actor, relationship, _ := strings.Cut(said, "\x00")
			x.join(l, actor, relationship)
			x.describeActor(l, e, actor, x.name(actor))
		}
	case "attack-pattern":
		if strings.HasPrefix(name, "CAPEC-") {
			l.MitreCapec = with(l.MitreCapec, name)
		} else {
			l.MitreAttack = with(l.MitreAttack, name)
		}
	case "malware", "tool":
		l.Tags = with(l.Tags, name)
	case "location": // where something is located isn't whom it hits
		switch e.kind {
		case "targets":
			l.TargetCountry = cmp.Or(l.TargetCountry, name)
		case "originates-from":
			l.AttackerCountry = cmp.Or(l.AttackerCountry, name)
		}
	case "identity":
		if e.kind == "targets" {
			l.TargetIndustry = cmp.Or(l.TargetIndustry, x.last(factSector, e.target), name)
		}
	case "vulnerability":
		l.Indicators = append(slices.Clip(l.Indicators), api.IndicatorInput{Value: name, IndicatorType: "cve"})
	default:
		if (standsForEvent(e.target) || isObservable(e.target) && !x.has(factUsed, e.target)) && (standsForEvent(id) || isObservable(id)) {
			relation := strings.ReplaceAll(e.kind, "-", "_")
			if !slices.Contains(api.RelationshipTypes(), relation) {
				relation = api.RelatedTo
			}
			x.tie(l, id, e, relation)
		}
	}
}

// describeActor takes an actor in: the first one, the others as tags.
func (x *stixIndex) describeActor(l *line, e stixEdge, actor, name string) {
	if l.Attacker != "" && l.Attacker != name {
		l.Tags = with(l.Tags, name)
		return
	}
	l.Attacker = name
	if said := x.first(factOrigin, actor); said != "" && l.AttackerCountry == "" {
		country, relationship, _ := strings.Cut(said, "\x00")
		l.AttackerCountry = x.name(country)
		if !e.ours || !stix.IsOurs(relationship, "originates-from", actor, country) {
			x.join(l, country, relationship)
		}
	}
}
