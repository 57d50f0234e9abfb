package async

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"
)

// Do runs a change in batches. Progress tells of it and ChangeDone ends it, as
// for Run. Cancelling the slot ends it at the next call: what is under way is
// waited for, so that its outcome is known. Only one change runs at a time in a
// Layer; another is answered by ErrBusy, with nothing sent. What is cached and
// may now be wrong is forgotten. Give changes a slot of their own: a newer
// request on it would cancel them.
func (l *Layer) Do(s Slot, c Change) tea.Cmd {
	if err := l.reserve(); err != nil {
		tag := l.tag(s)
		return func() tea.Msg { return ChangeDone{RequestTag: tag, Result: notBegun(c, err)} }
	}
	return l.run(s, func(ctx context.Context, report Report) (any, error) {
		defer l.changing.Store(false)
		return l.carryOut(ctx, c, report), nil
	}, func(d JobDone) tea.Msg {
		res, _ := d.Value.(ChangeResult)
		return ChangeDone{RequestTag: d.RequestTag, Result: res}
	})
}

// reserve makes the layer busy with a change, or tells why it can't.
func (l *Layer) reserve() error {
	if l.o.ReadOnly {
		return ErrReadOnly
	}
	if !l.changing.CompareAndSwap(false, true) {
		return ErrBusy
	}
	return nil
}

// tag names a request that takes no slot.
func (l *Layer) tag(s Slot) RequestTag {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seq++
	return RequestTag{Slot: s, Seq: l.seq}
}

// carryOut runs a change to its end. Even when it panics the caches are
// forgotten and the log is told what was done by then.
func (l *Layer) carryOut(ctx context.Context, c Change, report Report) (res ChangeResult) {
	start := time.Now()
	w := newChangeRun(ctx, l.api, c, report)
	defer func() {
		l.Outdated(c.Kind)
		res = w.result()
		res.Took = time.Since(start)
		l.record(start, res)
	}()
	w.run()
	return res
}

// record tells the audit log what became of a change.
func (l *Layer) record(start time.Time, r ChangeResult) {
	if l.o.Audit != nil {
		l.o.Audit(AuditRecord{At: start, Result: r})
	}
}

// Outdated drops what a change, of this layer or of somebody else, may have
// made wrong: catalogues too where it may have brought a new name into one.
func (l *Layer) Outdated(k Kind) {
	switch k {
	case KindTag, KindEdit, KindCreate, KindDataset, KindRevert:
		l.Forget()
	default:
		l.forgetData()
	}
}

// notBegun is the result of a change that was refused.
func notBegun(c Change, err error) ChangeResult {
	return ChangeResult{Change: c, NotBegun: c.Targets(), Err: err, NoUndo: "nothing was done", rest: c.steps}
}
