package api

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Error is a failure as the contract reports it.
type Error struct {
	Status     int           // HTTP status, 0 where none was received
	Code       int           // the platform's code, 0 where none
	Message    string        // one line for a person
	RetryAfter time.Duration // from Retry-After, 0 where none
}

// Error is the message, with the status where it adds something.
func (e *Error) Error() string {
	if e.Message == "" {
		return fmt.Sprintf("the server answered %d %s", e.Status, http.StatusText(e.Status))
	}
	return e.Message
}

// Errorf makes an *Error with a status.
func Errorf(status int, format string, args ...any) *Error {
	return &Error{Status: status, Message: fmt.Sprintf(format, args...)}
}

// StatusOf is the HTTP status an error stands for: that of an *Error in its
// chain, 500 for any other error.
func StatusOf(err error) int {
	var e *Error
	if errors.As(err, &e) && e.Status != 0 {
		return e.Status
	}
	return http.StatusInternalServerError
}

// badKey is a violated limit: it names the key, the limit and what came.
func badKey(key, limit, got string) *Error {
	const most = 80
	if len(got) > most {
		got = strings.ToValidUTF8(got[:most], "") + "…"
	}
	return Errorf(http.StatusBadRequest, "%s: want %s, got %q", key, limit, got)
}

// ErrUnsupported is in the chain of an error that means: this server has no
// such feature, so asking again is useless. A pane says so and goes on.
var ErrUnsupported = errors.New("the server has no such feature")

// ErrUnsure is in the chain of the error of a change that was sent, and of
// which it isn't known whether it was carried out: no answer, an answer that
// cannot be read, a server that failed on the way. Look before repeating it.
var ErrUnsure = errors.New("it may have been carried out, so look before you repeat it")
