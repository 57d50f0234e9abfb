package form

import (
	"strings"

	"threatbench/api"
	"threatbench/api/indicator"
)

// TheHive takes an alert of TheHive, or a list of them, and an event for each
// of its observables.
func TheHive(b []byte, line int, to Taker) error {
	v, err := decode(b)
	if err != nil {
		to.Reject(line, "", err.Error())
		return nil
	}
	if list, ok := v.([]any); ok {
		for _, one := range list {
			if err := hiveAlert(asFields(one), line, to); err != nil {
				return err
			}
		}
		return nil
	}
	return hiveAlert(asFields(v), line, to)
}

func hiveAlert(f fields, line int, to Taker) error {
	title := f.text("title")
	if title == "" {
		to.Reject(line, f.text("_id", "id", "sourceRef"), "an alert without a title")
		return nil
	}
	source := f.text("source")
	e := Entry{
		ID: "thehive/" + source + "/" + f.text("sourceRef", "_id", "id"), Version: moment(f.text("updatedAt", "_updatedAt")), Line: line,
		Event: title, Category: "Alert", Date: moment(f.text("date", "createdAt", "_createdAt")), Insight: f.text("description"), Source: source,
		Tags: f.texts("tags"), About: []string{title, f.text("description")}, Raw: without(f, "artifacts", "observables"),
	}
	if f.text("sourceRef", "_id", "id") == "" {
		e.ID += title + "/" + e.Date
	}
	e.mark(f, to)
	for _, p := range f.objects("procedures") {
		if t := technique(p.text("patternId")); t != "" {
			e.Techniques = append(e.Techniques, t)
		}
	}
	if err := to.Take(e); err != nil {
		return err
	}
	for _, key := range []string{"artifacts", "observables"} {
		for _, o := range f.objects(key) {
			if err := hiveObservable(e, o, to); err != nil {
				return err
			}
		}
	}
	return nil
}

func hiveObservable(alert Entry, o fields, to Taker) error {
	kind, values := o.text("dataType", "_dataType"), o.texts("data")
	attached := o.object("attachment")
	e := Entry{
		Parent: alert.ID, Version: alert.Version, Line: alert.Line, Category: "Observable", Date: alert.Date, Source: alert.Source,
		Techniques: alert.Techniques, Tags: append(append([]string{}, alert.Tags...), o.texts("tags")...), Markings: append([]string{}, alert.Markings...),
		Insight: o.text("message"), About: alert.About, Raw: encode(o),
	}
	e.mark(o, to)
	for _, h := range attached.texts("hashes") {
		if f, ok := indicator.TypeOf(h); ok {
			e.Indicators = add(e.Indicators, api.IndicatorInput{Value: f.Value, IndicatorType: string(f.Type)})
		}
	}
	if name := attached.text("name"); name != "" {
		e.Indicators = add(e.Indicators, named("filename", name))
	}
	for _, v := range values {
		e.Indicators = add(e.Indicators, named(kind, v))
	}
	if len(e.Indicators) == 0 {
		to.Reject(alert.Line, alert.ID, "an observable of the type "+kind+" without data")
		return nil
	}
	e.ID = alert.ID
	for _, in := range e.Indicators {
		e.ID += "/" + in.IndicatorType + "/" + in.Value
	}
	e.Event = alert.Event + ": " + e.Indicators[0].IndicatorType + " " + e.Indicators[0].Value
	return to.Take(e)
}

// mark takes the numbers that TheHive has for TLP and PAP. 3 was RED before
// its version 5, and is AMBER+STRICT since: it counts as the stricter one.
func (e *Entry) mark(f fields, to Taker) {
	switch n := f.text("tlp"); n {
	case "":
	case "3":
		e.Markings = append(e.Markings, "red")
		to.Note(e.Line, e.ID, "TLP 3 is RED in TheHive up to version 4 and AMBER+STRICT since: taken for red")
	default:
		e.Markings = append(e.Markings, numbered(n, "clear", "green", "amber", "", "red"))
	}
	if n := f.text("pap"); n != "" {
		e.Tags = append(e.Tags, "PAP:"+strings.ToUpper(numbered(n, "clear", "green", "amber", "red")))
	}
}

// numbered is the name with a number, or the number where it has none.
func numbered(n string, names ...string) string {
	if len(n) == 1 && n[0] >= '0' && int(n[0]-'0') < len(names) && names[n[0]-'0'] != "" {
		return names[n[0]-'0']
	}
	return n
}
