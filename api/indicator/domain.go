package indicator

import (
	"strings"
	"sync"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// isHost tells whether s can be the host of a URL, with or without port: an
// address or a name with a dot. With a scheme before it, any top-level domain
// is believed, and an address as one number.
func isHost(s string) bool {
	if strings.HasPrefix(s, "[") {
		inner, rest, ok := strings.Cut(s[1:], "]")
		_, kind := address(inner)
		return ok && kind == IPv6 && (rest == "" || rest[0] == ':' && digits(rest[1:]))
	}
	name, port, _ := strings.Cut(s, ":")
	if !digits(port) {
		return false
	}
	if _, kind := address(name); kind == IPv4 {
		return true
	}
	if isNumberHost(name) {
		return true
	}
	n := parseName(strings.TrimSuffix(name, "."))
	return n.ok && !digits(n.top)
}

// isNumberHost reads 3221226219 and 0x7f000001, which browsers take for an
// address.
func isNumberHost(s string) bool {
	if len(s) > 2 && len(s) <= 10 && s[0] == '0' && s[1]|0x20 == 'x' {
		return isHex(s[2:])
	}
	return len(s) >= 8 && len(s) <= 10 && digits(s)
}

// name is a dotted name cut into what decides whether it is a domain.
type name struct {
	text   string
	first  string // label
	before string // the label before the top-level domain
	top    string // as written
	labels int
	letter bool // all labels before the top-level domain are single letters
	ok     bool // all labels could be a domain's
}

// parseName looks at the labels of a name: letters, digits, dashes and
// underscores, no dash at an end, at least two of them.
func parseName(text string) name {
	const longest = 253
	n := name{text: text, letter: true, ok: len(text) <= longest}
	from := 0
	for i := 0; i <= len(text) && n.ok; i++ {
		if i < len(text) && text[i] != '.' {
			c := text[i]
			if c < utf8.RuneSelf && !wordBytes[c] && c != '-' && c != '_' {
				n.ok = false
			}
			continue
		}
		label := text[from:i]
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || !isASCII(label) && !onlyLetters(label) {
			n.ok = false
		}
		if n.labels++; n.labels == 1 {
			n.first = label
		}
		n.letter = n.letter && len(n.top) <= 1
		n.before, n.top = n.top, label
		from = i + 1
	}
	n.ok = n.ok && n.labels > 1
	return n
}

func onlyLetters(label string) bool {
	for _, r := range label {
		if r == utf8.RuneError || r >= utf8.RuneSelf && !unicode.In(r, unicode.L, unicode.N, unicode.M) {
			return false
		}
	}
	return true
}

// valid tells whether a name is a domain by its form. sure tells that it
// cannot be a name of code or of a detection.
func (n name) valid(sure bool) bool {
	if !n.ok || !isTop(n.top) {
		return false
	}
	return !n.oddCase() && (sure || !n.isAbbreviation() && !n.isCode() && !n.isDetection())
}

// oddCase tells names by their capitals that no domain has: done.In, System.IO
func (n name) oddCase() bool {
	if !hasUpper(n.top) {
		return false
	}
	if !hasLower(n.text) {
		return n.labels == 2 && frameworks[n.text]
	}
	if !hasLower(n.top) { // COM
		if n.top == "COM" || n.top == "ORG" || n.top == "NET" && !frameworks[n.text] {
			return false
		}
		return !hasUpper(n.first) || hasLower(n.first) || len(n.first) < 2
	}
	if hasUpper(n.top[1:]) {
		return false // cOm
	}
	switch n.top {
	case "Com", "Net", "Org", "Info", "Example", "Ru":
		return !hasUpper(n.before[:1]) && !isDigit(n.before[0])
	}
	return true
}

// frameworks are names that end like a domain.
var frameworks = wordSet("ASP.NET VB.NET ADO.NET ML.NET EF.NET Json.NET Paint.NET XNA.NET Spark.NET NET.NET")

func hasUpper(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool {
		return r < utf8.RuneSelf && r >= 'A' && r <= 'Z' || r >= utf8.RuneSelf && unicode.IsUpper(r)
	}) >= 0
}

func hasLower(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool {
		return r < utf8.RuneSelf && r >= 'a' && r <= 'z' || r >= utf8.RuneSelf && unicode.IsLower(r)
	}) >= 0
}

