package form

import (
	"cmp"
	"strings"

	"threatbench/api"
)

// OTX takes a pulse of AlienVault OTX, or a page of them, and an event for
// each of its indicators.
func OTX(b []byte, line int, to Taker) error {
	v, err := decode(b)
	if err != nil {
		to.Reject(line, "", err.Error())
		return nil
	}
	f := asFields(v)
	pulses := []fields{f}
	if _, page := f["results"]; page {
		pulses = f.objects("results")
	} else if list, ok := v.([]any); ok {
		pulses = fields{"list": list}.objects("list")
	}
	for _, p := range pulses {
		if err := otxPulse(p, line, to); err != nil {
			return err
		}
	}
	return nil
}

func otxPulse(f fields, line int, to Taker) error {
	name := f.text("name")
	if name == "" {
		to.Reject(line, f.text("id"), "a pulse without a name")
		return nil
	}
	e := Entry{
		ID: "otx/" + cmp.Or(f.text("id"), name), Version: moment(f.text("modified")), Line: line,
		Event: name, Category: "OTX pulse", Date: moment(f.text("created", "modified")), Attacker: f.text("adversary"), Industry: f.text("industries"),
		Source: cmp.Or(f.text("author_name"), f.object("author").text("username")), Tags: append(f.texts("tags"), f.texts("malware_families")...),
		Raw: without(f, "indicators"),
	}
	for _, m := range f.objects("malware_families") {
		e.Tags = append(e.Tags, m.text("display_name", "id"))
	}
	for _, key := range []string{"TLP", "tlp"} {
		e.Markings = append(e.Markings, f.texts(key)...)
	}
	e.About = []string{name, f.text("description")}
	e.Insight = paragraphs(f.text("description"), listed("References", f.texts("references")), listed("Industries", skipFirst(f.texts("industries"))))
	if where := f.texts("targeted_countries"); len(where) > 0 {
		e.Target = where[0]
		e.Insight = paragraphs(e.Insight, listed("Targeted countries", skipFirst(where)))
	}
	for _, id := range f.texts("attack_ids") {
		e.technique(id)
	}
	for _, a := range f.objects("attack_ids") {
		e.technique(a.text("id"))
	}
	if err := to.Take(e); err != nil {
		return err
	}
	for _, in := range f.objects("indicators") {
		if err := otxIndicator(e, in, to); err != nil {
			return err
		}
	}
	return nil
}

func skipFirst(list []string) []string {
	if len(list) < 2 {
		return nil
	}
	return list[1:]
}

func (e *Entry) technique(id string) {
	if t := technique(id); t != "" {
		e.Techniques = append(e.Techniques, t)
	}
}

func otxIndicator(pulse Entry, in fields, to Taker) error {
	kind, value := in.text("type"), in.text("indicator")
	if value == "" {
		to.Reject(pulse.Line, pulse.ID, "an indicator without a value")
		return nil
	}
	e := pulse
	e.Parent, e.ID = pulse.ID, pulse.ID+"/"+kind+"/"+value
	e.Category, e.Date = "Indicator", cmp.Or(moment(in.text("created")), pulse.Date)
	e.Insight, e.Raw = paragraphs(in.text("title"), in.text("description")), encode(in)
	if strings.EqualFold(kind, "YARA") {
		e.Category, e.Event = "YARA rule", pulse.Event+": YARA rule "+value
		return to.Take(e)
	}
	one := named(kind, value)
	e.Indicators = []api.IndicatorInput{one}
	e.Event = pulse.Event + ": " + one.IndicatorType + " " + one.Value
	return to.Take(e)
}
