package cli

import (
	"context"
	"io"

	"github.com/charmbracelet/colorprofile"

	"threatbench/keymap"
	"threatbench/theme"
	"threatbench/ui"
	"threatbench/views"
)

// ShowWorkbench is the terminal workbench as the program shows it.
func ShowWorkbench(ctx context.Context, s Session) error {
	keys, problems := keymap.New(keymap.Actions(), s.Keys)
	for _, p := range problems {
		s.Warnings = append(s.Warnings, p.String())
	}
	themes, _ := theme.NewSet(s.Themes) // what is amiss has been said
	var memory views.Store
	if s.State != nil {
		memory = s.State
	}
	return ui.Run(ctx, ui.Options{
		API: s.Client, Stats: s.Client.Stats, Keys: keys, Profile: s.Profile, Version: s.Version,
		Query: s.Query, Datasets: s.Datasets, Columns: s.UI.Columns, Theme: s.UI.Theme, Themes: themes, ASCII: s.UI.ASCII, ReadOnly: s.ReadOnly, UTC: s.UI.UTC, Warnings: s.Warnings,
		Import: ui.Job(s.Import), Demo: ui.Job(s.Demo), Connect: s.Connect,
		Profiles: colorProfile(s.UI.Color), Now: s.Now, StateDir: s.StateDir, Memory: memory,
		Edit: s.Edit,
		WriteFile: func(path string, data []byte) error {
			return writeWhole(path, func(w io.Writer) error { _, err := w.Write(data); return err })
		},
	})
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
