package async

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"threatbench/api"
)

const (
	batchSize        = api.MaxBulkUpdate
	callsAbove       = 4               // calls under way at once where each event takes one
	grace            = 5 * time.Second // a call under way when the change is cancelled may take this long
	maxFailuresInRow = 3               // failures of the server in a row that end a change
)

// action is what a step does. run is given targets of one dataset, at most
// batchSize of them, and tells the run what became of each: targets without an
// outcome were not sent.
type action interface {
	run(ctx context.Context, w *changeRun, on []Target)
}

// unrepeatable is an action that must not be sent again while it isn't known
// what became of it the first time.
type unrepeatable interface{ unrepeatable() }

// onEvents is an action whose targets are events.
type onEvents interface{ onEvents() }

// outcome is what became of one target.
type outcome int

const (
	unsent outcome = iota
	done
	unchanged
	refused
	unknown
)

// changeRun is a change under way.
type changeRun struct {
	api    API
	change Change
	user   context.Context // ends when the person cancels
	report Report
	total  int64

	mu            sync.Mutex
	step          int                  // the one under way
	outcomes      []map[Target]outcome // of each step
	reasons       []map[Target]string  // of the refused
	halt          error                // why nothing more is sent
	failuresInRow int                  // failures of the server in a row
	reported      int64                // targets whose outcome is known
	made          []Target
	movedEvent    *api.Event // what somebody changed meanwhile
	conflicts     []Conflict
	overSteps     []step // overwrite what is in conflict
	overAt        map[string]int
	knownNow      map[string]api.EventPatch // of events in conflict, by their folded ids
	madeEvents    map[string]api.Event      // as they were made, by their folded ids
	after         map[string]api.EventPatch // what events were given
	unguarded     bool
	right         int // of those done, how many read as they should
	unlooked      bool
	doubtful      []Target
	undo          []step
	undoAt        map[string]int // place in undo, by what the step does
	noUndo        string
	ends          []func(context.Context) // run when all steps are over
	bookmark      map[string]*bookmark    // of datasets, from before the change

	renumbered []renumbering
}

func newChangeRun(user context.Context, a API, c Change, report Report) *changeRun {
	w := &changeRun{
		api: a, change: c, user: user, report: report, total: int64(c.Count()),
		undoAt: map[string]int{}, bookmark: map[string]*bookmark{}, overAt: map[string]int{},
		knownNow: map[string]api.EventPatch{}, madeEvents: map[string]api.Event{}, after: map[string]api.EventPatch{},
	}
	for range c.steps {
		w.outcomes = append(w.outcomes, map[Target]outcome{})
		w.reasons = append(w.reasons, map[Target]string{})
	}
	return w
}

func (w *changeRun) run() {
	ctx, cancel := patient(w.user)
	defer cancel()
	w.report(0, w.total, w.change.Label)
	for i := range w.change.steps {
		w.step = i
		w.runStep(ctx, &w.change.steps[i])
	}
	for _, end := range w.ends {
		end(ctx)
	}
}

// patient is a context that ends some time after the person's did, so that a
// call under way comes to its end.
func patient(user context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(user))
	stop := context.AfterFunc(user, func() {
		t := time.NewTimer(grace)
		defer t.Stop()
		select {
		case <-t.C:
			cancel()
		case <-ctx.Done():
		}
	})
	return ctx, func() { stop(); cancel() }
}

func (w *changeRun) runStep(ctx context.Context, s *step) {
	if _, is := s.do.(onEvents); is && !w.locate(ctx, s) {
		return
	}
	for _, batch := range batches(s.on) {
		if w.stopped() {
			return
		}
		s.do.run(ctx, w, batch)
		w.report(w.known(), w.total, w.change.Label)
	}
}

// batches cuts targets into runs of one dataset and of what one call takes,
// the first dataset first.
func batches(on []Target) (out [][]Target) {
	place := map[string]int{}
	for _, t := range on {
		at, begun := place[t.Dataset]
		if !begun || len(out[at]) == batchSize {
			at = len(out)
			place[t.Dataset] = at
			out = append(out, nil)
		}
		out[at] = append(out[at], t)
	}
	return out
}

