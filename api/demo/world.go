package demo

import "strings"

// motive is what an actor is after; it decides which events it causes.
type motive int

const (
	espionage motive = iota
	extortion
	accessBroker
	disruption
)

func (m motive) String() string {
	return [...]string{"espionage", "extortion", "initial access for sale", "disruption"}[m]
}

// actor is a made-up adversary.
type actor struct {
	name       string
	country    string
	motive     motive
	targets    []string // alpha-2
	industries []string
	malware    []string
	aliases    []string
}

func actors() []actor {
	row := func(name, country string, m motive, targets, industries, malware, aliases string) actor {
		return actor{name, country, m, strings.Fields(targets), strings.Split(industries, "/"), strings.Fields(malware), strings.Split(aliases, "/")}
	}
	return []actor{
		row("DRIFTINGHERON", "RU", espionage, "UA PL LT LV", "Government/Defense/Energy", "MarshLight ReedPipe", "Wading Quill/TA-1107"),
		row("COPPERMANTIS", "RU", extortion, "US DE GB CA", "Healthcare/Manufacturing/Logistics", "VerdigrisLock OreCart", "Patina Group"),
		row("WHISPERINGOTTER", "CN", espionage, "TW JP KR PH", "Telecommunications/Semiconductors/Government", "RiverStone TideGauge", "Quiet Holt/TA-1131"),
		row("JADEPANGOLIN", "CN", espionage, "US AU IN VN", "Aerospace/Research/Maritime", "ScaleMail SlowCurl", "Green Armour"),
		row("PAPERLANTERN", "CN", espionage, "SG MY TH ID", "Government/Technology/Finance", "WickTrim FoldCrane", "Rice Lamp"),
		row("TINMOTH", "KP", extortion, "US KR JP SG", "Cryptocurrency/Finance/Technology", "LampDust ShedWing", "Foil Moth/TA-1160"),
		row("HOLLOWMAGPIE", "KP", espionage, "KR JP US DE", "Defense/Research/Media", "NestEgg BrightThing", "Borrowed Feather"),
		row("SALTEDFIG", "IR", espionage, "IL SA AE US", "Energy/Government/Aviation", "DateStone BrineKey", "Orchard Thief"),
		row("DUSTYGAZELLE", "IR", disruption, "IL SA BH AL", "Government/Finance/Water", "SandClock", "Noon Runner"),
		row("VELVETSQUID", "RU", accessBroker, "US GB FR IT", "Retail/Professional Services/Manufacturing", "InkStep", "Plush Tentacle"),
		row("BRASSPELICAN", "BY", espionage, "PL LT UA DE", "Government/Media/Non-Profit", "DeepPouch", "Old Bill"),
		row("RUSTYANCHOR", "RU", disruption, "UA PL EE FI CZ", "Government/Transportation/Finance", "ChainHoist", "Harbour Noise"),
		row("CRIMSONKELP", "CN", accessBroker, "US TW AU NL", "Technology/Telecommunications/Education", "HoldFast FrondShell", "Red Weed"),
		row("SLEEPYBADGER", "NG", extortion, "US GB AU ZA", "Real Estate/Finance/Legal", "SettCall", "Night Digger"),
		row("GLASSHORNET", "BR", extortion, "BR AR MX PT", "Finance/Retail/Public Sector", "PaneSting AmberNest", "Clear Wing"),
		row("MARBLETOAD", "TR", espionage, "GR CY IQ SE", "Telecommunications/Government/Media", "LilyPad", "Stone Hopper"),
		row("OCHREWOLFHOUND", "IN", espionage, "PK BD LK CN", "Defense/Government/Maritime", "LongLeash KennelKey", "Clay Dog"),
		row("SPARKLINGNEWT", "PK", espionage, "IN AF US", "Government/Education/Defense", "PondLife", "Bright Efte"),
		row("THUNDERPARSNIP", "RU", disruption, "US GB DE FR", "Healthcare/Aviation/Energy", "RootPress", "Loud Garden"),
		row("IVORYTERMITE", "RU", extortion, "US DE FR ES", "Construction/Manufacturing/Education", "BeamBore MoundKeeper", "White Gnawer/TA-1192"),
		row("FEATHEREDVIPER", "VN", espionage, "PH KH LA DE", "Automotive/Media/Government", "DownCoil", "Soft Fang"),
		row("SMOKINGTEAPOT", "UA", disruption, "RU BY", "Transportation/Media/Government", "WhistleStop", "Hot Kettle"),
		row("GILDEDLOBSTER", "RO", extortion, "US IT GB BE", "Hospitality/Retail/Finance", "ClawBack TrapDoorway", "Gold Claw"),
		row("MIDNIGHTALPACA", "CL", accessBroker, "US CL PE CO", "Mining/Energy/Public Sector", "WoolShed", "Dark Fleece"),
		row("LEADENSWAN", "CN", espionage, "NO SE DK NL", "Shipbuilding/Energy/Research", "GreyPlume BallastLine", "Heavy Bird"),
		row("PRICKLYMARMOT", "KZ", accessBroker, "DE AT CH PL", "Manufacturing/Logistics/Healthcare", "BurrowKey", "Hill Whistler"),
		row("ELECTRICQUINCE", "US", disruption, "US CA BR", "Gaming/Technology/Media", "PipSwarm SyrupNet", "Booter Orchard"),
		row("COBALTSPOONBILL", "RU", espionage, "US GB NL BE CA", "Government/Think Tank/Defense", "ShallowSift BlueLadle", "TA-1204"),
		row("FROSTEDWALNUT", "RU", extortion, "US CA AU JP", "Healthcare/Legal/Insurance", "ShellCrack KernelPanicker", "Cold Nut"),
		row("CHALKRAVEN", "PS", espionage, "IL EG JO", "Government/Media/Telecommunications", "SlateWing", "White Corvid"),
	}
}

