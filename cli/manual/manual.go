// Package manual writes the program's manual pages out of its commands, so that
// a page says what --help says.
package manual

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Source is what stands at the foot and head of every page.
type Source struct {
	Version string // the program and its release: threatbench 0.1.0
	Date    string // when it was made, 2026-11-30; may be ""
}

// Pages are the pages of a command and of all below it, as roff, by the name of
// their file (threatbench-serve-api.1). Hidden commands have none.
func Pages(root *cobra.Command, s Source) map[string]string {
	all := map[string]string{name(root) + ".1": Page(root, s)}
	for _, sub := range commands(root) {
		for file, text := range Pages(sub, s) {
			all[file] = text
		}
	}
	return all
}

// Page is the page of one command, as roff.
func Page(cmd *cobra.Command, s Source) string {
	p := &page{}
	p.line(".TH %s 1 %s %s %s", quoted(strings.ToUpper(name(cmd))), `"`+s.Date+`"`, quoted(s.Version), quoted("threatbench manual"))
	p.line(".nh")
	p.line(".ad l")
	p.section("NAME")
	p.text(name(cmd) + " - " + lowerFirst(cmd.Short))
	p.section("SYNOPSIS")
	p.line(".B %s", escape(cmd.CommandPath()))
	p.text(synopsis(cmd))
	p.section("DESCRIPTION")
	long := cmd.Long
	if long == "" {
		long = cmd.Short + "."
	}
	p.paragraphs(long)
	p.commands(cmd)
	p.flags("OPTIONS", cmd.NonInheritedFlags())
	p.flags("OPTIONS OF EVERY COMMAND", cmd.InheritedFlags())
	if cmd.Example != "" {
		p.section("EXAMPLES")
		p.verbatim(cmd.Example)
	}
	if !cmd.HasParent() {
		p.about()
	}
	p.seeAlso(cmd)
	return p.b.String()
}

// commands are those below cmd that have a page.
func commands(cmd *cobra.Command) []*cobra.Command {
	return slices.DeleteFunc(slices.Clone(cmd.Commands()), func(c *cobra.Command) bool { return !c.IsAvailableCommand() || c.Name() == "help" })
}

func name(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// synopsis is what stands behind the command's name.
func synopsis(cmd *cobra.Command) string {
	_, args, _ := strings.Cut(cmd.Use, " ")
	words := []string{}
	if len(commands(cmd)) > 0 {
		words = append(words, "[command]")
	}
	words = append(words, "[options]")
	if args != "" {
		words = append(words, args)
	}
	return strings.Join(words, " ")
}

type page struct{ b strings.Builder }

func (p *page) line(format string, args ...any) { fmt.Fprintf(&p.b, format+"\n", args...) }

func (p *page) section(title string) { p.line(".SH %s", quoted(title)) }

// text writes one line of running text.
func (p *page) text(s string) { p.line("%s", escape(s)) }

func (p *page) paragraphs(s string) {
	for i, para := range strings.Split(strings.TrimSpace(s), "\n") {
		if i > 0 && para != "" {
			p.line(".PP")
		}
		switch indented := strings.TrimLeft(para, "\t "); {
		case para == "":
		case indented != para:
			p.verbatim(indented)
		default:
			p.text(para)
		}
	}
}

func (p *page) verbatim(s string) {
	p.line(".nf")
	for line := range strings.Lines(strings.TrimSpace(s)) {
		p.text(strings.TrimRight(line, "\n"))
	}
	p.line(".fi")
}

func (p *page) commands(cmd *cobra.Command) {
	subs := commands(cmd)
	if len(subs) == 0 {
		return
	}
	p.section("COMMANDS")
	for _, sub := range subs {
		p.line(".TP")
		p.line(".BR %s (1)", escape(name(sub)))
		p.text(sub.Short)
	}
}

func (p *page) flags(title string, flags *pflag.FlagSet) {
	begun := false
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		if !begun {
			p.section(title)
			begun = true
		}
		value, usage := pflag.UnquoteUsage(f)
		p.line(".TP")
		called := `\fB` + escape("--"+f.Name) + `\fR`
		if f.Shorthand != "" {
			called = `\fB` + escape("-"+f.Shorthand) + `\fR, ` + called
		}
		if value != "" {
			called += ` \fI` + escape(value) + `\fR`
		}
		p.line("%s", called)
		if d := f.DefValue; d != "" && d != "false" && d != "0" && d != "[]" && d != "0s" {
			usage += " (default " + d + ")"
		}
		p.text(usage)
	})
}

// entry is a term and what there is to say of it.
type entry struct{ term, text string }

// about is what holds for the whole program.
func (p *page) about() {
	for _, s := range []struct {
		title   string
		entries []entry
	}{
		{"EXIT STATUS", []entry{
			{"0", "All was done."},
			{"1", "It failed, or nothing was done or found."},
			{"2", "The command line makes no sense; match and lookup also fail with it."},
			{"3", "It was done or answered in part; what is missing was said."},
		}},
		{"ENVIRONMENT", []entry{
			{"THREATBENCH_DB", "Database of the embedded server, where --db names none."},
			{"CLOUDFLARE_API_TOKEN, CLOUDFLARE_ACCOUNT_ID, CLOUDFLARE_BASE_URL", "Account and token of the profile cloudflare, and of profiles that name none."},
			{"PGPASSWORD", "Password of a PostgreSQL database."},
			{"NO_COLOR", "Draw without colours."},
			{"VISUAL, EDITOR", "What longer texts are edited with."},
			{"XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_STATE_HOME", "Where configuration, database and state are."},
		}},
		{"FILES", []entry{
			{"~/.config/threatbench/config.toml", "The configuration; threatbench config path says where it is here."},
			{"~/.local/share/threatbench/events.db", "The embedded database."},
			{"~/.local/state/threatbench", "What sessions remember, the audit log of serve ssh, and crash files."},
		}},
	} {
		p.section(s.title)
		for _, e := range s.entries {
			p.line(".TP")
			p.line(".B %s", escape(e.term))
			p.text(e.text)
		}
	}
}

func (p *page) seeAlso(cmd *cobra.Command) {
	var others []string
	if cmd.HasParent() {
		others = append(others, name(cmd.Parent()))
		for _, sibling := range commands(cmd.Parent()) {
			if sibling != cmd {
				others = append(others, name(sibling))
			}
		}
	}
	if len(others) == 0 {
		return
	}
	p.section("SEE ALSO")
	for i, o := range others {
		comma := ","
		if i == len(others)-1 {
			comma = ""
		}
		p.line(".BR %s (1)%s", escape(o), comma)
	}
}

// escape makes text safe within a line of roff, and at its start.
func escape(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "…", "...", "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(s)
	if strings.HasPrefix(s, ".") {
		return `\&` + s
	}
	return s
}

func quoted(s string) string { return `"` + strings.ReplaceAll(escape(s), `"`, `\(dq`) + `"` }

func lowerFirst(s string) string {
	if len(s) < 2 || s[1] >= 'A' && s[1] <= 'Z' {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
