package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"threatbench/api"
)

// idsPerQuery is how many rows one statement fetches; the list of ids is
// filled up with repetitions, so that one prepared statement serves all.
const idsPerQuery = 64

// manyIDs is a statement whose last condition takes idsPerQuery ids.
func manyIDs(query string) string {
	return query + " IN (?" + strings.Repeat(",?", idsPerQuery-1) + ")"
}

// eachByIDs runs such a statement for any number of ids.
func (s *session) eachByIDs(ctx context.Context, query string, ids []int64, scan func(*sql.Rows) error) error {
	query = manyIDs(query)
	return byIDs(ids, func(args []any) error { return s.each(ctx, query, args, scan) })
}

// byIDs gives any number of ids in parts of idsPerQuery.
func byIDs(ids []int64, run func(args []any) error) error {
	args := make([]any, idsPerQuery)
	for chunk := range slices.Chunk(ids, idsPerQuery) {
		for i := range args {
			args[i] = chunk[min(i, len(chunk)-1)]
		}
		if err := run(args); err != nil {
			return err
		}
	}
	return nil
}

// readEvents reads events by id, in the order of the ids.
func (v *readTx) readEvents(ctx context.Context, sc scope, ids []int64) ([]api.Event, error) {
	at := make(map[int64]int, len(ids))
	out := make([]api.Event, 0, len(ids))
	order := make(map[int64]int, len(ids))
	for i, id := range ids {
		order[id] = i
	}
	out = out[:len(ids)]
	var referring []int64
	err := v.s.eachByIDs(ctx, "SELECT id, dataset, flags, doc FROM event WHERE id", ids, func(r *sql.Rows) error {
		id, dataset, flags, d, err := scanEvent(r)
		if err != nil {
			return err
		}
		at[id] = order[id]
		out[order[id]] = v.event(sc, id, dataset, flags, &d)
		if flags&flagHasRefs != 0 {
			referring = append(referring, id)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading events: %w", err)
	}
	if err := checkAll(ids, at); err != nil {
		return nil, err
	}
	if err := v.limitChildren(ctx, out, at); err != nil {
		return nil, err
	}
	return out, v.readReferences(ctx, out, at, referring)
}

// limitChildren tells of events whether they have children that the caller may
// see.
func (v *readTx) limitChildren(ctx context.Context, events []api.Event, at map[int64]int) error {
	if v.limit.none() {
		return nil
	}
	var ids []int64
	for id, i := range at {
		if events[i].HasChildren {
			ids = append(ids, id)
		}
	}
	parents, err := v.parentsAmong(ctx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		events[at[id]].HasChildren = parents[id]
	}
	return nil
}

// event is a document as the contract shows it, references left out.
func (v *readTx) event(sc scope, id int64, dataset uint32, flags int64, d *doc) api.Event {
	value := func(k kind, num int) string { return v.term(k, d.nums[num]) }
	list := func(k kind, which int) []string {
		out := make([]string, len(d.lists[which]))
		for i, n := range d.lists[which] {
			out[i] = v.term(k, n)
		}
		return out
	}
	e := api.Event{
		UUID: uuidText(d.uuid[:]), Date: timeOf(d.date), CreatedAt: timeOf(d.created),
		Event: d.event, Category: value(kindCategory, numCategory), Attacker: value(kindAttacker, numAttacker),
		AttackerCountry: value(kindCountry, numAttackerCountry), TargetCountry: value(kindCountry, numTargetCountry),
		TargetIndustry: value(kindIndustry, numIndustry), Indicator: d.indicator,
		IndicatorType: value(kindIndicatorType, numIndicatorType), IndicatorTypeID: v.indicatorTypeID(d.nums[numIndicatorType]),
		KillChain: d.killChain, MitreAttack: list(kindAttack, listAttack), MitreCapec: list(kindCapec, listCapec),
		TLP: value(kindTLP, numTLP), Tags: list(kindTag, listTags), Insight: d.insight,
		HasChildren: flags&flagHasChildren != 0, DatasetID: sc.uuidOf(dataset), ReleasabilityID: d.releasable,
		References: []string{}, Referenced: []string{}, ReferencesIDs: []int64{}, ReferencedIDs: []int64{},
	}
	e.AttackerCountryAlpha3, e.TargetCountryAlpha3 = alpha3Of(e.AttackerCountry), alpha3Of(e.TargetCountry)
	if flags&flagHasRaw != 0 {
		e.RawID = strconv.FormatInt(id, 10)
	}
	e.Indicators = v.allIndicators(d)
	e.Source = sourceOf(d)
	return e
}

// sourceOf reads what an event was made from; nil where it wasn't told.
func sourceOf(d *doc) *api.EventSource {
	var s api.EventSource
	if d.source == "" || json.Unmarshal([]byte(d.source), &s) != nil {
		return nil
	}
	return &s
}

// allIndicators are those of an event, the primary one first; none where there
// is nothing beside it.
func (v *readTx) allIndicators(d *doc) []api.IndicatorInput {
	if len(d.more) == 0 {
		return nil
	}
	out := make([]api.IndicatorInput, 0, len(d.more)+1)
	if d.indicator != "" {
		out = append(out, api.IndicatorInput{Value: d.indicator, IndicatorType: v.term(kindIndicatorType, d.nums[numIndicatorType])})
	}
	for _, m := range d.more {
		out = append(out, api.IndicatorInput{Value: m.value, IndicatorType: v.term(kindIndicatorType, m.kind)})
	}
	return out
}

func (v *readTx) term(k kind, num uint32) string {
	if values := v.snap.dicts[k].values; int(num) < len(values) {
		return values[num]
	}
	return ""
}

// indicatorTypeID is the same for spellings that differ in case only.
func (v *readTx) indicatorTypeID(num uint32) int64 {
	if class := v.snap.dicts[kindIndicatorType].class; int(num) < len(class) {
		return int64(class[num])
	}
	return 0
}

// readReferences fills in whom events refer to and who refers to them, by
// rising id.
func (v *readTx) readReferences(ctx context.Context, events []api.Event, at map[int64]int, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	type direction struct {
		query string
		add   func(e *api.Event, id int64, uuid string)
	}
	for _, dir := range []direction{
		{"SELECT r.src, r.dst, substr(e.doc, 2, 16) FROM reference r JOIN event e ON e.id = r.dst WHERE r.src", func(e *api.Event, id int64, uuid string) {
			e.References, e.ReferencesIDs = append(e.References, uuid), append(e.ReferencesIDs, id)
		}},
		{"SELECT r.dst, r.src, substr(e.doc, 2, 16) FROM reference r JOIN event e ON e.id = r.src WHERE r.dst", func(e *api.Event, id int64, uuid string) {
			e.Referenced, e.ReferencedIDs = append(e.Referenced, uuid), append(e.ReferencedIDs, id)
		}},
	} {
		err := v.s.eachByIDs(ctx, dir.query, ids, func(r *sql.Rows) error {
			var here, there int64
			var key sql.RawBytes
			if err := r.Scan(&here, &there, &key); err != nil {
				return err
			}
			if len(key) != 16 {
				return errPacked
			}
			ok, err := v.sees(ctx, there)
			if ok {
				dir.add(&events[at[here]], there, uuidText(key))
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("reading references: %w", err)
		}
	}
	for i := range events {
		events[i].NumReferences, events[i].NumReferenced = len(events[i].References), len(events[i].Referenced)
	}
	return nil
}
