package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"threatbench/api"
	"threatbench/api/clean"
	"threatbench/api/store"
	"threatbench/cli/files"
	"threatbench/cli/profile"
	"threatbench/cli/sshd"
	"threatbench/views"
)

// doctorTimeout is how long an account may take to answer.
const doctorTimeout = 15 * time.Second

func (a *app) doctorCommand() *cobra.Command {
	var ssh sshd.Files
	cmd := &cobra.Command{
		Use: "doctor", Short: "Check configuration, terminal, database or account",
		Long: "Checks what the workbench needs and says of each whether it is in order: of a database, that every event can be read " +
			"and its indexes lead to them. The exit code is 1 if something isn't. " +
			"Named the files of serve ssh, it checks them too: before a server reads them, if you like.",
		Example: "threatbench doctor\nthreatbench doctor --profile prod\nthreatbench doctor --authorized-keys keys --roles roles.toml", Args: cobra.ArbitraryArgs,
	}
	check := func(args []string) error {
		if ssh.Keys == "" && ssh.Roles+ssh.Revoked != "" {
			return usagef("--roles and --revoked-keys: name the keys, too, with --authorized-keys")
		}
		return noArgs(args)
	}
	cmd.RunE = a.run(check, func(ctx context.Context, _ []string) error { return a.doctor(ctx, ssh) })
	cmd.Flags().StringVar(&ssh.Keys, "authorized-keys", "", "file of keys of serve ssh, to check")
	cmd.Flags().StringVar(&ssh.Roles, "roles", "", "file of roles of serve ssh, to check")
	cmd.Flags().StringVar(&ssh.Revoked, "revoked-keys", "", "file of revoked keys of serve ssh, to check")
	return cmd
}

// checkup collects what the doctor finds.
type checkup struct {
	a   *app
	bad int
}

func (c *checkup) say(what, found string, err error) {
	mark := "ok  "
	if err != nil {
		mark, found = "BAD ", oneLine(err)
		c.bad++
	}
	fmt.Fprintf(c.a.io.Out, "%s  %-13s  %s\n", mark, what, clean.Line(found)) // shown as far as can be
}

func (a *app) doctor(ctx context.Context, ssh sshd.Files) error {
	ctx, stop := untilSignal(ctx)
	defer stop()
	c := &checkup{a: a}
	c.say("version", versionLine(), nil)
	c.terminal()
	conf, err := a.config()
	c.say("configuration", a.configFound(conf), err)
	c.knownGood(conf)
	p, err := a.choose(conf)
	c.say("profile", fmt.Sprintf("%s, read-only: %s", p.Name, yesNo(p.ReadOnly)), err)
	if err == nil {
		c.place(ctx, p)
	}
	if ssh.Keys != "" {
		c.ssh(ssh)
	}
	if c.bad > 0 {
		return quietError{errors.New("not everything is in order")}
	}
	return nil
}

// knownGood reads the lists of harmless values.
func (c *checkup) knownGood(conf profile.Config) {
	good, unread := loadKnownGood(conf.KnownGood)
	for _, problem := range unread {
		c.say("known good", "", errors.New(problem))
	}
	if len(unread) == 0 {
		c.say("known good", counted(len(good.Lists()), "list")+" read", nil)
	}
}

// ssh reads the files that say who may come in over SSH.
func (c *checkup) ssh(f sshd.Files) {
	book, err := sshd.OpenBook(f)
	for _, trouble := range book.Troubles() {
		c.say("serve ssh", "", errors.New(trouble))
	}
	if err != nil {
		return
	}
	keys, authorities, roles := book.Counts()
	found := counted(keys, "key") + ", certificate signers: " + strconv.Itoa(authorities)
	if f.Roles != "" {
		found += ", " + counted(roles, "role")
	}
	c.say("serve ssh", found+" understood", nil)
}

func (a *app) configFound(c profile.Config) string {
	if c.File == "" {
		return "none at " + a.configPath() + "; the defaults hold"
	}
	return c.File
}

func (c *checkup) terminal() {
	if !c.a.tty(c.a.io.Out) {
		c.say("terminal", "not a terminal; commands work, the workbench needs one", nil)
		return
	}
	f, ok := c.a.io.Out.(*os.File)
	if !ok {
		return
	}
	width, height, err := term.GetSize(f.Fd())
	c.say("terminal", fmt.Sprintf("%s, %dx%d, colours: %s", c.a.env.Getenv("TERM"), width, height, colorprofile.Detect(f, os.Environ())), err)
}