// countryNames is what a text calls a country, by alpha-2 code.
func countryNames() map[string]string {
	const list = "AE the Emirates,AF Afghanistan,AL Albania,AR Argentina,AT Austria,AU Australia,BD Bangladesh,BE Belgium," +
		"BH Bahrain,BR Brazil,BY Belarus,CA Canada,CH Switzerland,CL Chile,CN China,CO Colombia,CY Cyprus,CZ Czechia,DE Germany," +
		"DK Denmark,EE Estonia,EG Egypt,ES Spain,FI Finland,FR France,GB the United Kingdom,GR Greece,ID Indonesia,IL Israel," +
		"IN India,IQ Iraq,IR Iran,IT Italy,JO Jordan,JP Japan,KH Cambodia,KP North Korea,KR South Korea,KZ Kazakhstan,LA Laos," +
		"LK Sri Lanka,LT Lithuania,LV Latvia,MX Mexico,MY Malaysia,NG Nigeria,NL the Netherlands,NO Norway,PE Peru," +
		"PH the Philippines,PK Pakistan,PL Poland,PS Palestine,PT Portugal,RO Romania,RU Russia,SA Saudi Arabia,SE Sweden,SG Singapore," +
		"TH Thailand,TR Türkiye,TW Taiwan,UA Ukraine,US the United States,VN Vietnam,ZA South Africa"
	names := map[string]string{}
	for _, entry := range strings.Split(list, ",") {
		code, name, _ := strings.Cut(entry, " ")
		names[code] = name
	}
	return names
}

