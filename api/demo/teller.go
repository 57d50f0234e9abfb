package demo

import (
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"threatbench/api"
)

const (
	openIncidents = 3  // of one campaign, at a time
	incidentEnds  = 9  // percent of events that close their incident
	recentEvents  = 16 // of one campaign, that new ones may refer to
	chunkBytes    = 128 << 10
	dateLayout    = "2006-01-02T15:04:05.000Z"
)

// teller makes the events one after the other; it remembers of each campaign
// only what the next event needs.
type teller struct {
	*plan
	dice
	end      time.Time
	total    int
	made     int
	hour     int
	running  [campaignCount]running
	profiles []string // UUID of each actor's profile event, "" before it is told
	ports    []int
	steps    [4][]int // repertoire by motive
	noisy    []int    // kinds of the noise
	stages   []int    // kill chain stage by kind, shared by the events
	first    []string // words of made-up names
	second   []string
	scratch  []byte
	chunk    []byte // raw records are cut from it
}

// running is where a campaign stands.
type running struct {
	wave      string // UUID of the wave's parent event
	waves     int    // begun so far
	incidents []incident
	recent    [recentEvents]string
	told      int
}

// incident is one break-in or attack: a victim, and how far the actor got.
type incident struct {
	parent   string // UUID
	last     string // UUID of its latest event
	country  string
	industry string
	victim   string
	malware  string
	step     int
}

// scene is what one event is about.
type scene struct {
	kind      *kind
	actor     *actor // nil for the noise
	when      time.Time
	country   string
	industry  string
	victim    string
	malware   string
	lure      string
	indicator string
	address   string
	port      int
	number    int
	minutes   int
}

func newTeller(s *Story) *teller {
	t := &teller{plan: newPlan(s.seed, s.now), dice: newDice(s.seed, 2), end: s.now.Add(-newestAge), total: s.n}
	t.profiles = make([]string, len(t.actors))
	for _, k := range t.kinds {
		t.stages = append(t.stages, k.killChain)
	}
	t.first, t.second = domainWords()
	t.ports = []int{443, 80, 8443, 22, 3389, 445, 53, 8080, 4433, 25}
	for m := range t.steps {
		t.steps[m] = motive(m).repertoire()
	}
	t.noisy = background()
	return t
}

func (t *teller) more() bool { return t.made < t.total }

// next makes one event and names its dataset.
func (t *teller) next() (dataset string, e api.CreateEvent) {
	when := t.nextMoment()
	t.made++
	day := min(t.hour/24, storyDays-1)
	i := t.campaignOn(t.dice, day)
	if i == campaignCount {
		return probingDataset, t.noise(when)
	}
	c, r := &t.campaigns[i], &t.running[i]
	switch {
	case t.profiles[c.actor] == "":
		e = t.profile(c, when)
		t.profiles[c.actor] = e.UUID
	case r.wave == "" || r.waves < len(c.waves) && c.waves[r.waves] <= day:
		r.waves++
		r.incidents = r.incidents[:0]
		e = t.wave(c, r.waves, when)
		r.wave = e.UUID
	case len(r.incidents) < openIncidents && (len(r.incidents) == 0 || t.chance(8)):
		e = t.incident(c, r, when)
	default:
		e = t.step(c, r, when)
	}
	r.recent[r.told%recentEvents] = e.UUID
	r.told++
	return c.dataset, e
}

// nextMoment is when the next event happens: the moment that cuts off the
// next n-th of the story's weight, give or take; the last one is its end.
func (t *teller) nextMoment() time.Time {
	if t.made == t.total-1 {
		t.hour = len(t.hourly) - 1
		return t.end
	}
	weight := t.hourly[len(t.hourly)-1]
	at := (float64(t.made) + t.unit()) / float64(t.total) * weight
	for t.hour < len(t.hourly)-1 && t.hourly[t.hour] <= at {
		t.hour++
	}
	before := 0.0
	if t.hour > 0 {
		before = t.hourly[t.hour-1]
	}
	part := (at - before) / (t.hourly[t.hour] - before)
	return t.begin.Add(time.Duration((float64(t.hour) + part) * float64(time.Hour))).Truncate(time.Millisecond)
}

