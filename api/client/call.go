package client

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"threatbench/api"
)

const (
	firstPause   = 400 * time.Millisecond // before the first repeat; doubled each time
	maxErrorBody = 64 << 10               // of a failed answer, only this much is read
	maxHops      = 5                      // redirects followed
)

// request is one call of the contract. Path is what follows the account part.
type request struct {
	method string
	path   string
	query  url.Values
	body   any // sent as JSON; nil means no body

	ifMatch string // the ETag that what is changed must have; "" for any
}

// read makes a call that changes nothing, and repeats it where the failure
// may pass: no connection, 408, 409, 429, 5xx, a body that broke off.
func (c *Client) read(ctx context.Context, r request, into any) (*api.ResultInfo, error) {
	payload, err := encode(r.body)
	if err != nil {
		return nil, err
	}
	var info *api.ResultInfo
	err = c.repeat(ctx, func() error {
		a, err := c.attempt(ctx, r, payload, c.conf.Timeout)
		if err != nil {
			return c.explain(err, needRead)
		}
		info, err = c.decode(a, into)
		return err
	})
	return info, err
}

// write makes a call that changes something. It is repeated only where the
// connection could not even be opened: in every other case the request may
// have arrived.
func (c *Client) write(ctx context.Context, r request, into any) error {
	payload, err := encode(r.body)
	if err != nil {
		return err
	}
	a, err := c.attempt(ctx, r, payload, bulkTimeouts*c.conf.Timeout)
	for i := 0; i < c.conf.Retries && neverSent(err); i++ {
		if perr := c.pause(ctx, i, 0); perr != nil {
			return perr
		}
		a, err = c.attempt(ctx, r, payload, bulkTimeouts*c.conf.Timeout)
	}
	if err != nil {
		return unsure(c.explain(err, needWrite))
	}
	if _, err = c.decode(a, into); err != nil {
		return unsure(err)
	}
	return nil
}

// repeat runs try until it succeeds, the failure is one that stays, or the
// repeats are used up.
func (c *Client) repeat(ctx context.Context, try func() error) error {
	for i := 0; ; i++ {
		err := try()
		if err == nil || ctx.Err() != nil || i >= c.conf.Retries || !passing(err) {
			return err
		}
		after := retryOf(err)
		if after > c.conf.MaxWait {
			return err
		}
		if perr := c.pause(ctx, i, after); perr != nil {
			return perr
		}
	}
}

// pause waits before repeat i: as long as the server asked, else ever longer,
// and never quite as long as the neighbour does.
func (c *Client) pause(ctx context.Context, i int, asked time.Duration) error {
	if asked <= 0 {
		asked = time.Duration(float64(firstPause<<i) * (0.5 + c.conf.Jitter()))
	}
	c.meter.waiting.Add(1)
	defer c.meter.waiting.Add(-1)
	return sleep(ctx, asked)
}

// answer is a successful answer, read to its end.
type answer struct {
	path   string
	header http.Header
	body   []byte
}

// attempt sends the request once and reads the answer. A failed status is an
// *api.Error with what the server said; no answer is an *OfflineError.
func (c *Client) attempt(ctx context.Context, r request, payload []byte, limit time.Duration) (*answer, error) {
	var a *answer
	err := c.send(ctx, r, payload, limit, func(resp *http.Response) error {
		body, err := c.readBody(resp)
		if err != nil {
			return c.brokenBody(ctx, err, len(body), limit)
		}
		a = &answer{path: r.path, header: resp.Header, body: body}
		return nil
	})
	return a, err
}

// send sends the request once and gives the answer to take, which reads it.
func (c *Client) send(ctx context.Context, r request, payload []byte, limit time.Duration, take func(*http.Response) error) error {
	if err := c.enter(ctx); err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	req, err := c.build(within, r, payload)
	if err != nil {
		return err
	}
	c.meter.calls.Add(1)
	c.meter.inFlight.Add(1)
	defer c.meter.inFlight.Add(-1)
	start := c.conf.Now()
	resp, err := c.http.Do(req)
	if err != nil {
		return c.noAnswer(ctx, err, limit)
	}
	defer func() { _ = resp.Body.Close() }() // read to its end or given up: nothing left to learn
	c.limiter.observe(resp.Header)
	if resp.StatusCode >= 300 {
		return c.refusal(resp)
	}
	if err := take(resp); err != nil {
		return err
	}
	c.meter.latency.Store(int64(c.conf.Now().Sub(start)))
	return nil
}

// enter passes the rate limiter, counted as waiting.
func (c *Client) enter(ctx context.Context) error {
	c.meter.waiting.Add(1)
	defer c.meter.waiting.Add(-1)
	return c.limiter.wait(ctx)
}

