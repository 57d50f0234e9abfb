package sshd

import (
	"context"
	"encoding/binary"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// What a session may ask for.
const (
	sessionsPerConnection = 8
	startWithin           = 10 * time.Second // from opening a channel to a shell or a command
	maxCommand            = 16 << 10         // bytes
	maxVariables          = 24
	maxVariable           = 256 // bytes
	maxTerm               = 64  // bytes
	maxWidth              = 1000
	maxHeight             = 500
)

// channel is one session as the protocol has it. It stands between the client
// and the library and passes on only what a workbench needs: one terminal, one
// shell or command. Sizes are clamped, a flood of them keeps only the newest,
// and of the environment a few variables are kept.
type channel struct {
	ctx  context.Context // ends when the client closes the channel or is gone
	gone context.CancelFunc

	mu      sync.Mutex
	env     []string
	term    string
	width   int
	height  int
	resized chan struct{} // holds one: the size isn't what it was

	refused func(what string) // says what was asked for and isn't there
}

func newChannel(ctx context.Context, refused func(string)) *channel {
	c := &channel{resized: make(chan struct{}, 1), refused: refused}
	c.ctx, c.gone = context.WithCancel(ctx)
	return c
}

// size is the window's newest size.
func (c *channel) size() (w, h int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.width, c.height
}

// environ is what of the client's environment the session has.
func (c *channel) environ() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string{"TERM=" + c.term}, c.env...)
}

// filtered is a new channel whose requests pass through the channel's filter.
type filtered struct {
	ssh.NewChannel
	to *channel
}

// Accept opens the channel.
func (f filtered) Accept() (ssh.Channel, <-chan *ssh.Request, error) {
	ch, in, err := f.NewChannel.Accept()
	if err != nil {
		return nil, nil, err
	}
	out := make(chan *ssh.Request)
	go f.to.filterRequests(ch, in, out)
	return ch, out, nil
}

// filterRequests answers requests itself or passes them on. It ends with the channel.
func (c *channel) filterRequests(ch ssh.Channel, in <-chan *ssh.Request, out chan<- *ssh.Request) {
	defer close(out)
	defer c.gone()
	late := time.AfterFunc(startWithin, func() { _ = ch.Close() })
	defer late.Stop()
	started := false
	for req := range in {
		pass, start := c.judge(req, started)
		if start {
			started = true
			late.Stop()
		}
		if pass {
			out <- req
		}
	}
}

// judge handles one request: pass hands it to the library, start tells that
// the session begins with it.
func (c *channel) judge(req *ssh.Request, started bool) (pass, start bool) {
	switch req.Type {
	case "window-change":
		reply(req, c.resize(req.Payload))
		return false, false
	case "env":
		reply(req, !started && c.variable(req.Payload))
		return false, false
	case "pty-req":
		if !started && c.terminal(req) {
			return true, false
		}
	case "shell":
		if !started {
			return true, true
		}
	case "exec":
		if !started && len(req.Payload) <= maxCommand {
			return true, true
		}
	case "signal", "eow@openssh.com":
		reply(req, false)
		return false, false
	}
	c.refused(req.Type)
	reply(req, false)
	return false, false
}

func reply(req *ssh.Request, ok bool) {
	if req.WantReply {
		_ = req.Reply(ok, nil) // whoever asked may be gone
	}
}

// terminal takes the terminal's name and size, and leaves in the request what
// the library may know: harmless values, and no modes.
func (c *channel) terminal(req *ssh.Request) bool {
	var in struct {
		Term          string
		Width, Height uint32
		Rest          []byte `ssh:"rest"`
	}
	if ssh.Unmarshal(req.Payload, &in) != nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.term != "" {
		return false // one terminal a session
	}
	c.term = termName(in.Term)
	c.width, c.height = clampSize(in.Width, in.Height)
	req.Payload = ssh.Marshal(struct {
		Term                string
		W, H, WPixels, HPix uint32
		Modes               string
	}{c.term, uint32(c.width), uint32(c.height), 0, 0, "\x00"})
	return true
}

// termName is the terminal's name, or a common one where it can't be one.
func termName(s string) string {
	const usual = "xterm-256color"
	if s == "" || len(s) > maxTerm {
		return usual
	}
	for _, r := range s {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-", r) {
			return usual
		}
	}
	return s
}

// clampSize makes a size that can be drawn; a terminal without one is taken
// for 80x24.
func clampSize(w, h uint32) (int, int) {
	if w == 0 || h == 0 {
		return 80, 24
	}
	return int(min(w, maxWidth)), int(min(h, maxHeight))
}

// resize takes a window's new size.
func (c *channel) resize(payload []byte) bool {
	if len(payload) < 8 {
		return false
	}
	w, h := binary.BigEndian.Uint32(payload), binary.BigEndian.Uint32(payload[4:])
	if w == 0 || h == 0 {
		return false // a terminal that is being hidden: the last size holds
	}
	c.mu.Lock()
	c.width, c.height = clampSize(w, h)
	c.mu.Unlock()
	select {
	case c.resized <- struct{}{}:
	default:
	}
	return true
}

// variable takes a variable of the environment that says something of the
// terminal, and no other.
func (c *channel) variable(payload []byte) bool {
	var kv struct{ Key, Value string }
	if ssh.Unmarshal(payload, &kv) != nil || !wanted(kv.Key) || len(kv.Key)+len(kv.Value) > maxVariable {
		return false
	}
	for _, r := range kv.Value {
		if r < ' ' || r > '~' {
			return false
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.env) >= maxVariables {
		return false
	}
	c.env = append(c.env, kv.Key+"="+kv.Value)
	return true
}

func wanted(key string) bool {
	switch key {
	case "LANG", "LANGUAGE", "COLORTERM", "NO_COLOR":
		return true
	}
	name, ok := strings.CutPrefix(key, "LC_")
	return ok && name != "" && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == ""
}
