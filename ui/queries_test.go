package ui_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/clean"
	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

var errNoAlerts = fmt.Errorf("alerts: %w", api.ErrUnsupported)

// saved runs a script on a workbench whose server keeps queries.
func saved(t *testing.T, s *saver, o uitest.Options, script func(p *uitest.Program)) {
	t.Helper()
	uitest.Run(t, o, saverProgram(s), func(p *uitest.Program) {
		p.Settle()
		script(p)
	})
}

// choosing takes what a menu lists by moving to it.
func choosing(p *uitest.Program, text string) {
	p.Settle()
	for range 40 {
		for _, line := range strings.Split(p.Screen().String(), "\n") {
			if i := strings.Index(line, "│ ▌ "); i >= 0 && strings.Contains(line[i:], text) {
				press(p, "enter")
				return
			}
		}
		press(p, "down")
	}
	press(p, "esc")
}

func TestBuildingAFilter(t *testing.T) {
	t.Parallel()
	s := newSaver(400)
	saved(t, s, usual(), func(p *uitest.Program) {
		press(p, "4", "n")
		p.Want("Unsaved filter", "400 events match", "conditions 0 of 10")
		press(p, "n")
		choosing(p, "attacker ")
		enter(p, "holl")
		p.Want("HOLLOWMAGPIE")
		press(p, "down", "enter")
		p.Want("/ attacker:HOLLOWMAGPIE", "conditions 1 of 10", "not saved")
		press(p, "o")
		choosing(p, "tlp")
		press(p, "down", "enter")
		p.Want("/ attacker:HOLLOWMAGPIE (tlp:clear)", "groups 1 of 8", "AND ONE OF THESE")
		press(p, "-")
		p.Want("(-tlp:clear)", "is not")
		press(p, "u", "u")
		p.Want("groups 0 of 8")
		p.WantNot("tlp:clear")
		if q := last(s.asked()); len(q.Search) != 1 || q.Search[0].Value() != "HOLLOWMAGPIE" {
			t.Errorf("asked for %+v", q)
		}
		p.Check()
	})
}

// What only the text can say stays as it was typed when a row is changed.
func TestTextAndRowsKeepEachOther(t *testing.T) {
	t.Parallel()
	saved(t, newSaver(400), usual(), func(p *uitest.Program) {
		press(p, "4", "n", "/")
		enter(p, `date>-7d AND actor:HOLLOWMAGPIE ((tlp:red) OR tag:"a b")`)
		p.Want("date", "after", "-7d", "OR B", "groups 2 of 8", "a b")
		press(p, "enter", "G", "k", "k", "x") // the last branch's condition
		p.Want(`/ date>-7d actor:HOLLOWMAGPIE (tlp:red)`, "groups 1 of 8")
		press(p, "u")
		p.Want(`((tlp:red) OR tag:"a b")`)
		press(p, "/")
		enter(p, " date>soon")
		p.Want("isn't a date", "groups 2 of 8") // the rows stay those of what was right
		press(p, "enter")
		p.Want("isn't a date")
		press(p, "esc")
		p.WantNot("soon")
		p.Check()
	})
}

func TestLimitsAreSaidBeforeTheyAreHit(t *testing.T) {
	t.Parallel()
	s := newSaver(50)
	saved(t, s, usual(), func(p *uitest.Program) {
		press(p, "4", "n", "/")
		enter(p, "tag:a tag:b tag:c tag:d tag:e tag:f tag:g tag:h tag:i")
		press(p, "enter")
		p.Want("conditions 9 of 10")
		press(p, "/")
		enter(p, " date:2026-02") // a month is two conditions
		before := len(s.asked())
		p.Want("the API takes at most 10")
		if len(s.asked()) != before {
			t.Error("what can't be was sent")
		}
		press(p, "esc", "n")
		choosing(p, "date ")
		enter(p, "-9d")
		press(p, "enter")
		p.Want("conditions 10 of 10", "full: the API takes 10")
		press(p, "n")
		p.Want("The API takes 10 conditions here, and there are as many")
		p.Check()
		for _, q := range s.asked() {
			if err := q.Validate(); err != nil {
				t.Errorf("sent: %v", err)
			}
		}
	})
}

