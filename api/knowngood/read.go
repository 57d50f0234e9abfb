package knowngood

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"

	"threatbench/api/clean"
	"threatbench/api/indicator"
)

const (
	maxFile  = 256 << 20 // bytes
	maxLoose = 10_000    // parts and expressions of a list, which are tried one by one
	maxLine  = 64 << 10  // bytes
	sample   = 200       // lines that the column of a table is found by
)

// Read reads a list: a warning list of MISP, or a text or table of which one
// column holds addresses, nets, domains, URLs or hashes, one a line; lines that
// begin with # are comments. A domain stands for all that lies below it. as is
// the time of the file.
func Read(name string, r io.Reader, as time.Time) (*List, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > maxFile:
		return nil, fmt.Errorf("larger than %d MiB", maxFile>>20)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	l := &List{Name: clean.Line(name), Source: clean.Line(name), Time: as}
	if head := bytes.TrimLeft(data, " \t\r\n"); len(head) > 0 && head[0] == '{' {
		err = l.readWarningList(data)
	} else {
		err = l.readLines(data)
	}
	if err != nil {
		return nil, err
	}
	l.Len = len(l.exact) + len(l.domains) + len(l.nets) + len(l.within) + len(l.forms)
	if l.Len == 0 {
		return nil, errors.New("nothing in it is an address, a net, a domain, a URL or a hash")
	}
	return l, nil
}

// left notes what was not taken: the first few by themselves.
func (l *List) left(format string, args ...any) {
	const few = 5
	if len(l.Left) < few {
		l.Left = append(l.Left, clean.Line(fmt.Sprintf(format, args...)))
	} else if len(l.Left) == few {
		l.Left = append(l.Left, "…")
	}
}

// warningList is the form that MISP's warning lists have.
type warningList struct {
	Name    string `json:"name"`
	Version any    `json:"version"`
	Type    string `json:"type"`
	List    []any  `json:"list"`
}

func (l *List) readWarningList(data []byte) error {
	var w warningList
	if err := json.Unmarshal(data, &w); err != nil {
		return fmt.Errorf("no warning list: %w", err)
	}
	if len(w.List) == 0 {
		return errors.New(`no warning list: "list" is missing or empty`)
	}
	l.Name = cmp.Or(clean.Line(w.Name), l.Name)
	if as, ok := versionTime(fmt.Sprint(w.Version)); ok {
		l.Time = as
	}
	take, known := map[string]func(string) bool{
		"cidr": l.takeNet, "hostname": l.takeDomain, "string": l.takeExact, "substring": l.takePart, "regex": l.takeForm,
	}[cmp.Or(w.Type, "string")]
	if !known {
		return fmt.Errorf("a warning list of a type that isn't known: %q", clean.Line(w.Type))
	}
	for i, entry := range w.List {
		text, ok := entry.(string)
		if ok && strings.TrimSpace(text) == "" {
			continue
		}
		if !ok || !take(text) {
			l.left("entry %d, %q: no value of a list of the type %s, or one that would hold too much", i+1, shortened(fmt.Sprint(entry)), w.Type)
		}
	}
	return nil
}

// versionTime reads the version of a warning list, which is a day: 20240131.
func versionTime(version string) (time.Time, bool) {
	if strings.Contains(version, "e+") { // a number as JSON has it
		var f float64
		if _, err := fmt.Sscan(version, &f); err != nil {
			return time.Time{}, false
		}
		version = fmt.Sprintf("%.0f", f)
	}
	as, err := time.Parse("20060102", version)
	return as, err == nil
}

// readLines reads a text of one value a line, or a table.
func (l *List) readLines(data []byte) error {
	if bytes.IndexByte(data, 0) >= 0 || !utf8.Valid(data) {
		return errors.New("no text in UTF-8")
	}
	column, separator := l.columnOf(data)
	lines, taken := 0, 0
	var odd []string
	err := eachLine(data, func(n int, line string) {
		value := cell(line, column, separator)
		if value == "" {
			return
		}
		lines++
		if l.take(value) {
			taken++
			return
		}
		if len(odd) < 6 {
			odd = append(odd, fmt.Sprintf("line %d, %q", n, shortened(value)))
		}
	})
	if err != nil {
		return err
	}
	if taken*2 < lines {
		return fmt.Errorf("%d of %d lines are an address, a net, a domain, a URL or a hash: this is no such list", taken, lines)
	}
	for _, o := range odd {
		l.left("%s: no address, net, domain, URL or hash, or one that would hold too much", o)
	}
	return nil
}

