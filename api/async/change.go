package async

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"threatbench/api"
)

// Target is what a change touches: an event, with the dataset it lies in. A
// Dataset "" is found out before the change begins. Of a dataset itself ID is
// "", of a saved query or an alert ID is its number.
type Target struct{ Dataset, ID string }

// Targets are the targets of events, in their order.
func Targets(events []api.Event) []Target {
	out := make([]Target, len(events))
	for i, e := range events {
		out[i] = Target{Dataset: e.DatasetID, ID: e.UUID}
	}
	return out
}

// Kind is what a change does.
type Kind string

// The kinds of changes.
const (
	KindTag         Kind = "tag"
	KindUntag       Kind = "untag"
	KindEdit        Kind = "edit"
	KindRelate      Kind = "relate"
	KindUnrelate    Kind = "unrelate"
	KindReference   Kind = "reference"
	KindUnreference Kind = "unreference"
	KindMove        Kind = "move"
	KindCopy        Kind = "copy"
	KindDelete      Kind = "delete"
	KindRaw         Kind = "edit raw data"
	KindCreate      Kind = "create"
	KindRevert      Kind = "revert"
	KindDataset     Kind = "dataset"
	KindQuery       Kind = "saved query"
	KindAlert       Kind = "alert"
	KindInbox       Kind = "inbox" // of records only: marking as read is no Change
)

// Way tells whether a change is made for the first time or by the undo stack.
type Way int

// The ways.
const (
	Forward Way = iota
	Undoing
	Redoing
)

// Change is one change of data: what is done to which targets. The targets are
// frozen when it is made, and exactly those are sent. Make one with the
// functions below, and run it with Layer.Do.
type Change struct {
	Kind  Kind
	Label string // what it does, for a person: tag 42 events with c2
	Way   Way
	steps []step

	blocked string // on an UndoStack: why there is no such change
}

// step is one action on some targets.
type step struct {
	on []Target
	do action
}

// Targets are what the change touches, in the order in which it was frozen.
func (c Change) Targets() []Target {
	var out []Target
	for _, s := range c.steps {
		out = append(out, s.on...)
	}
	return out
}

// Count is how many targets there are.
func (c Change) Count() (n int) {
	for _, s := range c.steps {
		n += len(s.on)
	}
	return n
}

// Loosens tells whether the change gives an event a less strict marking than it
// has. A marking that can't be read counts as the strictest.
func (c Change) Loosens(e api.Event) bool {
	for _, s := range c.steps {
		do, ok := s.do.(editing)
		if !ok || do.patch.TLP == nil {
			continue
		}
		next, read := api.ParseTLP(*do.patch.TLP)
		now, known := api.ParseTLP(e.TLP)
		if !known && e.TLP != "" {
			now = api.TLPRed
		}
		if read && next < now {
			return true
		}
	}
	return false
}

// Failure is a target that was refused, and why.
type Failure struct {
	Target
	Reason string
}

// ChangeResult is what became of a Change. Every target is in exactly one of Done,
// Unchanged, Failed, Unknown and NotBegun, each in frozen order.
type ChangeResult struct {
	Change    Change
	Done      []Target
	Unchanged []Target  // were so already: nothing was sent
	Failed    []Failure // the server refused them
	Unknown   []Target  // sent, and no usable answer came
	NotBegun  []Target  // not sent
	Made      []Target  // events that were created: copies, new events

	// Confirmed counts those of Done that read as they should afterwards,
	// -1 where this couldn't be looked up; Doubtful are the rest of them.
	Confirmed int
	Doubtful  []Target

	Conflicts []Conflict // those of Failed that somebody changed meanwhile
	Moved     *api.Event // how the last event among them is now

	// Unguarded tells that something was sent to a server that can't refuse it
	// where somebody changed the same in the same moment: it was read right
	// before, but what came in the one call between was replaced.
	Unguarded bool

	Undo   *Change // takes Done back; nil where that can't be done
	NoUndo string  // why Undo is nil, or what it leaves out; "" where it is whole

	Err  error // why it ended before its end: cancelled, no connection
	Took time.Duration

	rest, again, over []step
	renumbered        []renumbering
}

