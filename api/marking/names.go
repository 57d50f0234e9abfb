package marking

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// IsName reports whether the name of a field, column or property says that
// markings stand in it.
func IsName(name string) bool {
	plain := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return ' '
	}, splitCamel(name))
	w := strings.Fields(plain)
	joined := strings.Join(w, "")
	return slices.ContainsFunc(w, func(s string) bool { return strings.HasPrefix(s, "tlp") || strings.HasSuffix(s, "tlp") }) ||
		strings.Contains(joined, "trafficlight") || strings.HasPrefix(joined, "ampel")
}

// OnSharing reports whether the name of a column speaks of who may see its row,
// in whatever words: markings may stand there, beside others.
func OnSharing(name string) bool {
	name = norm.NFKC.String(strings.ToLower(name))
	for _, part := range []string{
		"sharing", "share", "handling", "distribut", "disseminat", "confidential", "classification", "sensitiv", "restrict", "marking", "releas",
		"freigabe", "weitergabe", "verteil", "vertraulich", "einstufung", "klassifi", "schutz", "diffusion", "partage", "confidenti", "clasificaci", "difusi", "classifica",
	} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// splitCamel puts spaces where a name changes from small to capital letters.
func splitCamel(s string) string {
	var b strings.Builder
	small := false
	for _, r := range s {
		if small && unicode.IsUpper(r) {
			b.WriteByte(' ')
		}
		small = unicode.IsLower(r)
		b.WriteRune(r)
	}
	return b.String()
}
