package views

import (
	"encoding/json"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/query"
	"threatbench/ui/widget/toast"
)

// JSON is the filter as the API keeps it: its relative dates become the moments
// they mean now.
func (v VisitQuery) JSON(now time.Time) (string, error) {
	f, err := query.Parse(v.Filter, now)
	if err != nil {
		return "", err
	}
	q := api.ListQuery{Search: f.Search, Branches: f.Branches, Datasets: v.Datasets, OrderBy: v.OrderBy, Order: v.Order}
	if err := q.Validate(); err != nil {
		return "", err
	}
	b, err := json.Marshal(q)
	return string(b), err
}

// Portable is a filter's text as commands read it, whose days are those of UTC:
// where its days are those of another zone, they are written as moments.
func (e *Env) Portable(text string) string {
	here, err := query.Parse(text, e.Now())
	there, err2 := query.Parse(text, e.Now().UTC())
	if err != nil || err2 != nil || query.Format(here) == query.Format(there) {
		return text
	}
	return query.FormatIn(here, e.Now())
}

// relative tells whether the filter holds dates that mean another moment later.
func (v VisitQuery) relative(now time.Time) bool {
	a, err := query.Parse(v.Filter, now)
	b, err2 := query.Parse(v.Filter, now.AddDate(1, 1, 1))
	return err == nil && err2 == nil && query.Format(a) != query.Format(b)
}

// AskSave asks for a name and saves a filter as a query under it. sent, where
// there is one, runs with what goes to the server; a filter that can't be saved
// says why before a name is asked for.
func (e *Env) AskSave(v VisitQuery, name string, sent func(api.NewSavedQuery) tea.Cmd) {
	if _, err := v.JSON(e.Now()); err != nil {
		e.Host.Say(toast.Warn, err.Error())
		return
	}
	title := "save the filter as"
	if v.Filter == "" {
		title = "save the filter that takes every event as"
	}
	e.Host.Prompt(title, name, func(name string) tea.Cmd {
		name = strings.TrimSpace(name)
		text, err := v.JSON(e.Now())
		if name == "" || err != nil {
			return nil
		}
		in := api.NewSavedQuery{Name: name, QueryJSON: text}
		cmd := e.RememberSaved(v, name, text)
		if sent != nil {
			cmd = tea.Batch(cmd, sent(in))
		}
		e.Host.Change(async.SaveQuery(in), nil)
		return cmd
	})
}

// RememberSaved keeps the text of a filter that is saved, and says what saving
// does to relative dates.
func (e *Env) RememberSaved(v VisitQuery, name, text string) tea.Cmd {
	if v.relative(e.Now()) {
		e.Host.Say(toast.Info, "the API keeps moments: others see today's dates; here -7d and the like stay relative")
	}
	return e.Memory.RememberText(name, v.Filter, text)
}
