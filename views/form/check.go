package form

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"threatbench/api"
	"threatbench/api/attack"
	"threatbench/api/indicator"
	"threatbench/views"
)

func timeAt(y int, m time.Month, d int, zone *time.Location) time.Time {
	return time.Date(y, m, d, 0, 0, 0, 0, zone)
}

// wrong tells what the contract has against a field: its key, what it wants and
// what came; "" where nothing.
func (m *Model) wrong(f *field) string {
	text := f.value()
	if text == "" {
		if f.required && !m.unread(f) {
			return f.key + ": required"
		}
		return ""
	}
	if n := utf8.RuneCountInString(text); f.most > 0 && n > f.most {
		return fmt.Sprintf("%s: want at most %s characters, got %s", f.key, views.Count(f.most), views.Count(n))
	}
	if why := m.wrongForm(f, text); why != "" {
		return f.key + ": " + why
	}
	return ""
}

// unread tells whether the field is a record that wasn't asked for.
func (m *Model) unread(f *field) bool {
	return f.key == "raw.data" && m.event != nil && !m.raw.read
}

func (m *Model) wrongForm(f *field, text string) string {
	switch f.key {
	case "date":
		if _, err := api.ParseTime(text); err != nil {
			return "want a date as 2026-03-01T14:03:00Z or 2026-03-01, got " + got(text)
		}
	case "tlp", "raw.tlp":
		if _, ok := api.ParseTLP(text); !ok {
			return "want red, amber+strict, amber, green or clear, got " + got(text)
		}
	case "attackerCountry", "targetCountry":
		if _, ok := api.CountryByCode(text); !ok && text != f.was {
			return "want two or three letters of ISO 3166 such as US, got " + got(text)
		}
	case "killChain":
		if _, ok := stageOf(text); !ok {
			return fmt.Sprintf("want 0..%d, got %s", api.MaxKillChain, got(text))
		}
	case "datasetId":
		if _, ok := m.datasetOf(text); !ok {
			return "want the name of a dataset, got " + got(text)
		}
	case "indicators":
		if n := len(m.indicators(text)); n > api.MaxListItems {
			return fmt.Sprintf("want at most %s, got %s", views.Count(api.MaxListItems), views.Count(n))
		}
	case "raw.data":
		return wrongRaw(text)
	}
	if f.list {
		return wrongList(f)
	}
	return ""
}

func wrongRaw(text string) string {
	if len(text) > api.MaxRaw {
		return fmt.Sprintf("want at most %s bytes, got %s", views.Count(api.MaxRaw), views.Count(len(text)))
	}
	var v json.RawMessage
	err := json.Unmarshal([]byte(text), &v)
	if err == nil {
		return ""
	}
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return "want JSON: " + err.Error()
	}
	line := strings.Count(text[:min(int(syntax.Offset), len(text))], "\n") + 1
	return fmt.Sprintf("want JSON, line %d: %v", line, err)
}

func wrongList(f *field) string {
	items := f.items()
	if len(items) > api.MaxListItems {
		return fmt.Sprintf("want at most %s, got %s", views.Count(api.MaxListItems), views.Count(len(items)))
	}
	for _, it := range items {
		if n := utf8.RuneCountInString(it); n > api.MaxName {
			return fmt.Sprintf("want at most %s characters, got %s", views.Count(api.MaxName), views.Count(n))
		}
		if f.key == "references" {
			if _, err := uuid.Parse(it); err != nil {
				return "want ids of events, got " + got(it)
			}
		}
	}
	return ""
}

// got is the beginning of a value, as a message quotes it.
func got(text string) string {
	const most = 40
	if r := []rune(text); len(r) > most {
		text = string(r[:most]) + "..."
	}
	return strconv.Quote(text)
}

// stageOf reads a stage of the kill chain: its number, or the number with its
// name.
func stageOf(text string) (int, bool) {
	first, _, _ := strings.Cut(text, " ")
	n, err := strconv.Atoi(first)
	return n, err == nil && n >= 0 && n <= api.MaxKillChain
}

