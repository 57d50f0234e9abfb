// Package knowngood tells which values are known to be harmless: those of
// lists that come with the program, and of lists that a person keeps, such as
// the warning lists of MISP. A value on a list is no proof of anything: it is
// marked, and left out of block lists, since blocking it would do harm.
package knowngood

import (
	"cmp"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"threatbench/api"
	"threatbench/api/indicator"
)

// List is one list of harmless values.
type List struct {
	Name   string
	Source string    // where it is from: a document, a file
	Time   time.Time // as of when; zero where it never changes
	Len    int       // values taken
	Left   []string  // what of it was not taken, and why, in words

	exact   []string // canonical
	domains []string // with all that lies below them
	zones   []string // as domains, public suffixes too
	nets    []netip.Prefix
	within  []string // parts of a value
	forms   []*regexp.Regexp
}

// Tie is how a value is tied to a list.
type Tie int

// The ties, from the one that says most.
const (
	None  Tie = iota
	Same      // the value itself is listed
	Below     // it lies below a domain, or within a net, that is listed
	Above     // something that lies below it is listed: blocking it blocks that too
	Host      // its host is listed: the URL itself may still be bad
)

// Found is the list that a value is tied to.
type Found struct {
	Tie  Tie
	Of   string // the listed value
	List *List
}

// Harmless reports whether the value itself is known to be harmless, rather
// than something beside it.
func (f Found) Harmless() bool { return f.Tie == Same || f.Tie == Below }

// Spared reports whether blocking the value would block something harmless.
func (f Found) Spared() bool { return f.Harmless() || f.Tie == Above }

// Why is the reason to spare a value, by the list alone.
func (f Found) Why() string {
	if f.Tie == Above {
		return "would block known-good values too (" + f.List.Name + ")"
	}
	return "known good (" + f.List.Name + ")"
}

// String is the tie in words, "" for none.
func (f Found) String() string {
	switch f.Tie {
	case Same:
		return "known good: " + f.List.Name
	case Below:
		return fmt.Sprintf("known good: within %s of %s", f.Of, f.List.Name)
	case Above:
		return fmt.Sprintf("holds %s, known good: %s", f.Of, f.List.Name)
	case Host:
		return "its host is known good: " + f.List.Name
	}
	return ""
}

// Set is lists that are asked together. The first list that has a value
// answers. A nil Set knows nothing. It may be used by several goroutines.
type Set struct {
	lists   []*List
	exact   map[string]uint32 // number of the list
	domains map[string]uint32
	zones   map[string]uint32
	nets    map[netip.Prefix]uint32
	bits    []int          // lengths of nets, longest first
	starts  []netip.Prefix // nets in their order
	below   []string       // listed hosts turned round, in their order
	loose   []uint32       // lists with parts or expressions
}

// NewSet makes a set of lists.
func NewSet(lists ...*List) *Set {
	s := &Set{lists: lists, exact: map[string]uint32{}, domains: map[string]uint32{}, zones: map[string]uint32{}, nets: map[netip.Prefix]uint32{}}
	for n, l := range lists {
		s.add(uint32(n), l)
	}
	slices.SortFunc(s.starts, netip.Prefix.Compare)
	slices.SortFunc(s.bits, func(a, b int) int { return cmp.Compare(b, a) })
	slices.Sort(s.below)
	return s
}

func (s *Set) add(n uint32, l *List) {
	put := func(to map[string]uint32, values []string) {
		for _, v := range values {
			if _, there := to[v]; !there {
				to[v] = n
			}
		}
	}
	put(s.exact, l.exact)
	put(s.domains, l.domains)
	put(s.zones, l.zones)
	for _, v := range slices.Concat(l.domains, l.exact) {
		if indicator.Host(v) == v {
			s.below = append(s.below, reversed(v))
		}
	}
	for _, p := range l.nets {
		if _, there := s.nets[p]; there {
			continue
		}
		s.nets[p] = n
		s.starts = append(s.starts, p)
		if !slices.Contains(s.bits, p.Bits()) {
			s.bits = append(s.bits, p.Bits())
		}
	}
	if len(l.within)+len(l.forms) > 0 {
		s.loose = append(s.loose, n)
	}
}

