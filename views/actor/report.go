package actor

import (
	"fmt"
	"strings"

	"threatbench/api"
	"threatbench/api/indicator"
	"threatbench/views"
)

// report writes the profile as Markdown, to be read where the program isn't.
func (m *Model) report() {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", plain(m.p.name))
	fmt.Fprintf(&b, "%s; counted %s UTC.\n", plain(m.scope()), m.env.Now().UTC().Format("2006-01-02 15:04"))
	if t := m.p.sum.Timeline; !t.Start.IsZero() {
		fmt.Fprintf(&b, "%s events from %s to %s.\n", m.total(), t.Start.UTC().Format("2006-01-02"), t.End.UTC().Format("2006-01-02"))
	}
	if strictest := m.strictest(); strictest != "" {
		fmt.Fprintf(&b, "\n**TLP:%s**, the strictest marking among these events.\n", strings.ToUpper(strictest))
	}
	for _, s := range sections {
		m.reportSection(&b, string(s), strings.ToUpper(api.TitleOf(s)))
	}
	m.reportLatest(&b)
	m.env.Host.SaveAs("the profile", fileName(m.p.name)+".md", []byte(b.String()))
}

// strictest is the strictest marking of the events that were counted; "" where
// it isn't known. One that can't be read counts as red.
func (m *Model) strictest() string {
	top, _ := m.p.facet(string(api.FieldTLP))
	if len(top) == 0 {
		return ""
	}
	most := api.TLPNone
	for _, c := range top {
		tlp, ok := api.ParseTLP(c.Value)
		if !ok || tlp == api.TLPNone {
			tlp = api.TLPRed
		}
		most = max(most, tlp)
	}
	return most.String()
}

func (m *Model) reportSection(b *strings.Builder, column, title string) {
	top, distinct := m.p.facet(column)
	if len(top) == 0 {
		return
	}
	fmt.Fprintf(b, "\n## %s\n\n| value | events |\n|---|---:|\n", title[:1]+strings.ToLower(title[1:]))
	for _, c := range top {
		fmt.Fprintf(b, "| %s | %d |\n", plain(m.value(column, c.Value)), c.Count)
	}
	if more := distinct - len(top); more > 0 {
		fmt.Fprintf(b, "| and %s more | |\n", views.Count(more))
	}
}

func (m *Model) reportLatest(b *strings.Builder) {
	if len(m.p.newest) == 0 {
		return
	}
	b.WriteString("\n## Latest events\n\n| date (UTC) | TLP | category | indicator | event |\n|---|---|---|---|---|\n")
	for _, e := range m.p.newest {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", stamp(e.Date), plain(e.TLP), plain(e.Category), plain(indicator.Defang(e.Indicator)), plain(e.Event))
	}
}

func stamp(t api.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// plain is text from outside that means nothing in Markdown, on one line.
func plain(s string) string {
	var b strings.Builder
	for _, r := range views.OneLine(s) {
		if strings.ContainsRune("\\`*_{}[]<>()#+-!|~&", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// fileName is a name of letters, digits and dashes made of an actor's.
func fileName(name string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, name)
	if clean = strings.Trim(clean, "-"); clean == "" {
		return "actor"
	}
	return clean[:min(len(clean), 60)]
}
