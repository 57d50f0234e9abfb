// Package sshd serves the workbench over SSH: who comes in by which key, what
// a session may ask for, how long it lasts. What a session shows is given to
// it; the package knows neither events nor the workbench.
package sshd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/ssh"
	"charm.land/wish/v2"
	gossh "golang.org/x/crypto/ssh"

	"threatbench/api/clean"
)

// Defaults of Config.
const (
	DefaultIdle        = 30 * time.Minute
	DefaultMaxSessions = 200
	DefaultPerKey      = 16
)

// Config is what a Server is made of. Zero durations and numbers mean their
// defaults.
type Config struct {
	HostKey gossh.Signer
	Book    *Book
	Audit   *Audit // nil writes none
	Log     *slog.Logger

	// Show runs the workbench on a terminal until it is left or ctx ends.
	Show func(ctx context.Context, s *Session) error
	// Exec runs a command; its result is the exit status.
	Exec func(ctx context.Context, s *Session) int

	Idle        time.Duration // without a key until a session ends; DefaultIdle
	Grace       time.Duration // from connecting to a session; 10 s
	Stall       time.Duration // how long a terminal may take nothing; 60 s
	Drain       time.Duration // from the notice to the end when the server ends; 5 s
	Keep        time.Duration // how long a workbench outlives its dropped link; 30 min
	Reread      time.Duration // how often the files of keys and roles are looked at; 2 s
	Alive       time.Duration // how often a silent client is asked whether it is there; 15 s
	MaxSessions int           // at once; DefaultMaxSessions
	PerKey      int           // of them of one key, or of one name on certificates; DefaultPerKey
	Strangers   int           // connections that haven't logged in, in all; 128
	PerAddress  int           // of them from one address; 32

	Now  func() time.Time // nil means time.Now
	Free func()           // gives memory back; nil means debug.FreeOSMemory
}

// Session is one person at one terminal, or one command of theirs.
type Session struct {
	Who     Role
	From    string   // the client's address
	Command []string // nil for the workbench
	Env     []string // TERM and what else the client said of its terminal
	Width   int
	Height  int
	In      io.Reader
	Out     io.Writer
	Err     io.Writer

	// Note adds to the audit log, under the session's name and address.
	Note func(Entry)

	// Active is when the person last pressed a key.
	Active func() time.Time

	// Started is to be called once with the way to send messages to the
	// workbench. An Away among them asks it to leave its terminal alone and to
	// call Back.
	Started func(send func(tea.Msg))

	// Back waits for the person to come back, and tells what terminal they come
	// with: its environment and its size. ok is false where the session is over.
	// In and Out are that terminal's from then on.
	Back func(ctx context.Context) (env []string, width, height int, ok bool)
}

