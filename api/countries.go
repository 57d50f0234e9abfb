package api

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// countryTable is ISO 3166-1, ordered by alpha-2 code.
var countryTable = [...]Country{
	{"AD", "AND", "Andorra"},
	{"AE", "ARE", "United Arab Emirates"},
	{"AF", "AFG", "Afghanistan"},
	{"AG", "ATG", "Antigua & Barbuda"},
	{"AI", "AIA", "Anguilla"},
	{"AL", "ALB", "Albania"},
	{"AM", "ARM", "Armenia"},
	{"AO", "AGO", "Angola"},
	{"AQ", "ATA", "Antarctica"},
	{"AR", "ARG", "Argentina"},
	{"AS", "ASM", "American Samoa"},
	{"AT", "AUT", "Austria"},
	{"AU", "AUS", "Australia"},
	{"AW", "ABW", "Aruba"},
	{"AX", "ALA", "Åland Islands"},
	{"AZ", "AZE", "Azerbaijan"},
	{"BA", "BIH", "Bosnia & Herzegovina"},
	{"BB", "BRB", "Barbados"},
	{"BD", "BGD", "Bangladesh"},
	{"BE", "BEL", "Belgium"},
	{"BF", "BFA", "Burkina Faso"},
	{"BG", "BGR", "Bulgaria"},
	{"BH", "BHR", "Bahrain"},
	{"BI", "BDI", "Burundi"},
	{"BJ", "BEN", "Benin"},
	{"BL", "BLM", "St. Barthélemy"},
	{"BM", "BMU", "Bermuda"},
	{"BN", "BRN", "Brunei"},
	{"BO", "BOL", "Bolivia"},
	{"BQ", "BES", "Caribbean Netherlands"},
	{"BR", "BRA", "Brazil"},
	{"BS", "BHS", "Bahamas"},
	{"BT", "BTN", "Bhutan"},
	{"BV", "BVT", "Bouvet Island"},
	{"BW", "BWA", "Botswana"},
	{"BY", "BLR", "Belarus"},
	{"BZ", "BLZ", "Belize"},
	{"CA", "CAN", "Canada"},
	{"CC", "CCK", "Cocos (Keeling) Islands"},
	{"CD", "COD", "Congo - Kinshasa"},
	{"CF", "CAF", "Central African Republic"},
	{"CG", "COG", "Congo - Brazzaville"},
	{"CH", "CHE", "Switzerland"},
	{"CI", "CIV", "Côte d’Ivoire"},
	{"CK", "COK", "Cook Islands"},
	{"CL", "CHL", "Chile"},
	{"CM", "CMR", "Cameroon"},
	{"CN", "CHN", "China"},
	{"CO", "COL", "Colombia"},
	{"CR", "CRI", "Costa Rica"},
	{"CU", "CUB", "Cuba"},
	{"CV", "CPV", "Cape Verde"},
	{"CW", "CUW", "Curaçao"},
	{"CX", "CXR", "Christmas Island"},
	{"CY", "CYP", "Cyprus"},
	{"CZ", "CZE", "Czechia"},
	{"DE", "DEU", "Germany"},
	{"DJ", "DJI", "Djibouti"},
	{"DK", "DNK", "Denmark"},
	{"DM", "DMA", "Dominica"},
	{"DO", "DOM", "Dominican Republic"},
	{"DZ", "DZA", "Algeria"},
	{"EC", "ECU", "Ecuador"},
	{"EE", "EST", "Estonia"},
	{"EG", "EGY", "Egypt"},
	{"EH", "ESH", "Western Sahara"},
	{"ER", "ERI", "Eritrea"},
	{"ES", "ESP", "Spain"},
	{"ET", "ETH", "Ethiopia"},
	{"FI", "FIN", "Finland"},
	{"FJ", "FJI", "Fiji"},
	{"FK", "FLK", "Falkland Islands"},
	{"FM", "FSM", "Micronesia"},
	{"FO", "FRO", "Faroe Islands"},
	{"FR", "FRA", "France"},
	{"GA", "GAB", "Gabon"},
	{"GB", "GBR", "United Kingdom"},
	{"GD", "GRD", "Grenada"},
	{"GE", "GEO", "Georgia"},
	{"GF", "GUF", "French Guiana"},
	{"GG", "GGY", "Guernsey"},
	{"GH", "GHA", "Ghana"},
	{"GI", "GIB", "Gibraltar"},
	{"GL", "GRL", "Greenland"},
	{"GM", "GMB", "Gambia"},
	{"GN", "GIN", "Guinea"},
	{"GP", "GLP", "Guadeloupe"},
	{"GQ", "GNQ", "Equatorial Guinea"},
	{"GR", "GRC", "Greece"},
	{"GS", "SGS", "South Georgia & South Sandwich Islands"},
	{"GT", "GTM", "Guatemala"},
	{"GU", "GUM", "Guam"},
	{"GW", "GNB", "Guinea-Bissau"},
	{"GY", "GUY", "Guyana"},
	{"HK", "HKG", "Hong Kong"},
	{"HM", "HMD", "Heard & McDonald Islands"},
	{"HN", "HND", "Honduras"},
	{"HR", "HRV", "Croatia"},
	{"HT", "HTI", "Haiti"},
	{"HU", "HUN", "Hungary"},
	{"ID", "IDN", "Indonesia"},
	{"IE", "IRL", "Ireland"},
	{"IL", "ISR", "Israel"},
	{"IM", "IMN", "Isle of Man"},
	{"IN", "IND", "India"},
	{"IO", "IOT", "British Indian Ocean Territory"},
	{"IQ", "IRQ", "Iraq"},
	{"IR", "IRN", "Iran"},
	{"IS", "ISL", "Iceland"},
	{"IT", "ITA", "Italy"},
	{"JE", "JEY", "Jersey"},
	{"JM", "JAM", "Jamaica"},
	{"JO", "JOR", "Jordan"},
	{"JP", "JPN", "Japan"},
	{"KE", "KEN", "Kenya"},
	{"KG", "KGZ", "Kyrgyzstan"},
	{"KH", "KHM", "Cambodia"},
	{"KI", "KIR", "Kiribati"},
	{"KM", "COM", "Comoros"},
	{"KN", "KNA", "St. Kitts & Nevis"},
	{"KP", "PRK", "North Korea"},
	{"KR", "KOR", "South Korea"},
	{"KW", "KWT", "Kuwait"},
	{"KY", "CYM", "Cayman Islands"},
	{"KZ", "KAZ", "Kazakhstan"},
	{"LA", "LAO", "Laos"},
	{"LB", "LBN", "Lebanon"},
	{"LC", "LCA", "St. Lucia"},
	{"LI", "LIE", "Liechtenstein"},
	{"LK", "LKA", "Sri Lanka"},
	{"LR", "LBR", "Liberia"},
	{"LS", "LSO", "Lesotho"},
	{"LT", "LTU", "Lithuania"},
	{"LU", "LUX", "Luxembourg"},
	{"LV", "LVA", "Latvia"},
	{"LY", "LBY", "Libya"},
	{"MA", "MAR", "Morocco"},
	{"MC", "MCO", "Monaco"},
	{"MD", "MDA", "Moldova"},
	{"ME", "MNE", "Montenegro"},
	{"MF", "MAF", "St. Martin"},
	{"MG", "MDG", "Madagascar"},
	{"MH", "MHL", "Marshall Islands"},
	{"MK", "MKD", "Macedonia"},
	{"ML", "MLI", "Mali"},
	{"MM", "MMR", "Myanmar"},
	{"MN", "MNG", "Mongolia"},
	{"MO", "MAC", "Macau SAR China"},
	{"MP", "MNP", "Northern Mariana Islands"},
	{"MQ", "MTQ", "Martinique"},
	{"MR", "MRT", "Mauritania"},
	{"MS", "MSR", "Montserrat"},
	{"MT", "MLT", "Malta"},
	{"MU", "MUS", "Mauritius"},
	{"MV", "MDV", "Maldives"},
	{"MW", "MWI", "Malawi"},
	{"MX", "MEX", "Mexico"},
	{"MY", "MYS", "Malaysia"},
	{"MZ", "MOZ", "Mozambique"},
	{"NA", "NAM", "Namibia"},
	{"NC", "NCL", "New Caledonia"},
	{"NE", "NER", "Niger"},
	{"NF", "NFK", "Norfolk Island"},
	{"NG", "NGA", "Nigeria"},
	{"NI", "NIC", "Nicaragua"},
	{"NL", "NLD", "Netherlands"},
	{"NO", "NOR", "Norway"},
	{"NP", "NPL", "Nepal"},
	{"NR", "NRU", "Nauru"},
	{"NU", "NIU", "Niue"},
	{"NZ", "NZL", "New Zealand"},
	{"OM", "OMN", "Oman"},
	{"PA", "PAN", "Panama"},
	{"PE", "PER", "Peru"},
	{"PF", "PYF", "French Polynesia"},
	{"PG", "PNG", "Papua New Guinea"},
	{"PH", "PHL", "Philippines"},
	{"PK", "PAK", "Pakistan"},
	{"PL", "POL", "Poland"},
	{"PM", "SPM", "St. Pierre & Miquelon"},
	{"PN", "PCN", "Pitcairn Islands"},
	{"PR", "PRI", "Puerto Rico"},
	{"PS", "PSE", "Palestine"},
	{"PT", "PRT", "Portugal"},
	{"PW", "PLW", "Palau"},
	{"PY", "PRY", "Paraguay"},
	{"QA", "QAT", "Qatar"},
	{"RE", "REU", "Réunion"},
	{"RO", "ROU", "Romania"},
	{"RS", "SRB", "Serbia"},
	{"RU", "RUS", "Russia"},
	{"RW", "RWA", "Rwanda"},
	{"SA", "SAU", "Saudi Arabia"},
	{"SB", "SLB", "Solomon Islands"},
	{"SC", "SYC", "Seychelles"},
	{"SD", "SDN", "Sudan"},
	{"SE", "SWE", "Sweden"},
	{"SG", "SGP", "Singapore"},
	{"SH", "SHN", "St. Helena"},
	{"SI", "SVN", "Slovenia"},
	{"SJ", "SJM", "Svalbard & Jan Mayen"},
	{"SK", "SVK", "Slovakia"},
	{"SL", "SLE", "Sierra Leone"},
	{"SM", "SMR", "San Marino"},
	{"SN", "SEN", "Senegal"},
	{"SO", "SOM", "Somalia"},
	{"SR", "SUR", "Suriname"},
	{"SS", "SSD", "South Sudan"},
	{"ST", "STP", "São Tomé & Príncipe"},
	{"SV", "SLV", "El Salvador"},
	{"SX", "SXM", "Sint Maarten"},
	{"SY", "SYR", "Syria"},
	{"SZ", "SWZ", "Swaziland"},
	{"TC", "TCA", "Turks & Caicos Islands"},
	{"TD", "TCD", "Chad"},
	{"TF", "ATF", "French Southern Territories"},
	{"TG", "TGO", "Togo"},
	{"TH", "THA", "Thailand"},
	{"TJ", "TJK", "Tajikistan"},
	{"TK", "TKL", "Tokelau"},
	{"TL", "TLS", "Timor-Leste"},
	{"TM", "TKM", "Turkmenistan"},
	{"TN", "TUN", "Tunisia"},
	{"TO", "TON", "Tonga"},
	{"TR", "TUR", "Turkey"},
	{"TT", "TTO", "Trinidad & Tobago"},
	{"TV", "TUV", "Tuvalu"},
	{"TW", "TWN", "Taiwan"},
	{"TZ", "TZA", "Tanzania"},
	{"UA", "UKR", "Ukraine"},
	{"UG", "UGA", "Uganda"},
	{"UM", "UMI", "U.S. Outlying Islands"},
	{"US", "USA", "United States"},
	{"UY", "URY", "Uruguay"},
	{"UZ", "UZB", "Uzbekistan"},
	{"VA", "VAT", "Vatican City"},
	{"VC", "VCT", "St. Vincent & Grenadines"},
	{"VE", "VEN", "Venezuela"},
	{"VG", "VGB", "British Virgin Islands"},
	{"VI", "VIR", "U.S. Virgin Islands"},
	{"VN", "VNM", "Vietnam"},
	{"VU", "VUT", "Vanuatu"},
	{"WF", "WLF", "Wallis & Futuna"},
	{"WS", "WSM", "Samoa"},
	{"YE", "YEM", "Yemen"},
	{"YT", "MYT", "Mayotte"},
	{"ZA", "ZAF", "South Africa"},
	{"ZM", "ZMB", "Zambia"},
	{"ZW", "ZWE", "Zimbabwe"},
}

