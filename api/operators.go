package api

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What our own server understands beyond the contract. It announces it at
// /capabilities; nothing of it is ever sent to another server.

// FieldText stands for all that an event says: attacker, indicators, tags,
// category, description, insight, countries, target industry and techniques.
// It takes OpFind and, for a phrase that stands whole in one of them, OpContains; no event has
// it as a field of its own.
const FieldText Field = "text"

// The operators beyond the contract's twelve.
const (
	OpWithin Op = "within" // of indicator: the address or net lies in a net such as 198.51.100.0/24
	OpUnder  Op = "under"  // of indicator: a domain and all below it; of mitreAttack: a technique and its sub-techniques
	OpNone   Op = "none"   // of any field: it has no value; the condition has none either
)

// The names of what a server may announce in Capabilities.Operators.
const (
	CanFindText  = "text.find"
	CanPhrase    = "text.contains"
	CanWithin    = "indicator.within"
	CanUnder     = "indicator.under"
	CanUnderTech = "mitreAttack.under"
	CanNone      = "none"
	CanNot       = "not"                 // any condition may be turned into its opposite
	CanCanonical = "indicator.canonical" // equals, not and in compare canonical forms of every indicator
)

// CanLookup is the path of look-ups in Capabilities.Paths.
const CanLookup = "POST /events/indicators/lookup"

// OwnOperators lists what our server announces.
func OwnOperators() []string {
	return []string{CanFindText, CanPhrase, CanWithin, CanUnder, CanUnderTech, CanNone, CanNot, CanCanonical}
}

// Capabilities is what a server understands beyond the contract. The zero
// value is the plain contract.
type Capabilities struct {
	Operators []string `json:"operators"`
	Paths     []string `json:"paths"` // "METHOD /path", below the base path
}

// Can reports whether an operator or a path is announced.
func (c Capabilities) Can(what string) bool {
	return slices.Contains(c.Operators, what) || slices.Contains(c.Paths, what)
}

// Own reports whether only a server that announces it understands the
// condition. Canonical comparison is no form of its own: it changes what
// equals finds.
func (c Condition) Own() bool {
	return c.Field == FieldText || c.Op == OpWithin || c.Op == OpUnder || c.Op == OpNone
}

// Words are what a condition on FieldText looks for: each word by itself, or
// the phrase as it stands.
func (c Condition) Words() []string {
	if c.Op == OpContains {
		return []string{c.Value()}
	}
	return strings.Fields(c.Value())
}

// validateOwn checks a condition that is our own; key names its place.
func (c Condition) validateOwn(key string) error {
	if c.Field == FieldText {
		if c.Op != OpFind && c.Op != OpContains {
			return badKey(key+".op", "find or contains for text", string(c.Op))
		}
	} else if !slices.Contains(Fields(), c.Field) {
		return badKey(key+".field", "one of "+join(Fields()), string(c.Field))
	}
	if c.Op == OpNone {
		if len(c.Values) > 0 && !slices.Equal(c.Values, []string{""}) {
			return badKey(key+".value", "no value for none", strings.Join(c.Values, " "))
		}
		return nil
	}
	if len(c.Values) != 1 {
		return badKey(key+".value", "one value", strconv.Itoa(len(c.Values)))
	}
	v := c.Values[0]
	if n := utf8.RuneCountInString(v); n > MaxValueLength {
		return badKey(key+".value", fmt.Sprintf("1..%d characters", MaxValueLength), strconv.Itoa(n))
	}
	if strings.TrimSpace(v) == "" {
		return badKey(key+".value", "more than spaces", v)
	}
	return c.validateTarget(key, v)
}

// validateTarget checks what within and under take.
func (c Condition) validateTarget(key, v string) error {
	switch {
	case c.Op == OpWithin && c.Field != FieldIndicator:
		return badKey(key+".op", "within for indicator only", string(c.Field))
	case c.Op == OpUnder && c.Field != FieldIndicator && c.Field != FieldMitreAttack:
		return badKey(key+".op", "under for indicator and mitreAttack only", string(c.Field))
	case c.Op == OpWithin:
		if _, err := ParseNet(v); err != nil {
			return badKey(key+".value", "a net such as 198.51.100.0/24 or 2001:db8::/32", v)
		}
	}
	return nil
}

// ParseNet reads a net in CIDR notation, IPv4 or IPv6; an address alone is the
// net of that one address. Bits past the prefix are cleared, IPv4 in IPv6 is
// unwrapped.
func ParseNet(s string) (netip.Prefix, error) {
	s = strings.TrimSpace(s)
	if a, err := netip.ParseAddr(s); err == nil {
		a = a.Unmap().WithZone("")
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("a net is an address, a slash and its bits: %w", err)
	}
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	return p.Masked(), nil
}
