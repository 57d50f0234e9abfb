package form

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/attack"
	"threatbench/ui/widget/prompt"
	"threatbench/views"
)

// field is a line of the form.
type field struct {
	key, title string // as the contract spells it, and for a person
	required   bool
	list       bool   // values with commas between them
	lines      bool   // a text of several lines, written in a box of its own
	fixed      string // why it can't be changed here
	choices    func(c *async.Catalogs) []choice
	patch      func(p *api.EventPatch, value *string) // nil: not by the patch
	most       int                                    // characters
	was        string                                 // in the beginning
	moved      string                                 // what somebody did to it meanwhile
	input      *prompt.Model
	long       string // the text, where it is one of several lines
	err        string
}

// choice is a value a field may have, and a few words on it.
type choice struct{ value, detail string }

// maxLine is how long a text may be to be edited in its line.
const maxLine = 16 << 10

// several tells whether the text is written in a box of its own.
func (f *field) several() bool { return f.lines || f.long != "" }

func (f *field) value() string {
	if f.several() {
		return f.long
	}
	return strings.TrimSpace(f.input.Value())
}

func (f *field) set(text string) {
	if f.long = ""; f.lines || strings.ContainsAny(text, "\n\t") || len(text) > maxLine {
		f.long = text
		return
	}
	f.input.SetValue(text)
}

func (f *field) changed() bool { return f.fixed == "" && f.value() != f.was }

// items are the values of a list.
func (f *field) items() []string { return listed(f.value()) }

func listed(text string) []string {
	var out []string
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' }) {
		if part = strings.TrimSpace(part); part != "" && !slices.Contains(out, part) {
			out = append(out, part)
		}
	}
	return out
}

// maxOffered is how many completions are worth listing.
const maxOffered = 50

// complete are the choices whose value begins with a text, then those that
// hold it, or whose words on it do.
func (f *field) complete(text string, list []choice) []prompt.Suggestion {
	from := 0
	if f.list {
		from = strings.LastIndexByte(text, ',') + 1
	}
	to := len(f.input.Value())
	fold := api.Fold(strings.TrimSpace(text[from:]))
	lead := ""
	if from > 0 {
		lead = " "
	}
	var begin, hold []prompt.Suggestion
	for _, c := range list {
		s := prompt.Suggestion{Text: lead + c.value, Label: views.Shown(c.value), Detail: views.Shown(c.detail), From: min(from, to), To: to}
		switch v := api.Fold(c.value); {
		case v == fold:
		case strings.HasPrefix(v, fold):
			begin = append(begin, s)
		case strings.Contains(v, fold), strings.Contains(api.Fold(c.detail), fold):
			hold = append(hold, s)
		}
	}
	out := append(begin, hold...)
	return out[:min(len(out), maxOffered)]
}

// newFields are the fields there are, with the values of the event.
func (m *Model) newFields() []*field {
	list := m.plainFields()
	if m.event == nil {
		list = append(list, m.creationFields()...)
	} else {
		list = append(list, m.editFields()...)
	}
	for _, f := range list {
		f.input = prompt.New(m.env.Styles)
		f.set(f.was)
		f.was = f.value()
	}
	m.placeholders(list)
	if m.event != nil {
		m.guessed = m.guess(m.event.Indicator)
	}
	return list
}

// plainFields are those that are written in the same way in either case.
func (m *Model) plainFields() []*field {
	e := m.event
	if e == nil {
		e = &api.Event{Date: api.TimeOf(m.env.Now().Truncate(time.Second)), TLP: "amber"}
	}
	choices := map[api.Field]func(*async.Catalogs) []choice{
		api.FieldDate: m.moments, api.FieldCategory: categories, api.FieldTLP: markings,
		api.FieldAttackerCountry: countries, api.FieldTargetCountry: countries,
	}
	order := []api.Field{
		api.FieldDate, api.FieldCategory, api.FieldEvent, api.FieldTLP, api.FieldAttacker, api.FieldAttackerCountry,
		api.FieldTargetCountry, api.FieldTargetIndustry, api.FieldIndicator, api.FieldIndicatorType,
	}
	out := make([]*field, len(order))
	for i, name := range order {
		f, _ := api.FieldOf(name)
		out[i] = &field{key: string(name), title: f.Title, required: f.Required, was: f.Value(e), most: f.Max, choices: choices[name]}
		out[i].patch = func(p *api.EventPatch, v *string) { *f.Patch(p) = v }
		if f.Max == 0 {
			out[i].most = api.MaxName
		}
		if f.Kind == api.KindName && choices[name] == nil {
			out[i].choices = func(c *async.Catalogs) []choice { return plain(views.Catalogued(*c, name)) }
		}
	}
	return out
}

// titled is the title of a field that holds a list, or of one value.
func titled(name api.Field) string {
	f, _ := api.FieldOf(name)
	if f.Multi {
		return f.PluralTitle()
	}
	return f.Title
}

// creationFields are what only a new event can be given, or in another way.
func (m *Model) creationFields() []*field {
	return []*field{
		{key: "indicators", title: "more indicators", lines: true},
		{key: "tags", title: titled(api.FieldTags), list: true, choices: tags},
		{key: "killChain", title: titled(api.FieldKillChain), choices: stages},
		{key: "mitreAttack", title: titled(api.FieldMitreAttack), list: true, choices: m.techniques},
		{key: "mitreCapec", title: titled(api.FieldMitreCapec), list: true},
		{key: "datasetId", title: titled(api.FieldDataset), choices: datasets},
		{key: "references", title: titled(api.FieldReferences), list: true},
		{key: "insight", title: titled(api.FieldInsight), lines: true, most: api.MaxText},
		{key: "raw.data", title: "raw data", required: true, lines: true, was: "{}"},
		{key: "raw.source", title: "raw source", most: api.MaxText},
		{key: "raw.tlp", title: "raw TLP", choices: markings, most: api.MaxName},
	}
}

