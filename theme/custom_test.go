package theme

import (
	"slices"
	"strings"
	"testing"
)

func TestSetOfOnesOwn(t *testing.T) {
	s, problems := NewSet(map[string]map[string]any{
		"night": {"base": "dark", "accent": "#ffaf00", "tlp_red": "#ff8080"},
		"paper": {"base": "light", "faint": "#555555", "series": []any{"1", "2", "3", "4", "5", "6", "9", "10"}},
	})
	if len(problems) > 0 {
		t.Fatalf("problems: %v", problems)
	}
	if got := s.Names(); !slices.Equal(got[len(got)-2:], []string{"night", "paper"}) || got[0] != "auto" {
		t.Errorf("names: %v", got)
	}
	night, err := s.Load("night", true, false)
	if err != nil {
		t.Fatal(err)
	}
	dark, _ := Load("dark", true, false)
	if night.Accent == dark.Accent || night.TLP[5] == dark.TLP[5] || night.Error != dark.Error || night.Name != "night" {
		t.Errorf("night doesn't differ from dark where it should, or differs elsewhere")
	}
	paper, err := s.Load("paper", true, true)
	if err != nil || paper.Dark || !paper.Glyphs.ASCII || len(paper.Series) != 8 {
		t.Errorf("paper: dark %v, ASCII %v, %d series, %v", paper.Dark, paper.Glyphs.ASCII, len(paper.Series), err)
	}
	if _, err := s.Load("day", true, false); err == nil || !strings.Contains(err.Error(), "night") {
		t.Errorf("an unknown theme: %v", err)
	}
	if st, err := (Set{}).Load("light", true, false); err != nil || st.Name != "light" {
		t.Errorf("the built-in ones alone: %v, %v", st, err)
	}
}

func TestSetSaysWhatIsAmiss(t *testing.T) {
	for _, c := range []struct {
		table map[string]any
		name  string
		key   string
		msg   string
		light bool
	}{
		{map[string]any{"accent": "blue"}, "a", "accent", "#rrggbb", false},
		{map[string]any{"accent": 7}, "a", "accent", "want a text", false},
		{map[string]any{"acent": "#ffffff"}, "a", "acent", "no such colour", false},
		{map[string]any{"base": "dusk"}, "a", "base", "none of", false},
		{map[string]any{"series": []any{"#ffffff"}}, "a", "series", "at least 8", false},
		{map[string]any{"series": []any{"1", "2", "3", "4", "5", "6", "7", "x"}}, "a", "series", "number 8", false},
		{map[string]any{}, "dark", "", "built-in", false},
		{map[string]any{"faint": "#222222"}, "a", "faint", "hard to read", true},
	} {
		s, problems := NewSet(map[string]map[string]any{c.name: c.table})
		if len(problems) != 1 || problems[0].Key != c.key || !strings.Contains(problems[0].Msg, c.msg) || problems[0].Light != c.light {
			t.Errorf("%v: problems %v", c.table, problems)
		}
		if kept := slices.Contains(s.Names()[len(Names()):], c.name); kept != c.light {
			t.Errorf("%v: kept is %v", c.table, kept)
		}
	}
}
