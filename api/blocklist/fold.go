package blocklist

import (
	"net/netip"
	"strings"
)

// fold leaves out what another value of the list holds, where the form would
// say it twice or takes no overlaps.
func (l *List) fold() {
	if l.form.folds&addrs != 0 {
		l.foldRanges()
	}
	if l.form.folds&names != 0 {
		l.foldNames()
	}
	if l.form.folds&(1<<urls) != 0 {
		l.foldSchemes()
	}
}

func (l *List) folded(k kind, value, why string) {
	delete(l.values[k], value)
	l.leave(why, value, true)
}

const within = "within another that is written"

func (l *List) foldRanges() {
	var last netip.Prefix
	for _, p := range l.prefixes() {
		if !last.IsValid() || !last.Contains(p.Addr()) {
			last = p
			continue
		}
		k := nets
		if p.IsSingleIP() {
			k = addresses
		}
		l.folded(k, rangeText(p), within)
	}
}

// foldNames leaves out domains below another of the list.
func (l *List) foldNames() {
	var below []string
	for _, v := range l.sorted(domains) {
		for _, up, ok := strings.Cut(v, "."); ok; _, up, ok = strings.Cut(up, ".") {
			if l.values[domains][up] {
				below = append(below, v)
				break
			}
		}
	}
	for _, v := range below {
		l.folded(domains, v, within)
	}
}

// foldSchemes leaves out URLs that differ from another by their scheme alone.
func (l *List) foldSchemes() {
	written := map[string]bool{}
	for _, v := range l.sorted(urls) {
		bare := withoutScheme(v)
		if written[bare] {
			l.folded(urls, v, "the same as another without the scheme")
		}
		written[bare] = true
	}
}

func withoutScheme(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	return rest
}
