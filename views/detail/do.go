package detail

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/clean"
	"threatbench/api/indicator"
	"threatbench/api/stix"
	"threatbench/keymap"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// scroll moves in the part that is shown.
func (m *Model) scroll(mo keymap.Motion) tea.Cmd {
	switch m.tab {
	case Raw:
		scroll(mo, m.rows, m.tree.Home, m.tree.End, m.tree.Move)
	case Relations:
		m.related.move(mo.By(m.rows))
	case Insight:
		scroll(mo, m.rows, m.insight.Home, m.insight.End, m.insight.Scroll)
	default:
		scroll(mo, m.rows, m.overview.Home, m.overview.End, m.overview.Scroll)
	}
	return nil
}

// scroll goes to an end, or some lines on where so many rows are in sight.
func scroll(mo keymap.Motion, rows int, home, end func(), by func(int)) {
	switch {
	case mo.Ends < 0:
		home()
	case mo.Ends > 0:
		end()
	default:
		by(mo.By(rows))
	}
}

func (m *Model) askFind() { m.env.Host.Prompt("Find", m.lastQuery, m.find) }

func (m *Model) find(q string) tea.Cmd {
	m.lastQuery = q
	m.changed()
	n := 0
	switch m.tab {
	case Raw:
		n = m.tree.Find(q)
	case Insight:
		n = m.insight.Find(q)
	case Overview:
		n = m.overview.Find(q)
	}
	if q != "" && n == 0 {
		m.env.Host.Say(toast.Info, "not found here: "+q)
	}
	return nil
}

func (m *Model) nextHit(by int) tea.Cmd {
	var next, prev func() bool
	switch m.tab {
	case Raw:
		next, prev = m.tree.Next, m.tree.Prev
	case Insight:
		next, prev = m.insight.Next, m.insight.Prev
	default:
		next, prev = m.overview.Next, m.overview.Prev
	}
	if by < 0 {
		next = prev
	}
	next()
	return nil
}

func (m *Model) showGraph() {
	m.env.Host.Visit(views.VisitGraph{Seeds: []api.NodeRef{{Type: api.NodeEvent, ID: m.event.UUID}}})
}

// follow opens the selected event; on the overview it offers where to go from
// there, elsewhere it goes to the next part.
func (m *Model) follow() tea.Cmd {
	switch m.tab {
	case Overview:
		m.goOn()
		return nil
	case Relations:
	default:
		return m.Select(m.tab + 1)
	}
	id, e := m.related.selected()
	if id == "" {
		return nil
	}
	m.leave(id)
	m.env.Host.Mark()
	if e != nil {
		m.env.Host.Open(*e)
		return nil
	}
	m.env.Host.OpenID("", id)
	return nil
}

func (m *Model) refresh() tea.Cmd {
	if m.event == nil {
		return nil
	}
	m.env.Async.Forget()
	m.related.forget()
	return m.askAnew()
}

// copy takes what is selected: the value in the tree, else the indicator.
func (m *Model) copy() {
	switch {
	case m.event == nil:
	case m.tab == Raw && m.rawFor == m.event.UUID:
		m.env.Host.Copy("the value", m.tree.Value())
	case m.tab == Relations:
		if id, _ := m.related.selected(); id != "" {
			m.env.Host.Copy("the id", id)
		}
	case m.event.Indicator != "":
		m.env.Host.Copy("the indicator", m.event.Indicator)
	default:
		m.env.Host.Copy("the description", m.event.Event)
	}
}

// copyAs offers the forms in which the event can be copied.
func (m *Model) copyAs() {
	e := m.event
	if e == nil {
		return
	}
	type form struct{ title, text string }
	var forms []form
	if e.Indicator != "" {
		forms = append(forms, form{"indicator", e.Indicator}, form{"indicator, defanged", indicator.Defang(e.Indicator)})
	}
	forms = append(forms, form{"description", e.Event})
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if enc.Encode(e) == nil {
		forms = append(forms, form{"event as JSON", strings.TrimSpace(b.String())})
	}
	if bundle, err := stix.Bundle([]api.Event{*e}, nil); err == nil {
		forms = append(forms, form{"event as STIX", string(bundle)})
	}
	forms = append(forms, form{"the call as curl", call(e)})
	if m.rawFor == e.UUID {
		forms = append(forms, form{"raw record as JSON", clean.EscapeJSON(string(m.raw.Data))})
	}
	if e.Insight != "" {
		forms = append(forms, form{"insight as Markdown", e.Insight})
	}
	forms = append(forms, form{"id", e.UUID})
	items := make([]views.PickItem, len(forms))
	for i, f := range forms {
		items[i] = views.PickItem{Title: f.title, Detail: clean.Line(views.OneLine(f.text))}
	}
	m.env.Host.Ask(views.Pick{Title: "copy", Items: items, Chosen: func(i int) tea.Cmd {
		m.env.Host.Copy(forms[i].title, forms[i].text)
		return nil
	}})
}

// Click puts the cursor where the pointer is, or chooses a part.
func (m *Model) Click(x, y int, double bool) tea.Cmd {
	m.changed()
	if y == 0 {
		return m.clickTitle(x)
	}
	switch m.tab {
	case Raw:
		row := y - 1
		if m.raw.Source != "" || m.raw.TLP != "" {
			row--
		}
		if m.tree.Click(x, row) && double {
			m.tree.Toggle()
		}
	case Relations:
		if m.related.hit(y-1) && double {
			return m.follow()
		}
	}
	return nil
}

func (m *Model) clickTitle(x int) tea.Cmd {
	at := 2
	for t := Overview; t < tabs; t++ {
		w := len(tabTitles[t]) + 2
		if n := m.count(t); n != "" {
			w += 1 + len([]rune(n))
		}
		if x >= at && x < at+w {
			return m.Select(t)
		}
		at += w
	}
	return nil
}

// Drag does nothing here.
func (m *Model) Drag(x, y int, done bool) tea.Cmd { return nil }

// Wheel scrolls.
func (m *Model) Wheel(x, y, by int) tea.Cmd {
	m.changed()
	return m.scroll(keymap.Motion{Lines: by})
}

// CursorXY is where the real cursor belongs.
func (m *Model) CursorXY() (x, y int, ok bool) {
	switch {
	case m.event == nil:
		return 0, 0, false
	case m.tab == Raw && m.rawFor == m.event.UUID:
		x, y = m.tree.Cursor()
		if m.raw.Source != "" || m.raw.TLP != "" {
			y++
		}
		return x, y + 1, true
	case m.tab == Relations && len(m.related.links) > 0:
		return 0, 1 + len(m.related.notes()) + m.related.at() - m.related.offset, true
	}
	return 0, 0, true
}

// call is the request that reads an event, for a shell that knows the account
// and the token. Nothing in an id means anything to the shell.
func call(e *api.Event) string {
	return `curl -sS "${CLOUDFLARE_BASE_URL:-https://api.cloudflare.com/client/v4}/accounts/$CLOUDFLARE_ACCOUNT_ID/cloudforce-one/events/` +
		strings.ReplaceAll(url.PathEscape(e.UUID), "$", "%24") + `" -H "Authorization: Bearer $CLOUDFLARE_API_TOKEN"`
}
