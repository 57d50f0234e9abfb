package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"threatbench/api"
)

// Limits of a new event, in characters where texts are meant.
const (
	maxText      = api.MaxText
	maxShort     = api.MaxName
	maxIndicator = api.MaxIndicator
	maxRaw       = api.MaxRaw
	maxListItems = api.MaxListItems
)

// checked is an event to be created whose fields are known to be right.
type checked struct {
	in      api.CreateEvent
	uuid    [16]byte // zero: a new one
	date    int64
	created int64 // 0: now
	edges   []checkedEdge
	source  string // as it is stored
	refs    [][16]byte
}

// checkedEdge hangs an event under a parent: one of the request where index
// isn't negative.
type checkedEdge struct {
	index  int
	parent [16]byte
	kind   int
}

// check reads one event of a bulk create; n is how many the request has. The
// error is for the one who sent it.
func check(in api.CreateEvent, n, index int, preserve bool) (checked, error) {
	c := checked{in: in}
	if err := c.checkTimes(); err != nil {
		return c, err
	}
	if err := c.checkTexts(); err != nil {
		return c, err
	}
	if _, ok := api.ParseTLP(in.TLP); !ok {
		return c, fmt.Errorf("tlp: want red, amber+strict, amber, green or clear, got %q", short(in.TLP))
	}
	if k := in.KillChain; k != nil && (*k < 0 || *k > maxKillChain) {
		return c, fmt.Errorf("killChain: want 0..%d, got %d", maxKillChain, *k)
	}
	if err := checkRaw(in.Raw); err != nil {
		return c, err
	}
	if preserve && in.UUID != "" {
		u, err := uuid.Parse(in.UUID)
		if err != nil || u == uuid.Nil {
			return c, fmt.Errorf("uuid: want a UUID, got %q", short(in.UUID))
		}
		c.uuid = u
	}
	if err := c.checkSource(); err != nil {
		return c, err
	}
	return c, c.checkLinks(n, index)
}

// checkSource reads what the event was made from.
func (c *checked) checkSource() error {
	s := c.in.Source
	if s == nil {
		return nil
	}
	for _, f := range []struct{ key, got, want string }{{"source.system", s.System, "threat-signals"}, {"source.resourceType", s.ResourceType, "article"}} {
		if f.got != f.want {
			return fmt.Errorf("%s: want %s, got %q", f.key, f.want, short(f.got))
		}
	}
	if strings.TrimSpace(s.ResourceID) == "" {
		return fmt.Errorf("source.resourceId: required, got %q", short(s.ResourceID))
	}
	for key, text := range map[string]*string{"source.resourceId": &s.ResourceID, "source.title": s.Title} {
		if text == nil {
			continue
		}
		if err := checkText(key, text, maxShort); err != nil {
			return err
		}
	}
	b, err := json.Marshal(s)
	c.source = string(b)
	return err
}

func (c *checked) checkTimes() error {
	if strings.TrimSpace(c.in.Date) == "" {
		return fmt.Errorf("date: required, got %q", short(c.in.Date))
	}
	t, err := parseStored(c.in.Date)
	if err != nil {
		return fmt.Errorf("date: %w", err)
	}
	c.date = t.UnixMilli()
	if c.in.CreatedAt == "" {
		return nil
	}
	if t, err = parseStored(c.in.CreatedAt); err != nil {
		return fmt.Errorf("createdAt: %w", err)
	}
	c.created = t.UnixMilli()
	return nil
}

// parseStored reads a time that is kept. The very first moment of the year 1
// means "none" when it is read back, so it isn't taken.
func parseStored(text string) (api.Time, error) {
	t, err := api.ParseTime(text)
	if err == nil && t.IsZero() {
		return t, fmt.Errorf("%s is the first moment there is, which stands for no time", short(text))
	}
	return t, err
}

// writtenFields are the fields that a create or a patch writes as a text.
var writtenFields = slices.DeleteFunc(api.EventFields(), func(f api.FieldInfo) bool { return f.Max == 0 || f.Create == nil })

// listFields are the fields of a create that are lists of texts.
var listFields = slices.DeleteFunc(api.EventFields(), func(f api.FieldInfo) bool {
	return f.Items == nil || f.Kind == api.KindID
})

func (c *checked) checkTexts() error {
	in := &c.in
	for i := range writtenFields {
		f := &writtenFields[i]
		if f.Kind == api.KindTLP {
			continue // only the markings are taken: see check
		}
		text := f.Create(in)
		if f.Required && strings.TrimSpace(*text) == "" {
			return fmt.Errorf("%s: required, got %q", f.Field, short(*text))
		}
		if err := checkText(string(f.Field), text, f.Max); err != nil {
			return err
		}
	}
	return c.checkListTexts()
}

