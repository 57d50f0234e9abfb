package detail

import (
	"slices"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/ui/widget/layout"
	"threatbench/views"
)

// related is the list of what an event refers to, and of what refers to it.
type related struct {
	env    *views.Env
	links  []link
	events map[string]api.Event // those loaded, by id
	asked  bool
	err    error
	cursor int
	offset int
}

// link is one reference.
type link struct {
	id   string
	back bool // the other event refers to this one
}

func (r *related) set(e *api.Event) {
	*r = related{env: r.env, events: map[string]api.Event{}}
	for _, id := range e.References {
		r.links = append(r.links, link{id: id})
	}
	for _, id := range e.Referenced {
		r.links = append(r.links, link{id: id, back: true})
	}
}

func (r *related) missing() bool { return len(r.links) > 0 && !r.asked }

// query asks for the events of the links, as many as one condition may name.
func (r *related) query() api.ListQuery {
	r.asked = true
	var ids []string
	for _, l := range r.links {
		if !slices.Contains(ids, l.id) && len(ids) < api.MaxInValues {
			ids = append(ids, l.id)
		}
	}
	return api.ListQuery{
		Search:   []api.Condition{{Field: api.FieldUUID, Op: api.OpIn, Values: ids}},
		Datasets: []string{api.ScopeAll}, Page: 1, PageSize: api.MaxInValues,
	}
}

func (r *related) learn(f async.EventsLoaded) {
	if r.err = f.Err; f.Err != nil {
		return
	}
	for _, e := range f.Page.Events {
		r.events[e.UUID] = e
	}
}

func (r *related) move(by int) { r.cursor = min(max(r.cursor+by, 0), max(len(r.links)-1, 0)) }

// selected is the event under the cursor; an id alone where it isn't loaded.
func (r *related) selected() (id string, e *api.Event) {
	if r.cursor >= len(r.links) {
		return "", nil
	}
	id = r.links[r.cursor].id
	if ev, ok := r.events[id]; ok {
		return id, &ev
	}
	return id, nil
}

func (r *related) draw(w, h int, focused bool) []string {
	st := r.env.Styles
	if len(r.links) == 0 {
		return layout.Fit([]string{"", "  " + st.Faint.Paint("This event has no references.")}, w, h)
	}
	r.offset = min(max(r.offset, r.cursor-h+1, 0), r.cursor)
	var out []string
	for i := r.offset; i < len(r.links) && len(out) < h; i++ {
		out = append(out, r.line(i, w, focused))
	}
	return layout.Fit(out, w, h)
}

func (r *related) line(i, w int, focused bool) string {
	st, l := r.env.Styles, r.links[i]
	gutter, pen := " ", st.Text
	if i == r.cursor && focused {
		gutter, pen = st.Cursor.Paint(st.Glyphs.Cursor), st.Strong
	}
	word := "refers to   "
	if l.back {
		word = "referred by "
	}
	e, ok := r.events[l.id]
	if !ok {
		return gutter + " " + st.Faint.Paint(word) + pen.Paint(views.Shown(l.id))
	}
	text := views.Shown(r.env.Date(e.Date) + "  " + e.Category + "  " + views.OneLine(e.Event))
	return gutter + " " + st.Faint.Paint(word) + pen.Paint(layout.Cut(text, 0, max(w-15, 1)))
}
