// Package textmatch says what the contract's operators ask of a text: of a field
// of an event, of a tag, of an indicator. No I/O.
package textmatch

import (
	"strings"
	"unicode/utf8"

	"threatbench/api"
)

// Match tells whether a folded text (api.Fold) satisfies a condition.
type Match func(fold string) bool

// Of is what a text operator asks of one folded text. For OpNot it asks
// what OpEquals does; the caller turns the answer around, since on a list
// "not" means that none equals.
func Of(op api.Op, values []string) Match {
	want := ""
	if len(values) > 0 {
		want = api.Fold(values[0])
	}
	switch op {
	case api.OpGt:
		return func(s string) bool { return s > want }
	case api.OpGte:
		return func(s string) bool { return s >= want }
	case api.OpLt:
		return func(s string) bool { return s < want }
	case api.OpLte:
		return func(s string) bool { return s <= want }
	case api.OpContains:
		return func(s string) bool { return strings.Contains(s, want) }
	case api.OpStartsWith:
		return func(s string) bool { return strings.HasPrefix(s, want) }
	case api.OpEndsWith:
		return func(s string) bool { return strings.HasSuffix(s, want) }
	case api.OpLike:
		return func(s string) bool { return like(s, want) }
	case api.OpFind:
		return matchWords(strings.Fields(want))
	case api.OpIn:
		return matchAny(values)
	}
	return func(s string) bool { return s == want }
}

func matchWords(words []string) Match {
	return func(s string) bool {
		for _, w := range words {
			if !strings.Contains(s, w) {
				return false
			}
		}
		return true
	}
}

func matchAny(values []string) Match {
	set := make(map[string]bool, len(values))
	for _, v := range values {
		set[api.Fold(v)] = true
	}
	return func(s string) bool { return set[s] }
}

// like is SQL's LIKE on folded texts: % stands for any run, _ for any one
// character. It goes back to the last % only, so it is never worse than
// len(s)*len(pattern).
func like(s, pattern string) bool {
	star, resume := -1, 0
	i, p := 0, 0
	for i < len(s) {
		if p < len(pattern) && pattern[p] == '%' {
			star, resume = p, i
			p++
			continue
		}
		if n, m := likeStep(s[i:], pattern[p:]); n > 0 {
			i += n
			p += m
			continue
		}
		if star < 0 {
			return false
		}
		_, n := utf8.DecodeRuneInString(s[resume:])
		resume += n
		i, p = resume, star+1
	}
	return strings.Trim(pattern[p:], "%") == ""
}

// likeStep matches one character against one of the pattern; it answers the
// bytes each took, 0 where they differ.
func likeStep(s, pattern string) (n, m int) {
	if pattern == "" {
		return 0, 0
	}
	a, n := utf8.DecodeRuneInString(s)
	b, m := utf8.DecodeRuneInString(pattern)
	if b == '_' || a == b && n == m {
		return n, m
	}
	return 0, 0
}
