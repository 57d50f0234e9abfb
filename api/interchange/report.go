package interchange

import (
	"bufio"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"threatbench/api"
	"threatbench/api/attack"
	"threatbench/api/clean"
	"threatbench/api/indicator"
)

// report writes events as Markdown for people: counts, a timeline, and the
// events with their indicators defanged. Nothing an event says is Markdown in
// it: all of it is escaped.
type report struct {
	o          ExportOptions
	events     int
	from, to   time.Time // of the events' dates; zero while none has one
	days       map[string]int
	attackers  map[string]int
	categories map[string]int
	markings   map[string]int
	techniques map[string]int // with their names
}

// rowsOfReport is how many rows the tables of a report have at most.
const rowsOfReport = 25

const techniqueTitle = "ATT&CK technique" // of a table in which an event counts in several rows

func newReport(o ExportOptions) *report {
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	o.Title = cmp.Or(strings.TrimSpace(o.Title), "Threat events")
	return &report{o: o, days: map[string]int{}, attackers: map[string]int{}, categories: map[string]int{}, markings: map[string]int{}, techniques: map[string]int{}}
}

// count takes a page into the counts, which stand before the events.
func (r *report) count(events []api.Event) error {
	for i := range events {
		e := &events[i]
		r.events++
		r.attackers[cmp.Or(e.Attacker, "unknown")]++
		r.categories[cmp.Or(e.Category, "none")]++
		tlp, _ := api.ParseTLP(e.TLP)
		r.markings[cmp.Or(tlp.String(), "none")]++
		r.days[day(e.Date)]++
		for _, t := range techniquesOf(e) {
			r.techniques[t]++
		}
		if at := e.Date.Time; !e.Date.IsZero() {
			if r.from.IsZero() || at.Before(r.from) {
				r.from = at
			}
			if at.After(r.to) {
				r.to = at
			}
		}
	}
	return nil
}

func day(t api.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return t.UTC().Format(time.DateOnly)
}

func (r *report) begin(w *bufio.Writer) error {
	fmt.Fprintf(w, "# %s\n\n", inline(r.o.Title))                            // the last write tells
	fmt.Fprintf(w, "- Filter: %s\n", code(cmp.Or(r.o.Filter, "everything"))) // the last write tells
	if !r.to.IsZero() {
		fmt.Fprintf(w, "- Period of the events: %s to %s\n", minute(r.from), minute(r.to)) // the last write tells
	}
	fmt.Fprintf(w, "- Written: %s\n- Events: %s\n", minute(r.o.Now), grouped(r.events)) // the last write tells
	if r.o.MaxTLP != api.TLPNone {
		fmt.Fprintf(w, "- Highest marking: TLP:%s\n", strings.ToUpper(r.o.MaxTLP.String())) // the last write tells
	}
	if r.events == 0 {
		_, err := w.WriteString("\nNo events.\n")
		return err
	}
	tally(w, "attacker", r.attackers)
	tally(w, "category", r.categories)
	tally(w, "TLP", r.markings)
	if len(r.techniques) > 0 {
		tally(w, techniqueTitle, r.techniques)
	}
	r.timeline(w)
	_, err := w.WriteString("\n## Events\n")
	return err
}

