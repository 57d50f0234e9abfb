package api

import (
	"slices"
	"strconv"
	"strings"
)

// Field is the name of a field of an event, as the contract spells it.
type Field string

// The fields that code names. The table EventFields has them all.
const (
	FieldAttacker        Field = "attacker"
	FieldAttackerCountry Field = "attackerCountry"
	FieldCategory        Field = "category"
	FieldCreatedAt       Field = "createdAt"
	FieldDataset         Field = "datasetId"
	FieldDate            Field = "date"
	FieldEvent           Field = "event"
	FieldIndicator       Field = "indicator"
	FieldIndicatorType   Field = "indicatorType"
	FieldInsight         Field = "insight"
	FieldKillChain       Field = "killChain"
	FieldMitreAttack     Field = "mitreAttack"
	FieldMitreCapec      Field = "mitreCapec"
	FieldReferences      Field = "references"
	FieldTags            Field = "tags"
	FieldTargetCountry   Field = "targetCountry"
	FieldTargetIndustry  Field = "targetIndustry"
	FieldTLP             Field = "tlp"
	FieldUUID            Field = "uuid"
	FieldHasChildren     Field = "hasChildren"
)

// FieldKind is what a field holds.
type FieldKind int

// The kinds of fields.
const (
	KindName      FieldKind = iota // one line of text
	KindProse                      // text of several lines
	KindCountry                    // a code of ISO 3166-1
	KindTime                       // a moment
	KindStage                      // a number of the kill chain
	KindNumber                     // any other number
	KindTLP                        // a marking
	KindFlag                       // true or false
	KindIndicator                  // a domain, address, hash, URL …
	KindTechnique                  // ids of ATT&CK
	KindPattern                    // ids of CAPEC
	KindID                         // an id
)

// FieldInfo is all that the program knows of one field of an event: the query
// language, the server's checks, tables and CSV, the form, facets, charts and
// what neutralises hostile text read it.
type FieldInfo struct {
	Field   Field
	Title   string // what a person calls it, in a sentence
	Plural  string // of the title; "" is the title with an s
	Aliases string // what a filter may call it besides, separated by spaces
	Columns string // what other tables call it, also in German, French and Spanish: lower case without spaces
	About   string // a few words for completion
	Kind    FieldKind
	Multi   bool // an event may have several values

	Filter bool // conditions may name it
	Order  bool // orderBy may name it
	Count  bool // events may be counted by its values
	CSV    int  // its place among the columns of CSV, from 1; 0 for none
	Own    bool // filtered by our server only, which announces it

	Max      int  // characters a value may have; 0 where it isn't written as text
	Required bool // of a new event

	// How it is read and written; those that don't apply are nil. Text and
	// List may be written through, by import and by what neutralises.
	Text   func(*Event) *string
	List   func(*Event) *[]string
	Time   func(*Event) *Time
	Other  func(*Event) string // of a number or a flag; "" for none
	Create func(*CreateEvent) *string
	Items  func(*CreateEvent) *[]string
	Patch  func(*EventPatch) **string
}

// PluralTitle is the title of several.
func (f FieldInfo) PluralTitle() string {
	if f.Plural != "" {
		return f.Plural
	}
	return f.Title + "s"
}

// Heading is the title as it stands over a column or a section.
func (f FieldInfo) Heading() string { return strings.ToUpper(f.Title) }

// Value is the one value an event has, "" for none or for a list.
func (f FieldInfo) Value(e *Event) string {
	switch {
	case f.Text != nil:
		return *f.Text(e)
	case f.Time != nil:
		return f.Time(e).String()
	case f.Other != nil:
		return f.Other(e)
	}
	return ""
}

// Values are the values an event has.
func (f FieldInfo) Values(e *Event) []string {
	if f.List != nil {
		return *f.List(e)
	}
	if v := f.Value(e); v != "" {
		return []string{v}
	}
	return nil
}

// Ops lists the operators that conditions on the field take.
func (f FieldInfo) Ops() []Op {
	switch f.Kind {
	case KindStage, KindNumber, KindFlag:
		return []Op{OpEquals, OpNot, OpGt, OpGte, OpLt, OpLte, OpIn}
	}
	return Ops()
}

