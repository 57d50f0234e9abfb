package interchange

import (
	"encoding/json"
	"fmt"

	"threatbench/api"
	"threatbench/api/indicator"
)

// takeText makes an event of every indicator of a line. The same indicator is
// the same event wherever it is found.
func (im *importer) takeText(b []byte, at place) error {
	for _, f := range indicator.Find(string(b)) {
		l := foundEvent(f, string(b), at)
		l.Date = api.TimeOf(im.o.Now).String()
		if err := im.putMade(l, len(f.Value), at); err != nil {
			return err
		}
	}
	return nil
}

func foundEvent(f indicator.Found, text string, at place) line {
	var l line
	l.UUID = madeUUID("indicator", string(f.Type), f.Value)
	l.Event = fmt.Sprintf("%s %s", f.Type, f.Value)
	l.Category = plainCategory
	l.Indicator, l.IndicatorType = f.Value, string(f.Type)
	b := appendString([]byte(`{"text":`), around(text, f.At))
	b = fmt.Appendf(b, `,"line":%d}`, at.line)
	l.Raw.Data = json.RawMessage(b)
	return l
}

// around is what stands around a place of a text, long enough to understand
// it.
func around(text string, at int) string {
	const before, after = 200, 400
	return text[max(0, at-before):min(len(text), at+after)]
}
