package interchange

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"threatbench/api"
	"threatbench/api/interchange/table"
	"threatbench/api/marking"
)

// line is one event as a file has it.
type line struct {
	api.CreateEvent
	ID      string `json:"id"`
	Dataset string `json:"dataset"`

	mark   marking.Mark // what it says of its own sharing
	joined marking.Mark // what others say whose words it took in
	held   api.TLP      // the strictest of what its raw record holds or names of others
	untied []string     // relationships that its markings don't let in
	origin api.Origin   // what it is made from

	mended  []string // what was of another kind than it should be, and how it is read
	lost    []string // what couldn't be taken of it, and why
	undated bool     // its date is that of the import
	unsaid  bool     // nothing says a marking, so that it has the import's
}

// decodeLine reads one line and checks what can be checked without a server.
// What a line doesn't say is completed, as in a table; only one that says of
// nothing what it is about is refused. The error is a reason for people,
// without line number.
func decodeLine(b []byte, o ImportOptions) (line, error) {
	var l line
	if at := invalidUTF8(b); at >= 0 {
		return l, fmt.Errorf("not UTF-8 at byte %d", at+1)
	}
	if err := json.Unmarshal(b, &l); err != nil {
		if l, err = mendLine(b, err); err != nil {
			return l, plainJSONError(err)
		}
	}
	l.readMarkings(b)
	if err := l.identify(b); err != nil {
		return l, err
	}
	if err := l.complete(b, o); err != nil {
		return l, err
	}
	l.dropRelationships()
	return l, l.check()
}

// readMarkings takes in what a line says of its sharing. One with a marking in
// its place means what it says; in others one may stand elsewhere.
func (l *line) readMarkings(b []byte) {
	l.mark.Field(l.TLP)
	for _, tag := range l.Tags {
		l.mark.Tag(tag)
	}
	if strings.TrimSpace(l.TLP) != "" {
		return
	}
	for name, value := range decoded[map[string]json.RawMessage](b) {
		text := string(decoded[word](value))
		switch {
		case strings.EqualFold(name, "tlp"):
		case marking.IsName(name):
			l.mark.Field(text)
		case marking.OnSharing(name) && marking.Is(text):
			l.mark.Field(text)
		case strings.Contains(text, "marking-definition--"):
			l.mark.Add(markingsByID(text))
		default:
			for _, within := range marksWithin(value, nil) {
				l.mark.Field(within)
			}
		}
	}
	l.mark.Title(l.Event)
	l.mark.Title(l.Insight)
}

// complete gives an event what its line doesn't say: the line itself for its
// raw record, a plain category, a text made of its indicator, the date of the
// import.
func (l *line) complete(b []byte, o ImportOptions) error {
	if len(l.Raw.Data) == 0 || bytes.Equal(l.Raw.Data, []byte("null")) {
		l.Raw.Data = bytes.Clone(b)
	}
	if l.Indicator != "" && l.IndicatorType == "" && !bytes.Contains(b, []byte(`"indicatorType"`)) {
		values := table.Values(l.Indicator, "", "")
		l.Indicator = ""
		l.addIndicators(values)
	}
	l.Category = cmp.Or(strings.TrimSpace(l.Category), plainCategory)
	if strings.TrimSpace(l.Event) == "" {
		first := api.IndicatorInput{Value: l.Indicator, IndicatorType: l.IndicatorType}
		if first.Value == "" && len(l.Indicators) > 0 {
			first = l.Indicators[0]
		}
		if l.Event = strings.TrimSpace(first.IndicatorType + " " + first.Value); first.Value == "" {
			return errors.New("neither a description nor an indicator")
		}
	}
	switch _, err := api.ParseTime(l.Date); {
	case strings.TrimSpace(l.Date) == "":
		l.Date, l.undated = api.TimeOf(o.Now).String(), true
	case err != nil:
		if t, ok := plainTime(l.Date, o); ok {
			l.Date = t.String()
		}
	}
	return nil
}

// plainTime reads a moment that tables have in other forms, where nothing of
// it can be read in two ways.
func plainTime(s string, o ImportOptions) (api.Time, bool) {
	d := table.NewDates(table.Order(o.DateOrder))
	d.Learn(s)
	t, err := d.Parse(s)
	return t, err == nil && d.Ambiguous() == ""
}

