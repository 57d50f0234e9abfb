package charts

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"threatbench/api"
	"threatbench/api/query"
	"threatbench/ui/widget/chart"
)

// Kind is a kind of chart.
type Kind string

// The kinds, by the names they are saved under.
const (
	Bars   Kind = "bars"
	Over   Kind = "time"
	Heat   Kind = "heatmap"
	Flow   Kind = "flow"
	Attack Kind = "attack"
	Chain  Kind = "killchain"
)

// kinds are all of them, in the order they are offered.
func kinds() []Kind { return []Kind{Bars, Over, Heat, Flow, Attack, Chain} }

func (k Kind) title() (title, about string) {
	switch k {
	case Over:
		return "Counts over time", "columns by day, week or month, also stacked by a second column"
	case Heat:
		return "Heatmap", "two columns crossed"
	case Flow:
		return "Flow", "from origin country to target country, or between any two columns"
	case Attack:
		return "ATT&CK matrix", "techniques by tactic"
	case Chain:
		return "Kill chain", "what each stage consists of"
	}
	return "Bars", "the values with the largest counts, also stacked or grouped by a second column"
}

// Spec is what a chart shows: all that is saved of it.
type Spec struct {
	Kind     Kind       `json:"kind"`
	By       string     `json:"by"`
	Split    string     `json:"split,omitempty"`
	Bucket   api.Bucket `json:"bucket,omitempty"` // "" is what fits
	Top      int        `json:"top,omitempty"`
	Mode     chart.Mode `json:"mode,omitempty"`
	Filter   string     `json:"filter,omitempty"`
	Own      bool       `json:"own,omitempty"` // the filter is the chart's own, not that of the events
	Datasets []string   `json:"datasets,omitempty"`
	Range    string     `json:"range,omitempty"` // "30d", "2024-01-01..2024-01-31", "" for all time
	Compare  bool       `json:"compare,omitempty"`
}

const defaultTop = 20

// sound is the spec with everything unknown replaced by a default: it may come
// from a file.
func (s Spec) sound() Spec {
	if !slices.Contains(kinds(), s.Kind) {
		s.Kind = Bars
	}
	if !slices.Contains(api.AggregateColumns(), s.By) {
		s.By = "attacker"
	}
	if !slices.Contains(api.AggregateColumns(), s.Split) || s.Split == s.By && s.Kind != Over {
		s.Split = ""
	}
	if s.Top < 1 || s.Top > 1000 {
		s.Top = defaultTop
	}
	if _, ok := spanOf(s.Range, time.Now()); !ok {
		s.Range = ""
	}
	switch {
	case s.Kind == Flow && s.Split == "":
		s.By, s.Split = "attackerCountry", "targetCountry"
	case (s.Kind == Heat || s.Kind == Chain) && s.Split == "":
		s.Split = "category"
		if s.By == s.Split {
			s.Split = "attacker"
		}
	case s.Kind == Attack:
		s.Split = ""
	}
	if s.Kind == Chain {
		s.By = "killChain"
		if s.Split == s.By {
			s.Split = "category"
		}
	}
	if s.Kind == Attack {
		s.By = "mitreAttack"
	}
	s.Mode = min(max(s.Mode, chart.Stacked), chart.Share)
	return s
}

// days is a range of whole UTC days, both included; zero for all time.
type days struct{ from, to time.Time }

func (d days) all() bool { return d.from.IsZero() }

func (d days) count() int { return int(d.to.Sub(d.from)/(24*time.Hour)) + 1 }

// before is the range of the same length that ends where this one begins.
func (d days) before() days {
	n := d.count()
	return days{d.from.AddDate(0, 0, -n), d.to.AddDate(0, 0, -n)}
}

func (d days) String() string {
	return d.from.Format(time.DateOnly) + ".." + d.to.Format(time.DateOnly)
}

