package async

import (
	"context"
	"slices"

	"threatbench/api"
	"threatbench/api/clean"
)

// changer is the client, or nil after noting that it can change nothing.
func (w *changeRun) changer() Changer {
	c, err := able[Changer](w.api, "changing events")
	if err != nil {
		w.stop(err)
		return nil
	}
	return c
}

// unlessSo is the targets that aren't yet as an action makes them; the others
// it leaves unchanged.
func (w *changeRun) unlessSo(on []Target, so func(Target) bool) (todo []Target) {
	for _, t := range on {
		if so(t) {
			w.set(unchanged, "", t)
			continue
		}
		todo = append(todo, t)
	}
	return todo
}

// listing adds values to a list of each event, or takes them out: tags, or
// references. Values compare without case, as the server does.
type listing struct {
	values []string
	refs   bool
	off    bool
}

func (listing) onEvents() {}

func (a listing) run(ctx context.Context, w *changeRun, on []Target) {
	c := w.changer()
	if c == nil {
		return
	}
	was, ok := w.before(ctx, on)
	if !ok {
		return
	}
	todo := w.unlessSo(on, func(t Target) bool {
		e, seen := was[api.Fold(t.ID)]
		return seen && len(a.effect(e)) == 0
	})
	w.each(todo, func(t Target) error { return a.send(ctx, c, t.ID) }, func(t Target) {
		e, seen := was[api.Fold(t.ID)]
		if !seen {
			w.cannotUndo("some events could not be read before they changed")
			return
		}
		reverse := listing{values: a.effect(e), refs: a.refs, off: !a.off}
		w.back(keyOf(reverse.values), reverse, t)
	})
	w.verify(ctx, todo, func(e api.Event, there bool) bool { return there && len(a.effect(e)) == 0 })
}

func (a listing) send(ctx context.Context, c Changer, id string) error {
	switch {
	case a.refs && a.off:
		return c.RemoveReferences(ctx, id, a.values)
	case a.refs:
		return c.AddReferences(ctx, id, a.values)
	case a.off:
		return c.RemoveTags(ctx, id, a.values)
	}
	return c.AddTags(ctx, id, a.values)
}

// effect is what the action would add to an event or take from it, the latter
// in the event's own spelling.
func (a listing) effect(e api.Event) (out []string) {
	have := e.Tags
	if a.refs {
		have = e.References
	}
	if a.off {
		for _, h := range have {
			if holdsFolded(a.values, h) {
				out = append(out, h)
			}
		}
		return out
	}
	for _, v := range a.values {
		if !holdsFolded(have, v) {
			out = append(out, v)
		}
	}
	return out
}

func holdsFolded(list []string, s string) bool {
	return slices.ContainsFunc(list, func(x string) bool { return api.Fold(x) == api.Fold(s) })
}

// editing sets fields of each event.
type editing struct {
	patch api.EventPatch
	known map[string]api.EventPatch // what the events, by their folded ids, had when the new values were written
}

func (editing) onEvents() {}

func (a editing) run(ctx context.Context, w *changeRun, on []Target) {
	c := w.changer()
	if c == nil {
		return
	}
	was, ok := w.before(ctx, on)
	if !ok {
		return
	}
	if on = a.unmoved(w, on, was); len(on) == 0 {
		return
	}
	cats := a.categories(ctx, w)
	todo := w.unlessSo(on, func(t Target) bool {
		e, seen := was[api.Fold(t.ID)]
		return seen && a.patch.Raw == nil && inverse(a.patch, e) == (api.EventPatch{})
	})
	a.send(ctx, w, c, todo, was)
	for _, t := range w.doneOf(todo) {
		e, seen := was[api.Fold(t.ID)]
		a.takeBack(w, t, e, seen, cats)
	}
	w.verify(ctx, todo, func(e api.Event, there bool) bool {
		if !there || !reads(a.patch, e) {
			return false
		}
		w.after[api.Fold(e.UUID)] = valuesOf(a.patch, e)
		return true
	})
}

// send changes the batch by one call where the contract has one for it. One
// event that isn't there must not keep the others from changing.
func (a editing) send(ctx context.Context, w *changeRun, c Changer, todo []Target, was map[string]api.Event) {
	if len(todo) == 0 || w.stopped() {
		return
	}
	if a.patch.Date == nil && len(todo) > 1 && todo[0].Dataset != "" {
		res, err := a.sendMany(ctx, w, c, todo, was)
		if f, _ := outcomeOf(err); f != refused || api.StatusOf(err) != 404 {
			w.became(err, todo...)
			todo = a.failures(w, todo, res, was)
		}
	}
	w.each(todo, func(t Target) error { return a.sendOne(ctx, w, c, t, was) }, func(Target) {})
}

