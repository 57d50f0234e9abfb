package client

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"threatbench/api"
	"threatbench/api/clean"
)

// ListSTIX reads a page of events as a STIX 2.1 bundle (GET /events, or POST
// /events, with format=stix2) and gives each object to take as it arrives: JSON
// as the server wrote it, nothing in it neutralised.
// A page is not repeated once an object was given. Info.Cursor is where the
// next page starts; Info.TotalCount is -1 where the server did not say it.
func (c *Client) ListSTIX(ctx context.Context, q api.ListQuery, take func(object json.RawMessage) error) (api.ResultInfo, error) {
	return c.listObjects(ctx, q, "stix2", take)
}

// ListTAXII reads a page of events as a TAXII 2.1 envelope (GET /events, or
// POST /events, with format=taxii), like ListSTIX. An envelope says only how
// many objects came and where the next page starts.
func (c *Client) ListTAXII(ctx context.Context, q api.ListQuery, take func(object json.RawMessage) error) (api.ResultInfo, error) {
	return c.listObjects(ctx, q, "taxii", take)
}

func (c *Client) listObjects(ctx context.Context, q api.ListQuery, format string, take func(json.RawMessage) error) (api.ResultInfo, error) {
	none := api.ResultInfo{}
	if err := q.Validate(); err != nil {
		return none, fmt.Errorf("listing events as %s: %w", format, err)
	}
	r, err := c.listRequest(q)
	if err != nil {
		return none, fmt.Errorf("listing events as %s: %w", format, err)
	}
	if r.query == nil {
		r.query = url.Values{}
	}
	r.query.Set("format", format)
	payload, err := encode(r.body)
	if err != nil {
		return none, fmt.Errorf("listing events as %s: %w", format, err)
	}
	var o *objectReader
	err = c.repeat(ctx, func() error {
		limit := bulkTimeouts * c.conf.Timeout
		err := c.send(ctx, r, payload, limit, func(resp *http.Response) error {
			o = &objectReader{take: take, most: c.conf.MaxBody}
			if err := o.answer(resp); err != nil {
				return c.unreadObjects(ctx, o, &answer{path: r.path, header: resp.Header}, err)
			}
			return nil
		})
		return c.explain(err, needRead)
	})
	if err != nil {
		return none, fmt.Errorf("listing events as %s: %w", format, err)
	}
	info := pageInfo(o.info, q, o.given)
	info.Cursor = clean.Line(cmp.Or(info.Cursor, o.next))
	return info, nil
}

// unreadObjects makes the error of an answer that could not be read to its
// end. It may be asked for again only while nothing was given.
func (c *Client) unreadObjects(ctx context.Context, o *objectReader, a *answer, err error) error {
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	var said *api.Error
	switch {
	case o.refused != nil:
		return o.refused
	case errors.As(err, &said):
		return c.wrongAnswer(a, err)
	case ctx.Err() == nil && (errors.As(err, &syntax) || errors.As(err, &wrong) || errors.Is(err, errNoObjects)):
		a.body = o.head
		return c.wrongAnswer(a, err)
	}
	err = c.brokenBody(ctx, err, int(o.read), bulkTimeouts*c.conf.Timeout)
	var bad *answerError
	if errors.As(err, &bad) {
		bad.passing = bad.passing && o.given == 0
		return bad
	}
	if o.given == 0 {
		return err
	}
	return &answerError{text: fmt.Sprintf("the answer broke off after %d objects", o.given), err: err}
}

// errNoObjects is an answer that is JSON and neither bundle nor envelope.
var errNoObjects = errors.New("the server's answer isn't what the contract says: a bundle or an envelope of objects")

// objectReader reads a bundle or an envelope object by object, bare or in the
// platform's envelope. It is the Reader under its own decoder, to hold what is
// read for one object to a limit.
type objectReader struct {
	take    func(json.RawMessage) error
	most    int64 // bytes between two objects
	body    io.Reader
	read    int64
	left    int64
	head    []byte // the first bytes, to tell a web page by
	dec     *json.Decoder
	info    *api.ResultInfo
	next    string
	given   int
	refused error // by take
	fits    bool  // it had a key of a bundle or an envelope
	failed  bool  // success is false
	errs    json.RawMessage
}

// Read is io.Reader.
func (o *objectReader) Read(p []byte) (int, error) {
	if o.left <= 0 {
		return 0, errTooBig
	}
	n, err := o.body.Read(p[:min(int64(len(p)), o.left)])
	o.read += int64(n)
	o.left -= int64(n)
	if room := 64 - len(o.head); room > 0 {
		o.head = append(o.head, p[:min(n, room)]...)
	}
	return n, err
}

// answer reads the whole answer.
func (o *objectReader) answer(resp *http.Response) error {
	var err error
	if o.body, err = unpacked(resp); err != nil {
		return err
	}
	o.left = o.most
	o.dec = json.NewDecoder(o)
	if err := o.object(0); err != nil {
		return wholeOrCut(err)
	}
	switch {
	case o.failed:
		return api.DecodeError(http.StatusOK, []byte(`{"errors":`+string(o.errs)+`}`))
	case !o.fits:
		return errNoObjects
	}
	if o.info == nil {
		o.about([]byte(resp.Header.Get("X-Result-Info")))
	}
	return nil
}

// wholeOrCut says of an answer that ends in the middle that it does.
func wholeOrCut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// about reads the page information; one that is malformed costs just that.
func (o *objectReader) about(b []byte) {
	var info api.ResultInfo
	if json.Unmarshal(b, &info) == nil {
		o.info = &info
	}
}

// begin reads the bracket that an object or a list begins with.
func (o *objectReader) begin(bracket json.Delim) error {
	t, err := o.dec.Token()
	if err == nil && t != bracket {
		err = errNoObjects
	}
	return err
}

// object reads a JSON object: bundle, envelope, or the one around it.
func (o *objectReader) object(deep int) error {
	if err := o.begin('{'); err != nil {
		return err
	}
	for o.dec.More() {
		key, err := o.dec.Token()
		if err != nil {
			return err
		}
		if err := o.value(key, deep); err != nil {
			return err
		}
	}
	_, err := o.dec.Token()
	return err
}

func (o *objectReader) value(key json.Token, deep int) error {
	switch key {
	case "objects":
		o.fits = true
		return o.list()
	case "result":
		if deep == 0 && !o.failed {
			return o.object(deep + 1)
		}
	}
	var value json.RawMessage
	if err := o.dec.Decode(&value); err != nil {
		return err
	}
	switch key {
	case "next":
		return json.Unmarshal(value, &o.next)
	case "more", "id":
		o.fits = true
	case "result_info":
		o.about(value)
	case "errors":
		o.errs = value
	case "success":
		o.failed = string(value) == "false"
	}
	return nil
}

func (o *objectReader) list() error {
	if err := o.begin('['); err != nil {
		return err
	}
	for o.dec.More() {
		var object json.RawMessage
		if err := o.dec.Decode(&object); err != nil {
			return err
		}
		o.given++
		o.left = o.most
		if o.refused = o.take(object); o.refused != nil {
			return o.refused
		}
	}
	_, err := o.dec.Token()
	return err
}
