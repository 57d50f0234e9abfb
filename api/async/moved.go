package async

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"threatbench/api"
	"threatbench/api/clean"
)

// Conflict is a target that somebody changed meanwhile in what was to be
// changed: it was left as it is.
type Conflict struct {
	Target
	Deleting bool // it was to be deleted: there is no value that was to be
	Fields   []FieldConflict
}

// FieldConflict is a value as it was known, as it is now, and as it was to be.
type FieldConflict struct{ Title, Was, Now, Mine string }

// Overwrite is a Change that replaces what somebody changed meanwhile, knowing
// how it is by now: what is changed after that is a conflict again. False where
// there is none.
func (r ChangeResult) Overwrite() (Change, bool) {
	c := r.Change
	c.steps = r.over
	return c, len(c.steps) > 0
}

// conflictError refuses a change of something that was changed meanwhile.
type conflictError struct{ fields []FieldConflict }

func (e *conflictError) Error() string {
	parts := make([]string, len(e.fields))
	for i, f := range e.fields {
		parts[i] = fmt.Sprintf("%s is %s now, was %s", f.Title, quoted(f.Now), quoted(f.Was))
	}
	return "changed meanwhile, nothing was sent: " + strings.Join(parts, "; ")
}

func conflictOf(fields []FieldConflict) error {
	if len(fields) == 0 {
		return nil
	}
	return &conflictError{fields}
}

// conflict notes that a target was left as it is, and what would overwrite it.
func (w *changeRun) conflict(t Target, fields []FieldConflict, key string, over action) {
	w.set(refused, conflictOf(fields).Error(), t)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.conflicts = append(w.conflicts, Conflict{t, deletes(over), fields})
	w.overSteps = addStep(w.overSteps, w.overAt, fmt.Sprint(w.step, key), over, t)
}

func deletes(a action) bool {
	switch a.(type) {
	case deleting, queryDropped, alertDropped:
		return true
	}
	return false
}

// checked notes whether the server saw to it that nothing came in between.
func (w *changeRun) checked(is bool, err error) {
	if is || err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unguarded = true
}

// addStep adds a target to the step with a key, or begins that.
func addStep(steps []step, at map[string]int, key string, do action, t Target) []step {
	i, begun := at[key]
	if !begun {
		i = len(steps)
		at[key] = i
		steps = append(steps, step{do: do})
	}
	steps[i].on = append(steps[i].on, t)
	return steps
}

// valuesOf are an event's values in the fields that a patch sets.
func valuesOf(p api.EventPatch, e api.Event) (out api.EventPatch) {
	into := patchOf(&out, e)
	for i, f := range patchOf(&p, e) {
		if *f.to != nil {
			now := f.now
			*into[i].to = &now
		}
	}
	return out
}

// unmoved is the targets in which nobody has changed meanwhile what is to be
// set; the others are refused, so that nobody's change is lost unseen.
func (a editing) unmoved(w *changeRun, on []Target, was map[string]api.Event) (out []Target) {
	for _, t := range on {
		now, seen := was[api.Fold(t.ID)]
		if known, is := a.known[api.Fold(t.ID)]; seen && is {
			if moved := a.moved(known, now); len(moved) > 0 {
				a.conflict(w, t, moved, now)
				continue
			}
		}
		out = append(out, t)
	}
	return out
}

func (a editing) conflict(w *changeRun, t Target, moved []FieldConflict, now api.Event) {
	w.mu.Lock()
	w.movedEvent = &now
	w.knownNow[api.Fold(t.ID)] = valuesOf(a.patch, now)
	w.mu.Unlock()
	w.conflict(t, moved, keyOf(a.patch), editing{patch: a.patch, known: w.knownNow})
}

