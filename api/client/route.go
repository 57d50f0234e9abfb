package client

import (
	"sync/atomic"

	"threatbench/api"
)

// route remembers which of two paths a server knows: the newer one, or the
// one it replaces.
type route struct{ known atomic.Int32 }

const (
	routeUnknown int32 = iota
	routeNewer
	routeOlder
)

// try calls the newer path and, where it isn't there and nothing is known yet,
// the older one. What worked is remembered; when neither is there the thing
// itself is missing and nothing was learnt.
func (r *route) try(newer, older func() error) error {
	if r.known.Load() == routeOlder {
		return older()
	}
	err := newer()
	if err == nil {
		r.known.Store(routeNewer)
		return nil
	}
	if !isStatus(err, absent...) || r.known.Load() == routeNewer {
		return err
	}
	if older() != nil {
		return err
	}
	r.known.Store(routeOlder)
	return nil
}

func isStatus(err error, status ...int) bool {
	if err == nil {
		return false
	}
	got := api.StatusOf(err)
	for _, s := range status {
		if got == s {
			return true
		}
	}
	return false
}