// locate finds out the datasets of events that came without. The step is
// changed for good, so that a later Rest needn't ask again.
func (w *changeRun) locate(ctx context.Context, s *step) bool {
	var lost []Target
	for _, t := range s.on {
		if t.Dataset == "" && t.ID != "" {
			lost = append(lost, t)
		}
	}
	if len(lost) == 0 {
		return true
	}
	s.on = slices.Clone(s.on)
	found := map[string]api.Event{}
	for part := range slices.Chunk(lost, batchSize) {
		now, err := w.look(ctx, part)
		if err != nil {
			w.stop(err)
			return false
		}
		for id, e := range now {
			found[id] = e
		}
	}
	for i, t := range s.on {
		if e, is := found[api.Fold(t.ID)]; is && t.Dataset == "" {
			s.on[i].Dataset = e.DatasetID
		}
	}
	return true
}

// look reads events of one dataset as they are now, by their folded ids.
func (w *changeRun) look(ctx context.Context, on []Target) (map[string]api.Event, error) {
	dataset := on[0].Dataset
	if dataset == "" {
		dataset = api.ScopeAll
	}
	page, err := w.api.List(ctx, api.ListQuery{
		Datasets: []string{dataset}, PageSize: len(on),
		Search: []api.Condition{{Field: api.FieldUUID, Op: api.OpIn, Values: ids(on)}},
	})
	if err != nil {
		return nil, fmt.Errorf("looking at the events: %w", err)
	}
	now := make(map[string]api.Event, len(page.Events))
	for _, e := range page.Events {
		now[api.Fold(e.UUID)] = e
	}
	return now, nil
}

// before is look for what the targets are before they change. Where the
// server won't say, was is nil, the change goes on and can't be taken back;
// where there is no server, ok is false and nothing may be sent.
func (w *changeRun) before(ctx context.Context, on []Target) (was map[string]api.Event, ok bool) {
	was, err := w.look(ctx, on)
	if err == nil {
		return was, true
	}
	if f, _ := outcomeOf(err); f == refused {
		w.cannotUndo("the server would not tell how the events were before")
		return nil, true
	}
	w.stop(err)
	return nil, false
}

// outcomeOf tells what an error says of the targets of a call, and whether going
// on is useless.
func outcomeOf(err error) (f outcome, hopeless bool) {
	var e *api.Error
	said := errors.As(err, &e)
	switch {
	case err == nil:
		return done, false
	case errors.As(err, new(*conflictError)):
		return refused, false
	case errors.Is(err, api.ErrUnsure):
		return unknown, !said
	case !said, errors.Is(err, api.ErrUnsupported):
		return unsent, true
	case slices.Contains(passingStatus, e.Status) || e.Status >= 500:
		return unsent, true
	}
	return refused, false
}

// passingStatus are refusals that concern the session, not the events.
var passingStatus = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusTooManyRequests}

// became notes the outcome of a call's targets, and tells whether it is done.
func (w *changeRun) became(err error, on ...Target) bool {
	f, hopeless := outcomeOf(err)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range on {
		w.noteLocked(t, f)
		if f == refused {
			w.reasons[w.step][t] = reasonOf(err)
		}
	}
	switch {
	case f != unknown:
		w.failuresInRow = 0
	case !hopeless:
		w.failuresInRow++
		hopeless = w.failuresInRow >= maxFailuresInRow
	}
	if hopeless && w.halt == nil {
		w.halt = err
	}
	return f == done
}

// reasonOf is why something was refused; of a conflict no more than that.
func reasonOf(err error) string {
	var e *conflictError
	if errors.As(err, &e) {
		return e.Error()
	}
	return err.Error()
}

func (w *changeRun) noteLocked(t Target, f outcome) {
	switch was := w.outcomes[w.step][t]; {
	case was == unsent && f != unsent:
		w.reported++
	case was != unsent && f == unsent:
		w.reported--
	}
	w.outcomes[w.step][t] = f
}

// set notes the outcome of targets; the reason is for the refused.
func (w *changeRun) set(f outcome, reason string, on ...Target) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range on {
		w.noteLocked(t, f)
		if f == refused {
			w.reasons[w.step][t] = reason
		}
	}
}

func (w *changeRun) stop(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.halt == nil {
		w.halt = err
	}
}

func (w *changeRun) stopped() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.halt == nil {
		w.halt = w.user.Err()
	}
	return w.halt != nil
}

func (w *changeRun) known() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.reported
}

