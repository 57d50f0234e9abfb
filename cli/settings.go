package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"threatbench/cli/profile"
	"threatbench/keymap"
	"threatbench/theme"
	"threatbench/ui"
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
	if wrong, _ := looks(c); len(wrong) > 0 {
		return c, wrong
	}
	return c, nil
}

// looks checks what only the workbench knows: themes, actions and keys. What
// is merely unfortunate, a theme that is hard to read, comes apart.
func looks(c profile.Config) (wrong, unfortunate profile.Mistakes) {
	set, amiss := theme.NewSet(c.Themes)
	for _, p := range amiss {
		m := c.Mistake("themes."+p.Theme, p.Key, p.Msg)
		if p.Light {
			unfortunate = append(unfortunate, m)
		} else {
			wrong = append(wrong, m)
		}
	}
	if c.UI.Theme != "" && len(wrong) == 0 && !slices.Contains(set.Names(), c.UI.Theme) {
		wrong = append(wrong, c.Mistake("ui", "theme", fmt.Sprintf("%q is none of %s", c.UI.Theme, strings.Join(set.Names(), ", "))))
	}
	_, problems := keymap.New(ui.Actions(), c.Keys)
	for _, p := range problems {
		wrong = append(wrong, c.Mistake("keys", string(p.Action), p.Msg))
	}
	return wrong, unfortunate
}

// themes are the names that --theme may have: one's own are known only where
// the configuration can be read.
func (a *app) themes() []string {
	c, err := a.config()
	if err != nil {
		return theme.Names()
	}
	set, _ := theme.NewSet(c.Themes)
	return set.Names()
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
		if !a.flags.readOnly && profile.AsksReadOnly(a.configPath()) {
			a.flags.readOnly = true
			warnings = append(warnings, "nothing can be changed until then, since it asks for read_only")
		}
	case err != nil:
		return c, nil, err
	}
	_, unfortunate := looks(c)
	for _, m := range unfortunate {
		warnings = append(warnings, m.Error())
	}
	c.UI.Theme = cmp.Or(a.flags.theme, c.UI.Theme)
	c.UI.Color = cmp.Or(a.flags.color, c.UI.Color)
	c.UI.Accessible = c.UI.Accessible || a.flags.accessible
	c.UI.ASCII = c.UI.ASCII || a.flags.ascii || c.UI.Accessible || plainLocale(a.env.Getenv)
	return c, warnings, nil
}

// plainLocale tells whether the locale is one without UTF-8: what isn't ASCII
// would come out as rubbish. No locale at all says nothing.
func plainLocale(getenv func(string) string) bool {
	name := cmp.Or(getenv("LC_ALL"), getenv("LC_CTYPE"), getenv("LANG"))
	_, charset, named := strings.Cut(name, ".")
	charset, _, _ = strings.Cut(strings.ToLower(charset), "@")
	return name == "C" || name == "POSIX" || named && charset != "utf-8" && charset != "utf8"
}

// choose settles the profile: --db means an embedded database whatever the
// profile says, and so does THREATBENCH_DB where no flag names a profile.
func (a *app) choose(c profile.Config) (profile.Profile, error) {
	if a.flags.db != "" {
		if a.flags.profile != "" {
			return profile.Profile{}, usagef("--db and --profile: name one of them")
		}
		return profile.Profile{Name: profile.LocalName, DB: a.flags.db, ReadOnly: a.flags.readOnly}, nil
	}
	if db := a.database(); db != "" && a.flags.profile == "" {
		return profile.Profile{Name: profile.LocalName, DB: db, ReadOnly: a.flags.readOnly}, nil
	}
	p, err := c.Choose(a.flags.profile, a.env)
	p.ReadOnly = p.ReadOnly || a.flags.readOnly
	return p, err
}
