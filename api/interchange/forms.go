package interchange

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"regexp"
	"strings"

	"threatbench/api"
	"threatbench/api/interchange/form"
	"threatbench/api/interchange/table"
	"threatbench/api/marking"
)

// isBinary tells files that hold no text by how they begin.
func isBinary(head []byte) bool {
	for _, begin := range []string{"PK\x03\x04", "PK\x05\x06", "%PDF-", "\xd0\xcf\x11\xe0", "7z\xbc\xaf\x27\x1c", "Rar!", "BZh", "\xfd7zXZ", "\x28\xb5\x2f\xfd"} {
		if bytes.HasPrefix(head, []byte(begin)) {
			return true
		}
	}
	return false
}

// binaryFormat is the form of a file that holds no text and is no plain
// archive.
func binaryFormat(head []byte) (Format, error) {
	switch {
	case bytes.HasPrefix(head, []byte("%PDF-")):
		return PDF, nil
	case isOffice(head, "xl/"):
		return XLSX, nil
	case isOffice(head, "word/"), isOffice(head, "ppt/"):
		return "", errors.New("a document of an office program; save it as PDF or text, a table as xlsx or CSV")
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")):
		return "", errors.New("a document of an older office program (xls, doc), or a workbook with a password; save it as xlsx, CSV or text without one")
	}
	return "", errors.New("an archive of a kind that isn't read; unpack it, or use zip or gzip")
}

// isOffice tells a document of an office program by the folder that its parts
// are in.
func isOffice(head []byte, folder string) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) && bytes.Contains(head, []byte(folder)) && (bytes.Contains(head, []byte("[Content_Types].xml")) || bytes.Contains(head, []byte("_rels/")))
}

// foreignKeys tells the JSON of other programs by the keys an object has.
type foreignKeys struct {
	seen   map[string]bool
	format Format
}

// add takes the next key, and gives the form once it is plain. value is nil
// where it goes on behind the file's beginning.
func (k *foreignKeys) add(key string, value []byte) Format {
	if k.seen == nil {
		k.seen = map[string]bool{}
	}
	k.seen[key] = true
	has := func(keys ...string) bool {
		for _, one := range keys {
			if k.seen[one] {
				return true
			}
		}
		return false
	}
	switch {
	case has("event", "category", "raw", "objects", "spec_version"):
	case has("event_type") && has("src_ip", "dest_ip", "flow_id", "timestamp"):
		k.format = EVE
	case has("sourceRef") && has("title"), has("artifacts", "observables") && has("title") && has("source", "tlp", "severity"):
		k.format = TheHive
	case has("pulse_key", "adversary") && has("name"), has("indicators") && has("name") && has("author_name", "author", "TLP", "tlp", "references", "tags", "id"),
		key == "results" && (value == nil || bytes.Contains(value, []byte(`"indicators"`))) && has("count", "next", "previous"):
		k.format = OTX
	}
	return k.format
}

var (
	sigmaTitle = regexp.MustCompile(`(?m)^title:\s*\S`)
	sigmaParts = regexp.MustCompile(`(?m)^(detection|correlation|logsource):\s*(#.*)?$`)
	yaraRule   = regexp.MustCompile(`(?m)^\s*(?:(?:private|global)\s+)*rule\s+[A-Za-z_]\w*\s*(?::[\w\s]*)?\{`)
	yaraEnd    = regexp.MustCompile(`(?m)\bcondition\s*:`)
	heading    = regexp.MustCompile(`(?m)^#{1,6} \S`)
	underline  = regexp.MustCompile(`(?m)^(={3,}|-{3,}|\|[ :|-]+\||[*-] .+|\d+\. .+|.*\]\(https?://.*|\x60{3}.*)\s*$`)
)

func isSigma(head []byte) bool { return sigmaTitle.Match(head) && sigmaParts.Match(head) }

func isYARA(head []byte) bool { return yaraRule.Match(head) && yaraEnd.Match(head) }

// isMarkdown tells Markdown by the name of its file, or by headings and other
// signs of it: a line of one # alone is a comment of a list as well.
func isMarkdown(head []byte, name string) bool {
	switch strings.ToLower(path.Ext(strings.TrimSuffix(name, ".gz"))) {
	case ".md", ".markdown":
		return true
	}
	return heading.Match(head) && bytes.Contains(head, []byte("\n## ")) && underline.Match(head)
}

