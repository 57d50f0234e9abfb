package ui_test

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"threatbench/api"
	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// Groups counts as the server does.
func (f *fake) Groups(ctx context.Context, q api.GroupQuery) (api.Groups, error) {
	if err := f.openVisit(ctx); err != nil {
		return api.Groups{}, err
	}
	all := f.matching(q.Filter)
	counts := map[string]int{}
	rows := map[string]api.Group{}
	for i := range all {
		for _, keys := range keysOf(&all[i], q.Columns) {
			g := api.Group{Keys: keys}
			if q.Bucket != "" {
				g.Date = api.TimeOf(all[i].Date.Truncate(24 * time.Hour))
				if q.Bucket == api.BucketHour {
					g.Date = api.TimeOf(all[i].Date.Truncate(time.Hour))
				}
			}
			id := g.Date.String() + strings.Join(keys, "\x00")
			counts[id]++
			rows[id] = g
		}
	}
	g := api.Groups{Total: len(all), Distinct: len(counts)}
	for id, r := range rows {
		r.Count = counts[id]
		g.Rows = append(g.Rows, r)
	}
	slices.SortFunc(g.Rows, func(a, b api.Group) int {
		byKey := cmp.Or(a.Date.Compare(b.Date.Time), slices.Compare(a.Keys, b.Keys))
		if q.ByKey {
			return byKey
		}
		return cmp.Or(b.Count-a.Count, byKey)
	})
	g.Rows = g.Rows[:min(len(g.Rows), max(q.Limit, 1))]
	return g, nil
}

// keysOf are the combinations an event counts under.
func keysOf(e *api.Event, columns []string) [][]string {
	out := [][]string{{}}
	for _, col := range columns {
		var wider [][]string
		values := field(e, api.Field(col))
		if len(values) == 0 {
			values = []string{""}
		}
		for _, keys := range out {
			for _, v := range values {
				wider = append(wider, append(slices.Clone(keys), v))
			}
		}
		out = wider
	}
	return out
}

// choose takes the n-th entry of the menu that key opens.
func choose(p *uitest.Program, key string, n int) {
	press(p, key)
	for range n {
		press(p, "down")
	}
	press(p, "enter")
}

func TestChartsCountTheEventsOnTheScreen(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(400), usual(), func(p *uitest.Program) {
		before := p.Screen()
		press(p, "6")
		p.Check()
		p.Want("Top 20 attackers", "400 events", "no filter")
		if before.String() == p.Screen().String() {
			t.Error("nothing has changed")
		}
		press(p, "j", "enter") // the second attacker's events
		p.Want("attacker:", "1 of ")
		press(p, "alt+left")
		p.Want("Top 20 attackers")
		press(p, "1")
		enter(p, "/category:Phishing")
		press(p, "enter", "6")
		p.Want("as the events: category:Phishing")
		press(p, "j", "+")
		p.Want("attacker:")
		p.WantNot("as the events")
		press(p, "f")
		p.Want("as the events")
	})
}

func TestChartOverTimeSelectsComparesAndDrills(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(400), usual(), func(p *uitest.Program) {
		press(p, "6")
		choose(p, "c", 1)
		p.Want("Events per", "400 events")
		choose(p, "t", 5)
		p.Want("last 90 days", "Events per day")
		press(p, "v")
		p.Want("against 2025", "the period before", "previously ")
		press(p, "h", "]", "h", "h", "[", "+")
		p.Want("2026-03-11 to 2026-03-13")
		press(p, "alt+left")
		p.Want("last 90 days")
		press(p, "enter")
		p.Want("date>=2026-", "date<=2026-")
		p.Check()
	})
}

// Activity columns are asked for by one call each for all rows in sight, and
// what is known isn't asked for again.
func TestActivityColumns(t *testing.T) {
	t.Parallel()
	f := newFake(400)
	columns := []string{"date", "attacker", "attacker-activity", "category", "category-activity"}
	for _, c := range profiles {
		o := usual()
		o.Profile = c.profile
		f.calls.Store(0)
		workbenchWith(t, ui.Options{API: f, Columns: columns, ASCII: c.ascii}, o, func(p *uitest.Program) {
			p.Want("BY ATTACKER", "BY CATEGORY")
			if n := f.calls.Load(); n != 4 {
				t.Errorf("%d calls for the events, their counts and two columns", n)
			}
			p.Golden("activity-120x40-" + c.name)
			press(p, "j", "j", "j", "l", "l", "-")
			p.Want("-attacker:")
			p.Check()
			calls := f.calls.Load()
			press(p, "backspace")
			if n := f.calls.Load() - calls; n > 1 {
				t.Errorf("back at the same filter %d calls are made", n)
			}
			press(p, "T", "T")
			p.Check()
		})
	}
}

