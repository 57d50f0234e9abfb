package cli

import (
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
)

// Inside tmux colours are told by the environment; tmux isn't run.
func TestColoursInsideTmux(t *testing.T) {
	t.Setenv("PATH", "")
	for env, want := range map[string]colorprofile.Profile{
		"TMUX=/tmp/x,1,0 TERM=tmux-256color COLORTERM=truecolor":            colorprofile.TrueColor,
		"TMUX=/tmp/x,1,0 TERM=screen-256color COLORTERM=24bit":              colorprofile.TrueColor,
		"TMUX=/tmp/x,1,0 TERM=tmux-256color":                                colorprofile.ANSI256,
		"TMUX=/tmp/x,1,0 TERM=screen-256color":                              colorprofile.ANSI256,
		"TMUX=/tmp/x,1,0 TERM=tmux-256color COLORTERM=truecolor NO_COLOR=1": colorprofile.Ascii,
	} {
		got := tmuxColors(strings.Fields(env))
		if got == nil || *got != want {
			t.Errorf("%s: got %v, want %v", env, got, want)
		}
	}
	for _, env := range []string{"", "TMUX= TERM=xterm", "TERM=tmux-256color COLORTERM=truecolor"} {
		if got := tmuxColors(strings.Fields(env)); got != nil {
			t.Errorf("%q: got %v, want the library to look", env, *got)
		}
	}
}
