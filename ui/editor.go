package ui

import (
	"io"

	tea "charm.land/bubbletea/v2"

	"threatbench/ui/widget/toast"
)

// Edit lets a person edit a text on the terminal and gives back what they made
// of it. name tells what it is: insight.md, raw.json.
type Edit func(name, text string, in io.Reader, out, errout io.Writer) (string, error)

// edited is a text that comes back from the editor.
type edited struct {
	text string
	err  error
	then func(text string) tea.Cmd
}

// edit opens a text in the person's editor.
func (m *Model) edit(name, text string, then func(text string) tea.Cmd) tea.Cmd {
	e := &editor{run: m.options.Edit, name: name, text: text}
	return m.exec(e, func(err error) tea.Msg { return edited{e.text, err, then} })
}

func (m *Model) onEdited(e edited) tea.Cmd {
	if e.err != nil {
		return m.say(toast.Error, e.err.Error())
	}
	return e.then(e.text)
}

// editor has the terminal to itself while it runs.
type editor struct {
	run         Edit
	name, text  string
	in          io.Reader
	out, errout io.Writer
}

// SetStdin, SetStdout and SetStderr take the terminal from the runtime.
func (e *editor) SetStdin(r io.Reader)  { e.in = r }
func (e *editor) SetStdout(w io.Writer) { e.out = w }
func (e *editor) SetStderr(w io.Writer) { e.errout = w }

// Run waits for the editor.
func (e *editor) Run() (err error) {
	e.text, err = e.run(e.name, e.text, e.in, e.out, e.errout)
	return err
}
