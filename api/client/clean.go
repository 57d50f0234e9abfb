package client

import (
	"threatbench/api"
	"threatbench/api/clean"
)

// One function per type. Each works in place and allocates nothing where
// nothing must change. A test fills every string of these types by reflection
// and fails when one comes through unchanged.

func cleanLines(list []string) {
	for i, s := range list {
		list[i] = clean.Line(s)
	}
}

func cleanFields(fields ...*string) {
	for _, f := range fields {
		*f = clean.Line(*f)
	}
}

func cleanEvent(e *api.Event) {
	cleanFields(&e.UUID, &e.Category, &e.Attacker, &e.AttackerCountry, &e.AttackerCountryAlpha3,
		&e.TargetCountry, &e.TargetCountryAlpha3, &e.TargetIndustry, &e.Indicator, &e.IndicatorType,
		&e.TLP, &e.RawID, &e.DatasetID, &e.ReleasabilityID)
	e.Event = clean.Text(e.Event)
	e.Insight = clean.Text(e.Insight)
	cleanLines(e.MitreAttack)
	cleanLines(e.MitreCapec)
	cleanLines(e.Tags)
	cleanLines(e.References)
	cleanLines(e.Referenced)
}

func cleanPage(p *api.Page) {
	for i := range p.Events {
		cleanEvent(&p.Events[i])
	}
	p.Info.Cursor = clean.Line(p.Info.Cursor)
}

// cleanRaw leaves Data alone: it is the record as it was.
func cleanRaw(r *api.Raw) {
	cleanFields(&r.ID, &r.AccountID, &r.Source, &r.TLP)
}

func cleanBulk(r *api.BulkResult) {
	r.RequestID = clean.Line(r.RequestID)
	for i := range r.Errors {
		r.Errors[i].Error = clean.Line(r.Errors[i].Error)
	}
	for i := range r.CreatedEvents {
		cleanFields(&r.CreatedEvents[i].UUID, &r.CreatedEvents[i].ShardID)
	}
}

func cleanDataset(d *api.Dataset) {
	cleanFields(&d.UUID, &d.Name, &d.IndicatorWriteMode)
}

func cleanCategory(c *api.Category) {
	cleanFields(&c.UUID, &c.Name, &c.Shortname)
	cleanLines(c.MitreAttack)
	cleanLines(c.MitreCapec)
}

func cleanCountry(c *api.Country) {
	cleanFields(&c.Alpha2, &c.Alpha3, &c.Name)
}

func cleanTag(t *api.Tag) {
	cleanFields(&t.UUID, &t.Value, &t.CategoryName)
}

func cleanAggregate(r *api.AggregateResult) {
	r.AggregateBy = clean.Line(r.AggregateBy)
	if r.DateRange != nil {
		cleanFields(&r.DateRange.StartDate, &r.DateRange.EndDate)
	}
	for i, row := range r.Aggregations {
		r.Aggregations[i] = api.AggregateRow(cleanMap(row))
	}
}

func cleanMap(m map[string]any) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[clean.Line(k)] = cleanAny(v)
	}
	return out
}

func cleanAny(v any) any {
	switch v := v.(type) {
	case string:
		return clean.Line(v)
	case []any:
		for i := range v {
			v[i] = cleanAny(v[i])
		}
		return v
	case map[string]any:
		return cleanMap(v)
	}
	return v
}

func cleanSummary(s *api.Summary) {
	for i := range s.Facets {
		f := &s.Facets[i]
		f.Column = clean.Line(f.Column)
		for j := range f.Top {
			f.Top[j].Value = clean.Line(f.Top[j].Value)
		}
	}
	s.Timeline.Bucket = api.Bucket(clean.Line(string(s.Timeline.Bucket)))
}

// cleanError works on what the server said; what we say ourselves is clean.
func cleanError(e *api.Error) { e.Message = clean.Line(e.Message) }