// isLog tells logs: most lines begin with a moment, and say more than it.
func isLog(head []byte, whole bool) bool {
	const most, words = 40, 4
	lines := bytes.Split(head, []byte("\n"))
	if !whole {
		lines = lines[:max(len(lines)-1, 1)]
	}
	dated, all := 0, 0
	for _, l := range lines[:min(len(lines), most)] {
		text := strings.TrimSpace(string(l))
		if text == "" || text[0] == '#' {
			continue
		}
		all++
		if _, rest := logMoment(text); rest != "" && len(strings.Fields(rest)) >= words {
			dated++
		}
	}
	return all >= 2 && 5*dated >= 4*all
}

var moments = regexp.MustCompile(`^[\[(<"]?(?:<\d{1,3}>\d? ?)?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z| ?[+-]\d\d:?\d\d)?|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)[\])>",]?\s*`)
var accessLog = regexp.MustCompile(`^\S+ \S+ \S+ \[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] `)

// logMoment is the moment that a line of a log begins with, and the rest of it;
// both are "" where there is none.
func logMoment(text string) (moment, rest string) {
	if m := moments.FindStringSubmatchIndex(text); m != nil {
		return text[m[2]:m[3]], text[m[1]:]
	}
	if m := accessLog.FindStringSubmatch(text); m != nil {
		return m[1], text
	}
	return "", ""
}

// entries makes events of what a form gives.
type entries struct {
	im      *importer
	undated int
}

// readForm takes a file of another program's form.
func (im *importer) readForm(p *passes) error {
	if im.o.Format == YARA || im.o.Format == Sigma {
		return im.readTwice(p, im.lookComments, im.takeForm)
	}
	return im.takeForm(p.first)
}

// lookComments finds the markings in the comments of rules.
func (im *importer) lookComments(f *file) error {
	return im.lookLines(f, func(b []byte, _ place) error {
		if strings.IndexByte("#/*", b[0]) >= 0 {
			im.whole.Line(strings.TrimLeft(string(b), "#/* "))
		}
		return nil
	})
}

// takeForm takes what a form gives.
func (im *importer) takeForm(f *file) error {
	t := &entries{im: im}
	var err error
	object := func(read func([]byte, int, form.Taker) error) error {
		return im.readJSON(f, func(b []byte, at place) error { return read(b, at.line, t) })
	}
	switch im.o.Format {
	case TheHive:
		err = object(form.TheHive)
	case OTX:
		err = object(form.OTX)
	case EVE:
		err = object(form.EVE)
	case OpenIOC:
		err = form.OpenIOC(f, t)
	case Sigma:
		err = form.Sigma(f, t)
	case YARA:
		err = form.YARA(f, t)
	}
	t.finish()
	return err
}

func (t *entries) finish() {
	if t.undated > 0 {
		t.im.note(place{}, counted(t.undated, "event")+" without a date in the file, dated by the import")
	}
}

// Take is of form.Taker.
func (t *entries) Take(e form.Entry) error {
	if t.im.ctx.Err() != nil {
		return t.im.ctx.Err()
	}
	t.im.count()
	var l line
	l.UUID = t.id(e.ID)
	l.Event, l.Category, l.Insight = e.Event, cmp.Or(e.Category, plainCategory), e.Insight
	if _, err := api.ParseTime(e.Date); err == nil && e.Date != "" {
		l.Date = e.Date
	} else {
		l.Date = api.TimeOf(t.im.o.Now).String()
		t.undated++
	}
	l.Attacker, l.TargetIndustry, l.Raw.Source = e.Attacker, e.Industry, e.Source
	if code, ok := table.Country(e.Target); ok {
		l.TargetCountry = code
	}
	for _, in := range e.Indicators {
		l.addIndicators([]table.Value{{Text: in.Value, Type: in.IndicatorType}})
	}
	for _, tag := range e.Tags {
		if !l.mark.Tag(tag) {
			l.Tags = with(l.Tags, strings.TrimSpace(tag))
		}
	}
	for _, m := range e.Markings {
		l.mark.Field(m)
	}
	for _, text := range e.About {
		l.joined.Title(text)
	}
	l.mark.Title(e.Event)
	l.mark.Title(e.Insight)
	for _, id := range e.Techniques {
		l.MitreAttack = with(l.MitreAttack, id)
	}
	if e.Parent != "" {
		l.Relationships = []api.RelationshipInput{{ParentID: t.id(e.Parent), RelationshipType: api.RelatedTo}}
	}
	l.origin = api.Origin{ID: e.ID, Version: version(e.Version)}
	l.Raw.Data = e.Raw
	l.keepOwn()
	return t.im.putMade(l, len(e.Raw), place{line: e.Line, object: e.ID})
}

// id is the UUID of an entry: its own, or one made from how its form names it.
func (t *entries) id(s string) string {
	if id, err := parseUUID(s); err == nil {
		return id.String()
	}
	return madeUUID("form", s)
}

// Reject is of form.Taker.
func (t *entries) Reject(line int, object, reason string) {
	t.im.count()
	t.im.reject(place{line: line, object: object}, reason)
}

