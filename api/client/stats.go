package client

import (
	"sync/atomic"
	"time"
)

// Stats is what the client knows of its own doing, for the header line.
type Stats struct {
	Calls        int           // requests really sent, repeats included
	InFlight     int           // requests under way
	Waiting      int           // calls paused: for a repeat, for pacing, or for a block to end
	Latency      time.Duration // of the last answer, body included; 0 before the first
	RateLimit    RateLimit
	BlockedUntil time.Time // the server asked for silence until then; zero where it didn't
}

// RateLimit is what the server last said is left.
type RateLimit struct {
	Known     bool          // the server states a limit
	Remaining int           // calls left in this window
	Reset     time.Time     // when the window ends
	Limit     int           // calls per window, 0 where unsaid
	Window    time.Duration // its length, 0 where unsaid
}

// meter counts without a lock, since the header asks on every frame.
type meter struct {
	calls, inFlight, waiting, latency atomic.Int64
}

// Stats tells how many calls were made, how fast the last was, and what the
// server said is left.
func (c *Client) Stats() Stats {
	s := Stats{
		Calls:    int(c.meter.calls.Load()),
		InFlight: int(c.meter.inFlight.Load()),
		Waiting:  int(c.meter.waiting.Load()),
		Latency:  time.Duration(c.meter.latency.Load()),
	}
	s.RateLimit, s.BlockedUntil = c.limiter.state()
	return s
}
