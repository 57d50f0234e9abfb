package interchange

import (
	"fmt"
	"strings"

	"threatbench/api"
	"threatbench/api/marking"
)

// settle gives an event its TLP: the strictest of what it says of itself, or
// what its file or else the import says where it says nothing, and of all
// others whose words it took in. A raw record that has a marking keeps it; one
// that holds or names what is stricter than the event is as strict as that.
func (im *importer) settle(l *line, at place) {
	l.joined.Add(im.whole)
	for _, t := range im.o.Tags {
		l.joined.Tag(t)
		l.Tags = with(l.Tags, t)
	}
	unreadable, otherwise := im.tlps()
	otherwise = im.whole.Resolve(unreadable, otherwise)
	tlp := max(l.mark.Resolve(unreadable, otherwise), l.joined.Resolve(unreadable, api.TLPNone))
	l.TLP = tlp.String()
	// What is joined begins at clear, which makes nothing stricter.
	l.unsaid = l.mark.Resolve(unreadable, api.TLPNone) == api.TLPNone && im.whole.Resolve(unreadable, api.TLPNone) == api.TLPNone &&
		l.joined.Resolve(unreadable, api.TLPNone) <= api.TLPClear
	var raw marking.Mark
	if raw.Field(l.Raw.TLP); l.Raw.TLP != "" {
		l.Raw.TLP = raw.Resolve(unreadable, tlp).String()
	}
	if l.held > max(tlp, raw.TLP) {
		l.Raw.TLP = l.held.String()
		im.stricter++
	}
	all := marking.Mark{}
	all.Add(l.mark)
	all.Add(l.joined)
	for _, t := range all.Tags {
		l.Tags = with(l.Tags, t)
	}
	all.Add(raw)
	if len(all.Unreadable) > 0 {
		im.unread(at, fmt.Sprintf("its marking can't be read and counts as %s: %s", unreadable, listTexts(all.Unreadable)))
	}
	for _, id := range l.untied {
		im.note(at, id+" is marked stricter than what it ties together, and was left out")
	}
}

// tlps are the markings of what can't be read, and of what says nothing.
func (im *importer) tlps() (unreadable, otherwise api.TLP) {
	unreadable, _ = api.ParseTLP(im.o.Unreadable)
	otherwise, _ = api.ParseTLP(im.o.TLP)
	return unreadable, otherwise
}

// listTexts names the first few of some texts.
func listTexts(list []string) string {
	const most = 3
	var named []string
	for i, s := range list {
		if i == most {
			named = append(named, "…")
			break
		}
		named = append(named, fmt.Sprintf("%.80q", s))
	}
	return strings.Join(named, ", ")
}

// note tells of something that was decided in the file's stead.
func (im *importer) note(at place, text string) {
	im.mu.Lock()
	defer im.mu.Unlock()
	if len(im.report.Notes) < im.o.MaxListed {
		im.report.Notes = append(im.report.Notes, im.said(at, text))
		return
	}
	im.report.MoreNotes++
}

// unread tells of a marking that couldn't be read.
func (im *importer) unread(at place, text string) {
	im.note(at, text)
	im.mu.Lock()
	defer im.mu.Unlock()
	im.report.Unreadable++
}

// leave counts a part of a kind that isn't taken.
func (im *importer) leave(kind, reason string) {
	im.mu.Lock()
	defer im.mu.Unlock()
	for i := range im.report.LeftOut {
		if l := &im.report.LeftOut[i]; l.Kind == kind && l.Reason == reason {
			l.Count++
			return
		}
	}
	if len(im.report.LeftOut) >= im.o.MaxListed {
		im.report.MoreRejected++
		return
	}
	im.report.LeftOut = append(im.report.LeftOut, LeftOut{kind, reason, 1})
}
