package server

import (
	"context"
	"errors"
	"fmt"
	stdlog "log"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"threatbench/api/server/crowd"
	"threatbench/api/server/wire"
)

// The limits of a listening server. Writing may take long: a page of 25,000
// events over a slow line does.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 5 * time.Minute
	writeTimeout      = 10 * time.Minute
	idleTimeout       = 2 * time.Minute
	shutdownGrace     = 10 * time.Second
	mostWaiting       = 256 // connections that ask for nothing; see crowd
)

// Serve answers on l until ctx ends, then lets running requests finish for up
// to ten seconds and returns nil. Any other end is an error. It owns l. The
// server's own complaints (a failed accept, say) go to log; nil drops them.
func Serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	packed, err := wire.Compress(h)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	srv := &http.Server{
		Handler:           wire.LimitHead(packed),
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    wire.MaxHeadRead,
		ErrorLog:          stdlog.New(&complaints{log: log, told: map[string]bool{}}, "", 0),
	}
	crowd.Limit(srv, mostWaiting)
	done := make(chan error, 1)
	go func() { done <- srv.Serve(wire.Listen(l)) }()
	select {
	case err := <-done:
		return fmt.Errorf("serving on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	return shutdown(srv, done)
}

// mostReasons is how many reasons of failed handshakes are told.
const mostReasons = 8

// complaints are what an http.Server says by itself. Anybody can make TLS
// handshakes fail, as often as they like: each reason is told once.
type complaints struct {
	log *slog.Logger

	mu   sync.Mutex
	told map[string]bool
}

// Write takes one line.
func (c *complaints) Write(line []byte) (int, error) {
	text := strings.TrimSuffix(string(line), "\n")
	from, handshake := strings.CutPrefix(text, "http: TLS handshake error from ")
	if !handshake {
		c.log.Warn(text)
		return len(line), nil
	}
	_, reason, _ := strings.Cut(from, ": ")
	c.mu.Lock()
	known := c.told[reason] || len(c.told) == mostReasons
	if !known {
		c.told[reason] = true
	}
	c.mu.Unlock()
	if !known {
		c.log.Warn(text + "; further ones for this reason are not logged")
	}
	return len(line), nil
}

// shutdown ends srv: kindly at first, then by closing what is left.
func shutdown(srv *http.Server, done <-chan error) error {
	grace, cancel := context.WithTimeout(context.Background(), shutdownGrace)
	defer cancel()
	err := srv.Shutdown(grace)
	if err != nil {
		err = errors.Join(fmt.Errorf("ending running requests: %w", err), srv.Close())
	}
	if end := <-done; !errors.Is(end, http.ErrServerClosed) {
		err = errors.Join(err, end)
	}
	return err
}