// Rest is a Change that does what this one didn't get to, once: what wasn't
// begun, and of what is unknown that which harms nothing when sent again. It
// is false where nothing is left to do.
func (r ChangeResult) Rest() (Change, bool) {
	c := r.Change
	c.steps = r.rest
	return c, len(c.steps) > 0
}

// Retry is a Change that tries again what failed; false where nothing did.
func (r ChangeResult) Retry() (Change, bool) {
	c := r.Change
	c.steps = r.again
	return c, len(c.steps) > 0
}

// ChangeDone ends a Layer.Do. It comes however the change ended, and is to be
// heeded even where its Tag is no longer current.
type ChangeDone struct {
	RequestTag
	Result ChangeResult
}

// AuditRecord is an entry of the audit log: one change, when it began, and
// what became of it.
type AuditRecord struct {
	At     time.Time
	Result ChangeResult
}

// Why a change isn't begun.
var (
	ErrBusy     = errors.New("another change is still running")
	ErrReadOnly = errors.New("this session is read-only")
)

func changeOf(k Kind, label string, do action, on []Target) Change {
	return Change{Kind: k, Label: label, steps: []step{{on: distinct(on), do: do}}}
}

func distinct(on []Target) []Target {
	seen := make(map[Target]bool, len(on))
	out := make([]Target, 0, len(on))
	for _, t := range on {
		if !seen[t] {
			seen[t] = true
			out = append(out, t)
		}
	}
	return out
}

func ids(on []Target) []string {
	out := make([]string, len(on))
	for i, t := range on {
		out[i] = t.ID
	}
	return out
}

// TagEvents puts tags on events.
func TagEvents(on []Target, tags []string) Change {
	return changeOf(KindTag, fmt.Sprintf("tag %s with %s", events(len(on)), some(tags)), listing{values: slices.Clone(tags)}, on)
}

// UntagEvents takes tags off events.
func UntagEvents(on []Target, tags []string) Change {
	return changeOf(KindUntag, fmt.Sprintf("remove %s from %s", some(tags), events(len(on))), listing{values: slices.Clone(tags), off: true}, on)
}

// ReferTo makes events refer to others, named by their UUIDs.
func ReferTo(on []Target, others []string) Change {
	label := fmt.Sprintf("make %s refer to %s", events(len(on)), events(len(others)))
	return changeOf(KindReference, label, listing{values: slices.Clone(others), refs: true}, on)
}

// UnreferTo ends events' referring to others.
func UnreferTo(on []Target, others []string) Change {
	label := fmt.Sprintf("end references of %s to %s", events(len(on)), events(len(others)))
	return changeOf(KindUnreference, label, listing{values: slices.Clone(others), refs: true, off: true}, on)
}

// EditEvents sets the same fields on events. The values were written while they
// were shown as given, some of them or all: where somebody changed one of the
// same fields meanwhile the event is left as it is, and is among the result's
// Conflicts. Those that weren't shown are held against how they are when their
// turn comes.
func EditEvents(on []Target, p api.EventPatch, shown []api.Event) Change {
	known := make(map[string]api.EventPatch, len(shown))
	for i := range shown {
		known[api.Fold(shown[i].UUID)] = valuesOf(p, shown[i])
	}
	return changeOf(KindEdit, fmt.Sprintf("change %s of %s", some(patchedFields(p)), events(len(on))), editing{p, known}, on)
}

// EditShown is EditEvents of one event.
func EditShown(shown api.Event, p api.EventPatch) Change {
	return EditEvents([]Target{{Dataset: shown.DatasetID, ID: shown.UUID}}, p, []api.Event{shown})
}

