package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"threatbench/cli/files"
	"threatbench/cli/manual"
)

// What a build is told by the linker (-X threatbench/cli.commit=…). Go's own
// notes say commit and date where a build isn't told.
var (
	release = "0.1.0" // what this version of the program is called
	commit  = ""      // the commit it was built from, in full
	date    = ""      // when that was made: 2026-11-30
)

func (a *app) versionCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "version", Short: "Say which version this is", Example: "threatbench version", Args: cobra.ArbitraryArgs}
	cmd.RunE = a.run(noArgs, func(context.Context, []string) error { return a.print("threatbench %s", versionLine()) })
	return cmd
}

func (a *app) manCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use: "man [command]...", Short: "Write the manual page of a command",
		Long:    "Writes the manual page of the program, or of the command that is named, to its output; with --dir those of all commands into a folder.",
		Example: "threatbench man serve api | man -l -\nthreatbench man --dir ~/.local/share/man/man1",
		Args:    cobra.ArbitraryArgs,
	}
	cmd.Flags().StringVar(&dir, "dir", "", "folder to write the pages of all commands into")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		known := func(args []string) error {
			if dir != "" {
				return noArgs(args)
			}
			found, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 || !found.IsAvailableCommand() {
				return usagef("there is no command %q", strings.Join(args, " "))
			}
			return nil
		}
		return a.run(known, func(ctx context.Context, args []string) error { return a.man(ctx, cmd.Root(), args, dir) })(cmd, args)
	}
	return cmd
}

func (a *app) man(ctx context.Context, root *cobra.Command, args []string, dir string) error {
	s := manual.Source{Version: "threatbench " + release, Date: builtFrom().date}
	if dir == "" {
		found, _, err := root.Find(args)
		if err != nil {
			return err
		}
		_, err = io.WriteString(a.io.Out, manual.Page(found, s))
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for file, text := range manual.Pages(root, s) {
		err := files.WriteReadable(ctx, filepath.Join(dir, file), func(w io.Writer) error {
			_, err := io.WriteString(w, text)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// origin is what the program was built from.
type origin struct {
	commit, date string
	changed      bool // with changes that were not committed
}

// builtFrom is what the linker was told, else what Go noted.
func builtFrom() origin {
	if commit != "" {
		return origin{commit: commit, date: date}
	}
	var o origin
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return o
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			o.commit = s.Value
		case "vcs.time":
			if at, err := time.Parse(time.RFC3339, s.Value); err == nil {
				o.date = at.UTC().Format(time.DateOnly)
			}
		case "vcs.modified":
			o.changed = s.Value == "true"
		}
	}
	return o
}

// version is the release with the commit it was built from.
func version() string { return builtFrom().version() }

func (o origin) version() string {
	if len(o.commit) < 7 {
		return release
	}
	v := release + "+" + o.commit[:7]
	if o.changed {
		v += ".changed"
	}
	return v
}

func versionLine() string {
	o := builtFrom()
	words := []string{o.version()}
	if o.date != "" {
		words = append(words, o.date)
	}
	return fmt.Sprintf("%s %s %s/%s", strings.Join(words, " "), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