// each makes one call a target, a few at a time, and runs after for those
// that succeeded.
func (w *changeRun) each(on []Target, call func(Target) error, after func(Target)) {
	var g errgroup.Group
	g.SetLimit(callsAbove)
	for _, t := range on {
		g.Go(func() error {
			if !w.stopped() && w.became(call(t), t) {
				after(t)
			}
			w.report(w.known(), w.total, w.change.Label)
			return nil
		})
	}
	_ = g.Wait() // no call returns an error: became has noted it
}

// doneOf are those of the targets that are done.
func (w *changeRun) doneOf(on []Target) (out []Target) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range on {
		if w.outcomes[w.step][t] == done {
			out = append(out, t)
		}
	}
	return out
}

// verify looks at what was done of a batch and counts what reads as it
// should.
func (w *changeRun) verify(ctx context.Context, on []Target, holds func(e api.Event, there bool) bool) {
	on = w.doneOf(on)
	if len(on) == 0 {
		return
	}
	now, err := w.look(ctx, on)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.unlooked = true
		return
	}
	for _, t := range on {
		if e, there := now[api.Fold(t.ID)]; holds(e, there) {
			w.right++
		} else {
			w.doubtful = append(w.doubtful, t)
		}
	}
}

// trust counts targets as confirmed where the server's answer itself says how
// they are now.
func (w *changeRun) trust(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.right += n
}

// back adds to the undo: action do on target t. Targets of actions with the
// same key go into one step.
func (w *changeRun) back(key string, do action, t Target) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.undo = addStep(w.undo, w.undoAt, fmt.Sprintf("%T %s", do, key), do, t)
}

// cannotUndo notes why something that was done can't be taken back. The first
// reason stays.
func (w *changeRun) cannotUndo(reason string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.noUndo == "" {
		w.noUndo = reason
	}
}

func (w *changeRun) create(t Target) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.made = append(w.made, t)
}

// atEnd has something run once, when all steps are over.
func (w *changeRun) atEnd(f func(context.Context)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ends = append(w.ends, f)
}

// result sums up.
func (w *changeRun) result() ChangeResult {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := ChangeResult{
		Change: w.change, Made: w.made, Confirmed: w.right, Doubtful: w.doubtful, Err: w.halt, NoUndo: w.noUndo,
		Conflicts: w.conflicts, Moved: w.movedEvent, Unguarded: w.unguarded, over: w.overSteps, renumbered: w.renumbered,
	}
	if w.unlooked {
		r.Confirmed = -1
	}
	for i, s := range w.change.steps {
		w.sumLocked(&r, i, s)
	}
	if len(w.undo) > 0 {
		u := Change{Kind: w.change.Kind, Label: w.change.Label, Way: opposite(w.change.Way), steps: slices.Clone(w.undo)}
		slices.Reverse(u.steps)
		r.Undo = &u
	} else if r.NoUndo == "" {
		r.NoUndo = "nothing was changed"
	}
	return r
}

func opposite(way Way) Way {
	if way == Undoing {
		return Redoing
	}
	return Undoing
}

// inConflictLocked tells whether a target is to be asked about before it is
// sent again.
func (w *changeRun) inConflictLocked(t Target) bool {
	return slices.ContainsFunc(w.overSteps, func(s step) bool { return slices.Contains(s.on, t) })
}

// sumLocked sorts the targets of a step by their outcome.
func (w *changeRun) sumLocked(r *ChangeResult, i int, s step) {
	_, once := s.do.(unrepeatable)
	var rest, again []Target
	for _, t := range s.on {
		switch w.outcomes[i][t] {
		case done:
			r.Done = append(r.Done, t)
		case unchanged:
			r.Unchanged = append(r.Unchanged, t)
		case refused:
			r.Failed = append(r.Failed, Failure{t, w.reasons[i][t]})
			if !w.inConflictLocked(t) {
				again = append(again, t)
			}
		case unknown:
			r.Unknown = append(r.Unknown, t)
			if !once {
				rest = append(rest, t)
			}
		default:
			r.NotBegun = append(r.NotBegun, t)
			rest = append(rest, t)
		}
	}
	if len(rest) > 0 {
		r.rest = append(r.rest, step{on: rest, do: s.do})
	}
	if len(again) > 0 {
		r.again = append(r.again, step{on: again, do: s.do})
	}
}
