package views

import (
	"cmp"
	"slices"

	tea "charm.land/bubbletea/v2"

	"threatbench/keymap"
)

// Action is one entry of the table of what can be done in a view whose model is
// an M: how it is called, by which keys, what it does and when it can't. The
// entry is all there is of an action: help, palette, bottom line, mouse and docs
// read it.
//
// An entry without a title is the view's way of doing an action that is
// described elsewhere, such as app.copy.
type Action[M any] struct {
	ID    keymap.ID // "graph.open": the part before the dot is the scope of its keys
	Group string    // the heading it stands under in help
	Keys  []string  // alternatives, as in keymap.Action
	Title string    // an imperative of at most 28 characters
	Hint  string    // one or two words for the bottom line
	Help  string    // one sentence
	// Do carries the action out. Nil where the part that has the focus takes the
	// key itself, as text fields do.
	Do func(M) tea.Cmd
	// Disabled tells why it can't be done now, "" when it can; nil means always.
	Disabled func(M) string
	// Hinted is its place on the bottom line now, the smallest first; 0 leaves it
	// out, and so does nil.
	Hinted func(M) int
}

// Described is the entry without what the program does: an action of the keymap.
func (a Action[M]) Described() keymap.Action {
	return keymap.Action{ID: a.ID, Scope: a.ID.Scope(), Group: a.Group, Keys: a.Keys, Title: a.Title, Short: a.Hint, Help: a.Help}
}

// Describe is what a table says of its actions to people, those left out that
// are described elsewhere.
func Describe[M any](table []Action[M]) []keymap.Action {
	var out []keymap.Action
	for _, a := range table {
		if a.Title != "" {
			out = append(out, a.Described())
		}
	}
	return out
}

// Handler carries out the actions of a table. A view embeds it.
type Handler[M any] struct {
	model  M
	byID   map[keymap.ID]Action[M]
	hinted []Action[M]
}

// Handle is the handler of a model's actions.
func Handle[M any](model M, table []Action[M]) Handler[M] {
	h := Handler[M]{model: model, byID: make(map[keymap.ID]Action[M], len(table))}
	for _, a := range table {
		h.byID[a.ID] = a
		if a.Hinted != nil {
			h.hinted = append(h.hinted, a)
		}
	}
	return h
}

// Do carries out an action; handled is false when it isn't one of the table.
func (h *Handler[M]) Do(id keymap.ID) (cmd tea.Cmd, handled bool) {
	a, ok := h.byID[id]
	if !ok || a.Do == nil {
		return nil, false
	}
	return a.Do(h.model), true
}

// DisabledReason tells why an action can't be done now, "" when it can.
func (h *Handler[M]) DisabledReason(id keymap.ID) string {
	if a, ok := h.byID[id]; ok && a.Disabled != nil {
		return a.Disabled(h.model)
	}
	return ""
}

// Hints are the actions the bottom line names now.
func (h *Handler[M]) Hints() []keymap.ID {
	type hint struct {
		id    keymap.ID
		place int
	}
	var hints []hint
	for _, a := range h.hinted {
		if place := a.Hinted(h.model); place > 0 {
			hints = append(hints, hint{a.ID, place})
		}
	}
	slices.SortStableFunc(hints, func(a, b hint) int { return cmp.Compare(a.place, b.place) })
	out := make([]keymap.ID, len(hints))
	for i, h := range hints {
		out[i] = h.id
	}
	return out
}

// Plain makes an entry's Do of what needs no command.
func Plain[M any](do func(M)) func(M) tea.Cmd {
	return func(m M) tea.Cmd {
		do(m)
		return nil
	}
}

// With makes an entry's function of one that takes an argument besides the
// model: With((*Model).narrow, true).
func With[M, A, R any](f func(M, A) R, arg A) func(M) R {
	return func(m M) R { return f(m, arg) }
}

// First is the reason of the first of several that has one.
func First[M any](reasons ...func(M) string) func(M) string {
	return func(m M) string {
		for _, reason := range reasons {
			if why := reason(m); why != "" {
				return why
			}
		}
		return ""
	}
}

// Always is a fixed place on the bottom line.
func Always[M any](place int) func(M) int { return func(M) int { return place } }
