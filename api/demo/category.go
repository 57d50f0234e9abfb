package demo

import "strings"

// kind is a category of events: what it says of itself and how its events
// read.
type kind struct {
	name      string
	killChain int
	mitre     []string
	more      string // a technique that some of its events show too
	capec     []string
	indicator indicatorType
	tags      []string
	source    string // where its raw records come from
	numbers   [2]int // least and most of {number}; zero means 3 and 400
	raw       func(*teller, []byte, *scene) []byte
	texts     []template
}

type indicatorType string

const (
	noIndicator indicatorType = ""
	domainName  indicatorType = "domain"
	ipAddress   indicatorType = "ip"
	ip6Address  indicatorType = "ipv6"
	webAddress  indicatorType = "url"
	mailAddress indicatorType = "email"
	sha256Hash  indicatorType = "sha256"
	md5Hash     indicatorType = "md5"
)

// The slots of a text.
const (
	slotIndicator = iota + 1
	slotVictim
	slotCountry
	slotMalware
	slotAddress
	slotPort
	slotNumber
	slotLure
	slotName
	slotMinutes
)

// template is a text cut at its slots: literal, slot, literal, slot, …
type template struct {
	literal []string
	slot    []int
}

func parseTemplate(text string) template {
	slots := map[string]int{
		"indicator": slotIndicator, "victim": slotVictim, "country": slotCountry, "malware": slotMalware, "address": slotAddress,
		"port": slotPort, "number": slotNumber, "lure": slotLure, "name": slotName, "minutes": slotMinutes,
	}
	var t template
	for {
		before, rest, found := strings.Cut(text, "{")
		t.literal = append(t.literal, before)
		if !found {
			return t
		}
		name, after, _ := strings.Cut(rest, "}")
		t.slot = append(t.slot, slots[name])
		text = after
	}
}

func parseTemplates(texts ...string) []template {
	out := make([]template, len(texts))
	for i, t := range texts {
		out[i] = parseTemplate(t)
	}
	return out
}

// Indexes of kinds().
const (
	threatActor = iota
	campaignKind
	intrusion
	scanning
	domainRegistration
	phishing
	credentialPage
	malwareDelivery
	supplyChain
	exploitAttempt
	credentialStuffing
	passwordSpraying
	malwareSample
	webShell
	domainResolution
	c2Traffic
	botnetCheckIn
	lateralMovement
	accountTakeover
	exfiltration
	ransomware
	volumetricFlood
	httpFlood
	defacement
)

// repertoire lists the kinds an actor's incidents go through, in the order of
// the kill chain.
func (m motive) repertoire() []int {
	switch m {
	case extortion:
		return []int{phishing, credentialStuffing, malwareDelivery, malwareSample, c2Traffic, lateralMovement, exfiltration, ransomware}
	case accessBroker:
		return []int{scanning, exploitAttempt, passwordSpraying, webShell, accountTakeover, c2Traffic, lateralMovement}
	case disruption:
		return []int{scanning, botnetCheckIn, httpFlood, volumetricFlood, volumetricFlood, httpFlood, defacement}
	}
	return []int{domainRegistration, phishing, credentialPage, supplyChain, malwareDelivery, malwareSample, domainResolution, c2Traffic, lateralMovement, exfiltration}
}

// background lists the kinds of events that belong to nobody's campaign.
func background() []int {
	return []int{scanning, scanning, exploitAttempt, credentialStuffing, botnetCheckIn, passwordSpraying}
}