// spanOf reads a range: "" for all time, "30d" for so many days up to today,
// or two dates.
func spanOf(text string, now time.Time) (days, bool) {
	if text == "" {
		return days{}, true
	}
	y, m, d := now.UTC().Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	if n := 0; strings.HasSuffix(text, "d") {
		if _, err := fmt.Sscanf(text, "%dd", &n); err == nil && n > 0 && n < 100_000 && text == fmt.Sprintf("%dd", n) {
			return days{today.AddDate(0, 0, 1-n), today}, true
		}
	}
	a, b, ok := strings.Cut(text, "..")
	if !ok {
		b = a
	}
	from, err1 := time.Parse(time.DateOnly, strings.TrimSpace(a))
	to, err2 := time.Parse(time.DateOnly, strings.TrimSpace(b))
	if err1 != nil || err2 != nil || to.Before(from) {
		return days{}, false
	}
	return days{from, to}, true
}

// filter is the chart's filter with its time range, as text.
func (s Spec) filter(d days) string {
	if d.all() {
		return s.Filter
	}
	return within(s.Filter, d)
}

// within is a filter narrowed to some days.
func within(text string, d days) string {
	text = query.And(text, api.Condition{Field: api.FieldDate, Op: api.OpGte, Values: []string{d.from.Format(time.DateOnly)}})
	return query.And(text, api.Condition{Field: api.FieldDate, Op: api.OpLte, Values: []string{d.to.Format(time.DateOnly)}})
}

// query is a filter as the API takes it.
func (s Spec) query(text string, now time.Time) (api.ListQuery, error) {
	f, err := query.Parse(text, now)
	if err != nil {
		return api.ListQuery{}, err
	}
	return api.ListQuery{Search: f.Search, Branches: f.Branches, Datasets: s.Datasets}, nil
}

// title says in words what the chart shows.
func (s Spec) title() string {
	switch s.Kind {
	case Over:
		t := "events per " + string(s.Bucket)
		if s.Bucket == "" {
			t = "events over time"
		}
		if s.Split != "" {
			t += " by " + columnName(s.Split)
		}
		return t
	case Heat:
		return columnsName(s.By) + " by " + columnName(s.Split)
	case Flow:
		return "from " + columnName(s.By) + " to " + columnName(s.Split)
	case Attack:
		return "ATT&CK techniques by tactic"
	case Chain:
		return "kill chain by " + columnName(s.Split)
	}
	t := fmt.Sprintf("top %d %s", s.Top, columnsName(s.By))
	if s.Split != "" {
		t += " by " + columnName(s.Split)
	}
	return t
}

// name is the title with what is counted, for lists and files.
func (s Spec) name() string {
	t := s.title()
	if s.Range != "" {
		t += ", " + rangeName(s.Range)
	}
	if s.Filter != "" {
		t += ", " + s.Filter
	}
	return t
}

// rangeName writes a range for people.
func rangeName(r string) string {
	switch {
	case r == "":
		return "all time"
	case r == "1d":
		return "today"
	case strings.HasSuffix(r, "d"):
		return "last " + strings.TrimSuffix(r, "d") + " days"
	}
	return strings.ReplaceAll(r, "..", " to ")
}

// columnName is what a column is called.
func columnName(col string) string {
	switch col {
	case "attackerCountry":
		return "origin country"
	case "indicatorType":
		return "indicator type"
	case "killChain":
		return "kill chain stage"
	case "mitreAttack":
		return "technique"
	case "mitreCapec":
		return "CAPEC pattern"
	case "tags":
		return "tag"
	case "targetCountry":
		return "target country"
	case "targetIndustry":
		return "industry"
	case "tlp":
		return "TLP"
	case "hasChildren":
		return "children"
	case "datasetId":
		return "dataset"
	}
	return col
}

// columnsName is its plural.
func columnsName(col string) string {
	n := columnName(col)
	switch {
	case col == "hasChildren":
		return n
	case strings.HasSuffix(n, "y"):
		return strings.TrimSuffix(n, "y") + "ies"
	case col == "tlp":
		return "TLP markings"
	}
	return n + "s"
}

// isList tells columns of which an event may have several values.
func isList(col string) bool { return col == "tags" || col == "mitreAttack" || col == "mitreCapec" }