// dropRelationships leaves out relationships that can't be made; the event
// stays.
func (l *line) dropRelationships() {
	kept := l.Relationships[:0]
	for i, r := range l.Relationships {
		if err := l.checkRelationship(r); err != nil {
			l.lost = append(l.lost, fmt.Sprintf("relationships[%d]: %v", i, err))
			continue
		}
		kept = append(kept, r)
	}
	l.Relationships = kept
}

// invalidUTF8 is the first byte of a text that isn't UTF-8, -1 for none.
func invalidUTF8(b []byte) int {
	if utf8.Valid(b) {
		return -1
	}
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// plainJSONError says what is wrong in the words of the file, not of Go.
func plainJSONError(err error) error {
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		field := strings.TrimPrefix(wrong.Field, "CreateEvent.")
		if field == "" {
			return fmt.Errorf("want a JSON object, got %s", article(wrong.Value))
		}
		return fmt.Errorf("%s: got %s where %s belongs", field, article(wrong.Value), jsonKind(wrong))
	case errors.As(err, &syntax):
		return fmt.Errorf("not JSON at byte %d: %s", syntax.Offset, syntax.Error())
	}
	return fmt.Errorf("not JSON: %w", err)
}

// article puts one before the name of a kind.
func article(kind string) string {
	if kind != "" && strings.ContainsRune("aeiou", rune(kind[0])) {
		return "an " + kind
	}
	return "a " + kind
}

func jsonKind(e *json.UnmarshalTypeError) string {
	switch e.Type.Kind().String() {
	case "string":
		return "a text"
	case "slice":
		return "a list"
	case "int", "int64":
		return "a whole number"
	case "bool":
		return "true or false"
	}
	return "an object"
}

// identify settles the event's UUID. An event without one gets one made from
// the line's bytes, so that the same file imported twice is the same events.
func (l *line) identify(b []byte) error {
	if l.UUID == "" {
		l.UUID = l.ID
	}
	if l.UUID == "" {
		l.UUID = hashedUUID(bytes.TrimSpace(b))
		return nil
	}
	id, err := parseUUID(l.UUID)
	if err != nil {
		return fmt.Errorf("id: %w", err)
	}
	l.UUID = id.String()
	l.origin.ID = l.UUID
	return nil
}

func hashedUUID(b []byte) string {
	sum := sha256.Sum256(b)
	return uuid.NewHash(sha256.New(), uuid.NameSpaceOID, sum[:], 8).String()
}

// madeUUID is the UUID of an event that a file names otherwise, or not at all:
// the same for the same parts.
func madeUUID(parts ...string) string { return hashedUUID([]byte(strings.Join(parts, "\x00"))) }

func parseUUID(s string) (uuid.UUID, error) {
	id, err := uuid.Parse(s)
	if err != nil || len(s) != 36 {
		return id, fmt.Errorf("%.40q is no UUID", s)
	}
	return id, nil
}

// keepOwn makes the event keep its kill chain and techniques also where it has
// none, instead of taking its category's.
func (l *line) keepOwn() {
	if l.KillChain == nil {
		l.KillChain = new(int)
	}
	if l.MitreAttack == nil {
		l.MitreAttack = []string{}
	}
	if l.MitreCapec == nil {
		l.MitreCapec = []string{}
	}
}

func (l *line) check() error {
	for _, f := range []struct{ key, value string }{{"date", l.Date}, {"category", l.Category}, {"event", l.Event}} {
		if strings.TrimSpace(f.value) == "" {
			return fmt.Errorf("%s is missing", f.key)
		}
	}
	if len(l.Raw.Data) == 0 || bytes.Equal(l.Raw.Data, []byte("null")) {
		return errors.New("raw.data is missing")
	}
	if _, err := api.ParseTime(l.Date); err != nil {
		return fmt.Errorf("date: %w", err)
	}
	for i, r := range l.Relationships {
		if err := l.checkRelationship(r); err != nil {
			return fmt.Errorf("relationships[%d]: %w", i, err)
		}
	}
	return nil
}

func relationshipTypes() []string { return []string{"related_to", "caused_by", "attributed_to"} }