// LeaveOut is of form.Taker.
func (t *entries) LeaveOut(kind, reason string) { t.im.leave(kind, reason) }

// Note is of form.Taker.
func (t *entries) Note(line int, object, text string) {
	t.im.note(place{line: line, object: object}, text)
}

// lookWorkbook finds the markings of the sheets of a workbook, in their order.
// Damage is told by taking them.
func (im *importer) lookWorkbook(in io.ReaderAt, size int64) (sheets []marking.Mark) {
	name := im.whole
	defer func() { im.whole = name }()
	_ = form.Sheets(in, size, func(_ string, sheet io.Reader) error {
		f, err := openFile(&counter{r: sheet})
		if err != nil {
			return err
		}
		im.whole = marking.Mark{}
		if err := im.lookCSV(f); err != nil && im.ended() {
			return err
		}
		sheets = append(sheets, im.whole)
		return nil
	})
	return sheets
}

// readWorkbook takes the sheets of a workbook, each as a table of its own. What
// one says of its sharing loosens that one alone, and makes all stricter.
func (im *importer) readWorkbook(p *passes) error {
	member := im.member
	defer func() { im.member = member }()
	return p.whole(form.MaxWorkbook, func(in io.ReaderAt, size int64) error {
		marks := im.lookWorkbook(in, size)
		for _, m := range marks {
			im.whole.AtLeast(m)
		}
		all, taken := im.whole, 0
		err := form.Sheets(in, size, func(name string, sheet io.Reader) error {
			f, err := openFile(&counter{r: sheet})
			if err != nil {
				return err
			}
			im.member = strings.TrimPrefix(member+"/"+name, "/")
			im.whole = marking.Mark{}
			im.whole.Add(all)
			if taken < len(marks) {
				im.whole.Add(marks[taken])
			}
			taken++
			if err := im.takeCSV(f); err != nil && !im.ended() {
				im.reject(place{}, err.Error())
			} else if err != nil {
				return err
			}
			return nil
		})
		if im.member = member; err != nil && taken > 0 && !im.ended() {
			im.reject(place{}, err.Error()+"; what came before is taken")
			return nil
		}
		return err
	})
}

// ended tells whether the import is over whatever the file says.
func (im *importer) ended() bool { return im.ctx.Err() != nil }

// readPDF takes the indicators of a PDF's text; the lines of its places are
// pages. The text is held until its markings are known, which stand anywhere.
func (im *importer) readPDF(p *passes) error {
	const most = 64 << 20
	return p.whole(form.MaxPDF, func(in io.ReaderAt, size int64) error {
		t := &textImport{im: im}
		var pages []string
		held := 0
		err := form.PDF(im.ctx, in, size, func(page int, text string, failed error) error {
			im.count()
			held += len(text)
			switch {
			case failed != nil:
				im.reject(place{object: fmt.Sprintf("page %d", page)}, failed.Error())
			case held > most:
				return fmt.Errorf("more than %d MiB of text", most>>20)
			case strings.TrimSpace(text) == "":
				im.leave("page", "it has no text, only pictures at most")
			}
			for line := range strings.Lines(text) {
				im.whole.Line(line)
			}
			pages = append(pages, text)
			return nil
		})
		if err != nil {
			return err
		}
		for n, text := range pages {
			for line := range strings.Lines(text) {
				if err := t.take([]byte(line), place{line: n + 1}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// whole gives the file to read at any place: itself where that can be done,
// else a copy on disk that nobody else can read. More than most bytes are
// refused.
func (p *passes) whole(most int64, read func(in io.ReaderAt, size int64) error) (err error) {
	if f, ok := p.r.(io.ReaderAt); ok && p.seek && !p.first.gzip {
		end, err := p.r.(io.Seeker).Seek(0, io.SeekEnd)
		switch {
		case err != nil:
			return fmt.Errorf("finding the file's end: %w", err)
		case end-p.start > most:
			return tooLarge(most)
		}
		return read(io.NewSectionReader(f, p.start, end-p.start), end-p.start)
	}
	spool, err := os.CreateTemp("", "threatbench-import-*")
	if err != nil {
		return fmt.Errorf("making a temporary copy: %w", err)
	}
	defer func() { err = errors.Join(err, spool.Close(), os.Remove(spool.Name())) }()
	n, err := io.Copy(spool, io.LimitReader(p.first, most+1))
	switch {
	case err != nil:
		return p.first.broken(err)
	case n > most:
		return tooLarge(most)
	}
	return read(spool, n)
}

func tooLarge(most int64) error {
	return fmt.Errorf("a file of this form may have %d MiB at most", most>>20)
}