// Countries lists ISO 3166-1, ordered by alpha-2 code.
func Countries() []Country { return slices.Clone(countryTable[:]) }

// CountryByCode finds a country by its alpha-2 code, alpha-3 code or English
// name, in any case.
func CountryByCode(s string) (Country, bool) {
	s = strings.TrimSpace(s)
	if len(s) == 2 {
		return countryByAlpha2(strings.ToUpper(s))
	}
	for _, c := range countryTable {
		if strings.EqualFold(s, c.Alpha3) || strings.EqualFold(s, c.Name) {
			return c, true
		}
	}
	return Country{}, false
}

func countryByAlpha2(code string) (Country, bool) {
	i, ok := slices.BinarySearchFunc(countryTable[:], code, func(c Country, code string) int {
		return strings.Compare(c.Alpha2, code)
	})
	if !ok {
		return Country{}, false
	}
	return countryTable[i], true
}

// otherCountryNames are names in use that ISO 3166 doesn't have.
var otherCountryNames = map[string]string{
	"america": "US", "united states of america": "US", "britain": "GB", "great britain": "GB", "uk": "GB", "england": "GB",
	"russian federation": "RU", "holland": "NL", "the netherlands": "NL", "türkiye": "TR", "turkiye": "TR", "burma": "MM",
	"czech republic": "CZ", "ivory coast": "CI", "cote d'ivoire": "CI", "republic of korea": "KR", "dprk": "KP", "uae": "AE",
	"peoples republic of china": "CN", "people's republic of china": "CN", "prc": "CN", "viet nam": "VN", "swaziland": "SZ", "macedonia": "MK",
	"east timor": "TL", "cabo verde": "CV", "vatican": "VA", "drc": "CD",
}