// columnOf is the column of a table that holds the most values that can be
// taken, and what separates columns; 0 and none for a plain text.
func (l *List) columnOf(data []byte) (column int, separator rune) {
	best := 0
	for _, sep := range []rune{0, ',', ';', '\t'} {
		hits, n := map[int]int{}, 0
		stop := errors.New("enough")
		// The only error is the one that ends it.
		_ = eachLineUntil(data, func(_ int, line string) error {
			for i, value := range cells(line, sep) {
				if (&List{}).take(value) {
					hits[i]++
				}
			}
			if n++; n == sample {
				return stop
			}
			return nil
		})
		for i, h := range hits {
			if h > best || h == best && sep == separator && i < column {
				best, column, separator = h, i, sep
			}
		}
	}
	return column, separator
}

func cells(line string, separator rune) []string {
	if separator == 0 {
		return []string{line}
	}
	r := csv.NewReader(strings.NewReader(line))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = separator, true, -1
	out, err := r.Read()
	if err != nil {
		return nil
	}
	return out
}

func cell(line string, column int, separator rune) string {
	all := cells(line, separator)
	if column >= len(all) {
		return ""
	}
	return strings.TrimSpace(all[column])
}

func eachLine(data []byte, do func(n int, line string)) error {
	return eachLineUntil(data, func(n int, line string) error {
		do(n, line)
		return nil
	})
}

// eachLineUntil gives every line that is no comment.
func eachLineUntil(data []byte, do func(n int, line string) error) error {
	s := bufio.NewScanner(bytes.NewReader(data))
	s.Buffer(nil, maxLine)
	n := 0
	for s.Scan() {
		n++
		line := s.Text()
		for _, mark := range []string{" #", "\t#"} {
			line, _, _ = strings.Cut(line, mark)
		}
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || line[0] == ';' || strings.HasPrefix(line, "//") {
			continue
		}
		if err := do(n, line); err != nil {
			return err
		}
	}
	if s.Err() != nil {
		return fmt.Errorf("line %d is longer than %d KiB: this is no such list", n+1, maxLine>>10)
	}
	return nil
}

// take takes a value for what it is.
func (l *List) take(value string) bool {
	if _, ok := plainNet(indicator.Canonical(value)); ok {
		return l.takeNet(value)
	}
	value = strings.TrimPrefix(strings.TrimPrefix(value, "*."), ".")
	f, ok := indicator.TypeOf(value)
	if !ok {
		return false
	}
	if f.Type == indicator.Domain {
		return l.takeDomain(value)
	}
	return l.takeExact(value)
}

// takeNet takes a net, if it isn't half the Internet.
func (l *List) takeNet(value string) bool {
	const least4, least6 = 4, 8 // bits
	p, ok := plainNet(indicator.Canonical(value))
	if !ok || p.Addr().Is4() && p.Bits() < least4 || p.Addr().Is6() && p.Bits() < least6 {
		return false
	}
	l.nets = append(l.nets, p)
	return true
}

// takeDomain takes a domain, if it isn't a whole top level.
func (l *List) takeDomain(value string) bool {
	v := indicator.Canonical(strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(value), "*."), "."))
	if _, ok := plainNet(v); ok {
		return l.takeNet(v)
	}
	if v == "" || indicator.Host(v) != v || !strings.Contains(v, ".") {
		return false
	}
	if suffix, icann := publicsuffix.PublicSuffix(v); icann && suffix == v {
		return false
	}
	l.domains = append(l.domains, v)
	return true
}

func (l *List) takeExact(value string) bool {
	v := indicator.Canonical(value)
	if p, ok := plainNet(v); ok {
		l.nets = append(l.nets, p)
		return true
	}
	if v != "" {
		l.exact = append(l.exact, v)
	}
	return v != ""
}

func (l *List) takePart(value string) bool {
	const least = 3 // letters
	v := strings.ToLower(strings.TrimSpace(value))
	if len(v) < least || len(l.within)+len(l.forms) >= maxLoose {
		return false
	}
	l.within = append(l.within, v)
	return true
}

// takeForm takes an expression as PHP has it: with or without slashes, and
// with flags.
func (l *List) takeForm(value string) bool {
	v := value
	if end := strings.LastIndexByte(v, '/'); strings.HasPrefix(v, "/") && end > 0 {
		flags := v[end+1:]
		v = v[1:end]
		if strings.Contains(flags, "i") {
			v = "(?i)" + v
		}
	}
	form, err := regexp.Compile(v)
	if err != nil || form.MatchString("") || len(l.within)+len(l.forms) >= maxLoose {
		return false
	}
	l.forms = append(l.forms, form)
	return true
}

func shortened(s string) string {
	const most = 60
	r := []rune(s)
	return string(r[:min(len(r), most)])
}

// Age is how old a list is at a time, in words; "" where it doesn't age.
func (l *List) Age(now time.Time) string {
	if l.Time.IsZero() {
		return ""
	}
	days := int(now.Sub(l.Time).Hours() / 24)
	switch {
	case days < 1:
		return "of today"
	case days == 1:
		return "1 day old"
	}
	return fmt.Sprintf("%d days old", days)
}
