package api

import "strings"

// TLP is a Traffic Light Protocol marking by its meaning, whatever its
// spelling: FIRST's TLP 2.0, with "white" read as clear.
type TLP int

// The markings by growing restriction; TLPNone is an empty or unknown one.
const (
	TLPNone TLP = iota
	TLPClear
	TLPGreen
	TLPAmber
	TLPAmberStrict
	TLPRed
)

// ParseTLP reads a marking in any case and spelling ("TLP:Amber+Strict",
// "amber-strict", "white"); ok is false for anything else.
func ParseTLP(s string) (t TLP, ok bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	s = strings.TrimSpace(strings.TrimPrefix(s, "tlp:"))
	switch s {
	case "clear", "white":
		return TLPClear, true
	case "green":
		return TLPGreen, true
	case "amber":
		return TLPAmber, true
	case "amber+strict", "amber-strict", "amber strict", "amber_strict", "amber+":
		return TLPAmberStrict, true
	case "red":
		return TLPRed, true
	}
	return TLPNone, false
}

// String is the marking's plain name, "" for none.
func (t TLP) String() string {
	if t < TLPNone || t > TLPRed {
		return ""
	}
	return [...]string{"", "clear", "green", "amber", "amber+strict", "red"}[t]
}
