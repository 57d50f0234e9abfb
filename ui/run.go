package ui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"

	tea "charm.land/bubbletea/v2"

	"threatbench/api/async"
	"threatbench/ui/suspend"
	"threatbench/ui/widget/toast"
)

// fps is how often the renderer may send a frame: the most Bubble Tea allows,
// since its tick is what a key waits for.
const fps = 120

// Run shows the workbench until the person leaves it or ctx ends. A crash
// restores the terminal, leaves a file that says what happened, and is an
// error that names the file.
func Run(ctx context.Context, o Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	m := New(ctx, o)
	defer m.env.Async.Close()
	m.kill = cancel
	err := m.onTerminals(ctx)
	if m.crash == nil {
		m.saveState() // the command isn't needed: what is kept is written down now
	}
	if lost := m.env.Memory.Flush(); lost != nil && err == nil {
		err = lost
	}
	if m.crash != nil {
		return m.crash.report(o.StateDir, o.Version)
	}
	if errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil {
		return nil // ended from outside: a signal, a closed session
	}
	if err != nil && !errors.Is(err, tea.ErrInterrupted) {
		return fmt.Errorf("running the workbench: %w", err)
	}
	return nil
}

// onTerminals shows the workbench on its terminal, and on the next one each time that
// is gone.
func (m *Model) onTerminals(ctx context.Context) error {
	if m.options.Back == nil {
		defer m.closeInput()
		m.openInput()
		p := tea.NewProgram(m, m.programOptions(ctx)...)
		if !m.options.Hosted {
			m.stops = suspend.New(func() {
				if suspend.Possible() {
					p.Send(tea.SuspendMsg{})
				}
			})
			defer m.stops.Close()
		}
		if m.options.Started != nil {
			m.options.Started(p.Send)
		}
		_, err := p.Run()
		return err
	}
	c := &resumable{Model: m, outbox: newOutbox()}
	if m.options.Started != nil {
		m.options.Started(c.outbox.deliver)
	}
	for {
		m.away = false
		m.openInput()
		p := tea.NewProgram(c, m.programOptions(ctx)...)
		c.outbox.open(p.Send)
		_, err := p.Run()
		c.outbox.close()
		m.closeInput()
		if err != nil || !m.away {
			return err
		}
		t, ok := m.options.Back(ctx)
		if !ok {
			return nil
		}
		m.options.Env, m.options.Profiles, m.options.Width, m.options.Height = t.Env, t.Profile, t.Width, t.Height
	}
}

// openInput makes the drain that a hosted program is typed at through.
func (m *Model) openInput() {
	if m.options.Hosted && m.options.In != nil {
		m.input = newInputDrain(m.options.In)
	}
}

func (m *Model) closeInput() {
	if m.input != nil {
		m.input.close()
	}
}

func (m *Model) programOptions(ctx context.Context) []tea.ProgramOption {
	list := []tea.ProgramOption{tea.WithContext(ctx), tea.WithFPS(fps), tea.WithFilter(m.coalesce)}
	o := m.options
	if o.Hosted {
		list = append(list, tea.WithoutSignalHandler())
	}
	if m.input != nil {
		list = append(list, tea.WithInput(m.input))
	} else if o.In != nil {
		list = append(list, tea.WithInput(o.In))
	}
	if o.Out != nil {
		list = append(list, tea.WithOutput(o.Out))
	}
	if o.Width > 0 && o.Height > 0 {
		list = append(list, tea.WithWindowSize(o.Width, o.Height))
	}
	if o.Env != nil {
		list = append(list, tea.WithEnvironment(o.Env))
	}
	if o.Profiles != nil {
		list = append(list, tea.WithColorProfile(*o.Profiles))
	}
	return list
}

// onSaved says once that nothing can be remembered.
func (m *Model) onSaved(f async.Result) tea.Cmd {
	done, ok := f.(async.JobDone)
	if !ok || done.Err == nil || m.lossReported {
		return nil
	}
	m.lossReported = true
	return m.say(toast.Warn, done.Err.Error())
}

// crash is a panic of the workbench.
type crash struct {
	value any
	stack []byte
}

// caught keeps the first panic and ends the program, so that the terminal is
// restored before anything is said.
func (m *Model) caught(value any) {
	if m.crash == nil {
		m.crash = &crash{value, debug.Stack()}
	}
	m.kill()
}

// report writes the crash file. It holds the kind of the panic and the stack;
// not the panic's text unless it is the runtime's own, since that may hold
// data.
func (c *crash) report(dir, version string) error {
	what := fmt.Sprintf("%T", c.value)
	var re runtime.Error
	if err, ok := c.value.(error); ok && errors.As(err, &re) {
		what = re.Error()
	}
	if dir == "" {
		dir = os.TempDir()
	}
	f, err := os.CreateTemp(dir, "threatbench-crash-*.txt")
	if err != nil {
		return fmt.Errorf("the workbench crashed (%s), and the crash file could not be written: %w", what, err)
	}
	_, err = fmt.Fprintf(f, "threatbench %s, %s %s/%s\npanic: %s\n\n%s", version, runtime.Version(), runtime.GOOS, runtime.GOARCH, what, c.stack)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("the workbench crashed (%s), and writing %s failed: %w", what, f.Name(), err)
	}
	return fmt.Errorf("the workbench crashed (%s); the details are in %s: please attach it to a report", what, filepath.Clean(f.Name()))
}
