package queries

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// shared is the state as other views know it.
func (s state) shared() views.VisitQuery {
	return views.VisitQuery{Filter: s.text, Datasets: s.datasets, OrderBy: s.orderBy, Order: s.order}
}

// curl is the call that asks for the events. The token is the shell's: it is
// never part of the text.
func curl(body string) string {
	return `curl -sS -X POST "${CLOUDFLARE_BASE_URL:-https://api.cloudflare.com/client/v4}/accounts/$CLOUDFLARE_ACCOUNT_ID/cloudforce-one/events"` +
		` -H "Authorization: Bearer $CLOUDFLARE_API_TOKEN" -H "Content-Type: application/json" --data-raw ` + shellQuote(body)
}

// shellQuote makes a text one word of a POSIX shell.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// keep remembers a text that was used.
func (b *builder) keep(text string) tea.Cmd {
	if text != b.text {
		return nil
	}
	return b.remember()
}

// save keeps the filter as a query: under its name, or as another one.
func (b *builder) save(another bool) tea.Cmd {
	if b.saved != nil && !another {
		q := *b.saved
		text, err := b.shared().JSON(b.env.Now())
		if err != nil {
			b.env.Host.Say(toast.Warn, message(err))
			return nil
		}
		cmd := b.env.RememberSaved(b.shared(), q.Name, text)
		b.env.Host.Change(async.ChangeQuery(q, api.SavedQueryPatch{QueryJSON: &text}), nil)
		return tea.Batch(cmd, b.saving(q.Name, text))
	}
	name := ""
	if b.saved != nil {
		name = b.saved.Name + " copy"
	}
	b.env.AskSave(b.shared(), name, func(in api.NewSavedQuery) tea.Cmd { return b.saving(in.Name, in.QueryJSON) })
	return nil
}

// saving waits for the query to come back under its name.
func (b *builder) saving(name, text string) tea.Cmd {
	b.pending = &pendingSave{name: name, json: text, state: b.state}
	return b.remember()
}

// pendingSave is a query on its way to the server.
type pendingSave struct {
	name, json string
	state      state
}

// saveEnded finds what was saved among the queries the server has.
func (b *builder) saveEnded(list []api.SavedQuery) {
	p := b.pending
	if p == nil {
		return
	}
	for i, q := range list {
		if q.Name == p.name && views.SameQuery(q.QueryJSON, p.json) {
			b.saved, b.opened, b.pending = &list[i], p.state, nil
			return
		}
	}
}
