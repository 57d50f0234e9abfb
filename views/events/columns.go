package events

import (
	"strconv"
	"strings"

	"threatbench/api"
	"threatbench/theme"
	"threatbench/ui/widget/table"
	"threatbench/views"
)

// column is one thing a row can show: how it is drawn, what it sorts by and
// which condition its value makes.
type column struct {
	table.Column
	orderBy string
	field   api.Field // "" where no condition can be made of it
	text    func(e *api.Event, env *views.Env) table.Cell
	values  func(e *api.Event) []string // what + and - offer; nil means the cell's one value
	day     func(e *api.Event) api.Time // what + and - offer the day of, in place of values
	wished  int                         // the width a person gave it, 0 for none
	about   string                      // what the title doesn't say
	counted string                      // the column whose values' activity it shows, "" for none
	value   func(e *api.Event) string   // of that column
}

// columns lists every column, in the order the chooser shows them.
func columns() []column {
	return []column{
		{
			Column: table.Column{ID: "date", Title: heading(api.FieldDate), Min: 12, Width: 12, Max: 16, Priority: 1}, orderBy: "date", field: api.FieldDate,
			text: func(e *api.Event, env *views.Env) table.Cell { return table.Cell{Text: env.Date(e.Date)} },
			day:  func(e *api.Event) api.Time { return e.Date },
		},
		{
			Column: table.Column{ID: "tlp", Title: heading(api.FieldTLP), Min: 6, Width: 6, Max: 12, Priority: 2}, orderBy: "tlp", field: api.FieldTLP,
			text: func(e *api.Event, env *views.Env) table.Cell {
				return table.Cell{Text: views.ShortTLP(e.TLP), Pen: env.TLP(e.TLP)}
			},
			values: func(e *api.Event) []string { return oneOf(e.TLP) },
		},
		{
			Column: table.Column{ID: "attacker", Title: heading(api.FieldAttacker), Min: 13, Width: 16, Max: 28, Flex: 1, Priority: 3}, orderBy: "attacker", field: api.FieldAttacker,
			text:   plain(func(e *api.Event) string { return e.Attacker }),
			values: func(e *api.Event) []string { return oneOf(e.Attacker) },
		},
		{
			Column: table.Column{ID: "category", Title: heading(api.FieldCategory), Min: 14, Width: 18, Max: 28, Flex: 1, Priority: 4}, orderBy: "category", field: api.FieldCategory,
			text:   plain(func(e *api.Event) string { return e.Category }),
			values: func(e *api.Event) []string { return oneOf(e.Category) },
		},
		{
			Column: table.Column{ID: "indicator", Title: heading(api.FieldIndicator), Min: 17, Width: 26, Max: 64, Flex: 2, Priority: 5}, orderBy: "indicator", field: api.FieldIndicator,
			text:   indicatorCell,
			values: func(e *api.Event) []string { return oneOf(e.Indicator) },
		},
		{
			Column: table.Column{ID: "target", Title: "TARGET", Min: 8, Width: 16, Max: 26, Flex: 1, Priority: 6}, orderBy: "targetCountry", field: api.FieldTargetCountry,
			text:   plain(func(e *api.Event) string { return join(e.TargetCountry, e.TargetIndustry) }),
			values: func(e *api.Event) []string { return oneOf(e.TargetCountry) },
		},
		{
			Column: table.Column{ID: "tags", Title: heading(api.FieldTags), Min: 9, Width: 16, Max: 32, Flex: 1, Priority: 7}, orderBy: "tags", field: api.FieldTags,
			text:   list(func(e *api.Event) []string { return e.Tags }),
			values: func(e *api.Event) []string { return e.Tags },
		},
		{
			Column: table.Column{ID: "event", Title: heading(api.FieldEvent), Min: 20, Width: 50, Max: 400, Flex: 6, Priority: 8}, orderBy: "event", field: api.FieldEvent,
			text:   plain(func(e *api.Event) string { return views.OneLine(e.Event) }),
			values: func(e *api.Event) []string { return oneOf(e.Event) },
		},
		{
			Column: table.Column{ID: "origin", Title: heading(api.FieldAttackerCountry), Min: 4, Width: 16, Max: 16, Priority: 9}, orderBy: "attackerCountry", field: api.FieldAttackerCountry,
			text:   plain(func(e *api.Event) string { return e.AttackerCountry }),
			values: func(e *api.Event) []string { return oneOf(e.AttackerCountry) },
		},
		{
			Column: table.Column{ID: "industry", Title: heading(api.FieldTargetIndustry), Min: 8, Width: 16, Max: 30, Flex: 1, Priority: 9}, orderBy: "targetIndustry", field: api.FieldTargetIndustry,
			text:   plain(func(e *api.Event) string { return e.TargetIndustry }),
			values: func(e *api.Event) []string { return oneOf(e.TargetIndustry) },
		},
		{
			Column: table.Column{ID: "type", Title: heading(api.FieldIndicatorType), Min: 4, Width: 14, Max: 16, Priority: 9}, orderBy: "indicatorType", field: api.FieldIndicatorType,
			text:   plain(func(e *api.Event) string { return e.IndicatorType }),
			values: func(e *api.Event) []string { return oneOf(e.IndicatorType) },
		},
		{
			Column: table.Column{ID: "killchain", Title: heading(api.FieldKillChain), Min: 3, Width: 14, Max: 24, Priority: 10}, orderBy: "killChain", field: api.FieldKillChain,
			text: plain(func(e *api.Event) string {
				return strconv.Itoa(e.KillChain) + " " + api.KillChainName(e.KillChain)
			}),
			values: func(e *api.Event) []string { return oneOf(strconv.Itoa(e.KillChain)) },
		},
		{
			Column: table.Column{ID: "mitre", Title: heading(api.FieldMitreAttack), Min: 6, Width: 10, Max: 24, Priority: 10}, orderBy: "mitreAttack", field: api.FieldMitreAttack,
			text:   list(func(e *api.Event) []string { return e.MitreAttack }),
			values: func(e *api.Event) []string { return e.MitreAttack },
		},
		{
			Column: table.Column{ID: "references", Title: "REFS", Min: 4, Width: 4, Max: 6, Right: true, Priority: 10}, orderBy: "numReferences",
			text: plain(func(e *api.Event) string { return blankZero(e.NumReferences + e.NumReferenced) }),
		},
		{
			Column: table.Column{ID: "created", Title: heading(api.FieldCreatedAt), Min: 12, Width: 12, Max: 16, Priority: 10}, orderBy: "createdAt", field: api.FieldCreatedAt,
			text: func(e *api.Event, env *views.Env) table.Cell { return table.Cell{Text: env.Date(e.CreatedAt)} },
			day:  func(e *api.Event) api.Time { return e.CreatedAt },
		},
		activityColumn("attacker-activity", "BY ATTACKER", "attacker", api.FieldAttacker, func(e *api.Event) string { return e.Attacker }),
		activityColumn("category-activity", "BY CATEGORY", "category", api.FieldCategory, func(e *api.Event) string { return e.Category }),
		activityColumn("target-activity", "BY TARGET", "targetCountry", api.FieldTargetCountry, func(e *api.Event) string { return e.TargetCountry }),
	}
}

