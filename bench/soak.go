package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// soak is a server over SSH used by many for a long time.
type soak struct {
	length time.Duration
	p95    time.Duration // most from a key to its paint
	dir    string
	server *served
	t      *table

	visitors []*visitor
	broken   []string // what isn't as it has to be
}

// Who visits, and how the time is used.
const (
	typists   = 16 // press a cursor key a second, and are timed
	monkeys   = 8  // press anything, resize, paste, drop
	callers   = 2  // run commands
	events    = 10_000
	warmUp    = 0.15 // of the whole time: a first round, before what there is counts as the base
	readings  = 60
	heapSlack = 8.0             // MiB that the live heap may be above the base: what the store keeps of what was read
	steady    = 5 * time.Minute // a shorter soak ends before its memory is level
)

// runSoak soaks a server and tells what it broke; a leak or a missed budget is
// an error.
func runSoak(ctx context.Context, length, p95 time.Duration) (err error) {
	dir, err := os.MkdirTemp("", "threatbench-soak-")
	if err != nil {
		return fmt.Errorf("making a place for the soak: %w", err)
	}
	defer os.RemoveAll(dir) // a temporary directory
	s := &soak{length: length, p95: p95, dir: dir, t: newTable(fmt.Sprintf("soak of %s: %d people over SSH", length, typists+monkeys+callers+1))}
	if err := s.start(ctx); err != nil {
		return err
	}
	defer s.server.cmd.Process.Kill() // ended already where all went well
	if err := s.run(ctx); err != nil {
		return err
	}
	s.check(s.server.end(30*time.Second) == nil, "the server doesn't end well")
	s.t.print()
	if len(s.broken) > 0 {
		return fmt.Errorf("the soak broke it: %s", strings.Join(s.broken, "; "))
	}
	return nil
}

func (s *soak) check(ok bool, otherwise string) {
	if !ok {
		s.broken = append(s.broken, otherwise)
	}
}

func (s *soak) file(name string) string { return filepath.Join(s.dir, name) }

// start makes a database, keys and a server with them.
func (s *soak) start(ctx context.Context) error {
	c, done, err := connect(ctx, s.file("db"))
	if err != nil {
		return err
	}
	if err := errors.Join(fill(ctx, c, events), done()); err != nil {
		return err
	}
	var keys bytes.Buffer
	for i := range typists + monkeys + callers + 1 {
		v, err := newVisitor(fmt.Sprintf("visitor %d", i+1), "", uint64(i))
		if err != nil {
			return err
		}
		keys.Write(ssh.MarshalAuthorizedKey(v.key.PublicKey()))
		s.visitors = append(s.visitors, v)
	}
	if err := os.WriteFile(s.file("keys"), keys.Bytes(), 0o600); err != nil {
		return fmt.Errorf("writing the keys: %w", err)
	}
	s.server, err = serve(ctx, "serve", "ssh", "--quiet", "--listen", "127.0.0.1:0", "--db", s.file("db"),
		"--host-key", s.file("host"), "--authorized-keys", s.file("keys"), "--audit", s.file("audit"))
	return err
}

// run has everybody visit twice: to warm up, and in earnest.
func (s *soak) run(ctx context.Context) error {
	far, stop, err := delayed(ctx, s.server.addr)
	if err != nil {
		return err
	}
	defer stop()
	for i, v := range s.visitors {
		v.addr = s.server.addr
		switch {
		case i < typists:
			v.habit = typist
			if i%4 == 3 {
				v.addr = far
			}
		case i < typists+monkeys:
			v.habit = monkey
			if i%4 == 3 {
				v.addr = far
			}
		case i < typists+monkeys+callers:
			v.habit = nil
		default:
			v.habit, v.deaf = bore, true
		}
	}
	if _, err := s.round(ctx, time.Duration(float64(s.length)*warmUp)); err != nil {
		return err
	}
	base, err := s.settled(ctx, reading{})
	if err != nil {
		return err
	}
	for _, v := range s.visitors {
		v.forget()
	}
	during, err := s.round(ctx, time.Duration(float64(s.length)*(1-warmUp)))
	if err != nil {
		return err
	}
	end, err := s.settled(ctx, base)
	if err != nil {
		return err
	}
	s.judgeWork(far)
	s.judgeMemory(base, end, during)
	if len(s.broken) > 0 {
		s.explain()
	}
	return nil
}