// place opens the profile's database or asks its account.
func (c *checkup) place(whole context.Context, p profile.Profile) {
	ctx, cancel := context.WithTimeout(whole, doctorTimeout)
	defer cancel()
	what := "account"
	if !p.Remote() {
		what = "database"
		if isMissing(p) {
			c.say(what, "", errNoDatabase(p))
			return
		}
		if _, err := os.Stat(p.DB); errors.Is(err, os.ErrNotExist) && !store.IsServer(p.DB) {
			c.say(what, p.DB+": not there yet; it will be created on first use", nil)
			return
		}
		p.ReadOnly = true // looking must not change anything
	}
	pl, err := c.a.open(ctx, p)
	if err != nil {
		c.say(what, "", err)
		return
	}
	start := time.Now()
	page, err := pl.List(ctx, api.ListQuery{PageSize: 1, Datasets: []string{api.ScopeAll}})
	where := pl.BaseURL() + ", account " + p.Account
	if pl.db != nil {
		where = pl.db.Name()
	}
	c.say(what, fmt.Sprintf("%s: %s, answered in %d ms", where, views.TotalOf(page).String()+" events", time.Since(start).Milliseconds()), err)
	if err == nil && pl.db != nil {
		c.database(whole, pl.db, pl.db.Name())
	}
	if err := pl.close(); err != nil {
		c.say(what, "", err)
	}
}

// database reads all of the database, and looks at the files around it.
func (c *checkup) database(ctx context.Context, db *store.DB, path string) {
	m := c.a.meter("reading every event")
	found, err := db.Verify(ctx, func(n int) { m.show(int64(n), 0, n) })
	m.clear()
	for _, p := range found.Problems {
		c.say("contents", "", errors.New(p))
	}
	switch {
	case err != nil:
		c.say("contents", "", err)
	case len(found.Problems) > 0:
		c.say("contents", "", fmt.Errorf("%s found; keep a copy of the file, export what can be read (threatbench export) and import it into a new one", counted(len(found.Problems)+found.More, "problem")))
	default:
		c.say("contents", counted(found.Events, "event")+" read, indexes and pages are in order", nil)
	}
	if err == nil {
		c.clock(found)
	}
	if !store.IsServer(path) { // whose log and disk are looked after there
		c.wal(path)
		c.room(path)
	}
}

// clockSlack is how far the clocks of several machines may differ.
const clockSlack = 5 * time.Minute

// clock holds the machine's clock against what the database was told.
func (c *checkup) clock(found store.Verified) {
	now := c.a.now().UTC()
	switch ahead := found.Newest.Sub(now); {
	case ahead > clockSlack:
		c.say("clock", "", fmt.Errorf("it is %s here, and the newest change was made at %s: this clock is slow, or one was fast then; set it before changing anything, since changes are taken back by their time",
			now.Format(time.DateTime), found.Newest.Format(time.DateTime)))
	case found.Future > 0:
		c.say("clock", "", fmt.Errorf("it is %s here, and %s created later than that: set this clock; where it is right, they were made under a wrong one or imported so, and stay above all others in order of creation until then",
			now.Format(time.DateTime), counted(found.Future, "event")+" "+was(found.Future)))
	default:
		c.say("clock", now.Format(time.DateTime)+" UTC, after everything in the database", nil)
	}
}

func was(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// maxWAL is how long the log beside a database may get before something is
// wrong: it is taken in at 4 MiB where no reader holds it.
const maxWAL = 1 << 30

// wal looks at the log of changes beside the database.
func (c *checkup) wal(path string) {
	info, err := os.Stat(path + "-wal")
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		c.say("log", "", err)
	case info.Size() > maxWAL:
		c.say("log", "", fmt.Errorf("%s has %d MiB and is not taken in: something has read the database for long, or was killed; end what uses it and open it once", path+"-wal", info.Size()>>20))
	}
}

// minRoom is how much room a disk should have beside the database.
const minRoom = 256 << 20

// room looks whether the disk has room to go on.
func (c *checkup) room(path string) {
	free, err := files.Free(filepath.Dir(path))
	switch {
	case errors.Is(err, errors.ErrUnsupported): // not told by this system
	case err != nil:
		c.say("disk", "", err)
	case free < minRoom:
		c.say("disk", "", fmt.Errorf("%d MiB are free beside %s: make room, or changes will be refused", free>>20, path))
	default:
		c.say("disk", fmt.Sprintf("%d MiB free", free>>20), nil)
	}
}
