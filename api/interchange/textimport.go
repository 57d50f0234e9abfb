package interchange

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"

	"threatbench/api"
	"threatbench/api/indicator"
	"threatbench/api/marking"
)

// textImport makes events of the indicators of a text.
type textImport struct {
	im       *importer
	list     bool // a list of indicators, whose comments say nothing of them
	hosts    bool // most of what it lists are hosts
	log      bool // its lines begin with their moments
	comments int
	first    int // line of the first comment
	empty    int // lines without an indicator
}

// readText takes the indicators out of a text: of a list line by line without
// its comments, of anything else wherever they stand; of HTML and XML in what
// is written between the tags. What it says of its own sharing may stand at its
// end, so it is read for that first.
func (im *importer) readText(p *passes) error {
	return im.readTwice(p, im.lookText, im.takeText)
}

// readTwice reads a file for what it says of its own sharing, and then for its
// events. Damage is told by the second reading.
func (im *importer) readTwice(p *passes, look, take func(*file) error) error {
	return p.each(2, func(pass int, f *file) error {
		if pass > 0 {
			return take(f)
		}
		if err := look(f); !errors.Is(err, errCut) {
			return err
		}
		return nil
	})
}

// headLines is how many lines of a text are its head.
const headLines = 5

// lookText finds the markings of a text.
func (im *importer) lookText(f *file) error {
	head, _ := f.Peek(4 << 10) // reading shows what is wrong
	seen := 0
	look := func(b []byte, _ place) error {
		seen++
		im.lookLine(strings.TrimLeft(string(b), "#;!/ "), seen)
		return nil
	}
	if trimmed := bytes.TrimSpace(head); len(trimmed) > 0 && trimmed[0] == '<' {
		m := markup{im: im, z: html.NewTokenizer(f), line: 1, from: 1, take: look, look: true}
		return m.read(f)
	}
	return im.lookLines(f, look)
}

// lookLine reads the text of the file's nth line for what it says of the whole.
func (im *importer) lookLine(text string, n int) {
	if text == "" {
		return
	}
	if n <= headLines {
		im.whole.Head(text)
	}
	im.whole.Line(text)
}

// lookLines gives a file's lines to look, but for those that can't be read.
func (im *importer) lookLines(f *file, look func(b []byte, at place) error) error {
	lines := &lineReader{in: f, most: im.o.MaxLine}
	for im.ctx.Err() == nil {
		b, err := lines.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, errLong):
			continue
		case err != nil:
			return err
		}
		if err := look(b, place{line: lines.line}); err != nil {
			return err
		}
	}
	return context.Cause(im.ctx)
}

// takeText takes the indicators of a text.
func (im *importer) takeText(f *file) error {
	const most = 64 << 10
	head, err := f.Peek(most) // reading shows what is wrong
	t := &textImport{im: im}
	trimmed := bytes.TrimSpace(head)
	tagged := len(trimmed) > 0 && trimmed[0] == '<'
	if !tagged {
		t.list = looksLikeList(trimmed, err != nil) || isBlockList(trimmed)
		t.hosts = t.list && mostlyHosts(trimmed)
		t.log = isLog(trimmed, err != nil)
		err = im.readLines(f, t.take)
	} else {
		m := markup{im: im, z: html.NewTokenizer(f), line: 1, from: 1, take: t.take}
		err = m.read(f)
	}
	t.finish()
	return err
}

// finish tells what was passed over.
func (t *textImport) finish() {
	if t.comments > 0 {
		t.im.note(place{line: t.first}, counted(t.comments, "comment line")+" passed over, from here on")
	}
	if t.empty > 0 {
		t.im.note(place{}, counted(t.empty, "line")+" without an indicator")
	}
}

// take makes an event of every indicator of a line. The same indicator is the
// same event wherever it is found, but for the dataset.
func (t *textImport) take(b []byte, at place) error {
	text := string(b)
	if t.list {
		return t.listed(text, at)
	}
	found := indicator.Find(text)
	if len(found) == 0 {
		t.empty++
	}
	return t.put(found, text, at)
}

// moment is when a line of a log was written; of others, and where it names no
// year, that of the import.
func (t *textImport) moment(text string) time.Time {
	if t.log {
		said, _ := logMoment(text)
		if at, err := time.Parse("02/Jan/2006:15:04:05 -0700", said); err == nil {
			return at
		}
		if at, err := readTime(said); err == nil && said != "" {
			return at.Time
		}
	}
	return t.im.o.Now
}

