// Package cli is the command line: it wires profiles, servers and the
// workbench together and holds no logic of its own.
package cli

import (
	"context"
	"io"
	"time"

	"threatbench/api/async"
	"threatbench/api/client"
	"threatbench/api/interchange"
	"threatbench/api/knowngood"
	"threatbench/cli/profile"
	"threatbench/cli/sshd"
	"threatbench/cli/team"
	"threatbench/ui"
)

// The exit codes.
const (
	exitOK      = 0
	exitFailed  = 1
	exitUsage   = 2
	exitPartial = 3 // answered in part
)

// Job is long work that the workbench can start: it reports how far it is and
// sums up what it did.
type Job func(ctx context.Context, report func(done, total int64, note string)) (summary string, err error)

// Session is everything the workbench is started with.
type Session struct {
	API       async.Client
	Source    interchange.Source // where an export takes events from; nil means API
	Stats     func() client.Stats
	Profile   string // its name, for the header
	Version   string
	ReadOnly  bool
	Throwaway bool     // the database is deleted at the end
	Query     string   // the filter to start with, in the filter language
	Datasets  []string // what is searched; none means the server's default dataset
	UI        profile.UI
	Themes    map[string]map[string]any // a person's own, as in the configuration
	Keys      map[string][]string       // keys by action, instead of the usual ones
	Warnings  []string                  // what is wrong with the configuration
	Good      *knowngood.Set            // values known to be harmless
	Imports   ui.Imports                // reads files in; nil where the session can't
	Demo      Job                       // fills the database with made-up events; nil where the session can't
	Connect   string                    // how to reach a remote account, in a few lines
	StateDir  string                    // where a crash file goes
	State     *profile.State            // what the profile's sessions remember; nil forgets
	Edit      ui.Edit                   // opens the person's editor; nil where the session can't
	Now       func() time.Time
	Team      *team.Member            // who else is on, in a process that serves several; nil means nobody
	Audit     func(async.AuditRecord) // told of every change; nil tells nobody
	Hosted    *sshd.Session           // the terminal to show it on, where it is somebody's over SSH; nil means the process's
}

// Workbench shows the terminal workbench until the person leaves it or ctx
// ends.
type Workbench func(ctx context.Context, s Session) error

// Streams are the program's three streams.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
}

// Main runs the command line args (without the program's name) and returns
// the exit code: 0 well, 1 failed, 2 used wrongly, 3 done in part. What went wrong is one line
// on Streams.Err.
func Main(ctx context.Context, args []string, io Streams, run Workbench) int {
	a := newApp(io, run)
	return a.execute(ctx, args)
}
