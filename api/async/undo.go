package async

// UndoStack is what can be taken back, and done again. The frame owns one and
// gives it every Result; a Change it hands out is run like any other.
type UndoStack struct {
	Depth        int // changes kept; 0 means 100
	past, future []Change
}

// Undo is the Change that takes the last one back. It stays on the stack until
// its Result is added. False where there is none, or where the last change is
// Blocked.
func (u *UndoStack) Undo() (Change, bool) {
	c, ok := top(u.past)
	return c, ok && c.blocked == ""
}

// Blocked tells why the last change can't be taken back, "" where it can. Once
// it was told, Pass goes on to the change before.
func (u *UndoStack) Blocked() string {
	c, _ := top(u.past)
	return c.blocked
}

// Pass takes a change that can't be taken back off the stack.
func (u *UndoStack) Pass() {
	if u.Blocked() != "" {
		u.past = u.past[:len(u.past)-1]
	}
}

// Redo is the Change that does again what was taken back last.
func (u *UndoStack) Redo() (Change, bool) { return top(u.future) }

// UndoLabel says what Undo would take back, "" for nothing.
func (u *UndoStack) UndoLabel() string {
	c, _ := top(u.past)
	return c.Label
}

// RedoLabel says what Redo would do again, "" for nothing.
func (u *UndoStack) RedoLabel() string {
	c, _ := u.Redo()
	return c.Label
}

// Add takes what became of a change. A new one can be taken back, and what
// was taken back before it can no longer be done again. What Undo or Redo
// handed out goes to the other side, as far as it came; what it left undone
// stays where it was. Where a saved query or an alert has come back under
// another number, what was done to it before follows.
func (u *UndoStack) Add(r ChangeResult) {
	defer u.follow(r.renumbered)
	switch r.Change.Way {
	case Undoing:
		u.cross(r, &u.past, &u.future)
	case Redoing:
		u.cross(r, &u.future, &u.past)
	default:
		switch {
		case r.Undo != nil:
			u.past, u.future = u.push(u.past, *r.Undo), nil
		case len(r.Done)+len(r.Made) > 0:
			// It stays in the way: undo must not take back another change than
			// the one a person has in mind.
			u.past, u.future = u.push(u.past, Change{Label: r.Change.Label, blocked: r.NoUndo}), nil
		}
	}
}

func (u *UndoStack) follow(list []renumbering) {
	for _, n := range list {
		for _, changes := range [][]Change{u.past, u.future} {
			for i, c := range changes {
				changes[i] = c.renumber(n)
			}
		}
	}
}

func (u *UndoStack) cross(r ChangeResult, from, to *[]Change) {
	if len(r.Done) == 0 && len(r.Unchanged) == 0 && len(r.Unknown) == 0 && r.Err != nil {
		return // it came to nothing, and may be tried again
	}
	if n := len(*from); n > 0 {
		*from = (*from)[:n-1]
	}
	if rest, more := r.Rest(); more {
		*from = append(*from, rest)
	}
	if r.Undo != nil {
		*to = u.push(*to, *r.Undo)
	}
}

func (u *UndoStack) push(list []Change, c Change) []Change {
	most := u.Depth
	if most <= 0 {
		most = 100
	}
	list = append(list, c)
	return list[max(0, len(list)-most):]
}

func top(list []Change) (Change, bool) {
	if len(list) == 0 {
		return Change{}, false
	}
	return list[len(list)-1], true
}
