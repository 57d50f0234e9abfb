package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"threatbench/cli/profile"
	"threatbench/keymap"
	"threatbench/theme"
)

func (a *app) configPath() string { return cmp.Or(a.flags.config, profile.ConfigPath()) }

// config reads the configuration. None is an empty one, unless --config named
// it.
func (a *app) config() (profile.Config, error) {
	c, err := profile.Load(a.configPath())
	if errors.Is(err, fs.ErrNotExist) {
		if a.flags.config != "" {
			return c, fmt.Errorf("there is no configuration file %s; write one with: threatbench config init --config %s", a.flags.config, a.flags.config)
		}
		return profile.Config{}, nil
	}
	if err != nil {
		return c, err
	}
	if m := looks(c); len(m) > 0 {
		return c, m
	}
	return c, nil
}

// looks checks what only the workbench knows: themes, actions and keys.
func looks(c profile.Config) profile.Mistakes {
	var all profile.Mistakes
	if c.UI.Theme != "" && !slices.Contains(theme.Names(), c.UI.Theme) {
		all = append(all, profile.Mistake{File: c.File, Key: "ui.theme", Problem: fmt.Sprintf("%q is none of %v", c.UI.Theme, theme.Names())})
	}
	_, problems := keymap.New(keymap.Actions(), c.Keys)
	for _, p := range problems {
		all = append(all, profile.Mistake{File: c.File, Key: "keys." + string(p.Action), Problem: p.Msg})
	}
	return all
}

// settings is the configuration with the command line laid over it. A broken
// configuration doesn't keep the program from starting: it is a warning, and
// the defaults hold. Only where the command line asks for a profile is it an
// error.
func (a *app) settings() (profile.Config, []string, error) {
	c, err := a.config()
	var warnings []string
	var broken profile.Mistakes
	switch {
	case errors.As(err, &broken) && (a.flags.profile == "" || a.flags.profile == profile.LocalName):
		c = profile.Config{}
		for _, m := range broken {
			warnings = append(warnings, m.Error())
		}
		warnings = append(warnings, "the configuration is not used until that is put right")
	case err != nil:
		return c, nil, err
	}
	c.UI.Theme = cmp.Or(a.flags.theme, c.UI.Theme)
	c.UI.Color = cmp.Or(a.flags.color, c.UI.Color)
	c.UI.ASCII = c.UI.ASCII || a.flags.ascii
	return c, warnings, nil
}

// choose settles the profile: --db means an embedded database whatever the
// profile says.
func (a *app) choose(c profile.Config) (profile.Profile, error) {
	if a.flags.db != "" {
		if a.flags.profile != "" {
			return profile.Profile{}, usagef("--db and --profile: name one of them")
		}
		return profile.Profile{Name: profile.LocalName, DB: a.flags.db, ReadOnly: a.flags.readOnly}, nil
	}
	p, err := c.Choose(a.flags.profile, a.env)
	p.ReadOnly = p.ReadOnly || a.flags.readOnly
	return p, err
}