func (t *textImport) put(found []indicator.Found, text string, at place) error {
	for _, f := range found {
		l := foundEvent(f, text, at, t.im.scoped(""))
		l.Date = api.TimeOf(t.moment(text)).String()
		if err := t.im.putMade(l, len(f.Value), at); err != nil {
			return err
		}
	}
	return nil
}

// listed takes a line of a list: an indicator, or hosts in the forms of hosts
// files and of blockers.
func (t *textImport) listed(text string, at place) error {
	if isListComment(text) || new(marking.Mark).Statement(text) {
		if t.comments++; t.comments == 1 {
			t.first = at.line
		}
		return nil
	}
	found := t.entries(text)
	if len(found) == 0 {
		reason := "no indicator in it"
		if strings.HasPrefix(text, "@@") {
			reason = "an exception of a block list"
		}
		t.im.reject(at, fmt.Sprintf("%s: %.80q", reason, text))
		return nil
	}
	return t.put(found, text, at)
}

// entries are the indicators of a line of a list.
func (t *textImport) entries(text string) []indicator.Found {
	entry := listEntry(text)
	switch {
	case strings.HasPrefix(text, "@@"):
		return nil
	case !t.hosts:
		return indicator.Find(entry)
	}
	var out []indicator.Found
	for word := range strings.FieldsSeq(entry) {
		f, ok := indicator.TypeOf(word)
		host, isHost := indicator.As(indicator.Domain, word)
		switch {
		case ok:
			out = append(out, f)
		case isHost:
			out = append(out, indicator.Found{Value: host, Type: indicator.Domain})
		default:
			return indicator.Find(entry)
		}
	}
	return out
}

// isListComment tells comments of lists, and the names that hosts files give
// to the machine itself.
func isListComment(text string) bool {
	if strings.IndexByte("#;!", text[0]) >= 0 || strings.HasPrefix(text, "//") || strings.HasPrefix(text, "[Adblock") {
		return true
	}
	fields := strings.Fields(text)
	return len(fields) > 1 && isHostsAddress(fields[0]) && !strings.Contains(fields[1], ".") || len(fields) > 1 && strings.HasSuffix(fields[1], "localdomain")
}

// isHostsAddress tells the addresses to which hosts files send what they
// block.
func isHostsAddress(s string) bool {
	return slices.Contains([]string{"0.0.0.0", "127.0.0.1", "::1", "::", "fe80::1%lo0", "255.255.255.255", "ff02::1", "ff02::2", "ff00::0", "fe00::0"}, s)
}

// listEntry is what a line of a list names, without what the list's own form
// puts around it and without a comment behind it.
func listEntry(text string) string {
	if i := strings.Index(text, " #"); i > 0 {
		text = text[:i]
	}
	text = strings.TrimSpace(text)
	if rest, ok := strings.CutPrefix(text, "||"); ok {
		rest, _, _ = strings.Cut(rest, "^")
		return rest
	}
	for _, prefix := range []string{"address=/", "server=/", "local=/"} {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			rest, _, _ = strings.Cut(rest, "/")
			return rest
		}
	}
	for _, prefix := range []string{"DOMAIN-SUFFIX,", "DOMAIN,", "+.", "."} {
		text = strings.TrimPrefix(text, prefix)
	}
	fields := strings.Fields(text)
	if len(fields) > 1 && isHostsAddress(fields[0]) {
		return strings.Join(fields[1:], " ")
	}
	if len(fields) > 2 && (fields[1] == "CNAME" || fields[1] == "A" || fields[0] == "local-zone:") {
		if fields[0] == "local-zone:" {
			return strings.Trim(fields[1], `"`)
		}
		return fields[0]
	}
	return text
}

// mostlyHosts tells whether most entries of a list are domains.
func mostlyHosts(head []byte) bool {
	hosts, all := 0, 0
	for line := range bytes.Lines(head) {
		text := strings.TrimSpace(string(line))
		if text == "" || isListComment(text) {
			continue
		}
		all++
		first, _, _ := strings.Cut(text, " ")
		if f, ok := indicator.TypeOf(listEntry(text)); ok && f.Type == indicator.Domain || isHostsAddress(first) && first != text {
			hosts++
		}
	}
	return 5*hosts >= 4*all
}