func (c Config) withDefaults() Config {
	for p, v := range map[*time.Duration]time.Duration{
		&c.Idle: DefaultIdle, &c.Grace: 10 * time.Second, &c.Stall: time.Minute, &c.Drain: 5 * time.Second,
		&c.Keep: 30 * time.Minute, &c.Reread: 2 * time.Second, &c.Alive: 15 * time.Second,
	} {
		if *p <= 0 {
			*p = v
		}
	}
	for p, v := range map[*int]int{&c.MaxSessions: DefaultMaxSessions, &c.PerKey: DefaultPerKey, &c.Strangers: 128, &c.PerAddress: 32} {
		if *p <= 0 {
			*p = v
		}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Free == nil {
		c.Free = debug.FreeOSMemory
	}
	return c
}

// Server lets people in. Make it with New.
type Server struct {
	conf Config
	ssh  *ssh.Server
	away atomic.Int64 // strangers turned away and not yet told of

	strangers tally      // what those did who aren't inside
	reading   sync.Mutex // so that what changed in the files is said once

	mu       sync.Mutex
	ending   bool
	sessions map[*session]bool   // every workbench and command there is
	left     map[string]*session // workbenches whose link dropped, by whose they are
	running  sync.WaitGroup      // one for each session
	visits   sync.WaitGroup      // one for each terminal

	terminals map[string]int // by whose they are

	peak, before int // sessions, the most since memory was given back, and how many at the last look
}

// New makes a Server; nothing is served yet.
func New(c Config) (*Server, error) {
	s := &Server{conf: c.withDefaults(), sessions: map[*session]bool{}, left: map[string]*session{}, terminals: map[string]int{}}
	var err error
	s.ssh, err = wish.NewServer(
		wish.WithVersion("threatbench"),
		wish.WithPublicKeyAuth(s.admits),
		wish.WithMiddleware(s.workbench),
		func(srv *ssh.Server) error {
			srv.AddHostKey(c.HostKey)
			srv.ConnCallback = func(ctx ssh.Context, conn net.Conn) net.Conn {
				ctx.SetValue(connKey{}, conn)
				return conn
			}
			srv.ServerConfigCallback = func(ssh.Context) *gossh.ServerConfig { return &gossh.ServerConfig{MaxAuthTries: 6} }
			srv.ConnectionFailedCallback = s.failed
			srv.ChannelHandlers = map[string]ssh.ChannelHandler{"session": s.open, "default": s.refuse}
			srv.RequestHandlers = map[string]ssh.RequestHandler{"default": s.request}
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("preparing to serve over SSH: %w", err)
	}
	return s, nil
}

type connKey struct{}

// admits tells whether a key may come in. What a certificate says of the
// addresses to come from is given to the library, which looks at it.
func (s *Server) admits(ctx ssh.Context, key ssh.PublicKey) bool {
	s.reread()
	_, err := s.conf.Book.vouch(claim{key, ctx.User()}, s.conf.Now())
	if err == nil {
		if cert, ok := key.(*gossh.Certificate); ok {
			ctx.Permissions().CriticalOptions = maps.Clone(cert.CriticalOptions)
		}
		return true
	}
	note := short(err.Error()) + ", as " + short(ctx.User())
	s.stranger(Entry{What: "login", From: ctx.RemoteAddr().String(), Key: fingerprint(key), Outcome: "refused", Note: note})
	return false
}

// fingerprint is that of a key; of a certificate, that of the key it is for.
func fingerprint(key gossh.PublicKey) string {
	if cert, ok := key.(*gossh.Certificate); ok {
		key = cert.Key
	}
	return gossh.FingerprintSHA256(key)
}

// short is a text of a stranger's, harmless and not long.
func short(s string) string {
	const most = 64
	if len(s) > most {
		s = s[:most] + "…"
	}
	return clean.Line(s)
}

// failed notes a connection that came to nothing.
func (s *Server) failed(conn net.Conn, err error) {
	s.stranger(Entry{What: "login", From: conn.RemoteAddr().String(), Outcome: "failed", Note: short(err.Error())})
}

// refuse turns down every kind of channel but sessions: forwarding above all.
func (s *Server) refuse(_ *ssh.Server, conn *gossh.ServerConn, ch gossh.NewChannel, ctx ssh.Context) {
	s.refusal(ctx, conn)("channel " + short(ch.ChannelType()))
	_ = ch.Reject(gossh.Prohibited, "this server shows a workbench and nothing else")
}

// mostRefusals is how many refusals are written of one connection.
const mostRefusals = 50

// refusal notes what a client asked for in vain.
func (s *Server) refusal(ctx ssh.Context, sc *gossh.ServerConn) func(what string) {
	link, _ := ctx.Value(connKey{}).(*conn)
	return func(what string) {
		if n := link.refused(); n > mostRefusals {
			return
		} else if n == mostRefusals {
			what = "more, which is not written any more for this connection"
		}
		who, _ := s.conf.Book.vouch(claimOf(ctx), s.conf.Now()) // whoever it was
		s.audit(Entry{What: "request", Who: who.Name, From: sc.RemoteAddr().String(), Outcome: "refused", Note: short(what)})
	}
}

// request turns down what is asked of a connection and not of a session:
// forwarding above all. Asking whether the server is there is an answer either
// way.
func (s *Server) request(ctx ssh.Context, _ *ssh.Server, req *gossh.Request) (bool, []byte) {
	sc, ok := ctx.Value(ssh.ContextKeyConn).(*gossh.ServerConn)
	if ok && req.Type != "keepalive@openssh.com" && req.Type != "no-more-sessions@openssh.com" {
		s.refusal(ctx, sc)("request " + short(req.Type))
	}
	return false, nil
}

// claimOf is what a connection logged in with.
func claimOf(ctx ssh.Context) claim {
	key, _ := ctx.Value(ssh.ContextKeyPublicKey).(gossh.PublicKey)
	return claim{key, ctx.User()}
}

// open begins a session: the filter of its requests first, then the library.
func (s *Server) open(srv *ssh.Server, sc *gossh.ServerConn, ch gossh.NewChannel, ctx ssh.Context) {
	link, _ := ctx.Value(connKey{}).(*conn)
	if link == nil || !link.enter() {
		_ = ch.Reject(gossh.ResourceShortage, "too many sessions on one connection")
		return
	}
	defer link.leave()
	if !s.welcome() {
		_ = ch.Reject(gossh.ResourceShortage, errDrained.Error())
		return
	}
	defer s.visits.Done()
	c := newChannel(ctx, s.refusal(ctx, sc))
	defer c.gone()
	one := &ssh.Server{PtyHandler: srv.PtyHandler, Handler: func(sess ssh.Session) { srv.Handler(&visit{sess, c, sc}) }}
	ssh.DefaultSessionHandler(one, sc, filtered{ch, c}, ctx)
}

// welcome counts a terminal, unless the server is ending.
func (s *Server) welcome() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ending {
		s.visits.Add(1)
	}
	return !s.ending
}

// visit is the library's session with what the channel kept for it.
type visit struct {
	ssh.Session
	channel *channel
	conn    *gossh.ServerConn
}

// Serve lets people in until ctx ends. Then it tells those inside, gives them
// the time to leave and ends what is left. It owns l.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	d := &connLimiter{
		Listener: l, grace: s.conf.Grace, stall: s.conf.Stall, most: s.conf.Strangers, mostOfOne: s.conf.PerAddress,
		turnedAway: func(net.Addr) { s.away.Add(1) },
	}
	done := make(chan error, 1)
	go func() { done <- s.ssh.Serve(d) }()
	watching, stop := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { s.watch(watching) })
	defer watch.Wait()
	defer stop()
	select {
	case err := <-done:
		return errors.Join(fmt.Errorf("serving on %s: %w", l.Addr(), err), s.close())
	case <-ctx.Done():
	}
	_ = l.Close() // nobody new
	s.drain()
	err := s.close()
	if end := <-done; !errors.Is(end, ssh.ErrServerClosed) && !errors.Is(end, net.ErrClosed) {
		err = errors.Join(err, end)
	}
	return err
}