func TestTheFilterGoesToTheBuilderAndBack(t *testing.T) {
	t.Parallel()
	saved(t, newSaver(400), usual(), func(p *uitest.Program) {
		enter(p, "/attacker:HOLLOWMAGPIE")
		press(p, "enter", "b")
		p.Want("Unsaved filter", "conditions 1 of 10", "attacker")
		press(p, "w")
		choosing(p, "last 30 days")
		p.Want("date>=-30d attacker:HOLLOWMAGPIE", "since")
		press(p, "e")
		p.Want("/ date>=-30d attacker:HOLLOWMAGPIE", "ATTACKER")
		press(p, "alt+left")
		p.Want("Unsaved filter", "date>=-30d")
	})
}

func TestSavingARelativeDate(t *testing.T) {
	t.Parallel()
	s := newSaver(400)
	saved(t, s, usual(), func(p *uitest.Program) {
		press(p, "4", "n", "/")
		enter(p, "date>=-7d")
		press(p, "enter", "S")
		enter(p, "This week")
		press(p, "enter")
		p.Want("This week", "saved")
		q := s.filterOf("This week")
		if len(q.Search) != 1 || q.Search[0].Value() != noon.AddDate(0, 0, -7).Format(time.RFC3339) {
			t.Errorf("saved as %+v", q)
		}
		p.Advance(time.Minute) // toasts take the first esc
		press(p, "esc", "G")
		p.Want("date>=-7d") // here it stays relative
		press(p, "R")
		p.Press("ctrl+u")
		enter(p, "Seven days")
		press(p, "enter")
		p.Want("Seven days", "date>=-7d")
		press(p, "u")
		p.Want("This week")
		p.Check()
	})
}

func TestTheListOfQueries(t *testing.T) {
	t.Parallel()
	s := newSaver(400)
	saved(t, s, usual(), func(p *uitest.Program) {
		press(p, "4")
		p.Want("Magpie at work", "at once", "attacker:HOLLOWMAGPIE", "ana@team.example", "can't be shown")
		press(p, "enter")
		p.Want("/ attacker:HOLLOWMAGPIE", "all datasets")
		press(p, "4")
		p.Want("today 12:00") // last used
		press(p, "j", "e")
		p.Want("Red phishing", "AND ONE OF THESE", "groups 2 of 8")
		press(p, "esc", "c", "enter")
		p.Want("Red phishing copy")
		press(p, "g", "x")
		p.Want("delete Magpie at work", "its alert goes with it")
		press(p, "enter") // Cancel stands first
		p.Want("Magpie at work")
		press(p, "x", "down", "enter")
		p.WantNot("Magpie at work  ")
		press(p, "u")
		p.Want("Magpie at work")
		if len(s.alerts) != 1 {
			t.Error("the alert of a query that was brought back is lost")
		}
		p.Check()
	})
}

// A saved query runs as it was saved: with its datasets and in its order.
func TestRunningAQueryCarriesItsOrder(t *testing.T) {
	t.Parallel()
	s := newSaver(400)
	s.queries[0].QueryJSON = `{"search":[{"field":"tlp","op":"equals","value":"red"}],"datasetId":["d1"],"orderBy":"attacker","order":"asc"}`
	saved(t, s, usual(), func(p *uitest.Program) {
		press(p, "4", "enter")
		p.Want("/ tlp:red")
		asked := s.asked()
		q := asked[len(asked)-1]
		if q.OrderBy != "attacker" || q.Order != "asc" || !slices.Equal(q.Datasets, []string{"d1"}) {
			t.Errorf("asked for %+v", q)
		}
		press(p, "alt+left", "j", "enter") // one without an order takes the present one
		p.Want("category:Phishing")
		p.Check()
	})
}

