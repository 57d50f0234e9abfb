package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"threatbench/cli/profile"
	"threatbench/keymap"
	"threatbench/theme"
	"threatbench/ui"
	"threatbench/views/events"
)

func (a *app) configPath() string { return cmp.Or(a.flags.config, profile.ConfigPath()) }

// config reads the configuration. None is an empty one, unless --config named
// it. What is wrong with it is profile.Mistakes; the rest of it holds.
func (a *app) config() (profile.Config, error) {
	c, err := profile.Load(a.configPath())
	if errors.Is(err, fs.ErrNotExist) {
		if a.flags.config != "" {
			return c, fmt.Errorf("there is no configuration file %s; write one with: threatbench config init --config %s", a.flags.config, a.flags.config)
		}
		return profile.Config{}, nil
	}
	var wrong profile.Mistakes
	if err != nil && !errors.As(err, &wrong) {
		return c, err
	}
	amiss, _ := looks(&c)
	if wrong = append(wrong, amiss...); len(wrong) > 0 {
		return c, wrong
	}
	return c, nil
}

// looks checks what only the workbench knows: themes, columns, actions and
// keys, and takes out a theme and columns that aren't there. What is merely
// unfortunate, a theme that is hard to read or a key that goes from one action
// to another, comes apart.
func looks(c *profile.Config) (wrong, unfortunate profile.Mistakes) {
	set, amiss := theme.NewSet(c.Themes)
	for _, p := range amiss {
		m := c.Mistake("themes."+p.Theme, p.Key, p.Msg)
		if p.Light {
			unfortunate = append(unfortunate, m)
		} else {
			wrong = append(wrong, m)
		}
	}
	if c.UI.Theme != "" && !slices.Contains(set.Names(), c.UI.Theme) {
		if _, ours := c.Themes[c.UI.Theme]; !ours { // what is wrong with ours has been said
			wrong = append(wrong, c.Mistake("ui", "theme", fmt.Sprintf("%q is none of %s", c.UI.Theme, strings.Join(set.Names(), ", "))))
		}
		c.UI.Theme = ""
	}
	known := events.ColumnIDs()
	c.UI.Columns = slices.DeleteFunc(slices.Clone(c.UI.Columns), func(id string) bool {
		if slices.Contains(known, id) {
			return false
		}
		wrong = append(wrong, c.Mistake("ui", "columns", fmt.Sprintf("there is no column %q; there are %s", id, strings.Join(known, ", "))))
		return true
	})
	_, problems := keymap.New(ui.Actions(), c.Keys)
	for _, p := range problems {
		m := c.Mistake("keys", string(p.Action), p.Msg)
		if _, chosen := c.Keys[string(p.Action)]; chosen && p.Kind <= keymap.Conflict {
			wrong = append(wrong, m)
		} else {
			unfortunate = append(unfortunate, m)
		}
	}
	return wrong, unfortunate
}

// themes are the names that --theme may have: one's own are known only where
// the configuration can be read.
func (a *app) themes() []string {
	c, err := a.config()
	var wrong profile.Mistakes
	if err != nil && !errors.As(err, &wrong) {
		return theme.Names()
	}
	set, _ := theme.NewSet(c.Themes)
	return set.Names()
}

// settings is the configuration with the command line laid over it. What is
// wrong in it is a warning, and everything else holds.
func (a *app) settings() (profile.Config, []string, error) {
	c, err := a.config()
	var warnings []string
	var wrong profile.Mistakes
	if err != nil && !errors.As(err, &wrong) {
		return c, nil, err
	}
	_, unfortunate := looks(&c)
	for _, m := range append(wrong, unfortunate...) {
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

// chooseOrLocal is choose for the workbench, which a mistake in the usual
// profile doesn't keep from starting: it opens the embedded database then, and
// changes nothing where the file asks for that anywhere.
func (a *app) chooseOrLocal(c profile.Config) (p profile.Profile, warning string, err error) {
	p, err = a.choose(c)
	var unusable *profile.Unusable
	if a.flags.profile != "" || !errors.As(err, &unusable) {
		return p, "", err
	}
	p = profile.Profile{Name: profile.LocalName, DB: profile.DatabasePath(), ReadOnly: a.flags.readOnly || c.AsksReadOnly()}
	if _, missing := os.Stat(p.DB); p.ReadOnly && missing != nil {
		return p, "", err // there is nothing to show instead
	}
	warning = err.Error() + "; this is the local database instead"
	if p.ReadOnly && !a.flags.readOnly {
		warning += ", and nothing can be changed, since the file asks for read_only"
	}
	return p, warning, nil
}
