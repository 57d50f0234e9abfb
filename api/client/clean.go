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
	e.EachText(func(text *string, lines bool) {
		if lines {
			*text = clean.Text(*text)
		} else {
			*text = clean.Line(*text)
		}
	})
}

func cleanPage(p *api.Page) {
	cleanLines(p.NotSearched)
	for i := range p.Events {
		cleanEvent(&p.Events[i])
	}
	cleanInfo(&p.Info)
}

func cleanInfo(info *api.ResultInfo) {
	cleanFields(&info.Cursor, &info.Cut)
	for id, list := range info.Matches {
		for i := range list {
			cleanFields((*string)(&list[i].Field), &list[i].Value, &list[i].Word)
		}
		if name := clean.Line(id); name != id {
			delete(info.Matches, id)
			info.Matches[name] = list
		}
	}
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
	for i := range r.KeptEvents {
		r.KeptEvents[i].Error = clean.Line(r.KeptEvents[i].Error)
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

func cleanTagCategory(k *api.TagCategory) {
	cleanFields(&k.UUID, &k.Name)
	k.Description = clean.Text(k.Description)
}

func cleanIndicator(in *api.Indicator) {
	cleanFields(&in.UUID, &in.IndicatorType, &in.Value, &in.DatasetID)
	for i := range in.Sources {
		s := &in.Sources[i]
		cleanFields(&s.System, &s.ResourceType, &s.ResourceID)
		if s.Title != nil {
			cleanFields(s.Title)
		}
	}
	for i := range in.RelatedEvents {
		cleanFields(&in.RelatedEvents[i].DatasetID, &in.RelatedEvents[i].EventID)
	}
	for i := range in.Tags {
		t := &in.Tags[i]
		cleanFields(&t.UUID, &t.Value, &t.CategoryName)
		if t.CategoryID != nil {
			cleanFields(t.CategoryID)
		}
	}
	if in.TLP != nil {
		cleanFields(in.TLP)
	}
}

func cleanTag(t *api.Tag) {
	cleanFields(&t.UUID, &t.Value, &t.CategoryUUID, &t.CategoryName, &t.TLP)
	t.Description = clean.Text(t.Description)
}

func cleanGroups(g *api.Groups) {
	for i := range g.Rows {
		cleanLines(g.Rows[i].Keys)
	}
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

func cleanUpdate(r *api.UpdateResult) {
	for i := range r.Failures {
		cleanFields(&r.Failures[i].EventID, &r.Failures[i].Error)
		if e := r.Failures[i].Now; e != nil {
			cleanEvent(e)
		}
	}
}

func cleanMove(r *api.MoveResult) {
	cleanTransfer(r.InsertFailures)
	for i := range r.DeletionFailures {
		cleanFields(&r.DeletionFailures[i].DatasetID, &r.DeletionFailures[i].Reason)
	}
}

func cleanCopy(r *api.CopyResult) { cleanTransfer(r.InsertFailures) }

func cleanTransfer(list []api.TransferFailure) {
	for i := range list {
		list[i].Reason = clean.Line(list[i].Reason)
	}
}

func cleanRevert(r *api.RevertResult) {
	cleanFields(&r.DatasetID, &r.TargetTimestamp, &r.RevertBookmark, &r.UndoBookmark)
}

func cleanPreview(p *api.RevertPreview) { p.DatasetID = clean.Line(p.DatasetID) }

func cleanHistory(h *api.History) {
	cleanInfo(&h.Info)
	for i := range h.Entries {
		e := &h.Entries[i]
		cleanFields(&e.Actor, &e.Operation, &e.DatasetID, &e.Import, &e.Bookmark)
		cleanLines(e.EventIDs)
	}
}

func cleanRelate(r *api.RelateResult) {
	r.Message = clean.Line(r.Message)
	cleanLines(r.ChildIDs)
	for i := range r.Relationships {
		e := &r.Relationships[i]
		cleanFields(&e.ParentID, &e.ChildID, &e.RelationshipType, &e.ParentDatasetID, &e.ChildDatasetID)
	}
	cleanRelateErrors(r.Errors)
}

func cleanUnrelate(r *api.UnrelateResult) {
	r.Message = clean.Line(r.Message)
	cleanRelateErrors(r.Errors)
}

func cleanRelateErrors(list []api.RelateError) {
	for i := range list {
		cleanFields(&list[i].ChildID, &list[i].Error, &list[i].ErrorType)
	}
}

func cleanGraph(g *api.Graph) {
	cleanFields(&g.Cursor, &g.Reason)
	for i := range g.Edges {
		e := &g.Edges[i]
		cleanFields(&e.ID, &e.Source, &e.Target, &e.SourceID, &e.TargetID, &e.SourceType, &e.TargetType, &e.RelationshipType)
	}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		cleanFields(&n.ID, &n.Type, &n.Label, &n.IndicatorType, &n.DatasetID)
		if n.Event != nil {
			cleanEvent(n.Event)
		}
	}
}

func cleanSavedQuery(q *api.SavedQuery) {
	cleanFields(&q.Name, &q.UserEmail, &q.RuleScope, &q.RuleListID)
	q.QueryJSON = clean.EscapeJSON(q.QueryJSON) // what it holds is decoded later, and asked as it is
}

func cleanAlert(a *api.Alert) {
	cleanFields(&a.UserEmail, &a.Frequency, &a.NotificationType, &a.DisabledReason)
}

func cleanInbox(in *api.Inbox) {
	cleanInfo(&in.Info)
	for i := range in.Notifications {
		n := &in.Notifications[i]
		n.QueryName = clean.Line(n.QueryName)
		cleanLines(n.EventIDs)
	}
}

// cleanError works on what the server said; what we say ourselves is clean.
func cleanError(e *api.Error) { e.Message = clean.Line(e.Message) }