// offers lists the values of an event's cell that + and - take; ok is false
// where the column has none of its own.
func (c *column) offers(e *api.Event, env *views.Env) (values []string, ok bool) {
	if c.day != nil {
		return oneOf(env.Day(c.day(e))), true
	}
	if c.values == nil {
		return nil, false
	}
	return c.values(e), true
}

// heading stands over the column of a field.
func heading(f api.Field) string {
	info, _ := api.FieldOf(f)
	if info.Multi {
		return strings.ToUpper(info.PluralTitle())
	}
	return info.Heading()
}

// ColumnIDs are the names of the columns, as a configuration takes them.
func ColumnIDs() []string {
	var ids []string
	for _, c := range columns() {
		ids = append(ids, c.ID)
	}
	return ids
}

// defaultColumns are shown until the person chooses others.
func defaultColumns() []string {
	return []string{"date", "tlp", "attacker", "category", "indicator", "target", "tags", "event"}
}

func plain(of func(*api.Event) string) func(*api.Event, *views.Env) table.Cell {
	return func(e *api.Event, _ *views.Env) table.Cell { return table.Cell{Text: of(e)} }
}

// The marks of known-good indicators and of those that hold one, by the room
// there is.
var (
	good  = []string{"(good)", "(g)"}
	holds = []string{"(holds good)", "(holds)", "(h)"}
)

// indicatorCell is the indicator, with a mark where it is known to be harmless
// or, as a network may, holds something that is. The mark takes no room that
// the indicator needs.
func indicatorCell(e *api.Event, env *views.Env) table.Cell {
	cell := table.Cell{Text: e.Indicator}
	switch f := env.Good.Find(e.Indicator); {
	case f.Harmless():
		cell.Notes = good
	case f.Spared():
		cell.Notes = holds
	}
	return cell
}

func list(of func(*api.Event) []string) func(*api.Event, *views.Env) table.Cell {
	return func(e *api.Event, _ *views.Env) table.Cell { return first(of(e)) }
}

// first shows a list by its first element and the count of the others.
func first(values []string) table.Cell {
	switch len(values) {
	case 0:
		return table.Cell{}
	case 1:
		return table.Cell{Text: values[0]}
	}
	return table.Cell{Text: values[0], Tail: " +" + strconv.Itoa(len(values)-1)}
}

func oneOf(v string) []string {
	if v == "" {
		return nil
	}
	return []string{v}
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}

func blankZero(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// faintPen is how a stale list is drawn: what is there is old, not wrong.
func faintPen(st *theme.Styles) theme.Pen { return st.Faint }
