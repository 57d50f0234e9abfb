package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"threatbench/api"
	"threatbench/api/clean"
	"threatbench/cli/profile"
)

// doctorTimeout is how long an account may take to answer.
const doctorTimeout = 15 * time.Second

func (a *app) doctorCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "doctor", Short: "Check configuration, terminal, database or account",
		Long:    "Checks what the workbench needs and says of each whether it is in order. The exit code is 1 if something isn't.",
		Example: "threatbench doctor\nthreatbench doctor --profile prod", Args: cobra.ArbitraryArgs,
	}
	cmd.RunE = a.run(noArgs, func(ctx context.Context, _ []string) error { return a.doctor(ctx) })
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

func (a *app) doctor(ctx context.Context) error {
	ctx, stop := untilSignal(ctx)
	defer stop()
	c := &checkup{a: a}
	c.say("version", versionLine(), nil)
	c.terminal()
	conf, err := a.config()
	c.say("configuration", a.configFound(conf), err)
	if err != nil {
		conf = profile.Config{}
	}
	p, err := a.choose(conf)
	c.say("profile", fmt.Sprintf("%s, read-only: %s", p.Name, yesNo(p.ReadOnly)), err)
	if err == nil {
		c.place(ctx, p)
	}
	if c.bad > 0 {
		return quietError{errors.New("not everything is in order")}
	}
	return nil
}

func (a *app) configFound(c profile.Config) string {
	if c.File == "" {
		return "none at " + a.configPath() + "; the defaults hold"
	}
	return c.File
}

func (c *checkup) terminal() {
	if !c.a.tty(c.a.io.Out) {
		c.say("terminal", "the output is none; commands work, the workbench needs one", nil)
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
func (c *checkup) place(ctx context.Context, p profile.Profile) {
	ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()
	what := "account"
	if !p.Remote() {
		what = "database"
		if isMissing(p) {
			c.say(what, "", errNoDatabase(p))
			return
		}
		if _, err := os.Stat(p.DB); errors.Is(err, os.ErrNotExist) {
			c.say(what, p.DB+": not there yet; it is made when it is first used", nil)
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
	where := p.DB
	if p.Remote() {
		where = pl.BaseURL() + ", account " + p.Account
	}
	c.say(what, fmt.Sprintf("%s: %s, answered in %d ms", where, counted(max(page.Info.TotalCount, 0), "event"), time.Since(start).Milliseconds()),
		errors.Join(err, pl.close()))
}
