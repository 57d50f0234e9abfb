package ui

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/interchange"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// exportSlot is where exports run.
const exportSlot = "export"

// export is what is to be written: the events in hand, or all that match.
type export struct {
	targets views.Targets
	all     *views.Selection // every event of its filter, instead of the targets
	options interchange.ExportOptions
}

// size is how many events it is; 0 where that isn't known.
func (x export) size() int {
	if x.all != nil {
		return max(x.all.Total, 0)
	}
	return len(x.targets.On)
}

// count says how many events it is.
func (x export) count() string {
	if x.all == nil {
		return countAsked(x.targets)
	}
	if x.size() == 0 {
		return "all that match"
	}
	return views.Plural(x.size(), "event")
}

// upTo says how many events are written once the highest marking is chosen:
// those in hand can be counted, those of a filter can't before they are read.
func (x export) upTo() string {
	most := x.options.MaxTLP
	switch {
	case most == api.TLPNone:
		return x.count()
	case x.known():
		return views.Plural(within(x.targets.Known, most), "event") + " up to " + most.String()
	}
	return "events up to " + most.String()
}

// known tells whether the marking of every event is known.
func (x export) known() bool { return x.all == nil && len(x.targets.Known) == len(x.targets.On) }

// source is where its events come from, and the query for them.
func (x export) source(src interchange.Source) (interchange.Source, api.ListQuery) {
	if x.all != nil {
		return src, x.all.Query
	}
	ids := make([]string, len(x.targets.On))
	for i, t := range x.targets.On {
		ids[i] = t.ID
	}
	return interchange.Chosen(src, ids), api.ListQuery{}
}

// filter is what a report says was asked for. It doesn't count the events in
// hand: more may be in hand than are written, and how many lie above the highest
// marking is nothing for those who read the report.
func (x export) filter() string {
	if x.all != nil {
		return x.all.Filter
	}
	return "selected manually"
}

// askWhich asks, in the list with nothing marked, whether all that the list
// shows are to be written or the one under the cursor alone.
func (m *Model) askWhich(t views.Targets, then func(export) tea.Cmd) tea.Cmd {
	sel := m.events.Selection()
	if m.view() != views.View(m.events) || len(sel.Marked) > 0 || sel.Total == 1 {
		return then(export{targets: t})
	}
	all := export{all: &sel}
	title := "all " + views.Count(all.size()) + " that match"
	if all.size() == 0 {
		title = all.count()
	}
	m.overlay.Open(newMenu(m, views.Pick{
		Title: "write which events?",
		Items: []views.PickItem{{Title: title, Detail: cmp.Or(views.OneLine(sel.Filter), "no filter: every event")}, {Title: "only this one", Detail: m.brief(&t.Known[0])}},
		Chosen: func(i int) tea.Cmd {
			if i == 0 {
				return then(all)
			}
			return then(export{targets: t})
		},
	}))
	return nil
}

// askReport asks for what a report needs, and writes it.
func (m *Model) askReport(t views.Targets) tea.Cmd {
	return m.askWhich(t, func(x export) tea.Cmd { return m.askCeiling(x, interchange.Markdown) })
}

// exportForms are the forms offered, each with how a file of it is called.
var exportForms = [...]struct {
	format        interchange.Format
	title, detail string
	extension     string
}{
	{interchange.JSONL, "JSON Lines", "everything of every event, to be imported again", ".jsonl"},
	{interchange.CSV, "CSV", "a table for a spreadsheet", ".csv"},
	{interchange.STIX, "STIX 2.1", "a bundle for other platforms", ".json"},
	{interchange.Markdown, "Report", "Markdown to read and send on, indicators defanged", ".md"},
}

func extension(f interchange.Format) string {
	for _, x := range exportForms {
		if x.format == f {
			return x.extension
		}
	}
	return ""
}

// askExport asks in which form the events in hand are to be written.
func (m *Model) askExport(t views.Targets) tea.Cmd { return m.askWhich(t, m.askForm) }

func (m *Model) askForm(x export) tea.Cmd {
	p := views.Pick{Title: "write " + x.count() + " as", Chosen: func(i int) tea.Cmd { return m.askCeiling(x, exportForms[i].format) }}
	for _, f := range exportForms {
		p.Items = append(p.Items, views.PickItem{Title: f.title, Detail: f.detail})
	}
	m.overlay.Open(newMenu(m, p))
	return nil
}

// askCeiling asks up to which marking events may be written.
func (m *Model) askCeiling(x export, f interchange.Format) tea.Cmd {
	detail := func(most api.TLP) string {
		if t := x.targets; x.known() {
			return views.Count(within(t.Known, most)) + " of " + views.Count(len(t.On))
		}
		return ""
	}
	m.overlay.Open(newMenu(m, views.PickCeiling(detail, func(most api.TLP) tea.Cmd {
		x.options = interchange.ExportOptions{Format: f, MaxTLP: most, Now: m.env.Now(), Filter: m.env.Portable(x.filter())}
		return m.askWhere(x)
	})))
	return nil
}

