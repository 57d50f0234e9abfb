// Package stix writes threat events as STIX 2.1 (OASIS): bundles, and the
// objects of a TAXII 2.1 envelope.
//
// An event becomes an incident that carries its text, and, for each of its
// indicators that can be put into a STIX pattern, an indicator, the observable
// itself, observed data and a sighting. An extension of the incident holds the
// fields as they are, so that an import gives the same event again. Attacker, countries, industry, MITRE
// ids and the analyst's insight become objects of their own, tied together by
// relationship objects. Every id follows from the content, so that the same
// events always give the same objects; TLP becomes the marking definitions
// that OASIS published for TLP 2.0.
package stix
