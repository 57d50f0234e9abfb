package interchange

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"threatbench/api/indicator"
	"threatbench/api/interchange/table"
)

// Format is a form of file.
type Format string

// The forms. All but Markdown can be read; ExportFormats can be written.
const (
	JSONL    Format = "jsonl"    // JSON Lines, one create body a line
	CSV      Format = "csv"      // a table with a header, whatever separates its columns
	TSV      Format = "tsv"      // a table separated by tabs
	STIX     Format = "stix"     // a STIX 2.1 bundle
	MISP     Format = "misp"     // MISP events as JSON
	JSON     Format = "json"     // a JSON document: a list of create bodies, or one over several lines
	Text     Format = "text"     // any text: its indicators
	XLSX     Format = "xlsx"     // a workbook, each sheet a table
	PDF      Format = "pdf"      // the indicators of its text
	TheHive  Format = "thehive"  // alerts of TheHive as JSON
	OTX      Format = "otx"      // pulses of AlienVault OTX as JSON
	EVE      Format = "eve"      // Suricata's log, of which the alerts
	OpenIOC  Format = "openioc"  // OpenIOC 1.0 and 1.1, XML
	Sigma    Format = "sigma"    // rules of Sigma, YAML
	YARA     Format = "yara"     // rules of YARA
	Markdown Format = "markdown" // a report to read
)

// ImportFormats lists the forms that can be read.
func ImportFormats() []Format {
	return []Format{JSONL, JSON, CSV, TSV, XLSX, STIX, MISP, OpenIOC, TheHive, OTX, EVE, Sigma, YARA, Text, PDF}
}

// ExportFormats lists the forms that can be written.
func ExportFormats() []Format { return []Format{JSONL, CSV, STIX, Markdown} }

// formatOf is the form that was asked for, or the one that the file's
// beginning shows.
func formatOf(f *file, o ImportOptions) (Format, error) {
	if o.Format != "" {
		if !slices.Contains(ImportFormats(), o.Format) {
			return "", fmt.Errorf("files of the form %q cannot be read", o.Format)
		}
		return o.Format, nil
	}
	const most = 64 << 10
	head, err := f.Peek(most)
	if err != nil && len(head) == 0 {
		return JSONL, nil // empty or broken, as reading will say
	}
	whole := err != nil
	head = bytes.TrimSpace(head)
	switch {
	case len(head) == 0:
		return JSONL, nil
	case f.binary:
		return binaryFormat(head)
	case isBlockList(head):
		return Text, nil
	case head[0] == '{' || head[0] == '[':
		format := jsonFormat(head)
		if format == JSONL && isDocument(head) {
			format = JSON
		}
		return format, nil
	case head[0] == '<':
		return markupFormat(head)
	case isSigma(head):
		return Sigma, nil
	case isYARA(head):
		return YARA, nil
	case isMarkdown(head, o.Name), isLog(head, whole):
		return Text, nil
	case len(o.Columns) > 0 || looksLikeTable(head, whole, o):
		return CSV, nil
	case looksLikeList(head, whole):
		return Text, nil
	}
	return "", errors.New("no known form: neither JSON, nor a table whose first line names known columns, nor a list of indicators; " +
		"say what it is with a format: csv and a mapping of its columns, or text to take the indicators out of any text")
}

// markupFormat tells HTML, whose text is read, from other forms of XML.
func markupFormat(head []byte) (Format, error) {
	begin := strings.ToLower(string(head[:min(len(head), 1024)]))
	if strings.HasPrefix(begin, "<!doctype html") || strings.Contains(begin, "<html") {
		return Text, nil
	}
	switch {
	case (strings.Contains(begin, "<ioc") || strings.Contains(begin, "<openioc")) && (strings.Contains(begin, "openioc") || strings.Contains(begin, "mandiant")):
		return OpenIOC, nil
	case strings.Contains(begin, "stix.mitre.org") || strings.Contains(begin, "<stix:stix_package"):
		return "", errors.New("STIX 1.x, which isn't read: have it written as STIX 2.1 (the OASIS stix-elevator does that); with the format text the indicators between its tags are taken")
	}
	return "", errors.New("no known form: XML that is neither HTML nor OpenIOC; with the format text the indicators between its tags are taken")
}

