package interchange

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"threatbench/api"
	"threatbench/api/indicator"
)

// fieldNames lists the fields that a column may hold, in the order in which
// an export writes them.
func fieldNames() []string {
	fields := slices.DeleteFunc(api.EventFields(), func(f api.FieldInfo) bool { return f.CSV == 0 })
	slices.SortFunc(fields, func(a, b api.FieldInfo) int { return cmp.Compare(a.CSV, b.CSV) })
	out := []string{"id"}
	for _, f := range fields {
		out = append(out, string(f.Field))
		if f.Field == api.FieldIndicatorType {
			out = append(out, "indicators") // those beside the primary one
		}
	}
	return append(out, "relationships", "dataset", "source", "raw")
}

// FieldNames lists the fields that columns of CSV may be mapped to.
func FieldNames() []string { return fieldNames() }

// aliases lists what columns are called elsewhere, by field; written without
// capitals, spaces and punctuation. The table of the fields has them; here are
// those of what isn't a field of an event.
func aliases() map[string]string {
	out := map[string]string{
		"id":      "uuid eventid eventuuid iocid guid",
		"source":  "reference link provider feed reporter",
		"dataset": "collection",
		"raw":     "rawdata",
	}
	for _, f := range api.EventFields() {
		if f.CSV > 0 {
			out[string(f.Field)] = f.Columns
		}
	}
	return out
}

// typedColumns are columns that hold indicators of one type.
func typedColumns() map[string]indicator.Type {
	return map[string]indicator.Type{
		"domain": indicator.Domain, "domainname": indicator.Domain, "hostname": indicator.Domain, "fqdn": indicator.Domain, "host": indicator.Domain,
		"ip": indicator.IPv4, "ipaddress": indicator.IPv4, "ipv4": indicator.IPv4, "dstip": indicator.IPv4, "ipv6": indicator.IPv6, "url": indicator.URL, "uri": indicator.URL,
		"email": indicator.Email, "md5": indicator.MD5, "md5hash": indicator.MD5, "sha1": indicator.SHA1, "sha1hash": indicator.SHA1,
		"sha256": indicator.SHA256, "sha256hash": indicator.SHA256, "sha512": indicator.SHA512, "cve": indicator.CVE, "cveid": indicator.CVE,
	}
}

// columnNames finds fields by the names of columns.
type columnNames struct {
	fields map[string]string
	typed  map[string]indicator.Type
}

func newColumnNames() columnNames {
	n := columnNames{fields: map[string]string{}, typed: typedColumns()}
	for field, names := range aliases() {
		for name := range strings.FieldsSeq(names) {
			n.fields[name] = field
		}
	}
	for _, field := range fieldNames() {
		n.fields[plainName(field)] = field
	}
	return n
}

// plainName is a column's name without capitals, spaces and punctuation.
func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// column is what a column of a table holds.
type column struct {
	name  string // as the header has it
	field string // "" where it is only kept in the raw record
	kind  indicator.Type
}

// read tells what the columns of a header hold. The first column for a field
// wins, but there may be several with indicators.
func (n columnNames) read(header []string) []column {
	out := make([]column, len(header))
	seen := map[string]bool{}
	for i, name := range header {
		name = strings.TrimSpace(strings.Trim(strings.TrimSpace(name), `#"`))
		out[i].name = name
		plain := plainName(name)
		if kind, ok := n.typed[plain]; ok {
			out[i].field, out[i].kind = "indicator", kind
			continue
		}
		if field := n.fields[plain]; field != "" && !seen[field] {
			seen[field] = true
			out[i].field = field
		}
	}
	return out
}

// known counts the columns that hold something we know.
func known(columns []column) int {
	n := 0
	for _, c := range columns {
		if c.field != "" {
			n++
		}
	}
	return n
}

// remap applies the mapping that was asked for: fields by name or number.
func remap(columns []column, wanted map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		field := wanted[name]
		at := slices.IndexFunc(columns, func(c column) bool {
			return strings.EqualFold(c.name, name) || plainName(c.name) == plainName(name) && plainName(name) != ""
		})
		if n, err := strconv.Atoi(name); err == nil && at < 0 {
			at = n - 1
		}
		if at < 0 || at >= len(columns) {
			return fmt.Errorf("there is no column %q; the file has %s", name, listColumns(columns))
		}
		switch kind, typed := typedColumns()[plainName(field)]; {
		case field == "-":
			columns[at].field = ""
		case typed:
			columns[at].field, columns[at].kind = "indicator", kind
		case slices.Contains(fieldNames(), field):
			unmap(columns, field)
			columns[at].field, columns[at].kind = field, ""
		default:
			return fmt.Errorf("%q is no field; want one of %s, or - for none", field, strings.Join(fieldNames(), ", "))
		}
	}
	return nil
}

// unmap takes a field away from the column that was found for it by name.
func unmap(columns []column, field string) {
	for i := range columns {
		if columns[i].field == field && field != "indicator" {
			columns[i].field = ""
		}
	}
}

func listColumns(columns []column) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = fmt.Sprintf("%.40q", c.name)
	}
	if len(names) > 30 {
		names = append(names[:30], "…")
	}
	return strings.Join(names, ", ")
}

// separator is the character that separates columns in a line: the one that
// stands outside of quotes most often.
func separator(line []byte) byte {
	var counts [256]int
	quoted := false
	for _, c := range line {
		if c == '"' {
			quoted = !quoted
		} else if !quoted {
			counts[c]++
		}
	}
	best := byte(',')
	for _, c := range []byte(";\t|") {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return best
}

// hasHeader tells whether a text begins with a line that names known columns,
// be it behind comment signs.
func hasHeader(head []byte) bool {
	names := newColumnNames()
	for line := range bytes.Lines(head) {
		line = bytes.TrimSpace(line)
		comment := bytes.HasPrefix(line, []byte("#"))
		if len(line) == 0 || isSeparatorLine(string(line)) {
			continue
		}
		row := &csvReader{in: &file{Reader: bufio.NewReader(bytes.NewReader(line))}, comma: separator(line), most: len(line)}
		fields, err := row.next()
		if err == nil || errors.Is(err, io.EOF) {
			columns := names.read(fields)
			if n := known(columns); n > 1 || n == 1 && len(fields) == 1 && !comment {
				return true
			}
		}
		if !comment {
			return false
		}
	}
	return false
}

// isSeparatorLine recognises the line sep=; that some spreadsheets put first.
func isSeparatorLine(line string) bool {
	return len(line) == 5 && strings.EqualFold(line[:4], "sep=")
}
