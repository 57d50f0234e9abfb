// Package table tells what the columns of a table hold, by their names and by
// their cells, and reads the cells: dates in the order of their column,
// countries, lists, and values that are several indicators at once. It does no
// I/O.
package table

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"threatbench/api"
	"threatbench/api/indicator"
)

// Fields lists the fields that a column may hold, in the order in which an
// export writes them.
func Fields() []string {
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

// fieldsByName finds a field by what columns are called elsewhere; written
// without capitals, spaces and punctuation. The table of the fields has these
// names; here are those of what isn't a field of an event.
var fieldsByName = func() map[string]string {
	names := map[string]string{
		"id":      "uuid eventid eventuuid iocid guid kennung ereignisid",
		"source":  "reference link provider feed reporter metasource referenceurl sourceurl report refs reporturl sourcename author quelle quellen fuente fonte",
		"dataset": "collection",
		"raw":     "rawdata",
	}
	for _, f := range api.EventFields() {
		if f.CSV > 0 {
			names[string(f.Field)] = f.Columns
		}
	}
	m := map[string]string{}
	for field, list := range names {
		for name := range strings.FieldsSeq(list) {
			m[plain(name)] = field
		}
	}
	for _, field := range Fields() {
		m[plain(field)] = field
	}
	return m
}()

// plain is a column's name without capitals, accents, spaces and punctuation.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFKD.String(s))
}

// contextTypes are types that describe another indicator of the same row more
// often than they are one.
var contextTypes = map[indicator.Type]bool{indicator.ASN: true, indicator.UserAgent: true, indicator.MAC: true, indicator.CIDR: true, indicator.FilePath: true}

// freeTypes are types whose values have no form of their own.
var freeTypes = map[indicator.Type]bool{
	indicator.FileName: true, indicator.FilePath: true, indicator.Mutex: true, indicator.UserAgent: true, indicator.RegKey: true,
}

// typedName is the type of the indicators that a column's name promises; any
// tells that it promises indicators of any type.
func typedName(name string) (kind indicator.Type, typed bool) {
	p := plain(name)
	if kind, ok := indicator.ParseType(p); ok {
		return kind, true
	}
	if indicator.IsHashName(p) {
		return "", true
	}
	return "", false
}

// hintsIndicators tells whether a name that isn't known speaks of indicators.
func hintsIndicators(name string) bool {
	for _, w := range wordsOf(name) {
		if indicatorWords[w] {
			return true
		}
	}
	return false
}

// refers tells whether a name speaks of where something was said, rather than
// of what was seen.
func refers(name string) bool {
	for _, w := range wordsOf(name) {
		if referenceWords[w] {
			return true
		}
	}
	return false
}

var (
	indicatorWords = set(`ip ips ipv4 ipv6 address addresses domain domains host hosts hostname url urls uri hash hashes md5 sha1 sha256 sha512 ioc iocs c2 cnc
		indicator indicators observable observables payload sample samples dropper loader server email sender dst src destination remote artifact onion`)
	referenceWords = set(`reference references ref refs report reports link permalink source sources blog advisory writeup screenshot analysis virustotal vt
		urlscan reporter provider feed credit twitter tweet post article publication vendor documentation`)
	victimWords  = set(`victim victims target targets opfer ziel ziele victime victimes cible cibles víctima víctimas victima victimas objetivo objetivos`)
	countryWords = set(`country countrycode land ländercode pays país pais`)
)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// wordsOf cuts a name at spaces, punctuation and changes to capitals.
func wordsOf(name string) []string {
	var b strings.Builder
	lower := false
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			b.WriteByte(' ')
		default:
			if lower && unicode.IsUpper(r) {
				b.WriteByte(' ')
			}
			b.WriteRune(unicode.ToLower(r))
		}
		lower = unicode.IsLower(r)
	}
	return strings.Fields(b.String())
}
