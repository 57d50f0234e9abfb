package charts

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/views"
)

// maxGroups is how many groups a chart of two columns asks for.
const maxGroups = 10_000

// The questions of a chart, which are also the names of their slots.
const (
	askMain   = "main"
	askParts  = "parts"
	askBefore = "before"
	askWere   = "were" // the parts before
)

// card is one chart: what it is to show, the counts it has got, the picture.
type card struct {
	env   *views.Env
	id    string // tells its slots from those of other cards
	spec  Spec
	names namer
	width int // cells of the picture as drawn last

	asked  Spec // what the counts are of
	text   string
	span   span
	got    map[string]api.Groups
	wanted map[string]bool // questions not yet answered
	slow   bool
	err    error
	took   time.Duration
	loaded time.Time

	plot   plot
	bucket api.Bucket // of a chart over time
	gone   bool       // the saved query it is of isn't there
}

func newCard(env *views.Env, id string, s Spec) *card {
	return &card{env: env, id: id, spec: s.sound(), got: map[string]api.Groups{}, wanted: map[string]bool{}, width: 80}
}

func (c *card) slot(question string) async.Slot {
	return async.Slot{View: View, Name: c.id + "/" + question}
}

// load asks for what the spec needs. What is drawn stays until it is answered.
func (c *card) load(opts ...async.Option) tea.Cmd {
	c.spec = c.spec.sound()
	c.asked, c.err, c.slow = c.spec, nil, false
	c.wanted = map[string]bool{}
	c.got = map[string]api.Groups{}
	c.span, _ = spanOf(c.spec.Range, c.env.Now())
	c.text = c.spec.filter(c.span)
	for _, q := range []string{askMain, askParts, askBefore, askWere} {
		c.env.Async.Cancel(c.slot(q))
	}
	cmds := []tea.Cmd{c.ask(askMain, c.text, c.mainQuery(), opts...)}
	if c.comparing() {
		q := c.mainQuery()
		q.Limit = maxGroups
		cmds = append(cmds, c.ask(askBefore, within(c.spec.Filter, c.span.before()), q, opts...))
	}
	return tea.Batch(cmds...)
}

// comparing tells whether the time before is asked for too.
func (c *card) comparing() bool {
	return c.spec.Compare && !c.span.all() && c.spec.Kind != Flow
}

// ask sends one question under a filter.
func (c *card) ask(question, filter string, q api.GroupQuery, opts ...async.Option) tea.Cmd {
	list, err := c.spec.query(filter, c.env.Now())
	if err != nil {
		c.err = err
		return nil
	}
	q.Filter = list
	c.wanted[question] = true
	return c.env.Async.Groups(c.slot(question), q, 0, opts...)
}

// mainQuery is the first question. Over time it is for days whatever the
// step: they add up to all others, so that changing the step asks nothing.
func (c *card) mainQuery() api.GroupQuery {
	switch {
	case c.spec.Kind == Over:
		q := api.GroupQuery{Bucket: api.BucketDay, ByKey: true, Limit: maxGroups}
		if c.hourly() {
			q.Bucket = api.BucketHour
		}
		return q
	case c.spec.Kind == Attack:
		return api.GroupQuery{Columns: []string{"mitreAttack"}, Limit: maxGroups}
	case c.spec.Split != "":
		return api.GroupQuery{Columns: []string{c.spec.By, c.spec.Split}, Limit: maxGroups}
	}
	return api.GroupQuery{Columns: []string{c.spec.By}, Limit: c.spec.Top}
}

// hourly tells whether days are too coarse a step.
func (c *card) hourly() bool {
	return c.spec.Bucket == api.BucketHour || c.spec.Bucket == "" && !c.span.all() && c.span.length() <= 3*day
}

// step is the time step drawn: the one chosen, or what fits the width.
func (c *card) step(g api.Groups) api.Bucket {
	switch {
	case c.hourly():
		return api.BucketHour
	case c.spec.Bucket != "":
		return c.spec.Bucket
	}
	from, to := c.span.from, c.span.until.Add(-1)
	if c.span.all() {
		from, to = extent(g)
	}
	return fitting(from, to, max((c.width-10)/c.spec.stepWidth(), 10))
}