// round has everybody visit for a while and reads the server as they do.
func (s *soak) round(ctx context.Context, length time.Duration) ([]reading, error) {
	visiting, leave := context.WithTimeout(ctx, length)
	defer leave()
	var all sync.WaitGroup
	for i, v := range s.visitors {
		all.Go(func() {
			pause(visiting, time.Duration(i)*50*time.Millisecond) // nobody comes at the very same time
			if v.habit == nil {
				v.call(visiting)
			} else {
				v.soak(visiting)
			}
		})
	}
	var list []reading
	for pause(visiting, length/readings) {
		r, err := s.server.read()
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	all.Wait()
	return list, ctx.Err()
}

// pause waits; false when ctx has ended.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// settled reads the server when everybody has left: once it is down to base, or
// doesn't get nearer any more.
func (s *soak) settled(ctx context.Context, base reading) (reading, error) {
	var best reading
	for i := range 60 {
		r, err := s.server.read()
		if err != nil {
			return r, err
		}
		if i == 0 || r.Goroutines < best.Goroutines || r.Files < best.Files || r.Heap < best.Heap {
			best = r
		}
		if base.Goroutines > 0 && r.Goroutines <= base.Goroutines && r.Files <= base.Files && r.heap() <= base.heap()+heapSlack {
			return r, nil
		}
		if base.Goroutines == 0 && i >= 20 {
			break
		}
		if !pause(ctx, 250*time.Millisecond) {
			break
		}
	}
	return best, ctx.Err()
}

// judgeWork tells what was done and how long the typists waited.
func (s *soak) judgeWork(far string) {
	var near, slowly []time.Duration
	var keys, painted, visits, drops, resumed int
	for _, v := range s.visitors {
		for _, err := range v.troubles {
			s.check(false, err.Error())
		}
		visits, drops, resumed, keys, painted = visits+v.visits, drops+v.drops, resumed+v.resumed, keys+v.keys, painted+len(v.times)
		if v.addr == far {
			slowly = append(slowly, v.times...)
		} else {
			near = append(near, v.times...)
		}
	}
	s.t.count("soak", "visits", float64(visits), "", 0)
	s.t.count("soak", "links dropped", float64(drops), "", 0)
	s.atLeast("of them gone on with", float64(resumed), float64(drops))
	s.t.count("soak", "changes made, by the audit log", float64(s.changes()), "", 0)
	s.atLeast("keys painted of "+grouped(keys), float64(painted), 0.99*float64(keys))
	if len(near) == 0 || len(slowly) == 0 {
		s.check(false, "nobody saw a key painted")
		return
	}
	s.t.took("soak", "key to painted, median", quantile(near, 0.5), 0)
	s.soonest("key to painted, p95", quantile(near, 0.95), s.p95)
	s.soonest("key to painted over the slow link (80 ms), p95", quantile(slowly, 0.95), s.p95+roundTrip)
}

// judgeMemory tells whether the server grew.
func (s *soak) judgeMemory(base, end reading, during []reading) {
	s.atMost("goroutines when all have left", float64(end.Goroutines), float64(base.Goroutines), "")
	s.atMost("open files when all have left", float64(end.Files), float64(base.Files), "")
	s.atMost("live heap when all have left", end.heap(), base.heap()+heapSlack, "MiB")
	if s.length < steady || len(during) < 8 {
		return
	}
	early, late := during[len(during)/4:len(during)/2], during[len(during)*3/4:]
	heap := func(r reading) float64 { return r.heap() }
	size := func(r reading) float64 { return r.Resident }
	s.atMost("live heap, late in the soak", median(late, heap), median(early, heap)*1.15+8, "MiB")
	s.atMost("resident, late in the soak", median(late, size), median(early, size)*1.15+16, "MiB")
}

// explain keeps what may tell why.
func (s *soak) explain() {
	path := filepath.Join(os.TempDir(), "threatbench-soak.txt")
	r, err := s.server.question("why\n")
	if err == nil {
		err = os.WriteFile(path, []byte(r.Stacks), 0o600)
	}
	if err == nil {
		fmt.Println("where the server's goroutines and memory are:", path)
	}
}

func median(list []reading, of func(reading) float64) float64 {
	var all []float64
	for _, r := range list {
		all = append(all, of(r))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func (s *soak) atMost(what string, v, most float64, unit string) {
	s.t.count("soak", what, v, unit, most)
	s.check(v <= most, fmt.Sprintf("%s: %s, want %s at most", what, number(v), number(most)))
}

func (s *soak) atLeast(what string, v, least float64) {
	s.t.count("soak", what, v, "", -least)
	s.check(v >= least, fmt.Sprintf("%s: %s, want %s at least", what, number(v), number(least)))
}

func (s *soak) soonest(what string, d, most time.Duration) {
	s.t.took("soak", what, d, most)
	s.check(d <= most, fmt.Sprintf("%s: %s, want %s at most", what, short(d), short(most)))
}

// changes counts the changes in the audit log.
func (s *soak) changes() int {
	b, err := os.ReadFile(s.file("audit"))
	if err != nil {
		return 0
	}
	return bytes.Count(b, []byte(`"what":"change`))
}

// forget starts the count anew.
func (v *visitor) forget() {
	v.visits, v.drops, v.resumed, v.keys, v.times = 0, 0, 0, 0, nil
}

// typist walks up and down the list, a key a second, and loses the link now
// and then.
func typist(ctx context.Context, v *visitor, t *terminal) (dropped bool) {
	keys := 10 + v.random.IntN(40)
	for i := range keys {
		if !pause(ctx, time.Duration(500+v.random.IntN(1000))*time.Millisecond) {
			return false
		}
		key := "j"
		if i%2 == 1 {
			key = "k"
		}
		v.keys++
		if took, ok := t.press(key); ok {
			v.times = append(v.times, took)
		}
	}
	return v.random.IntN(3) > 0
}

// monkey does what comes to its mind.
func monkey(ctx context.Context, v *visitor, t *terminal) (dropped bool) {
	const plain = "jjjjjkkkgGhlvfHzsSLTZMy123456789?:/+-=[] ctuUX>\\\t\r\x1b\x1b\x1b\x02\x06\x04\x15\x0f"
	named := []string{"\x1b[A", "\x1b[B", "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F", "/tlp:red\r", "ttried\r", "y", "\x1b[<64;20;20M", "\x1b[<0;10;10M\x1b[<0;10;10m"}
	for range 40 + v.random.IntN(160) {
		if !pause(ctx, time.Duration(20+v.random.IntN(280))*time.Millisecond) {
			return false
		}
		var err error
		switch n := v.random.IntN(40); {
		case n == 0:
			err = t.session.WindowChange(5+v.random.IntN(80), 5+v.random.IntN(250))
		case n == 1:
			_, err = io.WriteString(t.in, "\x1b[200~"+v.text(2000)+"\x1b[201~")
		case n == 2:
			_, err = t.in.Write(v.garbage(40))
		case n < 12:
			_, err = io.WriteString(t.in, named[v.random.IntN(len(named))])
		default:
			i := v.random.IntN(len(plain))
			_, err = io.WriteString(t.in, plain[i:i+1])
		}
		if err != nil {
			return false // it left by itself
		}
	}
	return v.random.IntN(2) == 0
}

// text is what a terminal lets through of a text that is pasted: no escape
// sequences and no other 8-bit controls.
func (v *visitor) text(most int) string {
	list := make([]rune, v.random.IntN(most))
	for i := range list {
		if list[i] = rune(v.random.IntN(0x3000)); list[i] == 0x1b || list[i] >= 0x80 && list[i] < 0xa0 {
			list[i] = '\n'
		}
	}
	return string(list)
}

// garbage is any bytes at all.
func (v *visitor) garbage(most int) []byte {
	list := make([]byte, v.random.IntN(most))
	for i := range list {
		list[i] = byte(v.random.UintN(256))
	}
	return list
}

// bore draws as much as it can and reads nothing of it, until it is thrown out.
func bore(ctx context.Context, v *visitor, t *terminal) (dropped bool) {
	for i := 0; pause(ctx, 20*time.Millisecond); i++ {
		if _, err := io.WriteString(t.in, "\x1b[6~"); err != nil {
			break
		}
		if err := t.session.WindowChange(60+i%2, 200); err != nil {
			break
		}
	}
	for ctx.Err() == nil { // what is left behind is taken up at the end
		pause(ctx, time.Minute)
	}
	v.deaf = false
	return true
}

// call runs commands until ctx ends.
func (v *visitor) call(ctx context.Context) {
	for ctx.Err() == nil {
		if err := v.command("events --query 'tlp:red' --json --limit 50"); err != nil {
			v.troubles = append(v.troubles, fmt.Errorf("%s, running a command: %w", v.name, err))
			return
		}
		v.visits++
		pause(ctx, time.Second)
	}
}

func (v *visitor) command(line string) error {
	conn, err := ssh.Dial("tcp", v.addr, &ssh.ClientConfig{
		User: v.name, Auth: []ssh.AuthMethod{ssh.PublicKeys(v.key)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: slow,
	})
	if err != nil {
		return err
	}
	defer conn.Close() // over
	sess, err := conn.NewSession()
	if err != nil {
		return err
	}
	out, err := sess.CombinedOutput(line)
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}
