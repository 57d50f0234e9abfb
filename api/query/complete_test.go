package query_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"threatbench/api"
	"threatbench/api/query"
)

// catalogue supplies a few values, as a view does.
func catalogue(f api.Field, prefix string) []string {
	all := map[api.Field][]string{
		api.FieldAttacker: {"FLYINGYETI", "Fancy Bear", "DARKHALO"},
		api.FieldCategory: {"Phishing", "Domain Resolution"},
		api.FieldTags:     {"phishing", "or", `a "quoted" one`, "x,y"},
	}[f]
	var out []string
	for _, v := range all {
		if strings.HasPrefix(strings.ToLower(v), strings.ToLower(prefix)) {
			out = append(out, v)
		}
	}
	return out
}

// The cursor stands at the |; want are texts after accepting each suggestion.
func TestComplete(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"atta|", []string{"attacker:", "attackerCountry:", "mitreAttack:"}},
		{"cat -indicatorT|", []string{"cat -indicatorType:"}},
		{"IO|", []string{"indicator:", "indicatorType:"}},
		{"(tl|", []string{"(tlp:"}},
		{"atta|cker:x", []string{"attacker:x", "attackerCountry:x", "mitreAttack:x"}},
		{"cat|egory", []string{"category:"}},
		{"killChain|", []string{"killChain:", "killChain!=", "killChain>", "killChain>=", "killChain<", "killChain<=", "killChain:(", "killChain:"}},
		{"hasChildren|", []string{"hasChildren:", "hasChildren!=", "hasChildren:(", "hasChildren:"}},
		{"attacker:|", []string{"attacker:FLYINGYETI", `attacker:"Fancy Bear"`, "attacker:DARKHALO"}},
		{"attacker:f|", []string{"attacker:FLYINGYETI", `attacker:"Fancy Bear"`}},
		{"attacker:f| tlp:red", []string{"attacker:FLYINGYETI tlp:red", `attacker:"Fancy Bear" tlp:red`}},
		{"-attacker:f|ancy", []string{"-attacker:FLYINGYETI", `-attacker:"Fancy Bear"`}},
		{`attacker:"fan| tlp:red`, []string{`attacker:"Fancy Bear" tlp:red`}},
		{`attacker:"fan|cy" tlp:red`, []string{`attacker:"Fancy Bear" tlp:red`}},
		{"attacker!=d|", []string{"attacker!=DARKHALO"}},
		{"cat:(|", []string{"cat:(Phishing", `cat:("Domain Resolution"`}},
		{"cat:(Phishing OR d|", []string{`cat:(Phishing OR "Domain Resolution"`}},
		{"cat:(Phishing, |)", []string{"cat:(Phishing, Phishing)", `cat:(Phishing, "Domain Resolution")`}},
		{"tag:(|", []string{"tag:(phishing", `tag:("or"`, `tag:("a \"quoted\" one"`, `tag:("x,y"`}},
		{"tag:|", []string{"tag:phishing", `tag:or`, `tag:"a \"quoted\" one"`, `tag:"x,y"`}},
		{"tlp:am|", []string{"tlp:amber", "tlp:amber+strict"}},
		{"kc:comm|", []string{"kc:6"}},
		{"children:|", []string{"children:true", "children:false"}},
		{"date>t|", []string{"date>today", "date>this-month"}},
		{"date>=-3|", []string{"date>=-30d", "date>=-3m"}},
		{"tag:a O|", []string{"tag:a OR", "tag:a attackerCountry:"}},
		{"tag:a o|", []string{"tag:a attackerCountry:"}},
		{`attacker:"fan| tlp:"red"`, []string{`attacker:"Fancy Bear" tlp:"red"`}},
		{"foo:|", nil},
		{`"free te|`, nil},
		{"tag:(a)|", nil},
	} {
		t.Run(tt.text, func(t *testing.T) {
			cursor := strings.Index(tt.text, "|")
			text := strings.Replace(tt.text, "|", "", 1)
			var got []string
			for _, s := range query.Complete(text, cursor, catalogue) {
				if s.Label == "" {
					t.Errorf("%+v has no label", s)
				}
				got = append(got, text[:s.From]+s.Text+text[s.To:])
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestCompleteOffersEveryFieldWhereATermMayStand(t *testing.T) {
	for _, text := range []string{"", "cat ", "-", "(", "cat OR ", "cat -"} {
		list := query.Complete(text, len(text), nil)
		if len(list) < len(api.Fields()) {
			t.Errorf("after %q only %d suggestions", text, len(list))
		}
		after := slices.ContainsFunc(list, func(s query.Suggestion) bool { return s.Text == "OR" })
		if want := text == "cat "; after != want {
			t.Errorf("after %q: OR offered: %v", text, after)
		}
	}
}

func TestCompleteBoundsTheList(t *testing.T) {
	flood := func(api.Field, string) []string { return slices.Repeat([]string{"v"}, 5000) }
	if n := len(query.Complete("tag:", 4, flood)); n != 100 {
		t.Errorf("%d suggestions", n)
	}
}

// A value that is accepted reads back as itself.
func TestCompletedValuesRead(t *testing.T) {
	for _, f := range query.Fields() {
		for _, text := range []string{string(f.Field) + ":", string(f.Field) + ":("} {
			for _, s := range query.Complete(text, len(text), catalogue) {
				full := text[:s.From] + s.Text + text[s.To:]
				if strings.HasSuffix(text, "(") {
					full += ")"
				}
				var e *query.Error
				if _, err := query.Parse(full, now); errors.As(err, &e) {
					t.Errorf("%s: %v", full, e)
				}
			}
		}
	}
}

func FuzzComplete(f *testing.F) {
	f.Add(`attacker:"Fan tag:(a OR b) -tl`, 14)
	f.Add("tag:(a, ", 8)
	f.Add("\xffé date>-", 3)
	f.Add("((OR a", -5)
	f.Fuzz(func(t *testing.T, text string, cursor int) {
		for _, s := range query.Complete(text, cursor, catalogue) {
			if s.From < 0 || s.To < s.From || s.To > len(text) || s.Text == "" || s.Label == "" {
				t.Fatalf("%q at %d: %+v", text, cursor, s)
			}
			if at := min(max(cursor, 0), len(text)); s.From > at || s.To < at {
				t.Fatalf("%q at %d: %+v is elsewhere", text, cursor, s)
			}
		}
	})
}
