// Package form reads the files of other programs: alerts of TheHive and
// Suricata, pulses of OTX, rules of Sigma and YARA, OpenIOC, workbooks and
// PDF. A reader gives entries, in the words of the file, and says what it
// passes over; making events of them, with identities and markings, is its
// caller's. It does no I/O but reading what it is given.
package form

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"threatbench/api"
	"threatbench/api/indicator"
)

// Entry is one event of a file.
type Entry struct {
	ID         string // its own, the same whenever the file is read
	Parent     string // ID of the entry that it belongs to; "" none
	Version    string // of what it was made from: a moment; "" unknown
	Line       int    // where it begins, from 1; 0 unknown
	Event      string
	Category   string
	Date       string // RFC 3339; "" unknown
	Insight    string
	Source     string // who published it
	Attacker   string
	Target     string // code of a country
	Industry   string
	Indicators []api.IndicatorInput // the first is the primary one
	Techniques []string             // of ATT&CK
	Tags       []string             // markings may be among them
	Markings   []string             // what fields of a marking say
	About      []string             // texts of what it is part of, which may say how they are marked
	Raw        json.RawMessage
}

// Taker is told what a file holds.
type Taker interface {
	Take(e Entry) error                      // the error ends the reading
	Reject(line int, object, reason string)  // a part that can't be taken
	LeaveOut(kind, reason string)            // one of a kind that isn't taken
	Note(line int, object, decidedOf string) // what was decided in the file's stead
}

// fields is an object of JSON or YAML. Every reading of it is lenient: a value
// of a wrong kind is none.
type fields map[string]any

func asFields(v any) fields {
	m, _ := v.(map[string]any)
	return m
}

// text is a value as text: of a list the first one.
func (f fields) text(keys ...string) string {
	for _, k := range keys {
		if list := words(f[k]); len(list) > 0 && strings.TrimSpace(list[0]) != "" {
			return strings.TrimSpace(list[0])
		}
	}
	return ""
}

func (f fields) texts(key string) []string { return words(f[key]) }

func (f fields) object(key string) fields { return asFields(f[key]) }

// objects is a list of objects, or a single one where a list belongs.
func (f fields) objects(key string) []fields {
	list, ok := f[key].([]any)
	if !ok {
		if one := asFields(f[key]); one != nil {
			return []fields{one}
		}
	}
	var out []fields
	for _, v := range list {
		if o := asFields(v); o != nil {
			out = append(out, o)
		}
	}
	return out
}

// words is a value, or the values of a list, as text.
func words(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case json.Number:
		return []string{v.String()}
	case int:
		return []string{strconv.Itoa(v)}
	case float64:
		return []string{strconv.FormatFloat(v, 'f', -1, 64)}
	case bool:
		return []string{strconv.FormatBool(v)}
	case time.Time:
		return []string{v.UTC().Format(time.RFC3339)}
	case []any:
		var out []string
		for _, one := range v {
			if _, nested := one.([]any); !nested {
				out = append(out, words(one)...)
			}
		}
		return out
	}
	return nil
}

// decode reads an object of JSON; numbers keep their digits.
func decode(b []byte) (any, error) {
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	return v, nil
}

// without is an object as JSON but for some of its keys.
func without(f fields, keys ...string) json.RawMessage {
	out := map[string]any{}
	for k, v := range f {
		if !slices.Contains(keys, k) {
			out[k] = v
		}
	}
	return encode(out)
}

func encode(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil { // what was decoded can be encoded, but for NaN in YAML
		b, _ = json.Marshal(fmt.Sprint(v)) // a text always can
	}
	return b
}

// moment reads the dates of these forms: ISO in its variants, seconds or
// milliseconds since 1970. "" for what is none.
func moment(s string) string {
	s = strings.TrimSpace(s)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) >= 9 {
		const milliseconds = 1e11
		if n > milliseconds {
			return time.UnixMilli(n).UTC().Format(time.RFC3339Nano)
		}
		return time.Unix(n, 0).UTC().Format(time.RFC3339Nano)
	}
	for _, layout := range []string{
		time.RFC3339Nano, "2006-01-02T15:04:05.999999999-0700", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05", "2006-01-02", "2006/01/02", "2006-1-2", "2006/1/2",
	} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC().Format(time.RFC3339Nano)
		}
	}
	return ""
}

// named is an indicator whose form names its type; where it names none that is
// known, or only that it is a hash, the value tells.
func named(kind, value string) api.IndicatorInput {
	value = strings.TrimSpace(value)
	if known, ok := indicator.ParseType(kind); ok {
		if plain, fits := indicator.As(known, value); fits {
			return api.IndicatorInput{Value: plain, IndicatorType: string(known)}
		}
		if f, one := indicator.TypeOf(value); one && sameFamily(f.Type, known) {
			return api.IndicatorInput{Value: f.Value, IndicatorType: string(f.Type)}
		}
		return api.IndicatorInput{Value: value, IndicatorType: string(known)}
	}
	if f, ok := indicator.TypeOf(value); ok {
		return api.IndicatorInput{Value: f.Value, IndicatorType: string(f.Type)}
	}
	return api.IndicatorInput{Value: value, IndicatorType: strings.ToLower(kind)}
}

// sameFamily tells types that go by one name elsewhere: ip is of both versions,
// and a host may be an onion's.
func sameFamily(found, said indicator.Type) bool {
	switch said {
	case indicator.IPv4:
		return found == indicator.IPv6 || found == indicator.CIDR
	case indicator.Domain:
		return found == indicator.Onion || found == indicator.IPv4 || found == indicator.IPv6
	case indicator.CIDR:
		return found == indicator.IPv4 || found == indicator.IPv6
	}
	return false
}

// add appends an indicator that isn't among them yet.
func add(list []api.IndicatorInput, in api.IndicatorInput) []api.IndicatorInput {
	if in.Value == "" || slices.Contains(list, in) {
		return list
	}
	return append(list, in)
}

// isOwn tells addresses that lie in somebody's own network.
func isOwn(s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && (a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() || s == "255.255.255.255")
}

// technique reads T1059.001, attack.t1059 and the like; "" for what is none.
func technique(s string) string {
	s = strings.ToUpper(strings.TrimPrefix(strings.ToLower(strings.TrimSpace(s)), "attack."))
	base, sub, more := strings.Cut(s, ".")
	if len(base) != 5 || base[0] != 'T' || !digits(base[1:]) || more && (len(sub) != 3 || !digits(sub)) {
		return ""
	}
	return s
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// paragraphs joins what isn't empty.
func paragraphs(parts ...string) string {
	parts = slices.DeleteFunc(parts, func(s string) bool { return strings.TrimSpace(s) == "" })
	return strings.Join(parts, "\n\n")
}

// listed is a list under a title; "" for an empty one.
func listed(title string, list []string) string {
	if len(list) == 0 {
		return ""
	}
	return title + ":\n" + strings.Join(list, "\n")
}
