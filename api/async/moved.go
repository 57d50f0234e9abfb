package async

import (
	"fmt"
	"strings"

	"threatbench/api"
)

// unmoved is the targets in which nobody has changed meanwhile what is to be
// set; the others are refused, so that nobody's change is lost unseen.
func (a editing) unmoved(w *changeRun, on []Target, was map[string]api.Event) (out []Target) {
	for _, t := range on {
		now, seen := was[api.Fold(t.ID)]
		if a.shown == nil || !seen {
			out = append(out, t)
			continue
		}
		moved := a.moved(now)
		if len(moved) == 0 {
			out = append(out, t)
			continue
		}
		w.foundMoved(now)
		w.set(refused, "changed meanwhile, nothing was sent: "+strings.Join(moved, "; "), t)
	}
	return out
}

// moved tells field by field what is neither as it was shown nor as it is to be.
func (a editing) moved(now api.Event) (out []string) {
	shown := patchOf(&a.patch, *a.shown)
	for i, f := range patchOf(&a.patch, now) {
		if was := shown[i].now; *f.to != nil && f.now != was && !sameValue(**f.to, f.now) {
			out = append(out, fmt.Sprintf("%s is %s now, was %s", f.name, quoted(f.now), quoted(was)))
		}
	}
	return out
}

// quoted is a value in a message, cut where it is long.
func quoted(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "..."
	}
	return fmt.Sprintf("%q", s)
}
