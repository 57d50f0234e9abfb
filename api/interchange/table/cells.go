package table

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"threatbench/api"
	"threatbench/api/indicator"
)

// Value is an indicator with its type, "" where that is unknown.
type Value struct{ Text, Type string }

// List reads a list as JSON, as Python writes it, or separated by semicolons,
// bars or commas; each item once.
func List(s string) []string {
	s = strings.TrimSpace(s)
	if list, ok := bracketed(s); ok {
		return list
	}
	var out []string
	for item := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ';' || r == '|' || r == ',' }) {
		if item = strings.TrimSpace(item); item != "" && !slices.Contains(out, item) {
			out = append(out, item)
		}
	}
	return out
}

// bracketed reads ["a","b"], ['a', 'b'], {'a'}, ('a',) and [a, b].
func bracketed(s string) ([]string, bool) {
	if len(s) < 2 || strings.IndexByte("[({", s[0]) < 0 || strings.IndexByte("])}", s[len(s)-1]) < 0 {
		return nil, false
	}
	var out []string
	if s[0] == '[' && json.Unmarshal([]byte(s), &out) == nil {
		return out, true
	}
	out = nil
	rest := strings.TrimSpace(s[1 : len(s)-1])
	if s[0] != '[' && (rest == "" || rest[0] != '\'' && rest[0] != '"') {
		return nil, false
	}
	for rest != "" {
		var item string
		item, rest = nextItem(rest)
		if item != "" && item != "None" && !slices.Contains(out, item) {
			out = append(out, item)
		}
	}
	return out, true
}

// nextItem reads the item a list begins with, in quotes or up to the comma.
func nextItem(s string) (item, rest string) {
	quote := s[0]
	if quote != '\'' && quote != '"' {
		item, rest, _ = strings.Cut(s, ",")
		return strings.TrimSpace(item), strings.TrimSpace(rest)
	}
	var b strings.Builder
	i := 1
	for ; i < len(s) && s[i] != quote; i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	rest = s[min(i+1, len(s)):]
	_, rest, _ = strings.Cut(rest, ",")
	return b.String(), strings.TrimSpace(rest)
}

// Values takes a cell apart into indicators. kind is the type that the column
// promises and said what the row says of it; both may be empty. A value that
// shows another type than it was said to have keeps the one it shows, unless
// its form cannot tell them apart.
func Values(cell string, kind indicator.Type, said string) []Value {
	cell = strings.TrimSpace(cell)
	if cell == "" {
		return nil
	}
	if list, ok := bracketed(cell); ok {
		return each(list, kind, said)
	}
	if known, ok := indicator.ParseType(said); ok {
		kind = known
	}
	if types := indicator.ParseTypes(said); types != nil {
		if out := composite(cell, types); out != nil {
			return out
		}
	}
	if freeTypes[kind] {
		return []Value{{cell, string(kind)}}
	}
	if v, ok := one(cell, kind); ok {
		return []Value{v}
	}
	if out := parts(cell, kind); out != nil {
		return out
	}
	if found := indicator.Find(cell); len(found) > 0 && mostly(cell, found) {
		out := make([]Value, len(found))
		for i, f := range found {
			out[i] = Value{f.Value, string(f.Type)}
		}
		return out
	}
	if kind == "" {
		return []Value{{cell, strings.ToLower(strings.TrimSpace(said))}}
	}
	return []Value{{cell, string(kind)}}
}

func each(list []string, kind indicator.Type, said string) []Value {
	var out []Value
	for _, item := range list {
		for _, v := range Values(item, kind, said) {
			if !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
	}
	return out
}

// one reads a cell that is a single indicator, with or without a port.
func one(cell string, kind indicator.Type) (Value, bool) {
	if value, ok := indicator.As(kind, cell); ok {
		return Value{value, string(kind)}, true
	}
	if f, ok := indicator.TypeOf(cell); ok {
		return Value{f.Value, string(f.Type)}, true
	}
	host, port, ok := cutPort(cell)
	if !ok || port == "" {
		return Value{}, false
	}
	if kind == "" {
		kind = indicator.Domain
	}
	if f, ok := indicator.TypeOf(host); ok {
		return Value{f.Value, string(f.Type)}, true
	}
	if value, ok := indicator.As(kind, host); ok {
		return Value{value, string(kind)}, true
	}
	return Value{}, false
}

// cutPort cuts host:port, [address]:port and host|port.
func cutPort(cell string) (host, port string, ok bool) {
	i := strings.LastIndexAny(cell, ":|")
	if i < 1 {
		return "", "", false
	}
	host, port = strings.TrimSpace(cell[:i]), strings.TrimSpace(cell[i+1:])
	port, _, _ = strings.Cut(port, "/") // 443/tcp
	if !isNumber(port) || len(port) > 5 || strings.Contains(host, "://") {
		return "", "", false
	}
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") && strings.Count(host, ":") > 1 {
		return host[1 : len(host)-1], port, true
	}
	return host, port, strings.Count(strings.ReplaceAll(host, "[:]", ""), ":") == 0
}

