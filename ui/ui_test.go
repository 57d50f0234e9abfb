package ui_test

import (
	"context"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// bench starts a workbench on a fake server inside a test program.
func bench(t *testing.T, f *fake, o uitest.Options, script func(p *uitest.Program)) {
	t.Helper()
	uitest.Run(t, o, func() tea.Model { return model(f) }, script)
}

func model(f *fake) *ui.Model {
	return ui.New(context.Background(), ui.Options{
		API: f, Profile: "demo", UTC: true, Now: func() time.Time { return noon },
	})
}

func TestLook(t *testing.T) {
	bench(t, newFake(400), uitest.Options{Width: 120, Height: 40}, func(p *uitest.Program) {
		p.Settle()
		t.Log("\n" + p.Screen().String())
		p.Press("enter")
		p.Settle()
		t.Log("\n" + p.Screen().String())
		p.Press("R")
		p.Settle()
		t.Log("\n" + p.Screen().String())
	})
}
