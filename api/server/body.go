package server

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"threatbench/api"
	"threatbench/api/server/wire"
)

// body reads the request's body whole: gzip undone, at most the configured
// size (413), valid UTF-8 (400).
func (c *call) body() ([]byte, error) {
	limit := c.s.config.MaxBody
	in := wire.Body(c.w, http.MaxBytesReader(c.w, c.r.Body, limit), time.Now)
	switch enc := strings.ToLower(strings.TrimSpace(c.r.Header.Get("Content-Encoding"))); enc {
	case "", "identity":
	case "gzip":
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, unreadable(err)
		}
		in = z
	default:
		return nil, api.Errorf(http.StatusUnsupportedMediaType, "Content-Encoding: want gzip or none, got %q", enc)
	}
	b, err := io.ReadAll(io.LimitReader(in, limit+1))
	if errors.Is(err, wire.ErrStalled) {
		c.w.Header().Set("Connection", "close")
	}
	if err != nil {
		return nil, unreadable(err)
	}
	if int64(len(b)) > limit {
		return nil, tooLarge(limit)
	}
	if at := invalidUTF8(b); at >= 0 {
		return nil, api.Errorf(http.StatusBadRequest, "body: byte %d is not UTF-8", at)
	}
	return b, nil
}

// unreadable is a body that broke off or isn't the gzip it says; one past the
// size limit stays what it is.
func unreadable(err error) error {
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) {
		return tooLarge(tooBig.Limit)
	}
	if errors.Is(err, wire.ErrStalled) {
		return api.Errorf(http.StatusRequestTimeout, "body: want a byte every %s and the whole within %s, it took longer", wire.StalledAfter, wire.WholeWithin)
	}
	return api.Errorf(http.StatusBadRequest, "body: cannot be read whole: %v", err)
}

// invalidUTF8 is the place of the first byte that isn't UTF-8, or -1.
func invalidUTF8(b []byte) int {
	if utf8.Valid(b) {
		return -1
	}
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size < 2 {
			return i
		}
		i += size
	}
	return -1
}

// decode reads the body as JSON into v. Unknown fields are overlooked; what
// isn't JSON or has the wrong type is a 400 that names the place.
func (c *call) decode(v any) error {
	b, err := c.body()
	if err != nil {
		return err
	}
	return decodeJSON(b, v)
}

func decodeJSON(b []byte, v any) error {
	if len(bytes.TrimSpace(b)) == 0 {
		return api.Errorf(http.StatusBadRequest, "body: a JSON object is missing")
	}
	if err := json.Unmarshal(b, v); err != nil {
		return jsonError(b, err)
	}
	return nil
}

// jsonError says in the contract's words what is wrong with a JSON body.
func jsonError(b []byte, err error) error {
	var known *api.Error
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &syntax):
		line, col := position(b, syntax.Offset)
		return api.Errorf(http.StatusBadRequest, "body: not JSON at line %d, column %d: %v", line, col, syntax)
	case errors.As(err, &wrong):
		key := wrong.Field
		if key == "" {
			key = "body"
		}
		return api.Errorf(http.StatusBadRequest, "%s: want %s, got %s", key, jsonKind(wrong), wrong.Value)
	}
	return api.Errorf(http.StatusBadRequest, "body: %v", err)
}

// jsonKind names the JSON type that a Go type is read from.
func jsonKind(e *json.UnmarshalTypeError) string {
	switch k := e.Type.Kind().String(); {
	case k == "string":
		return "a string"
	case k == "bool":
		return "true or false"
	case k == "slice":
		return "a list"
	case k == "struct" || k == "map":
		return "an object"
	case strings.HasPrefix(k, "int") || strings.HasPrefix(k, "uint"):
		return "a whole number"
	case strings.HasPrefix(k, "float"):
		return "a number"
	}
	return "something else"
}

// position is the line and column, from 1, of the byte that a decoder stopped
// at: offset counts the bytes read up to and with it.
func position(b []byte, offset int64) (line, col int) {
	head := b[:max(0, min(int(offset)-1, len(b)))]
	line = 1 + bytes.Count(head, []byte("\n"))
	return line, len(head) - bytes.LastIndexByte(head, '\n')
}
