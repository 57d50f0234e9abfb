package detail

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"threatbench/api"
	"threatbench/api/attack"
	"threatbench/api/knowngood"
	"threatbench/theme"
	"threatbench/views"
)

// layOverview writes the overview's lines for w cells, once per event, width
// and theme.
func (m *Model) layOverview(w int) {
	now := source{m.event.UUID, w, m.env.Version}
	if m.laid == now {
		return
	}
	m.laid = now
	p := page{env: m.env, w: min(w, widest)}
	e := m.event
	p.prose(e.Event, m.env.Styles.Strong)
	p.gap()
	p.section("WHO")
	p.field(api.FieldAttacker, e.Attacker)
	p.field(api.FieldAttackerCountry, country(e.AttackerCountry, e.AttackerCountryAlpha3))
	p.section("WHOM")
	p.field(api.FieldTargetCountry, country(e.TargetCountry, e.TargetCountryAlpha3))
	p.field(api.FieldTargetIndustry, e.TargetIndustry)
	p.section("HOW")
	p.field(api.FieldCategory, e.Category)
	if e.KillChain > 0 {
		p.field(api.FieldKillChain, fmt.Sprintf("%d %s", e.KillChain, api.KillChainName(e.KillChain)))
	}
	p.named(api.FieldMitreAttack, e.MitreAttack, attack.Name)
	p.named(api.FieldMitreCapec, e.MitreCapec, attack.Pattern)
	p.section("WITH")
	p.field(api.FieldIndicator, e.Indicator)
	p.field(api.FieldIndicatorType, e.IndicatorType)
	p.knownGood(e)
	p.section("EVENT")
	p.styled(api.TitleOf(api.FieldTLP), e.TLP, m.env.TLP(e.TLP))
	p.field(api.FieldDate, m.env.LongDate(e.Date))
	p.field(api.FieldCreatedAt, m.env.LongDate(e.CreatedAt))
	p.field(api.FieldTags, strings.Join(e.Tags, ", "))
	p.field(api.FieldReferences, counts(e))
	if e.HasChildren {
		p.field(api.FieldHasChildren, "yes")
	}
	p.field(api.FieldUUID, e.UUID)
	p.field(api.FieldDataset, e.DatasetID)
	m.overview.SetLines(p.lines)
}

func country(alpha2, alpha3 string) string {
	c, ok := api.CountryByCode(alpha2)
	if !ok {
		return strings.TrimSpace(alpha2 + " " + alpha3)
	}
	return c.Name + " (" + c.Alpha2 + ")"
}

func counts(e *api.Event) string {
	if e.NumReferences+e.NumReferenced == 0 {
		return ""
	}
	return fmt.Sprintf("%d to others, %d from others", e.NumReferences, e.NumReferenced)
}

// labelWidth is the column of names.
const labelWidth = 17

// page collects the overview's lines.
type page struct {
	env     *views.Env
	w       int
	lines   []string
	heading string // a section's title that waits for its first row
}

func (p *page) gap() { p.lines = append(p.lines, "") }

func (p *page) section(title string) { p.heading = title }

func (p *page) prose(s string, pen theme.Pen) {
	for _, l := range strings.Split(s, "\n") {
		for _, part := range strings.Split(ansi.Wrap(views.Shown(l), max(p.w-2, 10), " /.-"), "\n") {
			p.lines = append(p.lines, " "+pen.Paint(part))
		}
	}
}

// row is a name and its value; an empty value leaves the row out.
func (p *page) row(name, value string) { p.styled(name, value, p.env.Styles.Text) }

func (p *page) styled(name, value string, pen theme.Pen) {
	if value == "" {
		return
	}
	const indent = 7
	st := p.env.Styles
	head := strings.Repeat(" ", indent)
	if p.heading != "" {
		head = st.Title.Paint(p.heading) + strings.Repeat(" ", max(indent-len(p.heading), 1))
		p.heading = ""
	}
	room := max(p.w-1-indent-labelWidth-1, 10)
	for i, part := range strings.Split(ansi.Wrap(views.Shown(value), room, " /.-,"), "\n") {
		if i > 0 {
			head, name = strings.Repeat(" ", indent), ""
		}
		p.lines = append(p.lines, " "+head+st.Faint.Paint(fmt.Sprintf("%-*s", labelWidth, name))+pen.Paint(part))
	}
}

// field is a row of a field of the event, by its title.
func (p *page) field(name api.Field, value string) {
	f, _ := api.FieldOf(name)
	title := f.Title
	if f.Multi {
		title = f.PluralTitle()
	}
	p.row(title, value)
}

// knownGood names the indicators that are known to be harmless, or tied to what
// is.
func (p *page) knownGood(e *api.Event) {
	label := "Known good"
	for _, i := range e.AllIndicators() {
		if f := p.env.Good.Find(i.Value); f.Tie != knowngood.None {
			p.styled(label, i.Value+": "+f.String(), p.env.Styles.Warn)
			label = ""
		}
	}
}

// named is a list of ids, each on a line of its own with the name it goes by.
func (p *page) named(field api.Field, ids []string, name func(id string) string) {
	f, _ := api.FieldOf(field)
	label := f.PluralTitle()
	for _, id := range ids {
		p.row(label, strings.TrimSpace(id+"  "+name(id)))
		label = ""
	}
}