// composite reads a cell by the types its row says it has, such as
// filename|sha256; nil where it isn't so.
func composite(cell string, types []indicator.Type) []Value {
	pieces := strings.Split(cell, "|")
	if len(pieces) != len(types) {
		host, port, ok := cutPort(cell)
		if !ok || len(types) != 2 || types[1] != "" {
			return nil
		}
		pieces = []string{host, port}
	}
	var out []Value
	for i, kind := range types {
		piece := strings.TrimSpace(pieces[i])
		if kind == "" || piece == "" { // a port
			continue
		}
		if v, ok := one(piece, kind); ok {
			out = append(out, v)
			continue
		}
		out = append(out, Value{piece, string(kind)})
	}
	return out
}

// parts takes a list without brackets apart, and filename|hash; nil where some
// part of it is no indicator.
func parts(cell string, kind indicator.Type) []Value {
	if name, hash, ok := strings.Cut(cell, "|"); ok {
		if f, ok := indicator.TypeOf(hash); ok && isHash(f.Type) && name != "" && !strings.Contains(hash, "|") {
			if _, also := indicator.TypeOf(name); !also {
				return []Value{{strings.TrimSpace(name), string(indicator.FileName)}, {f.Value, string(f.Type)}}
			}
		}
	}
	for _, separators := range []string{"\n\r", ";", "|", ",", " \t"} {
		if !strings.ContainsAny(cell, separators) {
			continue
		}
		var out []Value
		whole := true
		for item := range strings.FieldsFuncSeq(cell, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
			item = strings.TrimSpace(strings.Trim(strings.TrimSpace(item), ",;|"))
			if item == "" {
				continue
			}
			v, ok := one(item, kind)
			if whole = ok; !whole {
				break
			}
			if !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
		if whole && len(out) > 0 {
			return out
		}
	}
	return nil
}

func isHash(t indicator.Type) bool {
	switch t {
	case indicator.MD5, indicator.SHA1, indicator.SHA256, indicator.SHA512, indicator.Imphash, indicator.SSDeep:
		return true
	}
	return false
}

// mostly tells whether what was found is the better part of a cell.
func mostly(cell string, found []indicator.Found) bool {
	covered, letters := 0, 0
	for _, f := range found {
		covered += len(f.Value)
	}
	for _, r := range cell {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			letters++
		}
	}
	return 2*covered >= letters
}

// Country is a country's code where a text names one by code or by its name,
// in English, German, French or Spanish; the text itself where it doesn't.
func Country(s string) (code string, ok bool) {
	if c, ok := api.CountryByCode(s); ok {
		return c.Alpha2, true
	}
	if code := countryNames[plain(s)]; code != "" {
		return code, true
	}
	if code := foreignNames()[plain(s)]; code != "" {
		return code, true
	}
	return s, false
}

// foreignNames are the names of countries in other languages.
var foreignNames = sync.OnceValue(func() map[string]string {
	names := map[string]string{}
	for _, in := range []language.Tag{language.German, language.French, language.Spanish} {
		regions := display.Regions(in)
		for _, c := range api.Countries() {
			if region, err := language.ParseRegion(c.Alpha2); err == nil {
				names[plain(regions.Name(region))] = c.Alpha2
			}
		}
	}
	return names
})

// countryNames are names of countries that differ from those of the table of
// countries.
var countryNames = map[string]string{
	"usa": "US", "us": "US", "unitedstatesofamerica": "US", "america": "US", "uk": "GB", "greatbritain": "GB", "england": "GB", "russianfederation": "RU",
	"korearepublicof": "KR", "republicofkorea": "KR", "southkorea": "KR", "korea": "KR", "northkorea": "KP", "dprk": "KP", "democraticpeoplesrepublicofkorea": "KP",
	"iranislamicrepublicof": "IR", "islamicrepublicofiran": "IR", "vietnam": "VN", "czechrepublic": "CZ", "syrianarabrepublic": "SY", "turkey": "TR",
	"peoplesrepublicofchina": "CN", "prc": "CN", "hongkong": "HK", "macau": "MO", "holland": "NL", "thenetherlands": "NL", "uae": "AE", "burma": "MM",
	"ivorycoast": "CI", "swaziland": "SZ", "macedonia": "MK", "taiwanprovinceofchina": "TW", "moldovarepublicof": "MD", "venezuelabolivarianrepublicof": "VE",
	"boliviaplurinationalstateof": "BO", "tanzaniaunitedrepublicof": "TZ", "bosnia": "BA", "palestine": "PS", "ksa": "SA", "laos": "LA",
}
