package client

import (
	"encoding/json"
	"slices"
	"strings"

	"threatbench/api"
)

// envelope reads {success:true, result:[…], result_info:{…}} in any order.
func (r *reader) envelope() (events []api.Event, info *api.ResultInfo) {
	var success, result bool
	r.expect('{')
	for first := true; r.more('}', first); first = false {
		switch key := r.key(); key {
		case "success":
			success = r.boolean()
			if !success {
				r.fail()
			}
		case "result":
			if result {
				r.fail()
			}
			events, result = r.events(), true
		case "result_info":
			info = r.info()
		case "errors", "messages":
			if r.raw() != "[]" {
				r.fail()
			}
		default:
			r.skip(key, "success", "result", "result_info", "errors", "messages")
		}
	}
	if !success || !result {
		r.fail()
	}
	return events, info
}

func (r *reader) info() *api.ResultInfo {
	raw := r.raw()
	if r.failed || raw == "null" {
		return nil
	}
	info := new(api.ResultInfo)
	if err := json.Unmarshal([]byte(raw), info); err != nil {
		r.fail()
	}
	return info
}

// skip leaves out the value of an unknown key. A key that differs from a known
// one in case only is known to encoding/json.
func (r *reader) skip(key string, known ...string) {
	for _, k := range known {
		if strings.EqualFold(k, key) {
			r.fail()
			return
		}
	}
	r.raw()
}

func (r *reader) events() []api.Event {
	events := []api.Event{}
	r.expect('[')
	start := r.i
	for first := true; r.more(']', first); first = false {
		events = append(events, r.event())
		if first { // the others are about as long
			events = slices.Grow(events, min((len(r.s)-r.i)/(r.i-start)+1, api.MaxPageSize))
		}
	}
	return events
}

func (r *reader) event() api.Event {
	e := api.Event{
		MitreAttack: []string{}, MitreCapec: []string{}, Tags: []string{}, References: []string{}, Referenced: []string{},
		ReferencesIDs: []int64{}, ReferencedIDs: []int64{},
	}
	var id string
	r.expect('{')
	for first := true; r.more('}', first); first = false {
		switch key := r.key(); key {
		case "id":
			id = r.optional()
		case "date":
			e.Date = r.moment()
		case "createdAt":
			e.CreatedAt = r.moment()
		case "hasChildren":
			e.HasChildren = r.boolean()
		case "mitreAttack":
			e.MitreAttack = r.texts()
		case "mitreCapec":
			e.MitreCapec = r.texts()
		case "tags":
			e.Tags = r.texts()
		case "references":
			e.References = r.texts()
		case "referenced":
			e.Referenced = r.texts()
		case "referencesIds":
			e.ReferencesIDs = r.integers()
		case "referencedIds":
			e.ReferencedIDs = r.integers()
		case "indicators":
			e.Indicators = r.indicators()
		case "source":
			r.fail() // few events have one
		case "indicatorTypeId":
			e.IndicatorTypeID = r.integer()
		case "killChain":
			e.KillChain = int(r.integer())
		case "numReferences":
			e.NumReferences = int(r.integer())
		case "numReferenced":
			e.NumReferenced = int(r.integer())
		default:
			r.line(&e, key)
		}
	}
	if e.UUID == "" {
		e.UUID = id
	}
	return e
}

// indicators reads a list of indicators; anything but an object of two texts
// is left to the slow way.
func (r *reader) indicators() []api.IndicatorInput {
	var out []api.IndicatorInput
	r.expect('[')
	for first := true; r.more(']', first); first = false {
		var in api.IndicatorInput
		r.expect('{')
		for first := true; r.more('}', first); first = false {
			switch r.key() {
			case "value":
				in.Value = r.optional()
			case "indicatorType":
				in.IndicatorType = r.optional()
			default:
				r.fail()
			}
		}
		if in.Value != "" {
			out = append(out, in)
		}
	}
	return out
}

// line reads a field of one text.
func (r *reader) line(e *api.Event, key string) {
	into := textField(e, key)
	if into == nil {
		r.skip(key, eventKeys()...)
		return
	}
	*into = r.optional()
}

func textField(e *api.Event, key string) *string {
	switch key {
	case "uuid":
		return &e.UUID
	case "event":
		return &e.Event
	case "category":
		return &e.Category
	case "attacker":
		return &e.Attacker
	case "attackerCountry":
		return &e.AttackerCountry
	case "attackerCountryAlpha3":
		return &e.AttackerCountryAlpha3
	case "targetCountry":
		return &e.TargetCountry
	case "targetCountryAlpha3":
		return &e.TargetCountryAlpha3
	case "targetIndustry":
		return &e.TargetIndustry
	case "indicator":
		return &e.Indicator
	case "indicatorType":
		return &e.IndicatorType
	case "tlp":
		return &e.TLP
	case "insight":
		return &e.Insight
	case "rawId":
		return &e.RawID
	case "datasetId":
		return &e.DatasetID
	case "releasabilityId":
		return &e.ReleasabilityID
	}
	return nil
}

// eventKeys lists every key that event knows.
func eventKeys() []string {
	return []string{
		"id", "date", "createdAt", "hasChildren", "mitreAttack", "mitreCapec", "tags", "references", "referenced",
		"referencesIds", "referencedIds", "indicators", "indicatorTypeId", "killChain", "numReferences", "numReferenced",
		"uuid", "event", "category", "attacker", "attackerCountry", "attackerCountryAlpha3", "targetCountry",
		"targetCountryAlpha3", "targetIndustry", "indicator", "indicatorType", "tlp", "insight", "rawId",
		"datasetId", "releasabilityId", "source",
	}
}
