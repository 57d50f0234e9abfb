package async

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// cache keeps answers by key, bounded in number, and lets identical questions
// under way share one call. The call is cancelled when nobody waits for it any
// more.
type cache[T any] struct {
	root context.Context // calls outlive the one who asked first, not the session
	kept *lru.Cache[string, kept[T]]

	mu    sync.Mutex
	epoch uint64 // grows with forget: an answer asked for before isn't kept
	calls map[string]*call[T]
}

// kept is an answer and when it came.
type kept[T any] struct {
	value T
	at    time.Time
}

// keptFor is how long an answer counts. What others change meanwhile is seen
// when it is asked for after that, or anew by hand.
const keptFor = 30 * time.Second

type call[T any] struct {
	cancel  context.CancelFunc
	done    chan struct{}
	waiting int
	value   T
	err     error
	panic   *panicked
}

// panicked carries a panic from one goroutine to the command that waits for
// it, where Bubble Tea catches it and restores the terminal.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) again() {
	if p != nil {
		panic(fmt.Sprintf("%v\n%s", p.value, p.stack))
	}
}

// catch is deferred; it turns a panic into a value.
func catch(into **panicked) {
	if v := recover(); v != nil {
		*into = &panicked{v, debug.Stack()}
	}
}

func newCache[T any](root context.Context, size int) *cache[T] {
	answers, err := lru.New[string, kept[T]](size)
	if err != nil {
		panic(err) // only a size below 1 can cause it, and Options excludes that
	}
	return &cache[T]{root: root, kept: answers, calls: map[string]*call[T]{}}
}

func (s *cache[T]) get(key string) (T, bool) {
	k, known := s.kept.Get(key)
	if !known || time.Since(k.at) > keptFor {
		var none T
		return none, false
	}
	return k.value, true
}

func (s *cache[T]) add(key string, value T) { s.kept.Add(key, kept[T]{value, time.Now()}) }

func (s *cache[T]) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epoch++
	s.calls = map[string]*call[T]{}
	s.kept.Purge()
}

// question is one thing to be asked: its key, the call, and whether the
// answer is worth keeping.
type question[T any] struct {
	key   string
	fresh bool          // don't join a call that began earlier
	age   time.Duration // how old an answer of the client may be, where fresh
	ask   func(context.Context) (T, error)
	keep  func(T) bool // nil keeps everything
}

// joinRunning joins a call that is under way, nil where there is none. Whoever
// has joined must wait.
func (s *cache[T]) joinRunning(key string) *call[T] {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.joinRunningLocked(key)
}

func (s *cache[T]) joinRunningLocked(key string) *call[T] {
	f := s.calls[key]
	if f != nil {
		f.waiting++
	}
	return f
}

// join joins whoever is asking the same, or asks.
func (s *cache[T]) join(q question[T]) *call[T] {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !q.fresh {
		if f := s.joinRunningLocked(q.key); f != nil {
			return f
		}
	}
	ctx, cancel := context.WithCancel(s.root)
	if q.fresh {
		ctx = context.WithValue(ctx, ageKey{}, q.age)
	}
	f := &call[T]{cancel: cancel, done: make(chan struct{}), waiting: 1}
	s.calls[q.key] = f
	go s.run(ctx, f, q, s.epoch)
	return f
}

// wait returns a call's answer, or the context's error when ctx ends first.
func (s *cache[T]) wait(ctx context.Context, key string, f *call[T]) (T, error) {
	select {
	case <-f.done:
		f.panic.again()
		return f.value, f.err
	case <-ctx.Done():
		s.release(key, f)
		var none T
		return none, ctx.Err()
	}
}

func (s *cache[T]) run(ctx context.Context, f *call[T], q question[T], epoch uint64) {
	defer close(f.done)
	defer f.cancel()
	defer s.finish(f, q, epoch)
	defer catch(&f.panic)
	f.value, f.err = q.ask(ctx)
}

// finish takes the call out of those under way and keeps a good answer.
func (s *cache[T]) finish(f *call[T], q question[T], epoch uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls[q.key] == f {
		delete(s.calls, q.key)
	}
	good := f.err == nil && f.panic == nil && epoch == s.epoch
	if good && (q.keep == nil || q.keep(f.value)) {
		s.add(q.key, f.value)
	}
}

func (s *cache[T]) release(key string, f *call[T]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.waiting--
	if f.waiting > 0 {
		return
	}
	f.cancel()
	if s.calls[key] == f {
		delete(s.calls, key)
	}
}