// Lists are the lists of the set.
func (s *Set) Lists() []*List {
	if s == nil {
		return nil
	}
	return s.lists
}

// Find tells what is known of a value in any spelling.
func (s *Set) Find(value string) Found {
	if s == nil {
		return Found{}
	}
	v := indicator.Canonical(value)
	if v == "" {
		return Found{}
	}
	if n, ok := s.exact[v]; ok {
		return Found{Same, v, s.lists[n]}
	}
	if p, ok := plainNet(v); ok {
		return s.findNet(p)
	}
	host := indicator.Host(v)
	f := s.findHost(host)
	if p, ok := plainNet(host); ok {
		f = s.findNet(p)
	}
	if isHost := host == v || slices.Equal(indicator.Parts(v), []string{host}); isHost && f.Tie != None {
		return f
	}
	if loose := s.findLoose(v); loose.Tie != None || !f.Harmless() {
		return loose
	}
	f.Tie = Host
	return f
}

// plainNet reads an address or a net; an address with a port is neither.
func plainNet(canonical string) (netip.Prefix, bool) {
	p, err := api.ParseNet(canonical)
	return p, err == nil
}

func (s *Set) findNet(p netip.Prefix) Found {
	for _, bits := range s.bits {
		if bits > p.Bits() {
			continue
		}
		outer, err := p.Addr().Prefix(bits)
		if err != nil {
			continue // longer than addresses of this family
		}
		if n, ok := s.nets[outer]; ok {
			if outer == p {
				return Found{Same, netText(p), s.lists[n]}
			}
			return Found{Below, netText(outer), s.lists[n]}
		}
	}
	i, _ := slices.BinarySearchFunc(s.starts, p, netip.Prefix.Compare)
	if i < len(s.starts) && p.Contains(s.starts[i].Addr()) {
		inner := s.starts[i]
		return Found{Above, netText(inner), s.lists[s.nets[inner]]}
	}
	return Found{}
}

func netText(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}

// findHost looks for a host and the domains above it, as far as one owner has
// them: what lies below github.io belongs to others than github.io itself.
func (s *Set) findHost(host string) Found {
	if host == "" {
		return Found{}
	}
	suffix, _ := publicsuffix.PublicSuffix(host)
	for at := host; at != ""; _, at, _ = strings.Cut(at, ".") {
		tie := Below
		if at == host {
			tie = Same
		}
		if n, ok := s.domains[at]; ok && (at == host || len(at) > len(suffix)) {
			return Found{tie, at, s.lists[n]}
		}
		if n, ok := s.zones[at]; ok {
			return Found{tie, at, s.lists[n]}
		}
	}
	start := reversed(host) + "."
	i, _ := slices.BinarySearch(s.below, start)
	if i < len(s.below) && strings.HasPrefix(s.below[i], start) {
		inner := reversed(s.below[i])
		n, ok := s.domains[inner]
		if !ok {
			n = s.exact[inner]
		}
		return Found{Above, inner, s.lists[n]}
	}
	return Found{}
}

func (s *Set) findLoose(v string) Found {
	for _, n := range s.loose {
		l := s.lists[n]
		for _, part := range l.within {
			if strings.Contains(v, part) {
				return Found{Below, part, l}
			}
		}
		for _, form := range l.forms {
			if form.MatchString(v) {
				return Found{Below, form.String(), l}
			}
		}
	}
	return Found{}
}

// reversed turns the labels of a host round, so that what lies below a domain
// begins with it.
func reversed(host string) string {
	labels := strings.Split(host, ".")
	slices.Reverse(labels)
	return strings.Join(labels, ".")
}

// String is the tie in one word, "" for none.
func (t Tie) String() string { return [...]string{"", "same", "below", "above", "host"}[t] }