// noise is an event that belongs to no campaign.
func (t *teller) noise(when time.Time) api.CreateEvent {
	k := &t.kinds[pick(t.dice, t.noisy)]
	a := &t.actors[t.n(len(t.actors))]
	s := t.scene(k, when, pick(t.dice, a.targets), pick(t.dice, a.industries))
	s.malware = pick(t.dice, a.malware)
	s.address = pick(t.dice, t.ipv4)
	s.indicator = t.indicatorFor(k.indicator, nil)
	e := t.event(&s, nil)
	if t.chance(60) {
		e.AttackerCountry = pick(t.dice, t.actors).country
	}
	e.TLP = pick(t.dice, []string{"clear", "clear", "green", "green", "amber"})
	return e
}

// incident begins a new incident of a campaign.
func (t *teller) incident(c *campaign, r *running, when time.Time) api.CreateEvent {
	a := &t.actors[c.actor]
	in := incident{country: pick(t.dice, a.targets), industry: pick(t.dice, a.industries), malware: pick(t.dice, a.malware)}
	in.victim = pick(t.dice, t.victims[in.industry])
	s := t.scene(&t.kinds[intrusion], when, in.country, in.industry)
	s.actor, s.malware, s.victim, s.address = a, in.malware, in.victim, pick(t.dice, c.addresses)
	e := t.event(&s, c)
	e.Relationships = []api.RelationshipInput{{ParentID: r.wave, RelationshipType: "related_to"}}
	if t.chance(30) {
		e.Insight = t.incidentNote(c, &s)
	}
	in.parent, in.last = e.UUID, e.UUID
	r.incidents = append(r.incidents, in)
	return e
}

// step is the next event of one of a campaign's open incidents.
func (t *teller) step(c *campaign, r *running, when time.Time) api.CreateEvent {
	a := &t.actors[c.actor]
	at := t.n(len(r.incidents))
	in := &r.incidents[at]
	stages := t.steps[a.motive]
	k := &t.kinds[stages[min(in.step, len(stages)-1)]]
	s := t.scene(k, when, in.country, in.industry)
	s.actor, s.malware, s.victim, s.address = a, in.malware, in.victim, pick(t.dice, c.addresses)
	s.indicator = t.indicatorFor(k.indicator, c)
	e := t.event(&s, c)
	e.Relationships = t.relate(in)
	if t.chance(4) {
		e.References = []string{r.recent[t.n(min(r.told, recentEvents))]}
	}
	in.last = e.UUID
	if t.chance(45) {
		in.step++
	}
	if in.step >= len(stages) || t.chance(incidentEnds) {
		r.incidents[at] = r.incidents[len(r.incidents)-1]
		r.incidents = r.incidents[:len(r.incidents)-1]
	}
	return e
}

// relate hangs an event under its incident, and sometimes under the event
// that led to it.
func (t *teller) relate(in *incident) []api.RelationshipInput {
	rel := api.RelationshipInput{ParentID: in.parent, RelationshipType: "related_to"}
	if in.last == in.parent || !t.chance(35) {
		return []api.RelationshipInput{rel}
	}
	return []api.RelationshipInput{rel, {ParentID: in.last, RelationshipType: "caused_by"}}
}

// scene sets the numbers of an event.
func (t *teller) scene(k *kind, when time.Time, country, industry string) scene {
	low, high := k.numbers[0], k.numbers[1]
	if high == 0 {
		low, high = 3, 400
	}
	return scene{
		kind: k, when: when, country: country, industry: industry, victim: pick(t.dice, t.victims[industry]), lure: pick(t.dice, t.lures),
		port: pick(t.dice, t.ports), number: t.between(low, high), minutes: t.between(2, 90),
	}
}

// event writes a scene down. c is nil for the noise.
func (t *teller) event(s *scene, c *campaign) api.CreateEvent {
	k := s.kind
	e := api.CreateEvent{
		UUID: t.uuid(), Date: t.date(s.when), CreatedAt: t.date(t.learnt(s.when)), Event: t.text(s), Category: k.name,
		TargetCountry: s.country, TargetIndustry: s.industry, Indicator: s.indicator, MitreAttack: k.mitre, MitreCapec: k.capec,
	}
	for i := range t.kinds {
		if k == &t.kinds[i] {
			e.KillChain = &t.stages[i]
		}
	}
	if s.indicator != "" {
		e.IndicatorType = string(k.indicator)
		if k.indicator == sha256Hash && len(s.indicator) == 32 {
			e.IndicatorType = string(md5Hash)
		}
	}
	if k.more != "" && t.chance(30) {
		e.MitreAttack = append([]string{}, append(k.mitre, k.more)...)
	}
	e.Tags = append(make([]string, 0, len(k.tags)+2), k.tags...)
	if c != nil {
		e.Attacker, e.AttackerCountry = s.actor.name, s.actor.country
		e.Tags = append(e.Tags, c.tag)
		e.TLP = pick(t.dice, c.tlp)
	}
	if t.chance(20) {
		e.Tags = append(e.Tags, pick(t.dice, []string{"triaged", "needs-review", "high-confidence", "sighting", "shared-with-isac"}))
	}
	e.Raw = api.RawInput{Data: t.record(s), Source: k.source, TLP: e.TLP}
	return e
}

