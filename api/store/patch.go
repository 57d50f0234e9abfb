package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"threatbench/api"
)

// maxUpdates is how many events one update of many may name.
const maxUpdates = 100

// Update changes what the patch names of one event; dataset "" means anywhere
// in the account. Changing the category changes the kill chain and the MITRE
// lists with it. A 404 *api.Error where the event isn't there.
func (d *DB) Update(ctx context.Context, who Actor, account, dataset, id string, p api.EventPatch) (api.Event, error) {
	if err := d.update(ctx, who, account, dataset, id, p, nil); err != nil {
		return api.Event{}, err
	}
	return d.Event(ctx, account, dataset, id)
}

// UpdateIf is Update where holds says yes to the version that the event has
// when it is changed, with nothing coming in between; else nothing is changed
// and the error is a *ChangedError. It answers the event with its new version.
func (d *DB) UpdateIf(ctx context.Context, who Actor, account, dataset, id string, p api.EventPatch, holds func(version string) bool) (api.Event, string, error) {
	if err := d.update(ctx, who, account, dataset, id, p, holds); err != nil {
		return api.Event{}, "", err
	}
	return d.EventVersion(ctx, account, dataset, id)
}

// ChangedError refuses a change of an event that has another version than the
// caller knows: how it is now, as the caller may see it.
type ChangedError struct {
	Event   api.Event
	Version string
}

func (e *ChangedError) Error() string {
	return "event " + e.Event.UUID + " was changed meanwhile: nothing was changed"
}

func (d *DB) update(ctx context.Context, who Actor, account, dataset, id string, p api.EventPatch, holds func(string) bool) error {
	checked, err := checkPatch(p)
	if err != nil {
		return err
	}
	return d.edit(ctx, who, account, opUpdate, func(e *edit) error {
		in, err := e.c.datasetOrAny(dataset)
		if err != nil {
			return err
		}
		r, err := e.need(in, id)
		if err != nil {
			return err
		}
		if holds != nil {
			if err := e.unchanged(r.id, holds); err != nil {
				return err
			}
		}
		return e.patch(r, checked, newCategories(e.c))
	})
}

// unchanged refuses where holds says no to the version of an event.
func (e *edit) unchanged(id int64, holds func(string) bool) error {
	now, version, err := e.now(id)
	if err != nil || holds(version) {
		return err
	}
	return &ChangedError{Event: now, Version: version}
}

// UpdateMany makes one patch, without a date, on up to 100 events of a
// dataset. Those that aren't there are reported; the rest is changed.
func (d *DB) UpdateMany(ctx context.Context, who Actor, account, dataset string, ids []string, p api.EventPatch) (api.UpdateResult, error) {
	return d.UpdateManyIf(ctx, who, account, dataset, ids, p, nil)
}

// UpdateManyIf is UpdateMany of those events alone that still have the values
// the caller knows of them, by their UUIDs in lower case; those it knows
// nothing of change whatever they are. Nothing comes in between. The others are
// reported with how they are.
func (d *DB) UpdateManyIf(ctx context.Context, who Actor, account, dataset string, ids []string, p api.EventPatch, known map[string]api.EventPatch) (api.UpdateResult, error) {
	if len(ids) == 0 || len(ids) > maxUpdates {
		return api.UpdateResult{}, api.Errorf(http.StatusBadRequest, "eventIds: want 1..%d, got %d", maxUpdates, len(ids))
	}
	if p.Date != nil {
		return api.UpdateResult{}, api.Errorf(http.StatusBadRequest, "updates.date: want none in an update of many, got %q", short(*p.Date))
	}
	if p == (api.EventPatch{}) {
		return api.UpdateResult{}, api.Errorf(http.StatusBadRequest, "updates: want at least one field, got none")
	}
	checked, err := checkPatch(p)
	if err != nil {
		return api.UpdateResult{}, err
	}
	var res api.UpdateResult
	err = d.edit(ctx, who, account, opUpdate, func(e *edit) error {
		in, err := e.c.dataset(dataset)
		if err != nil {
			return err
		}
		res, err = e.patchMany(in.id, ids, checked, known)
		return err
	})
	if err != nil {
		return api.UpdateResult{}, err
	}
	return res, nil
}