// datasetOf finds a dataset by its name or id.
func (m *Model) datasetOf(text string) (id string, ok bool) {
	for _, d := range m.catalogs.Datasets {
		if api.Fold(d.Name) == api.Fold(text) || d.UUID == text {
			return d.UUID, true
		}
	}
	_, err := uuid.Parse(text)
	return text, err == nil
}

// indicators reads a list with one indicator a line, its type behind it; a type
// that isn't written is guessed.
func (m *Model) indicators(text string) []api.IndicatorInput {
	var out []api.IndicatorInput
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		value, kind := line, ""
		if i := strings.LastIndex(line, "  "); i > 0 {
			value, kind = strings.TrimSpace(line[:i]), strings.TrimSpace(line[i:])
		}
		if found, ok := indicator.TypeOf(value); ok {
			value = found.Value
			if kind == "" {
				kind = m.typeNamed(string(found.Type))
			}
		}
		out = append(out, api.IndicatorInput{Value: value, IndicatorType: kind})
	}
	return out
}

// note is what is known of a field's value.
func (m *Model) note(f *field) string {
	text := f.value()
	if f.fixed != "" {
		return f.title + " " + f.fixed
	}
	if text == "" {
		return m.emptyNote(f)
	}
	switch f.key {
	case "date":
		if t, err := api.ParseTime(text); err == nil {
			return m.env.LongDate(t)
		}
	case "category":
		return m.categoryNote(text)
	case "attackerCountry", "targetCountry":
		if c, ok := api.CountryByCode(text); ok {
			return c.Name
		}
	case "indicator":
		if f.several() {
			return ""
		}
		if kind := m.guess(text); kind != "" {
			return "looks like: " + kind
		}
		return "is of no type that is known by its look"
	case "indicators":
		return m.indicatorsNote(text)
	case "killChain":
		if n, ok := stageOf(text); ok {
			return api.KillChainName(n)
		}
	case "mitreAttack", "mitreCapec":
		return strings.Join(named(f.key, f.items()), ", ")
	case "tags", "references":
		return views.Count(len(f.items())) + " of at most " + views.Count(api.MaxListItems)
	}
	return ""
}

// emptyNote is what becomes of a field that is left empty.
func (m *Model) emptyNote(f *field) string {
	switch {
	case m.unread(f):
		return "enter reads the record and opens it"
	case f.key == "killChain" || f.key == "mitreAttack" || f.key == "mitreCapec":
		return "the category's; one of your own is taken where the server knows how"
	case f.several():
		return "enter opens a box to write in"
	}
	return ""
}

func (m *Model) categoryNote(name string) string {
	for _, c := range m.catalogs.Categories {
		if api.Fold(c.Name) != api.Fold(name) {
			continue
		}
		parts := named("mitreAttack", c.MitreAttack)
		if c.KillChain > 0 {
			parts = append([]string{"kill chain " + stage(c.KillChain)}, parts...)
		}
		return strings.Join(parts, ", ")
	}
	if len(m.catalogs.Categories) > 0 {
		return "is not in the catalogue"
	}
	return ""
}

func (m *Model) indicatorsNote(text string) string {
	list := m.indicators(text)
	none := 0
	for _, x := range list {
		if x.IndicatorType == "" {
			none++
		}
	}
	s := views.Count(len(list)) + " of at most " + views.Count(api.MaxListItems)
	if none > 0 {
		s += ", " + views.Count(none) + " without a type (write it behind two spaces)"
	}
	return s
}

// named are ids of ATT&CK or CAPEC with their names.
func named(key string, ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		name := attack.Name(id)
		if key == "mitreCapec" {
			name = attack.Pattern(id)
		}
		if out[i] = id + " " + name; name == "" {
			out[i] = id + " (no id that is known)"
		}
	}
	return out
}