// within counts the events that may be written up to a marking.
func within(events []api.Event, most api.TLP) int {
	n := 0
	for i := range events {
		if tlp, ok := api.ParseTLP(events[i].TLP); most == api.TLPNone || ok && tlp <= most {
			n++
		}
	}
	return n
}

// askWhere asks for the file to write. A session that may write none copies.
func (m *Model) askWhere(x export) tea.Cmd {
	if m.options.WriteFile == nil {
		return m.beginExport(x, "")
	}
	name := "events-" + m.env.Now().In(m.env.Zone).Format("20060102-1504") + extension(x.options.Format)
	m.overlay.Open(newEntry(m, "write "+x.upTo()+" to which file?  (empty = clipboard)", name, func(path string) tea.Cmd {
		return m.beginExport(x, strings.TrimSpace(path))
	}))
	return nil
}

// exported is what became of an export.
type exported struct {
	path   string
	report interchange.ExportReport
	gone   int    // of those chosen
	text   string // for the clipboard, where path is ""
	most   api.TLP
}

// errTooLong is the end of a text that the clipboard wouldn't take.
var errTooLong = errors.New("that is too long for the terminal's clipboard")

// beginExport writes the events to a file, or for the clipboard.
func (m *Model) beginExport(x export, path string) tea.Cmd {
	if m.job != nil {
		return m.say(toast.Info, m.busy())
	}
	src, file := m.options.Source, m.options.WriteFile
	if src == nil {
		src = m.options.API
	}
	src, query := x.source(src)
	slot := async.Slot{View: jobView, Name: exportSlot}
	m.beginJob(slot, "writing "+x.upTo(), x.size())
	return m.env.Async.Run(slot, func(ctx context.Context, report async.Report) (any, error) {
		out := exported{path: path, most: x.options.MaxTLP}
		write := func(w io.Writer) (err error) {
			out.report, err = interchange.Export(ctx, src, query, w, x.options, func(p interchange.Progress) {
				report(int64(p.Events), int64(x.size()), "")
			})
			if x.all == nil {
				out.gone = x.size() - out.report.Written - out.report.LeftOut
			}
			return err
		}
		if path != "" {
			out.path = filepath.Clean(path)
			return out, file(ctx, path, write)
		}
		text := &short{most: base64.StdEncoding.DecodedLen(copyLimit)}
		err := write(text)
		out.text = text.String()
		return out, err
	})
}

// short is a text that may not grow long.
type short struct {
	bytes.Buffer
	most int
}

func (s *short) Write(p []byte) (int, error) {
	if s.Len()+len(p) > s.most {
		return 0, errTooLong
	}
	return s.Buffer.Write(p)
}

// onExport tells what became of an export.
func (m *Model) onExport(f async.JobDone) tea.Cmd {
	m.job = nil
	x, _ := f.Value.(exported)
	switch {
	case errors.Is(f.Err, errTooLong):
		return m.say(toast.Warn, errTooLong.Error()+": name a file, or use a command (threatbench export --help)")
	case errors.Is(f.Err, context.Canceled):
		return m.say(toast.Info, "cancelled: nothing was written")
	case f.Err != nil:
		return m.say(toast.Error, f.Err.Error())
	}
	kind, where := toast.Good, "written: "+views.Shown(x.path)
	if x.path == "" {
		where = "copied"
	}
	parts := []string{views.Count(x.report.Written) + " written"}
	if n := x.report.LeftOut; n > 0 {
		parts = append(parts, fmt.Sprintf("%s left out above %s", views.Count(n), x.most))
	}
	if n := x.report.Untied; n > 0 {
		parts = append(parts, views.Count(n)+" links to such left out")
	}
	if n := x.report.Bare; n > 0 {
		parts = append(parts, views.Count(n)+" without their raw records, which are marked above")
	}
	if x.gone > 0 {
		kind = toast.Warn
		parts = append(parts, views.Count(x.gone)+" are gone")
	}
	if cut := x.report.Cut; cut != "" {
		kind = toast.Warn
		parts = append(parts, views.CutText(x.report.Written+x.report.LeftOut, cut))
	}
	if x.report.Nameless != nil {
		parts = append(parts, "datasets by their ids")
	}
	said := m.say(kind, where+" ("+strings.Join(parts, ", ")+")")
	if x.path == "" {
		return tea.Batch(m.terminal.copyOut(x.text), said)
	}
	return said
}