// receive takes an answer; it may lead to a further question.
func (c *card) receive(question string, f async.GroupsLoaded) tea.Cmd {
	delete(c.wanted, question)
	if c.took = f.Took; f.Err != nil {
		c.err = f.Err
		return nil
	}
	c.got[question] = f.Groups
	if question == askMain && c.spec.Kind == Over && c.spec.Split != "" {
		c.bucket = c.step(f.Groups)
		q := api.GroupQuery{Columns: []string{c.spec.Split}, Bucket: c.bucket, Limit: maxGroups}
		parts := c.ask(askParts, c.text, q)
		if !c.comparing() {
			return parts
		}
		return tea.Batch(parts, c.ask(askWere, within(c.spec.Filter, c.span.before()), q))
	}
	if len(c.wanted) == 0 {
		c.loaded, c.slow = c.env.Now(), false
		c.build()
	}
	return nil
}

// answer is what a question brought, nil where it wasn't asked.
func (c *card) answer(question string) *api.Groups {
	g, ok := c.got[question]
	if !ok {
		return nil
	}
	return &g
}

// build makes the picture of what was answered.
func (c *card) build() {
	g, ok := c.got[askMain]
	if !ok || c.err != nil {
		return
	}
	switch c.asked.Kind {
	case Over:
		if c.asked.Split == "" {
			c.bucket = c.step(g)
		}
		c.plot = newOver(c.env.Styles, c.asked, c.names, c.bucket, c.span, g, c.answer(askParts), c.answer(askBefore), c.answer(askWere))
	case Heat:
		c.plot = newHeat(c.env.Styles, c.asked, c.names, g, c.answer(askBefore))
	case Flow:
		c.plot = newFlow(c.env.Styles, c.asked, c.names, g)
	case Attack:
		c.plot = newAttack(c.env.Styles, c.asked, c.names, g, c.answer(askBefore))
	case Chain:
		c.plot = newChain(c.env.Styles, c.asked, c.names, g, c.answer(askBefore))
	default:
		c.plot = newBars(c.env.Styles, c.asked, c.names, g, c.answer(askBefore))
	}
}

// resized redraws with the step that fits; a chart that is split has to ask
// again where that is another.
func (c *card) resized(w int) tea.Cmd {
	if w == c.width {
		return nil
	}
	c.width = w
	g, ok := c.got[askMain]
	if !ok || c.asked.Kind != Over || c.asked.Bucket != "" || c.busy() {
		return nil
	}
	if b := c.step(g); b != c.bucket {
		if c.asked.Split != "" {
			return c.load()
		}
		c.build()
	}
	return nil
}

// remodel draws the counts in another way; one that has other steps asks again
// for the counts by step.
func (c *card) remodel() tea.Cmd {
	if g, ok := c.got[askMain]; ok && c.asked.Kind == Over && c.asked.Split != "" && c.step(g) != c.bucket || c.busy() {
		return c.load()
	}
	c.asked.Mode = c.spec.Mode
	c.build()
	return nil
}

func (c *card) busy() bool { return len(c.wanted) > 0 }

// caveat is what has to be said about the numbers, "" for nothing.
func (c *card) caveat() string {
	g, ok := c.got[askMain]
	if !ok {
		return ""
	}
	var out []string
	if g.Unfiltered {
		out = append(out, "of all events: this server counts no filters")
	}
	if len(g.Rows) < g.Distinct && c.asked.Split != "" && c.asked.Kind != Over {
		out = append(out, "the "+views.Count(len(g.Rows))+" largest of "+views.Count(g.Distinct)+" groups")
	}
	for _, col := range []string{c.asked.By, c.asked.Split} {
		if isList(col) && (col == c.asked.Split || c.asked.Kind != Over) {
			out = append(out, "an event counts under each of its "+columnsName(col))
		}
	}
	return strings.Join(out, "; ")
}

// total is how many events the chart counts; -1 where unknown.
func (c *card) total() int {
	if g, ok := c.got[askMain]; ok {
		return g.Total
	}
	return -1
}

// drill is the filter and the datasets of what is under the cursor; why says
// why there is none.
func (c *card) drill(exclude bool) (filter string, datasets []string, why string) {
	filter, datasets = c.text, c.asked.Datasets
	p := picked{}
	if c.plot != nil {
		p = c.plot.picked()
	}
	if p.none() {
		return filter, datasets, "nothing is selected"
	}
	if !p.span.all() {
		filter = within(filter, p.span)
	}
	for _, x := range p.pairs {
		if filter, datasets, why = narrow(filter, datasets, x.col, x.value, exclude); why != "" {
			return filter, datasets, why
		}
	}
	return filter, datasets, ""
}
