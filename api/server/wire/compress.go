// Package wire is what a listening server does beside the contract: it
// compresses answers, gives up on bodies that stall, and says in JSON what
// net/http would say in plain text.
package wire

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzhttp"
)

// leastCompressed is from how many bytes on an answer is compressed: below it,
// it fits into one packet anyway.
const leastCompressed = 1400

// codings are the endings that tell apart the ETags of one answer in its
// codings.
var codings = [...]string{"-gzip", "-zstd"}

// Compress answers in gzip or zstd to those who take it. Another coding has
// another ETag (the plain one with its name behind); in conditions both count
// as the same, since they are of the same version.
func Compress(h http.Handler) (http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(leastCompressed), gzhttp.SuffixETag(codings[0]))
	if err != nil {
		return nil, fmt.Errorf("compressing answers: %w", err)
	}
	packed := wrap(h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		known := plainTags(r.Header, "If-None-Match")
		plainTags(r.Header, "If-Match")
		head := r.Method == http.MethodHead && r.Header.Get("Accept-Encoding") != ""
		if len(known) > 0 || head {
			w = &restorer{w, known, head}
		}
		packed.ServeHTTP(w, r)
	}), nil
}

// plainTags takes the names of codings off the tags of a header, and answers
// how each such tag was sent.
func plainTags(h http.Header, name string) map[string]string {
	sent := map[string]string{}
	for i, line := range h[name] {
		tags := strings.Split(line, ",")
		for j, tag := range tags {
			for _, coding := range codings {
				plain, coded := strings.CutSuffix(strings.TrimSpace(tag), coding+`"`)
				if coded {
					tags[j] = plain + `"`
					sent[strings.TrimPrefix(tags[j], "W/")] = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
				}
			}
		}
		h[name][i] = strings.Join(tags, ",")
	}
	return sent
}

// restorer answers a 304 under the tag that the caller knows, and tells nobody
// who takes codings the length of a plain answer to HEAD.
type restorer struct {
	http.ResponseWriter
	known map[string]string
	head  bool
}

func (w *restorer) WriteHeader(status int) {
	h := w.Header()
	if tag, there := w.known[h.Get("ETag")]; there && status == http.StatusNotModified {
		h.Set("ETag", tag)
	}
	if w.head {
		h.Del("Content-Length")
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the writer below.
func (w *restorer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
