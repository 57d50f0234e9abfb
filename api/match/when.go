package match

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// headOfLine is how much of a line is searched for its time.
const headOfLine = 2048

var (
	isoTime = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\b(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)?`)
	})
	apacheTime = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\b\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}`)
	})
	syslogTime = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:<\d+>)?([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)`) })
	epochTime  = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^\s*(?:[{[]?"?(?:ts|time|timestamp|_time)"?\s*[:=]\s*"?)?(1\d{9})(?:[.](\d{1,9})|(\d{3}))?\b`)
	})
	epochField = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`"(?:ts|time|timestamp|_time|epoch)"\s*:\s*"?(1\d{9})(?:[.](\d{1,9})|(\d{3}))?\b`)
	})
)

// timeOf is the time that a line of a log tells. guessed tells that it has no
// zone, or no year: then it is UTC, and the last such day before now.
func timeOf(line []byte, now time.Time) (t time.Time, guessed bool) {
	line = line[:min(len(line), headOfLine)]
	if m := isoTime().FindSubmatch(line); m != nil {
		text, zone := string(m[1])+"T"+string(m[2]), strings.ReplaceAll(string(m[4]), ":", "")
		if zone == "" || zone == "Z" {
			zone, guessed = "+0000", zone == ""
		}
		if t, err := time.Parse("2006-01-02T15:04:05-0700", text+zone); err == nil {
			return t.UTC(), guessed
		}
	}
	if m := apacheTime().Find(line); m != nil {
		if t, err := time.Parse("02/Jan/2006:15:04:05 -0700", string(m)); err == nil {
			return t.UTC(), false
		}
	}
	for _, re := range []*regexp.Regexp{epochTime(), epochField()} {
		if m := re.FindSubmatch(line); m != nil {
			if n, err := strconv.ParseInt(string(m[1]), 10, 64); err == nil {
				return time.Unix(n, 0).UTC(), false
			}
		}
	}
	if m := syslogTime().FindSubmatch(line); m != nil {
		text := string(bytes.TrimSpace(m[1]))
		if t, err := time.Parse("2006 Jan _2 15:04:05", strconv.Itoa(now.Year())+" "+text); err == nil {
			if t.After(now.Add(24 * time.Hour)) {
				t = t.AddDate(-1, 0, 0)
			}
			return t, true
		}
	}
	return time.Time{}, false
}
