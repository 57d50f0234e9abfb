package store

import (
	"net/netip"
	"strconv"
	"strings"

	"threatbench/api"
	"threatbench/api/indicator"
)

// newWithinCondition keeps the events with an address or a net that lies in a
// net, or is it.
func newWithinCondition(c api.Condition) condition {
	net, err := api.ParseNet(indicator.Refang(c.Value()))
	if err != nil {
		return nothing{} // validated before
	}
	t := &textCondition{which: searchIndicators}
	t.match = matchForms(func(form string) bool {
		got, ok := indicator.Net(form)
		return ok && got.Bits() >= net.Bits() && net.Contains(got.Addr())
	})
	t.narrowBy([]string{netBeginning(net)})
	return t
}

// netBeginning is how all that lies in a net begins, "" where nothing is
// common.
func netBeginning(net netip.Prefix) string {
	a := net.Addr()
	if a.Is4() {
		octets := strings.SplitAfter(a.String(), ".")
		return strings.Join(octets[:net.Bits()/8], "")
	}
	// Zeros may be left out of an address: what comes before the first of
	// them is certain.
	var b strings.Builder
	bytes := a.As16()
	for i := range net.Bits() / 16 {
		group := uint64(bytes[2*i])<<8 | uint64(bytes[2*i+1])
		if group == 0 {
			break
		}
		b.WriteString(strconv.FormatUint(group, 16))
		if i < 7 {
			b.WriteByte(':')
		}
	}
	return b.String()
}

// newUnderCondition keeps the events with a domain or one below it, or with a
// URL or a mail address whose host is.
func newUnderCondition(c api.Condition) condition {
	domain := underDomain(c.Value())
	t := &textCondition{which: searchIndicators}
	t.match = matchForms(func(form string) bool {
		return strings.Contains(form, domain) && indicator.IsUnder(indicator.Host(form), domain)
	})
	t.narrowBy([]string{domain})
	return t
}

// underDomain is the domain that a value names: of a URL or a mail address its
// host; a leading "*." or dot is no part of it.
func underDomain(value string) string {
	value = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(value), "*"), ".")
	canonical := indicator.Canonical(value)
	if host := indicator.Host(canonical); host != "" {
		return host
	}
	return strings.Trim(canonical, ".")
}

// matchTechnique matches a technique and its sub-techniques.
func matchTechnique(id string) textMatch {
	id = api.Fold(strings.TrimSpace(id))
	return func(fold string) bool { return fold == id || strings.HasPrefix(fold, id+".") }
}

func compileIndicator(k *keyMaker, c api.Condition) condition {
	switch c.Op {
	case api.OpEquals, api.OpNot, api.OpIn:
		return newKeyCondition(k, c)
	case api.OpWithin:
		return newWithinCondition(c)
	case api.OpUnder:
		return newUnderCondition(c)
	}
	return newTextCondition(searchIndicators, c)
}