func (e *edit) patchMany(dataset uint32, ids []string, p patch, known map[string]api.EventPatch) (api.UpdateResult, error) {
	var res api.UpdateResult
	cats := newCategories(e.c)
	for _, id := range uniqueIDs(ids) {
		r, err := e.find(dataset, id)
		if err != nil {
			return res, err
		}
		var refused *api.Error
		var now *api.Event
		if r == nil {
			refused = noEvent(id)
		} else if refused, now, err = e.patchKnown(r, id, p, cats, known); err != nil {
			return res, err
		}
		if refused != nil {
			res.FailedCount++
			res.Failures = append(res.Failures, api.UpdateFailure{EventID: id, Error: refused.Message, Now: now})
			continue
		}
		res.UpdatedCount++
	}
	return res, nil
}

// patchKnown patches an event, named as the caller does, that is as the caller
// knows it; else it refuses with how it is.
func (e *edit) patchKnown(r *eventRow, id string, p patch, cats *categories, known map[string]api.EventPatch) (*api.Error, *api.Event, error) {
	if len(known) > 0 {
		now, _, err := e.now(r.id)
		if err != nil {
			return nil, nil, err
		}
		if k, is := known[strings.ToLower(id)]; is && len(k.Differs(&now, &p.EventPatch)) > 0 {
			return api.Errorf(http.StatusPreconditionFailed, "changed meanwhile: nothing was changed"), &now, nil
		}
	}
	refused, err := refusal(e.patch(r, p, cats))
	return refused, nil, err
}

// now is an event as the caller may see it, with its version.
func (e *edit) now(id int64) (api.Event, string, error) {
	sc, err := e.c.scope(e.c.ctx, e.c.name, []string{api.ScopeAll})
	if err != nil {
		return api.Event{}, "", err
	}
	return e.c.version(e.c.ctx, sc, id)
}

// refusal tells what a caller did wrong from what the machine did.
func refusal(err error) (*api.Error, error) {
	if refused, ok := err.(*api.Error); ok { //nolint:errorlint // only what patch itself says
		return refused, nil
	}
	return nil, err
}

// uniqueIDs drops repeated ids, whatever their case, keeping the order.
func uniqueIDs(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		if key := strings.ToLower(id); !seen[key] {
			seen[key] = true
			out = append(out, id)
		}
	}
	return out
}

// datasetOrAny is the number of a dataset, 0 where none is named.
func (c *writeTx) datasetOrAny(id string) (uint32, error) {
	if id == "" {
		return 0, nil
	}
	ds, err := c.dataset(id)
	return ds.id, err
}

// patch is an api.EventPatch whose fields are known to be right.
type patch struct {
	api.EventPatch
	date, created int64
	raw           *rawPatch
}

// checkPatch reads a patch; its error is a 400 that names the field.
func checkPatch(in api.EventPatch) (patch, error) {
	p := patch{EventPatch: in}
	for i := range writtenFields {
		f := &writtenFields[i]
		if err := checkPatchText(string(f.Field), f.Patch(&p.EventPatch), f.Max, f.Required); err != nil {
			return p, err
		}
	}
	if err := p.checkTechniques(); err != nil {
		return p, err
	}
	if p.TLP != nil {
		if _, ok := api.ParseTLP(*p.TLP); !ok {
			return p, api.Errorf(http.StatusBadRequest, "tlp: want red, amber+strict, amber, green or clear, got %q", short(*p.TLP))
		}
	}
	var err error
	if p.date, err = patchTime("date", p.Date); err != nil {
		return p, err
	}
	if p.created, err = patchTime("createdAt", p.CreatedAt); err != nil {
		return p, err
	}
	if p.Raw != nil {
		p.raw, err = checkRawPatch("raw.", *p.Raw)
	}
	return p, err
}

