package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"threatbench/api/store"
	"threatbench/api/store/homes"
)

func (a *app) copyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "copy FROM TO",
		Short: "Copy a whole database to another home: a file, or PostgreSQL",
		Long: "Copies everything: events of all accounts with their raw records, tags and relations, datasets, saved queries, alerts, inbox and imports, and the journal with what can be taken back. " +
			"The copy is the same database to everybody who knew the first one: ids, bookmarks and remembered places go on. It is of one moment; the first may be written meanwhile. " +
			"After it, all is read back and held against what was read.\n\n" +
			"TO must be new or empty. A copy that broke off is gone on with by the same command; until it is done, nothing else opens it. " +
			"Not in a database, and so not copied: token files, keys and roles of serve ssh, configuration, rights and settings of PostgreSQL.",
		Example: strings.Join([]string{
			"threatbench copy events.db postgres://threatbench@db.example/threatbench",
			"threatbench copy postgres://threatbench@db.example/threatbench events.db",
		}, "\n"),
		Args: cobra.ArbitraryArgs,
	}
	check := func(args []string) error {
		if len(args) != 2 {
			return usagef("name two databases: the one to copy, and where to")
		}
		if a.flags.db != "" || a.flags.profile != "" {
			return usagef("--db and --profile: the databases are named after the command")
		}
		return errors.Join(noPassword("FROM", args[0]), noPassword("TO", args[1]))
	}
	cmd.RunE = a.run(check, func(ctx context.Context, args []string) error { return a.copyHome(ctx, args[0], args[1]) })
	return cmd
}

func (a *app) backupCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write a backup of the whole database into a new file",
		Long: "Writes everything that copy copies into one file, with the SHA-256 of every table. The database may be in use: the backup is of one moment. " +
			"The file is readable by you alone, and there whole or not at all. restore brings it back, into a file or into PostgreSQL.",
		Example: "threatbench backup monday.backup --db events.db\nthreatbench backup monday.backup --db postgres://threatbench@db.example/threatbench",
		Args:    cobra.ArbitraryArgs,
	}
	cmd.RunE = a.run(oneFile, func(ctx context.Context, args []string) error { return a.backUp(ctx, args[0]) })
	return cmd
}

func (a *app) restoreCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Restore a backup into a database that isn't there yet",
		Long: "Reads the whole backup and checks it against its checksums, then copies it into the database that --db names, which must be new or empty, and checks that. " +
			"A restore that broke off is gone on with by the same command.",
		Example: "threatbench restore monday.backup --db events.db\nthreatbench restore monday.backup --db postgres://threatbench@db.example/threatbench",
		Args:    cobra.ArbitraryArgs,
	}
	cmd.RunE = a.run(oneFile, func(ctx context.Context, args []string) error { return a.restore(ctx, args[0]) })
	return cmd
}

func oneFile(args []string) error {
	if len(args) != 1 {
		return usagef("name one file")
	}
	if store.IsServer(args[0]) {
		return errors.Join(noPassword("FILE", args[0]), usagef("want the name of a file, not the URL of a database"))
	}
	return nil
}

// noPassword refuses a password where every process of the machine could read
// it.
func noPassword(what, place string) error {
	if !store.IsServer(place) {
		return nil
	}
	u, err := url.Parse(place)
	if err != nil {
		return usagef("%s: that is no URL; want postgres://user@host/database", what)
	}
	if _, given := u.User.Password(); given || u.Query().Has("password") {
		return usagef("%s: a password there is seen by everyone on this machine: put it into PGPASSWORD or ~/.pgpass", what)
	}
	return nil
}

// homeOf is the database that the command line or the configuration names.
func (a *app) homeOf() (string, error) {
	c, _, err := a.settings()
	if err != nil {
		return "", err
	}
	p, err := a.choose(c)
	switch {
	case err != nil:
		return "", err
	case p.Remote():
		return "", fmt.Errorf("profile %s is an account on a server, not a database: name one with --db", p.Name)
	}
	return p.DB, nil
}

// rowMeter shows how many rows work has gone through.
func (a *app) rowMeter(label string) (show func(int64), clear func()) {
	m := a.meter(label)
	m.unit = "row"
	return func(rows int64) { m.show(0, 0, int(rows)) }, m.clear
}

func (a *app) copyHome(ctx context.Context, from, to string) error {
	ctx, stop := untilSignal(ctx)
	defer stop()
	if samePlace(from, to) {
		return usagef("FROM and TO are the same")
	}
	show, done := a.rowMeter("copying")
	r, err := homes.Copy(ctx, from, to, show)
	done()
	if err != nil {
		return err
	}
	fmt.Fprintf(a.io.Out, "copied and checked: %s\n", copied(r)) // a closed pipe is the reader's choice
	return nil
}

func samePlace(a, b string) bool {
	return a == b || !store.IsServer(a) && !store.IsServer(b) && filepath.Clean(a) == filepath.Clean(b)
}

func (a *app) backUp(ctx context.Context, file string) error {
	ctx, stop := untilSignal(ctx)
	defer stop()
	from, err := a.homeOf()
	if err != nil {
		return err
	}
	show, done := a.rowMeter("backing up")
	r, err := homes.Backup(ctx, from, file, homes.Manifest{At: a.now().UTC().Truncate(time.Second), Program: version()}, show)
	done()
	if err != nil {
		return err
	}
	fmt.Fprintf(a.io.Out, "%s: %s\n", file, copied(r)) // a closed pipe is the reader's choice
	return nil
}

func (a *app) restore(ctx context.Context, file string) error {
	ctx, stop := untilSignal(ctx)
	defer stop()
	if a.flags.readOnly {
		return usagef("--read-only: a restore writes")
	}
	to, err := a.homeOf()
	if err != nil {
		return err
	}
	show, done := a.rowMeter("restoring")
	m, r, err := homes.Restore(ctx, file, to, show)
	done()
	if err != nil {
		return err
	}
	fmt.Fprintf(a.io.Out, "restored and checked: %s; of %s, made %s UTC by threatbench %s\n", copied(r), m.From, m.At.UTC().Format(time.DateTime), m.Program)
	return nil
}

// copied counts what was copied, in words, by kind.
func copied(r homes.Report) string {
	text := counted(int(r.Events), "event")
	for _, k := range []struct{ table, word string }{
		{"raw", "raw record"}, {"relationship", "relation"}, {"account", "account"}, {"dataset", "dataset"}, {"saved_query", "saved query"}, {"alert", "alert"}, {"notification", "notification"}, {"import_run", "import"}, {"change", "journal entry"},
	} {
		n := int(r.Rows[k.table])
		word := strings.TrimSuffix(counted(n, k.word), "ys") // of query and entry
		if word != counted(n, k.word) {
			word += "ies"
		}
		text += ", " + word
	}
	text += fmt.Sprintf("; %s in %s", counted(int(r.Total), "row"), counted(len(r.Rows), "table"))
	if r.Kept > 0 {
		text += fmt.Sprintf(", %s of them there from before", grouped(int(r.Kept)))
	}
	return text
}
