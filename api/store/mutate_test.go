package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"threatbench/api"
)

// Random changes, made in the store and, the plainest way, in the model.

// mutate makes one random change.
func mutate(t *rapid.T, d *DB, m *model, other string) {
	if len(m.events) == 0 {
		return
	}
	changes := map[string]func(*rapid.T, *DB, *model, string){
		"update": mutateOne, "update many": mutateMany, "delete": mutateDelete, "tags": mutateTags,
		"references": mutateReferences, "raw": mutateRaw, "relationships": mutateRelationships,
	}
	if other != "" {
		changes["move"], changes["copy"] = mutateMove, mutateCopy
	}
	names := make([]string, 0, len(changes))
	for name := range changes {
		names = append(names, name)
	}
	slices.Sort(names)
	changes[rapid.SampledFrom(names).Draw(t, "change")](t, d, m, other)
}

func genPatch() *rapid.Generator[api.EventPatch] {
	return rapid.Custom(func(t *rapid.T) api.EventPatch {
		in := genCreate().Draw(t, "new values")
		var p api.EventPatch
		for name, f := range map[string]struct {
			to   **string
			from *string
		}{
			"a date": {&p.Date, &in.Date}, "b created": {&p.CreatedAt, &in.CreatedAt}, "c event": {&p.Event, &in.Event},
			"d category": {&p.Category, &in.Category}, "e attacker": {&p.Attacker, &in.Attacker}, "f from": {&p.AttackerCountry, &in.AttackerCountry},
			"g to": {&p.TargetCountry, &in.TargetCountry}, "h industry": {&p.TargetIndustry, &in.TargetIndustry},
			"i indicator": {&p.Indicator, &in.Indicator}, "j type": {&p.IndicatorType, &in.IndicatorType},
			"k insight": {&p.Insight, &in.Insight}, "l tlp": {&p.TLP, &in.TLP},
		} {
			// Which fields is a function of the name and one number, so that the
			// order of the map doesn't matter.
			if mask := in.UUID; strings.Contains(mask[:8], string(name[0])) || mask[9]%3 == name[0]%3 {
				*f.to = f.from
			}
		}
		if rapid.IntRange(0, 3).Draw(t, "raw") == 0 {
			p.Raw = &api.RawPatch{Data: json.RawMessage(`{"patched":true}`)}
		}
		return p
	})
}

// update lays a patch over an event, as the store must.
func (m *model) update(i int, p api.EventPatch) {
	e := &m.events[i]
	for to, from := range map[*string]*string{
		&e.Event: p.Event, &e.Attacker: p.Attacker, &e.TargetIndustry: p.TargetIndustry, &e.Indicator: p.Indicator,
		&e.IndicatorType: p.IndicatorType, &e.Insight: p.Insight, &e.TLP: p.TLP,
	} {
		if from != nil {
			*to = *from
		}
	}
	for to, from := range map[*api.Time]*string{&e.Date: p.Date, &e.CreatedAt: p.CreatedAt} {
		if from == nil {
			continue
		}
		var err error
		if *to, err = api.ParseTime(*from); err != nil {
			panic(err)
		}
	}
	if p.AttackerCountry != nil {
		c := codesOf(*p.AttackerCountry)
		e.AttackerCountry, e.AttackerCountryAlpha3 = c[0], c[1]
	}
	if p.TargetCountry != nil {
		c := codesOf(*p.TargetCountry)
		e.TargetCountry, e.TargetCountryAlpha3 = c[0], c[1]
	}
	if p.Category != nil {
		m.recategorise(e, *p.Category)
	}
	if p.Raw != nil {
		raw, known := m.raws[e.UUID]
		if !known {
			raw = api.RawInput{TLP: e.TLP}
		}
		raw.Data = p.Raw.Data
		m.raws[e.UUID] = raw
	}
}