// inlineTags don't end the line they stand in.
var inlineTags = []string{"a", "b", "i", "u", "em", "strong", "span", "code", "font", "sub", "sup", "wbr", "mark", "small", "tt", "kbd", "s"}

// read takes what stands between the tags of HTML or XML.
func (m *markup) read(f *file) error {
	m.z.SetMaxBuf(m.im.o.MaxLine)
	for {
		if m.im.ctx.Err() != nil {
			return m.im.ctx.Err()
		}
		kind := m.z.Next()
		if kind == html.ErrorToken {
			return m.end(f)
		}
		lines := bytes.Count(m.z.Raw(), []byte("\n"))
		if err := m.token(kind); err != nil {
			return err
		}
		m.line += lines
	}
}

// markup gathers the visible text of HTML or XML.
type markup struct {
	im     *importer
	take   func(b []byte, at place) error
	look   bool // for markings only
	z      *html.Tokenizer
	text   strings.Builder
	line   int    // where the tokenizer is
	from   int    // where text begins
	hidden string // the element whose text nobody sees
}

// flush takes the indicators of the text gathered so far.
func (m *markup) flush() error {
	b := strings.TrimSpace(m.text.String())
	m.text.Reset()
	if b == "" {
		return nil
	}
	if !m.look {
		m.im.count()
	}
	return m.take([]byte(b), place{line: m.from})
}

// end takes what is left, and says why there is no more.
func (m *markup) end(f *file) error {
	if err := m.flush(); err != nil {
		return err
	}
	err := m.z.Err()
	if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	if errors.Is(err, html.ErrBufferExceeded) {
		if !m.look {
			m.im.reject(place{line: m.line}, fmt.Sprintf("a tag or text is longer than %d bytes; the rest isn't read", m.im.o.MaxLine))
		}
		return nil
	}
	return f.broken(err)
}

// token gathers a text, or ends it where a tag does.
func (m *markup) token(kind html.TokenType) error {
	switch kind {
	case html.TextToken:
		if m.hidden != "" {
			return nil
		}
		if m.text.Len() == 0 {
			m.from = m.line
		}
		m.text.Write(m.z.Text())
	case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
		return m.tag(kind)
	}
	return nil
}

func (m *markup) tag(kind html.TokenType) error {
	name, more := m.z.TagName()
	tag := string(name)
	if m.look && more && kind != html.EndTagToken {
		m.attributes()
	}
	switch {
	case kind == html.StartTagToken && (tag == "script" || tag == "style"):
		m.hidden = tag
	case kind == html.EndTagToken && tag == m.hidden:
		m.hidden = ""
	}
	if !slices.Contains(inlineTags, tag) || m.text.Len() > m.im.o.MaxLine {
		return m.flush()
	}
	return nil
}

// attributes looks for markings in what a tag says: the words of a picture, a
// property of the document, a class.
func (m *markup) attributes() {
	said := map[string]string{}
	for more := true; more; {
		var key, value []byte
		key, value, more = m.z.TagAttr()
		said[string(key)] = string(value)
	}
	for _, key := range []string{"alt", "title", "content", "aria-label", "label", "data-tlp"} {
		m.im.whole.Title(said[key])
	}
	if marking.IsName(said["name"]) || marking.IsName(said["property"]) {
		m.im.whole.Field(said["content"])
	}
	if text, ok := said["data-tlp"]; ok {
		m.im.whole.Field(text)
	}
}

func foundEvent(f indicator.Found, text string, at place, scope string) line {
	var l line
	l.UUID = madeUUID("indicator", string(f.Type), f.Value+scope)
	l.Event = fmt.Sprintf("%s %s", f.Type, f.Value)
	l.Category = plainCategory
	l.Indicator, l.IndicatorType = f.Value, string(f.Type)
	b := appendString([]byte(`{"text":`), around(text, f.At))
	b = fmt.Appendf(b, `,"line":%d}`, at.line)
	l.Raw.Data = json.RawMessage(b)
	return l
}

// around is what stands around a place of a text, long enough to understand
// it.
func around(text string, at int) string {
	const before, after = 200, 400
	return text[max(0, at-before):min(len(text), at+after)]
}