func (c *Client) build(ctx context.Context, r request, payload []byte) (*http.Request, error) {
	target := c.root + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	var body io.Reader
	if payload != nil {
		body = bytes.NewReader(payload)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, body)
	if err != nil {
		return nil, fmt.Errorf("building the request for %s: %w", r.path, err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.conf.UserAgent)
	if payload != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.ifMatch != "" {
		req.Header.Set("If-Match", r.ifMatch)
	}
	c.authorise(req)
	return req, nil
}

func (c *Client) authorise(req *http.Request) {
	switch {
	case c.conf.Token != "":
		req.Header.Set("Authorization", "Bearer "+c.conf.Token)
	case c.conf.Key != "":
		req.Header.Set("X-Auth-Email", c.conf.Email)
		req.Header.Set("X-Auth-Key", c.conf.Key)
	}
}

// followWithin follows redirects of reads on the same server only. Elsewhere
// the credentials would go along (X-Auth-Key would: only Authorization is
// dropped by net/http), and a redirected create might be carried out twice.
func followWithin(req *http.Request, via []*http.Request) error {
	first := via[0]
	same := req.URL.Scheme == first.URL.Scheme && req.URL.Host == first.URL.Host
	if !same || first.Method != http.MethodGet || len(via) > maxHops {
		return http.ErrUseLastResponse
	}
	return nil
}

// readBody reads an answer to its end, up to the limit.
func (c *Client) readBody(resp *http.Response) ([]byte, error) {
	body, err := unpacked(resp)
	if err != nil {
		return nil, err
	}
	if n := resp.ContentLength; n > 0 && n <= c.conf.MaxBody {
		var buf bytes.Buffer
		buf.Grow(int(n) + bytes.MinRead)
		_, err = buf.ReadFrom(io.LimitReader(body, c.conf.MaxBody+1))
		if err == nil && int64(buf.Len()) > c.conf.MaxBody {
			err = errTooBig
		}
		return buf.Bytes(), err
	}
	return readPieces(body, c.conf.MaxBody)
}

const (
	firstPiece = 8 << 10
	lastPiece  = 4 << 20
)

// readPieces reads a body of unknown length, up to the limit. It holds no more
// than what came and one piece until all of it is there: a buffer that doubles
// would hold three times the limit before it finds that it is passed.
func readPieces(body io.Reader, most int64) ([]byte, error) {
	var pieces [][]byte
	total := int64(0)
	for size := firstPiece; ; size = min(2*size, lastPiece) {
		piece := make([]byte, size)
		n, err := readFull(piece, body)
		pieces, total = append(pieces, piece[:n]), total+int64(n)
		switch {
		case total > most:
			return nil, errTooBig
		case errors.Is(err, io.EOF):
			return bytes.Join(pieces, nil), nil
		case err != nil:
			return bytes.Join(pieces, nil), err
		}
	}
}

// readFull reads until p is full. Unlike io.ReadFull it leaves an error as it is,
// so that a body that broke off is told from one that ended.
func readFull(p []byte, from io.Reader) (n int, err error) {
	for n < len(p) && err == nil {
		var got int
		got, err = from.Read(p[n:])
		n += got
	}
	return n, err
}

// What an answer may hold. A few bytes of it (`{},`) can become a value of
// half a kibibyte, so that its length alone is no bound on memory.
const (
	maxListed = 200_000   // values of its outermost lists: eight of the largest pages
	maxValues = 8_000_000 // values in all
)

// checkValues refuses an answer that would take more memory than any honest
// one.
func checkValues(body []byte) error {
	if bytes.Count(body, []byte{','}) < maxListed {
		return nil
	}
	listed, values := countValues(body)
	if listed >= maxListed || values >= maxValues {
		return &answerError{text: fmt.Sprintf("the answer holds more than %d rows or %d values; ask for smaller pages", maxListed, maxValues), err: errTooBig}
	}
	return nil
}

// countValues counts the commas of JSON outside its texts: those of lists at
// the two outermost levels, a bare one and an envelope's, and all of them.
func countValues(body []byte) (listed, values int) {
	depth := 0
	var list [3]bool // whether the container open at a level is a list
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case '"':
			i = endOfText(body, i)
		case '[', '{':
			if depth++; depth < len(list) {
				list[depth] = body[i] == '['
			}
		case ']', '}':
			depth = max(depth-1, 0)
		case ',':
			values++
			if depth < len(list) && list[depth] {
				listed++
			}
		}
	}
	return listed, values
}

// endOfText is where the text that begins at i ends.
func endOfText(body []byte, i int) int {
	for i++; i < len(body) && body[i] != '"'; i++ {
		if body[i] == '\\' {
			i++
		}
	}
	return i
}

// unpacked is an answer's body. net/http unpacks gzip it asked for itself; an
// in-memory transport may hand it over packed.
func unpacked(resp *http.Response) (io.Reader, error) {
	if !strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		return resp.Body, nil
	}
	out, err := gzip.NewReader(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("unpacking: %w", err)
	}
	return out, nil
}

var errTooBig = errors.New("answer too big")

// decode reads the answer in either form. Page information of a bare answer
// stands in a header.
func (c *Client) decode(a *answer, into any) (*api.ResultInfo, error) {
	if err := checkValues(a.body); err != nil {
		return nil, err
	}
	info, err := decodeBody(a.body, into)
	if err != nil {
		return nil, c.wrongAnswer(a, err)
	}
	if info != nil {
		return info, nil
	}
	h := a.header.Get("X-Result-Info")
	if h == "" {
		return nil, nil
	}
	info = new(api.ResultInfo)
	if err := json.Unmarshal([]byte(h), info); err != nil {
		return nil, c.wrongAnswer(a, fmt.Errorf("header X-Result-Info: %w", err))
	}
	return info, nil
}

// decodeBody reads pages of events the fast way where it can.
func decodeBody(body []byte, into any) (*api.ResultInfo, error) {
	if list, isPage := into.(*[]api.Event); isPage {
		if events, info, ok := fastEvents(body); ok {
			*list = events
			return info, nil
		}
	}
	return api.Decode(body, into)
}

func encode(body any) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	b, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("writing the request: %w", err)
	}
	return b, nil
}