// close ends every session, then every connection, and waits for them to be
// gone.
func (s *Server) close() error {
	s.mu.Lock()
	s.ending = true
	for l := range s.sessions {
		l.end(errDrained)
	}
	s.mu.Unlock()
	s.wait(3 * endWithin)
	err := s.ssh.Close()
	s.running.Wait()
	s.visits.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// drain tells everybody that the server ends, and waits for them to leave.
func (s *Server) drain() {
	s.mu.Lock()
	s.ending = true
	for l := range s.sessions {
		if l.away() {
			l.end(errDrained)
		} else {
			l.say(fmt.Sprintf("this server ends in %s: finish what you are at", s.conf.Drain))
		}
	}
	s.mu.Unlock()
	s.wait(s.conf.Drain)
}

// wait waits until everybody has left, but no longer than d.
func (s *Server) wait(d time.Duration) {
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		s.running.Wait()
		s.visits.Wait()
	}()
	limit := time.NewTimer(d)
	defer limit.Stop()
	select {
	case <-gone:
	case <-limit.C:
	}
}

// audit notes what a member did, or the server.
func (s *Server) audit(e Entry) {
	e.At = s.conf.Now().UTC()
	s.write(e, (*Audit).Write)
}

func (s *Server) write(e Entry, to func(*Audit, Entry) error) {
	s.conf.Log.Info(e.What, slog.String("who", e.Who), slog.String("from", e.From), slog.String("outcome", e.Outcome), slog.Int("count", e.Count), slog.String("note", e.Note))
	if s.conf.Audit == nil {
		return
	}
	if err := to(s.conf.Audit, e); err != nil {
		s.conf.Log.Error("writing the audit log", slog.String("error", err.Error()))
	}
}
