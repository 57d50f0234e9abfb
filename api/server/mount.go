package server

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync"
)

// Mount turns a handler into a transport for an http.Client: requests reach
// the handler in this process, without a socket. The body is streamed through
// a pipe, so the handler waits until the client reads, as over a network.
// Cancelling the request's context or closing the body ends the request's
// context on the handler's side. A panic in the handler is a 500, or a broken
// body where the answer had begun. Safe for concurrent use.
func Mount(h http.Handler) http.RoundTripper { return &transport{handler: h} }

type transport struct{ handler http.Handler }

// RoundTrip runs the handler in a goroutine of its own and returns as soon as
// the answer's header is known.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		closeBody(req.Body)
		return nil, err
	}
	ctx, cancel := context.WithCancel(req.Context())
	r, w := io.Pipe()
	out := &answerWriter{header: make(http.Header), pipe: w, ready: make(chan struct{})}
	stop := context.AfterFunc(ctx, func() { _ = w.CloseWithError(context.Cause(ctx)) })
	go func() {
		defer cancel()
		defer stop()
		defer closeBody(req.Body)
		t.serve(out, serverSide(ctx, req))
	}()
	select {
	case <-out.ready:
		return out.response(req, &mountedBody{r, cancel}), nil
	case <-ctx.Done():
		return t.settled(req, out, r, cancel)
	}
}

// settled decides between an answer and a cancellation when both happened: a
// handler that finished has cancelled its own context too.
func (t *transport) settled(req *http.Request, out *answerWriter, r *io.PipeReader, cancel context.CancelFunc) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		_ = r.CloseWithError(err)
		return nil, err
	}
	<-out.ready
	return out.response(req, &mountedBody{r, cancel}), nil
}

// serve runs the handler and ends the body as it ended.
func (t *transport) serve(out *answerWriter, req *http.Request) {
	var failed error
	defer func() {
		if p := recover(); p != nil {
			failed = fmt.Errorf("the handler panicked: %v", p)
			if !aborted(p) {
				failed = fmt.Errorf("%w\n%s", failed, debug.Stack())
			}
			out.WriteHeader(http.StatusInternalServerError)
		}
		out.WriteHeader(http.StatusOK)
		_ = out.pipe.CloseWithError(failed) // nil means a whole body; never fails
	}()
	t.handler.ServeHTTP(out, req)
}

// serverSide is the request as a server would have read it.
func serverSide(ctx context.Context, req *http.Request) *http.Request {
	in := req.Clone(ctx)
	in.RequestURI = req.URL.RequestURI()
	in.RemoteAddr = "in-memory"
	in.Proto, in.ProtoMajor, in.ProtoMinor = "HTTP/1.1", 1, 1
	if in.Host == "" {
		in.Host = req.URL.Host
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	return in
}

func closeBody(b io.Closer) {
	if b != nil {
		_ = b.Close() // a request's body has nothing left to say
	}
}

// answerWriter hands the handler's header and body to the waiting client.
type answerWriter struct {
	header http.Header
	pipe   *io.PipeWriter
	once   sync.Once
	ready  chan struct{} // closed once status and sent are set
	status int
	sent   http.Header
}

func (w *answerWriter) Header() http.Header { return w.header }

// WriteHeader sends the header; all but the first call do nothing.
func (w *answerWriter) WriteHeader(status int) {
	w.once.Do(func() {
		w.status, w.sent = status, w.header.Clone()
		close(w.ready)
	})
}

func (w *answerWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.pipe.Write(p)
}

// Flush sends the header; the pipe holds nothing back.
func (w *answerWriter) Flush() { w.WriteHeader(http.StatusOK) }

func (w *answerWriter) response(req *http.Request, body io.ReadCloser) *http.Response {
	length := int64(-1)
	if n, err := strconv.ParseInt(w.sent.Get("Content-Length"), 10, 64); err == nil {
		length = n
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: body, ContentLength: length, Request: req,
	}
}

// mountedBody ends the handler's context when the client closes it.
type mountedBody struct {
	*io.PipeReader
	cancel context.CancelFunc
}

func (b *mountedBody) Close() error {
	err := b.PipeReader.Close()
	b.cancel()
	return err
}