// learnt is when the server heard of an event: up to forty minutes later.
func (t *teller) learnt(when time.Time) time.Time {
	later := when.Add(time.Duration(t.between(1, 40)) * time.Minute)
	if later.After(t.end) {
		return t.end
	}
	return later
}

func (t *teller) date(when time.Time) string {
	t.scratch = when.AppendFormat(t.scratch[:0], dateLayout)
	return string(t.scratch)
}

// indicatorFor makes an indicator; most of a campaign's are from its pool.
func (t *teller) indicatorFor(typ indicatorType, c *campaign) string {
	pooled := c != nil && t.chance(65)
	switch typ {
	case ipAddress:
		if pooled {
			return pick(t.dice, c.addresses)
		}
		return pick(t.dice, t.ipv4)
	case ip6Address:
		b := append(t.scratch[:0], "2001:db8:"...)
		b = t.appendHex(append(b, '1'+byte(t.n(9))), 3)
		b = append(b, "::"...)
		b = t.appendHex(append(b, '1'+byte(t.n(9))), 2)
		return string(b)
	case domainName:
		if pooled {
			return pick(t.dice, c.domains)
		}
		return string(t.appendDomain(t.scratch[:0]))
	case webAddress:
		if pooled {
			return pick(t.dice, c.urls)
		}
		b := t.appendDomain(append(t.scratch[:0], "https://"...))
		return string(append(b, pick(t.dice, urlPaths())...))
	case mailAddress:
		if pooled {
			return pick(t.dice, c.mails)
		}
		b := append(t.scratch[:0], pick(t.dice, mailNames())...)
		return string(t.appendDomain(append(b, '@')))
	case sha256Hash:
		if pooled {
			return pick(t.dice, c.samples)
		}
		return string(t.appendHex(t.scratch[:0], pick(t.dice, []int{64, 64, 64, 32})))
	}
	return ""
}

func (t *teller) appendDomain(b []byte) []byte {
	b = append(b, pick(t.dice, t.first)...)
	b = append(b, '-')
	b = strconv.AppendInt(b, int64(t.between(100, 9999)), 10)
	b = append(b, '.')
	b = append(b, pick(t.dice, t.second)...)
	return append(b, ".example"...)
}

// text fills one of the kind's templates in.
func (t *teller) text(s *scene) string {
	tpl := pick(t.dice, s.kind.texts)
	b := append(t.scratch[:0], tpl.literal[0]...)
	for i, slot := range tpl.slot {
		b = t.appendSlot(b, slot, s)
		b = append(b, tpl.literal[i+1]...)
	}
	t.scratch = b
	r, size := utf8.DecodeRune(b)
	if up := unicode.ToUpper(r); up != r && s.startsWithWords(tpl) {
		return string(up) + string(b[size:])
	}
	return string(b)
}

// startsWithWords tells whether a text begins with words rather than with an
// indicator or a name, whose letters must stay as they are.
func (s *scene) startsWithWords(tpl template) bool {
	return tpl.literal[0] != "" || tpl.slot[0] == slotVictim || tpl.slot[0] == slotLure
}

func (t *teller) appendSlot(b []byte, slot int, s *scene) []byte {
	switch slot {
	case slotIndicator:
		return append(b, s.indicator...)
	case slotVictim:
		return append(b, s.victim...)
	case slotCountry:
		return append(b, t.names[s.country]...)
	case slotMalware:
		return append(b, s.malware...)
	case slotAddress:
		return append(b, s.address...)
	case slotPort:
		return strconv.AppendInt(b, int64(s.port), 10)
	case slotNumber:
		return strconv.AppendInt(b, int64(s.number), 10)
	case slotMinutes:
		return strconv.AppendInt(b, int64(s.minutes), 10)
	case slotLure:
		return append(b, s.lure...)
	case slotName:
		if s.actor == nil {
			return append(b, "an unknown actor"...)
		}
		return append(b, s.actor.name...)
	}
	return b
}