// codeTops are top-level domains that are words of program code.
var codeTops = wordSet(`name run info id is in host show now select bar open read post click style save call link data date day map foo dev app
	new stream cat target theme like global play search print shell zone security management services systems network cloud email exchange
	support tools world live media events report box hosting io ai build watch watches codes program software graphics channel domains
	channel cool directory contact page menu review computer center final express one pub plus fit fun win bid ac cc gal java`)

// codeWords are names that programs give to things.
var codeWords = wordSet(`self this that process os sys system window document console log logger logging request requests req res response app apps application
	user users file files item items node obj object event events evt thread threads subprocess asyncio config cfg conf settings data db database socket sock
	string str array list map set math json time date datetime timezone util utils model form page button element elem el plt fig np pd torch tf fs http https axios
	module exports std session args argv options opts params param result results index main test tests sample ctx context client server conn connection
	java javax javafx kotlin scala sun android androidx dalvik system microsoft windows shell wscript cscript adodb activexobject xmlhttp winhttp urllib re random
	package class struct func function method var let const value values key keys entry row col column table record parent child root base super
	env environ input output stdin stdout stderr buffer stream reader writer handler manager service worker job task queue cursor query tag tags label
	image img canvas view widget text title body header footer cell field func lib library core common api cmd command exec shutil pathlib path string foo
	bar baz qux com org net torch cv2 sklearn random threading multiprocessing socketserver browser navigator location screen history storage math array error err e`)

// isCode tells names of program code and of packages from domains.
func (n name) isCode() bool {
	if n.isPackage() {
		return true
	}
	if !codeTops[strings.ToLower(n.top)] {
		return strings.EqualFold(n.first, "java") || strings.EqualFold(n.first, "javax") || n.labels == 2 && n.text == "et.al"
	}
	first := strings.ToLower(n.first)
	switch {
	case len(n.before) == 1 && n.labels == 2, codeWords[first]:
		return n.text != "x.ai" && !strings.EqualFold(n.top, "cc") || codeWords[first]
	case n.labels == 2 && hasUpper(n.first[:1]) && hasLower(n.first) && hasUpper(n.first[1:]):
		return true // MyThing.run
	}
	return false
}

// isAbbreviation tells i.e.it, where a space is missing, from domains.
func (n name) isAbbreviation() bool { return n.letter && n.labels > 2 }

// isPackage tells com.example.app from domains.
func (n name) isPackage() bool {
	if n.labels < 3 || !packageRoots[strings.ToLower(n.first)] {
		return false
	}
	top := strings.ToLower(n.top)
	switch top {
	case "com", "net", "org", "biz", "info", "top", "xyz", "edu", "gov", "example", "test":
		return false
	}
	return len(top) != 2 || codeTops[top]
}

var packageRoots = wordSet("com org net edu gov io android androidx java javax kotlin kotlinx scala dalvik sun jdk")

// isDetection tells the names that scanners give to malware from domains.
func (n name) isDetection() bool {
	strong, found := false, false
	for label := range strings.SplitSeq(strings.ToLower(n.text), ".") {
		word, _, _ := strings.Cut(label, "-")
		strong = strong || platforms[word]
		found = found || families[word]
	}
	return strong && n.labels > 2 && !strings.HasPrefix(n.text, "www.") || (found || strong) && hasUpper(n.text) && hasLower(n.text)
}

var (
	platforms = wordSet("win32 win64 w32 w64 win16 msil w97m o97m x97m pp97m msoffice")
	families  = wordSet(`trojan backdoor downloader dropper worm virus adware ransom ransomware hacktool exploit heur generic gen pua pup riskware spyware
		rootkit banker agent trojandownloader trojandropper virtool infostealer stealer keylogger malware spy linux android script packed suspicious`)
)

// fileEndings are top-level domains that are better known as ends of file
// names.
var fileEndings = wordSet("zip mov py md sh ps so cab rs properties")

// sometimesFiles are top-level domains that are ends of file names, too.
var sometimesFiles = wordSet("pl pm cc am ac in la ml mm st cat com")

