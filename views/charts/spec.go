package charts

import (
	"fmt"
	"slices"
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
		return "Counts over time", "columns or lines by day, week or month, also by a second column"
	case Heat:
		return "Heatmap", "two columns crossed"
	case Flow:
		return "Flow", "from attacker country to target country, or between any two columns"
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
	Own      bool       `json:"own,omitempty"`   // the filter is the chart's own, not that of the events
	Saved    *source    `json:"saved,omitempty"` // the saved query whose filter and datasets these are
	Datasets []string   `json:"datasets,omitempty"`
	Range    string     `json:"range,omitempty"` // see spanOf
	Compare  bool       `json:"compare,omitempty"`
}

// source is a saved query that a chart is of. The chart has its filter and
// datasets as they were known last, for the time until the queries are asked
// for, and after the query is gone.
type source struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
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
	if modes := s.modes(); !slices.Contains(modes, s.Mode) {
		s.Mode = modes[0]
	}
	return s
}

// modes are the ways the spec's parts can be drawn.
func (s Spec) modes() []chart.Mode {
	switch {
	case s.Kind == Over && s.Split == "":
		return []chart.Mode{chart.Stacked, chart.Lines}
	case s.Kind == Over:
		return []chart.Mode{chart.Stacked, chart.Grouped, chart.Share, chart.Lines}
	case s.Kind == Bars && s.Split != "":
		return []chart.Mode{chart.Stacked, chart.Grouped, chart.Share}
	}
	return []chart.Mode{chart.Stacked}
}

// stepWidth is how many cells a step over time needs: several lines with a
// point in every cell are a tangle, and groups hold a bar a series.
func (s Spec) stepWidth() int {
	if s.Split == "" || s.Mode != chart.Lines && s.Mode != chart.Grouped {
		return 1
	}
	return 5
}

// columns are those the counts are by.
func (s Spec) columns() []string {
	switch {
	case s.Kind == Over:
		return []string{s.Split}
	case s.Split != "":
		return []string{s.By, s.Split}
	}
	return []string{s.By}
}

// filter is the chart's filter with its time range, as text.
func (s Spec) filter(d span) string {
	if d.all() {
		return s.Filter
	}
	return within(s.Filter, d)
}

// dated tells whether the filter has dates of its own, which a range replaces.
func (s Spec) dated(now time.Time) bool {
	f, err := query.Parse(s.Filter, now)
	return err == nil && slices.ContainsFunc(f.Search, func(c api.Condition) bool { return c.Field == api.FieldDate })
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
	switch {
	case s.Saved != nil:
		t += ", " + s.Saved.Name
	case s.Filter != "":
		t += ", " + s.Filter
	}
	return t
}

// columnName is what a column is called.
func columnName(col string) string { return api.TitleOf(api.Field(col)) }

// columnsName is its plural.
func columnsName(col string) string {
	f, _ := api.FieldOf(api.Field(col))
	return f.PluralTitle()
}

// isList tells columns of which an event may have several values.
func isList(col string) bool {
	f, _ := api.FieldOf(api.Field(col))
	return f.Multi
}