func (l *line) checkRelationship(r api.RelationshipInput) error {
	if r.ParentIndex != nil {
		return errors.New("in a file a parent is named by parentId, not by parentIndex")
	}
	parent, err := parseUUID(r.ParentID)
	if err != nil {
		return fmt.Errorf("parentId: %w", err)
	}
	if parent.String() == l.UUID {
		return errors.New("an event cannot be its own parent")
	}
	if !slices.Contains(relationshipTypes(), r.RelationshipType) {
		return fmt.Errorf("relationshipType: %.40q is none of %s", r.RelationshipType, strings.Join(relationshipTypes(), ", "))
	}
	return nil
}

// setField puts a cell with content into a field that takes text or a list.
func (l *line) setField(field, cell string) error {
	if text := l.textField(field); text != nil {
		*text = cmp.Or(*text, cell)
		return nil
	}
	if list := l.listField(field); list != nil {
		for _, item := range table.List(cell) {
			*list = with(*list, item)
		}
		return nil
	}
	switch field {
	case "indicators":
		l.setIndicators(cell)
	case "killChain":
		stage, err := readStage(cell)
		l.KillChain = &stage
		return err
	case "relationships":
		l.setRelationships(cell)
	case "raw":
		if !json.Valid([]byte(cell)) {
			return errors.New("not JSON")
		}
		l.Raw.Data = json.RawMessage(cell)
	case "id":
		l.setID(cell)
	}
	return nil
}

// textField is where a column of one text goes as it is; nil for others.
func (l *line) textField(field string) *string {
	switch field {
	case "dataset":
		return &l.Dataset
	case "source":
		return &l.Raw.Source
	}
	f, _ := api.FieldOf(api.Field(field))
	if f.Create == nil || f.Kind == api.KindTime || f.Kind == api.KindIndicator {
		return nil
	}
	return f.Create(&l.CreateEvent)
}

// listField is where a column with a list goes; nil for others.
func (l *line) listField(field string) *[]string {
	f, _ := api.FieldOf(api.Field(field))
	if f.Items == nil {
		return nil
	}
	return f.Items(&l.CreateEvent)
}

// setID takes a UUID as it is; any other id only tells rows apart, which the
// whole row does as well.
func (l *line) setID(cell string) {
	if id, err := parseUUID(cell); err == nil {
		l.UUID = id.String()
	}
}

// addIndicators adds indicators; the first that an event gets is its primary
// one.
func (l *line) addIndicators(values []table.Value) {
	for _, v := range values {
		if l.Indicator == "" {
			l.Indicator, l.IndicatorType = v.Text, v.Type
			continue
		}
		if len(l.Indicators) == 0 {
			l.Indicators = append(l.Indicators, api.IndicatorInput{Value: l.Indicator, IndicatorType: l.IndicatorType})
		}
		if next := (api.IndicatorInput{Value: v.Text, IndicatorType: v.Type}); !slices.Contains(l.Indicators, next) {
			l.Indicators = append(l.Indicators, next)
		}
	}
}

// setIndicators adds the indicators of a cell that lists them behind their
// types, beside the primary one.
func (l *line) setIndicators(cell string) {
	for _, item := range table.List(cell) {
		kind, value, ok := strings.Cut(item, ":")
		if !ok || value == "" {
			l.addIndicators(table.Values(item, "", ""))
			continue
		}
		l.addIndicators([]table.Value{{Text: value, Type: kind}})
	}
}

func (l *line) setTime(c table.Column, cell string) error {
	t, err := c.Time(cell)
	if err != nil {
		return err
	}
	if c.Field == "date" {
		l.Date = t.String()
	} else {
		l.CreatedAt = t.String()
	}
	return nil
}

// readStage reads a stage of the kill chain by number or name.
func readStage(s string) (int, error) {
	const stages = 7
	if n, err := strconv.Atoi(s); err == nil && n >= 0 && n <= stages {
		return n, nil
	}
	named := strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '-' || r == '_' }), " ")
	for n := range stages + 1 {
		if strings.EqualFold(api.KillChainName(n), named) {
			return n, nil
		}
	}
	return 0, fmt.Errorf("%.40q is no stage of the kill chain: want 0 to %d or a name such as delivery", s, stages)
}

// setRelationships reads type:UUID, several separated as in any list.
func (l *line) setRelationships(cell string) {
	for _, item := range table.List(cell) {
		kind, parent, ok := strings.Cut(item, ":")
		if !ok {
			kind, parent = api.RelatedTo, item
		}
		l.Relationships = append(l.Relationships, api.RelationshipInput{ParentID: parent, RelationshipType: kind})
	}
}