// A range of hours goes to the events of exactly these hours, by key and by
// mouse, and comparing shifts it by as many.
func TestChartOfHoursDrillsToTheHours(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(400), usual(), func(p *uitest.Program) {
		press(p, "6")
		choose(p, "c", 1)
		choose(p, "t", 7)
		enter(p, "2026-03-10..2026-03-12")
		press(p, "enter")
		p.Want("2026-03-10 to 2026-03-12", "Events per hour")
		press(p, "g", "l", "l", "[", "l", "l", "l", "]", "v")
		p.Want("Events per hour", "against 2026-03-07 to 2026-03-09")
		press(p, "g", "l", "l", "[", "l", "l", "l", "]")
		p.Want("Tue 10 Mar 2026 02:00 to 06:00")
		press(p, "+")
		p.Want("2026-03-10 02:00 to 06:00", "against 2026-03-09 22:00 to 2026-03-10 02:00")
		press(p, "alt+left", "v", "g", "l", "l", "[", "l", "l", "l", "]", "enter")
		p.Want("date>=2026-03-10T02:00:00Z date<2026-03-10T06:00:00Z")
		press(p, "alt+left")
		p.Click(6, 20)
		p.Drag(6, 20, 12, 20)
		p.Want("Tue 10 Mar 2026")
		press(p, "enter")
		p.Want("date>=2026-03-10T0", "date<2026-03-10T")
		p.Check()
	})
}

// A chart of a saved query follows it, tells its name, and is pinned with it.
func TestChartOfASavedQuery(t *testing.T) {
	t.Parallel()
	s := newSaver(400)
	store := &memory{}
	workbenchWith(t, ui.Options{API: s, Memory: store}, usual(), func(p *uitest.Program) {
		press(p, "6", "Q")
		p.Want("count a saved query", "Magpie at work")
		press(p, "enter")
		p.Want(`of "Magpie at work"`, "attacker:HOLLOWMAGPIE")
		press(p, "p", "esc", "+")
		p.WantNot(`of "Magpie`)
		press(p, "f")
		p.Want("no filter")
	})
	s.queries[0].QueryJSON = `{"search":[{"field":"category","op":"equals","value":"Phishing"}]}`
	workbenchWith(t, ui.Options{API: s, Memory: store}, usual(), func(p *uitest.Program) {
		press(p, "6", "B")
		p.Want(`of "Magpie at work"`, "category:Phishing")
		p.WantNot("attacker:HOLLOWMAGPIE")
	})
	s.queries = nil
	workbenchWith(t, ui.Options{API: s, Memory: store}, usual(), func(p *uitest.Program) {
		press(p, "6", "B", "enter")
		p.Want("the query is gone: as it was")
		press(p, "/", "ctrl+u")
		enter(p, "tlp:re")
		p.Want("red")
		press(p, "tab", "enter")
		p.Want("tlp:red")
		p.WantNot("is gone")
		press(p, "/")
		enter(p, "attacker:(")
		press(p, "enter")
		p.Want("count events that match")
	})
}

func TestChartsSayWhatGoesWrong(t *testing.T) {
	t.Parallel()
	f := newFake(50)
	workbench(t, f, small(), func(p *uitest.Program) {
		f.fail(errors.New("the server answered 502 Bad Gateway"))
		press(p, "6")
		p.Want("can't be drawn", "502", "r tries again")
		f.fail(nil)
		press(p, "r")
		p.Want("Top 20", "50 events")
		press(p, "/")
		enter(p, "attacker:nobody")
		press(p, "enter")
		p.Want("No events to count", "backspace removes")
		press(p, "v")
		p.Want("Choose a time range first")
		p.Check()
	})
}