// fileNames are what files are called whose names could be domains.
var fileNames = wordSet(`script setup install installer index main test tests login readme makefile config configure update util utils helper run build make
	init module cgi upload download mail send payload scan scanner bot shell cmd driver server client foo bar example exploit sample`)

// isFileEnding tells whether a name is a file's unless something says that it
// is a host.
func (n name) isFileEnding() bool {
	if n.labels > 1 && strings.EqualFold(n.first, "www") {
		return false
	}
	top := strings.ToLower(n.top)
	if fileEndings[top] {
		return true
	}
	if !sometimesFiles[top] || n.labels > 2 {
		return false
	}
	first := strings.ToLower(n.first)
	if top == "com" {
		return first == "command" || first == "ntdetect"
	}
	return fileNames[first]
}

// domain takes text[from:to] where it is a domain.
func (s *scanner) domain(from, to int) bool {
	n := parseName(s.text[from:to])
	if !n.ok || !isTop(n.top) || s.afterBackslash(&from, to) {
		return false
	}
	if n.text = s.text[from:to]; len(n.text) < len(n.first) {
		n = parseName(n.text)
	}
	sure := s.defanged(from, to)
	ported := sure || s.ported(to)
	switch {
	case !n.valid(sure):
		return false
	case !ported && n.isFileEnding() && s.hint(from) != netHint:
		return false
	case !ported && sometimesFiles[n.top] && n.top != "com" && n.labels == 2 && s.hint(from) == fileHint:
		return false
	case !sure && s.isCall(to) && codeTops[n.top]:
		return false
	case strings.EqualFold(n.top, "arpa"):
		return false
	}
	kind := Domain
	if strings.EqualFold(n.top, "onion") && isOnionLabel(n.before) {
		kind = Onion
	}
	s.found(strings.ToLower(n.text), kind, from, to)
	return true
}

// isOnionLabel tells the names of the Tor network, of version 2 or 3.
func isOnionLabel(s string) bool {
	if len(s) != 16 && len(s) != 56 {
		return false
	}
	for i := range len(s) {
		c := s[i] | 0x20
		if (c < 'a' || c > 'z') && (s[i] < '2' || s[i] > '7') {
			return false
		}
	}
	return true
}

// isCall tells whether a name is called or assigned to.
func (s *scanner) isCall(to int) bool {
	rest := s.text[to:min(len(s.text), to+3)]
	return strings.HasPrefix(rest, "(") || strings.HasPrefix(rest, " = ") || strings.HasPrefix(rest, " (") && strings.HasPrefix(rest[2:], ")")
}

// afterBackslash tells whether a path goes on here. Where the backslash
// belongs to an escape such as \n, from goes behind it.
func (s *scanner) afterBackslash(from *int, to int) bool {
	at := *from
	if at == 0 || s.text[at-1] != '\\' {
		return false
	}
	if at > 1 && s.text[at-2] == '\\' {
		return false // the name of a server
	}
	escape := strings.IndexByte("nrt", s.text[at]) >= 0
	if escape && (at == 1 || s.last == at-1 || !isWordAt(s.text, at-2) || at > 2 && s.text[at-3] == '\\' && strings.IndexByte("nrt", s.text[at-2]) >= 0) {
		*from++
		return strings.IndexByte(s.text[*from:to], '.') < 1
	}
	return true
}

// isTop tells whether there is such a top-level domain, or one that is set
// aside for examples or for networks of one's own.
func isTop(s string) bool {
	if len(s) < 2 || isDigit(s[0]) {
		return false
	}
	if known, ok := tops.Load(s); ok {
		return known.(bool) // only bools are stored
	}
	known := findTop(strings.ToLower(s))
	const most = 20_000 // who invents them shall not fill the memory
	if topsKept.Add(1) <= most {
		tops.Store(strings.Clone(s), known)
	}
	return known
}

var (
	tops     sync.Map // whether there is a top-level domain, by its name as written
	topsKept atomic.Int64
)

func findTop(s string) bool {
	switch s {
	case "example", "test", "invalid", "local", "onion", "internal", "lan", "corp", "home", "i2p", "bit", "intranet":
		return true
	}
	ascii, err := idna.ToASCII(s)
	if err != nil {
		return false
	}
	_, icann := publicsuffix.PublicSuffix("nobody." + ascii)
	return icann
}
