// Package blocklist writes indicators as what firewalls, resolvers, proxies
// and detection systems read: block lists, rules and queries. It does no I/O
// beside writing. A value that a form has no place for, or that could mean
// anything else in it than itself, is left out and named.
package blocklist

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"threatbench/api"
	"threatbench/api/clean"
	"threatbench/api/indicator"
)

// kind is what a form can hold.
type kind int

const (
	domains kind = iota
	addresses
	nets
	urls
	md5s
	sha1s
	sha256s
	mails
	kinds
)

func (k kind) String() string {
	return [...]string{"domain", "address", "network", "URL", "MD5", "SHA-1", "SHA-256", "mail address"}[k]
}

// Meta is what the head of a list tells.
type Meta struct {
	Query   string // in the filter language
	Time    time.Time
	MaxTLP  api.TLP // TLPNone is no limit
	Version string  // of the program
}

// LeftOut is why values are not in the list, with how many and some of them.
type LeftOut struct {
	Why    string
	Count  int
	Values []string // ten at most
	Meant  bool     // as it should be: the form has no such values, others hold them, or they are known to be good
}

// Report is what became of the indicators.
type Report struct {
	Written int
	LeftOut []LeftOut // by reason
}

// Partial reports whether values that belong in the list are left out.
func (r Report) Partial() bool {
	return slices.ContainsFunc(r.LeftOut, func(o LeftOut) bool { return !o.Meant })
}

// List gathers indicators and writes them in a form.
type List struct {
	form    form
	values  [kinds]map[string]bool
	left    map[string]*LeftOut
	missing map[string]bool // values left out
	tlp     api.TLP
	unknown bool // some event has no marking
	spare   func(value string) (why string, spared bool)
}

// New begins a list in one of Forms.
func New(name string) (*List, error) {
	f, ok := forms[name]
	if !ok {
		return nil, fmt.Errorf("%q is no form of a block list: want one of %s", name, strings.Join(Forms(), ", "))
	}
	l := &List{form: f, left: map[string]*LeftOut{}, missing: map[string]bool{}}
	for k := range l.values {
		l.values[k] = map[string]bool{}
	}
	return l, nil
}

// Spare has values left out, for the reason given: those that would do harm if
// they were blocked.
func (l *List) Spare(why func(value string) (why string, spared bool)) { l.spare = why }

// Forms lists the names of the forms.
func Forms() []string { return slices.Sorted(maps.Keys(forms)) }

// Add takes in every indicator of an event.
func (l *List) Add(e *api.Event) {
	tlp, known := api.ParseTLP(e.TLP)
	l.unknown = l.unknown || !known
	l.tlp = max(l.tlp, tlp)
	for _, i := range e.AllIndicators() {
		parts, types := indicator.Parts(i.Value), indicator.ParseTypes(i.IndicatorType)
		for n, p := range parts {
			typ := ""
			if n < len(types) { // the file of filename|sha256 is no domain
				typ = string(types[n])
			}
			l.add(p, typ)
		}
		if len(parts) == 0 {
			l.add(i.Value, i.IndicatorType)
		}
	}
}

func (l *List) add(value, typ string) {
	canonical := indicator.Canonical(value)
	if canonical == "" {
		return
	}
	k, ok := kindOf(canonical, typ)
	if !ok || l.form.holds&(1<<k) == 0 {
		l.leave(notHeld(k, ok), canonical, true)
		return
	}
	if ok = isPlain(k, canonical) && (l.form.takes == nil || l.form.takes(k, canonical)); !ok {
		l.leave("can't be said in this form without meaning something else", canonical, false)
		return
	}
	if l.spare != nil {
		if why, spared := l.spare(canonical); spared {
			l.leave(why, canonical, true)
			return
		}
	}
	l.values[k][canonical] = true
}

func notHeld(k kind, known bool) string {
	if !known {
		return "of a kind that no block list holds"
	}
	return fmt.Sprintf("of a kind the form doesn't hold (%s)", k)
}

func (l *List) leave(why, value string, meant bool) {
	if l.missing[value] {
		return
	}
	l.missing[value] = true
	o := l.left[why]
	if o == nil {
		o = &LeftOut{Why: why, Meant: meant}
		l.left[why] = o
	}
	const most = 10
	if o.Count++; len(o.Values) < most {
		o.Values = append(o.Values, clean.Line(value))
	}
}

