// Package marking reads how far something may be shared, wherever publishers
// write it: in fields and columns of their own, in tags and labels, in
// statements, in titles. What is meant as a TLP marking and can't be read
// counts as red until somebody says otherwise; it is never passed over.
package marking

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"threatbench/api"
)

// Mark is what one object, or several together, say of their sharing. The
// zero value says nothing.
type Mark struct {
	TLP        api.TLP  // the strictest that was read; TLPNone where none was
	Unreadable []string // texts that are meant as a TLP marking and aren't one
	Tags       []string // what a TLP can't say and a tag keeps: tlp:purple

	floor api.TLP // the strictest that only makes stricter, as long as nothing else was read
}

// Add takes over what another object says: the strictest of both counts.
func (m *Mark) Add(other Mark) {
	if other.floor == api.TLPNone {
		m.found(reading{tlp: other.TLP})
	}
	m.AtLeast(other)
}

// AtLeast takes over what another object says where that is stricter: than
// what else is read, and than what counts where nothing is.
func (m *Mark) AtLeast(other Mark) {
	m.atLeast(reading{tlp: max(other.TLP, other.floor)})
	for _, s := range other.Unreadable {
		m.unreadable(s)
	}
	for _, t := range other.Tags {
		m.tag(t)
	}
}

// None reports whether nothing was said of sharing.
func (m *Mark) None() bool { return m.TLP == api.TLPNone && len(m.Unreadable) == 0 }

// Resolve is the TLP that an event gets: the strictest that was read, with
// unreadable for what couldn't be read, or otherwise where nothing was said.
// What only makes stricter isn't looser than otherwise.
func (m *Mark) Resolve(unreadable, otherwise api.TLP) api.TLP {
	tlp := m.TLP
	if len(m.Unreadable) > 0 {
		tlp = max(tlp, unreadable)
	}
	if tlp == api.TLPNone || m.floor != api.TLPNone {
		return max(tlp, m.floor, otherwise)
	}
	return tlp
}

func (m *Mark) unreadable(s string) {
	if !slices.Contains(m.Unreadable, s) {
		m.Unreadable = append(m.Unreadable, s)
	}
}

func (m *Mark) tag(s string) {
	if !slices.Contains(m.Tags, s) {
		m.Tags = append(m.Tags, s)
	}
}

// Field reads a text that stands where a marking belongs: a field or column
// for it. An empty one, or one that says there is none, says nothing.
func (m *Mark) Field(text string) {
	said := strings.TrimSpace(text)
	switch found, kind := read(said); kind {
	case isMarking:
		m.found(found)
	case isNothing:
	default:
		m.unreadable(said)
	}
}

// Tag reads a tag or label, and reports whether it was a TLP marking: then it
// needs no place among the tags.
func (m *Mark) Tag(text string) bool {
	name, ok := named(words(text))
	if !ok {
		return m.statement(text)
	}
	if isPlainTag(name) {
		return false
	}
	if found, kind := readWords(name, false); kind == isMarking {
		m.found(found)
	} else {
		m.unreadable(strings.TrimSpace(text))
	}
	return true
}

// Statement reads a sentence that may tell how far something may be shared,
// and reports whether it does: "TLP:RED", "Red - recipients only".
func (m *Mark) Statement(text string) bool {
	if found := mentions(text, false); found.tlp != api.TLPNone {
		m.found(found)
		return true
	}
	if _, ok := named(words(text)); ok {
		m.Field(text)
		return true
	}
	return m.statement(text)
}

// Title reads the title or the text of something: a marking at the beginning
// or the end of a line, with TLP before it, is one. What a text says by the way
// is not the marking of the text, so this only ever makes a marking stricter.
func (m *Mark) Title(text string) {
	m.atLeast(mentions(text, true))
}

// Line reads a line of a text: a marking in its title's place, one that nobody
// can read, or words on sharing behind a color.
func (m *Mark) Line(text string) {
	m.Title(text)
	m.atLeast(told(text))
	var said Mark
	if apart().MatchString(text) && said.statement(text) {
		m.AtLeast(said)
	}
	if isUnknown(text) {
		m.unreadable(strings.TrimSpace(text))
	}
}

