package match

import (
	"bytes"
	"net/netip"
	"strings"

	"threatbench/api"
	"threatbench/api/indicator"
)

// What a host is more than itself, in the values of Set.hosts.
const (
	ofURL uint32 = 1 << iota
	ofMail
)

// shortest is how many characters a value has at least that is looked for: of
// shorter ones every line is full.
const shortest = 3

// mostSharing is how many values may be found by the same word: each of them
// is compared wherever the word stands.
const mostSharing = 512

// sort decides how an indicator is found.
func (b *Builder) sort(i uint32, canonical, kind string) {
	s := &b.set
	host := indicator.Host(canonical)
	net, isNet := netip.Prefix{}, false
	if p, err := api.ParseNet(canonical); err == nil {
		net, isNet = p.Masked(), !p.IsSingleIP()
	}
	_, isAddr := netip.ParseAddr(canonical)
	typ, _ := indicator.ParseType(kind)
	switch {
	case isNet:
		s.nets[net] = i
	case isAddr == nil:
		s.colons = s.colons || strings.Contains(canonical, ":")
	case plainMAC(canonical) != "":
		s.colons = true
	case len(canonical) < shortest:
		s.unsearchable++
	case isWord([]byte(canonical)):
		_, domain := indicator.As(indicator.Domain, canonical)
		s.entries[i].host = domain && host == canonical && typ != indicator.FileName && typ != indicator.FilePath
	case host != "" && isURL(canonical, host):
		s.belongs(host, ofURL)
	case host != "" && strings.HasSuffix(canonical, "@"+host):
		s.belongs(host, ofMail)
	default:
		b.words = append(b.words, i)
	}
}

// isURL reports whether an indicator is a URL of a host, with its scheme or
// without.
func isURL(canonical, host string) bool {
	return strings.Contains(canonical, "://") || strings.HasPrefix(canonical, host+"/")
}

// describes reports whether values of a type say something about an indicator
// and are none: "http" as text, 443 as a port. Searched for, they would be found
// in every line.
func describes(kind string) bool {
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "text", "port", "comment", "datetime", "counter", "float", "boolean", "size-in-bytes":
		return true
	}
	return false
}

// belongs notes that a host has URLs or mail addresses.
func (s *Set) belongs(host string, what uint32) {
	h := hash([]byte(host))
	if _, known := s.hosts.find(h, func(v uint32) bool { return v == what }); !known {
		s.hosts.put(h, what)
	}
}

// anchor chooses for each value of several words the rarest and longest of
// them, by which it is found.
func (b *Builder) anchor() {
	s := &b.set
	often := map[string]int{}
	for _, i := range b.words {
		eachWord(s.text(i), func(_ int, w []byte) { often[string(w)]++ })
	}
	sharing := map[string]int{}
	for _, i := range b.words {
		var best []byte
		at := 0
		eachWord(s.text(i), func(from int, w []byte) {
			switch {
			case len(w) < shortest || hasHigh(w):
			case best == nil, often[string(w)] < often[string(best)], often[string(w)] == often[string(best)] && len(w) > len(best):
				best, at = w, from
			}
		})
		if best == nil || sharing[string(best)] >= mostSharing {
			s.unsearchable++
			continue
		}
		sharing[string(best)]++
		s.entries[i].anchor = uint32(at)
		b.chain(i, best)
	}
	b.words = nil
}

// chain hangs an entry before those that have the same anchor.
func (b *Builder) chain(i uint32, word []byte) {
	s := &b.set
	h := hash(word)
	same := func(j uint32) bool { return bytes.Equal(s.anchorOf(j), word) }
	if first, ok := s.anchors.find(h, same); ok {
		s.entries[i].next = s.entries[first].next
		s.entries[first].next = i + 1
		return
	}
	s.anchors.put(h, i)
	s.known(word)
}

// anchorOf is the word that an entry is found by.
func (s *Set) anchorOf(i uint32) []byte {
	text := s.text(i)[s.entries[i].anchor:]
	return text[:wordEnd(text, 0)]
}

// isWord reports whether a text is one word as the scanner reads them.
func isWord(text []byte) bool {
	return len(text) >= shortest && !hasHigh(text) && wordEnd(text, 0) == len(text) && trimStart(text, 0, len(text)) == 0
}

func hasHigh(text []byte) bool {
	return bytes.IndexFunc(text, func(r rune) bool { return r >= 0x80 }) >= 0
}

// eachWord gives the words of a text with their places.
func eachWord(text []byte, take func(int, []byte)) {
	for i := 0; i < len(text); {
		if class[text[i]]&inWord == 0 {
			i++
			continue
		}
		end := i
		for end < len(text) && class[text[end]]&inWord != 0 {
			end++
		}
		from, to := trimStart(text, i, end), trimEnd(text, i, end)
		if from < to {
			take(from, text[from:to])
		}
		i = end
	}
}

// wordEnd is where the word ends that begins at from, without the signs behind
// it.
func wordEnd(text []byte, from int) int {
	end := from
	for end < len(text) && class[text[end]]&inWord != 0 {
		end++
	}
	return trimEnd(text, from, end)
}

func trimStart(text []byte, from, to int) int {
	for from < to && class[text[from]]&sign != 0 {
		from++
	}
	return from
}

func trimEnd(text []byte, from, to int) int {
	for to > from && class[text[to-1]]&sign != 0 {
		to--
	}
	return to
}

// sizeOfMAC is the length of a MAC address as it is mostly written.
const sizeOfMAC = len("00:00:00:00:00:00")

// plainMAC is a MAC address of pairs, with colons; "" for anything else.
func plainMAC(s string) string {
	if len(s) != sizeOfMAC || s[2] != ':' && s[2] != '-' {
		return ""
	}
	for i := range len(s) {
		if i%3 == 2 && s[i] != s[2] || i%3 != 2 && class[s[i]]&(digit|hexLetter) == 0 {
			return ""
		}
	}
	return strings.ToLower(strings.ReplaceAll(s, "-", ":"))
}

// CampaignOf is the campaign that an event's tags name: the first that begins
// with op-, operation- or campaign-, or follows campaign: or campaign= in a tag
// of a taxonomy. "" where none does.
func CampaignOf(tags []string) string {
	for _, t := range tags {
		low := strings.ToLower(t)
		for _, p := range []string{"op-", "operation-", "campaign-"} {
			if strings.HasPrefix(low, p) && len(low) > len(p) {
				return t
			}
		}
		for _, p := range []string{"campaign:", "campaign="} {
			if i := strings.Index(low, p); i >= 0 && len(low) == len(t) && i+len(p) < len(t) {
				return strings.Trim(t[i+len(p):], `"`)
			}
		}
	}
	return ""
}