func (m *model) recategorise(e *api.Event, name string) {
	if api.Fold(name) != api.Fold(e.Category) {
		cat, known := m.cats[api.Fold(name)]
		if !known {
			cat = api.Category{MitreAttack: []string{}, MitreCapec: []string{}}
			m.cats[api.Fold(name)] = cat
		}
		e.KillChain, e.MitreAttack, e.MitreCapec = cat.KillChain, slices.Clone(cat.MitreAttack), slices.Clone(cat.MitreCapec)
	}
	e.Category = name
}

func (m *model) pick(t *rapid.T) int { return rapid.IntRange(0, len(m.events)-1).Draw(t, "which") }

func mutateOne(t *rapid.T, d *DB, m *model, _ string) {
	i, p := m.pick(t), genPatch().Draw(t, "patch")
	dataset := rapid.SampledFrom([]string{"", m.events[i].DatasetID}).Draw(t, "by dataset")
	if _, err := d.Update(context.Background(), Actor{"tester"}, testAccount, dataset, m.events[i].UUID, p); err != nil {
		t.Fatalf("Update %+v: %v", p, err)
	}
	m.update(i, p)
}

// some are events of one dataset, some repeated, and ids that aren't there.
func (m *model) some(t *rapid.T) (dataset string, ids []string, places []int) {
	dataset = m.events[m.pick(t)].DatasetID
	for range rapid.IntRange(1, 12).Draw(t, "n") {
		i := m.pick(t)
		e := m.events[i]
		ids = append(ids, e.UUID)
		if e.DatasetID == dataset && !slices.Contains(places, i) {
			places = append(places, i)
		}
	}
	return dataset, append(ids, "00000000-0000-4000-8000-000000000000", strings.ToUpper(ids[0])), places
}

func mutateMany(t *rapid.T, d *DB, m *model, _ string) {
	dataset, ids, places := m.some(t)
	p := genPatch().Draw(t, "patch")
	p.Date = nil
	if p == (api.EventPatch{}) {
		return
	}
	res, err := d.UpdateMany(context.Background(), Actor{"tester"}, testAccount, dataset, ids, p)
	if err != nil {
		t.Fatal(err)
	}
	if want := len(uniqueIDs(ids)) - len(places); res.UpdatedCount != len(places) || res.FailedCount != want || len(res.Failures) != want {
		t.Fatalf("update of %v gave %+v, want %d updated, %d failed", ids, res, len(places), want)
	}
	for _, i := range places {
		m.update(i, p)
	}
}

// remove takes an event and all its edges away.
func (m *model) remove(id string) {
	m.events = slices.DeleteFunc(m.events, func(e api.Event) bool { return e.UUID == id })
	delete(m.raws, id)
	for k := range m.edges {
		if k.Parent == id || k.Child == id {
			delete(m.edges, k)
		}
	}
	for i := range m.events {
		e := &m.events[i]
		is := func(u string) bool { return u == id }
		e.References, e.Referenced = slices.DeleteFunc(e.References, is), slices.DeleteFunc(e.Referenced, is)
		e.NumReferences, e.NumReferenced = len(e.References), len(e.Referenced)
	}
	m.derive()
}

func mutateDelete(t *rapid.T, d *DB, m *model, _ string) {
	dataset, ids, places := m.some(t)
	n, err := d.Delete(context.Background(), Actor{"tester"}, testAccount, dataset, ids)
	if err != nil || n != len(places) {
		t.Fatalf("deleting %v: %d, %v, want %d", ids, n, err, len(places))
	}
	var gone []string
	for _, i := range places {
		gone = append(gone, m.events[i].UUID)
	}
	for _, id := range gone {
		m.remove(id)
	}
}

func mutateTags(t *rapid.T, d *DB, m *model, _ string) {
	e := &m.events[m.pick(t)]
	tags := unique(append(genList().Draw(t, "tags"), "new"))
	if rapid.Bool().Draw(t, "add") {
		if err := d.AddTags(context.Background(), Actor{"tester"}, testAccount, e.UUID, tags); err != nil {
			t.Fatal(err)
		}
		e.Tags = unique(append(slices.Clone(e.Tags), tags...))
		return
	}
	if err := d.RemoveTags(context.Background(), Actor{"tester"}, testAccount, e.UUID, tags); err != nil {
		t.Fatal(err)
	}
	e.Tags = slices.DeleteFunc(slices.Clone(e.Tags), func(s string) bool {
		return slices.ContainsFunc(tags, func(o string) bool { return strings.EqualFold(o, s) })
	})
}