// Head reads one of the first lines of a text: one that is a marking and no
// more is that of the text, however far it lets it go.
func (m *Mark) Head(text string) {
	if Begins(text) && Is(text) {
		m.found(mentions(text, true))
	}
}

// Name reads the name of a file, which only ever makes a marking stricter.
func (m *Mark) Name(name string) {
	m.atLeast(mentions(name, false))
}

// telling are the words behind which a sentence tells how it is marked.
var telling = func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(`as is are under at marked classified handling distribution sharing classification level als ist sind unter einstufung eingestuft
		gekennzeichnet comme est sous classé diffusion como es bajo sob clasificación come è sotto`) {
		m[w] = true
	}
	return m
}()

// told is a marking within a sentence that tells how it is marked: "classified
// as TLP:RED".
func told(text string) (strictest reading) {
	if !mayMention(text) {
		return strictest
	}
	w := words(text)
	for i := range w {
		if i == 0 || !telling[w[i-1]] {
			continue
		}
		if rest, ok := named(w[i:]); ok && len(rest) > 0 && colors()[rest[0]] != api.TLPNone {
			r, _ := readWords(rest[:min(len(rest), 2)], false)
			strictest.tlp, strictest.purple = max(strictest.tlp, r.tlp), strictest.purple || r.purple
		}
	}
	return strictest
}

// Cell reads a cell of a table, whatever its column is for, and reports
// whether it is a marking or begins with one that has TLP before it: "TLP:RED",
// "[TLP AMBER]", "TLP:RED - do not share". What a cell says of TLP further on
// is only read where it begins so.
func (m *Mark) Cell(text string) bool {
	head, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if !Begins(head) {
		return false
	}
	m.Field(head)
	m.found(mentions(text, false))
	return true
}

// unknownMarking is TLP with a sign and what should be a marking: right behind
// it, or alone on the line.
var unknownMarking = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^[^\pL\pN]*tlp(?:[:=]\pL|\s*[:=]\s*\S+(?:\s+\S+)?\s*$|[_-]\pL+[^\pL\pN]*$)`)
})

// Begins reports whether a text begins with TLP and a marking, be it one that
// nobody can read such as TLP:YELLOW.
func Begins(text string) bool {
	if !mayMention(text) {
		return false
	}
	rest, ok := named(words(text))
	if !ok || len(rest) == 0 || isPlainTag(rest) {
		return false
	}
	return colors()[rest[0]] != api.TLPNone || isStrict(rest[0]) || unknownMarking().MatchString(norm.NFKC.String(text))
}

// apart is a word that a sign ends, so that it stands by itself.
var apart = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[^\pL\pN]*[\pL]+\s*[^\pL\pN\s'’]`) })

// statement reads a color with words on sharing behind it. Where it would let
// something out, a sign must part the color from them: the White House with
// its restrictions isn't meant.
func (m *Mark) statement(text string) bool {
	w := words(text)
	if len(w) > 0 && colors()[w[0]] < api.TLPAmber && !apart().MatchString(text) {
		return false
	}
	if len(w) < 2 || colors()[w[0]] == api.TLPNone || !slices.ContainsFunc(w[1:], onSharing) {
		return false
	}
	found, kind := readWords(w, false)
	if kind == isMarking {
		m.found(found)
	}
	return kind == isMarking
}

func (m *Mark) found(r reading) {
	if r.tlp == api.TLPNone {
		return
	}
	m.TLP, m.floor = max(m.TLP, m.floor, r.tlp), api.TLPNone
	if r.purple {
		m.tag("tlp:purple")
	}
}

// atLeast takes a reading in that only makes stricter. Above amber it is read
// like any other; up to there it may not be what counts.
func (m *Mark) atLeast(r reading) {
	floor, said := max(m.floor, r.tlp), m.TLP != api.TLPNone && m.floor == api.TLPNone
	if said || floor > api.TLPAmber {
		m.found(r)
	}
	if !said {
		m.floor = floor
	}
}