func (c *checked) checkListTexts() error {
	in := &c.in
	for i := range listFields {
		f := &listFields[i]
		list := f.Items(in)
		var err error
		if *list, err = checkList(string(f.Field), *list); err != nil {
			return err
		}
	}
	if len(in.Indicators) > maxListItems {
		return fmt.Errorf("indicators: want at most %d, got %d", maxListItems, len(in.Indicators))
	}
	for i := range in.Indicators {
		if err := checkText("indicators.value", &in.Indicators[i].Value, maxIndicator); err != nil {
			return err
		}
		if err := checkText("indicators.indicatorType", &in.Indicators[i].IndicatorType, maxShort); err != nil {
			return err
		}
	}
	return nil
}

// checkText bounds a text and mends invalid UTF-8 in it.
func checkText(key string, s *string, most int) error {
	if len(*s) > most {
		if n := utf8.RuneCountInString(*s); n > most {
			return fmt.Errorf("%s: want at most %d characters, got %d", key, most, n)
		}
	}
	if !utf8.ValidString(*s) {
		*s = strings.ToValidUTF8(*s, "\uFFFD")
	}
	return nil
}

// checkList bounds a list, drops empty elements, and keeps the first of those
// that differ in case only. No list stays none: that is how a category knows
// that its own applies.
func checkList(key string, list []string) ([]string, error) {
	if list == nil {
		return nil, nil
	}
	if len(list) > maxListItems {
		return nil, fmt.Errorf("%s: want at most %d, got %d", key, maxListItems, len(list))
	}
	out := make([]string, 0, len(list))
	for _, s := range list {
		s = strings.TrimSpace(s)
		if err := checkText(key, &s, maxShort); err != nil {
			return nil, err
		}
		if s != "" && !containsFolded(out, s) {
			out = append(out, s)
		}
	}
	return out, nil
}

func containsFolded(list []string, s string) bool {
	for _, t := range list {
		if strings.EqualFold(t, s) {
			return true
		}
	}
	return false
}

func checkRaw(r api.RawInput) error {
	data := bytes.TrimSpace(r.Data)
	switch {
	case len(data) == 0:
		return fmt.Errorf("raw.data: required: an object or null, got none")
	case len(data) > maxRaw:
		return fmt.Errorf("raw.data: want at most %d bytes, got %d", maxRaw, len(data))
	case !json.Valid(data):
		return fmt.Errorf("raw.data: want JSON, got %q", short(string(data)))
	}
	if _, ok := api.ParseTLP(r.TLP); r.TLP != "" && !ok {
		return fmt.Errorf("raw.tlp: want red, amber+strict, amber, green or clear, got %q", short(r.TLP))
	}
	return checkText("raw.source", &r.Source, maxText)
}

func (c *checked) checkLinks(n, index int) error {
	if len(c.in.Relationships) > maxListItems || len(c.in.References) > maxListItems {
		return fmt.Errorf("relationships, references: want at most %d of each, got %d and %d", maxListItems, len(c.in.Relationships), len(c.in.References))
	}
	for _, r := range c.in.Relationships {
		e, err := checkEdge(r, n, index)
		if err != nil {
			return fmt.Errorf("relationships: %w", err)
		}
		c.edges = append(c.edges, e)
	}
	for _, s := range c.in.References {
		u, err := uuid.Parse(s)
		if err != nil {
			return fmt.Errorf("references: want UUIDs, got %q", short(s))
		}
		c.refs = append(c.refs, u)
	}
	return nil
}

func checkEdge(r api.RelationshipInput, n, index int) (checkedEdge, error) {
	e := checkedEdge{index: -1}
	var err error
	if e.kind, err = edgeKind(r.RelationshipType); err != nil {
		return e, err
	}
	if r.ParentIndex != nil {
		e.index = *r.ParentIndex
		if e.index < 0 || e.index >= n || e.index == index {
			return e, fmt.Errorf("parentIndex: want that of another event, 0..%d, got %d", n-1, e.index)
		}
		return e, nil
	}
	u, err := uuid.Parse(r.ParentID)
	if err != nil {
		return e, fmt.Errorf("parentId: want a UUID, got %q", short(r.ParentID))
	}
	e.parent = u
	return e, nil
}

// The kinds of relationships as they are stored; kindReference stands for a
// reference among the edges that wait for their event.
const (
	kindReference = iota
	kindRelated
	kindCaused
	kindAttributed
)

func edgeKind(s string) (int, error) {
	switch s {
	case "related_to", "":
		return kindRelated, nil
	case "caused_by":
		return kindCaused, nil
	case "attributed_to":
		return kindAttributed, nil
	}
	return 0, fmt.Errorf("relationshipType: want related_to, caused_by or attributed_to, got %q", short(s))
}

// country is the alpha-2 code of a country given by code or name; what is no
// country stays as it is.
func country(s string) string {
	if c, ok := api.CountryByCode(s); ok {
		return c.Alpha2
	}
	return s
}