// failures takes in which of many events were not changed, and gives back those
// that are to be asked one by one: somebody changed them, for all the server
// sees, but not in a way that shows here.
func (a editing) failures(w *changeRun, todo []Target, res api.UpdateResult, was map[string]api.Event) (again []Target) {
	why := make(map[string]api.UpdateFailure, len(res.Failures))
	for _, f := range res.Failures {
		why[api.Fold(f.EventID)] = f
	}
	for _, t := range todo {
		f, failed := why[api.Fold(t.ID)]
		if !failed {
			continue
		}
		if f.Now == nil {
			w.set(refused, f.Error, t)
			continue
		}
		known, _ := a.expected(t, was)
		if moved := a.moved(known, *f.Now); len(moved) > 0 {
			a.conflict(w, t, moved, *f.Now)
			continue
		}
		w.set(unsent, "", t)
		again = append(again, t)
	}
	return again
}

// categories are the categories by their folded names, where a change of one
// takes kill chain and techniques along.
func (a editing) categories(ctx context.Context, w *changeRun) map[string]api.Category {
	if a.patch.Category == nil {
		return nil
	}
	list, err := w.api.Categories(ctx)
	if err != nil {
		return nil // then taking it back gives the events what the old category says
	}
	byName := make(map[string]api.Category, len(list))
	for _, c := range list {
		byName[api.Fold(c.Name)] = c
	}
	return byName
}

func (a editing) takeBack(w *changeRun, t Target, e api.Event, seen bool, cats map[string]api.Category) {
	old := inverse(a.patch, e)
	if c, known := cats[api.Fold(e.Category)]; old.Category != nil && known && !asCategory(e, c) {
		// The event had kill chain and techniques of its own: the category
		// alone wouldn't bring them back.
		old.KillChain, old.MitreAttack, old.MitreCapec = &e.KillChain, listed(e.MitreAttack), listed(e.MitreCapec)
	}
	switch {
	case !seen:
		w.cannotUndo("some events could not be read before they changed")
	case a.patch.Raw != nil:
		w.cannotUndo("the raw records were changed along with the events")
	case neutralised(old):
		w.cannotUndo("some old values held characters that can't be put back exactly")
	default:
		w.mu.Lock()
		w.after[api.Fold(t.ID)] = textsOf(a.patch)
		w.mu.Unlock()
		w.back(keyOf(old), editing{patch: old, known: w.after}, t)
	}
}

// asCategory tells whether an event has what its category says.
func asCategory(e api.Event, c api.Category) bool {
	return e.KillChain == c.KillChain && sameList(e.MitreAttack, c.MitreAttack) && sameList(e.MitreCapec, c.MitreCapec)
}

// listed is a list to be set: none is set as an empty one, for null says nothing.
func listed(list []string) *[]string {
	list = append([]string{}, list...)
	return &list
}

// sameList compares lists whatever their order and case.
func sameList(a, b []string) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(s string) bool { return !holdsFolded(b, s) })
}

// patched is a field of a patch beside what the event has there.
type patched struct {
	name string
	to   **string
	now  string
}

func patchOf(p *api.EventPatch, e api.Event) []patched {
	var out []patched
	for _, f := range api.EventFields() {
		if f.Patch != nil {
			out = append(out, patched{f.Title, f.Patch(p), f.Value(&e)})
		}
	}
	return out
}

// patchedFields are the names of what a patch changes.
func patchedFields(p api.EventPatch) (out []string) {
	for _, f := range patchOf(&p, api.Event{}) {
		if *f.to != nil {
			out = append(out, f.name)
		}
	}
	if p.Raw != nil {
		out = append(out, "raw data")
	}
	return out
}

// textsOf is a patch without what isn't a text or a moment of the event.
func textsOf(p api.EventPatch) api.EventPatch {
	p.KillChain, p.MitreAttack, p.MitreCapec, p.Raw = nil, nil, nil, nil
	return p
}

// inverse is the patch that gives an event back what another would change.
func inverse(p api.EventPatch, e api.Event) api.EventPatch {
	var old api.EventPatch
	into := patchOf(&old, e)
	for i, f := range patchOf(&p, e) {
		if *f.to != nil && **f.to != f.now {
			now := f.now
			*into[i].to = &now
		}
	}
	if p.KillChain != nil && *p.KillChain != e.KillChain {
		old.KillChain = &e.KillChain
	}
	if p.MitreAttack != nil && !sameList(*p.MitreAttack, e.MitreAttack) {
		old.MitreAttack = listed(e.MitreAttack)
	}
	if p.MitreCapec != nil && !sameList(*p.MitreCapec, e.MitreCapec) {
		old.MitreCapec = listed(e.MitreCapec)
	}
	return old
}