// Is reports whether a text is a marking and nothing else: what tells a column
// of markings from one of other words. Red October is none.
func Is(text string) bool {
	if _, kind := read(text); kind != isMarking {
		return false
	}
	w := words(text)
	if rest, ok := named(w); ok {
		w = rest
	}
	return !slices.ContainsFunc(w, func(s string) bool { return colors()[s] == api.TLPNone && !onSharing(s) })
}

// Alone reports whether a text stands for a marking rather than for something
// that is marked: it begins with TLP and a marking, and is one and no more, one
// that nobody can read, or has words on sharing behind it.
func Alone(text string) bool {
	if !Begins(text) {
		return false
	}
	rest, _ := named(words(text))
	return Is(text) || isUnknown(text) || slices.ContainsFunc(rest, func(s string) bool { return onSharing(s) && !isStrict(s) })
}

// isUnknown tells of a text that begins with TLP and what nobody can read.
func isUnknown(text string) bool {
	if !Begins(text) {
		return false
	}
	_, kind := read(text)
	return kind == isOther
}

// reading is a marking as it was read.
type reading struct {
	tlp    api.TLP
	purple bool // which is red, and something more
}

// What a text is.
const (
	isOther = iota
	isNothing
	isMarking
)

// colorNames are the names of the markings, in the languages of those who
// publish. Gelb is what the amber light is in German; yellow and the like are
// none: nobody knows what they meant.
var colorNames = map[api.TLP]string{
	api.TLPClear: "clear white klar weiß weiss weiße blanc blanco branco bianco бел белый белая 白 白色",
	api.TLPGreen: "green grün gruen grüne vert verde groen зеленый зелёный зелёная 緑 绿 綠 绿色 綠色 緑色",
	api.TLPAmber: `amber gelb gelbe bernstein ambre ámbar âmbar ambra ambar orange oranje naranja arancione laranja янтарный янтарь 琥珀 琥珀色
		アンバー`,
	api.TLPAmberStrict: "amberstrict",
	api.TLPRed:         "red purple rot rote rouge rojo vermelho rosso rood красный красная 赤 赤色 红 紅 红色 紅色",
}

var colorsByName = sync.OnceValue(func() map[string]api.TLP {
	m := map[string]api.TLP{}
	for tlp, names := range colorNames {
		for name := range strings.FieldsSeq(names) {
			m[strings.ToLower(norm.NFKC.String(name))] = tlp
		}
	}
	return m
})

// colors are the markings by their names.
func colors() map[string]api.TLP { return colorsByName() }

// isStrict tells the word that makes amber stricter.
func isStrict(s string) bool { return s == "strict" || s == "strikt" || s == "streng" }

// read reads a whole text as a marking.
func read(text string) (reading, int) {
	w := words(text)
	switch strings.Join(w, " ") {
	case "", "none", "null", "nil", "na", "n a", "nan", "not set", "undefined", "unmarked", "no tlp", "tlp none", "keine", "kein tlp", "aucun", "aucune", "ninguno":
		return reading{}, isNothing
	}
	if rest, ok := named(w); ok {
		return readWords(rest, false)
	}
	return readWords(w, true)
}

// readWords reads the words of a marking. The first one must be a color, then
// the strictest of all counts; red counts wherever it stands. bare tells that
// nothing said that it is about TLP: then a color may be followed by words on
// sharing only.
func readWords(w []string, bare bool) (reading, int) {
	var r reading
	for i, s := range w {
		tlp := colors()[s]
		if tlp == api.TLPAmber && (i+1 < len(w) && isStrict(w[i+1]) || i > 0 && isStrict(w[i-1])) {
			tlp = api.TLPAmberStrict
		}
		r.tlp = max(r.tlp, tlp)
		r.purple = r.purple || s == "purple"
	}
	switch {
	case r.tlp == api.TLPNone:
		return r, isOther
	case r.tlp == api.TLPRed, colors()[w[0]] != api.TLPNone, isStrict(w[0]):
	default:
		return r, isOther
	}
	if bare && len(w) > 3 && !slices.ContainsFunc(w, onSharing) {
		return r, isOther
	}
	return r, isMarking
}