// RelateEvents hangs children under a parent; kind is one of
// api.RelationshipTypes.
func RelateEvents(parent Target, children []Target, kind string) Change {
	label := fmt.Sprintf("relate %s to %s", events(len(children)), short(parent.ID))
	return changeOf(KindRelate, label, relating{parent: parent, kind: kind}, children)
}

// UnrelateEvents takes children from under a parent.
func UnrelateEvents(parent Target, children []Target, kind string) Change {
	label := fmt.Sprintf("end relations of %s to %s", events(len(children)), short(parent.ID))
	return changeOf(KindUnrelate, label, relating{parent: parent, kind: kind, off: true}, children)
}

// MoveEvents puts events into another dataset. Without keepRaw their raw
// records are lost.
func MoveEvents(on []Target, to api.Dataset, keepRaw bool) Change {
	return changeOf(KindMove, fmt.Sprintf("move %s to %s", events(len(on)), to.Name), moving{to: to.UUID, keepRaw: keepRaw}, on)
}

// CopyEvents puts copies of events into another dataset.
func CopyEvents(on []Target, to api.Dataset, keepRaw bool) Change {
	return changeOf(KindCopy, fmt.Sprintf("copy %s to %s", events(len(on)), to.Name), copying{to: to.UUID, keepRaw: keepRaw}, on)
}

// DeleteEvents deletes events. One that isn't as it was shown any more is left as
// it is, and is a conflict of the result; shown may lack some of them.
func DeleteEvents(on []Target, shown ...api.Event) Change {
	known := make(map[string]api.Event, len(shown))
	for _, e := range shown {
		known[api.Fold(e.UUID)] = e
	}
	return changeOf(KindDelete, "delete "+events(len(on)), deleting{known}, on)
}

// EditRaw changes the raw record of an event, whose data was shown as given:
// where somebody changed it meanwhile it is left as it is. nil means whatever
// it is.
func EditRaw(on Target, rawID string, p api.RawPatch, shown json.RawMessage) Change {
	return changeOf(KindRaw, "change the raw data of "+short(on.ID), rewriting{raw: rawID, patch: p, shown: shown}, []Target{on})
}

// Together is changes made one after the other and taken back as one.
func Together(k Kind, label string, list ...Change) Change {
	c := Change{Kind: k, Label: label}
	for _, part := range list {
		c.steps = append(c.steps, part.steps...)
	}
	return c
}

// CreateEvents makes events, one call each.
func CreateEvents(in ...api.CreateEvent) Change {
	c := Change{Kind: KindCreate, Label: "create " + events(len(in))}
	for _, e := range in {
		c.steps = append(c.steps, step{on: []Target{{Dataset: e.DatasetID, ID: e.UUID}}, do: creating{e}})
	}
	return c
}

// RevertDataset puts a dataset back into an earlier state.
func RevertDataset(d api.Dataset, to api.Revert) Change {
	return changeOf(KindRevert, "revert "+d.Name, reverting{to: to}, []Target{{Dataset: d.UUID}})
}

// RevertAsPreviewed is RevertDataset where a person was shown what it changes:
// where it would change anything else by now, nothing is done.
func RevertAsPreviewed(d api.Dataset, to api.Revert, p api.RevertPreview) Change {
	return changeOf(KindRevert, "revert "+d.Name, reverting{to: to, expect: &numbers{p.Created, p.Updated, p.Deleted}}, []Target{{Dataset: d.UUID}})
}

func events(n int) string {
	if n == 1 {
		return "1 event"
	}
	return fmt.Sprintf("%d events", n)
}

// some are a few words of a list.
func some(list []string) string {
	switch len(list) {
	case 0:
		return "nothing"
	case 1:
		return list[0]
	case 2:
		return list[0] + " and " + list[1]
	}
	return fmt.Sprintf("%s, %s and %d more", list[0], list[1], len(list)-2)
}

// short is the beginning of a UUID, enough to know it by.
func short(id string) string {
	if len(id) > 8 {
		return id[:8]
	}
	return id
}
