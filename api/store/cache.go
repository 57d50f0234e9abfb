package store

import (
	"container/list"
	"sync"
)

// cache holds decoded columns and filter results, bounded in bytes; the least
// recently used goes first. Values are immutable, so readers share them.
type cache struct {
	mu    sync.Mutex
	limit int64
	used  int64
	order *list.List // of *cached, the most recently used first
	items map[any]*list.Element
}

type cached struct {
	key   any
	value any
	size  int64
}

func newCache(limit int64) *cache {
	return &cache{limit: limit, order: list.New(), items: map[any]*list.Element{}}
}

func (c *cache) get(key any) (any, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
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
	if size > c.limit {
		return
	}
	if e, ok := c.items[key]; ok {
		c.drop(e)
	}
	c.items[key] = c.order.PushFront(&cached{key, value, size})
	c.used += size
	for c.used > c.limit {
		c.drop(c.order.Back())
	}
}

func (c *cache) drop(e *list.Element) {
	it := e.Value.(*cached)
	c.order.Remove(e)
	delete(c.items, it.key)
	c.used -= it.size
}