// chartScreens are the kinds of charts and how to come to each.
func chartScreens() map[string]func(p *uitest.Program) {
	return map[string]func(p *uitest.Program){
		"console-tree":  func(p *uitest.Program) { press(p, "6", "C", "ctrl+r") },
		"console-table": func(p *uitest.Program) { press(p, "6", "C", "ctrl+r", "t") },
		"console-bars":  func(p *uitest.Program) { press(p, "6", "C", "ctrl+r", "t", "t") },
		"console-edit": func(p *uitest.Program) {
			press(p, "6", "C", "ctrl+home")
			enter(p, "{ events { t")
			press(p, "tab")
		},
		"dashboard": func(p *uitest.Program) {
			press(p, "6", "p")
			choose(p, "c", 1)
			press(p, "p")
			choose(p, "c", 5)
			press(p, "p", "esc", "B", "l")
		},
		"bars":    func(p *uitest.Program) { press(p, "6", "j") },
		"stacked": func(p *uitest.Program) { press(p, "6"); choose(p, "s", 11); press(p, "j", "l") },
		"grouped": func(p *uitest.Program) { press(p, "6"); choose(p, "s", 11); press(p, "m") },
		"over":    func(p *uitest.Program) { press(p, "6"); choose(p, "c", 1) },
		"over-split": func(p *uitest.Program) {
			press(p, "6")
			choose(p, "c", 1)
			choose(p, "s", 11)
			press(p, "j")
		},
		"lines": func(p *uitest.Program) { press(p, "6"); choose(p, "c", 1); press(p, "m") },
		"lines-split": func(p *uitest.Program) {
			press(p, "6")
			choose(p, "c", 1)
			choose(p, "s", 11)
			press(p, "m", "m", "m")
		},
		"over-grouped": func(p *uitest.Program) {
			press(p, "6")
			choose(p, "c", 1)
			choose(p, "s", 11)
			choose(p, "t", 5)
			press(p, "m", "v")
		},
		"heatmap-compared": func(p *uitest.Program) {
			press(p, "6")
			choose(p, "c", 2)
			choose(p, "t", 5)
			press(p, "v", "j")
		},
		"killchain-compared": func(p *uitest.Program) {
			press(p, "6")
			choose(p, "c", 5)
			choose(p, "t", 5)
			press(p, "v", "l", "l", "l", "j")
		},
		"heatmap":   func(p *uitest.Program) { press(p, "6"); choose(p, "c", 2); press(p, "j", "l") },
		"flow":      func(p *uitest.Program) { press(p, "6"); choose(p, "c", 3); press(p, "j") },
		"attack":    func(p *uitest.Program) { press(p, "6"); choose(p, "c", 4); press(p, "j", "l") },
		"killchain": func(p *uitest.Program) { press(p, "6"); choose(p, "c", 5); press(p, "l", "l", "j") },
		"compared":  func(p *uitest.Program) { press(p, "6"); choose(p, "c", 1); choose(p, "t", 5); press(p, "v") },
	}
}

func TestScreensOfCharts(t *testing.T) {
	t.Parallel()
	for name, come := range chartScreens() {
		for _, o := range []uitest.Options{small(), usual(), large()} {
			for _, c := range profiles {
				o.Profile = c.profile
				workbenchWith(t, ui.Options{API: newFake(400), ASCII: c.ascii}, o, func(p *uitest.Program) {
					come(p)
					p.Check()
					if c.ascii {
						if err := p.Screen().ASCII(); err != nil {
							t.Error(err)
						}
					}
					size := map[int]string{80: "80x24", 120: "120x40", 200: "200x60"}[o.Width]
					p.Golden("charts-" + name + "-" + size + "-" + c.name)
				})
			}
		}
	}
}

func TestChartKeysCostFewBytes(t *testing.T) {
	t.Parallel()
	for name, come := range chartScreens() {
		workbench(t, newFake(2000), usual(), func(p *uitest.Program) {
			come(p)
			for _, key := range []string{"j", "k", "h", "h", "l"} {
				p.Bytes()
				p.Press(key)
				p.Settle()
				most := 1200
				switch name {
				case "flow": // its strands are drawn anew
					most = 6000
				case "dashboard":
					if key == "j" { // scrolls where three don't fit
						most = 8000
					}
				}
				if n := p.Bytes(); n > most {
					t.Errorf("%s: %s costs %d bytes", name, key, n)
				}
			}
		})
	}
}

// What is pinned is there again in the next session, and refreshes slowly.
func TestDashboardIsRememberedAndRefreshesSlowly(t *testing.T) {
	t.Parallel()
	f, store := newFake(100), &memory{}
	workbenchWith(t, ui.Options{API: f, Memory: store}, usual(), func(p *uitest.Program) {
		press(p, "6", "p")
		choose(p, "c", 1)
		press(p, "p", "B")
		p.Want("2 of at most 12 charts", "refreshes every 5 min", "Events per")
		calls := f.calls.Load()
		p.Advance(4 * time.Minute)
		if n := f.calls.Load(); n != calls {
			t.Errorf("%d calls in four minutes", n-calls)
		}
		p.Advance(2 * time.Minute)
		if n := f.calls.Load() - calls; n != 2 {
			t.Errorf("a refresh of two charts made %d calls", n)
		}
		press(p, "J", "esc")
		calls = f.calls.Load()
		p.Advance(time.Hour)
		if n := f.calls.Load(); n != calls {
			t.Errorf("a dashboard nobody looks at made %d calls", n-calls)
		}
	})
	workbenchWith(t, ui.Options{API: f, Memory: store}, usual(), func(p *uitest.Program) {
		press(p, "6", "B")
		p.Want("2 of at most 12 charts", "Top 20 attackers")
		press(p, "X", "X")
		p.Want("Nothing is pinned yet")
	})
}

