package query_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"threatbench/api"
	"threatbench/api/query"
)

// now is a Wednesday.
var now = time.Date(2024, 3, 13, 15, 4, 5, 600e6, time.UTC)

func cond(f api.Field, op api.Op, values ...string) api.Condition {
	return api.Condition{Field: f, Op: op, Values: values}
}

func all(conds ...api.Condition) query.Filter { return query.Filter{Search: conds} }

func any1(branches ...[]api.Condition) query.Filter { return query.Filter{Branches: branches} }

func TestParse(t *testing.T) {
	const (
		attacker, tags, date, event, ind = api.FieldAttacker, api.FieldTags, api.FieldDate, api.FieldEvent, api.FieldIndicator
		eq, not, in                      = api.OpEquals, api.OpNot, api.OpIn
	)
	type conds = []api.Condition
	for _, tt := range []struct {
		text string
		want query.Filter
	}{
		{"", query.Filter{}},
		{"  \t ", query.Filter{}},
		{
			`attacker:FLYINGYETI category:"Domain Resolution" date>=2024-01-01 -tlp:red tag:(phishing OR c2) indicator~"*.example" "free words"`,
			all(
				cond(attacker, eq, "FLYINGYETI"), cond(api.FieldCategory, eq, "Domain Resolution"), cond(date, api.OpGte, "2024-01-01"),
				cond(api.FieldTLP, not, "red"), cond(tags, in, "phishing", "c2"), cond(ind, api.OpEndsWith, ".example"),
				cond(api.FieldText, api.OpContains, "free words"),
			),
		},

		// names
		{"ATTACKER:x Actor:y", all(cond(attacker, eq, "x"), cond(attacker, eq, "y"))},
		{"country:UA origin:RU type:domain industry:Energy", all(
			cond(api.FieldTargetCountry, eq, "UA"), cond(api.FieldAttackerCountry, eq, "RU"),
			cond(api.FieldIndicatorType, eq, "domain"), cond(api.FieldTargetIndustry, eq, "Energy"))},
		{"id:1 technique:T1566 capec:CAPEC-163 created>2024-01-01", all(
			cond(api.FieldUUID, eq, "1"), cond(api.FieldMitreAttack, api.OpUnder, "T1566"), cond(api.FieldMitreCapec, eq, "CAPEC-163"),
			cond(api.FieldCreatedAt, api.OpGt, "2024-01-01"))},

		// operators
		{"attacker=x attacker!=y -attacker=z -attacker!=w", all(
			cond(attacker, eq, "x"), cond(attacker, not, "y"), cond(attacker, not, "z"), cond(attacker, eq, "w"))},
		{"kc>1 kc>=2 kc<3 kc<=4", all(
			cond(api.FieldKillChain, api.OpGt, "1"), cond(api.FieldKillChain, api.OpGte, "2"),
			cond(api.FieldKillChain, api.OpLt, "3"), cond(api.FieldKillChain, api.OpLte, "4"))},
		{"date:>=2024-01-01 date:<2024-02-01", all(cond(date, api.OpGte, "2024-01-01"), cond(date, api.OpLt, "2024-02-01"))},
		{"-kc>1 -kc>=2 -kc<3 -kc<=4", all(
			cond(api.FieldKillChain, api.OpLte, "1"), cond(api.FieldKillChain, api.OpLt, "2"),
			cond(api.FieldKillChain, api.OpGte, "3"), cond(api.FieldKillChain, api.OpGt, "4"))},
		{`attacker~~"yeti flying" attacker~="fl%_"`, all(cond(attacker, api.OpFind, "yeti flying"), cond(attacker, api.OpLike, "fl%_"))},

		// patterns
		{"ind~bank", all(cond(ind, api.OpContains, "bank"))},
		{"ind~*bank*", all(cond(ind, api.OpContains, "bank"))},
		{"ind~**bank", all(cond(ind, api.OpEndsWith, "bank"))},
		{"ind~bank*", all(cond(ind, api.OpStartsWith, "bank"))},
		{"ind~a*b", all(cond(ind, api.OpLike, "a%b"))},
		{"ind~a**b", all(cond(ind, api.OpLike, "a%b"))},
		{"ind~10.0.0.?", all(cond(ind, api.OpLike, "10.0.0._"))},
		{"ind~*a?", all(cond(ind, api.OpLike, "%a_"))},
		{"ind~?", all(cond(ind, api.OpLike, "_"))},
		{"ind~100%", all(cond(ind, api.OpContains, "100%"))},
		{"ind~*_x", all(cond(ind, api.OpEndsWith, "_x"))},
		{`ind~"what\?*"`, all(cond(ind, api.OpStartsWith, "what?"))},
		{`ind~"\*"`, all(cond(ind, api.OpContains, "*"))},

		// values
		{`ind:"https://x.example/?id=1&a=*"`, all(cond(ind, eq, "https://x.example/?id=1&a=*"))},
		{`ind:C:\temp\x.exe`, all(cond(ind, eq, `C:\temp\x.exe`))},
		{`ind:"a \"b\" \\ \n"`, all(cond(ind, eq, `a "b" \ \n`))},
		{"attacker:ЖУК-日本", all(cond(attacker, eq, "ЖУК-日本"))},
		{"attacker:a,b", all(cond(attacker, api.OpIn, "a", "b"))},
		{`attacker:"a,b"`, all(cond(attacker, eq, "a,b"))},
		{"tlp:amber+strict tlp~purple tlp>=Amber", all(
			cond(api.FieldTLP, eq, "amber+strict"), cond(api.FieldTLP, api.OpContains, "purple"), cond(api.FieldTLP, api.OpGte, "amber"))},
		{"kc:delivery kc:Command-and-Control kc:c2 kc:0", all(
			cond(api.FieldKillChain, eq, "3"), cond(api.FieldKillChain, eq, "6"), cond(api.FieldKillChain, eq, "6"), cond(api.FieldKillChain, eq, "0"))},
		{"children:yes children:FALSE children:1", all(
			cond(api.FieldHasChildren, eq, "true"), cond(api.FieldHasChildren, eq, "FALSE"), cond(api.FieldHasChildren, eq, "1"))},

		// lists
		{"tag:(a)", all(cond(tags, in, "a"))},
		{`tag:(a or "b c",d OR "or")`, all(cond(tags, in, "a", "b c", "d", "or"))},
		{"-tag:(a OR b)", all(cond(tags, not, "a"), cond(tags, not, "b"))},
		{"kc:(1,delivery)", all(cond(api.FieldKillChain, in, "1", "3"))},
		{"date:(2024-01-01, today)", all(cond(date, in, "2024-01-01", "2024-03-13"))},

		// dates
		{"date>-7d", all(cond(date, api.OpGt, "2024-03-06T15:04:05Z"))},
		{"date>=-36h", all(cond(date, api.OpGte, "2024-03-12T03:04:05Z"))},
		{"date<-2w", all(cond(date, api.OpLt, "2024-02-28T15:04:05Z"))},
		{"date<=-1m", all(cond(date, api.OpLte, "2024-02-13T15:04:05Z"))},
		{"date>-1Y", all(cond(date, api.OpGt, "2023-03-13T15:04:05Z"))},
		{"date:-7d", all(cond(date, api.OpGte, "2024-03-06T15:04:05Z"))},
		{"-date:-7d", all(cond(date, api.OpLt, "2024-03-06T15:04:05Z"))},
		{"date<now", all(cond(date, api.OpLt, "2024-03-13T15:04:05Z"))},
		{"date:today date!=yesterday", all(cond(date, eq, "2024-03-13"), cond(date, not, "2024-03-12"))},
		{"date>=monday date:Wednesday date:thursday", all(cond(date, api.OpGte, "2024-03-11"), cond(date, eq, "2024-03-13"), cond(date, eq, "2024-03-07"))},
		{"date:this-week", all(cond(date, api.OpGte, "2024-03-11"), cond(date, api.OpLte, "2024-03-13"))},
		{"date>=this-month date<this-year", all(cond(date, api.OpGte, "2024-03-01"), cond(date, api.OpLt, "2024-01-01"))},
		{"date:last-week", all(cond(date, api.OpGte, "2024-03-04"), cond(date, api.OpLte, "2024-03-10"))},
		{"date:Last-Month", all(cond(date, api.OpGte, "2024-02-01"), cond(date, api.OpLte, "2024-02-29"))},
		{"date:2024-02", all(cond(date, api.OpGte, "2024-02-01"), cond(date, api.OpLte, "2024-02-29"))},
		{"date:2023", all(cond(date, api.OpGte, "2023-01-01"), cond(date, api.OpLte, "2023-12-31"))},
		{"date>2024-02 date<2024-02", all(cond(date, api.OpGt, "2024-02-29"), cond(date, api.OpLt, "2024-02-01"))},
		{"date>=2024-02 date<=2024-02", all(cond(date, api.OpGte, "2024-02-01"), cond(date, api.OpLte, "2024-02-29"))},
		{"date:2024-01-01..2024-02-01", all(cond(date, api.OpGte, "2024-01-01"), cond(date, api.OpLte, "2024-02-01"))},
		{"date:2024-01..-1d", all(cond(date, api.OpGte, "2024-01-01"), cond(date, api.OpLte, "2024-03-12T15:04:05Z"))},
		{"date:2024-01..", all(cond(date, api.OpGte, "2024-01-01"))},
		{"date:..2024-01", all(cond(date, api.OpLte, "2024-01-31"))},
		{"-date>=2024-01-01", all(cond(date, api.OpLt, "2024-01-01"))},
		{`date>"2024-01-01 10:00" date:2024-01-01T10:00:00+02:00`, all(cond(date, api.OpGt, "2024-01-01 10:00"), cond(date, eq, "2024-01-01T10:00:00+02:00"))},
		{"date~2024-03", all(cond(date, api.OpContains, "2024-03"))},

		// words
		{"cat dog", all(cond(api.FieldText, api.OpFind, "cat dog"))},
		{"cat attacker:x dog", all(cond(api.FieldText, api.OpFind, "cat dog"), cond(attacker, eq, "x"))},
		{"cat AND dog AND attacker:x", all(cond(api.FieldText, api.OpFind, "cat dog"), cond(attacker, eq, "x"))},
		{`text~~"cat or dog"`, all(cond(api.FieldText, api.OpFind, "cat or dog"))},
		{"https://x.example/a?b 2001:db8::1 evil.example:8080 a-b", all(cond(api.FieldText, api.OpFind, "https://x.example/a?b 2001:db8::1 evil.example:8080 a-b"))},
		{`"a: \"b\""`, all(cond(api.FieldText, api.OpContains, `a: "b"`))},
		{`"mail gateway"`, all(cond(api.FieldText, api.OpContains, "mail gateway"))},
		{`text~"mail gateway"`, all(cond(api.FieldText, api.OpContains, "mail gateway"))},
		{`text:"mail gateway"`, all(cond(api.FieldText, api.OpFind, "mail gateway"))},
		{`event:"mail gateway"`, all(cond(event, api.OpContains, "mail gateway"))},
		{`-"mail gateway"`, all(api.Condition{Field: api.FieldText, Op: api.OpContains, Values: []string{"mail gateway"}, Not: true})},
		{"technique:brute*", all(cond(api.FieldMitreAttack, in, "T1110", "T1110.001", "T1110.002", "T1110.003", "T1110.004"))},
		{"technique:T1110*", all(cond(api.FieldMitreAttack, api.OpStartsWith, "T1110"))},
		{"target:germ*", all(cond(api.FieldTargetCountry, in, "DE"))},
		{`C:\Windows\Temp\a.exe`, all(cond(api.FieldText, api.OpFind, `C:\Windows\Temp\a.exe`))},

		// groups
		{"(attacker:a tag:b) OR (attacker:c)", any1(conds{cond(attacker, eq, "a"), cond(tags, eq, "b")}, conds{cond(attacker, eq, "c")})},
		{"(attacker:a tag:b)", any1(conds{cond(attacker, eq, "a"), cond(tags, eq, "b")})},
		{"((attacker:a tag:b))", any1(conds{cond(attacker, eq, "a"), cond(tags, eq, "b")})},
		{"attacker:a OR tag:b", any1(conds{cond(attacker, eq, "a")}, conds{cond(tags, eq, "b")})},
		{"(attacker:a OR tag:b)", any1(conds{cond(attacker, eq, "a")}, conds{cond(tags, eq, "b")})},
		{"(attacker:a OR tag:b) OR ((tag:c))", any1(conds{cond(attacker, eq, "a")}, conds{cond(tags, eq, "b")}, conds{cond(tags, eq, "c")})},
		{"cat dog OR fox", query.Filter{Search: conds{cond(api.FieldText, api.OpFind, "cat")}, Branches: []conds{{cond(api.FieldText, api.OpFind, "dog")}, {cond(api.FieldText, api.OpFind, "fox")}}}},
		{"tlp:red attacker:a OR tag:b kc:1", query.Filter{
			Search:   conds{cond(api.FieldTLP, eq, "red"), cond(api.FieldKillChain, eq, "1")},
			Branches: []conds{{cond(attacker, eq, "a")}, {cond(tags, eq, "b")}},
		}},
		{"(tlp:red attacker:a OR tag:b)", query.Filter{
			Search:   conds{cond(api.FieldTLP, eq, "red")},
			Branches: []conds{{cond(attacker, eq, "a")}, {cond(tags, eq, "b")}},
		}},
		{"(attacker:a) (tag:b)", all(cond(attacker, eq, "a"), cond(tags, eq, "b"))},
		{"(indicator:a tag:b)", all(cond(ind, eq, "a"), cond(tags, eq, "b"))},
		{"((attacker:a) tag:b) OR tag:c", any1(conds{cond(attacker, eq, "a"), cond(tags, eq, "b")}, conds{cond(tags, eq, "c")})},
		{"-tag:(a OR b) OR date:2024-02", any1(
			conds{cond(tags, not, "a"), cond(tags, not, "b")},
			conds{cond(date, api.OpGte, "2024-02-01"), cond(date, api.OpLte, "2024-02-29")})},
	} {
		t.Run(tt.text, func(t *testing.T) {
			got, err := query.Parse(tt.text, now)
			if err != nil {
				t.Fatalf("%v", err)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

// Every error points at what is wrong: the piece of the text between the
// markers « and ».
func TestParseErrors(t *testing.T) {
	many := func(n int, format string) string {
		var parts []string
		for i := range n {
			parts = append(parts, fmt.Sprintf(format, i))
		}
		return strings.Join(parts, " ")
	}
	long := strings.Repeat("é", 513)
	for _, tt := range []struct{ text, msg string }{
		{`«foo»:x`, "there is no field foo"},
		{`«atacker»:x`, "did you mean attacker"},
		{`«targets»:x`, "did you mean targetCountry"},
		{`attacker«:»`, "needs a value right behind it"},
		{`attacker«:» tag:x`, "needs a value right behind it"},
		{`(attacker«:»)`, "needs a value right behind it"},
		{`a attacker«>=»`, "needs a value"},
		{`ж attacker:«"abc»`, "not closed"},
		{`«"abc»`, "not closed"},
		{`attacker:«""»`, "empty"},
		{`«""»`, "empty"},
		{`attacker:"a"«b»`, "a space is missing"},
		{`foo«(»bar)`, "a space is missing"},
		{`(a)«(»b)`, "a space is missing"},
		{`«-» foo`, "needs a condition right behind it"},
		{`«-»`, "needs a condition"},
		{`«NOT»`, "needs a condition"},
		{`«-»-attacker:x`, "needs a condition"},
		{`cat dog «or» mouse`, "OR in capitals"},
		{`attacker:x «and»`, "leave it out"},
		{`«OR» attacker:x`, "term on its left"},
		{`attacker:x «OR»`, "term on its right"},
		{`attacker:x «OR» OR tag:y`, "term on its right"},
		{`(attacker:x «OR»)`, "term on its right"},
		{`«AND» x`, "AND needs a term"},
		{`x «AND»`, "AND needs a term"},
		{`x «AND» OR y`, "AND needs a term"},
		{`«(»attacker:x`, "not closed"},
		{`attacker:x «)»`, "closes nothing"},
		{`a «()»`, "nothing stands between"},
		{strings.Repeat("(", 20) + "«(»x" + strings.Repeat(")", 21), "nest deeper"},
		{`tag:«()»`, "at least one value"},
		{`tag:«(»a`, "not closed"},
		{`tag:(a OR «)»`, "a value is missing"},
		{`tag:(«,»a)`, "a value is missing"},
		{`tag:(a «b»)`, "OR or a comma"},
		{`tag:(a OR «(»b))`, "a value is missing"},
		{`tag:(a, «"b»`, "not closed"},
		{`tag«~»(a OR b)`, "only : takes several values"},
		{`killChain«~»3`, "takes : > >= < <="},
		{`kc:«lunch»`, "no stage of the kill chain"},
		{`kc:(1, «x»)`, "no stage of the kill chain"},
		{`tlp:«purple»`, "isn't a TLP marking"},
		{`tlp:(red, «"purple"»)`, "isn't a TLP marking"},
		{`children:«maybe»`, "true or false"},
		{`date:«soon»`, "isn't a date"},
		{`date>«7q»`, "isn't a date"},
		{`date:«03/04/2026»`, "write 2026-04-03 or 2026-03-04"},
		{`target:UA OR «PL»`, "target:(UA OR PL)"},
		{`tlp:red OR «amber»`, "tlp:(red OR amber)"},
		{`«insight»:reused`, "words look there"},
		{`tlp:«!red»`, "-tlp:red"},
		{`ip:«192.0.2.1-192.0.2.9»`, "ip:192.0.2.0/28"},
		{`«:actor» x`, "actor:value"},
		{`attacker:«/a.*/»`, "regular expressions"},
		{`date>«now-15m»`, "minutes or months"},
		{`date:«last» 15m`, "isn't a date"},
		{`date:2024 OR «2025»`, "date:(2024 OR 2025)"},
		{`target=UA OR «PL»`, "target:(UA OR PL)"},
		{`date>«-7x»`, "isn't a date"},
		{`date>«--7d»`, "isn't a date"},
		{`date>«2024-02-31»`, "isn't a date"},
		{`date:«..»`, "at least one end"},
		{`date:«2024-01..soon»`, "isn't a date"},
		{`date>«2024-01..2024-02»`, "isn't a date"},
		{`date>«-9999y»`, "too long ago"},
		{`ind:x ind~«*»`, "matches everything"},
		{`ind~«a*50%»`, "no way to say"},
		{many(10, "tag:t%d") + " «tag:x»", "at most 10 conditions"},
		{many(9, "tag:t%d") + " -tag:«(a OR b)»", "at most 10 conditions"},
		{"(" + many(10, "tag:t%d") + " «tag:x») OR tag:y", "at most 10 conditions in one branch"},
		{strings.ReplaceAll(many(8, "tag:t%d"), " ", " OR ") + " OR «tag:x»", "at most 8 branches"},
		{"(tag:a) OR (tag:b «indicator:x»)", "indicator outside of OR"},
		{"tag:a OR tag:b «tag:c OR tag:d»", "one OR of groups only"},
		{"tag:a OR (tag:b «(tag:c OR tag:d)»)", "an OR inside a group"},
		{"tag:«" + long + "»", "513 characters"},
		{"«\"" + long + "\"»", "513 characters"},
		{strings.Repeat("x ", 256) + "«y»", "513 characters"},
		{"tag:(" + strings.Repeat("a,", 100) + "«b»)", "at most 100 values"},
	} {
		t.Run(tt.text[:min(len(tt.text), 40)], func(t *testing.T) {
			pos := strings.Index(tt.text, "«")
			end := strings.Index(tt.text, "»") - len("«")
			text := strings.NewReplacer("«", "", "»", "").Replace(tt.text)
			_, err := query.Parse(text, now)
			var e *query.Error
			if !errors.As(err, &e) {
				t.Fatalf("no error for %q", text)
			}
			if !strings.Contains(e.Msg, tt.msg) {
				t.Errorf("says %q, want %q", e.Msg, tt.msg)
			}
			if e.Pos != pos || e.End != end {
				t.Errorf("points at %d..%d %q, want %d..%d %q (%s)", e.Pos, e.End, text[e.Pos:e.End], pos, end, text[pos:end], e.Msg)
			}
			if want := len([]rune(text[:pos])) + 1; e.Column != want {
				t.Errorf("column %d, want %d", e.Column, want)
			}
		})
	}
}

func TestErrorNamesTheColumn(t *testing.T) {
	_, err := query.Parse("цель foo:x", now)
	if err == nil || !strings.HasPrefix(err.Error(), "column 6: ") {
		t.Errorf("got %v", err)
	}
}

func TestExactlyTheLimitsAreAllowed(t *testing.T) {
	for _, text := range []string{
		"tag:" + strings.Repeat("é", 512),
		"tag:(" + strings.Repeat("a,", 99) + "b)",
		strings.TrimSpace(strings.Repeat("tag:a ", 10)),
		strings.TrimSuffix(strings.Repeat("tag:a OR ", 8), " OR "),
		"-tag:(a,b,c,d,e,f,g,h,i,j)",
	} {
		if _, err := query.Parse(text, now); err != nil {
			t.Errorf("%.40s…: %v", text, err)
		}
	}
}

func TestLookupKnowsEveryField(t *testing.T) {
	seen := map[string]api.Field{}
	for _, f := range query.Fields() {
		for _, n := range append([]string{string(f.Field)}, strings.Fields(f.Aliases)...) {
			if other, ok := seen[strings.ToLower(n)]; ok {
				t.Errorf("%s means both %s and %s", n, other, f.Field)
			}
			seen[strings.ToLower(n)] = f.Field
			if got, ok := query.Lookup(strings.ToUpper(n)); !ok || got != f.Field {
				t.Errorf("Lookup(%s) = %s", n, got)
			}
		}
	}
	for _, f := range api.Fields() {
		if got, ok := query.Lookup(string(f)); !ok || got != f {
			t.Errorf("%s is not known", f)
		}
	}
}

// TestHugeTexts gives a mebibyte to all that reads filters: it is refused
// before it is taken apart, and the longest that is read is read soon.
func TestHugeTexts(t *testing.T) {
	for _, piece := range []string{"a ", "NOT ", "a OR ", "(", "[", "-", "\"", "a:", "event:*a"} {
		huge := strings.Repeat(piece, 1<<20/len(piece))
		if _, err := query.Parse(huge, time.Time{}); err == nil || !strings.Contains(err.Error(), "at most 65536 are read") {
			t.Errorf("%q: %v", piece, err)
		}
		if _, err := query.Rows(huge, time.Time{}); err == nil {
			t.Errorf("%q: rows of it", piece)
		}
		if query.Highlight(huge) != nil || query.Terms(huge) != nil || query.Complete(huge, len(huge), nil) != nil {
			t.Errorf("%q is highlighted or completed", piece)
		}
		longest := huge[:64<<10]
		if _, err := query.Parse(longest, time.Time{}); err == nil {
			t.Errorf("%q, as long as may be, is taken", piece)
		}
	}
}
