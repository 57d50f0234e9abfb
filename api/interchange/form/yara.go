package form

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"

	"threatbench/api"
	"threatbench/api/indicator"
)

// YARA takes the rules of a YARA file, with their meta data; hashes among
// those are of samples that the rule was made from. Strings and condition stay
// in the raw record.
func YARA(r io.Reader, to Taker) error {
	b, ok, err := readRules(r, to)
	if !ok {
		return err
	}
	l := yaraLexer{text: b, line: 1}
	for {
		rule, found := l.rule(to)
		if !found {
			return nil
		}
		if err := rule.give(to); err != nil {
			return err
		}
	}
}

// yaraRule is a rule as it stands in a file.
type yaraRule struct {
	name string
	line int
	tags []string
	meta [][2]string // names and values in order
	text string
}

// yaraLexer cuts a file into words, strings, and single signs.
type yaraLexer struct {
	text []byte
	at   int
	line int
}

// next is the next piece, "" at the end. Strings come with their quotes; what
// is in comments doesn't come.
func (l *yaraLexer) next() string {
	for l.at < len(l.text) {
		c := l.text[l.at]
		rest := l.text[l.at:]
		switch {
		case c == '\n':
			l.line++
			l.at++
		case c == ' ' || c == '\t' || c == '\r':
			l.at++
		case bytes.HasPrefix(rest, []byte("//")):
			l.pass(bytes.IndexByte(rest, '\n'))
		case bytes.HasPrefix(rest, []byte("/*")):
			l.pass(2)
			l.pass(bytes.Index(l.text[l.at:], []byte("*/")))
			l.pass(min(2, len(l.text)-l.at))
		case c == '"':
			return l.until('"')
		case isNameByte(c):
			from := l.at
			for l.at < len(l.text) && isNameByte(l.text[l.at]) {
				l.at++
			}
			return string(l.text[from:l.at])
		default:
			l.at++
			return string(c)
		}
	}
	return ""
}

func isNameByte(c byte) bool {
	return c == '_' || c == '$' || c == '-' || c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// pass goes n bytes on, or to the end where n is negative.
func (l *yaraLexer) pass(n int) {
	if n < 0 {
		n = len(l.text) - l.at
	}
	l.line += bytes.Count(l.text[l.at:l.at+n], []byte("\n"))
	l.at += n
}

// until is a string or a pattern from its first sign to the same one again; a
// backslash guards the sign behind it, and the line's end ends it as well.
func (l *yaraLexer) until(end byte) string {
	from := l.at
	for l.at++; l.at < len(l.text) && l.text[l.at] != '\n'; l.at++ {
		switch l.text[l.at] {
		case '\\':
			if l.at+1 < len(l.text) && l.text[l.at+1] != '\n' {
				l.at++
			}
		case end:
			l.at++
			return string(l.text[from:l.at])
		}
	}
	return string(l.text[from:l.at])
}

// rule is the next rule; what stands between rules (imports, includes) is
// passed over.
func (l *yaraLexer) rule(to Taker) (rule yaraRule, ok bool) {
	for {
		word := l.next()
		switch word {
		case "":
			return rule, false
		case "include":
			to.LeaveOut("include", "other files of rules aren't read: "+l.next())
			continue
		case "rule":
		default:
			continue
		}
		rule = yaraRule{line: l.line, name: l.next()}
		from := l.at
		if l.head(&rule) && l.body(&rule) {
			rule.text = "rule " + rule.name + string(l.text[from:l.at])
			return rule, true
		}
		to.Reject(rule.line, rule.name, "a rule that doesn't end, or has no body")
	}
}

// head reads the tags up to the brace that opens the rule.
func (l *yaraLexer) head(rule *yaraRule) bool {
	for {
		switch word := l.next(); word {
		case "{":
			return rule.name != "" && rule.name != "{"
		case "", "}", "rule":
			return false
		case ":":
		default:
			rule.tags = append(rule.tags, word)
		}
	}
}

// body reads to the brace that closes the rule, and the meta data in it.
func (l *yaraLexer) body(rule *yaraRule) bool {
	meta, last := false, ""
	for depth := 1; depth > 0; {
		word := l.next()
		switch {
		case word == "":
			return false
		case word == "{":
			depth++
		case word == "}":
			depth--
		case word == "/" && (last == "=" || last == "matches"):
			l.at--
			l.until('/')
		case word == ":" && (last == "meta" || last == "strings" || last == "condition"):
			meta = last == "meta"
		case word == "=" && meta:
			value := l.next()
			rule.meta = append(rule.meta, [2]string{last, unquoted(value)})
			word = value
		}
		last = word
	}
	return true
}

func unquoted(s string) string {
	if len(s) < 2 || s[0] != '"' {
		return s
	}
	return strings.NewReplacer(`\"`, `"`, `\\`, `\`, `\n`, "\n", `\t`, "\t").Replace(strings.TrimSuffix(s[1:], `"`))
}

func (rule yaraRule) give(to Taker) error {
	sum := sha256.Sum256([]byte(rule.text))
	e := Entry{
		ID: "yara/" + rule.name + "/" + hex.EncodeToString(sum[:8]), Line: rule.line, Event: "YARA rule " + rule.name, Category: "YARA rule", Tags: rule.tags,
	}
	var references []string
	about := map[string]string{}
	for _, m := range rule.meta {
		name, value := strings.ToLower(m[0]), m[1]
		about[m[0]] = strings.TrimPrefix(about[m[0]]+"\n"+value, "\n")
		switch {
		case name == "description" || name == "desc":
			e.Event += ": " + value
		case name == "author":
			e.Source = value
		case strings.HasPrefix(name, "reference") || name == "url" || name == "link" || name == "source_url":
			references = append(references, value)
		case name == "id" || name == "uuid" || name == "rule_id":
			e.ID = value
		case strings.Contains(name, "tlp") || name == "sharing" || name == "classification":
			e.Markings = append(e.Markings, value)
		case name == "date" || name == "created" || name == "creation_date":
			e.Date = cmp.Or(moment(value), e.Date)
		case name == "modified" || name == "last_modified":
			e.Version = moment(value)
		case strings.HasPrefix(name, "hash") || strings.HasPrefix(name, "md5") || strings.HasPrefix(name, "sha") || strings.HasPrefix(name, "sample"):
			for _, f := range indicator.Find(value) {
				e.Indicators = add(e.Indicators, api.IndicatorInput{Value: f.Value, IndicatorType: string(f.Type)})
			}
		case strings.Contains(name, "mitre") || strings.Contains(name, "technique"):
			for id := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == ',' || r == ' ' || r == ';' }) {
				e.technique(id)
			}
		case name == "actor" || name == "threat_actor":
			e.Attacker = value
		}
	}
	e.Insight = listed("References", references)
	e.Raw = encode(map[string]any{"name": rule.name, "meta": about, "rule": rule.text})
	return to.Take(e)
}