func TestSharing(t *testing.T) {
	t.Parallel()
	saved(t, newSaver(50), usual(), func(p *uitest.Program) {
		press(p, "4", "y", "Y", "down", "enter", "Y", "down", "down", "enter")
		got := p.Copied()
		if len(got) != 3 || got[0] != "attacker:HOLLOWMAGPIE" || !json.Valid([]byte(got[1])) {
			t.Fatalf("copied %q", got)
		}
		if !strings.Contains(got[2], "$CLOUDFLARE_API_TOKEN") || !strings.Contains(got[2], got[1]) {
			t.Errorf("the call is %s", got[2])
		}
	})
}

func TestAServerWithoutQueries(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(50), small(), func(p *uitest.Program) {
		press(p, "4")
		p.Want("This server keeps no queries")
		p.Golden("queries-none-80x24")
		press(p, "n", "S")
		p.Want("This server can't store queries; y copies")
	})
}

func TestQueriesWhenTheServerFails(t *testing.T) {
	t.Parallel()
	s := newSaver(50)
	saved(t, s, small(), func(p *uitest.Program) {
		s.fail(errors.New("the server answered 502 Bad Gateway"))
		press(p, "4")
		p.Want("could not be loaded", "502", "r tries again")
		p.Golden("queries-failing-80x24")
		press(p, "n")
		p.Want("could not be loaded", "502")
		p.Golden("builder-failing-80x24")
		s.fail(nil)
		press(p, "r", "esc", "r")
		p.Want("Magpie at work")
	})
}

func TestQueriesWithTheMouse(t *testing.T) {
	t.Parallel()
	saved(t, newSaver(400), usual(), func(p *uitest.Program) {
		p.ClickOn("4 Queries")
		p.Settle()
		p.ClickOn("Red phishing")
		press(p, "e")
		p.ClickOn("tlp ")
		p.Settle()
		p.ClickOn("+ OR group")
		p.Settle()
		p.Want("which field?")
		press(p, "esc")
		p.ClickOn("/ tlp:red")
		p.Settle()
		enter(p, " attacker:x")
		p.ClickOn("PREVIEW")
		p.Settle()
		p.Check()
	})
}

// Hostile names and filters stay text.
func TestHostileQueries(t *testing.T) {
	t.Parallel()
	for name, text := range hostileTexts(t) {
		s := newSaver(20)
		quoted, err := json.Marshal(clean.Line(text)[:min(len(clean.Line(text)), 300)])
		if err != nil {
			t.Fatal(err)
		}
		s.queries[0].Name = clean.Line(text)
		s.queries[0].UserEmail = clean.Line(text)
		s.queries[0].QueryJSON = `{"search":[{"field":"event","op":"contains","value":` + string(quoted) + `}]}`
		t.Run(name, func(t *testing.T) {
			saved(t, s, usual(), func(p *uitest.Program) {
				press(p, "4")
				p.Check()
				press(p, "e")
				p.Check()
				press(p, "Y")
				p.Check()
			})
		})
	}
}

func TestScreensOfQueries(t *testing.T) {
	t.Parallel()
	for _, c := range profiles {
		for _, o := range []uitest.Options{small(), usual(), large()} {
			o.Profile = c.profile
			size := fmt.Sprintf("%dx%d-%s", o.Width, o.Height, c.name)
			s := newSaver(400)
			uitest.Run(t, o, func() tea.Model { return model(ui.Options{API: s, ASCII: c.ascii}) }, func(p *uitest.Program) {
				p.Settle()
				press(p, "4")
				p.Golden("queries-" + size)
				press(p, "j", "e")
				p.Golden("builder-" + size)
				press(p, "o")
				p.Settle()
				choosing(p, "category")
				p.Golden("builder-values-" + size)
			})
		}
	}
}
