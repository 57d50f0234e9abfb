package datasets

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

const (
	maxMinutes = 43_200 // how far back the API goes
	patience   = 3 * time.Second
)

// reverting is a revert that a person asked for: of what, to when, and that in
// words.
type reverting struct {
	dataset api.Dataset
	to      api.Revert
	words   string
	since   time.Time
}

// revert asks where to go back to: from the list a time, from the history the
// change under the cursor.
func (m *Model) revert() tea.Cmd {
	d, _ := m.current()
	if i, ok := m.entry(); ok && m.part == partHistory {
		return m.chooseMoment(d, i)
	}
	m.env.Host.Enter(views.Entry{
		Title:  "Revert to: minutes ago (90), 2h, 3d or 2026-03-14 11:30",
		Check:  func(s string) error { _, _, err := m.moment(s); return err },
		Accept: func(s string) tea.Cmd { return m.preview(d, s) },
	})
	return nil
}

func (m *Model) preview(d api.Dataset, s string) tea.Cmd {
	to, words, err := m.moment(s)
	if err != nil {
		m.say(toast.Error, err.Error())
		return nil
	}
	return m.ask(d, to, words)
}

// chooseMoment offers the state before and after a change of the history.
func (m *Model) chooseMoment(d api.Dataset, i int) tea.Cmd {
	j := &m.journal
	e := j.entries[i]
	words := m.env.Text(e.Operation, 24) + ", " + m.stamp(e.At)
	type choice struct {
		item views.PickItem
		to   api.Revert
		text string
	}
	var list []choice
	switch {
	case i+1 < len(j.entries):
		list = append(list, choice{
			views.PickItem{Title: "To before this change", Detail: "undoes it and everything after it"},
			api.Revert{Bookmark: j.entries[i+1].Bookmark}, "before " + words,
		})
	case len(j.entries) >= j.total:
		before := api.TimeOf(e.At.Add(-time.Millisecond))
		list = append(list, choice{
			views.PickItem{Title: "To before this change", Detail: "undoes everything in the history"},
			api.Revert{TargetTimestamp: before.String()}, "before " + words,
		})
	}
	if i > 0 {
		list = append(list, choice{
			views.PickItem{Title: "To after this change", Detail: "keeps it, undoes everything after it"},
			api.Revert{Bookmark: e.Bookmark}, "after " + words,
		})
	}
	p := views.Pick{Title: "Revert " + m.env.Text(d.Name, 30) + ": " + words}
	for _, c := range list {
		p.Items = append(p.Items, c.item)
	}
	p.Chosen = func(n int) tea.Cmd { return m.ask(d, list[n].to, list[n].text) }
	m.env.Host.Ask(p)
	return nil
}

// moment reads what a person wrote for a time: minutes or another span before
// now, or a date, in the time zone on the screen where it names none.
func (m *Model) moment(s string) (to api.Revert, words string, err error) {
	s = strings.TrimSpace(s)
	if minutes, ok := span(s); ok {
		if minutes < 1 || minutes > maxMinutes {
			return to, "", fmt.Errorf("write 1 to %s minutes (30 days)", views.Count(maxMinutes))
		}
		at := m.env.Now().Add(-time.Duration(minutes) * time.Minute)
		ago := float64(minutes)
		return api.Revert{MinutesAgo: &ago}, m.stamp(api.TimeOf(at)), nil
	}
	at, err := m.clock(s)
	if err != nil {
		return to, "", errors.New("write minutes (90), a span (2h, 3d) or a time (2026-03-14 11:30)")
	}
	if !at.Before(m.env.Now()) {
		return to, "", errors.New("this time is in the future")
	}
	t := api.TimeOf(at)
	return api.Revert{TargetTimestamp: t.String()}, m.stamp(t), nil
}

// span reads 90, 90m, 2h or 3d as minutes.
func span(s string) (minutes int, ok bool) {
	unit := 1
	for suffix, n := range map[string]int{"m": 1, "h": 60, "d": 24 * 60} {
		if head, has := strings.CutSuffix(s, suffix); has {
			s, unit = head, n
			break
		}
	}
	n, err := strconv.Atoi(s)
	if err != nil || n > maxMinutes {
		return maxMinutes + 1, err == nil
	}
	return n * unit, true
}

// clock reads a date or a time.
func (m *Model) clock(s string) (time.Time, error) {
	for _, form := range []string{"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(form, s, m.env.Zone); err == nil {
			return t, nil
		}
	}
	now := m.env.Now().In(m.env.Zone)
	if t, err := time.Parse("15:04", s); err == nil {
		return time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), 0, 0, m.env.Zone), nil
	}
	t, err := api.ParseTime(s)
	return t.Time, err
}

// ask asks what a revert would change, before it is offered.
func (m *Model) ask(d api.Dataset, to api.Revert, words string) tea.Cmd {
	d.Name = m.env.Text(d.Name, 40)
	m.asking = &reverting{dataset: d, to: to, words: words, since: m.env.Now()}
	m.changed()
	return m.env.Async.RevertPreview(m.slot("preview"), d.UUID, to, 0)
}

// letBe gives up a revert whose numbers haven't come: a question that comes
// when the person does something else is answered by mistake.
func (m *Model) letBe() {
	if m.asking != nil {
		m.asking = nil
		m.env.Async.Cancel(m.slot("preview"))
	}
}

// onPreview shows what a revert would change and asks whether to do it.
// Exactly that is then done, or nothing.
func (m *Model) onPreview(f async.PreviewLoaded) {
	r := m.asking
	m.asking = nil
	switch {
	case r == nil:
	case m.env.Now().Sub(r.since) > patience:
		m.say(toast.Warn, "Checking what the revert of "+r.dataset.Name+" changes took too long: R tries again")
	case errors.Is(f.Err, api.ErrUnsupported):
		c := async.RevertDataset(r.dataset, r.to)
		c.Label += " to " + r.words + ": this server can't preview the changes"
		m.env.Host.Change(c, nil)
	case f.Err != nil:
		m.say(toast.Error, f.Err.Error())
	case f.Value.Created+f.Value.Updated+f.Value.Deleted == 0:
		m.say(toast.Info, r.dataset.Name+" already is as it was then: nothing to revert")
	default:
		if at := f.Value.TargetTimestamp; r.to.MinutesAgo != nil && !at.IsZero() {
			r.to = api.Revert{TargetTimestamp: at.String()} // minutes from now would be another moment by then
		}
		c := async.RevertAsPreviewed(r.dataset, r.to, f.Value)
		c.Label += " to " + r.words + ": " + numbers(f.Value)
		m.env.Host.Change(c, nil)
	}
}

// numbers says what a revert changes: 12 events restored, 3 changed, 40 removed.
func numbers(p api.RevertPreview) string {
	var parts []string
	for _, n := range []struct {
		n    int
		done string
	}{{p.Created, "restored"}, {p.Updated, "changed"}, {p.Deleted, "removed"}} {
		switch {
		case n.n == 0:
		case len(parts) == 0:
			parts = append(parts, views.Plural(n.n, "event")+" "+n.done)
		default:
			parts = append(parts, views.Count(n.n)+" "+n.done)
		}
	}
	return strings.Join(parts, ", ")
}
