package table

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"threatbench/api"
)

// Order is in which order a date has day, month and year.
type Order string

// The orders. Unknown is none that was said or learnt.
const (
	Unknown      Order = ""
	YearFirst    Order = "ymd"
	DayFirst     Order = "dmy"
	MonthFirst   Order = "mdy"
	defaultOrder       = MonthFirst
)

// Orders lists the orders that can be asked for.
func Orders() []Order { return []Order{DayFirst, MonthFirst, YearFirst} }

// Dates reads the dates of one column. Which of day and month comes first is
// what was asked for, or what Learn saw; else dots mean the day, and slashes
// and dashes the month.
type Dates struct {
	asked     Order
	seen      map[byte]*evidence // by the sign between the numbers
	ambiguous string             // a date that was learnt of and may be read in two ways
}

// evidence counts the dates that can be read in one way only.
type evidence struct{ day, month int }

// NewDates reads dates in the order that was asked for, Unknown for none.
func NewDates(asked Order) *Dates { return &Dates{asked: asked, seen: map[byte]*evidence{}} }

var (
	numericDate = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(\d{1,4})([./-])(\d{1,2})([./-])(\d{1,4})(?:(?:T|,? +)(.+))?$`)
	})
	namedDate = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:[A-Za-z]{3,9}\.?,? +)?(?:(\d{1,2})(?:st|nd|rd|th)?[ -]+([A-Za-z]{3,9})\.?,?[ -]+(\d{2,4})|([A-Za-z]{3,9})\.? +(\d{1,2})(?:st|nd|rd|th)?,? +(\d{4}))(?:(?:T|,? +)(.+))?$`)
	})
	timeOfDay = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:at +)?(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)? *([AaPp])?(?:\.?[Mm]\.?)? *(Z|UTC|GMT|\(?UTC\)?|[+-]\d{2}:?\d{2})?$`)
	})
	isoDate = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\d{4}-\d{2}-\d{2}`) })
)

// Learn looks at a cell: a 13th or later tells which number is the day.
func (d *Dates) Learn(cell string) {
	m := numericDate().FindStringSubmatch(cell)
	if m == nil || len(m[1]) > 2 || m[2] != m[4] {
		return
	}
	first, second := number(m[1]), number(m[3])
	e := d.seen[m[2][0]]
	if e == nil {
		e = &evidence{}
		d.seen[m[2][0]] = e
	}
	switch {
	case first > 12 && second <= 12:
		e.day++
	case second > 12 && first <= 12:
		e.month++
	case first != second && d.ambiguous == "":
		d.ambiguous = cell
	}
}

// Ambiguous is a date that may be read in two ways where nothing told which;
// "" where all is clear.
func (d *Dates) Ambiguous() string {
	if d.ambiguous == "" || d.asked != Unknown {
		return ""
	}
	m := numericDate().FindStringSubmatch(d.ambiguous)
	if e := d.seen[m[2][0]]; m[2] == "." || e != nil && e.day+e.month > 0 {
		return ""
	}
	return d.ambiguous
}

// order is how dates with a sign between their numbers are read; sure tells
// that it was asked for or learnt.
func (d *Dates) order(sign byte) (order Order, sure bool) {
	if d.asked != Unknown {
		return d.asked, true
	}
	e := d.seen[sign]
	switch {
	case e != nil && e.day > e.month:
		return DayFirst, true
	case e != nil && e.month > e.day:
		return MonthFirst, true
	case sign == '.':
		return DayFirst, true
	}
	return defaultOrder, false
}

// Parse reads a date: in the forms of the API, with numbers in the order of
// the column, with the name of the month, or as seconds, milli-, micro- or
// nanoseconds since 1970. Without a zone it is UTC.
func (d *Dates) Parse(cell string) (api.Time, error) {
	cell = strings.TrimSpace(cell)
	if t, ok := epoch(cell); ok {
		return t, nil
	}
	if isoDate().MatchString(cell) && d.asked != DayFirst && d.asked != MonthFirst || !isNumber(cell) && strings.IndexByte(cell, 'T') > 0 {
		if t, err := api.ParseTime(cell); err == nil {
			return t, nil
		}
	}
	if m := numericDate().FindStringSubmatch(cell); m != nil && m[2] == m[4] {
		return d.numeric(cell, m)
	}
	if t, ok := named(cell); ok {
		return t, nil
	}
	for _, layout := range []string{time.UnixDate, time.ANSIC, time.RubyDate, "20060102T150405Z", "20060102T150405", "20060102150405", "20060102"} {
		if t, err := time.Parse(layout, cell); err == nil {
			return api.TimeOf(t), nil
		}
	}
	if t, err := api.ParseTime(cell); err == nil {
		return t, nil
	}
	return api.Time{}, fmt.Errorf("%.40q is not a date", cell)
}

