// Package uitest runs whole terminal programs in tests: a real tea.Program in
// virtual time, fed with the bytes a keyboard would send, its output drawn by a
// terminal emulator. Nothing waits for a real clock.
//
//	uitest.Run(t, uitest.Options{Width: 120, Height: 40}, newModel, func(p *uitest.Program) {
//		p.Settle()
//		p.Press("j", "enter")
//		p.Settle()
//		p.Check()
//		p.Golden("detail")
//	})
package uitest

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
)

// Options describe the terminal a program runs on. Zero values mean 80x24,
// true colour, xterm-256color, 60 frames a second, no answers.
type Options struct {
	Width, Height int
	Profile       colorprofile.Profile
	Term          string
	Env           []string // added to TERM and COLORTERM
	FPS           int
	// Answers makes the terminal answer queries. Without it the terminal is one
	// of those that never do, and byte counts hold no surprises.
	Answers bool
	// InTurn starts each command at an instant of its own, within a millisecond
	// after it was given. Commands that are given together otherwise answer in
	// the order that the machine's load happens to give.
	InTurn bool
}

func (o Options) filled() Options {
	if o.Width == 0 {
		o.Width = 80
	}
	if o.Height == 0 {
		o.Height = 24
	}
	if o.Profile == colorprofile.Unknown {
		o.Profile = colorprofile.TrueColor
	}
	if o.Term == "" {
		o.Term = "xterm-256color"
	}
	if o.FPS == 0 {
		o.FPS = 60
	}
	return o
}

// Program is a running program and its terminal.
type Program struct {
	t    testing.TB
	opts Options

	prog   *tea.Program
	model  *recorder
	term   *terminal
	input  *io.PipeWriter
	cancel context.CancelFunc
	done   chan struct{}

	checked checked // by the last Check

	mu  sync.Mutex
	err error
}

// Run starts the model that newModel makes in a bubble of virtual time, calls
// script with the program, and ends the program. A goroutine that outlives it
// fails the test.
func Run(t *testing.T, o Options, newModel func() tea.Model, script func(p *Program)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := Start(t, newModel(), o)
		defer p.Stop()
		script(p)
	})
}

// Start runs a model. It must be called inside synctest.Test (see Run), with
// that function's t. The program ends with the test, or at Stop.
func Start(t testing.TB, model tea.Model, o Options) *Program {
	t.Helper()
	o = o.filled()
	ctx, cancel := context.WithCancel(context.Background())
	in, out := io.Pipe()
	p := &Program{
		t: t, opts: o,
		model: &recorder{model: model, inTurn: o.InTurn}, term: newTerminal(o.Width, o.Height),
		input: out, cancel: cancel, done: make(chan struct{}),
	}
	env := append([]string{"TERM=" + o.Term, "COLORTERM=truecolor"}, o.Env...)
	p.prog = tea.NewProgram(p.model,
		tea.WithContext(ctx),
		tea.WithInput(in),
		tea.WithOutput(p.term),
		tea.WithEnvironment(env),
		tea.WithWindowSize(o.Width, o.Height),
		tea.WithColorProfile(o.Profile),
		tea.WithFPS(o.FPS),
		tea.WithoutSignalHandler(),
	)
	go p.run()
	go p.answer()
	t.Cleanup(p.Stop)
	synctest.Wait()
	return p
}

func (p *Program) run() {
	defer close(p.done)
	_, err := p.prog.Run()
	p.mu.Lock()
	p.err = err
	p.mu.Unlock()
	// Ends the reader of the input, which sees the end of the file.
	_ = p.input.Close()
}

// answer carries what the terminal says in reply to queries back to the
// program, or drops it.
func (p *Program) answer() {
	sink := io.Discard
	if p.opts.Answers {
		sink = p.input
	}
	// The copy ends when Stop closes the terminal or the program its input;
	// in the latter case the terminal must still be drained.
	if _, err := io.Copy(sink, p.term.emu); err != nil {
		_, _ = io.Copy(io.Discard, p.term.emu)
	}
}