// jsonFormat tells what a JSON file is by the keys it begins with.
func jsonFormat(head []byte) Format {
	j := &jsonReader{in: bufio.NewReader(bytes.NewReader(head)), most: len(head), line: 1}
	format := JSONL
	var keys foreignKeys
	key := func(key string) error {
		value, err := j.value()
		switch {
		case keys.add(key, value) != "":
			format = keys.format
		case isMISPKey(key):
			format = MISP
		case key == "id" && isSTIXID(value), key == "objects" || key == "spec_version" || key == "type" && string(value) == `"bundle"`:
			format = STIX
		default:
			return err
		}
		return errFound
	}
	if head[0] == '[' {
		_ = j.array(func() error { return j.object(key) }) // the head ends anywhere
	} else {
		_ = j.object(key) // the head ends anywhere
	}
	return format
}

// isSTIXID tells whether a JSON value is the id of a STIX object.
func isSTIXID(value []byte) bool {
	kind, bare, ok := strings.Cut(string(decoded[word](value)), "--")
	_, err := parseUUID(bare)
	return ok && kind != "" && err == nil
}

// isMISPKey tells whether only files of MISP have a key among the first.
func isMISPKey(key string) bool {
	switch key {
	case "Event", "response", "Attribute", "Object", "Orgc", "orgc_id", "threat_level_id", "object_relation", "to_ids":
		return true
	}
	return false
}

var errFound = errors.New("found")

// looksLikeTable tells whether a text begins with a header that names known
// columns, or with rows that hold indicators in columns.
func looksLikeTable(head []byte, whole bool, o ImportOptions) bool {
	s := sampled(head, whole, o.Format == TSV)
	if s.header == nil && len(s.rows) < 1 {
		return false
	}
	t := table.Infer(s.header, s.rows, table.Unknown)
	if s.header == nil {
		return len(t.Columns) > 1 && t.Has("indicator") && evenly(s.rows)
	}
	if len(s.header) == 1 {
		return t.Columns[0].Field != "" && table.Known(s.header) == 1 && !strings.ContainsAny(strings.TrimSpace(s.header[0]), " .")
	}
	return t.Has("indicator") || table.Known(s.header) > 1 && evenly(append(s.rows, s.header))
}

// evenly tells whether most rows have as many columns as the first.
func evenly(rows [][]string) bool {
	same := 0
	for _, r := range rows {
		if len(r) == len(rows[0]) {
			same++
		}
	}
	return 5*same >= 4*len(rows)
}

// isBlockList tells lists of hosts in the form of blockers of advertisements,
// which have bars of their own.
func isBlockList(head []byte) bool {
	for line := range bytes.Lines(head) {
		if bytes.HasPrefix(line, []byte("||")) || bytes.HasPrefix(line, []byte("@@||")) || bytes.HasPrefix(line, []byte("[Adblock")) {
			return true
		}
	}
	return false
}

// looksLikeList tells whether most lines of a text hold an indicator and
// little else.
func looksLikeList(head []byte, whole bool) bool {
	const most = 50
	lines := bytes.Split(head, []byte("\n"))
	if !whole {
		lines = lines[:max(len(lines)-1, 1)] // the last one is cut
	}
	with, all := 0, 0
	for _, l := range lines[:min(len(lines), most)] {
		text := strings.TrimSpace(string(l))
		if text == "" || text[0] == '#' || text[0] == ';' || strings.HasPrefix(text, "//") {
			continue
		}
		all++
		text = listEntry(text)
		if found := indicator.Find(text); len(found) > 0 && len(strings.FieldsFunc(text, isGap)) <= 2 {
			with++
		}
	}
	return with > 0 && 2*with > all
}

func isGap(r rune) bool { return strings.ContainsRune(" \t,;|", r) }

// Unit is what a file of a form is made of.
func (f Format) Unit() string {
	switch f {
	case STIX, MISP, TheHive, OTX, OpenIOC:
		return "object"
	case CSV, TSV, XLSX:
		return "row"
	case Sigma, YARA:
		return "rule"
	case EVE:
		return "record"
	case PDF:
		return "page"
	case "":
		return "part"
	}
	return "line"
}
