package queries

import (
	"encoding/json"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/query"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// queryJSON is a filter as the API keeps it: its relative dates become the
// moments they mean now.
func queryJSON(s state, now time.Time) (string, error) {
	f, err := query.Parse(s.text, now)
	if err != nil {
		return "", err
	}
	q := api.ListQuery{Search: f.Search, Branches: f.Branches, Datasets: s.datasets, OrderBy: s.orderBy, Order: s.order}
	if err := q.Validate(); err != nil {
		return "", err
	}
	b, err := json.Marshal(q)
	return string(b), err
}

// curl is the call that asks for the events. The token is the shell's: it is
// never part of the text.
func curl(body string) string {
	return `curl -sS -X POST "${CLOUDFLARE_BASE_URL:-https://api.cloudflare.com/client/v4}/accounts/$CLOUDFLARE_ACCOUNT_ID/cloudforce-one/events"` +
		` -H "Authorization: Bearer $CLOUDFLARE_API_TOKEN" -H "Content-Type: application/json" --data-raw ` + shellQuote(body)
}

// shellQuote makes a text one word of a POSIX shell.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// relative tells whether a text holds dates that mean another moment later.
func relative(text string, now time.Time) bool {
	a, err := query.Parse(text, now)
	b, err2 := query.Parse(text, now.AddDate(1, 1, 1))
	return err == nil && err2 == nil && query.Format(a) != query.Format(b)
}

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
		text, err := queryJSON(b.state, b.env.Now())
		if err != nil {
			b.env.Host.Say(toast.Warn, message(err))
			return nil
		}
		cmd := b.saving(q.Name, text)
		b.env.Host.Change(async.ChangeQuery(q, api.SavedQueryPatch{QueryJSON: &text}), nil)
		return cmd
	}
	name := ""
	if b.saved != nil {
		name = b.saved.Name + " copy"
	}
	b.env.Host.Prompt("save the query as", name, func(name string) tea.Cmd { return b.saveAs(strings.TrimSpace(name)) })
	return nil
}

func (b *builder) saveAs(name string) tea.Cmd {
	if name == "" {
		return nil
	}
	text, err := queryJSON(b.state, b.env.Now())
	if err != nil {
		b.env.Host.Say(toast.Warn, message(err))
		return nil
	}
	cmd := b.saving(name, text)
	b.env.Host.Change(async.SaveQuery(api.NewSavedQuery{Name: name, QueryJSON: text}), nil)
	return cmd
}

// saving says what saving does to relative dates, and waits for the query to
// come back under its name.
func (b *builder) saving(name, text string) tea.Cmd {
	b.pending = &pendingSave{name: name, json: text, state: b.state}
	if relative(b.text, b.env.Now()) {
		b.env.Host.Say(toast.Info, "the API keeps moments: others see today's dates; here -7d and the like stay relative")
	}
	return tea.Batch(b.env.Memory.RememberText(name, b.text, text), b.remember())
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
