package ui_test

import (
	"context"
	"os"
	"runtime/debug"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// TestMain lets the tests make more garbage before it is collected: they hold
// little and make much.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}

// workbench starts a workbench on a fake server inside a test program.
func workbench(t *testing.T, f *fake, o uitest.Options, script func(p *uitest.Program)) {
	t.Helper()
	workbenchWith(t, ui.Options{API: f}, o, script)
}

func workbenchWith(t *testing.T, o ui.Options, term uitest.Options, script func(p *uitest.Program)) {
	t.Helper()
	uitest.Run(t, term, func() tea.Model { return model(o) }, func(p *uitest.Program) {
		defer func() {
			if crash := ui.Crash(p.Model().(*ui.Model)); crash != "" {
				t.Errorf("the workbench crashed: %s", crash)
			}
			if n := ui.Guarded(p.Model().(*ui.Model)); n > 0 {
				t.Errorf("%d lines held what no terminal must get", n)
			}
		}()
		p.Settle()
		script(p)
	})
}

func model(o ui.Options) *ui.Model {
	o.UTC, o.Now = true, func() time.Time { return noon }
	if o.Profile == "" {
		o.Profile = "demo"
	}
	return ui.New(context.Background(), o)
}

func small() uitest.Options { return uitest.Options{Width: 80, Height: 24} }
func usual() uitest.Options { return uitest.Options{Width: 120, Height: 40} }
func large() uitest.Options { return uitest.Options{Width: 200, Height: 60} }

// cramped is a window that cuts whatever it can; in long runs the smallest
// usual one too.
func cramped() []uitest.Options {
	list := []uitest.Options{{Width: 41, Height: 11}}
	if os.Getenv("MONKEY_STEPS") != "" {
		list = append(list, small())
	}
	return list
}

// press presses keys one after the other, each with its answer.
func press(p *uitest.Program, keys ...string) {
	for _, k := range keys {
		p.Press(k)
		p.Settle()
	}
}

// enter types text and waits for what comes of it.
func enter(p *uitest.Program, text string) {
	p.Type(text)
	p.Settle()
}

// profiles are the colours the screens are looked at in.
var profiles = []struct {
	name    string
	profile colorprofile.Profile
	ascii   bool
}{{"true", colorprofile.TrueColor, false}, {"16", colorprofile.ANSI, false}, {"ascii", colorprofile.Ascii, true}}
