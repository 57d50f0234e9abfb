package demo

import (
	"math"
	"strconv"
	"time"

	"threatbench/api"
)

// How long the story is and what it is made of.
const (
	storyDays      = 548 // eighteen months
	campaignCount  = 48
	noiseShare     = 0.22 // of all events, those that belong to no campaign
	newestAge      = 2 * time.Minute
	poolSize       = 12 // domains, samples, … of one campaign
	ddosDataset    = "DDoS Attacks"
	probingDataset = "Scanning and Probing"
)

// campaign is one actor's effort over weeks: waves of incidents against a few
// countries and industries, from one pool of infrastructure.
type campaign struct {
	actor     int
	name      string
	dataset   string
	daily     [storyDays]float64 // how much happens, by day of the story
	waves     []int              // first day of each wave
	domains   []string
	mails     []string
	urls      []string
	addresses []string
	samples   []string
	tag       string
	tlp       []string // what its events are marked with, by turns
}

// plan is everything that is fixed before the first event is made.
type plan struct {
	actors    []actor
	kinds     []kind
	campaigns []campaign
	names     map[string]string
	victims   map[string][]string
	lures     []string
	ipv4      []string
	begin     time.Time
	hourly    []float64                             // cumulated weight, by hour of the story
	daily     [storyDays][campaignCount + 1]float64 // cumulated weight by campaign; the last is the noise
}

func newPlan(seed uint64, now time.Time) *plan {
	p := &plan{
		actors: actors(), kinds: kinds(), names: countryNames(), victims: victims(), lures: lures(), ipv4: reservedIPv4(),
		begin: now.Add(-newestAge).Add(-storyDays * 24 * time.Hour).Truncate(time.Millisecond),
	}
	d := newDice(seed, 1)
	for i := range campaignCount {
		p.campaigns = append(p.campaigns, p.newCampaign(d, i))
	}
	p.weigh()
	return p
}

// reservedIPv4 lists the documentation addresses of RFC 5737.
func reservedIPv4() []string {
	var all []string
	for _, net := range []string{"192.0.2.", "198.51.100.", "203.0.113."} {
		for host := 1; host < 255; host++ {
			all = append(all, net+strconv.Itoa(host))
		}
	}
	return all
}

func (p *plan) newCampaign(d dice, i int) campaign {
	first, second := operationWords()
	c := campaign{
		actor:   i % len(p.actors),
		name:    "Operation " + first[(i*7+d.n(3))%len(first)] + " " + second[(i*5+d.n(3))%len(second)],
		dataset: api.DefaultDataset,
	}
	if p.actors[c.actor].motive == disruption {
		c.dataset = ddosDataset
	}
	c.tag = "op-" + lowerDashed(c.name[len("Operation "):])
	c.tlp = pick(d, [][]string{
		{"amber", "amber", "green", "amber", "amber+strict"}, {"green", "green", "clear", "amber"},
		{"amber+strict", "red", "amber", "amber+strict"}, {"clear", "green", "green"}, {"amber", "green", "clear"},
	})
	c.spread(d, i)
	c.equip(p, d)
	return c
}

// spread lays the campaign's waves over the days of the story. Every sixth
// campaign is still going on at its end.
func (c *campaign) spread(d dice, i int) {
	length := d.between(25, 150)
	start := d.n(storyDays - length/2)
	if i%6 == 0 {
		start = storyDays - length
	}
	size := math.Exp(2.2*d.unit()) / 2
	waves := d.between(2, 5)
	for w := range waves {
		center := float64(start) + float64(length)*(float64(w)+0.3+0.5*d.unit())/float64(waves)
		width := 2 + float64(length)*d.unit()/float64(2*waves)
		c.waves = append(c.waves, int(center-1.5*width))
		for day := range c.daily {
			away := (float64(day) - center) / width
			c.daily[day] += size * math.Exp(-away*away)
		}
	}
	if i%6 == 0 {
		for day := storyDays - 10; day < storyDays; day++ {
			c.daily[day] += size / 2
		}
	}
	for day, weight := range c.daily {
		if weight < size/50 {
			c.daily[day] = 0
		}
	}
}

// equip gives the campaign its infrastructure.
func (c *campaign) equip(p *plan, d dice) {
	for range poolSize {
		domain := newDomain(d)
		c.domains = append(c.domains, domain)
		c.mails = append(c.mails, pick(d, mailNames())+"@"+domain)
		c.urls = append(c.urls, "https://"+domain+pick(d, urlPaths()))
		c.addresses = append(c.addresses, pick(d, p.ipv4))
		c.samples = append(c.samples, string(d.appendHex(nil, 64)))
	}
}

func mailNames() []string {
	return []string{"billing", "no-reply", "it.support", "hr", "office", "press", "m.keller", "a.novak", "accounts", "events"}
}

func urlPaths() []string {
	return []string{"/signin", "/owa/auth.php", "/update/check", "/d/invoice.zip", "/s/report.docm", "/api/v1/session", "/search", "/account/verify"}
}

// newDomain is a made-up name below one of the reserved ones.
func newDomain(d dice) string {
	first, second := domainWords()
	host := pick(d, first)
	if d.chance(60) {
		host += "-" + strconv.Itoa(d.between(1, 99))
	}
	return host + "." + pick(d, second) + pick(d, []string{".example", ".example", ".example.com", ".example.net", ".example.org"})
}

// weigh makes the cumulated tables: how the days weigh campaign by campaign,
// and the hours by the rhythm of day and week.
func (p *plan) weigh() {
	var all float64
	for i := range p.campaigns {
		for _, weight := range p.campaigns[i].daily {
			all += weight
		}
	}
	noise := all / storyDays * noiseShare / (1 - noiseShare)
	for day := range p.daily {
		sum := 0.0
		for i := range p.campaigns {
			sum += p.campaigns[i].daily[day]
			p.daily[day][i] = sum
		}
		p.daily[day][campaignCount] = sum + noise
	}
	sum := 0.0
	for hour := range storyDays * 24 {
		sum += p.daily[hour/24][campaignCount] * rhythm(p.begin.Add(time.Duration(hour)*time.Hour))
		p.hourly = append(p.hourly, sum)
	}
}

// rhythm is how busy the hour of t is: office hours more than nights, and
// weekends less than the rest.
func rhythm(t time.Time) float64 {
	busy := 0.45 + 0.55*math.Exp(-math.Pow((float64(t.Hour())-12)/4.5, 2))
	switch t.Weekday() {
	case time.Saturday:
		return busy * 0.6
	case time.Sunday:
		return busy * 0.5
	}
	return busy
}

// campaignOn picks whose event it is on a day: an index of campaigns, or
// campaignCount for the noise.
func (p *plan) campaignOn(d dice, day int) int {
	weights := &p.daily[day]
	at := d.unit() * weights[campaignCount]
	for i, sum := range weights {
		if at < sum {
			return i
		}
	}
	return campaignCount
}

func lowerDashed(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c == ' ' {
			b[i] = '-'
		} else if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