// checkTechniques bounds what a patch says itself of kill chain and techniques.
func (p *patch) checkTechniques() error {
	if k := p.KillChain; k != nil && (*k < 0 || *k > maxKillChain) {
		return api.Errorf(http.StatusBadRequest, "killChain: want 0..%d, got %d", maxKillChain, *k)
	}
	for _, f := range []struct {
		key  string
		list **[]string
	}{{"mitreAttack", &p.MitreAttack}, {"mitreCapec", &p.MitreCapec}} {
		if *f.list == nil {
			continue
		}
		checked, err := checkList(f.key, **f.list)
		if err != nil {
			return api.Errorf(http.StatusBadRequest, "%s", err.Error())
		}
		*f.list = &checked
	}
	return nil
}

// checkPatchText bounds a text of a patch; what it mends, it mends in a copy.
func checkPatchText(key string, text **string, most int, required bool) error {
	if *text == nil {
		return nil
	}
	s := **text
	if required && strings.TrimSpace(s) == "" {
		return api.Errorf(http.StatusBadRequest, "%s: want a text that isn't empty, got %q", key, short(s))
	}
	if err := checkText(key, &s, most); err != nil {
		return api.Errorf(http.StatusBadRequest, "%s", err.Error())
	}
	*text = &s
	return nil
}

func patchTime(key string, text *string) (int64, error) {
	if text == nil {
		return 0, nil
	}
	t, err := parseStored(*text)
	if err != nil || strings.TrimSpace(*text) == "" {
		return 0, api.Errorf(http.StatusBadRequest, "%s: want a time such as 2024-01-31T12:00:00Z, got %q", key, short(*text))
	}
	return t.UnixMilli(), nil
}

// patch changes an event. An *api.Error, unwrapped, is the caller's.
func (e *edit) patch(r *eventRow, p patch, cats *categories) error {
	next := *r
	if err := p.apply(e.c, cats, &next.doc); err != nil {
		return err
	}
	if p.raw != nil {
		if err := e.patchRaw(&next, *p.raw); err != nil {
			return err
		}
	}
	return e.put(next)
}

// apply lays a patch over a document.
func (p *patch) apply(c *writeTx, cats *categories, d *doc) error {
	if p.Date != nil {
		d.date = p.date
	}
	if p.CreatedAt != nil {
		d.created = p.created
	}
	for _, f := range [...]struct{ to, text *string }{{&d.event, p.Event}, {&d.indicator, p.Indicator}, {&d.insight, p.Insight}} {
		if f.text != nil {
			*f.to = *f.text
		}
	}
	if p.Category != nil {
		if err := p.applyCategory(c, cats, d); err != nil {
			return err
		}
	}
	if err := p.applyTechniques(c, d); err != nil {
		return err
	}
	for num, f := range [numCount]struct {
		k    kind
		text *string
		form func(string) string
	}{
		numAttacker:        {kindAttacker, p.Attacker, asIs},
		numAttackerCountry: {kindCountry, p.AttackerCountry, country},
		numTargetCountry:   {kindCountry, p.TargetCountry, country},
		numIndustry:        {kindIndustry, p.TargetIndustry, asIs},
		numCategory:        {kindCategory, p.Category, asIs},
		numIndicatorType:   {kindIndicatorType, p.IndicatorType, asIs},
		numTLP:             {kindTLP, p.TLP, strings.TrimSpace},
	} {
		if f.text == nil {
			continue
		}
		var err error
		if d.nums[num], err = c.number(f.k, f.form(*f.text)); err != nil {
			return err
		}
	}
	return nil
}

func asIs(s string) string { return s }

