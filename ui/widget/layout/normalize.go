package layout

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/text/unicode/norm"
)

// NormalizeWidth makes every cluster of s equally wide for terminals that count code
// points and for those that count clusters, so that a line keeps its width
// whichever the terminal does: skin tones are left off, and where letters had
// to go an ellipsis says so. Text that needs no change is returned as it is.
func NormalizeWidth(s string) string {
	if plain(s) || widthsAgree(s) && !regional(s) {
		return s
	}
	const most = 8
	for range most {
		out := steadyOnce(s)
		if out == s {
			break
		}
		s = out // what was taken out may have kept its neighbours apart
	}
	return s
}

func steadyOnce(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for rest := s; len(rest) > 0; {
		cluster, _ := ansi.FirstGraphemeCluster(rest, ansi.GraphemeWidth)
		if cluster == "" {
			break
		}
		b.WriteString(steadyCluster(cluster))
		rest = rest[len(cluster):]
	}
	return b.String()
}

// regional finds flag letters: their widths may make up for those of others in
// the sum over a whole string, and a single one is never steady.
func regional(s string) bool {
	return strings.Contains(s, "\xf0\x9f\x87")
}

func steadyCluster(s string) string {
	if widthsAgree(s) {
		return s
	}
	keep := 0
	for i, r := range s {
		end := i + utf8.RuneLen(r)
		if !widthsAgree(s[:end]) {
			break
		}
		keep = end
	}
	if keep == 0 || !widthsAgree(s[:keep]+"…") { // some signs join what follows them
		return "?"
	}
	if strings.IndexFunc(s[keep:], unicode.IsLetter) >= 0 {
		return s[:keep] + "…"
	}
	return s[:keep]
}

func widthsAgree(s string) bool { return ansi.StringWidth(s) == ansi.StringWidthWc(s) }

// ASCII writes s with printable ASCII alone, for terminals that show nothing
// else: letters lose their accents, every other cluster becomes as many
// question marks as it has cells. Text that needs no change is returned as it
// is. s must hold no escape sequences.
func ASCII(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for rest := s; len(rest) > 0; {
		cluster, width := ansi.FirstGraphemeCluster(rest, ansi.GraphemeWidth)
		if cluster == "" {
			break
		}
		rest = rest[len(cluster):]
		b.WriteString(asciiCluster(cluster, width))
	}
	return b.String()
}

func asciiCluster(s string, width int) string {
	base := norm.NFKD.String(s)
	end := strings.IndexFunc(base, func(r rune) bool { return r < 0x20 || r > 0x7e })
	if end < 0 {
		return base
	}
	marks := strings.TrimLeftFunc(base[end:], func(r rune) bool { return unicode.Is(unicode.M, r) })
	if end > 0 && marks == "" {
		return base[:end]
	}
	return strings.Repeat("?", width)
}