// numeric reads a date of three numbers.
func (d *Dates) numeric(cell string, m []string) (api.Time, error) {
	first, second, third := number(m[1]), number(m[3]), number(m[5])
	var year, month, day int
	switch order, sure := d.order(m[2][0]); {
	case len(m[1]) == 4:
		year, month, day = first, second, third
	case order == YearFirst && len(m[5]) <= 2:
		year, month, day = century(first), second, third
	case order == DayFirst || sure && first > 12:
		year, month, day = third, second, first
	case second > 12 || first <= 12 || sure:
		year, month, day = third, first, second
	default:
		return api.Time{}, fmt.Errorf("%.40q has the day first, and the dates before it were read with the month first; say which with a date order", cell)
	}
	if sureMonth(month, day) && len(m[1]) < 3 {
		month, day = day, month
	}
	if len(m[5]) == 2 && len(m[1]) < 4 && year == third {
		year = century(year)
	}
	t, ok := assemble(year, month, day, m[6])
	if !ok {
		return api.Time{}, fmt.Errorf("%.40q is not a date", cell)
	}
	return t, nil
}

// sureMonth tells that month and day have to change places.
func sureMonth(month, day int) bool { return month > 12 && day <= 12 }

// named reads a date with the name of its month.
func named(cell string) (api.Time, bool) {
	m := namedDate().FindStringSubmatch(cell)
	if m == nil {
		return api.Time{}, false
	}
	day, name, year := m[1], m[2], m[3]
	if name == "" {
		day, name, year = m[5], m[4], m[6]
	}
	for month := time.January; month <= time.December; month++ {
		if full := month.String(); strings.EqualFold(name, full) || strings.EqualFold(name, full[:3]) || strings.EqualFold(name, "sept") && month == time.September {
			y := number(year)
			if len(year) == 2 {
				y = century(y)
			}
			return assemble(y, int(month), number(day), m[7])
		}
	}
	return api.Time{}, false
}

// century puts the year of two digits into this century or, past 70, the last.
func century(year int) int {
	if year >= 100 {
		return year
	}
	if year >= 70 {
		return 1900 + year
	}
	return 2000 + year
}

// assemble makes a moment of a day and the text of its time.
func assemble(year, month, day int, rest string) (api.Time, bool) {
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if year < 1900 || year > 9999 || month < 1 || month > 12 || t.Day() != day {
		return api.Time{}, false
	}
	rest = strings.TrimSpace(rest)
	if rest == "" || strings.EqualFold(rest, "UTC") {
		return api.TimeOf(t), true
	}
	m := timeOfDay().FindStringSubmatch(rest)
	if m == nil {
		return api.Time{}, false
	}
	hour, minute, second := number(m[1]), number(m[2]), number(m[3])
	switch {
	case m[5] != "" && (hour < 1 || hour > 12), hour > 23, minute > 59, second > 60:
		return api.Time{}, false
	case strings.EqualFold(m[5], "p") && hour < 12:
		hour += 12
	case strings.EqualFold(m[5], "a") && hour == 12:
		hour = 0
	}
	nanos := number((m[4] + "000000000")[:9])
	zone := time.Duration(0)
	if z := m[6]; len(z) > 4 && (z[0] == '+' || z[0] == '-') {
		z = strings.Replace(z, ":", "", 1)
		zone = time.Duration(number(z[1:3]))*time.Hour + time.Duration(number(z[3:5]))*time.Minute
		if z[0] == '-' {
			zone = -zone
		}
	}
	clock := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second + time.Duration(nanos)
	return api.TimeOf(t.Add(clock - zone)), true
}

// epoch reads a time since 1970 in seconds, milli-, micro- or nanoseconds,
// which its length tells; seconds may have decimals.
func epoch(cell string) (api.Time, bool) {
	whole, part, decimals := strings.Cut(cell, ".")
	if len(whole) < 9 || len(whole) > 19 || !isNumber(whole) || decimals && (!isNumber(part) || len(whole) > 11) {
		return api.Time{}, false
	}
	if len(whole) == 14 && isCompact(whole) {
		return api.Time{}, false
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return api.Time{}, false
	}
	switch {
	case len(whole) <= 11:
		return api.TimeOf(time.Unix(n, int64(number((part + "000000000")[:9])))), true
	case len(whole) <= 14:
		return api.TimeOf(time.UnixMilli(n)), true
	case len(whole) <= 16:
		return api.TimeOf(time.UnixMicro(n)), true
	}
	return api.TimeOf(time.Unix(0, n)), true
}

// isCompact tells 20240501103000 from milliseconds.
func isCompact(s string) bool {
	return (s[:2] == "19" || s[:2] == "20") && number(s[4:6]) <= 12 && number(s[6:8]) <= 31 && number(s[8:10]) < 24
}

func isNumber(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// number reads digits; what is none counts nothing.
func number(s string) int {
	n := 0
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			n = n*10 + int(s[i]-'0')
		}
	}
	return n
}