var eventFields = [...]FieldInfo{
	{
		Field: FieldAttacker, Title: "attacker", Aliases: "actor who adversary", About: "who did it",
		Columns: "actor threatactor adversary intrusionset group apt threatgroup aptgroup actorname ransomwaregroup gang threatactorname attribution angreifer akteur attaquant acteur atacante gruppe tätergruppe taetergruppe angreifergruppe groupe groupeattaquant grupo gruppo attaccante atacantes agresor",
		Filter:  true, Order: true, Count: true, CSV: 5, Max: MaxName,
		Text:   func(e *Event) *string { return &e.Attacker },
		Create: func(c *CreateEvent) *string { return &c.Attacker },
		Patch:  func(p *EventPatch) **string { return &p.Attacker },
	},
	{
		Field: FieldAttackerCountry, Title: "attacker country", Plural: "attacker countries", Kind: KindCountry,
		Aliases: "origin from", About: "where the attacker comes from: a code or a name",
		Columns: "origincountry sourcecountry actorcountry attackercountrycode countryoforigin attackingcountry herkunftsland ursprungsland paysdorigine paísdeorigen paisdeorigen herkunft paysdelattaquant paísdelatacante landdesangreifers",
		Filter:  true, Order: true, Count: true, CSV: 6, Max: MaxName,
		Text:   func(e *Event) *string { return &e.AttackerCountry },
		Create: func(c *CreateEvent) *string { return &c.AttackerCountry },
		Patch:  func(p *EventPatch) **string { return &p.AttackerCountry },
	},
	{
		Field: "attackerCountryAlpha3", Title: "attacker country, three letters", Plural: "attacker countries, three letters", Kind: KindID, Order: true,
		Text: func(e *Event) *string { return &e.AttackerCountryAlpha3 },
	},
	{
		Field: FieldCategory, Title: "category", Plural: "categories", Aliases: "cat", About: "kind of event",
		Columns: "threat threattype eventcategory class classification threatcategory attacktype activity kategorie catégorie categorie categoría categoria bedrohung bedrohungsart angriffsart ereignisart ereignistyp vorfallart vorfallsart menace typedemenace typedattaque amenaza tipodeamenaza tipodeataque minaccia",
		Filter:  true, Order: true, Count: true, CSV: 4, Max: MaxName, Required: true,
		Text:   func(e *Event) *string { return &e.Category },
		Create: func(c *CreateEvent) *string { return &c.Category },
		Patch:  func(p *EventPatch) **string { return &p.Category },
	},
	{
		Field: FieldDate, Title: "date", Kind: KindTime, Aliases: "when time", About: "when it happened: 2024-03-01, 2024-03, -7d, today",
		Columns: "time timestamp datetime firstseen firstseenutc dateadded dateaddedutc observed observedat seen created eventdate day datetimeutc listingdate firstseendate dateobserved detected detectiondate published publisheddate publishdate firstsubmissiondate submissiondate submissiontime eventtime ts lastseen lastseenutc reportdate createdon submitdate added discovered datum zeitpunkt zeitstempel horodatage fecha fechayhora zeit datumuhrzeit datumzeit datumundzeit erstmalsgesehen zuerstgesehen erstgesehen zuletztgesehen erfasst erfasstam gemeldet gemeldetam erkannt erkanntam entdeckt entdecktam veröffentlicht erstellt erstelltam dateheure datededétection datedétection premièrevue fechahora fechadedetección dataora",
		Filter:  true, Order: true, CSV: 1, Required: true,
		Time:   func(e *Event) *Time { return &e.Date },
		Create: func(c *CreateEvent) *string { return &c.Date },
		Patch:  func(p *EventPatch) **string { return &p.Date },
	},
	{
		Field: FieldEvent, Title: "description", Kind: KindProse, Aliases: "description desc", About: "the description",
		Columns: "description comment comments summary title name details info message text eventinfo remark remarks metadesc filedescription listingreason reason detail context beschreibung bemerkung bemerkungen kommentar commentaire commentaires descripción descripcion comentario comentarios ereignis vorfall titel sachverhalt zusammenfassung événement titre intitulé résumé incidente evento título resumen descrizione descrição",
		Filter:  true, Order: true, CSV: 3, Max: MaxText, Required: true,
		Text:   func(e *Event) *string { return &e.Event },
		Create: func(c *CreateEvent) *string { return &c.Event },
		Patch:  func(p *EventPatch) **string { return &p.Event },
	},
	{
		Field: FieldIndicator, Title: "indicator", Kind: KindIndicator, Aliases: "ioc ind domain host hostname fqdn ip ipv4 ipv6 net cidr hash md5 sha1 sha256 sha512 url uri email mail cve asn",
		About:   "domain, address, net, hash, URL; domain: is all below a domain",
		Columns: "ioc value observable iocvalue indicatorvalue iocs observables artifact artefact indicatorofcompromise selector data indicatorname indikator indikatoren indicateur indicateurs indicador indicadores wert valeur artefakt artefakte kompromittierungsindikator",
		Filter:  true, Order: true, CSV: 9, Max: MaxIndicator,
		Text:   func(e *Event) *string { return &e.Indicator },
		Create: func(c *CreateEvent) *string { return &c.Indicator },
		Patch:  func(p *EventPatch) **string { return &p.Indicator },
	},
	{
		Field: FieldIndicatorType, Title: "indicator type", Aliases: "type ioctype", About: "kind of indicator",
		Columns: "type ioctype kind observabletype valuetype indicatorkind datatype attributetype artifacttype typeofindicator selectortype fieldtype typ art tipo indikatortyp typedindicateur tipodeindicador indikatorart typdesindikators typeindicateur tipoindicador tipodiindicatore",
		Filter:  true, Order: true, Count: true, CSV: 10, Max: MaxName,
		Text:   func(e *Event) *string { return &e.IndicatorType },
		Create: func(c *CreateEvent) *string { return &c.IndicatorType },
		Patch:  func(p *EventPatch) **string { return &p.IndicatorType },
	},
	{
		Field: "indicatorTypeId", Title: "number of the indicator type", Plural: "numbers of the indicator types", Kind: KindNumber, Order: true,
		Other: func(e *Event) string { return number(e.IndicatorTypeID) },
	},
	{
		Field: FieldTags, Title: "tag", Multi: true, Aliases: "tag label labels", About: "any of the tags",
		Columns: "tag labels label keywords malware malwareprintable attributetag eventtag malwarefamily family signature malwarename campaign threatname malwarealias hashtags schlagwort schlagworte schlagwörter stichwort stichworte stichwörter etiketten étiquette étiquettes motsclés etiqueta etiquetas palabrasclave etichette schadsoftware malwarefamilie kampagne maliciel campagne campaña",
		Filter:  true, Order: true, Count: true, CSV: 15, Max: MaxName,
		List:  func(e *Event) *[]string { return &e.Tags },
		Items: func(c *CreateEvent) *[]string { return &c.Tags },
	},
	{
		Field: FieldTargetCountry, Title: "target country", Plural: "target countries", Kind: KindCountry,
		Aliases: "country target to", About: "target country: a code or a name", Columns: "victimcountry destinationcountry targetcountrycode targetedcountry victimlocation targetlocation zielland opferland payscible paysvisé paísobjetivo paisobjetivo opferstaat landdesopfers landdesziels betroffenesland paysvictime paysdelavictime paísvíctima paísdelavíctima paísafectado",
		Filter: true, Order: true, Count: true, CSV: 7, Max: MaxName,
		Text:   func(e *Event) *string { return &e.TargetCountry },
		Create: func(c *CreateEvent) *string { return &c.TargetCountry },
		Patch:  func(p *EventPatch) **string { return &p.TargetCountry },
	},
	{
		Field: "targetCountryAlpha3", Title: "target country, three letters", Plural: "target countries, three letters", Kind: KindID, Order: true,
		Text: func(e *Event) *string { return &e.TargetCountryAlpha3 },
	},
	{
		Field: FieldTargetIndustry, Title: "target industry", Plural: "target industries", Aliases: "industry sector", About: "what they do",
		Columns: "industry sector victimindustry targetsector vertical victimsector targetedindustry targetedsector branche branchen sektor sektoren wirtschaftszweig industrie opferbranche zielbranche secteur secteurs secteurvisé secteurdactivité sectores industria sectorobjetivo settore setor",
		Filter:  true, Order: true, Count: true, CSV: 8, Max: MaxName,
		Text:   func(e *Event) *string { return &e.TargetIndustry },
		Create: func(c *CreateEvent) *string { return &c.TargetIndustry },
		Patch:  func(p *EventPatch) **string { return &p.TargetIndustry },
	},
	{
		Field: FieldTLP, Title: "TLP", Plural: "TLP markings", Kind: KindTLP, Aliases: "marking", About: "how far it may be shared",
		Columns: "marking trafficlight tlpmarking ampel ampelfarbe ampelprotokoll",
		Filter:  true, Order: true, Count: true, CSV: 14, Max: MaxName, Required: true,
		Text:   func(e *Event) *string { return &e.TLP },
		Create: func(c *CreateEvent) *string { return &c.TLP },
		Patch:  func(p *EventPatch) **string { return &p.TLP },
	},
	{
		Field: FieldKillChain, Title: "kill chain", Plural: "kill chain stages", Kind: KindStage, Aliases: "kc stage phase", About: "0 to 7, or the stage's name",
		Columns: "killchainstage killchainphase stage phase angriffsphase",
		Filter:  true, Order: true, Count: true, CSV: 11,
		Other: func(e *Event) string { return strconv.Itoa(e.KillChain) },
	},
	{
		Field: FieldMitreAttack, Title: "technique", Multi: true, Kind: KindTechnique,
		Aliases: "technique attack mitre ttp", About: "a technique such as T1566, with its sub-techniques, or its name",
		Columns: "attack technique techniques ttp ttps mitre attacktechnique mitretechnique mitreid techniqueid attackid mitreattackid technik techniken técnica técnicas tecnica tecniche",
		Filter:  true, Order: true, Count: true, CSV: 12, Max: MaxName,
		List:  func(e *Event) *[]string { return &e.MitreAttack },
		Items: func(c *CreateEvent) *[]string { return &c.MitreAttack },
	},
	{
		Field: FieldMitreCapec, Title: "CAPEC pattern", Multi: true, Kind: KindPattern, Aliases: "capec pattern", About: "pattern such as CAPEC-163",
		Columns: "capec attackpattern",
		Filter:  true, Order: true, Count: true, CSV: 13, Max: MaxName,
		List:  func(e *Event) *[]string { return &e.MitreCapec },
		Items: func(c *CreateEvent) *[]string { return &c.MitreCapec },
	},
	{
		Field: FieldHasChildren, Title: "has children", Plural: "has children", Kind: KindFlag, Aliases: "children parent", About: "parent of other events: true or false",
		Filter: true, Order: true, Count: true,
		Other: func(e *Event) string { return strconv.FormatBool(e.HasChildren) },
	},
	{
		Field: FieldCreatedAt, Title: "recorded", Plural: "recorded", Kind: KindTime, Aliases: "created added recorded", About: "when the server received it",
		Columns: "createdat ingestedat",
		Filter:  true, Order: true, CSV: 2,
		Time:   func(e *Event) *Time { return &e.CreatedAt },
		Create: func(c *CreateEvent) *string { return &c.CreatedAt },
		Patch:  func(p *EventPatch) **string { return &p.CreatedAt },
	},
	{
		Field: FieldUUID, Title: "id", Kind: KindID, Aliases: "id", About: "the event's id", Filter: true, Order: true,
		Text: func(e *Event) *string { return &e.UUID },
	},
	{
		Field: FieldInsight, Title: "insight", Kind: KindProse, Columns: "notes note analysis assessment notiz notizen anmerkung anmerkungen analyse bewertung einschätzung remarque remarques nota notas",
		Order: true, CSV: 16, Max: MaxText,
		Text:   func(e *Event) *string { return &e.Insight },
		Create: func(c *CreateEvent) *string { return &c.Insight },
		Patch:  func(p *EventPatch) **string { return &p.Insight },
	},
	{
		Field: FieldReferences, Title: "reference", Multi: true, Kind: KindID, Columns: "refersto", CSV: 17, Max: MaxName,
		List:  func(e *Event) *[]string { return &e.References },
		Items: func(c *CreateEvent) *[]string { return &c.References },
	},
	{
		Field: "referenced", Title: "referring event", Multi: true, Kind: KindID,
		List: func(e *Event) *[]string { return &e.Referenced },
	},
	{
		Field: "numReferences", Title: "number of references", Plural: "numbers of references", Kind: KindNumber, Order: true,
		Other: func(e *Event) string { return number(int64(e.NumReferences)) },
	},
	{
		Field: "numReferenced", Title: "number of referring events", Plural: "numbers of referring events", Kind: KindNumber, Order: true,
		Other: func(e *Event) string { return number(int64(e.NumReferenced)) },
	},
	{
		Field: "rawId", Title: "id of the raw record", Plural: "ids of raw records", Kind: KindID, Order: true,
		Text: func(e *Event) *string { return &e.RawID },
	},
	{
		Field: FieldDataset, Title: "dataset", Kind: KindID, Aliases: "dataset ds", About: "the dataset, by name or id", Order: true, Count: true,
		Text: func(e *Event) *string { return &e.DatasetID },
	},
	{
		Field: "releasabilityId", Title: "releasability", Plural: "releasabilities", Kind: KindName, Order: true,
		Text: func(e *Event) *string { return &e.ReleasabilityID },
	},
}