// memory keeps what a session remembers for the next.
type memory struct {
	mu     sync.Mutex
	values map[string]json.RawMessage
}

func (m *memory) Get(name string) (json.RawMessage, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.values[name]
	return v, ok
}

func (m *memory) Put(name string, v json.RawMessage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.values == nil {
		m.values = map[string]json.RawMessage{}
	}
	m.values[name] = v
}

func (m *memory) Flush() error { return nil }

// Every kind of chart exports numbers that read as CSV, without formulas, and a
// picture that reads as XML.
func TestChartsExport(t *testing.T) {
	t.Parallel()
	f := newFake(100)
	f.hostile("=cmd|' /C calc'!A0 <script>")
	for name, come := range chartScreens() {
		if name == "dashboard" || strings.HasPrefix(name, "console") {
			continue
		}
		written := map[string]string{}
		var mu sync.Mutex
		o := ui.Options{API: f, WriteFile: whole(func(path string, data []byte) error {
			mu.Lock()
			defer mu.Unlock()
			written[filepath.Ext(path)] = string(data)
			return nil
		})}
		workbenchWith(t, o, usual(), func(p *uitest.Program) {
			come(p)
			for i := range 2 {
				choose(p, "e", i)
				press(p, "enter")
				p.Want("Written:") // a long name stands on the next line
			}
		})
		mu.Lock()
		rows, err := csv.NewReader(strings.NewReader(written[".csv"])).ReadAll()
		if err != nil || len(rows) < 2 {
			t.Errorf("%s: %d rows of CSV, %v", name, len(rows), err)
		}
		for _, cell := range slices.Concat(rows...) {
			if strings.HasPrefix(cell, "=") {
				t.Errorf("%s: the cell %q is a formula", name, cell)
			}
		}
		d := xml.NewDecoder(strings.NewReader(written[".svg"]))
		for err == nil {
			_, err = d.Token()
		}
		if !errors.Is(err, io.EOF) || !strings.Contains(written[".svg"], "<svg") || strings.Contains(written[".svg"], "<script") {
			t.Errorf("%s: the picture is %v: %.300s", name, err, written[".svg"])
		}
		mu.Unlock()
	}
}

// Query answers as the server does: a schema, and two groups.
func (f *fake) Query(ctx context.Context, query string, _ map[string]any) (json.RawMessage, error) {
	if err := f.openVisit(ctx); err != nil {
		return nil, err
	}
	if strings.Contains(query, "__schema") {
		return json.RawMessage(`{"__schema":{"queryType":{"name":"Query"},"types":[
			{"name":"Query","fields":[{"name":"events","args":[{"name":"filter","type":{"name":"EventFilter"}}],"type":{"name":null,"ofType":{"name":"EventSet"}}}]},
			{"name":"EventSet","fields":[{"name":"total","args":[],"type":{"name":"Int"}},{"name":"timeline","args":[{"name":"bucket","type":{"name":"Bucket"}}],"type":{"name":"Timeline"}}]},
			{"name":"EventFilter","inputFields":[{"name":"search","type":{"name":"ConditionInput"}}]},
			{"name":"Bucket","enumValues":[{"name":"DAY"},{"name":"WEEK"}]}]}}`), nil
	}
	if !strings.Contains(query, "events") {
		return nil, errors.New("GraphQL: Cannot query field")
	}
	return json.RawMessage(`{"events":{"total":12,"groupBy":{"distinct":2,"rows":[{"keys":["Phishing"],"count":9},{"keys":["Scanning"],"count":3}]}}}`), nil
}

func TestConsoleAsksCompletesAndRemembers(t *testing.T) {
	t.Parallel()
	f, store := newFake(50), &memory{}
	workbenchWith(t, ui.Options{API: f, Memory: store}, usual(), func(p *uitest.Program) {
		press(p, "6", "C", "ctrl+r")
		p.Want("Answer", "2 rows", "total")
		press(p, "t")
		p.Want("as a table", "Phishing", "count")
		press(p, "t")
		p.Want("as a chart", "75.0%")
		press(p, "e", "ctrl+home")
		enter(p, "{ ev")
		press(p, "tab")
		enter(p, " { ti")
		press(p, "tab")
		enter(p, "(")
		press(p, "tab")
		p.Want("{ events { timeline(bucket: ")
		press(p, "tab")
		p.Want("DAY  WEEK")
		p.Paste("\x1b]52;c;aGk=\x07 nonsense")
		press(p, "ctrl+r")
		p.Check()
		press(p, "ctrl+up")
		p.Want("datasetId")
		if len(p.Copied()) > 0 {
			t.Error("a paste reached the clipboard")
		}
	})
	workbenchWith(t, ui.Options{API: f, Memory: store}, usual(), func(p *uitest.Program) {
		press(p, "6", "C")
		p.Want("nonsense")
	})
}
