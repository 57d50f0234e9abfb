// Package cli is the command line: it wires profiles, servers and the
// workbench together and holds no logic of its own.
package cli

import (
	"context"
	"io"
	"time"

	"threatbench/api/client"
	"threatbench/cli/profile"
)

// Session is everything the workbench is started with.
type Session struct {
	Client   *client.Client
	Profile  string // name of the profile, "demo" or "local"
	Embedded bool   // the server is in this process, on a database file
	ReadOnly bool
	Query    string     // the filter to start with, in the filter language
	UI       profile.UI // theme, ascii, colour, columns, keys
	Warnings []string   // to show as toasts: a broken config, say
	Now      func() time.Time
	Version  string

	// Import reads a JSON Lines file into the session's server; nil where
	// the session is read-only.
	Import func(ctx context.Context, path string, report func(done, total int64, note string)) (summary string, err error)
	// LoadDemo fills the session's server with n made-up events; nil where
	// the server isn't embedded or the session is read-only.
	LoadDemo func(ctx context.Context, n int, report func(done, total int64, note string)) error
}

// Streams are the program's three streams.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
}