func mutateReferences(t *rapid.T, d *DB, m *model, _ string) {
	src, dst := m.pick(t), m.pick(t)
	from, to := m.events[src].UUID, m.events[dst].UUID
	if src == dst {
		if err := d.AddReferences(context.Background(), Actor{"tester"}, testAccount, from, []string{to}); api.StatusOf(err) != 400 {
			t.Fatalf("a reference to itself gave %v", err)
		}
		return
	}
	known := slices.Contains(m.events[src].References, to)
	if rapid.Bool().Draw(t, "add") {
		if err := d.AddReferences(context.Background(), Actor{"tester"}, testAccount, from, []string{to}); err != nil {
			t.Fatal(err)
		}
		if !known {
			m.refer(src, dst)
		}
		return
	}
	if err := d.RemoveReferences(context.Background(), Actor{"tester"}, testAccount, from, []string{to}); err != nil {
		t.Fatal(err)
	}
	m.unrefer(src, dst)
}

func (m *model) unrefer(src, dst int) {
	from, to := &m.events[src], &m.events[dst]
	from.References = slices.DeleteFunc(slices.Clone(from.References), func(u string) bool { return u == to.UUID })
	to.Referenced = slices.DeleteFunc(slices.Clone(to.Referenced), func(u string) bool { return u == from.UUID })
	from.NumReferences, to.NumReferenced = len(from.References), len(to.Referenced)
}