// victims are who was hit, by industry, fit to follow "at".
func victims() map[string][]string {
	return map[string][]string{
		"Government":            {"a foreign ministry", "a regional council", "a tax authority", "a customs office"},
		"Defense":               {"a defence supplier", "a military college", "a radar supplier", "a logistics command"},
		"Energy":                {"a power grid operator", "a gas terminal", "a wind farm operator", "a refinery"},
		"Healthcare":            {"a hospital group", "a blood bank", "a clinic chain", "a medical laboratory"},
		"Manufacturing":         {"a pump maker", "a steel works", "a packaging plant", "a machine tool maker"},
		"Logistics":             {"a freight forwarder", "a port operator", "a parcel carrier", "a cold store"},
		"Telecommunications":    {"a mobile operator", "a cable operator", "an internet exchange", "a satellite carrier"},
		"Semiconductors":        {"a chip foundry", "a wafer supplier", "a lithography supplier", "a design house"},
		"Aerospace":             {"a satellite maker", "an engine maker", "an avionics supplier", "a launch provider"},
		"Research":              {"a physics institute", "a polar institute", "a vaccine laboratory", "a research council"},
		"Maritime":              {"a shipping line", "a coast guard", "a pilotage service", "a dredging company"},
		"Technology":            {"a software house", "a cloud reseller", "a payroll service", "a help desk provider"},
		"Finance":               {"a savings bank", "a payment processor", "a pension fund", "a stock exchange"},
		"Cryptocurrency":        {"a coin exchange", "a wallet maker", "a custody service", "a staking service"},
		"Media":                 {"a public broadcaster", "a news agency", "a daily newspaper", "a radio station"},
		"Aviation":              {"a flag carrier", "an airport operator", "a ground handler", "an air traffic desk"},
		"Water":                 {"a water utility", "a desalination plant", "a sewage works", "a dam operator"},
		"Retail":                {"a grocery chain", "an online shop", "a furniture store", "a pharmacy chain"},
		"Professional Services": {"an accounting firm", "a staffing agency", "a consultancy", "an audit firm"},
		"Non-Profit":            {"a refugee charity", "an election watchdog", "a press freedom group", "a relief agency"},
		"Transportation":        {"a railway", "a city bus operator", "a ferry line", "a toll road operator"},
		"Education":             {"a university", "a school district", "a library network", "an exam board"},
		"Real Estate":           {"an estate agency", "a letting agency", "a title company", "a housing trust"},
		"Legal":                 {"a law firm", "a notary chamber", "a patent office", "a court archive"},
		"Public Sector":         {"a city council", "a land registry", "a pension office", "a health ministry"},
		"Construction":          {"a building contractor", "a road builder", "an architects' office", "a cement maker"},
		"Automotive":            {"a car maker", "a brake supplier", "a dealer network", "a battery maker"},
		"Hospitality":           {"a hotel chain", "a booking portal", "a cruise line", "a casino"},
		"Mining":                {"a copper mine", "a lithium mine", "an assay office", "an explosives supplier"},
		"Shipbuilding":          {"a shipyard", "a propeller maker", "a naval architect", "a dry dock"},
		"Gaming":                {"a game studio", "a game server host", "an esports league", "a chat service"},
		"Think Tank":            {"a policy institute", "a security forum", "a sanctions observatory", "a China desk"},
		"Insurance":             {"a health insurer", "a reinsurer", "a claims office", "a broker network"},
	}
}

// words that made-up names are put together from.
func operationWords() (first, second []string) {
	return strings.Fields("Saffron Lantern Granite Harbour Willow Ember Juniper Cobalt Meadow Thistle Copper Orchid Slate Maple Tundra Quartz " +
			"Heather Sable Cedar Pewter"),
		strings.Fields("Tide Ladder Mirror Furrow Compass Anvil Bridge Rain Signal Loom Ferry Kite Archive Gate Clock Trail")
}

func domainWords() (first, second []string) {
	return strings.Fields("login mail cdn files portal update auth vpn docs sso static news track share backup api"),
		strings.Fields("harborline northpost quietbay millbrook fernway oakledger stonepath brightmeter paperdesk cloudferry lakehouse " +
			"tallyroom postbridge greenquay swiftnotice redkiosk bluecanal softledger eastpier gridnote")
}

func lures() []string {
	return []string{
		"an overdue invoice", "a missed parcel", "a revised salary table", "a court summons", "an invitation",
		"a shared spreadsheet", "a voicemail notice", "an expiry notice", "a tender document", "a visa appointment",
	}
}