// moved tells field by field what is neither as it was known nor as it is to be.
func (a editing) moved(known api.EventPatch, now api.Event) (out []FieldConflict) {
	was := patchOf(&known, now)
	for i, f := range patchOf(&a.patch, now) {
		if *f.to == nil || *was[i].to == nil {
			continue
		}
		if w := **was[i].to; f.now != w && !sameValue(w, f.now) && !sameValue(**f.to, f.now) {
			out = append(out, FieldConflict{f.name, w, f.now, **f.to})
		}
	}
	return out
}

// movedAnywhere tells what a person may write of an event and somebody changed
// since it was shown.
func movedAnywhere(shown, now api.Event) (out []FieldConflict) {
	for _, f := range api.EventFields() {
		was, is := f.Value(&shown), f.Value(&now)
		switch {
		case f.List != nil && f.Items != nil:
			was, is = strings.Join(sorted(f.Values(&shown)), ", "), strings.Join(sorted(f.Values(&now)), ", ")
		case f.Patch == nil && f.Field != api.FieldKillChain || f.Field == api.FieldCreatedAt:
			continue
		}
		if was != is && !sameValue(was, is) {
			out = append(out, FieldConflict{Title: f.Title, Was: was, Now: is})
		}
	}
	return out
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

// expected is what an event must have when it is changed: what it had when it
// was looked at; false where it wasn't.
func (a editing) expected(t Target, was map[string]api.Event) (api.EventPatch, bool) {
	e, seen := was[api.Fold(t.ID)]
	return valuesOf(a.patch, e), seen
}

// sendOne changes one event, unless somebody changed it since it was looked at.
func (a editing) sendOne(ctx context.Context, w *changeRun, c Changer, t Target, was map[string]api.Event) error {
	known, seen := a.expected(t, was)
	cond, can := w.api.(Conditional)
	if !can || !seen {
		_, err := c.Update(ctx, t.Dataset, t.ID, a.patch)
		w.checked(false, err)
		return err
	}
	var last api.Event
	checked, err := cond.UpdateIf(ctx, t.Dataset, t.ID, a.patch, func(now api.Event) error {
		last = now
		return conflictOf(a.moved(known, now))
	})
	w.checked(checked, err)
	if moved, is := conflictIn(err); is {
		a.conflict(w, t, moved, last)
	}
	return err
}

// sendMany changes the events of a batch by one call, and tells of each that
// somebody changed since it was looked at.
func (a editing) sendMany(ctx context.Context, w *changeRun, c Changer, todo []Target, was map[string]api.Event) (api.UpdateResult, error) {
	cond, can := w.api.(Conditional)
	if !can {
		res, err := c.UpdateMany(ctx, todo[0].Dataset, ids(todo), a.patch)
		w.checked(false, err)
		return res, err
	}
	known := make(map[string]api.EventPatch, len(todo))
	for _, t := range todo {
		if k, seen := a.expected(t, was); seen {
			known[t.ID] = k
		}
	}
	res, checked, err := cond.UpdateManyIf(ctx, todo[0].Dataset, ids(todo), a.patch, known)
	w.checked(checked && len(known) == len(todo), err)
	return res, err
}

// conflictIn are the fields of a conflict in an error's chain.
func conflictIn(err error) ([]FieldConflict, bool) {
	var e *conflictError
	if errors.As(err, &e) {
		return e.fields, true
	}
	return nil, false
}

// changeSaved changes a saved query or an alert that is as it was shown, and
// gives back how it was. ok is false where it wasn't changed.
func changeSaved[T any](w *changeRun, on []Target, p any, shown *T, over func(now T) action,
	read func(Saver) (T, error), write func(Saver) error, writeIf func(Conditional, func(T) error) (bool, error),
) (was T, ok bool) {
	holds := func(now T) error {
		was = now
		if shown == nil {
			return nil
		}
		return conflictOf(movedSaved(p, *shown, now))
	}
	s := w.saver()
	if s == nil {
		return was, false
	}
	var err error
	if cond, can := w.api.(Conditional); can {
		var checked bool
		checked, err = writeIf(cond, holds)
		w.checked(checked, err)
	} else if was, err = read(s); err == nil {
		if err = holds(was); err == nil {
			err = write(s)
			w.checked(false, err)
		}
	}
	if fields, is := conflictIn(err); is {
		w.conflict(on[0], fields, "", over(was))
		return was, false
	}
	if !w.became(err, on...) {
		return was, false
	}
	w.trust(1)
	return was, true
}

// dropSaved deletes a saved query or an alert that is as it was shown, and
// gives back how it was. ok is false where it wasn't deleted.
func dropSaved[T any](w *changeRun, on []Target, shown *T, over func(now T) action,
	read func(Saver) (T, error), write func(Saver) error,
) (was T, ok bool) {
	s := w.saver()
	if s == nil {
		return was, false
	}
	was, err := read(s)
	if err == nil && shown != nil {
		err = conflictOf(movedWritten(*shown, was))
	}
	if fields, is := conflictIn(err); is {
		w.conflict(on[0], fields, "delete", over(was))
		return was, false
	}
	if err == nil {
		err = write(s)
	}
	if !w.became(err, on...) {
		return was, false
	}
	w.trust(1)
	return was, true
}

// movedWritten tells what a person wrote of a saved query or an alert that isn't
// as it was shown.
func movedWritten(shown, now any) (out []FieldConflict) {
	was, is := membersOf(shown), membersOf(now)
	for _, key := range []string{
		"name", "query_json", "alert_enabled", "alert_rollup_enabled", "rule_enabled", "rule_scope", "custom_threat_feed_id",
		"enabled", "frequency", "notification_type",
	} {
		if reflect.DeepEqual(was[key], is[key]) {
			continue
		}
		title := key
		if t, named := savedTitles[key]; named {
			title = t
		}
		out = append(out, FieldConflict{Title: title, Was: worded(was[key]), Now: worded(is[key])})
	}
	return out
}

// savedTitles are what a person calls what isn't called so in the contract.
var savedTitles = map[string]string{
	"query_json": "filter", "alert_enabled": "alerts", "alert_rollup_enabled": "daily roll-up", "rule_enabled": "rule",
	"rule_scope": "rule scope", "custom_threat_feed_id": "threat feed", "enabled": "on", "notification_type": "channel",
}

// movedSaved tells which of what a patch sets is neither as it was shown nor as
// it is to be.
func movedSaved(p, shown, now any) (out []FieldConflict) {
	patch, was, is := membersOf(p), membersOf(shown), membersOf(now)
	for key, mine := range patch {
		if reflect.DeepEqual(was[key], is[key]) || reflect.DeepEqual(mine, is[key]) {
			continue
		}
		title := key
		if t, named := savedTitles[key]; named {
			title = t
		}
		out = append(out, FieldConflict{title, worded(was[key]), worded(is[key]), worded(mine)})
	}
	slices.SortFunc(out, func(a, b FieldConflict) int { return strings.Compare(a.Title, b.Title) })
	return out
}

func membersOf(v any) map[string]any {
	b, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	out, _ := jsonValue(b).(map[string]any)
	return out
}

func worded(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		if v {
			return "yes"
		}
		return "no"
	}
	return clean.Line(fmt.Sprint(v))
}

// movedRaw is what became of a raw record that was shown.
func movedRaw(p api.RawPatch, shown json.RawMessage, now api.Raw) []FieldConflict {
	if shown == nil || p.Data == nil || sameJSON(shown, now.Data) || sameJSON(p.Data, now.Data) {
		return nil
	}
	return []FieldConflict{{"raw data", string(shown), string(now.Data), string(p.Data)}}
}

func sameJSON(a, b []byte) bool {
	return bytes.Equal(a, b) || reflect.DeepEqual(jsonValue(a), jsonValue(b))
}

// jsonValue is the value a text holds, nil where it is no JSON.
func jsonValue(b []byte) (v any) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil
	}
	return v
}

// quoted is a value in a message, cut where it is long.
func quoted(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "..."
	}
	return fmt.Sprintf("%q", s)
}
