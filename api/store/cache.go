package store

import (
	"container/list"
	"hash/maphash"
	"sync"
)

// cache holds decoded columns, or results of filters, bounded in bytes; the
// least recently used goes first. Values are immutable, so readers share them.
//
// One that keeps count lets nothing in that is asked for less often than what
// would have to go: a scan of more than fits would else push out each column
// just before it is needed again, and nothing would ever be found.
type cache struct {
	mu    sync.Mutex
	limit int64
	used  int64
	order *list.List // of *cached, the most recently used first
	items map[any]*list.Element
	count *frequency // nil: everything is let in
}

type cached struct {
	key   any
	value any
	size  int64
}

func newCache(limit int64, count *frequency) *cache {
	return &cache{limit: limit, order: list.New(), items: map[any]*list.Element{}, count: count}
}

func (c *cache) get(key any) (any, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.count != nil {
		c.count.add(key)
	}
	e, ok := c.items[key]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*cached).value, true
}

func (c *cache) put(key, value any, size int64) {
	const overhead = 200 // of an entry, roughly
	size += overhead
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.items[key]; ok {
		c.drop(e)
	}
	if size > c.limit || !c.admits(key, size) {
		return
	}
	c.items[key] = c.order.PushFront(&cached{key, value, size})
	c.used += size
	for c.used > c.limit {
		c.drop(c.order.Back())
	}
}

// admits reports whether an entry is worth those that would have to go.
func (c *cache) admits(key any, size int64) bool {
	if c.count == nil {
		return true
	}
	n, free := c.count.of(key), c.limit-c.used
	for e := c.order.Back(); e != nil && free < size; e = e.Prev() {
		it := e.Value.(*cached)
		if c.count.of(it.key) >= n {
			return false
		}
		free += it.size
	}
	return true
}

func (c *cache) drop(e *list.Element) {
	it := e.Value.(*cached)
	c.order.Remove(e)
	delete(c.items, it.key)
	c.used -= it.size
}

// frequency counts roughly how often keys are asked for, in a count-min
// sketch. All counts are halved now and then, so that it forgets.
type frequency struct {
	seed   maphash.Seed
	counts [4][1 << frequencyBits]uint8
	added  int
}

const (
	frequencyBits = 12
	// frequencyAge is after how many questions the counts are halved.
	frequencyAge = 16 << frequencyBits
)

func newFrequency() *frequency { return &frequency{seed: maphash.MakeSeed()} }

func (f *frequency) slots(key any) (out [4]int) {
	h := maphash.Comparable(f.seed, key)
	for i := range out {
		out[i] = int(h >> (i * frequencyBits) & (1<<frequencyBits - 1))
	}
	return out
}

func (f *frequency) add(key any) {
	for i, at := range f.slots(key) {
		if n := &f.counts[i][at]; *n < 255 {
			*n++
		}
	}
	if f.added++; f.added < frequencyAge {
		return
	}
	f.added = 0
	for i := range f.counts {
		for at := range f.counts[i] {
			f.counts[i][at] /= 2
		}
	}
}

func (f *frequency) of(key any) uint8 {
	least := uint8(255)
	for i, at := range f.slots(key) {
		least = min(least, f.counts[i][at])
	}
	return least
}
