package form

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"threatbench/api"
	"threatbench/api/indicator"
)

// The bounds of one OpenIOC document.
const (
	maxItems = 200_000
	maxXML   = 64 // levels of elements
	maxText  = 1 << 20
)

// openIOC is what is read of a document before its items become events: what
// it says of itself may stand behind them.
type openIOC struct {
	id, modified          string
	title, text, by, date string
	keywords              string
	links                 []string
	items                 []iocItem

	link    string // the rel of the link being read
	item    *iocItem
	line    int
	tooMany int
}

type iocItem struct {
	id, search, kind, value, condition string
	negated                            bool
	line                               int
}

// OpenIOC takes the indicators of OpenIOC 1.0 and 1.1: one event for the
// document, and one for each of its items that names a value. Entities that a
// document declares itself are refused, not expanded.
func OpenIOC(r io.Reader, to Taker) error {
	d := xml.NewDecoder(r)
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // UTF-8 already
	x := iocReader{to: to}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && x.depth == 0 {
			return nil
		}
		line, _ := d.InputPos()
		var reason string
		if err != nil {
			reason, err = "not XML: "+err.Error(), nil
		} else {
			reason, err = x.token(token, line)
		}
		if reason != "" {
			to.Reject(line, "", reason)
		}
		if err != nil || reason != "" {
			return err
		}
	}
}

// iocReader puts documents together from the pieces of XML.
type iocReader struct {
	to    Taker
	doc   *openIOC
	depth int
	text  strings.Builder
}

// token takes the next piece; a reason is why nothing can be read behind it.
func (x *iocReader) token(token xml.Token, line int) (reason string, err error) {
	switch t := token.(type) {
	case xml.StartElement:
		if x.depth++; x.depth > maxXML {
			return fmt.Sprintf("elements are nested more than %d deep; the rest isn't read", maxXML), nil
		}
		x.text.Reset()
		if isIOC(t.Name.Local) {
			x.doc = &openIOC{id: attr(t, "id"), modified: cmp.Or(attr(t, "last-modified"), attr(t, "published-date")), line: line}
		} else if x.doc != nil {
			x.doc.start(t, line)
		}
	case xml.CharData:
		if x.text.Len()+len(t) <= maxText {
			x.text.Write(t)
		}
	case xml.EndElement:
		x.depth--
		return "", x.close(t.Name.Local)
	}
	return "", nil
}

func (x *iocReader) close(name string) error {
	text := strings.TrimSpace(x.text.String())
	x.text.Reset()
	switch {
	case x.doc == nil:
		return nil
	case !isIOC(name):
		x.doc.end(name, text)
		return nil
	}
	doc := x.doc
	x.doc = nil
	return doc.give(x.to)
}

// isIOC tells the element of a document, as version 1.0 and 1.1 call it.
func isIOC(name string) bool { return name == "ioc" || name == "OpenIOC" }

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}

func (doc *openIOC) start(t xml.StartElement, line int) {
	switch t.Name.Local {
	case "IndicatorItem":
		doc.item = &iocItem{id: attr(t, "id"), condition: attr(t, "condition"), negated: attr(t, "negate") == "true", line: line}
	case "Context":
		if doc.item != nil {
			doc.item.search = attr(t, "search")
		}
	case "Content":
		if doc.item != nil {
			doc.item.kind = attr(t, "type")
		}
	case "link":
		doc.link = cmp.Or(attr(t, "rel"), "link")
		if href := attr(t, "href"); href != "" {
			doc.link += " " + href
		}
	}
}

func (doc *openIOC) end(name, text string) {
	switch name {
	case "short_description":
		doc.title = cmp.Or(doc.title, text)
	case "description":
		doc.text = cmp.Or(doc.text, text)
	case "authored_by":
		doc.by = text
	case "authored_date":
		doc.date = text
	case "keywords":
		doc.keywords = text
	case "link":
		doc.links = append(doc.links, strings.TrimSpace(doc.link+" "+text))
	case "Content":
		if doc.item != nil {
			doc.item.value = text
		}
	case "IndicatorItem":
		if doc.item != nil && len(doc.items) < maxItems {
			doc.items = append(doc.items, *doc.item)
		} else if doc.item != nil {
			doc.tooMany++
		}
		doc.item = nil
	}
}