// OtherNames are names of a country in use beside the one it goes by here, in
// small letters and in order.
func (c Country) OtherNames() []string {
	var out []string
	for name, code := range otherCountryNames {
		if code == c.Alpha2 {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// leastBeginning is how many letters of a name's beginning name a country.
const leastBeginning = 4

// CountriesNamed are the countries that a text means: by a code or a name the
// one, by the beginning of a name, from four letters, all whose name begins so,
// else all that have the text as a word of their own in their name.
// Case, "&" for "and", dots and dashes for spaces don't matter.
func CountriesNamed(s string) []Country {
	if c, ok := CountryByCode(s); ok {
		return []Country{c}
	}
	want := plainCountry(s)
	if code := otherCountryNames[want]; code != "" {
		c, _ := countryByAlpha2(code)
		return []Country{c}
	}
	var out []Country
	for i, c := range countryTable {
		name := plainCountries()[i]
		if name == want {
			return []Country{c}
		}
		if utf8.RuneCountInString(want) >= leastBeginning && strings.HasPrefix(name, want) {
			out = append(out, c)
		}
	}
	if len(out) > 0 {
		return out
	}
	for i, c := range countryTable {
		if strings.HasSuffix(plainCountries()[i], " "+want) && c.Has(want) {
			out = append(out, c)
		}
	}
	return out
}

// Has reports whether a name of several words ends in a word that tells the
// country from most others: korea does, republic doesn't, and indian is no
// British Indian Ocean Territory.
func (c Country) Has(word string) bool {
	const least, most = 5, 2
	word = plainCountry(word)
	if utf8.RuneCountInString(word) < least || !strings.HasSuffix(plainCountry(c.Name), " "+word) {
		return false
	}
	n := 0
	for _, name := range plainCountries() {
		if strings.HasSuffix(name, " "+word) {
			n++
		}
	}
	return n <= most
}

// plainCountries are the names of the table, in its order, as they are compared.
var plainCountries = sync.OnceValue(func() []string {
	out := make([]string, len(countryTable))
	for i, c := range countryTable {
		out[i] = plainCountry(c.Name)
	}
	return out
})

var countrySigns = strings.NewReplacer("&", " and ", ".", " ", "-", " ", "_", " ", "’", "'")

// plainCountry is a name as names are compared.
func plainCountry(s string) string {
	s = countrySigns.Replace(Fold(s))
	return strings.Join(strings.Fields(s), " ")
}
