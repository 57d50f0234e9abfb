package interchange

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"threatbench/api"
	"threatbench/api/marking"
)

// mispContext is what the tags and galaxies of a MISP event or attribute say.
type mispContext struct {
	mark       marking.Mark
	attacker   string
	country    string
	industry   string
	stage      int
	techniques []string
	labels     []string // the other tags
}

func (c *mispContext) clone() mispContext {
	out := *c
	out.mark = marking.Mark{}
	out.mark.Add(c.mark)
	out.techniques, out.labels = slices.Clone(c.techniques), slices.Clone(c.labels)
	return out
}

// add lets what an attribute says go before what the event around it says; of
// their markings the strictest counts, since the words of both come together.
func (c *mispContext) add(own mispContext) {
	c.mark.Add(own.mark)
	c.attacker, c.country = cmp.Or(own.attacker, c.attacker), cmp.Or(own.country, c.country)
	c.industry, c.stage = cmp.Or(own.industry, c.industry), cmp.Or(own.stage, c.stage)
	for _, t := range own.techniques {
		c.techniques = with(c.techniques, t)
	}
	for _, l := range own.labels {
		c.labels = with(c.labels, l)
	}
}

func with(list []string, s string) []string {
	if s == "" || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

func (c *mispContext) tags(tags many[mispTag]) {
	for _, t := range tags {
		c.tag(string(t.Name))
	}
}

func (c *mispContext) tag(name string) {
	if c.mark.Tag(name) {
		return
	}
	lower := strings.ToLower(name)
	if rest, ok := strings.CutPrefix(lower, "kill-chain:"); ok {
		if stage, err := readStage(rest); err == nil {
			c.stage = stage
			return
		}
	}
	kind, value, ok := strings.Cut(name, "=")
	galaxy, isGalaxy := strings.CutPrefix(kind, "misp-galaxy:")
	if !ok || !isGalaxy || !c.cluster(galaxy, strings.Trim(value, `"`)) {
		c.labels = with(c.labels, name)
	}
}

// cluster takes what a cluster of a galaxy says; false where events have no
// field for it.
func (c *mispContext) cluster(galaxy, value string) bool {
	name, id := value, ""
	if i := strings.LastIndex(value, " - "); i >= 0 {
		name, id = value[:i], value[i+len(" - "):]
	}
	switch galaxy {
	case "threat-actor", "mitre-intrusion-set", "mitre-enterprise-attack-intrusion-set", "microsoft-activity-group", "360net-threat-actor":
		if isMITRE(id, 'G') {
			value = name
		}
		if c.attacker != "" && !strings.EqualFold(c.attacker, value) {
			return false // a second actor stays a tag
		}
		c.attacker = value
	case "mitre-attack-pattern", "mitre-enterprise-attack-attack-pattern", "mitre-mobile-attack-attack-pattern", "mitre-ics-techniques", "mitre-pre-attack-attack-pattern":
		if !isMITRE(id, 'T') {
			return false
		}
		c.techniques = with(c.techniques, id)
	case "sector":
		if c.industry != "" && c.industry != value {
			return false
		}
		c.industry = value
	default:
		return false
	}
	return true
}

// isMITRE tells whether s is an id such as T1566.001 or G0007.
func isMITRE(s string, kind byte) bool {
	return len(s) >= 5 && s[0] == kind && strings.Trim(s[1:], "0123456789.") == ""
}

func (c *mispContext) galaxies(list many[mispGalaxy]) {
	for _, g := range list {
		for _, cl := range g.Clusters {
			if !c.cluster(string(g.Type), string(cl.Value)) {
				c.tag(string(cl.Tag))
			}
			if len(cl.Meta.is.Country) > 0 && len(cl.Meta.is.Country[0]) == 2 && g.Type == "threat-actor" {
				c.country = strings.ToUpper(string(cl.Meta.is.Country[0]))
			}
		}
	}
}

// describe puts it into an event.
func (c *mispContext) describe(l *line) {
	l.mark = c.mark
	l.Attacker, l.AttackerCountry, l.TargetIndustry = c.attacker, c.country, c.industry
	l.MitreAttack, l.Tags = c.techniques, c.labels
	if c.stage > 0 {
		stage := c.stage
		l.KillChain = &stage
	}
}

// context is what an attribute's own tags and galaxies say.
func (a mispAttribute) context() (own mispContext) {
	own.tags(a.Tags)
	own.tags(a.OldTags)
	own.galaxies(a.Galaxies)
	return own
}

// mispID is how the parts of a file are known while it is read.
func mispID(id word) string { return strings.ToLower(strings.TrimSpace(string(id))) }

// noteMISP takes in what an attribute or an object says of its own sharing:
// other objects may hold its value. Most say nothing.
func (x *stixIndex) noteMISP(key string) func(b []byte, line int) error {
	return func(b []byte, _ int) error {
		if !mentionsTLP(b) && !bytes.Contains(b, []byte(`Tag"`)) {
			return nil
		}
		list := []mispAttribute{decoded[mispAttribute](b)}
		var said marking.Mark
		if key == "Object" {
			o := decoded[mispObject](b)
			list = append(list, o.Attributes...)
		}
		for _, a := range list {
			own := a.context()
			said.Add(own.mark)
			said.Add(saidOf(string(a.Comment), string(a.Value)))
		}
		for _, a := range list {
			x.noteMark(mispID(a.UUID), said)
		}
		return x.err
	}
}

// noteMark keeps what a part says of its sharing.
func (x *stixIndex) noteMark(id string, said marking.Mark) {
	if said.TLP > api.TLPClear {
		x.add(factMark, id, markField, said.TLP.String())
	}
	for _, text := range said.Unreadable {
		x.add(factMark, id, markField, text)
	}
}

// extended is the TLP of an event that another one extends. That of one that
// isn't in the file isn't known.
func (x *stixIndex) extended(id string) api.TLP {
	if !x.has(factVersion, id) {
		return x.unreadable
	}
	said := x.mark(id)
	return said.Resolve(x.unreadable, api.TLPNone)
}

// tagsWithin is what all tags in a record say, of whatever is in it.
func tagsWithin(b json.RawMessage, depth int) (m marking.Mark) {
	if b = bytes.TrimSpace(b); len(b) == 0 || depth == 0 {
		return m
	}
	switch b[0] {
	case '[':
		for _, one := range decoded[[]json.RawMessage](b) {
			m.Add(tagsWithin(one, depth-1))
		}
	case '{':
		for key, value := range decoded[map[string]json.RawMessage](b) {
			switch key {
			case "Tag", "EventTag", "AttributeTag":
				var own mispContext
				own.tags(decoded[many[mispTag]](value))
				m.Add(own.mark)
			default:
				m.Add(tagsWithin(value, depth-1))
			}
		}
	}
	return m
}