// words cuts a text into its words, without capitals; wide and other
// compatible letters become plain ones.
func words(text string) []string {
	const most = 4 << 10
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "")
	}
	text = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) { // zero-width characters hide what is written
			return -1
		}
		return r
	}, norm.NFKC.String(text))
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// named takes the words off that say that a marking follows: TLP, TLP 2.0,
// traffic light protocol, level, with others of the kind before or between.
func named(w []string) (rest []string, ok bool) {
	i := 0
	for i < len(w) {
		switch s := w[i]; {
		case s == "tlp" || s == "trafficlightprotocol" || s == "trafficlight":
			ok = true
		case s == "traffic" && i+1 < len(w) && w[i+1] == "light":
			ok = true
			i++
		case ok && (s == "protocol" || s == "level" || s == "marking" || s == "color" || s == "colour" || s == "v1" || s == "v2" || s == "1" || s == "2" || s == "0"):
		case !ok && (s == "marking" || s == "label" || s == "sharing" || s == "classification" || s == "handling" || s == "misp" || s == "galaxy" || s == "taxonomy" || s == "opencti"):
		case ok || !strings.HasPrefix(s, "tlp"):
			return w[i:], ok
		default: // tlpred, tlpamberstrict
			if colors()[s[len("tlp"):]] == api.TLPNone {
				return w[i:], false
			}
			return append([]string{s[len("tlp"):]}, w[i+1:]...), true
		}
		i++
	}
	return nil, ok
}

// isPlainTag tells of what MISP's taxonomy for TLP adds to a marking, and of
// tags that only begin with its name.
func isPlainTag(rest []string) bool {
	return len(rest) > 0 && (rest[0] == "ex" || rest[0] == "extended")
}

// onSharing tells whether a word belongs to what the TLP says of sharing.
func onSharing(s string) bool {
	switch s {
	case "recipient", "recipients", "disclosure", "disclose", "disclosed", "share", "shared", "sharing", "shareable", "distribution", "distribute",
		"community", "participants", "clients", "partners", "peers", "public",
		"restricted", "restriction", "restrictions", "unlimited", "unrestricted", "limited", "release", "releasable", "only", "tlp", "strict", "protocol",
		"empfänger", "empfaenger", "weitergabe", "weitergeben", "verteilung", "nur", "öffentlich", "eingeschränkt", "unbegrenzt", "strikt", "streng",
		"destinataire", "destinataires", "diffusion", "diffuser", "partage", "partager", "destinatarios", "difusión", "compartir":
		return true
	}
	return strings.HasPrefix(s, "organi")
}

// mentions finds the strictest marking with TLP before it in a text; ends
// tells that it must begin or end a line.
func mentions(text string, ends bool) reading {
	var strictest reading
	for line := range strings.Lines(text) {
		if !mayMention(line) {
			continue
		}
		w := words(line)
		for i := range w {
			rest, ok := named(w[i:])
			if !ok || i > 0 && w[i-1] == "tlp" || len(rest) == 0 || colors()[rest[0]] == api.TLPNone {
				continue
			}
			n := 1
			if len(rest) > 1 && isStrict(rest[1]) {
				n = 2
			}
			if ends && i > 0 && len(rest) > n {
				continue
			}
			r, _ := readWords(rest[:n], false)
			strictest.tlp, strictest.purple = max(strictest.tlp, r.tlp), strictest.purple || r.purple
		}
	}
	return strictest
}

// mayMention is a quick look for most lines, which don't speak of it.
func mayMention(line string) bool {
	for i := 0; i+2 < len(line); i++ {
		switch line[i] {
		case 't', 'T':
			if next := line[i+1] | 0x20; next == 'l' && line[i+2]|0x20 == 'p' || next == 'r' && line[i+2]|0x20 == 'a' {
				return true
			}
		case 0xef, 0xe2: // wide letters, and what hides between letters
			return true
		}
	}
	return false
}
