package sshd

import (
	"errors"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// lines are command lines and the words they are; a nil list is refused.
var lines = []struct {
	line  string
	words []string
}{
	{`events`, []string{"events"}},
	{`  events	--json  `, []string{"events", "--json"}},
	{`export --title '' --max-tlp=green`, []string{"export", "--title", "", "--max-tlp=green"}},
	{`export --title "" --max-tlp=green`, []string{"export", "--title", "", "--max-tlp=green"}},
	{`export --title ''"" --max-tlp green`, []string{"export", "--title", "", "--max-tlp", "green"}},
	{`export --max-tlp=green --title ''`, []string{"export", "--max-tlp=green", "--title", ""}},
	{`'' export`, []string{"", "export"}},
	{`''`, []string{""}},
	{`""''`, []string{""}},
	{`'' '' ''`, []string{"", "", ""}},
	{`a''b`, []string{"ab"}},
	{`a""b`, []string{"ab"}},
	{`''a`, []string{"a"}},
	{`--title=''`, []string{"--title="}},
	{`--title= --json`, []string{"--title=", "--json"}},
	{`events -q 'tlp:red date>-1d'`, []string{"events", "-q", "tlp:red date>-1d"}},
	{`events -q tlp:red\ date\>-1d`, []string{"events", "-q", "tlp:red date>-1d"}},
	{`events -q "tlp:red date>-1d"`, []string{"events", "-q", "tlp:red date>-1d"}},
	{`events -q date>-7d`, []string{"events", "-q", "date>-7d"}},
	{`events -q date<2026-01-01`, []string{"events", "-q", "date<2026-01-01"}},
	{`events > /tmp/x`, []string{"events", ">", "/tmp/x"}},
	{`events >/tmp/x`, []string{"events", ">/tmp/x"}},
	{`events >> /tmp/x 2>&1`, []string{"events", ">>", "/tmp/x", "2>&1"}},
	{`events < /etc/passwd`, []string{"events", "<", "/etc/passwd"}},
	{`events << EOF`, []string{"events", "<<", "EOF"}},
	{`events | sh`, []string{"events", "|", "sh"}},
	{`events|sh`, []string{"events|sh"}},
	{`events; id`, []string{"events;", "id"}},
	{`events;id`, []string{"events;id"}},
	{`events & id`, []string{"events", "&", "id"}},
	{`events && id`, []string{"events", "&&", "id"}},
	{`events || id`, []string{"events", "||", "id"}},
	{`events $HOME`, []string{"events", "$HOME"}},
	{`events "$HOME"`, []string{"events", "$HOME"}},
	{`events '$HOME'`, []string{"events", "$HOME"}},
	{`events ${PATH}`, []string{"events", "${PATH}"}},
	{`events $(id)`, []string{"events", "$(id)"}},
	{`events "$(id)"`, []string{"events", "$(id)"}},
	{"events `id`", []string{"events", "`id`"}},
	{"events \"`id`\"", []string{"events", "`id`"}},
	{"events \"\\`id\\`\"", []string{"events", "`id`"}},
	{`events $'a\tb'`, []string{"events", `$a\tb`}},
	{`events *`, []string{"events", "*"}},
	{`events ?`, []string{"events", "?"}},
	{`events [a-z]*`, []string{"events", "[a-z]*"}},
	{`events {a,b}`, []string{"events", "{a,b}"}},
	{`events ~ ~root`, []string{"events", "~", "~root"}},
	{`events # -q tlp:clear`, []string{"events", "#", "-q", "tlp:clear"}},
	{`events a#b`, []string{"events", "a#b"}},
	{`#events`, []string{"#events"}},
	{`events !! !$`, []string{"events", "!!", "!$"}},
	{`events (a)`, []string{"events", "(a)"}},
	{`X=1 events`, []string{"X=1", "events"}},
	{`events 'it'\''s'`, []string{"events", "it's"}},
	{`events "it's"`, []string{"events", "it's"}},
	{`events 'say "x"'`, []string{"events", `say "x"`}},
	{`events "say \"x\""`, []string{"events", `say "x"`}},
	{`events "a\\b"`, []string{"events", `a\b`}},
	{`events "a\b"`, []string{"events", `a\b`}},
	{`events "a\nb"`, []string{"events", `a\nb`}},
	{`events "\$HOME"`, []string{"events", "$HOME"}},
	{`events 'a\b'`, []string{"events", `a\b`}},
	{`events 'a\'`, []string{"events", `a\`}},
	{`events a\b`, []string{"events", "ab"}},
	{`events a\\b`, []string{"events", `a\b`}},
	{`events \'`, []string{"events", "'"}},
	{`events \"`, []string{"events", `"`}},
	{`events \ `, []string{"events", " "}},
	{`events a"b c"d`, []string{"events", "ab cd"}},
	{`events 'a'"b"c`, []string{"events", "abc"}},
	{"events a\u00a0b", []string{"events", "a\u00a0b"}},
	{"events a\u2003b\u2028c", []string{"events", "a\u2003b\u2028c"}},
	{"events a\rb", []string{"events", "a\rb"}},
	{"events a\vb\fc", []string{"events", "a\vb\fc"}},
	{"events \xff\xfe", []string{"events", "\xff\xfe"}},
	{"", []string{}},
	{" \t ", []string{}},
	{`events 'a`, nil},
	{`events "a`, nil},
	{`events "a\"`, nil},
	{`events "a'`, nil},
	{`events '`, nil},
	{`events "`, nil},
	{`events "a\`, nil},
	{`events \`, nil},
	{`events a\`, nil},
	{"events\nid", nil},
	{"events 'a\nb'", nil},
	{"events \"a\nb\"", nil},
	{"events \\\n--json", nil},
	{"events\n", nil},
	{"\n", nil},
}

func TestSplitWords(t *testing.T) {
	for _, c := range lines {
		got, err := splitWords(c.line)
		if refused := c.words == nil; refused != (err != nil) {
			t.Errorf("%q: %q, %v", c.line, got, err)
		}
		if err == nil && !slices.Equal(got, c.words) {
			t.Errorf("%q: %q, want %q", c.line, got, c.words)
		}
	}
}

// plainToAShell are the lines that no shell expands: of its special
// characters they hold quotes and backslashes only.
var plainToAShell = regexp.MustCompile(`^[a-zA-Z0-9:,./%@+='"\\ \t-]*$`)

// TestSplitWordsAsAShell compares with a shell, wherever that expands nothing.
func TestSplitWordsAsAShell(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatalf("there is no shell to compare with: %v", err)
	}
	compared := 0
	for _, c := range lines {
		if !plainToAShell.MatchString(c.line) || c.words == nil || len(c.words) == 0 {
			continue
		}
		compared++
		out, err := exec.CommandContext(t.Context(), sh, "-c", `printf '<%s>' `+c.line).Output()
		if want := "<" + strings.Join(c.words, "><") + ">"; err != nil || string(out) != want {
			t.Errorf("%s: the shell says %s, want %s: %v", c.line, out, want, err)
		}
	}
	if compared < 30 {
		t.Errorf("only %d lines were compared", compared)
	}
}

// A word as a regular expression: another way to say the same.
var (
	wordModel  = regexp.MustCompile(`^(?s:[^\s'"\\]|\\.|'[^']*'|"(?:\\.|[^"\\])*"|[\v\f\r])+`)
	partModel  = regexp.MustCompile(`(?s)\\(.)|'([^']*)'|"((?:\\.|[^"\\])*)"|(.)`)
	slashModel = regexp.MustCompile("\\\\([$`\"\\\\])")
)

var errModel = errors.New("refused")

// model reads a line by the regular expressions.
func model(line string) ([]string, error) {
	if strings.Contains(line, "\n") {
		return nil, errModel
	}
	var words []string
	for line = strings.Trim(line, " \t"); line != ""; line = strings.TrimLeft(line, " \t") {
		raw := wordModel.FindString(line)
		if raw == "" {
			return nil, errModel
		}
		line = line[len(raw):]
		if line != "" && line[0] != ' ' && line[0] != '\t' {
			return nil, errModel
		}
		word := ""
		for _, m := range partModel.FindAllStringSubmatch(raw, -1) {
			word += m[1] + m[2] + slashModel.ReplaceAllString(m[3], "$1") + m[4]
		}
		words = append(words, word)
	}
	return words, nil
}

func FuzzSplitWords(f *testing.F) {
	for _, c := range lines {
		f.Add(c.line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		got, err := splitWords(line)
		trailing := strings.HasSuffix(strings.TrimRight(line, " \t"), `\`) // the model trims what may be escaped
		if want, bad := model(line); !trailing && strings.ToValidUTF8(line, "") == line && ((err != nil) != (bad != nil) || err == nil && !slices.Equal(got, want)) {
			t.Errorf("%q: %q %v, the model says %q %v", line, got, err, want, bad)
		}
		if err != nil {
			return
		}
		quoted := make([]string, len(got))
		for i, w := range got {
			quoted[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		again, err := splitWords(strings.Join(quoted, " "))
		if err != nil || !slices.Equal(again, got) {
			t.Errorf("%q: read as %q, and quoted as %q: %v", line, got, again, err)
		}
	})
}
