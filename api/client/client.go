// Package client speaks the events contract over HTTP: authentication,
// repeating what may be repeated, pacing, tolerant decoding. It is also the
// boundary where hostile text stops: every string of an answer is neutralised
// here, once, so that whoever draws it need not think of it. The exception is
// api.Raw's Data, which keeps the record's original bytes.
package client

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"threatbench/api/client/patience"
)

// DefaultBaseURL is where Cloudflare answers.
const DefaultBaseURL = "https://api.cloudflare.com/client/v4"

// What a zero in Config means.
const (
	DefaultTimeout = 30 * time.Second
	DefaultRetries = 2
	DefaultMaxWait = 20 * time.Second
	DefaultMaxBody = 256 << 20
	noTimeout      = 1000 * time.Hour
	bulkTimeouts   = 4 // a create may take this many times as long as a read
)

// Config tells a Client where and as whom to speak. The zero value of every
// field but Account has a meaning.
type Config struct {
	BaseURL string // without the account part; "" means DefaultBaseURL
	Account string // account id
	Token   string // sent as Bearer; wins over Email and Key
	Email   string // X-Auth-Email, together with Key
	Key     string // X-Auth-Key

	Transport http.RoundTripper // nil means one of its own; an in-memory server can stand here
	UserAgent string            // "" means threatbench
	Timeout   time.Duration     // of one attempt at a read; creates get four times as long; 0 means DefaultTimeout, or no limit where Patience is set
	Patience  *patience.Watch   // gives up on a silent server, whatever Timeout and Retries say; nil means never
	Retries   int               // repeats of a read that failed; 0 means DefaultRetries, negative none
	MaxWait   time.Duration     // longest pause for the server's sake before a call gives up with a 429; 0 means DefaultMaxWait
	MaxBody   int64             // bytes of one answer, unpacked; 0 means DefaultMaxBody

	Now    func() time.Time // nil means time.Now
	Jitter func() float64   // 0 ≤ x < 1, spreads the pauses between repeats; nil means random
}

// Client speaks to one account of one server. It is safe for concurrent use.
type Client struct {
	conf    Config
	root    string // base URL with the account part, no slash at its end
	host    string // for messages
	http    *http.Client
	limiter *rateLimiter
	meter   meter

	rawPath     route
	typePath    route
	gqlPath     route
	deletePath  route
	relatedPath route

	categoryPath, tagCategoryPath, indicatorPath, tagIndicatorPath route

	graph   atomic.Bool // the server's GraphQL schema is ours
	noGraph atomic.Bool // it has none, or another one

	graphs   feature // GET /events/graph
	unrelate feature
	journal  feature
	preview  feature
	queries  feature
	alerts   feature
	inbox    feature

	understood understood

	rehearsal feature // GET /events/queries/{query_id}/test
}

// New makes a Client, or says what is wrong with the configuration. It sends
// nothing.
func New(c Config) (*Client, error) {
	c = withDefaults(c)
	base, err := parseBase(c.BaseURL)
	if err != nil {
		return nil, err
	}
	if err := checkIdentity(c); err != nil {
		return nil, err
	}
	cl := &Client{
		conf:    c,
		root:    strings.TrimRight(base.String(), "/") + "/accounts/" + url.PathEscape(c.Account) + "/cloudforce-one",
		host:    base.Host,
		limiter: newRateLimiter(c.Now, c.MaxWait),
	}
	cl.http = &http.Client{Transport: c.Transport, CheckRedirect: followWithin}
	return cl, nil
}

// Close drops idle connections. A closed Client can still be used.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// BaseURL is the address calls go to, without the account part's secrets: it
// never holds a token.
func (c *Client) BaseURL() string { return c.conf.BaseURL }

func withDefaults(c Config) Config {
	if c.BaseURL == "" {
		c.BaseURL = DefaultBaseURL
	}
	if c.UserAgent == "" {
		c.UserAgent = "threatbench"
	}
	if c.Timeout <= 0 && c.Patience != nil {
		c.Timeout = noTimeout
	}
	if c.Timeout <= 0 {
		c.Timeout = DefaultTimeout
	}
	if c.Retries == 0 {
		c.Retries = DefaultRetries
	}
	if c.MaxWait <= 0 {
		c.MaxWait = DefaultMaxWait
	}
	if c.MaxBody <= 0 {
		c.MaxBody = DefaultMaxBody
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Jitter == nil {
		c.Jitter = rand.Float64
	}
	if c.Transport == nil {
		c.Transport = ownTransport(c.Patience)
	}
	if c.Patience != nil {
		c.Transport = c.Patience.Over(c.Transport)
	}
	return c
}

// ownTransport is not the shared default, so that Close ends what this client
// opened and nothing else.
func ownTransport(p *patience.Watch) http.RoundTripper {
	t := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          16,
		MaxIdleConnsPerHost:   8,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
	if p != nil {
		t.TLSHandshakeTimeout = 0 // a handshake is waited for like everything else
	}
	return t
}

func parseBase(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, errors.New("base URL: not a URL; write it as https://host/client/v4")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("base URL: want http:// or https:// in front, got %q", u.Redacted())
	case u.Host == "":
		return nil, fmt.Errorf("base URL: no host in %q", u.Redacted())
	case u.User != nil:
		return nil, errors.New("base URL: no user or password belongs in it; give a token, or an e-mail and a key")
	case u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("base URL: nothing may follow the path in %q", u.Redacted())
	}
	return u, nil
}

func checkIdentity(c Config) error {
	if strings.TrimSpace(c.Account) == "" {
		return errors.New("account: missing; give the account id")
	}
	if c.Token == "" && (c.Email == "") != (c.Key == "") {
		return errors.New("credentials: an e-mail and a key go together, one of them is missing")
	}
	for name, v := range map[string]string{"token": c.Token, "e-mail": c.Email, "key": c.Key, "user agent": c.UserAgent} {
		if strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r > '~' }) {
			return fmt.Errorf("%s: holds a character that cannot be sent; was a line break copied along?", name)
		}
	}
	return nil
}
