package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// terminal is what the environment tells of the terminal, or of what stands
// between it and the program. Nothing is asked that has to be waited for.
type terminal struct {
	remote bool // over SSH or mosh
	ask    bool // whether it synchronises output has to be asked by us
	tmux   bool
	screen bool
}

// terminalOf reads the environment. Inside tmux and screen it is that of the
// session's start, which is near enough.
func terminalOf(getenv func(string) string) terminal {
	term, program := getenv("TERM"), getenv("TERM_PROGRAM")
	t := terminal{
		remote: getenv("SSH_TTY") != "" || getenv("SSH_CONNECTION") != "",
		tmux:   getenv("TMUX") != "" || strings.HasPrefix(term, "tmux") || program == "tmux",
	}
	t.screen = !t.tmux && (getenv("STY") != "" || strings.HasPrefix(term, "screen"))
	apple := strings.Contains(program+getenv("LC_TERMINAL"), "Apple") // it shows the question instead of answering
	// The library asks by itself but in an SSH login, where it fears that an
	// answer comes after the program's end; ours goes on for longer than that.
	// Screen neither answers nor passes the question on.
	t.ask = getenv("SSH_TTY") != "" && term != "" && term != "dumb" && term != "linux" && !t.screen && !apple
	return t
}

// onTerminal takes the terminal's environment.
func (m *Model) onTerminal(env tea.EnvMsg) tea.Cmd {
	m.terminal = terminalOf(env.Getenv)
	m.split.remote = m.terminal.remote
	if !m.terminal.ask {
		return m.relayout()
	}
	return tea.Batch(m.relayout(), tea.Raw(ansi.RequestModeSynchronizedOutput)) // an answer, if any, switches it on
}

// screenString is how much screen takes of a sequence that it passes on.
const screenString = 700

// copyOut puts text on the clipboard of the terminal that the person sits at.
// What stands between takes the sequence for itself or passes it on wrapped,
// as it is set up.
func (t terminal) copyOut(text string) tea.Cmd {
	plain := ansi.SetSystemClipboard(text)
	switch {
	case t.tmux:
		return tea.Raw(plain + ansi.TmuxPassthrough(plain))
	case t.screen:
		return tea.Raw(ansi.ScreenPassthrough(plain, screenString))
	}
	return tea.SetClipboard(text)
}