// applyCategory takes over what a new category says; a category that is only
// spelt differently is no new one.
func (p *patch) applyCategory(c *writeTx, cats *categories, d *doc) error {
	old, err := c.value(kindCategory, d.nums[numCategory])
	if err != nil || api.Fold(old) == api.Fold(*p.Category) {
		return err
	}
	cat, err := cats.of(&api.CreateEvent{Category: *p.Category})
	if err != nil {
		return err
	}
	d.killChain = cat.KillChain
	if d.lists[listAttack], err = c.numbers(kindAttack, cat.MitreAttack); err != nil {
		return err
	}
	d.lists[listCapec], err = c.numbers(kindCapec, cat.MitreCapec)
	return err
}

// applyTechniques gives an event kill chain and techniques of its own.
func (p *patch) applyTechniques(c *writeTx, d *doc) (err error) {
	if p.KillChain != nil {
		d.killChain = *p.KillChain
	}
	if p.MitreAttack != nil {
		if d.lists[listAttack], err = c.numbers(kindAttack, *p.MitreAttack); err != nil {
			return err
		}
	}
	if p.MitreCapec != nil {
		d.lists[listCapec], err = c.numbers(kindCapec, *p.MitreCapec)
	}
	return err
}

// value is a dictionary's value, those of this transaction included.
func (c *writeTx) value(k kind, num uint32) (string, error) {
	if values := c.snap.dicts[k].values; int(num) < len(values) {
		return values[num], nil
	}
	var value string
	err := c.s.queryRow(c.ctx, "SELECT value FROM term WHERE kind = ? AND num = ?", int(k), num).Scan(&value)
	if err != nil {
		return "", fmt.Errorf("reading a dictionary: %w", err)
	}
	return value, nil
}

// rawPatch is an api.RawPatch whose fields are known to be right.
type rawPatch struct {
	data   json.RawMessage // nil: stays
	source *string
	tlp    *string
}

// checkRawPatch reads a patch of a raw record; prefix stands before its keys.
func checkRawPatch(prefix string, in api.RawPatch) (*rawPatch, error) {
	p := &rawPatch{source: in.Source, tlp: in.TLP}
	if err := checkPatchText(prefix+"source", &p.source, maxText, false); err != nil {
		return nil, err
	}
	if in.TLP != nil {
		if _, ok := api.ParseTLP(*in.TLP); !ok {
			return nil, api.Errorf(http.StatusBadRequest, "%stlp: want red, amber+strict, amber, green or clear, got %q", prefix, short(*in.TLP))
		}
	}
	if in.Data == nil {
		return p, nil
	}
	p.data = bytes.TrimSpace(in.Data)
	switch {
	case len(p.data) == 0:
		return nil, api.Errorf(http.StatusBadRequest, "%sdata: want an object or null, got nothing", prefix)
	case len(p.data) > maxRaw:
		return nil, api.Errorf(http.StatusBadRequest, "%sdata: want at most %d bytes, got %d", prefix, maxRaw, len(p.data))
	case !json.Valid(p.data):
		return nil, api.Errorf(http.StatusBadRequest, "%sdata: want JSON, got %q", prefix, short(string(p.data)))
	}
	return p, nil
}

// patchRaw changes the raw record of an event, or makes one where there is
// none and the patch has data.
func (e *edit) patchRaw(r *eventRow, p rawPatch) error {
	was, err := e.c.s.rawRow(e.c.ctx, r.id)
	if err != nil {
		return err
	}
	next := rawRow{created: e.c.now}
	if was != nil {
		next = *was
	}
	if was == nil {
		if p.data == nil {
			return api.Errorf(http.StatusBadRequest, "raw.data: required, since event %s has no raw record", uuidText(r.doc.uuid[:]))
		}
		if next.tlp, err = e.c.value(kindTLP, r.doc.nums[numTLP]); err != nil {
			return err
		}
	}
	if p.data != nil {
		if next.data, err = packRaw(&e.c.z, p.data); err != nil {
			return err
		}
	}
	if p.source != nil {
		next.source = *p.source
	}
	if p.tlp != nil {
		next.tlp = *p.tlp
	}
	return e.setRaw(r.id, &next)
}
