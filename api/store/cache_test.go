package store

import "testing"

// TestCacheSurvivesScans holds that going round and round through more than
// fits finds what fits, and that what becomes wanted gets in.
func TestCacheSurvivesScans(t *testing.T) {
	const size, fits, all = 1000, 50, 200
	c := newCache(fits*(size+200), newFrequency())
	hits := 0
	for round := range 10 {
		for key := range all {
			if _, ok := c.get(key); ok {
				hits++
				continue
			}
			c.put(key, round, size)
		}
	}
	if want := 9 * fits * 9 / 10; hits < want {
		t.Errorf("%d of %d look-ups were answered, want %d at least", hits, 10*all, want)
	}
	for range 30 {
		c.get("new")
		c.put("new", 1, size)
	}
	if _, ok := c.get("new"); !ok {
		t.Error("what is asked for again and again doesn't get in")
	}
	if c.used > c.limit {
		t.Errorf("the cache holds %d bytes, more than its %d", c.used, c.limit)
	}
}
