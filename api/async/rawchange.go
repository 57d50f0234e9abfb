package async

import (
	"context"
	"encoding/json"

	"threatbench/api"
)

// rewriting changes the raw record of one event.
type rewriting struct {
	raw   string
	patch api.RawPatch
	shown json.RawMessage // its data when the new one was written; nil: whatever it was
}

func (rewriting) onEvents() {}

func (a rewriting) run(ctx context.Context, w *changeRun, on []Target) {
	c := w.changer()
	if c == nil {
		return
	}
	for _, t := range on {
		was, err := a.send(ctx, w, c, t)
		if fields, is := conflictIn(err); is {
			w.conflict(t, fields, "", rewriting{raw: a.raw, patch: a.patch, shown: was.Data})
			continue
		}
		if !w.became(err, t) {
			continue
		}
		old := api.RawPatch{}
		if a.patch.Data != nil {
			old.Data = was.Data
		}
		if a.patch.Source != nil {
			old.Source = &was.Source
		}
		if a.patch.TLP != nil {
			old.TLP = &was.TLP
		}
		w.back("", rewriting{raw: a.raw, patch: old, shown: a.patch.Data}, t)
		w.trust(1)
	}
}

// send changes a record unless somebody changed it meanwhile, and tells how it
// was.
func (a rewriting) send(ctx context.Context, w *changeRun, c Changer, t Target) (was api.Raw, err error) {
	if cond, can := w.api.(Conditional); can {
		checked, err := cond.UpdateRawIf(ctx, t.ID, a.raw, a.patch, func(now api.Raw) error {
			was = now
			return conflictOf(movedRaw(a.patch, a.shown, now))
		})
		w.checked(checked, err)
		return was, err
	}
	if was, err = c.RawByID(ctx, t.ID, a.raw); err != nil {
		return was, err
	}
	if err = conflictOf(movedRaw(a.patch, a.shown, was)); err == nil {
		_, err = c.UpdateRaw(ctx, t.ID, a.raw, a.patch)
		w.checked(false, err)
	}
	return was, err
}
