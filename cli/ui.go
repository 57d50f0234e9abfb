package cli

import (
	"context"
	"os"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"threatbench/cli/files"
	"threatbench/cli/sshd"
	"threatbench/cli/team"
	"threatbench/keymap"
	"threatbench/theme"
	"threatbench/ui"
	"threatbench/views"
)

// ShowWorkbench is the terminal workbench as the program shows it.
func ShowWorkbench(ctx context.Context, s Session) error {
	keys, _ := keymap.New(ui.Actions(), s.Keys) // what is amiss in keys and themes has been said
	themes, _ := theme.NewSet(s.Themes)
	var memory views.Store
	if s.State != nil {
		memory = s.State
	}
	o := ui.Options{
		API: s.API, Stats: s.Stats, Keys: keys, Profile: s.Profile, Version: s.Version,
		Query: s.Query, Datasets: s.Datasets, Columns: s.UI.Columns, Theme: s.UI.Theme, Themes: themes, ASCII: s.UI.ASCII, Accessible: s.UI.Accessible, ReadOnly: s.ReadOnly, Good: s.Good, UTC: s.UI.UTC, Warnings: s.Warnings,
		Imports: s.Imports, Demo: ui.Job(s.Demo), Connect: s.Connect,
		Profiles: colorProfile(s.UI.Color), Now: s.Now, StateDir: s.StateDir, Memory: memory,
		Edit: s.Edit, Audit: s.Audit,
		WriteFile: files.Write, Source: s.Source, Throwaway: s.Throwaway,
	}
	if h := s.Hosted; h != nil {
		hosted(&o, h, s.Team)
	} else if o.Profiles == nil {
		o.Profiles = tmuxColors(os.Environ())
	}
	return ui.Run(ctx, o)
}

// hosted makes the options those of a session over SSH: its terminal and its
// environment are the client's, and what is the process's it doesn't touch.
func hosted(o *ui.Options, h *sshd.Session, member *team.Member) {
	o.Hosted, o.In, o.Out, o.Width, o.Height = true, h.In, h.Out, h.Width, h.Height
	o.WriteFile, o.Edit = nil, nil // files and programs here aren't the person's
	if member != nil {
		o.Team = member
	}
	chosen := o.Profiles
	o.Env, o.Profiles = terminal(h, h.Env, chosen)
	o.Back = func(ctx context.Context) (ui.Terminal, bool) {
		env, width, height, ok := h.Back(ctx)
		t := ui.Terminal{Width: width, Height: height}
		t.Env, t.Profile = terminal(h, env, chosen)
		return t, ok
	}
	o.Started = func(send func(tea.Msg)) {
		if member != nil {
			member.Tell(send)
		}
		h.Started(func(msg tea.Msg) {
			switch m := msg.(type) {
			case sshd.Notice:
				msg = ui.Notice{Text: m.Text}
			case sshd.Away:
				msg = ui.Away{}
			}
			send(msg)
		})
	}
}

// terminal is the environment and the colours of a client's terminal, where
// none were chosen.
func terminal(h *sshd.Session, env []string, chosen *colorprofile.Profile) ([]string, *colorprofile.Profile) {
	env = append([]string{"SSH_CONNECTION=" + h.From}, env...)
	if chosen != nil {
		return env, chosen
	}
	p := colorprofile.Env(env)
	return env, &p
}

// tmuxColors are the colours to use inside tmux, nil elsewhere: what the
// terminal said of itself where tmux began. The library would run tmux to ask,
// and wait for it. Too many colours do no harm, since tmux turns them into what
// each of its terminals has.
func tmuxColors(env []string) *colorprofile.Profile {
	inside, many := false, false
	for _, kv := range env {
		name, value, _ := strings.Cut(kv, "=")
		inside = inside || name == "TMUX" && value != ""
		many = many || name == "COLORTERM" && (value == "truecolor" || value == "24bit")
	}
	if !inside {
		return nil
	}
	p := colorprofile.Env(env)
	if p == colorprofile.ANSI256 && many {
		p = colorprofile.TrueColor
	}
	return &p
}

// colorProfile is the profile that a colour setting names, nil for auto.
func colorProfile(color string) *colorprofile.Profile {
	named := map[string]colorprofile.Profile{
		"truecolor": colorprofile.TrueColor, "256": colorprofile.ANSI256, "16": colorprofile.ANSI, "never": colorprofile.Ascii,
	}
	if p, ok := named[color]; ok {
		return &p
	}
	return nil
}