// kindOf tells what a canonical value is.
func kindOf(canonical, typ string) (kind, bool) {
	t, _ := indicator.ParseType(typ)
	if p, err := api.ParseNet(canonical); err == nil {
		if p.IsSingleIP() {
			return addresses, true
		}
		return nets, true
	}
	host := indicator.Host(canonical)
	_, isDomain := indicator.As(indicator.Domain, canonical)
	switch {
	case strings.HasPrefix(canonical, "http://"), strings.HasPrefix(canonical, "https://"):
		return urls, true
	case host != "" && strings.HasSuffix(canonical, "@"+host):
		return mails, true
	case t == indicator.FileName || t == indicator.JA3 || t == indicator.Imphash || t == indicator.FilePath:
		return 0, false
	case host == canonical && isDomain:
		return domains, true
	}
	if strings.Trim(canonical, "0123456789abcdef") == "" {
		switch len(canonical) {
		case 32:
			return md5s, true
		case 40:
			return sha1s, true
		case 64:
			return sha256s, true
		}
	}
	return 0, false
}

// isPlain reports whether a value is made of nothing but what every form can
// hold within quotes. Of URLs those with signs that quotes or comments are
// made of are out.
func isPlain(k kind, v string) bool {
	if k == domains {
		return isHostName(v)
	}
	for i := range len(v) {
		c := v[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"'`\\<>{}|^$", c) >= 0 {
			return false
		}
	}
	return len(v) <= 2000
}

// isHostName reports whether every label is one that resolvers take.
func isHostName(v string) bool {
	if len(v) > 253 {
		return false
	}
	for label := range strings.SplitSeq(v, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return true
}

// sorted are the values of a kind: addresses and nets by number, all others by
// text.
func (l *List) sorted(k kind) []string {
	out := slices.Sorted(maps.Keys(l.values[k]))
	if k == addresses || k == nets {
		slices.SortFunc(out, func(a, b string) int { return prefix(a).Compare(prefix(b)) })
	}
	return out
}

func prefix(v string) netip.Prefix {
	p, err := api.ParseNet(v)
	if err != nil {
		return netip.Prefix{} // none is ever kept
	}
	return p.Masked()
}

// ranges are the addresses and nets of one family, by number.
func (l *List) ranges(v6 bool) []string {
	var out []string
	for _, p := range l.prefixes() {
		if p.Addr().Is6() == v6 {
			out = append(out, rangeText(p))
		}
	}
	return out
}

// prefixes are all addresses and nets, by number and the wider first.
func (l *List) prefixes() []netip.Prefix {
	var all []netip.Prefix
	for _, k := range []kind{nets, addresses} {
		for v := range l.values[k] {
			all = append(all, prefix(v))
		}
	}
	slices.SortFunc(all, netip.Prefix.Compare)
	return all
}

func rangeText(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}

// Write writes the list with its head.
func (l *List) Write(w io.Writer, m Meta) (Report, error) {
	l.fold()
	r := l.report()
	out := bufio.NewWriter(w)
	if l.form.comment != "" {
		for _, line := range l.head(m, r) {
			fmt.Fprintf(out, "%s %s\n", l.form.comment, line)
		}
	}
	l.form.write(out, l, m)
	return r, out.Flush()
}

func (l *List) report() (r Report) {
	for _, values := range l.values {
		r.Written += len(values)
	}
	for _, why := range slices.Sorted(maps.Keys(l.left)) {
		r.LeftOut = append(r.LeftOut, *l.left[why])
	}
	return r
}

// head is what a list tells of itself. Nothing of it can end a comment.
func (l *List) head(m Meta, r Report) []string {
	query := m.Query
	if query == "" {
		query = "everything"
	}
	lines := []string{
		fmt.Sprintf("indicators: %d, written by threatbench %s at %s", r.Written, m.Version, m.Time.UTC().Format(time.RFC3339)),
		"query: " + query, "strictest TLP: " + l.marking(),
	}
	if m.MaxTLP != api.TLPNone {
		lines = append(lines, "limited to TLP "+m.MaxTLP.String())
	}
	for _, o := range r.LeftOut {
		lines = append(lines, fmt.Sprintf("left out, %s: %d", o.Why, o.Count))
	}
	for i := range lines {
		lines[i] = comment(lines[i])
	}
	return lines
}

// marking is the strictest TLP of the events, and that some have none.
func (l *List) marking() string {
	if !l.unknown {
		return l.tlp.String()
	}
	return strings.TrimPrefix(l.tlp.String()+", and events without a marking", ", ")
}

// comment makes a text that ends no comment of any form, and no line.
func comment(s string) string {
	s = strings.ReplaceAll(clean.Line(s), "*/", "* /")
	return strings.TrimRight(strings.ToValidUTF8(s, "?"), "\\ ")
}
