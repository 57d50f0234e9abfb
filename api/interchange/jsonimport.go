package interchange

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// isDocument tells one JSON document, a list or an object over several lines,
// from JSON Lines.
func isDocument(head []byte) bool {
	if head[0] == '[' {
		return true
	}
	first, _, more := bytes.Cut(head, []byte("\n"))
	first = bytes.TrimSpace(first)
	return more && bytes.IndexByte([]byte("{[,:"), first[len(first)-1]) >= 0
}

// readJSON takes the events of a JSON document: the elements of a list, or
// objects one behind the other.
func (im *importer) readJSON(f *file) error {
	j := &jsonReader{in: f.Reader, most: im.o.MaxLine, line: 1}
	for {
		c, err := j.peek()
		switch {
		case errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			err = f.broken(err)
		case c == '[':
			err = j.array(func() error { return im.takeValue(j) })
		default:
			err = im.takeValue(j)
		}
		if errors.Is(err, errJSON) || errors.Is(err, errCut) {
			im.count()
			im.reject(place{line: j.line}, err.Error())
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// takeValue takes the next value of a document for an event.
func (im *importer) takeValue(j *jsonReader) error {
	if im.ctx.Err() != nil {
		return context.Cause(im.ctx)
	}
	if _, err := j.peek(); err != nil {
		return j.ended(err)
	}
	at := place{line: j.line}
	b, err := j.value()
	if err != nil && !errors.Is(err, errLong) {
		return err
	}
	im.count()
	if err != nil {
		im.reject(at, err.Error())
		return nil
	}
	return im.takeLine(bytes.Clone(b), at)
}

// unknownObject says what an object is that has nothing of an event; "" for
// one that has.
func unknownObject(b []byte) string {
	const most = 8
	j := json.NewDecoder(bytes.NewReader(b))
	if t, err := j.Token(); err != nil || t != json.Delim('{') {
		return ""
	}
	var keys []string
	for j.More() {
		t, err := j.Token()
		key, ok := t.(string)
		if err != nil || !ok {
			return ""
		}
		switch key {
		case "event", "date", "category", "tlp", "raw", "indicator":
			return ""
		}
		if keys = append(keys, fmt.Sprintf("%.40q", key)); len(keys) > most {
			keys[most] = "…"
			break
		}
		var skip json.RawMessage
		if j.Decode(&skip) != nil {
			return ""
		}
	}
	if len(keys) == 0 {
		return "an empty object"
	}
	return "an object with the keys " + strings.Join(keys, ", ") + ": neither an event of JSON Lines nor MISP nor STIX"
}
