package demo

import (
	"fmt"
	"strings"
	"time"

	"threatbench/api"
)

// profile is the event that tells who an actor is.
func (t *teller) profile(c *campaign, when time.Time) api.CreateEvent {
	a := &t.actors[c.actor]
	s := t.scene(&t.kinds[threatActor], when, a.targets[0], a.industries[0])
	s.actor, s.kind = a, t.telling(threatActor, fmt.Sprintf("%s (%s, after %s) works against %s in %s",
		a.name, orCode(t.names, a.country), a.motive, lowerList(a.industries[:2]), t.countries(a.targets[:2])))
	e := t.event(&s, c)
	e.Category, e.KillChain, e.MitreAttack = t.kinds[threatActor].name, &t.stages[threatActor], nil
	e.Insight = t.actorInsight(a, c)
	e.Tags = append(e.Tags, lowerDashed(a.motive.String()))
	return e
}

// wave is the parent event of a campaign's next wave.
func (t *teller) wave(c *campaign, number int, when time.Time) api.CreateEvent {
	a := &t.actors[c.actor]
	s := t.scene(&t.kinds[campaignKind], when, pick(t.dice, a.targets), pick(t.dice, a.industries))
	s.actor, s.malware = a, pick(t.dice, a.malware)
	s.kind = t.telling(campaignKind, fmt.Sprintf("%s, wave %d: %s turns to %s in %s with %s",
		c.name, number, a.name, strings.ToLower(s.industry), t.names[s.country], s.malware))
	e := t.event(&s, c)
	e.KillChain = &t.stages[campaignKind]
	e.Insight = t.waveInsight(c, number, &s)
	e.Relationships = []api.RelationshipInput{{ParentID: t.profiles[c.actor], RelationshipType: "attributed_to"}}
	return e
}

// telling is a kind that has one text of its own.
func (t *teller) telling(index int, text string) *kind {
	k := t.kinds[index]
	k.texts = []template{{literal: []string{text}}}
	return &k
}

func (t *teller) countries(codes []string) string {
	names := make([]string, len(codes))
	for i, code := range codes {
		names[i] = orCode(t.names, code)
	}
	return strings.Join(names, " and ")
}

func orCode(names map[string]string, code string) string {
	if name := names[code]; name != "" {
		return name
	}
	return code
}

func lowerList(words []string) string {
	return strings.ToLower(strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1])
}

func (t *teller) actorInsight(a *actor, c *campaign) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n**Also called:** %s. **Origin:** %s. **After:** %s.\n\n", a.name, strings.Join(a.aliases, ", "), orCode(t.names, a.country), a.motive)
	fmt.Fprintf(&b, "%s has been seen for some years. It prepares patiently, rents its servers in small numbers and reuses names that sound like the victim's own portals.\n\n", a.name)
	b.WriteString("## Targets\n\n")
	for _, code := range a.targets {
		fmt.Fprintf(&b, "- %s: %s\n", orCode(t.names, code), strings.ToLower(pick(t.dice, a.industries)))
	}
	b.WriteString("\n## Tools\n\n| name | role | first seen |\n|---|---|---|\n")
	for i, malware := range a.malware {
		fmt.Fprintf(&b, "| %s | %s | %d |\n", malware, [...]string{"loader", "back door"}[i%2], 2019+t.n(6))
	}
	b.WriteString("\n## How it works\n\n")
	for i, index := range t.steps[a.motive] {
		k := t.kinds[index]
		fmt.Fprintf(&b, "%d. %s (%s)\n", i+1, k.name, strings.Join(k.mitre, ", "))
	}
	fmt.Fprintf(&b, "\n## Look for\n\n```\n%s\n%s\n%s\n```\n", c.domains[0], c.addresses[0], c.samples[0])
	return b.String()
}

func (t *teller) waveInsight(c *campaign, number int, s *scene) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s, wave %d\n\nSince %s **%s** has been going after %s in %s. ", c.name, number, s.when.Format("2 January 2006"), s.actor.name,
		strings.ToLower(s.industry), t.names[s.country])
	fmt.Fprintf(&b, "We hold the attribution with *%s* confidence: names, registrar and the build path of %s agree with the wave before.\n\n",
		pick(t.dice, []string{"moderate", "high"}), s.malware)
	b.WriteString("## What is new\n\n")
	for _, line := range pickSome(t.dice, waveNews(), 3) {
		fmt.Fprintf(&b, "- %s\n", line)
	}
	b.WriteString("\n## Infrastructure\n\n| name | address | since |\n|---|---|---|\n")
	for i := range 4 {
		at := (number*4 + i) % poolSize
		fmt.Fprintf(&b, "| %s | %s | %s |\n", c.domains[at], c.addresses[at], s.when.AddDate(0, 0, -t.between(3, 60)).Format(time.DateOnly))
	}
	fmt.Fprintf(&b, "\n## Detection\n\n```yaml\ntitle: %s calls home\nlogsource:\n  category: proxy\ndetection:\n  selection:\n    host|endswith: %s\n    port: %d\n  condition: selection\n```\n",
		s.malware, c.domains[number%poolSize], s.port)
	b.WriteString("\n## To do\n\n1. Block the names above and look back ninety days.\n2. Reset passwords typed into the sign-in pages.\n3. Share with the sector, observing the marking.\n")
	return b.String()
}

func waveNews() []string {
	return []string{
		"The first mail no longer carries a file, only a link that works once.",
		"The loader checks the keyboard layout and stops on machines outside the target country.",
		"Commands come by way of a public note service before the server of its own is asked.",
		"Samples are signed with a certificate of a company that closed years ago.",
		"Night work has ended: most sessions are now within office hours of the origin.",
		"Stolen mailboxes of earlier victims are used to reach new ones.",
		"The archive's password is in a picture, which mail gateways don't read.",
		"Home routers in the victim's own country stand between the actor and its servers.",
	}
}

// pickSome picks count different members of list, in its order.
func pickSome(d dice, list []string, count int) []string {
	var out []string
	for i, item := range list {
		if left := len(list) - i; d.n(left) < count-len(out) {
			out = append(out, item)
		}
	}
	return out
}

func (t *teller) incidentNote(c *campaign, s *scene) string {
	return "## " + strings.ToUpper(s.victim[:1]) + s.victim[1:] + "\n\nPart of **" + c.name + "**. The first sign was a session to `" + s.address + "`; " +
		pick(t.dice, []string{
			"the help desk noticed it by a locked account.", "a partner told us, three days after it began.",
			"the proxy log shows the first visit on a Sunday.", "an endpoint alert had been closed as harmless.",
		}) + "\n\n- malware: " + s.malware + "\n- hosts concerned: *still counting*\n- next: " +
		pick(t.dice, []string{"collect memory images", "ask the provider for flow records", "talk to the supplier", "check the backups"}) + "\n"
}
