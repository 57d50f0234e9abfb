package wire

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// How long a request's body may take: StalledAfter without a byte, WholeWithin
// altogether.
const (
	StalledAfter = 30 * time.Second
	WholeWithin  = 4 * time.Minute
)

// ErrStalled is a body that took longer than that.
var ErrStalled = errors.New("the body didn't come in time")

// body reads a request's body under deadlines.
type body struct {
	in      io.Reader
	control *http.ResponseController
	now     func() time.Time
	end     time.Time
}

// Body is the body of a request that is given up where it stalls. A writer
// without deadlines has no connection to hold: there is nothing to give up.
func Body(w http.ResponseWriter, in io.Reader, now func() time.Time) io.Reader {
	return &body{in, http.NewResponseController(w), now, now().Add(WholeWithin)}
}

func (b *body) Read(p []byte) (int, error) {
	next := b.now().Add(StalledAfter)
	if next.After(b.end) {
		next = b.end
	}
	_ = b.control.SetReadDeadline(next)
	n, err := b.in.Read(p)
	if err == nil {
		return n, nil
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return n, ErrStalled
	}
	if errors.Is(err, io.EOF) {
		_ = b.control.SetReadDeadline(time.Time{}) // what is done next may take its time
	}
	return n, err
}