func mutateRaw(t *rapid.T, d *DB, m *model, _ string) {
	e := m.events[m.pick(t)]
	now, err := d.Event(context.Background(), testAccount, "", e.UUID)
	if err != nil {
		t.Fatal(err)
	}
	source := genWord().Draw(t, "source")
	p := api.RawPatch{Data: json.RawMessage(fmt.Sprintf(`{"n":%d}`, rapid.IntRange(0, 1<<20).Draw(t, "n"))), Source: &source}
	_, err = d.UpdateRaw(context.Background(), Actor{"tester"}, testAccount, e.UUID, now.RawID, p)
	raw, known := m.raws[e.UUID]
	if !known {
		if api.StatusOf(err) != 404 {
			t.Fatalf("updating no raw record gave %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	raw.Data, raw.Source = p.Data, source
	m.raws[e.UUID] = raw
}

func mutateRelationships(t *rapid.T, d *DB, m *model, _ string) {
	k := Edge{Parent: m.events[m.pick(t)].UUID, Child: m.events[m.pick(t)].UUID, Type: rapid.SampledFrom(api.RelationshipTypes()).Draw(t, "type")}
	want := rapid.Bool().Draw(t, "add")
	set := d.Unrelate
	if want {
		set = d.Relate
	}
	n, errs, err := set(context.Background(), Actor{"tester"}, testAccount, []Edge{k})
	if err != nil || (len(errs) > 0) != (k.Parent == k.Child) {
		t.Fatalf("%+v: %v, %v", k, errs, err)
	}
	if k.Parent == k.Child {
		return
	}
	if (n == 1) != (m.edges[k] != want) {
		t.Fatalf("%+v: %d changed", k, n)
	}
	if want {
		m.edges[k] = true
	} else {
		delete(m.edges, k)
	}
	m.derive()
}

// elsewhere is the one of two datasets that the given one isn't.
func elsewhere(dataset, other string) string {
	if dataset == other {
		return defaultDataset(testAccount).UUID
	}
	return other
}

func mutateMove(t *rapid.T, d *DB, m *model, other string) {
	dataset, ids, places := m.some(t)
	to, keep := elsewhere(dataset, other), rapid.Bool().Draw(t, "keep raw")
	res, err := d.Move(context.Background(), Actor{"tester"}, testAccount, Transfer{From: dataset, To: to, EventIDs: ids, KeepRaw: keep})
	if err != nil {
		t.Fatal(err)
	}
	links, indicators := map[Edge]bool{}, 0
	for _, i := range places {
		e := &m.events[i]
		e.DatasetID = to
		if e.Indicator != "" {
			indicators++
		}
		for k := range m.edges {
			if k.Parent == e.UUID || k.Child == e.UUID {
				links[k] = true
			}
		}
		if !keep {
			delete(m.raws, e.UUID)
		}
	}
	if res.Moved != len(places) || res.RelationshipsCopied != len(links) || res.IndicatorsCopied != indicators || len(res.InsertFailures) != len(uniqueIDs(ids))-len(places) {
		t.Fatalf("moving %v gave %+v, want %d, %d relationships, %d indicators", ids, res, len(places), len(links), indicators)
	}
}

func mutateCopy(t *rapid.T, d *DB, m *model, other string) {
	ctx := context.Background()
	dataset, ids, places := m.some(t)
	to, keep := elsewhere(dataset, other), rapid.Bool().Draw(t, "keep raw")
	v, err := d.readTx(ctx)
	if err != nil {
		t.Fatal(err)
	}
	next := v.snap.next
	v.close()
	res, err := d.Copy(ctx, Actor{"tester"}, testAccount, Transfer{From: dataset, To: to, EventIDs: ids, KeepRaw: keep})
	if err != nil || res.Copied != len(places) {
		t.Fatalf("copying %v gave %+v, %v, want %d", ids, res, err, len(places))
	}
	if v, err = d.readTx(ctx); err != nil {
		t.Fatal(err)
	}
	defer v.close()
	copies := map[string]string{}
	for n, i := range places {
		r, err := v.s.row(ctx, next+int64(n))
		if err != nil || r == nil {
			t.Fatalf("copy %d is not there: %v", n, err)
		}
		copies[m.events[i].UUID] = uuidText(r.doc.uuid[:])
	}
	if n := m.copy(places, copies, to, keep); n != res.RelationshipsCopied {
		t.Fatalf("%d relationships copied, want %d", res.RelationshipsCopied, n)
	}
}

// copy copies events under the UUIDs given, and answers how many relationships
// that made.
func (m *model) copy(places []int, copies map[string]string, to string, keepRaw bool) int {
	there := func(id string) string {
		if c, copied := copies[id]; copied {
			return c
		}
		return id
	}
	base := len(m.events)
	for _, i := range places {
		e := m.events[i]
		old := e.UUID
		e.UUID, e.DatasetID = copies[old], to
		e.Tags, e.References, e.Referenced, e.NumReferences, e.NumReferenced = slices.Clone(e.Tags), []string{}, []string{}, 0, 0
		m.events = append(m.events, e)
		if raw, has := m.raws[old]; has && keepRaw {
			m.raws[e.UUID] = raw
		}
	}
	at := map[string]int{}
	for i, e := range m.events {
		at[e.UUID] = i
	}
	made := map[Edge]bool{}
	for k := range m.edges {
		if c := (Edge{Parent: there(k.Parent), Child: there(k.Child), Type: k.Type}); c != k {
			made[c] = true
		}
	}
	for k := range made {
		m.edges[k] = true
	}
	for n, i := range places {
		for _, u := range slices.Clone(m.events[i].References) {
			m.refer(base+n, at[there(u)])
		}
	}
	m.derive()
	return len(made)
}

// clone is a copy of the model that later changes leave alone.
func (m *model) clone() *model {
	c := &model{events: slices.Clone(m.events), edges: maps.Clone(m.edges), raws: maps.Clone(m.raws), cats: maps.Clone(m.cats)}
	for i := range c.events {
		e := &c.events[i]
		e.Tags, e.References, e.Referenced = slices.Clone(e.Tags), slices.Clone(e.References), slices.Clone(e.Referenced)
	}
	return c
}