// number writes a number, "" for none.
func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// EventFields lists every field of an event once, those that a person looks
// for first.
func EventFields() []FieldInfo { return slices.Clone(eventFields[:]) }

// FieldOf is what is known of a field; ok is false for a name that is none.
func FieldOf(name Field) (f FieldInfo, ok bool) {
	for i := range eventFields {
		if eventFields[i].Field == name {
			return eventFields[i], true
		}
	}
	return FieldInfo{Field: name, Title: string(name)}, false
}

// TitleOf is what a person calls a field; a name that is none stays as it is.
func TitleOf(name Field) string {
	f, _ := FieldOf(name)
	return f.Title
}

// EachText gives every text of an event to use, which may change it; lines
// tells that it may have several lines.
func (e *Event) EachText(use func(text *string, lines bool)) {
	for i := range eventFields {
		switch f := &eventFields[i]; {
		case f.Text != nil:
			use(f.Text(e), f.Kind == KindProse)
		case f.List != nil:
			list := *f.List(e)
			for j := range list {
				use(&list[j], false)
			}
		}
	}
	for i := range e.Indicators {
		use(&e.Indicators[i].Value, false)
		use(&e.Indicators[i].IndicatorType, false)
	}
	if s := e.Source; s != nil {
		for _, text := range []*string{&s.System, &s.ResourceType, &s.ResourceID, s.Title} {
			if text != nil {
				use(text, false)
			}
		}
	}
}

// names lists the fields that the table marks.
func names[T ~string](marked func(FieldInfo) bool) []T {
	var out []T
	for i := range eventFields {
		if marked(eventFields[i]) {
			out = append(out, T(eventFields[i].Field))
		}
	}
	return out
}

// Fields lists the fields that a condition may name; FieldText stands for
// several of them.
func Fields() []Field { return names[Field](func(f FieldInfo) bool { return f.Filter }) }

// OrderFields lists what orderBy may name.
func OrderFields() []string { return names[string](func(f FieldInfo) bool { return f.Order }) }

// AggregateColumns lists the fields by whose values events are counted.
func AggregateColumns() []string { return names[string](func(f FieldInfo) bool { return f.Count }) }

// OpsFor lists the operators that conditions on a field take.
func OpsFor(name Field) []Op {
	f, _ := FieldOf(name)
	return f.Ops()
}
