package indicator

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// typeNames lists what types are called by publishers, feeds and other tools,
// without capitals, spaces and punctuation.
var typeNames = map[Type]string{
	Domain: `domain domainname hostname host fqdn dns dnsname domains hostnames inteldomain domainnamevalue c2domain maliciousdomain baddomain
		domainobject domäne domaene domänen domaenen rechnername nomdedomaine dominio dominios nomedominio`,
	IPv4: `ip ipaddress ipv4 ipv4addr ipv4address ipaddr address addr ipsrc ipdst srcip dstip sourceip destinationip destip remoteip ips inteladdr ipaddresses
		c2ip maliciousip badip hostip ipv4addrvalue dstaddr srcaddr ipv4s ipadresse ipadressen adresseip adressesip direcciónip direccionesip indirizzoip`,
	IPv6: "ipv6 ipv6addr ipv6address ip6 ipv6addrvalue ipv6s",
	CIDR: "cidr subnet network netblock iprange range prefix intelsubnet ipv4cidr ipv6cidr net netrange netzwerk subnetz netzbereich adressbereich",
	URL:  "url uri link urls uris intelurl website webaddress urlvalue fullurl httpurl maliciousurl phishingurl c2url href webadresse webadressen adresseweb",
	Email: `email emailaddr emailaddress mail emailsrc emaildst sender emails intelemail fromaddress emailaddrvalue emailreplyto whoisregistrantemail
		registrantemail mailaddress emailfrom emailadresse mailadresse courriel correo correoelectrónico`,
	Onion:     "onion onionaddress torhost onionlink",
	MD5:       "md5 md5hash filehashmd5 hashmd5 filemd5 md5sum filehashesmd5 md5filehash md5digest",
	SHA1:      "sha1 sha1hash filehashsha1 hashsha1 filesha1 sha1sum filehashessha1 sha1filehash",
	SHA256:    "sha256 sha256hash filehashsha256 hashsha256 filesha256 sha256sum filehashessha256 sha256filehash sha2",
	SHA512:    "sha512 sha512hash filehashsha512 hashsha512 filesha512 sha512sum filehashessha512",
	Imphash:   "imphash filehashimphash importhash pehash",
	SSDeep:    "ssdeep ssdeephash filehashssdeep fuzzyhash",
	JA3:       "ja3 ja3fingerprint ja3fingerprintmd5 ja3hash ja3s ja3md5 ja3sfingerprint",
	JA4:       "ja4 ja4fingerprint ja4hash",
	CVE:       "cve cveid vulnerability cvenumber cves cveids vuln schwachstelle vulnérabilité vulnerabilidad",
	ASN:       "asn as autonomoussystem asnumber asnnumber autonomoussystemnumber",
	MAC:       "mac macaddress macaddr hwaddr",
	Bitcoin:   "btc bitcoin bitcoinaddress bitcoinwallet btcaddress btcwallet",
	Ethereum:  `eth ethereum ethereumaddress ethaddress ethwallet`,
	Monero:    "xmr monero moneroaddress xmraddress",
	RegKey:    `regkey registrykey registry windowsregistrykey regkeyvalue registrypath registryvalue registrierungsschlüssel registryschlüssel cléderegistre`,
	FilePath:  "filepath path fullpath filefullpath windowspath unixpath dateipfad pfad chemindefichier",
	FileName:  "filename file intelfilename filenames attachmentname attachment samplename malwarefilename datei dateiname nomdefichier fichier nombredearchivo nomefile",
	Mutex:     "mutex mutexname mutant",
	UserAgent: `useragent useragentstring httpuseragent useragents intelsoftwareua`,
}

// hashNames are names that say no more than that a hash follows.
const hashNames = "hash hashes filehash intelfilehash checksum digest samplehash malwarehash hashvalue hashwert prüfsumme pruefsumme empreinte"

var typesByName = func() map[string]Type {
	m := map[string]Type{}
	for kind, names := range typeNames {
		for name := range strings.FieldsSeq(names) {
			m[plainTypeName(name)] = kind
		}
		m[plainTypeName(string(kind))] = kind
	}
	return m
}()

// plainTypeName is a name without capitals, accents, spaces and punctuation.
func plainTypeName(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) >= 0 {
		s = norm.NFKD.String(s)
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r | 0x20
		}
		return -1
	}, s)
}

// ParseType reads a type by any of the names it goes by elsewhere: IPv4,
// ip-dst, FileHash-SHA256, Intel::DOMAIN. ok is false for a name that isn't
// known, and for one that names several types at once, such as ip|port.
func ParseType(name string) (kind Type, ok bool) {
	kind, ok = typesByName[plainTypeName(name)]
	if !ok {
		kind, ok = typesByName[plainTypeName(strings.TrimSuffix(strings.ToLower(strings.TrimSpace(name)), "s"))]
	}
	return kind, ok
}

// IsHashName tells whether a name says that a hash follows, but not which.
func IsHashName(name string) bool {
	plain := plainTypeName(name)
	for known := range strings.FieldsSeq(hashNames) {
		if plain == plainTypeName(known) {
			return true
		}
	}
	return false
}

// ParseTypes reads a name of several types that a value holds at once, as
// filename|sha256, ip-dst|port and ip:port have them; nil where it is none. A
// port is "".
func ParseTypes(name string) []Type {
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == '|' || r == ':' || r == ';' || r == ',' || r == '+' })
	if len(parts) < 2 {
		return nil
	}
	out := make([]Type, len(parts))
	for i, p := range parts {
		kind, ok := ParseType(p)
		if !ok && !strings.EqualFold(strings.TrimSpace(p), "port") {
			return nil
		}
		out[i] = kind
	}
	return out
}

// As reads a value that is said to be of a type, which tells more than its form
// does: a host may be called update.sh, a hash may be an imphash. ok is false
// where it cannot be one, and for types whose values have no form of their own.
func As(kind Type, value string) (plain string, ok bool) {
	value = strings.TrimSpace(value)
	switch kind {
	case Domain:
		host := strings.TrimSuffix(strings.TrimPrefix(Refang(value), "*."), ".")
		n := parseName(strings.ToLower(host))
		return n.text, n.ok && isTop(n.top)
	case JA3, Imphash:
		return strings.ToLower(value), len(value) == 32 && isHex(value)
	case MD5, SHA1, SHA256, SHA512:
		size := map[Type]int{MD5: 32, SHA1: 40, SHA256: 64, SHA512: 128}[kind]
		return strings.ToLower(value), len(value) == size && isHex(value)
	case ASN:
		number := strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(strings.ToUpper(value), "AS"), "N"))
		return "AS" + number, len(number) > 0 && len(number) <= 10 && digits(number)
	case FileName, FilePath, Mutex, UserAgent, RegKey, "":
		return "", false
	}
	f, ok := TypeOf(value)
	return f.Value, ok && f.Type == kind
}
