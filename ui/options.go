package ui

import (
	"context"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"threatbench/api/async"
	"threatbench/api/client"
	"threatbench/api/interchange"
	"threatbench/api/knowngood"
	"threatbench/keymap"
	"threatbench/theme"
	"threatbench/views"
)

// Options is what a session of the workbench is made of.
type Options struct {
	API     async.API           // where the events come from
	Stats   func() client.Stats // what the client knows of its doing; nil shows nothing
	Keys    *keymap.Map         // nil means the default keys
	Profile string              // its name, for the header
	Memory  views.Store         // what is remembered from session to session; nil forgets at the end
	Version string

	Query      string   // the filter to start with
	Columns    []string // ids of the events table's columns; none means the usual ones
	Datasets   []string // ids or a scope to search; none means the server's default dataset
	Theme      string   // a name of Themes; "" means auto
	Themes     theme.Set
	ASCII      bool
	Accessible bool // for a screen reader: what is drawn as a picture is a list instead, where it can be
	ReadOnly   bool
	NoMouse    bool
	UTC        bool           // times in UTC rather than local time
	Good       *knowngood.Set // values known to be harmless; nil knows none
	Warnings   []string       // said at the start: what is wrong with the configuration

	// Imports reads files into the database; Demo fills it with made-up events.
	// Nil where the profile can't.
	Imports Imports
	Demo    Job
	// Edit opens the person's editor. Nil where the session can't.
	Edit Edit
	// WriteFile has write fill a file for its owner alone, whole or not at all,
	// and fill what is no regular file as it is. Nil where
	// the session may write none.
	WriteFile func(ctx context.Context, path string, write func(w io.Writer) error) error
	// Source is where an export takes events from; nil means API.
	Source interchange.Source
	// Throwaway is a database that is deleted at the end, as the demo's is.
	Throwaway bool
	// Connect tells in a few lines how to reach a remote account.
	Connect string

	Env      []string  // the session's environment; nil means the process's
	In       io.Reader // nil means the terminal
	Out      io.Writer // nil means the terminal
	Width    int       // of the window, where no terminal tells; 0 means found out
	Height   int
	Profiles *colorprofile.Profile // colour profile; nil means found out
	Now      func() time.Time
	StateDir string // where a crash file goes; "" means the system's temporary directory

	// Audit is told of every change that ran, from its goroutine; nil tells
	// nobody.
	Audit func(async.AuditRecord)
	// Team is who else is on, where several work on the profile in one process.
	Team views.Team

	// Hosted is a session in a process that serves others too: the process's
	// signals, files and programs aren't the person's.
	Hosted bool
	// Started is called once with the way to send the session messages, such
	// as a window's new size or a Notice. Sending may wait until it is taken.
	Started func(send func(tea.Msg))
	// Back gives a hosted session, after it was sent Away, the terminal on which
	// it goes on; ok is false where it is over. In and Out lead to that one then.
	Back func(ctx context.Context) (t Terminal, ok bool)
}

// Terminal is what a hosted session is shown on.
type Terminal struct {
	Env           []string
	Profile       *colorprofile.Profile
	Width, Height int
}

// Away tells a hosted session that its terminal is gone. Nothing is lost: what
// is under way goes on, and its results wait.
type Away struct{}

// Notice is a message from outside for the person at the workbench.
type Notice struct{ Text string }

// Job is long work that reports how far it is and sums up what it did.
type Job func(ctx context.Context, report func(done, total int64, note string)) (summary string, err error)

func (o Options) withDefaults() Options {
	if o.Keys == nil {
		o.Keys, _ = keymap.New(Actions(), nil)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}
