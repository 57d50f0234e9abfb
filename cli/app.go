package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"charm.land/fang/v2"
	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"threatbench/api/clean"
	"threatbench/api/client/patience"
	"threatbench/api/knowngood"
	"threatbench/cli/profile"
)

// app is one run of the program.
type app struct {
	io    Streams
	bench Workbench
	env   profile.Environment
	now   func() time.Time
	tty   func(stream any) bool // whether a stream is a terminal
	flags globalFlags
	waits *waiting       // how a silent server is treated; nil leaves it to the client
	given *place         // where the events are, whatever the flags say, and the caller's to close; nil but over SSH
	good  *knowngood.Set // values known to be harmless, where they were read already
	amiss []string       // what of them could not be read then
	err   error          // why the command failed
}

// globalFlags are understood by every command.
type globalFlags struct {
	profile    string
	readOnly   bool
	color      string
	ascii      bool
	accessible bool
	theme      string
	config     string
	db         string
}

// usageError is a command line that makes no sense: exit code 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func newApp(io Streams, run Workbench) *app {
	return &app{io: io, bench: run, env: profile.Environment{Getenv: os.Getenv}, now: time.Now, tty: isTerminal}
}

// execute runs the command line. Errors are kept in a.err rather than given to
// fang, which would ask the terminal for its colours before showing them.
func (a *app) execute(ctx context.Context, args []string) int {
	root := a.root()
	root.SetArgs(args)
	root.SetIn(a.io.In)
	root.SetOut(a.io.Out)
	root.SetErr(a.io.Err)
	keep := func(_ io.Writer, _ fang.Styles, err error) { a.fail(usageError{err}) }
	if err := fang.Execute(ctx, root, fang.WithErrorHandler(keep), fang.WithVersion(versionLine()), fang.WithoutManpage()); err != nil {
		a.fail(usageError{err})
	}
	return a.exit()
}

// fail keeps the first error.
func (a *app) fail(err error) {
	if a.err == nil {
		a.err = err
	}
}

func (a *app) exit() int {
	if a.err == nil {
		return exitOK
	}
	var silent quietError
	if !errors.As(a.err, &silent) {
		fmt.Fprintln(a.io.Err, "threatbench: "+oneLine(a.err)) // nowhere left to say it
	}
	var usage usageError
	if errors.As(a.err, &usage) {
		return exitUsage
	}
	var partial partialError
	if errors.As(a.err, &partial) {
		return exitPartial
	}
	return exitFailed
}

// partialError is work that was done in part: exit code 3.
type partialError struct{ error }

func (e partialError) Unwrap() error { return e.error }

// quietError ends the program with exit code 1; all was said already.
type quietError struct{ error }

// oneLine is an error as one line without anything a terminal would obey, and
// with a hint where it is known what to do.
func oneLine(err error) string {
	text := clean.Line(strings.Join(strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' }), "; "))
	switch {
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.As(err, new(*patience.Error)):
		return text + "; give it more time with --timeout, for example --timeout 2m, or 0 to wait for as long as it takes"
	case errors.Is(err, syscall.EADDRINUSE):
		return text + "; choose another address with --listen, or port 0 for a free one"
	}
	return machineSays(err, text)
}

// machineTroubles are what a machine refuses, each in one wording wherever it
// is met, with what to do.
var machineTroubles = []struct {
	is       []error
	word, do string
}{
	{[]error{syscall.ENOSPC, syscall.EDQUOT}, "the disk is full", "make room and try again"},
	{[]error{syscall.EMFILE, syscall.ENFILE}, "too many files are open", "raise the limit, for example with ulimit -n 1024"},
	{[]error{syscall.EROFS}, "the disk is read-only", "choose another place"},
	{[]error{syscall.EISDIR}, "it is a folder", "name a file"},
	{[]error{syscall.ENOTDIR}, "a part of the path is a file and no folder", "choose another place"},
	{[]error{fs.ErrPermission}, "permission denied", "check the file's owner and mode"},
	{[]error{fs.ErrNotExist}, "there is no such file or folder", ""},
}

// machineSays puts what the machine refused into a person's words.
func machineSays(err error, text string) string {
	for _, t := range machineTroubles {
		for _, is := range t.is {
			if !errors.Is(err, is) {
				continue
			}
			var at *fs.PathError
			if errors.As(err, &at) && errors.Is(at, is) {
				text = strings.ReplaceAll(text, at.Error(), named(at.Path)+t.word)
			}
			if errno := syscall.Errno(0); errors.As(err, &errno) {
				text = strings.ReplaceAll(text, errno.Error(), t.word)
			}
			if t.do == "" || strings.Contains(text, t.do) {
				return text
			}
			return text + "; " + t.do
		}
	}
	return text
}

// named is a path before what is said of it, "" where only the program knows it.
func named(path string) string {
	switch {
	case strings.Contains(path, ".threatbench-"):
		return ""
	case path == "/dev/stdout":
		return "the output: "
	}
	return path + ": "
}

// run wraps what a command does: its arguments are checked first, and its
// error is kept.
func (a *app) run(args func([]string) error, do func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, given []string) error {
		if err := a.checkFlags(); err != nil {
			a.fail(err)
			return nil
		}
		if err := args(given); err != nil {
			a.fail(fmt.Errorf("%w; see %s --help", err, cmd.CommandPath()))
			return nil
		}
		if err := do(cmd.Context(), given); err != nil {
			a.fail(err)
		}
		return nil
	}
}

// runSearch is run for a command whose exit code 1 means that nothing was
// found: what fails is 2 there.
func (a *app) runSearch(args func([]string) error, do func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return a.run(args, func(ctx context.Context, given []string) error {
		err := do(ctx, given)
		if errors.As(err, &quietError{}) || errors.As(err, &partialError{}) || err == nil {
			return err
		}
		return usageError{err}
	})
}

func noArgs(args []string) error {
	if len(args) > 0 {
		return usagef("unexpected argument %q", args[0])
	}
	return nil
}

// untilSignal is a context that ends with ctrl+c or when the program is asked
// to end.
func untilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	return signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
}

// untilLeft is untilSignal for the workbench, which gives the terminal back
// before it ends by SIGQUIT, too; other commands answer that with their stacks.
func untilLeft(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := untilSignal(ctx)
	quit, stopQuit := signal.NotifyContext(ctx, syscall.SIGQUIT)
	return quit, func() { stopQuit(); stop() }
}

// isTerminal tells whether a stream is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(f.Fd())
}