func kinds() []kind {
	return []kind{
		threatActor:  {name: "Threat Actor", tags: []string{"actor-profile"}, source: "analyst", raw: rawAssessment},
		campaignKind: {name: "Campaign", tags: []string{"campaign"}, source: "analyst", raw: rawAssessment},
		intrusion: {
			name: "Intrusion", killChain: 4, mitre: []string{"T1078"}, capec: []string{"CAPEC-560"}, tags: []string{"incident"},
			source: "incident-desk", raw: rawAssessment,
			texts: parseTemplates(
				"Intrusion at {victim} in {country}: first access {minutes} minutes before it was noticed, {number} hosts looked at",
				"{name} got into {victim} in {country}; responders isolated {number} hosts and are reading the logs",
				"Responders confirm {name} inside {victim} in {country}, with {malware} on {number} machines",
				"{victim} in {country} reports an intruder in its office network, {number} accounts had to be reset"),
		},
		scanning: {
			name: "Scanning", killChain: 1, mitre: []string{"T1595.001"}, more: "T1595.002", capec: []string{"CAPEC-300"}, indicator: ipAddress,
			tags: []string{"scan", "recon"}, source: "sensor", raw: rawFlow,
			texts: parseTemplates(
				"{indicator} probed port {port} on {number} addresses of {victim} in {country} within {minutes} minutes",
				"Slow port sweep from {indicator}: {number} hosts of {victim} in {country}, mostly port {port}",
				"{indicator} asks for known login pages at {victim} in {country}, {number} requests in {minutes} minutes",
				"Banner grabbing by {indicator} against the edge routers of {victim} in {country}, port {port} first"),
		},
		domainRegistration: {
			name: "Domain Registration", killChain: 2, mitre: []string{"T1583.001"}, more: "T1608.005", capec: []string{"CAPEC-630"}, indicator: domainName,
			tags: []string{"infrastructure", "typosquat"}, source: "registry-watch", raw: rawRegistration,
			texts: parseTemplates(
				"{indicator} was registered {minutes} minutes after a twin of it; both imitate a portal of {victim} in {country}",
				"New name {indicator} shares its registrar account with {number} names that {name} used before",
				"A certificate for {indicator} appeared in the public logs; the name imitates {victim} in {country}",
				"{indicator} registered and parked on {address}, next to {number} names of the same pattern"),
		},
		phishing: {
			name: "Phishing", killChain: 3, mitre: []string{"T1566.001"}, more: "T1566.002", capec: []string{"CAPEC-98", "CAPEC-163"}, indicator: mailAddress,
			tags: []string{"phishing", "email"}, source: "mail-gateway", raw: rawMail,
			texts: parseTemplates(
				"Mail from {indicator} with {lure} reached {number} mailboxes at {victim} in {country}",
				"{lure}, sent by {indicator} to {number} people at {victim} in {country}, leads to {malware}",
				"{number} staff of {victim} in {country} got {lure} from {indicator}, opened after {minutes} minutes",
				"Spear phishing against {victim} in {country}: {indicator} sends {lure}"),
		},
		credentialPage: {
			name: "Credential Harvesting", killChain: 3, mitre: []string{"T1056.003"}, more: "T1598.003", capec: []string{"CAPEC-98"}, indicator: webAddress,
			tags: []string{"phishing", "credentials"}, source: "url-scanner", raw: rawRequest,
			texts: parseTemplates(
				"{indicator} copies the sign-in page of {victim} in {country} and relays one-time codes",
				"Fake sign-in at {indicator}, aimed at {victim} in {country}; {number} visits in {minutes} minutes",
				"A copy of the webmail of {victim} in {country} went up at {indicator} and took {number} passwords"),
		},
		malwareDelivery: {
			name: "Malware Delivery", killChain: 3, mitre: []string{"T1204.002"}, more: "T1105", capec: []string{"CAPEC-542"}, indicator: webAddress,
			tags: []string{"malware", "loader"}, source: "proxy-log", raw: rawRequest,
			texts: parseTemplates(
				"{number} machines at {victim} in {country} fetched {malware} from {indicator} within {minutes} minutes",
				"{indicator} serves {malware} as an archive with a password, opened at {victim} in {country}",
				"A macro in {lure} pulls {malware} from {indicator}; seen at {victim} in {country}"),
		},
		supplyChain: {
			name: "Supply Chain Compromise", killChain: 3, mitre: []string{"T1195.002"}, more: "T1553.002", capec: []string{"CAPEC-437"}, indicator: sha256Hash,
			tags: []string{"supply-chain"}, source: "build-audit", raw: rawSample,
			texts: parseTemplates(
				"An update of a tool used by {victim} in {country} carried {malware}; {number} installations took it",
				"Build server of a supplier to {victim} in {country} was changed to add {malware} to signed packages",
				"{malware} sits in a library that {victim} in {country} builds with; {number} projects depend on it"),
		},
		exploitAttempt: {
			name: "Exploit Attempt", killChain: 4, mitre: []string{"T1190"}, more: "T1059.007", capec: []string{"CAPEC-66", "CAPEC-126"}, indicator: ipAddress,
			tags: []string{"waf", "web"}, source: "waf", raw: rawRule,
			texts: parseTemplates(
				"{indicator} tried path traversal against the file gateway of {victim} in {country}, {number} requests blocked",
				"SQL injection from {indicator} against a search form of {victim} in {country}, stopped {number} times",
				"{indicator} sends serialised objects to an application server of {victim} in {country} on port {port}",
				"Template injection attempts by {indicator} on a portal of {victim} in {country}, {number} in {minutes} minutes"),
		},
		credentialStuffing: {
			name: "Credential Stuffing", killChain: 4, mitre: []string{"T1110.004"}, capec: []string{"CAPEC-600"}, indicator: ipAddress,
			tags: []string{"credentials", "bot"}, source: "login-service", raw: rawLogin, numbers: [2]int{400, 90_000},
			texts: parseTemplates(
				"{indicator} tried {number} leaked pairs of name and password on the shop login of {victim} in {country}",
				"Credential stuffing at {victim} in {country}: {number} attempts from {indicator}, {minutes} accounts opened",
				"Bots behind {indicator} test leaked passwords at {victim} in {country}, {number} attempts in {minutes} minutes"),
		},
		passwordSpraying: {
			name: "Password Spraying", killChain: 4, mitre: []string{"T1110.003"}, capec: []string{"CAPEC-565"}, indicator: ipAddress,
			tags: []string{"credentials", "vpn"}, source: "login-service", raw: rawLogin,
			texts: parseTemplates(
				"{indicator} tries one password on {number} accounts of {victim} in {country}, then waits {minutes} minutes",
				"Password spraying on the remote access of {victim} in {country} from {indicator}, {number} accounts locked",
				"Three seasonal passwords on {number} mailboxes of {victim} in {country}, all from {indicator}"),
		},
		malwareSample: {
			name: "Malware Sample", killChain: 5, mitre: []string{"T1059.001"}, more: "T1547.001", capec: []string{"CAPEC-542"}, indicator: sha256Hash,
			tags: []string{"malware", "sample"}, source: "sandbox", raw: rawSample,
			texts: parseTemplates(
				"New build of {malware}, found at {victim} in {country}, calls {address} on port {port} after {minutes} minutes",
				"{malware} taken from {number} machines at {victim} in {country}; it stays by a run key and a scheduled task",
				"Sandbox run of {malware} from {victim} in {country}: unpacks in memory, {number} strings match earlier builds"),
		},
		webShell: {
			name: "Web Shell", killChain: 5, mitre: []string{"T1505.003"}, more: "T1059.004", capec: []string{"CAPEC-650"}, indicator: sha256Hash,
			tags: []string{"webshell", "persistence"}, source: "file-integrity", raw: rawSample,
			texts: parseTemplates(
				"Web shell on a mail server of {victim} in {country}, reached from {address}, {number} commands run",
				"A one-line web shell was written to an upload folder of {victim} in {country} and used from {address}",
				"{malware} hides a web shell in an image handler of {victim} in {country}; last used from {address}"),
		},
		domainResolution: {
			name: "Domain Resolution", killChain: 6, mitre: []string{"T1568"}, more: "T1071.004", capec: []string{"CAPEC-161"}, indicator: domainName,
			tags: []string{"dns", "c2"}, source: "passive-dns", raw: rawAnswer,
			texts: parseTemplates(
				"{indicator} resolved to {address} for the first time, asked for by {victim} in {country}",
				"{indicator} moved to {address} after {minutes} minutes; {number} clients at {victim} in {country} follow it",
				"Resolvers of {victim} in {country} asked {number} times for {indicator}, which points to {address}"),
		},
		c2Traffic: {
			name: "C2 Traffic", killChain: 6, mitre: []string{"T1071.001"}, more: "T1573.002", capec: []string{"CAPEC-161"}, indicator: ipAddress,
			tags: []string{"c2", "beacon"}, source: "netflow", raw: rawFlow,
			texts: parseTemplates(
				"{malware} at {victim} in {country} calls {indicator} on port {port} every {minutes} minutes",
				"Beacon of {malware} from {number} machines of {victim} in {country} to {indicator}, port {port}",
				"{indicator} answers {malware} with a new task; {victim} in {country} saw {number} sessions",
				"Encrypted sessions to {indicator} from {victim} in {country} carry the fingerprint of {malware}"),
		},
		botnetCheckIn: {
			name: "Botnet Check-in", killChain: 6, mitre: []string{"T1071.001"}, more: "T1583.005", capec: []string{"CAPEC-161"}, indicator: ip6Address,
			tags: []string{"botnet", "iot"}, source: "sinkhole", raw: rawFlow,
			texts: parseTemplates(
				"{number} cameras and routers in {country} reported to {indicator} within {minutes} minutes",
				"Bots in {country} fetch their target list from {indicator}; {victim} is on it, port {port}",
				"Sinkhole sees {number} bots that used to report to {indicator}, most of them in {country}"),
		},
		lateralMovement: {
			name: "Lateral Movement", killChain: 7, mitre: []string{"T1021.001"}, more: "T1021.002", capec: []string{"CAPEC-555"}, indicator: ipAddress,
			tags: []string{"lateral", "rdp"}, source: "endpoint", raw: rawLogin,
			texts: parseTemplates(
				"From {indicator} a service account opened {number} remote desktops inside {victim} in {country}",
				"{name} moves from a print server to a file server at {victim} in {country}, steered from {indicator}",
				"Remote service creation on {number} hosts of {victim} in {country}; the session came by way of {indicator}"),
		},
		accountTakeover: {
			name: "Account Takeover", killChain: 7, mitre: []string{"T1078.004"}, more: "T1098", capec: []string{"CAPEC-560"}, indicator: ipAddress,
			tags: []string{"account", "cloud"}, source: "identity-provider", raw: rawLogin,
			texts: parseTemplates(
				"An administrator of {victim} in {country} signed in from {indicator}, {minutes} minutes after a visit from home",
				"{indicator} added a forwarding rule and a second factor to a mailbox at {victim} in {country}",
				"Session of a cloud account of {victim} in {country} reused from {indicator}; {number} files read"),
		},
		exfiltration: {
			name: "Data Exfiltration", killChain: 7, mitre: []string{"T1041"}, more: "T1567.002", capec: []string{"CAPEC-116"}, indicator: domainName,
			tags: []string{"exfiltration"}, source: "proxy-log", raw: rawFlow,
			texts: parseTemplates(
				"{number} MB left {victim} in {country} for {indicator} at night, in pieces of equal size",
				"Archives with names of contracts went from {victim} in {country} to {indicator}, {number} MB in {minutes} minutes",
				"{malware} sends what it collected at {victim} in {country} to {indicator}, {number} MB so far"),
		},
		ransomware: {
			name: "Ransomware", killChain: 7, mitre: []string{"T1486"}, more: "T1490", capec: []string{"CAPEC-542"}, indicator: sha256Hash,
			tags: []string{"ransomware", "extortion"}, source: "endpoint", raw: rawSample,
			texts: parseTemplates(
				"{malware} encrypted {number} shares of {victim} in {country} and removed the shadow copies first",
				"{name} names {victim} in {country} on its leak site and gives it {minutes} hours",
				"{malware} stopped at {victim} in {country} after {number} machines; backups are intact"),
		},
		volumetricFlood: {
			name: "DDoS Attack", killChain: 7, mitre: []string{"T1498.002"}, more: "T1498.001", capec: []string{"CAPEC-125", "CAPEC-490"}, indicator: ipAddress,
			tags: []string{"ddos", "l3-l4"}, source: "edge", raw: rawFlood,
			texts: parseTemplates(
				"Flood of {number} Gbit/s against {victim} in {country} for {minutes} minutes, target {indicator}",
				"DNS amplification towards {indicator}, {victim} in {country}: peak {number} Gbit/s, port {port}",
				"{name} claims the outage of {victim} in {country}; {indicator} took {number} Gbit/s for {minutes} minutes"),
		},
		httpFlood: {
			name: "Application Layer DDoS", killChain: 7, mitre: []string{"T1499.002"}, capec: []string{"CAPEC-488"}, indicator: webAddress,
			tags: []string{"ddos", "l7"}, source: "edge", raw: rawFlood,
			texts: parseTemplates(
				"HTTP flood on {indicator} of {victim} in {country}: {number} thousand requests a second for {minutes} minutes",
				"Search page {indicator} of {victim} in {country} hit with {number} thousand requests a second",
				"{number} thousand requests a second with random queries to {indicator}, {victim} in {country}"),
		},
		defacement: {
			name: "Defacement", killChain: 7, mitre: []string{"T1491.002"}, capec: []string{"CAPEC-148"}, indicator: webAddress,
			tags: []string{"defacement", "hacktivism"}, source: "url-scanner", raw: rawRequest,
			texts: parseTemplates(
				"{indicator}, a page of {victim} in {country}, showed a slogan of {name} for {minutes} minutes",
				"{name} replaced the start page {indicator} of {victim} in {country}; restored after {minutes} minutes"),
		},
	}
}