// reads tells whether an event has what a patch sets, as far as the spelling
// of what comes back allows to tell.
func reads(p api.EventPatch, e api.Event) bool {
	for _, f := range patchOf(&p, e) {
		if *f.to != nil && !sameValue(**f.to, f.now) {
			return false
		}
	}
	return (p.KillChain == nil || *p.KillChain == e.KillChain) &&
		(p.MitreAttack == nil || sameList(*p.MitreAttack, e.MitreAttack)) &&
		(p.MitreCapec == nil || sameList(*p.MitreCapec, e.MitreCapec))
}

func sameValue(want, got string) bool {
	if api.Fold(clean.Line(want)) == api.Fold(clean.Line(got)) || clean.Text(want) == got {
		return true
	}
	w, werr := api.ParseTime(want)
	g, gerr := api.ParseTime(got)
	return werr == nil && gerr == nil && w.Equal(g.Time)
}

// neutralised tells whether a value may have been made harmless on its way
// here, so that it isn't what the server holds.
func neutralised(p api.EventPatch) bool {
	for _, f := range patchOf(&p, api.Event{}) {
		if *f.to == nil {
			continue
		}
		for _, r := range **f.to {
			if r == '⟨' || r == '⏎' || r >= '\u2400' && r <= '\u2426' {
				return true
			}
		}
	}
	return false
}

// relating hangs the targets under a parent, or takes them from there.
type relating struct {
	parent Target
	kind   string
	off    bool
}

func (relating) onEvents() {}

func (a relating) run(ctx context.Context, w *changeRun, on []Target) {
	c := w.changer()
	if c == nil {
		return
	}
	was, known, err := a.children(ctx, w)
	if f, _ := outcomeOf(err); f == unsent {
		w.stop(err)
		return
	}
	todo := w.unlessSo(on, func(t Target) bool { return known && was[api.Fold(t.ID)] != a.off })
	if len(todo) == 0 {
		return
	}
	a.send(ctx, w, c, todo)
	for _, t := range w.doneOf(todo) {
		if !known {
			w.cannotUndo("the server would not tell which events were related before")
			continue
		}
		w.back("", relating{parent: a.parent, kind: a.kind, off: !a.off}, t)
	}
	a.confirm(ctx, w, todo)
}

// children are the events under the parent; known is false where the server
// can't say.
func (a relating) children(ctx context.Context, w *changeRun) (have map[string]bool, known bool, err error) {
	g, can := w.api.(Grapher)
	if !can {
		return nil, false, nil
	}
	have = map[string]bool{}
	for page := 1; ; page++ {
		p, err := g.Related(ctx, a.parent.ID, api.RelatedQuery{
			DatasetID: a.parent.Dataset, Direction: api.Descendants, MaxDepth: 1, RelationshipTypes: []string{a.kind},
			Page: page, PageSize: relatedPage,
		})
		if err != nil {
			return nil, false, err
		}
		for _, e := range p.Events {
			have[api.Fold(e.UUID)] = true
		}
		if len(p.Events) < relatedPage {
			return have, true, nil
		}
	}
}

// relatedPage is how many related events one call brings.
const relatedPage = 1000

func (a relating) send(ctx context.Context, w *changeRun, c Changer, todo []Target) {
	in := api.RelateEvents{ParentID: a.parent.ID, ChildIDs: ids(todo), RelationshipType: a.kind, DatasetID: a.parent.Dataset}
	var errs []api.RelateError
	var err error
	if a.off {
		var res api.UnrelateResult
		res, err = c.Unrelate(ctx, in)
		errs = res.Errors
	} else {
		var res api.RelateResult
		res, err = c.Relate(ctx, in)
		errs = res.Errors
	}
	w.became(err, todo...)
	for _, e := range errs {
		for _, t := range todo {
			if api.Fold(t.ID) == api.Fold(e.ChildID) {
				w.set(refused, e.Error, t)
			}
		}
	}
}

func (a relating) confirm(ctx context.Context, w *changeRun, todo []Target) {
	todo = w.doneOf(todo)
	if len(todo) == 0 {
		return
	}
	have, known, _ := a.children(ctx, w)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range todo {
		switch {
		case !known:
			w.unlooked = true
		case have[api.Fold(t.ID)] != a.off:
			w.right++
		default:
			w.doubtful = append(w.doubtful, t)
		}
	}
}

// creating makes one event.
type creating struct{ in api.CreateEvent }

func (creating) unrepeatable() {}

func (a creating) run(ctx context.Context, w *changeRun, on []Target) {
	c := w.changer()
	if c == nil {
		return
	}
	e, err := c.Create(ctx, a.in)
	if !w.became(err, on...) {
		return
	}
	made := Target{Dataset: e.DatasetID, ID: e.UUID}
	w.create(made)
	if sameValue(a.in.Event, e.Event) { // else the answer isn't the event as it is
		w.mu.Lock()
		w.madeEvents[api.Fold(e.UUID)] = e
		w.mu.Unlock()
	}
	w.back("", deleting{w.madeEvents}, made)
	w.trust(1)
}
