package async

import (
	"context"
	"fmt"
)

// RetypeEvents changes how children are related to their parent. The new
// relationship is made before the old one goes, so that whatever fails on the
// way the events stay related.
func RetypeEvents(parent Target, children []Target, from, to string) Change {
	label := fmt.Sprintf("make %s %s to %s", events(len(children)), to, short(parent.ID))
	return changeOf(KindRelate, label, retyping{parent: parent, from: from, to: to}, children)
}

// retyping exchanges one type of relationship for another.
type retyping struct {
	parent   Target
	from, to string
}

func (retyping) onEvents() {}

func (a retyping) run(ctx context.Context, w *changeRun, on []Target) {
	c := w.changer()
	if c == nil {
		return
	}
	add, drop := relating{parent: a.parent, kind: a.to}, relating{parent: a.parent, kind: a.from, off: true}
	add.send(ctx, w, c, on)
	if done := w.doneOf(on); len(done) > 0 {
		drop.send(ctx, w, c, done)
	}
	for _, t := range w.doneOf(on) {
		w.back("", retyping{parent: a.parent, from: a.to, to: a.from}, t)
	}
	add.confirm(ctx, w, on)
}