// Stop ends the program if it still runs, as a lost connection would, and waits
// for its end. It may be called more than once. A panic in the program fails
// the test.
func (p *Program) Stop() {
	p.t.Helper()
	if ended, _ := p.Ended(); !ended {
		// Input still held back would keep the reader from ending.
		p.Advance(escDelay)
	}
	p.cancel()
	<-p.done
	p.term.close()
	// A command that still sleeps would be left behind when the bubble bursts.
	time.Sleep(afterlife)
	if _, err := p.Ended(); errors.Is(err, tea.ErrProgramPanic) {
		p.t.Errorf("the program panicked: %v", err)
	}
}

// Ended reports whether the program has ended, and with which error.
func (p *Program) Ended() (bool, error) {
	select {
	case <-p.done:
	default:
		return false, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return true, p.err
}

// afterlife is how long commands may sleep after the program's end.
const afterlife = 24 * time.Hour

// quiet is how long nothing may happen before a program counts as idle. It is
// longer than any debounce or delay of a spinner.
const quiet = 500 * time.Millisecond

// patience is how long a program may stay busy, in its own time.
const patience = 5 * time.Minute

// Settle lets virtual time pass until the program is idle: half a second
// without a message and without output. A program that is busy for five
// minutes fails the test.
func (p *Program) Settle() {
	p.t.Helper()
	start := time.Now()
	for {
		before := p.activity()
		time.Sleep(quiet)
		synctest.Wait()
		if p.activity() == before {
			return
		}
		if time.Since(start) > patience {
			p.t.Fatalf("the program does not come to rest: %d messages, %d bytes so far", before.messages, before.bytes)
		}
	}
}

type activity struct{ messages, bytes int }

func (p *Program) activity() activity {
	return activity{messages: p.model.messages(), bytes: p.term.total()}
}

// Advance lets d of virtual time pass.
func (p *Program) Advance(d time.Duration) {
	// Passing time orders nothing for the race detector: taking the recorder's
	// lock puts what the test read of the model before what the program does.
	p.model.messages()
	time.Sleep(d)
	synctest.Wait()
}

// Send gives the program a message, as a command's result would.
func (p *Program) Send(msg tea.Msg) {
	p.prog.Send(msg)
	synctest.Wait()
}

// Model is the model after the last message.
func (p *Program) Model() tea.Model { return p.model.current() }

// View is the last view the model gave.
func (p *Program) View() tea.View { return p.model.lastView() }

// Messages counts the messages the model got so far.
func (p *Program) Messages() int { return p.model.messages() }

// recorder stands between program and model and remembers what passed.
type recorder struct {
	mu    sync.Mutex
	model tea.Model
	view  tea.View
	count int

	inTurn bool
	given  int // commands so far
}

func (r *recorder) Init() tea.Cmd {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.turn(r.model.Init())
}

func (r *recorder) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	r.mu.Lock()
	defer r.mu.Unlock()
	next, cmd := r.model.Update(msg)
	r.model = next
	r.count++
	return r, r.turn(cmd)
}

// turn gives a command, and later those of a batch that it answers with, an
// instant of its own. The lock is held.
func (r *recorder) turn(cmd tea.Cmd) tea.Cmd {
	if !r.inTurn || cmd == nil {
		return cmd
	}
	r.given++
	// Steps between primes leave few chances that a command and the answer to
	// another one fall on the same nanosecond.
	wait := time.Duration(r.given * 7919 % 999983)
	return func() tea.Msg {
		time.Sleep(wait)
		msg := cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			return r.turns(batch)
		}
		return msg
	}
}

func (r *recorder) turns(batch tea.BatchMsg) tea.BatchMsg {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make(tea.BatchMsg, len(batch))
	for i, cmd := range batch {
		out[i] = r.turn(cmd)
	}
	return out
}

func (r *recorder) View() tea.View {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.view = r.model.View()
	return r.view
}

func (r *recorder) current() tea.Model {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.model
}

func (r *recorder) lastView() tea.View {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.view
}

func (r *recorder) messages() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count
}