// editFields are what an event that is there can be given besides, and what it
// has by other ways.
func (m *Model) editFields() []*field {
	e := m.event
	fixed := "comes from the category"
	list := []*field{
		{key: "tags", title: titled(api.FieldTags), list: true, was: strings.Join(e.Tags, ", "), choices: tags},
		{key: "references", title: titled(api.FieldReferences), list: true, was: strings.Join(e.References, ", ")},
		{key: "insight", title: titled(api.FieldInsight), lines: true, was: e.Insight, patch: func(p *api.EventPatch, v *string) { p.Insight = v }, most: api.MaxText},
	}
	if e.RawID != "" {
		list = append(list, &field{key: "raw.data", title: "raw data", required: true, lines: true})
	}
	return append(list,
		&field{key: "killChain", title: titled(api.FieldKillChain), was: stage(e.KillChain), fixed: fixed},
		&field{key: "mitreAttack", title: titled(api.FieldMitreAttack), was: strings.Join(e.MitreAttack, ", "), fixed: fixed},
		&field{key: "mitreCapec", title: titled(api.FieldMitreCapec), was: strings.Join(e.MitreCapec, ", "), fixed: fixed},
		&field{key: "datasetId", title: titled(api.FieldDataset), was: e.DatasetID, fixed: "is changed by moving the event"},
	)
}

// placeholders say in empty fields what may stand there.
func (m *Model) placeholders(list []*field) {
	for _, f := range list {
		text := map[string]string{
			"date": "such as 2026-03-01T14:03:00Z", "category": "such as Phishing", "event": "what happened, in a sentence", "tlp": "such as amber",
			"attackerCountry": "such as US", "targetCountry": "such as US", "indicator": "an address, domain, URL or hash; many may be pasted",
			"tags": "such as c2, phishing", "killChain": "from the category", "mitreAttack": "from the category", "mitreCapec": "from the category",
			"datasetId": "the default one", "references": "ids of events", "raw.source": "where the record comes from", "raw.tlp": "the event's",
		}[f.key]
		if f.fixed != "" {
			text = "none"
		}
		f.input.SetPlaceholder(text)
	}
}

func plain(names []string) []choice {
	out := make([]choice, len(names))
	for i, n := range names {
		out[i] = choice{value: n}
	}
	return out
}

func (m *Model) moments(*async.Catalogs) []choice {
	now := m.env.Now()
	y, mon, d := now.In(m.env.Zone).Date()
	day := timeAt(y, mon, d, m.env.Zone)
	return []choice{
		{api.TimeOf(now.Truncate(time.Second)).String(), "now"},
		{api.TimeOf(day).String(), "today"},
		{api.TimeOf(day.AddDate(0, 0, -1)).String(), "yesterday"},
	}
}

func categories(c *async.Catalogs) []choice {
	out := make([]choice, len(c.Categories))
	for i, cat := range c.Categories {
		out[i] = choice{cat.Name, implied(cat)}
	}
	return out
}

// implied is what a category brings along, in words.
func implied(c api.Category) string {
	var parts []string
	if c.KillChain > 0 {
		parts = append(parts, stage(c.KillChain))
	}
	if len(c.MitreAttack)+len(c.MitreCapec) > 0 {
		parts = append(parts, strings.Join(slices.Concat(c.MitreAttack, c.MitreCapec), " "))
	}
	return strings.Join(parts, "  ")
}

func stage(n int) string {
	if n <= 0 {
		return ""
	}
	return strconv.Itoa(n) + " " + api.KillChainName(n)
}

func markings(*async.Catalogs) []choice {
	return []choice{
		{"clear", "for everyone"}, {"green", "for the community"}, {"amber", "for the organisation and its clients"},
		{"amber+strict", "for the organisation alone"}, {"red", "for the named people alone"},
	}
}

func countries(c *async.Catalogs) []choice {
	out := make([]choice, len(c.Countries))
	for i, country := range c.Countries {
		out[i] = choice{country.Alpha2, country.Name}
	}
	return out
}

func tags(c *async.Catalogs) []choice {
	out := make([]choice, len(c.Tags))
	for i, t := range c.Tags {
		out[i] = choice{value: t.Value}
	}
	return out
}

func stages(*async.Catalogs) []choice {
	out := make([]choice, api.MaxKillChain+1)
	for i := range out {
		out[i] = choice{strconv.Itoa(i), api.KillChainName(i)}
	}
	return out
}

// techniques are named once: there are hundreds, and every letter asks.
func (m *Model) techniques(*async.Catalogs) []choice {
	if m.named == nil {
		for t := range attack.Techniques() {
			m.named = append(m.named, choice{t.ID, attack.Name(t.ID)})
		}
	}
	return m.named
}

func datasets(c *async.Catalogs) []choice {
	var out []choice
	for _, d := range c.Datasets {
		if d.DeletedAt == nil && !d.IsAnalytics {
			out = append(out, choice{value: d.Name})
		}
	}
	return out
}