func (doc *openIOC) give(to Taker) error {
	e := Entry{
		ID: doc.id, Version: moment(doc.modified), Line: doc.line, Event: cmp.Or(doc.title, "OpenIOC"), Category: "OpenIOC",
		Date: cmp.Or(moment(doc.date), moment(doc.modified)), Source: doc.by, Insight: paragraphs(doc.text, listed("Links", doc.links)),
		Tags: strings.Fields(doc.keywords),
		Raw:  encode(map[string]any{"id": doc.id, "short_description": doc.title, "description": doc.text, "authored_by": doc.by, "authored_date": doc.date, "links": doc.links}),
	}
	if e.ID == "" {
		e.ID = "openioc/" + doc.title + "/" + doc.date
	}
	for _, link := range doc.links {
		if rel, value, ok := strings.Cut(link, " "); ok && strings.EqualFold(rel, "tlp") {
			e.Markings = append(e.Markings, value)
		}
	}
	if err := to.Take(e); err != nil {
		return err
	}
	for _, item := range doc.items {
		if err := item.give(e, to); err != nil {
			return err
		}
	}
	if doc.tooMany > 0 {
		to.Reject(doc.line, e.ID, fmt.Sprintf("%d items beyond the first %d", doc.tooMany, maxItems))
	}
	return nil
}

func (item iocItem) give(doc Entry, to Taker) error {
	kind := iocType(item.search, item.kind)
	switch {
	case item.negated || strings.HasPrefix(strings.ToLower(item.condition), "isnot") || strings.EqualFold(item.condition, "containsnot"):
		to.LeaveOut("item", "it says what must not be there")
		return nil
	case item.value == "":
		to.Reject(item.line, item.id, "an item without a value")
		return nil
	case kind == "":
		to.LeaveOut("item "+item.search, "it names no indicator")
		return nil
	case item.condition != "" && !strings.EqualFold(item.condition, "is") && !isWhole(kind, item.value):
		to.LeaveOut("item "+item.search, "it gives a part of a value ("+item.condition+")")
		return nil
	}
	one := named(string(kind), item.value)
	e := doc
	e.Parent, e.ID, e.Line = doc.ID, item.id, item.line
	e.Category, e.Insight = "Indicator", ""
	if e.ID == "" {
		e.ID = doc.ID + "/" + item.search + "/" + item.value
	}
	e.Indicators = []api.IndicatorInput{one}
	e.Event = doc.Event + ": " + one.IndicatorType + " " + one.Value
	e.Raw = encode(map[string]any{"id": item.id, "search": item.search, "condition": item.condition, "type": item.kind, "content": item.value})
	return to.Take(e)
}

// isWhole tells whether a value is an indicator also where the item says no
// more than that something contains it.
func isWhole(kind indicator.Type, value string) bool {
	f, ok := indicator.TypeOf(value)
	return ok && f.Type == kind
}

// iocType is the type of what an item searches for; "" where it is no
// indicator.
func iocType(search, content string) indicator.Type {
	last := search[strings.LastIndexByte(search, '/')+1:]
	if kind, ok := iocTypes[strings.ToLower(search)]; ok {
		return kind
	}
	if kind, ok := iocTypes[strings.ToLower(last)]; ok {
		return kind
	}
	switch strings.ToLower(content) {
	case "md5":
		return indicator.MD5
	case "ip":
		return indicator.IPv4
	}
	return ""
}

var iocTypes = map[string]indicator.Type{
	"md5sum": indicator.MD5, "md5": indicator.MD5, "sha1sum": indicator.SHA1, "sha1": indicator.SHA1, "sha256sum": indicator.SHA256, "sha256": indicator.SHA256,
	"filename": indicator.FileName, "fullpath": indicator.FilePath, "filepath": indicator.FilePath,
	"dnsentryitem/host": indicator.Domain, "dnsentryitem/recordname": indicator.Domain, "network/dns": indicator.Domain, "urlhistoryitem/hostname": indicator.Domain,
	"network/uri": indicator.URL, "urlhistoryitem/url": indicator.URL, "remoteip": indicator.IPv4, "ipv4address": indicator.IPv4, "portitem/localip": indicator.IPv4,
	"ipaddress": indicator.IPv4, "registryitem/path": indicator.RegKey, "registryitem/keypath": indicator.RegKey, "network/useragent": indicator.UserAgent,
	"email/from": indicator.Email, "email/fromaddress": indicator.Email, "processitem/handlelist/handle/name": indicator.Mutex, "hookitem/mutex": indicator.Mutex,
	"ssdeep": indicator.SSDeep, "imphash": indicator.Imphash,
}