// techniquesOf are the techniques of an event with their names, each once.
func techniquesOf(e *api.Event) []string {
	var list []string
	for _, id := range e.MitreAttack {
		id = strings.ToUpper(strings.TrimSpace(id))
		if t := strings.TrimSpace(id + " " + attack.Name(id)); t != "" {
			list = append(list, t)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// grouped writes n with thousands separated.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// tally writes a table of counts, the largest first.
func tally(w *bufio.Writer, title string, counts map[string]int) {
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	countTable(w, title, keys, counts)
}

func countTable(w *bufio.Writer, title string, keys []string, counts map[string]int) {
	fmt.Fprintf(w, "\n## Events by %s\n\n| %s | Events |\n|---|---:|\n", title, title) // the last write tells
	rest := 0
	for i, k := range keys {
		if i >= rowsOfReport {
			rest += counts[k]
			continue
		}
		fmt.Fprintf(w, "| %s | %s |\n", inline(k), grouped(counts[k])) // the last write tells
	}
	if rest > 0 {
		n := grouped(rest)
		if title == techniqueTitle {
			n = "at most " + n // events of several of them are in it more than once
		}
		fmt.Fprintf(w, "| %s more | %s |\n", grouped(len(keys)-rowsOfReport), n) // the last write tells
	}
}

// timeline writes how many events there are by day, or by month or year where
// there are many days.
func (r *report) timeline(w *bufio.Writer) {
	counts, title := r.days, "day"
	for _, wider := range []struct {
		title string
		cut   int
	}{{"month", len("2006-01")}, {"year", len("2006")}} {
		if len(counts) <= rowsOfReport {
			break
		}
		cut := map[string]int{}
		for k, n := range counts {
			if k != "unknown" {
				k = k[:wider.cut]
			}
			cut[k] += n
		}
		counts, title = cut, wider.title
	}
	countTable(w, title, slices.Sorted(maps.Keys(counts)), counts)
}

func (r *report) event(w *bufio.Writer, x exported) error {
	e := x.event
	at := "unknown date"
	if !e.Date.IsZero() {
		at = e.Date.UTC().Format("2006-01-02 15:04:05 UTC")
	}
	fmt.Fprintf(w, "\n### %s: %s\n\n", at, inline(cmp.Or(e.Category, "none"))) // the last write tells
	paragraph(w, "", e.Event)
	for _, f := range []struct{ name, value string }{
		{"TLP", inline(strings.ToUpper(e.TLP))},
		{"Indicator", indicatorText(e)},
		{"Other indicators", moreText(e)},
		{"Attacker", origin(e.Attacker, e.AttackerCountry)},
		{"Target", origin(e.TargetIndustry, e.TargetCountry)},
		{"Kill chain", stageText(e.KillChain)},
		{"ATT&CK", inline(strings.Join(e.MitreAttack, ", "))},
		{"CAPEC", inline(strings.Join(e.MitreCapec, ", "))},
		{"Tags", inline(strings.Join(e.Tags, ", "))},
		{"Dataset", inline(x.dataset)},
		{"Id", code(e.UUID)},
	} {
		if f.value != "" {
			fmt.Fprintf(w, "- %s: %s\n", f.name, f.value) // the last write tells
		}
	}
	if e.Insight != "" {
		w.WriteString("\n") // the last write tells
		paragraph(w, "> ", e.Insight)
	}
	_, err := w.WriteString("") // gives the first error of all the writes
	return err
}

// end writes nothing: how many events are above the limit is nothing for those
// who may not see them.
func (*report) end(*bufio.Writer, ExportReport) error { return nil }

// indicatorText is the primary indicator; moreText those beside it.
func indicatorText(e *api.Event) string {
	if e.Indicator == "" {
		return ""
	}
	return oneIndicator(api.IndicatorInput{Value: e.Indicator, IndicatorType: e.IndicatorType})
}

func moreText(e *api.Event) string {
	var list []string
	for i, in := range e.AllIndicators() {
		if i > 0 || e.Indicator == "" {
			list = append(list, oneIndicator(in))
		}
	}
	return strings.Join(list, ", ")
}

func oneIndicator(in api.IndicatorInput) string {
	kind := ""
	if in.IndicatorType != "" {
		kind = " (" + inline(in.IndicatorType) + ")"
	}
	return code(indicator.Defang(in.Value)) + kind
}

func origin(who, country string) string {
	switch {
	case country == "":
		return inline(who)
	case who == "":
		return inline(country)
	}
	return inline(who) + " (" + inline(country) + ")"
}

func stageText(stage int) string {
	if stage == 0 {
		return ""
	}
	return fmt.Sprintf("%d, %s", stage, api.KillChainName(stage))
}

// paragraph writes text of several lines, every one behind prefix.
func paragraph(w *bufio.Writer, prefix, text string) {
	var lines []string
	for l := range strings.SplitSeq(clean.Text(text), "\n") {
		lines = append(lines, prefix+inline(l))
	}
	text = strings.Join(lines, "\n")
	fmt.Fprintf(w, "%s\n\n", strings.TrimRight(text, "\n")) // the last write tells
}

// inline writes text so that it is that text in Markdown, on one line, with
// its indicators defanged.
func inline(s string) string {
	s = strings.TrimSpace(clean.Line(indicator.DefangText(s)))
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; c {
		case '<':
			b.WriteString("&lt;")
			continue
		case '\\', '`', '*', '{', '}', '|', '~', '$', '^':
			b.WriteByte('\\')
		case '&', '_', '[', ']', '!':
			if marksUp(s, i) {
				b.WriteByte('\\')
			}
		case '-', '+', '=', ':', '.', ')', '@', '>', '#':
			if opensBlock(s, i) || links(s, i) {
				b.WriteByte('\\')
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// marksUp tells whether the sign at s[i] would mean something where it stands:
// not so an ampersand that begins no entity, an underscore within a word, the
// brackets of a defanged dot, and an exclamation mark before no image.
func marksUp(s string, i int) bool {
	switch s[i] {
	case '&':
		end := strings.IndexByte(s[i:], ';')
		return end > 0 && !strings.ContainsAny(s[i+1:i+end], " &")
	case '_':
		return !letterAt(s, i-1) || !letterAt(s, i+1)
	case '!':
		return strings.HasPrefix(s[i:], "![")
	case '[':
		return !(strings.HasPrefix(s[i:], "[.]") && letterAt(s, i-1) && letterAt(s, i+3))
	case ']':
		return i < 2 || marksUp(s, i-2) || !strings.HasPrefix(s[i-2:], "[.]")
	}
	return true
}

// letterAt tells whether there is a letter or digit of ASCII at s[i].
func letterAt(s string, i int) bool {
	if i < 0 || i >= len(s) {
		return false
	}
	c := s[i] | 0x20
	return c >= 'a' && c <= 'z' || s[i] >= '0' && s[i] <= '9'
}

// opensBlock tells whether the sign at s[i] would begin a list or underline a
// heading: one at the very start, or behind a number there.
func opensBlock(s string, i int) bool {
	if s[i] == '.' || s[i] == ')' {
		return strings.Trim(s[:i], "0123456789") == ""
	}
	return i == 0
}

// links tells whether the sign at s[i] would make a link of the text: www.
// and http:
func links(s string, i int) bool {
	before := strings.ToLower(s[max(0, i-3):i])
	return s[i] == '.' && before == "www" || s[i] == ':' && strings.HasPrefix(s[i:], "://") || s[i] == '@'
}

// code writes text as code, fenced by more backticks than it has.
func code(s string) string {
	s = strings.ReplaceAll(clean.Line(s), "|", "¦")
	if strings.TrimSpace(s) == "" {
		return ""
	}
	most, run := 0, 0
	for i := range len(s) {
		if s[i] != '`' {
			run = 0
			continue
		}
		run++
		most = max(most, run)
	}
	fence := strings.Repeat("`", most+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") || strings.TrimSpace(s) != s {
		s = " " + s + " " // which isn't part of the code
	}
	return fence + s + fence
}
